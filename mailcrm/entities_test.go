package mailcrm_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// TestQuickCreate: a record made from a mail gets the mails that its address has in the history already.
func TestQuickCreate(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	for _, id := range []string{"one", "two"} {
		w.raw("From: New <new@elsewhere.example>\r\nTo: " + annaAddress + "\r\nSubject: " + id + "\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <" + id + "@elsewhere.example>\r\n\r\nx\r\n")
	}
	w.account(w.input())
	require.Empty(t, w.list()[0].Links)
	in := storage.CreateRequest{Kind: storage.KindContact, Name: "New", Address: " NEW@Elsewhere.example ", Key: "once"}
	made, err := w.anna.Entities.Create(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, []string{"new@elsewhere.example"}, made.Entity.Addresses)
	again, err := w.anna.Entities.Create(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, made.Entity.Ref, again.Entity.Ref)
	history, err := w.anna.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: made.Entity.Ref})
	require.NoError(t, err)
	require.Len(t, history.Items, 2)
	found, err := w.anna.Entities.ByAddress(t.Context(), "new@elsewhere.example")
	require.NoError(t, err)
	require.Len(t, found, 1)
}

// TestDuplicates: what the host takes for the same is shown as far as it may be seen.
func TestDuplicates(t *testing.T) {
	var w *world
	hidden := storage.Entity{Ref: storage.Ref{Kind: storage.KindContact, ID: "hidden"}, Name: "Hidden", Owner: "marc"}
	w = newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) {
		cfg.Host.Create = creator(func(storage.CreateRequest) (storage.CreateResult, error) {
			ben, _ := w.crm.Get(w.ben)
			return storage.CreateResult{Duplicates: []storage.Entity{hidden, ben}}, nil
		})
	})
	w.crm.OwnersOnly(true)
	w.crm.Add(hidden)
	ask := storage.CreateRequest{Kind: storage.KindContact, Name: "Ben Client"}
	res, err := w.anna.Entities.Create(t.Context(), ask)
	require.NoError(t, err)
	require.Len(t, res.Duplicates, 1)
	require.Equal(t, w.ben, res.Duplicates[0].Ref)
	w.crm.Add(storage.Entity{Ref: w.ben, Name: "Ben Client", Owner: "marc"})
	res, err = w.anna.Entities.Create(t.Context(), ask)
	require.ErrorIs(t, err, mailcrm.ErrConflict, "there is one, and she does not hear which")
	require.Zero(t, res)
	require.NotContains(t, err.Error(), "Ben")
}

type creator func(storage.CreateRequest) (storage.CreateResult, error)

func (c creator) Create(_ context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
	return c(req)
}

// TestHostWithoutPowers: what a host does not offer is said, and nothing else suffers.
func TestHostWithoutPowers(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) {
		cfg.Host = storage.Host{Directory: cfg.Host.Directory}
	})
	w.mail("one", "One")
	account := w.account(w.input())
	require.Len(t, w.timeline(), 1)
	_, err := w.anna.Entities.Search(t.Context(), "ben")
	requireNotOffered(t, err, "Host.Search")
	_, err = w.anna.Entities.Create(t.Context(), storage.CreateRequest{Kind: storage.KindContact, Name: "x"})
	requireNotOffered(t, err, "Host.Create")
	fields, err := w.anna.Templates.Fields(t.Context(), storage.KindContact)
	require.NoError(t, err)
	require.Len(t, fields, 1, "the sender is always there")
	draft, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{
		Account: account.ID, To: []mailcrm.Address{{Address: benAddress}}, Entity: w.ben, Subject: "From {{ sender.name }}", Text: "{{ contact.name }}",
	})
	require.NoError(t, err)
	preview, err := w.anna.Drafts.Preview(t.Context(), draft.ID)
	require.NoError(t, err)
	require.Equal(t, "From Anna Petit", preview.Subject)
	require.Len(t, preview.Problems, 1)
	require.Equal(t, "unknown_field", preview.Problems[0].Code)
}

func requireNotOffered(t *testing.T, err error, power string) {
	t.Helper()
	require.ErrorIs(t, err, mailcrm.ErrUnavailable)
	require.ErrorContains(t, err, power)
	require.Equal(t, "host.not_offered", storage.CauseCode(err))
}

// TestHostFails: each question to the host that fails, or takes too long, is an answer of a known kind; mail is read all the same.
func TestHostFails(t *testing.T) {
	for name, how := range map[string]func(w *world){
		"error":  func(w *world) { w.crm.Fail(func(string) error { return errors.New("boom: table x") }) },
		"hangs":  func(w *world) { w.crm.Delay(func(string) time.Duration { return time.Hour }) },
		"closed": func(w *world) { w.crm.Fail(func(string) error { return context.Canceled }) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) { cfg.LookupTimeout = 30 * time.Millisecond })
			w.mail("one", "One")
			account := w.account(w.input())
			draft, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{
				Account: account.ID, To: []mailcrm.Address{{Address: benAddress}}, Entity: w.ben, Subject: "x", Text: "{{ contact.first_name }}",
			})
			require.NoError(t, err)
			how(w)
			for what, ask := range map[string]func() error{
				"search":  func() error { _, err := w.anna.Entities.Search(t.Context(), "ben"); return err },
				"address": func() error { _, err := w.anna.Entities.ByAddress(t.Context(), benAddress); return err },
				"create": func() error {
					_, err := w.anna.Entities.Create(t.Context(), storage.CreateRequest{Kind: storage.KindContact, Name: "x"})
					return err
				},
				"fields":  func() error { _, err := w.anna.Templates.Fields(t.Context(), storage.KindContact); return err },
				"preview": func() error { _, err := w.anna.Drafts.Preview(t.Context(), draft.ID); return err },
				"send":    func() error { _, err := w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID}); return err },
				"timeline": func() error {
					_, err := w.anna.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: w.ben})
					return err
				},
			} {
				err := ask()
				require.ErrorIs(t, err, mailcrm.ErrUnavailable, what)
				require.Equal(t, "host.unavailable", storage.CauseCode(err), what)
				code, status := mailcrm.ErrorCode(err)
				require.Equal(t, "unavailable", code, what)
				require.Equal(t, 503, status)
			}
			mail, err := w.anna.Messages.Open(t.Context(), w.list()[0].ID)
			require.NoError(t, err)
			require.True(t, mail.LinksUnknown)
			require.Contains(t, mail.Text, "Hello Anna")
		})
	}
}

