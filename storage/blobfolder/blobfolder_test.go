package blobfolder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openStore(t testing.TB) (*Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := Open(dir, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, dir
}

func put(t testing.TB, s *Store, tenant storage.Tenant, content string) storage.PutBlobResult {
	t.Helper()
	result, err := s.Put(t.Context(), storage.PutBlobRequest{Tenant: tenant, Content: strings.NewReader(content), Size: int64(len(content))})
	require.NoError(t, err)
	require.Equal(t, storage.Digest(sha256.Sum256([]byte(content))), result.Digest)
	return result
}

// files lists everything that is no folder and no marker, temporary files too.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var found []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if name := entry.Name(); err == nil && !entry.IsDir() && name != ".mailcrm" && name != "lock" {
			found = append(found, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	}))
	return found
}

func TestLayout(t *testing.T) {
	s, dir := openStore(t)
	put(t, s, "acme", "hello")
	const digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	require.Equal(t, []string{"acme/sha256/2c/f2/" + digest}, files(t, dir))
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := entry.Info()
		require.NoError(t, err)
		switch {
		case path == dir: // made by the test
		case entry.IsDir():
			require.Equal(t, fs.FileMode(0o700), info.Mode().Perm(), path)
		default:
			require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), path)
		}
		return nil
	}))
}

func TestTenantsNeverShareAFolder(t *testing.T) {
	s, dir := openStore(t)
	tenants := []storage.Tenant{"", "_", "acme", "Acme", "ACME", ".", "..", "../acme", "acme.", "con", ".tmp", ".mailcrm", "sha256"}
	for _, tenant := range tenants {
		require.False(t, put(t, s, tenant, "the same bytes").Existed, "%q", tenant)
	}
	folders := map[string]bool{}
	for _, path := range files(t, dir) {
		folder, _, _ := strings.Cut(path, "/")
		require.False(t, folders[strings.ToLower(folder)])
		folders[strings.ToLower(folder)] = true
	}
	require.Len(t, folders, len(tenants))
	_, err := s.Delete(t.Context(), storage.DeleteBlobRequest{Tenant: "acme", Digest: sha256.Sum256([]byte("the same bytes"))})
	require.NoError(t, err)
	require.Len(t, files(t, dir), len(tenants)-1)
}

func TestPutDamagedIsReplaced(t *testing.T) {
	s, dir := openStore(t)
	digest := put(t, s, "", "some bytes").Digest
	path := filepath.Join(dir, files(t, dir)[0])
	require.NoError(t, os.Truncate(path, 3))
	require.False(t, put(t, s, "", "some bytes").Existed)
	opened, err := s.Open(t.Context(), storage.OpenBlobRequest{Digest: digest, Length: -1})
	require.NoError(t, err)
	content, err := io.ReadAll(opened.Content)
	require.NoError(t, err)
	require.NoError(t, opened.Content.Close())
	require.Equal(t, "some bytes", string(content))
}

func TestPutAgainIsWantedAgain(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := Open(t.TempDir(), &Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	put(t, s, "", "x")
	now = now.Add(48 * time.Hour)
	require.True(t, put(t, s, "", "x").Existed)
	page, err := s.List(t.Context(), storage.ListBlobsRequest{Limit: 1})
	require.NoError(t, err)
	require.True(t, page.Blobs[0].Stored.Equal(now), "who collects orphans by age must not take this one")
}

func TestPutSurvivesRemovedFolders(t *testing.T) {
	s, dir := openStore(t)
	put(t, s, "acme", "x")
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "acme")))
	require.False(t, put(t, s, "acme", "x").Existed)
	require.Len(t, files(t, dir), 1)
}

