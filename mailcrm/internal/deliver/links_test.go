package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/reader"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/storage"
)

// TestOpened: when read, the first opening brings a mail into the history; the second one changes nothing.
func TestOpened(t *testing.T) {
	each(t, func(o *office) {
		o.anna.Settings.Link = "read"
		message := o.one(o.anna, "inbox", fromBen("a"))
		explained, err := o.desk.Explain(o.t.Context(), "", message)
		require.NoError(o.t, err)
		require.Len(o.t, explained.Links, 1, "the candidates show before")
		require.Equal(o.t, stateNone, o.state(message))
		before := o.lastEvent()

		pending, err := o.desk.Opened(o.t.Context(), "", "anna", message)
		require.NoError(o.t, err)
		require.False(o.t, pending)
		require.Equal(o.t, []string{"ben address"}, o.linked(message))
		require.Equal(o.t, "anna", o.row(message).Links[0].By, "who opened it")
		require.Equal(o.t, []string{"link.added ben"}, o.events(before))
		entered := o.row(message).Message.Entered

		o.wait(time.Hour)
		_, err = o.desk.Opened(o.t.Context(), "", "marc", message)
		require.NoError(o.t, err)
		require.Equal(o.t, []string{"link.added ben"}, o.events(before))
		require.Equal(o.t, entered, o.row(message).Message.Entered)

		_, err = o.desk.Opened(o.t.Context(), "", "anna", "nothing")
		require.NoError(o.t, err)
	})
}

// TestUnlinkHolds: no automatic pass makes a link again that a person removed. A person does.
func TestUnlinkHolds(t *testing.T) {
	each(t, func(o *office) {
		raw := letter{id: "a", from: benAddress, to: annaAddress, cc: cleoAddress}.String()
		message := o.one(o.anna, "inbox", raw)
		first := o.row(message).Links[slices.IndexFunc(o.row(message).Links, func(l store.Link) bool { return l.Entity == o.ben })]
		require.NoError(o.t, o.desk.Unlink(o.t.Context(), "", "anna", message, o.ben))
		require.ErrorIs(o.t, o.desk.Unlink(o.t.Context(), "", "anna", message, o.ben), storage.ErrNotFound)
		before := o.lastEvent()

		for name, pass := range map[string]func(){
			"opened": func() {
				_, err := o.desk.Opened(o.t.Context(), "", "anna", message)
				require.NoError(o.t, err)
			},
			"relinked": func() { require.NoError(o.t, o.desk.Relink(o.t.Context(), "", benAddress)) },
			"synced":   func() { o.one(o.anna, "archive", raw) },
			"retried": func() {
				o.write(func(tx *store.Tx) error { return tx.SetLinkState("", []string{message}, statePending, o.db.Now()) })
				o.retry(o.anna)
			},
		} {
			pass()
			require.Equal(o.t, []string{"cleo address"}, o.linked(message), name)
			require.Equal(o.t, stateLinked, o.state(message), name)
		}
		require.Empty(o.t, o.events(before))

		made, err := o.desk.Link(o.t.Context(), "", "marc", message, storage.Entity{Ref: o.ben, Name: "Ben"})
		require.NoError(o.t, err)
		require.Equal(o.t, first.ID, made.ID, "the link is revived")
		require.Greater(o.t, made.Revision, first.Revision)
		require.Equal(o.t, "manual", made.Rule)
		require.Equal(o.t, "marc", made.By)
		require.Equal(o.t, []string{"ben manual", "cleo address"}, o.linked(message))
		require.Equal(o.t, []string{"link.added ben"}, o.events(before))

		again, err := o.desk.Link(o.t.Context(), "", "anna", message, storage.Entity{Ref: o.cleo})
		require.NoError(o.t, err)
		require.Equal(o.t, "address", again.Rule, "what is linked already stays as it is")
	})
}

