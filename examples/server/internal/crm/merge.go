package crm

import (
	"context"
	"fmt"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// fieldSource tells what templates can merge.
type fieldSource struct{ crm *SQL }

// labels are for people: English, French.
var labels = map[string][2]string{
	"name": {"Name", "Nom"}, "first_name": {"First name", "Prénom"}, "last_name": {"Last name", "Nom de famille"}, "detail": {"Detail", "Précision"},
	"email": {"E-mail", "E-mail"}, "phone": {"Phone", "Téléphone"}, "account": {"Company", "Société"}, "contact": {"Contact", "Contact"},
}

// plain are the fields of each kind that lead to no other record.
var plain = map[storage.Kind][]string{
	storage.KindAccount: {"name", "detail", "email", "phone"},
	storage.KindContact: {"name", "first_name", "last_name", "detail", "email", "phone"},
	storage.KindDeal:    {"name", "detail"},
}

// leads are the records that those of a kind lead to.
var leads = map[storage.Kind][]storage.Kind{
	storage.KindContact: {storage.KindAccount},
	storage.KindDeal:    {storage.KindContact, storage.KindAccount},
}

// Fields returns every field of a kind.
func (f fieldSource) Fields(ctx context.Context, req storage.FieldsRequest) (storage.FieldsResult, error) {
	if err := ctx.Err(); err != nil {
		return storage.FieldsResult{}, err
	}
	fields := plainFields(req.Kind, req.Locale)
	for _, kind := range leads[req.Kind] {
		fields = append(fields, storage.Field{
			Name: string(kind), Label: label(string(kind), req.Locale), Type: storage.ValueRecord, Fields: plainFields(kind, req.Locale),
		})
	}
	return storage.FieldsResult{Fields: fields}, nil
}

func plainFields(kind storage.Kind, locale string) []storage.Field {
	fields := make([]storage.Field, 0, len(plain[kind]))
	for _, name := range plain[kind] {
		fields = append(fields, storage.Field{Name: name, Label: label(name, locale), Type: storage.ValueText})
	}
	return fields
}

func label(name, locale string) string {
	if strings.HasPrefix(strings.ToLower(locale), "fr") {
		return labels[name][1]
	}
	return labels[name][0]
}

// Values returns all fields of the records that are there.
func (f fieldSource) Values(ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
	if len(req.Refs) > storage.MaxValueRefs {
		return storage.ValuesResult{}, fmt.Errorf("reading %d records: %w: at most %d", len(req.Refs), storage.ErrLimit, storage.MaxValueRefs)
	}
	known, err := f.crm.byRef(ctx, req.Actor.Tenant, req.Refs)
	if err != nil {
		return storage.ValuesResult{}, fmt.Errorf("reading records: %w", err)
	}
	result := storage.ValuesResult{Records: make(map[storage.Ref]storage.Value, len(req.Refs))}
	parents, err := f.crm.parents(ctx, req.Actor.Tenant, known)
	if err != nil {
		return storage.ValuesResult{}, fmt.Errorf("reading records: %w", err)
	}
	grand, err := f.crm.parents(ctx, req.Actor.Tenant, parents)
	if err != nil {
		return storage.ValuesResult{}, fmt.Errorf("reading records: %w", err)
	}
	for _, ref := range req.Refs {
		r, ok := known[ref]
		if !ok {
			continue
		}
		values := plainValues(r)
		for _, kind := range leads[r.Kind] {
			values[string(kind)] = storage.Value{}
		}
		for parent, above := r.Parent, parents; !parent.IsZero(); above = grand {
			p, ok := above[parent]
			if _, wanted := values[string(parent.Kind)]; !ok || !wanted {
				break
			}
			values[string(p.Kind)] = storage.Record(plainValues(p))
			if p.Kind != storage.KindContact || r.Kind != storage.KindDeal {
				break
			}
			parent = p.Parent
		}
		result.Records[ref] = storage.Record(values)
	}
	return result, nil
}

func plainValues(r record) map[string]storage.Value {
	email := ""
	if len(r.Addresses) > 0 {
		email = r.Addresses[0]
	}
	texts := map[string]string{
		"name": r.Name, "first_name": r.FirstName, "last_name": r.LastName, "detail": r.Detail, "email": email, "phone": r.Phone,
	}
	values := make(map[string]storage.Value)
	for _, name := range plain[r.Kind] {
		if values[name] = (storage.Value{}); texts[name] != "" {
			values[name] = storage.Text(texts[name])
		}
	}
	return values
}

// byRef reads records of a tenant; those that are not there are missing.
func (c *SQL) byRef(ctx context.Context, tenant storage.Tenant, refs []storage.Ref) (map[storage.Ref]record, error) {
	known := make(map[storage.Ref]record, len(refs))
	pairs := make([][2]string, 0, len(refs))
	for _, ref := range refs {
		if ref.Tenant == tenant {
			pairs = append(pairs, [2]string{string(ref.Kind), ref.ID})
		}
	}
	if len(pairs) == 0 {
		return known, ctx.Err()
	}
	found, err := all(ctx, c.db, `SELECT `+columns+` FROM json_each(?) asked JOIN records r ON r.tenant = ? AND r.kind = asked.value ->> 0 AND r.id = asked.value ->> 1`,
		list(pairs), string(tenant))
	for _, r := range found {
		known[r.Ref] = r
	}
	return known, err
}

func (c *SQL) parents(ctx context.Context, tenant storage.Tenant, of map[storage.Ref]record) (map[storage.Ref]record, error) {
	var refs []storage.Ref
	for _, r := range of {
		if !r.Parent.IsZero() {
			refs = append(refs, r.Parent)
		}
	}
	return c.byRef(ctx, tenant, refs)
}

// Fields are a record's fields with their values, in the order in which a person reads them. Fields without a value are left out.
func (c *SQL) Fields(ctx context.Context, actor storage.Actor, ref storage.Ref) ([]storage.Field, map[string]storage.Value, error) {
	return fieldsOf(ctx, fieldSource{c}, actor, ref)
}
