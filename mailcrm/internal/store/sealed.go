package store

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const (
	sealedIMAP  engine.SQL = `SELECT tenant, id, imap_secret FROM @accounts WHERE (tenant, id) > (?, ?) ORDER BY tenant, id LIMIT ?`
	sealedSMTP  engine.SQL = `SELECT tenant, id, smtp_secret FROM @accounts WHERE (tenant, id) > (?, ?) ORDER BY tenant, id LIMIT ?`
	sealedLogin engine.SQL = `SELECT tenant, id, secret FROM @logins WHERE (tenant, id) > (?, ?) ORDER BY tenant, id LIMIT ?`

	resealIMAP  engine.SQL = `UPDATE @accounts SET imap_secret = ? WHERE tenant = ? AND id = ? AND imap_secret = ?`
	resealSMTP  engine.SQL = `UPDATE @accounts SET smtp_secret = ? WHERE tenant = ? AND id = ? AND smtp_secret = ?`
	resealLogin engine.SQL = `UPDATE @logins SET secret = ? WHERE tenant = ? AND id = ? AND secret = ?`
)

// The fields that hold sealed values.
const (
	SealedIMAP  = "imap.password"
	SealedSMTP  = "smtp.password"
	SealedLogin = "login.refresh_token"
)

// SealedFields are all of them.
var SealedFields = []string{SealedIMAP, SealedSMTP, SealedLogin}

var sealedColumns = map[string]struct{ list, reseal engine.SQL }{
	SealedIMAP:  {sealedIMAP, resealIMAP},
	SealedSMTP:  {sealedSMTP, resealSMTP},
	SealedLogin: {sealedLogin, resealLogin},
}

// A Sealed is a sealed value and where it lies.
type Sealed struct {
	Tenant storage.Tenant
	ID     string // of the row: an account or a login
	Field  string
	Value  []byte // empty: there is none
}

// Sealed is a page of the rows that can have a sealed value in a field, of all tenants, after a tenant and an id. Only package mailcrm's command for rotation asks.
func (r Reads) Sealed(ctx context.Context, field string, tenant storage.Tenant, after string, limit int) ([]Sealed, error) {
	all, err := engine.All(ctx, r.c, sealedColumns[field].list, func(s engine.Scanner) (v Sealed, err error) {
		v.Field = field
		err = s.Scan(&v.Tenant, &v.ID, &v.Value)
		return v, err
	}, string(tenant), after, int64(limit))
	return all, doing("reading sealed values", err)
}

// Reseal puts a value that was sealed again in the place of the old one, and says whether the old one was still there: who enters a secret meanwhile wins. It is no
// change that a person makes: the revision stays.
func (tx *Tx) Reseal(was Sealed, value []byte) (bool, error) {
	column, ok := sealedColumns[was.Field]
	if !ok || len(value) == 0 {
		return false, fmt.Errorf("sealing %s again: there is no such field: %w", was.Field, storage.ErrInvalid)
	}
	n, err := tx.exec(column.reseal, value, string(was.Tenant), was.ID, was.Value)
	return n > 0, doing("sealing a value again", err)
}
