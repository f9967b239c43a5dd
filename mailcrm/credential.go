package mailcrm

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A side of an account is one of its two servers.
type side int

const (
	imapSide side = iota
	smtpSide
)

// credential is how an account proves to one of its servers who it is: the one place where a sealed secret becomes something that is sent. For an SMTP server
// that asks for no login it is empty.
func (c *Client) credential(ctx context.Context, acc *store.Account, of side) (signin.Credential, error) {
	server, sealed := acc.IMAP, store.Sealed{Tenant: acc.Tenant, ID: acc.ID, Field: store.SealedIMAP, Value: acc.IMAPSecret}
	if of == smtpSide {
		server = acc.SMTP
		if !server.Authenticate {
			return signin.Credential{}, nil
		}
		if len(acc.SMTPSecret) > 0 {
			sealed.Field, sealed.Value = store.SealedSMTP, acc.SMTPSecret
		}
	}
	if login := loginOf(acc, of); login != "" {
		token, err := c.token(ctx, acc, login)
		if err != nil {
			return signin.Credential{}, err
		}
		return signin.Credential{Username: server.Username, Token: token, Disabled: server.Refused()}, nil
	}
	secret, err := c.unseal(ctx, sealed)
	if err != nil {
		return signin.Credential{}, err
	}
	cred, err := signin.FromSecret(server.Username, secret)
	if err != nil { // it could be read when it was entered
		return signin.Credential{}, &storage.Cause{Code: "seal.damaged", Detail: err.Error(), Err: ErrAuth}
	}
	cred.Disabled = server.Refused()
	if server.AuthUser != "" { // c-client's /authuser=: his password, to act for Username
		cred.Username, cred.AuthorizeAs = server.AuthUser, server.Username
	}
	return cred, nil
}

// readable checks a secret that somebody enters: a password, or a certificate with its key.
func readable(field string, secret Secret) error {
	cred, err := signin.FromSecret("", secret)
	switch {
	case err != nil:
		return storage.Invalid(field+".Password", "bad_certificate", err.Error())
	case cred.Certificate == nil && hasControl(secret.Reveal()):
		return storage.Invalid(field+".Password", "malformed", "a password has no control characters: perhaps the end of a line was copied with it")
	case cred.Certificate == nil && len(secret.Reveal()) > signin.MaxPassword && len(secret.Reveal()) <= seal.MaxSecret: // longer ones are not sealed
		return storage.Invalid(field+".Password", "malformed", fmt.Sprintf("a password has at most %d bytes", signin.MaxPassword))
	}
	return nil
}
