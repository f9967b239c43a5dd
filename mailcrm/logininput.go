package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// withToken are the mechanisms that mailcrm speaks with an access token.
var withToken = []string{"OAUTHBEARER", "XOAUTH2"}

// fillLogins puts the logins that an input names into the servers, and checks that they may be there. It reports which sides sign in with one.
//
// A login is its person's. Whoever else manages the account leaves it where it is: it does not follow to another server, or into another mailbox of the same
// person.
func (a *Accounts) fillLogins(ctx context.Context, acc *store.Account, in AccountInput, imap, smtp *store.Server) (tokens [2]bool, err error) {
	imap.Login, smtp.Login = in.IMAP.Login, in.SMTP.Login
	if !smtp.Authenticate {
		smtp.Login = ""
	}
	inherits := smtp.Authenticate && smtp.Login == "" && in.SMTP.Password.IsZero() && len(acc.SMTPSecret) == 0
	for _, side := range []struct {
		field      string
		in         ServerInput
		is         *store.Server
		was        store.Server
		login, had string
	}{
		{"IMAP", in.IMAP, imap, acc.IMAP, imap.Login, loginOf(acc, imapSide)},
		{"SMTP", in.SMTP, smtp, acc.SMTP, orLogin(smtp.Login, inherits, imap.Login), loginOf(acc, smtpSide)},
	} {
		if side.login == "" {
			continue
		}
		if !side.in.Password.IsZero() {
			return tokens, storage.Invalid(side.field+".Password", "unexpected", "give a password or a sign-in, not both")
		}
		login, err := a.s.client.db.Login(ctx, acc.Tenant, side.login)
		if errors.Is(err, ErrNotFound) {
			return tokens, storage.Invalid(side.field+".Login", "unknown", "there is no such sign-in: sign in again")
		}
		if err != nil {
			return tokens, err
		}
		named := side.in.Username != "" || strings.Contains(strings.ToLower(side.in.Flags), "/user=")
		if side.field == "SMTP" && !named { // Microsoft's way: a shared mailbox is read under its own name, and sent from under the delegate's
			smtp.Username = login.Subject
		}
		stays := side.had == side.login && samePlace(side.was, *side.is)
		provider := a.s.client.providers[login.Provider]
		switch {
		case login.Agent != a.s.actor.Agent && side.had != side.login:
			return tokens, storage.Invalid(side.field+".Login", "unknown", "there is no such sign-in: sign in again") // whose it is, is nobody's business
		case login.Agent != a.s.actor.Agent && !stays:
			return tokens, storage.Invalid(side.field+".Login", "not_yours", "somebody else signed in for this account: ask him, or sign in yourself, to change the server or the user name")
		case provider == nil && !stays:
			return tokens, storage.Invalid(side.field+".Login", "no_provider", fmt.Sprintf("signing in at %q is not configured any more", login.Provider))
		case provider != nil && !provider.Serves(side.is.Host):
			return tokens, storage.Invalid(side.field+".Host", "not_of_provider", fmt.Sprintf("a sign-in at %s is only shown to its own servers (%s): enter one of them, or a password", login.Provider, strings.Join(provider.Servers, ", ")))
		}
	}
	return [2]bool{imapSide: imap.Login != "", smtpSide: orLogin(smtp.Login, inherits, imap.Login) != ""}, nil
}

// usable are the mechanisms of a side.
func usable(token bool) []string {
	if token {
		return withToken
	}
	return withPassword
}

func orLogin(own string, inherits bool, imap string) string {
	if own == "" && inherits {
		return imap
	}
	return own
}

// samePlace says whether a token would go to the same place, for the same mailbox.
func samePlace(was, is store.Server) bool {
	return was.Host == is.Host && was.Port == is.Port && was.Security == is.Security && was.PinSHA256 == is.PinSHA256 && was.Username == is.Username && was.AuthUser == is.AuthUser
}
