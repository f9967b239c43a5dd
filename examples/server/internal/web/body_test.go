package web

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParagraphsBecomeHTML(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"Bonjour,\n\nmerci.":               "<p>Bonjour,</p>\n<p>merci.</p>",
		"Bonjour,\r\nà demain\r\n\r\n\r\n": "<p>Bonjour,<br>\nà demain</p>",
		"a < b & \"c\"":                    "<p>a &lt; b &amp; &#34;c&#34;</p>",
		"Voici :\n- un\n- deux\n\nFin":     "<p>Voici :</p>\n<ul><li>un</li><li>deux</li></ul>\n<p>Fin</p>",
		"1. un\n2) deux":                   "<ol><li>un</li><li>deux</li></ol>",
		"<script>alert(1)</script>":        "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
		`Cher {{ contact.name | default: "vous" }} & co`: `<p>Cher {{ contact.name | default: "vous" }} &amp; co</p>`,
		"voir https://exemple.fr/a?b=1&c=2.":             `<p>voir <a href="https://exemple.fr/a?b=1&amp;c=2">https://exemple.fr/a?b=1&amp;c=2</a>.</p>`,
		"{% if deal.amount > 100 %}beaucoup{% endif %}":  "<p>{% if deal.amount > 100 %}beaucoup{% endif %}</p>",
		"javascript:alert(1) et data:text/html,x":        "<p>javascript:alert(1) et data:text/html,x</p>",
		"Bonjour\n \t\nencore":                           "<p>Bonjour</p>\n<p>encore</p>",
		"2 - 1 = 1\n-5 degrés":                           "<p>2 - 1 = 1<br>\n-5 degrés</p>",
	} {
		require.Equal(t, want, paragraphs(text), text)
	}
}

func TestTextSurvivesTheWayThroughHTML(t *testing.T) {
	for _, text := range []string{
		"Bonjour,\n\nmerci pour votre message.\n\nBien cordialement,",
		"Bonjour {{ contact.first_name | default: \"vous\" }},\n\nune ligne " + strings.Repeat("très ", 60) + "longue.",
		"Première ligne\nseconde ligne",
	} {
		require.Equal(t, text, plain(paragraphs(text)))
	}
}

func TestEditable(t *testing.T) {
	for source, want := range map[string]bool{
		"":                        true,
		"<p>Bonjour <b>x</b></p>": true,
		"<table><tr><td>{{ deal.name }}</td></tr></table>":                                    true,
		"<table>{% for l in deal.lines %}<tr><td>{{ l.label }}</td></tr>{% endfor %}</table>": false,
		"<ul>{% for l in deal.lines %}<li>{{ l.label }}</li>{% endfor %}</ul>":                true,
		"<!doctype html><p>x":                      false,
		"<html><body>x":                            false,
		"<p>x</p><!--[if mso]><table><![endif]-->": false,
		"<style>p{}</style><p>x":                   false,
		"<p>a</p></table></table>{% if x %}":       true,
	} {
		require.Equal(t, want, editable(source), source)
	}
}

func TestTidyTags(t *testing.T) {
	require.Equal(t, `<p>{% if deal.amount > 100 %}a &gt; b{% endif %} {{ contact.name | default: "x" }}</p>`,
		tidyTags(`<p>{% if deal.amount &gt; 100 %}a &gt; b{% endif %} {{&nbsp;contact.name | default: &quot;x&quot; }}</p>`))
}

func TestQuotationsAreFolded(t *testing.T) {
	got := blocks("Bonjour\n> un\n> deux\n> trois\nfin https://a.example/x.\n> court\n")
	require.Len(t, got, 3)
	require.True(t, got[1].Quote)
	require.Equal(t, "> un\n> deux\n> trois", got[1].Spans[0].Text)
	require.Equal(t, "https://a.example/x", got[2].Spans[1].URL)
	require.Equal(t, "> court", strings.TrimSpace(got[2].Spans[3].Text), "a line is not worth folding")
	require.Empty(t, blocks(" \n\n"))
}

func TestWhatASignatureTells(t *testing.T) {
	require.Equal(t, "+49 40 66969 310", phone("Hello\n\nAnke Vogel\nNordwind\nTel. +49 40 66969 310\n> 01 02 03 04 05\n> x\n> y"))
	require.Equal(t, "06 39 98 41 07", phone("Facture 2026-0031\n06 39 98 41 07"))
	require.Empty(t, phone("Commande 4711"))
	require.Equal(t, french, tongue("Bonjour Jeanne, merci pour votre devis.\n> the quick brown fox and the dog"))
	require.Equal(t, english, tongue("Dear Jeanne, thank you for the quote.\n> nous vous remercions pour votre message"))
	require.Equal(t, language(""), tongue("4711"))
}

func TestMarks(t *testing.T) {
	require.Equal(t, []mark{{Text: "Bonjour "}, {Text: "contact.phone", Gap: true}, {Text: ","}}, marks("Bonjour ⟦contact.phone⟧,"))
	require.Equal(t, []mark{{Text: "a"}, {Text: "⟦b"}}, marks("a⟦b"))
	require.Empty(t, marks(""))
}

func FuzzParagraphs(f *testing.F) {
	for _, s := range []string{"a\n\n- b\n- c", "{{ x", "https://a.b\x00", "<p>", "1. a\n2. b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := paragraphs(text)
		// Outside of merge fields nothing that a person writes is markup.
		rest := mergeTag.ReplaceAllString(out, "")
		for _, tag := range []string{"<script", "<img", "<iframe", "<style"} {
			if strings.Contains(strings.ToLower(rest), tag) {
				t.Fatalf("%q became %q", text, out)
			}
		}
		blocks(text)
		phone(text)
		editable(text)
	})
}
