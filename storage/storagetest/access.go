package storagetest

import (
	"context"
	"fmt"
	"slices"

	"github.com/mailcrm/sdk/storage"
)

func accessChecks() []Check {
	return []Check{
		{
			Power: "Access", Name: "tells what an actor may see", run: accessVisible,
			Says: "Visible returns those refs that the Actor may see.",
		},
		{
			Power: "Access", Name: "what is not there is not visible", run: accessMissing,
			Says: "A record that does not exist is not visible.",
		},
		{
			Power: "Access", Name: "1,000 refs at once", run: accessBatch,
			Says: "Visible takes up to MaxAccessRefs refs.",
		},
		{
			Power: "Access", Name: "tenants do not cross", run: accessTenants, needs: []need{needTenants},
			Says: "A driver never returns anything of another tenant.",
		},
		{
			Power: "Access", Name: "results belong to the caller", run: accessOwnership,
			Says: "What is returned belongs to the caller; what is passed in is not kept after the return, and not changed.",
		},
		{
			Power: "Access", Name: "honours its context", run: accessCancelled,
			Says: "When the context ends they return soon, with its error.",
		},
	}
}

// sees asks and compares.
func (b *bench) sees(ctx context.Context, actor storage.Actor, refs, want []storage.Ref) {
	asked := slices.Clone(refs)
	result, err := b.Host.Access.Visible(ctx, storage.AccessRequest{Actor: actor, Refs: refs})
	if !b.ok(err, "asking for %d refs", len(refs)) {
		return
	}
	if !slices.Equal(asked, refs) {
		b.errorf("Visible changed the refs of its request")
	}
	if !sameRefs(result.Visible, want) {
		b.errorf("of %d refs, %s sees %d, want %d", len(refs), actor.Agent, len(result.Visible), len(want))
	}
}

func accessVisible(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		refs := b.refs(tenant, "ann", "hidden", "acme", "deal")
		b.sees(ctx, b.insider(tenant), refs, refs)
		b.sees(ctx, b.outsider(tenant), refs, b.refs(tenant, "ann", "acme", "deal"))
		b.sees(ctx, b.outsider(tenant), b.refs(tenant, "hidden"), nil)
	}
}

func accessMissing(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	wrongKind := b.ref(tenant, "ann")
	wrongKind.Kind = "no-such-kind"
	b.sees(ctx, b.insider(tenant), []storage.Ref{missing(tenant), b.ref(tenant, "ann"), wrongKind}, b.refs(tenant, "ann"))
	if b.Delete != nil && b.ok(b.Delete(ctx, b.ref(tenant, "spare")), "deleting") {
		b.sees(ctx, b.insider(tenant), b.refs(tenant, "spare"), nil)
	}
}

func accessBatch(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	refs := b.refs(tenant, crowdKeys()...)
	want := slices.Clone(refs)
	for i := len(refs); i < storage.MaxAccessRefs; i++ {
		ref := missing(tenant)
		ref.ID += fmt.Sprint(i)
		refs = append(refs, ref)
	}
	b.sees(ctx, b.insider(tenant), refs, want)
}

func accessTenants(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		other := b.other(tenant)
		moved := b.ref(other, "only")
		moved.Tenant = tenant
		refs := []storage.Ref{b.ref(tenant, "ann"), b.ref(other, "ann"), b.ref(other, "only"), moved}
		b.sees(ctx, b.insider(tenant), refs, refs[:1])
	}
}

func accessOwnership(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	refs := b.refs(tenant, "ann", "acme")
	result, err := b.Host.Access.Visible(ctx, storage.AccessRequest{Actor: b.insider(tenant), Refs: refs})
	if !b.ok(err, "asking for 2 refs") {
		return
	}
	for i := range result.Visible {
		result.Visible[i] = missing(tenant)
	}
	if !sameRefs(refs, b.refs(tenant, "ann", "acme")) {
		b.errorf("the result of Visible is the slice that was passed in")
	}
}

func accessCancelled(ctx context.Context, b *bench) {
	b.cancelled(ctx, "Visible", func(ctx context.Context) error {
		_, err := b.Host.Access.Visible(ctx, storage.AccessRequest{Actor: b.insider(b.tenants[0]), Refs: b.refs(b.tenants[0], "ann")})
		return err
	})
}
