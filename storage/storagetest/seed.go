package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/mailcrm/sdk/storage"
)

// crowd is how many records share one address. More than a page of a careless driver, few enough for a slow one.
const crowd = 25

const crowdAddress = "crowd@acme.example"

// mark is what the records of a tenant carry in their Detail, and no other's do.
func mark(tenant storage.Tenant) string { return "mark-" + string(tenant) + "-mark" }

// A part is a record of the cast, by the name that checks use.
type part struct {
	key       string
	kind      storage.Kind
	name      string
	addresses []string
	parent    string // key
	hidden    bool
}

// cast is what both tenants have, companies first.
func castParts() []part {
	parts := []part{
		{key: "acme", kind: storage.KindAccount, name: "Acme Furniture", addresses: []string{"info@acme.example"}},
		{key: "holding", kind: storage.KindAccount, name: "Acme Holding", addresses: []string{"info@acme.example", "office@holding.example"}},
		{key: "ann", kind: storage.KindContact, name: "Ann Leonard", addresses: []string{"ann@acme.example", "Ann.Leonard@Home.Example"}, parent: "acme"},
		{key: "reception", kind: storage.KindContact, name: "Rita Reception", addresses: []string{"info@acme.example"}, parent: "acme"},
		{key: "joann", kind: storage.KindContact, name: "Joann Smith", addresses: []string{"joann@acme.example"}},
		{key: "longer", kind: storage.KindContact, name: "Longer Domain", addresses: []string{"ann@acme.example.org"}},
		{key: "sub", kind: storage.KindContact, name: "Sub Domain", addresses: []string{"ann@mail.acme.example"}},
		{key: "tag", kind: storage.KindContact, name: "Tagged Address", addresses: []string{"ann+news@acme.example"}},
		{key: "axn", kind: storage.KindContact, name: "Axel Norton", addresses: []string{"axn@acme.example"}},
		{key: "plain", kind: storage.KindContact, name: "Elodie Plain", addresses: []string{"elodie@acme.example"}},
		{key: "accent", kind: storage.KindContact, name: "Élodie Accent", addresses: []string{"élodie@acme.example"}},
		{key: "upper", kind: storage.KindContact, name: "Émile Upper", addresses: []string{"ÉMILE@ACME.example"}},
		{key: "quote", kind: storage.KindContact, name: `Conan O'Brien "the <b>" 100%`, addresses: []string{"o'brien@acme.example"}},
		{key: "hidden", kind: storage.KindContact, name: "Hidden Person", addresses: []string{"hidden@acme.example"}, hidden: true},
		{key: "spare", kind: storage.KindContact, name: "Spare Person", addresses: []string{"spare@acme.example"}},
		{key: "deal", kind: storage.KindDeal, name: "Twenty tables", parent: "acme"},
	}
	for i := range crowd {
		parts = append(parts, part{key: crowdKey(i), kind: storage.KindContact, name: fmt.Sprintf("Crowd Member %02d", i), addresses: []string{crowdAddress}})
	}
	return parts
}

func crowdKey(i int) string { return fmt.Sprintf("crowd-%02d", i) }

// only is what a tenant alone has.
func onlyPart(tenant storage.Tenant) part {
	return part{key: "only", kind: storage.KindContact, name: "Solitary " + letters(tenant), addresses: []string{onlyAddress(tenant)}}
}

func onlyAddress(tenant storage.Tenant) string { return "only-" + letters(tenant) + "@acme.example" }

// letters is a tenant's name as a word.
func letters(tenant storage.Tenant) string {
	word := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, string(tenant))
	return "x" + word
}

