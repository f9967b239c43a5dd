package mailcrm_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// searchWorld has five mails, of which each condition of a query tells some apart.
func searchWorld(t *testing.T) (*world, *mailcrm.Account) {
	t.Helper()
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	for i, m := range []struct{ from, to, subject, more, body, flags string }{
		{"Zoe Client <zoe@client.example>", annaAddress, "Alpha", "", "éclair and walrus", `\Seen`},
		{"Ben Client <" + benAddress + ">", "other@elsewhere.example, " + annaAddress, "beta", "", "plain words", ""},
		{"Ben Client <" + benAddress + ">", annaAddress, "Gamma", "", strings.Repeat("long ", 3000), `\Seen \Flagged`},
		{"Carl <carl@elsewhere.example>", annaAddress, "Delta", "Content-Type: multipart/mixed; boundary=b\r\n", "--b\r\n\r\ntext\r\n--b\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nx\r\n--b--", ""},
	} {
		raw := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <m%d@x>\r\nMIME-Version: 1.0\r\n%s\r\n%s\r\n", m.from, m.to, m.subject,
			time.Date(2026, 11, 20+i, 8, 0, 0, 0, time.UTC).Format(time.RFC1123Z), i, m.more, m.body)
		require.NoError(t, w.server.Load(annaAddress, slices.Values([]mailcrmtest.Mail{{Folder: "INBOX", Raw: []byte(raw), Date: w.clock.Now(), Flags: strings.Fields(m.flags)}})))
	}
	w.put(annaAddress, "Archive", "From: Ben Client <"+benAddress+">\r\nTo: "+annaAddress+"\r\nSubject: Epsilon\r\nDate: Thu, 19 Nov 2026 08:00:00 +0000\r\nMessage-ID: <m4@x>\r\n\r\narchived walrus\r\n")
	return w, w.account(w.input())
}

// TestMessageQuery: each condition, and all of them together.
func TestMessageQuery(t *testing.T) {
	w, account := searchWorld(t)
	yes, no := true, false
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		q    mailcrm.MessageQuery
		want string
	}{
		{mailcrm.MessageQuery{}, "Delta Gamma beta Alpha Epsilon"},
		{mailcrm.MessageQuery{Ascending: true}, "Epsilon Alpha beta Gamma Delta"},
		{mailcrm.MessageQuery{Role: "inbox"}, "Delta Gamma beta Alpha"},
		{mailcrm.MessageQuery{Role: "archive"}, "Epsilon"},
		{mailcrm.MessageQuery{Account: account.ID}, "Delta Gamma beta Alpha Epsilon"},
		{mailcrm.MessageQuery{Account: "nothing"}, ""},
		{mailcrm.MessageQuery{Mailbox: "nothing"}, ""},
		{mailcrm.MessageQuery{Text: "walrus"}, "Alpha Epsilon"},
		{mailcrm.MessageQuery{Text: "WALR"}, "Alpha Epsilon"},
		{mailcrm.MessageQuery{Text: "eclair"}, "Alpha"},
		{mailcrm.MessageQuery{Text: "walrus archived"}, "Epsilon"},
		{mailcrm.MessageQuery{From: "zoe"}, "Alpha"},
		{mailcrm.MessageQuery{From: "ben client"}, "Gamma beta Epsilon"},
		{mailcrm.MessageQuery{To: "other@"}, "beta"},
		{mailcrm.MessageQuery{Subject: "BETA"}, "beta"},
		{mailcrm.MessageQuery{Unread: &yes}, "Delta beta Epsilon"},
		{mailcrm.MessageQuery{Unread: &no}, "Gamma Alpha"},
		{mailcrm.MessageQuery{Flagged: &yes}, "Gamma"},
		{mailcrm.MessageQuery{Linked: &yes}, "Gamma beta Epsilon"},
		{mailcrm.MessageQuery{Linked: &no}, "Delta Alpha"},
		{mailcrm.MessageQuery{HasAttachments: &yes}, "Delta"},
		{mailcrm.MessageQuery{After: day(21), Before: day(23)}, "Gamma beta"},
		{mailcrm.MessageQuery{From: "ben", Unread: &yes, Role: "inbox", Linked: &yes}, "beta"},
		{mailcrm.MessageQuery{Sort: "subject", Ascending: true}, "Alpha beta Delta Epsilon Gamma"},
		{mailcrm.MessageQuery{Sort: "size", Limit: 1}, "Gamma"},
		{mailcrm.MessageQuery{Sort: "from", Ascending: true, Role: "inbox"}, "beta Gamma Delta Alpha"},
		{mailcrm.MessageQuery{Sort: "flagged", Limit: 1}, "Gamma"},
	} {
		page, err := w.anna.Messages.List(t.Context(), c.q)
		require.NoError(t, err, "%+v", c.q)
		var got []string
		for _, m := range page.Items {
			got = append(got, m.Subject)
		}
		if c.q.Sort == "from" {
			slices.Sort(got[:2]) // of one sender, by date
			got[0], got[1] = got[1], got[0]
		}
		require.Equal(t, c.want, strings.Join(got, " "), "%+v", c.q)
	}
	for _, sort := range []string{"", "date", "from", "subject", "size", "flagged"} {
		seen := map[string]bool{}
		q := mailcrm.MessageQuery{Sort: sort, Limit: 2}
		for pages := 1; ; pages++ {
			page, err := w.anna.Messages.List(t.Context(), q)
			require.NoError(t, err)
			for _, m := range page.Items {
				require.False(t, seen[m.ID], "twice by %q", sort)
				seen[m.ID] = true
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				require.Equal(t, 3, pages)
				break
			}
		}
		require.Len(t, seen, 5, sort)
		page, err := w.anna.Messages.List(t.Context(), mailcrm.MessageQuery{Sort: sort, Limit: 1})
		require.NoError(t, err)
		other := "size"
		if sort == other {
			other = "from"
		}
		_, err = w.anna.Messages.List(t.Context(), mailcrm.MessageQuery{Sort: other, Cursor: page.Next})
		require.ErrorIs(t, err, mailcrm.ErrInvalid, "a cursor is for its own query")
	}
}

