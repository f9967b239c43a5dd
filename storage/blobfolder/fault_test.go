package blobfolder

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// Every step of Put fails in turn (FAULTS G2). Nothing may be stored, no temporary file may stay, and the same Put succeeds afterwards.
func TestDiskFaults(t *testing.T) {
	full := &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	for _, test := range []struct {
		name   string
		break_ func(*disk)
		kind   error
		stays  bool // whole bytes without a promise, see the package comment
	}{
		{"disk full at once", func(d *disk) { d.write = func(*os.File, []byte) (int, error) { return 0, full } }, storage.ErrTemporary, false},
		{"disk full in the middle", func(d *disk) {
			d.write = func(f *os.File, p []byte) (int, error) {
				n, _ := f.Write(p[:len(p)/2])
				return n, full
			}
		}, storage.ErrTemporary, false},
		{"short write without an error", func(d *disk) { d.write = func(f *os.File, p []byte) (int, error) { return f.Write(p[:len(p)-1]) } }, storage.ErrTemporary, false},
		{"fsync of the file fails", func(d *disk) { d.sync = func(*os.File) error { return syscall.EIO } }, storage.ErrTemporary, false},
		{"close fails", func(d *disk) {
			d.close = func(f *os.File) error {
				_ = f.Close()
				return full
			}
		}, storage.ErrTemporary, false},
		{"no folder can be made", func(d *disk) { d.mkdir = func(string) error { return full } }, storage.ErrTemporary, false},
		{"no folder may be made", func(d *disk) { d.mkdir = func(string) error { return syscall.EACCES } }, storage.ErrReadOnly, false},
		{"rename fails", func(d *disk) { d.rename = func(string, string) error { return syscall.EIO } }, storage.ErrTemporary, false},
		{"rename finds no folder, twice", func(d *disk) { d.rename = func(string, string) error { return syscall.ENOENT } }, storage.ErrTemporary, false},
		{"read only", func(d *disk) { d.rename = func(string, string) error { return syscall.EROFS } }, storage.ErrReadOnly, false},
		{"fsync of the folders fails", func(d *disk) {
			d.syncDir = func(dir string) error { return failUnless(strings.Count(dir, "sha256/") > 0, dir) }
		}, storage.ErrTemporary, false},
		{"fsync of the last folder fails", func(d *disk) {
			d.syncDir = func(dir string) error { return failUnless(len(filepath.Base(filepath.Dir(dir))) != 2, dir) }
		}, storage.ErrTemporary, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, dir := openStore(t)
			test.break_(&s.disk)
			_, err := s.Put(t.Context(), storage.PutBlobRequest{Content: strings.NewReader("some bytes"), Size: 10})
			require.ErrorIs(t, err, test.kind)
			if test.stays {
				require.Len(t, files(t, dir), 1)
			} else {
				require.Empty(t, files(t, dir))
			}
			s.disk = realDisk()
			put(t, s, "", "some bytes")
			require.Len(t, files(t, dir), 1)
		})
	}
}

func failUnless(ok bool, dir string) error {
	if ok {
		return nil
	}
	return &os.PathError{Op: "sync", Path: dir, Err: syscall.EIO}
}

func TestFullDiskIsNamed(t *testing.T) {
	s, _ := openStore(t)
	s.disk.write = func(*os.File, []byte) (int, error) { return 0, syscall.ENOSPC }
	_, err := s.Put(t.Context(), storage.PutBlobRequest{Content: strings.NewReader("x"), Size: -1})
	require.Equal(t, "disk.full", storage.CauseCode(err))
}

