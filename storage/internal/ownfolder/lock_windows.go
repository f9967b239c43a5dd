package ownfolder

import (
	"errors"
	"os"
	"syscall"
	"time"
)

const errorSharingViolation = syscall.Errno(32)

// lockFile opens a file without sharing it, which is a lock: nobody else can open it until it is closed or the process ends. Without wait, a
// file that somebody holds is an error.
func lockFile(path string, wait bool) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	for {
		h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
		if err == nil {
			return os.NewFile(uintptr(h), path), nil
		}
		if !wait || !errors.Is(err, errorSharingViolation) {
			return nil, &os.PathError{Op: "CreateFile", Path: path, Err: err}
		}
		time.Sleep(10 * time.Millisecond) // Windows has no call that waits for a share
	}
}
