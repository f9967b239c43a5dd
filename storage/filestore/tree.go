package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/internal/foldername"
	"github.com/mailcrm/sdk/storage/internal/ownfolder"
)

// tree is the folder of a document tree, relative to the store's, with slashes. It need not exist yet.
func (s *Store) tree(ctx context.Context, actor storage.Actor, tree storage.Tree) (string, error) {
	tenant := foldername.Of(string(actor.Tenant))
	switch tree.Space {
	case storage.SpaceCommon:
		return path.Join(tenant, "common"), nil
	case storage.SpacePrivate:
		if actor.Agent == "" {
			return "", storage.Invalid("Actor.Agent", "required", "Name the agent whose tree is meant.")
		}
		return path.Join(tenant, "private", foldername.Of(actor.Agent)), nil
	case storage.SpaceEntity:
		if tree.Entity.Tenant != actor.Tenant || tree.Entity.Kind == "" || tree.Entity.ID == "" {
			return "", fmt.Errorf("documents of a record: %w", storage.ErrNotFound)
		}
		if s.access != nil {
			result, err := s.access.Visible(ctx, storage.AccessRequest{Actor: actor, Refs: []storage.Ref{tree.Entity}})
			if err != nil {
				return "", fmt.Errorf("asking who sees a record: %w", err)
			}
			if len(result.Visible) != 1 || result.Visible[0] != tree.Entity {
				return "", fmt.Errorf("documents of a record: %w", storage.ErrNotFound)
			}
		}
		return path.Join(tenant, "entity", foldername.Of(string(tree.Entity.Kind)), foldername.Of(tree.Entity.ID)), nil
	}
	return "", storage.Invalid("Tree.Space", "unknown", "Use private, common or entity.")
}

// within is the path of an id in a tree. Ids that we never gave are not found.
func within(tree, id string) (string, error) {
	if id == "" {
		return tree, nil
	}
	if len(id) > maxPath || !fs.ValidPath(id) {
		return "", storage.ErrNotFound
	}
	for name := range strings.SplitSeq(id, "/") {
		if !shown(name) {
			return "", storage.ErrNotFound
		}
	}
	return path.Join(tree, id), nil
}

// shown reports whether a name on disk is one that the contract allows and that does not hide.
func shown(name string) bool {
	return !strings.HasPrefix(name, ".") && len(name) <= maxPath && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl) && filepath.IsLocal(name) &&
		!strings.ContainsRune(name, filepath.Separator)
}

// stat looks at what lies at a path, without following any link on the way. A missing or linked folder on the way is fs.ErrNotExist.
func (s *Store) stat(name string) (fs.FileInfo, error) {
	for i := range len(name) {
		if name[i] != '/' {
			continue
		}
		info, err := s.root.Lstat(filepath.FromSlash(name[:i]))
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return nil, fs.ErrNotExist
		}
	}
	return s.root.Lstat(filepath.FromSlash(name))
}

// existing finds a folder of a tree: ErrNotFound unless it is there. The root of a tree is there in any case.
func (s *Store) existing(tree, id string) (dir string, err error) {
	dir, err = within(tree, id)
	if err != nil {
		return "", fmt.Errorf("folder: %w", err)
	}
	info, err := s.stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && id == "":
		return dir, nil
	case missing(err), err == nil && !info.IsDir():
		return "", fmt.Errorf("folder: %w", storage.ErrNotFound)
	case err != nil:
		return "", ownfolder.Classify("looking for a folder", err)
	}
	return dir, nil
}

// missing reports whether an error says that nothing can be at a path.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || notAFolder(err)
}

// grow makes a folder and those above it, each durable, and nothing through a link.
func (s *Store) grow(dir string) error {
	info, err := s.stat(dir)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return fmt.Errorf("%s: %w", dir, fs.ErrExist)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := path.Dir(dir)
	if parent != "." {
		if err := s.grow(parent); err != nil {
			return err
		}
	}
	if err := s.disk.mkdir(filepath.FromSlash(dir)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.syncDir(parent)
}

// syncDir makes the names in a folder survive a power cut.
func (s *Store) syncDir(dir string) error {
	return ownfolder.SyncDir(filepath.Join(s.folder.Dir(), filepath.FromSlash(dir)))
}

// file is what the contract tells of a path in a tree.
func file(id string, info fs.FileInfo) storage.File {
	f := storage.File{ID: id, Name: path.Base(id), Modified: info.ModTime()}
	if info.IsDir() {
		f.Folder = true
		return f
	}
	f.Size, f.Type = info.Size(), typeOf(f.Name)
	return f
}

// begin is what every method does first.
func (s *Store) begin(ctx context.Context, doing string) (leave func(), err error) {
	leave, err = s.folder.Enter()
	if err == nil {
		if err = ctx.Err(); err != nil {
			leave()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	return leave, nil
}

// child is the id of a name in a folder.
func child(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}

// relative is a path of ours, as the root knows it.
func (s *Store) relative(f *os.File) (string, error) {
	return filepath.Rel(s.folder.Dir(), f.Name())
}
