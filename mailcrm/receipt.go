package mailcrm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/submit"
	"github.com/mailcrm/sdk/storage"
)

// What was answered to a wish for a receipt: Message.ReceiptAnswered.
const (
	ReceiptSent     = store.ReceiptSent
	ReceiptDeclined = store.ReceiptDeclined
)

// A ReceiptWish is the wish of a sender to hear that his mail was read (RFC 8098). Nothing is ever sent unasked.
type ReceiptWish struct {
	To string // the address that the receipt goes to
	// Elsewhere says that this is not the address that the mail was sent from: whoever answers tells somebody else that the mail was read.
	Elsewhere bool
	Sentence  string // to ask with, in the Actor's language
}

// receiptWish is the wish of a mail's sender, if there is one to be asked about: once, and never for lists, bulk mail, what a machine sent, or Junk.
func receiptWish(v privacy.View, actor storage.Actor) *ReceiptWish {
	f := &v.Message.Facts
	w := f.Wish
	if v.Answer != privacy.Full || w == nil || len(w.To) != 1 || !w.Known || v.Message.Receipt != "" || v.Message.Kind != "" || f.Bulk || f.List != "" || f.Generated {
		return nil
	}
	got := receiptCopies(v)
	if len(got) == 0 || slices.ContainsFunc(got, func(c privacy.Copy) bool { return c.Shown()&store.FlagMDNSent != 0 }) { // another program has answered
		return nil
	}
	code := "receipt.asked"
	if !w.Safe {
		code = "receipt.elsewhere"
	}
	return &ReceiptWish{To: w.To[0], Elsewhere: !w.Safe, Sentence: Sentence(code, actor.Locale)}
}

// receiptCopies are the copies by which the actor got the mail. It is empty when one of them lies in Junk.
func receiptCopies(v privacy.View) []privacy.Copy {
	var got []privacy.Copy
	for _, c := range v.Copies {
		switch {
		case !c.Gone.IsZero() || c.Direction != storage.Received:
		case slices.Contains([]string{"junk", "drafts", "sent"}, c.Role):
			return nil
		default:
			got = append(got, c)
		}
	}
	return got
}

// AnswerReceipt answers the wish of a mail's sender for a receipt, with one or not: once, whoever of those who read the mailbox does it. The receipt says that the
// mail was displayed, and by whose will it is sent; it goes to ReceiptWish.To alone, through the account that got the mail, which the Actor must be
// allowed to send from. Other mail programs learn from the server that it was answered ($MDNSent), where it lets us note that.
//
// Errors: [ErrNotFound] when there is no such wish, or he may not; [ErrConflict] when it was answered otherwise before. The same answer again is none.
func (m *Messages) AnswerReceipt(ctx context.Context, id string, yes bool) error {
	view, err := m.s.view(ctx, id)
	if err != nil {
		return err
	}
	answer := ReceiptDeclined
	if yes {
		answer = ReceiptSent
	}
	if _, err := m.s.receiptAccount(ctx, view); err != nil {
		return err
	}
	if view.Message.Receipt != "" {
		return answered(view.Message.Receipt, answer, nil)
	}
	wish := receiptWish(view, m.s.actor)
	if wish == nil {
		return fmt.Errorf("a wish for a receipt in message %s: %w", id, ErrNotFound)
	}
	err = m.s.answerReceipt(ctx, view, wish, answer)
	if errors.Is(err, ErrConflict) { // somebody else, a moment before
		now, e := m.s.view(ctx, id)
		if e != nil {
			return e
		}
		return answered(now.Message.Receipt, answer, err)
	}
	return err
}

// answered judges an answer that was given before.
func answered(was, now string, err error) error {
	if was == now {
		return nil
	}
	if was == "" && err != nil {
		return err
	}
	return fmt.Errorf("the wish for a receipt was answered before (%s): %w", was, ErrConflict)
}

