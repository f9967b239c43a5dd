package store

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const (
	deliveryColumns = `tenant, submission, address, message, state, content`

	deliveriesOf     engine.SQL = `SELECT ` + deliveryColumns + ` FROM @deliveries WHERE tenant = ? AND submission IN {list} ORDER BY submission, address`
	deliveriesByMail engine.SQL = `SELECT ` + deliveryColumns + ` FROM @deliveries WHERE tenant = ? AND message IN {list} ORDER BY message, address`
	putDelivery      engine.SQL = `INSERT INTO @deliveries (` + deliveryColumns + `) VALUES {rows} ON CONFLICT (tenant, submission, address) DO UPDATE SET message = excluded.message, state = excluded.state, content = excluded.content`
	subjectsOf       engine.SQL = `SELECT id, subject FROM @messages WHERE tenant = ? AND id IN {list}`
	sightingsOf      engine.SQL = `SELECT sightings FROM @accounts WHERE tenant = ? AND id = ?`
	putSightings     engine.SQL = `UPDATE @accounts SET sightings = ? WHERE tenant = ? AND id = ?`
	maxSightings                = 64 << 10 // bytes
)

func scanDelivery(s engine.Scanner) (d Delivery, err error) {
	var text string
	if err = s.Scan(&d.Tenant, &d.Submission, &d.Address, &d.Message, &d.State, &text); err != nil {
		return d, err
	}
	return d, fromJSON(text, &d.DeliveryContent)
}

// Deliveries are what was reported about submissions, by submission, in the order of addresses.
func (r Reads) Deliveries(ctx context.Context, tenant storage.Tenant, submissions []string) (map[string][]Delivery, error) {
	return r.deliveries(ctx, deliveriesOf, tenant, submissions, func(d *Delivery) string { return d.Submission })
}

// DeliveriesOfMessages are what was reported about sent messages, by message, in the order of addresses.
func (r Reads) DeliveriesOfMessages(ctx context.Context, tenant storage.Tenant, messages []string) (map[string][]Delivery, error) {
	return r.deliveries(ctx, deliveriesByMail, tenant, messages, func(d *Delivery) string { return d.Message })
}

func (r Reads) deliveries(ctx context.Context, q engine.SQL, tenant storage.Tenant, ids []string, by func(*Delivery) string) (map[string][]Delivery, error) {
	all := make(map[string][]Delivery)
	err := engine.Chunks(ids, engine.MaxIn, func(ids []string) error {
		return engine.Each(ctx, r.c, q, func(s engine.Scanner) error {
			d, err := scanDelivery(s)
			all[by(&d)] = append(all[by(&d)], d)
			return err
		}, string(tenant), engine.Strings(ids))
	})
	return all, doing("reading what became of sent mails", err)
}

// PutDelivery stores what was reported about one recipient. Whoever reads before he writes has the submission locked.
func (tx *Tx) PutDelivery(d *Delivery) error {
	values := []any{string(d.Tenant), d.Submission, clip(d.Address, maxAddress), d.Message, d.State, asJSON(d.DeliveryContent)}
	return doing("noting what became of a sent mail", tx.insert(putDelivery, len(values), values))
}

// Subjects are those of messages, by message. They are for whoever sent them: this package cannot say who else may read one.
func (r Reads) Subjects(ctx context.Context, tenant storage.Tenant, messages []string) (map[string]string, error) {
	all := make(map[string]string, len(messages))
	err := engine.Chunks(messages, engine.MaxIn, func(messages []string) error {
		return engine.Each(ctx, r.c, subjectsOf, func(s engine.Scanner) error {
			var id, subject string
			err := s.Scan(&id, &subject)
			all[id] = subject
			return err
		}, string(tenant), engine.Strings(messages))
	})
	return all, doing("reading subjects", err)
}

// Sightings are what deliver keeps about how an account's server signs: JSON, "" when there is nothing.
func (r Reads) Sightings(ctx context.Context, tenant storage.Tenant, account string) (string, error) {
	text, _, err := engine.One(ctx, r.c, sightingsOf, engine.Value[string], string(tenant), account)
	return text, doing("reading how a server signs", err)
}

// PutSightings stores them, at most 64 KiB. An account that is not there is no error.
func (tx *Tx) PutSightings(tenant storage.Tenant, account, text string) error {
	if len(text) > maxSightings {
		return fmt.Errorf("noting how a server signs: %d bytes, at most %d: %w", len(text), maxSightings, storage.ErrLimit)
	}
	_, err := tx.exec(putSightings, text, string(tenant), account)
	return doing("noting how a server signs", err)
}
