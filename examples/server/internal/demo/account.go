package demo

import (
	"context"
	"fmt"
	"html"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// addAccount gives an agent his mail account.
func (d *Demo) addAccount(ctx context.Context, a mailcrmtest.Agent, password string) error {
	_, domain, _ := strings.Cut(a.Address, "@")
	_, err := d.Client.As(storage.Actor{Agent: a.ID}).Accounts.Create(ctx, mailcrm.AccountInput{
		Address: a.Address, Name: a.Name, Link: mailcrm.AtArrival, DepthDays: -1, StoreAttachments: true, OwnDomains: []string{domain},
		IMAP: mailcrm.ServerInput{Host: d.Mail.IMAPS.Host, Port: d.Mail.IMAPS.Port, Password: mailcrm.NewSecret(password)},
		SMTP: mailcrm.ServerInput{Host: d.Mail.Submission.Host, Port: d.Mail.Submission.Port, Security: mailcrm.StartTLS},
		Identities: []mailcrm.Identity{{
			Name: a.Name, Address: a.Address, Default: true,
			Signature: fmt.Sprintf("<p>%s<br>%s – Atelier Nordik, Nantes<br>%s</p>", html.EscapeString(a.Name), html.EscapeString(a.Title), html.EscapeString(a.Phone)),
		}},
	})
	if err != nil {
		return fmt.Errorf("the account of %s: %w", a.ID, err)
	}
	return nil
}
