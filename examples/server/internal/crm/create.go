package crm

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mailcrm/sdk/storage"
)

const keyLives = 24 * time.Hour

// Create makes a company, a contact or a deal. A record of the same kind that has the address or, apart from case and accents, the name is taken for the same.
func (c *SQL) Create(ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
	if len(req.Key) > 64 {
		return storage.CreateResult{}, storage.Invalid("Key", "too_long", "use a key of at most 64 bytes")
	}
	r, err := compose(req)
	if err != nil {
		return storage.CreateResult{}, err
	}
	var result storage.CreateResult
	err = c.write(ctx, func(tx *sql.Tx) error {
		result = storage.CreateResult{}
		made, err := madeBefore(ctx, tx, req)
		if err != nil || len(made) > 0 {
			if err == nil {
				result.Entity = made[0].Entity
			}
			return err
		}
		if err := checkParent(ctx, tx, r); err != nil {
			return err
		}
		if !req.AllowDuplicate {
			same, err := duplicates(ctx, tx, r)
			if err != nil || len(same) > 0 {
				result.Duplicates = entities(same)
				return err
			}
		}
		if r, err = add(ctx, tx, r); err != nil {
			return err
		}
		result.Entity = r.Entity
		if req.Key == "" {
			return nil
		}
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO keys (tenant, key, kind, id, made) VALUES (?, ?, ?, ?, ?)`,
			string(r.Tenant), req.Key, string(r.Kind), r.ID, time.Now().Unix())
		return err
	})
	if err != nil {
		return storage.CreateResult{}, fmt.Errorf("creating a record: %w", err)
	}
	return result, nil
}

// compose is the record that a request asks for, checked.
func compose(req storage.CreateRequest) (record, error) {
	r := record{
		Entity:    storage.Entity{Ref: storage.Ref{Tenant: req.Actor.Tenant, Kind: req.Kind}, Name: strings.TrimSpace(req.Name), Parent: req.Parent},
		FirstName: strings.TrimSpace(req.FirstName), LastName: strings.TrimSpace(req.LastName), Phone: strings.TrimSpace(req.Phone),
	}
	if req.Actor.Agent != storage.SystemAgent {
		r.Owner = req.Actor.Agent
	}
	switch req.Kind {
	case storage.KindAccount, storage.KindDeal:
	case storage.KindContact:
		r.Name = cmp.Or(r.Name, strings.TrimSpace(r.FirstName+" "+r.LastName))
	default:
		return r, storage.Invalid("Kind", "unknown", "make an account, a contact or a deal")
	}
	if r.Name == "" {
		return r, storage.Invalid("Name", "required", "enter a name")
	}
	for field, text := range map[string]string{"Name": r.Name, "FirstName": r.FirstName, "LastName": r.LastName, "Phone": r.Phone} {
		if len(text) > 255 {
			return r, storage.Invalid(field, "too_long", "enter at most 255 bytes")
		}
	}
	if req.Address != "" {
		if at := strings.LastIndexByte(req.Address, '@'); at < 1 || at == len(req.Address)-1 || strings.ContainsAny(req.Address, " <>\r\n") || len(req.Address) > 255 {
			return r, storage.Invalid("Address", "bad_address", "enter a mail address, or none")
		}
		r.Addresses = []string{req.Address}
	}
	return r, nil
}

// madeBefore is the record that the key of a request made within a day, if any.
func madeBefore(ctx context.Context, tx *sql.Tx, req storage.CreateRequest) ([]record, error) {
	if req.Key == "" {
		return nil, nil
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM keys WHERE made < ?`, time.Now().Add(-keyLives).Unix()); err != nil {
		return nil, err
	}
	return all(ctx, tx, `SELECT `+columns+` FROM keys k JOIN records r ON r.tenant = k.tenant AND r.kind = k.kind AND r.id = k.id WHERE k.tenant = ? AND k.key = ?`,
		string(req.Actor.Tenant), req.Key)
}

func checkParent(ctx context.Context, tx *sql.Tx, r record) error {
	if r.Parent.IsZero() {
		return nil
	}
	found, err := all(ctx, tx, `SELECT `+columns+` FROM records r WHERE r.tenant = ? AND r.kind = ? AND r.id = ?`, string(r.Tenant), string(r.Parent.Kind), r.Parent.ID)
	if err != nil {
		return err
	}
	if len(found) == 0 || r.Parent.Tenant != r.Tenant {
		return storage.Invalid("Parent", "unknown", "choose a company that exists")
	}
	return nil
}

// duplicates are the records that may be this one already.
func duplicates(ctx context.Context, tx *sql.Tx, r record) ([]record, error) {
	address := ""
	if len(r.Addresses) > 0 {
		address = foldAddress(r.Addresses[0])
	}
	return all(ctx, tx, `SELECT `+columns+` FROM records r WHERE r.tenant = ? AND r.kind = ? AND (r.folded = ? OR r.id IN
		(SELECT id FROM addresses WHERE tenant = r.tenant AND kind = r.kind AND folded = ?)) ORDER BY r.touched DESC LIMIT 10`,
		string(r.Tenant), string(r.Kind), fold(r.Name), address)
}

// Add adds records with their own ids, or with the next free number where they have none, and returns their Refs in order. One that is there already is
// [storage.ErrConflict].
func (c *SQL) Add(ctx context.Context, records ...storage.Entity) ([]storage.Ref, error) {
	refs := make([]storage.Ref, 0, len(records))
	err := c.write(ctx, func(tx *sql.Tx) error {
		refs = refs[:0]
		for _, e := range records {
			made, err := add(ctx, tx, record{Entity: e})
			if err != nil {
				return err
			}
			refs = append(refs, made.Ref)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("adding records: %w", err)
	}
	return refs, nil
}

func add(ctx context.Context, tx *sql.Tx, r record) (record, error) {
	var n int64
	err := tx.QueryRowContext(ctx, `INSERT INTO counters (tenant, last) VALUES (?, 1) ON CONFLICT (tenant) DO UPDATE SET last = last + 1 RETURNING last`, string(r.Tenant)).Scan(&n)
	if err != nil {
		return r, err
	}
	if r.ID == "" {
		r.ID = strconv.FormatInt(n, 10)
	}
	r.URL = "/records/" + string(r.Kind) + "/" + r.ID
	res, err := tx.ExecContext(ctx, `INSERT INTO records (tenant, kind, id, name, detail, owner, first_name, last_name, phone, parent_kind, parent_id, folded, words, touched)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, string(r.Tenant), string(r.Kind), r.ID, r.Name, r.Detail, r.Owner,
		r.FirstName, r.LastName, r.Phone, string(r.Parent.Kind), r.Parent.ID, fold(r.Name), " "+strings.Join(words(r.Entity), " "), n)
	if err != nil {
		return r, err
	}
	if made, err := res.RowsAffected(); err != nil || made == 0 {
		return r, fmt.Errorf("record %s/%s: %w", r.Kind, r.ID, cmp.Or(err, storage.ErrConflict))
	}
	for i, address := range r.Addresses {
		if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO addresses (tenant, folded, kind, id, address, position) VALUES (?, ?, ?, ?, ?, ?)`,
			string(r.Tenant), foldAddress(address), string(r.Kind), r.ID, address, i); err != nil {
			return r, err
		}
	}
	return r, nil
}
