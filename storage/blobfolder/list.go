package blobfolder

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/internal/foldername"
	"github.com/mailcrm/sdk/storage/internal/ownfolder"
)

// List returns a page in the order of digests. Files that are not named by a digest in its place are not shown.
func (s *Store) List(ctx context.Context, req storage.ListBlobsRequest) (storage.ListBlobsResult, error) {
	var none storage.ListBlobsResult
	leave, err := s.folder.Enter()
	if err != nil {
		return none, fmt.Errorf("listing blobs: %w", err)
	}
	defer leave()
	if req.Limit < 1 {
		return none, storage.Invalid("Limit", "range", "Ask for 1 blob or more.")
	}
	if req.Limit > storage.MaxPage {
		return none, fmt.Errorf("listing blobs: %w: at most %d a page", storage.ErrLimit, storage.MaxPage)
	}
	walk := walk{after: req.After, limit: req.Limit}
	if err := walk.level(ctx, filepath.Join(s.folder.Dir(), foldername.Of(string(req.Tenant)), "sha256"), ""); err != nil {
		return none, ownfolder.Classify("listing blobs", err)
	}
	return storage.ListBlobsResult{Blobs: walk.blobs}, nil
}

// A walk goes through <ab>/<cd>/<hex> in order.
type walk struct {
	after storage.Digest
	limit int
	blobs []storage.BlobInfo
}

// level reads a folder whose blobs begin with the hexadecimal prefix.
func (w *walk) level(ctx context.Context, dir, prefix string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir) // in the order of names
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	after := hex.EncodeToString(w.after[:])
	for _, entry := range entries {
		if len(w.blobs) == w.limit {
			return nil
		}
		name := entry.Name()
		if len(prefix) == 4 {
			if err := w.file(entry, prefix); err != nil {
				return err
			}
			continue
		}
		if _, err := hex.DecodeString(name); err != nil || len(name) != 2 || !entry.IsDir() {
			continue
		}
		if next := prefix + name; next >= after[:len(next)] {
			if err := w.level(ctx, filepath.Join(dir, name), next); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walk) file(entry fs.DirEntry, prefix string) error {
	var digest storage.Digest
	name := entry.Name()
	if len(name) != 2*len(digest) || name[:len(prefix)] != prefix || !entry.Type().IsRegular() {
		return nil
	}
	if _, err := hex.Decode(digest[:], []byte(name)); err != nil || hex.EncodeToString(digest[:]) != name {
		return nil
	}
	if bytes.Compare(digest[:], w.after[:]) <= 0 && w.after != (storage.Digest{}) {
		return nil
	}
	info, err := entry.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	w.blobs = append(w.blobs, storage.BlobInfo{Digest: digest, Size: info.Size(), Stored: info.ModTime()})
	return nil
}
