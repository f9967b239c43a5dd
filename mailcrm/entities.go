package mailcrm

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/storage"
)

// Entities are the records of the CRM, through the powers that the host offers.
type Entities struct{ s *Session }

// Search finds records by name, among those that the Actor may see. [ErrUnavailable] when the host offers no search.
func (e *Entities) Search(ctx context.Context, query string, kinds ...storage.Kind) ([]storage.Entity, error) {
	if err := e.s.enter(ctx); err != nil {
		return nil, err
	}
	if len(query) > 255 {
		return nil, storage.Invalid("Query", "too_long", "search for at most 255 bytes")
	}
	host := e.s.client.cfg.Host
	if host.Search == nil {
		return nil, notOffered("search", "Host.Search")
	}
	ctx, done := context.WithTimeout(ctx, e.s.client.cfg.LookupTimeout)
	defer done()
	res, err := host.Search.Search(ctx, storage.SearchRequest{Actor: e.s.actor, Query: query, Kinds: kinds, Limit: 20})
	if err != nil {
		return nil, hostFailed("searching the CRM", err)
	}
	return e.s.visibleEntities(ctx, res.Entities)
}

// ByAddress returns the records that have an address, among those that the Actor may see.
func (e *Entities) ByAddress(ctx context.Context, address string) ([]storage.Entity, error) {
	if err := e.s.enter(ctx); err != nil {
		return nil, err
	}
	normal := linker.Normalize(address)
	if normal == "" {
		return nil, storage.Invalid("Address", "bad_address", "enter a whole address, like name@example.com")
	}
	ask, done := context.WithTimeout(ctx, e.s.client.cfg.LookupTimeout)
	defer done()
	res, err := e.s.client.cfg.Host.Directory.Lookup(ask, storage.LookupRequest{Tenant: e.s.actor.Tenant, Addresses: []string{normal}})
	if err != nil {
		return nil, hostFailed("asking the CRM who has this address", err)
	}
	var found []storage.Entity
	for _, m := range res.Matches {
		if m.Address == normal {
			found = append(found, m.Entity)
		}
	}
	return e.s.visibleEntities(ctx, found)
}

// Create makes a record ("quick create"), and links the mail of its address that is in the history already. When the host thinks that it exists already, it
// returns the candidates and makes nothing; [ErrConflict] when the Actor may see none of them.
func (e *Entities) Create(ctx context.Context, in storage.CreateRequest) (storage.CreateResult, error) {
	if err := e.s.enter(ctx); err != nil {
		return storage.CreateResult{}, err
	}
	host := e.s.client.cfg.Host
	if host.Create == nil {
		return storage.CreateResult{}, notOffered("creating records", "Host.Create")
	}
	in.Actor = e.s.actor
	if in.Address != "" {
		if in.Address = linker.Normalize(in.Address); in.Address == "" {
			return storage.CreateResult{}, storage.Invalid("Address", "bad_address", "enter a whole address, like name@example.com")
		}
	}
	if in.Key == "" {
		in.Key = e.s.client.db.NewID(e.s.actor.Tenant)
	}
	ask, done := context.WithTimeout(ctx, e.s.client.cfg.LookupTimeout)
	defer done()
	res, err := host.Create.Create(ask, in)
	if err != nil {
		return storage.CreateResult{}, hostFailed("creating the record", err)
	}
	if len(res.Duplicates) > 0 {
		return e.duplicates(ctx, res)
	}
	if in.Address == "" {
		return res, nil
	}
	e.s.client.linker.Invalidate(e.s.actor.Tenant, in.Address)
	if err := e.s.client.deliver.Relink(ctx, e.s.actor.Tenant, in.Address); err != nil {
		return res, fmt.Errorf("linking the earlier mail of the new record: %w", err)
	}
	return res, nil
}

func (e *Entities) duplicates(ctx context.Context, res storage.CreateResult) (storage.CreateResult, error) {
	seen, err := e.s.visibleEntities(ctx, res.Duplicates)
	if err != nil {
		return storage.CreateResult{}, err
	}
	if len(seen) == 0 {
		return storage.CreateResult{}, fmt.Errorf("a record like this exists, which you may not see: ask for it, or allow a duplicate: %w", ErrConflict)
	}
	res.Duplicates = seen
	return res, nil
}

func (s *Session) visibleEntities(ctx context.Context, found []storage.Entity) ([]storage.Entity, error) {
	refs := make([]storage.Ref, len(found))
	for i, f := range found {
		refs[i] = f.Ref
	}
	seen, err := s.client.visible(ctx, s.actor, refs)
	if err != nil {
		return nil, err
	}
	out := make([]storage.Entity, 0, len(found))
	for _, f := range found {
		if seen[f.Ref] {
			out = append(out, f)
		}
	}
	return out, nil
}

func notOffered(what, power string) error {
	return &storage.Cause{Code: "host.not_offered", Detail: what + " needs " + power, Err: ErrUnavailable}
}
