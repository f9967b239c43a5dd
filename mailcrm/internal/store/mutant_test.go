package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
)

// tenantCondition is how every tenant condition of a statement is written.
var tenantCondition = regexp.MustCompile(`(\w+\.)?\btenant = (\?|\w+\.tenant)`)

// acrossTenants are the statements that need no tenant condition, and why.
var acrossTenants = map[string]string{
	"SELECT COALESCE(MAX(num), 0) FROM @messages":      "gives the rows of SQLite their numbers",
	"DELETE FROM @message_words WHERE rowid IN {list}": "by such numbers",
	"UPDATE @leases SET expires = {now} + ?":           "all leases of a node",
	"FROM @projections WHERE due <= ?":                 "finds work",
}

// toldElsewhere are the statements that are not in the story, and the test that has them with two tenants.
var toldElsewhere = map[string]string{
	"leases.go endLeases":   "TestEndLeases: it is meant to end everybody's",
	"sealed.go sealedIMAP":  "TestResealRows: it is meant to find everybody's",
	"sealed.go sealedSMTP":  "TestResealRows",
	"sealed.go sealedLogin": "TestResealRows",
	"sealed.go resealIMAP":  "TestResealRows: the old value must be there, and no two tenants have the same",
	"sealed.go resealSMTP":  "TestResealRows",
	"sealed.go resealLogin": "TestResealRows",
	"states.go waiting":     "TestRetime",
	"states.go hurry":       "TestRetime: the whole row must be as it was read",
}

// record tells the story and returns every statement that it uses.
func record(t testing.TB, open func(testing.TB, func(*store.Options)) *store.DB) map[string]bool {
	t.Helper()
	var mu sync.Mutex
	statements := make(map[string]bool)
	tell(t, open, func(q string) string {
		mu.Lock()
		defer mu.Unlock()
		statements[q] = true
		return q
	}, func(int) []string { return nil }, nil, 0, 1)
	return statements
}

// A mutant is a statement, or a part of one, with one tenant condition taken out.
type mutant struct{ part, mutated string }

// mutants are all of the source that a set of statements uses.
func mutants(parts []sqlPart, statements map[string]bool) []mutant {
	var all []mutant
	for _, part := range parts {
		if !uses(statements, part) {
			continue
		}
		for _, at := range tenantCondition.FindAllStringIndex(part.text, -1) {
			all = append(all, mutant{part.text, part.text[:at[0]] + "(" + part.text[at[0]:at[1]] + " OR TRUE)" + part.text[at[1]:]})
		}
	}
	return all
}

func uses(statements map[string]bool, part sqlPart) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(statements)), func(q string) bool { return strings.Contains(q, part.text) })
}

// TestEveryTenantConditionMatters takes out the tenant conditions, one at a time, and demands that the story then goes wrong: an answer differs, a table holds something else, or a statement fails. A mutant that
// lives is a condition that no test would miss. PostgreSQL repeats it for the statements that only it has.
func TestEveryTenantConditionMatters(t *testing.T) {
	if underRace {
		t.Skip("one story a mutant, each without a race of its own: run without the race detector")
	}
	parts := sqlOfSource(t)
	onSQLite := record(t, storetest.SQLite)
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		all := mutants(parts, onSQLite)
		require.Greater(t, len(all), 120)
		killAll(t, all, storetest.SQLite)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		only := slices.DeleteFunc(slices.Clone(parts), func(part sqlPart) bool { return uses(onSQLite, part) })
		all := mutants(only, record(t, storetest.Postgres))
		require.NotEmpty(t, all)
		killAll(t, all, storetest.Postgres)
	})
}

func killAll(t *testing.T, all []mutant, open func(testing.TB, func(*store.Options)) *store.DB) {
	t.Helper()
	alone := apart(t, open)
	work := make(chan mutant)
	var alive []string
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for m := range work {
				if lives(t, m, open, alone) {
					mu.Lock()
					alive = append(alive, m.mutated)
					mu.Unlock()
				}
			}
		})
	}
	for _, m := range all {
		work <- m
	}
	close(work)
	workers.Wait()
	t.Logf("%d mutants", len(all))
	require.Empty(t, alive, "the story does not miss these tenant conditions")
}

// changed is the table that a statement changes.
var changed = regexp.MustCompile(`^(?:UPDATE|DELETE FROM) @(\w+)`)

// lives reports whether the story goes on as ever with a mutant in it.
func lives(t testing.TB, m mutant, open func(testing.TB, func(*store.Options)) *store.DB, alone telling) bool {
	short := &scope{TB: t}
	defer short.end()
	same := true
	changes := changed.FindStringSubmatch(m.part)
	tell(short, open, func(q string) string {
		return strings.ReplaceAll(q, m.part, m.mutated)
	}, func(step int) []string {
		switch {
		case step == len(story)-1:
			return tables
		case changes != nil: // may be made good by a later step
			return changes[1:]
		}
		return nil // what a question does wrong is answered, or stays in the tables
	}, func(v, i int, now moment) bool {
		same = alone.differs(v, i, now) == ""
		return same
	}, 0, 1)
	return same
}

// A scope is a test within a test: what it has opened is closed at its end.
type scope struct {
	testing.TB
	cleanups []func()
}

func (s *scope) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *scope) end() {
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
}

// TestEveryStatementIsTold reads the source of the store and the reader: every statement in it, and every part of one, is used in the story, and every one that is used has a tenant condition, writes a tenant's row, or is
// listed above.
func TestEveryStatementIsTold(t *testing.T) {
	used := record(t, storetest.SQLite)
	if !testing.Short() {
		maps.Copy(used, record(t, storetest.Postgres))
	}
	for _, part := range sqlOfSource(t) {
		if toldElsewhere[part.name] != "" {
			continue
		}
		require.True(t, uses(used, part), "%s is not in the story: %s", part.name, part.text)
	}
	for q := range used {
		if tenantCondition.MatchString(q) || strings.HasPrefix(q, "INSERT INTO") {
			continue
		}
		known := slices.ContainsFunc(slices.Collect(maps.Keys(acrossTenants)), func(part string) bool { return strings.Contains(q, part) })
		require.True(t, known, "no tenant condition: %s", q)
	}
}

