package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// axe is the source of axe-core, which npm installs beside its package.json the first time; without it the test is skipped, or fails where CI=true.
func axe(t *testing.T) string {
	t.Helper()
	folder := filepath.Join("testdata", "axe")
	file := filepath.Join(folder, "node_modules", "axe-core", "axe.min.js")
	source, err := os.ReadFile(file)
	if err != nil {
		ctx, done := context.WithTimeout(t.Context(), 2*time.Minute)
		defer done()
		cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		cmd.Dir = folder
		out, failed := cmd.CombinedOutput()
		if source, err = os.ReadFile(file); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("no axe-core: npm ci in %s: %v\n%s", folder, failed, out)
			}
			t.Skipf("no axe-core: npm ci in %s: %v", folder, failed)
		}
	}
	return string(source)
}

// A violation is a rule that axe found broken.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// rules are WCAG 2.2 AA and what axe calls good practice.
const rules = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"], iframes: false}).then(r => JSON.stringify(r.violations))`

func TestEveryPageIsAccessible(t *testing.T) {
	w := theDemo(t)
	source := axe(t)
	b := openBrowser(t, w.server.URL)
	pages := w.everyPage(t, w.visitor(t, "jeanne", "fr"))
	for _, look := range []struct {
		width, height int64
		scheme        string
		lang          string
	}{{1280, 900, "light", "fr"}, {1280, 900, "dark", "en"}, {320, 700, "light", "en"}, {320, 700, "dark", "fr"}} {
		b.look(look.width, look.height, look.scheme, look.lang)
		for _, path := range pages {
			where := fmt.Sprintf("%s at %d px, %s", path, look.width, look.scheme)
			b.goTo(path)
			run[bool](b, `document.querySelectorAll("details").forEach(d => { d.open = true; }), true`)
			if wide := run[int64](b, "document.documentElement.scrollWidth"); wide > look.width {
				t.Errorf("%s scrolls sideways: %d px", where, wide)
			}
			run[bool](b, source+";true")
			var found []violation
			require.NoError(t, json.Unmarshal([]byte(run[string](b, rules)), &found))
			for _, v := range found {
				for _, n := range v.Nodes[:min(3, len(v.Nodes))] {
					t.Errorf("%s: %s (%s): %s\n%s\n%s", where, v.ID, v.Impact, v.Help, n.HTML, strings.ReplaceAll(n.Summary, "\n", " "))
				}
			}
		}
	}
}
