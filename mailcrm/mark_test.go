package mailcrm_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// TestMark: marks are seen at once here, and on the server after the next sync; the last word counts.
func TestMark(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.mail("one", "One")
	w.mail("two", "Two")
	account := w.account(w.input())
	var ids []string
	for _, m := range w.list() {
		ids = append(ids, m.ID)
	}
	yes, no := true, false
	require.NoError(t, w.anna.Messages.Mark(t.Context(), mailcrm.MarkInput{Messages: ids, Seen: &yes, Flagged: &yes}))
	require.NoError(t, w.anna.Messages.Mark(t.Context(), mailcrm.MarkInput{Messages: ids[:1], Seen: &no}))
	check := func() {
		for i, m := range w.list() {
			require.True(t, m.Flagged)
			require.Equal(t, i != 0, m.Seen)
		}
	}
	check()
	require.NoError(t, w.anna.Accounts.Sync(t.Context(), account.ID))
	w.work()
	check()
	there, err := w.server.Mails(annaAddress, "INBOX")
	require.NoError(t, err)
	seen := 0
	for _, m := range there {
		flags := strings.Join(m.Flags, " ")
		require.Contains(t, flags, `\Flagged`)
		seen += strings.Count(flags, `\Seen`)
	}
	require.Equal(t, 1, seen)

	zoe := w.client.As(storage.Actor{Agent: "zoe"})
	require.ErrorIs(t, zoe.Messages.Mark(t.Context(), mailcrm.MarkInput{Messages: ids, Seen: &no}), mailcrm.ErrNotFound)
	require.ErrorIs(t, w.anna.Messages.Mark(t.Context(), mailcrm.MarkInput{Messages: make([]string, mailcrm.MaxMarks+1)}), mailcrm.ErrLimit)
	check()
}

// TestAnswerToAnOddSender: whatever somebody calls himself, he can be answered.
func TestAnswerToAnOddSender(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.raw("From: \"" + strings.Repeat("é", 400) + "\" <" + benAddress + ">\r\nTo: " + annaAddress + "\r\nSubject: Odd\r\nMessage-ID: <odd@client.example>\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n\r\nHello\r\n")
	w.account(w.input())
	draft, err := w.anna.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: w.list()[0].ID})
	require.NoError(t, err)
	require.Equal(t, benAddress, draft.To[0].Address)
	require.LessOrEqual(t, len(draft.To[0].Name), 255)
}
