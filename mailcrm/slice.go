package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/work"
	"github.com/mailcrm/sdk/storage"
)

// slice does what is due for one account: first what waits to leave, then links that waited for the host, then the mailboxes.
func (c *Client) slice(ctx context.Context, held *work.Held, due store.Due) error {
	acc, err := c.db.Account(ctx, due.Tenant, due.Account)
	if errors.Is(err, ErrNotFound) {
		return c.strand(ctx, held, due) // deleted meanwhile
	}
	if err != nil {
		return err
	}
	if acc.Status.State == AccountPaused {
		return c.rest(ctx, held, acc, due)
	}
	if due.Outbox {
		if err := c.sendDue(ctx, held, acc); err != nil {
			return err
		}
	}
	if due.Links {
		if err := c.deliver.Retry(ctx, &held.Lease); err != nil {
			return err
		}
	}
	filing, noSpace, err := c.filing(ctx, acc, due.Sync)
	if err != nil {
		return err
	}
	switch {
	case due.Sync:
		return c.followAccount(ctx, held, acc, filing, noSpace)
	case len(filing) == 0:
		return nil
	case acc.Status.Code != "" && acc.Status.State != AccountSyncing && acc.Status.State != AccountOverQuota:
		return c.fileLater(ctx, held, filing, acc.NextSync) // the server was in trouble: it is not asked before its time
	}
	return c.followAccount(ctx, held, acc, filing, noSpace)
}

// fileLater puts the filing of copies off until the account is looked at again.
func (c *Client) fileLater(ctx context.Context, held *work.Held, filing []store.Submission, next time.Time) error {
	if later := c.cfg.Now().Add(firstWait); next.Before(later) {
		next = later
		if next.IsZero() {
			next = c.cfg.Now().Add(longestWait)
		}
	}
	return c.db.Write(ctx, &held.Lease, func(tx *store.Tx) error {
		for i := range filing {
			if filing[i].NextTry.Before(next) {
				filing[i].NextTry = next
				if err := tx.UpdateSubmission(&filing[i]); err != nil {
					return fmt.Errorf("putting the filing of submission %s off: %w", filing[i].ID, err)
				}
			}
		}
		return nil
	})
}

// strand ends what was still to leave from an account that is no more.
func (c *Client) strand(ctx context.Context, held *work.Held, due store.Due) error {
	subs, err := c.db.SubmissionsDue(ctx, due.Tenant, due.Account, c.cfg.Now(), outboxBatch)
	if err != nil {
		return fmt.Errorf("reading what is due to leave: %w", err)
	}
	for i := range subs {
		if err := c.stopped(ctx, &held.Lease, &subs[i], "submit.no_account"); err != nil {
			return err
		}
	}
	return nil
}

// stopped ends a submission that may not, or cannot, leave any more.
func (c *Client) stopped(ctx context.Context, lease *store.Lease, sub *store.Submission, code string) error {
	sub.Code, sub.Detail, sub.NextTry, sub.Finished = code, "", time.Time{}, c.cfg.Now()
	if sub.State != store.Accepted {
		sub.State = store.Rejected
	}
	if sub.SentCopy != store.CopyNone && sub.SentCopy != store.CopyDone {
		sub.SentCopy = store.CopyFailed
	}
	return c.db.Write(ctx, lease, func(tx *store.Tx) error {
		if err := tx.UpdateSubmission(sub); err != nil {
			return err
		}
		return tx.Emit([]store.Event{{Tenant: sub.Tenant, Type: "outbox.rejected", At: tx.Now(), Agent: sub.Agent, Account: sub.Account, Subject: sub.ID}})
	})
}

// sendDue speaks SMTP for what may leave now.
func (c *Client) sendDue(ctx context.Context, held *work.Held, acc *store.Account) error {
	subs, err := c.db.SubmissionsDue(ctx, acc.Tenant, acc.ID, c.cfg.Now(), outboxBatch)
	if err != nil {
		return fmt.Errorf("reading what is due to leave: %w", err)
	}
	for i := range subs {
		if time.Now().After(held.Ends) {
			return nil // the rest is due still
		}
		if subs[i].State != store.Queued && subs[i].State != store.Sending {
			continue // its copy in Sent is due
		}
		if subs[i].State == store.Queued && rightsOf(acc, storage.Actor{Tenant: acc.Tenant, Agent: subs[i].Agent})&store.RightSend == 0 {
			if err := c.stopped(ctx, &held.Lease, &subs[i], "submit.no_right"); err != nil {
				return err
			}
			continue
		}
		if able, err := c.hand(ctx, held, acc, &subs[i]); err != nil || !able {
			return err
		}
	}
	return nil
}

const outboxBatch = 50

// cannotSend puts a submission off because of the account itself: a password that cannot be opened, a login that a person must renew.
func (c *Client) cannotSend(ctx context.Context, held *work.Held, sub *store.Submission, why error) error {
	sub.Code, sub.Detail = storage.CauseCode(why), ""
	sub.NextTry = c.cfg.Now().Add(unable(why))
	return c.db.Write(ctx, &held.Lease, func(tx *store.Tx) error { return tx.UpdateSubmission(sub) })
}

