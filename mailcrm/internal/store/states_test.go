package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/storage"
)

// TestDecide: what a person decides is not written over by who looked before.
func TestDecide(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		acc := store.Account{Tenant: "t", Address: "a@acme.fr", Owner: "a", Status: store.Status{State: "new"}, NextSync: db.Now()}
		must(t, db, func(tx *store.Tx) error { return tx.CreateAccount(&acc) })
		seen := acc
		at := func(s string, next time.Time) bool {
			var ours bool
			must(t, db, func(tx *store.Tx) (err error) {
				ours, err = tx.SetStatusAt(&seen, store.Status{State: s}, next, time.Time{})
				return err
			})
			return ours
		}
		require.True(t, at("ready", db.Now()))
		must(t, db, func(tx *store.Tx) error { return tx.Decide(&acc, store.Status{State: "paused"}, time.Time{}) })
		require.EqualValues(t, 2, acc.Revision)
		require.False(t, at("ready", db.Now()), "of another revision")
		must(t, db, func(tx *store.Tx) error {
			ours, err := tx.SetSending(&seen, store.Status{State: "ready"})
			require.False(t, ours)
			return err
		})
		got, err := db.Account(ctx, "t", acc.ID)
		require.NoError(t, err)
		require.Equal(t, acc, *got)
		require.Zero(t, got.NextSync)
		fails(t, db, storage.ErrConflict, func(tx *store.Tx) error { return tx.Decide(&seen, store.Status{}, time.Time{}) })
		fails(t, db, storage.ErrNotFound, func(tx *store.Tx) error {
			return tx.Decide(&store.Account{Tenant: "other", ID: acc.ID, Revision: 2}, store.Status{}, time.Time{})
		})
		must(t, db, func(tx *store.Tx) error {
			ours, err := tx.SetSending(&acc, store.Status{State: "auth_failed", Code: "x", Certificate: &store.Certificate{SHA256: "ab", Names: []string{"n"}}})
			require.True(t, ours)
			return err
		})
		got, err = db.Account(ctx, "t", acc.ID)
		require.NoError(t, err)
		require.Equal(t, acc.Status, got.Status)
		require.Equal(t, "paused", got.Status.State)
		require.Equal(t, "auth_failed", got.Status.Sending.State)
	})
}

// TestRetime changes when mails that wait are tried, and nothing of those that leave, have left or are another account's.
func TestRetime(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		acc := store.Account{Tenant: "t", Address: "a@acme.fr", Owner: "a"}
		must(t, db, func(tx *store.Tx) error { return tx.CreateAccount(&acc) })
		later := db.Now().Add(time.Hour)
		make := func(account, state, code string) string {
			s := store.Submission{Tenant: "t", Account: account, Agent: "a", State: state, NextTry: later, Code: code, SentCopy: store.CopyNone, Key: fmt.Sprint(account, state, code)}
			must(t, db, func(tx *store.Tx) error { return tx.CreateSubmission(&s, nil) })
			return s.ID
		}
		waits, put, leaving, other := make(acc.ID, store.Queued, "smtp.login_refused"), make(acc.ID, store.Queued, "smtp.temporary"), make(acc.ID, store.Sending, ""), make("another", store.Queued, "")
		var n int
		must(t, db, func(tx *store.Tx) (err error) {
			n, err = tx.Retime("t", acc.ID, func(s *store.Submission) time.Time {
				if s.Code == "smtp.temporary" {
					return s.NextTry
				}
				return time.Time{}
			})
			return err
		})
		require.Equal(t, 1, n)
		for id, next := range map[string]time.Time{waits: {}, put: later, leaving: later, other: later} {
			s, err := db.Submission(ctx, "t", id)
			require.NoError(t, err)
			require.True(t, next.Equal(s.NextTry), "%s: %v", id, s.NextTry)
		}
		due, err := db.SubmissionsDue(ctx, "t", acc.ID, db.Now(), 10)
		require.NoError(t, err)
		require.Len(t, due, 1)
		require.Equal(t, waits, due[0].ID)
		must(t, db, func(tx *store.Tx) error {
			n, err := tx.Retime("other", acc.ID, func(*store.Submission) time.Time { return db.Now() })
			require.Zero(t, n)
			return err
		})
	})
}

