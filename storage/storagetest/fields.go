package storagetest

import (
	"context"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

func fieldChecks() []Check {
	return []Check{
		{
			Power: "FieldSource", Name: "fields are well formed", run: fieldsWellFormed,
			Says: "Fields returns every field: Name [a-z][a-z0-9_]* of at most 64 bytes, unique, a known type, and the Fields of records and lists.",
		},
		{
			Power: "FieldSource", Name: "an unknown kind has no fields", run: fieldsUnknownKind,
			Says: "A kind that the host does not know has no fields, which is no error.",
		},
		{
			Power: "FieldSource", Name: "values are of the fields", run: valuesFit,
			Says: "Values returns values of the fields that Fields declared, of their types.",
		},
		{
			Power: "FieldSource", Name: "what is gone is missing", run: valuesMissing,
			Says: "A record that is gone is missing from the result.",
		},
		{
			Power: "FieldSource", Name: "what the actor may not see is missing", run: valuesHidden, needs: []need{needAccess},
			Says: "A record that the Actor may not see is missing from the result.",
		},
		{
			Power: "FieldSource", Name: "paths", run: valuesPaths,
			Says: "Paths, if not empty, are the only ones that will be read; a driver may return more.",
		},
		{
			Power: "FieldSource", Name: "500 records at once", run: valuesBatch,
			Says: "Values returns the values of at most MaxValueRefs records.",
		},
		{
			Power: "FieldSource", Name: "tenants do not cross", run: valuesTenants, needs: []need{needTenants},
			Says: "A driver never returns anything of another tenant.",
		},
		{
			Power: "FieldSource", Name: "results belong to the caller", run: valuesOwnership,
			Says: "What is returned belongs to the caller; what is passed in is not kept after the return, and not changed.",
		},
		{
			Power: "FieldSource", Name: "many at once", run: valuesAtOnce,
			Says: "Methods are called from several goroutines at once.",
		},
		{
			Power: "FieldSource", Name: "honours its context", run: fieldsCancelled,
			Says: "When the context ends they return soon, with its error.",
		},
	}
}

var (
	kinds     = []storage.Kind{storage.KindAccount, storage.KindContact, storage.KindDeal}
	fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	types     = []storage.ValueType{
		storage.ValueText, storage.ValueBool, storage.ValueInt, storage.ValueDecimal, storage.ValueMoney, storage.ValueDate, storage.ValueInstant,
		storage.ValueList, storage.ValueRecord,
	}
)

func (b *bench) fields(ctx context.Context, tenant storage.Tenant, kind storage.Kind, locale string) []storage.Field {
	result, err := b.Host.Fields.Fields(ctx, storage.FieldsRequest{Tenant: tenant, Kind: kind, Locale: locale})
	b.ok(err, "fields of %q", kind)
	return result.Fields
}

// values reads records and checks that only those asked for are there.
func (b *bench) values(ctx context.Context, actor storage.Actor, paths []string, refs ...storage.Ref) map[storage.Ref]storage.Value {
	asked := slices.Clone(refs)
	result, err := b.Host.Fields.Values(ctx, storage.ValuesRequest{Actor: actor, Refs: refs, Paths: paths})
	if !b.ok(err, "values of %d records", len(refs)) {
		return nil
	}
	if !slices.Equal(asked, refs) {
		b.errorf("values changed the refs of its request")
	}
	for ref, value := range result.Records {
		if !slices.Contains(asked, ref) {
			b.errorf("values of %v were not asked for", ref)
		}
		if value.Type != storage.ValueRecord {
			b.errorf("values of %v: type %q, want a record", ref, value.Type)
		}
		for _, other := range b.tenants {
			if other != actor.Tenant && contains(value, mark(other)) {
				b.errorf("tenant %q reads values of tenant %q", actor.Tenant, other)
			}
		}
	}
	return result.Records
}

// contains reports whether a text stands anywhere in a value.
func contains(value storage.Value, text string) bool {
	inside := func(v storage.Value) bool { return contains(v, text) }
	return strings.Contains(value.Text, text) || slices.ContainsFunc(value.List, inside) || slices.ContainsFunc(slices.Collect(maps.Values(value.Record)), inside)
}

func fieldsWellFormed(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		for _, kind := range kinds {
			for _, locale := range []string{"", "en", "fr", "fr-CA", "tlh", "%"} {
				b.wellFormed(b.fields(ctx, tenant, kind, locale), string(kind), 0)
			}
		}
	}
	if len(b.fields(ctx, b.tenants[0], storage.KindContact, "en")) == 0 {
		b.errorf("a contact has no fields at all")
	}
}

