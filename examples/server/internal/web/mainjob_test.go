package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The main job with forms alone: a mail is opened, answered with a template, looked at, sent, and stands in the client's history.
func TestTheMainJobWithoutScript(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	m := w.find(t, "jeanne", "petits déjeuners")
	inbox := v.get("/inbox")
	require.Contains(t, inbox.main(), "Salle des petits déjeuners")

	mail := v.get("/message/" + m.ID)
	require.Contains(t, mail.main(), "Dans l'historique de")
	require.Contains(t, mail.main(), "Élodie Garnier")
	draft := v.submit(mail, "/reply", "op", "reply")
	require.Contains(t, draft.url.Path, "/drafts/")
	require.Contains(t, draft.value("to"), "elodie.garnier@groupe-bastide.example")
	require.True(t, strings.HasPrefix(draft.value("subject"), "Re: Salle"), draft.value("subject"))
	require.Contains(t, draft.value("body"), "Bonjour {{ contact.first_name", "the template for answers is in place, in the language of the mail")
	require.Equal(t, "contact:elodie", draft.value("entity"))

	preview := v.submit(draft, draft.url.Path, "op", "preview", "body", "Bonjour {{ contact.first_name }},\n\nvoici l'offre :\n- deux tables\n- huit chaises\n\nBien à vous")
	require.Equal(t, draft.url.Path+"/preview", preview.url.Path)
	require.Contains(t, preview.main(), "Voici ce qui sera envoyé.")
	frame := v.get(attr(preview.by("iframe", "", "")[0], "src"))
	require.Contains(t, frame.text, "<p>Bonjour Élodie,</p>")
	require.Contains(t, frame.text, "<ul><li>deux tables</li><li>huit chaises</li></ul>")
	require.Contains(t, frame.text, "<blockquote")
	require.Contains(t, frame.header.Get("Content-Security-Policy"), "sandbox; default-src 'none'")

	sent := v.submit(preview, "/send")
	require.Equal(t, "/outbox", sent.url.Path)
	require.Contains(t, sent.main(), "Part dans")
	require.Contains(t, sent.main(), "Annuler l'envoi")
	again := v.submit(preview, "/send")
	require.Equal(t, 1, strings.Count(again.main(), "à elodie.garnier@groupe-bastide.example"), "a second click sends nothing")

	await(t, "the mail to leave", func() bool { return strings.Contains(v.get("/outbox").main(), "Envoyé ") })
	history := v.get("/records/contact/elodie")
	first := words(history.by("ol", "class", "history")[0])
	require.True(t, strings.HasPrefix(first, "envoyé Re: Salle des petits déjeuners"), first)
	require.Contains(t, first, "deux tables")
	require.Contains(t, v.get("/inbox?q=dans:envoyés+deux+tables").main(), "Salle des petits déjeuners")
}

func TestSendingIsUndone(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	p := v.submit(v.get("/compose"), "/compose", "op", "send", "to", "fiona.campbell@maplestone.example", "subject", "Too early", "body", "Hello")
	require.Equal(t, "/outbox", p.url.Path, p.main())
	require.Contains(t, p.main(), "you can still call it back")
	back := v.submit(p, "/undo")
	require.Contains(t, back.url.Path, "/drafts/")
	require.Contains(t, back.main(), "it is a draft again")
	require.Equal(t, "Too early", back.value("subject"))
	require.Contains(t, v.submit(p, "/undo").main(), "Too late")
	require.Contains(t, v.submit(back, back.url.Path, "op", "discard").main(), "thrown away")
	require.Equal(t, http.StatusNotFound, v.get(back.url.Path).status)
}
