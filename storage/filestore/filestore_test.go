package filestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/memstore"
	"github.com/mailcrm/sdk/storage/storagetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(dyingFolder) != "" {
		die()
	}
	goleak.VerifyTestMain(m)
}

func TestConformance(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{New: func(context.Context) (storagetest.Subject, error) {
		s, err := Open(t.TempDir(), nil)
		if err != nil {
			return storagetest.Subject{}, err
		}
		return storagetest.Subject{Host: storage.Host{Files: s}, Close: s.Close}, nil
	}})
}

// With an Access, trees of records follow it.
func TestConformanceBesideACRM(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{New: func(context.Context) (storagetest.Subject, error) {
		crm := memstore.New()
		crm.OwnersOnly(true)
		s, err := Open(t.TempDir(), &Options{Access: crm.Host().Access})
		if err != nil {
			return storagetest.Subject{}, err
		}
		return storagetest.Subject{
			Host: storage.Host{Files: s, Access: crm.Host().Access}, Close: s.Close,
			Seed: func(_ context.Context, _ storage.Tenant, records []storagetest.Record) ([]storage.Ref, error) {
				var refs []storage.Ref
				for _, record := range records {
					if record.Hidden {
						record.Owner = storagetest.Insider
					}
					refs = append(refs, crm.Add(record.Entity)...)
				}
				return refs, nil
			},
		}, nil
	}})
}

var (
	jeanne  = storage.Actor{Tenant: "acme", Agent: "jeanne"}
	common  = storage.Tree{Space: storage.SpaceCommon}
	private = storage.Tree{Space: storage.SpacePrivate}
)

func openStore(t testing.TB) (*Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := Open(dir, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, dir
}

func request(key, name, content string) storage.CreateFileRequest {
	return storage.CreateFileRequest{Actor: jeanne, Tree: common, Key: key, Name: name, Size: int64(len(content)), Content: strings.NewReader(content)}
}

func create(t testing.TB, s *Store, key, name, content string) storage.File {
	t.Helper()
	result, err := s.Create(t.Context(), request(key, name, content))
	require.NoError(t, err)
	return result.File
}

func names(t testing.TB, s *Store, actor storage.Actor, tree storage.Tree, folder string) []string {
	t.Helper()
	result, err := s.List(t.Context(), storage.ListFilesRequest{Actor: actor, Tree: tree, Folder: folder, Limit: storage.MaxPage})
	require.NoError(t, err)
	var found []string
	for _, f := range result.Files {
		found = append(found, f.Name)
	}
	return found
}

// temps lists the temporary files of every process.
func temps(t testing.TB, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, ".tmp", "*", "*"))
	require.NoError(t, err)
	var found []string
	for _, path := range paths {
		if filepath.Base(path) != "lock" {
			found = append(found, path)
		}
	}
	return found
}

func TestLayout(t *testing.T) {
	s, dir := openStore(t)
	for _, tree := range []storage.Tree{common, private, {Space: storage.SpaceEntity, Entity: storage.Ref{Tenant: "acme", Kind: storage.KindDeal, ID: "D 7/b"}}} {
		req := request("k", "Devis été.pdf", "x")
		req.Tree = tree
		_, err := s.Create(t.Context(), req)
		require.NoError(t, err)
	}
	for _, path := range []string{"acme/common/Devis été.pdf", "acme/private/jeanne/Devis été.pdf", "acme/entity/deal/_44_207_2fb/Devis été.pdf"} {
		require.FileExists(t, filepath.Join(dir, path))
	}
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
	require.Empty(t, temps(t, dir))
}

func TestWhatPeoplePutThere(t *testing.T) {
	s, dir := openStore(t)
	create(t, s, "k", "ours.pdf", "x")
	root := filepath.Join(dir, "acme", "common")
	deep := strings.Repeat("d", 100)
	require.NoError(t, os.MkdirAll(filepath.Join(root, deep, deep, deep), 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(root, ".git"), 0o700))
	for _, name := range []string{"theirs.DOCX", ".DS_Store", "two\nlines", "bad\xffname", filepath.Join(deep, "in.txt"), filepath.Join(deep, deep, strings.Repeat("n", 60))} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte("abc"), 0o600))
	}
	require.Equal(t, []string{deep, "ours.pdf", "theirs.DOCX"}, names(t, s, jeanne, common, ""))
	require.Equal(t, []string{deep, "in.txt"}, names(t, s, jeanne, common, deep))
	require.Empty(t, names(t, s, jeanne, common, deep+"/"+deep), "their ids would be too long")

	opened, err := s.Open(t.Context(), storage.OpenFileRequest{Actor: jeanne, Tree: common, File: "theirs.DOCX"})
	require.NoError(t, err)
	require.NoError(t, opened.Content.Close())
	require.Equal(t, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", opened.File.Type)
	for _, id := range []string{".git", ".git/config", ".DS_Store", "two\nlines", "bad\xffname"} {
		_, err := s.Open(t.Context(), storage.OpenFileRequest{Actor: jeanne, Tree: common, File: id})
		require.ErrorIs(t, err, storage.ErrNotFound, id)
	}
}

