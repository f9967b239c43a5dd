package crm

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// fieldsOf asks a source for the fields of one record and their values, and leaves out what has none.
func fieldsOf(ctx context.Context, source storage.FieldSource, actor storage.Actor, ref storage.Ref) ([]storage.Field, map[string]storage.Value, error) {
	declared, err := source.Fields(ctx, storage.FieldsRequest{Tenant: actor.Tenant, Kind: ref.Kind, Locale: actor.Locale})
	if err != nil {
		return nil, nil, fmt.Errorf("reading the fields of %s: %w", ref.Kind, err)
	}
	res, err := source.Values(ctx, storage.ValuesRequest{Actor: actor, Refs: []storage.Ref{ref}})
	if err != nil {
		return nil, nil, fmt.Errorf("reading record %s/%s: %w", ref.Kind, ref.ID, err)
	}
	record, ok := res.Records[ref]
	if !ok {
		return nil, nil, fmt.Errorf("record %s/%s: %w", ref.Kind, ref.ID, storage.ErrNotFound)
	}
	fields := slices.DeleteFunc(declared.Fields, func(f storage.Field) bool { return empty(record.Record[f.Name]) })
	return fields, record.Record, nil
}

func empty(v storage.Value) bool {
	switch v.Type {
	case storage.ValueEmpty:
		return true
	case storage.ValueText:
		return strings.TrimSpace(v.Text) == ""
	case storage.ValueList:
		return len(v.List) == 0
	case storage.ValueRecord:
		for _, part := range v.Record {
			if !empty(part) {
				return false
			}
		}
		return true
	}
	return false
}

// A cursor is where the last page ended, made opaque.
func encodeCursor(after string) string { return base64.RawURLEncoding.EncodeToString([]byte(after)) }

func decodeCursor(cursor string) (string, error) {
	after, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(after) > 2000 {
		return "", storage.Invalid("cursor", "bad_cursor", "give the next_cursor of the page before")
	}
	return string(after), nil
}