// A power cut keeps only what was synced. So at each step what it stands on must have been synced before: the file before its name, each
// folder's name by the folder above it, and the file's name before Put returns.
func TestOrderOfSyncs(t *testing.T) {
	s, dir := openStore(t)
	var steps []string
	real := realDisk()
	name := func(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, dir), "/") }
	var synced, made []string
	s.disk.sync = func(f *os.File) error {
		steps = append(steps, "sync")
		return real.sync(f)
	}
	s.disk.rename = func(from, to string) error {
		require.Equal(t, []string{"sync"}, steps, "the bytes are on the disk before they have a name")
		for _, folder := range made {
			parent := filepath.Dir("/" + folder)[1:]
			require.Contains(t, synced, parent, "a file is named in a folder whose own name may be lost")
		}
		steps = append(steps, "rename")
		synced = nil
		return real.rename(from, to)
	}
	s.disk.mkdir = func(path string) error {
		made = append(made, name(path))
		return real.mkdir(path)
	}
	s.disk.syncDir = func(path string) error {
		synced = append(synced, name(path)) // in the goroutine beside sync, joined before rename
		return real.syncDir(path)
	}
	put(t, s, "acme", "hello")
	require.Equal(t, []string{"sync", "rename"}, steps)
	require.Equal(t, []string{"acme", "acme/sha256", "acme/sha256/2c", "acme/sha256/2c/f2"}, made)
	require.Equal(t, []string{"acme/sha256/2c/f2"}, synced, "the name is on the disk before Put returns")

	t.Run("folders are synced once", func(t *testing.T) {
		s.known.learn("acme", storage.Digest{0x2c, 0xf2})
		steps, made, synced = nil, nil, nil
		_, err := s.Delete(t.Context(), storage.DeleteBlobRequest{Tenant: "acme", Digest: put(t, s, "acme", "hello").Digest})
		require.NoError(t, err)
		require.Equal(t, []string{"acme/sha256/2c/f2", "acme/sha256/2c/f2"}, synced, "one for the repeated Put, one for Delete")
		synced = nil
		put(t, s, "acme", "hello")
		require.Empty(t, made)
		require.Equal(t, []string{"acme/sha256/2c/f2"}, synced)
	})
	t.Run("another process trusts nothing", func(t *testing.T) {
		other, err := Open(dir, nil)
		require.NoError(t, err)
		defer func() { require.NoError(t, other.Close()) }()
		synced = nil
		trace := make(chan string, 16)
		other.disk.syncDir = func(path string) error {
			trace <- name(path)
			return real.syncDir(path)
		}
		require.True(t, put(t, other, "acme", "hello").Existed)
		close(trace)
		for path := range trace {
			synced = append(synced, path)
		}
		slices.Sort(synced)
		require.Equal(t, []string{"", "acme", "acme/sha256", "acme/sha256/2c", "acme/sha256/2c/f2"}, synced)
	})
}

func TestCancelledWhileReading(t *testing.T) {
	s, dir := openStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	reads := 0
	_, err := s.Put(ctx, storage.PutBlobRequest{Size: -1, Content: readerFunc(func(p []byte) (int, error) {
		if reads++; reads == 3 {
			cancel()
		}
		return len(p), nil
	})})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 3, reads)
	require.Empty(t, files(t, dir))
}

// With this variable set the test binary is a process that dies in the middle of a Put.
const dyingFolder = "BLOBFOLDER_TEST_DIES_IN"

func TestKilledInTheMiddle(t *testing.T) {
	if dir := os.Getenv(dyingFolder); dir != "" {
		s, err := Open(dir, nil)
		require.NoError(t, err)
		_, err = s.Put(t.Context(), storage.PutBlobRequest{Size: -1, Content: io.MultiReader(strings.NewReader("half"), readerFunc(func([]byte) (int, error) {
			fmt.Println("half")
			_, _ = bufio.NewReader(os.Stdin).ReadByte()
			return 0, errors.New("not killed")
		}))})
		require.NoError(t, err)
		return
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledInTheMiddle$")
	child.Env = append(os.Environ(), dyingFolder+"="+dir)
	input, err := child.StdinPipe()
	require.NoError(t, err)
	defer func() { _ = input.Close() }()
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "half\n", line)
	require.Len(t, files(t, dir), 1, "what is being written")

	s, err := Open(dir, nil)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Len(t, files(t, dir), 1, "its process lives")

	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	s, err = Open(dir, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.Empty(t, files(t, dir))
}
