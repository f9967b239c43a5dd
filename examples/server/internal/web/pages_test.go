package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/mailcrm/sdk/examples/server/internal/web"
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// everyPage is a page of each kind, for an agent who has mail, drafts and templates.
func (w *world) everyPage(t *testing.T, v *visitor) []string {
	t.Helper()
	s := w.as("jeanne")
	accounts, err := s.Accounts.List(t.Context())
	require.NoError(t, err)
	account := accounts[0].ID
	boxes, err := s.Mailboxes.List(t.Context(), account)
	require.NoError(t, err)
	letters, err := s.Templates.List(t.Context(), "", "")
	require.NoError(t, err)
	draft, err := s.Drafts.Create(t.Context(), mailcrm.DraftInput{
		Account: account, To: []mailcrm.Address{{Name: "Anke Vogel", Address: "anke.vogel@nordwind.example"}}, Subject: "{{ contact.name }}",
		HTML: "<p>Dear {{ contact.first_name }}, your fax is {{ contact.fax }}</p>", Entity: storage.Ref{Kind: storage.KindContact, ID: "anke"},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Drafts.Delete(t.Context(), draft.ID) })
	pages := []string{
		"/inbox", "/inbox?mailbox=" + boxes[0].ID, "/inbox?q=" + url.QueryEscape("de:anke est:lu avec:pj is:purple"), "/inbox?q=zzzznothing", "/inbox?sort=from&dir=up",
		"/message/" + w.find(t, "jeanne", "Marylebone").ID + "?explain=1&find=nordwind", "/message/" + w.find(t, "jeanne", "bretagne").ID,
		"/compose", "/compose?" + url.Values{"to": {"Anke <anke.vogel@nordwind.example>"}, "page": {"contact"}}.Encode(),
		"/drafts", "/drafts/" + draft.ID, "/drafts/" + draft.ID + "/preview", "/outbox", "/records", "/records?kind=contact&q=an", "/records/new",
		"/records/account/nordwind", "/records/contact/anke", "/records/deal/alster", "/templates", "/templates/new", "/templates/" + letters[0].ID + "?find=anke",
		"/accounts", "/accounts/new", "/accounts/new?by=hand", "/accounts/new?kept=over", "/accounts/" + account, "/accounts/" + account + "/certificate", "/accounts/" + account + "/folders", "/accounts/" + account + "/delete", "/help",
		"/link?m=" + w.find(t, "jeanne", "Marylebone").ID + "&find=nordwind", "/nowhere",
	}
	letter, forged, photo := w.find(t, "jeanne", "Huiles").ID, w.find(t, "jeanne", "URGENT").ID, w.find(t, "jeanne", "Marylebone").ID
	pages = append(pages, "/message/"+letter, "/message/"+letter+"?images=1", "/message/"+forged, "/message/"+forged+"?view=headers", "/message/"+forged+"?view=raw",
		"/message/"+photo+"?view=text", "/message/"+photo+"/file/2", "/message/"+photo+"/file/2?kind=contact&find=an&tree=contact:anke", "/message/"+photo+"/file/2?find=zzzz&tree=private",
		"/documents?tree=deal:alster", "/documents?tree=common")
	for _, address := range []string{"x@two.example", "x@confirm.example", "anna@tuta.com", "marie@outlook.com", "compta@demo.example", "marc@nirgendwo.example"} {
		pages = append(pages, v.lookFor(address).url.RequestURI())
	}
	for _, m := range odd {
		if subject := strings.Fields(m.subject); len(subject) > 0 && subject[0][0] != '=' && subject[0][0] != '<' {
			pages = append(pages, "/message/"+w.find(t, "jeanne", subject[0]).ID)
		}
	}
	return pages
}

// unfilled is what a template leaves behind that went wrong: a key of the catalogue, a Go value.
var unfilled = regexp.MustCompile(`%!|<no value>|&lt;nil&gt;|ZgotmplZ|\b(mail|list|links|compose|nav|record|account|accounts|add|signin|check|certificate|night|found|template|outbox|preview|empty|help)\.[a-z_]+\b`)

var mergeTags = regexp.MustCompile(`\{\{[^}]*\}\}|\{%[^}]*%\}|[a-z]+\.[a-z_]+ —|contact\.[a-z_]+|\S+\.(example|com)\b`)

func TestEveryPageInBothLanguages(t *testing.T) {
	w := theDemo(t)
	for _, lang := range []string{"fr", "en"} {
		v := w.visitor(t, "jeanne", lang)
		for _, path := range w.everyPage(t, v) {
			p := v.get(path)
			if path == "/nowhere" {
				require.Equal(t, http.StatusNotFound, p.status)
			} else {
				require.Equal(t, http.StatusOK, p.status, "%s: %s", path, p.main())
			}
			require.Equal(t, lang, attr(p.by("html", "", "")[0], "lang"), path)
			require.Equal(t, lang, p.header.Get("Content-Language"), path)
			require.NotRegexp(t, unfilled, mergeTags.ReplaceAllString(p.main(), ""), path)
			require.Len(t, p.by("h1", "", ""), 1, path)
			require.NotEmpty(t, words(p.by("title", "", "")[0]), path)
			sound(t, p, path)
			require.Contains(t, p.header.Get("Content-Security-Policy"), "default-src 'self'")
			require.NotContains(t, p.header.Get("Content-Security-Policy"), "unsafe")
			require.Equal(t, "nosniff", p.header.Get("X-Content-Type-Options"))
			require.Contains(t, p.header.Get("Cache-Control"), "no-store")
		}
	}
}

