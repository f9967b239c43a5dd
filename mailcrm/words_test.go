package mailcrm

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/templates"
)

func TestPrefixed(t *testing.T) {
	for _, c := range []struct{ subject, reply, forward string }{
		{"Devis", "Re: Devis", "Fwd: Devis"},
		{"  Devis  ", "Re: Devis", "Fwd: Devis"},
		{"Re: Devis", "Re: Devis", "Fwd: Devis"},
		{"RE: re : Re: Devis", "Re: Devis", "Fwd: Devis"},
		{"AW: WG: Angebot", "Re: Angebot", "Fwd: Angebot"},
		{"TR : RE : Devis", "Re: Devis", "Fwd: Devis"},
		{"Fwd: Re: Devis", "Re: Devis", "Fwd: Devis"},
		{"Re[2]: Devis", "Re: Devis", "Fwd: Devis"},
		{"RE(3): Devis", "Re: Devis", "Fwd: Devis"},
		{"回复：报价", "Re: 报价", "Fwd: 报价"},
		{"SV: Antw: Rif: R: Offer", "Re: Offer", "Fwd: Offer"},
		{"Regarding: the offer", "Re: Regarding: the offer", "Fwd: Regarding: the offer"},
		{"Meeting at 10:30", "Re: Meeting at 10:30", "Fwd: Meeting at 10:30"},
		{"", "Re: ", "Fwd: "},
		{"Re:", "Re: ", "Fwd: "},
	} {
		require.Equal(t, c.reply, prefixed(c.subject, false), "%q", c.subject)
		require.Equal(t, c.forward, prefixed(c.subject, true), "%q", c.subject)
		require.Equal(t, c.reply, prefixed(prefixed(c.subject, true), false), "%q answered after it was forwarded", c.subject)
	}
	for _, r := range []string{"x", "é", "€", "😀", "{"} {
		got := prefixed(strings.Repeat(r, 3000), false)
		require.LessOrEqual(t, len(got), MaxSubject)
		require.Greater(t, len(got), MaxSubject-10)
		require.True(t, strings.HasPrefix(got, "Re: "+r))
		require.NotContains(t, got, "\ufffd")
	}
}

// TestSubjectIsNoTemplate: whatever a sender writes into his subject comes out of the answer as text.
func TestSubjectIsNoTemplate(t *testing.T) {
	for _, subject := range []string{
		"{{ contact.phone }}", "{{{ contact.phone }}", "{{{{ contact.phone }}}}", "{%{{ contact.phone }}", "{{% if contact.phone %}x{% endif %}", "{%- raw -%}{{ contact.phone }}",
		"{{%{{%{{{%%{{ contact.phone }}", "{\u200b{ contact.phone }}", strings.Repeat("{", 400) + " contact.phone }}", "{% comment %}", "{%", "{{", "{# x #}", "Re: {{ contact.phone }}",
	} {
		source := prefixed(subject, false)
		parsed, err := templates.Parse("subject", source, templates.Header, nil)
		require.NoError(t, err, source)
		require.Empty(t, parsed.Paths(), source)
		res, err := parsed.Render(t.Context(), templates.Record(map[string]templates.Value{
			"contact": templates.Record(map[string]templates.Value{"phone": templates.Text("+33 secret")}),
		}), nil)
		require.NoError(t, err, source)
		require.Equal(t, source, res.Output)
		require.NotContains(t, res.Output, "secret")
	}
}

func TestQuoteText(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"one\ntwo", "> one\n> two\n"},
		{"one\r\n\r\ntwo\r\n", "> one\n>\n> two\n"},
		{"> theirs\nmine", ">> theirs\n> mine\n"},
		{">> deeper\n> theirs", ">>> deeper\n>> theirs\n"},
		{"", ">\n"},
		{"end\n\n\n", "> end\n"},
		{"{{ contact.name }}", "> {{ contact.name }}\n"},
	} {
		require.Equal(t, c.want, quoteText(c.text), "%q", c.text)
	}
}

func TestTextToHTML(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>\n"},
		{"one\r\n\r\n\r\n\r\ntwo", "<p>one</p>\n<p></p>\n<p>two</p>\n"},
		{`<script>"&'</script>`, "<p>&lt;script&gt;&#34;&amp;&#39;&lt;/script&gt;</p>\n"},
		{"  \n ", "<p></p>\n"},
	} {
		require.Equal(t, c.want, textToHTML(c.text), "%q", c.text)
	}
}

func TestBeforeEnd(t *testing.T) {
	for _, c := range []struct{ doc, want string }{
		{"<p>x</p>", "<p>x</p>+"},
		{"<html><body><p>x</p></body></html>", "<html><body><p>x</p>+</body></html>"},
		{"<HTML><BODY>x</BODY></HTML>", "<HTML><BODY>x+</BODY></HTML>"},
		{"<html>x</html>", "<html>x+</html>"},
		{"<body>&lt;/body&gt;</body>", "<body>&lt;/body&gt;+</body>"},
		{"<body>a</body><body>b</body>", "<body>a</body><body>b+</body>"},
		{"<body>\u0130 x</body>", "<body>\u0130 x</body>+"}, // a letter that grows when it is made small
		{"", "+"},
	} {
		require.Equal(t, c.want, beforeEnd(c.doc, "+"), c.doc)
	}
}

func TestFileName(t *testing.T) {
	for name, want := range map[string]string{
		"a.txt": "a.txt", "/a/b.txt": "b.txt", `a\b.txt`: "b.txt", "": "file", ".": "file", "..": "file", "/": "file", "a\x00\r\n\u2028b": "ab", "\xff": "file",
		strings.Repeat("x", 300) + ".pdf": strings.Repeat("x", 251) + ".pdf",
	} {
		require.Equal(t, want, fileName(name), "%q", name)
	}
}