// filing are the submissions whose copy in Sent is due. When the account is looked at anyway, those that only waited for that are. noSpace says that others wait
// because the mailbox was full.
func (c *Client) filing(ctx context.Context, acc *store.Account, looking bool) (out []store.Submission, noSpace bool, err error) {
	now := c.cfg.Now()
	until := now
	if looking {
		until = now.Add(longestWait * 24)
	}
	subs, err := c.db.SubmissionsDue(ctx, acc.Tenant, acc.ID, until, outboxBatch)
	if err != nil {
		return nil, false, fmt.Errorf("reading which copies are due: %w", err)
	}
	for _, s := range subs {
		switch waits := s.SentCopy == store.CopyPending || s.SentCopy == store.CopyAppending; {
		case !waits:
		case s.CopyTries == 0 || !s.NextTry.After(now):
			out = append(out, s)
		default:
			noSpace = noSpace || s.Code == overQuota
		}
	}
	return out, noSpace, nil
}

// overQuota is what a server says that has no room for a copy.
const overQuota = "imap.over_quota"

// full says whether one of the copies could not be filed because the mailbox has no room. That keeps nothing from being read.
func full(filing []store.Submission) bool {
	return slices.ContainsFunc(filing, func(s store.Submission) bool { return s.Code == overQuota && s.SentCopy != store.CopyDone })
}

// followAccount speaks IMAP: it files copies of what was sent, and then looks for what is new. How that went becomes the account's status.
func (c *Client) followAccount(ctx context.Context, held *work.Held, acc *store.Account, filing []store.Submission, noSpace bool) error {
	more, in, err := c.imap(ctx, held, acc, filing)
	if errors.Is(err, store.ErrLostLease) {
		return err
	}
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrTemporary)) {
		more, err = true, nil // the slice is over, not the server's fault
	}
	status, next := c.status(acc, more, err)
	if in && err != nil {
		status.Verified, status.Refused = c.cfg.Now(), 0 // the login worked; it is something else
	}
	if err == nil && (noSpace || full(filing)) {
		status.State, status.Code, status.Since = AccountOverQuota, overQuota, c.cfg.Now()
		if acc.Status.State == AccountOverQuota {
			status.Since = acc.Status.Since
		}
	}
	if err != nil && (status.State != acc.Status.State || status.Code != acc.Status.Code) {
		c.cfg.Logger.WarnContext(ctx, "account in trouble", "tenant", string(acc.Tenant), "account", acc.ID, "state", status.State, "code", status.Code, "next_try", next)
	}
	if err != nil && len(filing) > 0 {
		if err := c.fileLater(ctx, held, filing, next); err != nil {
			return err
		}
	}
	write, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	return c.db.Write(write, &held.Lease, func(tx *store.Tx) error {
		last := time.Time{}
		if err == nil && !more {
			last = c.cfg.Now()
		}
		ours, err := tx.SetStatusAt(acc, status, next, last)
		if err != nil || !ours { // changed meanwhile: what we saw is of the old settings, and the new ones are due already
			return err
		}
		if status.State == acc.Status.State && status.Code == acc.Status.Code {
			return nil
		}
		return tx.Emit([]store.Event{{Tenant: acc.Tenant, Type: "account.state", At: tx.Now(), Agent: storage.SystemAgent, Account: acc.ID, Subject: acc.ID}})
	})
}

func (c *Client) imap(ctx context.Context, held *work.Held, acc *store.Account, filing []store.Submission) (more, in bool, err error) {
	err = c.twice(ctx, acc, imapSide, "imap.token_expired", func(cred signin.Credential) (err error) {
		more, in, err = c.look(ctx, held, acc, cred, filing)
		return err
	})
	return more, in, err
}

// look is one login, and what is done in it.
func (c *Client) look(ctx context.Context, held *work.Held, acc *store.Account, cred signin.Credential, filing []store.Submission) (more, in bool, err error) {
	session, err := c.syncer.Open(ctx, &held.Lease, acc, cred)
	if err != nil {
		return false, false, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	for i := range filing {
		if err := c.sender.File(ctx, &held.Lease, held.Confirm, acc, &filing[i], session); err != nil {
			return false, true, err
		}
	}
	more, err = session.Sync(ctx, held.Ends)
	return more, true, err
}

// departed records a submission that a person says has arrived.
func (c *Client) departed(ctx context.Context, sub *store.Submission) error {
	acc, err := c.db.Account(ctx, sub.Tenant, sub.Account)
	if err != nil {
		return err
	}
	raw, err := c.cfg.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: sub.Tenant, Digest: sub.Raw, Length: -1})
	if err != nil {
		return err
	}
	defer func() { _ = raw.Content.Close() }()
	m, err := mimemail.Parse(raw.Content, nil)
	if err != nil {
		return err
	}
	return c.deliver.Departed(ctx, nil, acc, sub, m)
}