// TestLinkByHandFirst: a link by hand does not keep the automatic ones away, whether the mail was not opened yet or the CRM did not answer.
func TestLinkByHandFirst(t *testing.T) {
	each(t, func(o *office) {
		o.anna.Settings.Link = "read"
		unread := o.one(o.anna, "inbox", fromBen("unread"))
		_, err := o.desk.Link(o.t.Context(), "", "anna", unread, storage.Entity{Ref: o.cleo})
		require.NoError(o.t, err)
		require.Equal(o.t, []string{"ben address", "cleo manual"}, o.linked(unread), "by hand it enters the history, as by opening")

		junk := o.one(o.anna, "junk", fromBen("junk"))
		_, err = o.desk.Link(o.t.Context(), "", "anna", junk, storage.Entity{Ref: o.cleo})
		require.NoError(o.t, err)
		require.Equal(o.t, []string{"cleo manual"}, o.linked(junk), "he says so; nothing else does")
		o.one(o.anna, "inbox", fromBen("junk"))
		_, err = o.desk.Opened(o.t.Context(), "", "anna", junk)
		require.NoError(o.t, err)
		require.Equal(o.t, []string{"ben address", "cleo manual"}, o.linked(junk))

		o.crm.Fail(func(string) error { return errors.New("down") })
		waiting := o.one(o.anna, "sent", toBen("waiting"))
		require.Equal(o.t, statePending, o.state(waiting))
		_, err = o.desk.Link(o.t.Context(), "", "anna", waiting, storage.Entity{Ref: o.cleo})
		require.NoError(o.t, err)
		require.Equal(o.t, []string{"cleo manual"}, o.linked(waiting))
		o.crm.Fail(nil)
		o.wait(time.Minute)
		o.retry(o.anna)
		require.Equal(o.t, []string{"ben address", "cleo manual"}, o.linked(waiting))
	})
}

// TestDirectoryDown: mail is recorded, its links wait, the host is not asked for every chunk, and all is made up for.
func TestDirectoryDown(t *testing.T) {
	each(t, func(o *office) {
		o.crm.Fail(func(string) error { return errors.New("down") })
		first := o.one(o.anna, "inbox", fromBen("a"))
		asked := o.crm.Calls()["Directory.Lookup"]
		second := o.one(o.marc, "inbox", letter{id: "b", from: cleoAddress, to: marcAddress}.String())
		stranger := o.one(o.anna, "inbox", letter{id: "c", from: annaAddress, to: marcAddress}.String())
		require.Equal(o.t, asked, o.crm.Calls()["Directory.Lookup"], "it rests")
		for _, message := range []string{first, second} {
			require.Equal(o.t, statePending, o.state(message))
			require.Empty(o.t, o.linked(message))
		}
		require.Contains(o.t, o.events(0), "message.new")
		require.False(o.t, o.linksDue(o.anna), "not at once")
		o.wait(retryLinks)
		require.True(o.t, o.linksDue(o.anna))

		o.retry(o.anna) // still down
		require.Equal(o.t, statePending, o.state(first))
		require.False(o.t, o.linksDue(o.anna), "later")

		o.crm.Fail(nil)
		o.wait(retryLinks)
		o.retry(o.anna)
		o.retry(o.marc)
		require.Equal(o.t, []string{"ben address"}, o.linked(first))
		require.Equal(o.t, []string{"cleo address"}, o.linked(second))
		require.Equal(o.t, stateLinked, o.state(stranger))
		require.False(o.t, o.linksDue(o.anna))
		before := o.lastEvent()
		o.retry(o.anna)
		require.Empty(o.t, o.events(before))
	})
}

// TestOpenedWhileDown: opening is not an error, and the links come later.
func TestOpenedWhileDown(t *testing.T) {
	each(t, func(o *office) {
		o.anna.Settings.Link = "read"
		message := o.one(o.anna, "inbox", fromBen("a"))
		o.crm.Fail(func(string) error { return errors.New("down") })
		pending, err := o.desk.Opened(o.t.Context(), "", "anna", message)
		require.NoError(o.t, err)
		require.True(o.t, pending)
		require.Equal(o.t, statePending, o.state(message))
		o.crm.Fail(nil)
		o.wait(retryLinks)
		pending, err = o.desk.Opened(o.t.Context(), "", "marc", message) // whoever comes first
		require.NoError(o.t, err)
		require.False(o.t, pending)
		require.Equal(o.t, []string{"ben address"}, o.linked(message))
	})
}

