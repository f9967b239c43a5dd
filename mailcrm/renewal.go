package mailcrm

import (
	"context"
	"errors"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/work"
	"github.com/mailcrm/sdk/storage"
)

// twice runs try with a credential for a side of an account, and once more with another token when it ends with the code expired. A token may end before its time,
// and in the middle of a look, when the connection has to be opened again. The second refusal stands.
func (c *Client) twice(ctx context.Context, acc *store.Account, of side, expired string, try func(signin.Credential) error) error {
	for again := false; ; again = true {
		cred, err := c.credential(ctx, acc, of)
		if err != nil {
			return err
		}
		err = try(cred)
		if again || storage.CauseCode(err) != expired {
			return err
		}
		c.tokens.Expire(acc.Tenant, loginOf(acc, of), cred.Token)
	}
}

// hand hands a submission to the sender. False says that nothing can be sent from the account for now.
func (c *Client) hand(ctx context.Context, held *work.Held, acc *store.Account, sub *store.Submission) (bool, error) {
	if sub.State == store.Sending { // it is in doubt, and no credential helps
		return true, c.sender.Send(ctx, &held.Lease, held.Confirm, acc, signin.Credential{}, sub)
	}
	var sent error // what became of the last try
	err := c.twice(ctx, acc, smtpSide, "smtp.token_expired", func(cred signin.Credential) error {
		sent = c.sender.Send(ctx, &held.Lease, held.Confirm, acc, cred, sub)
		return sent
	})
	switch {
	case err == nil:
		return true, nil
	case sent == nil || !errors.Is(err, sent) || storage.CauseCode(err) == "smtp.token_expired": // no credential, or none that is taken
		if errors.Is(err, ErrAuth) { // a person must do something
			if failed := c.reached(ctx, &held.Lease, acc, err); failed != nil {
				return false, failed
			}
		}
		return false, c.cannotSend(ctx, held, sub, err)
	}
	return false, err
}

// unable is how long a mail waits that cannot leave for want of a credential.
func unable(why error) time.Duration {
	if !errors.Is(why, ErrTemporary) {
		return time.Hour
	}
	if after, ok := storage.RetryAfter(why); ok {
		return max(after, time.Second)
	}
	return time.Minute
}
