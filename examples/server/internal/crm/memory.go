package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/memstore"
)

// Memory is a CRM in memory as pages show it.
type Memory struct {
	records *memstore.CRM
	host    storage.Host
}

// OverMemory shows a CRM in memory.
func OverMemory(records *memstore.CRM) *Memory {
	return &Memory{records: records, host: records.Host()}
}

// Get is one record. [storage.ErrNotFound] when it is not there or the Actor may not see it.
func (m *Memory) Get(ctx context.Context, actor storage.Actor, ref storage.Ref) (storage.Entity, error) {
	visible, err := m.visible(ctx, actor, []storage.Ref{ref})
	if err != nil {
		return storage.Entity{}, err
	}
	entity, ok := m.records.Get(ref)
	if !ok || !visible[ref] {
		return storage.Entity{}, fmt.Errorf("record %s/%s: %w", ref.Kind, ref.ID, storage.ErrNotFound)
	}
	return entity, nil
}

func (m *Memory) visible(ctx context.Context, actor storage.Actor, refs []storage.Ref) (map[storage.Ref]bool, error) {
	visible := make(map[storage.Ref]bool, len(refs))
	for chunk := range slices.Chunk(refs, storage.MaxAccessRefs) {
		res, err := m.host.Access.Visible(ctx, storage.AccessRequest{Actor: actor, Refs: chunk})
		if err != nil {
			return nil, err
		}
		for _, ref := range res.Visible {
			visible[ref] = true
		}
	}
	return visible, nil
}

// Fields are a record's fields with their values, in the order in which a person reads them. Fields without a value are left out.
func (m *Memory) Fields(ctx context.Context, actor storage.Actor, ref storage.Ref) ([]storage.Field, map[string]storage.Value, error) {
	return fieldsOf(ctx, m.host.Fields, actor, ref)
}

// Children are the contacts and deals of a company, those of its contacts too, and the deals of a contact, by kind and name.
func (m *Memory) Children(ctx context.Context, actor storage.Actor, ref storage.Ref) ([]storage.Entity, error) {
	return m.pick(ctx, actor, func(e storage.Entity) bool {
		if e.Parent == ref {
			return true
		}
		parent, ok := m.records.Get(e.Parent)
		return ok && ref.Kind == storage.KindAccount && e.Kind == storage.KindDeal && parent.Kind == storage.KindContact && parent.Parent == ref
	})
}

// pick are the visible records that fit, by kind and name.
func (m *Memory) pick(ctx context.Context, actor storage.Actor, fits func(storage.Entity) bool) ([]storage.Entity, error) {
	found := slices.DeleteFunc(m.records.Records(actor.Tenant), func(e storage.Entity) bool { return !fits(e) })
	refs := make([]storage.Ref, len(found))
	for i, e := range found {
		refs[i] = e.Ref
	}
	visible, err := m.visible(ctx, actor, refs)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(e storage.Entity) bool { return !visible[e.Ref] })
	slices.SortStableFunc(found, func(a, b storage.Entity) int {
		return strings.Compare(sortKey(a), sortKey(b))
	})
	return found, nil
}

// sortKey orders records by kind and name; the id makes it unique.
func sortKey(e storage.Entity) string { return string(e.Kind) + "\x00" + fold(e.Name) + "\x00" + e.ID }

// List is a page of the records of a kind (empty: of all) that fit a query (empty: all), by kind and name.
func (m *Memory) List(ctx context.Context, actor storage.Actor, kind storage.Kind, query, cursor string) (records []storage.Entity, next string, err error) {
	after, err := decodeCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	records, err = m.pick(ctx, actor, func(e storage.Entity) bool {
		return (kind == "" || e.Kind == kind) && sortKey(e) > after && fits(query, words(e))
	})
	if err != nil {
		return nil, "", err
	}
	if len(records) > pageOf {
		records = records[:pageOf]
		next = encodeCursor(sortKey(records[pageOf-1]))
	}
	return records, next, nil
}
