// Package ownfolder is a folder on disk that one kind of store owns: a marker that says whose it is, a place for temporary files, and the
// few steps by which a name survives a power cut. storage/blobfolder and storage/filestore stand on it.
//
// A folder is shared only by stores of one format. The file ".mailcrm" in it names format and version. A folder that holds something else,
// or was made by a newer version, is refused before anything is written; an empty one is taken.
//
// Temporary files lie in ".tmp/<random>", one such folder a process, on the same file system as what they become. The process holds a lock
// on a file in it, which the kernel drops when the process ends, however it ends. Whoever opens the folder next removes what has no living
// owner, and never touches what has one.
//
// Look elsewhere for the names of tenants and records on disk (foldername), and for what lies in the folders: that is the stores' business.
package ownfolder

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/mailcrm/sdk/storage"
)

const (
	markerName = ".mailcrm"
	tempName   = ".tmp"
	lockName   = "lock"
	maxMarker  = 4096 // bytes of a marker that are read
)

// A Folder is open. Its methods may be called from several goroutines at once.
type Folder struct {
	dir  string
	own  string   // .tmp/<random>
	lock *os.File // in own

	mu      sync.Mutex
	idle    *sync.Cond // signalled when running falls to zero
	running int
	closed  bool
	count   uint64 // of temporary files made
}

type marker struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
}

// Open opens the folder dir of a store of the named format, and makes it when it is absent. Folders are made with mode 0700.
//
// A folder with something else in it is a [storage.FieldError] of field Dir; one of a newer version is [storage.ErrSchema]; one that cannot be
// written is [storage.ErrReadOnly].
func Open(dir, format string, version int) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, Classify("finding the folder", err)
	}
	if err := MakeAll(dir); err != nil {
		if errors.Is(err, errNotFolder) {
			return nil, storage.Invalid("Dir", "not_a_folder", "Name a folder; "+dir+" is a file.")
		}
		return nil, Classify("making the folder", err)
	}
	if err := claim(dir, format, version); err != nil {
		return nil, err
	}
	f := &Folder{dir: dir}
	f.idle = sync.NewCond(&f.mu)
	if err := f.settle(); err != nil {
		return nil, Classify("making room for temporary files", err)
	}
	return f, nil
}

// claim checks the marker, or sets it in an empty folder.
func claim(dir, format string, version int) error {
	file, err := os.Open(filepath.Join(dir, markerName))
	if errors.Is(err, fs.ErrNotExist) {
		return mark(dir, format, version)
	}
	if err != nil {
		return Classify("reading the folder's marker", err)
	}
	defer func() { _ = file.Close() }()
	content := make([]byte, maxMarker)
	n, _ := file.Read(content) // what cannot be read is no marker of ours
	var m marker
	if json.Unmarshal(content[:n], &m) != nil || m.Format == "" || m.Version < 1 {
		return storage.Invalid("Dir", "not_ours", "Name an empty folder; the file "+markerName+" in "+dir+" cannot be understood.")
	}
	if m.Format != format {
		return storage.Invalid("Dir", "not_ours", "Name another folder; "+dir+" belongs to a "+m.Format+", not to a "+format+".")
	}
	if m.Version > version {
		return fmt.Errorf("%w: the %s in %s was made by a newer version (format %d, this program knows %d)", storage.ErrSchema, format, dir, m.Version, version)
	}
	return nil
}

// mark makes an empty folder ours. Several processes may do so at once: they write the same.
func mark(dir, format string, version int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Classify("reading the folder", err)
	}
	for _, entry := range entries {
		// A fresh disk has lost+found; markerName+… is what a process left that died here.
		if name := entry.Name(); name != tempName && name != "lost+found" && name != markerName && !isMarkerTemp(name) {
			return storage.Invalid("Dir", "not_ours", "Name an empty folder; "+dir+" holds other things, such as "+strconv.Quote(name)+".")
		}
	}
	content, err := json.Marshal(marker{Format: format, Version: version})
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(dir, markerName+"-*")
	if err != nil {
		return Classify("marking the folder", err)
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	_, err = temp.Write(append(content, '\n'))
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), filepath.Join(dir, markerName))
	}
	if err == nil {
		err = SyncDir(dir)
	}
	return Classify("marking the folder", err)
}

func isMarkerTemp(name string) bool {
	return len(name) > len(markerName)+1 && name[:len(markerName)+1] == markerName+"-"
}

// settle makes this process's folder for temporary files and removes those of the dead. Both happen under one lock, so that nobody takes a
// folder for dead that is just being made.
func (f *Folder) settle() error {
	temps := filepath.Join(f.dir, tempName)
	if err := os.Mkdir(temps, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	gate, err := lockFile(filepath.Join(temps, lockName), true)
	if err != nil {
		return err
	}
	defer func() { _ = gate.Close() }()

	entries, err := os.ReadDir(temps)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			sweep(filepath.Join(temps, entry.Name()))
		}
	}
	name := make([]byte, 12)
	_, _ = rand.Read(name) // never fails
	own := filepath.Join(temps, hex.EncodeToString(name))
	if err := os.Mkdir(own, 0o700); err != nil {
		return err
	}
	lock, err := lockFile(filepath.Join(own, lockName), false)
	if err != nil {
		_ = os.Remove(own)
		return err
	}
	f.own, f.lock = own, lock
	return nil
}

// sweep removes the folder of a process that has ended. Failures leave it for the next time.
func sweep(dir string) {
	lock, err := lockFile(filepath.Join(dir, lockName), false)
	if err != nil {
		return // alive, or not ours to know
	}
	entries, err := os.ReadDir(dir)
	if err == nil {
		for _, entry := range entries {
			if entry.Name() != lockName {
				_ = os.Remove(filepath.Join(dir, entry.Name()))
			}
		}
	}
	_ = lock.Close()
	_ = os.Remove(filepath.Join(dir, lockName))
	_ = os.Remove(dir)
}

// Dir is the absolute path of the folder.
func (f *Folder) Dir() string { return f.dir }

// Enter marks the beginning of work in the folder; the caller calls leave at its end. [Folder.Close] waits for it. After Close it is
// [storage.ErrClosed].
func (f *Folder) Enter() (leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, fmt.Errorf("%w: the store of %s", storage.ErrClosed, f.dir)
	}
	f.running++
	return f.leave, nil
}

func (f *Folder) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running--; f.running == 0 {
		f.idle.Broadcast()
	}
}

// Temp makes a temporary file of mode 0600, for work between Enter and leave. Who makes it removes it.
func (f *Folder) Temp() (*os.File, error) {
	f.mu.Lock()
	f.count++
	name := strconv.FormatUint(f.count, 36)
	f.mu.Unlock()
	return os.OpenFile(filepath.Join(f.own, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// Close waits for running work and gives the place for temporary files back. A second Close does nothing.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	for f.running > 0 {
		f.idle.Wait()
	}
	// Under the gate: without its lock our folder looks like one of the dead to somebody who opens just now.
	gate, err := lockFile(filepath.Join(f.dir, tempName, lockName), true)
	if err != nil {
		return Classify("closing", errors.Join(err, f.lock.Close()))
	}
	defer func() { _ = gate.Close() }()
	err = f.lock.Close()
	for _, path := range []string{filepath.Join(f.own, lockName), f.own} {
		if e := os.Remove(path); !errors.Is(e, fs.ErrNotExist) { // somebody may have cleaned up by hand
			err = errors.Join(err, e)
		}
	}
	return Classify("closing", err)
}
