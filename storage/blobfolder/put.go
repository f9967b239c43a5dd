package blobfolder

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/internal/ownfolder"
)

// Buffers of Put: one for each call that runs.
const bufferSize = 128 << 10

// maxEmptyReads is how often Content may return nothing without an error, as in package bufio.
const maxEmptyReads = 100

// Put stores Content under its SHA-256.
func (s *Store) Put(ctx context.Context, req storage.PutBlobRequest) (storage.PutBlobResult, error) {
	var none storage.PutBlobResult
	leave, err := s.folder.Enter()
	if err != nil {
		return none, fmt.Errorf("storing blob: %w", err)
	}
	defer leave()
	if err := ctx.Err(); err != nil {
		return none, fmt.Errorf("storing blob: %w", err)
	}
	temp, err := s.folder.Temp()
	if err != nil {
		return none, ownfolder.Classify("storing blob", err)
	}
	result, err := s.put(ctx, req, temp)
	if err != nil {
		_ = temp.Close() // perhaps closed already
	}
	// After a rename the name is gone; in every other case the file has no use.
	if e := os.Remove(temp.Name()); err == nil && e != nil && !errors.Is(e, fs.ErrNotExist) {
		err = ownfolder.Classify("storing blob: removing the temporary file", e)
	}
	if err != nil {
		return none, err
	}
	return result, nil
}

func (s *Store) put(ctx context.Context, req storage.PutBlobRequest, temp *os.File) (storage.PutBlobResult, error) {
	var none storage.PutBlobResult
	digest, size, err := s.receive(ctx, req, temp)
	if err != nil {
		return none, err
	}
	result := storage.PutBlobResult{Digest: digest, Size: size}
	p := s.place(req.Tenant, digest)

	s.commit[digest[0]].Lock()
	defer s.commit[digest[0]].Unlock()
	switch info, err := os.Lstat(p.file); {
	case err == nil && info.Mode().IsRegular() && info.Size() == size:
		result.Existed = true
		if err := s.disk.close(temp); err != nil {
			return none, ownfolder.Classify("storing blob", err)
		}
		return result, ownfolder.Classify("storing blob that exists", s.confirm(p, digest))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return none, ownfolder.Classify("storing blob", err)
	}
	// Here is nothing, or something of another size that a broken disk left: it is replaced.
	if err := s.name(p, digest, temp); err != nil {
		return none, ownfolder.Classify("storing blob", err)
	}
	return result, nil
}

// receive writes Content into temp and hashes it.
func (s *Store) receive(ctx context.Context, req storage.PutBlobRequest, temp *os.File) (digest storage.Digest, size int64, err error) {
	hash := sha256.New()
	buffer := s.buffers.Get().(*[bufferSize]byte)
	defer s.buffers.Put(buffer)
	empty := 0
	for {
		if err := ctx.Err(); err != nil {
			return digest, 0, fmt.Errorf("storing blob: %w", err)
		}
		n, readErr := req.Content.Read(buffer[:])
		if n < 0 || n > len(buffer) {
			return digest, 0, fmt.Errorf("storing blob: %w: the reader of the content returned %d of %d bytes", storage.ErrInvalid, n, len(buffer))
		}
		size += int64(n)
		if req.Size >= 0 && size > req.Size {
			return digest, 0, fmt.Errorf("storing blob: %w: the content is longer than the %d bytes announced", storage.ErrInvalid, req.Size)
		}
		if n > 0 {
			_, _ = hash.Write(buffer[:n]) // never fails
			if err := s.write(temp, buffer[:n]); err != nil {
				return digest, 0, ownfolder.Classify("storing blob", err)
			}
			empty = 0
		} else if empty++; empty > maxEmptyReads && readErr == nil {
			readErr = io.ErrNoProgress
		}
		if readErr == io.EOF {
			break
		}
		if readErr != nil {
			return digest, 0, fmt.Errorf("storing blob: reading the content: %w", readErr)
		}
	}
	if req.Size >= 0 && size != req.Size {
		return digest, 0, fmt.Errorf("storing blob: %w: the content has %d bytes, %d were announced", storage.ErrInvalid, size, req.Size)
	}
	hash.Sum(digest[:0])
	return digest, size, nil
}

func (s *Store) write(f *os.File, p []byte) error {
	n, err := s.disk.write(f, p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return err
}

// name makes temp, which is whole, the file of a place.
func (s *Store) name(p place, digest storage.Digest, temp *os.File) error {
	settle, err := s.make(p, digest)
	if err != nil {
		return err
	}
	if err := both(func() error { return s.disk.sync(temp) }, settle); err != nil {
		return err
	}
	if err := s.disk.close(temp); err != nil {
		return err
	}
	err = s.disk.rename(temp.Name(), p.file)
	if errors.Is(err, fs.ErrNotExist) {
		// Somebody removed a folder that we knew. Made anew, then.
		s.known.forget(p.tenant)
		if settle, err = s.make(p, digest); err != nil {
			return err
		}
		if err = settle(); err != nil {
			return err
		}
		err = s.disk.rename(temp.Name(), p.file)
	}
	if err != nil {
		return err
	}
	return s.disk.syncDir(p.dirs[3])
}

// confirm makes bytes that are there as durable as those that we wrote: perhaps another process named them this moment. It also marks them
// as wanted now.
func (s *Store) confirm(p place, digest storage.Digest) error {
	now := s.now()
	if err := os.Chtimes(p.file, now, now); err != nil {
		return err
	}
	settle, err := s.make(p, digest)
	if err != nil {
		return err
	}
	return both(func() error { return s.disk.syncDir(p.dirs[3]) }, settle)
}

// both does two things at once and returns when both are done. The second may be nil.
func both(first, second func() error) error {
	if second == nil {
		return first()
	}
	done := make(chan error, 1)
	go func() { done <- second() }()
	err := first()
	return errors.Join(err, <-done)
}
