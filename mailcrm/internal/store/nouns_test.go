package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/storage"
)

func fails(t testing.TB, db *store.DB, kind error, fn func(tx *store.Tx) error) {
	t.Helper()
	require.ErrorIs(t, db.Write(context.Background(), nil, fn), kind)
}

func TestAccounts(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		a := store.Account{
			Tenant: "t", Address: "jeanne@acme.fr", Name: "Jeanne", Owner: "jeanne", IMAP: store.Server{Host: "imap.acme.fr", Port: 993, Security: "tls"}, SMTP: store.Server{Host: "smtp.acme.fr", OwnPassword: true},
			IMAPSecret: []byte{1, 0, 255}, Settings: store.Settings{Link: "arrival", OwnDomains: []string{"acme.fr"}, Choices: map[string]store.Choice{"sent": {Mailbox: "m1", Name: "Envoyés"}, "junk": {None: true}}},
			Members: []store.Member{{Agent: "paul", Rights: store.RightRead | store.RightSend}}, Identities: []store.Identity{{Name: "Jeanne", Address: "jeanne@acme.fr", Default: true}, {Address: "contact@acme.fr", Signature: "<p>J.</p>"}},
			Status: store.Status{State: "new", Since: db.Now()}, NextSync: db.Now(),
		}
		must(t, db, func(tx *store.Tx) error { return tx.CreateAccount(&a) })
		require.NotEmpty(t, a.ID)
		require.NotEmpty(t, a.Identities[1].ID)
		read := func() store.Account {
			got, err := db.Account(ctx, "t", a.ID)
			require.NoError(t, err)
			return *got
		}
		require.Equal(t, a, read())
		fails(t, db, storage.ErrConflict, func(tx *store.Tx) error { return tx.CreateAccount(&store.Account{Tenant: "t", Address: a.Address}) })
		must(t, db, func(tx *store.Tx) error { return tx.CreateAccount(&store.Account{Tenant: "u", Address: a.Address}) })

		stale := a
		a.Name, a.Members, a.NextSync, a.Status.State = "J.", nil, time.Time{}, "paused"
		must(t, db, func(tx *store.Tx) error { return tx.UpdateAccount(&a) })
		got := read()
		require.EqualValues(t, 2, got.Revision)
		require.Equal(t, a.Revision, got.Revision)
		require.Equal(t, "J.", got.Name)
		require.Empty(t, got.Members)
		require.Equal(t, "new", got.Status.State, "that is not a person's to change")
		require.False(t, got.NextSync.IsZero())
		fails(t, db, storage.ErrConflict, func(tx *store.Tx) error { return tx.UpdateAccount(&stale) })
		other := store.Account{Tenant: "t", Address: "paul@acme.fr", Owner: "paul"}
		must(t, db, func(tx *store.Tx) error { return tx.CreateAccount(&other) })
		other.Address = a.Address
		fails(t, db, storage.ErrConflict, func(tx *store.Tx) error { return tx.UpdateAccount(&other) })
		fails(t, db, storage.ErrNotFound, func(tx *store.Tx) error { return tx.UpdateAccount(&store.Account{Tenant: "t", ID: "x"}) })

		last := db.Now()
		must(t, db, func(tx *store.Tx) error {
			return tx.SetStatus("t", a.ID, store.Status{State: "ready", Failures: 2}, time.Time{}, last)
		})
		must(t, db, func(tx *store.Tx) error {
			return tx.SetStatus("t", a.ID, store.Status{State: "auth_failed"}, last, time.Time{})
		})
		got = read()
		require.Equal(t, "auth_failed", got.Status.State)
		require.Equal(t, last, got.LastSync)
		require.Equal(t, last, got.NextSync)

		addresses, domains, err := db.OwnAddresses(ctx, "t")
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"jeanne@acme.fr", "paul@acme.fr", "contact@acme.fr"}, addresses)
		require.Equal(t, []string{"acme.fr"}, domains)
	})
}

