//go:build race

package safehtml

// slower is how much the race detector slows a computation down, generously.
const slower = 20
