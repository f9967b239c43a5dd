package filestore

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// Every step of Create fails in turn (FAULTS G2). Nothing may be stored, no temporary file may stay, and the same Create succeeds afterwards.
func TestDiskFaults(t *testing.T) {
	full := &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	failOn := func(n int, err error) func() error { // the n-th call fails
		return func() error {
			if n--; n == 0 {
				return err
			}
			return nil
		}
	}
	writeFails := func(n int, err error) func(*disk) {
		return func(d *disk) {
			fail := failOn(n, err)
			d.write = func(f *os.File, p []byte) (int, error) {
				if err := fail(); err != nil {
					written, _ := f.Write(p[:len(p)/2])
					return written, err
				}
				return f.Write(p)
			}
		}
	}
	syncFails := func(n int) func(*disk) {
		return func(d *disk) {
			fail := failOn(n, syscall.EIO)
			d.sync = func(f *os.File) error {
				if err := fail(); err != nil {
					return err
				}
				return f.Sync()
			}
		}
	}
	linkFails := func(n int, err error) func(*disk) {
		return func(d *disk) {
			link, fail := d.link, failOn(n, err)
			d.link = func(from, to string) error {
				if err := fail(); err != nil {
					return err
				}
				return link(from, to)
			}
		}
	}
	for _, test := range []struct {
		name   string
		break_ func(*disk)
		kind   error
	}{
		{"disk full at the content", writeFails(1, full), storage.ErrTemporary},
		{"disk full at the intent", writeFails(2, full), storage.ErrTemporary},
		{"short write without an error", func(d *disk) { d.write = func(f *os.File, p []byte) (int, error) { return f.Write(p[:len(p)-1]) } }, storage.ErrTemporary},
		{"fsync of the content fails", syncFails(1), storage.ErrTemporary},
		{"fsync of the intent fails", syncFails(2), storage.ErrTemporary},
		{"the intent cannot be linked", linkFails(1, syscall.EIO), storage.ErrTemporary},
		{"the file cannot be linked", linkFails(2, syscall.EIO), storage.ErrTemporary},
		{"the disk became read only", linkFails(2, syscall.EROFS), storage.ErrReadOnly},
		{"no folder can be made", func(d *disk) { d.mkdir = func(string) error { return full } }, storage.ErrTemporary},
		{"no folder may be made", func(d *disk) { d.mkdir = func(string) error { return syscall.EACCES } }, storage.ErrReadOnly},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, dir := openStore(t)
			test.break_(&s.disk)
			_, err := s.Create(t.Context(), request("k", "a.pdf", "some bytes"))
			require.ErrorIs(t, err, test.kind)
			require.Empty(t, names(t, s, jeanne, common, ""))
			require.Empty(t, temps(t, dir))
			s.disk = realDisk(s.root)
			require.Equal(t, "a.pdf", create(t, s, "k", "a.pdf", "some bytes").Name)
			require.Equal(t, []string{"a.pdf"}, names(t, s, jeanne, common, ""))
			require.Empty(t, temps(t, dir))
		})
	}
	t.Run("the record cannot be completed", func(t *testing.T) { // the file is there: the next call finds it
		s, dir := openStore(t)
		s.disk.rename = func(string, string) error { return full }
		_, err := s.Create(t.Context(), request("k", "a.pdf", "some bytes"))
		require.ErrorIs(t, err, storage.ErrTemporary)
		require.Equal(t, "disk.full", storage.CauseCode(err))
		s.disk = realDisk(s.root)
		create(t, s, "k", "a.pdf", "some bytes")
		require.Equal(t, []string{"a.pdf"}, names(t, s, jeanne, common, ""))
		require.Empty(t, temps(t, dir))
	})
	t.Run("mkdir of MakeFolder", func(t *testing.T) {
		s, _ := openStore(t)
		s.disk.mkdir = func(string) error { return full }
		_, err := s.MakeFolder(t.Context(), storage.MakeFolderRequest{Actor: jeanne, Tree: common, Name: "x"})
		require.ErrorIs(t, err, storage.ErrTemporary)
	})
}