// TestHistoryOutlivesAnAccount: its copies, folders and ledger go, and what it had to send; messages and links stay.
func TestHistoryOutlivesAnAccount(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		account, box := folder(t, db)
		must(t, db, func(tx *store.Tx) error {
			return tx.Enumerate("", box, store.Enumeration{UIDValidity: 1, UIDNext: 9, Pending: []store.UIDRange{{Lo: 1, Hi: 8}}})
		})
		got := arrive(t, db, account, letter(1, box, 1))[0]
		acme := storage.Ref{Kind: "account", ID: "acme"}
		s := store.Submission{Account: account, Agent: "jeanne", State: store.Queued}
		must(t, db, func(tx *store.Tx) error {
			if _, err := tx.Link([]store.Link{{Message: got.Message, Entity: acme}}); err != nil {
				return err
			}
			return tx.CreateSubmission(&s, nil)
		})
		lease, _, err := db.AcquireLease(ctx, "", account, "node", time.Hour)
		require.NoError(t, err)
		must(t, db, func(tx *store.Tx) error { return tx.DeleteAccount("", account) })

		_, err = db.Account(ctx, "", account)
		require.ErrorIs(t, err, storage.ErrNotFound)
		_, err = db.Mailbox(ctx, "", box)
		require.ErrorIs(t, err, storage.ErrNotFound)
		copies, err := db.Copies(ctx, "", got.Message)
		require.NoError(t, err)
		require.Empty(t, copies)
		links, err := db.Links(ctx, "", []string{got.Message})
		require.NoError(t, err)
		require.Len(t, links[got.Message], 1)
		facts, err := db.LinkFacts(ctx, "", []string{got.Message})
		require.NoError(t, err)
		require.Contains(t, facts, got.Message)
		after, err := db.Submission(ctx, "", s.ID)
		require.NoError(t, err)
		require.Equal(t, store.Cancelled, after.State)
		require.ErrorIs(t, db.Write(ctx, &lease, func(*store.Tx) error { return nil }), store.ErrLostLease)
		must(t, db, func(tx *store.Tx) error {
			digests, err := tx.Unreferenced("", db.Now().Add(time.Hour), 10)
			require.Equal(t, []storage.Digest{letter(1, "", 0).Copy.Raw}, digests)
			return err
		})
		must(t, db, func(tx *store.Tx) error {
			digests, err := tx.Unreferenced("", db.Now().Add(time.Hour), 10)
			require.Empty(t, digests, "they are forgotten")
			return err
		})
	})
}

func TestBlobsAreCounted(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		account, box := folder(t, db)
		archive := another(t, db, account, "Archive", "archive")
		unreferenced := func(before time.Time) int {
			n := 0
			must(t, db, func(tx *store.Tx) error {
				digests, err := tx.Unreferenced("", before, 10)
				n = len(digests)
				return err
			})
			return n
		}
		later := db.Now().Add(time.Hour)
		one, two := letter(1, box, 1), letter(1, archive, 1) // the same bytes, twice
		arrive(t, db, account, one, two)
		d := store.Draft{Agent: "jeanne", Attachments: []store.DraftAttachment{{Digest: one.Copy.Raw}, {Digest: sha256.Sum256([]byte("x"))}}}
		must(t, db, func(tx *store.Tx) error { return tx.PutDraft(&d) })
		must(t, db, func(tx *store.Tx) error { return tx.DeleteAccount("", account) })
		require.Zero(t, unreferenced(later), "the draft has both")
		d.Attachments = d.Attachments[:1]
		must(t, db, func(tx *store.Tx) error { return tx.PutDraft(&d) })
		require.Zero(t, unreferenced(db.Now().Add(-time.Hour)), "not long enough")
		require.Equal(t, 1, unreferenced(later))
		s := store.Submission{Raw: one.Copy.Raw, State: store.Queued}
		must(t, db, func(tx *store.Tx) error { return tx.CreateSubmission(&s, nil) })
		must(t, db, func(tx *store.Tx) error { return tx.DeleteDraft("", "jeanne", d.ID) })
		require.Zero(t, unreferenced(later))
		s.Raw = storage.Digest{}
		must(t, db, func(tx *store.Tx) error { return tx.UpdateSubmission(&s) })
		require.Equal(t, 1, unreferenced(later))
	})
}

