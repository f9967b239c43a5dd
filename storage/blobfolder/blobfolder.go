// Package blobfolder keeps bytes in a folder, under their SHA-256: a [storage.Blobs] for one machine.
//
//	blobs, err := blobfolder.Open("/var/lib/crm/mail", nil)
//	…
//	defer blobs.Close()
//
// # Where things lie
//
//	.mailcrm                        whose folder this is, and in which format
//	.tmp/<process>/<n>              what is being written
//	<tenant>/sha256/ab/cd/abcd…     the bytes; the tenant's name is escaped, the empty one is "_"
//
// Everything is mode 0700 or 0600. A backup may copy the folder while it is in use: a file never changes once it has its name.
//
// # What binds
//
// Put is honest: when it returns, the bytes and every name above them were handed to the disk (fsync). Until the last step the bytes have
// no name that anybody reads, so that a power cut or a full disk leaves nothing behind but a temporary file, and those of dead processes
// are removed by the next Open. Only when the very last step fails, the fsync of the folder that got the name, do whole bytes stay that
// nobody was promised: another process may have relied on them already. They are orphans, which [Store.List] shows.
//
// One Put costs two trips to the disk: the file with any folder that is new for it, then its name. Folders are made once and synced once.
// Bytes that are there already are hashed, not written; their names are synced all the same, since the process that wrote them may not
// have come so far.
//
// Several processes may share a folder on a local disk. For several machines there is S3.
//
// # Errors
//
// A full disk is [storage.ErrTemporary] with the cause "disk.full", a disk that may not be written [storage.ErrReadOnly] with
// "disk.read_only", anything else that the system reports [storage.ErrTemporary]. After [Store.Close] everything is [storage.ErrClosed].
//
// Look elsewhere for documents with names (storage/filestore), and for who needs which bytes: that is counted in mailcrm's own store.
package blobfolder

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/internal/foldername"
	"github.com/mailcrm/sdk/storage/internal/ownfolder"
)

const (
	format  = "blobfolder"
	version = 1
)

// Options of a [Store]. The zero value is good.
type Options struct {
	// Now is the clock for BlobInfo.Stored. Defaults to time.Now.
	Now func() time.Time
}

// A Store is an open folder. It is a [storage.Blobs].
type Store struct {
	folder  *ownfolder.Folder
	now     func() time.Time
	disk    disk
	known   fanout
	buffers sync.Pool       // of *[bufferSize]byte
	commit  [256]sync.Mutex // by the first byte of a digest: nobody removes what somebody is just naming
}

var _ storage.Blobs = (*Store)(nil)

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
		return nil, fmt.Errorf("opening blob folder: %w", err)
	}
	s := &Store{folder: folder, now: opts.Now, disk: realDisk()}
	s.buffers.New = func() any { return new([bufferSize]byte) }
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// Dir is the folder, as an absolute path.
func (s *Store) Dir() string { return s.folder.Dir() }

// Close waits for calls that run and gives the folder back. Blobs that were opened stay readable.
func (s *Store) Close() error {
	if err := s.folder.Close(); err != nil {
		return fmt.Errorf("blob folder: %w", err)
	}
	return nil
}

// A place is where one blob lies.
type place struct {
	tenant string    // escaped
	dirs   [4]string // <tenant>, sha256, ab, cd: absolute
	file   string
}

func (s *Store) place(tenant storage.Tenant, digest storage.Digest) place {
	name := hex.EncodeToString(digest[:])
	p := place{tenant: foldername.Of(string(tenant))}
	path := s.folder.Dir()
	for i, part := range [4]string{p.tenant, "sha256", name[:2], name[2:4]} {
		path = filepath.Join(path, part)
		p.dirs[i] = path
	}
	p.file = filepath.Join(path, name)
	return p
}

// disk is what can fail; tests put a failing one here.
type disk struct {
	write   func(f *os.File, p []byte) (int, error)
	sync    func(f *os.File) error
	close   func(f *os.File) error
	mkdir   func(dir string) error
	syncDir func(dir string) error
	rename  func(from, to string) error
}

func realDisk() disk {
	return disk{
		write:   (*os.File).Write,
		sync:    (*os.File).Sync,
		close:   (*os.File).Close,
		mkdir:   func(dir string) error { return os.Mkdir(dir, 0o700) },
		syncDir: ownfolder.SyncDir,
		rename:  os.Rename,
	}
}
