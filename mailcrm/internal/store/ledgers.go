package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const (
	mailboxPlace  engine.SQL = `SELECT uidvalidity, uidnext FROM @mailboxes WHERE tenant = ? AND id = ?`
	checkpoint    engine.SQL = `UPDATE @mailboxes SET uidvalidity = ?, uidnext = ?, on_server = ?, modseq = ?, since = ? WHERE tenant = ? AND id = ?`
	resetMailbox  engine.SQL = `UPDATE @mailboxes SET uidvalidity = ?, uidnext = 0, on_server = 0, modseq = 0, since = 0, total = 0 WHERE tenant = ? AND id = ?`
	rangesOf      engine.SQL = `SELECT state, lo, hi, rule FROM @ledger_ranges WHERE tenant = ? AND mailbox = ? ORDER BY lo`
	pendingRanges engine.SQL = `SELECT lo, hi FROM @ledger_ranges WHERE tenant = ? AND mailbox = ? AND state = 'pending' AND lo <= ? AND hi >= ? ORDER BY lo`
	newestPending engine.SQL = `SELECT lo, hi FROM @ledger_ranges WHERE tenant = ? AND mailbox = ? AND state = 'pending' ORDER BY lo DESC LIMIT ?`
	insertRanges  engine.SQL = `INSERT INTO @ledger_ranges (tenant, mailbox, state, lo, hi, rule) VALUES {rows}`
	deletePending engine.SQL = `DELETE FROM @ledger_ranges WHERE tenant = ? AND mailbox = ? AND state = 'pending' AND lo IN {list}`
	deleteRanges  engine.SQL = `DELETE FROM @ledger_ranges WHERE tenant = ? AND mailbox = ?`
	copyIsThere   engine.SQL = `SELECT 1 FROM @copies WHERE tenant = ? AND mailbox = ? AND uidvalidity = ? AND uid = ? AND gone = 0`
	uidsStored    engine.SQL = `SELECT uid FROM @copies WHERE tenant = ? AND mailbox = ? AND uidvalidity = ? AND uid >= ? AND uid <= ? AND gone = 0 ORDER BY uid`
	forgetCopies  engine.SQL = `UPDATE @copies SET gone = ?, want_add = 0, want_remove = 0, shown = flags WHERE tenant = ? AND mailbox = ? AND gone = 0`
	putDead       engine.SQL = `INSERT INTO @dead_letters (tenant, mailbox, uid, code, detail, tries, next_try) VALUES {rows}
		ON CONFLICT (tenant, mailbox, uid) DO UPDATE SET code = excluded.code, detail = excluded.detail, tries = excluded.tries, next_try = excluded.next_try`
	deadDue       engine.SQL = `SELECT uid, code, detail, tries, next_try FROM @dead_letters WHERE tenant = ? AND mailbox = ? AND next_try > 0 AND next_try <= ? ORDER BY next_try, uid LIMIT ?`
	deadOf        engine.SQL = `SELECT uid, code, detail, tries, next_try FROM @dead_letters WHERE tenant = ? AND mailbox = ? ORDER BY uid`
	deleteDead    engine.SQL = `DELETE FROM @dead_letters WHERE tenant = ? AND mailbox = ? AND uid IN {list}`
	deleteAllDead engine.SQL = `DELETE FROM @dead_letters WHERE tenant = ? AND mailbox = ?`
)

// A place is how far a mailbox is enumerated.
type place struct{ uidvalidity, uidnext uint32 }

func (tx *Tx) place(tenant, mailbox string) (place, error) {
	p, ok, err := engine.One(tx.ctx, tx.c, mailboxPlace, func(s engine.Scanner) (p place, err error) {
		return p, s.Scan(&p.uidvalidity, &p.uidnext)
	}, tenant, mailbox)
	return p, found("the mailbox", ok, err)
}

// under answers ErrConflict unless the ledger is kept under this UIDVALIDITY.
func (tx *Tx) under(tenant, mailbox string, uidvalidity uint32) error {
	p, err := tx.place(tenant, mailbox)
	if err == nil && p.uidvalidity != uidvalidity {
		err = fmt.Errorf("the ledger is kept under UIDVALIDITY %d, not %d: %w", p.uidvalidity, uidvalidity, storage.ErrConflict)
	}
	return err
}

