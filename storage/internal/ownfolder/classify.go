package ownfolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mailcrm/sdk/storage"
)

// The codes of the causes that disks give.
const (
	CodeFull     = "disk.full"      // no room left: storage.ErrTemporary
	CodeReadOnly = "disk.read_only" // no right to write: storage.ErrReadOnly
)

// Classify says what kind of failure an error of the operating system is, and what was being done. An error that already wraps one of the
// storage package's, or a context's, keeps its kind. What is neither room nor rights may be better in a minute: [storage.ErrTemporary].
func Classify(doing string, err error) error {
	if err == nil {
		return nil
	}
	if code, _ := storage.Code(err); code != "internal" || errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	switch {
	case full(err):
		return fmt.Errorf("%s: %w", doing, &storage.Cause{Code: CodeFull, Detail: err.Error(), Err: storage.ErrTemporary})
	case errors.Is(err, fs.ErrPermission), readOnly(err):
		return fmt.Errorf("%s: %w", doing, &storage.Cause{Code: CodeReadOnly, Detail: err.Error(), Err: storage.ErrReadOnly})
	}
	return fmt.Errorf("%s: %w: %w", doing, storage.ErrTemporary, err)
}
