//go:build unix && !aix && !solaris

package ownfolder

import (
	"errors"
	"os"
	"syscall"
)

// lockFile opens a file and locks it against every other open file of the same path, in this process too. The lock goes when the file is
// closed or the process ends. Without wait, a lock that somebody holds is an error.
func lockFile(path string, wait bool) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	how := syscall.LOCK_EX
	if !wait {
		how |= syscall.LOCK_NB
	}
	for {
		if err = syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, &os.PathError{Op: "flock", Path: path, Err: err}
	}
	return f, nil
}
