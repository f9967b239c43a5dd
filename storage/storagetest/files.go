package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mailcrm/sdk/storage"
)

func fileChecks() []Check {
	return append([]Check{
		{
			Power: "Files", Name: "an empty tree", run: filesEmpty,
			Says: "A tree that has nothing yet is empty, which is no error.",
		},
		{
			Power: "Files", Name: "what was stored comes back", run: filesRoundTrip,
			Says: "Create stores a file whole. Open returns a file's bytes; the size of the result is the number of bytes that will be read.",
		},
		{
			Power: "Files", Name: "folders", run: filesFolders,
			Says: "MakeFolder makes a folder, or returns the one of that name. List returns what lies directly in a folder.",
		},
		{
			Power: "Files", Name: "order and pages", run: filesPages,
			Says: "List returns a page of what lies directly in a folder, folders first, then files, each by name.",
		},
		{
			Power: "Files", Name: "pages while the folder changes", run: filesStable,
			Says: "List returns a page. (What is there all the time stands on exactly one of them.)",
		},
		{
			Power: "Files", Name: "not found", run: filesMissing,
			Says: "A folder that does not exist is ErrNotFound. What does not exist, or is a folder, cannot be opened: ErrNotFound.",
		},
		{
			Power: "Files", Name: "trees are apart", run: filesTrees,
			Says: "Private trees are of one agent, entity trees of one record, the common one is everybody's. Ids are those of one tree.",
		},
		{
			Power: "Files", Name: "only what the actor may see", run: filesHidden, needs: []need{needAccess},
			Says: "A folder that the Actor may not see is ErrNotFound.",
		},
		{
			Power: "Files", Name: "tenants do not cross", run: filesTenants, needs: []need{needTenants},
			Says: "A driver never returns anything of another tenant. A tree of another tenant's record is ErrNotFound.",
		},
		{
			Power: "Files", Name: "many at once", run: filesAtOnce,
			Says: "Methods are called from several goroutines at once.",
		},
		{
			Power: "Files", Name: "honours its context", run: filesCancelled,
			Says: "When the context ends they return soon, with its error.",
		},
	}, createFileChecks()...)
}

var (
	common  = storage.Tree{Space: storage.SpaceCommon}
	private = storage.Tree{Space: storage.SpacePrivate}
)

func entityTree(ref storage.Ref) storage.Tree {
	return storage.Tree{Space: storage.SpaceEntity, Entity: ref}
}

// A spot is a folder of a tree, seen by somebody.
type spot struct {
	actor  storage.Actor
	tree   storage.Tree
	folder string
}

// stores creates a file and checks what is said of it. Name may have been changed by the driver.
func (b *bench) stores(ctx context.Context, at spot, key, name string, content []byte) storage.File {
	result, err := b.Host.Files.Create(ctx, storage.CreateFileRequest{
		Actor: at.actor, Tree: at.tree, Folder: at.folder, Key: key, Name: name, Type: "application/pdf", Size: int64(len(content)), Content: bytes.NewReader(content),
	})
	if b.ok(err, "creating %q", name) {
		b.file(result.File, false, int64(len(content)))
	}
	return result.File
}

// file checks what every File must be.
func (b *bench) file(f storage.File, folder bool, size int64) {
	switch {
	case f.ID == "" || len(f.ID) > 255:
		b.errorf("file %q has the id %q", f.Name, f.ID)
	case !goodName(f.Name):
		b.errorf("a file has the name %q", f.Name)
	case f.Folder != folder:
		b.errorf("%q is a folder: %v", f.Name, f.Folder)
	case !folder && f.Size != size:
		b.errorf("file %q has Size %d, want %d", f.Name, f.Size, size)
	case !folder && f.Type == "":
		b.errorf("file %q has no type", f.Name)
	case f.Modified.IsZero():
		b.errorf("%q was never modified", f.Name)
	}
}

func goodName(name string) bool {
	return name != "" && name != "." && name != ".." && len(name) <= 255 && utf8.ValidString(name) && !strings.Contains(name, "/") && !strings.ContainsFunc(name, unicode.IsControl)
}

// makes makes a folder.
func (b *bench) makes(ctx context.Context, at spot, name string) storage.File {
	result, err := b.Host.Files.MakeFolder(ctx, storage.MakeFolderRequest{Actor: at.actor, Tree: at.tree, Parent: at.folder, Name: name})
	if b.ok(err, "making folder %q", name) {
		b.file(result.Folder, true, 0)
	}
	return result.Folder
}

