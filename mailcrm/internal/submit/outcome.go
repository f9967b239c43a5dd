package submit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// GiveUpAfter is how long a mail is tried that servers put off.
const GiveUpAfter = 48 * time.Hour

// retries are the waits between tries; the last one repeats.
var retries = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour}

// recipientUncertain is the state of a recipient between RCPT, which the server accepted, and the answer to the final dot. It is written like that, so that a
// crash in between finds the truth.
const recipientUncertain = "uncertain"

// departed writes down that the mail left, whatever else happens now. sent is nil when others have had it before.
func (s *Sender) departed(ctx context.Context, lease *store.Lease, acc *store.Account, sub *store.Submission, sent *mimemail.Message) error {
	ctx, done := settle(ctx)
	defer done()
	sub.State, sub.Finished, sub.NextTry = store.Accepted, s.Now(), time.Time{}
	for i := range sub.Recipients {
		switch r := &sub.Recipients[i]; r.State {
		case recipientUncertain:
			r.State = "accepted"
		case "deferred":
			sub.State, sub.Finished, sub.NextTry = store.Queued, time.Time{}, s.next(sub)
		}
	}
	if sub.IsReceipt() {
		sub.SentCopy = store.CopySkipped
		return s.writeWith(ctx, lease, sub, "outbox.sent")
	}
	if sent == nil {
		return s.write(ctx, lease, sub)
	}
	sub.SentCopy = store.CopyPending
	switch {
	case acc.Settings.SentCopy == "server":
		sub.SentCopy = store.CopyDone
	case noCopy(acc):
		sub.SentCopy = store.CopySkipped
	}
	if err := s.Departed(ctx, lease, acc, sub, sent); err != nil {
		return fmt.Errorf("writing down that submission %s left: %w", sub.ID, err)
	}
	// Only now: if this fails, the id is not known, but that the mail left is.
	if ids := idsIn(sub.Reply); len(ids) > 0 {
		if err := s.DB.Write(ctx, lease, func(tx *store.Tx) error { return tx.AddSendIDs(sub.Tenant, sub.ID, ids) }); err != nil {
			return fmt.Errorf("keeping the id that the server gave: %w", err)
		}
	}
	return nil
}

// noCopy: the account's server is never written to.
func noCopy(acc *store.Account) bool { return acc.Settings.SentCopy == "none" || acc.IMAP.ReadOnly }

// stayed takes back what was written before the final dot, which was not sent. Where that fails, because the lease is lost, the next holder is in doubt.
func (s *Sender) stayed(ctx context.Context, lease *store.Lease, sub *store.Submission, why error) error {
	if errors.Is(why, errCancelled) {
		return why
	}
	ctx, done := settle(ctx)
	defer done()
	sub.State = store.Queued
	undecide(sub)
	if err := s.write(ctx, lease, sub); err != nil {
		s.Logger.WarnContext(ctx, "a mail did not leave, and this could not be written down", "submission", sub.ID, "error", err)
	}
	return why
}

// afterDot decides what an error after the final dot means: an answer is an answer, anything else is doubt.
func (s *Sender) afterDot(ctx context.Context, lease *store.Lease, sub *store.Submission, err error) error {
	if storage.CauseCode(err) == "" { // only an answer has one
		return s.doubt(ctx, lease, sub, err)
	}
	ctx, done := settle(ctx)
	defer done()
	sub.State = store.Queued
	undecide(sub)
	return s.answered(ctx, lease, sub, err)
}

func (s *Sender) doubt(ctx context.Context, lease *store.Lease, sub *store.Submission, why error) error {
	ctx, done := settle(ctx)
	defer done()
	s.Logger.WarnContext(ctx, "nobody knows whether a mail left", "submission", sub.ID, "error", why)
	sub.State, sub.Code, sub.Detail = store.Uncertain, "smtp.uncertain", ""
	return s.writeWith(ctx, lease, sub, "outbox.uncertain")
}

// undecide takes back what RCPT answered: without the mail it means nothing.
func undecide(sub *store.Submission) {
	for i := range sub.Recipients {
		if r := &sub.Recipients[i]; r.State == recipientUncertain {
			*r = store.Recipient{Address: r.Address, State: "pending"}
		}
	}
}

// answered is for MAIL, DATA and the final dot: a 5xx refuses the mail for all who are left, anything else puts it off.
func (s *Sender) answered(ctx context.Context, lease *store.Lease, sub *store.Submission, err error) error {
	if errors.Is(err, storage.ErrRejected) {
		return s.refuse(ctx, lease, sub, err)
	}
	return s.putOff(ctx, lease, sub, err)
}