// TestPendingGoesToJunk: a mail whose links wait, and that turns out to be junk meanwhile, is not linked.
func TestPendingGoesToJunk(t *testing.T) {
	each(t, func(o *office) {
		o.crm.Fail(func(string) error { return errors.New("down") })
		message := o.one(o.anna, "inbox", fromBen("a"))
		o.one(o.anna, "junk", fromBen("a"))
		copies := o.row(message).Copies
		inbox := copies[slices.IndexFunc(copies, func(c reader.Copy) bool { return c.Role == "inbox" })]
		o.write(func(tx *store.Tx) error { return tx.CopyGone("", inbox.ID) })
		o.crm.Fail(nil)
		o.wait(retryLinks)
		o.retry(o.anna)
		require.Empty(o.t, o.linked(message))
		require.False(o.t, o.linksDue(o.anna), "nothing waits any more")
		o.one(o.anna, "inbox", fromBen("a"))
		require.Equal(o.t, []string{"ben address"}, o.linked(message), "out of Junk like new")
	})
}

// TestOneAddressThatFails: a host that cannot answer for one address delays the mails that have it, and no other.
func TestOneAddressThatFails(t *testing.T) {
	each(t, func(o *office) {
		const poison = "poison@client.example"
		directory := o.crm.Host().Directory
		var mu sync.Mutex
		bad := true
		o.desk.Linker = linker.New(lookup(func(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
			mu.Lock()
			defer mu.Unlock()
			if bad && slices.Contains(req.Addresses, poison) {
				return storage.LookupResult{}, fmt.Errorf("cannot look this up: %w", storage.ErrInvalid)
			}
			return directory.Lookup(ctx, req)
		}), &linker.Options{CacheSize: -1})
		poisoned := letter{id: "p", from: poison, to: annaAddress, cc: benAddress}.String()
		ids := o.arrive(o.anna, "inbox", fromBen("a"), poisoned, fromBen("b"))
		require.Equal(o.t, []string{"ben address"}, o.linked(ids[0]))
		require.Equal(o.t, statePending, o.state(ids[1]))
		require.Equal(o.t, []string{"ben address"}, o.linked(ids[2]))
		next := o.one(o.anna, "inbox", fromBen("c"))
		require.Equal(o.t, []string{"ben address"}, o.linked(next), "the host is not taken for dead")

		o.crm.Add(storage.Entity{Ref: storage.Ref{Kind: storage.KindContact, ID: "new"}, Addresses: []string{benAddress}})
		require.NoError(o.t, o.desk.Relink(o.t.Context(), "", benAddress))
		require.Equal(o.t, []string{"ben address", "new address"}, o.linked(ids[0]))
		require.Empty(o.t, o.linked(ids[1]))

		o.wait(retryLinks)
		require.True(o.t, o.linksDue(o.anna))
		o.retry(o.anna)
		require.Equal(o.t, statePending, o.state(ids[1]))
		require.False(o.t, o.linksDue(o.anna))
		mu.Lock()
		bad = false
		mu.Unlock()
		o.wait(retryLinks)
		o.retry(o.anna)
		require.Equal(o.t, []string{"ben address", "new address"}, o.linked(ids[1]))
	})
}

// lookup is a Directory.
type lookup func(context.Context, storage.LookupRequest) (storage.LookupResult, error)

func (l lookup) Lookup(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
	return l(ctx, req)
}

// TestCallerWhoLeaves: a request that was given up does not make the host look dead to the others.
func TestCallerWhoLeaves(t *testing.T) {
	each(t, func(o *office) {
		o.anna.Settings.Link = "read"
		message := o.one(o.anna, "inbox", fromBen("a"))
		ctx, leave := context.WithCancel(o.t.Context())
		o.crm.Delay(func(string) time.Duration { leave(); return time.Hour })
		_, err := o.desk.Opened(ctx, "", "anna", message)
		require.ErrorIs(o.t, err, context.Canceled)
		require.Equal(o.t, stateNone, o.state(message))
		o.crm.Delay(nil)
		require.Equal(o.t, []string{"ben address"}, o.linked(o.one(o.anna, "sent", toBen("b"))))
	})
}

