package memstore

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/mailcrm/sdk/storage"
)

type history struct{ crm *CRM }

// An entry is a row of the history table. A deleted one stays as its revision, so that a late Put does not bring it back.
type entry struct {
	storage.Entry
	revision int64
	deleted  bool
}

// Entries is the history of a record as mailcrm wrote it, newest first; that of every record of the tenant when only the tenant of ref is set.
func (c *CRM) Entries(ref storage.Ref) []storage.Entry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := ref == storage.Ref{Tenant: ref.Tenant}
	var found []storage.Entry
	for _, e := range c.peek(ref.Tenant).entries {
		if !e.deleted && (all || e.Entity == ref) {
			found = append(found, e.copy())
		}
	}
	slices.SortFunc(found, func(a, b storage.Entry) int { return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.ID, b.ID)) })
	return found
}

func (e *entry) copy() storage.Entry {
	row := e.Entry
	row.To = slices.Clone(row.To)
	return row
}

// newer reports whether a revision of an entry is one that was not seen.
func (w *world) newer(id string, revision int64) bool {
	seen := w.entries[id]
	return seen == nil || revision > seen.revision
}

// Put writes a row.
func (h history) Put(ctx context.Context, req storage.PutEntryRequest) (storage.PutEntryResult, error) {
	return call(ctx, h.crm, "History.Put", func() (storage.PutEntryResult, error) {
		h.crm.mu.Lock()
		defer h.crm.mu.Unlock()
		w := h.crm.world(req.Tenant)
		if req.Entry.ID == "" {
			return storage.PutEntryResult{}, storage.Invalid("Entry.ID", "required", "Give the entry an id.")
		}
		if w.newer(req.Entry.ID, req.Revision) {
			row := entry{Entry: req.Entry, revision: req.Revision}
			row.To = slices.Clone(row.To)
			w.entries[req.Entry.ID] = &row
		}
		return storage.PutEntryResult{}, nil
	})
}

// Delete removes a row and remembers its revision.
func (h history) Delete(ctx context.Context, req storage.DeleteEntryRequest) (storage.DeleteEntryResult, error) {
	return call(ctx, h.crm, "History.Delete", func() (storage.DeleteEntryResult, error) {
		h.crm.mu.Lock()
		defer h.crm.mu.Unlock()
		w := h.crm.world(req.Tenant)
		if w.newer(req.ID, req.Revision) {
			w.entries[req.ID] = &entry{revision: req.Revision, deleted: true}
		}
		return storage.DeleteEntryResult{}, nil
	})
}

// List returns a page of ids.
func (h history) List(ctx context.Context, req storage.ListEntriesRequest) (storage.ListEntriesResult, error) {
	return call(ctx, h.crm, "History.List", func() (storage.ListEntriesResult, error) {
		var result storage.ListEntriesResult
		if err := checkPage(req.Limit); err != nil {
			return result, err
		}
		h.crm.mu.RLock()
		defer h.crm.mu.RUnlock()
		entries := h.crm.peek(req.Tenant).entries
		for _, id := range slices.Sorted(maps.Keys(entries)) {
			if id <= req.After || entries[id].deleted {
				continue
			}
			if len(result.Entries) == req.Limit {
				break
			}
			result.Entries = append(result.Entries, storage.EntryRevision{ID: id, Revision: entries[id].revision})
		}
		return result, nil
	})
}