// sound checks what no page may get wrong: ids that repeat, labels and descriptions that point nowhere, script or style in the page, forms without a token.
func sound(t *testing.T, p *page, path string) {
	t.Helper()
	ids := map[string]bool{}
	for _, n := range p.by("", "id", "") {
		require.False(t, ids[attr(n, "id")], "%s: two elements are #%s", path, attr(n, "id"))
		ids[attr(n, "id")] = true
	}
	for n := range nodes(p.root) {
		if n.Type != html.ElementNode {
			continue
		}
		for _, name := range []string{"for", "form", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget"} {
			for _, id := range strings.Fields(attr(n, name)) {
				require.True(t, ids[id], "%s: %s=%q points nowhere", path, name, id)
			}
		}
		for _, a := range n.Attr {
			require.False(t, a.Key == "style" || strings.HasPrefix(a.Key, "on"), "%s: <%s %s>", path, n.Data, a.Key)
		}
		switch n.Data {
		case "style":
			t.Errorf("%s holds a style sheet", path)
		case "script":
			require.NotEmpty(t, attr(n, "src"), path)
		case "iframe":
			require.True(t, has(n, "sandbox"), path)
			require.NotContains(t, attr(n, "sandbox"), "allow-scripts")
			require.NotContains(t, attr(n, "sandbox"), "allow-same-origin")
			require.NotEmpty(t, attr(n, "title"))
		case "form":
			if attr(n, "method") == "post" {
				require.NotEmpty(t, formValues(n).Get("csrf"), "%s: a form for %s without a token", path, attr(n, "action"))
			}
		}
	}
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	queue, seen := append([]string{"/"}, w.everyPage(t, v)...), map[string]bool{}
	const enough = 250
	for len(queue) > 0 && len(seen) < enough {
		path := queue[0]
		queue = queue[1:]
		key := regexp.MustCompile(`[?&](back|cursor|next)=[^&]*`).ReplaceAllString(path, "")
		if seen[key] || path == "/nowhere" || strings.HasPrefix(path, "/mail/") {
			continue
		}
		seen[key] = true
		p := v.get(path)
		require.Less(t, p.status, 400, "%s: %s", path, p.main())
		queue = append(queue, p.links()...)
	}
	require.Greater(t, len(seen), 100)
}

func TestNothingIsDoneWithoutTheToken(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	posts := 0
	for _, pattern := range web.Patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		if method != http.MethodPost {
			continue
		}
		posts++
		path = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "x")
		for _, token := range []string{"", "forged"} {
			form := url.Values{"csrf": {token}, "op": {"save"}}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.base+path, strings.NewReader(form.Encode()))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			p := v.do(r)
			require.Equal(t, http.StatusForbidden, p.status, path)
			require.Contains(t, p.main(), "autre session", path)
		}
		require.Equal(t, http.StatusMethodNotAllowed, statusOf(v, pattern, path), "a GET of %s does something", path)
	}
	require.Greater(t, posts, 15)
}

// statusOf is what a GET of an address that only takes POSTs answers; 405 if there is a page of that address too.
func statusOf(v *visitor, pattern, path string) int {
	get := strings.Replace(pattern, "POST ", "GET ", 1)
	if slices.Contains(web.Patterns(), get) {
		return http.StatusMethodNotAllowed
	}
	// "/" takes every address that no other pattern takes: it shows that there is nothing.
	if status := v.get(path).status; status != http.StatusNotFound {
		return status
	}
	return http.StatusMethodNotAllowed
}

func TestTooMuchIsRefused(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	p := v.post("/language-that-is-none", "x", strings.Repeat("a", 5<<20))
	require.Equal(t, http.StatusRequestEntityTooLarge, p.status)
	require.Contains(t, p.main(), "too much at once")
}

func TestAssetsAreKeptForEver(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	css := attr(v.get("/help").by("link", "rel", "stylesheet")[0], "href")
	p := v.get(css)
	require.Equal(t, http.StatusOK, p.status)
	require.Contains(t, p.header.Get("Cache-Control"), "immutable")
	require.Equal(t, "text/css; charset=utf-8", p.header.Get("Content-Type"))
	v.header.Set("If-None-Match", p.header.Get("ETag"))
	require.Equal(t, http.StatusNotModified, v.get(css).status)
	require.Equal(t, http.StatusNotFound, v.get("/assets/nothing.css").status)
	require.Contains(t, v.get("/assets/script.js?v=old").header.Get("Cache-Control"), "no-cache")
}
