//go:build !faults

package imapsync_test

// sample is how many of the places of a matrix are skipped between two that are tried; `make faults` tries all of them.
const sample = 15