// Enumerate records what one look at a mailbox found and moves its checkpoint, together (laws 2 and 3). UIDs that are stored or dead stay so; of the others those in e.Pending become
// pending and those in e.Excluded excluded, whatever they were, so that a deeper look takes UIDs out of what a rule kept out. UIDs in neither keep their state. The ranges must end below
// e.UIDNext and no UID may be in both.
//
// A UIDVALIDITY other than the ledger's is [storage.ErrConflict] (see [Tx.ResetMailbox]), and so is a UIDNEXT below the known one: a server that goes back in time is
// believed when it says so by a new UIDVALIDITY (RFC 3501 §2.3.1.1).
func (tx *Tx) Enumerate(tenant storage.Tenant, mailbox string, e Enumeration) error {
	return doing("enumerating a mailbox", tx.enumerate(string(tenant), mailbox, e))
}

func (tx *Tx) enumerate(tenant, mailbox string, e Enumeration) error {
	p, err := tx.place(tenant, mailbox)
	if err != nil {
		return err
	}
	switch {
	case p.uidvalidity != 0 && p.uidvalidity != e.UIDValidity:
		return fmt.Errorf("UIDVALIDITY is %d, the ledger is kept under %d: %w", e.UIDValidity, p.uidvalidity, storage.ErrConflict)
	case e.UIDNext < p.uidnext:
		return fmt.Errorf("UIDNEXT fell from %d to %d under one UIDVALIDITY: %w", p.uidnext, e.UIDNext, storage.ErrConflict)
	}
	pending := newUIDSet(e.Pending)
	excluded := make([]UIDRange, len(e.Excluded))
	for i, x := range e.Excluded {
		excluded[i] = x.UIDRange
	}
	named := pending.union(newUIDSet(excluded))
	if n := len(named); n > 0 && (named[n-1].Hi >= e.UIDNext || named[0].Lo == 0) {
		return fmt.Errorf("UIDs %d to %d do not fit below UIDNEXT %d: %w", named[0].Lo, named[n-1].Hi, e.UIDNext, storage.ErrInvalid)
	}
	for _, r := range excluded {
		if pending.meets(r) {
			return fmt.Errorf("UIDs %d to %d are both pending and excluded: %w", r.Lo, r.Hi, storage.ErrInvalid)
		}
	}
	if len(named) > 0 {
		if err := tx.rewriteRanges(tenant, mailbox, p, e, pending, named); err != nil {
			return err
		}
	}
	_, err = tx.exec(checkpoint, int64(e.UIDValidity), int64(e.UIDNext), int64(e.Exists), int64(e.HighestModSeq), micros(e.Since), tenant, mailbox)
	return err
}

func (tx *Tx) rewriteRanges(tenant, mailbox string, p place, e Enumeration, pending, named uidSet) error {
	var before uidSet
	byRule := make(map[string]uidSet)
	err := engine.Each(tx.ctx, tx.c, rangesOf, func(s engine.Scanner) error {
		var state, rule string
		var r UIDRange
		if err := s.Scan(&state, &r.Lo, &r.Hi, &rule); err != nil {
			return err
		}
		if state == LedgerPending {
			before = append(before, r)
		} else {
			byRule[rule] = append(byRule[rule], r)
		}
		return nil
	}, tenant, mailbox)
	if err != nil {
		return err
	}
	settled, err := tx.settled(tenant, mailbox, e.UIDValidity, p, named)
	if err != nil {
		return err
	}
	pending = pending.without(settled).union(before.without(named))
	for rule, set := range byRule {
		byRule[rule] = set.without(named)
	}
	for _, x := range e.Excluded {
		byRule[x.Rule] = byRule[x.Rule].union(newUIDSet([]UIDRange{x.UIDRange}).without(settled))
	}
	if _, err := tx.exec(deleteRanges, tenant, mailbox); err != nil {
		return err
	}
	values := rangeRows(nil, tenant, mailbox, LedgerPending, "", pending)
	rules := make([]string, 0, len(byRule))
	for rule := range byRule {
		rules = append(rules, rule)
	}
	slices.Sort(rules)
	for _, rule := range rules {
		values = rangeRows(values, tenant, mailbox, LedgerExcluded, rule, byRule[rule])
	}
	return tx.insert(insertRanges, 6, values)
}

