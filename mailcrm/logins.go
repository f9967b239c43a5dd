package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/oauth"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Logins are sign-ins at a provider (Config.OAuth), which accounts use instead of a password. A login is of the person who signed in, apart from accounts: one may
// serve several, as with Microsoft, where who may use a shared mailbox signs in as himself.
//
// To sign in, call Begin, send the person's browser to its URL, and call Complete with what the browser brings back to RedirectURL. Then name the login in
// [ServerInput].Login.
type Logins struct{ s *Session }

// Limits of logins.
const (
	MaxLogins = 100              // of an agent
	LoginTime = 10 * time.Minute // between Begin and Complete
)

// The states of a login.
const (
	LoginOK      = store.LoginOK
	LoginRevoked = store.LoginRevoked // nothing works with it until the person signs in again
)

// A Login is a person's sign-in, without its secrets.
type Login struct {
	ID       string
	Agent    string // who signed in
	Provider string
	Subject  string // as whom: an address, as the provider tells it
	Scopes   []string
	State    string // LoginOK, LoginRevoked
	Code     string // why it is revoked; see Sentence
	Detail   string // the provider's own words
	Sentence string // what to do, in the Actor's language
	Since    time.Time
	Created  time.Time
}

// A LoginInput begins a sign-in.
type LoginInput struct {
	Provider string // of Config.OAuth. Required, but for a login that is renewed
	// Hint is an address, so that the person need not type it again. Required where the provider does not say who signed in.
	Hint string
	// RedirectURL is a page of the host, which the provider sends the browser back to, with "code" and "state", or "error". It must be registered at the
	// provider to the letter. https, or http on a loopback address; without a fragment. Required.
	RedirectURL string
	// Login is the id of one that is to be renewed: whoever signed in then signs in again. Its accounts go on with it. Empty: a new one.
	Login string
}

// A LoginStart is where to send the person.
type LoginStart struct {
	URL     string // at the provider; holds no secret
	State   string // comes back with the browser
	Expires time.Time
}

// A CompleteInput is what the browser brought back, as it came.
type CompleteInput struct {
	State            string // required
	Code             string
	Error            string
	ErrorDescription string
}

// Providers are the names of those that are configured, for the buttons of a page.
func (l *Logins) Providers(ctx context.Context) ([]string, error) {
	if err := l.s.enter(ctx); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(l.s.client.providers)), nil
}

// Begin begins a sign-in, which the same agent must end within LoginTime. He may have several under way.
//
// Errors: [ErrInvalid] with a [FieldError], [ErrNotFound] for a login that is not the Actor's, [ErrLimit].
func (l *Logins) Begin(ctx context.Context, in LoginInput) (*LoginStart, error) {
	if err := l.s.enter(ctx); err != nil {
		return nil, err
	}
	if in.Login != "" {
		old, err := l.own(ctx, in.Login)
		if err != nil {
			return nil, err
		}
		if in.Provider != "" && in.Provider != old.Provider {
			return nil, storage.Invalid("Provider", "other", fmt.Sprintf("this sign-in is one at %s: make a new one", old.Provider))
		}
		in.Provider = old.Provider
		if in.Hint == "" {
			in.Hint = old.Subject
		}
	}
	provider := l.s.client.providers[in.Provider]
	if provider == nil {
		return nil, storage.Invalid("Provider", "unknown", fmt.Sprintf("signing in at %q is not configured: ask your administrator, or use an app password", clipText(in.Provider, 64)))
	}
	if in.Hint != "" {
		if in.Hint = linker.Normalize(in.Hint); in.Hint == "" {
			return nil, storage.Invalid("Hint", "bad_address", "enter the whole address of the mailbox, like name@example.com")
		}
	}
	if in.Hint == "" && !provider.Identifies() {
		return nil, storage.Invalid("Hint", "required", "enter the address that you sign in with")
	}
	if err := oauth.CheckURL("RedirectURL", in.RedirectURL); err != nil {
		return nil, err
	}
	if in.Login == "" {
		if err := l.room(ctx); err != nil {
			return nil, err
		}
	}
	state, name := oauth.NewState()
	verifier := oauth.NewVerifier()
	sealed, err := l.s.client.cfg.Keys.Seal(verifierPlace(l.s.actor.Tenant, name), verifier)
	if err != nil {
		return nil, err
	}
	start := &LoginStart{
		URL:   provider.URL(oauth.Start{State: state, Verifier: verifier, Redirect: in.RedirectURL, Hint: in.Hint}),
		State: state, Expires: l.s.client.cfg.Now().Add(LoginTime),
	}
	kept := store.LoginState{
		Tenant: l.s.actor.Tenant, ID: name, Agent: l.s.actor.Agent, Provider: in.Provider, Login: in.Login, Hint: in.Hint, Redirect: in.RedirectURL, Verifier: sealed, Expires: start.Expires,
	}
	if err := l.s.client.db.Write(ctx, nil, func(tx *store.Tx) error { return tx.PutLoginState(&kept) }); err != nil {
		return nil, err
	}
	return start, nil
}