// TestRelink: a record that got an address later gets the mails that are in the history, and no others.
func TestRelink(t *testing.T) {
	each(t, func(o *office) {
		const late = "late@client.example"
		mail := func(id string) string {
			return letter{id: id, from: late, to: annaAddress, cc: cleoAddress}.String()
		}
		var there []string
		for i := range retryBatch + 5 { // more than a batch
			there = append(there, mail(fmt.Sprint("there", i)))
		}
		history := o.arrive(o.anna, "inbox", there...)
		junk := o.one(o.anna, "junk", mail("junk"))
		o.anna.Settings.Link = "read"
		unread := o.one(o.anna, "inbox", mail("unread"))
		contact := storage.Ref{Kind: storage.KindContact, ID: "late"}
		o.crm.Add(storage.Entity{Ref: contact, Name: "Late", Addresses: []string{late}})
		before := o.lastEvent()
		for range 2 { // the second time nothing is left to do
			require.NoError(o.t, o.desk.Relink(o.t.Context(), "", "LATE@client.example"))
		}
		for _, message := range history {
			require.Equal(o.t, []string{"cleo address", "late address"}, o.linked(message))
		}
		require.Empty(o.t, o.linked(junk))
		require.Empty(o.t, o.linked(unread))
		require.Len(o.t, o.events(before), len(history))
		require.NoError(o.t, o.desk.Relink(o.t.Context(), "", "not an address"))
	})
}

// TestRelinkWhileDown: what the host cannot tell now waits as any other mail does.
func TestRelinkWhileDown(t *testing.T) {
	each(t, func(o *office) {
		message := o.one(o.anna, "inbox", letter{id: "x", from: "late@client.example", to: annaAddress}.String())
		entered := o.row(message).Message.Entered
		o.crm.Add(storage.Entity{Ref: storage.Ref{Kind: storage.KindContact, ID: "late"}, Addresses: []string{"late@client.example"}})
		o.crm.Fail(func(string) error { return errors.New("down") })
		require.NoError(o.t, o.desk.Relink(o.t.Context(), "", "late@client.example"))
		require.Equal(o.t, statePending, o.state(message))
		o.crm.Fail(nil)
		o.wait(retryLinks)
		require.True(o.t, o.linksDue(o.anna))
		o.retry(o.anna)
		require.Equal(o.t, []string{"late address"}, o.linked(message))
		require.Equal(o.t, entered, o.row(message).Message.Entered)
	})
}

// TestMoved: records that were merged give their history to the one that remains; what was unlinked is not brought back.
func TestMoved(t *testing.T) {
	each(t, func(o *office) {
		ids := o.arrive(o.anna, "inbox", fromBen("plain"), fromBen("unlinked"), fromBen("both"), fromBen("kept"))
		plain, unlinked, both, kept := ids[0], ids[1], ids[2], ids[3]
		link := func(message string) {
			_, err := o.desk.Link(o.t.Context(), "", "anna", message, storage.Entity{Ref: o.cleo})
			require.NoError(o.t, err)
		}
		unlink := func(message string, ref storage.Ref) {
			require.NoError(o.t, o.desk.Unlink(o.t.Context(), "", "anna", message, ref))
		}
		unlink(unlinked, o.ben)
		link(both)
		link(kept)
		unlink(kept, o.cleo) // but not from Ben: Cleo, who is Ben now, keeps it
		o.deliverProjections()
		before := o.lastEvent()

		require.NoError(o.t, o.desk.Moved(o.t.Context(), []storage.Ref{o.ben}, o.cleo))
		require.Equal(o.t, []string{"cleo address"}, o.linked(plain))
		require.Empty(o.t, o.linked(unlinked))
		require.Equal(o.t, []string{"cleo manual"}, o.linked(both))
		require.Equal(o.t, []string{"cleo manual"}, o.linked(kept))
		require.ElementsMatch(o.t, []string{"link.moved cleo", "link.removed ben", "link.moved cleo", "link.removed ben"}, o.events(before))

		// The host's table: what is in the history is put there, what is not is deleted.
		puts := map[string]bool{}
		for _, p := range o.deliverProjections() {
			l, err := o.db.LinkByID(o.t.Context(), "", p.Link)
			if errors.Is(err, storage.ErrNotFound) || l.Removed {
				require.True(o.t, p.Delete, "%+v", l)
				continue
			}
			require.NoError(o.t, err)
			require.False(o.t, p.Delete)
			require.Equal(o.t, l.Revision, p.Revision)
			puts[l.Message] = true
		}
		require.Equal(o.t, map[string]bool{plain: true, kept: true}, puts)

		before = o.lastEvent()
		require.NoError(o.t, o.desk.Moved(o.t.Context(), []storage.Ref{o.ben}, o.cleo))
		require.NoError(o.t, o.desk.Moved(o.t.Context(), []storage.Ref{o.cleo}, o.cleo), "itself")
		require.Empty(o.t, o.events(before))
	})
}

