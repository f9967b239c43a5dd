package mailcrm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/submit"
	"github.com/mailcrm/sdk/storage"
)

// A SendInput names the draft to send.
type SendInput struct {
	ID string
	// Key makes a repetition harmless: the same key of the same agent returns the submission made the first time. At most 128 bytes.
	Key string
	// NotBefore is when it may leave at the earliest. Defaults to Config.UndoSend from now; at most a year ahead.
	NotBefore time.Time
}

// An UnreadyError says that a draft cannot be sent, and why; it is an [ErrInvalid].
type UnreadyError struct{ Problems []Problem }

func (e *UnreadyError) Error() string {
	if len(e.Problems) == 0 {
		return "the draft is not ready"
	}
	return "the draft is not ready: " + e.Problems[0].Message
}

// Unwrap makes an UnreadyError an [ErrInvalid].
func (e *UnreadyError) Unwrap() error { return ErrInvalid }

// Send puts a draft on its way: its fields are merged, its bytes are made once and kept, and it leaves when its time has come, also after a crash,
// and once. Until then Outbox.Cancel calls it back. The draft is gone from the list of drafts.
//
// A mail with an unresolved field, without a recipient or without a subject does not leave: [*UnreadyError].
func (d *Drafts) Send(ctx context.Context, in SendInput) (*Submission, error) {
	if err := d.s.enter(ctx); err != nil {
		return nil, err
	}
	if len(in.Key) > 128 || hasControl(in.Key) {
		return nil, storage.Invalid("Key", "malformed", "a key has at most 128 bytes and no control characters")
	}
	sent, err := d.send(ctx, in)
	if in.Key != "" && errors.Is(err, ErrConflict) { // the same request, twice at once
		if done, e := d.repeated(ctx, in); done != nil || e != nil {
			return done, e
		}
	}
	return sent, err
}

func (d *Drafts) send(ctx context.Context, in SendInput) (*Submission, error) {
	if done, err := d.repeated(ctx, in); done != nil || err != nil {
		return done, err
	}
	draft, err := d.load(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	acc, err := d.s.usable(ctx, draft.Account, store.RightSend)
	if err != nil {
		return nil, err
	}
	ready, err := d.s.merge(ctx, acc, draft)
	if err != nil {
		return nil, err
	}
	if len(ready.Problems) > 0 {
		return nil, &UnreadyError{ready.Problems}
	}
	sub, mail, err := d.build(ctx, acc, draft, ready)
	if err != nil {
		return nil, err
	}
	if sub.NotBefore, err = d.s.leaves(in.NotBefore); err != nil {
		return nil, err
	}
	sub.Key = in.Key
	err = d.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		if err := d.s.client.deliver.Queue(tx, acc, sub, mail); err != nil {
			return err
		}
		draft.Sent = sub.ID
		if err := tx.PutDraft(draft); err != nil {
			return err
		}
		if err := tx.CreateSubmission(sub, []string{sub.MessageID}); err != nil {
			return err
		}
		return tx.Emit([]store.Event{{Tenant: sub.Tenant, Type: "outbox.queued", At: tx.Now(), Agent: sub.Agent, Account: sub.Account, Subject: sub.ID}})
	})
	if err != nil {
		return nil, fmt.Errorf("queueing the mail: %w", err)
	}
	d.s.client.worker.Wake()
	return submission(sub), nil
}

// repeated answers a key that was used before; nil: it was not.
func (d *Drafts) repeated(ctx context.Context, in SendInput) (*Submission, error) {
	if in.Key == "" {
		return nil, nil
	}
	done, err := d.s.client.db.SubmissionByKey(ctx, d.s.actor.Tenant, d.s.actor.Agent, in.Key)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the key: %w", err)
	}
	if done.Draft != in.ID {
		return nil, storage.Invalid("Key", "reused", "this key was used for another draft: take a new one for each mail")
	}
	return submission(done), nil
}

// leaves is when a mail may leave.
func (s *Session) leaves(asked time.Time) (time.Time, error) {
	now := s.client.cfg.Now()
	if asked.After(now.AddDate(1, 0, 0)) {
		return asked, storage.Invalid("NotBefore", "out_of_range", "a mail can wait for a year at most")
	}
	if undo := now.Add(s.client.cfg.UndoSend); asked.Before(undo) {
		return undo, nil
	}
	return asked, nil
}

// build makes the bytes, once.
func (d *Drafts) build(ctx context.Context, acc *store.Account, draft *store.Draft, ready *merging) (*store.Submission, *mimemail.Message, error) {
	c, now := d.s.client, d.s.client.cfg.Now()
	id := c.db.NewID(acc.Tenant)
	sub := &store.Submission{
		Tenant: acc.Tenant, ID: id, Account: acc.ID, Agent: d.s.actor.Agent, Draft: draft.ID, State: store.Queued, Bcc: draft.Bcc,
		MessageID: submit.NewMessageID(id, ready.Sender.Address), Tag: c.cfg.Keys.Tag(acc.Tenant, id), EnvelopeFrom: ready.Sender.Address,
		SentCopy: store.CopyNone, Private: draft.Private, Entities: draft.Entities, Created: now,
	}
	seen := map[string]bool{}
	for _, list := range [][]store.Address{draft.To, draft.Cc, draft.Bcc} {
		for _, a := range list {
			n := linker.Normalize(a.Address)
			if seen[n] {
				continue
			}
			seen[n] = true
			wire, err := submit.WireAddress(a.Address) // as it was written: only its own server may know that case does not count
			if err != nil {
				return nil, nil, storage.Invalid("To", "bad_address", fmt.Sprintf("%q is not a mail address", a.Address))
			}
			sub.Recipients = append(sub.Recipients, store.Recipient{Address: wire, State: "pending"})
		}
	}
	mail := &submit.Mail{
		MessageID: sub.MessageID, Date: now, From: store.Address{Name: ready.Sender.Name, Address: ready.Sender.Address}, ReplyTo: ready.Sender.ReplyTo,
		To: draft.To, Cc: draft.Cc, Subject: ready.Subject, HTML: ready.HTML, Text: ready.Text, Tag: sub.Tag, Receipt: draft.Receipt,
	}
	if draft.InReplyTo != "" {
		view, err := d.s.quotable(ctx, draft.InReplyTo)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the mail that is answered: %w", err)
		}
		if m := view.Message; m.MessageID != "" {
			mail.References = append(append(mail.References, m.References...), m.MessageID)
			if !draft.Forward {
				mail.InReplyTo = m.MessageID
			}
		}
	}
	for _, a := range draft.Attachments {
		mail.Attachments = append(mail.Attachments, submit.Attachment{
			Name: a.Name, Type: a.Type, Size: a.Size, ContentID: a.ContentID,
			Open: func() (io.ReadCloser, error) {
				res, err := c.cfg.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: acc.Tenant, Digest: a.Digest, Length: -1})
				return res.Content, err
			},
		})
	}
	var raw bytes.Buffer
	if err := submit.Build(ctx, mail, &raw); err != nil {
		return nil, nil, fmt.Errorf("making the mail: %w", err)
	}
	put, err := c.cfg.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: acc.Tenant, Content: bytes.NewReader(raw.Bytes()), Size: int64(raw.Len())})
	if err != nil {
		return nil, nil, fmt.Errorf("keeping the mail: %w", err)
	}
	sub.Raw, sub.RawSize = put.Digest, put.Size
	parsed, err := mimemail.Parse(bytes.NewReader(raw.Bytes()), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the mail: %w", err)
	}
	return sub, parsed, nil
}
