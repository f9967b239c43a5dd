package house

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The floors in .golangci.yml stand between these two lines.
const (
	floorsBegin = "        # Floors: written by `go test ./mailcrm/internal/house -update`; do not edit.\n"
	floorsEnd   = "        # End of the floors.\n"
)

// depguard renders the table as depguard rules: for each room what of ours it
// may import, for each floor what its tests may, for each library who may.
//
// depguard compares an import only with the entry that sorts next before it,
// so in a list no entry may be a prefix of another (v2.2.1, strInPrefixList);
// hence rooms with rooms inside are named exactly ("$").
func depguard() string {
	var y strings.Builder
	for _, r := range rooms {
		name := strings.ReplaceAll(r.path, "/", "-")
		files := append(within(r, "*.go", "**"), "!$test")
		ours(&y, "room-"+name, files, r, false)
		if r.plain {
			fmt.Fprintf(&y, "        plain-%s:\n          list-mode: strict\n", name)
			list(&y, "files", files)
			list(&y, "allow", []string{"$gostd", module})
		}
	}
	for floor := 1; floor <= 5; floor++ {
		var files []string
		for _, r := range rooms {
			if r.floor != floor {
				continue
			}
			for _, file := range within(r, "*_test.go", "**_test.go") {
				inner, negative := strings.CutPrefix(file, "!${config-path}")
				if to, _ := find(module + strings.TrimSuffix(inner, "/**")); !negative || to.floor != floor {
					files = append(files, file)
				}
			}
		}
		ours(&y, fmt.Sprintf("tests-of-floor-%d", floor), files, room{path: fmt.Sprintf("tests of floor %d", floor), floor: floor}, true)
	}
	for _, l := range libraries {
		files := []string{"$all", "!$test", "!${config-path}/examples/**"}
		for _, r := range rooms {
			if slices.Contains(l.rooms, r.path) {
				files = append(files, "!${config-path}/"+r.path+"/**")
			}
		}
		fmt.Fprintf(&y, "        library-%s:\n          list-mode: lax\n", l.prefix[strings.LastIndex(l.prefix, "/")+1:])
		list(&y, "files", files)
		fmt.Fprintf(&y, "          deny:\n            - {pkg: %q, desc: %q}\n", l.prefix, l.why)
	}
	return y.String()
}

// ours writes the rule which of our rooms some files may import: as a list of
// what is allowed or of what is denied, whichever is shorter.
func ours(y *strings.Builder, name string, files []string, from room, inTest bool) {
	var allowed, denied []string
	for _, to := range rooms {
		if to.floor == 5 {
			continue // programs and tests: nobody can import them
		}
		if why := refusal(from, to, inTest); why == "" {
			allowed = append(allowed, exact(to)...)
		} else {
			denied = append(denied, fmt.Sprintf("            - {pkg: %q, desc: %q}\n", exact(to)[0], why))
		}
	}
	if len(denied) == 0 {
		return
	}
	if len(allowed) < len(denied) {
		denied = []string{fmt.Sprintf("            - {pkg: %q, desc: %q}\n", module, "not for "+from.path+", see package house")}
	} else {
		allowed = nil
	}
	fmt.Fprintf(y, "        %s:\n          list-mode: lax\n", name)
	list(y, "files", files)
	list(y, "allow", allowed)
	y.WriteString("          deny:\n" + strings.Join(denied, ""))
}

// list writes a YAML list in flow style, broken into lines.
func list(y *strings.Builder, name string, entries []string) {
	if len(entries) == 0 {
		return
	}
	line := fmt.Sprintf("          %s: [", name)
	for i, e := range entries {
		if i > 0 {
			line += ", "
		}
		if len(line)+len(e) > 150 {
			y.WriteString(strings.TrimRight(line, " ") + "\n")
			line = "            "
		}
		line += fmt.Sprintf("%q", e)
	}
	y.WriteString(line + "]\n")
}

// within are the globs of a room's files, without those of rooms inside.
func within(r room, direct, deep string) []string {
	folder := "${config-path}/" + r.path + "/"
	if r.alone {
		return []string{folder + direct}
	}
	globs := []string{folder + deep}
	for _, other := range rooms {
		if strings.HasPrefix(other.path, r.path+"/") {
			globs = append(globs, "!${config-path}/"+other.path+"/**")
		}
	}
	return globs
}

// exact is how depguard names a room: as a prefix, or, where other rooms lie
// inside it, as its package and its internal ones.
func exact(r room) []string {
	full := module + "/" + r.path
	for _, other := range rooms {
		switch {
		case !strings.HasPrefix(other.path, r.path+"/"):
		case r.alone:
			return []string{full + "$"}
		default:
			return []string{full + "$", full + "/internal"}
		}
	}
	return []string{full}
}

// TestLinterKnowsTheFloors compares .golangci.yml with the table.
func TestLinterKnowsTheFloors(t *testing.T) {
	path := filepath.Join(root(t), ".golangci.yml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), floorsBegin)
	require.True(t, ok, "the line %q is missing", floorsBegin)
	have, after, ok := strings.Cut(rest, floorsEnd)
	require.True(t, ok, "the line %q is missing", floorsEnd)
	want := depguard()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+floorsBegin+want+floorsEnd+after), 0o644))
		return
	}
	require.Equal(t, want, have, "run go test ./mailcrm/internal/house -update")
}

// TestNoRuleHidesAnother checks the one thing that depguard cannot do.
func TestNoRuleHidesAnother(t *testing.T) {
	var prefixes []string
	for _, r := range rooms {
		for _, name := range exact(r) {
			if !strings.HasSuffix(name, "$") {
				prefixes = append(prefixes, name)
			}
		}
	}
	for _, a := range prefixes {
		for _, b := range prefixes {
			require.False(t, a != b && strings.HasPrefix(b, a), "%s is a prefix of %s", a, b)
		}
	}
}
