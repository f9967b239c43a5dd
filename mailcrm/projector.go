package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

const projectBatch = 200

// project keeps the host's copy of the history up to date until ctx ends.
func (c *Client) project(ctx context.Context) {
	if c.cfg.Host.History == nil {
		return
	}
	tick := time.NewTicker(projectEvery)
	defer tick.Stop()
	for {
		if err := c.projectDue(ctx); err != nil && ctx.Err() == nil {
			c.cfg.Logger.WarnContext(ctx, "the host's history waits", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// projectDue delivers what is due, at least once and in order per entry. An entry that the host refuses is tried again later; the others go on.
func (c *Client) projectDue(ctx context.Context) error {
	if c.cfg.Host.History == nil {
		return nil
	}
	for {
		due, err := c.db.ProjectionsDue(ctx, c.cfg.Now(), projectBatch)
		if err != nil {
			return fmt.Errorf("reading what the host's history must hear: %w", err)
		}
		if len(due) == 0 {
			return nil
		}
		failed := 0
		next := make([]time.Time, len(due)) // zero: delivered
		for i, p := range due {
			if err := c.projectOne(ctx, p); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				c.cfg.Logger.WarnContext(ctx, "an entry of the host's history waits", "link", p.Link, "tries", p.Tries+1, "error", err)
				failed++
				next[i] = c.cfg.Now().Add(backoff(p.Tries + 1))
			}
		}
		err = c.db.Write(ctx, nil, func(tx *store.Tx) error {
			for i, p := range due {
				if err := tx.Projected(p, next[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("noting what the host's history has heard: %w", err)
		}
		if failed == len(due) {
			return nil
		}
	}
}

func (c *Client) projectOne(ctx context.Context, p store.Projection) error {
	ctx, done := context.WithTimeout(ctx, c.cfg.LookupTimeout)
	defer done()
	history := c.cfg.Host.History
	if p.Delete {
		_, err := history.Delete(ctx, storage.DeleteEntryRequest{Tenant: p.Tenant, ID: p.Link, Revision: p.Revision})
		return err
	}
	link, err := c.db.LinkByID(ctx, p.Tenant, p.Link)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := c.privacy.Projected(ctx, p.Tenant, link.Message)
	if err != nil {
		return err
	}
	entry := storage.Entry{
		ID: link.ID, Entity: link.Entity, Message: m.ID, Direction: m.Direction, Date: m.Date, Agent: m.Agent, Subject: m.Subject,
		Text: m.Text, HasAttachments: m.HasAttachments, Withheld: m.Private, Public: m.Public, Rule: link.Rule, Confidence: link.Confidence,
	}
	if len(m.From) > 0 {
		entry.From = m.From[0].Address
	}
	for _, a := range m.To {
		entry.To = append(entry.To, a.Address)
	}
	entry.Text = strings.ReplaceAll(entry.Text, "\r\n", "\n")
	_, err = history.Put(ctx, storage.PutEntryRequest{Tenant: p.Tenant, Entry: entry, Revision: p.Revision})
	return err
}
