package mailcrm

import (
	"context"
	"fmt"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Outbox is what is on its way out, and what became of it. An agent sees his own.
type Outbox struct{ s *Session }

// The states of a submission.
const (
	StateQueued    = store.Queued    // waits until NotBefore, or for another try
	StateSending   = store.Sending   // the server is being spoken to
	StateSent      = store.Accepted  // the server took it for at least one recipient
	StateRejected  = store.Rejected  // refused for every recipient
	StateUncertain = store.Uncertain // sent, but no answer came: nobody knows. Resolve decides; it never leaves again by itself
	StateCancelled = store.Cancelled // called back in time
)

// A Submission is a mail on its way out (RFC 6409).
type Submission struct {
	ID         string
	Account    string
	Agent      string
	Draft      string
	Message    string // id of the mail, to be read in the history once it left
	State      string
	NotBefore  time.Time
	NextTry    time.Time // of one that a server put off; zero otherwise
	Attempts   int
	MessageID  string // of the bytes as they left, without <>
	Recipients []Recipient
	SentCopy   string // "none", "pending", "appending", "done", "failed", "skipped": the copy in the folder Sent
	Private    bool
	Code       string // of the failure; see Sentence
	Detail     string // the server's own words
	Created    time.Time
	Finished   time.Time
}

// A Recipient is what became of the mail for one recipient (RFC 5321 §4.2).
type Recipient struct {
	Address  string
	State    string // "pending", "accepted", "rejected", "deferred", "uncertain"
	Status   int    // SMTP reply code: 250, 550 …
	Enhanced string // enhanced status code: "5.1.1" (RFC 3463)
	Text     string // the server's words
	// Delivery is what was reported after the server had taken the mail; nil when nothing was.
	Delivery *Delivery
}

// List returns the Actor's submissions, newest first.
func (o *Outbox) List(ctx context.Context, cursor string, limit int) (Page[Submission], error) {
	if err := o.s.enter(ctx); err != nil {
		return Page[Submission]{}, err
	}
	limit, err := pageSize(limit)
	if err != nil {
		return Page[Submission]{}, err
	}
	rows, next, err := o.s.client.db.Submissions(ctx, o.s.actor.Tenant, o.s.actor.Agent, cursor, limit)
	if err != nil {
		return Page[Submission]{}, fmt.Errorf("listing the outbox: %w", err)
	}
	page := Page[Submission]{Items: make([]Submission, len(rows)), Next: next}
	for i := range rows {
		page.Items[i] = *submission(&rows[i])
	}
	return page, nil
}

// Get returns one of the Actor's submissions.
func (o *Outbox) Get(ctx context.Context, id string) (*Submission, error) {
	sub, err := o.own(ctx, id)
	if err != nil {
		return nil, err
	}
	return submission(sub), nil
}

// Cancel calls a mail back before it leaves, and makes its draft a draft again. [ErrConflict] when it is too late.
func (o *Outbox) Cancel(ctx context.Context, id string) error {
	sub, err := o.own(ctx, id)
	if err != nil {
		return err
	}
	err = o.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		if err := tx.CancelSubmission(sub.Tenant, sub.Agent, sub.ID); err != nil {
			return err
		}
		draft, err := tx.Draft(ctx, sub.Tenant, sub.Agent, sub.Draft)
		if err != nil {
			return err
		}
		draft.Sent = ""
		if err := tx.PutDraft(draft); err != nil {
			return err
		}
		return tx.Emit([]store.Event{{Tenant: sub.Tenant, Type: "outbox.cancelled", At: tx.Now(), Agent: sub.Agent, Account: sub.Account, Subject: sub.ID}})
	})
	if err != nil {
		return fmt.Errorf("calling the mail back: %w", err)
	}
	return nil
}

// A Verdict is what a person says of an uncertain submission.
type Verdict string

// The verdicts.
const (
	ItArrived   Verdict = "arrived"    // it was sent: enter it into the history
	SendItAgain Verdict = "send_again" // it was not: send the same bytes again
	GiveItUp    Verdict = "give_up"    // leave it
)