// seed fills every tenant.
func (b *bench) seed(ctx context.Context) error {
	b.cast = make(map[storage.Tenant]map[string]storage.Ref)
	for _, tenant := range b.tenants {
		refs := make(map[string]storage.Ref)
		b.cast[tenant] = refs
		parts := append(castParts(), onlyPart(tenant))
		for _, companies := range []bool{true, false} { // companies first: the others name them
			batch := slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return (p.kind == storage.KindAccount) != companies })
			records := make([]Record, 0, len(batch))
			for _, p := range batch {
				id := p.key
				if p.key == "only" {
					id += "-" + letters(tenant)
				}
				records = append(records, Record{Hidden: p.hidden, Entity: storage.Entity{
					Ref: storage.Ref{Tenant: tenant, Kind: p.kind, ID: id}, Name: p.name, Detail: mark(tenant),
					Addresses: slices.Clone(p.addresses), Parent: refs[p.parent],
				}})
			}
			got, err := b.add(ctx, tenant, records)
			if err != nil {
				return err
			}
			for i, p := range batch {
				refs[p.key] = got[i]
			}
		}
	}
	return nil
}

// add seeds records.
func (b *bench) add(ctx context.Context, tenant storage.Tenant, records []Record) ([]storage.Ref, error) {
	if b.Seed == nil {
		refs := make([]storage.Ref, 0, len(records))
		for _, record := range records {
			refs = append(refs, record.Ref)
		}
		return refs, nil
	}
	refs, err := b.Seed(ctx, tenant, records)
	if err != nil {
		return nil, err
	}
	if len(refs) != len(records) {
		return nil, fmt.Errorf("%d refs for %d records", len(refs), len(records))
	}
	for i, ref := range refs {
		if ref.Tenant != tenant || ref.Kind != records[i].Kind || ref.ID == "" {
			return nil, errors.New("refs must have the tenant and the kind of their records, and an id")
		}
	}
	return refs, nil
}

// ref is a record of the cast.
func (b *bench) ref(tenant storage.Tenant, key string) storage.Ref { return b.cast[tenant][key] }

func (b *bench) refs(tenant storage.Tenant, keys ...string) []storage.Ref {
	refs := make([]storage.Ref, 0, len(keys))
	for _, key := range keys {
		refs = append(refs, b.ref(tenant, key))
	}
	return refs
}

// missing is a Ref that names nothing.
func missing(tenant storage.Tenant) storage.Ref {
	return storage.Ref{Tenant: tenant, Kind: storage.KindContact, ID: "999999999"}
}

// entity checks what every Entity that a driver returns must be.
func (b *bench) entity(e storage.Entity, tenant storage.Tenant, doing string) {
	switch {
	case e.Tenant != tenant:
		b.errorf("%s: tenant %q got a record of tenant %q", doing, tenant, e.Tenant)
	case !goodKind(e.Kind):
		b.errorf("%s: bad kind %q", doing, e.Kind)
	case e.ID == "" || len(e.ID) > 255 || strings.ContainsFunc(e.ID, unicode.IsControl):
		b.errorf("%s: bad id %q", doing, e.ID)
	case !e.Parent.IsZero() && e.Parent.Tenant != tenant:
		b.errorf("%s: tenant %q got a record whose parent is in tenant %q", doing, tenant, e.Parent.Tenant)
	}
	for _, other := range b.tenants {
		if other != tenant && strings.Contains(e.Detail, mark(other)) {
			b.errorf("%s: tenant %q got a record of tenant %q under its own name: %q", doing, tenant, other, e.Detail)
		}
	}
}

func goodKind(kind storage.Kind) bool {
	return kind != "" && len(kind) <= 64 && strings.Trim(string(kind), "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// sameRefs compares two sets, duplicates counted.
func sameRefs(a, b []storage.Ref) bool {
	return slices.Equal(sorted(a), sorted(b))
}

func sorted(refs []storage.Ref) []storage.Ref {
	return slices.SortedFunc(slices.Values(refs), func(a, b storage.Ref) int {
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
}

// show is refs for a message: the first few.
func show(refs []storage.Ref) string {
	if len(refs) == 0 {
		return "nobody"
	}
	var words []string
	for _, ref := range refs[:min(4, len(refs))] {
		words = append(words, fmt.Sprintf("%s %q of tenant %q", ref.Kind, ref.ID, ref.Tenant))
	}
	if more := len(refs) - len(words); more > 0 {
		words = append(words, fmt.Sprint(more, " more"))
	}
	return strings.Join(words, ", ")
}