func rangeRows(values []any, tenant, mailbox, state, rule string, set uidSet) []any {
	for _, r := range set {
		values = append(values, tenant, mailbox, state, int64(r.Lo), int64(r.Hi), rule)
	}
	return values
}

// settled are those of the named UIDs that are stored or dead. Above the known UIDNEXT there are none.
func (tx *Tx) settled(tenant, mailbox string, uidvalidity uint32, p place, named uidSet) (uidSet, error) {
	if named[0].Lo >= p.uidnext {
		return nil, nil
	}
	uids, err := engine.All(tx.ctx, tx.c, uidsStored, engine.Value[uint32], tenant, mailbox, int64(uidvalidity), int64(named[0].Lo), int64(named[len(named)-1].Hi))
	if err != nil {
		return nil, err
	}
	dead, err := engine.All(tx.ctx, tx.c, deadOf, scanDead, tenant, mailbox)
	for _, letter := range dead {
		uids = append(uids, letter.UID)
	}
	return uidsOf(uids), err
}

// ResetMailbox begins a new ledger after UIDVALIDITY changed: every range and dead letter goes, copies are marked gone. Messages and links stay, and copies that arrive again find them (law 5).
func (tx *Tx) ResetMailbox(tenant storage.Tenant, mailbox string, uidvalidity uint32) error {
	err := tx.one("resetting a mailbox", resetMailbox, int64(uidvalidity), string(tenant), mailbox)
	if err != nil {
		return err
	}
	for _, q := range []engine.SQL{deleteRanges, deleteAllDead} {
		if _, err := tx.exec(q, string(tenant), mailbox); err != nil {
			return doing("resetting a mailbox", err)
		}
	}
	_, err = tx.exec(forgetCopies, micros(tx.Now()), string(tenant), mailbox)
	return doing("resetting a mailbox", err)
}

// Pending are at most limit UIDs that wait to be fetched, the newest first.
func (r Reads) Pending(ctx context.Context, tenant storage.Tenant, mailbox string, limit int) ([]uint32, error) {
	var uids []uint32
	err := engine.Each(ctx, r.c, newestPending, func(s engine.Scanner) error {
		var r UIDRange
		if err := s.Scan(&r.Lo, &r.Hi); err != nil {
			return err
		}
		for uid := r.Hi; uid >= r.Lo && uid > 0 && len(uids) < limit; uid-- {
			uids = append(uids, uid)
		}
		return nil
	}, string(tenant), mailbox, int64(limit))
	return uids, doing("reading pending UIDs", err)
}

// Settle takes UIDs out of the pending and the dead: their copies were written in this transaction, or the server has them no longer. A UIDVALIDITY other than the ledger's is [storage.ErrConflict].
func (tx *Tx) Settle(tenant storage.Tenant, mailbox string, uidvalidity uint32, uids []uint32) error {
	if len(uids) == 0 {
		return nil
	}
	err := tx.under(string(tenant), mailbox, uidvalidity)
	if err == nil {
		err = tx.takeOut(string(tenant), mailbox, uidsOf(uids))
	}
	if err == nil {
		err = engine.Chunks(uids, engine.MaxIn, func(uids []uint32) error {
			in := make(engine.In, len(uids))
			for i, uid := range uids {
				in[i] = int64(uid)
			}
			_, err := tx.exec(deleteDead, string(tenant), mailbox, in)
			return err
		})
	}
	return doing("settling UIDs", err)
}

// takeOut removes UIDs from the pending ranges.
func (tx *Tx) takeOut(tenant, mailbox string, uids uidSet) error {
	ranges, err := engine.All(tx.ctx, tx.c, pendingRanges, func(s engine.Scanner) (r UIDRange, err error) {
		return r, s.Scan(&r.Lo, &r.Hi)
	}, tenant, mailbox, int64(uids[len(uids)-1].Hi), int64(uids[0].Lo))
	if err != nil {
		return err
	}
	var met uidSet
	var lows engine.In
	for _, r := range ranges {
		if uids.meets(r) {
			met = append(met, r)
			lows = append(lows, int64(r.Lo))
		}
	}
	if len(met) == 0 {
		return nil
	}
	err = engine.Chunks(lows, engine.MaxIn, func(lows []any) error {
		_, err := tx.exec(deletePending, tenant, mailbox, engine.In(lows))
		return err
	})
	if err != nil {
		return err
	}
	return tx.insert(insertRanges, 6, rangeRows(nil, tenant, mailbox, LedgerPending, "", met.without(uids)))
}

