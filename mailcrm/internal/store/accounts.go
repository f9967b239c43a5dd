package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const (
	accountColumns = `tenant, id, address, name, owner, imap, smtp, imap_secret, smtp_secret, settings, status, next_sync, last_sync, revision, created`

	accountByID engine.SQL = `SELECT ` + accountColumns + ` FROM @accounts WHERE tenant = ? AND id = ?`
	accountsAll engine.SQL = `SELECT ` + accountColumns + ` FROM @accounts WHERE tenant = ? ORDER BY address`
	accountsOf  engine.SQL = `SELECT ` + accountColumns + ` FROM @accounts WHERE tenant = ? AND (owner = ? OR id IN {list}) ORDER BY address`
	memberships engine.SQL = `SELECT account FROM @account_members WHERE tenant = ? AND agent = ?`
	membersOf   engine.SQL = `SELECT account, agent, rights FROM @account_members WHERE tenant = ? AND account IN {list} ORDER BY account, agent`
	identities  engine.SQL = `SELECT account, id, name, address, reply_to, signature, is_default FROM @identities WHERE tenant = ? AND account IN {list} ORDER BY account, place`

	ownAddresses  engine.SQL = `SELECT address, settings FROM @accounts WHERE tenant = ? ORDER BY address`
	ownIdentities engine.SQL = `SELECT DISTINCT address FROM @identities WHERE tenant = ? ORDER BY address`

	insertAccount  engine.SQL = `INSERT INTO @accounts (` + accountColumns + `, links_due) VALUES {rows} ON CONFLICT DO NOTHING`
	updateAccount  engine.SQL = `UPDATE @accounts SET address = ?, name = ?, owner = ?, imap = ?, smtp = ?, imap_secret = ?, smtp_secret = ?, settings = ?, revision = revision + 1 WHERE tenant = ? AND id = ? AND revision = ?`
	updateSettings engine.SQL = `UPDATE @accounts SET settings = ? WHERE tenant = ? AND id = ? AND revision = ?`
	accountExists  engine.SQL = `SELECT 1 FROM @accounts WHERE tenant = ? AND id = ?`

	deleteMembers    engine.SQL = `DELETE FROM @account_members WHERE tenant = ? AND account = ?`
	deleteIdentities engine.SQL = `DELETE FROM @identities WHERE tenant = ? AND account = ?`
	insertMembers    engine.SQL = `INSERT INTO @account_members (tenant, account, agent, rights) VALUES {rows}`
	insertIdentities engine.SQL = `INSERT INTO @identities (tenant, id, account, place, name, address, reply_to, signature, is_default) VALUES {rows}`

	setStatus     engine.SQL = `UPDATE @accounts SET status = ?, next_sync = ?, last_sync = CASE WHEN CAST(? AS BIGINT) = 0 THEN last_sync ELSE ? END WHERE tenant = ? AND id = ?`
	syncSoon      engine.SQL = `UPDATE @accounts SET next_sync = ? WHERE tenant = ? AND id = ?`
	linksLater    engine.SQL = `UPDATE @accounts SET links_due = ? WHERE tenant = ? AND id = ?`
	deleteAccount engine.SQL = `DELETE FROM @accounts WHERE tenant = ? AND id = ?`

	deleteAccountLedger engine.SQL = `DELETE FROM @ledger_ranges WHERE tenant = ? AND mailbox IN {list}`
	deleteAccountDead   engine.SQL = `DELETE FROM @dead_letters WHERE tenant = ? AND mailbox IN {list}`
	deleteMailboxes     engine.SQL = `DELETE FROM @mailboxes WHERE tenant = ? AND account = ?`
	rawsOfAccount       engine.SQL = `SELECT raw, COUNT(*) FROM @copies WHERE tenant = ? AND account = ? AND raw <> ? GROUP BY raw`
	deleteCopies        engine.SQL = `DELETE FROM @copies WHERE tenant = ? AND account = ?`
	cancelAccount       engine.SQL = `UPDATE @submissions SET due = 0, state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END WHERE tenant = ? AND account = ? AND due > 0`
	deleteLease         engine.SQL = `DELETE FROM @leases WHERE tenant = ? AND account = ?`
)

