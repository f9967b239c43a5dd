//go:build !race

package safehtml

const slower = 1
