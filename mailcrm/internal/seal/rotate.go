package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mailcrm/sdk/storage"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Rotate adds a new key to a keyset in JSON and makes it the primary one. The keys that were there still open what they sealed.
func Rotate(text []byte) ([]byte, error) {
	m, err := manager(text)
	if err != nil {
		return nil, err
	}
	next, err := withNewKey(m)
	if err != nil {
		return nil, fmt.Errorf("adding a key: %w", err)
	}
	if len(next) > MaxKeyFile {
		return nil, fmt.Errorf("the key set has too many keys: take the old ones away first: %w", storage.ErrLimit)
	}
	return next, nil
}

// Prune takes all keys but the primary one from a keyset in JSON. What the others sealed does not open any more, and what they marked (Tag) is not known again.
func Prune(text []byte) ([]byte, error) {
	h, err := handle(text)
	if err != nil {
		return nil, err
	}
	if _, err := newRing(h); err != nil { // it has a primary key, and one of ours
		return nil, err
	}
	m := keyset.NewManagerFromHandle(h)
	for i := range h.Len() {
		entry, err := h.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("reading the key set: %w", err)
		}
		if entry.IsPrimary() {
			continue
		}
		if err := m.Delete(entry.KeyID()); err != nil {
			return nil, fmt.Errorf("removing key %d: %w", entry.KeyID(), err)
		}
	}
	return written(m)
}

func manager(text []byte) (*keyset.Manager, error) {
	h, err := handle(text)
	if err != nil {
		return nil, err
	}
	if _, err := newRing(h); err != nil {
		return nil, err
	}
	return keyset.NewManagerFromHandle(h), nil
}

// RotateFile is Rotate for a key file. The file is replaced whole or not at all.
func RotateFile(path string) error { return rewrite(path, Rotate) }

// PruneFile is Prune for a key file.
func PruneFile(path string) error { return rewrite(path, Prune) }

// rewrite changes a key file. Two that change it at once would lose a key, and with it what was sealed meanwhile: the new file's name is the lock.
func rewrite(path string, change func([]byte) ([]byte, error)) (err error) {
	if path, err = filepath.Abs(path); err == nil {
		path, err = filepath.EvalSymlinks(path) // a link stays one
	}
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	next := path + ".new"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("the key file is being changed by somebody else; if that is not so, remove %s: %w", next, storage.ErrConflict)
	}
	if err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(next)
		}
	}()
	text, _, err := read(path)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	text, err = change(text)
	if err != nil {
		return errors.Join(fmt.Errorf("key file %s: %w", path, err), f.Close())
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	return nil
}
