// Package deliver is where every mail, received or sent, enters history: its copies, its message, its links, its ledger, its events and the host's
// projection, in one transaction. Whoever fetches or sends a mail hands it here; nobody else writes a link.
//
// A transaction never waits for the host. [Desk] first asks the linker, which asks the host's directory for a whole chunk at once, and then writes. When the
// host does not answer, the mail is recorded all the same, with its links pending: [Desk.Retry] makes them later.
//
// Which mail is linked, and when:
//
//   - what lies in Drafts, Junk or Trash: never. Out of Junk again, like new;
//   - sent mail: at once;
//   - received mail: at arrival, or when an agent opens it, as the account says. Until then [Desk.Explain] shows the candidates, and nothing is written.
//
// A link that a person removed stays removed: no automatic pass makes it again.
package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A Desk delivers. Its fields are set once; its methods may be called from several goroutines.
type Desk struct {
	DB      *store.DB
	Linker  *linker.Linker
	Keys    *seal.Keys
	Project bool // the host keeps a history of its own
	Logger  *slog.Logger

	mu     sync.Mutex
	asleep map[storage.Tenant]time.Time // tenants whose directory failed, and until when it is not asked
}

// retryLinks is how long a link waits after the host failed.
const retryLinks = 30 * time.Second

// The states of a message's links.
const (
	stateNone    = "none"
	statePending = "pending"
	stateLinked  = "linked"
)

// Chunk records what imapsync fetched of one mailbox. It is an [imapsync.Deliver].
func (d *Desk) Chunk(ctx context.Context, chunk *imapsync.Chunk) error {
	arrivals := make([]store.Arrival, len(chunk.Mails))
	own, err := d.own(ctx, chunk.Account.Tenant)
	if err != nil {
		return err
	}
	server, err := d.acquaintance(ctx, chunk)
	if err != nil {
		return err
	}
	for i := range chunk.Mails {
		arrivals[i] = d.arrival(chunk, &chunk.Mails[i], own, server.Servers)
	}
	enters := make([]bool, len(arrivals))
	var ask []linker.Message
	var asked []int
	for i := range arrivals {
		if entersAtArrival(chunk.Mailbox.Role, arrivals[i].Message.Direction, chunk.Account.Settings.Link) {
			enters[i] = true
			ask, asked = append(ask, question(&arrivals[i], own)), append(asked, i)
		}
	}
	found := d.ask(ctx, chunk.Account.Tenant, ask)
	results := make(map[int]linker.Result, len(asked))
	for k, i := range asked {
		results[i] = found[k]
	}
	return d.DB.Write(ctx, chunk.Lease, func(tx *store.Tx) error {
		ties, err := d.ties(ctx, tx, chunk, arrivals)
		if err != nil {
			return err
		}
		arrived, err := tx.Arrive(chunk.Account.ID, arrivals)
		if err != nil {
			return fmt.Errorf("recording %d mails of %s: %w", len(arrivals), chunk.Mailbox.Name, err)
		}
		w := d.writing(tx, chunk.Account.Tenant, storage.SystemAgent)
		w.account = chunk.Account.ID
		uids := make([]uint32, 0, len(chunk.Mails)+len(chunk.Vanished))
		for i, a := range arrived {
			uids = append(uids, chunk.Mails[i].UID)
			if a.NewMessage {
				w.event(store.Event{Type: "message.new", Account: chunk.Account.ID, Message: a.Message, Subject: a.Copy})
			}
			if a.Submission != "" {
				if err := d.returned(w, chunk, &chunk.Mails[i], a); err != nil {
					return err
				}
			}
			if t := ties[i]; t != nil {
				if err := d.reported(ctx, w, t, a.Message); err != nil {
					return fmt.Errorf("noting what a report says of submission %s: %w", t.sub.ID, err)
				}
			}
			switch {
			case !enters[i], ties[i].status():
			case a.LinkState != stateLinked:
				w.enter(a.Message, results[i])
			case a.NewCopy && len(arrivals[i].Message.Bcc) > 0:
				// Linked by a colleague's copy, on which the sender's Bcc does not stand.
				w.propose(a.Message, results[i])
			}
		}
		if err := w.flush(); err != nil {
			return err
		}
		if err := server.keep(tx, chunk.Account); err != nil {
			return err
		}
		return settle(tx, chunk, append(uids, chunk.Vanished...))
	})
}

// settle moves the chunk's UIDs out of the ledger's pending state.
func settle(tx *store.Tx, chunk *imapsync.Chunk, uids []uint32) error {
	tenant, mailbox := chunk.Account.Tenant, chunk.Mailbox.ID
	if err := tx.Settle(tenant, mailbox, chunk.UIDValidity, uids); err != nil {
		return fmt.Errorf("settling %d mails of %s: %w", len(uids), chunk.Mailbox.Name, err)
	}
	for _, letter := range chunk.Dead {
		if err := tx.Bury(tenant, mailbox, chunk.UIDValidity, letter); err != nil {
			return fmt.Errorf("noting the failure of a mail of %s: %w", chunk.Mailbox.Name, err)
		}
	}
	return nil
}

// entersAtArrival says whether a mail goes into the history as soon as it is fetched.
func entersAtArrival(role string, direction storage.Direction, setting string) bool {
	switch role {
	case "drafts", "junk", "trash":
		return false
	}
	return direction == storage.Sent || setting == "arrival"
}

// returned is told that a copy of one of our own submissions was seen on the server: the copy in Sent, which ends its filing and, if nobody knew
// whether it had left at all, the doubt. Of a mail that had left for some before, and was sent to the others in doubt, it proves nothing. A Message-ID that
// the server gave the copy is one of the submission's from now on: its recipients answer to that one.
func (d *Desk) returned(w *writing, chunk *imapsync.Chunk, mail *imapsync.Mail, a store.Arrived) error {
	sub, err := w.tx.LockSubmission(chunk.Account.Tenant, a.Submission)
	if err != nil {
		return fmt.Errorf("reading submission %s: %w", a.Submission, err)
	}
	if sub.Account != chunk.Account.ID || chunk.Mailbox.Role != "sent" {
		return nil // it came back by a list, or to another of our accounts
	}
	if id := mail.Parsed.MessageID; id != "" && id != sub.MessageID {
		if err := w.tx.AddSendIDs(sub.Tenant, sub.ID, []string{id}); err != nil {
			return err
		}
	}
	changed, first := false, sub.SentCopy == store.CopyNone
	if sub.SentCopy != store.CopyDone {
		sub.SentCopy, sub.SentMailbox, sub.SentUID = store.CopyDone, chunk.Mailbox.ID, mail.UID
		changed = true
	}
	// What we put into Sent ourselves proves nothing; but we do that only after the server took the mail.
	if sub.State == store.Uncertain && first {
		sub.State, sub.Finished, sub.Code = store.Accepted, w.tx.Now(), ""
		for i := range sub.Recipients {
			switch sub.Recipients[i].State {
			case "uncertain":
				sub.Recipients[i].State = "accepted"
			case "deferred", "pending": // they are still to get it
				sub.State, sub.Finished, sub.NextTry = store.Queued, time.Time{}, w.tx.Now()
			}
		}
		w.event(store.Event{Type: "outbox.sent", Account: sub.Account, Agent: sub.Agent, Message: a.Message, Subject: sub.ID})
		changed = true
	}
	if !changed {
		return nil
	}
	if err := w.tx.UpdateSubmission(sub); err != nil {
		return fmt.Errorf("noting the copy of submission %s: %w", sub.ID, err)
	}
	return nil
}
