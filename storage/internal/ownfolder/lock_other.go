//go:build !windows && (!unix || aix || solaris)

package ownfolder

import (
	"errors"
	"io/fs"
	"os"
)

// lockFile cannot tell here whether the owner of a file lives. It therefore takes every file that exists for locked, so that nothing of a
// living process is ever removed; what the dead left stays. Only the gate, which is waited for, opens always.
func lockFile(path string, wait bool) (*os.File, error) {
	if !wait {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return nil, &os.PathError{Op: "lock", Path: path, Err: errors.ErrUnsupported}
		}
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}
