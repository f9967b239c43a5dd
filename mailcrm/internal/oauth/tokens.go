package oauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/storage"
)

// Times of keeping a login alive.
const (
	// Skew is how long before its end an access token is not used any more.
	Skew = 60 * time.Second
	// ClaimFor is how long a process may use a refresh token that it claimed: longer than a request and what is written after it take.
	ClaimFor = 60 * time.Second

	finish    = Timeout + 10*time.Second // for a refresh that has begun, whatever becomes of who wanted it
	lookAgain = 100 * time.Millisecond   // at a login that another process has claimed
	firstHold = 15 * time.Second         // after a failure; doubles
	lastHold  = 15 * time.Minute
	saveTries = 3
	maxRounds = 20  // in which others change the login under our hands
	maxIdle   = 512 // logins that are remembered without a token
)

// A Grant is what is kept of a login.
type Grant struct {
	Provider string
	Refresh  seal.Secret
	Revision int64 // grows when it changes
	Stale    bool  // it is sealed with an old key, and is to be saved again
	Revoked  error // why it is not used any more; nil: it is
}

// A Vault is where grants are kept; package mailcrm makes one of its store and its keys. A login that is not there is an error of the vault's.
type Vault interface {
	// Load reads a grant.
	Load(ctx context.Context, tenant storage.Tenant, login string) (Grant, error)
	// Claim takes the right to use the grant of that revision, for ClaimFor at most; false says that somebody else has it, or that there is another revision.
	// Release gives it back when nothing was saved; it may be called after that as well.
	Claim(ctx context.Context, tenant storage.Tenant, login string, revision int64) (release func(context.Context), ok bool, err error)
	// Save keeps a new refresh token, durably. [storage.ErrConflict]: the grant has another revision.
	Save(ctx context.Context, tenant storage.Tenant, login string, revision int64, refresh seal.Secret) error
	// Revoke marks the login, with why. [storage.ErrConflict]: the grant has another revision.
	Revoke(ctx context.Context, tenant storage.Tenant, login string, revision int64, why error) error
}

// Tokens are the access tokens of a process. Its fields are set once; it may be used by several goroutines.
type Tokens struct {
	Client    *Client
	Vault     Vault
	Providers map[string]*Provider
	Now       func() time.Time // Defaults to time.Now
	Logger    *slog.Logger     // Defaults to none

	mu sync.Mutex
	of map[key]*held
}

type key struct {
	tenant storage.Tenant
	login  string
}

// held is what is in memory of a login.
type held struct {
	token    seal.Secret
	expires  time.Time
	busy     chan struct{} // closed when whoever refreshes is done; nil: nobody does
	failures int
	until    time.Time // the provider is not asked before
	why      error
	unsaved  *unsaved
}

// unsaved is a refresh token that the provider gave and the vault did not take.
type unsaved struct {
	refresh  seal.Secret
	revision int64 // of the grant that it came for
}

// Token is an access token of a login that lives for another minute at least, a new one if need be.
//
// Errors: [storage.ErrAuth] when a person must do something first, [storage.ErrTemporary] and [storage.ErrUnavailable] when the provider is in the way, and those of
// the vault. A provider that failed is left alone for a while, and the same error told again.
func (t *Tokens) Token(ctx context.Context, tenant storage.Tenant, login string) (seal.Secret, error) {
	at := key{tenant, login}
	for {
		h, token, busy, err := t.look(at)
		switch {
		case err != nil:
			return seal.Secret{}, err
		case !token.IsZero():
			return token, nil
		case h != nil:
			return t.renew(ctx, at, h)
		}
		select {
		case <-ctx.Done():
			return seal.Secret{}, ctx.Err()
		case <-busy:
		}
	}
}

// look finds the token, or why there is none for now, or on whom to wait; else it takes the only place at the login, for renew.
func (t *Tokens) look(at key) (h *held, token seal.Secret, busy chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	h = t.at(at, now)
	switch {
	case now.Add(Skew).Before(h.expires):
		return nil, h.token, nil, nil
	case h.busy != nil:
		return nil, seal.Secret{}, h.busy, nil
	case now.Before(h.until):
		return nil, seal.Secret{}, nil, postponed(h.why, h.until.Sub(now))
	}
	h.busy = make(chan struct{})
	return h, seal.Secret{}, nil, nil
}

