package reports

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// BenchmarkRead reads the mails of testdata, parsed before.
func BenchmarkRead(b *testing.B) {
	files, err := filepath.Glob("testdata/*.eml")
	require.NoError(b, err)
	type mail struct {
		m     *mimemail.Message
		parts *Parts
	}
	var mails []mail
	var octets int64
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(b, err)
		parts := &Parts{}
		m, err := mimemail.Parse(bytes.NewReader(raw), &mimemail.Options{Part: parts.Keep})
		require.NoError(b, err)
		mails = append(mails, mail{m, parts})
		octets += int64(len(raw))
	}
	b.SetBytes(octets)
	b.ReportAllocs()
	for b.Loop() {
		for _, m := range mails {
			Read(m.m, m.parts)
		}
	}
}

// hostile are texts that cost much if anything here is not linear. Each is repeated to the size asked for.
var hostile = map[string]string{
	"addresses":        "<a@b.example>: 550 5.1.1 user unknown\n",
	"many addresses":   "a1@b.example, c2@d.example, e3@f.example ",
	"ats":              "@",
	"at dot":           "a@b.",
	"digits":           "5.1.",
	"codes":            "550 5.1.1 ",
	"words":            "user ",
	"gaps":             "mailbox the a of in to is ",
	"fields":           "Received: x\nFrom: a\nSubject: b\n",
	"continued":        "Received: x\n x\n\tx\n",
	"quotes":           "> > > > ",
	"comments":         "((((",
	"tags":             "<p <p <",
	"comment tags":     "<!-- ",
	"style":            "<style ",
	"status fields":    "Final-Recipient: rfc822; a@b.example\nAction: failed\n\n",
	"status, distinct": "X: y\n",
	"empty lines":      "\n",
	"no spaces":        "x",
	"unicode":          "\u4e00\u676f",
	"brackets":         "<",
	"equals":           "a=b;",
	"json":             `{"notificationType":`,
}

// hostileMails are mails of that size around a text.
func hostileMails(text string, size int) map[string]string {
	body := strings.Repeat(text, size/len(text)+1)[:size]
	line := strings.ReplaceAll(body, "\n", " ")
	return map[string]string{
		"text":   "From: MAILER-DAEMON@a.example\nSubject: failure notice\nContent-Type: text/plain; charset=utf-8\n\n" + body,
		"html":   "From: MAILER-DAEMON@a.example\nSubject: failure notice\nContent-Type: text/html; charset=utf-8\n\n" + body,
		"status": "From: MAILER-DAEMON@a.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/delivery-status\n\n" + body + "\n--b--\n",
		"reply":  "From: a@b.example\nSubject: Re: x\nIn-Reply-To: <a@b>\nReturn-Path: <>\nContent-Type: text/plain; charset=utf-8\n\n" + body,
		"field":  "From: MAILER-DAEMON@a.example\nX-Failed-Recipients: " + line + "\nAuthentication-Results: mx.ours.example; " + line + "\nList-Unsubscribe: " + line + "\nDisposition-Notification-To: " + line + "\n\nx",
		"from":   "From: " + line + "\nReply-To: " + line + "\n\nx",
	}
}

// TestLinear reads hostile mails of 1 MB. Whatever is not linear in them takes minutes, not seconds.
func TestLinear(t *testing.T) {
	for name, text := range hostile {
		for kind, raw := range hostileMails(text, 1<<20) {
			parts := &Parts{}
			m, err := mimemail.Parse(strings.NewReader(raw), &mimemail.Options{Part: parts.Keep})
			require.NoError(t, err)
			begin := time.Now()
			check(t, Read(m, parts))
			Authentication(m, above0)
			Sight(m)
			Notes(m)
			require.Less(t, time.Since(begin), 5*time.Second, "%s in %s", name, kind)
		}
	}
}
