package api_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAuth(t *testing.T) {
	s := start(t)
	jeanne, marc, admin := s.as("jeanne"), s.as("marc"), s.as("admin")

	account := items(jeanne.get("/accounts"))[0]["id"].(string)
	stranger := jeanne.find("from:lettre-du-bois in:inbox")["id"].(string) // on no record: nobody but Jeanne may read it
	draft := jeanne.post(201, "/messages/"+stranger+":reply", map[string]any{})["id"].(string)
	paths := []string{
		"GET /me", "GET /accounts", "GET /accounts/" + account, "GET /accounts/" + account + "/status", "GET /accounts/" + account + "/folders",
		"GET /accounts/" + account + "/folders/mapping", "PUT /accounts/" + account + "/folders/mapping", "POST /accounts/" + account + "/folders",
		"POST /accounts", "PUT /accounts/" + account, "DELETE /accounts/" + account, "POST /accounts/" + account + ":sync",
		"POST /accounts/" + account + ":verify", "POST /accounts/" + account + ":pause", "POST /accounts/" + account + ":resume", "POST /accounts/" + account + ":trust",
		"GET /accounts/" + account + "/identity-proposals", "GET /autoconfig?email=x@demo.example", "POST /autoconfig/test", "GET /logins", "GET /logins/providers", "POST /logins:begin",
		"POST /logins:complete", "DELETE /logins/x", "DELETE /messages/" + stranger + "/links/x", "DELETE /drafts/" + draft + "/attachments/1",
		"GET /messages", "GET /messages/" + stranger, "GET /messages/" + stranger + "/raw", "GET /messages/" + stranger + "/body", "GET /messages/" + stranger + "/attachments",
		"GET /messages/" + stranger + "/attachments/2", "POST /messages/" + stranger + "/attachments/2:save", "GET /messages/" + stranger + "/headers", "POST /messages/" + stranger + ":receipt",
		"GET /documents", "GET /documents/1/content", "GET /messages/" + stranger + "/explain", "GET /messages/" + stranger + "/links", "POST /messages/" + stranger + "/links",
		"POST /messages/" + stranger + ":open", "POST /messages/" + stranger + ":reply", "POST /messages/" + stranger + ":forward",
		"GET /entities", "POST /entities", "GET /entities/contact/anke", "GET /entities/contact/anke/timeline", "GET /templates", "POST /templates", "POST /templates:check",
		"GET /template-fields", "GET /drafts", "POST /drafts", "GET /drafts/" + draft, "PUT /drafts/" + draft, "DELETE /drafts/" + draft, "POST /drafts/" + draft + "/attachments",
		"POST /drafts/" + draft + ":preview", "POST /drafts/" + draft + ":send", "GET /outbox", "GET /events", "GET /nowhere",
	}
	t.Run("nobody", func(t *testing.T) {
		for _, token := range []string{"", "mailcrm_wrong", s.demo.Token + "x", strings.Repeat("a", 5000)} {
			nobody := &caller{s, token}
			for _, p := range paths {
				method, path, _ := strings.Cut(p, " ")
				a := nobody.call(method, path, nil).problem(http.StatusUnauthorized, "unauthorized")
				require.Equal(t, "Bearer", a.header.Get("WWW-Authenticate"))
			}
		}
		(&caller{s, ""}).call("GET", "/me", nil, "Authorization", "Basic amVhbm5lOng=").problem(http.StatusUnauthorized, "unauthorized")
	})
	t.Run("another agent", func(t *testing.T) {
		for _, p := range paths {
			method, path, _ := strings.Cut(p, " ")
			if !strings.Contains(path, stranger) && !strings.Contains(path, account) && !strings.Contains(path, draft) {
				continue
			}
			for name, other := range map[string]*caller{"marc": marc, "admin": admin} {
				if name == "admin" && strings.Contains(path, account) && !strings.HasSuffix(p, "GET /accounts/"+account+"/folders") && !strings.Contains(path, "sync") {
					continue // an administrator sets up the accounts of others
				}
				var body any
				switch {
				case strings.HasSuffix(path, "/links") && method == "POST":
					body = map[string]any{"kind": "contact", "id": "anke"}
				case strings.HasSuffix(path, ":save"):
					body = map[string]any{"space": "private"}
				case strings.HasSuffix(path, ":receipt"):
					body = map[string]any{"send": true}
				case strings.HasSuffix(path, ":trust"):
					body = map[string]any{"side": "imap", "sha256": strings.Repeat("0", 64)}
				case strings.HasSuffix(path, "/mapping") && method == "PUT", strings.HasSuffix(path, "/folders") && method == "POST":
					body = map[string]any{}
				case method == "PUT" && strings.Contains(path, draft):
					body = map[string]any{"account": account}
				case method == "PUT":
					body = map[string]any{"address": "jeanne.martin@demo.example", "imap": map[string]any{"host": "x"}, "smtp": map[string]any{"host": "x"}}
				}
				a := other.call(method, path, body)
				require.Equal(t, http.StatusNotFound, a.status, "%s %s %s", name, p, a.body)
				a.problem(http.StatusNotFound, "not_found")
			}
		}
	})
	t.Run("every operation of somebody's own is in the table", func(t *testing.T) {
		for path, methods := range jeanne.call("GET", "/openapi.json", nil).is(200).JSON["paths"].(map[string]any) {
			for method := range methods.(map[string]any) {
				here := strings.NewReplacer("{account}", account, "{message}", stranger, "{draft}", draft, "{part}", "2", "{login}", "x", "{link}", "x", "{attachment}", "1").Replace(strings.TrimPrefix(path, "/api/v1"))
				if !strings.Contains(here, account) && !strings.Contains(here, stranger) && !strings.Contains(here, draft) {
					continue
				}
				if !slices.Contains(paths, strings.ToUpper(method)+" "+here) {
					t.Errorf("%s %s: say in this table what an agent without rights gets", method, path)
				}
			}
		}
	})
	t.Run("an administrator sees accounts and no mail", func(t *testing.T) {
		require.Len(t, items(admin.get("/accounts")), 2)
		require.Empty(t, items(admin.get("/accounts"))[0]["rights"])
		require.Empty(t, items(admin.get("/messages")))
		require.Empty(t, items(admin.get("/messages?account="+account)))
		require.Len(t, items(marc.get("/accounts")), 1)
		for _, m := range items(marc.get("/messages?limit=200")) {
			require.NotEqual(t, stranger, m["id"])
		}
	})
	t.Run("who", func(t *testing.T) {
		me := jeanne.get("/me")
		require.Equal(t, "jeanne", me["agent"])
		require.Equal(t, "Jeanne Martin", me["name"])
		require.Equal(t, false, me["admin"])
		require.Equal(t, "Europe/Paris", me["zone"])
		require.Equal(t, true, admin.get("/me")["admin"])
	})
}

