package oauth

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/storage"
)

// TestRotation: each refresh token is used once, and the one that comes back is saved before its access token is handed out.
func TestRotation(t *testing.T) {
	w := newWorld(t, nil)
	first := w.vault.get("l").Refresh.Reveal()
	w.vault.onSave = func() { require.Empty(t, w.tokens.of[key{"", "l"}].token.Reveal(), "not used before it is saved") }
	one, err := w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	require.Equal(t, alice, w.server.Valid(one.Reveal()))
	w.vault.onSave = nil
	again, err := w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	require.Equal(t, one.Reveal(), again.Reveal(), "from memory")

	w.clock.add(time.Hour - Skew - time.Second)
	again, err = w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	require.Equal(t, one.Reveal(), again.Reveal())
	w.clock.add(time.Second)
	second := w.vault.get("l").Refresh.Reveal()
	again, err = w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	require.NotEqual(t, one.Reveal(), again.Reveal(), "a minute before its end")
	require.Equal(t, []string{first, second}, w.refreshes())
	require.EqualValues(t, 3, w.vault.get("l").Revision)
}

// TestManyAtOnce: many goroutines of several processes want a token; each refresh token is used once all the same.
func TestManyAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	nodes := []*Tokens{w.tokens, w.node(), w.node()}
	var all sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]bool{}
	for i := range 60 {
		all.Go(func() {
			token, err := nodes[i%3].Token(t.Context(), "", "l")
			mu.Lock()
			defer mu.Unlock()
			seen[token.Reveal()] = true
			if err != nil || w.server.Valid(token.Reveal()) != alice {
				t.Error(err, token)
			}
		})
	}
	all.Wait()
	require.Len(t, seen, 3, "one for each process")
	used := w.refreshes()
	require.Len(t, used, 3)
	slices.Sort(used)
	require.Len(t, slices.Compact(used), 3)
}

// TestNoRotation: a provider that keeps its refresh tokens costs no write, unless the one that is kept is sealed with an old key.
func TestNoRotation(t *testing.T) {
	w := newWorld(t, &testservers.TokenOptions{KeepRefresh: true})
	_, err := w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	require.Empty(t, w.vault.order)
	g := w.vault.get("l")
	g.Stale = true
	w.vault.put("l", g)
	w.clock.add(2 * time.Hour)
	_, err = w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	require.Equal(t, []string{"saved"}, w.vault.order)
	require.Equal(t, g.Refresh.Reveal(), w.vault.get("l").Refresh.Reveal())
}

// TestRevoked: the provider is asked once, whoever asks and how often; a new sign-in ends that.
func TestRevoked(t *testing.T) {
	w := newWorld(t, nil)
	w.server.Withdraw(alice)
	for range 3 {
		_, err := w.tokens.Token(t.Context(), "", "l")
		require.ErrorIs(t, err, storage.ErrAuth)
		require.Equal(t, "oauth.revoked", storage.CauseCode(err))
		_, err = w.node().Token(t.Context(), "", "l")
		require.Equal(t, "oauth.revoked", storage.CauseCode(err))
		w.clock.add(24 * time.Hour)
	}
	require.Len(t, w.refreshes(), 1)

	w.vault.put("l", Grant{Provider: "intranet", Refresh: seal.NewSecret(w.server.Grant(alice).Refresh), Revision: 3})
	_, err := w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
}

// TestInTrouble: a provider that is away never ends a login, and is not asked all the time.
func TestInTrouble(t *testing.T) {
	w := newWorld(t, nil)
	for _, status := range []int{500, 502, 503, 429, 401, 403, 200} {
		w.says(status, `{"error":"invalid_client"}`)
		before := len(w.refreshes())
		for range 5 {
			_, err := w.tokens.Token(t.Context(), "", "l")
			require.Error(t, err)
			require.NotErrorIs(t, err, storage.ErrAuth, "%d", status)
		}
		require.Len(t, w.refreshes(), before+1, "%d: asked once", status)
		require.NoError(t, w.vault.get("l").Revoked)
		w.clock.add(lastHold)
	}
	w.says(503, ``, "Retry-After", "7200")
	_, err := w.tokens.Token(t.Context(), "", "l")
	require.ErrorIs(t, err, storage.ErrTemporary)
	w.clock.add(time.Hour)
	_, err = w.tokens.Token(t.Context(), "", "l")
	after, ok := storage.RetryAfter(err)
	require.True(t, ok)
	require.Equal(t, time.Hour, after, "what is left of it")
	w.server.Answer(nil)
	_, err = w.tokens.Token(t.Context(), "", "l")
	require.Error(t, err, "patience was asked for")
	w.clock.add(time.Hour)
	_, err = w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	require.Zero(t, w.tokens.of[key{"", "l"}].failures)
}

func TestHoldsGrow(t *testing.T) {
	w := newWorld(t, nil)
	w.says(500, ``)
	for _, want := range []time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		_, err := w.tokens.Token(t.Context(), "", "l")
		require.Error(t, err)
		require.Equal(t, want, w.tokens.of[key{"", "l"}].until.Sub(w.clock.Now()))
		w.clock.add(want)
	}
}

// TestNotSaved: the data base is away when the new refresh token comes: its access token is not used, and the refresh token is not lost.
func TestNotSaved(t *testing.T) {
	w := newWorld(t, nil)
	first := w.vault.get("l").Refresh.Reveal()
	w.vault.failing = errAway
	_, err := w.tokens.Token(t.Context(), "", "l")
	require.ErrorIs(t, err, errAway)
	require.Equal(t, first, w.vault.get("l").Refresh.Reveal())
	w.vault.failing = nil
	_, err = w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	used := w.refreshes()
	require.Len(t, used, 2)
	require.NotEqual(t, used[0], used[1], "the old one is not shown again")
	require.NotEqual(t, used[1], w.vault.get("l").Refresh.Reveal())
	require.Nil(t, w.tokens.of[key{"", "l"}].unsaved)
}