// Links lead nowhere, wherever they point: out of the folder, into another tenant's, within the tree.
func TestLinksAreNotFollowed(t *testing.T) {
	s, dir := openStore(t)
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret.txt"), []byte("secret"), 0o600))
	create(t, s, "k", "ours.txt", "x")
	_, err := s.MakeFolder(t.Context(), storage.MakeFolderRequest{Actor: jeanne, Tree: common, Name: "folder"})
	require.NoError(t, err)
	root := filepath.Join(dir, "acme", "common")
	for name, target := range map[string]string{
		"absolute": outside, "file.txt": filepath.Join(outside, "secret.txt"), "up": "../..", "inside": "folder", "inside.txt": "ours.txt", "dangling": "nowhere",
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(root, name)))
	}
	require.Equal(t, []string{"folder", "ours.txt"}, names(t, s, jeanne, common, ""))
	for _, id := range []string{"file.txt", "inside.txt", "absolute/secret.txt", "up/acme/common/ours.txt", "dangling"} {
		_, err := s.Open(t.Context(), storage.OpenFileRequest{Actor: jeanne, Tree: common, File: id})
		require.ErrorIs(t, err, storage.ErrNotFound, id)
	}
	for _, folder := range []string{"absolute", "up", "inside", "up/acme/common/folder"} {
		_, err := s.List(t.Context(), storage.ListFilesRequest{Actor: jeanne, Tree: common, Folder: folder, Limit: 1})
		require.ErrorIs(t, err, storage.ErrNotFound, folder)
		req := request("into "+folder, "x.txt", "x")
		req.Folder = folder
		_, err = s.Create(t.Context(), req)
		require.ErrorIs(t, err, storage.ErrNotFound, folder)
	}
	require.Equal(t, "file (2).txt", create(t, s, "beside a link", "file.txt", "x").Name)
	made, err := s.MakeFolder(t.Context(), storage.MakeFolderRequest{Actor: jeanne, Tree: common, Name: "absolute"})
	require.NoError(t, err)
	require.Equal(t, "absolute (2)", made.Folder.Name)

	// A whole tree that is a link to another agent's.
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "acme", "private", "paul"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "acme", "private", "paul", "diary.txt"), nil, 0o600))
	require.NoError(t, os.Symlink("paul", filepath.Join(dir, "acme", "private", "jeanne")))
	_, err = s.List(t.Context(), storage.ListFilesRequest{Actor: jeanne, Tree: private, Limit: 1})
	require.ErrorIs(t, err, storage.ErrNotFound)
	_, err = s.Open(t.Context(), storage.OpenFileRequest{Actor: jeanne, Tree: private, File: "diary.txt"})
	require.ErrorIs(t, err, storage.ErrNotFound)

	outsiders, err := os.ReadDir(outside)
	require.NoError(t, err)
	require.Len(t, outsiders, 1, "nothing was written outside")
}

func TestDepth(t *testing.T) {
	s, _ := openStore(t)
	folder, depth := "", 0
	for ; ; depth++ {
		made, err := s.MakeFolder(t.Context(), storage.MakeFolderRequest{Actor: jeanne, Tree: common, Parent: folder, Name: strings.Repeat("n", 30)})
		if err != nil {
			require.ErrorIs(t, err, storage.ErrLimit)
			break
		}
		folder = made.Folder.ID
		require.LessOrEqual(t, len(folder), maxDirs)
	}
	require.Equal(t, 6, depth)
	req := request("k", strings.Repeat("x", 300)+".pdf", "deep")
	req.Folder = folder
	result, err := s.Create(t.Context(), req)
	require.NoError(t, err, "a name fits into every folder that can be made")
	require.LessOrEqual(t, len(result.File.ID), maxPath)
	require.True(t, strings.HasSuffix(result.File.Name, "xxx.pdf"))
}

func TestKeyOfAFileThatIsGone(t *testing.T) {
	s, dir := openStore(t)
	made := create(t, s, "k", "a.pdf", "x")
	require.NoError(t, os.Remove(filepath.Join(dir, "acme", "common", "a.pdf")))
	again := create(t, s, "k", "a.pdf", "x")
	require.Equal(t, made.ID, again.ID)
	require.Equal(t, made.Size, again.Size)
	require.Empty(t, names(t, s, jeanne, common, ""), "what a person removed does not come back")
}

