package store

import (
	"context"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const (
	nextSequence engine.SQL = `INSERT INTO @event_sequences (tenant, seq) VALUES (?, ?) ON CONFLICT (tenant) DO UPDATE SET seq = event_sequences.seq + excluded.seq RETURNING seq`
	insertEvents engine.SQL = `INSERT INTO @events (tenant, seq, type, at, agent, account, message, subject, kind, entity) VALUES {rows}`
	eventsAfter  engine.SQL = `SELECT tenant, seq, type, at, agent, account, message, subject, kind, entity FROM @events WHERE tenant = ? AND seq > ? ORDER BY seq LIMIT ?`
)

// Emit adds events to the transaction. They get their numbers just before it commits: the tenant's counter is locked from then on, so that numbers are in the order of commits and nobody waits long. At
// is filled in when it is zero.
func (tx *Tx) Emit(events []Event) error {
	tx.events = append(tx.events, events...)
	return nil
}

// flush writes the events of the transaction.
func (tx *Tx) flush() error {
	byTenant := make(map[storage.Tenant][]Event, 1)
	var tenants []storage.Tenant // in the order in which they came
	for _, e := range tx.events {
		if _, known := byTenant[e.Tenant]; !known {
			tenants = append(tenants, e.Tenant)
		}
		byTenant[e.Tenant] = append(byTenant[e.Tenant], e)
	}
	for _, tenant := range tenants {
		events := byTenant[tenant]
		last, _, err := engine.One(tx.ctx, tx.c, nextSequence, engine.Value[int64], string(tenant), int64(len(events)))
		if err != nil {
			return doing("numbering events", err)
		}
		values := make([]any, 0, 10*len(events))
		for i, e := range events {
			if e.At.IsZero() {
				e.At = tx.Now()
			}
			seq := last - int64(len(events)-1-i)
			values = append(values, string(tenant), seq, e.Type, micros(e.At), e.Agent, e.Account, e.Message, e.Subject, string(e.Entity.Kind), e.Entity.ID)
		}
		if err := tx.insert(insertEvents, 10, values); err != nil {
			return doing("writing events", err)
		}
	}
	return nil
}

// Events are at most limit events of the tenant with a number greater than after, in order. Numbers have no gaps.
func (r Reads) Events(ctx context.Context, tenant storage.Tenant, after int64, limit int) ([]Event, error) {
	all, err := engine.All(ctx, r.c, eventsAfter, func(s engine.Scanner) (e Event, err error) {
		var at int64
		err = s.Scan(&e.Tenant, &e.Seq, &e.Type, &at, &e.Agent, &e.Account, &e.Message, &e.Subject, &e.Entity.Kind, &e.Entity.ID)
		e.At = when(at)
		if e.Entity.ID != "" {
			e.Entity.Tenant = e.Tenant
		}
		return e, err
	}, string(tenant), after, int64(limit))
	return all, doing("reading events", err)
}
