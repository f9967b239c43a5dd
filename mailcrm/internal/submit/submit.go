// Package submit brings a mail out: it makes its bytes, once, hands them to a submission server (RFC 6409), and files the copy in Sent. It is the only room
// that speaks SMTP.
//
// # Once, and never twice
//
// The bytes of a mail are made before it is queued and do not change: what is sent again after a refusal, and what lies in Sent, is the same to the bit (but
// for Bcc, which stands in front of the copy in Sent and is never on the wire). A submission's state is made durable before each effect that cannot be undone:
//
//   - queued: nothing has left. A crash anywhere up to the final dot leaves it queued, and it is tried again.
//   - sending: written right before the final dot of DATA. Who finds a submission in this state (after a crash) knows that nobody knows: it becomes uncertain.
//   - uncertain: no answer came to the final dot. It never leaves again by itself; a person decides, or its copy in Sent does.
//   - sent, rejected: what the server answered, for each recipient.
//
// The copy in Sent has a state of its own: pending, then appending (written before APPEND), then done. A copy found appending is looked for in Sent, by the
// submission's set of ids and its tag, before APPEND is tried again.
//
// # Time
//
// Deadlines are those of RFC 5321 §4.5.3.2: 5 minutes for the greeting, MAIL and RCPT, 2 minutes for DATA, 3 minutes without progress in the mail's bytes, 10
// minutes after the final dot. A put-off mail is tried again after 1, 5, 15, 30 and 60 minutes, then every 2 hours, for 48 hours.
//
// # Codes
//
//	smtp.login_refused    login or password is wrong                        ErrAuth
//	smtp.no_mechanism     no way to log in that both sides have             ErrAuth
//	smtp.no_tls           the server offers no TLS, or not cleanly          ErrUnavailable
//	smtp.greeting         what answers does not speak SMTP                  ErrUnavailable
//	smtp.connection_lost  the connection ended before the final dot         ErrTemporary
//	smtp.timeout          the server was silent for too long                ErrTemporary
//	smtp.temporary        the server put the mail off (4xx)                 ErrTemporary
//	smtp.rejected         the server refused the mail (5xx)                 ErrRejected
//	smtp.all_refused      the server refused every recipient                ErrRejected
//	smtp.too_large        larger than the server takes                      ErrRejected
//	smtp.given_up         put off for longer than 48 hours                  ErrRejected
//	smtp.uncertain        no answer to the final dot                        ErrUncertain
//	submit.no_sent        the account has no folder for sent mail           ErrNotFound
//
// Not here: what a draft must have to be sent (package mailcrm), and how a sent mail enters the history (deliver).
package submit

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// GiveUpAfter is how long a mail is tried that servers put off.
const GiveUpAfter = 48 * time.Hour

// retries are the waits between tries; the last one repeats.
var retries = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour}

// Departed records a submission that a server took for at least one recipient, in one transaction with the new state in sub. It is floor 3's.
type Departed func(ctx context.Context, lease *store.Lease, acc *store.Account, sub *store.Submission, sent *mimemail.Message) error

// Confirm fails when the lease may be over; see work.Held.
type Confirm func() error

// A Sender sends. Its fields are set once; its methods may be called from several goroutines, for different submissions.
type Sender struct {
	DB        *store.DB
	Blobs     storage.Blobs
	Dialer    *dial.Dialer
	Roots     *x509.CertPool
	Departed  Departed
	Now       func() time.Time
	Logger    *slog.Logger
	Deadlines Deadlines
}

// Send tries to bring a submission out, and writes down what came of it: that is in sub afterwards. It returns an error only when that could not be written
// down (a broken store, a lost lease).
func (s *Sender) Send(ctx context.Context, lease *store.Lease, confirm Confirm, acc *store.Account, password seal.Secret, sub *store.Submission) error {
	if sub.State == store.Sending {
		return s.doubt(ctx, lease, sub, errors.New("the process ended while the mail was being handed over"))
	}
	if s.Now().Before(sub.NotBefore) || s.Now().Before(sub.NextTry) {
		return nil
	}
	out, err := s.connect(ctx, acc, password)
	if err != nil {
		return s.putOff(ctx, lease, sub, err)
	}
	defer out.close()
	return s.transact(ctx, lease, confirm, acc, sub, out)
}

