package deliver

import (
	"context"
	"fmt"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Queue records the message of a submission in the transaction that queues it, so that its copy is known when a server shows one, whatever became of the
// submission. It is not in the history yet, and nobody sees it.
func (d *Desk) Queue(tx *store.Tx, acc *store.Account, sub *store.Submission, mail *mimemail.Message) error {
	arrived, err := tx.Arrive(acc.ID, []store.Arrival{d.departure(acc, sub, mail)})
	if err != nil {
		return fmt.Errorf("recording submission %s: %w", sub.ID, err)
	}
	sub.Message = arrived[0].Message
	return nil
}

// departure is a submission's mail as the store takes it: without a place.
func (d *Desk) departure(acc *store.Account, sub *store.Submission, mail *mimemail.Message) store.Arrival {
	a := d.arrivalOf(acc, mail, storage.Sent, sub.Agent, sub.Created)
	a.Message.Size = sub.RawSize
	a.Message.Private = sub.Private
	if sub.Private {
		a.Message.PrivateBy = sub.Agent
	}
	for _, b := range sub.Bcc { // the bytes on the wire do not have them
		a.Message.Bcc = append(a.Message.Bcc, b)
		if normal := linker.Normalize(b.Address); normal != "" {
			a.Participants = append(a.Participants, store.Participant{Address: normal, Header: "bcc"})
		}
	}
	a.Ids = []string{sub.MessageID}
	return a
}

// askSent is how long the host is asked where a mail belongs that has just left. After that its links wait.
const askSent = 5 * time.Second

// Departed records a submission that a server took, in the transaction that makes its state durable: the message, its links to every record that has
// one of its recipients' addresses, and to those that the agent named. It is handed to submit.
func (d *Desk) Departed(ctx context.Context, lease *store.Lease, acc *store.Account, sub *store.Submission, sent *mimemail.Message) error {
	own, err := d.own(ctx, acc.Tenant)
	if err != nil {
		return err
	}
	a := d.departure(acc, sub, sent)
	// The server has taken the mail: that must be written down soon, whatever the host does.
	asking, done := context.WithTimeout(ctx, askSent)
	found := d.ask(asking, acc.Tenant, []linker.Message{question(&a, own)})
	if asking.Err() != nil && ctx.Err() == nil { // our patience is over, not the caller's
		d.rest(acc.Tenant)
	}
	done()
	return d.DB.Write(ctx, lease, func(tx *store.Tx) error {
		before := false   // it had left for others
		if lease == nil { // a person's word, not a server's
			now, err := tx.LockSubmission(sub.Tenant, sub.ID)
			if err != nil {
				return err
			}
			if now.State != store.Uncertain {
				return fmt.Errorf("submission %s is %s, not uncertain: %w", sub.ID, now.State, storage.ErrConflict)
			}
			before = now.SentCopy != store.CopyNone
		}
		arrived, err := tx.Arrive(acc.ID, []store.Arrival{a})
		if err != nil {
			return fmt.Errorf("recording submission %s: %w", sub.ID, err)
		}
		message := arrived[0].Message
		sub.Message = message
		w := d.writing(tx, acc.Tenant, sub.Agent)
		if arrived[0].NewMessage {
			w.event(store.Event{Type: "message.new", Account: acc.ID, Message: message})
		}
		told := "outbox.sent"
		if before {
			told = "outbox.updated"
		}
		w.event(store.Event{Type: told, Account: acc.ID, Message: message, Subject: sub.ID})
		w.account = acc.ID
		w.enter(message, found[0])
		for _, ref := range sub.Entities {
			w.manual(message, storage.Entity{Ref: ref})
		}
		if err := w.flush(); err != nil {
			return err
		}
		if err := tx.UpdateSubmission(sub); err != nil {
			return fmt.Errorf("noting that submission %s left: %w", sub.ID, err)
		}
		return nil
	})
}
