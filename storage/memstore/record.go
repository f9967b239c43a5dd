package memstore

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// A record is one company, contact, deal or whatever the host has.
type record struct {
	entity  storage.Entity
	values  map[string]storage.Value // of fields that are not derived from entity
	words   []string                 // folded, for search
	touched uint64
}

// Add adds records, or replaces those of the same Ref; fields set earlier stay. A record without an ID gets one ("1", "2" … in each tenant), one
// without a Kind is a contact. The result has their Refs in order.
func (c *CRM) Add(entities ...storage.Entity) []storage.Ref {
	c.mu.Lock()
	defer c.mu.Unlock()
	refs := make([]storage.Ref, 0, len(entities))
	for _, entity := range entities {
		refs = append(refs, c.add(entity).entity.Ref)
	}
	return refs
}

func (c *CRM) add(entity storage.Entity) *record {
	w := c.world(entity.Tenant)
	if entity.Kind == "" {
		entity.Kind = storage.KindContact
	}
	for entity.ID == "" {
		w.lastID++
		candidate := entity.Ref
		candidate.ID = strconv.Itoa(w.lastID)
		if w.records[candidate] == nil {
			entity.Ref = candidate
		}
	}
	delete(w.merged, entity.Ref)
	r := w.records[entity.Ref]
	if r == nil {
		r = &record{values: make(map[string]storage.Value)}
		w.records[entity.Ref] = r
	}
	c.change(w, r, entity)
	return r
}

// change gives a record what entity says and keeps the indexes.
func (c *CRM) change(w *world, r *record, entity storage.Entity) {
	w.unindex(r)
	entity.Addresses = slices.Clone(entity.Addresses)
	r.entity = entity
	for _, address := range entity.Addresses {
		key := fold(address)
		if w.addresses[key] == nil {
			w.addresses[key] = make(map[storage.Ref]bool)
		}
		w.addresses[key][entity.Ref] = true
	}
	r.words = searchWords(entity)
	c.clock++
	r.touched = c.clock
}

func (w *world) unindex(r *record) {
	for _, address := range r.entity.Addresses {
		key := fold(address)
		delete(w.addresses[key], r.entity.Ref)
		if len(w.addresses[key]) == 0 {
			delete(w.addresses, key)
		}
	}
}

// fold is the form in which addresses are compared.
func fold(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

// Get is the record that ref names now, after merges; false when it is not there.
func (c *CRM) Get(ref storage.Ref) (storage.Entity, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if r := c.peek(ref.Tenant).find(ref); r != nil {
		return r.copy(), true
	}
	return storage.Entity{}, false
}

// find follows merges. Nil: nothing there.
func (w *world) find(ref storage.Ref) *record { return w.records[w.current(ref)] }

// current is the Ref that a record has now.
func (w *world) current(ref storage.Ref) storage.Ref {
	for range len(w.merged) + 1 { // a chain has no more links
		next, moved := w.merged[ref]
		if !moved {
			return ref
		}
		ref = next
	}
	return ref
}

func (r *record) copy() storage.Entity {
	entity := r.entity
	entity.Addresses = slices.Clone(entity.Addresses)
	return entity
}

// SetAddresses replaces the addresses of a record, the preferred one first, and returns the change to report to mailcrm.
func (c *CRM) SetAddresses(ref storage.Ref, addresses ...string) (storage.EntityChange, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.world(ref.Tenant)
	r := w.find(ref)
	if r == nil {
		return storage.EntityChange{}, fmt.Errorf("setting addresses: %w", storage.ErrNotFound)
	}
	changed := union(r.entity.Addresses, addresses)
	entity := r.entity
	entity.Addresses = addresses
	c.change(w, r, entity)
	return storage.EntityChange{Ref: r.entity.Ref, Addresses: changed}, nil
}

// Delete removes a record and returns the change to report to mailcrm. Its documents are seen no more.
func (c *CRM) Delete(ref storage.Ref) (storage.EntityChange, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.world(ref.Tenant)
	r := w.find(ref)
	if r == nil {
		return storage.EntityChange{}, fmt.Errorf("deleting: %w", storage.ErrNotFound)
	}
	w.unindex(r)
	delete(w.records, r.entity.Ref)
	w.replaceParent(r.entity.Ref, storage.Ref{})
	for _, l := range w.lists {
		l.replace(r.entity.Ref, storage.Ref{})
	}
	return storage.EntityChange{Ref: r.entity.Ref, Addresses: slices.Clone(r.entity.Addresses), Gone: true}, nil
}

// Merge makes records one: into gets the addresses, documents, list places and children of from, and those of its fields that it has not. It
// returns the change to report to mailcrm. Records of another kind are merged too, as when a lead is converted.
func (c *CRM) Merge(into storage.Ref, from ...storage.Ref) (storage.EntityChange, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.world(into.Tenant)
	target := w.find(into)
	if target == nil {
		return storage.EntityChange{}, fmt.Errorf("merging: %w", storage.ErrNotFound)
	}
	for _, ref := range from {
		if ref.Tenant != into.Tenant || w.records[ref] == nil || ref == target.entity.Ref {
			return storage.EntityChange{}, fmt.Errorf("merging: %w", storage.ErrNotFound)
		}
	}
	change := storage.EntityChange{Ref: target.entity.Ref}
	for _, ref := range from {
		r := w.records[ref]
		if r == nil {
			continue // named twice
		}
		w.unindex(r)
		delete(w.records, ref)
		w.merged[ref] = target.entity.Ref
		entity := target.entity
		entity.Addresses = union(entity.Addresses, r.entity.Addresses)
		if entity.Parent.IsZero() && r.entity.Parent != entity.Ref {
			entity.Parent = r.entity.Parent
		}
		c.change(w, target, entity)
		for name, value := range r.values {
			if target.values[name].Type == storage.ValueEmpty {
				target.values[name] = value
			}
		}
		w.replaceParent(ref, target.entity.Ref)
		w.moveTree(ref, target.entity.Ref)
		for _, l := range w.lists {
			l.replace(ref, target.entity.Ref)
		}
		change.Was = append(change.Was, ref)
		change.Addresses = union(change.Addresses, r.entity.Addresses)
	}
	return change, nil
}

func (w *world) replaceParent(old, now storage.Ref) {
	for _, r := range w.records {
		if r.entity.Parent == old {
			r.entity.Parent = now
			if now == r.entity.Ref {
				r.entity.Parent = storage.Ref{}
			}
		}
	}
}

// union is a and then what only b has, compared as addresses.
func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, address := range b {
		if !slices.ContainsFunc(all, func(other string) bool { return fold(other) == fold(address) }) {
			all = append(all, address)
		}
	}
	return all
}

// Records is every record of a tenant, in no order that means anything but always the same.
func (c *CRM) Records(tenant storage.Tenant) []storage.Entity {
	c.mu.RLock()
	defer c.mu.RUnlock()
	w := c.peek(tenant)
	refs := slices.SortedFunc(maps.Keys(w.records), compareRefs)
	entities := make([]storage.Entity, 0, len(refs))
	for _, ref := range refs {
		entities = append(entities, w.records[ref].copy())
	}
	return entities
}

// compareRefs orders by kind, then by id: numbers as numbers.
func compareRefs(a, b storage.Ref) int {
	length := 0
	if digits(a.ID) && digits(b.ID) {
		length = len(a.ID) - len(b.ID)
	}
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), length, cmp.Compare(a.ID, b.ID))
}

func digits(id string) bool { return strings.Trim(id, "0123456789") == "" }
