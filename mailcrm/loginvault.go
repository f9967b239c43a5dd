package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/mailcrm/sdk/mailcrm/internal/oauth"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A loginVault keeps refresh tokens in the store, sealed. It is what package oauth asks for.
type loginVault struct {
	db   *store.DB
	keys *Keys
	log  *slog.Logger
}

func loginPlace(tenant storage.Tenant, login string) seal.Place {
	return seal.Place{Tenant: tenant, Account: login, Field: store.SealedLogin}
}

func verifierPlace(tenant storage.Tenant, state string) seal.Place {
	return seal.Place{Tenant: tenant, Account: state, Field: "login.verifier"}
}

// Load reads a login and opens its refresh token.
func (v *loginVault) Load(ctx context.Context, tenant storage.Tenant, id string) (oauth.Grant, error) {
	l, err := v.db.Login(ctx, tenant, id)
	if errors.Is(err, ErrNotFound) {
		return oauth.Grant{}, &storage.Cause{Code: "oauth.no_login", Err: ErrAuth}
	}
	if err != nil {
		return oauth.Grant{}, err
	}
	g := oauth.Grant{Provider: l.Provider, Revision: l.Revision, Stale: v.keys.Stale(l.Secret)}
	if l.State != store.LoginOK {
		g.Revoked = &storage.Cause{Code: l.Code, Detail: l.Detail, Err: ErrAuth}
		return g, nil
	}
	g.Refresh, err = v.keys.Open(loginPlace(tenant, id), l.Secret)
	return g, err
}

// Claim is the store's.
func (v *loginVault) Claim(ctx context.Context, tenant storage.Tenant, id string, revision int64) (func(context.Context), bool, error) {
	claim, ok, err := v.db.ClaimLogin(ctx, tenant, id, revision, oauth.ClaimFor)
	if err != nil || !ok {
		return nil, false, err
	}
	return func(ctx context.Context) {
		if err := v.db.ReleaseLogin(ctx, tenant, id, claim); err != nil { // it ends by itself
			v.log.WarnContext(ctx, "a login was not given back", "tenant", string(tenant), "login", id, "error", err)
		}
	}, true, nil
}

// Save seals the new refresh token and stores it, in place of the one of that revision.
func (v *loginVault) Save(ctx context.Context, tenant storage.Tenant, id string, revision int64, refresh Secret) error {
	sealed, err := v.keys.Seal(loginPlace(tenant, id), refresh)
	if err != nil {
		return err
	}
	return v.db.Write(ctx, nil, func(tx *store.Tx) error {
		l, err := tx.Login(ctx, tenant, id)
		if err != nil {
			return err
		}
		l.Revision, l.Secret = revision, sealed
		return tx.UpdateLogin(l)
	})
}

// Revoke marks a login, and drops its refresh token: nobody needs it any more.
func (v *loginVault) Revoke(ctx context.Context, tenant storage.Tenant, id string, revision int64, why error) error {
	return v.db.Write(ctx, nil, func(tx *store.Tx) error {
		l, err := tx.Login(ctx, tenant, id)
		if err != nil {
			return err
		}
		l.Revision, l.Secret, l.State, l.Since, l.Code, l.Detail = revision, nil, store.LoginRevoked, tx.Now(), storage.CauseCode(why), ""
		var cause *storage.Cause
		if errors.As(why, &cause) {
			l.Detail = cause.Detail
		}
		if err := tx.UpdateLogin(l); err != nil {
			return err
		}
		return tx.Emit([]store.Event{{Tenant: tenant, Type: "login.revoked", At: tx.Now(), Agent: l.Agent, Subject: id}})
	})
}

// loginOf is the login that a side of an account signs in with; "" when it is a password, or nothing.
func loginOf(acc *store.Account, of side) string {
	if of == imapSide {
		return acc.IMAP.Login
	}
	switch {
	case !acc.SMTP.Authenticate:
		return ""
	case acc.SMTP.Login != "" || len(acc.SMTPSecret) > 0:
		return acc.SMTP.Login
	}
	return acc.IMAP.Login
}

// token is an access token for a side of an account.
func (c *Client) token(ctx context.Context, acc *store.Account, login string) (Secret, error) {
	token, err := c.tokens.Token(ctx, acc.Tenant, login)
	if err != nil {
		return Secret{}, fmt.Errorf("getting a token for %s: %w", acc.Address, err)
	}
	return token, nil
}