func TestEntityInput(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	_, err := w.anna.Entities.Search(t.Context(), strings.Repeat("x", 256))
	requireField(t, err, "Query", "too_long")
	_, err = w.anna.Entities.ByAddress(t.Context(), "ben")
	requireField(t, err, "Address", "bad_address")
	_, err = w.anna.Entities.Create(t.Context(), storage.CreateRequest{Kind: storage.KindContact, Name: "x", Address: "x"})
	requireField(t, err, "Address", "bad_address")
	_, err = w.anna.Entities.Create(t.Context(), storage.CreateRequest{Kind: storage.KindContact, Name: "x", Key: strings.Repeat("x", 65)})
	requireField(t, err, "Key", "too_long")
	for _, ref := range []storage.Ref{{}, {Kind: "contact"}, {ID: "x"}, {Kind: "contact", ID: "a\nb"}} {
		_, err = w.anna.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: ref})
		require.ErrorIs(t, err, mailcrm.ErrInvalid)
		_, err = w.anna.Links.Add(t.Context(), mailcrm.LinkInput{Message: "x", Entity: ref})
		require.ErrorIs(t, err, mailcrm.ErrInvalid)
	}
	for _, limit := range []int{-1, mailcrm.MaxPage + 1} {
		_, err = w.anna.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: w.ben, Limit: limit})
		requireField(t, err, "Limit", "out_of_range")
		_, err = w.anna.Messages.List(t.Context(), mailcrm.MessageQuery{Limit: limit})
		requireField(t, err, "Limit", "out_of_range")
		_, _, err = w.anna.Events.List(t.Context(), 0, limit)
		requireField(t, err, "Limit", "out_of_range")
		_, err = w.anna.Drafts.List(t.Context(), "", limit)
		requireField(t, err, "Limit", "out_of_range")
		_, err = w.anna.Outbox.List(t.Context(), "", limit)
		requireField(t, err, "Limit", "out_of_range")
	}
	for _, q := range []mailcrm.MessageQuery{{Text: strings.Repeat("x", 256)}, {From: strings.Repeat("x", 256)}, {Sort: "size desc"}, {Cursor: "x"}} {
		_, err = w.anna.Messages.List(t.Context(), q)
		if q.Cursor == "" {
			require.ErrorIs(t, err, mailcrm.ErrInvalid)
		}
	}
}

// TestChanged: what a host tells of its records.
func TestChanged(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.mail("one", "One")
	account := w.account(w.input())
	for _, bad := range []storage.EntityChange{{}, {Ref: storage.Ref{Kind: "contact"}}, {Ref: storage.Ref{Tenant: "a/b", Kind: "contact", ID: "x"}}} {
		require.ErrorIs(t, w.client.Changed(t.Context(), []storage.EntityChange{bad}), mailcrm.ErrInvalid)
	}

	// A contact that was created later gets the earlier mails of its address, and the next ones, although nobody had it a moment ago.
	const late = "late@client.example"
	mail := func(id string) {
		w.raw("From: " + late + "\r\nTo: " + annaAddress + "\r\nSubject: " + id + "\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <" + id + "@client.example>\r\n\r\n" + id + "\r\n")
		require.NoError(t, w.anna.Accounts.Sync(t.Context(), account.ID))
		w.work()
	}
	mail("before")
	contact := storage.Ref{Kind: storage.KindContact, ID: "late"}
	w.crm.Add(storage.Entity{Ref: contact, Name: "Late"})
	change, err := w.crm.SetAddresses(contact, late)
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, w.client.Changed(t.Context(), []storage.EntityChange{change}))
	}
	mail("after")
	page, err := w.anna.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: contact})
	require.NoError(t, err)
	require.Len(t, page.Items, 2)

	// One whose addresses the host does not name: from now on.
	unnamed := storage.Ref{Kind: storage.KindContact, ID: "unnamed"}
	w.crm.Add(storage.Entity{Ref: unnamed, Name: "Unnamed", Addresses: []string{late}})
	require.NoError(t, w.client.Changed(t.Context(), []storage.EntityChange{{Ref: unnamed}}))
	mail("third")
	page, err = w.anna.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: unnamed})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)

	// One that is gone keeps its history, and gets no more.
	gone, err := w.crm.Delete(contact)
	require.NoError(t, err)
	require.NoError(t, w.client.Changed(t.Context(), []storage.EntityChange{gone}))
	mail("fourth")
	require.Equal(t, 1, countLinks(w, unnamed, "fourth"))
	require.Zero(t, countLinks(w, contact, "fourth"))
	w.crm.Add(storage.Entity{Ref: contact, Name: "Late"}) // taken back
	require.Equal(t, 1, countLinks(w, contact, "after"))
}

// countLinks is how many mails of a subject in Anna's inbox are linked to a record.
func countLinks(w *world, ref storage.Ref, subject string) (n int) {
	for _, m := range w.list() {
		for _, l := range m.Links {
			if m.Subject == subject && l.Entity == ref {
				n++
			}
		}
	}
	return n
}
