package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATemplateIsWrittenCheckedAndTried(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	p := v.submit(v.get("/templates/new"), "/templates/new", "op", "save", "name", "", "body", "Bonjour")
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.main(), "Donnez un nom")

	p = v.submit(v.get("/templates/new"), "/templates/new", "op", "save", "name", "Relance", "subject", "Pour {{ contact.nam }}", "body", "Bonjour,\n\nvoici {{ contact.fristname }}")
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.main(), "2 erreurs")
	require.Contains(t, p.main(), "Objet, ligne 1, colonne 9")
	require.Contains(t, p.main(), "Texte, ligne 2")
	require.Contains(t, p.main(), "Vouliez-vous dire")
	require.Equal(t, "source", p.value("format"), "the places that are named are those of the source")
	require.NotEmpty(t, p.by("a", "data-line", "2"))
	require.NotContains(t, v.get("/templates").main(), "Relance Pour", "nothing was stored")

	p = v.submit(p, "/templates/new", "op", "save", "subject", "Pour {{ contact.name }}", "body", "<p>Bonjour {{ contact.first_name }},</p><p>fax : {{ contact.fax | default: \"aucun\" }}</p>")
	require.Contains(t, p.url.Path, "/templates/")
	if strings.Contains(p.main(), "erreur") { // the demo's contacts have no field "fax"
		p = v.submit(p, "/templates/new", "op", "save", "body", "<p>Bonjour {{ contact.first_name }},</p><p>né : {{ contact.birthday }}</p>")
	}
	require.Contains(t, p.main(), "Le modèle est enregistré.", p.main())
	path := p.url.Path

	p = v.get(path + "?find=anke")
	require.Contains(t, p.main(), "Avec les champs de Anke Vogel")
	require.Contains(t, p.main(), "Pour Anke Vogel")
	require.Contains(t, p.main(), "contact.birthday", "a gap is named")
	frame := v.get(attr(p.by("iframe", "", "")[0], "src"))
	require.Contains(t, frame.text, "<p>Bonjour Anke,</p>")
	require.Contains(t, frame.text, "⟦contact.birthday⟧")
	require.Contains(t, frame.header.Get("Content-Security-Policy"), "sandbox")
	drafts, err := w.as("jeanne").Drafts.List(t.Context(), "", 50)
	require.NoError(t, err)
	for _, d := range drafts.Items {
		require.NotEqual(t, "Pour {{ contact.name }}", d.Subject, "trying leaves no draft behind")
	}

	old := v.get(path)
	p = v.submit(old, path, "op", "save", "name", "Relance douce")
	require.Equal(t, "Relance douce", p.value("name"))
	p = v.submit(old, path, "op", "save", "name", "trop tard")
	require.Equal(t, http.StatusConflict, p.status)
	p = v.submit(v.get(path), path, "op", "insert", "field", "{{ contact.phone }}")
	require.Contains(t, p.value("body"), "{{ contact.phone }}")
	p = v.submit(v.get(path), path, "op", "check", "body", "{{ nonsense }}")
	require.Contains(t, p.main(), "1 erreur")
	p = v.submit(v.get(path), "/delete")
	require.Contains(t, p.main(), "Le modèle a été supprimé")
	require.Equal(t, http.StatusNotFound, v.get(path).status)
}
