package storagetest

import (
	"context"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

const listName = "Spring (100%) 'offer'"

func listChecks() []Check {
	return []Check{
		{
			Power: "Lists", Name: "gives every recipient once", run: listRecipients,
			Says: "Recipients returns a page of the named list, with at most Limit entities, in an order that stays the same. No entity stands in a list twice.",
		},
		{
			Power: "Lists", Name: "the preferred address first", run: listAddresses,
			Says: "Each entity comes with its preferred address first.",
		},
		{
			Power: "Lists", Name: "a list that does not exist", run: listMissing,
			Says: "A list that does not exist is ErrNotFound.",
		},
		{
			Power: "Lists", Name: "stays in order while it changes", run: listStable, needs: []need{needDelete},
			Says: "The order stays the same while pages are read.",
		},
		{
			Power: "Lists", Name: "tenants do not cross", run: listTenants, needs: []need{needTenants},
			Says: "A driver never returns anything of another tenant.",
		},
		{
			Power: "Lists", Name: "honours its context", run: listCancelled,
			Says: "When the context ends they return soon, with its error.",
		},
	}
}

// recipients is a list, read in pages of limit. Between is called after each page.
func (b *bench) recipients(ctx context.Context, tenant storage.Tenant, limit int, between func(page int)) []storage.Entity {
	var all []storage.Entity
	cursor := ""
	for page := range 1000 {
		result, err := b.Host.Lists.Recipients(ctx, storage.RecipientsRequest{Actor: b.insider(tenant), List: listName, Cursor: cursor, Limit: limit})
		if !b.ok(err, "page %d of a list", page) {
			return all
		}
		if len(result.Entities) > limit {
			b.errorf("a page of at most %d has %d entities", limit, len(result.Entities))
		}
		for _, entity := range result.Entities {
			b.entity(entity, tenant, "list")
		}
		all = append(all, result.Entities...)
		if result.Next == "" {
			return all
		}
		cursor = result.Next
		if between != nil {
			between(page)
		}
	}
	b.errorf("the pages of a list do not come to an end")
	return all
}

func refsOf(entities []storage.Entity) []storage.Ref {
	refs := make([]storage.Ref, 0, len(entities))
	for _, entity := range entities {
		refs = append(refs, entity.Ref)
	}
	return refs
}

// list makes the list in a tenant.
func (b *bench) list(ctx context.Context, tenant storage.Tenant, keys ...string) {
	b.ok(b.List(ctx, tenant, listName, b.refs(tenant, keys...)), "making a list")
}

func listRecipients(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	keys := append(crowdKeys(), "ann", "acme")
	b.list(ctx, tenant, keys...)
	whole := refsOf(b.recipients(ctx, tenant, storage.MaxPage, nil))
	if !sameRefs(whole, b.refs(tenant, keys...)) {
		b.errorf("a list of %d records gives %d, or others", len(keys), len(whole))
	}
	for _, limit := range []int{1, 2, 9, len(keys) - 1, len(keys)} {
		if got := refsOf(b.recipients(ctx, tenant, limit, nil)); !slices.Equal(got, whole) {
			b.errorf("in pages of %d a list gives %d records in another order, want the %d of one page", limit, len(got), len(whole))
		}
	}
}

func listAddresses(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	b.list(ctx, tenant, "ann", "holding")
	want := map[storage.Ref]string{b.ref(tenant, "ann"): "ann@acme.example", b.ref(tenant, "holding"): "info@acme.example"}
	for _, entity := range b.recipients(ctx, tenant, storage.MaxPage, nil) {
		if len(entity.Addresses) == 0 || !strings.EqualFold(entity.Addresses[0], want[entity.Ref]) {
			b.errorf("%s has the addresses %q, want %q first", entity.Name, entity.Addresses, want[entity.Ref])
		}
	}
}

func listMissing(ctx context.Context, b *bench) {
	b.list(ctx, b.tenants[0], "ann")
	for _, name := range []string{"no such list", "", "%", listName + " ", "x' OR '1'='1"} {
		_, err := b.Host.Lists.Recipients(ctx, storage.RecipientsRequest{Actor: b.insider(b.tenants[0]), List: name, Limit: 10})
		b.fails(err, "reading the list "+name, storage.ErrNotFound)
	}
}

func listStable(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	b.list(ctx, tenant, crowdKeys()...)
	order := refsOf(b.recipients(ctx, tenant, storage.MaxPage, nil))
	if len(order) < 10 {
		b.errorf("a list of %d records gives %d", crowd, len(order))
		return
	}
	// One that was read already goes while the rest is being read: nobody is skipped, nobody comes twice.
	got := refsOf(b.recipients(ctx, tenant, 5, func(page int) {
		if page == 0 {
			b.ok(b.Delete(ctx, order[1]), "deleting")
		}
	}))
	if !slices.Equal(got, order) {
		b.errorf("a record that was read is deleted, and the pages give %d records, want the %d as they stood", len(got), len(order))
	}
}

func listTenants(ctx context.Context, b *bench) {
	north, south := b.tenants[0], b.tenants[1]
	b.list(ctx, north, "ann", "only")
	_, err := b.Host.Lists.Recipients(ctx, storage.RecipientsRequest{Actor: b.insider(south), List: listName, Limit: 10})
	b.fails(err, "reading a list of another tenant", storage.ErrNotFound)
	b.list(ctx, south, "ann")
	if got := refsOf(b.recipients(ctx, south, 10, nil)); !sameRefs(got, b.refs(south, "ann")) {
		b.errorf("lists of one name in two tenants: one gives %s", show(got))
	}
	if got := refsOf(b.recipients(ctx, north, 10, nil)); !sameRefs(got, b.refs(north, "ann", "only")) {
		b.errorf("lists of one name in two tenants: one gives %s", show(got))
	}
}

func listCancelled(ctx context.Context, b *bench) {
	b.list(ctx, b.tenants[0], "ann")
	b.cancelled(ctx, "reading a list", func(ctx context.Context) error {
		_, err := b.Host.Lists.Recipients(ctx, storage.RecipientsRequest{Actor: b.insider(b.tenants[0]), List: listName, Limit: 10})
		return err
	})
}