// holdsFile opens a file and compares.
func (b *bench) holdsFile(ctx context.Context, at spot, id string, want []byte) {
	result, err := b.Host.Files.Open(ctx, storage.OpenFileRequest{Actor: at.actor, Tree: at.tree, File: id})
	if !b.ok(err, "opening a file") {
		return
	}
	b.file(result.File, false, int64(len(want)))
	got, err := readAll(result.Content, int64(len(want))+1)
	if b.ok(err, "reading a file") && !bytes.Equal(got, want) {
		b.errorf("a file of %d bytes was stored, %d others come back", len(want), len(got))
	}
}

// lacksFile checks that an id opens nothing.
func (b *bench) lacksFile(ctx context.Context, at spot, id, doing string) {
	result, err := b.Host.Files.Open(ctx, storage.OpenFileRequest{Actor: at.actor, Tree: at.tree, File: id})
	b.fails(err, doing, storage.ErrNotFound)
	if err == nil {
		_ = result.Content.Close()
	}
}

// ls is a folder, read in pages of limit. Between is called after each page.
func (b *bench) ls(ctx context.Context, at spot, limit int, between func(page int)) []storage.File {
	var all []storage.File
	cursor := ""
	for page := range 1000 {
		result, err := b.Host.Files.List(ctx, storage.ListFilesRequest{Actor: at.actor, Tree: at.tree, Folder: at.folder, Cursor: cursor, Limit: limit})
		if !b.ok(err, "listing a folder") {
			return all
		}
		if len(result.Files) > limit {
			b.errorf("a page of at most %d has %d files", limit, len(result.Files))
		}
		all = append(all, result.Files...)
		if result.Next == "" {
			return all
		}
		cursor = result.Next
		if between != nil {
			between(page)
		}
	}
	b.errorf("the pages of a folder do not come to an end")
	return all
}

// lists compares a folder with names in order.
func (b *bench) lists(ctx context.Context, at spot, want ...string) {
	var got []string
	for _, f := range b.ls(ctx, at, storage.MaxPage, nil) {
		got = append(got, f.Name)
	}
	if !slices.Equal(got, want) {
		b.errorf("a folder lists %q, want %q", got, want)
	}
}

func filesEmpty(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		for _, tree := range []storage.Tree{common, private, entityTree(b.ref(tenant, "ann"))} {
			b.lists(ctx, spot{actor: b.insider(tenant), tree: tree})
		}
	}
	_, err := b.Host.Files.List(ctx, storage.ListFilesRequest{Actor: b.insider(b.tenants[0]), Tree: storage.Tree{Space: "no-such-space"}, Limit: 1})
	b.fails(err, "listing an unknown space", storage.ErrInvalid, storage.ErrNotFound)
}

func filesRoundTrip(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	for _, tree := range []storage.Tree{common, private, entityTree(b.ref(tenant, "ann")), entityTree(b.ref(tenant, "deal"))} {
		at := spot{actor: b.insider(tenant), tree: tree}
		for i, size := range []int{0, 1, 300 << 10} {
			content, name := noise(size, byte(i)), fmt.Sprintf("offer %d.pdf", i)
			f := b.stores(ctx, at, name, name, content)
			if f.Name != name || f.Type != "application/pdf" {
				b.errorf("stored %q as application/pdf, got %q as %q", name, f.Name, f.Type)
			}
			b.holdsFile(ctx, at, f.ID, content)
			listed := b.ls(ctx, at, storage.MaxPage, nil)
			if len(listed) != i+1 || listed[i].ID != f.ID || listed[i].Name != f.Name || listed[i].Size != f.Size || listed[i].Type != f.Type {
				b.errorf("a file that was stored is not listed as it was")
			}
		}
	}
	at := spot{actor: b.insider(tenant), tree: common}
	result, err := b.Host.Files.Create(ctx, storage.CreateFileRequest{
		Actor: at.actor, Tree: at.tree, Key: "unknown", Name: "Été n°1 – devis.pdf", Type: "application/pdf", Size: -1, Content: dribbling(noise(3000, 9)),
	})
	if b.ok(err, "creating a file of unknown size") {
		b.file(result.File, false, 3000)
		b.holdsFile(ctx, at, result.File.ID, noise(3000, 9))
		if result.File.Name != "Été n°1 – devis.pdf" {
			b.errorf("a harmless name was changed to %q", result.File.Name)
		}
	}
}

