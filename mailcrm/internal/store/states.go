package store

import (
	"fmt"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const (
	setStatusAt engine.SQL = `UPDATE @accounts SET status = ?, next_sync = ?, last_sync = CASE WHEN CAST(? AS BIGINT) = 0 THEN last_sync ELSE ? END WHERE tenant = ? AND id = ? AND revision = ?`
	setSending  engine.SQL = `UPDATE @accounts SET status = ? WHERE tenant = ? AND id = ? AND revision = ?`
	decide      engine.SQL = `UPDATE @accounts SET status = ?, next_sync = ?, revision = revision + 1 WHERE tenant = ? AND id = ? AND revision = ?`

	waiting engine.SQL = `SELECT id, content FROM @submissions WHERE tenant = ? AND account = ? AND due > 0 AND state = 'queued' ORDER BY due, id LIMIT 1000`
	hurry   engine.SQL = `UPDATE @submissions SET due = ?, content = ? WHERE tenant = ? AND id = ? AND state = 'queued' AND content = ?`
)

// SetStatusAt is SetStatus for who saw the account at a revision. When a person has changed it since, what was seen is of another account: nothing is stored, and it
// returns false.
func (tx *Tx) SetStatusAt(acc *Account, s Status, nextSync, lastSync time.Time) (bool, error) {
	last := micros(lastSync)
	n, err := tx.exec(setStatusAt, asJSON(s), micros(nextSync), last, last, string(acc.Tenant), acc.ID, acc.Revision)
	return n > 0, doing("setting the status of an account", err)
}

// SetSending stores how sending fares, as SetStatusAt does, and leaves the next sync alone. acc.Status is what was stored last.
func (tx *Tx) SetSending(acc *Account, sending Status) (bool, error) {
	s := acc.Status
	s.Sending = &sending
	n, err := tx.exec(setSending, asJSON(s), string(acc.Tenant), acc.ID, acc.Revision)
	if err == nil && n > 0 {
		acc.Status = s
	}
	return n > 0, doing("setting how sending fares", err)
}

// Decide stores a status that a person chose: to pause an account, or to go on. The revision grows, so that what somebody saw before is not written over it; one other
// than the account's is [storage.ErrConflict].
func (tx *Tx) Decide(acc *Account, s Status, nextSync time.Time) error {
	n, err := tx.exec(decide, asJSON(s), micros(nextSync), string(acc.Tenant), acc.ID, acc.Revision)
	if err == nil && n == 0 {
		err = tx.whyNot(accountExists, "the account", string(acc.Tenant), acc.ID)
	}
	if err != nil {
		return doing("changing the status of an account", err)
	}
	acc.Revision++
	acc.Status, acc.NextSync = s, nextSync
	return nil
}

// Retime changes when queued submissions of an account are tried next: next gets each and returns the new time, which may be the old one. Of one that somebody changes at
// the same time, or that is leaving, nothing is changed. It returns how many were.
func (tx *Tx) Retime(tenant storage.Tenant, account string, next func(*Submission) time.Time) (changed int, err error) {
	type row struct{ id, content string }
	rows, err := engine.All(tx.ctx, tx.c, waiting, func(s engine.Scanner) (r row, err error) {
		err = s.Scan(&r.id, &r.content)
		return r, err
	}, string(tenant), account)
	for i := 0; err == nil && i < len(rows); i++ {
		var content submissionContent
		if err = fromJSON(rows[i].content, &content); err != nil {
			break
		}
		sub := Submission{
			Tenant: tenant, ID: rows[i].id, Account: account, State: Queued, NotBefore: content.NotBefore, NextTry: content.NextTry, Code: content.Code,
		}
		at := next(&sub)
		if at.Equal(content.NextTry) {
			continue
		}
		content.NextTry, sub.NextTry = at, at
		var n int64
		n, err = tx.exec(hurry, sub.due(), asJSON(content), string(tenant), rows[i].id, rows[i].content)
		changed += int(n)
	}
	return changed, doing(fmt.Sprintf("changing when the mails of account %s are tried", account), err)
}
