package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

func TestHostileMailIsOnlyText(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	w.find(t, "jeanne", "Long") // all have arrived
	list := v.get("/inbox?" + url.Values{"q": {"de:elsewhere.example"}}.Encode())
	require.Contains(t, list.main(), "(sans objet)")
	require.Contains(t, list.main(), "<script>alert('name')</script>")
	require.NotContains(t, list.text, "<script>alert")
	require.NotContains(t, list.text, "<img src=x")
	require.Contains(t, list.main(), "%s", "a subject is no format")
	require.NotContains(t, list.main(), "EXTRA")
	require.Contains(t, list.main(), longName)
	subjects := 0
	for _, n := range list.by("", "dir", "auto") {
		if strings.Contains(words(n), "שלום") || strings.Contains(words(n), "exe.pdf") {
			subjects++
		}
	}
	require.Positive(t, subjects, "right-to-left text stands in an element of its own direction")

	for _, link := range list.links() {
		if !strings.HasPrefix(link, "/message/") {
			continue
		}
		p := v.get(link)
		require.Equal(t, 200, p.status, link)
		require.NotContains(t, p.text, "<script>alert", link)
		require.NotContains(t, p.text, "onerror=alert(\"", link)
		require.NotContains(t, p.text, "192.0.2.1", "the page itself holds nothing of the mail's HTML")
		sound(t, p, link)
		draft := v.submit(p, "/reply", "op", "all")
		require.Equal(t, 200, draft.status, draft.main())
		require.NotContains(t, draft.text, "<script>alert", link)
		require.NotContains(t, draft.value("subject"), "{{ contact.name }}", "somebody else's subject is no merge field")
		v.submit(draft, draft.url.Path, "op", "discard")
	}
	html := w.find(t, "jeanne", "Hostile")
	frame := v.get("/mail/" + html.ID + "/body")
	for _, bad := range []string{"<script", "onclick", "192.0.2.1", "<form"} {
		require.NotContains(t, frame.text, bad)
	}
	require.Contains(t, frame.header.Get("Content-Security-Policy"), "sandbox")
}

func TestHostileRecordsAreOnlyText(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	name := `"><script>alert('record')</script> & Söhne`
	made, err := w.as("jeanne").Entities.Create(t.Context(), storage.CreateRequest{Kind: storage.KindAccount, Name: name, Address: "odd@strange.example"})
	require.NoError(t, err)
	for _, path := range []string{"/records?q=alert", "/records/account/" + made.Entity.ID, "/compose?to=odd@strange.example", "/message/" + w.find(t, "jeanne", "Marylebone").ID + "?find=alert", "/records?q=" + url.QueryEscape(`"><script>`)} {
		p := v.get(path)
		require.Equal(t, 200, p.status, path)
		require.NotContains(t, p.text, "<script>alert", path)
		sound(t, p, path)
	}
	require.Contains(t, v.get("/records/account/"+made.Entity.ID).main(), name)
	require.Equal(t, 404, v.get("/records/account/nobody").status)
	require.Equal(t, 404, v.get("/records/contact/"+url.PathEscape("a/b?c#d")).status)
}

func TestSearchShowsWhatItUnderstood(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	p := v.get("/inbox?" + url.Values{"q": {"de:priya avec:pj est:violet avant:bientôt dans:nullepart"}}.Encode())
	require.Contains(t, p.main(), "Marylebone")
	require.Contains(t, p.main(), "est:violet — non compris")
	require.Contains(t, p.main(), "avant:bientôt — date illisible")
	require.Contains(t, p.main(), "dans:nullepart — dossier inconnu")
	require.Contains(t, v.get("/inbox?q=zzzznothing").main(), "Aucun résultat")
	require.Contains(t, v.get("/inbox?q="+strings.Repeat("x", 300)).main(), "255 caractères")
	require.Contains(t, v.get("/inbox?q=dans:Nordwind").main(), "Hotel Alster")
	require.Equal(t, 200, v.get("/inbox?sort=nonsense&dir=up&from=-5").status)
	require.Equal(t, 404, v.get("/inbox?mailbox=nonsense").status)
	starred := v.get("/inbox?q=is:starred")
	require.NotEmpty(t, starred.by("button", "aria-pressed", "true"))
	sorted := v.get("/inbox?sort=from&dir=up")
	require.Equal(t, "ascending", attr(sorted.by("th", "aria-sort", "")[0], "aria-sort"))
}
