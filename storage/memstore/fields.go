package memstore

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

type fieldSource struct{ crm *CRM }

// Define says that records of a kind have more fields, beyond the built-in ones (name, detail, email …) which stay. A name defined before is
// replaced. A name that the contract does not allow, or a built-in one, is [storage.ErrInvalid].
func (c *CRM) Define(tenant storage.Tenant, kind storage.Kind, fields ...storage.Field) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.world(tenant)
	for _, field := range fields {
		if !fieldName.MatchString(field.Name) || len(field.Name) > 64 || builtIn(kind, field.Name) {
			return storage.Invalid("Name", "bad_name", "Use another name than "+field.Name+" for the field.")
		}
	}
	for _, field := range fields {
		w.fields[kind] = append(slices.DeleteFunc(w.fields[kind], func(f storage.Field) bool { return f.Name == field.Name }), copyField(field))
	}
	return nil
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// SetFields gives a record values, and leaves those not named as they are. A field that is not defined yet is defined, with the type of its
// value; a value of another type than its field has is [storage.ErrInvalid], as is one for a built-in field that comes from the Entity.
func (c *CRM) SetFields(ref storage.Ref, values map[string]storage.Value) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.world(ref.Tenant)
	r := w.find(ref)
	if r == nil {
		return fmt.Errorf("setting fields: %w", storage.ErrNotFound)
	}
	kind := r.entity.Kind
	for name, value := range values {
		switch known := w.defined(kind, name); {
		case known == nil && (derived(kind, name) || !fieldName.MatchString(name)):
			return storage.Invalid(name, "bad_name", "This field cannot be set.")
		case known != nil && value.Type != storage.ValueEmpty && value.Type != known.Type:
			return storage.Invalid(name, "bad_type", "Give a value of type "+string(known.Type)+".")
		}
	}
	for name, value := range values {
		if w.defined(kind, name) == nil {
			w.fields[kind] = append(w.fields[kind], fieldOf(name, value))
		}
		r.values[name] = copyValue(value)
	}
	c.clock++
	r.touched = c.clock
	return nil
}

// defined is a field that has its value in record.values.
func (w *world) defined(kind storage.Kind, name string) *storage.Field {
	for _, fields := range [][]storage.Field{stored[kind], w.fields[kind]} {
		if i := slices.IndexFunc(fields, func(f storage.Field) bool { return f.Name == name }); i >= 0 {
			return &fields[i]
		}
	}
	return nil
}

func builtIn(kind storage.Kind, name string) bool {
	return derived(kind, name) || slices.ContainsFunc(stored[kind], func(f storage.Field) bool { return f.Name == name })
}

// derived reports whether the value of a field comes from the Entity.
func derived(kind storage.Kind, name string) bool {
	switch name {
	case "name", "detail", "email", "emails", "url", "owner":
		return true
	case "account":
		return kind == storage.KindContact || kind == storage.KindDeal
	case "contact":
		return kind == storage.KindDeal
	}
	return false
}

// fieldOf describes a field by a value of it.
func fieldOf(name string, value storage.Value) storage.Field {
	field := storage.Field{Name: name, Label: strings.ReplaceAll(name, "_", " "), Type: value.Type}
	switch value.Type {
	case storage.ValueRecord:
		for _, part := range slices.Sorted(maps.Keys(value.Record)) {
			field.Fields = append(field.Fields, fieldOf(part, value.Record[part]))
		}
	case storage.ValueList:
		if len(value.List) > 0 {
			element := fieldOf(name, value.List[0])
			field.Fields = element.Fields
			if element.Type != storage.ValueRecord {
				field.Fields = []storage.Field{element}
			}
		}
	}
	return field
}

// Fields describes what a record of a kind has. A kind without a record and without a definition is unknown and has none.
func (f fieldSource) Fields(ctx context.Context, req storage.FieldsRequest) (storage.FieldsResult, error) {
	return call(ctx, f.crm, "FieldSource.Fields", func() (storage.FieldsResult, error) {
		f.crm.mu.RLock()
		defer f.crm.mu.RUnlock()
		w := f.crm.peek(req.Tenant)
		if _, known := stored[req.Kind]; !known && len(w.fields[req.Kind]) == 0 && !w.has(req.Kind) {
			return storage.FieldsResult{}, nil
		}
		fields := w.plainFields(req.Kind)
		fields = append(fields, storage.Field{Name: "owner", Type: storage.ValueRecord, Fields: slices.Clone(agentFields)})
		switch req.Kind {
		case storage.KindContact:
			fields = append(fields, storage.Field{Name: "account", Type: storage.ValueRecord, Fields: w.plainFields(storage.KindAccount)})
		case storage.KindDeal:
			fields = append(fields, storage.Field{Name: "account", Type: storage.ValueRecord, Fields: w.plainFields(storage.KindAccount)},
				storage.Field{Name: "contact", Type: storage.ValueRecord, Fields: w.plainFields(storage.KindContact)})
		}
		for i := range fields {
			fields[i] = copyField(fields[i])
		}
		label(fields, req.Locale)
		return storage.FieldsResult{Fields: fields}, nil
	})
}

