package storagetest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

func directoryChecks() []Check {
	return []Check{
		{
			Power: "Directory", Name: "finds who has the address", run: lookupFinds,
			Says: "Lookup returns, for each address, every record of the tenant that has exactly this address among its addresses, of every kind that has addresses.",
		},
		{
			Power: "Directory", Name: "nobody is no error", run: lookupNobody,
			Says: "An address that nobody has is no error and has no match.",
		},
		{
			Power: "Directory", Name: "never a part of an address", run: lookupParts,
			Says: "A driver compares whole addresses, never a part of one.",
		},
		{
			Power: "Directory", Name: "case does not count", run: lookupCase,
			Says: "A driver compares without regard to case and answers with the address as it was asked.",
		},
		{
			Power: "Directory", Name: "case of other alphabets does not count", run: lookupForeignCase,
			needs: []need{{"case beyond ASCII (Harness.ASCIICase)", func(b *bench) bool { return !b.harness.ASCIICase }}},
			Says:  "A driver compares without regard to case.",
		},
		{
			Power: "Directory", Name: "accents count", run: lookupAccents,
			Says: "Lookup returns every record that has exactly this address.",
		},
		{
			Power: "Directory", Name: "is complete or says Truncated", run: lookupBatch,
			Says: "A driver that cannot return everything sets Truncated. It takes up to 1,000 addresses.",
		},
		{
			Power: "Directory", Name: "deleted records are gone", run: lookupDeleted, needs: []need{needDelete},
			Says: "Deleted records are not returned.",
		},
		{
			Power: "Directory", Name: "merged records have a new id", run: lookupMerged, needs: []need{needMerge},
			Says: "A merged record is returned under the id it has now.",
		},
		{
			Power: "Directory", Name: "tenants do not cross", run: lookupTenants, needs: []need{needTenants},
			Says: "A driver never returns anything of another tenant.",
		},
		{
			Power: "Directory", Name: "results belong to the caller", run: lookupOwnership,
			Says: "What is returned belongs to the caller; what is passed in is not kept after the return, and not changed.",
		},
		{
			Power: "Directory", Name: "many at once", run: lookupAtOnce,
			Says: "Methods are called from several goroutines at once.",
		},
		{
			Power: "Directory", Name: "honours its context", run: lookupCancelled,
			Says: "When the context ends they return soon, with its error.",
		},
	}
}

// lookup asks and checks what holds for every answer.
func (b *bench) lookup(ctx context.Context, tenant storage.Tenant, addresses ...string) (map[string][]storage.Ref, bool) {
	asked := slices.Clone(addresses)
	result, err := b.Host.Directory.Lookup(ctx, storage.LookupRequest{Tenant: tenant, Addresses: addresses})
	if !b.ok(err, "look-up of %d addresses from %q", len(addresses), addresses[0]) {
		return nil, false
	}
	if !slices.Equal(asked, addresses) {
		b.errorf("the look-up changed the addresses of its request")
	}
	found := make(map[string][]storage.Ref)
	for _, match := range result.Matches {
		if !slices.Contains(addresses, match.Address) {
			b.errorf("the look-up answered for %q, which was not asked", match.Address)
		}
		b.entity(match.Entity, tenant, "look-up")
		found[match.Address] = append(found[match.Address], match.Entity.Ref)
	}
	return found, result.Truncated
}

// finds looks addresses up one by one, which no driver may truncate in this small world, and compares.
func (b *bench) finds(ctx context.Context, tenant storage.Tenant, address string, keys ...string) {
	found, truncated := b.lookup(ctx, tenant, address)
	if want := b.refs(tenant, keys...); !truncated && !sameRefs(found[address], want) {
		b.errorf("look-up of %q: got %s, want %s", address, show(found[address]), show(want))
	}
	if truncated {
		b.errorf("look-up of %q is truncated, and cannot be made smaller", address)
	}
}

func crowdKeys() []string {
	keys := make([]string, crowd)
	for i := range keys {
		keys[i] = crowdKey(i)
	}
	return keys
}

func lookupFinds(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		b.finds(ctx, tenant, "ann@acme.example", "ann")
		b.finds(ctx, tenant, "info@acme.example", "acme", "holding", "reception")
		b.finds(ctx, tenant, "office@holding.example", "holding")
		b.finds(ctx, tenant, "o'brien@acme.example", "quote")
		b.finds(ctx, tenant, "ann+news@acme.example", "tag")
		b.finds(ctx, tenant, crowdAddress, crowdKeys()...)
		b.finds(ctx, tenant, onlyAddress(tenant), "only")
	}
}

func lookupNobody(ctx context.Context, b *bench) {
	b.finds(ctx, b.tenants[0], "nobody@nowhere.example")
	b.finds(ctx, b.tenants[0], strings.Repeat("x", 240)+"@a.example")
}

func lookupParts(ctx context.Context, b *bench) {
	for _, address := range []string{
		"nn@acme.example", "ann@acme.exampl", "ann@acme", "@acme.example", "acme.example", "ann", "n@acme.example",
		"ann@acme.example.com", "xann@acme.example", "ann+@acme.example", "ann+other@acme.example", "an.n@acme.example",
		"%@acme.example", "a%@acme.example", "a_n@acme.example", "a?n@acme.example", "*@acme.example", "a.n@acme.example", "a[nx]n@acme.example", ".*", "%", "_",
		"x' or '1'='1", `x" or ""="`, "x@acme.example' or email like '%", `a\nn@acme.example`, "*)(mail=*", `{"$ne":null}`,
	} {
		b.finds(ctx, b.tenants[0], address)
	}
	b.finds(ctx, b.tenants[0], "ann@acme.example", "ann")
}

