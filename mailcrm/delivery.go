package mailcrm

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// What a mail can be to the mail that it is about: Message.Kind. An empty one is an ordinary mail; so is a report that is about no mail of ours.
const (
	KindBounce    = "bounce"     // what happened on the way: About did not arrive, waits, or did arrive
	KindReceipt   = "receipt"    // what was done with About: displayed, deleted
	KindAutoReply = "auto_reply" // a machine answered for a person
	KindFeedback  = "feedback"   // the recipient of About called it spam
)

// What was reported about a sent mail: Delivery.State and Message.Delivery. Each goes further than the ones before it, and nothing goes back.
const (
	DeliveryDelayed    = store.Delayed    // it has not arrived, and is tried again
	DeliveryRelayed    = store.Relayed    // it went to a server that reports nothing, or to the members of a list
	DeliveryDelivered  = store.Delivered  // it lies in the mailbox
	DeliveryBounced    = store.Bounced    // it did not arrive
	DeliveryDisplayed  = store.Displayed  // the recipient's program says that it was shown
	DeliveryComplained = store.Complained // the recipient called it spam
)

// A Delivery is what was reported about a mail and one recipient after the server had taken it (RFC 3464, 8098, 5965). A report counts only when it names
// the mail by an identifier of ours and a recipient of it; it proves no more than that: who got a mail can write any report about it.
type Delivery struct {
	State    string
	Sentence string    // what it means and what to do, in the Actor's language
	When     time.Time // as the report says, else when it came

	Hard   bool   // of a bounce: the address or its host is gone, nobody should write there again
	Reason string // why it bounced or waits: "user_unknown", "mailbox_full" …; there will be more
	Status string // "5.1.1" (RFC 3463)
	Reply  int    // SMTP reply code; 0: not told
	// Diagnostic is what the recipient's server said, as it said it: at most 2 KiB, foreign text.
	Diagnostic string
	Host       string    // that said it
	RetryUntil time.Time // of one that is delayed; zero: not told

	Bounced     time.Time // zero: it did not
	Displayed   time.Time // zero: nobody says so
	Disposition string    // of a receipt: "displayed", "deleted" …
	Report      string    // id of the mail that reported last
}

// attention orders states by how much a person wants to know of them, among several recipients.
var attention = []string{DeliveryBounced, DeliveryComplained, DeliveryDelayed, DeliveryDisplayed, DeliveryDelivered, DeliveryRelayed}

// summary is the state of several recipients that a list shows.
func summary(all []store.Delivery) string {
	for _, state := range attention {
		for _, d := range all {
			if d.State == state {
				return state
			}
		}
	}
	return ""
}

func delivery(d *store.Delivery, locale string) *Delivery {
	if d == nil {
		return nil
	}
	return &Delivery{
		State: d.State, Sentence: deliverySentence(d, locale), When: d.At, Hard: d.Hard, Reason: d.Reason, Status: d.Status, Reply: d.Reply, Diagnostic: d.Diagnostic,
		Host: d.Host, RetryUntil: d.RetryUntil, Bounced: d.Bounced, Displayed: d.Displayed, Disposition: d.Disposition, Report: d.Report,
	}
}

func deliverySentence(d *store.Delivery, locale string) string {
	code := "delivery.is_" + d.State
	if d.State == store.Bounced && d.Hard {
		code = "delivery.is_bounced_for_good"
	}
	said := []string{Sentence(code, locale)}
	if d.Reason != "" && (d.State == store.Bounced || d.State == store.Delayed) {
		said = append(said, Sentence("reason.is_"+d.Reason, locale))
	}
	return strings.Join(said, " ")
}

// fillDeliveries adds to a page what was reported about its sent mails.
func (s *Session) fillDeliveries(ctx context.Context, views []privacy.View, out []Message) error {
	var ids []string
	for _, v := range views {
		if v.Message.Direction == storage.Sent && v.Outcome(s.actor.Agent) {
			ids = append(ids, v.Message.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := s.client.db.DeliveriesOfMessages(ctx, s.actor.Tenant, ids)
	if err != nil {
		return err
	}
	for i := range views {
		if all := found[views[i].Message.ID]; views[i].Outcome(s.actor.Agent) {
			out[i].Delivery = summary(all)
		}
	}
	return nil
}

// fillRecipients adds to a sent mail what became of it for each recipient.
func (s *Session) fillRecipients(ctx context.Context, view privacy.View, out *Message) error {
	if view.Message.Direction != storage.Sent || !view.Outcome(s.actor.Agent) {
		return nil
	}
	sub, err := s.client.db.SubmissionOfMessage(ctx, s.actor.Tenant, view.Message.ID)
	if errors.Is(err, ErrNotFound) {
		return nil // sent from elsewhere
	}
	if err != nil {
		return err
	}
	all, err := s.client.db.Deliveries(ctx, s.actor.Tenant, []string{sub.ID})
	if err != nil {
		return err
	}
	out.Recipients, out.Delivery = outcomes(sub, all[sub.ID], s.actor.Locale), summary(all[sub.ID])
	return nil
}

// outcomes are the recipients of a submission with what was reported about them.
func outcomes(sub *store.Submission, all []store.Delivery, locale string) []Recipient {
	var out []Recipient
	for _, r := range sub.Recipients {
		to := Recipient{Address: r.Address, State: r.State, Status: r.Status, Enhanced: r.Enhanced, Text: r.Text}
		normal := linker.Normalize(r.Address)
		for i := range all {
			if all[i].Address == normal {
				to.Delivery = delivery(&all[i], locale)
			}
		}
		out = append(out, to)
	}
	return out
}
