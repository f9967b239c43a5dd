package work

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// office is a store with accounts that are due.
func office(t *testing.T, accounts int) (*store.DB, []string) {
	t.Helper()
	db := storetest.File(t, filepath.Join(t.TempDir(), "mailcrm.db"), nil)
	ids := make([]string, accounts)
	require.NoError(t, db.Write(t.Context(), nil, func(tx *store.Tx) error {
		for i := range ids {
			ids[i] = tx.NewID("")
			a := &store.Account{ID: ids[i], Address: fmt.Sprintf("a%d@demo.example", i), Owner: "anna", Status: store.Status{State: "new"}, NextSync: tx.Now().Add(-time.Minute)}
			if err := tx.CreateAccount(a); err != nil {
				return err
			}
		}
		return nil
	}))
	return db, ids
}

// done makes an account not due any more.
func done(ctx context.Context, db *store.DB, held *Held) error {
	return db.Write(ctx, &held.Lease, func(tx *store.Tx) error {
		return tx.SetStatus(held.Tenant, held.Account, store.Status{State: "ready"}, tx.Now().Add(time.Hour), tx.Now())
	})
}

func TestStepWorksOnceOnEach(t *testing.T) {
	db, ids := office(t, 20)
	var mu sync.Mutex
	seen := map[string]int{}
	job := func(ctx context.Context, held *Held, due store.Due) error {
		mu.Lock()
		seen[due.Account]++
		mu.Unlock()
		require.NoError(t, held.Confirm())
		require.True(t, due.Sync)
		require.True(t, held.Ends.After(time.Now()))
		return done(ctx, db, held)
	}
	w := New(db, job, &Options{Workers: 3})
	n, err := w.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, len(ids), n)
	require.Len(t, seen, len(ids))
	for _, times := range seen {
		require.Equal(t, 1, times)
	}
	n, err = w.Step(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
}

// TestTwoNodes: two workers on one store share the accounts and never meet on one.
func TestTwoNodes(t *testing.T) {
	db, ids := office(t, 10)
	var mu sync.Mutex
	busy := map[string]bool{}
	var met, worked atomic.Int64
	job := func(ctx context.Context, held *Held, due store.Due) error {
		mu.Lock()
		if busy[due.Account] {
			met.Add(1)
		}
		busy[due.Account] = true
		mu.Unlock()
		err := done(ctx, db, held)
		worked.Add(1)
		mu.Lock()
		busy[due.Account] = false
		mu.Unlock()
		return err
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range 2 {
		w := New(db, job, &Options{Workers: 4})
		running.Go(func() { require.ErrorIs(t, w.Run(ctx), context.Canceled) })
	}
	require.Eventually(t, func() bool { return worked.Load() >= int64(len(ids)) }, 20*time.Second, 5*time.Millisecond)
	stop()
	running.Wait()
	require.Zero(t, met.Load())
}

// TestPanic: a panic of one account's work is an error, frees the account, and does not stop the others.
func TestPanic(t *testing.T) {
	db, ids := office(t, 3)
	var worked atomic.Int64
	job := func(ctx context.Context, held *Held, due store.Due) error {
		if due.Account == ids[1] && worked.Load() < 10 {
			worked.Add(10)
			panic("a bad mail")
		}
		worked.Add(1)
		return done(ctx, db, held)
	}
	w := New(db, job, &Options{Workers: 1})
	_, err := w.Step(t.Context())
	require.ErrorContains(t, err, "a bad mail")
	require.EqualValues(t, 12, worked.Load())
	n, err := w.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n, "the account is free again")
}

// TestLostLease: a holder who was too slow is stopped, cannot confirm, and writes nothing.
func TestLostLease(t *testing.T) {
	db, ids := office(t, 1)
	errs := make(chan error, 3)
	job := func(ctx context.Context, held *Held, _ store.Due) error {
		held.until.Store(0) // the clock ran on while we were stopped
		errs <- held.Confirm()
		// Another node finds the lease expired by the database's clock.
		require.NoError(t, db.ReleaseLease(context.WithoutCancel(ctx), held.Lease))
		other, ok, err := db.AcquireLease(ctx, "", ids[0], "other", LeaseTTL)
		require.NoError(t, err)
		require.True(t, ok)
		require.Greater(t, other.Epoch, held.Epoch)
		errs <- done(ctx, db, held)
		return nil
	}
	_, err := New(db, job, nil).Step(t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, <-errs, store.ErrLostLease)
	require.ErrorIs(t, <-errs, store.ErrLostLease)
}

// TestRenewal notices on both sides: a lease that the store still grants is kept, one that it does not is let go.
func TestRenewal(t *testing.T) {
	db, ids := office(t, 2)
	w := New(db, nil, nil)
	held := make([]*Held, 2)
	ctxs := make([]context.Context, 2)
	for i, id := range ids {
		lease, ok, err := db.AcquireLease(t.Context(), "", id, w.node, LeaseTTL)
		require.NoError(t, err)
		require.True(t, ok)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ctxs[i], held[i] = ctx, &Held{Lease: lease, clock: w.clock, lost: cancel}
		held[i].keep(w.clock.now())
		w.held[account{"", id}] = held[i]
	}
	before := held[0].until.Load()
	require.NoError(t, db.ReleaseLease(t.Context(), held[1].Lease))
	w.renewOnce(t.Context())
	require.Greater(t, held[0].until.Load(), before)
	require.NoError(t, held[0].Confirm())
	require.NoError(t, ctxs[0].Err())
	require.ErrorIs(t, held[1].Confirm(), store.ErrLostLease)
	require.Error(t, ctxs[1].Err())
}

// TestErrorIsReported and does not hide what the others did.
func TestErrorIsReported(t *testing.T) {
	db, ids := office(t, 2)
	broken := errors.New("the store is broken")
	job := func(ctx context.Context, held *Held, due store.Due) error {
		if due.Account == ids[0] {
			return broken
		}
		return done(ctx, db, held)
	}
	n, err := New(db, job, nil).Step(t.Context())
	require.ErrorIs(t, err, broken)
	require.Equal(t, 2, n)
}

func TestStepStopsWithItsContext(t *testing.T) {
	db, _ := office(t, 1)
	ctx, stop := context.WithCancel(t.Context())
	job := func(ctx context.Context, _ *Held, _ store.Due) error {
		stop()
		<-ctx.Done()
		return ctx.Err()
	}
	n, err := New(db, job, nil).Step(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}
