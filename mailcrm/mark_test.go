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
