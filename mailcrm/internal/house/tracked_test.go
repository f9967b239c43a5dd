package house

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// traces are what no file may tell: where it was written and from where it
// was fetched. Each is the wrong text and a piece that must not be reported.
var traces = []struct {
	name    string
	pattern *regexp.Regexp
	bad, ok string
}{
	{
		"a path of one machine",
		regexp.MustCompile(`(^|[^A-Za-z0-9_.])/(work|farm|root|(home|Users)/[A-Za-z]+)/`),
		"see " + "/wo" + "rk/main/README", "https://example.org/workbook/x",
	},
	{
		"a registry's host",
		regexp.MustCompile(`(registry\.npmjs|proxy\.golang|sum\.golang|deb\.debian|registry\.yarnpkg)\.`),
		`"resolved": "https://registry.` + `npmjs.org/x"`, "npm install x",
	},
	{
		"a word for unfinished work",
		regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`),
		"// TO" + "DO: later", "a todo list",
	},
}

// TestNoTraceInTrackedFiles reads all that git tracks, except pictures, mails
// and other data for tests.
func TestNoTraceInTrackedFiles(t *testing.T) {
	top := root(t)
	if !exists(filepath.Join(top, ".git")) {
		t.Skip("not a git checkout: there is no list of tracked files")
	}
	listed := strings.Split(strings.TrimRight(run(t, top, "git", "ls-files", "-z"), "\x00"), "\x00")
	require.NotEmpty(t, listed)
	var found []string
	for _, name := range listed {
		if strings.Contains(name, "/testdata/") || name == "mailcrm/internal/house/tracked_test.go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(top, name))
		if os.IsNotExist(err) {
			continue // removed, not yet committed
		}
		require.NoError(t, err)
		if bytes.IndexByte(text, 0) >= 0 {
			continue
		}
		for i, line := range strings.Split(string(text), "\n") {
			for _, trace := range traces {
				if trace.pattern.MatchString(line) {
					found = append(found, fmt.Sprintf("%s:%d holds %s", name, i+1, trace.name))
				}
			}
		}
	}
	require.Empty(t, found)
}

func TestTracesAreSeen(t *testing.T) {
	for _, trace := range traces {
		require.Regexp(t, trace.pattern, trace.bad, trace.name)
		require.NotRegexp(t, trace.pattern, trace.ok, trace.name)
	}
}
