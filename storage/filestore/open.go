package filestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/internal/ownfolder"
)

// Open returns the bytes of a file, as many as it has now: what somebody adds to it later is not read.
func (s *Store) Open(ctx context.Context, req storage.OpenFileRequest) (storage.OpenFileResult, error) {
	var none storage.OpenFileResult
	leave, err := s.begin(ctx, "opening a document")
	if err != nil {
		return none, err
	}
	defer leave()
	tree, err := s.tree(ctx, req.Actor, req.Tree)
	if err != nil {
		return none, err
	}
	name, err := within(tree, req.File)
	if err != nil || req.File == "" {
		return none, fmt.Errorf("document: %w", storage.ErrNotFound)
	}
	info, err := s.stat(name)
	if missing(err) || err == nil && !info.Mode().IsRegular() { // asked before it is opened: a pipe would wait for a writer
		return none, fmt.Errorf("document: %w", storage.ErrNotFound)
	}
	if err != nil {
		return none, ownfolder.Classify("opening a document", err)
	}
	f, err := s.root.Open(filepath.FromSlash(name))
	if err == nil {
		if info, err = f.Stat(); err != nil {
			err = errors.Join(err, f.Close())
		}
	}
	if missing(err) {
		return none, fmt.Errorf("document: %w", storage.ErrNotFound) // removed meanwhile
	}
	if err != nil {
		return none, ownfolder.Classify("opening a document", err)
	}
	return storage.OpenFileResult{File: file(req.File, info), Content: content{io.NewSectionReader(f, 0, info.Size()), f}}, nil
}

// content is an open file, of the size that was told.
type content struct {
	*io.SectionReader
	file *os.File
}

// Close closes the file.
func (c content) Close() error { return c.file.Close() }