// Resolve decides an uncertain submission: only a person can know. [ErrConflict] when it is not uncertain.
func (o *Outbox) Resolve(ctx context.Context, id string, verdict Verdict) (*Submission, error) {
	sub, err := o.own(ctx, id)
	if err != nil {
		return nil, err
	}
	if sub.State != store.Uncertain {
		return nil, fmt.Errorf("this mail is %s, not uncertain: %w", sub.State, ErrConflict)
	}
	now := o.s.client.cfg.Now()
	switch verdict {
	case ItArrived:
		sub.State, sub.Finished = store.Accepted, now
		if sub.SentCopy, err = o.copyOf(ctx, sub); err != nil {
			return nil, err
		}
		for i := range sub.Recipients {
			if sub.Recipients[i].State == "uncertain" {
				sub.Recipients[i].State = "accepted"
			}
		}
		err = o.s.client.departed(ctx, sub)
	case SendItAgain:
		sub.State, sub.NextTry, sub.Code, sub.Detail = store.Queued, now, "", ""
		for i := range sub.Recipients {
			if sub.Recipients[i].State == "uncertain" {
				sub.Recipients[i].State = "pending"
			}
		}
		err = o.update(ctx, sub)
	case GiveItUp:
		sub.State, sub.Finished = store.Rejected, now
		err = o.update(ctx, sub)
	default:
		return nil, storage.Invalid("Verdict", "unknown", `say "arrived", "send_again" or "give_up"`)
	}
	if err != nil {
		return nil, fmt.Errorf("resolving the submission: %w", err)
	}
	o.s.client.worker.Wake()
	return submission(sub), nil
}

// copyOf is what is left to do about the copy in Sent of a mail of which nobody knew whether it left: to look before anything is filed.
func (o *Outbox) copyOf(ctx context.Context, sub *store.Submission) (string, error) {
	acc, err := o.s.client.db.Account(ctx, sub.Tenant, sub.Account)
	if err != nil {
		return "", err
	}
	switch {
	case acc.Settings.SentCopy == SentServer:
		return store.CopyDone, nil
	case acc.Settings.SentCopy == SentNone || acc.IMAP.ReadOnly:
		return store.CopySkipped, nil
	}
	return store.CopyAppending, nil
}

func (o *Outbox) update(ctx context.Context, sub *store.Submission) error {
	return o.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		if err := stillUncertain(ctx, tx, sub); err != nil {
			return err
		}
		if _, err := tx.Account(ctx, sub.Tenant, sub.Account); err != nil && sub.State == store.Queued {
			return err // there is nothing to send it from any more
		}
		if err := tx.UpdateSubmission(sub); err != nil {
			return err
		}
		return tx.Emit([]store.Event{{Tenant: sub.Tenant, Type: "outbox.resolved", At: tx.Now(), Agent: o.s.actor.Agent, Account: sub.Account, Subject: sub.ID}})
	})
}

// stillUncertain keeps two people from deciding the same submission.
func stillUncertain(ctx context.Context, tx *store.Tx, sub *store.Submission) error {
	now, err := tx.Submission(ctx, sub.Tenant, sub.ID)
	if err != nil {
		return err
	}
	if now.State != store.Uncertain {
		return fmt.Errorf("this mail is %s, not uncertain: %w", now.State, ErrConflict)
	}
	return nil
}

func (o *Outbox) own(ctx context.Context, id string) (*store.Submission, error) {
	if err := o.s.enter(ctx); err != nil {
		return nil, err
	}
	sub, err := o.s.client.db.Submission(ctx, o.s.actor.Tenant, id)
	if err != nil {
		return nil, fmt.Errorf("submission %q: %w", id, err)
	}
	if sub.Agent != o.s.actor.Agent {
		return nil, fmt.Errorf("submission %q: %w", id, ErrNotFound)
	}
	return sub, nil
}

func submission(s *store.Submission) *Submission {
	out := &Submission{
		ID: s.ID, Account: s.Account, Agent: s.Agent, Draft: s.Draft, Message: s.Message, State: s.State, NotBefore: s.NotBefore, NextTry: s.NextTry,
		Attempts: s.Attempts, MessageID: s.MessageID, SentCopy: s.SentCopy, Private: s.Private, Code: s.Code, Detail: s.Detail,
		Created: s.Created, Finished: s.Finished,
	}
	out.Recipients = outcomes(s, nil, "")
	return out
}
