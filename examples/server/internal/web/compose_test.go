package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
)

// discard throws a draft away at the end of a test.
func (w *world) discard(t *testing.T, p *page) {
	t.Helper()
	id := strings.Split(strings.TrimPrefix(p.url.Path, "/drafts/"), "/")[0]
	t.Cleanup(func() { _ = w.as("jeanne").Drafts.Delete(t.Context(), id) })
}

// template is the one of a name.
func (w *world) template(t *testing.T, name string) mailcrm.Template {
	t.Helper()
	all, err := w.as("jeanne").Templates.List(t.Context(), "", "")
	require.NoError(t, err)
	for _, letter := range all {
		if letter.Name == name {
			return letter
		}
	}
	require.FailNow(t, "no template "+name)
	return mailcrm.Template{}
}

func TestNamesAreCompletedWithoutScript(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	p := v.submit(v.get("/compose"), "/compose", "op", "save", "to", "priya, oliver@hartleyfinch.example", "subject", "x")
	w.discard(t, p)
	require.Equal(t, http.StatusOK, p.status)
	require.Equal(t, "oliver@hartleyfinch.example, Priya Shah <priya@hartleyfinch.example>", p.value("to"), "one record has this name")

	p = v.submit(p, p.url.Path, "op", "preview", "to", "camille, oliver@hartleyfinch.example")
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.main(), "“camille” may be:")
	require.Equal(t, "oliver@hartleyfinch.example, camille", p.value("to"), "what was typed is kept")
	var pick string
	for _, b := range p.by("button", "name", "op") {
		if strings.Contains(attr(b, "value"), "courriel.example") {
			pick = attr(b, "value")
		}
	}
	require.NotEmpty(t, pick, "her second address is offered too")
	p = v.submit(p, p.url.Path, "op", pick)
	require.Equal(t, "oliver@hartleyfinch.example, Camille Rousseau <camille.rousseau@courriel.example>", p.value("to"))

	p = v.submit(p, p.url.Path, "op", "save", "to", "zzznobody, a@b.example", "subject", "kept")
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.main(), "Not an address: zzznobody")
	require.Equal(t, "kept", v.get(p.url.Path).value("subject"), "the rest is stored")
}

func TestAGapIsShownAndNeverSent(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	p := v.submit(v.get("/compose?to=anke.vogel@nordwind.example"), "/compose", "op", "preview", "subject", "Pour {{ contact.last_name }}", "body", "Né le {{ contact.birthday }}, {{ contact.nonsense }}")
	w.discard(t, p)
	require.Contains(t, p.main(), "à corriger avant l'envoi")
	require.Contains(t, p.main(), "Texte, ligne 1")
	require.True(t, has(p.by("button", "data-send", "")[0], "disabled"))

	draft := v.get(strings.TrimSuffix(p.url.Path, "/preview"))
	p = v.submit(draft, draft.url.Path, "op", "send", "body", "Né le {{ contact.birthday }}")
	require.Equal(t, http.StatusUnprocessableEntity, p.status, "Send ends in the preview")
	require.Contains(t, p.main(), "contact.birthday")
	frame := v.get(attr(p.by("iframe", "", "")[0], "src"))
	require.Contains(t, frame.text, "⟦contact.birthday⟧</mark>")
	require.NotEmpty(t, p.by("mark", "class", "gap"), "in the text version too")
	out, err := w.as("jeanne").Outbox.List(t.Context(), "", 50)
	require.NoError(t, err)
	for _, s := range out.Items {
		require.NotEqual(t, strings.TrimPrefix(draft.url.Path, "/drafts/"), s.Draft)
	}
}

func TestASubjectIsRequired(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	p := v.submit(v.get("/compose"), "/compose", "op", "send", "to", "anke.vogel@nordwind.example", "body", "Hello")
	w.discard(t, p)
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.main(), "Enter a subject.")
}

func TestFilesAreAttachedAndTakenOut(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	p := v.submit(v.get("/compose"), "/compose", "op", "attach", "subject", "With a file", "file:../../offer <b>.txt", "twelve bytes")
	w.discard(t, p)
	require.Contains(t, p.main(), "The file is attached.")
	require.Contains(t, p.main(), "offer <b>.txt")
	require.Contains(t, p.main(), "12 B of 26 MB")
	var detach string
	for _, b := range p.by("button", "name", "op") {
		if strings.HasPrefix(attr(b, "value"), "detach:") {
			detach = attr(b, "value")
		}
	}
	p = v.submit(p, p.url.Path, "op", detach)
	require.NotContains(t, p.main(), "offer <b>.txt")
	require.Contains(t, p.main(), "0 B of 26 MB")
	p = v.submit(p, p.url.Path, "op", "attach", "file:large.bin", strings.Repeat("x", mailcrm.MaxAttachmentSize+1))
	require.Equal(t, http.StatusRequestEntityTooLarge, p.status, p.main())
	require.Contains(t, p.main(), "does not fit any more")
	require.Equal(t, "With a file", p.value("subject"))
}