func TestFlags(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		account, box := folder(t, db)
		id := arrive(t, db, account, letter(1, box, 1))[0].Copy
		state := func() [4]store.Flags {
			c, err := db.Copy(ctx, "", id)
			require.NoError(t, err)
			return [4]store.Flags{c.Flags, c.WantAdd, c.WantRemove, c.Shown()}
		}
		const seen, star = store.FlagSeen, store.FlagFlagged
		for _, c := range []struct {
			name string
			do   func(tx *store.Tx) error
			want [4]store.Flags
		}{
			{"read here", func(tx *store.Tx) error { return tx.Want("", id, seen, 0) }, [4]store.Flags{0, seen, 0, seen}},
			{"the server does not know yet", func(tx *store.Tx) error { return tx.SetFlags("", id, star, nil, 1) }, [4]store.Flags{star, seen, 0, seen | star}},
			{"unread again, the last wish wins", func(tx *store.Tx) error { return tx.Want("", id, 0, seen) }, [4]store.Flags{star, 0, seen, star}},
			{"the first wish comes true late", func(tx *store.Tx) error { return tx.WantDone("", id, star|seen) }, [4]store.Flags{star | seen, 0, seen, star}},
			{"then the last", func(tx *store.Tx) error { return tx.WantDone("", id, star) }, [4]store.Flags{star, 0, 0, star}},
			{"both at once is removed", func(tx *store.Tx) error { return tx.Want("", id, star, star) }, [4]store.Flags{star, 0, star, 0}},
			{"read elsewhere", func(tx *store.Tx) error { return tx.SetFlags("", id, seen, nil, 2) }, [4]store.Flags{seen, 0, 0, seen}},
		} {
			must(t, db, c.do)
			require.Equal(t, c.want, state(), c.name)
			all, err := db.Wanted(ctx, "", account, 10)
			require.NoError(t, err)
			require.Equal(t, c.want[1]|c.want[2] != 0, len(all) == 1, c.name)
		}
		must(t, db, func(tx *store.Tx) error { return tx.Want("", id, star, 0) })
		must(t, db, func(tx *store.Tx) error { return tx.CopyGone("", id) })
		require.Equal(t, [4]store.Flags{seen, 0, 0, seen}, state())
		must(t, db, func(tx *store.Tx) error { return tx.CopyGone("", id) })
		fails(t, db, storage.ErrNotFound, func(tx *store.Tx) error { return tx.CopyGone("", "x") })
		fails(t, db, storage.ErrNotFound, func(tx *store.Tx) error { return tx.SetFlags("", "x", 0, nil, 0) })
	})
}

