package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mailcrm/sdk/storage"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// MaxKeyFile is the most bytes a key file may have.
const MaxKeyFile = 1 << 20

// File reads the key set in a file, or makes one there (mode 0600, a new AES-256-GCM key) if there is no file yet. The format is Tink's JSON
// keyset in the clear: the file is as precious as the secrets. Keep it apart from the database and from its backups. A file that others can read is
// refused.
func File(path string) (*Keys, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	if _, err := os.Stat(abs); errors.Is(err, fs.ErrNotExist) {
		if err := create(abs); err != nil {
			return nil, fmt.Errorf("making the key file: %w", err)
		}
	}
	text, info, err := read(abs)
	if err != nil {
		return nil, err
	}
	keys, err := FromJSON(text)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", abs, err)
	}
	keys.path, keys.seen = abs, info
	return keys, nil
}

// read reads a key file that only its owner can read.
func read(path string) ([]byte, fs.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("key file: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("key file: %w", err)
	case info.IsDir():
		return nil, nil, fmt.Errorf("key file %s is a folder: %w", path, storage.ErrInvalid)
	case info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/':
		return nil, nil, fmt.Errorf("key file %s can be read by others (mode %04o): run chmod 600 on it: %w", path, info.Mode().Perm(), storage.ErrInvalid)
	case info.Size() > MaxKeyFile:
		return nil, nil, fmt.Errorf("key file %s has more than %d bytes: %w", path, MaxKeyFile, storage.ErrLimit)
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxKeyFile))
	if err != nil {
		return nil, nil, fmt.Errorf("key file: %w", err)
	}
	return text, info, nil
}

// follow reads the file again when it has changed. What cannot be read, or is no key set, changes nothing.
func (k *Keys) follow() {
	now, err := os.Stat(k.path)
	if err != nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if os.SameFile(now, k.seen) && now.ModTime().Equal(k.seen.ModTime()) && now.Size() == k.seen.Size() {
		return
	}
	text, info, err := read(k.path)
	if err != nil {
		return
	}
	h, err := handle(text)
	if err != nil {
		return
	}
	ring, err := newRing(h)
	if err != nil {
		return
	}
	k.ring.Store(&ring)
	k.seen = info
}

// FromJSON reads a Tink JSON keyset in the clear, for hosts that keep it elsewhere.
func FromJSON(text []byte) (*Keys, error) {
	h, err := handle(text)
	if err != nil {
		return nil, err
	}
	return newKeys(h)
}

func handle(text []byte) (*keyset.Handle, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		// Tink's error could quote the input: say only what to do.
		return nil, fmt.Errorf("this is not a Tink keyset in JSON: %w", storage.ErrInvalid)
	}
	return h, nil
}

// NewKeyset makes a Tink JSON keyset with one new key.
func NewKeyset() ([]byte, error) { return withNewKey(keyset.NewManager()) }

// withNewKey adds a key to what m holds, makes it the primary one, and writes the set.
func withNewKey(m *keyset.Manager) ([]byte, error) {
	p, err := aesgcm.NewParameters(aesgcm.ParametersOpts{KeySizeInBytes: 32, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantTink})
	if err != nil {
		return nil, err
	}
	id, err := m.AddNewKeyFromParameters(p)
	if err != nil {
		return nil, err
	}
	if err := m.SetPrimary(id); err != nil {
		return nil, err
	}
	return written(m)
}

func written(m *keyset.Manager) ([]byte, error) {
	h, err := m.Handle()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// create writes a key file whole or not at all, and never over one that another process made meanwhile.
func create(path string) error {
	text, err := NewKeyset()
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var suffix [8]byte
	_, _ = rand.Read(suffix[:])
	tmp := path + "." + hex.EncodeToString(suffix[:])
	defer func() { _ = os.Remove(tmp) }()
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(dir)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
