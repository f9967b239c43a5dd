package submit

import (
	"encoding/base64"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// evils are what could begin a line, or end a mail, for somebody (FAULTS S6).
var evils = []string{
	"a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\x00X-Evil: 1", "a\u2028X-Evil: 1", "a\u2029X-Evil: 1", "a\u0085X-Evil: 1", "a\vX-Evil: 1", "a\fX-Evil: 1", `a\r\nX-Evil: 1`,
	"a\r\n\r\nX-Evil: 1", "a\r\n X-Evil: 1", "a\r\n\tX-Evil: 1", "\r\nX-Evil: 1", "a\"\r\nX-Evil: 1", "a;\r\nX-Evil: 1", "a>\r\nX-Evil: 1", "=?utf-8?q?=0D=0AX-Evil:_1?=", "a%0D%0AX-Evil: 1",
	"a\xc0\x8aX-Evil: 1", "a\xe5\x98\x8aX-Evil: 1", strings.Repeat("a ", 60) + "\r\nX-Evil: 1", strings.Repeat("é", 100) + "\r\nX-Evil: 1",
}

// The fields that Build writes.
var knownFields = []string{
	"Bcc", "Cc", "Content-Disposition", "Content-Id", "Content-Transfer-Encoding", "Content-Type", "Date", "Disposition-Notification-To", "From", "In-Reply-To", "Message-ID", "MIME-Version",
	"References", "Reply-To", "Subject", "To",
}

// onlyKnown demands that each header of a mail, and of its parts, has the fields that Build writes, each once.
func onlyKnown(t testing.TB, raw string) {
	t.Helper()
	heads := []string{}
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	heads = append(heads, head)
	for _, delimiter := range boundary.FindAllString(head+body, -1) {
		for i, part := range strings.Split(body, "\r\n--"+delimiter+"\r\n") {
			if i > 0 {
				head, _, _ := strings.Cut(part, "\r\n\r\n")
				heads = append(heads, head)
			}
		}
	}
	for _, head := range heads {
		var seen []string
		for line := range strings.Lines(head) {
			if strings.HasPrefix(line, " ") {
				continue
			}
			name, _, ok := strings.Cut(line, ":")
			require.True(t, ok, line)
			require.Contains(t, knownFields, name)
			require.NotContains(t, seen, name)
			seen = append(seen, name)
		}
	}
}

// TestHeaderInjection puts each evil into each field that can hold what somebody wrote.
func TestHeaderInjection(t *testing.T) {
	for field, set := range map[string]func(*Mail, string){
		"subject": func(m *Mail, s string) { m.Subject = s }, "sender's name": func(m *Mail, s string) { m.From.Name = s }, "sender": func(m *Mail, s string) { m.From.Address = s + "@x.example" },
		"sender's domain": func(m *Mail, s string) { m.From.Address = "a@" + s }, "name in To": func(m *Mail, s string) { m.To[0].Name = s }, "name in Cc": func(m *Mail, s string) { m.Cc = []store.Address{{Name: s, Address: ben}} },
		"To": func(m *Mail, s string) { m.To[0].Address = s + "@x.example" }, "Cc": func(m *Mail, s string) { m.Cc = []store.Address{{Address: "a@" + s}} }, "reply-to": func(m *Mail, s string) { m.ReplyTo = s + "@x.example" },
		"reply-to whole": func(m *Mail, s string) { m.ReplyTo = s }, "in-reply-to": func(m *Mail, s string) { m.InReplyTo = s }, "references": func(m *Mail, s string) { m.References = []string{"a@b", s, "c@d"} },
		"message id": func(m *Mail, s string) { m.MessageID = s }, "tag": func(m *Mail, s string) { m.Tag = s }, "file name": func(m *Mail, s string) { m.Attachments[0].Name = s },
		"file name with extension": func(m *Mail, s string) { m.Attachments[0].Name = s + ".pdf" }, "picture's name": func(m *Mail, s string) { m.Attachments[1].Name = s },
		"media type": func(m *Mail, s string) { m.Attachments[0].Type = s }, "media type behind": func(m *Mail, s string) { m.Attachments[0].Type = "text/plain" + s },
		"parameter": func(m *Mail, s string) { m.Attachments[0].Type = "text/plain; charset=\"" + s + "\"" }, "parameter's name": func(m *Mail, s string) { m.Attachments[0].Type = "text/plain; " + s + "=x" },
		"content id": func(m *Mail, s string) { m.Attachments[1].ContentID = s }, "text": func(m *Mail, s string) { m.Text = s }, "html": func(m *Mail, s string) { m.HTML = s },
	} {
		t.Run(field, func(t *testing.T) {
			built := 0
			for _, evil := range evils {
				m := goldenOf(golden("x", func(m *Mail) {
					m.HTML, m.Receipt = "<img src=cid:p@x>", true
					m.Attachments = []Attachment{attached("a.pdf", "application/pdf", "x"), picture("p@x", "x")}
				}))
				set(m, evil)
				var b strings.Builder
				if err := Build(t.Context(), m, &b); err != nil {
					continue
				}
				built++
				checkLines(t, b.String())
				onlyKnown(t, b.String())
				require.NotRegexp(t, `(?m)^X-Evil`, strings.Split(b.String(), "\r\n\r\n")[0])
			}
			if slices.Contains([]string{"subject", "sender's name", "name in To", "file name", "references", "in-reply-to", "text", "html"}, field) {
				require.Equal(t, len(evils), built, "foreign words are no reason not to write")
			}
		})
	}
}

// smuggled are ends of data that one server believes and another does not (FAULTS S5), with a second mail behind.
var smuggled = []string{
	"\r\n.\r\n", "\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\n.\r", "\r.\n", "\r\n\x00.\r\n", "\r\n.\x00\r\n", "\r\r\n.\r\r\n", "\n\n.\n\n", "\u2028.\u2028", "\u0085.\u0085", "\r\n..\r\n",
}

// TestSmuggling: whatever stands in a mail, the wire holds one mail, and one end of it.
func TestSmuggling(t *testing.T) {
	on := dialog{security: "tls"}.start(t)
	w := newWorld(t, on, "tls")
	for i, end := range smuggled {
		second := "MAIL FROM:<evil@x.example>\r\nRCPT TO:<victim@x.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
		body := "Hello" + end + second + end
		m := goldenOf(golden("x", func(m *Mail) {
			m.Subject, m.Text, m.HTML = "s"+end+second, body, body
			m.Attachments = []Attachment{attached("f"+end+".txt", "text/plain", body)}
		}))
		sub := w.try(w.queueMail(m).ID)
		require.Equal(t, store.Accepted, sub.State)
		got := on.got()
		require.Len(t, got, i+1, "%q", end)
		mail := got[i]
		require.Equal(t, "MAIL FROM:<anna@demo.example>", mail.from)
		require.Equal(t, []string{"RCPT TO:<ben@client.example>"}, mail.to)
		checkLines(t, mail.wire)
		require.Equal(t, 1, strings.Count("\r\n"+mail.wire, "\r\n.\r\n"))
		for line := range strings.Lines(strings.TrimSuffix(mail.wire, ".\r\n")) {
			require.False(t, strings.HasPrefix(line, ".") && !strings.HasPrefix(line, ".."), "%q", line)
		}
		require.Equal(t, string(w.blobs.all[sub.Raw]), mail.data, "to the bit")
	}
	require.Equal(t, len(smuggled), on.connections())
}

func base64Reader(r io.Reader) io.Reader { return base64.NewDecoder(base64.StdEncoding, r) }
