package mailcrm_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// What a sender writes into a subject, a name or a file's name, and what an agent types into the search, is text: no SQL, no query, no line of a log, no header.
func TestTextOfSendersIsText(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	const hostile = `'; DROP TABLE messages;-- "); NEAR(a b) * <script>alert(1)</script> =cmd|' /C calc'!A0 *)(uid=*)) {"a":1} \x1b[31m %s%n {{ contact.name }}`
	w.raw("From: \"" + strings.ReplaceAll(hostile, `"`, `\"`) + "\" <" + benAddress + ">\r\nTo: " + annaAddress + "\r\nSubject: " + hostile + "\x1b[2J\x00zebra\r\n" +
		"Date: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <hostile@client.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\n" + hostile + "\r\n--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename*=utf-8''%0D%0AX-Evil%3A%201%2F..%2F..%2Fetc%2Fpasswd%E2%80%AEvsc.exe\r\n\r\n=1+1\r\n--b--\r\n")
	w.mail("plain", "an ordinary one")
	w.account(w.input())
	all := w.list()
	require.Len(t, all, 2)
	var got mailcrm.Message
	for _, m := range all {
		if strings.Contains(m.Subject, "DROP") {
			got = m
		}
	}
	require.NotContains(t, got.Subject, "\x1b")
	require.NotContains(t, got.Subject, "\x00")
	require.Contains(t, got.Subject, "<script>", "it is text, and pages escape it")
	opened, err := w.anna.Messages.Open(t.Context(), got.ID)
	require.NoError(t, err)
	require.Len(t, opened.Attachments, 1)
	require.NotContains(t, opened.Attachments[0].Name, "/")
	for _, r := range opened.Attachments[0].Name {
		require.False(t, r < ' ' || r == 0x202e, "%q", opened.Attachments[0].Name)
	}
	encoded, err := json.Marshal(opened)
	require.NoError(t, err)
	require.True(t, json.Valid(encoded))

	for _, text := range []string{
		hostile, `"`, `'`, `*`, `(`, `)`, `NEAR(`, `a AND`, `OR`, `NOT`, `-`, `^`, `:`, `{`, `}`, `\`, `%`, `_`, `;`, "a\r\nA1 LOGOUT", "\x00", "col:value", `"unclosed`, "a\"b", strings.Repeat("(", 200),
		"$$", "' OR 1=1 --", "<->", "a & b | !c", "🎉", "\xff",
	} {
		for _, q := range []mailcrm.MessageQuery{{Text: text}, {From: text}, {To: text}, {Subject: text}} {
			if len(text) > 255 {
				continue
			}
			_, err := w.anna.Messages.List(t.Context(), q)
			require.NoError(t, err, "%+q", text)
		}
	}
	found := func(q mailcrm.MessageQuery) int {
		page, err := w.anna.Messages.List(t.Context(), q)
		require.NoError(t, err)
		return len(page.Items)
	}
	require.Equal(t, 1, found(mailcrm.MessageQuery{Subject: "DROP TABLE"}))
	require.Equal(t, 1, found(mailcrm.MessageQuery{Subject: "%n"}))
	require.Equal(t, 2, found(mailcrm.MessageQuery{From: "ben@client"}))
	require.Zero(t, found(mailcrm.MessageQuery{From: "b%@client"}), "a sign of LIKE is a sign")
	require.Zero(t, found(mailcrm.MessageQuery{From: "be_@client"}))
	require.Equal(t, 2, found(mailcrm.MessageQuery{}), "and every table is still there")

	for _, line := range strings.Split(strings.TrimSpace(log.String()), "\n") {
		require.True(t, strings.HasPrefix(line, "time="), "a line that nobody logged: %q", line)
		require.NotContains(t, line, "DROP TABLE")
		require.NotContains(t, line, "X-Evil")
	}
}
