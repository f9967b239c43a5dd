package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
	"github.com/mailcrm/sdk/storage/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// config is all that a client needs, around a store in a file.
func config(t *testing.T, store *mailcrm.Store, key string) mailcrm.Config {
	t.Helper()
	blobs, err := blobfolder.Open(filepath.Join(t.TempDir(), "blobs"), nil)
	require.NoError(t, err)
	keys, err := mailcrm.KeyFile(key)
	require.NoError(t, err)
	return mailcrm.Config{Host: memstore.New().Host(), Store: store, Blobs: blobs, Keys: keys}
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Mode().Perm()
}

// TestModes: what Open makes is for this user alone. What was there stays as it is.
func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	folder := t.TempDir()
	require.NoError(t, os.Chmod(folder, 0o755))
	path := filepath.Join(folder, "a", "b", "mailcrm.db")
	store, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	for _, made := range []string{"a", "a/b"} {
		require.Equal(t, os.FileMode(0o700), mode(t, filepath.Join(folder, made)), made)
	}
	files, err := os.ReadDir(filepath.Join(folder, "a", "b"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 2)
	for _, f := range files {
		require.Equal(t, os.FileMode(0o600), mode(t, filepath.Join(folder, "a", "b", f.Name())), f.Name())
	}
	require.NoError(t, store.Close())
	require.Equal(t, os.FileMode(0o755), mode(t, folder))
}

// TestNotWritable: a folder that cannot be written is told before anything is fetched, in a sentence.
func TestNotWritable(t *testing.T) {
	said := func(t *testing.T, path string) {
		t.Helper()
		_, err := sqlite.Open(t.Context(), path, nil)
		require.ErrorIs(t, err, mailcrm.ErrReadOnly)
		require.ErrorContains(t, err, filepath.Base(path))
		require.ErrorContains(t, err, "permissions")
		require.NotContains(t, err.Error(), "\n", "one sentence")
	}
	t.Run("a file in the way", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		said(t, filepath.Join(file, "mailcrm.db"))
	})
	t.Run("a folder in the way", func(t *testing.T) {
		said(t, t.TempDir())
	})
	t.Run("permissions", func(t *testing.T) {
		if os.Geteuid() == 0 || runtime.GOOS == "windows" {
			t.Skip("permissions do not bind this user")
		}
		folder := t.TempDir()
		require.NoError(t, os.Chmod(folder, 0o500))
		said(t, filepath.Join(folder, "mailcrm.db"))
		require.NoError(t, os.Chmod(folder, 0o700))
		path := filepath.Join(folder, "mailcrm.db")
		require.NoError(t, os.WriteFile(path, nil, 0o400))
		said(t, path)
	})
}

// TestSchema: a file of a newer version is not touched, and an older one only when that was asked for.
func TestSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailcrm.db")
	for range 2 { // a failed Open leaves nothing behind that the next one meets
		_, err := sqlite.Open(t.Context(), path, &sqlite.Options{Migrate: sqlite.Check})
		require.ErrorIs(t, err, mailcrm.ErrSchema)
		require.ErrorContains(t, err, "Migrate: Apply")
	}
	store, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	require.NoError(t, store.Close())
	store, err = sqlite.Open(t.Context(), path, &sqlite.Options{Migrate: sqlite.Check, Readers: 1})
	require.NoError(t, err)
	require.NoError(t, store.Close())

	raw, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = raw.Exec("INSERT INTO mailcrm_schema (version_id, is_applied) VALUES (9999, TRUE)")
	require.NoError(t, err)
	require.NoError(t, raw.Close())
	for range 2 {
		_, err := sqlite.Open(t.Context(), path, nil)
		require.ErrorIs(t, err, mailcrm.ErrSchema)
		require.ErrorContains(t, err, "update mailcrm")
		code, status := mailcrm.ErrorCode(err)
		require.Equal(t, "schema", code)
		require.Equal(t, 500, status)
	}
}

// TestOpenTwice: one process at a time has the file, by whatever name.
func TestOpenTwice(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "mailcrm.db")
	store, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	names := []string{path}
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink(path, filepath.Join(folder, "other.db")))
		require.NoError(t, os.Symlink(folder, filepath.Join(folder, "again")))
		names = append(names, filepath.Join(folder, "other.db"), filepath.Join(folder, "again", "mailcrm.db"))
	}
	for _, name := range names {
		_, err = sqlite.Open(t.Context(), name, nil)
		require.ErrorIs(t, err, mailcrm.ErrUnavailable, name)
		require.ErrorContains(t, err, "postgres", "what to do")
	}
	require.NoError(t, store.Close())
	require.NoError(t, store.Close(), "twice is no error")
	store, err = sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	require.NoError(t, store.Close())
}

