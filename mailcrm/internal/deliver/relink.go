package deliver

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Relink links the mail of an address that is in the history already to the records that have it now: a contact that was created later gets its earlier mails.
// What a person unlinked stays unlinked, and what the host cannot say now is made up for by [Desk.Retry].
func (d *Desk) Relink(ctx context.Context, tenant storage.Tenant, address string) error {
	normal := linker.Normalize(address)
	if normal == "" {
		return nil
	}
	own, err := d.own(ctx, tenant)
	if err != nil {
		return err
	}
	for after := ""; ; {
		ids, err := d.DB.MessagesByAddress(ctx, tenant, normal, after, retryBatch)
		if err != nil {
			return fmt.Errorf("reading the mail of an address: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		after = ids[len(ids)-1]
		facts, err := d.DB.LinkFacts(ctx, tenant, ids)
		if err != nil {
			return fmt.Errorf("reading %d messages: %w", len(ids), err)
		}
		var entered []string
		var ask []linker.Message
		for _, id := range ids {
			if f, ok := facts[id]; ok && f.LinkState == stateLinked {
				entered = append(entered, id)
				ask = append(ask, asMessage(tenant, f.Direction, f.Standing, f.Participants, own))
			}
		}
		found := d.ask(ctx, tenant, ask)
		err = d.DB.Write(ctx, nil, func(tx *store.Tx) error {
			w := d.writing(tx, tenant, storage.SystemAgent)
			for i, id := range entered {
				w.enter(id, found[i])
			}
			return w.flush()
		})
		if err != nil {
			return err
		}
	}
}

// Moved gives the history of records that were merged to the one that remains.
func (d *Desk) Moved(ctx context.Context, from []storage.Ref, to storage.Ref) error {
	for {
		var moved, dropped []store.Link
		err := d.DB.Write(ctx, nil, func(tx *store.Tx) error {
			var err error
			if moved, dropped, err = tx.MoveLinks(to.Tenant, from, to, retryBatch); err != nil {
				return err
			}
			w := d.writing(tx, to.Tenant, storage.SystemAgent)
			return w.moved(moved, dropped)
		})
		if err != nil {
			return err
		}
		if len(moved)+len(dropped) == 0 {
			return nil
		}
	}
}

// moved tells what became of links whose records were merged. A removed one was never shown, and goes on keeping its mail and its record apart.
func (w *writing) moved(moved, dropped []store.Link) error {
	var shown []store.Link
	gone := dropped
	for _, l := range moved {
		if l.Removed {
			gone = append(gone, l)
			continue
		}
		shown = append(shown, l)
		w.event(store.Event{Type: "link.moved", Message: l.Message, Subject: l.ID, Entity: l.Entity})
	}
	for _, l := range dropped {
		if !l.Removed {
			w.event(store.Event{Type: "link.removed", Message: l.Message, Subject: l.ID, Entity: l.Entity})
		}
	}
	if err := w.projected(shown, false); err != nil {
		return err
	}
	if err := w.projected(gone, true); err != nil {
		return err
	}
	return w.flush()
}
