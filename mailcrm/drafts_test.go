package mailcrm_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// TestDraftInput: what is wrong with a draft is said at its field; what is only missing waits for Send.
func TestDraftInput(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account, err := w.anna.Accounts.Create(t.Context(), w.input())
	require.NoError(t, err)
	empty, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{Account: account.ID})
	require.NoError(t, err)
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		field, code string
		change      func(*mailcrm.DraftInput)
	}{
		{"To", "bad_address", func(in *mailcrm.DraftInput) { in.To = []mailcrm.Address{{Address: "ben"}} }},
		{"Cc", "bad_address", func(in *mailcrm.DraftInput) { in.Cc = []mailcrm.Address{{}} }},
		{"Bcc", "bad_address", func(in *mailcrm.DraftInput) { in.Bcc = []mailcrm.Address{{Address: "a@b.example, c@d.example"}} }},
		{"To", "malformed", func(in *mailcrm.DraftInput) { in.To = []mailcrm.Address{{Name: long, Address: benAddress}} }},
		{"Identity", "unknown", func(in *mailcrm.DraftInput) { in.Identity = "x" }},
		{"Entity", "required", func(in *mailcrm.DraftInput) { in.Entity = storage.Ref{Kind: storage.KindContact} }},
		{"Entity", "malformed", func(in *mailcrm.DraftInput) { in.Entity = storage.Ref{Kind: "a\nb", ID: "x"} }},
		{"Entities", "malformed", func(in *mailcrm.DraftInput) { in.Entities = []storage.Ref{{Kind: storage.KindContact, ID: long}} }},
	} {
		in := mailcrm.DraftInput{Account: account.ID}
		c.change(&in)
		_, err := w.anna.Drafts.Create(t.Context(), in)
		requireField(t, err, c.field, c.code)
		in.ID = empty.ID
		_, err = w.anna.Drafts.Update(t.Context(), in)
		requireField(t, err, c.field, c.code)
	}
	_, err = w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{ID: "x", Account: account.ID})
	requireField(t, err, "ID", "unexpected")
	for what, in := range map[string]mailcrm.DraftInput{
		"recipients": {To: make([]mailcrm.Address, 300), Bcc: make([]mailcrm.Address, 201)},
		"subject":    {Subject: strings.Repeat("x", mailcrm.MaxSubject+1)},
		"html":       {HTML: strings.Repeat("x", mailcrm.MaxSource+1)},
		"text":       {Text: strings.Repeat("x", mailcrm.MaxSource+1)},
		"entities":   {Entities: make([]storage.Ref, mailcrm.MaxEntities+1)},
	} {
		in.Account = account.ID
		_, err := w.anna.Drafts.Create(t.Context(), in)
		require.ErrorIs(t, err, mailcrm.ErrLimit, what)
	}
	for what, in := range map[string]mailcrm.DraftInput{
		"no account":             {},
		"unknown account":        {Account: "x"},
		"unknown mail":           {Account: account.ID, InReplyTo: "x"},
		"record of another":      {Account: account.ID, Entity: storage.Ref{Tenant: "other", Kind: storage.KindContact, ID: "ben"}},
		"link to one of another": {Account: account.ID, Entities: []storage.Ref{{Tenant: "other", Kind: storage.KindContact, ID: "ben"}}},
	} {
		_, err := w.anna.Drafts.Create(t.Context(), in)
		require.ErrorIs(t, err, mailcrm.ErrNotFound, what)
	}
	same, err := w.anna.Drafts.Get(t.Context(), empty.ID)
	require.NoError(t, err)
	require.Equal(t, empty, same)
}

