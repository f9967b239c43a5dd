package mailcrm

import (
	"context"
	"fmt"
	"io"

	"github.com/mailcrm/sdk/storage"
)

// Files are the host's document trees: the Actor's own, everybody's, and those of the records that he sees. mailcrm looks, opens and adds; it never
// removes a document. Without Host.Files every call is [ErrUnavailable] with the code "host.not_offered".
type Files struct{ s *Session }

// A FilesQuery asks for a page of a folder.
type FilesQuery struct {
	Tree   storage.Tree
	Folder string // id; empty: the root
	Cursor string
	Limit  int // 1 to MaxPage. Defaults to DefaultPage
}

// List returns a page of what lies directly in a folder, folders first. A tree that has nothing yet is empty; a folder, or the tree of a record, that the
// Actor may not see is [ErrNotFound].
func (f *Files) List(ctx context.Context, q FilesQuery) (Page[storage.File], error) {
	files, err := f.s.files(ctx, q.Tree, q.Folder)
	if err != nil {
		return Page[storage.File]{}, err
	}
	limit, err := pageSize(q.Limit)
	if err != nil {
		return Page[storage.File]{}, err
	}
	ctx, done := context.WithTimeout(ctx, f.s.client.cfg.LookupTimeout)
	defer done()
	res, err := files.List(ctx, storage.ListFilesRequest{Actor: f.s.actor, Tree: q.Tree, Folder: q.Folder, Cursor: q.Cursor, Limit: limit})
	if err != nil {
		return Page[storage.File]{}, hostFailed("listing documents", err)
	}
	return Page[storage.File]{Items: res.Files, Next: res.Next}, nil
}

// Open returns a document and its bytes, which the caller closes. What is not there, or is a folder, is [ErrNotFound].
func (f *Files) Open(ctx context.Context, tree storage.Tree, id string) (storage.File, io.ReadCloser, error) {
	files, err := f.s.files(ctx, tree, id)
	if err != nil {
		return storage.File{}, nil, err
	}
	res, err := files.Open(ctx, storage.OpenFileRequest{Actor: f.s.actor, Tree: tree, File: id})
	if err != nil {
		return storage.File{}, nil, hostFailed("opening a document", err)
	}
	return res.File, res.Content, nil
}

// MakeFolder makes a folder in parent (empty: the root), or returns the one of that name. A name that cannot be kept as it is may come back changed.
func (f *Files) MakeFolder(ctx context.Context, tree storage.Tree, parent, name string) (storage.File, error) {
	files, err := f.s.files(ctx, tree, parent)
	if err != nil {
		return storage.File{}, err
	}
	name, err = documentName("Name", name)
	if err != nil {
		return storage.File{}, err
	}
	ctx, done := context.WithTimeout(ctx, f.s.client.cfg.LookupTimeout)
	defer done()
	res, err := files.MakeFolder(ctx, storage.MakeFolderRequest{Actor: f.s.actor, Tree: tree, Parent: parent, Name: name})
	if err != nil {
		return storage.File{}, hostFailed("making a folder for documents", err)
	}
	return res.Folder, nil
}

// files is the host's power, for a tree that the actor may look into.
func (s *Session) files(ctx context.Context, tree storage.Tree, id string) (storage.Files, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	if s.client.cfg.Host.Files == nil {
		return nil, notOffered("documents", "Host.Files")
	}
	if len(id) > 255 || hasControl(id) {
		return nil, fmt.Errorf("this document or folder: %w", ErrNotFound)
	}
	switch tree.Space {
	case storage.SpacePrivate, storage.SpaceCommon:
		if !tree.Entity.IsZero() {
			return nil, storage.Invalid("Tree.Entity", "unexpected", "a record belongs to the space entity only")
		}
	case storage.SpaceEntity:
		if err := s.checkRef(tree.Entity, "Tree.Entity"); err != nil {
			return nil, err
		}
		// The host checks too. It is asked here as well, so that one whose Files forgot shows nothing.
		seen, err := s.client.visible(ctx, s.actor, []storage.Ref{tree.Entity})
		if err != nil {
			return nil, err
		}
		if !seen[tree.Entity] {
			return nil, fmt.Errorf("record %s/%s: %w", tree.Entity.Kind, tree.Entity.ID, ErrNotFound)
		}
	default:
		return nil, storage.Invalid("Tree.Space", "unknown", `say "entity", "private" or "common"`)
	}
	return s.client.cfg.Host.Files, nil
}
