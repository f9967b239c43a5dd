package filestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/internal/ownfolder"
)

// List returns a page of a folder, by name without regard to case.
func (s *Store) List(ctx context.Context, req storage.ListFilesRequest) (storage.ListFilesResult, error) {
	var result storage.ListFilesResult
	leave, err := s.begin(ctx, "listing a folder")
	if err != nil {
		return result, err
	}
	defer leave()
	if req.Limit < 1 {
		return result, storage.Invalid("Limit", "range", "Ask for 1 item or more.")
	}
	if req.Limit > storage.MaxPage {
		return result, fmt.Errorf("listing a folder: %w: at most %d items a page", storage.ErrLimit, storage.MaxPage)
	}
	tree, err := s.tree(ctx, req.Actor, req.Tree)
	if err != nil {
		return result, err
	}
	dir, err := s.existing(tree, req.Folder)
	if err != nil {
		return result, err
	}
	entries, err := s.entries(dir)
	if err != nil {
		return result, ownfolder.Classify("listing a folder", err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return !shown(e.Name()) || !e.IsDir() && !e.Type().IsRegular() || len(child(req.Folder, e.Name())) > maxPath || order(e) <= req.Cursor
	})
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(order(a), order(b)) })
	if len(entries) > req.Limit {
		entries = entries[:req.Limit]
		result.Next = order(entries[len(entries)-1])
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return storage.ListFilesResult{}, ownfolder.Classify("listing a folder", err)
		}
		result.Files = append(result.Files, file(child(req.Folder, entry.Name()), info))
	}
	return result, nil
}

// entries reads a folder; one that is not there, as the root of a tree may be, has none.
func (s *Store) entries(dir string) ([]fs.DirEntry, error) {
	f, err := s.root.Open(filepath.FromSlash(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := f.ReadDir(-1)
	return entries, errors.Join(err, f.Close())
}

// order is where an entry stands in a listing, and the cursor behind it: folders first.
func order(entry fs.DirEntry) string {
	kind := "1"
	if entry.IsDir() {
		kind = "0"
	}
	return kind + strings.ToLower(entry.Name()) + "\x00" + entry.Name()
}
