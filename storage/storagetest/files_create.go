package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/mailcrm/sdk/storage"
)

func createFileChecks() []Check {
	return []Check{
		{
			Power: "Files", Name: "the same key makes one file", run: filesKey,
			Says: "The same Key in the same tree returns the file made the first time and reads nothing.",
		},
		{
			Power: "Files", Name: "the same key at once makes one file", run: filesKeyAtOnce,
			Says: "The same Key in the same tree returns the file made the first time.",
		},
		{
			Power: "Files", Name: "a name that is taken", run: filesTaken,
			Says: "A name that is taken is changed (\"offer (2).pdf\"); the result tells.",
		},
		{
			Power: "Files", Name: "the same name at once", run: filesTakenAtOnce,
			Says: "A name that is taken is changed, and no file replaces another.",
		},
		{
			Power: "Files", Name: "whole or not at all", run: filesWhole,
			Says: "Create stores a file whole, or nothing: when Content fails, or is not of Size bytes, the call fails and no file appears.",
		},
		{
			Power: "Files", Name: "hostile names", run: filesNames,
			Says: "A name that cannot be kept as it is is changed, unless the driver refuses it with ErrInvalid.",
		},
	}
}

// createWith creates a file from any reader.
func (b *bench) createWith(ctx context.Context, at spot, key, name string, size int64, content io.Reader) (storage.File, error) {
	result, err := b.Host.Files.Create(ctx, storage.CreateFileRequest{
		Actor: at.actor, Tree: at.tree, Folder: at.folder, Key: key, Name: name, Type: "application/pdf", Size: size, Content: content,
	})
	return result.File, err
}

func filesKey(ctx context.Context, b *bench) {
	at := spot{actor: b.insider(b.tenants[0]), tree: common}
	first := b.stores(ctx, at, "key", "a.pdf", noise(1000, 1))
	for _, name := range []string{"a.pdf", "other.pdf"} {
		content := &counting{reader: bytes.NewReader(noise(500, 2))}
		again, err := b.createWith(ctx, at, "key", name, 500, content)
		if !b.ok(err, "creating a file with a key that was used") {
			continue
		}
		if again.ID != first.ID || again.Name != first.Name || again.Size != first.Size {
			b.errorf("the same key: got file %q %q, want %q %q", again.ID, again.Name, first.ID, first.Name)
		}
		if content.reads.Load() > 0 {
			b.errorf("the same key: the content was read although the file is there")
		}
	}
	b.holdsFile(ctx, at, first.ID, noise(1000, 1))
	folder := at
	folder.folder = b.makes(ctx, at, "folder").ID
	if again, err := b.createWith(ctx, folder, "key", "a.pdf", 0, bytes.NewReader(nil)); b.ok(err, "the same key in another folder of the tree") && again.ID != first.ID {
		b.errorf("the same key in another folder of the tree made another file")
	}
	b.lists(ctx, folder)
	long := strings.Repeat("k", 128)
	one := b.stores(ctx, at, long, "long.pdf", noise(10, 3))
	if other := b.stores(ctx, at, long[:127]+"l", "long.pdf", noise(10, 4)); other.ID == one.ID {
		b.errorf("two keys of 128 bytes that differ at their end are taken for one")
	}
	for _, key := range []string{"KEY", "key ", "../key", "key\x00", "k%y"} {
		if f := b.stores(ctx, at, key, "a.pdf", noise(20, 5)); f.ID == first.ID {
			b.errorf("the keys %q and %q are taken for one", "key", key)
		}
	}
}

func filesKeyAtOnce(ctx context.Context, b *bench) {
	at := spot{actor: b.insider(b.tenants[0]), tree: common}
	ids := make(map[string]bool)
	var mu sync.Mutex
	b.atOnce(8, func(int) {
		f := b.stores(ctx, at, "key", "a.pdf", noise(100<<10, 1))
		mu.Lock()
		defer mu.Unlock()
		ids[f.ID] = true
	})
	if len(ids) != 1 {
		b.errorf("8 calls with one key made %d files", len(ids))
	}
	b.lists(ctx, at, "a.pdf")
}

func filesTaken(ctx context.Context, b *bench) {
	at := spot{actor: b.insider(b.tenants[0]), tree: common}
	long := strings.Repeat("é", 125) + ".pdf"
	for _, name := range []string{"offer.pdf", "no extension", long} {
		seen := make(map[string]int)
		for i := range 3 {
			f := b.stores(ctx, at, fmt.Sprint(name[:4], i), name, noise(100+i, byte(i)))
			if _, taken := seen[f.Name]; taken {
				b.errorf("two files are named %q", f.Name)
			}
			seen[f.Name] = i
			if i == 0 && f.Name != name {
				b.errorf("the free name %q was changed to %q", name, f.Name)
			}
			if strings.HasSuffix(name, ".pdf") && !strings.HasSuffix(f.Name, ".pdf") {
				b.errorf("%q lost its extension: %q", name, f.Name)
			}
		}
		for _, f := range b.ls(ctx, at, storage.MaxPage, nil) {
			if i, ours := seen[f.Name]; ours {
				b.holdsFile(ctx, at, f.ID, noise(100+i, byte(i)))
				delete(seen, f.Name)
			}
		}
		if len(seen) > 0 {
			b.errorf("%d of 3 files of one name are not listed", len(seen))
		}
	}
}

