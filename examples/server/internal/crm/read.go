package crm

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// columns of a record, with its addresses as a JSON array, the preferred one first.
const columns = `r.tenant, r.kind, r.id, r.name, r.detail, r.owner, r.first_name, r.last_name, r.phone, r.parent_kind, r.parent_id,
	(SELECT json_group_array(address ORDER BY position) FROM addresses a WHERE a.tenant = r.tenant AND a.kind = r.kind AND a.id = r.id)`

// A record is a row with its addresses.
type record struct {
	storage.Entity
	FirstName, LastName, Phone string
}

func scan(row interface{ Scan(...any) error }, more ...any) (record, error) {
	var r record
	var parent storage.Ref
	var addresses string
	err := row.Scan(append([]any{
		&r.Tenant, &r.Kind, &r.ID, &r.Name, &r.Detail, &r.Owner, &r.FirstName, &r.LastName, &r.Phone, &parent.Kind, &parent.ID, &addresses,
	}, more...)...)
	if err != nil {
		return record{}, err
	}
	if parent.ID != "" {
		parent.Tenant = r.Tenant
		r.Parent = parent
	}
	r.URL = "/records/" + string(r.Kind) + "/" + r.ID
	return r, json.Unmarshal([]byte(addresses), &r.Addresses)
}

