package house

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// find is the innermost room that a package lies in.
func find(importPath string) (room, bool) {
	var best room
	for _, r := range rooms {
		full := module + "/" + r.path
		inside := importPath == full || strings.HasPrefix(importPath, full+"/") && !r.alone
		if inside && len(r.path) > len(best.path) {
			best = r
		}
	}
	return best, best.path != ""
}

// refusal is why a package of room from may not import one of room to; empty
// where it may.
func refusal(from, to room, inTest bool) string {
	switch {
	case from.path == to.path:
		return ""
	case inTest && to.kit:
		return ""
	case inTest && to.floor <= from.floor:
		return ""
	case inTest && to.floor > from.floor:
		return fmt.Sprintf("floor %d is above floor %d: an arrow only points down, in tests too", to.floor, from.floor)
	case !inTest && to.visitors != nil && !slices.Contains(to.visitors, from.path):
		return fmt.Sprintf("only %s may import %s", strings.Join(to.visitors, ", "), to.path)
	case to.floor > from.floor:
		return fmt.Sprintf("floor %d is above floor %d: an arrow only points down", to.floor, from.floor)
	case to.floor == from.floor && !slices.Contains(from.beside, to.path):
		return "side by side with " + from.path + ", they do not know each other"
	}
	return ""
}

// violations are all imports that break a wall.
func violations(all []pkg) []string {
	var found []string
	for _, p := range all {
		if strings.HasPrefix(p.ImportPath, module+"/examples/") {
			continue // floor 5: may import all that it can
		}
		from, ok := find(p.ImportPath)
		if !ok {
			found = append(found, p.ImportPath+" lies in no room: give it one in rooms_test.go")
			continue
		}
		for _, group := range []struct {
			imports []string
			inTest  bool
		}{{p.Imports, false}, {slices.Concat(p.TestImports, p.XTestImports), true}} {
			for _, path := range group.imports {
				if why := importRefusal(from, path, group.inTest); why != "" {
					found = append(found, p.ImportPath+" imports "+path+": "+why)
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// importRefusal is why a room may not import a path; empty where it may.
func importRefusal(from room, path string, inTest bool) string {
	if strings.HasPrefix(path, module+"/examples/") {
		return "examples is a module of its own, above all rooms"
	}
	if path == module || strings.HasPrefix(path, module+"/") {
		to, ok := find(path)
		if !ok {
			return "lies in no room"
		}
		return refusal(from, to, inTest)
	}
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") || inTest {
		return "" // the standard library, or a test
	}
	if from.plain {
		return from.path + " keeps to the standard library"
	}
	for _, l := range libraries {
		if (path == l.prefix || strings.HasPrefix(path, l.prefix+"/")) && !slices.Contains(l.rooms, from.path) {
			return l.why
		}
	}
	return ""
}

func TestFloors(t *testing.T) {
	require.Empty(t, violations(packages(t)), "each line is an arrow that may not be there")
}

// TestPlantedArrowsAreSeen runs the check on graphs that break one wall each.
func TestPlantedArrowsAreSeen(t *testing.T) {
	in := func(path string) string { return module + "/" + path }
	clean := pkg{
		ImportPath:   in("mailcrm/internal/imapsync"),
		Imports:      []string{"context", in("folders"), in("storage"), in("mailcrm/internal/imapconn"), "github.com/emersion/go-imap/v2", "golang.org/x/sync/errgroup"},
		TestImports:  []string{"testing", in("mailcrm/internal/testservers"), in("mailcrm/mailcrmtest"), "github.com/stretchr/testify/require"},
		XTestImports: []string{in("storage/memstore"), "github.com/emersion/go-smtp"},
	}
	require.Empty(t, violations([]pkg{clean, {ImportPath: in("examples/server"), Imports: []string{in("mailcrm"), "github.com/danielgtaylor/huma/v2"}}}))
	for _, c := range []struct{ from, to, want string }{
		{"folders", in("linker"), "an arrow only points down"},
		{"storage", in("storage/memstore"), "an arrow only points down"},
		{"mailcrm/internal/imapsync", in("mailcrm/internal/deliver"), "an arrow only points down"},
		{"mailcrm/internal/work", in("mailcrm"), "an arrow only points down"},
		{"mailcrm", in("examples/server"), "above all rooms"},
		{"templates", in("folders"), "side by side"},
		{"mailcrm/internal/submit", in("mailcrm/internal/imapsync"), "side by side"},
		{"templates/plaintext", in("templates"), "side by side"},
		{"mailcrm/internal/deliver", in("mailcrm/internal/store/reader"), "only mailcrm/internal/privacy"},
		{"mailcrm", in("mailcrm/internal/store/reader"), "only mailcrm/internal/privacy"},
		{"mailcrm/sqlite", in("mailcrm/internal/testservers"), "only tests, "},
		{"linker", "github.com/emersion/go-imap/v2", "only imapconn and imapsync"},
		{"mailcrm/internal/imapsync", "github.com/wneessen/go-mail", "only submit"},
		{"mailcrm", "google.golang.org/grpc", "only plugins"},
		{"storage", "golang.org/x/text/cases", "keeps to the standard library"},
		{"storage/storagetest", "github.com/stretchr/testify/require", "keeps to the standard library"},
		{"mailcrm/internal/work", "github.com/stretchr/testify/require", "for tests"},
		{"attic", "fmt", "lies in no room"},
		{"mailcrm/internal/attic", "fmt", "lies in no room"},
		{"storage/memstore/indices", in("mailcrm"), "an arrow only points down"},
	} {
		got := violations([]pkg{{ImportPath: in(c.from), Imports: []string{"context", c.to}}})
		require.Len(t, got, 1, "%s -> %s", c.from, c.to)
		require.Contains(t, got[0], c.want)
	}
	got := violations([]pkg{{ImportPath: in("folders"), XTestImports: []string{in("mailcrm")}}})
	require.Len(t, got, 1, "a test may not look upward either")
}

// TestRoomsAreSound checks the table itself.
func TestRoomsAreSound(t *testing.T) {
	known := map[string]room{}
	for _, r := range rooms {
		require.NotContains(t, known, r.path)
		known[r.path] = r
	}
	for _, r := range rooms {
		for _, neighbour := range r.beside {
			require.Contains(t, known, neighbour, "beside %s", r.path)
			require.Equal(t, r.floor, known[neighbour].floor, "%s beside %s", neighbour, r.path)
			require.NotContains(t, known[neighbour].beside, r.path, "%s and %s know each other", neighbour, r.path)
		}
		for _, visitor := range r.visitors {
			require.True(t, visitor == tests || known[visitor].path != "", "visitor %s of %s", visitor, r.path)
		}
	}
	for _, l := range libraries {
		for _, r := range l.rooms {
			require.Contains(t, known, r, l.prefix)
		}
	}
}
