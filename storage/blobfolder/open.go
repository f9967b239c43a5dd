package blobfolder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/internal/ownfolder"
)

// Open returns bytes, or a range of them. They stay readable after Delete and Close.
func (s *Store) Open(ctx context.Context, req storage.OpenBlobRequest) (storage.OpenBlobResult, error) {
	var none storage.OpenBlobResult
	leave, err := s.folder.Enter()
	if err != nil {
		return none, fmt.Errorf("opening blob: %w", err)
	}
	defer leave()
	if err := ctx.Err(); err != nil {
		return none, fmt.Errorf("opening blob: %w", err)
	}
	if req.Offset < 0 {
		return none, storage.Invalid("Offset", "range", "Use an offset of 0 or more.")
	}
	file, err := os.Open(s.place(req.Tenant, req.Digest).file)
	if errors.Is(err, fs.ErrNotExist) {
		return none, fmt.Errorf("blob %x: %w", req.Digest, storage.ErrNotFound)
	}
	if err != nil {
		return none, ownfolder.Classify("opening blob", err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return none, ownfolder.Classify("opening blob", err)
	}
	if !info.Mode().IsRegular() {
		_ = file.Close()
		return none, fmt.Errorf("blob %x: %w", req.Digest, storage.ErrNotFound)
	}
	length := max(info.Size()-req.Offset, 0)
	if req.Length >= 0 {
		length = min(length, req.Length)
	}
	return storage.OpenBlobResult{Content: content{io.NewSectionReader(file, req.Offset, length), file}, Size: info.Size()}, nil
}

// content is a range of an open file.
type content struct {
	*io.SectionReader
	file *os.File
}

// Close closes the file.
func (c content) Close() error { return c.file.Close() }