func (s *Sender) noneAccepted(ctx context.Context, lease *store.Lease, sub *store.Submission) error {
	for _, r := range sub.Recipients {
		if r.State == "deferred" {
			return s.putOff(ctx, lease, sub, &storage.Cause{Code: "smtp.temporary", Detail: r.Text, Err: storage.ErrTemporary})
		}
	}
	if left(sub) { // others have it: the submission was sent
		sub.State, sub.Finished, sub.NextTry, sub.Code, sub.Detail = store.Accepted, s.Now(), time.Time{}, "", ""
		return s.writeWith(ctx, lease, sub, "outbox.updated")
	}
	sub.State, sub.Finished, sub.NextTry, sub.Code, sub.Detail = store.Rejected, s.Now(), time.Time{}, "smtp.all_refused", ""
	return s.writeWith(ctx, lease, sub, "outbox.rejected")
}

// refuse ends a submission for all recipients that are left. They keep their own last answer where there is no other.
func (s *Sender) refuse(ctx context.Context, lease *store.Lease, sub *store.Submission, why error) error {
	a, ok := asAnswer(why)
	for i := range sub.Recipients {
		r := &sub.Recipients[i]
		if r.State != "pending" && r.State != "deferred" {
			continue
		}
		r.State = "rejected"
		if ok {
			r.Status, r.Enhanced, r.Text = a.Status, a.Enhanced, a.Text
		}
	}
	sub.Code, sub.Detail, sub.Finished, sub.NextTry = causeCode(why), causeDetail(why), s.Now(), time.Time{}
	event := "outbox.rejected"
	sub.State = store.Rejected
	if left(sub) {
		sub.State, event = store.Accepted, "outbox.updated" // that it was sent is told already
	}
	return s.writeWith(ctx, lease, sub, event)
}

// putOff leaves a submission queued for another try, or gives it up when its time is over.
func (s *Sender) putOff(ctx context.Context, lease *store.Lease, sub *store.Submission, why error) error {
	next := s.next(sub)
	if after, ok := storage.RetryAfter(why); ok {
		next = latest(next, s.Now().Add(after))
	}
	return s.wait(ctx, lease, sub, why, next)
}

// wait leaves a submission queued until then. When ctx was cancelled, we are stopping: it stays as it was. When ctx's time is over, it was the server that took it.
func (s *Sender) wait(ctx context.Context, lease *store.Lease, sub *store.Submission, why error, until time.Time) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	if ctx.Err() != nil {
		why = &storage.Cause{Code: "smtp.timeout", Err: storage.ErrTemporary}
	}
	ctx, done := settle(ctx)
	defer done()
	if s.Now().Sub(latest(sub.Created, sub.NotBefore)) > GiveUpAfter {
		return s.refuse(ctx, lease, sub, &storage.Cause{Code: "smtp.given_up", Detail: causeDetail(why), Err: storage.ErrRejected})
	}
	sub.State, sub.NextTry, sub.Code, sub.Detail = store.Queued, until, causeCode(why), causeDetail(why)
	return s.writeWith(ctx, lease, sub, "outbox.deferred")
}

// left says whether the mail went out to somebody: from then on it has a copy in Sent, or is to have one.
func left(sub *store.Submission) bool { return sub.SentCopy != store.CopyNone }

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// next is when to try again, after Attempts tries.
func (s *Sender) next(sub *store.Submission) time.Time {
	return s.Now().Add(retries[min(max(sub.Attempts, 1), len(retries))-1])
}

// errCancelled says that a submission was called back while it was on its way to the final dot.
var errCancelled = errors.New("the mail was called back")

func (s *Sender) write(ctx context.Context, lease *store.Lease, sub *store.Submission) error {
	return s.writeWith(ctx, lease, sub, "")
}

func (s *Sender) writeWith(ctx context.Context, lease *store.Lease, sub *store.Submission, event string) error {
	err := s.DB.Write(ctx, lease, func(tx *store.Tx) error {
		if err := tx.UpdateSubmission(sub); err != nil {
			return err
		}
		if event == "" {
			return nil
		}
		return tx.Emit([]store.Event{{Tenant: sub.Tenant, Type: event, At: tx.Now(), Agent: sub.Agent, Account: sub.Account, Message: sub.Message, Subject: sub.ID}})
	})
	if errors.Is(err, storage.ErrConflict) && !errors.Is(err, store.ErrLostLease) {
		sub.State = store.Cancelled
		return errCancelled
	}
	if err != nil {
		return fmt.Errorf("writing the state of submission %s: %w", sub.ID, err)
	}
	return nil
}
