package mailcrm

import (
	"context"

	"github.com/mailcrm/sdk/storage"
)

// Timeline is the history of a record: every mail sent or received that belongs to it.
type Timeline struct{ s *Session }

// A TimelineQuery asks for a page of a record's history.
type TimelineQuery struct {
	Entity storage.Ref
	Cursor string
	Limit  int // 1 to MaxPage. Defaults to DefaultPage
}

// List returns a page of the record's mails, newest first. A private mail of somebody else is a row without content. A record that the Actor may not
// see is [ErrNotFound]; one that has no mail has an empty history.
func (t *Timeline) List(ctx context.Context, q TimelineQuery) (Page[Message], error) {
	if err := t.s.enter(ctx); err != nil {
		return Page[Message]{}, err
	}
	if err := t.s.checkRef(q.Entity, "Entity"); err != nil {
		return Page[Message]{}, err
	}
	limit, err := pageSize(q.Limit)
	if err != nil {
		return Page[Message]{}, err
	}
	viewer, err := t.s.viewer(ctx)
	if err != nil {
		return Page[Message]{}, err
	}
	views, next, err := t.s.client.privacy.Timeline(ctx, viewer, q.Entity, q.Cursor, limit)
	if err != nil {
		return Page[Message]{}, err
	}
	page := Page[Message]{Items: make([]Message, len(views)), Next: next}
	for i, v := range views {
		page.Items[i] = message(v, t.s.actor)
	}
	return page, t.s.fillDeliveries(ctx, views, page.Items)
}
