package mailcrm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/deliver"
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
	Message    string // id of the mail, to be read in the history once it left; empty for a receipt
	Receipt    bool   // it answers a wish for a receipt: it has no draft, no subject, and no copy in Sent
	Subject    string
	State      string
	NotBefore  time.Time
	NextTry    time.Time // of one that a server put off; zero otherwise
	Attempts   int
	MessageID  string // of the bytes as they left, without <>
	Recipients []Recipient
	Delivery   string // what was reported about it, the worst of its recipients: DeliveryBounced …; empty when nothing was
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
	return page, o.fill(ctx, rows, page.Items)
}

// Get returns one of the Actor's submissions.
func (o *Outbox) Get(ctx context.Context, id string) (*Submission, error) {
	sub, err := o.own(ctx, id)
	if err != nil {
		return nil, err
	}
	out := []Submission{*submission(sub)}
	return &out[0], o.fill(ctx, []store.Submission{*sub}, out)
}

// fill adds to submissions of the Actor their subjects and what was reported about them.
func (o *Outbox) fill(ctx context.Context, rows []store.Submission, out []Submission) error {
	if len(rows) == 0 {
		return nil
	}
	var ids, messages []string
	for i := range rows {
		ids = append(ids, rows[i].ID)
		if rows[i].Message != "" {
			messages = append(messages, rows[i].Message)
		}
	}
	reported, err := o.s.client.db.Deliveries(ctx, o.s.actor.Tenant, ids)
	if err != nil {
		return err
	}
	subjects, err := o.s.client.db.Subjects(ctx, o.s.actor.Tenant, messages)
	if err != nil {
		return err
	}
	for i := range rows {
		all := reported[rows[i].ID]
		out[i].Subject, out[i].Delivery = subjects[rows[i].Message], summary(all)
		out[i].Recipients = outcomes(&rows[i], all, o.s.actor.Locale)
	}
	return nil
}

// Cancel calls a mail back before it leaves, and makes its draft a draft again. [ErrConflict] when it is too late.
func (o *Outbox) Cancel(ctx context.Context, id string) error {
	sub, err := o.own(ctx, id)
	if err != nil {
		return err
	}
	cancelled := []store.Event{{Tenant: sub.Tenant, Type: "outbox.cancelled", Agent: sub.Agent, Account: sub.Account, Subject: sub.ID}}
	err = o.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		if err := tx.CancelSubmission(sub.Tenant, sub.Agent, sub.ID); err != nil {
			return err
		}
		if sub.IsReceipt() {
			return tx.Emit(cancelled)
		}
		draft, err := tx.Draft(ctx, sub.Tenant, sub.Agent, sub.Draft)
		if err != nil {
			return err
		}
		draft.Sent = ""
		if err := tx.PutDraft(draft); err != nil {
			return err
		}
		return tx.Emit(cancelled)
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
	was := slices.Clone(sub.Recipients)
	switch verdict {
	case ItArrived:
		err = o.arrived(ctx, sub, was)
	case SendItAgain:
		sub.State, sub.NextTry, sub.Code, sub.Detail = store.Queued, o.s.client.cfg.Now(), "", ""
		for i := range sub.Recipients {
			if sub.Recipients[i].State == recipientUncertain {
				sub.Recipients[i].State = "pending"
			}
		}
		err = o.update(ctx, sub, was)
	case GiveItUp:
		o.giveUp(sub)
		err = o.update(ctx, sub, was)
	default:
		return nil, storage.Invalid("Verdict", "unknown", `say "arrived", "send_again" or "give_up"`)
	}
	if err != nil {
		return nil, fmt.Errorf("resolving the submission: %w", err)
	}
	o.s.client.worker.Wake()
	return o.Get(ctx, id)
}

const recipientUncertain = "uncertain"

// arrived makes of an uncertain submission one that was sent. Those whom a server put off before are still to get it.
func (o *Outbox) arrived(ctx context.Context, sub *store.Submission, was []store.Recipient) error {
	sub.State, sub.Finished, sub.Code, sub.Detail = store.Accepted, o.s.client.cfg.Now(), "", ""
	for i := range sub.Recipients {
		switch r := &sub.Recipients[i]; r.State {
		case recipientUncertain:
			r.State = "accepted"
		case "deferred", "pending":
			sub.State, sub.Finished, sub.NextTry = store.Queued, time.Time{}, o.s.client.cfg.Now()
		}
	}
	if sub.IsReceipt() { // which is no mail in the history
		return o.update(ctx, sub, was)
	}
	if sub.SentCopy == store.CopyNone {
		acc, err := o.s.client.db.Account(ctx, sub.Tenant, sub.Account)
		if err != nil {
			return err
		}
		sub.SentCopy = deliver.CopyAfterDoubt(acc)
	}
	return o.s.client.departed(ctx, sub)
}

// giveUp leaves a submission as it is: sent, when some have it for sure, and otherwise rejected. Whether those in doubt have it nobody knows, then or now; those who
// were put off do not get it any more.
func (o *Outbox) giveUp(sub *store.Submission) {
	sub.State, sub.Finished, sub.NextTry = store.Rejected, o.s.client.cfg.Now(), time.Time{}
	for i := range sub.Recipients {
		switch r := &sub.Recipients[i]; r.State {
		case "accepted":
			sub.State = store.Accepted
		case "deferred", "pending":
			r.State = "rejected"
		}
	}
}

// update stores a decision, unless what it was made on has changed.
func (o *Outbox) update(ctx context.Context, sub *store.Submission, was []store.Recipient) error {
	return o.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		if err := stillUncertain(tx, sub, was); err != nil {
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

// stillUncertain keeps two people, on two machines, from deciding the same submission: until the transaction ends nobody else does.
func stillUncertain(tx *store.Tx, sub *store.Submission, was []store.Recipient) error {
	now, err := tx.LockSubmission(sub.Tenant, sub.ID)
	if err != nil {
		return err
	}
	if now.State != store.Uncertain {
		return fmt.Errorf("this mail is %s, not uncertain: %w", now.State, ErrConflict)
	}
	if !slices.Equal(now.Recipients, was) {
		return fmt.Errorf("a report has come meanwhile, look again: %w", ErrConflict)
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
		Attempts: s.Attempts, MessageID: s.MessageID, SentCopy: s.SentCopy, Private: s.Private, Receipt: s.IsReceipt(), Code: s.Code, Detail: s.Detail,
		Created: s.Created, Finished: s.Finished,
	}
	out.Recipients = outcomes(s, nil, "")
	return out
}