func (b *bench) wellFormed(fields []storage.Field, path string, depth int) {
	if depth > 10 {
		b.errorf("fields of %s are nested more than 10 deep", path)
		return
	}
	seen := make(map[string]bool)
	for _, field := range fields {
		name := path + "." + field.Name
		switch {
		case !fieldName.MatchString(field.Name) || len(field.Name) > 64:
			b.errorf("bad name of a field: %q", name)
		case seen[field.Name]:
			b.errorf("two fields are named %s", name)
		case !slices.Contains(types, field.Type):
			b.errorf("field %s has the unknown type %q", name, field.Type)
		case field.Label == "":
			b.errorf("field %s has no label for people", name)
		case field.Type == storage.ValueRecord && len(field.Fields) == 0:
			b.errorf("the record %s has no fields", name)
		case field.Type != storage.ValueRecord && field.Type != storage.ValueList && len(field.Fields) > 0:
			b.errorf("field %s of type %q has fields of its own", name, field.Type)
		}
		seen[field.Name] = true
		b.wellFormed(field.Fields, name, depth+1)
	}
}

func fieldsUnknownKind(ctx context.Context, b *bench) {
	if fields := b.fields(ctx, b.tenants[0], "no-such-kind", "en"); len(fields) > 0 {
		b.errorf("an unknown kind has %d fields", len(fields))
	}
}

func valuesFit(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		for _, key := range []string{"acme", "ann", "deal", "spare"} {
			ref := b.ref(tenant, key)
			value, found := b.values(ctx, b.insider(tenant), nil, ref)[ref]
			if !found {
				b.errorf("values of %v are missing", ref)
				continue
			}
			b.fit(b.fields(ctx, tenant, ref.Kind, "en"), value.Record, string(ref.Kind))
		}
	}
}

// fit compares values with their declarations.
func (b *bench) fit(fields []storage.Field, values map[string]storage.Value, path string) {
	for name, value := range values {
		i := slices.IndexFunc(fields, func(f storage.Field) bool { return f.Name == name })
		if i < 0 {
			b.errorf("value %s.%s has no field", path, name)
			continue
		}
		b.fitOne(fields[i], value, path+"."+name)
	}
}

func (b *bench) fitOne(field storage.Field, value storage.Value, path string) {
	if value.Type == storage.ValueEmpty {
		return
	}
	if value.Type != field.Type {
		b.errorf("value %s is of type %q, its field of type %q", path, value.Type, field.Type)
		return
	}
	switch value.Type {
	case storage.ValueDecimal, storage.ValueMoney:
		if value.Decimal == nil {
			b.errorf("value %s has no number", path)
		}
		if value.Type == storage.ValueMoney && (len(value.Currency) != 3 || strings.ToUpper(value.Currency) != value.Currency) {
			b.errorf("value %s has the currency %q", path, value.Currency)
		}
	case storage.ValueDate, storage.ValueInstant:
		if value.Time.IsZero() {
			b.errorf("value %s has no time; one that is not known is empty", path)
		}
	case storage.ValueRecord:
		b.fit(field.Fields, value.Record, path)
	case storage.ValueList:
		for _, element := range value.List {
			switch {
			case element.Type == storage.ValueRecord:
				b.fit(field.Fields, element.Record, path)
			case len(field.Fields) != 1:
				b.errorf("the list %s does not declare its element", path)
			default:
				b.fitOne(field.Fields[0], element, path)
			}
		}
	}
}

func valuesMissing(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	ann := b.ref(tenant, "ann")
	wrongKind := ann
	wrongKind.Kind = "no-such-kind"
	found := b.values(ctx, b.insider(tenant), nil, missing(tenant), ann, wrongKind)
	if _, there := found[ann]; len(found) != 1 || !there {
		b.errorf("of one record that is there and two that are not, %d have values", len(found))
	}
	if b.Delete != nil && b.ok(b.Delete(ctx, b.ref(tenant, "spare")), "deleting") {
		if found := b.values(ctx, b.insider(tenant), nil, b.ref(tenant, "spare")); len(found) > 0 {
			b.errorf("a deleted record has values")
		}
	}
}

func valuesHidden(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		refs := b.refs(tenant, "hidden", "ann")
		if found := b.values(ctx, b.insider(tenant), nil, refs...); len(found) != 2 {
			b.errorf("an Actor who may see both records reads %d", len(found))
		}
		found := b.values(ctx, b.outsider(tenant), nil, refs...)
		if _, there := found[refs[0]]; there || len(found) != 1 {
			b.errorf("an Actor who may see one of two records reads %d", len(found))
		}
	}
}

func valuesPaths(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	for _, key := range []string{"acme", "ann", "deal"} {
		ref := b.ref(tenant, key)
		all := b.values(ctx, b.insider(tenant), nil, ref)[ref].Record
		for name, want := range all {
			got, there := b.values(ctx, b.insider(tenant), []string{name}, ref)[ref].Record[name]
			if !there || !equal(got, want) {
				b.errorf("value %s of a %s: %v when it is asked for, %v when everything is", name, ref.Kind, got, want)
			}
			for part, want := range want.Record {
				got, there := b.values(ctx, b.insider(tenant), []string{name + "." + part}, ref)[ref].Record[name].Record[part]
				if !there || !equal(got, want) {
					b.errorf("value %s.%s of a %s: %v when it is asked for, %v when everything is", name, part, ref.Kind, got, want)
				}
			}
		}
		b.values(ctx, b.insider(tenant), []string{"no_such_field", "no.such.path"}, ref)
	}
}