// TestSignedInMeanwhile: a person signs in again while the old refresh token is being refused.
func TestSignedInMeanwhile(t *testing.T) {
	w := newWorld(t, nil)
	w.server.Withdraw(alice)
	fresh := w.server.Grant(alice)
	once := sync.OnceFunc(func() {
		w.vault.put("l", Grant{Provider: "intranet", Refresh: seal.NewSecret(fresh.Refresh), Revision: 2})
		w.vault.mu.Lock()
		w.vault.claimed["l"] = 0
		w.vault.mu.Unlock()
		w.server.Answer(nil)
	})
	w.server.Answer(func(rw http.ResponseWriter, _ *http.Request) {
		once()
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(400)
		_, _ = rw.Write([]byte(`{"error":"invalid_grant"}`))
	})
	token, err := w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	require.Equal(t, alice, w.server.Valid(token.Reveal()))
	require.NoError(t, w.vault.get("l").Revoked)
}

// TestTheCallerGoesAway: a refresh that has begun is brought to its end; one that waits for another process is not.
func TestTheCallerGoesAway(t *testing.T) {
	w := newWorld(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	w.server.Answer(func(rw http.ResponseWriter, _ *http.Request) {
		cancel()
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write([]byte(`{"access_token":"a2","refresh_token":"r2","expires_in":3600}`))
	})
	token, err := w.tokens.Token(ctx, "", "l")
	require.NoError(t, err)
	require.Equal(t, "a2", token.Reveal())
	require.Equal(t, "r2", w.vault.get("l").Refresh.Reveal())

	w.clock.add(2 * time.Hour)
	w.vault.claimed["l"] = 99
	_, err = w.tokens.Token(ctx, "", "l")
	require.ErrorIs(t, err, context.Canceled)
	w.vault.claimed["l"] = 0
	_, err = w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
}

func TestExpirePutForget(t *testing.T) {
	w := newWorld(t, nil)
	one, err := w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	w.server.Expire(one.Reveal())
	w.tokens.Expire("", "l", one)
	two, err := w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	require.NotEqual(t, one.Reveal(), two.Reveal())
	w.tokens.Expire("", "l", one)
	w.tokens.Expire("other", "l", two)
	three, err := w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	require.Equal(t, two.Reveal(), three.Reveal(), "there was a newer one already; and another tenant's is another")

	w.says(500, ``)
	w.tokens.Expire("", "l", two)
	_, err = w.tokens.Token(t.Context(), "", "l")
	require.Error(t, err)
	w.tokens.Put("", "l", &Answer{Access: seal.NewSecret("put"), Expires: time.Hour})
	four, err := w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	require.Equal(t, "put", four.Reveal())
	w.tokens.Forget("", "l")
	_, err = w.tokens.Token(t.Context(), "", "l")
	require.Error(t, err)
}

// TestForgottenMeanwhile: a login that is deleted while its token is renewed has no token afterwards.
func TestForgottenMeanwhile(t *testing.T) {
	w := newWorld(t, &testservers.TokenOptions{KeepRefresh: true})
	w.server.Answer(func(rw http.ResponseWriter, _ *http.Request) {
		w.vault.mu.Lock()
		delete(w.vault.grants, "l")
		w.vault.mu.Unlock()
		w.tokens.Forget("", "l")
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write([]byte(`{"access_token":"late","expires_in":3600}`))
	})
	_, err := w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err, "who waited for it has it")
	_, err = w.tokens.Token(t.Context(), "", "l")
	require.ErrorIs(t, err, storage.ErrNotFound)
}

func TestNoSuchLogin(t *testing.T) {
	w := newWorld(t, nil)
	_, err := w.tokens.Token(t.Context(), "", "nothing")
	require.ErrorIs(t, err, storage.ErrNotFound)
	w.vault.put("x", Grant{Provider: "gone"})
	_, err = w.tokens.Token(t.Context(), "", "x")
	require.Equal(t, "oauth.no_provider", storage.CauseCode(err))
}

// TestMemoryIsBounded: logins that are worth nothing any more are forgotten.
func TestMemoryIsBounded(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 3 * maxIdle {
		_, err := w.tokens.Token(t.Context(), "", fmt.Sprint("nothing", i))
		require.ErrorIs(t, err, storage.ErrNotFound)
	}
	require.LessOrEqual(t, len(w.tokens.of), maxIdle+1)
}

// TestTokensAreNotLogged: neither kind, at the lowest level.
func TestTokensAreNotLogged(t *testing.T) {
	w := newWorld(t, nil)
	var log bytes.Buffer
	w.tokens.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 8}))
	refresh := w.vault.get("l").Refresh.Reveal()
	token, err := w.tokens.Token(t.Context(), "", "l")
	require.NoError(t, err)
	w.server.Withdraw(alice)
	w.tokens.Expire("", "l", token)
	_, err = w.tokens.Token(t.Context(), "", "l")
	require.Error(t, err)
	require.Contains(t, log.String(), "oauth.revoked")
	told := log.String() + fmt.Sprintf("%v %+v %#v", w.tokens.of[key{"", "l"}], w.vault.get("l"), w.provider)
	for _, hidden := range []string{token.Reveal(), refresh, w.vault.get("l").Refresh.Reveal(), secret} {
		require.NotContains(t, told, hidden)
	}
}
