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
// minutes after the final dot. A put-off mail is tried again after 1, 5, 15, 30 and 60 minutes, then every 2 hours, for 48 hours. A refused password is tried
// again after 15 minutes, 1 hour and 6 hours, once for all mails of the account, and then not until another one is entered: servers lock accounts.
//
// # Answers
//
// The first digit decides (RFC 5321 §4.2.1): 2yz is yes, 4yz puts off, 5yz refuses; that the account may not (530, 535, 538) refuses no mail, it waits. After
// the final dot anything else is doubt. A mail with letters beyond ASCII in a local part needs SMTPUTF8 for all its recipients, since its header has them.
//
// # Codes
//
//	smtp.login_refused    login or password is wrong                        ErrAuth
//	smtp.login_disabled   the operator forbids passwords for this account   ErrAuth
//	smtp.no_mechanism     no way to log in that both sides have             ErrAuth
//	smtp.no_verifier      SCRAM was refused before the password mattered    ErrAuth
//	smtp.unproven         the server did not prove to know the password     ErrAuth
//	smtp.token_expired    another token may help                            ErrAuth
//	smtp.unusable_login   there is nothing that could be sent as a login    ErrAuth
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
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Departed records a submission that a server took for at least one recipient, in one transaction with the new state in sub. It is floor 3's.
type Departed func(ctx context.Context, lease *store.Lease, acc *store.Account, sub *store.Submission, sent *mimemail.Message) error

// Reached is told how reaching a server and logging in to it went: nil, or why it failed. An error of it is one of the store, and ends the try. It is floor 4's.
type Reached func(ctx context.Context, lease *store.Lease, acc *store.Account, err error) error

// Confirm fails when the lease may be over; see work.Held.
type Confirm func() error

// A Sender sends. Its fields are set once; its methods may be called from several goroutines, for different submissions.
type Sender struct {
	DB        *store.DB
	Blobs     storage.Blobs
	Dialer    *dial.Dialer
	Roots     *x509.CertPool
	Departed  Departed
	Reached   Reached // may be nil
	Now       func() time.Time
	Logger    *slog.Logger
	Deadlines Deadlines

	refusals refusals
}

// Send tries to bring a submission out, and writes down what came of it: that is in sub afterwards. It returns an error only when that could not be written
// down (a broken store, a lost lease), or when ctx ended: then the submission is queued as before. One that is neither queued nor sending, or whose time has
// not come, is left alone. An error with the code smtp.token_expired says that the server did not take the token in cred: the submission is as it was, and Send is
// to be called again with another one, once.
func (s *Sender) Send(ctx context.Context, lease *store.Lease, confirm Confirm, acc *store.Account, cred signin.Credential, sub *store.Submission) error {
	err := s.send(ctx, lease, confirm, acc, cred, sub)
	if errors.Is(err, errCancelled) {
		return nil // what was being sent did not leave, and what was called back stays so
	}
	return err
}

func (s *Sender) send(ctx context.Context, lease *store.Lease, confirm Confirm, acc *store.Account, cred signin.Credential, sub *store.Submission) error {
	switch sub.State {
	case store.Sending:
		return s.doubt(ctx, lease, sub, errors.New("the process ended while the mail was being handed over"))
	case store.Queued:
	default:
		return nil
	}
	if s.Now().Before(sub.NotBefore) || s.Now().Before(sub.NextTry) {
		return nil
	}
	if until, refused := s.refusals.standing(acc, cred, s.Now()); refused != nil {
		return s.wait(ctx, lease, sub, refused, until)
	}
	sub.Attempts++
	out, err := s.connect(ctx, acc, cred)
	if storage.CauseCode(err) == "smtp.token_expired" {
		sub.Attempts--
		return err
	}
	var again time.Time
	if loginRefused(err) {
		again = s.refusals.add(acc, cred, s.Now(), err)
	}
	if s.Reached != nil && ctx.Err() == nil {
		if failed := s.Reached(ctx, lease, acc, err); failed != nil {
			if out != nil {
				out.close()
			}
			return failed
		}
	}
	if loginRefused(err) {
		return s.wait(ctx, lease, sub, err, again)
	}
	if err != nil {
		return s.putOff(ctx, lease, sub, err)
	}
	s.refusals.forget(acc)
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
	first := !left(sub)
	var sent *mimemail.Message
	if first { // read now: what fails after the final dot would leave us in doubt
		var err error
		if sent, err = s.parsed(ctx, sub); err != nil {
			undecide(sub)
			return s.putOff(ctx, lease, sub, err)
		}
	}
	if err := s.data(ctx, sub, out); err != nil {
		undecide(sub)
		return s.answered(ctx, lease, sub, err)
	}
	// From here on nobody may send this mail again unless he knows that it did not leave.
	if err := confirm(); err != nil {
		return err
	}
	sub.State, sub.Code, sub.Detail = store.Sending, "", ""
	err := s.write(ctx, lease, sub)
	if err == nil {
		err = confirm() // the write may have taken long
	}
	if err != nil {
		return s.stayed(ctx, lease, sub, err)
	}
	reply, err := out.dot(ctx)
	switch {
	case errors.Is(err, errStayed):
		return s.stayed(ctx, lease, sub, context.Cause(ctx))
	case err != nil:
		return s.afterDot(ctx, lease, sub, err)
	}
	sub.Reply = oneLine(reply)
	return s.departed(ctx, lease, acc, sub, sent)
}

func (s *Sender) parsed(ctx context.Context, sub *store.Submission) (*mimemail.Message, error) {
	raw, err := s.open(ctx, sub)
	if err != nil {
		return nil, err
	}
	sent, err := mimemail.Parse(raw.Content, nil)
	if err := errors.Join(err, raw.Content.Close()); err != nil {
		return nil, fmt.Errorf("reading the mail's bytes: %w", err)
	}
	return sent, nil
}

// data hands the mail's bytes over, all that the state says there are, and not yet the final dot.
func (s *Sender) data(ctx context.Context, sub *store.Submission, out *outgoing) error {
	raw, err := s.open(ctx, sub)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Content.Close() }()
	return out.data(raw.Content, sub.RawSize)
}

func (s *Sender) open(ctx context.Context, sub *store.Submission) (storage.OpenBlobResult, error) {
	raw, err := s.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: sub.Tenant, Digest: sub.Raw, Length: -1})
	if err != nil {
		return raw, fmt.Errorf("opening the mail's bytes: %w", err)
	}
	return raw, nil
}
