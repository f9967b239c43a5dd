package submit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A Readiness is what a submission server is ready for.
type Readiness struct {
	Size int64 // bytes of the largest mail; 0: it does not say (RFC 1870)
	// Refused says why it does not take mail of this sender, although the login was right.
	Refused error
}

// Check logs in to an account's server and asks whether it would take a mail from one address to another; none is sent. An error is one of reaching the
// server or of logging in.
func (s *Sender) Check(ctx context.Context, acc *store.Account, cred signin.Credential, from, to string) (*Readiness, error) {
	out, err := s.connect(ctx, acc, cred)
	if err != nil {
		return nil, err
	}
	defer out.close()
	ready := &Readiness{}
	if _, size := out.client.Extension("SIZE"); size != "" {
		ready.Size, _ = strconv.ParseInt(strings.TrimSpace(size), 10, 64) // a server that states nonsense states nothing
		ready.Size = max(0, ready.Size)
	}
	ready.Refused = out.would(from, to)
	return ready, nil
}

// would begins a mail and takes it back.
func (o *outgoing) would(from, to string) error {
	sub := &store.Submission{EnvelopeFrom: from, RawSize: 1000, Recipients: []store.Recipient{{Address: to, State: "pending"}}}
	if err := o.mail(sub); err != nil {
		return senderRefused(err)
	}
	r := &sub.Recipients[0]
	if err := o.recipient(r); err != nil {
		return err
	}
	if r.State == recipientUncertain {
		return classify(o.clean(o.client.Reset()))
	}
	kind := storage.ErrRejected
	if r.State == "deferred" {
		kind = storage.ErrTemporary
	}
	return &storage.Cause{Code: "smtp.sender_refused", Detail: said(r.Status, r.Text), Err: kind}
}

// senderRefused is a refusal of MAIL FROM: it is about who sends, since no mail was named yet.
func senderRefused(err error) error {
	var cause *storage.Cause
	if errors.As(err, &cause) && cause.Code == "smtp.rejected" {
		return &storage.Cause{Code: "smtp.sender_refused", Detail: cause.Detail, Err: cause.Err}
	}
	return err
}

// Post sends a mail of a few lines that nothing depends on, such as one to oneself that shows that mail comes through. It keeps no state: whether it left when an
// error came after its last line, nobody knows.
func (s *Sender) Post(ctx context.Context, acc *store.Account, cred signin.Credential, m *Mail) error {
	var raw bytes.Buffer
	if err := Build(ctx, m, &raw); err != nil {
		return err
	}
	out, err := s.connect(ctx, acc, cred)
	if err != nil {
		return err
	}
	defer out.close()
	sub := &store.Submission{EnvelopeFrom: m.From.Address, RawSize: int64(raw.Len())}
	for _, to := range m.To {
		sub.Recipients = append(sub.Recipients, store.Recipient{Address: to.Address, State: "pending"})
	}
	if err := out.mail(sub); err != nil {
		return senderRefused(err)
	}
	for i := range sub.Recipients {
		r := &sub.Recipients[i]
		if err := out.recipient(r); err != nil {
			return err
		}
		if r.State != recipientUncertain {
			return &storage.Cause{Code: "smtp.sender_refused", Detail: said(r.Status, r.Text), Err: storage.ErrRejected}
		}
	}
	if err := out.data(&raw, sub.RawSize); err != nil {
		return err
	}
	if _, err := out.dot(ctx); err != nil {
		return fmt.Errorf("sending a mail to oneself: %w", classify(err))
	}
	return nil
}
