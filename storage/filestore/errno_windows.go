package filestore

import (
	"errors"
	"syscall"
)

// noLinks reports whether a disk refused a hard link because it has none: ERROR_INVALID_FUNCTION of Windows.
func noLinks(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.Errno(1))
}

// notAFolder reports whether a path names what cannot be: ERROR_INVALID_NAME of Windows.
func notAFolder(err error) bool {
	return errors.Is(err, syscall.Errno(123)) || errors.Is(err, syscall.ENOTDIR)
}
