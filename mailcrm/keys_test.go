package mailcrm_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// TestKeysApart: a key that lies among the data is in every copy of it.
func TestKeysApart(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	folder := t.TempDir()
	var cfg mailcrm.Config
	w.open(folder, func(c *mailcrm.Config) { cfg = *c })
	blobs := filepath.Join(folder, "data", "blobs")
	require.NoError(t, os.Symlink(blobs, filepath.Join(folder, "link")))
	for _, path := range []string{filepath.Join(blobs, "key"), filepath.Join(blobs, "below", "key"), filepath.Join(folder, "link", "key2")} {
		keys, err := mailcrm.KeyFile(path)
		require.NoError(t, err)
		cfg.Keys = keys
		_, err = mailcrm.Open(t.Context(), cfg)
		requireField(t, err, "Keys", "inside_data")
	}
	cfg.Keys, _ = mailcrm.KeyFile(filepath.Join(folder, "data2", "key"))
	_, err := mailcrm.Open(t.Context(), cfg)
	require.NoError(t, err)
}