func TestDamagedRecord(t *testing.T) {
	s, dir := openStore(t)
	tree, err := s.tree(t.Context(), jeanne, common)
	require.NoError(t, err)
	for i, content := range []string{"", "{", "null", `{"path":"../../x"}`, `{"path":""}`, "[]"} {
		key := fmt.Sprint("k", i)
		path := filepath.Join(dir, filepath.FromSlash(keyPath(tree, key)))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		made := create(t, s, key, "a.pdf", "x")
		require.Equal(t, made, create(t, s, key, "a.pdf", "x"), content)
	}
	require.Len(t, names(t, s, jeanne, common, ""), 6)
}

func TestLimits(t *testing.T) {
	s, _ := openStore(t)
	for _, key := range []string{"", strings.Repeat("k", MaxKey+1)} {
		_, err := s.Create(t.Context(), request(key, "a", "x"))
		require.ErrorIs(t, err, storage.ErrInvalid)
	}
	_, err := s.List(t.Context(), storage.ListFilesRequest{Actor: jeanne, Tree: common})
	require.ErrorIs(t, err, storage.ErrInvalid)
	_, err = s.List(t.Context(), storage.ListFilesRequest{Actor: jeanne, Tree: common, Limit: storage.MaxPage + 1})
	require.ErrorIs(t, err, storage.ErrLimit)
	_, err = s.List(t.Context(), storage.ListFilesRequest{Actor: storage.Actor{Tenant: "acme"}, Tree: private, Limit: 1})
	require.ErrorIs(t, err, storage.ErrInvalid, "nobody's private tree")
	_, err = s.List(t.Context(), storage.ListFilesRequest{Actor: jeanne, Tree: storage.Tree{Space: storage.SpaceEntity}, Limit: 1})
	require.ErrorIs(t, err, storage.ErrNotFound, "no record's tree")
}

func TestTypeOf(t *testing.T) {
	for name, want := range map[string]string{
		"a.pdf": "application/pdf", "A.PDF": "application/pdf", "a.tar.gz": "application/gzip", "a": "application/octet-stream", "a.exe": "application/octet-stream",
		"a.": "application/octet-stream", "pdf": "application/octet-stream",
	} {
		require.Equal(t, want, typeOf(name), name)
	}
}

func TestClosed(t *testing.T) {
	s, err := Open(t.TempDir(), nil)
	require.NoError(t, err)
	create(t, s, "k", "a.pdf", "still readable")
	opened, err := s.Open(t.Context(), storage.OpenFileRequest{Actor: jeanne, Tree: common, File: "a.pdf"})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	content, err := io.ReadAll(opened.Content)
	require.NoError(t, errors.Join(err, opened.Content.Close()))
	require.Equal(t, "still readable", string(content))
	_, err = s.Create(t.Context(), request("k", "a", "x"))
	require.ErrorIs(t, err, storage.ErrClosed)
	_, err = s.List(t.Context(), storage.ListFilesRequest{Actor: jeanne, Tree: common, Limit: 1})
	require.ErrorIs(t, err, storage.ErrClosed)
}

func TestKeyLocksAreForgotten(t *testing.T) {
	s, _ := openStore(t)
	create(t, s, "k", "a.pdf", "x")
	unlock, err := s.keys.lock(t.Context(), "k")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.keys.lock(ctx, "k")
	require.ErrorIs(t, err, context.Canceled, "who waits for an equal call honours his context")
	unlock()
	require.Empty(t, s.keys.locks)
}

func Example() {
	dir, err := os.MkdirTemp("", "documents")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	files, err := Open(filepath.Join(dir, "documents"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = files.Close() }()

	ctx, actor := context.Background(), storage.Actor{Tenant: "acme", Agent: "jeanne"}
	tree := storage.Tree{Space: storage.SpaceEntity, Entity: storage.Ref{Tenant: "acme", Kind: storage.KindContact, ID: "17"}}
	for i, name := range []string{"offer.pdf", "offer.pdf", "../../etc/passwd"} {
		stored, err := files.Create(ctx, storage.CreateFileRequest{
			Actor: actor, Tree: tree, Key: fmt.Sprint("mail-7-part-", i), Name: name, Size: 5, Content: strings.NewReader("hello"),
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(stored.File.Name, stored.File.Type, stored.File.Size)
	}
	// Output:
	// offer.pdf application/pdf 5
	// offer (2).pdf application/pdf 5
	// __.._etc_passwd application/octet-stream 5
}
