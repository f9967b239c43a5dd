package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sources parses the code of the repository, without tests and generated
// files, by folder below the root.
func sources(t *testing.T, files *token.FileSet) map[string][]*ast.File {
	t.Helper()
	top := root(t)
	byFolder := map[string][]*ast.File{}
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != top && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if os.IsNotExist(err) {
			return nil // removed while we looked
		}
		if err != nil {
			return err
		}
		if folder, err := filepath.Rel(top, filepath.Dir(path)); err == nil && !ast.IsGenerated(file) {
			byFolder[folder] = append(byFolder[folder], file)
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, byFolder)
	return byFolder
}

// TestEverythingExportedIsExplained wants a comment on each package, and on
// each type, function, method, method of an interface, constant and variable
// that is exported. A comment on a group of constants or variables counts for
// all of it, one on a struct for its fields; Error, String and Unwrap are
// explained by the interfaces that they satisfy.
func TestEverythingExportedIsExplained(t *testing.T) {
	files := token.NewFileSet()
	var bare []string
	for folder, parsed := range sources(t, files) {
		report := func(pos token.Pos, what string) {
			at := files.Position(pos)
			bare = append(bare, fmt.Sprintf("%s/%s:%d: %s", folder, filepath.Base(at.Filename), at.Line, what))
		}
		explained := false
		for _, file := range parsed {
			explained = explained || file.Doc != nil
			for _, decl := range file.Decls {
				undocumented(decl, report)
			}
		}
		if !explained {
			bare = append(bare, folder+": the package")
		}
	}
	slices.Sort(bare)
	require.Empty(t, bare, "exported without a comment")
}

// undocumented reports what of a declaration lacks a comment.
func undocumented(decl ast.Decl, report func(token.Pos, string)) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		satisfies := d.Recv != nil && slices.Contains([]string{"Error", "String", "Unwrap"}, d.Name.Name)
		if d.Name.IsExported() && d.Doc == nil && !satisfies && (d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type))) {
			report(d.Pos(), "func "+d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.ValueSpec:
				exported := slices.ContainsFunc(s.Names, (*ast.Ident).IsExported)
				if exported && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					report(s.Pos(), s.Names[0].Name)
				}
			case *ast.TypeSpec:
				if !s.Name.IsExported() {
					continue
				}
				if s.Doc == nil && d.Doc == nil {
					report(s.Pos(), "type "+s.Name.Name)
				}
				undocumentedMethods(s, report)
			}
		}
	}
}

// undocumentedMethods reports the methods of an interface that have no comment:
// each is a promise.
func undocumentedMethods(s *ast.TypeSpec, report func(token.Pos, string)) {
	contract, ok := s.Type.(*ast.InterfaceType)
	if !ok {
		return
	}
	for _, method := range contract.Methods.List {
		for _, name := range method.Names {
			if name.IsExported() && method.Doc == nil && method.Comment == nil {
				report(name.Pos(), s.Name.Name+"."+name.Name)
			}
		}
	}
}

// receiver is the name of a method's type.
func receiver(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// TestBareDeclarationsAreSeen runs the check on a file that lacks comments.
func TestBareDeclarationsAreSeen(t *testing.T) {
	const text = `// Package p is explained.
package p

type Bare struct{ A int }

// T is explained.
type T struct{ A int }

// I is explained.
type I interface {
	M()
}

func F() {}

func (T) G() {}

func (T) String() string { return "" }

func String() string { return "" }

func (t *t) H() {}

const X = 1

// Both are.
const (
	Y = 2
	Z = 3
)
`
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "p.go", text, parser.ParseComments)
	require.NoError(t, err)
	var got []string
	for _, decl := range file.Decls {
		undocumented(decl, func(_ token.Pos, what string) { got = append(got, what) })
	}
	require.Equal(t, []string{"type Bare", "I.M", "func F", "func G", "func String", "X"}, got)
}
