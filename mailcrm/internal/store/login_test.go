package store_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/storage"
)

// TestOneClaim: of many who want a login's refresh token at the same time one has it, and the next one only when that one is done.
func TestOneClaim(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		l := store.Login{Agent: "jeanne", State: store.LoginOK, Secret: []byte("sealed")}
		require.NoError(t, db.Write(ctx, nil, func(tx *store.Tx) error { return tx.CreateLogin(&l) }))
		var got atomic.Int64
		var claim atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				c, ok, err := db.ClaimLogin(ctx, "", l.ID, 1, time.Minute)
				if err == nil && ok {
					got.Add(1)
					claim.Store(c)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, got.Load())

		require.NoError(t, db.ReleaseLogin(ctx, "", l.ID, claim.Load()+1), "not this one")
		_, ok, err := db.ClaimLogin(ctx, "", l.ID, 1, time.Minute)
		require.NoError(t, err)
		require.False(t, ok)
		require.NoError(t, db.ReleaseLogin(ctx, "", l.ID, claim.Load()))
		_, ok, err = db.ClaimLogin(ctx, "", l.ID, 2, time.Minute)
		require.NoError(t, err)
		require.False(t, ok, "another revision")
		_, ok, err = db.ClaimLogin(ctx, "", l.ID, 1, -time.Second)
		require.NoError(t, err)
		require.True(t, ok)
		_, ok, err = db.ClaimLogin(ctx, "", l.ID, 1, time.Minute)
		require.NoError(t, err)
		require.True(t, ok, "whoever had it died, and its time is over")

		l.Secret = []byte("the next one")
		require.NoError(t, db.Write(ctx, nil, func(tx *store.Tx) error { return tx.UpdateLogin(&l) }))
		_, ok, err = db.ClaimLogin(ctx, "", l.ID, l.Revision, time.Minute)
		require.NoError(t, err)
		require.True(t, ok, "what was claimed is used")
	})
}

// TestLoginStates: a sign-in ends once, by who began it, in time; and nobody has the store keep more of them than a person can have begun.
func TestLoginStates(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	var minutes atomic.Int64
	clock := func(o *store.Options) {
		o.Now = func() time.Time { return now.Add(time.Duration(minutes.Load()) * time.Minute) }
	}
	ctx := context.Background()
	db := storetest.SQLite(t, clock)
	begin := func(id, agent string, expires time.Duration) {
		t.Helper()
		s := store.LoginState{ID: id, Agent: agent, Provider: "google", Redirect: "https://crm.example/back", Verifier: []byte("sealed"), Expires: now.Add(expires)}
		require.NoError(t, db.Write(ctx, nil, func(tx *store.Tx) error { return tx.PutLoginState(&s) }))
	}
	take := func(id, agent string) (s *store.LoginState, err error) {
		err = db.Write(ctx, nil, func(tx *store.Tx) (err error) {
			s, err = tx.TakeLoginState("", id, agent)
			return err
		})
		return s, err
	}
	begin("a", "jeanne", 10*time.Minute)
	_, err := take("a", "paul")
	require.ErrorIs(t, err, storage.ErrNotFound)
	s, err := take("a", "jeanne")
	require.NoError(t, err, "paul did not use it up")
	require.Equal(t, []byte("sealed"), s.Verifier)
	_, err = take("a", "jeanne")
	require.ErrorIs(t, err, storage.ErrNotFound)

	begin("b", "jeanne", 10*time.Minute)
	minutes.Store(10)
	_, err = take("b", "jeanne")
	require.ErrorIs(t, err, storage.ErrNotFound, "too late")

	for i := range store.MaxLoginStates + 5 {
		begin(fmt.Sprintf("c%02d", i), "jeanne", 20*time.Minute+time.Duration(i)*time.Second)
	}
	left := 0
	require.NoError(t, store.Dump(ctx, db, `SELECT id FROM @login_states WHERE tenant = ?`, func(scan func(...any) error) error {
		left++
		var id string
		require.NoError(t, scan(&id))
		require.GreaterOrEqual(t, id, "c05", "the oldest are forgotten")
		return nil
	}, ""))
	require.Equal(t, store.MaxLoginStates, left)
}
