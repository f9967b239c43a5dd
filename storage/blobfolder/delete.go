package blobfolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/internal/ownfolder"
)

// Delete removes bytes for good: it is on the disk when it returns.
func (s *Store) Delete(ctx context.Context, req storage.DeleteBlobRequest) (storage.DeleteBlobResult, error) {
	var none storage.DeleteBlobResult
	leave, err := s.folder.Enter()
	if err != nil {
		return none, fmt.Errorf("deleting blob: %w", err)
	}
	defer leave()
	if err := ctx.Err(); err != nil {
		return none, fmt.Errorf("deleting blob: %w", err)
	}
	p := s.place(req.Tenant, req.Digest)
	s.commit[req.Digest[0]].Lock()
	defer s.commit[req.Digest[0]].Unlock()
	if err := os.Remove(p.file); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return none, nil
		}
		return none, ownfolder.Classify("deleting blob", err)
	}
	return none, ownfolder.Classify("deleting blob", s.disk.syncDir(p.dirs[3]))
}
