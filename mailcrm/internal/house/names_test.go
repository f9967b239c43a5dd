package house

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// vague names say nothing of what lies inside; STYLE.md asks for the field's
// words instead.
var vague = regexp.MustCompile(`(^|_)(util|utils|common|helper|helpers|manager|handler|handlers|service|services|base|impl|data|misc)$`)

// TestNamesSayWhatTheyAre looks at the names of packages and files.
func TestNamesSayWhatTheyAre(t *testing.T) {
	require.True(t, vague.MatchString("util") && vague.MatchString("mail_helpers") && !vague.MatchString("database"))
	files := token.NewFileSet()
	for folder, parsed := range sources(t, files) {
		for _, file := range parsed {
			require.False(t, vague.MatchString(file.Name.Name), "package %s in %s", file.Name.Name, folder)
			name := strings.TrimSuffix(filepath.Base(files.Position(file.Pos()).Filename), ".go")
			require.False(t, vague.MatchString(name), "%s/%s.go", folder, name)
		}
	}
}

// TestNothingRunsAtImport: a library that acts when it is imported acts in
// every host.
func TestNothingRunsAtImport(t *testing.T) {
	files := token.NewFileSet()
	for _, parsed := range sources(t, files) {
		for _, file := range parsed {
			for _, decl := range file.Decls {
				if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
					require.NotEqual(t, "init", f.Name.Name, "%s", files.Position(f.Pos()))
				}
			}
		}
	}
}