// a querier is a database or a transaction in it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// all reads the records of a query that begins with columns.
func all(ctx context.Context, q querier, query string, args ...any) ([]record, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var found []record
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

func entities(records []record) []storage.Entity {
	out := make([]storage.Entity, len(records))
	for i, r := range records {
		out[i] = r.Entity
	}
	return out
}

// list makes a JSON array of values, to be read by SQLite's json_each.
func list(values any) string {
	text, err := json.Marshal(values)
	if err != nil {
		return "[]" // strings always marshal
	}
	return string(text)
}

// Lookup finds the records that have an address.
func (c *SQL) Lookup(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
	if len(req.Addresses) > storage.MaxLookupAddresses {
		return storage.LookupResult{}, fmt.Errorf("looking up %d addresses: %w: at most %d", len(req.Addresses), storage.ErrLimit, storage.MaxLookupAddresses)
	}
	folded := make([]string, len(req.Addresses))
	for i, a := range req.Addresses {
		folded[i] = foldAddress(a)
	}
	rows, err := c.db.QueryContext(ctx, `SELECT `+columns+`, asked.key FROM json_each(?) asked JOIN addresses m ON m.tenant = ? AND m.folded = asked.value
		JOIN records r ON r.tenant = m.tenant AND r.kind = m.kind AND r.id = m.id`, list(folded), string(req.Tenant))
	if err != nil {
		return storage.LookupResult{}, fmt.Errorf("looking up addresses: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var result storage.LookupResult
	for rows.Next() {
		var asked int
		r, err := scan(rows, &asked)
		if err != nil {
			return storage.LookupResult{}, fmt.Errorf("looking up addresses: %w", err)
		}
		result.Matches = append(result.Matches, storage.Match{Address: req.Addresses[asked], Entity: r.Entity})
	}
	if err := rows.Err(); err != nil {
		return storage.LookupResult{}, fmt.Errorf("looking up addresses: %w", err)
	}
	return result, nil
}

// Search finds records in which every word of the query begins a word of the name, the detail or an address: the whole name first, then names that begin so,
// then the rest, newest first among equals.
func (c *SQL) Search(ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
	switch {
	case req.Limit < 1:
		return storage.SearchResult{}, storage.Invalid("Limit", "range", "ask for 1 record or more")
	case req.Limit > storage.MaxSearchResults || len(req.Query) > 255:
		return storage.SearchResult{}, fmt.Errorf("searching: %w: at most %d records and 255 bytes of query", storage.ErrLimit, storage.MaxSearchResults)
	}
	query := strings.Join(strings.Fields(fold(req.Query)), " ")
	where, args := matching(req.Actor.Tenant, req.Kinds, query)
	args = append(args, query, escape(query)+"%", req.Limit+1)
	found, err := all(ctx, c.db, `SELECT `+columns+` FROM records r WHERE `+where+`
		ORDER BY CASE WHEN r.folded = ? THEN 0 WHEN r.folded LIKE ? ESCAPE '\' THEN 1 ELSE 2 END, r.touched DESC LIMIT ?`, args...)
	if err != nil {
		return storage.SearchResult{}, fmt.Errorf("searching: %w", err)
	}
	more := len(found) > req.Limit
	if more {
		found = found[:req.Limit]
	}
	return storage.SearchResult{Entities: entities(found), More: more}, nil
}

// matching is the condition that records of some kinds (none: all) have every word of a folded query.
func matching(tenant storage.Tenant, kinds []storage.Kind, query string) (where string, args []any) {
	where, args = "r.tenant = ?", []any{string(tenant)}
	if len(kinds) > 0 {
		where += " AND r.kind IN (SELECT value FROM json_each(?))"
		args = append(args, list(kinds))
	}
	for _, word := range strings.Fields(query) {
		where += ` AND r.words LIKE ? ESCAPE '\'`
		args = append(args, "% "+escape(word)+"%")
	}
	return where, args
}

func escape(s string) string { return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(s) }

// Get is one record. [storage.ErrNotFound] when it is not there.
func (c *SQL) Get(ctx context.Context, actor storage.Actor, ref storage.Ref) (storage.Entity, error) {
	found, err := all(ctx, c.db, `SELECT `+columns+` FROM records r WHERE r.tenant = ? AND r.kind = ? AND r.id = ?`, string(actor.Tenant), string(ref.Kind), ref.ID)
	if err != nil {
		return storage.Entity{}, fmt.Errorf("reading record %s/%s: %w", ref.Kind, ref.ID, err)
	}
	if len(found) == 0 || ref.Tenant != actor.Tenant {
		return storage.Entity{}, fmt.Errorf("record %s/%s: %w", ref.Kind, ref.ID, storage.ErrNotFound)
	}
	return found[0].Entity, nil
}

// Children are the contacts and deals of a company, those of its contacts too, and the deals of a contact, by kind and name. At most 1,000.
func (c *SQL) Children(ctx context.Context, actor storage.Actor, ref storage.Ref) ([]storage.Entity, error) {
	found, err := all(ctx, c.db, `SELECT `+columns+` FROM records r WHERE r.tenant = ?1 AND (r.parent_kind = ?2 AND r.parent_id = ?3 OR
		?2 = 'account' AND r.kind = 'deal' AND r.parent_kind = 'contact' AND r.parent_id IN
			(SELECT id FROM records WHERE tenant = ?1 AND kind = 'contact' AND parent_kind = ?2 AND parent_id = ?3))
		ORDER BY r.kind, r.folded, r.id LIMIT 1000`, string(actor.Tenant), string(ref.Kind), ref.ID)
	if err != nil {
		return nil, fmt.Errorf("reading what belongs to %s/%s: %w", ref.Kind, ref.ID, err)
	}
	return entities(found), nil
}

// List is a page of the records of a kind (empty: of all) that fit a query (empty: all), by kind and name.
func (c *SQL) List(ctx context.Context, actor storage.Actor, kind storage.Kind, query, cursor string) (records []storage.Entity, next string, err error) {
	after, err := decodeCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	if len(query) > 255 {
		return nil, "", fmt.Errorf("searching: %w: at most 255 bytes of query", storage.ErrLimit)
	}
	var kinds []storage.Kind
	if kind != "" {
		kinds = append(kinds, kind)
	}
	where, args := matching(actor.Tenant, kinds, fold(query))
	afterKind, rest, _ := strings.Cut(after, "\x00")
	afterName, afterID, _ := strings.Cut(rest, "\x00")
	args = append(args, afterKind, afterName, afterID, pageOf+1)
	found, err := all(ctx, c.db, `SELECT `+columns+` FROM records r WHERE `+where+` AND (r.kind, r.folded, r.id) > (?, ?, ?) ORDER BY r.kind, r.folded, r.id LIMIT ?`, args...)
	if err != nil {
		return nil, "", fmt.Errorf("listing records: %w", err)
	}
	if len(found) > pageOf {
		found = found[:pageOf]
		next = encodeCursor(sortKey(found[pageOf-1].Entity))
	}
	return entities(found), next, nil
}
