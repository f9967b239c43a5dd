package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
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
	if len(receiptCopies(v)) == 0 {
		return nil
	}
	code := "receipt.asked"
	if !w.Safe {
		code = "receipt.elsewhere"
	}
	return &ReceiptWish{To: w.To[0], Elsewhere: !w.Safe, Sentence: Sentence(code, actor.Locale)}
}

// receiptCopies are the copies by which the actor got the mail. It is empty when one of them lies in Junk, or when another program has answered.
func receiptCopies(v privacy.View) []privacy.Copy {
	var got []privacy.Copy
	for _, c := range v.Copies {
		switch {
		case !c.Gone.IsZero() || c.Direction != storage.Received:
		case c.Shown()&store.FlagMDNSent != 0:
			return nil
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
	if view.Answer == privacy.Full && view.Message.Receipt != "" {
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
	return nil
}
