package ownfolder

import (
	"errors"
	"syscall"
)

// ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL of Windows.
func full(err error) bool {
	return errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112))
}

// ERROR_WRITE_PROTECT of Windows.
func readOnly(err error) bool { return errors.Is(err, syscall.Errno(19)) }
