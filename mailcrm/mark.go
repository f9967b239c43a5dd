package mailcrm

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// MaxMarks is how many mails one Mark changes.
const MaxMarks = 200

// A MarkInput says which mails to mark, and how; what is nil stays as it is.
type MarkInput struct {
	Messages []string
	Seen     *bool
	Flagged  *bool // the star
}

// Mark marks mails as read, unread, starred or not, in every mailbox of the Actor's where they lie. The server hears of it with the next sync; the last word
// counts. All of them are marked, or, after an error, none.
//
// Errors: [ErrNotFound] when the Actor may not read one of them in a mailbox; [ErrLimit] for more than MaxMarks.
func (m *Messages) Mark(ctx context.Context, in MarkInput) error {
	if err := m.s.enter(ctx); err != nil {
		return err
	}
	if len(in.Messages) > MaxMarks {
		return fmt.Errorf("mark at most %d mails at once: %w", MaxMarks, ErrLimit)
	}
	var add, remove store.Flags
	for _, f := range []struct {
		want *bool
		flag store.Flags
	}{{in.Seen, store.FlagSeen}, {in.Flagged, store.FlagFlagged}} {
		switch {
		case f.want == nil:
		case *f.want:
			add |= f.flag
		default:
			remove |= f.flag
		}
	}
	viewer, err := m.s.viewer(ctx)
	if err != nil {
		return err
	}
	var copies []string
	for _, id := range in.Messages {
		view, err := m.s.client.privacy.Message(ctx, viewer, id)
		if err != nil {
			return err
		}
		before := len(copies)
		for _, c := range view.Copies {
			if c.Gone.IsZero() && view.Answer == privacy.Full {
				copies = append(copies, c.ID)
			}
		}
		if len(copies) == before {
			return fmt.Errorf("message %s: %w", id, ErrNotFound)
		}
	}
	err = m.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		for _, id := range copies {
			if err := tx.Want(m.s.actor.Tenant, id, add, remove); err != nil {
				return err
			}
		}
		events := make([]store.Event, len(in.Messages))
		for i, id := range in.Messages {
			events[i] = store.Event{Tenant: m.s.actor.Tenant, Type: "message.updated", At: tx.Now(), Agent: m.s.actor.Agent, Message: id, Subject: id}
		}
		return tx.Emit(events)
	})
	if err != nil {
		return fmt.Errorf("marking %d mails: %w", len(in.Messages), err)
	}
	return nil
}