func TestPutHostileReaders(t *testing.T) {
	s, dir := openStore(t)
	for name, reader := range map[string]io.Reader{
		"counts too much":    readerFunc(func(p []byte) (int, error) { return len(p) + 1, nil }),
		"counts backwards":   readerFunc(func([]byte) (int, error) { return -1, nil }),
		"never gets on":      readerFunc(func([]byte) (int, error) { return 0, nil }),
		"fails with bytes":   readerFunc(func(p []byte) (int, error) { return copy(p, "abc"), io.ErrUnexpectedEOF }),
		"endless, announced": readerFunc(func(p []byte) (int, error) { return len(p), nil }),
	} {
		t.Run(name, func(t *testing.T) {
			size := int64(-1)
			if strings.HasPrefix(name, "endless") {
				size = 1 << 20
			}
			_, err := s.Put(t.Context(), storage.PutBlobRequest{Content: reader, Size: size})
			require.Error(t, err)
			require.Empty(t, files(t, dir))
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestListSkipsWhatIsNotOurs(t *testing.T) {
	s, dir := openStore(t)
	digest := put(t, s, "acme", "hello").Digest
	leaf := filepath.Join(dir, "acme", "sha256", "2c", "f2")
	upper := strings.ToUpper(hex.EncodeToString(digest[:]))
	for _, path := range []string{
		filepath.Join(leaf, "Thumbs.db"), filepath.Join(leaf, upper), filepath.Join(leaf, strings.Repeat("0", 64)),
		filepath.Join(leaf, strings.Repeat("z", 64)), filepath.Join(dir, "acme", "sha256", "zz"), filepath.Join(dir, "acme", "sha256", "2c", "f"),
	} {
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(leaf, "2cf2"+strings.Repeat("0", 60)), 0o700))
	page, err := s.List(t.Context(), storage.ListBlobsRequest{Tenant: "acme", Limit: storage.MaxPage})
	require.NoError(t, err)
	require.Len(t, page.Blobs, 1)
	require.Equal(t, digest, page.Blobs[0].Digest)

	var inPlace storage.Digest
	_, err = hex.Decode(inPlace[:], []byte("2cf2"+strings.Repeat("0", 60)))
	require.NoError(t, err)
	_, err = s.Open(t.Context(), storage.OpenBlobRequest{Tenant: "acme", Digest: inPlace, Length: -1})
	require.ErrorIs(t, err, storage.ErrNotFound, "a folder is no blob")
}

func TestLimits(t *testing.T) {
	s, _ := openStore(t)
	_, err := s.List(t.Context(), storage.ListBlobsRequest{Limit: 0})
	require.ErrorIs(t, err, storage.ErrInvalid)
	_, err = s.List(t.Context(), storage.ListBlobsRequest{Limit: storage.MaxPage + 1})
	require.ErrorIs(t, err, storage.ErrLimit)
	_, err = s.Open(t.Context(), storage.OpenBlobRequest{Offset: -1})
	require.ErrorIs(t, err, storage.ErrInvalid)
}

func TestSameBytesAtOnce(t *testing.T) {
	s, dir := openStore(t)
	other, err := Open(dir, nil) // as another process would
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	content := bytes.Repeat([]byte("mail "), 1<<16)
	var fresh atomic.Int32
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			store := s
			if i%4 == 3 {
				store = other
			}
			result, err := store.Put(context.Background(), storage.PutBlobRequest{Content: bytes.NewReader(content), Size: -1})
			if err != nil {
				t.Error(err)
				return
			}
			if !result.Existed && store == s {
				fresh.Add(1)
			}
			opened, err := store.Open(context.Background(), storage.OpenBlobRequest{Digest: result.Digest, Length: -1})
			if err != nil {
				t.Error(err)
				return
			}
			read, err := io.ReadAll(opened.Content)
			if err != nil || !bytes.Equal(read, content) || opened.Content.Close() != nil {
				t.Error("bytes that were put do not come back")
			}
		})
	}
	group.Wait()
	require.LessOrEqual(t, fresh.Load(), int32(1), "written once within a process")
	require.Len(t, files(t, dir), 1)
}

func TestClosed(t *testing.T) {
	s, err := Open(t.TempDir(), nil)
	require.NoError(t, err)
	digest := put(t, s, "", "still readable").Digest
	opened, err := s.Open(t.Context(), storage.OpenBlobRequest{Digest: digest, Length: -1})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	content, err := io.ReadAll(opened.Content)
	require.NoError(t, err)
	require.NoError(t, opened.Content.Close())
	require.Equal(t, "still readable", string(content))

	_, err = s.Put(t.Context(), storage.PutBlobRequest{Content: strings.NewReader("x"), Size: 1})
	require.ErrorIs(t, err, storage.ErrClosed)
	_, err = s.Open(t.Context(), storage.OpenBlobRequest{})
	require.ErrorIs(t, err, storage.ErrClosed)
	_, err = s.Delete(t.Context(), storage.DeleteBlobRequest{})
	require.ErrorIs(t, err, storage.ErrClosed)
	_, err = s.List(t.Context(), storage.ListBlobsRequest{Limit: 1})
	require.ErrorIs(t, err, storage.ErrClosed)
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "thesis.doc"), nil, 0o600))
	_, err := Open(dir, nil)
	var field *storage.FieldError
	require.ErrorAs(t, err, &field)
	require.Equal(t, "Dir", field.Field)

	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".mailcrm"), []byte(`{"format":"blobfolder","version":2}`), 0o600))
	_, err = Open(dir, nil)
	require.ErrorIs(t, err, storage.ErrSchema)
}

func TestKnownFoldersAreBounded(t *testing.T) {
	var f fanout
	for i := range 3 * maxKnownTenants {
		f.learn(fmt.Sprint(i), storage.Digest{byte(i)})
	}
	require.LessOrEqual(t, len(f.tenants), maxKnownTenants)
	require.Equal(t, 4, f.missing("0", storage.Digest{0}))
	last := fmt.Sprint(3*maxKnownTenants - 1)
	b := byte((3*maxKnownTenants - 1) % 256)
	require.Equal(t, 0, f.missing(last, storage.Digest{b}))
	require.Equal(t, 1, f.missing(last, storage.Digest{b, 1}))
	require.Equal(t, 2, f.missing(last, storage.Digest{b + 1}))
}

func Example() {
	dir, err := os.MkdirTemp("", "blobs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	blobs, err := Open(filepath.Join(dir, "blobs"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = blobs.Close() }()

	ctx := context.Background()
	stored, err := blobs.Put(ctx, storage.PutBlobRequest{Tenant: "acme", Content: strings.NewReader("hello"), Size: 5})
	if err != nil {
		fmt.Println(err)
		return
	}
	opened, err := blobs.Open(ctx, storage.OpenBlobRequest{Tenant: "acme", Digest: stored.Digest, Offset: 1, Length: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	part, err := io.ReadAll(opened.Content)
	fmt.Printf("%q of %d bytes, %v\n", part, opened.Size, errors.Join(err, opened.Content.Close()))

	_, err = blobs.Open(ctx, storage.OpenBlobRequest{Tenant: "other", Digest: stored.Digest, Length: -1})
	fmt.Println(errors.Is(err, storage.ErrNotFound))
	// Output:
	// "ell" of 5 bytes, <nil>
	// true
}