func TestTemplatesAndFormats(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	letter := w.template(t, "Prise de contact")
	p := v.submit(v.get("/compose?to=anke.vogel@nordwind.example"), "/compose", "op", "template", "body", "Une note à garder.", "template", letter.ID)
	w.discard(t, p)
	require.Equal(t, letter.Subject, p.value("subject"))
	require.Contains(t, p.value("body"), "Quand puis-je vous appeler")
	require.Contains(t, p.value("body"), "Une note à garder.", "what was written stays, below")

	// Nobody touched the text: the HTML goes back as it came.
	before := p.value("html")
	p = v.submit(p, p.url.Path, "op", "save")
	require.Equal(t, before, p.value("html"))

	p = v.submit(p, p.url.Path, "op", "format", "format", "source")
	require.Equal(t, "source", p.value("format"))
	require.Contains(t, p.value("body"), "<p>Bonjour {{ contact.first_name")
	p = v.submit(p, p.url.Path, "op", "format", "format", "text", "body", "<p>un</p><p>deux</p>")
	require.Equal(t, "text", p.value("format"))
	require.Equal(t, "un\n\ndeux", p.value("body"))
	p = v.submit(p, p.url.Path, "op", "format", "format", "rich")
	require.Equal(t, "<p>un</p>\n<p>deux</p>", p.value("html"))
	p = v.submit(p, p.url.Path, "op", "insert", "field", "{{ contact.phone }}")
	require.Contains(t, p.value("body"), "{{ contact.phone }}")
	p = v.submit(p, p.url.Path, "op", "insert", "field", "<script>")
	require.NotContains(t, p.value("html"), "script")

	// Another template takes the place of one that nobody changed.
	p = v.submit(p, p.url.Path, "op", "template", "template", letter.ID, "body", "")
	p = v.submit(p, p.url.Path, "op", "template", "template", letter.ID)
	require.Equal(t, 1, strings.Count(p.value("body"), "Quand puis-je vous appeler"))
}

func TestTwoWindowsOnOneDraft(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	first := v.submit(v.get("/compose"), "/compose", "op", "save", "subject", "one", "body", "from the first")
	w.discard(t, first)
	second := v.get(first.url.Path)
	v.submit(first, first.url.Path, "op", "save", "subject", "two")
	p := v.submit(second, second.url.Path, "op", "save", "subject", "three")
	require.Equal(t, http.StatusConflict, p.status)
	require.Contains(t, p.main(), "changed elsewhere meanwhile")
	require.Equal(t, "three", p.value("subject"))
	require.Equal(t, "two", v.get(first.url.Path).value("subject"))
	p = v.submit(p, p.url.Path, "op", "save")
	require.Equal(t, "three", p.value("subject"), "saving again is a decision")
}

func TestSomebodyElsesDraftIsNotThere(t *testing.T) {
	w := theDemo(t)
	jeanne, marc := w.visitor(t, "jeanne", "en"), w.visitor(t, "marc", "en")
	p := jeanne.submit(jeanne.get("/compose"), "/compose", "op", "save", "subject", "mine")
	w.discard(t, p)
	for _, path := range []string{p.url.Path, p.url.Path + "/preview", p.url.Path + "/body"} {
		require.Equal(t, http.StatusNotFound, marc.get(path).status)
	}
	require.Equal(t, http.StatusNotFound, marc.post(p.url.Path+"/send").status)
	require.NotContains(t, marc.get("/drafts").main(), "mine")
}

func TestWritingNeedsAnAccount(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "admin", "en")
	p := v.get("/compose")
	require.Contains(t, p.main(), "No account to send from")
	p = v.get("/inbox")
	require.Contains(t, p.main(), "No mail account yet")
	require.NotContains(t, p.main(), "Marylebone", "an administrator does not read the mail of others")
	require.Contains(t, v.get("/accounts").main(), "jeanne.martin@demo.example")
}
