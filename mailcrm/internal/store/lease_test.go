package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/storage"
)

// over is a time to live that is over at once.
const over = -time.Second

func TestLease(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		fenced := func(l store.Lease) error { return db.Write(ctx, &l, func(*store.Tx) error { return nil }) }
		take := func(node string, ttl time.Duration) (store.Lease, bool) {
			l, ok, err := db.AcquireLease(ctx, "t", "a", node, ttl)
			require.NoError(t, err)
			return l, ok
		}
		start := time.Now()
		one, ok := take("one", time.Hour)
		require.True(t, ok)
		require.EqualValues(t, 1, one.Epoch)
		require.WithinRange(t, one.Expires, start.Add(time.Hour), time.Now().Add(time.Hour))
		require.NoError(t, fenced(one))
		_, ok = take("two", time.Hour)
		require.False(t, ok, "somebody has it")
		again, ok := take("one", time.Hour)
		require.True(t, ok)
		require.EqualValues(t, 1, again.Epoch, "the same holder, in time")

		// The holder comes too late: others may have come and gone in between.
		_, ok = take("one", over)
		require.True(t, ok)
		require.ErrorIs(t, fenced(one), store.ErrLostLease)
		require.ErrorIs(t, fenced(one), storage.ErrConflict)
		late, ok := take("one", over)
		require.True(t, ok)
		require.EqualValues(t, 2, late.Epoch)

		two, ok := take("two", time.Hour)
		require.True(t, ok, "it was over")
		require.EqualValues(t, 3, two.Epoch)
		require.NoError(t, fenced(two))
		for _, old := range []store.Lease{one, late, {Tenant: "t", Account: "a", Node: "two", Epoch: 2}, {Tenant: "t", Account: "b", Node: "two", Epoch: 3}, {Account: "a", Node: "two", Epoch: 3}} {
			require.ErrorIs(t, fenced(old), store.ErrLostLease)
		}
		wrote := false
		require.ErrorIs(t, db.Write(ctx, &one, func(*store.Tx) error { wrote = true; return nil }), store.ErrLostLease)
		require.False(t, wrote, "the fence comes first")

		require.NoError(t, db.ReleaseLease(ctx, one), "what is lost is no error")
		require.NoError(t, fenced(two))
		require.NoError(t, db.ReleaseLease(ctx, two))
		require.ErrorIs(t, fenced(two), store.ErrLostLease)
		three, ok := take("one", time.Hour)
		require.True(t, ok)
		require.EqualValues(t, 4, three.Epoch, "an epoch never comes back")
	})
}

func TestRenewLeases(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		for _, l := range []struct {
			tenant        storage.Tenant
			account, node string
			ttl           time.Duration
		}{{"t", "a", "one", time.Hour}, {"u", "a", "one", time.Hour}, {"t", "b", "two", time.Hour}, {"t", "c", "one", over}} {
			_, ok, err := db.AcquireLease(ctx, l.tenant, l.account, l.node, l.ttl)
			require.NoError(t, err)
			require.True(t, ok)
		}
		renewed, err := db.RenewLeases(ctx, "one", 2*time.Hour)
		require.NoError(t, err)
		require.Len(t, renewed, 2, "of both tenants, and none that was over")
		for _, l := range renewed {
			require.Equal(t, "a", l.Account)
			require.EqualValues(t, 1, l.Epoch)
			require.Greater(t, time.Until(l.Expires), 90*time.Minute)
		}
	})
}

// TestTakeoverWaits: a lease whose time is over in the middle of a fenced transaction is not taken before its end, while its renewal does not wait.
func TestTakeoverWaits(t *testing.T) {
	db := storetest.Postgres(t, nil)
	ctx := context.Background()
	lease, ok, err := db.AcquireLease(ctx, "", "a", "one", time.Hour)
	require.NoError(t, err)
	require.True(t, ok)
	taken := make(chan error, 1)
	require.NoError(t, db.Write(ctx, &lease, func(tx *store.Tx) error {
		// Another connection renews; with this time to live it is over at once.
		renewed, err := db.RenewLeases(ctx, "one", over)
		if err != nil || len(renewed) != 1 {
			return errors.Join(err, errors.New("the renewal met the fence"))
		}
		short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		_, got, err := db.AcquireLease(short, "", "a", "two", time.Hour)
		require.Error(t, err, "taken under a running transaction: %v", got)
		go func() {
			_, _, err := db.AcquireLease(ctx, "", "a", "two", time.Hour)
			taken <- err
		}()
		return nil
	}))
	require.NoError(t, <-taken)
	require.ErrorIs(t, db.Write(ctx, &lease, func(*store.Tx) error { return nil }), store.ErrLostLease)
}