// TestKeyInDataFolder: whoever copies the data does not get the passwords with it.
func TestKeyInDataFolder(t *testing.T) {
	folder := t.TempDir()
	data := filepath.Join(folder, "data")
	store, err := sqlite.Open(t.Context(), filepath.Join(data, "mailcrm.db"), nil)
	require.NoError(t, err)
	defer store.Close()
	keys := []string{filepath.Join(data, "key"), filepath.Join(data, "deep", "er", "key")}
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink(data, filepath.Join(folder, "elsewhere")))
		keys = append(keys, filepath.Join(folder, "elsewhere", "key2"))
	}
	for _, key := range keys {
		_, err := mailcrm.Open(t.Context(), config(t, store, key))
		var at *mailcrm.FieldError
		require.True(t, errors.As(err, &at), key)
		require.Equal(t, "Keys inside_data", at.Field+" "+at.Code)
		require.ErrorContains(t, err, "move it out")
	}
	for _, key := range []string{filepath.Join(folder, "key"), filepath.Join(folder, "data2", "key")} {
		client, err := mailcrm.Open(t.Context(), config(t, store, key))
		require.NoError(t, err, key)
		require.NoError(t, client.Close())
	}
}

// TestReadersWhileWriting: a sync does not hold up those who read, nor they the sync.
func TestReadersWhileWriting(t *testing.T) {
	const address, mails = "jeanne@demo.example", 200
	server, err := mailcrmtest.StartServer(mailcrmtest.ServerOptions{Users: []mailcrmtest.User{{Address: address, Password: "secret"}}})
	require.NoError(t, err)
	defer server.Close()
	require.NoError(t, server.Load(address, mailcrmtest.Make(mailcrmtest.MakerOptions{Messages: mails, Own: address})))
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mailcrm.db"), nil)
	require.NoError(t, err)
	defer store.Close()
	cfg := config(t, store, filepath.Join(t.TempDir(), "key"))
	cfg.Network = mailcrm.Network{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []int{server.IMAPS.Port, server.SMTPS.Port}, Roots: server.Roots(),
	}
	client, err := mailcrm.Open(t.Context(), cfg)
	require.NoError(t, err)
	jeanne := client.As(storage.Actor{Agent: "jeanne"})
	_, err = jeanne.Accounts.Create(t.Context(), mailcrm.AccountInput{
		Address: address, DepthDays: -1,
		IMAP: mailcrm.ServerInput{Host: server.IMAPS.Host, Port: server.IMAPS.Port, Password: mailcrm.NewSecret("secret")},
		SMTP: mailcrm.ServerInput{Host: server.SMTPS.Host, Port: server.SMTPS.Port},
	})
	require.NoError(t, err)

	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var readers sync.WaitGroup
	errs := make([]error, 4)
	asked := make([]int, len(errs))
	for i := range errs {
		readers.Go(func() {
			for ctx.Err() == nil {
				page, err := jeanne.Messages.List(t.Context(), mailcrm.MessageQuery{Text: []string{"", "merci"}[i%2], Limit: 20})
				if err == nil && len(page.Items) > 0 {
					_, err = jeanne.Messages.Get(t.Context(), page.Items[0].ID)
				}
				if asked[i]++; err != nil {
					errs[i] = fmt.Errorf("question %d: %w", asked[i], err)
					return
				}
			}
		})
	}
	for ctx.Err() == nil {
		n, err := client.Step(ctx)
		require.NoError(t, err)
		if n == 0 {
			break
		}
	}
	require.NoError(t, ctx.Err(), "in time")
	stop()
	readers.Wait()
	require.NoError(t, errors.Join(errs...))
	for i, n := range asked {
		require.Positive(t, n, "reader %d", i)
	}
	total := 0
	for q := (mailcrm.MessageQuery{Limit: mailcrm.MaxPage}); ; {
		page, err := jeanne.Messages.List(t.Context(), q)
		require.NoError(t, err)
		total += len(page.Items)
		if q.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	require.Equal(t, mails, total)
}
