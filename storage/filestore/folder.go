package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/internal/filename"
	"github.com/mailcrm/sdk/storage/internal/ownfolder"
)

// maxNumbered is how many names are tried ("offer (2).pdf" …) before the folder is called full.
const maxNumbered = 10000

// MakeFolder makes a folder, or finds it.
func (s *Store) MakeFolder(ctx context.Context, req storage.MakeFolderRequest) (storage.MakeFolderResult, error) {
	var none storage.MakeFolderResult
	leave, err := s.begin(ctx, "making a folder")
	if err != nil {
		return none, err
	}
	defer leave()
	tree, err := s.tree(ctx, req.Actor, req.Tree)
	if err != nil {
		return none, err
	}
	dir, err := s.existing(tree, req.Parent)
	if err != nil {
		return none, err
	}
	room, err := roomFor(req.Parent, maxDirs)
	if err != nil {
		return none, err
	}
	if err := s.grow(dir); err != nil {
		return none, ownfolder.Classify("making a folder", err)
	}
	name := filename.Clean(req.Name, "folder", room)
	for n := 1; n <= maxNumbered; n++ {
		candidate := name
		if n > 1 {
			candidate = filename.Numbered(name, n, room)
		}
		full := child(dir, candidate)
		err := s.disk.mkdir(filepath.FromSlash(full))
		if err == nil {
			err = s.syncDir(dir)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return none, ownfolder.Classify("making a folder", err)
		}
		info, err := s.stat(full)
		if err != nil {
			return none, ownfolder.Classify("making a folder", err)
		}
		if info.IsDir() {
			return storage.MakeFolderResult{Folder: file(child(req.Parent, candidate), info)}, nil
		}
		// A file, or a link, has this name.
	}
	return none, fmt.Errorf("making a folder: %w: %d names are taken", storage.ErrLimit, maxNumbered)
}

// roomFor is how many bytes a name in a folder may have, when the whole path has at most limit.
func roomFor(folder string, limit int) (int, error) {
	room := limit
	if folder != "" {
		room -= len(folder) + 1
	}
	if room < minName {
		return 0, fmt.Errorf("folder: %w: it lies too deep, a path has at most %d bytes", storage.ErrLimit, limit)
	}
	return room, nil
}
