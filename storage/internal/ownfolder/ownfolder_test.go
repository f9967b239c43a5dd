package ownfolder

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// The test binary is also the second process: with this variable set it opens the folder, leaves a temporary file, says so and waits.
const childFolder = "OWNFOLDER_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		f, err := Open(dir, "test", 1)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		temp, err := f.Temp()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(temp.Name())
		_, _ = bufio.NewReader(os.Stdin).ReadByte() // until killed
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func open(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := Open(dir, "test", 1)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func TestOpenMakesPrivateFolders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	f := open(t, dir)
	require.Equal(t, dir, f.Dir())
	for _, path := range []string{filepath.Dir(dir), dir, filepath.Join(dir, tempName), f.own} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o700), info.Mode().Perm(), path)
	}
	temp, err := f.Temp()
	require.NoError(t, err)
	defer func() { _ = os.Remove(temp.Name()) }()
	info, err := temp.Stat()
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, temp.Close())
	content, err := os.ReadFile(filepath.Join(dir, markerName))
	require.NoError(t, err)
	require.Equal(t, `{"format":"test","version":1}`+"\n", string(content))
}

func TestOpenRefuses(t *testing.T) {
	write := func(name, content string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
		}
	}
	for _, test := range []struct {
		name  string
		seed  func(*testing.T, string)
		code  string // of a FieldError
		kind  error
		words string
	}{
		{"somebody's files", write("report.pdf", "x"), "not_ours", storage.ErrInvalid, `"report.pdf"`},
		{"another format", write(markerName, `{"format":"other","version":1}`), "not_ours", storage.ErrInvalid, "other"},
		{"a marker of noise", write(markerName, `hello`), "not_ours", storage.ErrInvalid, "cannot be understood"},
		{"a marker without a version", write(markerName, `{"format":"test"}`), "not_ours", storage.ErrInvalid, "cannot be understood"},
		{"a newer version", write(markerName, `{"format":"test","version":2}`), "", storage.ErrSchema, "format 2, this program knows 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			test.seed(t, dir)
			before, err := os.ReadDir(dir)
			require.NoError(t, err)
			_, err = Open(dir, "test", 1)
			require.ErrorIs(t, err, test.kind)
			require.ErrorContains(t, err, test.words)
			var field *storage.FieldError
			require.Equal(t, test.code != "", errors.As(err, &field))
			if field != nil {
				require.Equal(t, test.code, field.Code)
				require.Equal(t, "Dir", field.Field)
			}
			after, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, after, len(before), "nothing is written into a folder that is refused")
		})
	}
	t.Run("a file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		_, err := Open(path, "test", 1)
		var field *storage.FieldError
		require.ErrorAs(t, err, &field)
		require.Equal(t, "not_a_folder", field.Code)
		_, err = Open(filepath.Join(path, "under"), "test", 1)
		require.Error(t, err)
	})
}

func TestOpenTakes(t *testing.T) {
	t.Run("a fresh disk", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "lost+found"), 0o700))
		open(t, dir)
	})
	t.Run("what died while marking", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, markerName+"-123"), []byte("{"), 0o600))
		open(t, dir)
	})
	t.Run("an older version", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir)
		f, err := Open(dir, "test", 2)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	})
	t.Run("at once", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "new")
		var group sync.WaitGroup
		for range 16 {
			group.Go(func() {
				f, err := Open(dir, "test", 1)
				if err != nil {
					t.Error(err)
					return
				}
				temp, err := f.Temp()
				if err != nil {
					t.Error(err)
					return
				}
				_ = temp.Close()
				if err := os.Remove(temp.Name()); err != nil {
					t.Errorf("somebody took a living process for dead: %v", err)
				}
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		left, err := os.ReadDir(filepath.Join(dir, tempName))
		require.NoError(t, err)
		require.Len(t, left, 1, "only the gate stays")
	})
}

func TestTemporaryFilesOfTheDeadAndTheLiving(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFolder+"="+dir)
	input, err := child.StdinPipe()
	require.NoError(t, err)
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	defer func() { _ = input.Close() }()
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	temp := strings.TrimSpace(line)

	f, err := Open(dir, "test", 1)
	require.NoError(t, err)
	require.FileExists(t, temp, "its process lives")
	require.NoError(t, f.Close())
	require.FileExists(t, temp)

	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	open(t, dir)
	require.NoFileExists(t, temp, "its process is dead")
	require.NoDirExists(t, filepath.Dir(temp))
}

func TestClose(t *testing.T) {
	f, err := Open(t.TempDir(), "test", 1)
	require.NoError(t, err)
	leave, err := f.Enter()
	require.NoError(t, err)
	closed := make(chan error, 1)
	go func() { closed <- f.Close() }()
	for { // until Close has begun
		leave, err := f.Enter()
		if err != nil {
			require.ErrorIs(t, err, storage.ErrClosed)
			break
		}
		leave()
		runtime.Gosched()
	}
	require.DirExists(t, f.own, "Close waits for running work")
	require.Empty(t, closed)
	leave()
	require.NoError(t, <-closed)
	require.NoError(t, f.Close(), "twice")
	require.NoDirExists(t, f.own)
}

func TestClassify(t *testing.T) {
	require.NoError(t, Classify("x", nil))
	for _, test := range []struct {
		err  error
		kind error
		code string
	}{
		{&os.PathError{Op: "write", Path: "p", Err: syscall.ENOSPC}, storage.ErrTemporary, CodeFull},
		{syscall.EDQUOT, storage.ErrTemporary, CodeFull},
		{syscall.EROFS, storage.ErrReadOnly, CodeReadOnly},
		{fs.ErrPermission, storage.ErrReadOnly, CodeReadOnly},
		{syscall.EIO, storage.ErrTemporary, ""},
		{storage.ErrLimit, storage.ErrLimit, ""},
		{context.Canceled, context.Canceled, ""},
	} {
		err := Classify("storing", test.err)
		require.ErrorIs(t, err, test.kind)
		require.Equal(t, test.code, storage.CauseCode(err))
		require.ErrorContains(t, err, "storing: ")
	}
	require.NotErrorIs(t, Classify("x", storage.ErrLimit), storage.ErrTemporary)
}