func filesFolders(ctx context.Context, b *bench) {
	root := spot{actor: b.insider(b.tenants[0]), tree: common}
	offers := b.makes(ctx, root, "offers")
	if again := b.makes(ctx, root, "offers"); again.ID != offers.ID {
		b.errorf("a folder made twice has the ids %q and %q", offers.ID, again.ID)
	}
	in := root
	in.folder = offers.ID
	year := b.makes(ctx, in, "2026")
	if same := b.makes(ctx, root, "2026"); same.ID == year.ID {
		b.errorf("folders of one name in two folders have one id")
	}
	deep := in
	deep.folder = year.ID
	b.stores(ctx, root, "k1", "a.pdf", noise(10, 1))
	b.stores(ctx, in, "k2", "b.pdf", noise(20, 2))
	f := b.stores(ctx, deep, "k3", "c.pdf", noise(30, 3))
	b.lists(ctx, root, "2026", "offers", "a.pdf")
	b.lists(ctx, in, "2026", "b.pdf")
	b.lists(ctx, deep, "c.pdf")
	b.holdsFile(ctx, root, f.ID, noise(30, 3))
	// A file in the way of a folder, and a folder in the way of a file.
	b.stores(ctx, root, "k4", "mixed", noise(5, 4))
	if folder := b.makes(ctx, root, "mixed"); folder.Name == "mixed" {
		b.errorf("a folder has the name of a file beside it")
	}
	if f := b.stores(ctx, root, "k5", "offers", noise(5, 5)); f.Name == "offers" {
		b.errorf("a file has the name of a folder beside it")
	}
	if again := b.makes(ctx, root, "offers"); again.ID != offers.ID {
		b.errorf("a folder is not found again beside a file")
	}
}

func filesPages(ctx context.Context, b *bench) {
	at := spot{actor: b.insider(b.tenants[0]), tree: common}
	var want []string
	for _, name := range []string{"zeta", "alpha", "mid dle"} {
		b.makes(ctx, at, name)
	}
	want = append(want, "alpha", "mid dle", "zeta")
	for i := range 20 {
		b.stores(ctx, at, fmt.Sprint("k", i), fmt.Sprintf("doc-%02d.pdf", (i*7)%20), nil)
		want = append(want, fmt.Sprintf("doc-%02d.pdf", i))
	}
	b.lists(ctx, at, want...)
	for _, limit := range []int{1, 2, 3, 4, 22, 23} {
		var got []string
		for _, f := range b.ls(ctx, at, limit, nil) {
			got = append(got, f.Name)
		}
		if !slices.Equal(got, want) {
			b.errorf("in pages of %d a folder lists %d items, want %d in the order of one page", limit, len(got), len(want))
		}
	}
}

func filesStable(ctx context.Context, b *bench) {
	at := spot{actor: b.insider(b.tenants[0]), tree: common}
	for i := range 12 {
		b.stores(ctx, at, fmt.Sprint("k", i), fmt.Sprintf("doc-%02d.pdf", i), nil)
	}
	seen := make(map[string]int)
	for _, f := range b.ls(ctx, at, 5, func(page int) {
		if page == 0 { // before and behind what was read
			b.stores(ctx, at, "early", "aaa.pdf", nil)
			b.stores(ctx, at, "late", "zzz.pdf", nil)
			b.makes(ctx, at, "folder")
		}
	}) {
		seen[f.Name]++
	}
	for i := range 12 {
		if name := fmt.Sprintf("doc-%02d.pdf", i); seen[name] != 1 {
			b.errorf("while files are added, %s stands on %d pages", name, seen[name])
		}
	}
}

