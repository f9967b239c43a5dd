package web_test

import (
	"fmt"
	"strings"
	"time"
)

// longName has 300 letters.
var longName = strings.Repeat("Wolfeschlegelsteinhausenbergerdorff ", 9)[:300]

// Mails that pages must survive, beside those of the demo.
var odd = []struct{ from, subject, more, body string }{
	{"Nobody <nobody@elsewhere.example>", "", "", "No subject at all."},
	{"<" + "bare@elsewhere.example>", "   ", "", ""},
	{`"<script>alert('name')</script>" <evil@elsewhere.example>`, `<img src=x onerror=alert("subject")> {{ contact.name }} %s`, "", "<script>alert('text')</script>\n{{ contact.name }}\n"},
	{longName + " <long@elsewhere.example>", "Long " + longName, "", strings.Repeat("x", 5000)},
	{"=?utf-8?b?157XqdeUINec15XXmQ==?= <moshe@elsewhere.example>", "=?utf-8?b?16nXnNeV150g157Xl9eq157Xlw==?= \u202Eexe.pdf", "", "שלום\n"},
	{"Quoted <quoted@elsewhere.example>", "Quoted", "", "My answer, see https://example.com/a?b=1&c=2.\n> one\n> two\n> three <b>\n"},
	{"Picture <picture@elsewhere.example>", "Hostile HTML", "Content-Type: text/html; charset=utf-8\r\n", `<p onclick="alert(1)">Hello</p><script>parent.document.title="owned"</script><img src="http://192.0.2.1/track.png"><form action="/drafts"><input name=x></form>`},
}

// deliverOddMail puts them into Jeanne's inbox.
func (w *world) deliverOddMail() error {
	at := time.Now().Add(-40 * 24 * time.Hour)
	for i, m := range odd {
		kind := m.more
		if kind == "" {
			kind = "Content-Type: text/plain; charset=utf-8\r\n"
		}
		raw := fmt.Sprintf("From: %s\r\nTo: jeanne.martin@demo.example\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <odd%d@elsewhere.example>\r\nMIME-Version: 1.0\r\n%s\r\n%s",
			m.from, m.subject, at.Format(time.RFC1123Z), i, kind, strings.ReplaceAll(m.body, "\n", "\r\n"))
		if _, err := w.Mail.Deliver("jeanne.martin@demo.example", []byte(raw)); err != nil {
			return err
		}
	}
	return nil
}