// deliverProjections takes what the host's history must hear.
func (o *office) deliverProjections() []store.Projection {
	o.t.Helper()
	due, err := o.db.ProjectionsDue(o.t.Context(), o.db.Now(), 1000)
	require.NoError(o.t, err)
	o.write(func(tx *store.Tx) error {
		for _, p := range due {
			if err := tx.Projected(p, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	return due
}

// TestProjections: each change of a link is queued for the host's table in its transaction, the newest revision only; a host without one gets none.
func TestProjections(t *testing.T) {
	each(t, func(o *office) {
		message := o.one(o.anna, "inbox", fromBen("a"))
		require.NoError(o.t, o.desk.Unlink(o.t.Context(), "", "anna", message, o.ben))
		due := o.deliverProjections()
		require.Len(o.t, due, 1)
		require.True(o.t, due[0].Delete)
		require.EqualValues(o.t, 2, due[0].Revision)
		_, err := o.desk.Link(o.t.Context(), "", "anna", message, storage.Entity{Ref: o.ben})
		require.NoError(o.t, err)
		again := o.deliverProjections()
		require.Len(o.t, again, 1)
		require.Equal(o.t, due[0].Link, again[0].Link)
		require.False(o.t, again[0].Delete)
		require.EqualValues(o.t, 3, again[0].Revision)
		o.desk.Project = false
		o.one(o.anna, "inbox", fromBen("b"))
		require.Empty(o.t, o.deliverProjections())
	})
}

// TestSameMailAtOnce: many accounts record one mail at the same time. It is one message with one link, and the events have no gap.
func TestSameMailAtOnce(t *testing.T) {
	each(t, func(o *office) {
		raw := letter{id: "all@client.example", from: benAddress, to: "team@demo.example"}.String()
		const accounts = 8
		var wg sync.WaitGroup
		errs := make([]error, accounts)
		for i := range accounts {
			acc := o.account("", fmt.Sprint("agent", i), fmt.Sprintf("agent%d@demo.example", i))
			chunk := o.chunk(acc, "inbox", raw, fromBen(fmt.Sprint("own", i)))
			wg.Go(func() { errs[i] = o.desk.Chunk(context.Background(), chunk) })
		}
		wg.Wait()
		require.NoError(o.t, errors.Join(errs...))
		seen := map[string]int{}
		for _, e := range o.events(0) {
			seen[e]++
		}
		require.Equal(o.t, map[string]int{"message.new": accounts + 1, "link.added ben": accounts + 1}, seen)
	})
}

// TestSentWhileHostHangs: a mail that left is written down soon, and the next one does not wait for the host again.
func TestSentWhileHostHangs(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes the time that a host is given")
	}
	t.Parallel()
	o := newOffice(t, storetest.SQLite)
	asked := make(chan struct{}, 10)
	o.desk.Linker = linker.New(lookup(func(ctx context.Context, _ storage.LookupRequest) (storage.LookupResult, error) {
		asked <- struct{}{}
		<-ctx.Done()
		return storage.LookupResult{}, ctx.Err()
	}), &linker.Options{Timeout: time.Minute})
	for _, id := range []string{"one", "two"} {
		sub := &store.Submission{ID: o.db.NewID(""), Account: o.anna.ID, Agent: "anna", State: store.Sending, MessageID: id + "@demo.example", Created: o.db.Now()}
		mail := o.fetched(o.box(o.anna, "sent"), toBen(id)).Parsed
		o.write(func(tx *store.Tx) error {
			if err := o.desk.Queue(tx, o.anna, sub, mail); err != nil {
				return err
			}
			return tx.CreateSubmission(sub, []string{sub.MessageID})
		})
		sub.State = store.Accepted
		lease, ok, err := o.db.AcquireLease(t.Context(), "", o.anna.ID, "node", time.Hour)
		require.NoError(t, err)
		require.True(t, ok)
		require.NoError(t, o.desk.Departed(t.Context(), &lease, o.anna, sub, mail))
		require.Equal(t, statePending, o.state(sub.Message))
	}
	require.Len(t, asked, 1)
}