func filesTakenAtOnce(ctx context.Context, b *bench) {
	at := spot{actor: b.insider(b.tenants[0]), tree: common}
	var mu sync.Mutex
	seen := make(map[string]bool)
	b.atOnce(8, func(i int) {
		f := b.stores(ctx, at, fmt.Sprint("k", i), "offer.pdf", noise(1000, byte(i)))
		b.holdsFile(ctx, at, f.ID, noise(1000, byte(i)))
		mu.Lock()
		defer mu.Unlock()
		seen[f.Name] = true
	})
	if got := len(b.ls(ctx, at, storage.MaxPage, nil)); got != 8 || len(seen) != 8 {
		b.errorf("8 files of one name were stored at once: %d are there, of %d names", got, len(seen))
	}
}

func filesWhole(ctx context.Context, b *bench) {
	at := spot{actor: b.insider(b.tenants[0]), tree: common}
	content := noise(300<<10, 1)
	half := content[:150<<10]
	for _, test := range []struct {
		doing   string
		size    int64
		content io.Reader
	}{
		{"creating from content that fails at once", -1, failing(nil)},
		{"creating from content that fails half-way", -1, failing(half)},
		{"creating from content that fails half-way, of known size", int64(len(content)), failing(half)},
		{"creating from content that fails behind its last byte", int64(len(content)), failing(content)},
		{"creating from content that is shorter than its size", int64(len(content)), bytes.NewReader(half)},
		{"creating from content that is longer than its size", int64(len(half)), bytes.NewReader(content)},
		{"creating from content where nothing was announced", 0, bytes.NewReader(content)},
		{"creating from nothing where content was announced", 1, bytes.NewReader(nil)},
	} {
		_, err := b.createWith(ctx, at, "key", "a.pdf", test.size, test.content)
		b.fails(err, test.doing)
		b.lists(ctx, at)
	}
	f := b.stores(ctx, at, "key", "a.pdf", content) // the key is not spent
	b.holdsFile(ctx, at, f.ID, content)
	b.lists(ctx, at, "a.pdf")
}

func filesNames(ctx context.Context, b *bench) {
	at := spot{actor: b.insider(b.tenants[0]), tree: entityTree(b.ref(b.tenants[0], "ann"))}
	names := []string{
		"", " ", ".", "..", "../escape", "../../../../tmp/escape", "/etc/passwd", `C:\Windows\x`, `..\escape`, "a/b", "a\x00b", "\x00", "a\nb", "a\tb", "\x7f",
		"CON", "con.txt", "NUL", "LPT1", "aux.", ".hidden", "-rf", "trailing.", "trailing ", "photo\u202egpj.exe", "\u200b", "bad\xffutf8", "a:b", "a*b?", "<b>",
		strings.Repeat("x", 300), strings.Repeat("x", 300) + ".pdf", strings.Repeat("日", 100) + ".pdf", "%2e%2e%2f", "🙂.pdf",
	}
	stored := 0
	for i, name := range names {
		content := noise(100+i, byte(i))
		f, err := b.createWith(ctx, at, fmt.Sprint("k", i), name, int64(len(content)), bytes.NewReader(content))
		switch {
		case errors.Is(err, storage.ErrInvalid):
		case b.ok(err, "creating %q", name):
			stored++
			b.file(f, false, int64(len(content)))
			b.holdsFile(ctx, at, f.ID, content)
		}
	}
	listed := b.ls(ctx, at, storage.MaxPage, nil)
	if len(listed) != stored {
		b.errorf("%d files of hostile names were stored, %d are listed", stored, len(listed))
	}
	for _, f := range listed {
		b.file(f, false, f.Size)
	}
	folders := 0
	ids := make(map[string]bool)
	for _, name := range names {
		result, err := b.Host.Files.MakeFolder(ctx, storage.MakeFolderRequest{Actor: at.actor, Tree: at.tree, Name: name})
		switch {
		case errors.Is(err, storage.ErrInvalid):
		case b.ok(err, "making folder %q", name):
			b.file(result.Folder, true, 0)
			in := at
			in.folder = result.Folder.ID
			if !ids[in.folder] {
				folders++
				b.lists(ctx, in)
			}
			ids[in.folder] = true
		}
	}
	if all := b.ls(ctx, at, storage.MaxPage, nil); len(all) != stored+folders {
		b.errorf("%d files and %d folders of hostile names are there, %d are listed", stored, folders, len(all))
	}
	b.lists(ctx, spot{actor: at.actor, tree: common})
	b.lists(ctx, spot{actor: at.actor, tree: entityTree(b.ref(b.tenants[0], "acme"))})
}