func (l *Logins) room(ctx context.Context) error {
	have, err := l.s.client.db.Logins(ctx, l.s.actor.Tenant, l.s.actor.Agent)
	if err != nil {
		return err
	}
	if len(have) >= MaxLogins {
		return fmt.Errorf("an agent has at most %d sign-ins: delete one that no account uses: %w", MaxLogins, ErrLimit)
	}
	return nil
}

// Complete ends a sign-in. It works once for each Begin, whatever comes of it. Where the same person has signed in at the same provider before, that login is
// renewed instead of a second one being made. Accounts that use a renewed login are looked at at once.
//
// Errors: [ErrNotFound] with the code "oauth.state" when the sign-in was not begun by the Actor, is over, or took too long; [ErrAuth], [ErrUnavailable],
// [ErrTemporary] and [ErrInvalid] with the codes of what the provider said; [ErrConflict] with "oauth.other_subject" when somebody else signed in than the one whose
// login was to be renewed. Each code has a [Sentence].
func (l *Logins) Complete(ctx context.Context, in CompleteInput) (*Login, error) {
	if err := l.s.enter(ctx); err != nil {
		return nil, err
	}
	if in.State == "" {
		return nil, storage.Invalid("State", "required", "hand on the state that the browser brought back")
	}
	c, tenant := l.s.client, l.s.actor.Tenant
	var begun *store.LoginState
	err := c.db.Write(ctx, nil, func(tx *store.Tx) (err error) {
		begun, err = tx.TakeLoginState(tenant, oauth.StateName(in.State), l.s.actor.Agent)
		if errors.Is(err, ErrNotFound) {
			begun, err = nil, nil // commits: one that is too old is gone
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case begun == nil:
		return nil, &storage.Cause{Code: "oauth.state", Err: ErrNotFound}
	case in.Error != "":
		return nil, oauth.Refusal(clipText(in.Error, 100), clipText(in.ErrorDescription, 1000))
	}
	provider := c.providers[begun.Provider]
	if provider == nil {
		return nil, &storage.Cause{Code: "oauth.no_provider", Detail: begun.Provider, Err: ErrUnavailable}
	}
	verifier, err := c.cfg.Keys.Open(verifierPlace(tenant, begun.ID), begun.Verifier)
	if err != nil {
		return nil, err
	}
	answer, err := c.oauth.Exchange(ctx, provider, in.Code, begun.Redirect, verifier)
	if err != nil {
		return nil, fmt.Errorf("signing in at %s: %w", begun.Provider, err)
	}
	if answer.Subject == "" {
		answer.Subject = begun.Hint
	}
	if answer.Subject == "" {
		return nil, &storage.Cause{Code: "oauth.no_subject", Err: ErrInvalid}
	}
	login, err := l.keep(context.WithoutCancel(ctx), begun, answer) // what the provider gave exists once
	if err != nil {
		return nil, err
	}
	c.tokens.Put(tenant, login.ID, answer)
	c.worker.Wake()
	return l.s.login(login), nil
}

// keep stores what a sign-in gave: in the login that was to be renewed, in that of the same person, or in a new one.
func (l *Logins) keep(ctx context.Context, begun *store.LoginState, answer *oauth.Answer) (*store.Login, error) {
	c, tenant := l.s.client, l.s.actor.Tenant
	var login *store.Login
	write := func(tx *store.Tx) error {
		mine, err := tx.Logins(ctx, tenant, l.s.actor.Agent)
		if err != nil {
			return err
		}
		found := slices.IndexFunc(mine, func(x store.Login) bool {
			if begun.Login != "" {
				return x.ID == begun.Login
			}
			return x.Provider == begun.Provider && samePerson(&x, answer)
		})
		switch {
		case found < 0 && begun.Login != "":
			return fmt.Errorf("login %q: %w", begun.Login, ErrNotFound)
		case found < 0:
			login = &store.Login{Tenant: tenant, ID: tx.NewID(tenant), Agent: l.s.actor.Agent, Provider: begun.Provider}
		case !samePerson(&mine[found], answer):
			return &storage.Cause{Code: "oauth.other_subject", Detail: mine[found].Subject, Err: ErrConflict}
		default:
			login = &mine[found]
		}
		login.Subject, login.Principal, login.Scopes = answer.Subject, answer.Principal, answer.Scopes
		login.State, login.Code, login.Detail, login.Since = store.LoginOK, "", "", tx.Now()
		if login.Secret, err = c.cfg.Keys.Seal(loginPlace(tenant, login.ID), answer.Refresh); err != nil {
			return err
		}
		event := store.Event{Tenant: tenant, Type: "login.created", At: tx.Now(), Agent: l.s.actor.Agent, Subject: login.ID}
		if found < 0 {
			if err := tx.CreateLogin(login); err != nil {
				return err
			}
			return tx.Emit([]store.Event{event})
		}
		if err := tx.UpdateLogin(login); err != nil {
			return err
		}
		event.Type = "login.renewed"
		if err := tx.Emit([]store.Event{event}); err != nil {
			return err
		}
		return due(ctx, tx, tenant, login.ID)
	}
	var err error
	for range 5 { // a refresh may change it at the same time
		if err = c.db.Write(ctx, nil, write); !errors.Is(err, ErrConflict) || storage.CauseCode(err) != "" {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("keeping a login: %w", err)
	}
	return login, nil
}

// due has the accounts that use a login looked at, and what waited for it sent, but for those that somebody paused.
func due(ctx context.Context, tx *store.Tx, tenant storage.Tenant, login string) error {
	using, err := tx.AccountsOfLogin(ctx, tenant, login)
	if err != nil {
		return err
	}
	for i := range using {
		if using[i].Status.State == AccountPaused {
			continue
		}
		if err := tx.SyncSoon(tenant, using[i].ID); err != nil {
			return err
		}
		_, err := tx.Retime(tenant, using[i].ID, func(s *store.Submission) time.Time {
			if mustSignIn(s.Code) || s.Code == "smtp.token_expired" {
				return time.Time{}
			}
			return s.NextTry
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// samePerson: by the provider's own name for a person where it gave one both times, else by the address.
func samePerson(l *store.Login, answer *oauth.Answer) bool {
	if l.Principal != "" && answer.Principal != "" {
		return l.Principal == answer.Principal
	}
	return strings.EqualFold(l.Subject, answer.Subject)
}

// List returns the Actor's logins, or all of the tenant for an administrator, by subject.
func (l *Logins) List(ctx context.Context) ([]Login, error) {
	if err := l.s.enter(ctx); err != nil {
		return nil, err
	}
	agent := l.s.actor.Agent
	if l.s.actor.Admin {
		agent = ""
	}
	all, err := l.s.client.db.Logins(ctx, l.s.actor.Tenant, agent)
	if err != nil {
		return nil, err
	}
	out := make([]Login, 0, len(all))
	for i := range all {
		out = append(out, *l.s.login(&all[i]))
	}
	return out, nil
}

// Delete removes a login, and tells the provider that it is not wanted any more, where it can be told; that it could not be told is no error.
//
// Errors: [ErrNotFound] when it is neither the Actor's nor he an administrator; [ErrConflict], which names them, when accounts use it.
func (l *Logins) Delete(ctx context.Context, id string) error {
	if err := l.s.enter(ctx); err != nil {
		return err
	}
	c, tenant := l.s.client, l.s.actor.Tenant
	var login *store.Login
	last := false
	err := c.db.Write(ctx, nil, func(tx *store.Tx) (err error) {
		if login, err = tx.Login(ctx, tenant, id); err == nil && login.Agent != l.s.actor.Agent && !l.s.actor.Admin {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		using, err := tx.AccountsOfLogin(ctx, tenant, id)
		if err != nil {
			return err
		}
		if len(using) > 0 {
			names := make([]string, 0, len(using))
			for i := range using {
				names = append(names, using[i].Address)
			}
			return fmt.Errorf("%s use this sign-in: give them another one, or a password, first: %w", strings.Join(names, ", "), ErrConflict)
		}
		all, err := tx.Logins(ctx, tenant, "")
		if err != nil {
			return err
		}
		// Who gives back one token of a person gives back all of them (Google).
		last = !slices.ContainsFunc(all, func(x store.Login) bool {
			return x.ID != id && x.Provider == login.Provider && samePerson(&x, &oauth.Answer{Subject: login.Subject, Principal: login.Principal})
		})
		if err := tx.DeleteLogin(tenant, id); err != nil {
			return err
		}
		return tx.Emit([]store.Event{{Tenant: tenant, Type: "login.deleted", At: tx.Now(), Agent: l.s.actor.Agent, Subject: id}})
	})
	if err != nil {
		return fmt.Errorf("deleting login %q: %w", id, err)
	}
	c.tokens.Forget(tenant, id)
	if provider := c.providers[login.Provider]; provider != nil && last && len(login.Secret) > 0 {
		refresh, err := c.cfg.Keys.Open(loginPlace(tenant, id), login.Secret)
		if err == nil {
			err = c.oauth.Revoke(ctx, provider, refresh)
		}
		if err != nil {
			c.cfg.Logger.WarnContext(ctx, "a login was deleted and not given back", "tenant", string(tenant), "login", id, "provider", login.Provider, "code", storage.CauseCode(err))
		}
	}
	return nil
}

// own loads a login of the actor's.
func (l *Logins) own(ctx context.Context, id string) (*store.Login, error) {
	login, err := l.s.client.db.Login(ctx, l.s.actor.Tenant, id)
	if err == nil && login.Agent != l.s.actor.Agent {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("login %q: %w", id, err)
	}
	return login, nil
}

// login is the public form.
func (s *Session) login(l *store.Login) *Login {
	return &Login{
		ID: l.ID, Agent: l.Agent, Provider: l.Provider, Subject: l.Subject, Scopes: slices.Clone(l.Scopes), State: l.State, Code: l.Code, Detail: l.Detail,
		Sentence: Sentence(l.Code, s.actor.Locale), Since: l.Since, Created: l.Created,
	}
}

// clipText cuts what came from a browser.
func clipText(s string, n int) string { return s[:min(len(s), n)] }