// TestDraftLinksOnlyWhatIsSeen: an agent cannot put his mail into the history of a record that he may not see.
func TestDraftLinksOnlyWhatIsSeen(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.crm.OwnersOnly(true)
	hidden := storage.Ref{Kind: storage.KindAccount, ID: "hidden"}
	own := storage.Ref{Kind: storage.KindAccount, ID: "own"}
	w.crm.Add(storage.Entity{Ref: hidden, Name: "Hidden", Owner: "marc"}, storage.Entity{Ref: own, Name: "Own", Owner: "anna"})
	account := w.account(w.input())
	in := mailcrm.DraftInput{Account: account.ID, To: []mailcrm.Address{{Address: "x@elsewhere.example"}}, Subject: "x", Text: "x", Entities: []storage.Ref{own, hidden}}
	_, err := w.anna.Drafts.Create(t.Context(), in)
	require.ErrorIs(t, err, mailcrm.ErrNotFound)
	in.Entities = []storage.Ref{own}
	draft, err := w.anna.Drafts.Create(t.Context(), in)
	require.NoError(t, err)

	// The CRM is down: what was seen before can be saved all the same.
	w.crm.Fail(func(string) error { return errors.New("down") })
	in.ID, in.Subject = draft.ID, "changed"
	_, err = w.anna.Drafts.Update(t.Context(), in)
	require.NoError(t, err)
	w.crm.Fail(nil)
	_, err = w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
	require.NoError(t, err)
	w.work()
	history, err := w.anna.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: own})
	require.NoError(t, err)
	require.Len(t, history.Items, 1)
}

// TestAttachments of a draft: names that cannot harm, types that fit, and a bound for all of them.
func TestAttachments(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account, err := w.anna.Accounts.Create(t.Context(), w.input())
	require.NoError(t, err)
	draft, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{Account: account.ID})
	require.NoError(t, err)
	for _, c := range []struct{ name, mediaType, wantName, wantType string }{
		{"offer.pdf", "application/pdf", "offer.pdf", "application/pdf"},
		{"offer.pdf", "", "offer.pdf", "application/pdf"},
		{"offer.pdf", "not a type", "offer.pdf", "application/pdf"},
		{"x.unknown-kind", "", "x.unknown-kind", "application/octet-stream"},
		{"../../etc/passwd", "text/plain", "passwd", "text/plain"},
		{`C:\Users\anna\devis.txt`, "text/plain", "devis.txt", "text/plain"},
		{"a\r\nb.txt", "text/plain", "ab.txt", "text/plain"},
		{"", "text/plain", "file", "text/plain"},
		{"..", "text/plain", "file", "text/plain"},
		{"été \xff.txt", "text/plain", "été .txt", "text/plain"},
		{strings.Repeat("é", 200) + ".txt", "text/plain", strings.Repeat("é", 125) + ".txt", "text/plain"},
	} {
		draft, err = w.anna.Drafts.Attach(t.Context(), draft.ID, c.name, c.mediaType, strings.NewReader("12345"))
		require.NoError(t, err)
		got := draft.Attachments[len(draft.Attachments)-1]
		require.Equal(t, c.wantName, got.Name, "%q", c.name)
		require.Equal(t, c.wantType, strings.Split(got.Type, ";")[0], "%q", c.name)
		require.EqualValues(t, 5, got.Size)
		draft, err = w.anna.Drafts.Detach(t.Context(), draft.ID, got.ID)
		require.NoError(t, err)
		require.Empty(t, draft.Attachments)
	}
	_, err = w.anna.Drafts.Detach(t.Context(), draft.ID, "x")
	require.ErrorIs(t, err, mailcrm.ErrNotFound)
	_, err = w.anna.Drafts.Attach(t.Context(), draft.ID, "a", "", strings.NewReader(strings.Repeat("x", mailcrm.MaxAttachmentSize)))
	require.NoError(t, err)
	_, err = w.anna.Drafts.Attach(t.Context(), draft.ID, "b", "", strings.NewReader("x"))
	require.ErrorIs(t, err, mailcrm.ErrLimit)
	require.ErrorContains(t, err, "25 MiB")
	draft, err = w.anna.Drafts.Get(t.Context(), draft.ID)
	require.NoError(t, err)
	require.Len(t, draft.Attachments, 1)
	_, err = w.anna.Drafts.Attach(t.Context(), draft.ID, "b", "", &failing{})
	require.ErrorContains(t, err, "the upload broke off")
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errors.New("the upload broke off") }

