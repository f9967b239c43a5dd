package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const (
	mailboxColumns = `tenant, id, account, name, wire, delimiter, attributes, role, role_how, selectable, sync, uidvalidity, uidnext, modseq, on_server, since, synced, error, gone, revision`

	mailboxByID       engine.SQL = `SELECT ` + mailboxColumns + ` FROM @mailboxes WHERE tenant = ? AND id = ?`
	mailboxesOf       engine.SQL = `SELECT ` + mailboxColumns + ` FROM @mailboxes WHERE tenant = ? AND account = ? ORDER BY name`
	mailboxesReturned            = ` RETURNING ` + mailboxColumns

	putMailbox engine.SQL = `INSERT INTO @mailboxes (` + mailboxColumns + `, total) VALUES {rows}
		ON CONFLICT (tenant, account, name) DO UPDATE SET wire = excluded.wire, delimiter = excluded.delimiter, attributes = excluded.attributes, role = excluded.role,
		role_how = excluded.role_how, selectable = excluded.selectable, sync = excluded.sync, gone = excluded.gone, revision = mailboxes.revision + 1` + mailboxesReturned
	mailboxByName engine.SQL = `SELECT ` + mailboxColumns + ` FROM @mailboxes WHERE tenant = ? AND account = ? AND name = ?`
	renameMailbox engine.SQL = `UPDATE @mailboxes SET name = ?, revision = revision + 1 WHERE tenant = ? AND id = ?`
	markSynced    engine.SQL = `UPDATE @mailboxes SET on_server = ?, modseq = ?, synced = ?, error = '' WHERE tenant = ? AND id = ?`
	markFailed    engine.SQL = `UPDATE @mailboxes SET error = ? WHERE tenant = ? AND id = ?`
	addTotal      engine.SQL = `UPDATE @mailboxes SET total = total + ? WHERE tenant = ? AND id = ?`
)

func scanMailbox(s engine.Scanner) (m Mailbox, err error) {
	var attributes string
	var modseq, since, synced, gone int64
	err = s.Scan(&m.Tenant, &m.ID, &m.Account, &m.Name, &m.Wire, &m.Delimiter, &attributes, &m.Role, &m.RoleHow, &m.Selectable, &m.Sync, &m.UIDValidity, &m.UIDNext, &modseq, &m.Exists,
		&since, &synced, &m.Error, &gone, &m.Revision)
	if err != nil {
		return m, err
	}
	m.HighestModSeq = uint64(modseq)
	m.Since, m.Synced, m.Gone = when(since), when(synced), when(gone)
	err = fromJSON(attributes, &m.Attributes)
	m.Attributes, m.ObjectID = splitAttributes(m.Attributes)
	return m, err
}

// objectID marks the server's id among the attributes of a mailbox; the space in it keeps it apart from every attribute.
const objectID = "MAILBOXID "

func joinAttributes(m *Mailbox) []string {
	if m.ObjectID == "" {
		return m.Attributes
	}
	return append(slices.Clip(m.Attributes), objectID+m.ObjectID)
}

func splitAttributes(stored []string) (attributes []string, id string) {
	if n := len(stored) - 1; n >= 0 && strings.HasPrefix(stored[n], objectID) {
		return stored[:n:n], strings.TrimPrefix(stored[n], objectID)
	}
	return stored, ""
}

// Mailboxes are those of an account, by name, also those that are gone.
func (r Reads) Mailboxes(ctx context.Context, tenant storage.Tenant, account string) ([]Mailbox, error) {
	all, err := engine.All(ctx, r.c, mailboxesOf, scanMailbox, string(tenant), account)
	return all, doing("reading mailboxes", err)
}

// Mailbox is one mailbox.
func (r Reads) Mailbox(ctx context.Context, tenant storage.Tenant, id string) (*Mailbox, error) {
	m, ok, err := engine.One(ctx, r.c, mailboxByID, scanMailbox, string(tenant), id)
	if err := found("the mailbox", ok, err); err != nil {
		return nil, err
	}
	return &m, nil
}

// PutMailbox stores what LIST and the mapping say of a mailbox: a new one when the account has none of this name, else the known one changes. How far it is synced (UIDValidity to
// Since, Synced, Error) is not touched: that is the ledger's. *m becomes what is stored.
func (tx *Tx) PutMailbox(m *Mailbox) error {
	id := m.ID
	if id == "" {
		id = tx.NewID(m.Tenant)
	}
	values := []any{
		string(m.Tenant), id, m.Account, m.Name, m.Wire, m.Delimiter, asJSON(joinAttributes(m)), m.Role, m.RoleHow, m.Selectable, m.Sync,
		int64(0), int64(0), int64(0), int64(0), int64(0), int64(0), "", micros(m.Gone), int64(1), int64(0),
	}
	stored, ok, err := engine.One(tx.ctx, tx.c, putMailbox, scanMailbox, engine.Rows{Columns: len(values), Values: values})
	if err := found("the mailbox", ok, err); err != nil {
		return err
	}
	*m = stored
	return nil
}

// RenameMailbox gives a mailbox that is listed under another name now that name, so that all that is known of it stays with it. A mailbox of that name that is gone makes
// way and keeps a name that no server can state; one that is there is [storage.ErrConflict].
func (tx *Tx) RenameMailbox(tenant storage.Tenant, account, id, name string) error {
	other, ok, err := engine.One(tx.ctx, tx.c, mailboxByName, scanMailbox, string(tenant), account, name)
	switch {
	case err != nil:
		return doing("renaming a mailbox", err)
	case ok && other.ID == id:
		return nil
	case ok && other.Gone.IsZero():
		return fmt.Errorf("renaming a mailbox: there is one of that name: %w", storage.ErrConflict)
	case ok:
		if err := tx.one("renaming a mailbox", renameMailbox, name+goneName+other.ID, string(tenant), other.ID); err != nil {
			return err
		}
	}
	return tx.one("renaming a mailbox", renameMailbox, name, string(tenant), id)
}

// goneName stands between the name and the id of a mailbox that made way: no name on the wire holds a control character (RFC 3501 §5.1).
const goneName = "\x1f"

// MarkSynced tells how a run over a mailbox ended. With an empty code it was good: exists and modseq are the server's of the SELECT whose changes are committed. With a code only that is stored.
func (tx *Tx) MarkSynced(tenant storage.Tenant, mailbox string, exists uint32, modseq uint64, at time.Time, code string) error {
	if code != "" {
		return tx.one("marking a mailbox", markFailed, code, string(tenant), mailbox)
	}
	return tx.one("marking a mailbox", markSynced, int64(exists), int64(modseq), micros(at), string(tenant), mailbox)
}

// addTotal keeps the number of copies that are there in step.
func (tx *Tx) addTotal(tenant, mailbox string, n int64) error {
	if n == 0 {
		return nil
	}
	_, err := tx.exec(addTotal, n, tenant, mailbox)
	return err
}