func TestLinks(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		account, box := folder(t, db)
		got := arrive(t, db, account, letter(1, box, 1), letter(2, box, 2), letter(3, box, 3))
		ref := func(id string) storage.Ref { return storage.Ref{Kind: "contact", ID: id} }
		link := func(rule string, pairs ...[2]string) (added []store.Link) {
			var links []store.Link
			for _, p := range pairs {
				links = append(links, store.Link{Message: p[0], Entity: ref(p[1]), Rule: rule, By: "jeanne", Confidence: "authenticated", Address: "zoe@example.com"})
			}
			must(t, db, func(tx *store.Tx) (err error) {
				added, err = tx.Link(links)
				return err
			})
			return added
		}
		m := []string{got[0].Message, got[1].Message, got[2].Message}
		added := link("address", [2]string{m[0], "a"}, [2]string{m[0], "b"}, [2]string{m[0], "a"})
		require.Len(t, added, 2)
		require.EqualValues(t, 1, added[0].Revision)
		require.Empty(t, link("address", [2]string{m[0], "a"}))
		require.Empty(t, link("manual", [2]string{m[0], "a"}), "it is there")

		var gone store.Link
		must(t, db, func(tx *store.Tx) (err error) {
			gone, err = tx.Unlink("", m[0], ref("a"), "paul")
			return err
		})
		require.True(t, gone.Removed)
		require.Equal(t, "paul", gone.RemovedBy)
		require.EqualValues(t, 2, gone.Revision)
		require.Empty(t, link("address", [2]string{m[0], "a"}), "an unlink holds")
		fails(t, db, storage.ErrNotFound, func(tx *store.Tx) error { _, err := tx.Unlink("", m[0], ref("a"), "paul"); return err })
		back := link("manual", [2]string{m[0], "a"})
		require.Len(t, back, 1)
		require.Equal(t, gone.ID, back[0].ID, "an entry of the history has one id")
		require.EqualValues(t, 3, back[0].Revision)
		require.False(t, back[0].Removed)
		require.True(t, back[0].RemovedAt.IsZero())
		one, err := db.LinkByID(ctx, "", gone.ID)
		require.NoError(t, err)
		require.Equal(t, back[0], *one)
		_, err = db.LinkByID(ctx, "", "x")
		require.ErrorIs(t, err, storage.ErrNotFound)

		// b and c become a: m0 has a and b, m1 has b and c, m2 a removed and c active.
		link("address", [2]string{m[1], "b"}, [2]string{m[1], "c"}, [2]string{m[2], "a"}, [2]string{m[2], "c"})
		must(t, db, func(tx *store.Tx) error { _, err := tx.Unlink("", m[2], ref("a"), "paul"); return err })
		moved, dropped := map[string]store.Link{}, 0
		for rounds := 0; ; rounds++ {
			var more, gone []store.Link
			must(t, db, func(tx *store.Tx) (err error) {
				more, gone, err = tx.MoveLinks("", []storage.Ref{ref("b"), ref("c"), ref("a")}, ref("a"), 1)
				return err
			})
			if len(more)+len(gone) == 0 {
				require.Greater(t, rounds, 1)
				break
			}
			for _, l := range more {
				moved[l.Message] = l
			}
			dropped += len(gone)
		}
		require.Len(t, moved, 2)
		require.Equal(t, 3, dropped)
		all, err := db.Links(ctx, "", m)
		require.NoError(t, err)
		for _, message := range m {
			require.Len(t, all[message], 1)
			require.Equal(t, ref("a"), all[message][0].Entity)
			require.False(t, all[message][0].Removed, "no history is lost")
		}
		require.Equal(t, all[m[2]][0].Revision, moved[m[2]].Revision)
	})
}

func TestDrafts(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		d := store.Draft{Agent: "jeanne", Account: "a", To: []store.Address{{Address: "zoe@example.com"}}, Subject: "Devis", HTML: "<p>x</p>", Entity: storage.Ref{Kind: "contact", ID: "zoe"}, Attachments: []store.DraftAttachment{{ID: "1", Name: "é.pdf", Size: 3, Digest: sha256.Sum256(nil)}}}
		must(t, db, func(tx *store.Tx) error { return tx.PutDraft(&d) })
		got, err := db.Draft(ctx, "", "jeanne", d.ID)
		require.NoError(t, err)
		require.Equal(t, d, *got)
		stale := d
		d.Subject = "Facture"
		must(t, db, func(tx *store.Tx) error { return tx.PutDraft(&d) })
		require.EqualValues(t, 2, d.Revision)
		fails(t, db, storage.ErrConflict, func(tx *store.Tx) error { return tx.PutDraft(&stale) })
		stale.Agent = "paul"
		fails(t, db, storage.ErrNotFound, func(tx *store.Tx) error { return tx.PutDraft(&stale) })
		_, err = db.Draft(ctx, "", "paul", d.ID)
		require.ErrorIs(t, err, storage.ErrNotFound)
		fails(t, db, storage.ErrNotFound, func(tx *store.Tx) error { return tx.DeleteDraft("", "paul", d.ID) })

		var ids []string
		for i := range 7 {
			more := store.Draft{Agent: "jeanne", Subject: fmt.Sprint(i)}
			must(t, db, func(tx *store.Tx) error { return tx.PutDraft(&more) })
			ids = append([]string{more.ID}, ids...)
		}
		d.Sent = "submission"
		must(t, db, func(tx *store.Tx) error { return tx.PutDraft(&d) })
		var seen []string
		for cursor := ""; ; {
			page, next, err := db.Drafts(ctx, "", "jeanne", cursor, 3)
			require.NoError(t, err)
			for _, d := range page {
				seen = append(seen, d.ID)
			}
			if cursor = next; next == "" {
				break
			}
		}
		require.Equal(t, ids, seen, "the sent one is no draft any more")
		_, _, err = db.Drafts(ctx, "", "jeanne", "x", 3)
		require.ErrorIs(t, err, storage.ErrInvalid)
		must(t, db, func(tx *store.Tx) error { return tx.DeleteDraft("", "jeanne", d.ID) })
	})
}