func filesMissing(ctx context.Context, b *bench) {
	at := spot{actor: b.insider(b.tenants[0]), tree: common}
	folder := b.makes(ctx, at, "offers")
	f := b.stores(ctx, at, "k", "a.pdf", noise(10, 1))
	b.lacksFile(ctx, at, folder.ID, "opening a folder")
	for _, id := range []string{"999999", "..", ".", "/", "../", "../../../../../../etc/passwd", "/etc/passwd", `..\..\x`, "a.pdf/../a.pdf", "\x00", "x\x00", strings.Repeat("y", 255), "%", "*"} {
		b.lacksFile(ctx, at, id, fmt.Sprintf("opening the id %q", id))
		_, err := b.Host.Files.List(ctx, storage.ListFilesRequest{Actor: at.actor, Tree: at.tree, Folder: id, Limit: 1})
		b.fails(err, fmt.Sprintf("listing the id %q", id), storage.ErrNotFound)
	}
	b.lacksFile(ctx, at, "", "opening the root")
	for _, id := range []string{"999999", f.ID, "..", "../offers"} {
		_, err := b.Host.Files.List(ctx, storage.ListFilesRequest{Actor: at.actor, Tree: at.tree, Folder: id, Limit: 1})
		b.fails(err, "listing what is no folder", storage.ErrNotFound)
		_, err = b.Host.Files.MakeFolder(ctx, storage.MakeFolderRequest{Actor: at.actor, Tree: at.tree, Parent: id, Name: "x"})
		b.fails(err, "making a folder in what is no folder", storage.ErrNotFound)
		_, err = b.Host.Files.Create(ctx, storage.CreateFileRequest{Actor: at.actor, Tree: at.tree, Folder: id, Key: "lost", Name: "x", Size: 0, Content: bytes.NewReader(nil)})
		b.fails(err, "creating a file in what is no folder", storage.ErrNotFound)
	}
	b.lists(ctx, at, "offers", "a.pdf")
}

func filesAtOnce(ctx context.Context, b *bench) {
	b.atOnce(8, func(i int) {
		tenant := b.tenants[i%len(b.tenants)]
		at := spot{actor: b.insider(tenant), tree: entityTree(b.ref(tenant, "ann"))}
		at.folder = b.makes(ctx, at, "shared").ID
		f := b.stores(ctx, at, fmt.Sprint("k", i), fmt.Sprintf("doc-%d.pdf", i), noise(1000, byte(i)))
		b.holdsFile(ctx, at, f.ID, noise(1000, byte(i)))
		b.ls(ctx, at, 3, nil)
	})
	for _, tenant := range b.tenants {
		at := spot{actor: b.insider(tenant), tree: entityTree(b.ref(tenant, "ann"))}
		b.lists(ctx, at, "shared")
		at.folder = b.makes(ctx, at, "shared").ID
		if got, want := len(b.ls(ctx, at, storage.MaxPage, nil)), 8/len(b.tenants); got != want {
			b.errorf("%d files were stored at once, %d are there", want, got)
		}
	}
}

func filesCancelled(ctx context.Context, b *bench) {
	at := spot{actor: b.insider(b.tenants[0]), tree: common}
	f := b.stores(ctx, at, "k", "a.pdf", noise(10, 1))
	for doing, fn := range map[string]func(ctx context.Context) error{
		"listing": func(ctx context.Context) error {
			_, err := b.Host.Files.List(ctx, storage.ListFilesRequest{Actor: at.actor, Tree: at.tree, Limit: 1})
			return err
		},
		"opening": func(ctx context.Context) error {
			result, err := b.Host.Files.Open(ctx, storage.OpenFileRequest{Actor: at.actor, Tree: at.tree, File: f.ID})
			if err == nil { // as with some drivers, who reads learns it
				_, err = readAll(result.Content, 1000)
			}
			return err
		},
		"creating": func(ctx context.Context) error {
			_, err := b.Host.Files.Create(ctx, storage.CreateFileRequest{Actor: at.actor, Tree: at.tree, Key: "late", Name: "late.pdf", Size: -1, Content: bytes.NewReader(noise(10, 2))})
			return err
		},
		"making a folder": func(ctx context.Context) error {
			_, err := b.Host.Files.MakeFolder(ctx, storage.MakeFolderRequest{Actor: at.actor, Tree: at.tree, Name: "late"})
			return err
		},
	} {
		b.cancelled(ctx, doing, fn)
	}
	half, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err := b.Host.Files.Create(half, storage.CreateFileRequest{Actor: at.actor, Tree: at.tree, Key: "half", Name: "half.pdf", Size: -1, Content: cancelling(cancel, 32<<20)})
	if !errors.Is(err, context.Canceled) {
		b.errorf("creating a file with a context that ends half-way: got error %v", err)
	}
	b.lists(ctx, at, "a.pdf")
}