func scanAccount(s engine.Scanner) (a Account, err error) {
	var imap, smtp, settings, status string
	var next, last, created int64
	err = s.Scan(&a.Tenant, &a.ID, &a.Address, &a.Name, &a.Owner, &imap, &smtp, &a.IMAPSecret, &a.SMTPSecret, &settings, &status, &next, &last, &a.Revision, &created)
	if err != nil {
		return a, err
	}
	a.NextSync, a.LastSync, a.Created = when(next), when(last), when(created)
	a.IMAPSecret, a.SMTPSecret = orNil(a.IMAPSecret), orNil(a.SMTPSecret)
	return a, errors.Join(fromJSON(imap, &a.IMAP), fromJSON(smtp, &a.SMTP), fromJSON(settings, &a.Settings), fromJSON(status, &a.Status))
}

// Account is one account with its members and identities.
func (r Reads) Account(ctx context.Context, tenant storage.Tenant, id string) (*Account, error) {
	a, ok, err := engine.One(ctx, r.c, accountByID, scanAccount, string(tenant), id)
	if err := found("the account", ok, err); err != nil {
		return nil, err
	}
	all := []Account{a}
	if err := r.complete(ctx, tenant, all); err != nil {
		return nil, err
	}
	return &all[0], nil
}

// Accounts are those that the agent owns or is a member of, by address; all of the tenant when agent is empty.
func (r Reads) Accounts(ctx context.Context, tenant storage.Tenant, agent string) (all []Account, err error) {
	if agent == "" {
		all, err = engine.All(ctx, r.c, accountsAll, scanAccount, string(tenant))
	} else {
		var member []string
		member, err = engine.All(ctx, r.c, memberships, engine.Value[string], string(tenant), agent)
		if err == nil {
			all, err = engine.All(ctx, r.c, accountsOf, scanAccount, string(tenant), agent, engine.Strings(append(member, "")))
		}
	}
	if err != nil {
		return nil, doing("reading accounts", err)
	}
	return all, r.complete(ctx, tenant, all)
}

// complete fills in the members and identities of accounts.
func (r Reads) complete(ctx context.Context, tenant storage.Tenant, accounts []Account) error {
	byID := make(map[string]*Account, len(accounts))
	var ids []string
	for i := range accounts {
		byID[accounts[i].ID] = &accounts[i]
		ids = append(ids, accounts[i].ID)
	}
	err := engine.Chunks(ids, engine.MaxIn, func(ids []string) error {
		err := engine.Each(ctx, r.c, membersOf, func(s engine.Scanner) error {
			var account string
			var m Member
			if err := s.Scan(&account, &m.Agent, &m.Rights); err != nil {
				return err
			}
			byID[account].Members = append(byID[account].Members, m)
			return nil
		}, string(tenant), engine.Strings(ids))
		if err != nil {
			return err
		}
		return engine.Each(ctx, r.c, identities, func(s engine.Scanner) error {
			var account string
			var i Identity
			if err := s.Scan(&account, &i.ID, &i.Name, &i.Address, &i.ReplyTo, &i.Signature, &i.Default); err != nil {
				return err
			}
			byID[account].Identities = append(byID[account].Identities, i)
			return nil
		}, string(tenant), engine.Strings(ids))
	})
	return doing("reading members and identities", err)
}

