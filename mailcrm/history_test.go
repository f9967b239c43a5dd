package mailcrm_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// A heard is one call of a host's history.
type heard struct {
	id       string
	revision int64
	gone     bool
	entry    storage.Entry
}

// listening is a History that keeps what it hears, before the CRM does as told.
type listening struct {
	storage.History
	mu    sync.Mutex
	calls []heard
}

func (l *listening) Put(ctx context.Context, req storage.PutEntryRequest) (storage.PutEntryResult, error) {
	l.mu.Lock()
	l.calls = append(l.calls, heard{id: req.Entry.ID, revision: req.Revision, entry: req.Entry})
	l.mu.Unlock()
	return l.History.Put(ctx, req)
}

func (l *listening) Delete(ctx context.Context, req storage.DeleteEntryRequest) (storage.DeleteEntryResult, error) {
	l.mu.Lock()
	l.calls = append(l.calls, heard{id: req.ID, revision: req.Revision, gone: true})
	l.mu.Unlock()
	return l.History.Delete(ctx, req)
}

// take returns what was heard since, having checked that no entry goes back in time.
func (l *listening) take(t *testing.T) []heard {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	newest := map[string]int64{}
	for _, c := range l.calls {
		require.GreaterOrEqual(t, c.revision, newest[c.id], "in order for each entry")
		newest[c.id] = c.revision
	}
	calls := l.calls
	l.calls = nil
	return calls
}

// historyWorld is a world whose CRM is listened to.
func historyWorld(t *testing.T) (*world, *listening) {
	t.Helper()
	l := &listening{}
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) {
		l.History = cfg.Host.History
		cfg.Host.History = l
		cfg.LookupTimeout = 50 * time.Millisecond
	})
	return w, l
}

// TestHistoryFollows: what is linked, unlinked, linked again and merged is so in the host's table too.
func TestHistoryFollows(t *testing.T) {
	w, l := historyWorld(t)
	w.mail("one", "One")
	w.account(w.input())
	mail := w.list()[0]
	link := mail.Links[0]
	entries := w.crm.Entries(w.ben)
	require.Len(t, entries, 1)
	require.Equal(t, storage.Entry{
		ID: link.ID, Entity: w.ben, Message: mail.ID, Direction: storage.Received, Date: mail.Date, Agent: "anna", Subject: "One", From: benAddress, To: []string{annaAddress},
		Text: "Hello Anna, this is one.\n", Rule: "address", Confidence: "unauthenticated",
	}, entries[0])

	in := mailcrm.LinkInput{Message: mail.ID, Entity: w.ben}
	require.NoError(t, w.anna.Links.Remove(t.Context(), in))
	w.work()
	require.Empty(t, w.crm.Entries(w.ben))
	_, err := w.anna.Links.Add(t.Context(), in)
	require.NoError(t, err)
	w.work()
	require.Equal(t, "manual", w.crm.Entries(w.ben)[0].Rule)
	require.Equal(t, link.ID, w.crm.Entries(w.ben)[0].ID, "the same entry")

	cleo := storage.Ref{Kind: storage.KindContact, ID: "cleo"}
	w.crm.Add(storage.Entity{Ref: cleo, Name: "Cleo"})
	require.NoError(t, w.client.Changed(t.Context(), []storage.EntityChange{{Ref: cleo, Was: []storage.Ref{w.ben}}}))
	w.work()
	require.Empty(t, w.crm.Entries(w.ben))
	require.Equal(t, link.ID, w.crm.Entries(cleo)[0].ID)
	var told []string
	for _, c := range l.take(t) {
		told = append(told, fmt.Sprint(c.revision, " ", c.gone))
	}
	require.Equal(t, []string{"1 false", "2 true", "3 false", "4 false"}, told)
}

// TestHistoryOfUnlinked: a mail that a person took out of a history is not brought back by a merge.
func TestHistoryOfUnlinked(t *testing.T) {
	w, _ := historyWorld(t)
	w.mail("one", "One")
	w.account(w.input())
	require.NoError(t, w.anna.Links.Remove(t.Context(), mailcrm.LinkInput{Message: w.list()[0].ID, Entity: w.ben}))
	w.work()
	cleo := storage.Ref{Kind: storage.KindContact, ID: "cleo"}
	w.crm.Add(storage.Entity{Ref: cleo, Name: "Cleo"})
	change, err := w.crm.Merge(cleo, w.ben)
	require.NoError(t, err)
	require.NoError(t, w.client.Changed(t.Context(), []storage.EntityChange{change}))
	w.work()
	require.Empty(t, w.crm.Entries(storage.Ref{}))
	page, err := w.anna.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: cleo})
	require.NoError(t, err)
	require.Empty(t, page.Items)
}