// A browser's cookie alone changes nothing: a page elsewhere could make it be sent.
func TestSessionNeedsToken(t *testing.T) {
	s := start(t)
	res, err := s.client.PostForm(s.url+"/who", url.Values{"id": {"jeanne"}})
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusSeeOther, res.StatusCode)
	cookie := res.Cookies()[0]
	require.True(t, cookie.HttpOnly)
	require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	require.False(t, cookie.Secure, "this server speaks http")

	browser := &caller{s, ""}
	with := []string{"Cookie", cookie.Name + "=" + cookie.Value}
	require.Equal(t, "jeanne", browser.call("GET", "/me", nil, with...).is(200).JSON["agent"])
	template := map[string]any{"name": "From a browser", "text": "Hello"}
	browser.call("POST", "/templates", template, with...).problem(http.StatusForbidden, "csrf")
	browser.call("POST", "/templates", template, append(with, "X-CSRF-Token", "wrong")...).problem(http.StatusForbidden, "csrf")

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/", nil)
	require.NoError(t, err)
	req.AddCookie(cookie)
	browser.call("POST", "/templates", template, append(with, "X-CSRF-Token", s.demo.People.Token(req))...).is(http.StatusCreated)
	browser.call("GET", "/me", nil, append(with, "Authorization", "Bearer wrong")...).problem(http.StatusUnauthorized, "unauthorized")
}