// OwnAddresses are the addresses of every account and identity of the tenant, and the domains that accounts claim as their own. No mail from there is a client's (law 6).
func (r Reads) OwnAddresses(ctx context.Context, tenant storage.Tenant) (addresses, domains []string, err error) {
	seen := make(map[string]bool)
	add := func(list *[]string, v, kind string) {
		if v != "" && !seen[kind+v] {
			seen[kind+v] = true
			*list = append(*list, v)
		}
	}
	err = engine.Each(ctx, r.c, ownAddresses, func(s engine.Scanner) error {
		var address, text string
		if err := s.Scan(&address, &text); err != nil {
			return err
		}
		add(&addresses, address, "address ")
		var settings Settings
		if err := fromJSON(text, &settings); err != nil {
			return err
		}
		for _, domain := range settings.OwnDomains {
			add(&domains, domain, "domain ")
		}
		return nil
	}, string(tenant))
	if err != nil {
		return nil, nil, doing("reading own addresses", err)
	}
	more, err := engine.All(ctx, r.c, ownIdentities, engine.Value[string], string(tenant))
	if err != nil {
		return nil, nil, doing("reading own addresses", err)
	}
	for _, address := range more {
		add(&addresses, address, "address ")
	}
	return addresses, domains, nil
}

// CreateAccount stores a new account and fills in ID, Created and Revision. An address that another account of the tenant has is [storage.ErrConflict].
func (tx *Tx) CreateAccount(a *Account) error {
	if a.ID == "" {
		a.ID = tx.NewID(a.Tenant)
	}
	if a.Created.IsZero() {
		a.Created = tx.Now()
	}
	a.Revision = 1
	values := []any{
		string(a.Tenant), a.ID, a.Address, a.Name, a.Owner, asJSON(a.IMAP), asJSON(a.SMTP), notNil(a.IMAPSecret), notNil(a.SMTPSecret), asJSON(a.Settings), asJSON(a.Status),
		micros(a.NextSync), micros(a.LastSync), a.Revision, micros(a.Created), int64(0),
	}
	n, err := tx.exec(insertAccount, engine.Rows{Columns: len(values), Values: values})
	if err == nil && n == 0 {
		err = fmt.Errorf("the address has an account already: %w", storage.ErrConflict)
	}
	if err == nil {
		err = tx.insertPeople(a)
	}
	return doing("creating an account", err)
}

// UpdateAccount stores what people change of an account; its members and identities become those given. Status, NextSync and LastSync are left alone. A Revision other
// than the stored one, or an address that is taken, is [storage.ErrConflict]. Revision becomes the new one.
func (tx *Tx) UpdateAccount(a *Account) error {
	n, err := tx.exec(updateAccount, a.Address, a.Name, a.Owner, asJSON(a.IMAP), asJSON(a.SMTP), notNil(a.IMAPSecret), notNil(a.SMTPSecret), asJSON(a.Settings), string(a.Tenant), a.ID, a.Revision)
	if err == nil && n == 0 {
		err = tx.whyNot(accountExists, "the account", string(a.Tenant), a.ID)
	}
	if err == nil {
		_, err = tx.exec(deleteMembers, string(a.Tenant), a.ID)
	}
	if err == nil {
		_, err = tx.exec(deleteIdentities, string(a.Tenant), a.ID)
	}
	if err == nil {
		err = tx.insertPeople(a)
	}
	if err != nil {
		return doing("changing an account", err)
	}
	a.Revision++
	return nil
}

// KeepSettings stores what the work on an account found out about its settings, unless a person changed the account meanwhile: it reports whether it did. The revision stays.
func (tx *Tx) KeepSettings(a *Account) (bool, error) {
	n, err := tx.exec(updateSettings, asJSON(a.Settings), string(a.Tenant), a.ID, a.Revision)
	return n > 0, doing("keeping the settings of an account", err)
}

// whyNot tells why a change met no row: it is not there, or has another revision. The statement looks for it.
func (tx *Tx) whyNot(exists engine.SQL, what string, args ...any) error {
	_, ok, err := engine.One(tx.ctx, tx.c, exists, engine.Value[int64], args...)
	switch {
	case err != nil:
		return err
	case ok:
		return fmt.Errorf("%s was changed meanwhile: %w", what, storage.ErrConflict)
	}
	return fmt.Errorf("%s: %w", what, storage.ErrNotFound)
}

