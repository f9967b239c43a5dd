package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/mailcrm/sdk/storage"
)

func createChecks() []Check {
	return []Check{
		{
			Power: "Creator", Name: "makes a record", run: createMakes,
			Says: "Create makes one record.",
		},
		{
			Power: "Creator", Name: "takes names as they are", run: createNames,
			Says: "Create makes a record of the name given.",
		},
		{
			Power: "Creator", Name: "the same key makes one record", run: createKey,
			Says: "The same Key for the same tenant within a day returns the record made the first time.",
		},
		{
			Power: "Creator", Name: "the same key at once makes one record", run: createKeyAtOnce,
			Says: "The same Key returns the record made the first time, also when both calls run at once.",
		},
		{
			Power: "Creator", Name: "a duplicate is an answer", run: createDuplicate,
			Says: "When the host finds that it may exist already, it makes nothing and returns the candidates in Duplicates; AllowDuplicate makes it.",
		},
		{
			Power: "Creator", Name: "refuses what it cannot make", run: createRefuses,
			Says: "A field that the host refuses is a FieldError; a Kind that it does not make is such a field.",
		},
		{
			Power: "Creator", Name: "the parent is of the tenant", run: createParent, needs: []need{needTenants},
			Says: "A Parent that is not in the Actor's tenant is refused with a FieldError.",
		},
		{
			Power: "Creator", Name: "tenants do not cross", run: createTenants, needs: []need{needTenants},
			Says: "A driver never returns anything of another tenant. (Keys and duplicates too are of one tenant.)",
		},
		{
			Power: "Creator", Name: "honours its context", run: createCancelled,
			Says: "When the context ends they return soon, with its error.",
		},
	}
}

// create asks for a contact and checks what holds for every answer.
func (b *bench) create(ctx context.Context, req storage.CreateRequest) (storage.Entity, []storage.Entity) {
	result, err := b.Host.Create.Create(ctx, req)
	if !b.ok(err, "creating %s %q", req.Kind, req.Name) {
		return storage.Entity{}, nil
	}
	for _, entity := range result.Duplicates {
		b.entity(entity, req.Actor.Tenant, "duplicates")
	}
	if len(result.Duplicates) > 0 {
		if !result.Entity.Ref.IsZero() {
			b.errorf("a result has both a record and duplicates")
		}
		return storage.Entity{}, result.Duplicates
	}
	b.entity(result.Entity, req.Actor.Tenant, "create")
	if result.Entity.Kind != req.Kind {
		b.errorf("asked for a %q, got a %q", req.Kind, result.Entity.Kind)
	}
	return result.Entity, nil
}

// having is how many records have an address, or -1 without a Directory.
func (b *bench) having(ctx context.Context, tenant storage.Tenant, address string) int {
	if b.Host.Directory == nil {
		return -1
	}
	found, _ := b.lookup(ctx, tenant, address)
	return len(found[address])
}

func (b *bench) expectHaving(ctx context.Context, tenant storage.Tenant, address string, want int) {
	if got := b.having(ctx, tenant, address); got >= 0 && got != want {
		b.errorf("%d records have %s now, want %d", got, address, want)
	}
}

func (b *bench) newContact(tenant storage.Tenant, key, last string) storage.CreateRequest {
	return storage.CreateRequest{
		Actor: b.insider(tenant), Key: key, Kind: storage.KindContact, FirstName: "New", LastName: last, Name: "New " + last,
		Address: last + "@new.example", Phone: "+33 4 72 00 00 00",
	}
}

func createMakes(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	contact, _ := b.create(ctx, b.newContact(tenant, "k1", "zapotek"))
	b.expectHaving(ctx, tenant, "zapotek@new.example", 1)
	company, _ := b.create(ctx, storage.CreateRequest{Actor: b.insider(tenant), Key: "k2", Kind: storage.KindAccount, Name: "Zyxwen Ltd", Address: "zyxwen@new.example"})
	b.expectHaving(ctx, tenant, "zyxwen@new.example", 1)
	if contact.Ref == company.Ref {
		b.errorf("two records have one ref: %v", contact.Ref)
	}
	bare, _ := b.create(ctx, storage.CreateRequest{Actor: b.insider(tenant), Key: "k3", Kind: storage.KindContact, FirstName: "Bare", LastName: "Quibus", Name: "Bare Quibus"})
	if bare.Ref.IsZero() {
		b.errorf("without an address nothing is made")
	}
	child := b.newContact(tenant, "k4", "yokozu")
	child.Parent = b.ref(tenant, "acme")
	if made, _ := b.create(ctx, child); !made.Parent.IsZero() && made.Parent != child.Parent {
		b.errorf("the parent asked for was %v, the record has %v", child.Parent, made.Parent)
	}
}