func lookupCase(ctx context.Context, b *bench) {
	b.finds(ctx, b.tenants[0], "ann.leonard@home.example", "ann")
}

func lookupForeignCase(ctx context.Context, b *bench) {
	b.finds(ctx, b.tenants[0], "émile@acme.example", "upper")
}

func lookupAccents(ctx context.Context, b *bench) {
	b.finds(ctx, b.tenants[0], "elodie@acme.example", "plain")
	b.finds(ctx, b.tenants[0], "élodie@acme.example", "accent")
	b.finds(ctx, b.tenants[0], "emile@acme.example")
}

// lookupBatch asks for the whole cast among strangers, and for less as long as the driver says that it cannot.
func lookupBatch(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	want := map[string][]string{"ann@acme.example": {"ann"}, "info@acme.example": {"acme", "holding", "reception"}, crowdAddress: crowdKeys(), "spare@acme.example": {"spare"}}
	var addresses []string
	for i := range storage.MaxLookupAddresses - len(want) {
		addresses = append(addresses, fmt.Sprintf("stranger-%d@acme.example", i))
	}
	for address := range want { // spread over the batch
		addresses = slices.Insert(addresses, (len(address)*37)%len(addresses), address)
	}
	var ask func(addresses []string)
	ask = func(addresses []string) {
		found, truncated := b.lookup(ctx, tenant, addresses...)
		if truncated && len(addresses) > 1 {
			ask(addresses[:len(addresses)/2])
			ask(addresses[len(addresses)/2:])
			return
		}
		for _, address := range addresses {
			if refs := b.refs(tenant, want[address]...); !sameRefs(found[address], refs) {
				b.errorf("look-up of %d addresses: %q has %s, want %s", len(addresses), address, show(found[address]), show(refs))
			}
		}
	}
	ask(addresses)
}

func lookupDeleted(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	if !b.ok(b.Delete(ctx, b.ref(tenant, "reception")), "deleting") {
		return
	}
	b.finds(ctx, tenant, "info@acme.example", "acme", "holding")
	if len(b.tenants) == 2 {
		b.finds(ctx, b.other(tenant), "info@acme.example", "acme", "holding", "reception")
	}
}

func lookupMerged(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	if !b.ok(b.Merge(ctx, b.ref(tenant, "ann"), b.ref(tenant, "joann")), "merging") {
		return
	}
	b.finds(ctx, tenant, "joann@acme.example", "ann")
	b.finds(ctx, tenant, "ann@acme.example", "ann")
	if len(b.tenants) == 2 {
		b.finds(ctx, b.other(tenant), "joann@acme.example", "joann")
	}
}

func lookupTenants(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		b.finds(ctx, tenant, "ann@acme.example", "ann")
		b.finds(ctx, tenant, onlyAddress(tenant), "only")
		b.finds(ctx, tenant, onlyAddress(b.other(tenant)))
	}
	// A driver may refuse a tenant that it does not know; it must not serve it.
	result, err := b.Host.Directory.Lookup(ctx, storage.LookupRequest{Tenant: "nobodys-tenant", Addresses: []string{"ann@acme.example"}})
	if err == nil && len(result.Matches) > 0 {
		b.errorf("a tenant that does not exist has records")
	}
}

func lookupOwnership(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	req := storage.LookupRequest{Tenant: tenant, Addresses: []string{"ann@acme.example", "info@acme.example"}}
	result, err := b.Host.Directory.Lookup(ctx, req)
	if !b.ok(err, "look-up") {
		return
	}
	if !slices.Equal(req.Addresses, []string{"ann@acme.example", "info@acme.example"}) {
		b.errorf("the look-up changed the addresses of its request to %q", req.Addresses)
	}
	req.Addresses[0], req.Addresses[1] = "zz@acme.example", "zz@acme.example"
	for i := range result.Matches {
		match := &result.Matches[i]
		for j := range match.Entity.Addresses {
			match.Entity.Addresses[j] = "spoilt@acme.example"
		}
		*match = storage.Match{}
	}
	b.finds(ctx, tenant, "ann@acme.example", "ann")
	b.finds(ctx, tenant, "info@acme.example", "acme", "holding", "reception")
	again, err := b.Host.Directory.Lookup(ctx, storage.LookupRequest{Tenant: tenant, Addresses: []string{"ann@acme.example"}})
	if b.ok(err, "look-up") && len(again.Matches) == 1 && slices.Contains(again.Matches[0].Entity.Addresses, "spoilt@acme.example") {
		b.errorf("a change to a result shows in the next one")
	}
}

func lookupAtOnce(ctx context.Context, b *bench) {
	b.atOnce(8, func(i int) {
		tenant := b.tenants[i%len(b.tenants)]
		for range 5 {
			b.finds(ctx, tenant, "info@acme.example", "acme", "holding", "reception")
			b.finds(ctx, tenant, "ann@acme.example", "ann")
			b.finds(ctx, tenant, onlyAddress(tenant), "only")
		}
	})
}

func lookupCancelled(ctx context.Context, b *bench) {
	b.cancelled(ctx, "look-up", func(ctx context.Context) error {
		_, err := b.Host.Directory.Lookup(ctx, storage.LookupRequest{Tenant: b.tenants[0], Addresses: []string{"ann@acme.example"}})
		return err
	})
}