// at is what is in memory of a login. The lock is held.
func (t *Tokens) at(at key, now time.Time) *held {
	if t.of == nil {
		t.of = map[key]*held{}
	}
	h := t.of[at]
	if h == nil {
		t.tidy(now)
		h = &held{}
		t.of[at] = h
	}
	return h
}

// tidy forgets what is worth nothing any more.
func (t *Tokens) tidy(now time.Time) {
	if len(t.of) < maxIdle {
		return
	}
	for at, h := range t.of {
		if h.busy == nil && h.unsaved == nil && !now.Before(h.expires) && !now.Before(h.until) {
			delete(t.of, at)
		}
	}
}

// Put keeps an access token that came with a sign-in, and forgets what was wrong before.
func (t *Tokens) Put(tenant storage.Tenant, login string, answer *Answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.at(key{tenant, login}, t.now())
	h.token, h.expires = answer.Access, t.now().Add(answer.Expires)
	h.failures, h.until, h.why, h.unsaved = 0, time.Time{}, nil, nil
}

// Expire forgets an access token that a server called expired before its time, unless there is a newer one already.
func (t *Tokens) Expire(tenant storage.Tenant, login string, used seal.Secret) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h := t.of[key{tenant, login}]; h != nil && h.token.Reveal() == used.Reveal() {
		h.token, h.expires = seal.Secret{}, time.Time{}
	}
}

// Forget is for a login that was deleted. What a renewal that is under way brings is kept for nobody but who waits for it.
func (t *Tokens) Forget(tenant storage.Tenant, login string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.of, key{tenant, login})
}

// renew gets a new access token and keeps it, or what went wrong.
func (t *Tokens) renew(ctx context.Context, at key, h *held) (seal.Secret, error) {
	var answer *Answer
	var asked bool
	err := errPanicked
	defer func() { t.renewed(h, answer, asked, err) }()
	answer, asked, err = t.refresh(ctx, at, h)
	if err != nil {
		return seal.Secret{}, err
	}
	return answer.Access, nil
}

var errPanicked = errors.New("the renewal did not come to its end")

// renewed keeps what came of a renewal, and lets the next one in.
func (t *Tokens) renewed(h *held, answer *Answer, asked bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(h.busy)
	h.busy = nil
	now := t.now()
	switch {
	case err == nil:
		h.token, h.expires = answer.Access, now.Add(answer.Expires)
		h.failures, h.until, h.why = 0, time.Time{}, nil
	case asked && !errors.Is(err, storage.ErrAuth):
		h.failures++
		wait := firstHold << min(h.failures-1, 10)
		wait = min(wait, lastHold)
		if after, ok := storage.RetryAfter(err); ok {
			wait = max(wait, after)
		}
		h.until, h.why = now.Add(wait), err
	}
}

// postponed is an error told again, with how long it will be.
func postponed(why error, after time.Duration) error {
	if !errors.Is(why, storage.ErrTemporary) {
		return why
	}
	detail := ""
	var cause *storage.Cause
	if errors.As(why, &cause) {
		detail = cause.Detail
	}
	return &storage.Cause{Code: storage.CauseCode(why), Detail: detail, Err: &storage.TemporaryError{After: after, Err: storage.ErrTemporary}}
}

// refresh claims the login and uses its refresh token. Asked says that the error is the provider's.
func (t *Tokens) refresh(ctx context.Context, at key, h *held) (answer *Answer, asked bool, err error) {
	patience := time.NewTimer(2 * ClaimFor)
	defer patience.Stop()
	for round := 0; round < maxRounds; {
		grant, err := t.Vault.Load(ctx, at.tenant, at.login)
		if err != nil {
			return nil, false, err
		}
		if grant.Revoked != nil {
			return nil, false, grant.Revoked
		}
		provider := t.Providers[grant.Provider]
		if provider == nil {
			return nil, false, &storage.Cause{Code: "oauth.no_provider", Detail: oneLine(grant.Provider), Err: storage.ErrUnavailable}
		}
		release, ok, err := t.Vault.Claim(ctx, at.tenant, at.login, grant.Revision)
		if err != nil {
			return nil, false, err
		}
		if !ok {
			pause := time.NewTimer(lookAgain)
			select {
			case <-ctx.Done():
				pause.Stop()
				return nil, false, ctx.Err()
			case <-patience.C:
				pause.Stop()
				return nil, false, &storage.Cause{Code: "oauth.unavailable", Detail: "another process is signing in", Err: storage.ErrTemporary}
			case <-pause.C:
			}
			continue
		}
		round++
		answer, asked, err := t.use(ctx, at, h, provider, grant, release)
		if !errors.Is(err, errChanged) {
			return answer, asked, err
		}
	}
	return nil, false, &storage.Cause{Code: "oauth.unavailable", Detail: "the login changes all the time", Err: storage.ErrTemporary}
}

