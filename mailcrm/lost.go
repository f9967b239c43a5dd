package mailcrm

import (
	"context"
	"errors"
	"fmt"

	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/storage"
)

// MaxLost is how many mails one call of [Messages.Lost] takes.
const MaxLost = 200

// A LostInput names mails that somebody is about to delete.
type LostInput struct {
	Messages []string // ids, at most MaxLost
	// Mailbox is the id of the mailbox from which they would be deleted. Defaults to all in which they lie.
	Mailbox string
}

// A Lost is what would be lost of a mail for good if it were deleted: what is kept nowhere but in its mailbox.
type Lost struct {
	Message     string // id
	Attachments []Attachment
	Size        int64 // bytes of them, about
	// All says that not even the mail's text is kept, so that nobody knows what it has: mail that only lies in Junk or in the Trash.
	All bool
}

// Lost tells what deleting mails from their mailbox would lose for good, because its bytes are kept nowhere else: attachments of an account that does not store
// them (AccountInput.StoreAttachments). Mails of which nothing is lost are not among the answers, nor are those that the Actor may not see whole. Decorations are not
// told. It asks no server.
//
// Errors: [ErrLimit] for more than MaxLost.
func (m *Messages) Lost(ctx context.Context, in LostInput) ([]Lost, error) {
	if len(in.Messages) > MaxLost {
		return nil, fmt.Errorf("%d messages, at most %d: %w", len(in.Messages), MaxLost, ErrLimit)
	}
	if err := m.s.enter(ctx); err != nil {
		return nil, err
	}
	viewer, err := m.s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	var out []Lost
	for _, id := range in.Messages {
		view, err := m.s.client.privacy.Message(ctx, viewer, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		lost, err := m.s.lost(ctx, view, in.Mailbox)
		if err != nil {
			return nil, err
		}
		if lost.All || len(lost.Attachments) > 0 {
			out = append(out, lost)
		}
	}
	return out, nil
}

func (s *Session) lost(ctx context.Context, view privacy.View, mailbox string) (Lost, error) {
	lost := Lost{Message: view.Message.ID}
	if view.Answer != privacy.Full {
		return lost, nil
	}
	there := 0
	for _, c := range view.OnServer() {
		if mailbox != "" && c.Mailbox != mailbox {
			return lost, nil // another copy stays
		}
		there++
	}
	if there == 0 {
		return lost, nil // lost already
	}
	raw, outlined, err := s.document(ctx, view)
	switch {
	case storage.CauseCode(err) == "message.bytes_missing":
		lost.All, lost.Size = true, view.Message.Size
		return lost, nil
	case err != nil:
		return lost, err
	}
	if err := raw.Close(); err != nil || !outlined {
		return lost, err
	}
	parsed, err := s.parsed(ctx, view, nil)
	if err != nil {
		return lost, err
	}
	for _, p := range parsed.Attachments() {
		if p.Left > 0 {
			lost.Attachments = append(lost.Attachments, attachment(p))
			lost.Size += p.Size
		}
	}
	return lost, nil
}
