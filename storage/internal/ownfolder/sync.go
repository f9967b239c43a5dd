package ownfolder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

var errNotFolder = errors.New("not a folder")

// SyncDir makes the names in a folder survive a power cut. Windows has no such call and needs none: NTFS journals names.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// MakeAll makes a folder of mode 0700 and those above it that are missing, so that their names survive a power cut.
func MakeAll(dir string) error {
	switch info, err := os.Stat(dir); {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return errNotFolder
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := MakeAll(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return SyncDir(parent)
}
