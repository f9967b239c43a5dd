// Package filestore keeps document trees in a folder on disk: a [storage.Files] for hosts that have no documents of their own.
//
//	files, err := filestore.Open("/var/lib/crm/documents", nil)
//	…
//	defer files.Close()
//	host := storage.Host{Directory: crm, Files: files}
//
// # Where things lie
//
//	.mailcrm                          whose folder this is, and in which format
//	.tmp/<process>/<n>                what is being written
//	<tenant>/common/…                 everybody's tree
//	<tenant>/private/<agent>/…        an agent's own
//	<tenant>/entity/<kind>/<id>/…     a record's
//	<tenant>/.keys/ab/…               which Key made which file
//
// Tenants, agents and ids are escaped ("Acme" is "_41cme"); below, folders and files have the names that people see, so that a tree can be
// looked at, backed up and added to with ordinary tools. What is put there by hand is listed too, unless its name begins with a dot or breaks
// the contract. Everything that filestore makes is mode 0700 or 0600.
//
// # What binds
//
// Names from mails are hostile: they are made safe on Linux, macOS and Windows alike, and the result of Create tells what became of them. No
// symbolic link is followed, and nothing outside of the folder is ever reached (os.Root).
//
// A file appears whole or not at all, under a name that nobody had: bytes are written and synced elsewhere, then linked to their name. A Key
// makes one file, through crashes too: before the link, an intent is written that tells the next call with this Key how far the work came.
// On a disk without hard links (FAT) the name is taken by a rename, which within one process is as safe.
//
// The id of a document is its path in the tree. It has at most 255 bytes, so that folders nest about ten deep; deeper is [storage.ErrLimit].
// The media type follows from the extension, whatever a sender said.
//
// # Errors
//
// A full disk is [storage.ErrTemporary] with the cause "disk.full", a disk that may not be written [storage.ErrReadOnly] with
// "disk.read_only", anything else that the system reports [storage.ErrTemporary]. After [Store.Close] everything is [storage.ErrClosed].
//
// Look elsewhere for bytes by their hash (storage/blobfolder), and for documents in memory (storage/memstore).
package filestore

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/internal/ownfolder"
)

const (
	format  = "filestore"
	version = 1
)

// Limits of a [Store].
const (
	MaxKey  = 128 // bytes of a Key, as the contract has it
	maxPath = 255 // bytes of a document's path, which is its id
	maxDirs = 200 // bytes of a folder's path, so that a name still fits behind it
	minName = 32  // bytes that a name needs at least
)

// Options of a [Store]. The zero value is good.
type Options struct {
	// Access, if set, is asked before the tree of a record is touched: what it does not show is not found. Defaults to none: every tree of
	// the tenant is open to its agents.
	Access storage.Access
}

// A Store is an open folder. It is a [storage.Files].
type Store struct {
	folder *ownfolder.Folder
	root   *os.Root
	access storage.Access
	disk   disk
	keys   keyLocks
	naming sync.Mutex // only where a disk has no hard links
}

var _ storage.Files = (*Store)(nil)

// Open opens the folder dir, and makes it (mode 0700) when it is absent. What dead processes left half-written is removed.
//
// A folder that holds something else, or files of another store, is a [storage.FieldError] of field Dir; one that a newer version made is
// [storage.ErrSchema]; one that cannot be written is [storage.ErrReadOnly].
func Open(dir string, opts *Options) (*Store, error) {
	if opts == nil {
		opts = &Options{}
	}
	folder, err := ownfolder.Open(dir, format, version)
	if err != nil {
		return nil, fmt.Errorf("opening file store: %w", err)
	}
	root, err := os.OpenRoot(folder.Dir())
	if err != nil {
		return nil, errors.Join(ownfolder.Classify("opening file store", err), folder.Close())
	}
	return &Store{folder: folder, root: root, access: opts.Access, disk: realDisk(root)}, nil
}

// Close waits for calls that run and gives the folder back. Files that were opened stay readable.
func (s *Store) Close() error {
	if err := errors.Join(s.folder.Close(), s.root.Close()); err != nil {
		return fmt.Errorf("file store: %w", err)
	}
	return nil
}

// disk is what can fail; tests put a failing one here. Names are relative to the folder.
type disk struct {
	write  func(f *os.File, p []byte) (int, error)
	sync   func(f *os.File) error
	link   func(from, to string) error
	rename func(from, to string) error
	mkdir  func(name string) error
}

func realDisk(root *os.Root) disk {
	return disk{
		write:  (*os.File).Write,
		sync:   (*os.File).Sync,
		link:   root.Link,
		rename: root.Rename,
		mkdir:  func(name string) error { return root.Mkdir(name, 0o700) },
	}
}