// transact is one mail transaction (RFC 5321 §3.3).
func (s *Sender) transact(ctx context.Context, lease *store.Lease, confirm Confirm, acc *store.Account, sub *store.Submission, out *outgoing) error {
	if err := out.tooLarge(sub.RawSize); err != nil {
		return s.refuse(ctx, lease, sub, err)
	}
	if err := out.mail(sub); err != nil {
		return s.answered(ctx, lease, sub, err)
	}
	accepted := 0
	for i := range sub.Recipients {
		r := &sub.Recipients[i]
		if r.State != "pending" && r.State != "deferred" {
			continue
		}
		if err := out.recipient(r); err != nil {
			undecide(sub)
			return s.putOff(ctx, lease, sub, err)
		}
		if r.State == recipientUncertain {
			accepted++
		}
	}
	if accepted == 0 {
		return s.noneAccepted(ctx, lease, sub)
	}
	body, err := s.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: sub.Tenant, Digest: sub.Raw, Length: -1})
	if err != nil {
		undecide(sub)
		return s.putOff(ctx, lease, sub, fmt.Errorf("opening the mail's bytes: %w", err))
	}
	defer func() { _ = body.Content.Close() }()
	if err := out.data(body.Content); err != nil {
		undecide(sub)
		return s.answered(ctx, lease, sub, err)
	}
	// From here on nobody may send this mail again unless he knows that it did not leave.
	if err := confirm(); err != nil {
		return err
	}
	first := !left(sub)
	sub.State, sub.Attempts, sub.Code, sub.Detail = store.Sending, sub.Attempts+1, "", ""
	if err := s.write(ctx, lease, sub); err != nil {
		return err
	}
	if err := confirm(); err != nil { // the write may have taken long
		return err
	}
	reply, err := out.dot(ctx)
	if err != nil {
		return s.afterDot(ctx, lease, sub, err)
	}
	sub.Reply = oneLine(reply)
	return s.departed(ctx, lease, acc, sub, first)
}

// departed writes down that the mail left, whatever else happens now.
func (s *Sender) departed(ctx context.Context, lease *store.Lease, acc *store.Account, sub *store.Submission, first bool) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
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
	if !first {
		return s.write(ctx, lease, sub)
	}
	sub.SentCopy = store.CopyPending
	if acc.Settings.SentCopy == "server" {
		sub.SentCopy = store.CopyDone
	}
	if ids := idsIn(sub.Reply); len(ids) > 0 {
		if err := s.DB.Write(ctx, lease, func(tx *store.Tx) error { return tx.AddSendIDs(sub.Tenant, sub.ID, ids) }); err != nil {
			return fmt.Errorf("keeping the id that the server gave: %w", err)
		}
	}
	raw, err := s.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: sub.Tenant, Digest: sub.Raw, Length: -1})
	if err != nil {
		return fmt.Errorf("opening the mail's bytes: %w", err)
	}
	sent, err := mimemail.Parse(raw.Content, nil)
	if err := errors.Join(err, raw.Content.Close()); err != nil {
		return fmt.Errorf("reading the mail's bytes: %w", err)
	}
	return s.Departed(ctx, lease, acc, sub, sent)
}

// afterDot decides what an error after the final dot means: an answer is an answer, anything else is doubt.
func (s *Sender) afterDot(ctx context.Context, lease *store.Lease, sub *store.Submission, err error) error {
	if a, ok := asAnswer(err); ok {
		sub.State = store.Queued
		undecide(sub)
		return s.answered(ctx, lease, sub, a)
	}
	return s.doubt(ctx, lease, sub, err)
}