func TestSubmissions(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		now := db.Now()
		s := store.Submission{
			Account: "a", Agent: "jeanne", Draft: "d", Message: "m", State: store.Queued, NotBefore: now.Add(10 * time.Second), Raw: sha256.Sum256(nil), RawSize: 3, Bcc: []store.Address{{Address: "b@x"}}, MessageID: "id@acme.fr", Tag: "tag",
			EnvelopeFrom: "jeanne@acme.fr", Recipients: []store.Recipient{{Address: "zoe@example.com", State: "pending"}}, SentCopy: store.CopyNone, Private: true, Entities: []storage.Ref{{Kind: "contact", ID: "zoe"}}, Key: "k",
		}
		must(t, db, func(tx *store.Tx) error { return tx.CreateSubmission(&s, []string{"other@acme.fr"}) })
		got, err := db.Submission(ctx, "", s.ID)
		require.NoError(t, err)
		require.Equal(t, s, *got)
		got, err = db.SubmissionByKey(ctx, "", "jeanne", "k")
		require.NoError(t, err)
		require.Equal(t, s.ID, got.ID)
		fails(t, db, storage.ErrConflict, func(tx *store.Tx) error {
			return tx.CreateSubmission(&store.Submission{Agent: "jeanne", Key: "k"}, nil)
		})
		for range 2 { // without a key, and with another agent's
			must(t, db, func(tx *store.Tx) error { return tx.CreateSubmission(&store.Submission{Agent: "jeanne"}, nil) })
		}
		must(t, db, func(tx *store.Tx) error { return tx.CreateSubmission(&store.Submission{Agent: "paul", Key: "k"}, nil) })

		due := func(at time.Time) int {
			all, err := db.SubmissionsDue(ctx, "", "a", at, 10)
			require.NoError(t, err)
			return len(all)
		}
		change := func(f func()) {
			f()
			must(t, db, func(tx *store.Tx) error { return tx.UpdateSubmission(&s) })
		}
		require.Equal(t, 0, due(now))
		require.Equal(t, 1, due(now.Add(10*time.Second)))
		change(func() { s.NextTry = now.Add(time.Hour) })
		require.Equal(t, 0, due(now.Add(time.Minute)))
		change(func() { s.State, s.NextTry = store.Sending, time.Time{} })
		require.Equal(t, 1, due(now), "somebody may have stopped in the middle")
		fails(t, db, storage.ErrConflict, func(tx *store.Tx) error { return tx.CancelSubmission("", "jeanne", s.ID) })
		change(func() { s.State, s.SentCopy = store.Accepted, store.CopyPending })
		require.Equal(t, 1, due(now))
		change(func() { s.SentCopy = store.CopyDone })
		require.Equal(t, 0, due(now.Add(time.Hour)))
		change(func() { s.State = store.Uncertain })
		require.Equal(t, 0, due(now.Add(time.Hour)), "a person decides")

		// A queued one can be undone unless it has left for somebody, and then stays undone.
		change(func() { s.State, s.Recipients[0].State = store.Queued, "accepted" })
		fails(t, db, storage.ErrConflict, func(tx *store.Tx) error { return tx.CancelSubmission("", "jeanne", s.ID) })
		change(func() { s.Recipients[0].State = "deferred" })
		fails(t, db, storage.ErrNotFound, func(tx *store.Tx) error { return tx.CancelSubmission("", "paul", s.ID) })
		must(t, db, func(tx *store.Tx) error { return tx.CancelSubmission("", "jeanne", s.ID) })
		s.State = store.Sending
		fails(t, db, storage.ErrConflict, func(tx *store.Tx) error { return tx.UpdateSubmission(&s) })
		fails(t, db, storage.ErrNotFound, func(tx *store.Tx) error { return tx.UpdateSubmission(&store.Submission{ID: "x"}) })
		got, err = db.Submission(ctx, "", s.ID)
		require.NoError(t, err)
		require.Equal(t, store.Cancelled, got.State)

		var seen int
		for cursor := ""; ; {
			page, next, err := db.Submissions(ctx, "", "jeanne", cursor, 2)
			require.NoError(t, err)
			seen += len(page)
			if cursor = next; next == "" {
				break
			}
		}
		require.Equal(t, 3, seen)
	})
}

