// Package house holds no code, only tests of the whole repository: that its
// rooms keep to their floors, that a host inherits few packages, that
// everything exported is explained, that no file tells of the machine it was
// written on.
//
// The floors stand in one table (rooms_test.go). Two machines enforce them and
// do not know of each other: these tests read what go list says, golangci-lint
// reads the depguard rules in .golangci.yml, which these tests write
// (`go test ./mailcrm/internal/house -update`) and compare. To move a wall,
// change the table, run with -update, and say why in the package comment that
// the wall binds.
//
// Do not look here for the tests of a room; they stand in the room.
package house

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the floors into .golangci.yml")

// module is the import path of the library.
const module = "github.com/mailcrm/sdk"

// root is the repository's folder.
func root(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("..", "..", ".."))
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(folder, "go.mod"))
	return folder
}

// modules are the folders that hold a go.mod: the library and, once it stands,
// the examples.
func modules(t *testing.T) []string {
	t.Helper()
	found := []string{root(t)}
	if examples := filepath.Join(root(t), "examples"); exists(filepath.Join(examples, "go.mod")) {
		found = append(found, examples)
	}
	return found
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// run runs a command in a folder and returns what it prints.
func run(t *testing.T, folder string, command ...string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = folder
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	require.NoError(t, err, "%v: %s", command, errs.String())
	return string(out)
}

// pkg is what go list says of a package.
type pkg struct {
	ImportPath   string
	Dir          string
	Name         string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// packages lists all packages of the repository, without and with the build
// tag of the long fault matrix.
func packages(t *testing.T) []pkg {
	t.Helper()
	var all []pkg
	for _, folder := range modules(t) {
		for _, tags := range []string{"", "faults"} {
			out := run(t, folder, "go", "list", "-e", "-tags="+tags, "-json=ImportPath,Dir,Name,Imports,TestImports,XTestImports", "./...")
			for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
				var p pkg
				require.NoError(t, d.Decode(&p))
				all = append(all, p)
			}
		}
	}
	require.NotEmpty(t, all)
	return all
}