func TestDueAccounts(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		now := db.Now()
		var ids []string
		for i, next := range []time.Time{now.Add(-time.Minute), now.Add(-time.Hour), now.Add(time.Hour), {}} {
			a := store.Account{Tenant: storage.Tenant([]string{"t", "u"}[i%2]), Address: string(rune('a'+i)) + "@x", NextSync: next}
			must(t, db, func(tx *store.Tx) error { return tx.CreateAccount(&a) })
			ids = append(ids, a.ID)
		}
		due := func(node string, limit int) []store.Due {
			all, err := db.DueAccounts(ctx, node, limit)
			require.NoError(t, err)
			return all
		}
		one, two := store.Due{Tenant: "t", Account: ids[0], Sync: true}, store.Due{Tenant: "u", Account: ids[1], Sync: true}
		require.Equal(t, []store.Due{two, one}, due("n", 10), "the longest due first")
		require.Equal(t, []store.Due{two}, due("n", 1))

		must(t, db, func(tx *store.Tx) error { return tx.SyncSoon("t", ids[2]) })
		require.Len(t, due("n", 10), 3)
		must(t, db, func(tx *store.Tx) error {
			return tx.SetStatus("t", ids[2], store.Status{State: "paused"}, time.Time{}, time.Time{})
		})

		// The outbox of an account that never syncs; links of one that does.
		must(t, db, func(tx *store.Tx) error {
			if err := tx.CreateSubmission(&store.Submission{Tenant: "u", Account: ids[3], State: store.Queued, NotBefore: now.Add(-time.Second)}, nil); err != nil {
				return err
			}
			if err := tx.CreateSubmission(&store.Submission{Tenant: "t", Account: ids[2], State: store.Queued, NotBefore: now.Add(time.Hour)}, nil); err != nil {
				return err
			}
			m := letter(1, "box", 1)
			m.Message.Tenant, m.Message.LinkState = "t", "pending"
			_, err := tx.Arrive(ids[0], []store.Arrival{m})
			return err
		})
		one.Links = true
		outbox := store.Due{Tenant: "u", Account: ids[3], Outbox: true}
		require.ElementsMatch(t, []store.Due{one, two, outbox}, due("n", 10))
		must(t, db, func(tx *store.Tx) error { return tx.LinksLater("t", ids[0], now.Add(time.Hour)) })
		one.Links = false
		require.ElementsMatch(t, []store.Due{one, two, outbox}, due("n", 10))

		// What another node holds is not offered; what this one holds is.
		lease, _, err := db.AcquireLease(ctx, "u", ids[1], "other", time.Hour)
		require.NoError(t, err)
		require.ElementsMatch(t, []store.Due{one, outbox}, due("n", 10))
		require.ElementsMatch(t, []store.Due{one, two, outbox}, due("other", 10))
		require.NoError(t, db.ReleaseLease(ctx, lease))
		require.Len(t, due("n", 10), 3)
	})
}

// TestEndLeases: who opens a data base that nobody else can have need not wait for the leases of the dead, and they write nothing should they rise.
func TestEndLeases(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		var dead []store.Lease
		for _, tenant := range []storage.Tenant{"", "other"} {
			l, ok, err := db.AcquireLease(ctx, tenant, "a", "dead", time.Hour)
			require.NoError(t, err)
			require.True(t, ok)
			dead = append(dead, l)
		}
		require.NoError(t, db.EndLeases(ctx))
		for _, l := range dead {
			next, ok, err := db.AcquireLease(ctx, l.Tenant, l.Account, "alive", time.Hour)
			require.NoError(t, err)
			require.True(t, ok)
			require.Greater(t, next.Epoch, l.Epoch)
			require.ErrorIs(t, db.Write(ctx, &l, func(*store.Tx) error { return nil }), store.ErrLostLease)
		}
	})
}
