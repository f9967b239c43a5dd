package filestore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/mailcrm/sdk/storage"
)

// A record tells what a Key made, or is about to make. It is written before the file has its name: with Temp, as an intent. What was received
// is whole by then, so that whoever finds an intent can finish the work or knows that it did not begin.
type record struct {
	Path   string `json:"path"` // the id of the document
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Temp   string `json:"temp,omitempty"` // empty: done
}

const maxRecord = 4096 // bytes of a record that are read; a path has at most 255

// keyPath is where the record of a Key in a tree lies: tenants have their own, trees are part of the hash.
func keyPath(tree, key string) string {
	tenant, _, _ := strings.Cut(tree, "/")
	sum := sha256.Sum256([]byte(tree + "\x00" + key))
	name := hex.EncodeToString(sum[:])
	return path.Join(tenant, ".keys", name[:2], name[2:])
}

// made is the file that a Key made before. Half-done work is finished first.
func (s *Store) made(tree, key string) (storage.File, bool, error) {
	for range 3 { // each time somebody else may be at work
		r, found, err := s.read(key)
		if err != nil || !found {
			return storage.File{}, false, err
		}
		name, err := within(tree, r.Path)
		if err != nil || r.Path == "" {
			return storage.File{}, false, nil // not a record of ours: written anew
		}
		info, err := s.stat(name)
		if err != nil && !missing(err) {
			return storage.File{}, false, err
		}
		there := err == nil && info.Mode().IsRegular()
		if r.Temp == "" {
			if there {
				return file(r.Path, info), true, nil
			}
			// Made once; a person removed or renamed it since. It is not made again.
			record, err := s.stat(key)
			if err != nil {
				return storage.File{}, false, err
			}
			return storage.File{ID: r.Path, Name: path.Base(r.Path), Size: r.Size, Type: typeOf(r.Path), Modified: record.ModTime()}, true, nil
		}
		if there && s.ours(tree, r) {
			made, err := s.finish(tree, key, r)
			return made, err == nil, err
		}
		if there {
			return storage.File{}, false, s.drop(key) // another file has the name: the work did not come so far
		}
		switch err := s.name(r, tree); {
		case err == nil:
			made, err := s.finish(tree, key, r)
			return made, err == nil, err
		case errors.Is(err, fs.ErrNotExist): // the bytes went with their process
			return storage.File{}, false, s.drop(key)
		case !errors.Is(err, fs.ErrExist):
			return storage.File{}, false, err
		}
	}
	return storage.File{}, false, fmt.Errorf("%w: another process is storing the same document", storage.ErrTemporary)
}

// same reports whether a file has the content of a record.
func (s *Store) same(name string, info fs.FileInfo, r record) bool {
	if info.Size() != r.Size {
		return false
	}
	f, err := s.root.Open(filepath.FromSlash(name))
	if err != nil {
		return false
	}
	hash := sha256.New()
	_, err = io.Copy(hash, f)
	return errors.Join(err, f.Close()) == nil && hex.EncodeToString(hash.Sum(nil)) == r.SHA256
}

// claim writes an intent, unless a record of the key is there: then its file is the answer, or the work of somebody who died is out of the way.
func (s *Store) claim(tree, key string, intent record) (storage.File, bool, error) {
	for range 3 {
		err := s.write(key, intent, s.disk.link)
		if !errors.Is(err, fs.ErrExist) {
			return storage.File{}, false, err
		}
		made, done, err := s.made(tree, key)
		if err != nil || done {
			return made, done, err
		}
		if err := s.drop(key); err != nil { // what is there, made calls no record
			return storage.File{}, false, err
		}
	}
	return storage.File{}, false, fmt.Errorf("%w: another process is storing the same document", storage.ErrTemporary)
}

// finish makes the name durable and turns the intent into a record. That is not synced: should it be lost, the intent tells the same.
func (s *Store) finish(tree, key string, intent record) (storage.File, error) {
	name := child(tree, intent.Path)
	if err := s.syncDir(path.Dir(name)); err != nil {
		return storage.File{}, err
	}
	info, err := s.stat(name)
	if err != nil {
		return storage.File{}, err
	}
	intent.Temp = ""
	if err := s.write(key, intent, s.disk.rename); err != nil {
		return storage.File{}, err
	}
	return file(intent.Path, info), nil
}

func (s *Store) drop(key string) error {
	if err := s.root.Remove(filepath.FromSlash(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// read reads a record. One that makes no sense is as good as none.
func (s *Store) read(key string) (record, bool, error) {
	f, err := s.root.Open(filepath.FromSlash(key))
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, false, nil
	}
	if err != nil {
		return record{}, false, err
	}
	content, err := io.ReadAll(io.LimitReader(f, maxRecord))
	if err := errors.Join(err, f.Close()); err != nil {
		return record{}, false, err
	}
	var r record
	if json.Unmarshal(bytes.TrimSpace(content), &r) != nil {
		return record{}, false, nil
	}
	return r, true, nil
}

// write puts a record in its place, whole: by link, where nothing may be there yet, or by rename.
func (s *Store) write(key string, r record, put func(from, to string) error) error {
	content, err := json.Marshal(r)
	if err != nil {
		return err
	}
	dir := path.Dir(key)
	if err := s.grow(dir); err != nil {
		return err
	}
	temp, err := s.folder.Temp()
	if err != nil {
		return err
	}
	from, err := s.relative(temp)
	if err == nil {
		_, err = s.disk.write(temp, append(content, '\n'))
	}
	intent := r.Temp != ""
	if err == nil && intent {
		err = s.disk.sync(temp)
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = put(from, filepath.FromSlash(key))
		if err != nil && noLinks(err) && !errors.Is(err, fs.ErrExist) {
			err = s.putWithoutLinks(from, filepath.FromSlash(key))
		}
	}
	if e := s.root.Remove(from); err == nil && e != nil && !errors.Is(e, fs.ErrNotExist) {
		err = e
	}
	if err == nil && intent {
		err = s.syncDir(dir)
	}
	return err
}

func (s *Store) putWithoutLinks(from, to string) error {
	s.naming.Lock()
	defer s.naming.Unlock()
	if _, err := s.root.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fs.ErrExist)
	}
	return s.disk.rename(from, to)
}

// keyLocks lets one call at a time work for a key.
type keyLocks struct {
	mu    sync.Mutex
	locks map[string]*keyLock
}

type keyLock struct {
	turn  chan struct{} // holds one token while the lock is free
	users int
}

// lock waits for its turn, as long as the context lasts.
func (k *keyLocks) lock(ctx context.Context, key string) (unlock func(), err error) {
	k.mu.Lock()
	l := k.locks[key]
	if l == nil {
		if k.locks == nil {
			k.locks = make(map[string]*keyLock)
		}
		l = &keyLock{turn: make(chan struct{}, 1)}
		l.turn <- struct{}{}
		k.locks[key] = l
	}
	l.users++
	k.mu.Unlock()
	leave := func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(k.locks, key)
		}
	}
	select {
	case <-l.turn:
		return func() {
			l.turn <- struct{}{}
			leave()
		}, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
