package mailcrm

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Links ties mails to records by hand, and unties them.
type Links struct{ s *Session }

// A LinkInput names a mail and a record.
type LinkInput struct {
	Message string
	Entity  storage.Ref
	Name    string // of the record, as a search showed it: for lists while the CRM does not answer. May be empty
}

// Add links a mail to a record because the Actor says so, also if it was unlinked before.
//
// Errors: [ErrNotFound] when he may not see the mail whole, or not the record.
func (l *Links) Add(ctx context.Context, in LinkInput) (*Link, error) {
	entity, err := l.target(ctx, in)
	if err != nil {
		return nil, err
	}
	made, err := l.s.client.deliver.Link(ctx, l.s.actor.Tenant, l.s.actor.Agent, in.Message, entity)
	if err != nil {
		return nil, err
	}
	return &links([]store.Link{made}, l.s.actor.Locale)[0], nil
}

// Remove takes a mail out of a record's history. It holds: nothing automatic links the two again. Removing what is not linked is [ErrNotFound].
func (l *Links) Remove(ctx context.Context, in LinkInput) error {
	if _, err := l.target(ctx, in); err != nil {
		return err
	}
	return l.s.client.deliver.Unlink(ctx, l.s.actor.Tenant, l.s.actor.Agent, in.Message, in.Entity)
}

func (l *Links) target(ctx context.Context, in LinkInput) (storage.Entity, error) {
	if err := l.s.enter(ctx); err != nil {
		return storage.Entity{}, err
	}
	if err := l.s.checkRef(in.Entity, "Entity"); err != nil {
		return storage.Entity{}, err
	}
	if len(in.Name) > 255 || hasControl(in.Name) {
		return storage.Entity{}, storage.Invalid("Name", "malformed", "a name has at most 255 bytes and no control characters")
	}
	view, err := l.s.view(ctx, in.Message)
	if err != nil {
		return storage.Entity{}, err
	}
	if view.Answer != privacy.Full {
		return storage.Entity{}, fmt.Errorf("message %s: %w", in.Message, ErrNotFound)
	}
	seen, err := l.s.client.visible(ctx, l.s.actor, []storage.Ref{in.Entity})
	if err != nil {
		return storage.Entity{}, err
	}
	if !seen[in.Entity] {
		return storage.Entity{}, fmt.Errorf("record %s/%s: %w", in.Entity.Kind, in.Entity.ID, ErrNotFound)
	}
	return storage.Entity{Ref: in.Entity, Name: in.Name}, nil
}