// TestResealRows: every row of every tenant is met once, and what was changed meanwhile wins.
func TestResealRows(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		want := map[string]string{}
		for i, tenant := range []storage.Tenant{"", "", "", "t", "t", "u"} {
			a := store.Account{Tenant: tenant, Address: fmt.Sprintf("a%d@acme.fr", i), IMAPSecret: []byte{1, byte(i)}}
			must(t, db, func(tx *store.Tx) error { return tx.CreateAccount(&a) })
			want[a.ID] = string(tenant)
		}
		login := store.Login{Tenant: "t", Agent: "a", Provider: "p", Secret: []byte("old"), State: "ok"}
		must(t, db, func(tx *store.Tx) error { return tx.CreateLogin(&login) })
		got := map[string]string{}
		var last store.Sealed
		for {
			page, err := db.Sealed(ctx, store.SealedIMAP, last.Tenant, last.ID, 2)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			for _, v := range page {
				got[v.ID] = string(v.Tenant)
				require.Equal(t, store.SealedIMAP, v.Field)
			}
			last = page[len(page)-1]
		}
		require.Equal(t, want, got)

		for _, field := range store.SealedFields {
			page, err := db.Sealed(ctx, field, "", "", 100)
			require.NoError(t, err, field)
			for _, v := range page {
				if len(v.Value) == 0 {
					continue
				}
				must(t, db, func(tx *store.Tx) error {
					done, err := tx.Reseal(v, []byte("new"))
					require.True(t, done, field)
					require.NoError(t, err)
					done, err = tx.Reseal(v, []byte("newer"))
					require.False(t, done, "it is another value now")
					return err
				})
			}
		}
		kept, err := db.Login(ctx, "t", login.ID)
		require.NoError(t, err)
		require.Equal(t, "new", string(kept.Secret))
		require.Equal(t, login.Revision, kept.Revision)
		fails(t, db, storage.ErrInvalid, func(tx *store.Tx) error {
			_, err := tx.Reseal(store.Sealed{Field: "other"}, []byte("x"))
			return err
		})
		fails(t, db, storage.ErrInvalid, func(tx *store.Tx) error {
			_, err := tx.Reseal(store.Sealed{Field: store.SealedIMAP}, nil)
			return err
		})
	})
}

// TestFaces: as whom an account is addressed, and as whom it sends; of its own copies alone.
func TestFaces(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		acc := store.Account{Address: "a@acme.fr", Owner: "a"}
		must(t, db, func(tx *store.Tx) error { return tx.CreateAccount(&acc) })
		box := another(t, db, acc.ID, "INBOX", "inbox")
		one, two, sent := letter(1, box, 1), letter(2, box, 2), letter(3, box, 3)
		one.Message.DeliveredTo = []string{"Sales@Acme.FR", "nonsense", "<x@acme.fr>"}
		two.Message.DeliveredTo = []string{"sales@acme.fr"}
		sent.Copy.Direction, sent.Message.From = storage.Sent, []store.Address{{Name: "Old", Address: "Old@acme.fr"}, {Address: "second@acme.fr"}}
		sent.Message.DeliveredTo = []string{"never@acme.fr"}
		arrive(t, db, acc.ID, one, two, sent)
		faces, err := db.Faces(context.Background(), "", acc.ID, 100)
		require.NoError(t, err)
		require.Equal(t, store.Face{Delivered: 2}, faces["sales@acme.fr"])
		require.Equal(t, store.Face{Name: "Old", Sent: 1}, faces["old@acme.fr"])
		require.NotContains(t, faces, "second@acme.fr")
		require.NotContains(t, faces, "never@acme.fr")
		newest, err := db.Faces(context.Background(), "", acc.ID, 1)
		require.NoError(t, err)
		require.Less(t, len(newest), len(faces))
		other, err := db.Faces(context.Background(), "u", acc.ID, 100)
		require.NoError(t, err)
		require.Empty(t, other)
	})
}
