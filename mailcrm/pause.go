package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/work"
)

// Pause stops an account until [Accounts.Resume]: nothing is fetched, sent or filed. What is under way ends within seconds; mails that are written meanwhile wait.
// One that is paused stays so.
//
// Errors: [ErrNotFound]; [ErrConflict] when somebody changes the account at the same time.
func (a *Accounts) Pause(ctx context.Context, id string) (*Account, error) {
	acc, err := a.managed(ctx, id)
	if err != nil {
		return nil, err
	}
	if acc.Status.State == AccountPaused {
		return a.s.account(acc), nil
	}
	status := store.Status{State: AccountPaused, Since: a.s.client.cfg.Now(), Refused: acc.Status.Refused, Verified: acc.Status.Verified, Sending: acc.Status.Sending}
	return a.decide(ctx, acc, "account.paused", status, time.Time{})
}

// Resume lets a paused account go on, now. One that is not paused is left as it is.
//
// Errors: as of Pause.
func (a *Accounts) Resume(ctx context.Context, id string) (*Account, error) {
	acc, err := a.managed(ctx, id)
	if err != nil {
		return nil, err
	}
	if acc.Status.State != AccountPaused {
		return a.s.account(acc), nil
	}
	now := a.s.client.cfg.Now()
	status := store.Status{State: AccountNew, Since: now, Refused: acc.Status.Refused, Verified: acc.Status.Verified, Sending: acc.Status.Sending}
	return a.decide(ctx, acc, "account.resumed", status, now)
}

func (a *Accounts) decide(ctx context.Context, acc *store.Account, event string, status store.Status, next time.Time) (*Account, error) {
	err := a.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		if err := tx.Decide(acc, status, next); err != nil {
			return err
		}
		if !next.IsZero() {
			if err := a.sendSoon(tx, acc); err != nil {
				return err
			}
		}
		return tx.Emit([]store.Event{a.event(acc, event)})
	})
	if err != nil {
		return nil, fmt.Errorf("changing account %s: %w", acc.Address, err)
	}
	a.s.client.worker.Wake()
	return a.s.account(acc), nil
}

// sendSoon makes due what waits to leave because of the account or its server, as opposed to what a server put off.
func (a *Accounts) sendSoon(tx *store.Tx, acc *store.Account) error {
	_, err := tx.Retime(acc.Tenant, acc.ID, func(s *store.Submission) time.Time {
		if s.Code == "smtp.temporary" {
			return s.NextTry
		}
		return time.Time{}
	})
	return err
}

// rest puts off what is due for an account that is paused. Only the host is asked: links are made of what is here.
func (c *Client) rest(ctx context.Context, held *work.Held, acc *store.Account, due store.Due) error {
	if due.Links {
		if err := c.deliver.Retry(ctx, &held.Lease); err != nil {
			return err
		}
	}
	later := c.cfg.Now().Add(longestWait)
	subs, err := c.db.SubmissionsDue(ctx, acc.Tenant, acc.ID, c.cfg.Now(), outboxBatch)
	if err != nil {
		return fmt.Errorf("reading what is due to leave: %w", err)
	}
	for i := range subs {
		sub := &subs[i]
		if sub.State == store.Sending { // before the process ended: nobody knows whether it left, and nothing is sent to find out
			if err := c.sender.Send(ctx, &held.Lease, held.Confirm, acc, signin.Credential{}, sub); err != nil {
				return err
			}
			continue
		}
		sub.NextTry = later
		err := c.db.Write(ctx, &held.Lease, func(tx *store.Tx) error { return tx.UpdateSubmission(sub) })
		if err != nil && (!errors.Is(err, ErrConflict) || errors.Is(err, store.ErrLostLease)) { // else it was called back
			return fmt.Errorf("putting submission %s off: %w", sub.ID, err)
		}
	}
	if !due.Sync {
		return nil
	}
	return c.db.Write(ctx, &held.Lease, func(tx *store.Tx) error {
		_, err := tx.SetStatusAt(acc, acc.Status, time.Time{}, time.Time{})
		return err
	})
}

// event is one about an account, by the Actor.
func (a *Accounts) event(acc *store.Account, what string) store.Event {
	return store.Event{Tenant: acc.Tenant, Type: what, At: a.s.client.cfg.Now(), Agent: a.s.actor.Agent, Account: acc.ID, Subject: acc.ID}
}