// equal compares values.
func equal(a, b storage.Value) bool {
	sameNumber := a.Decimal == nil && b.Decimal == nil || a.Decimal != nil && b.Decimal != nil && a.Decimal.Cmp(b.Decimal) == 0
	return a.Type == b.Type && a.Text == b.Text && a.Bool == b.Bool && a.Int == b.Int && sameNumber && a.Currency == b.Currency && a.Time.Equal(b.Time) &&
		slices.EqualFunc(a.List, b.List, equal) && maps.EqualFunc(a.Record, b.Record, equal)
}

func valuesBatch(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	var refs []storage.Ref
	for _, p := range castParts() {
		refs = append(refs, b.ref(tenant, p.key))
	}
	there := len(refs)
	for i := len(refs); i < storage.MaxValueRefs; i++ {
		ref := missing(tenant)
		ref.ID += strings.Repeat("9", i%20) + string(rune('0'+i%10))
		if !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	if found := b.values(ctx, b.insider(tenant), nil, refs...); len(found) != there {
		b.errorf("of %d records among %d refs, %d have values", there, len(refs), len(found))
	}
}

func valuesTenants(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		other := b.other(tenant)
		moved := b.ref(other, "only")
		moved.Tenant = tenant // the id of a record that only the other tenant has
		found := b.values(ctx, b.insider(tenant), nil, b.ref(tenant, "ann"), b.ref(other, "ann"), b.ref(other, "only"), moved)
		if _, there := found[b.ref(tenant, "ann")]; !there || len(found) != 1 {
			b.errorf("of one own and three foreign refs, %d have values", len(found))
		}
	}
}

func valuesOwnership(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	for _, key := range []string{"acme", "ann", "deal"} {
		ref := b.ref(tenant, key)
		paths := []string{"name"}
		before := clone(b.values(ctx, b.insider(tenant), nil, ref)[ref])
		b.values(ctx, b.insider(tenant), paths, ref)
		if !slices.Equal(paths, []string{"name"}) {
			b.errorf("values changed the paths of its request")
		}
		spoilt := b.values(ctx, b.insider(tenant), nil, ref)[ref]
		spoil(spoilt)
		if after := b.values(ctx, b.insider(tenant), nil, ref)[ref]; !equal(before, after) {
			b.errorf("a change to the values of a %s shows in the next result", ref.Kind)
		}
		fields := b.fields(ctx, tenant, ref.Kind, "en")
		for i := range fields {
			fields[i].Name = "Spoilt"
			for j := range fields[i].Fields {
				fields[i].Fields[j].Name = "Spoilt"
			}
		}
		b.wellFormed(b.fields(ctx, tenant, ref.Kind, "en"), string(ref.Kind), 0)
	}
}

// clone is a value that shares nothing with the one given.
func clone(value storage.Value) storage.Value {
	if value.Decimal != nil {
		value.Decimal = new(big.Rat).Set(value.Decimal)
	}
	value.List = slices.Clone(value.List)
	for i := range value.List {
		value.List[i] = clone(value.List[i])
	}
	value.Record = maps.Clone(value.Record)
	for name, part := range value.Record {
		value.Record[name] = clone(part)
	}
	return value
}

// spoil changes everything that a value leads to.
func spoil(value storage.Value) {
	for i := range value.List {
		spoil(value.List[i])
		value.List[i] = storage.Text("spoilt")
	}
	for name, part := range value.Record {
		spoil(part)
		if part.Decimal != nil {
			part.Decimal.SetInt64(-666)
		}
		value.Record[name] = storage.Text("spoilt")
	}
}

func valuesAtOnce(ctx context.Context, b *bench) {
	b.atOnce(8, func(i int) {
		tenant := b.tenants[i%len(b.tenants)]
		for range 5 {
			if len(b.values(ctx, b.insider(tenant), nil, b.refs(tenant, "ann", "acme", "deal")...)) != 3 {
				b.errorf("values of 3 records are not there")
			}
			b.fields(ctx, tenant, storage.KindDeal, "fr")
		}
	})
}

func fieldsCancelled(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	b.cancelled(ctx, "fields", func(ctx context.Context) error {
		_, err := b.Host.Fields.Fields(ctx, storage.FieldsRequest{Tenant: tenant, Kind: storage.KindContact})
		return err
	})
	b.cancelled(ctx, "values", func(ctx context.Context) error {
		_, err := b.Host.Fields.Values(ctx, storage.ValuesRequest{Actor: b.insider(tenant), Refs: b.refs(tenant, "ann")})
		return err
	})
}
