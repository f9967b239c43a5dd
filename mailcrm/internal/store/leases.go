package store

import (
	"context"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const (
	acquireLease engine.SQL = `INSERT INTO @leases (tenant, account, node, epoch, expires) VALUES (?, ?, ?, 1, {now} + ?)
		ON CONFLICT (tenant, account) DO UPDATE SET node = excluded.node, expires = excluded.expires,
		epoch = leases.epoch + CASE WHEN leases.node = excluded.node AND leases.expires > {now} THEN 0 ELSE 1 END
		WHERE leases.expires <= {now} OR leases.node = excluded.node RETURNING epoch`
	renewLeases  engine.SQL = `UPDATE @leases SET expires = {now} + ? WHERE node = ? AND expires > {now} RETURNING tenant, account, epoch`
	releaseLease engine.SQL = `UPDATE @leases SET expires = 0 WHERE tenant = ? AND account = ? AND node = ? AND epoch = ?`
	endLeases    engine.SQL = `UPDATE @leases SET expires = 0 WHERE expires > 0`
	confirmLease engine.SQL = `SELECT epoch FROM @leases WHERE tenant = ? AND account = ? AND node = ? AND epoch = ? AND expires > {now} {keyshare}`

	dueSyncs engine.SQL = `SELECT a.tenant, a.id FROM @accounts a LEFT JOIN @leases l ON l.tenant = a.tenant AND l.account = a.id
		WHERE a.next_sync > 0 AND a.next_sync <= ? AND (l.node IS NULL OR l.node = ? OR l.expires <= {now}) ORDER BY a.next_sync LIMIT ?`
	dueSubmissions engine.SQL = `SELECT s.tenant, s.account FROM @submissions s LEFT JOIN @leases l ON l.tenant = s.tenant AND l.account = s.account
		WHERE s.due > 0 AND s.due <= ? AND (l.node IS NULL OR l.node = ? OR l.expires <= {now}) GROUP BY s.tenant, s.account ORDER BY MIN(s.due) LIMIT ?`
	dueLinks engine.SQL = `SELECT m.tenant, m.account FROM @messages m JOIN @accounts a ON a.tenant = m.tenant AND a.id = m.account
		LEFT JOIN @leases l ON l.tenant = m.tenant AND l.account = m.account
		WHERE m.link_state = 'pending' AND a.links_due <= ? AND (l.node IS NULL OR l.node = ? OR l.expires <= {now}) GROUP BY m.tenant, m.account LIMIT ?`
)

// AcquireLease takes the right to work on an account for ttl, by the clock of the data base: when nobody holds it, when its time is over, or when node holds it already. False says that somebody
// else does. The epoch grows with each new holder, and when the same one comes too late.
func (d *DB) AcquireLease(ctx context.Context, tenant storage.Tenant, account, node string, ttl time.Duration) (Lease, bool, error) {
	var l Lease
	ok := false
	start := d.opts.Now() // before the data base looks at its clock: early rather than late
	err := d.Write(ctx, nil, func(tx *Tx) error {
		epoch, got, err := engine.One(tx.ctx, tx.c, acquireLease, engine.Value[int64], string(tenant), account, node, ttl.Microseconds())
		l, ok = Lease{Tenant: tenant, Account: account, Node: node, Epoch: epoch, Expires: start.Add(ttl)}, got
		return err
	})
	if err != nil || !ok {
		return Lease{}, false, doing("taking a lease", err)
	}
	return l, true, nil
}

// RenewLeases prolongs all leases of a node that are not over, and returns them. One that is missing from the answer is lost.
func (d *DB) RenewLeases(ctx context.Context, node string, ttl time.Duration) ([]Lease, error) {
	var all []Lease
	start := d.opts.Now()
	err := d.Write(ctx, nil, func(tx *Tx) (err error) {
		all, err = engine.All(tx.ctx, tx.c, renewLeases, func(s engine.Scanner) (Lease, error) {
			l := Lease{Node: node, Expires: start.Add(ttl)}
			return l, s.Scan(&l.Tenant, &l.Account, &l.Epoch)
		}, ttl.Microseconds(), node)
		return err
	})
	if err != nil {
		return nil, doing("renewing leases", err)
	}
	return all, nil
}

// EndLeases ends every lease of every tenant. It is for a data base that only this process can have, when it opens it: who held them is dead, and nobody need wait until
// they expire.
func (d *DB) EndLeases(ctx context.Context) error {
	err := d.Write(ctx, nil, func(tx *Tx) error {
		_, err := tx.exec(endLeases)
		return err
	})
	return doing("ending leases", err)
}

// ReleaseLease gives a lease back before its time. One that was lost meanwhile is no error.
func (d *DB) ReleaseLease(ctx context.Context, l Lease) error {
	return doing("giving a lease back", d.Write(ctx, nil, func(tx *Tx) error {
		_, err := tx.exec(releaseLease, string(l.Tenant), l.Account, l.Node, l.Epoch)
		return err
	}))
}

// confirm is the first statement of a fenced transaction.
func (tx *Tx) confirm(l Lease) error {
	_, ok, err := engine.One(tx.ctx, tx.c, confirmLease, engine.Value[int64], string(l.Tenant), l.Account, l.Node, l.Epoch)
	if err != nil {
		return doing("confirming a lease", err)
	}
	if !ok {
		return ErrLostLease
	}
	return nil
}

// DueAccounts are at most limit accounts of all tenants that have something to do and that no other node than this one holds, the longest due first. Only package work asks.
func (d *DB) DueAccounts(ctx context.Context, node string, limit int) ([]Due, error) {
	var all []Due
	place := make(map[Due]int) // of tenant and account
	now := micros(d.Now())
	for _, ask := range []struct {
		q    engine.SQL
		mark func(*Due)
	}{
		{dueSubmissions, func(due *Due) { due.Outbox = true }},
		{dueSyncs, func(due *Due) { due.Sync = true }},
		{dueLinks, func(due *Due) { due.Links = true }},
	} {
		err := engine.Each(ctx, d.c, ask.q, func(s engine.Scanner) error {
			var key Due
			if err := s.Scan(&key.Tenant, &key.Account); err != nil {
				return err
			}
			i, known := place[key]
			if !known {
				if len(all) >= limit {
					return nil
				}
				i = len(all)
				place[key] = i
				all = append(all, key)
			}
			ask.mark(&all[i])
			return nil
		}, now, node, int64(limit))
		if err != nil {
			return nil, doing("looking for due accounts", err)
		}
	}
	return all, nil
}
