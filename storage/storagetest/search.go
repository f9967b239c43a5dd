package storagetest

import (
	"context"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

func searchChecks() []Check {
	return []Check{
		{
			Power: "Searcher", Name: "finds by name", run: searchFinds,
			Says: "Search returns records that fit Query in the way of the host's own search. (A whole name fits.)",
		},
		{
			Power: "Searcher", Name: "any characters", run: searchCharacters,
			Says: "Query has at most 255 bytes, any characters. Nothing found is no error.",
		},
		{
			Power: "Searcher", Name: "at most Limit", run: searchLimit,
			Says: "Search returns at most Limit records; More says that more would fit.",
		},
		{
			Power: "Searcher", Name: "kinds", run: searchKinds,
			Says: "Kinds restricts the search; empty means all.",
		},
		{
			Power: "Searcher", Name: "empty query", run: searchEmpty,
			Says: "An empty Query returns those that the host thinks likely, or none.",
		},
		{
			Power: "Searcher", Name: "only what the actor may see", run: searchHidden, needs: []need{needAccess},
			Says: "Search returns records that Actor may see.",
		},
		{
			Power: "Searcher", Name: "deleted records are gone", run: searchDeleted, needs: []need{needDelete},
			Says: "What is deleted is not found.",
		},
		{
			Power: "Searcher", Name: "tenants do not cross", run: searchTenants, needs: []need{needTenants},
			Says: "A driver never returns anything of another tenant.",
		},
		{
			Power: "Searcher", Name: "results belong to the caller", run: searchOwnership,
			Says: "What is returned belongs to the caller; what is passed in is not kept after the return, and not changed.",
		},
		{
			Power: "Searcher", Name: "many at once", run: searchAtOnce,
			Says: "Methods are called from several goroutines at once.",
		},
		{
			Power: "Searcher", Name: "honours its context", run: searchCancelled,
			Says: "When the context ends they return soon, with its error.",
		},
	}
}

// search asks and checks what holds for every answer.
func (b *bench) search(ctx context.Context, req storage.SearchRequest) ([]storage.Ref, bool) {
	result, err := b.Host.Search.Search(ctx, req)
	if !b.ok(err, "search for %q", req.Query) {
		return nil, false
	}
	if len(result.Entities) > req.Limit {
		b.errorf("search for %q: %d records, the limit was %d", req.Query, len(result.Entities), req.Limit)
	}
	var refs []storage.Ref
	for _, entity := range result.Entities {
		b.entity(entity, req.Actor.Tenant, "search")
		if slices.Contains(refs, entity.Ref) {
			b.errorf("search for %q: %v stands in the result twice", req.Query, entity.Ref)
		}
		refs = append(refs, entity.Ref)
	}
	return refs, result.More
}

// found reports whether an Actor finds a record of the cast by its whole name.
func (b *bench) found(ctx context.Context, actor storage.Actor, key, name string) bool {
	refs, _ := b.search(ctx, storage.SearchRequest{Actor: actor, Query: name, Limit: storage.MaxSearchResults})
	return slices.Contains(refs, b.ref(actor.Tenant, key))
}

func searchFinds(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		for _, p := range castParts() {
			if !b.found(ctx, b.insider(tenant), p.key, p.name) {
				b.errorf("search for %q does not find the %s of that name", p.name, p.kind)
			}
		}
	}
}

