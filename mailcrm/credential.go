package mailcrm

import (
	"context"

	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
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
	server, sealed, place := acc.IMAP, acc.IMAPSecret, imapPlace(acc)
	if of == smtpSide {
		server = acc.SMTP
		if !server.Authenticate {
			return signin.Credential{}, nil
		}
		if len(acc.SMTPSecret) > 0 {
			sealed, place = acc.SMTPSecret, smtpPlace(acc)
		}
	}
	if login := loginOf(acc, of); login != "" {
		token, err := c.token(ctx, acc, login)
		if err != nil {
			return signin.Credential{}, err
		}
		return signin.Credential{Username: server.Username, Token: token, Disabled: server.Refused()}, nil
	}
	password, err := c.cfg.Keys.Open(place, sealed)
	if err != nil {
		return signin.Credential{}, err
	}
	return signin.Credential{Username: server.Username, Password: password, Disabled: server.Disabled}, nil
}
