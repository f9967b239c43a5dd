package memstore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/internal/filename"
)

type files struct{ crm *CRM }

const (
	maxFile    = 64 << 20 // bytes of one document: this is memory
	maxFileKey = 128
)

// A treeKey names a document tree: of an agent, of everybody (empty), or of a record.
type treeKey struct {
	space storage.Space
	agent string
	ref   storage.Ref
}

// A tree holds documents. Its nodes are in the order in which they were made.
type tree struct {
	nodes []*node
	keys  map[string]*node // of Create
	last  int
}

type node struct {
	file    storage.File
	parent  string // id of a folder; empty: the root
	content []byte
}

// tree finds the tree that an Actor means; nil when nothing is in it yet. A record that he may not see, or that is not there, has none: [storage.ErrNotFound].
func (c *CRM) tree(w *world, actor storage.Actor, t storage.Tree) (treeKey, error) {
	switch t.Space {
	case storage.SpaceCommon:
		return treeKey{space: t.Space}, nil
	case storage.SpacePrivate:
		return treeKey{space: t.Space, agent: actor.Agent}, nil
	case storage.SpaceEntity:
		if t.Entity.Tenant != actor.Tenant || !c.sees(actor, w.find(t.Entity)) {
			return treeKey{}, fmt.Errorf("documents of a record: %w", storage.ErrNotFound)
		}
		return treeKey{space: t.Space, ref: w.current(t.Entity)}, nil
	}
	return treeKey{}, storage.Invalid("Tree.Space", "unknown", "Use private, common or entity.")
}

// folder is the node of a folder, nil for the root.
func (t *tree) folder(id string) (*node, error) {
	if id == "" {
		return nil, nil
	}
	if n := t.node(id); n != nil && n.file.Folder {
		return n, nil
	}
	return nil, fmt.Errorf("folder: %w", storage.ErrNotFound)
}

func (t *tree) node(id string) *node {
	if t == nil {
		return nil
	}
	if i := slices.IndexFunc(t.nodes, func(n *node) bool { return n.file.ID == id }); i >= 0 {
		return t.nodes[i]
	}
	return nil
}

func (t *tree) named(parent, name string) *node {
	if i := slices.IndexFunc(t.nodes, func(n *node) bool { return n.parent == parent && strings.EqualFold(n.file.Name, name) }); i >= 0 {
		return t.nodes[i]
	}
	return nil
}

// free is name, numbered if it is taken.
func (t *tree) free(parent, name string) string {
	free := name
	for n := 2; t.named(parent, free) != nil; n++ {
		free = filename.Numbered(name, n, filename.Max)
	}
	return free
}

func (t *tree) add(parent string, file storage.File, content []byte) *node {
	t.last++
	file.ID = strconv.Itoa(t.last)
	n := &node{file: file, parent: parent, content: content}
	t.nodes = append(t.nodes, n)
	return n
}

// grow is the tree of a key, made on demand.
func (w *world) grow(key treeKey) *tree {
	t := w.trees[key]
	if t == nil {
		t = &tree{keys: make(map[string]*node)}
		w.trees[key] = t
	}
	return t
}

// moveTree puts the documents of one record among those of another. Ids change, as the trees had theirs apart.
func (w *world) moveTree(from, into storage.Ref) {
	old := w.trees[treeKey{space: storage.SpaceEntity, ref: from}]
	if old == nil {
		return
	}
	delete(w.trees, treeKey{space: storage.SpaceEntity, ref: from})
	t := w.grow(treeKey{space: storage.SpaceEntity, ref: into})
	ids := map[string]string{"": ""}
	for _, n := range old.nodes { // a folder stands before what is in it
		parent, id := ids[n.parent], n.file.ID
		if same := t.named(parent, n.file.Name); same != nil && same.file.Folder && n.file.Folder {
			ids[id] = same.file.ID
			continue
		}
		n.file.Name = t.free(parent, n.file.Name)
		ids[id] = t.add(parent, n.file, n.content).file.ID
	}
	for key, n := range old.keys {
		if t.keys[key] == nil {
			t.keys[key] = t.node(ids[n.file.ID])
		}
	}
}

// List returns a page of a folder.
func (f files) List(ctx context.Context, req storage.ListFilesRequest) (storage.ListFilesResult, error) {
	return call(ctx, f.crm, "Files.List", func() (storage.ListFilesResult, error) {
		var result storage.ListFilesResult
		if err := checkPage(req.Limit); err != nil {
			return result, err
		}
		f.crm.mu.RLock()
		defer f.crm.mu.RUnlock()
		w := f.crm.peek(req.Actor.Tenant)
		key, err := f.crm.tree(w, req.Actor, req.Tree)
		if err != nil {
			return result, err
		}
		t := w.trees[key]
		if _, err := t.folder(req.Folder); err != nil || t == nil {
			return result, err
		}
		var found []storage.File
		for _, n := range t.nodes {
			if n.parent == req.Folder && order(n.file) > req.Cursor {
				found = append(found, n.file)
			}
		}
		slices.SortFunc(found, func(a, b storage.File) int { return cmp.Compare(order(a), order(b)) })
		if len(found) > req.Limit {
			found = found[:req.Limit]
			result.Next = order(found[len(found)-1])
		}
		result.Files = found
		return result, nil
	})
}

// order is where a file stands in a listing, and the cursor behind it: folders first, by name without regard to case.
func order(file storage.File) string {
	kind := "1"
	if file.Folder {
		kind = "0"
	}
	return kind + strings.ToLower(file.Name) + "\x00" + file.Name
}