func searchCharacters(ctx context.Context, b *bench) {
	for _, query := range []string{
		"zzzzqqqqxxxx", "%", "_", "'", `"`, `\`, "*", "?", "(", "[", "{", "~", ":", "@", "-", "--", "a' OR 'a'='a", `a" OR "a"="a`, "NOT", "AND", `NEAR("a b")`, "a*b",
		" ", "\t\r\n", "\x00", "\xff\xfe", "日本語", "🙂", "<script>", "ann\x00leonard", strings.Repeat("é", 127), strings.Repeat("a ", 127),
	} {
		b.search(ctx, storage.SearchRequest{Actor: b.insider(b.tenants[0]), Query: query, Limit: 5})
	}
	if refs, _ := b.search(ctx, storage.SearchRequest{Actor: b.insider(b.tenants[0]), Query: "x' OR '1'='1", Limit: storage.MaxSearchResults}); len(refs) > crowd {
		b.errorf("search for a piece of SQL finds %d records", len(refs))
	}
	if !b.found(ctx, b.insider(b.tenants[0]), "ann", "Ann Leonard") {
		b.errorf("after odd queries nothing is found any more")
	}
}

func searchLimit(ctx context.Context, b *bench) {
	actor := b.insider(b.tenants[0])
	for _, limit := range []int{1, 2, crowd - 1} {
		refs, more := b.search(ctx, storage.SearchRequest{Actor: actor, Query: "Crowd Member", Limit: limit})
		if len(refs) != limit || !more {
			b.errorf("search for %d records with limit %d: got %d, More %v", crowd, limit, len(refs), more)
		}
	}
	refs, more := b.search(ctx, storage.SearchRequest{Actor: actor, Query: "Crowd Member", Limit: storage.MaxSearchResults})
	if len(refs) < crowd || more {
		b.errorf("search for %d records with limit %d: got %d, More %v", crowd, storage.MaxSearchResults, len(refs), more)
	}
	if _, more := b.search(ctx, storage.SearchRequest{Actor: actor, Query: "Solitary " + letters(actor.Tenant), Limit: 1}); more {
		b.errorf("search for the name of one record says that more would fit")
	}
}

func searchKinds(ctx context.Context, b *bench) {
	actor := b.insider(b.tenants[0])
	for _, test := range []struct {
		kinds []storage.Kind
		key   string
		found bool
	}{
		{nil, "acme", true},
		{[]storage.Kind{storage.KindAccount}, "acme", true},
		{[]storage.Kind{storage.KindContact, storage.KindAccount}, "acme", true},
		{[]storage.Kind{storage.KindContact}, "acme", false},
		{[]storage.Kind{"no-such-kind"}, "acme", false},
	} {
		refs, _ := b.search(ctx, storage.SearchRequest{Actor: actor, Query: "Acme Furniture", Kinds: test.kinds, Limit: storage.MaxSearchResults})
		if slices.Contains(refs, b.ref(actor.Tenant, test.key)) != test.found {
			b.errorf("search for a company among kinds %q: found %v", test.kinds, !test.found)
		}
		for _, ref := range refs {
			if len(test.kinds) > 0 && !slices.Contains(test.kinds, ref.Kind) {
				b.errorf("search among kinds %q finds a %q", test.kinds, ref.Kind)
			}
		}
	}
}

func searchEmpty(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		b.search(ctx, storage.SearchRequest{Actor: b.insider(tenant), Limit: 3})
	}
}

func searchHidden(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		if !b.found(ctx, b.insider(tenant), "hidden", "Hidden Person") {
			b.errorf("an Actor who may see a record does not find it")
		}
		if b.found(ctx, b.outsider(tenant), "hidden", "Hidden Person") {
			b.errorf("an Actor who may not see a record finds it")
		}
		if refs, _ := b.search(ctx, storage.SearchRequest{Actor: b.outsider(tenant), Limit: storage.MaxSearchResults}); slices.Contains(refs, b.ref(tenant, "hidden")) {
			b.errorf("an Actor who may not see a record is offered it for an empty query")
		}
	}
}

func searchDeleted(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	if b.ok(b.Delete(ctx, b.ref(tenant, "spare")), "deleting") && b.found(ctx, b.insider(tenant), "spare", "Spare Person") {
		b.errorf("a deleted record is found")
	}
}

func searchTenants(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		if !b.found(ctx, b.insider(tenant), "only", "Solitary "+letters(tenant)) {
			b.errorf("tenant %q does not find what it alone has", tenant)
		}
		for _, query := range []string{"Ann Leonard", "Solitary " + letters(b.other(tenant)), ""} {
			refs, _ := b.search(ctx, storage.SearchRequest{Actor: b.insider(tenant), Query: query, Limit: storage.MaxSearchResults})
			for _, ref := range refs {
				if ref.ID == b.ref(b.other(tenant), "only").ID {
					b.errorf("tenant %q finds what only tenant %q has", tenant, b.other(tenant))
				}
			}
		}
	}
}

func searchOwnership(ctx context.Context, b *bench) {
	actor := b.insider(b.tenants[0])
	kinds := []storage.Kind{storage.KindContact, storage.KindAccount}
	result, err := b.Host.Search.Search(ctx, storage.SearchRequest{Actor: actor, Query: "Ann Leonard", Kinds: kinds, Limit: 10})
	if !b.ok(err, "search") {
		return
	}
	if !slices.Equal(kinds, []storage.Kind{storage.KindContact, storage.KindAccount}) {
		b.errorf("search changed the kinds of its request")
	}
	for i := range result.Entities {
		for j := range result.Entities[i].Addresses {
			result.Entities[i].Addresses[j] = "spoilt@acme.example"
		}
		result.Entities[i] = storage.Entity{}
	}
	again, err := b.Host.Search.Search(ctx, storage.SearchRequest{Actor: actor, Query: "Ann Leonard", Limit: 10})
	if !b.ok(err, "search") {
		return
	}
	for _, entity := range again.Entities {
		if slices.Contains(entity.Addresses, "spoilt@acme.example") || entity.ID == "" {
			b.errorf("a change to a result shows in the next one")
		}
	}
	if len(again.Entities) != len(result.Entities) {
		b.errorf("the same search found %d records, then %d", len(result.Entities), len(again.Entities))
	}
}

func searchAtOnce(ctx context.Context, b *bench) {
	b.atOnce(8, func(i int) {
		tenant := b.tenants[i%len(b.tenants)]
		for range 3 {
			if !b.found(ctx, b.insider(tenant), "ann", "Ann Leonard") {
				b.errorf("a search among others finds nothing")
			}
		}
	})
}

func searchCancelled(ctx context.Context, b *bench) {
	b.cancelled(ctx, "search", func(ctx context.Context) error {
		_, err := b.Host.Search.Search(ctx, storage.SearchRequest{Actor: b.insider(b.tenants[0]), Query: "Ann", Limit: 5})
		return err
	})
}
