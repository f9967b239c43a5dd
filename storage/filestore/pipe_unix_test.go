//go:build unix

package filestore

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// Opening a pipe waits for somebody who writes, which may be never.
func TestPipesAreNoDocuments(t *testing.T) {
	s, dir := openStore(t)
	create(t, s, "k", "ours.txt", "x")
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "acme", "common", "pipe.txt"), 0o600))
	require.Equal(t, []string{"ours.txt"}, names(t, s, jeanne, common, ""))
	_, err := s.Open(t.Context(), storage.OpenFileRequest{Actor: jeanne, Tree: common, File: "pipe.txt"})
	require.ErrorIs(t, err, storage.ErrNotFound)
}
