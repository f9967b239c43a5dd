package store

import (
	"context"
	"fmt"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

// LinkColumns are what [ScanLink] reads.
const LinkColumns = `tenant, id, message, kind, entity, name, rule, address, header, agent, linked, confidence, ambiguous, removed, removed_by, removed_at, revision`

const (
	insertLinks engine.SQL = `INSERT INTO @links (` + LinkColumns + `, date) VALUES {rows}
		ON CONFLICT (tenant, message, kind, entity) DO UPDATE SET name = excluded.name, rule = excluded.rule, address = excluded.address, header = excluded.header, agent = excluded.agent,
		linked = excluded.linked, confidence = excluded.confidence, ambiguous = excluded.ambiguous, removed = FALSE, removed_by = '', removed_at = 0, revision = links.revision + 1
		WHERE links.removed = TRUE AND excluded.rule = 'manual' RETURNING ` + LinkColumns
	unlink engine.SQL = `UPDATE @links SET removed = TRUE, removed_by = ?, removed_at = ?, revision = revision + 1
		WHERE tenant = ? AND message = ? AND kind = ? AND entity = ? AND removed = FALSE RETURNING ` + LinkColumns
	linksOf      engine.SQL = `SELECT ` + LinkColumns + ` FROM @links WHERE tenant = ? AND message IN {list} ORDER BY message, id`
	linkByID     engine.SQL = `SELECT ` + LinkColumns + ` FROM @links WHERE tenant = ? AND id = ?`
	linksTo      engine.SQL = `SELECT ` + LinkColumns + ` FROM @links WHERE tenant = ? AND kind = ? AND entity = ? ORDER BY id LIMIT ?`
	linkOfTarget engine.SQL = `SELECT ` + LinkColumns + ` FROM @links WHERE tenant = ? AND message = ? AND kind = ? AND entity = ?`
	moveLink     engine.SQL = `UPDATE @links SET kind = ?, entity = ?, revision = revision + 1 WHERE tenant = ? AND id = ?`
	reviveLink   engine.SQL = `UPDATE @links SET removed = FALSE, removed_by = '', removed_at = 0, revision = revision + 1 WHERE tenant = ? AND id = ?`
	deleteLink   engine.SQL = `DELETE FROM @links WHERE tenant = ? AND id = ?`
	touchLinks   engine.SQL = `UPDATE @links SET revision = revision + 1 WHERE tenant = ? AND message = ? AND removed = FALSE RETURNING ` + LinkColumns
	datesOf      engine.SQL = `SELECT id, date FROM @messages WHERE tenant = ? AND id IN {list}`
)

// ScanLink reads LinkColumns.
func ScanLink(s engine.Scanner) (l Link, err error) {
	var linked, removed int64
	err = s.Scan(&l.Tenant, &l.ID, &l.Message, &l.Entity.Kind, &l.Entity.ID, &l.Name, &l.Rule, &l.Address, &l.Header, &l.By, &linked, &l.Confidence, &l.Ambiguous, &l.Removed, &l.RemovedBy, &removed, &l.Revision)
	l.Entity.Tenant, l.When, l.RemovedAt = l.Tenant, when(linked), when(removed)
	return l, err
}

// Links are those of messages, by message, also the removed ones.
func (r Reads) Links(ctx context.Context, tenant storage.Tenant, messages []string) (map[string][]Link, error) {
	all := make(map[string][]Link, len(messages))
	err := engine.Chunks(messages, engine.MaxIn, func(messages []string) error {
		return engine.Each(ctx, r.c, linksOf, func(s engine.Scanner) error {
			l, err := ScanLink(s)
			all[l.Message] = append(all[l.Message], l)
			return err
		}, string(tenant), engine.Strings(messages))
	})
	return all, doing("reading links", err)
}

// LinkByID is one link, also a removed one.
func (r Reads) LinkByID(ctx context.Context, tenant storage.Tenant, id string) (*Link, error) {
	l, ok, err := engine.One(ctx, r.c, linkByID, ScanLink, string(tenant), id)
	if err := found("the link", ok, err); err != nil {
		return nil, err
	}
	return &l, nil
}

// Link stores links of one tenant and returns those that are new. Between a message and a record there is one link: where there is one already it is left alone, and where a person removed it too, so that an
// unlink holds; but Rule "manual" brings a removed one back, under its old ID, with a higher Revision. ID, When and Revision are filled in. A message that is not there is [storage.ErrNotFound].
func (tx *Tx) Link(links []Link) (added []Link, err error) {
	if len(links) == 0 {
		return nil, nil
	}
	tenant := links[0].Tenant
	dates := make(map[string]int64)
	var messages []string
	for _, l := range links {
		if l.Tenant != tenant {
			return nil, fmt.Errorf("linking: links of two tenants: %w", storage.ErrInvalid)
		}
		if _, known := dates[l.Message]; !known {
			dates[l.Message] = 0
			messages = append(messages, l.Message)
		}
	}
	known := 0
	err = engine.Chunks(messages, engine.MaxIn, func(messages []string) error {
		return engine.Each(tx.ctx, tx.c, datesOf, func(s engine.Scanner) error {
			var id string
			var date int64
			err := s.Scan(&id, &date)
			dates[id] = date
			known++
			return err
		}, string(tenant), engine.Strings(messages))
	})
	if err == nil && known < len(messages) {
		err = fmt.Errorf("the message: %w", storage.ErrNotFound)
	}
	if err != nil {
		return nil, doing("linking", err)
	}
	type pair struct {
		message string
		entity  storage.Ref
	}
	seen := make(map[pair]bool, len(links))
	var values []any
	now := tx.Now()
	for _, l := range links {
		if seen[pair{l.Message, l.Entity}] {
			continue
		}
		seen[pair{l.Message, l.Entity}] = true
		if l.ID == "" {
			l.ID = tx.NewID(tenant)
		}
		if l.When.IsZero() {
			l.When = now
		}
		values = append(values, string(tenant), l.ID, l.Message, string(l.Entity.Kind), l.Entity.ID, clip(l.Name, 255), l.Rule, clip(l.Address, maxAddress), l.Header, l.By, micros(l.When),
			l.Confidence, l.Ambiguous, false, "", int64(0), int64(1), dates[l.Message])
	}
	const columns = 18
	for len(values) > 0 {
		n := 64
		for n*columns > len(values) {
			n /= 2
		}
		part, err := engine.All(tx.ctx, tx.c, insertLinks, ScanLink, engine.Rows{Columns: columns, Values: values[:n*columns]})
		if err != nil {
			return nil, doing("linking", err)
		}
		added = append(added, part...)
		values = values[n*columns:]
	}
	return added, nil
}

// Unlink removes a link by a person's hand. It stays as a negative link, which is returned. None that is there is [storage.ErrNotFound].
func (tx *Tx) Unlink(tenant storage.Tenant, message string, entity storage.Ref, by string) (Link, error) {
	l, ok, err := engine.One(tx.ctx, tx.c, unlink, ScanLink, by, micros(tx.Now()), string(tenant), message, string(entity.Kind), entity.ID)
	return l, found("the link", ok, err)
}

// TouchLinks gives the active links of a message a higher revision, and returns them: what they lead to has changed.
func (tx *Tx) TouchLinks(tenant storage.Tenant, message string) ([]Link, error) {
	all, err := engine.All(tx.ctx, tx.c, touchLinks, ScanLink, string(tenant), message)
	return all, doing("touching links", err)
}

// MoveLinks gives links of records that were merged or converted to the record that they are now, at most limit of each record; call it until both answers are empty. Moved ones keep their ID and have a higher Revision. Where the
// message has a link to the new record already, that one stays and the other is dropped: an active one wins over a removed one, so that no record loses history. A dropped one is returned with the Revision of its end.
func (tx *Tx) MoveLinks(tenant storage.Tenant, from []storage.Ref, to storage.Ref, limit int) (moved, dropped []Link, err error) {
	for _, ref := range from {
		if ref.Kind == to.Kind && ref.ID == to.ID {
			continue
		}
		links, err := engine.All(tx.ctx, tx.c, linksTo, ScanLink, string(tenant), string(ref.Kind), ref.ID, int64(limit))
		if err != nil {
			return nil, nil, doing("moving links", err)
		}
		for _, l := range links {
			stays, drops, err := tx.moveLink(l, to)
			if err != nil {
				return nil, nil, doing("moving links", err)
			}
			if stays != nil {
				moved = append(moved, *stays)
			}
			if drops != nil {
				dropped = append(dropped, *drops)
			}
		}
	}
	return moved, dropped, nil
}

func (tx *Tx) moveLink(l Link, to storage.Ref) (moved, dropped *Link, err error) {
	tenant := string(l.Tenant)
	there, taken, err := engine.One(tx.ctx, tx.c, linkOfTarget, ScanLink, tenant, l.Message, string(to.Kind), to.ID)
	if err != nil {
		return nil, nil, err
	}
	l.Revision++
	if !taken {
		_, err = tx.exec(moveLink, string(to.Kind), to.ID, tenant, l.ID)
		l.Entity.Kind, l.Entity.ID = to.Kind, to.ID
		return &l, nil, err
	}
	if _, err = tx.exec(deleteLink, tenant, l.ID); err != nil {
		return nil, nil, err
	}
	if !there.Removed || l.Removed {
		return nil, &l, nil
	}
	_, err = tx.exec(reviveLink, tenant, there.ID)
	there.Removed, there.RemovedBy, there.RemovedAt, there.Revision = false, "", time.Time{}, there.Revision+1
	return &there, &l, err
}