func checkPage(limit int) error {
	if limit < 1 {
		return storage.Invalid("Limit", "range", "Ask for 1 item or more.")
	}
	if limit > storage.MaxPage {
		return fmt.Errorf("%w: at most %d items a page", storage.ErrLimit, storage.MaxPage)
	}
	return nil
}

// Open returns the bytes of a file.
func (f files) Open(ctx context.Context, req storage.OpenFileRequest) (storage.OpenFileResult, error) {
	return call(ctx, f.crm, "Files.Open", func() (storage.OpenFileResult, error) {
		f.crm.mu.RLock()
		defer f.crm.mu.RUnlock()
		w := f.crm.peek(req.Actor.Tenant)
		key, err := f.crm.tree(w, req.Actor, req.Tree)
		if err != nil {
			return storage.OpenFileResult{}, err
		}
		n := w.trees[key].node(req.File)
		if n == nil || n.file.Folder {
			return storage.OpenFileResult{}, fmt.Errorf("document: %w", storage.ErrNotFound)
		}
		return storage.OpenFileResult{File: n.file, Content: io.NopCloser(bytes.NewReader(n.content))}, nil
	})
}

// Create stores a file. Its content is read before the lock is taken, since it may come slowly.
func (f files) Create(ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
	return call(ctx, f.crm, "Files.Create", func() (storage.CreateFileResult, error) {
		var none storage.CreateFileResult
		if req.Key == "" || len(req.Key) > maxFileKey {
			return none, storage.Invalid("Key", "range", "Use a key of 1 to 128 bytes.")
		}
		seen, err := f.seen(req)
		if err != nil || seen != nil {
			return result(seen), err
		}
		content, err := receive(ctx, req)
		if err != nil {
			return none, err
		}
		f.crm.mu.Lock()
		defer f.crm.mu.Unlock()
		w := f.crm.world(req.Actor.Tenant)
		key, err := f.crm.tree(w, req.Actor, req.Tree)
		if err != nil {
			return none, err // gone while the content was read
		}
		t := w.grow(key)
		if n := t.keys[req.Key]; n != nil {
			return result(n), nil // somebody was faster with the same
		}
		if _, err := t.folder(req.Folder); err != nil {
			return none, err
		}
		n := t.add(req.Folder, storage.File{
			Name:     t.free(req.Folder, filename.Clean(req.Name, "document", filename.Max)),
			Size:     int64(len(content)),
			Type:     cmp.Or(req.Type, "application/octet-stream"),
			Modified: f.crm.now().UTC().Truncate(time.Microsecond),
		}, content)
		t.keys[req.Key] = n
		return result(n), nil
	})
}

func result(n *node) storage.CreateFileResult {
	if n == nil {
		return storage.CreateFileResult{}
	}
	return storage.CreateFileResult{File: n.file}
}

// seen is the file made with a Key before, nil if there is none; and whether a new one could be made at all.
func (f files) seen(req storage.CreateFileRequest) (*node, error) {
	f.crm.mu.RLock()
	defer f.crm.mu.RUnlock()
	w := f.crm.peek(req.Actor.Tenant)
	key, err := f.crm.tree(w, req.Actor, req.Tree)
	if err != nil {
		return nil, err
	}
	t := w.trees[key]
	if t != nil && t.keys[req.Key] != nil {
		return t.keys[req.Key], nil
	}
	_, err = t.folder(req.Folder)
	return nil, err
}

// receive reads content to its end, checks its length and stops when the context does.
func receive(ctx context.Context, req storage.CreateFileRequest) ([]byte, error) {
	limit := int64(maxFile)
	if req.Size >= 0 {
		limit = min(limit, req.Size)
	}
	var content bytes.Buffer
	_, err := io.Copy(&content, io.LimitReader(contextReader{ctx, req.Content}, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the content: %w", err)
	case req.Size >= 0 && int64(content.Len()) != req.Size:
		return nil, fmt.Errorf("%w: the content has not the %d bytes announced", storage.ErrInvalid, req.Size)
	case content.Len() > maxFile:
		return nil, fmt.Errorf("%w: at most %d bytes in a document", storage.ErrLimit, maxFile)
	}
	return content.Bytes(), nil
}

// contextReader fails when its context ends; it lives no longer than the call.
type contextReader struct {
	ctx    context.Context
	reader io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.reader.Read(p)
}

// MakeFolder makes a folder, or finds it.
func (f files) MakeFolder(ctx context.Context, req storage.MakeFolderRequest) (storage.MakeFolderResult, error) {
	return call(ctx, f.crm, "Files.MakeFolder", func() (storage.MakeFolderResult, error) {
		var none storage.MakeFolderResult
		f.crm.mu.Lock()
		defer f.crm.mu.Unlock()
		w := f.crm.world(req.Actor.Tenant)
		key, err := f.crm.tree(w, req.Actor, req.Tree)
		if err != nil {
			return none, err
		}
		t := w.grow(key)
		if _, err := t.folder(req.Parent); err != nil {
			return none, err
		}
		name := filename.Clean(req.Name, "folder", filename.Max)
		n := t.named(req.Parent, name)
		if n == nil || !n.file.Folder {
			n = t.add(req.Parent, storage.File{Name: t.free(req.Parent, name), Folder: true, Modified: f.crm.now().UTC().Truncate(time.Microsecond)}, nil)
		}
		return storage.MakeFolderResult{Folder: n.file}, nil
	})
}
