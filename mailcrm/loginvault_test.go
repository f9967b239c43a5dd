package mailcrm

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/oauth"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/storage"
)

// A refresher is a process that renews logins of a data base.
func refresher(t *testing.T, server *testservers.TokenServer, db *store.DB, keys *Keys, now func() time.Time) *oauth.Tokens {
	t.Helper()
	provider, err := oauth.Provider{Name: "intranet", ClientID: "crm", AuthURL: server.AuthURL, TokenURL: server.TokenURL, Scopes: []string{"mail"}}.Complete()
	require.NoError(t, err)
	dialer := &dial.Dialer{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []int{0}}
	return &oauth.Tokens{
		Client: oauth.New(dialer, server.CA), Vault: &loginVault{db: db, keys: keys}, Providers: map[string]*oauth.Provider{"intranet": provider}, Now: now,
	}
}

func testKeys(t *testing.T) *Keys {
	t.Helper()
	text, err := NewKeyset()
	require.NoError(t, err)
	keys, err := KeysFromJSON(text)
	require.NoError(t, err)
	return keys
}

func addLogin(t *testing.T, db *store.DB, keys *Keys, refresh string) *store.Login {
	t.Helper()
	l := &store.Login{ID: db.NewID(""), Agent: "anna", Provider: "intranet", Subject: "alice@test.example", State: store.LoginOK}
	var err error
	l.Secret, err = keys.Seal(loginPlace("", l.ID), NewSecret(refresh))
	require.NoError(t, err)
	require.NoError(t, db.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.CreateLogin(l) }))
	return l
}

// TestProcessesShareALogin: several processes on one PostgreSQL want a token at the same time, again and again. Each refresh token is used once: the server revokes everything when it sees one again.
func TestProcessesShareALogin(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	server := testservers.Tokens(t, &testservers.TokenOptions{Now: clock})
	keys := testKeys(t)
	dsn := testservers.Postgres(t).DSN()
	var nodes []*oauth.Tokens
	var first *store.DB
	for range 3 {
		opts := storetest.PostgresOptions(t, dsn)
		opts.Now = clock
		db, err := store.Open(t.Context(), opts)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		nodes = append(nodes, refresher(t, server, db, keys, clock))
		first = db
	}
	login := addLogin(t, first, keys, server.Grant("alice@test.example").Refresh)
	const rounds = 4
	for range rounds {
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				token, err := nodes[i%len(nodes)].Token(context.Background(), "", login.ID)
				if err != nil || server.Valid(token.Reveal()) == "" {
					t.Errorf("no token that works: %v", err)
				}
			})
		}
		all.Wait()
		mu.Lock()
		now = now.Add(2 * time.Hour)
		mu.Unlock()
	}
	var used []string
	for _, form := range server.Requests() {
		used = append(used, form.Get("refresh_token"))
	}
	require.Len(t, used, rounds*len(nodes))
	slices.Sort(used)
	require.Len(t, slices.Compact(used), rounds*len(nodes))
}

// TestVaultIsSealed: what is stored of a login opens for that login alone, and a row that was changed fails closed.
func TestVaultIsSealed(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		keys := testKeys(t)
		vault := &loginVault{db: db, keys: keys}
		ctx := t.Context()
		one, two := addLogin(t, db, keys, "refresh-1"), addLogin(t, db, keys, "refresh-2")
		grant, err := vault.Load(ctx, "", one.ID)
		require.NoError(t, err)
		require.Equal(t, "refresh-1", grant.Refresh.Reveal())
		require.False(t, grant.Stale)

		swapped := *one
		swapped.Secret = two.Secret
		require.NoError(t, db.Write(ctx, nil, func(tx *store.Tx) error { return tx.UpdateLogin(&swapped) }))
		_, err = vault.Load(ctx, "", one.ID)
		require.Equal(t, "seal.damaged", storage.CauseCode(err))
		_, err = (&loginVault{db: db, keys: testKeys(t)}).Load(ctx, "", two.ID)
		require.Equal(t, "seal.unknown_key", storage.CauseCode(err))
		_, err = vault.Load(ctx, "", "nothing")
		require.ErrorIs(t, err, ErrAuth)
		require.Equal(t, "oauth.no_login", storage.CauseCode(err))

		require.ErrorIs(t, vault.Save(ctx, "", two.ID, 9, NewSecret("x")), ErrConflict)
		require.ErrorIs(t, vault.Revoke(ctx, "", two.ID, 9, ErrAuth), ErrConflict)
		require.NoError(t, vault.Save(ctx, "", two.ID, 1, NewSecret("refresh-3")))
		require.NoError(t, vault.Revoke(ctx, "", two.ID, 2, &storage.Cause{Code: "oauth.revoked", Detail: "gone", Err: ErrAuth}))
		grant, err = vault.Load(ctx, "", two.ID)
		require.NoError(t, err)
		require.Equal(t, "oauth.revoked", storage.CauseCode(grant.Revoked))
		require.True(t, grant.Refresh.IsZero())
		row, err := db.Login(ctx, "", two.ID)
		require.NoError(t, err)
		require.Empty(t, row.Secret, "nobody needs it any more")
	})
}