func TestTemplates(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		put := func(page, language string, standard bool) store.Template {
			tpl := store.Template{Name: page + "/" + language, Page: page, Language: language, Default: standard, Kind: "contact", Subject: "s", HTML: "h"}
			must(t, db, func(tx *store.Tx) error { return tx.PutTemplate(&tpl) })
			return tpl
		}
		first := put("quote", "fr", true)
		second := put("quote", "fr", true)
		anyLanguage, anyPage := put("quote", "", true), put("", "fr", true)
		canadian := put("quote", "fr-CA", true)
		put("reply", "fr", false)
		for _, c := range []struct{ page, language, id string }{
			{"quote", "fr", second.ID}, {"quote", "fr-CA", canadian.ID}, {"quote", "fr-BE", second.ID}, {"quote", "de", anyLanguage.ID}, {"reply", "fr", anyPage.ID}, {"reply", "de", ""},
		} {
			got, err := db.DefaultTemplate(ctx, "", c.page, c.language)
			if c.id == "" {
				require.ErrorIs(t, err, storage.ErrNotFound)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, c.id, got.ID, "%s %s", c.page, c.language)
		}
		got, err := db.Template(ctx, "", first.ID)
		require.NoError(t, err)
		require.False(t, got.Default, "there is one default")
		for _, c := range []struct {
			page, language string
			n              int
		}{{"", "", 6}, {"quote", "", 5}, {"quote", "fr", 4}, {"quote", "fr-CA", 5}, {"reply", "de", 0}} {
			all, err := db.Templates(ctx, "", c.page, c.language)
			require.NoError(t, err)
			require.Len(t, all, c.n, "%+v", c)
		}
		stale := second
		second.HTML = "changed"
		must(t, db, func(tx *store.Tx) error { return tx.PutTemplate(&second) })
		fails(t, db, storage.ErrConflict, func(tx *store.Tx) error { return tx.PutTemplate(&stale) })
		must(t, db, func(tx *store.Tx) error { return tx.DeleteTemplate("", second.ID) })
		fails(t, db, storage.ErrNotFound, func(tx *store.Tx) error { return tx.PutTemplate(&second) })
		fails(t, db, storage.ErrNotFound, func(tx *store.Tx) error { return tx.DeleteTemplate("", second.ID) })
	})
}

func TestProjections(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		now := db.Now()
		put := func(p ...store.Projection) {
			must(t, db, func(tx *store.Tx) error { return tx.Project(p) })
		}
		due := func(at time.Time) []store.Projection {
			all, err := db.ProjectionsDue(ctx, at, 10)
			require.NoError(t, err)
			return all
		}
		put(store.Projection{Link: "l", Revision: 1, Due: now}, store.Projection{Link: "l", Revision: 2, Due: now}, store.Projection{Link: "m", Revision: 1, Due: now.Add(time.Hour)})
		require.Equal(t, []store.Projection{{Link: "l", Revision: 2, Due: now}}, due(now), "the newest alone")
		put(store.Projection{Link: "l", Revision: 1, Due: now})
		require.EqualValues(t, 2, due(now)[0].Revision, "never back")

		// A newer one comes while the older is delivered.
		delivering := due(now)[0]
		put(store.Projection{Link: "l", Revision: 3, Delete: true, Due: now})
		must(t, db, func(tx *store.Tx) error { return tx.Projected(delivering, time.Time{}) })
		require.Equal(t, []store.Projection{{Link: "l", Revision: 3, Delete: true, Due: now}}, due(now))
		delivering = due(now)[0]
		must(t, db, func(tx *store.Tx) error { return tx.Projected(delivering, now.Add(time.Minute)) })
		require.Empty(t, due(now))
		require.Equal(t, 1, due(now.Add(time.Minute))[0].Tries)
		delivering = due(now.Add(time.Minute))[0]
		must(t, db, func(tx *store.Tx) error { return tx.Projected(delivering, time.Time{}) })
		require.Len(t, due(now.Add(time.Hour)), 1)
	})
}

