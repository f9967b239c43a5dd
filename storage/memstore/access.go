package memstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/mailcrm/sdk/storage"
)

type access struct{ crm *CRM }

// OwnersOnly switches access by owner on or off. On, a record that has an Owner is seen only by him, by the groups of that name, by
// administrators and by the night's work; off, the default, everybody sees everything in his tenant.
func (c *CRM) OwnersOnly(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ownersOnly = on
}

// sees reports whether an Actor may see a record of his tenant; nil is not seen.
func (c *CRM) sees(actor storage.Actor, r *record) bool {
	switch {
	case r == nil || r.entity.Tenant != actor.Tenant:
		return false
	case !c.ownersOnly || r.entity.Owner == "" || r.entity.Owner == actor.Agent:
		return true
	}
	return actor.Admin || actor.Agent == storage.SystemAgent || slices.Contains(actor.Groups, r.entity.Owner)
}

// Visible returns the refs that the Actor may see.
func (a access) Visible(ctx context.Context, req storage.AccessRequest) (storage.AccessResult, error) {
	return call(ctx, a.crm, "Access.Visible", func() (storage.AccessResult, error) {
		var result storage.AccessResult
		if len(req.Refs) > storage.MaxAccessRefs {
			return result, fmt.Errorf("asking for %d records: %w: at most %d", len(req.Refs), storage.ErrLimit, storage.MaxAccessRefs)
		}
		a.crm.mu.RLock()
		defer a.crm.mu.RUnlock()
		w := a.crm.peek(req.Actor.Tenant)
		for _, ref := range req.Refs {
			if ref.Tenant == req.Actor.Tenant && a.crm.sees(req.Actor, w.find(ref)) {
				result.Visible = append(result.Visible, ref)
			}
		}
		return result, nil
	})
}