type sqlPart struct{ name, text string }

var looksLikeSQL = regexp.MustCompile(`(?s)^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|AND|ORDER BY|WHERE|FROM)\b`)

// sqlOfSource are the constants of type engine.SQL, and the texts of the sortings. A text that looks like SQL anywhere else fails the test.
func sqlOfSource(t *testing.T) []sqlPart {
	t.Helper()
	var parts []sqlPart
	values := make(map[string]string) // of string constants, by name and by package and name
	files := token.NewFileSet()
	for _, folder := range []string{".", "reader"} {
		names, err := filepath.Glob(filepath.Join(folder, "*.go"))
		require.NoError(t, err)
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || name == "migrate.go" {
				continue
			}
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			file, err := parser.ParseFile(files, name, text, 0)
			require.NoError(t, err)
			allowed := make(map[ast.Node]bool)
			for _, d := range file.Decls {
				group, ok := d.(*ast.GenDecl)
				if !ok || group.Tok == token.IMPORT {
					continue
				}
				for _, s := range group.Specs {
					spec, ok := s.(*ast.ValueSpec)
					if !ok {
						continue
					}
					if spec.Names[0].Name == "sortings" {
						ast.Inspect(spec, func(n ast.Node) bool {
							if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && strings.HasPrefix(lit.Value, "`") {
								parts = append(parts, sqlPart{"sortings", unquote(lit)})
								allowed[lit] = true
							}
							return true
						})
						continue
					}
					for i, v := range spec.Values {
						value, ok := constant(v, values)
						if !ok {
							continue
						}
						values[spec.Names[i].Name] = value
						values["store."+spec.Names[i].Name] = value
						if typ, ok := spec.Type.(*ast.SelectorExpr); ok && typ.Sel.Name == "SQL" {
							parts = append(parts, sqlPart{name + " " + spec.Names[i].Name, value})
							ast.Inspect(v, func(n ast.Node) bool {
								if n != nil {
									allowed[n] = true
								}
								return true
							})
						}
					}
				}
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && !allowed[lit] {
					require.False(t, looksLikeSQL.MatchString(unquote(lit)), "%s: SQL outside of a constant of type engine.SQL: %s", files.Position(lit.Pos()), lit.Value)
				}
				return true
			})
		}
	}
	require.Greater(t, len(parts), 150)
	return parts
}

func unquote(lit *ast.BasicLit) string {
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return lit.Value
	}
	return s
}

// constant evaluates texts, names and sums of these.
func constant(e ast.Expr, values map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return unquote(e), e.Kind == token.STRING
	case *ast.Ident:
		v, ok := values[e.Name]
		return v, ok
	case *ast.SelectorExpr:
		if pkg, ok := e.X.(*ast.Ident); ok {
			v, ok := values[pkg.Name+"."+e.Sel.Name]
			return v, ok
		}
	case *ast.BinaryExpr:
		x, ok1 := constant(e.X, values)
		y, ok2 := constant(e.Y, values)
		return x + y, ok1 && ok2 && e.Op == token.ADD
	}
	return "", false
}

// TestNoStatementWalks asks SQLite how it would run every statement: on the tables that grow with the mail none may walk over all rows of a tenant to find a few.
func TestNoStatementWalks(t *testing.T) {
	opts := storetest.SQLiteOptions(t)
	db, err := store.Open(context.Background(), opts)
	require.NoError(t, err)
	defer db.Close()
	plain, err := sql.Open("sqlite", "file:/"+t.Name()+"?vfs=memdb")
	require.NoError(t, err)
	defer plain.Close()
	big := regexp.MustCompile(`^(SCAN|SEARCH) (messages|message_texts|participants|thread_ids|copies|links|events|blobs|send_ids|submissions|[mcflwas])\b(.*)`)
	for q := range record(t, storetest.SQLite) {
		text := store.Render(db, strings.NewReplacer("{list}", "(?, ?, ?, ?, ?, ?, ?, ?)", "VALUES {rows}", "VALUES (NULL)").Replace(q))
		if strings.HasPrefix(text, "INSERT") {
			continue
		}
		rows, err := opts.Read.Query("EXPLAIN QUERY PLAN "+text, arguments(text)...)
		require.NoError(t, err, text)
		for rows.Next() {
			var id, parent, unused int
			var detail string
			require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
			step := big.FindStringSubmatch(detail)
			if step == nil || exempt(q, detail) {
				continue
			}
			require.NotRegexp(t, `^SCAN`, detail, text)
			require.NotRegexp(t, `\(tenant=\?\)`, detail, text)
		}
		require.NoError(t, rows.Err())
	}
}

// exempt are walks that are meant: over accounts, over a few due rows, along an index that gives the order, or over the numbers of a range.
func exempt(q, detail string) bool {
	switch {
	case strings.Contains(detail, " a ") || strings.HasPrefix(detail, "SCAN s USING INDEX submissions_due"), strings.Contains(detail, "USING INDEX messages_pending"), strings.Contains(detail, "messages_pending"):
		return true
	case strings.Contains(q, "MAX(num)"):
		return true
	}
	return false
}

// arguments are as many numbers as a text has places.
func arguments(text string) []any {
	args := make([]any, strings.Count(text, "?"))
	for i := range args {
		args[i] = fmt.Sprint(i)
	}
	return args
}
