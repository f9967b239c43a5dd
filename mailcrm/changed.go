package mailcrm

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/storage"
)

// Changed tells mailcrm what became of records, so that their mail follows: a host calls it after it merged, converted, deleted records or changed their
// addresses. Merged records' history moves to the one that remains; mail of addresses that a record got is linked to it, as far as it is in the history
// already; a deleted record keeps its history.
//
// It returns when all of it is done, but for what the host's Directory cannot say for now: that is made up for by itself. After an error call it again with
// the same changes: nothing is done twice.
func (c *Client) Changed(ctx context.Context, changes []storage.EntityChange) error {
	if c.closed.Load() {
		return ErrClosed
	}
	for _, change := range changes {
		ref := change.Ref
		if err := checkTenant(ref.Tenant); err != nil {
			return err
		}
		if ref.Kind == "" || ref.ID == "" {
			return storage.Invalid("Ref", "required", "name the record that changed: its kind and its id")
		}
		c.linker.Invalidate(ref.Tenant, change.Addresses...)
		if len(change.Was) > 0 {
			if err := c.deliver.Moved(ctx, change.Was, ref); err != nil {
				return fmt.Errorf("moving the history to %s/%s: %w", ref.Kind, ref.ID, err)
			}
		}
		if change.Gone {
			continue
		}
		for _, address := range change.Addresses {
			if err := c.deliver.Relink(ctx, ref.Tenant, address); err != nil {
				return fmt.Errorf("linking the earlier mail of %s/%s: %w", ref.Kind, ref.ID, err)
			}
		}
	}
	return nil
}