// TestHistoryRefused: an entry that the host refuses is tried again, later each time; the others go on.
func TestHistoryRefused(t *testing.T) {
	w, l := historyWorld(t)
	for i := range 20 {
		w.mail(fmt.Sprint("m", i), fmt.Sprint("Mail ", i))
	}
	history := l.History
	l.History = refusing{history, func(e storage.Entry) bool { return e.Subject == "Mail 3" }}
	w.account(w.input())
	require.Len(t, w.crm.Entries(w.ben), 19)
	tries := func() (n int) {
		for _, c := range l.take(t) {
			if c.entry.Subject == "Mail 3" {
				n++
			}
		}
		return n
	}
	require.Equal(t, 1, tries())
	w.clock.Advance(29 * time.Second)
	w.work()
	require.Zero(t, tries(), "not at once")
	w.later(24 * time.Hour)
	n := tries()
	require.Greater(t, n, 20)
	require.Less(t, n, 40)
	l.History = history
	w.later(time.Hour)
	require.Len(t, w.crm.Entries(w.ben), 20)
}

type refusing struct {
	storage.History
	is func(storage.Entry) bool
}

func (r refusing) Put(ctx context.Context, req storage.PutEntryRequest) (storage.PutEntryResult, error) {
	if r.is(req.Entry) {
		return storage.PutEntryResult{}, fmt.Errorf("this one not: %w", storage.ErrInvalid)
	}
	return r.History.Put(ctx, req)
}

// TestHistoryDown: a host that is down or hangs is not asked entry by entry, the mail is read meanwhile, and nothing is missing in the end.
func TestHistoryDown(t *testing.T) {
	const mails = 40
	for name, c := range map[string]struct{ down, up func(w *world) }{
		"error": {
			func(w *world) {
				w.crm.Fail(func(method string) error {
					if strings.HasPrefix(method, "History.") {
						return errors.New("the database is down")
					}
					return nil
				})
			},
			func(w *world) { w.crm.Fail(nil) },
		},
		"hangs": {
			func(w *world) {
				w.crm.Delay(func(method string) time.Duration {
					if strings.HasPrefix(method, "History.") {
						return time.Hour
					}
					return 0
				})
			},
			func(w *world) { w.crm.Delay(nil) },
		},
		"answers are lost": {
			func(w *world) {
				w.crm.FailAfter(func(method string) error {
					if strings.HasPrefix(method, "History.") {
						return errors.New("connection reset")
					}
					return nil
				})
			},
			func(w *world) { w.crm.FailAfter(nil) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, l := historyWorld(t)
			for i := range mails {
				w.mail(fmt.Sprint("m", i), fmt.Sprint("Mail ", i))
			}
			c.down(w)
			account := w.account(w.input())
			require.Equal(t, "ready", account.Status.State)
			require.Len(t, w.timeline(), mails, "our own is complete")
			require.LessOrEqual(t, len(l.take(t)), 2, "it is not asked for each")
			removed := w.timeline()[0]
			require.NoError(t, w.anna.Links.Remove(t.Context(), mailcrm.LinkInput{Message: removed.ID, Entity: w.ben}))
			w.later(2 * time.Hour)
			require.Less(t, len(l.take(t)), 60)
			c.up(w)
			w.later(10 * time.Minute)
			entries := w.crm.Entries(w.ben)
			require.Len(t, entries, mails-1)
			require.False(t, slices.ContainsFunc(entries, func(e storage.Entry) bool { return e.Message == removed.ID }))
			l.take(t)
			w.later(time.Hour)
			require.Empty(t, l.take(t), "nothing is told twice without need")
		})
	}
}

// TestHistoryOfTenants: one tenant's host is down, the other's is not.
func TestHistoryOfTenants(t *testing.T) {
	w, l := historyWorld(t)
	theirs := w.ben
	theirs.Tenant = "other"
	w.crm.Add(storage.Entity{Ref: theirs, Name: "Ben", Addresses: []string{benAddress}})
	w.mail("one", "One")
	l.History = downFor{l.History, ""}
	w.account(w.input())
	_, err := w.client.As(storage.Actor{Tenant: "other", Agent: "anna"}).Accounts.Create(t.Context(), w.input())
	require.NoError(t, err)
	w.work()
	require.Empty(t, w.crm.Entries(w.ben))
	require.Len(t, w.crm.Entries(theirs), 1)
}

type downFor struct {
	storage.History
	tenant storage.Tenant
}

func (d downFor) Put(ctx context.Context, req storage.PutEntryRequest) (storage.PutEntryResult, error) {
	if req.Tenant == d.tenant {
		return storage.PutEntryResult{}, errors.New("down")
	}
	return d.History.Put(ctx, req)
}

// TestHistoryLineEnds: the text has the line ends that the account asks for.
func TestHistoryLineEnds(t *testing.T) {
	for crlf, want := range map[bool]string{false: "Hello Anna, this is one.\nTwo.\n", true: "Hello Anna, this is one.\r\nTwo.\r\n"} {
		w, _ := historyWorld(t)
		w.mail("one", "One", "Two.\r\n")
		in := w.input()
		in.CRLF, in.Public = crlf, crlf
		w.account(in)
		require.Equal(t, want, w.crm.Entries(w.ben)[0].Text)
		require.Equal(t, crlf, w.crm.Entries(w.ben)[0].Public)
	}
}

// TestNoHistory: a host without the power is not missed, and one that gets it later is told from then on.
func TestNoHistory(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) { cfg.Host.History = nil })
	w.mail("one", "One")
	w.account(w.input())
	require.Len(t, w.timeline(), 1)
	require.Zero(t, w.crm.Calls()["History.Put"])
}
