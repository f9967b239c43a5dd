package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/examples/server/internal/web"
	"github.com/mailcrm/sdk/mailcrm"
)

// forEverybody are the pages that show each visitor his own, or what all agents share.
var forEverybody = []string{
	"GET /{$}", "/", "GET /inbox", "GET /compose", "POST /compose", "GET /drafts", "GET /complete", "GET /outbox", "GET /help", "GET /events",
	"GET /templates", "GET /templates/new", "POST /templates/new", "GET /templates/{id}", "POST /templates/{id}", "POST /templates/{id}/delete",
	"GET /records", "GET /records/new", "POST /records/new", "GET /records/{kind}/{id}",
	"GET /accounts", "GET /accounts/new", "POST /accounts/new/find", "POST /accounts/new/try", "POST /accounts/new/anyway", "GET /accounts/signed-in",
	"GET /link", // a form for what one has marked; what it is sent to is in the table below
}

// settings are the pages on which an administrator sets up the accounts of others.
var settings = []string{
	"GET /accounts/{id}", "POST /accounts/{id}", "POST /accounts/{id}/test", "POST /accounts/{id}/pause", "POST /accounts/{id}/resume", "GET /accounts/{id}/folders",
	"POST /accounts/{id}/folders", "POST /accounts/{id}/folders/create", "GET /accounts/{id}/certificate", "POST /accounts/{id}/trust", "GET /accounts/{id}/delete", "POST /accounts/{id}/delete",
}

// TestWithoutRightsNothingIsThere: every page of something that belongs to somebody is "not found" for an agent without rights, as if it did not exist. A new page must be listed here.
func TestWithoutRightsNothingIsThere(t *testing.T) {
	w := theDemo(t)
	s := w.as("jeanne")
	own := w.accountOf(t, "jeanne", "jeanne.martin@demo.example")
	_, err := w.Mail.Deliver(own.Address, []byte("From: nobody@unknown-to-all.example\r\nTo: "+own.Address+"\r\nSubject: Strictly between us\r\nMessage-ID: <between@us.example>\r\n\r\nbretagne\r\n"))
	require.NoError(t, err)
	mail := w.find(t, "jeanne", "Strictly between us").ID // on no record: nobody else may see it
	boxes, err := s.Mailboxes.List(t.Context(), own.ID)
	require.NoError(t, err)
	draft, err := s.Drafts.Create(t.Context(), mailcrm.DraftInput{Account: own.ID, Subject: "secret plan"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Drafts.Delete(t.Context(), draft.ID) })
	login := w.loginOf(t, "jeanne")

	of := map[string]string{"/message/": mail, "/drafts/": draft.ID, "/outbox/": "1", "/accounts/": own.ID}
	fields := map[string][]string{
		"POST /fetch":                    {"account", own.ID},
		"POST /inbox/marked":             {"m", mail, "op", "read"},
		"POST /link":                     {"m", mail, "entity", "account:nordwind"},
		"POST /message/{id}/mark":        {"op", "read"},
		"POST /message/{id}/link":        {"entity", "account:nordwind"},
		"POST /message/{id}/unlink":      {"entity", "account:nordwind"},
		"POST /message/{id}/create":      {"kind", "contact", "last", "Vogel", "address", "vogel@elsewhere.example"},
		"POST /message/{id}/reply":       {"op", "reply"},
		"POST /message/{id}/pictures":    {"op", "trust"},
		"POST /message/{id}/receipt":     {"answer", "no"},
		"POST /message/{id}/file/{part}": {"tree", "common"},
		"POST /drafts/{id}":              {"op", "save", "account", own.ID, "subject", "mine", "revision", "1"},
		"POST /drafts/{id}/send":         {"revision", "1", "key", "k1"},
		"POST /outbox/{id}/resolve":      {"op", "sent", "left", "1"},
		"POST /accounts/{id}":            {"address", "jeanne.martin@demo.example", "imap.host", "127.0.0.1", "smtp.host", "127.0.0.1"},
		"POST /accounts/{id}/test":       {"address", "jeanne.martin@demo.example", "imap.host", "127.0.0.1", "smtp.host", "127.0.0.1"},
		"POST /accounts/{id}/trust":      {"side", "imap", "pin", strings.Repeat("0", 64)},
		"POST /accounts/new/login":       {"login", login},
		"POST /accounts/signin":          {"login", login},
	}
	for _, agent := range []string{"marc", "admin"} {
		v := w.visitor(t, agent, "fr")
		checked := 0
		for _, pattern := range web.Patterns() {
			if slices.Contains(forEverybody, pattern) || agent == "admin" && slices.Contains(settings, pattern) {
				continue
			}
			method, path, _ := strings.Cut(pattern, " ")
			for prefix, id := range of {
				if strings.HasPrefix(path, prefix) {
					path = strings.Replace(path, "{id}", id, 1)
				}
			}
			path = strings.Replace(path, "{part}", "2", 1)
			require.NotContains(t, path, "{", "%s is not in this table: say whose it is", pattern)
			var p *page
			if method == http.MethodGet {
				p = v.get(path)
			} else {
				p = v.post(path, fields[pattern]...)
			}
			checked++
			if p.status != http.StatusNotFound {
				t.Errorf("%s: %s answers %d to an agent without rights: %s", agent, pattern, p.status, p.main())
			}
			for _, secret := range []string{"secret plan", "Strictly between us", "127.0.0.1"} {
				if strings.Contains(p.main(), secret) {
					t.Errorf("%s: %s shows %q", agent, pattern, secret)
				}
			}
		}
		require.Greater(t, checked, 15)
		require.Equal(t, http.StatusNotFound, v.get("/inbox?mailbox="+boxes[0].ID).status, agent)
		require.NotContains(t, v.get("/link?m="+mail).main(), "Strictly", agent)
	}
	// The same as of what does not exist at all.
	marc := w.visitor(t, "marc", "fr")
	require.Equal(t, marc.get("/accounts/nothing").main(), marc.get("/accounts/"+own.ID).main())
	require.Equal(t, marc.get("/message/nothing").main(), marc.get("/message/"+mail).main())
	admin := w.visitor(t, "admin", "fr")
	for _, path := range []string{"", "/folders", "/certificate", "/delete"} {
		require.Equal(t, http.StatusOK, admin.get("/accounts/"+own.ID+path).status, path)
	}
	require.Contains(t, admin.get("/accounts").main(), "jeanne.martin@demo.example")
	require.NotContains(t, marc.get("/accounts").main(), "jeanne.martin@demo.example")
}

// loginOf signs an agent in at the provider and returns the login.
func (w *world) loginOf(t *testing.T, agent string) string {
	t.Helper()
	v := w.visitor(t, agent, "fr")
	v.signIn(v.lookFor(agent+"@signin.example"), "/accounts/signin")
	all, err := w.as(agent).Logins.List(t.Context())
	require.NoError(t, err)
	for _, l := range all {
		if l.Subject == agent+"@signin.example" {
			return l.ID
		}
	}
	require.FailNow(t, "no login")
	return ""
}