// errChanged says that the login was changed under our hands: look again.
var errChanged = errors.New("the login was changed meanwhile")

// use uses a refresh token that is ours alone. It is brought to its end: what the provider gives must be saved.
func (t *Tokens) use(ctx context.Context, at key, h *held, p *Provider, grant Grant, release func(context.Context)) (answer *Answer, asked bool, err error) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), finish)
	defer done()
	defer release(ctx)
	refresh := grant.Refresh
	if u := t.unsaved(h); u != nil && u.revision == grant.Revision {
		refresh = u.refresh
	}
	answer, err = t.Client.Refresh(ctx, p, refresh)
	t.log(ctx, at, p, err)
	switch {
	case err == nil:
	case errors.Is(err, storage.ErrAuth):
		t.keep(h, nil)
		if e := t.Vault.Revoke(ctx, at.tenant, at.login, grant.Revision, err); errors.Is(e, storage.ErrConflict) {
			return nil, true, errChanged // somebody signed in again, or had a newer token
		} else if e != nil {
			return nil, false, fmt.Errorf("marking the login as revoked: %w", e)
		}
		return nil, true, err
	default:
		return nil, true, err
	}
	if answer.Refresh.IsZero() {
		answer.Refresh = refresh
	}
	if !grant.Stale && answer.Refresh.Reveal() == grant.Refresh.Reveal() {
		t.keep(h, nil)
		return answer, true, nil
	}
	if err := t.save(ctx, at, grant.Revision, answer.Refresh); err != nil {
		if errors.Is(err, storage.ErrConflict) {
			t.keep(h, nil)
			return nil, false, errChanged
		}
		if errors.Is(err, storage.ErrNotFound) {
			t.keep(h, nil) // deleted meanwhile
			return nil, false, err
		}
		t.keep(h, &unsaved{answer.Refresh, grant.Revision})
		return nil, false, fmt.Errorf("saving the new refresh token: %w", err)
	}
	t.keep(h, nil)
	return answer, true, nil
}

// unsaved and keep are for a refresh token that the vault did not take.
func (t *Tokens) unsaved(h *held) *unsaved {
	t.mu.Lock()
	defer t.mu.Unlock()
	return h.unsaved
}

func (t *Tokens) keep(h *held, u *unsaved) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h.unsaved = u
}

// save tries hard: what it saves exists once.
func (t *Tokens) save(ctx context.Context, at key, revision int64, refresh seal.Secret) (err error) {
	for try := range saveTries {
		err = t.Vault.Save(ctx, at.tenant, at.login, revision, refresh)
		if err == nil || errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrClosed) {
			return err
		}
		pause := time.NewTimer(lookAgain << try)
		select {
		case <-ctx.Done():
			pause.Stop()
			return err
		case <-pause.C:
		}
	}
	return err
}

func (t *Tokens) log(ctx context.Context, at key, p *Provider, err error) {
	if t.Logger == nil {
		return
	}
	attrs := []any{"tenant", string(at.tenant), "login", at.login, "provider", p.Name}
	if err != nil {
		t.Logger.WarnContext(ctx, "a login was not renewed", append(attrs, "code", storage.CauseCode(err))...)
		return
	}
	t.Logger.DebugContext(ctx, "a login was renewed", attrs...)
}

func (t *Tokens) now() time.Time {
	if t.Now == nil {
		return time.Now()
	}
	return t.Now()
}