func createNames(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	for i, name := range []string{`O'Xeria "<b>" & Söhne`, "100% _Xeria_ %s", "Robert'); DROP TABLE contacts;--", "株式会社", "{{ name }} ${x}"} {
		made, _ := b.create(ctx, storage.CreateRequest{Actor: b.insider(tenant), Key: fmt.Sprint("name", i), Kind: storage.KindAccount, Name: name, AllowDuplicate: true})
		if made.Name != "" && made.Name != name {
			b.errorf("asked for %q, got %q", name, made.Name)
		}
	}
	if b.Host.Directory != nil {
		b.finds(ctx, tenant, "ann@acme.example", "ann")
	}
}

func createKey(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	req := b.newContact(tenant, "once", "zapotek")
	first, _ := b.create(ctx, req)
	again, duplicates := b.create(ctx, req)
	if again.Ref != first.Ref || len(duplicates) > 0 {
		b.errorf("the same key: got %v and %d duplicates, want %v", again.Ref, len(duplicates), first.Ref)
	}
	req.AllowDuplicate = true
	if again, _ = b.create(ctx, req); again.Ref != first.Ref {
		b.errorf("the same key and AllowDuplicate: got %v, want %v", again.Ref, first.Ref)
	}
	b.expectHaving(ctx, tenant, req.Address, 1)
	req.Key = "twice"
	if other, _ := b.create(ctx, req); other.Ref == first.Ref {
		b.errorf("another key and AllowDuplicate return the record made before")
	}
	b.expectHaving(ctx, tenant, req.Address, 2)
}

func createKeyAtOnce(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	req := b.newContact(tenant, "once", "zapotek")
	req.AllowDuplicate = true
	made := make(map[storage.Ref]bool)
	var mu sync.Mutex
	b.atOnce(8, func(int) {
		entity, _ := b.create(ctx, req)
		mu.Lock()
		defer mu.Unlock()
		made[entity.Ref] = true
	})
	if len(made) != 1 {
		b.errorf("8 calls with one key returned %d records", len(made))
	}
	b.expectHaving(ctx, tenant, req.Address, 1)
}

func createDuplicate(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	req := b.newContact(tenant, "dup", "leonard")
	req.FirstName, req.Name, req.Address = "Ann", "Ann Leonard", "ann@acme.example"
	_, duplicates := b.create(ctx, req)
	if len(duplicates) == 0 { // a host that does not look
		b.expectHaving(ctx, tenant, req.Address, 2)
		return
	}
	b.expectHaving(ctx, tenant, req.Address, 1)
	req.AllowDuplicate = true // the person says: make it all the same, with the same key
	made, duplicates := b.create(ctx, req)
	if made.Ref.IsZero() || len(duplicates) > 0 {
		b.errorf("AllowDuplicate: got %v and %d duplicates", made.Ref, len(duplicates))
	}
	if made.Ref == b.ref(tenant, "ann") {
		b.errorf("AllowDuplicate: got the record that was there before")
	}
	b.expectHaving(ctx, tenant, req.Address, 2)
}

func createRefuses(ctx context.Context, b *bench) {
	req := b.newContact(b.tenants[0], "refused", "zapotek")
	req.Kind = "no-such-kind"
	_, err := b.Host.Create.Create(ctx, req)
	b.fails(err, "creating a record of an unknown kind", storage.ErrInvalid)
	var field *storage.FieldError
	if err != nil && !errors.As(err, &field) {
		b.errorf("creating a record of an unknown kind: the error %q names no field", err)
	}
	b.expectHaving(ctx, b.tenants[0], req.Address, 0)
	req.Kind = storage.KindContact
	if made, _ := b.create(ctx, req); made.Ref.IsZero() {
		b.errorf("a key is spent although nothing was made")
	}
}

func createParent(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	req := b.newContact(tenant, "foreign", "zapotek")
	req.Parent = b.ref(b.other(tenant), "acme")
	_, err := b.Host.Create.Create(ctx, req)
	b.fails(err, "creating a contact of a company of another tenant", storage.ErrInvalid)
	b.expectHaving(ctx, tenant, req.Address, 0)
}

func createTenants(ctx context.Context, b *bench) {
	made := make(map[storage.Tenant]storage.Entity)
	for _, tenant := range b.tenants {
		entity, duplicates := b.create(ctx, b.newContact(tenant, "shared", "zapotek"))
		if len(duplicates) > 0 {
			b.errorf("a record of one tenant is a duplicate in another")
		}
		made[tenant] = entity
		b.expectHaving(ctx, tenant, "zapotek@new.example", 1)
	}
	for _, tenant := range b.tenants {
		if made[tenant].Tenant != tenant {
			b.errorf("the same key in tenant %q returns a record of tenant %q", tenant, made[tenant].Tenant)
		}
	}
	b.create(ctx, b.newContact(b.tenants[0], "alone", "quilombo"))
	b.expectHaving(ctx, b.tenants[1], "quilombo@new.example", 0)
}

func createCancelled(ctx context.Context, b *bench) {
	req := b.newContact(b.tenants[0], "late", "zapotek")
	b.cancelled(ctx, "create", func(ctx context.Context) error {
		_, err := b.Host.Create.Create(ctx, req)
		return err
	})
	b.expectHaving(ctx, b.tenants[0], req.Address, 0)
}
