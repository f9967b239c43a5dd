package mailcrm_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// TestEventTypesAreListed: the documentation of Event names every type that the code emits, and no other.
func TestEventTypesAreListed(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "events.go", nil, parser.ParseComments)
	require.NoError(t, err)
	var listed []string
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.TYPE && strings.HasPrefix(d.Doc.Text(), "An Event ") {
			for _, m := range regexp.MustCompile(`(?m)^\t([a-z]+\.[a-z_]+) `).FindAllStringSubmatch(d.Doc.Text(), -1) {
				listed = append(listed, m[1])
			}
		}
	}
	require.Greater(t, len(listed), 10)
	var emitted []string
	for _, u := range codeUses(t) {
		switch first, _, _ := strings.Cut(u.code, "."); first {
		case "message", "link", "outbox", "account", "mailboxes", "login":
			if slices.Contains([]string{"message.rtf", "login.sh", "login.refresh_token", "login.verifier"}, u.code) {
				continue // names of files and of sealed fields
			}
			if !slices.Contains(mailcrm.Codes(), u.code) && !slices.Contains(emitted, u.code) {
				emitted = append(emitted, u.code)
			}
		}
	}
	require.ElementsMatch(t, listed, emitted)
}

// TestEvents: numbers without a gap in each tenant, whoever writes at the same time; each reads what concerns him, to the end.
func TestEvents(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	var working sync.WaitGroup
	tenants := []storage.Tenant{"", "other"}
	for _, tenant := range tenants {
		for _, agent := range []string{"a", "b", "c", "d"} {
			working.Go(func() {
				s := w.client.As(storage.Actor{Tenant: tenant, Agent: agent})
				in := w.input()
				in.Address = agent + "@demo.example"
				account, err := s.Accounts.Create(context.Background(), in)
				for range 10 {
					if err == nil {
						account, err = s.Accounts.Update(context.Background(), account.Input())
					}
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	working.Wait()
	for _, tenant := range tenants {
		seen := map[int64]bool{}
		for _, agent := range []string{"a", "b", "c", "d", "nobody"} {
			s := w.client.As(storage.Actor{Tenant: tenant, Agent: agent})
			mine, last := 0, int64(0)
			for after := int64(0); ; {
				events, next, err := s.Events.List(t.Context(), after, 7)
				require.NoError(t, err)
				for _, e := range events {
					require.Greater(t, e.Seq, last)
					require.Equal(t, agent, e.Agent)
					require.False(t, seen[e.Seq])
					seen[e.Seq], last = true, e.Seq
					mine++
				}
				if next == after {
					require.EqualValues(t, 44, next, "also who hears nothing gets on")
					break
				}
				after = next
			}
			if agent != "nobody" {
				require.Equal(t, 11, mine)
			}
		}
		require.Len(t, seen, 44)
	}
}