func TestIDs(t *testing.T) {
	db := storetest.SQLite(t, nil)
	last := ""
	for range 200_000 {
		id := db.NewID("")
		require.Len(t, id, 26)
		require.Greater(t, id, last)
		last = id
	}
}

// TestMailboxNames: a renamed mailbox is the same one, with the server's id and all that is known of it; a mailbox that is gone makes way, one that is there does not.
func TestMailboxNames(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		a := store.Account{Tenant: "t", Address: "jeanne@acme.fr"}
		must(t, db, func(tx *store.Tx) error { return tx.CreateAccount(&a) })
		put := func(name, id string, gone time.Time) store.Mailbox {
			m := store.Mailbox{Tenant: "t", Account: a.ID, Name: name, Attributes: []string{`\Sent`, `\HasNoChildren`}, ObjectID: id, Gone: gone}
			must(t, db, func(tx *store.Tx) error { return tx.PutMailbox(&m) })
			require.Equal(t, id, m.ObjectID)
			require.Equal(t, []string{`\Sent`, `\HasNoChildren`}, m.Attributes)
			return m
		}
		one, plain, gone := put("Clients", "F2212ea87-6097", time.Time{}), put("Plain", "", time.Time{}), put("Kunden", "", db.Now())
		rename := func(m store.Mailbox, name string) error {
			return db.Write(ctx, nil, func(tx *store.Tx) error { return tx.RenameMailbox("t", a.ID, m.ID, name) })
		}
		require.NoError(t, rename(one, "Kunden"))
		require.NoError(t, rename(one, "Kunden"), "again, as by two who saw it")
		require.ErrorIs(t, rename(one, "Plain"), storage.ErrConflict)
		require.ErrorIs(t, rename(store.Mailbox{ID: "nothing"}, "New"), storage.ErrNotFound)
		is, err := db.Mailbox(ctx, "t", one.ID)
		require.NoError(t, err)
		require.Equal(t, "Kunden", is.Name)
		require.Equal(t, "F2212ea87-6097", is.ObjectID)
		away, err := db.Mailbox(ctx, "t", gone.ID)
		require.NoError(t, err)
		require.Equal(t, "Kunden\x1f"+gone.ID, away.Name)
		require.False(t, away.Gone.IsZero())
		is, err = db.Mailbox(ctx, "t", plain.ID)
		require.NoError(t, err)
		require.Equal(t, plain, *is)
	})
}

// TestKeepSettings: what the work on an account found out is kept unless a person was faster, and is no change of a person.
func TestKeepSettings(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		a := store.Account{Tenant: "t", Address: "jeanne@acme.fr", Name: "Jeanne"}
		must(t, db, func(tx *store.Tx) error { return tx.CreateAccount(&a) })
		keep := func(a store.Account, dropped store.Dropped) (kept bool) {
			a.Settings.Dropped, a.Name = map[string]store.Dropped{"sent": dropped}, "Not this"
			must(t, db, func(tx *store.Tx) (err error) {
				kept, err = tx.KeepSettings(&a)
				return err
			})
			return kept
		}
		require.True(t, keep(a, store.Dropped{Name: "Envoyés", Why: "gone", When: db.Now()}))
		is, err := db.Account(ctx, "t", a.ID)
		require.NoError(t, err)
		require.Equal(t, "Envoyés", is.Settings.Dropped["sent"].Name)
		require.Equal(t, "Jeanne", is.Name)
		require.Equal(t, a.Revision, is.Revision)
		old := *is
		must(t, db, func(tx *store.Tx) error { return tx.UpdateAccount(is) })
		require.False(t, keep(old, store.Dropped{Name: "Other"}))
		is, err = db.Account(ctx, "t", a.ID)
		require.NoError(t, err)
		require.Equal(t, "Envoyés", is.Settings.Dropped["sent"].Name)
	})
}
