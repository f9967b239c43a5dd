//go:build unix

package filestore

import (
	"errors"
	"syscall"
)

// noLinks reports whether a disk refused a hard link because it has none: FAT says EPERM.
func noLinks(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EMLINK)
}

// notAFolder reports whether a file stands where a folder should: "x/y" where x is a file; or a name that no file can have.
func notAFolder(err error) bool {
	return errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ELOOP)
}