// insertPeople stores members and identities, and gives identities their ids.
func (tx *Tx) insertPeople(a *Account) error {
	var members, faces []any
	for _, m := range a.Members {
		members = append(members, string(a.Tenant), a.ID, m.Agent, int64(m.Rights))
	}
	for i := range a.Identities {
		f := &a.Identities[i]
		if f.ID == "" {
			f.ID = tx.NewID(a.Tenant)
		}
		faces = append(faces, string(a.Tenant), f.ID, a.ID, int64(i), f.Name, f.Address, f.ReplyTo, f.Signature, f.Default)
	}
	if err := tx.insert(insertMembers, 4, members); err != nil {
		return err
	}
	return tx.insert(insertIdentities, 9, faces)
}

// SetStatus stores how an account fares and when it is due again; a zero nextSync is never, a zero lastSync leaves the stored one.
func (tx *Tx) SetStatus(tenant storage.Tenant, account string, s Status, nextSync, lastSync time.Time) error {
	last := micros(lastSync)
	return tx.one("setting the status of an account", setStatus, asJSON(s), micros(nextSync), last, last, string(tenant), account)
}

// SyncSoon makes an account due now.
func (tx *Tx) SyncSoon(tenant storage.Tenant, account string) error {
	return tx.one("making an account due", syncSoon, micros(tx.Now()), string(tenant), account)
}

// LinksLater keeps the pending links of an account from being due before at: the directory did not answer.
func (tx *Tx) LinksLater(tenant storage.Tenant, account string, at time.Time) error {
	return tx.one("putting off links", linksLater, micros(at), string(tenant), account)
}

// one runs a statement that must meet a row, else ErrNotFound.
func (tx *Tx) one(what string, q engine.SQL, args ...any) error {
	n, err := tx.exec(q, args...)
	if err == nil && n == 0 {
		err = storage.ErrNotFound
	}
	return doing(what, err)
}

// DeleteAccount removes an account with its mailboxes, ledger and copies. Messages and links stay: history outlives an account. What it had to send is cancelled, and
// whoever holds its lease loses it.
func (tx *Tx) DeleteAccount(tenant storage.Tenant, id string) error {
	if err := tx.one("deleting an account", deleteAccount, string(tenant), id); err != nil {
		return err
	}
	return doing("deleting an account", tx.deleteBelongings(string(tenant), id))
}

func (tx *Tx) deleteBelongings(tenant, account string) error {
	mailboxes, err := tx.Mailboxes(tx.ctx, storage.Tenant(tenant), account)
	if err != nil {
		return err
	}
	ids := []string{""} // a list is never empty
	for _, m := range mailboxes {
		ids = append(ids, m.ID)
	}
	err = engine.Chunks(ids, engine.MaxIn, func(ids []string) error {
		for _, q := range []engine.SQL{deleteAccountLedger, deleteAccountDead} {
			if _, err := tx.exec(q, tenant, engine.Strings(ids)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	refs := make(blobRefs)
	err = engine.Each(tx.ctx, tx.c, rawsOfAccount, func(s engine.Scanner) error {
		var raw []byte
		var n int64
		if err := s.Scan(&raw, &n); err != nil {
			return err
		}
		refs.add(asDigest(raw), -n)
		return nil
	}, tenant, account, []byte{})
	if err != nil {
		return err
	}
	if err := tx.countBlobs(tenant, refs); err != nil {
		return err
	}
	for _, q := range []engine.SQL{deleteCopies, deleteMailboxes, deleteMembers, deleteIdentities, cancelAccount, deleteLease} {
		if _, err := tx.exec(q, tenant, account); err != nil {
			return err
		}
	}
	return nil
}