func (s *Sender) doubt(ctx context.Context, lease *store.Lease, sub *store.Submission, why error) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer done()
	s.Logger.WarnContext(ctx, "nobody knows whether a mail left", "submission", sub.ID, "error", why)
	sub.State, sub.Code, sub.Detail = store.Uncertain, "smtp.uncertain", ""
	return s.writeWith(ctx, lease, sub, "outbox.uncertain")
}

// recipientUncertain is the state of a recipient between RCPT, which the server accepted, and the answer to the final dot. It is written like that, so that a
// crash in between finds the truth.
const recipientUncertain = "uncertain"

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
		sub.State, sub.Finished, sub.NextTry, sub.Code = store.Accepted, s.Now(), time.Time{}, ""
		return s.writeWith(ctx, lease, sub, "outbox.sent")
	}
	sub.State, sub.Finished, sub.NextTry, sub.Code, sub.Detail = store.Rejected, s.Now(), time.Time{}, "smtp.all_refused", ""
	return s.writeWith(ctx, lease, sub, "outbox.rejected")
}

// refuse ends a submission for all recipients that are left.
func (s *Sender) refuse(ctx context.Context, lease *store.Lease, sub *store.Submission, why error) error {
	a, _ := asAnswer(why)
	for i := range sub.Recipients {
		r := &sub.Recipients[i]
		if r.State != "pending" && r.State != "deferred" {
			continue
		}
		*r = store.Recipient{Address: r.Address, State: "rejected", Status: a.Status, Enhanced: a.Enhanced, Text: a.Text}
	}
	sub.Code, sub.Detail, sub.Finished, sub.NextTry = causeCode(why), causeDetail(why), s.Now(), time.Time{}
	event := "outbox.rejected"
	sub.State = store.Rejected
	if left(sub) {
		sub.State, event = store.Accepted, "outbox.sent"
	}
	return s.writeWith(ctx, lease, sub, event)
}

// putOff leaves a submission queued for another try, or gives it up when its time is over.
func (s *Sender) putOff(ctx context.Context, lease *store.Lease, sub *store.Submission, why error) error {
	if errors.Is(why, context.Canceled) || ctx.Err() != nil {
		return ctx.Err() // we are stopping: it stays as it was
	}
	sub.Attempts++
	if s.Now().Sub(latest(sub.Created, sub.NotBefore)) > GiveUpAfter {
		return s.refuse(ctx, lease, sub, &storage.Cause{Code: "smtp.given_up", Detail: causeDetail(why), Err: storage.ErrRejected})
	}
	sub.State, sub.NextTry, sub.Code, sub.Detail = store.Queued, s.next(sub), causeCode(why), causeDetail(why)
	if after, ok := storage.RetryAfter(why); ok && s.Now().Add(after).After(sub.NextTry) {
		sub.NextTry = s.Now().Add(after)
	}
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

func (s *Sender) next(sub *store.Submission) time.Time {
	return s.Now().Add(retries[min(max(sub.Attempts, 1), len(retries))-1])
}

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
	if err != nil {
		return fmt.Errorf("writing the state of submission %s: %w", sub.ID, err)
	}
	return nil
}

func causeCode(err error) string {
	if code := storage.CauseCode(err); code != "" {
		return code
	}
	return "unknown"
}

func causeDetail(err error) string {
	var c *storage.Cause
	if errors.As(err, &c) {
		return c.Detail
	}
	return ""
}

// oneLine makes a server's words fit for a row: one line of at most 500 bytes.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "")
	}
	return s
}

// idsIn are the message ids in a server's answer to DATA: some servers give a mail one of their own there.
func idsIn(reply string) []string {
	var ids []string
	for _, word := range strings.Fields(reply) {
		if id, ok := strings.CutPrefix(word, "<"); ok {
			if id, _, ok = strings.Cut(id, ">"); ok && strings.Contains(id, "@") && len(ids) < 5 {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
