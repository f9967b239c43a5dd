//go:build race

package mimemail

// slower is how much the race detector slows a computation down, generously.
const slower = 20