func (w *world) has(kind storage.Kind) bool {
	for ref := range w.records {
		if ref.Kind == kind {
			return true
		}
	}
	return false
}

// plainFields are those that lead to no other record.
func (w *world) plainFields(kind storage.Kind) []storage.Field {
	return slices.Concat(entityFields, stored[kind], w.fields[kind])
}

// Values returns every field of the records that the Actor may see; Paths does not matter here.
func (f fieldSource) Values(ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
	return call(ctx, f.crm, "FieldSource.Values", func() (storage.ValuesResult, error) {
		if len(req.Refs) > storage.MaxValueRefs {
			return storage.ValuesResult{}, fmt.Errorf("reading %d records: %w: at most %d", len(req.Refs), storage.ErrLimit, storage.MaxValueRefs)
		}
		f.crm.mu.RLock()
		defer f.crm.mu.RUnlock()
		result := storage.ValuesResult{Records: make(map[storage.Ref]storage.Value, len(req.Refs))}
		w := f.crm.peek(req.Actor.Tenant)
		for _, ref := range req.Refs {
			if r := w.find(ref); f.crm.sees(req.Actor, r) {
				result.Records[ref] = storage.Record(w.values(r))
			}
		}
		return result, nil
	})
}

// values is a record with the records that it leads to, one step far.
func (w *world) values(r *record) map[string]storage.Value {
	values := w.plainValues(r)
	if owner := w.agent(r.entity.Owner); owner.ID != "" {
		values["owner"] = storage.Record(map[string]storage.Value{"name": text(owner.Name), "email": text(owner.Address)})
	} else {
		values["owner"] = storage.Value{}
	}
	parent := w.find(r.entity.Parent)
	if r.entity.Kind == storage.KindDeal {
		values["contact"] = storage.Value{}
		if parent != nil && parent.entity.Kind == storage.KindContact {
			values["contact"] = storage.Record(w.plainValues(parent))
			parent = w.find(parent.entity.Parent)
		}
	}
	if r.entity.Kind == storage.KindDeal || r.entity.Kind == storage.KindContact {
		values["account"] = storage.Value{}
		if parent != nil && parent.entity.Kind == storage.KindAccount {
			values["account"] = storage.Record(w.plainValues(parent))
		}
	}
	return values
}

func (w *world) plainValues(r *record) map[string]storage.Value {
	values := make(map[string]storage.Value)
	for _, field := range slices.Concat(stored[r.entity.Kind], w.fields[r.entity.Kind]) {
		values[field.Name] = copyValue(r.values[field.Name])
	}
	values["name"], values["detail"], values["url"] = text(r.entity.Name), text(r.entity.Detail), text(r.entity.URL)
	values["email"] = storage.Value{}
	if len(r.entity.Addresses) > 0 {
		values["email"] = storage.Text(r.entity.Addresses[0])
	}
	emails := make([]storage.Value, 0, len(r.entity.Addresses))
	for _, address := range r.entity.Addresses {
		emails = append(emails, storage.Text(address))
	}
	values["emails"] = storage.List(emails...)
	return values
}

// text is a text value, or a known field without a value.
func text(s string) storage.Value {
	if s == "" {
		return storage.Value{}
	}
	return storage.Text(s)
}

func copyValue(value storage.Value) storage.Value {
	if value.Decimal != nil {
		value.Decimal = new(big.Rat).Set(value.Decimal)
	}
	if value.List != nil {
		list := make([]storage.Value, len(value.List))
		for i, element := range value.List {
			list[i] = copyValue(element)
		}
		value.List = list
	}
	if value.Record != nil {
		record := make(map[string]storage.Value, len(value.Record))
		for name, part := range value.Record {
			record[name] = copyValue(part)
		}
		value.Record = record
	}
	return value
}

func copyField(field storage.Field) storage.Field {
	field.Fields = slices.Clone(field.Fields)
	for i := range field.Fields {
		field.Fields[i] = copyField(field.Fields[i])
	}
	return field
}