// TestDraftRevision: two windows on one draft.
func TestDraftRevision(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account, err := w.anna.Accounts.Create(t.Context(), w.input())
	require.NoError(t, err)
	draft, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{Account: account.ID, Subject: "one"})
	require.NoError(t, err)
	first, second := draft.DraftInput, draft.DraftInput
	first.Subject, second.Subject = "first", "second"
	_, err = w.anna.Drafts.Update(t.Context(), first)
	require.NoError(t, err)
	_, err = w.anna.Drafts.Update(t.Context(), second)
	require.ErrorIs(t, err, mailcrm.ErrConflict)
	_, err = w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID, Key: "a\nb"})
	requireField(t, err, "Key", "malformed")
}

// TestSendOnce: a draft that was sent is one no more, and a key answers for one draft.
func TestSendOnce(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	draft := func() string {
		d, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{Account: account.ID, To: []mailcrm.Address{{Address: benAddress}}, Subject: "x", Text: "x"})
		require.NoError(t, err)
		return d.ID
	}
	first, second := draft(), draft()
	sent, err := w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: first, Key: "k"})
	require.NoError(t, err)
	_, err = w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: first})
	require.ErrorIs(t, err, mailcrm.ErrConflict)
	_, err = w.anna.Drafts.Update(t.Context(), mailcrm.DraftInput{ID: first, Account: account.ID})
	require.ErrorIs(t, err, mailcrm.ErrConflict)
	_, err = w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: second, Key: "k"})
	requireField(t, err, "Key", "reused")
	_, err = w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: second, NotBefore: w.clock.Now().AddDate(2, 0, 0)})
	requireField(t, err, "NotBefore", "out_of_range")
	w.work()
	require.Len(t, w.server.Delivered(), 1)
	again, err := w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: first, Key: "k"})
	require.NoError(t, err)
	require.Equal(t, sent.ID, again.ID)
	require.Equal(t, mailcrm.StateSent, again.State)

	// The same request, ten times at once.
	errs, ids := make(chan error, 10), make(chan string, 10)
	for range 10 {
		go func() {
			s, err := w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: second, Key: "at once"})
			if err == nil {
				ids <- s.ID
			}
			errs <- err
		}()
	}
	seen := map[string]bool{}
	for range 10 {
		require.NoError(t, <-errs)
		seen[<-ids] = true
	}
	require.Len(t, seen, 1)
	w.later(time.Minute)
	require.Len(t, w.server.Delivered(), 2)
}

// TestScheduled: a mail waits for its time, and no longer.
func TestScheduled(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) { cfg.UndoSend = 10 * time.Second })
	account := w.account(w.input())
	draft, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{Account: account.ID, To: []mailcrm.Address{{Address: benAddress}}, Subject: "x", Text: "x"})
	require.NoError(t, err)
	at := w.clock.Now().Add(3 * time.Hour)
	sub, err := w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID, NotBefore: at})
	require.NoError(t, err)
	require.Equal(t, at, sub.NotBefore)
	w.clock.Set(at.Add(-time.Second))
	w.work()
	require.Empty(t, w.server.Delivered())
	w.clock.Set(at)
	w.work()
	require.Len(t, w.server.Delivered(), 1)
	past, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{Account: account.ID, To: []mailcrm.Address{{Address: benAddress}}, Subject: "x", Text: "x"})
	require.NoError(t, err)
	sub, err = w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: past.ID, NotBefore: at.AddDate(-1, 0, 0)})
	require.NoError(t, err)
	require.Equal(t, w.clock.Now().Add(10*time.Second), sub.NotBefore, "a time to call it back there always is")
}
