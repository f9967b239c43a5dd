//go:build !race

package mimemail

const slower = 1