// Bury makes a UID dead, or changes its letter. A UID that is stored stays stored. A zero NextTry is never tried again by itself.
func (tx *Tx) Bury(tenant storage.Tenant, mailbox string, uidvalidity uint32, letter DeadLetter) error {
	err := tx.under(string(tenant), mailbox, uidvalidity)
	if err != nil {
		return doing("burying a UID", err)
	}
	_, stored, err := engine.One(tx.ctx, tx.c, copyIsThere, engine.Value[int64], string(tenant), mailbox, int64(uidvalidity), int64(letter.UID))
	if err != nil || stored {
		return doing("burying a UID", err)
	}
	if err := tx.takeOut(string(tenant), mailbox, uidsOf([]uint32{letter.UID})); err != nil {
		return doing("burying a UID", err)
	}
	return doing("burying a UID", tx.insert(putDead, 7, []any{
		string(tenant), mailbox, int64(letter.UID), letter.Code, clip(letter.Detail, 500), int64(letter.Tries), micros(letter.NextTry),
	}))
}

func scanDead(s engine.Scanner) (letter DeadLetter, err error) {
	var next int64
	err = s.Scan(&letter.UID, &letter.Code, &letter.Detail, &letter.Tries, &next)
	letter.NextTry = when(next)
	return letter, err
}

// DeadDue are at most limit dead letters whose next try is not after now, the longest due first.
func (r Reads) DeadDue(ctx context.Context, tenant storage.Tenant, mailbox string, now time.Time, limit int) ([]DeadLetter, error) {
	all, err := engine.All(ctx, r.c, deadDue, scanDead, string(tenant), mailbox, micros(now), int64(limit))
	return all, doing("reading dead letters", err)
}

// Revive makes a dead UID pending again; one that is not dead is [storage.ErrNotFound].
func (tx *Tx) Revive(tenant storage.Tenant, mailbox string, uid uint32) error {
	err := tx.one("reviving a UID", deleteDead, string(tenant), mailbox, engine.In{int64(uid)})
	if err != nil {
		return err
	}
	return doing("reviving a UID", tx.insert(insertRanges, 6, rangeRows(nil, string(tenant), mailbox, LedgerPending, "", uidSet{{uid, uid}})))
}

// Ledger is the state of every UID of a mailbox.
func (r Reads) Ledger(ctx context.Context, tenant storage.Tenant, mailbox string) (Ledger, error) {
	m, err := r.Mailbox(ctx, tenant, mailbox)
	if err != nil {
		return Ledger{}, err
	}
	l := Ledger{UIDValidity: m.UIDValidity, UIDNext: m.UIDNext}
	err = engine.Each(ctx, r.c, uidsStored, func(s engine.Scanner) error {
		var uid uint32
		if err := s.Scan(&uid); err != nil {
			return err
		}
		if n := len(l.Stored); n > 0 && l.Stored[n-1].Hi == uid-1 {
			l.Stored[n-1].Hi = uid
		} else {
			l.Stored = append(l.Stored, UIDRange{uid, uid})
		}
		return nil
	}, string(tenant), mailbox, int64(m.UIDValidity), int64(0), int64(^uint32(0)))
	if err != nil {
		return Ledger{}, doing("reading a ledger", err)
	}
	var pending []UIDRange
	err = engine.Each(ctx, r.c, rangesOf, func(s engine.Scanner) error {
		var state, rule string
		var r UIDRange
		if err := s.Scan(&state, &r.Lo, &r.Hi, &rule); err != nil {
			return err
		}
		if state == LedgerPending {
			pending = append(pending, r)
		} else {
			l.Excluded = append(l.Excluded, Exclusion{UIDRange: r, Rule: rule})
		}
		return nil
	}, string(tenant), mailbox)
	if err != nil {
		return Ledger{}, doing("reading a ledger", err)
	}
	l.Pending = newUIDSet(pending) // a revived UID may touch a range
	l.Dead, err = engine.All(ctx, r.c, deadOf, scanDead, string(tenant), mailbox)
	return l, doing("reading a ledger", err)
}
