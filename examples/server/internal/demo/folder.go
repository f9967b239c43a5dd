package demo

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// prefix is how the folders of demos are named; each tells in a file which process has it.
const (
	prefix = "mailcrm-demo-"
	owner  = "pid"
)

// makeFolder makes a folder for this demo, and removes those of demos that were killed and could not.
func makeFolder() (string, error) {
	sweep(os.TempDir())
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, owner), []byte(strconv.Itoa(os.Getpid())), 0o600)
}

// sweep removes folders whose process is gone. What cannot be read, or is not known to be dead, stays.
func sweep(temp string) {
	folders, err := filepath.Glob(filepath.Join(temp, prefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range folders {
		text, err := os.ReadFile(filepath.Join(dir, owner))
		if err != nil {
			continue
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil && pid > 0 && dead(pid) {
			_ = os.RemoveAll(dir) // the next demo tries again
		}
	}
}

// dead reports whether a process is known to be gone.
func dead(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	return errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