// TestThread: a conversation is told from its beginning, sent and received.
func TestThread(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.mail("first", "Talk")
	account := w.account(w.input())
	mail := w.list()[0]
	draft, err := w.anna.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: mail.ID})
	require.NoError(t, err)
	change := draft.DraftInput
	change.Text = "Second."
	_, err = w.anna.Drafts.Update(t.Context(), change)
	require.NoError(t, err)
	sub, err := w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	w.work()
	w.raw("From: " + benAddress + "\r\nTo: " + annaAddress + "\r\nSubject: Re: Talk\r\nDate: Tue, 24 Nov 2026 11:00:00 +0000\r\nMessage-ID: <third@client.example>\r\nIn-Reply-To: <" +
		sub.MessageID + ">\r\n\r\nThird.\r\n")
	require.NoError(t, w.anna.Accounts.Sync(t.Context(), account.ID))
	w.work()
	page, err := w.anna.Messages.Thread(t.Context(), mail.Thread, "", 2)
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	require.Equal(t, mail.ID, page.Items[0].ID)
	require.Equal(t, storage.Sent, page.Items[1].Direction)
	page, err = w.anna.Messages.Thread(t.Context(), mail.Thread, page.Next, 2)
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.Equal(t, "third@client.example", mustGet(w, page.Items[0].ID).MessageID)
	require.Empty(t, page.Next)
	page, err = w.anna.Messages.Thread(t.Context(), "nothing", "", 0)
	require.NoError(t, err)
	require.Empty(t, page.Items)
}

func mustGet(w *world, id string) *mailcrm.Message {
	w.t.Helper()
	m, err := w.anna.Messages.Get(w.t.Context(), id)
	require.NoError(w.t, err)
	return m
}

// TestOpenMarksRead: to open marks, to get does not; the server hears of it, once.
func TestOpenMarksRead(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.mail("one", "One")
	in := w.input()
	in.Link = mailcrm.WhenRead
	account := w.account(in)
	flags := func() []string {
		require.NoError(t, w.anna.Accounts.Sync(t.Context(), account.ID))
		w.work()
		mails, err := w.server.Mails(annaAddress, "INBOX")
		require.NoError(t, err)
		return mails[0].Flags
	}
	id := w.list()[0].ID
	require.False(t, mustGet(w, id).Seen)
	require.NotContains(t, flags(), `\Seen`, "fetching and looking leave it alone")
	require.False(t, mustGet(w, id).InHistory)
	require.Empty(t, w.timeline())

	opened, err := w.anna.Messages.Open(t.Context(), id)
	require.NoError(t, err)
	require.True(t, opened.Seen && opened.InHistory)
	require.Len(t, opened.Links, 1)
	require.Equal(t, "anna", opened.Links[0].By)
	_, before, err := w.anna.Events.List(t.Context(), 0, mailcrm.MaxPage)
	require.NoError(t, err)
	_, err = w.anna.Messages.Open(t.Context(), id)
	require.NoError(t, err)
	again, _, err := w.anna.Events.List(t.Context(), before, mailcrm.MaxPage)
	require.NoError(t, err)
	require.Empty(t, again, "the second time nothing happens")
	require.Contains(t, flags(), `\Seen`)
	boxes, err := w.anna.Mailboxes.List(t.Context(), account.ID)
	require.NoError(t, err)
	inbox := boxes[slices.IndexFunc(boxes, func(b mailcrm.Mailbox) bool { return b.Role == "inbox" })]
	require.Zero(t, inbox.Unread)
	require.Equal(t, 1, inbox.Total)
}

// TestBytesGone: a mail whose bytes are lost is told by what search knows of it, and the loss is said.
func TestBytesGone(t *testing.T) {
	blobs := &forgetful{}
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) {
		blobs.Blobs = cfg.Blobs
		cfg.Blobs = blobs
	})
	w.mail("one", "One")
	w.account(w.input())
	id := w.list()[0].ID
	blobs.lost = true
	got := mustGet(w, id)
	require.True(t, got.BytesMissing)
	require.Contains(t, got.Text, "Hello Anna")
	_, _, err := w.anna.Messages.Raw(t.Context(), id)
	require.Error(t, err)
	_, err = w.anna.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: id, Forward: true})
	require.NoError(t, err)
	_, body, err := w.anna.Messages.Attachment(t.Context(), id, "1")
	require.Error(t, err)
	require.Nil(t, body)
}

type forgetful struct {
	storage.Blobs
	lost bool
}

func (f *forgetful) Open(ctx context.Context, req storage.OpenBlobRequest) (storage.OpenBlobResult, error) {
	if f.lost {
		return storage.OpenBlobResult{}, fmt.Errorf("blob: %w", storage.ErrNotFound)
	}
	return f.Blobs.Open(ctx, req)
}
