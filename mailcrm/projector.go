package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/quotes"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/work"
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
		if _, err := c.projectDue(ctx); err != nil && ctx.Err() == nil {
			c.cfg.Logger.WarnContext(ctx, "the host's history waits", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// projectDue delivers what is due, at least once and in order per entry. An entry that the host refuses is tried again later, and the others go on; a host that
// does not answer is left alone for a while, tenant by tenant. After the time of a slice it stops and says that there is more.
func (c *Client) projectDue(ctx context.Context) (more bool, err error) {
	if c.cfg.Host.History == nil {
		return false, nil
	}
	for ends := time.Now().Add(work.MaxSlice); ; {
		if time.Now().After(ends) {
			return true, nil
		}
		due, err := c.db.ProjectionsDue(ctx, c.cfg.Now(), projectBatch)
		if err != nil {
			return false, fmt.Errorf("reading what the host's history must hear: %w", err)
		}
		if len(due) == 0 {
			return false, nil
		}
		failed := 0
		next := make([]time.Time, len(due)) // zero: delivered
		crlf := map[storage.Tenant]map[string]bool{}
		for i, p := range due {
			if next[i] = c.historian.wakes(p.Tenant, c.cfg.Now()); !next[i].IsZero() {
				failed++
				continue
			}
			err := c.projectOne(ctx, p, crlf)
			switch {
			case err == nil:
				c.historian.answered(p.Tenant)
			case ctx.Err() != nil:
				return false, ctx.Err()
			case refused(err):
				failed++
				next[i] = c.cfg.Now().Add(backoff(p.Tries + 1))
				c.cfg.Logger.WarnContext(ctx, "an entry of the host's history waits", "tenant", string(p.Tenant), "link", p.Link, "tries", p.Tries+1, "error", err)
			default:
				failed++
				next[i] = c.historian.failed(p.Tenant, c.cfg.Now())
				c.cfg.Logger.WarnContext(ctx, "the host's history waits", "tenant", string(p.Tenant), "until", next[i], "error", err)
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
			return false, fmt.Errorf("noting what the host's history has heard: %w", err)
		}
		if failed == len(due) {
			return false, nil
		}
	}
}

// refused says whether a host's error is about this one entry.
func refused(err error) bool {
	for _, kind := range []error{ErrInvalid, ErrNotFound, ErrConflict, ErrRejected, ErrLimit} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// A historian knows whose history does not answer. A host that hangs must not cost every entry its time-out.
type historian struct {
	mu    sync.Mutex
	rests map[storage.Tenant]rest
}

type rest struct {
	until    time.Time
	failures int // in a row
}

// longestRest is the longest time for which a host is not asked.
const longestRest = 5 * time.Minute

// wakes is when a tenant's history is asked again; zero: now.
func (h *historian) wakes(tenant storage.Tenant, now time.Time) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.rests[tenant]; r.until.After(now) {
		return r.until
	}
	return time.Time{}
}

func (h *historian) answered(tenant storage.Tenant) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.rests, tenant)
}

func (h *historian) failed(tenant storage.Tenant, now time.Time) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rests == nil {
		h.rests = map[storage.Tenant]rest{}
	}
	r := h.rests[tenant]
	r.failures++
	r.until = now.Add(min(backoff(r.failures), longestRest))
	h.rests[tenant] = r
	return r.until
}

func (c *Client) projectOne(ctx context.Context, p store.Projection, crlf map[storage.Tenant]map[string]bool) error {
	history := c.cfg.Host.History
	if p.Delete {
		ask, done := context.WithTimeout(ctx, c.cfg.LookupTimeout)
		defer done()
		_, err := history.Delete(ask, storage.DeleteEntryRequest{Tenant: p.Tenant, ID: p.Link, Revision: p.Revision})
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
		Text: m.Text, HasAttachments: m.HasAttachments, Withheld: m.Private, Public: m.Public, Rule: link.Rule, Confidence: link.Confidence, Kind: m.Kind,
	}
	if m.Direction == storage.Sent && !m.Private {
		all, err := c.db.DeliveriesOfMessages(ctx, p.Tenant, []string{m.ID})
		if err != nil {
			return err
		}
		entry.Status = summary(all[m.ID])
	}
	if len(m.From) > 0 {
		entry.From = m.From[0].Address
	}
	for _, a := range m.To {
		entry.To = append(entry.To, a.Address)
	}
	entry.Text = whatWasNew(strings.ReplaceAll(entry.Text, "\r\n", "\n"))
	wants, err := c.wantsCRLF(ctx, p.Tenant, m.ID, crlf)
	if err != nil {
		return err
	}
	if wants {
		entry.Text = strings.ReplaceAll(entry.Text, "\n", "\r\n")
	}
	ask, done := context.WithTimeout(ctx, c.cfg.LookupTimeout)
	defer done()
	_, err = history.Put(ask, storage.PutEntryRequest{Tenant: p.Tenant, Entry: entry, Revision: p.Revision})
	return err
}

// whatWasNew is a text without what it quotes and without the signature; all of it where nothing is left.
func whatWasNew(text string) string {
	visible := quotes.Visible(text)
	if strings.TrimSpace(visible) == "" {
		return text
	}
	return strings.TrimRight(visible, "\n") + "\n"
}

// wantsCRLF says whether the account of a mail asks for line ends of two characters. Few do: known remembers which.
func (c *Client) wantsCRLF(ctx context.Context, tenant storage.Tenant, message string, known map[storage.Tenant]map[string]bool) (bool, error) {
	those, asked := known[tenant]
	if !asked {
		all, err := c.db.Accounts(ctx, tenant, "")
		if err != nil {
			return false, err
		}
		those = map[string]bool{}
		for _, a := range all {
			if a.Settings.CRLF {
				those[a.ID] = true
			}
		}
		known[tenant] = those
	}
	if len(those) == 0 {
		return false, nil
	}
	facts, err := c.db.LinkFacts(ctx, tenant, []string{message})
	return those[facts[message].Account], err
}
