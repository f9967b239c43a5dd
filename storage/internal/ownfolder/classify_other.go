//go:build !unix && !windows

package ownfolder

func full(error) bool     { return false }
func readOnly(error) bool { return false }