func (s *Session) answerReceipt(ctx context.Context, view privacy.View, wish *ReceiptWish, answer string) error {
	acc, err := s.receiptAccount(ctx, view)
	if err != nil {
		return err
	}
	var sub *store.Submission
	if answer == ReceiptSent {
		if sub, err = s.buildReceipt(ctx, acc, view, wish); err != nil {
			return err
		}
	}
	id, event := view.Message.ID, "message.receipt_declined"
	if sub != nil {
		event = "message.receipt_sent"
	}
	err = s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		if err := tx.AnswerReceipt(acc.Tenant, id, answer); err != nil {
			return err
		}
		for _, c := range receiptCopies(view) {
			// Also when it is declined: nobody else is to ask again (RFC 3503 §3.1).
			if err := tx.Want(acc.Tenant, c.ID, store.FlagMDNSent, 0); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		if sub != nil {
			if err := tx.CreateSubmission(sub, nil); err != nil {
				return err
			}
		}
		return tx.Emit([]store.Event{{Tenant: acc.Tenant, Type: event, At: tx.Now(), Agent: s.actor.Agent, Account: acc.ID, Message: id, Subject: id}})
	})
	if err != nil {
		return fmt.Errorf("answering the wish for a receipt in message %s: %w", id, err)
	}
	s.client.worker.Wake()
	return nil
}

// receiptAccount is the account that got the mail and that the Actor may send from.
func (s *Session) receiptAccount(ctx context.Context, view privacy.View) (*store.Account, error) {
	err := fmt.Errorf("a wish for a receipt in message %s: %w", view.Message.ID, ErrNotFound)
	if view.Answer != privacy.Full {
		return nil, err
	}
	for _, c := range receiptCopies(view) {
		acc, e := s.usable(ctx, c.Account, store.RightSend)
		if e == nil {
			return acc, nil
		}
		if !errors.Is(e, ErrNotFound) {
			return nil, e
		}
	}
	return nil, err
}

// buildReceipt makes the receipt's bytes, once.
func (s *Session) buildReceipt(ctx context.Context, acc *store.Account, view privacy.View, wish *ReceiptWish) (*store.Submission, error) {
	m, now := &view.Message, s.client.cfg.Now()
	from := receiver(acc, m)
	to, err := submit.WireAddress(wish.To)
	if err != nil {
		return nil, storage.Invalid("To", "bad_address", fmt.Sprintf("%q is not a mail address", wish.To))
	}
	id := s.client.db.NewID(acc.Tenant)
	sub := &store.Submission{
		Tenant: acc.Tenant, ID: id, Account: acc.ID, Agent: s.actor.Agent, State: store.Queued, MessageID: submit.NewMessageID(id, from.Address),
		Recipients: []store.Recipient{{Address: to, State: "pending"}}, SentCopy: store.CopyNone, Created: now,
	}
	var raw bytes.Buffer
	locale := s.actor.Locale
	subject := strings.TrimSuffix(say(locale, "receipt.mail_subject", m.Subject), ".")
	text := say(locale, "receipt.mail_text", m.Date.UTC().Format("2006-01-02 15:04 MST"), from.Address)
	err = submit.BuildReceipt(&submit.Receipt{
		MessageID: sub.MessageID, Date: now, From: from, To: to, Subject: subject, Text: text + "\n", Original: m.MessageID, References: m.References,
	}, &raw)
	if err != nil {
		return nil, fmt.Errorf("making the receipt: %w", err)
	}
	put, err := s.client.cfg.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: acc.Tenant, Content: bytes.NewReader(raw.Bytes()), Size: int64(raw.Len())})
	if err != nil {
		return nil, fmt.Errorf("keeping the receipt: %w", err)
	}
	sub.Raw, sub.RawSize = put.Digest, put.Size
	return sub, nil
}

// receiver is as whom an account got a mail: the identity that it was written to, else the account's own address.
func receiver(acc *store.Account, m *store.Message) store.Address {
	for _, list := range [][]store.Address{m.To, m.Cc} {
		for _, a := range list {
			normal := linker.Normalize(a.Address)
			for _, i := range acc.Identities {
				if normal != "" && linker.Normalize(i.Address) == normal {
					return store.Address{Name: i.Name, Address: i.Address}
				}
			}
		}
	}
	return store.Address{Name: acc.Name, Address: acc.Address}
}

// fillReceipt takes the wish away from whoever may not answer it.
func (s *Session) fillReceipt(ctx context.Context, view privacy.View, out *Message) error {
	if out.ReceiptWanted == nil {
		return nil
	}
	_, err := s.receiptAccount(ctx, view)
	if errors.Is(err, ErrNotFound) {
		out.ReceiptWanted, err = nil, nil
	}
	return err
}