// A disk without hard links works too, and takes no name twice.
func TestWithoutHardLinks(t *testing.T) {
	s, dir := openStore(t)
	s.disk.link = func(string, string) error { return syscall.EPERM }
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			if _, err := s.Create(context.Background(), request(fmt.Sprint("k", i/2), "a.pdf", "some bytes")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.Len(t, names(t, s, jeanne, common, ""), 4)
	require.Empty(t, temps(t, dir))
	require.Equal(t, create(t, s, "k0", "a.pdf", "some bytes").ID, create(t, s, "k0", "a.pdf", "some bytes").ID)
	require.Len(t, names(t, s, jeanne, common, ""), 4)
}

// With these set the test binary is a process that dies at a step of Create.
const (
	dyingFolder  = "FILESTORE_TEST_DIES_IN"
	dyingStep    = "FILESTORE_TEST_DIES_AT"
	dyingContent = "the whole content"
)

// die creates a file and ends at a step: the even ones are before an operation of the disk, the odd ones behind it. It says how many there are.
func die() {
	s, err := Open(os.Getenv(dyingFolder), nil)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	last, _ := strconv.Atoi(os.Getenv(dyingStep))
	steps := 0
	step := func() {
		if steps == last {
			os.Exit(3)
		}
		steps++
	}
	d := s.disk
	s.disk = disk{
		write:  func(f *os.File, p []byte) (int, error) { step(); defer step(); return d.write(f, p) },
		sync:   func(f *os.File) error { step(); defer step(); return d.sync(f) },
		link:   func(from, to string) error { step(); defer step(); return d.link(from, to) },
		rename: func(from, to string) error { step(); defer step(); return d.rename(from, to) },
		mkdir:  func(name string) error { step(); defer step(); return d.mkdir(name) },
	}
	if _, err := s.Create(context.Background(), request("k", "a.pdf", dyingContent)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(steps)
	os.Exit(0)
}

// A process dies at every step of Create; then somebody repeats it: with the temporary files of the dead swept away, or still there.
func TestKilledAtEveryStep(t *testing.T) {
	run := func(t *testing.T, dir string, at int) (string, int) {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), dyingFolder+"="+dir, dyingStep+"="+strconv.Itoa(at))
		output, err := child.Output()
		if err != nil {
			require.IsType(t, &exec.ExitError{}, err)
		}
		return strings.TrimSpace(string(output)), child.ProcessState.ExitCode()
	}
	output, code := run(t, t.TempDir(), -1)
	require.Equal(t, 0, code, output)
	steps, err := strconv.Atoi(output)
	require.NoError(t, err)
	require.Greater(t, steps, 15)
	for _, swept := range []bool{true, false} {
		for at := range steps {
			t.Run(fmt.Sprintf("step %d, swept %v", at, swept), func(t *testing.T) {
				dir := t.TempDir()
				var survivor *Store
				if !swept { // one that was open before: it sweeps nothing
					survivor, err = Open(dir, nil)
					require.NoError(t, err)
				}
				_, code := run(t, dir, at)
				require.Equal(t, 3, code)
				if swept {
					survivor, err = Open(dir, nil)
					require.NoError(t, err)
					require.Empty(t, temps(t, dir))
				}
				for range 2 {
					made := create(t, survivor, "k", "a.pdf", dyingContent)
					require.Equal(t, "a.pdf", made.Name)
					require.Equal(t, int64(len(dyingContent)), made.Size)
				}
				require.Equal(t, []string{"a.pdf"}, names(t, survivor, jeanne, common, ""))
				read, err := os.ReadFile(filepath.Join(dir, "acme", "common", "a.pdf"))
				require.NoError(t, err)
				require.Equal(t, dyingContent, string(read))
				require.NoError(t, survivor.Close())
			})
		}
	}
}

// The dead one's name was taken by another file meanwhile: both stay whole.
func TestKilledAndOvertaken(t *testing.T) {
	s, dir := openStore(t)
	tree, err := s.tree(t.Context(), jeanne, common)
	require.NoError(t, err)
	require.NoError(t, s.write(keyPath(tree, "k"), record{Path: "a.pdf", Size: 3, SHA256: "00", Temp: ".tmp/dead/1"}, s.disk.link))
	create(t, s, "other", "a.pdf", "abc")
	require.Equal(t, "a (2).pdf", create(t, s, "k", "a.pdf", "xyz").Name)
	read, err := os.ReadFile(filepath.Join(dir, "acme", "common", "a.pdf"))
	require.NoError(t, err)
	require.Equal(t, "abc", string(read))
}

// Two processes store the same document at once.
func TestTwoProcessesOneKey(t *testing.T) {
	s, dir := openStore(t)
	other, err := Open(dir, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	for round := range 20 {
		var group sync.WaitGroup
		ids := make([]string, 2)
		for i, store := range []*Store{s, other} {
			group.Go(func() {
				result, err := store.Create(context.Background(), request(fmt.Sprint("k", round), "a.pdf", dyingContent))
				if err != nil {
					t.Error(err)
				}
				ids[i] = result.File.ID
			})
		}
		group.Wait()
		require.Equal(t, ids[0], ids[1])
		require.Len(t, names(t, s, jeanne, common, ""), round+1)
	}
	require.Empty(t, temps(t, dir))
}
