package filestore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/internal/filename"
	"github.com/mailcrm/sdk/storage/internal/ownfolder"
)

const (
	bufferSize    = 64 << 10
	maxEmptyReads = 100 // how often Content may return nothing without an error, as in package bufio
)

// Create stores a file, or finds the one that its Key made.
func (s *Store) Create(ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
	var none storage.CreateFileResult
	leave, err := s.begin(ctx, "storing a document")
	if err != nil {
		return none, err
	}
	defer leave()
	if req.Key == "" || len(req.Key) > MaxKey {
		return none, storage.Invalid("Key", "range", fmt.Sprintf("Use a key of 1 to %d bytes.", MaxKey))
	}
	tree, err := s.tree(ctx, req.Actor, req.Tree)
	if err != nil {
		return none, err
	}
	key := keyPath(tree, req.Key)
	unlock, err := s.keys.lock(ctx, key) // the second of two equal calls waits, and then reads nothing
	if err != nil {
		return none, fmt.Errorf("storing a document: %w", err)
	}
	defer unlock()
	made, done, err := s.made(tree, key)
	if err != nil {
		return none, ownfolder.Classify("storing a document", err)
	}
	if done {
		return storage.CreateFileResult{File: made}, nil
	}
	if _, err := s.existing(tree, req.Folder); err != nil {
		return none, err
	}
	room, err := roomFor(req.Folder, maxPath)
	if err != nil {
		return none, err
	}
	made, err = s.create(ctx, req, tree, key, filename.Clean(req.Name, "document", room), room)
	if err != nil {
		return none, err
	}
	return storage.CreateFileResult{File: made}, nil
}

// create receives the content and gives it a name.
func (s *Store) create(ctx context.Context, req storage.CreateFileRequest, tree, key, name string, room int) (storage.File, error) {
	temp, err := s.folder.Temp()
	if err != nil {
		return storage.File{}, ownfolder.Classify("storing a document", err)
	}
	defer func() { _ = os.Remove(temp.Name()) }() // when it has a name too, one of two; else it has no use
	intent, err := s.receive(ctx, req, temp)
	if err == nil {
		err = ownfolder.Classify("storing a document", s.disk.sync(temp))
	}
	if e := temp.Close(); err == nil && e != nil {
		err = ownfolder.Classify("storing a document", e)
	}
	if err != nil {
		return storage.File{}, err
	}
	if intent.Temp, err = s.relative(temp); err != nil {
		return storage.File{}, ownfolder.Classify("storing a document", err)
	}
	file, err := s.settle(tree, key, req.Folder, name, room, intent)
	return file, ownfolder.Classify("storing a document", err)
}

// settle gives received content a free name, or finds that another process was faster with the same key.
func (s *Store) settle(tree, key, folder, name string, room int, intent record) (storage.File, error) {
	if err := s.grow(tree); err != nil {
		return storage.File{}, err
	}
	candidate := name
	for n := 2; n <= maxNumbered; n++ {
		intent.Path = child(folder, candidate)
		switch _, err := s.stat(child(tree, intent.Path)); {
		case err == nil:
			candidate = filename.Numbered(name, n, room)
			continue
		case !errors.Is(err, fs.ErrNotExist):
			return storage.File{}, err
		}
		if made, done, err := s.claim(tree, key, intent); err != nil || done {
			return made, err
		}
		switch err := s.name(intent, tree); {
		case errors.Is(err, fs.ErrExist) && s.ours(tree, intent):
			// Another process with our key found the intent and finished the work.
		case errors.Is(err, fs.ErrExist): // taken this moment
			if err := s.drop(key); err != nil {
				return storage.File{}, err
			}
			continue
		case err != nil:
			// Nothing has the name, and nobody is to believe so.
			return storage.File{}, errors.Join(err, s.drop(key))
		}
		return s.finish(tree, key, intent)
	}
	return storage.File{}, fmt.Errorf("%w: %d names are taken", storage.ErrLimit, maxNumbered)
}

// name links the temporary file of an intent to its path. A name that is taken is fs.ErrExist.
func (s *Store) name(intent record, tree string) error {
	to := filepath.FromSlash(child(tree, intent.Path))
	err := s.disk.link(intent.Temp, to)
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) || !noLinks(err) {
		return err
	}
	s.naming.Lock()
	defer s.naming.Unlock()
	if _, err := s.root.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fs.ErrExist)
	}
	return s.disk.rename(intent.Temp, to)
}

// ours reports whether the path of our own intent leads to the bytes that we received: by hard link, or where there is none by content.
func (s *Store) ours(tree string, intent record) bool {
	name := child(tree, intent.Path)
	info, err := s.stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	temp, err := s.root.Lstat(intent.Temp)
	if errors.Is(err, fs.ErrNotExist) {
		return s.same(name, info, intent)
	}
	return err == nil && os.SameFile(temp, info)
}

// receive writes the content into temp and says what it is.
func (s *Store) receive(ctx context.Context, req storage.CreateFileRequest, temp *os.File) (record, error) {
	hash := sha256.New()
	buffer := make([]byte, bufferSize)
	size, empty := int64(0), 0
	for {
		if err := ctx.Err(); err != nil {
			return record{}, fmt.Errorf("storing a document: %w", err)
		}
		n, readErr := req.Content.Read(buffer)
		if n < 0 || n > len(buffer) {
			return record{}, fmt.Errorf("storing a document: %w: the reader of the content returned %d of %d bytes", storage.ErrInvalid, n, len(buffer))
		}
		size += int64(n)
		if req.Size >= 0 && size > req.Size {
			return record{}, fmt.Errorf("storing a document: %w: the content is longer than the %d bytes announced", storage.ErrInvalid, req.Size)
		}
		if n > 0 {
			_, _ = hash.Write(buffer[:n]) // never fails
			written, err := s.disk.write(temp, buffer[:n])
			if err == nil && written < n {
				err = io.ErrShortWrite
			}
			if err != nil {
				return record{}, ownfolder.Classify("storing a document", err)
			}
			empty = 0
		} else if empty++; empty > maxEmptyReads && readErr == nil {
			readErr = io.ErrNoProgress
		}
		if readErr == io.EOF {
			break
		}
		if readErr != nil {
			return record{}, fmt.Errorf("storing a document: reading the content: %w", readErr)
		}
	}
	if req.Size >= 0 && size != req.Size {
		return record{}, fmt.Errorf("storing a document: %w: the content has %d bytes, %d were announced", storage.ErrInvalid, size, req.Size)
	}
	return record{Size: size, SHA256: hex.EncodeToString(hash.Sum(nil))}, nil
}
