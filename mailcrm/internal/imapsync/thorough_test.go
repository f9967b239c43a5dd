//go:build faults

package imapsync_test

// sample is how many of the places of a matrix are skipped between two that are tried: none.
const sample = 1
