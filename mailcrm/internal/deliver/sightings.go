package deliver

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/reports"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// maxSightings is how many of its last mails an account remembers, to find out how its server signs.
const maxSightings = 30

// A seen is a sighting and when its mail came.
type seen struct {
	At int64 `json:"at"` // seconds
	reports.Sighting
}

// An acquaintance is what is known of the server that takes an account's mail.
type acquaintance struct {
	Seen    []seen           `json:"seen,omitempty"`    // the newest first, at most maxSightings
	Servers []reports.Server `json:"servers,omitempty"` // what was learned last
	changed bool
}

// acquaintance reads what is known of the server of a chunk's account and adds what the chunk shows.
func (d *Desk) acquaintance(ctx context.Context, chunk *imapsync.Chunk) (*acquaintance, error) {
	text, err := d.DB.Sightings(ctx, chunk.Account.Tenant, chunk.Account.ID)
	if err != nil {
		return nil, err
	}
	a := &acquaintance{}
	if text != "" && json.Unmarshal([]byte(text), a) != nil {
		*a = acquaintance{} // it is learned again
	}
	if chunk.Mailbox.Role == "trash" {
		return a, nil
	}
	for i := range chunk.Mails {
		if m := &chunk.Mails[i]; m.Told != nil {
			a.add(seen{m.InternalDate.Unix(), m.Told.Sighting})
		}
	}
	if a.changed {
		all := make([]reports.Sighting, len(a.Seen))
		for i, s := range a.Seen {
			all[i] = s.Sighting
		}
		if learned := reports.Learn(all); len(learned) > 0 {
			a.Servers = learned
		}
	}
	return a, nil
}

// add takes in a sighting if it is one of the newest. The same mail delivered again is the same sighting.
func (a *acquaintance) add(s seen) {
	at, known := slices.BinarySearchFunc(a.Seen, s, func(x, y seen) int { return int(y.At - x.At) })
	if known && slices.ContainsFunc(a.Seen[at:], func(x seen) bool { return x.At == s.At && x.ID == s.ID && x.From == s.From && slices.Equal(x.By, s.By) }) || at >= maxSightings {
		return
	}
	a.Seen = slices.Insert(a.Seen, at, s)
	a.Seen = a.Seen[:min(len(a.Seen), maxSightings)]
	a.changed = true
}

// keep writes down what was learned.
func (a *acquaintance) keep(tx *store.Tx, acc *store.Account) error {
	if !a.changed {
		return nil
	}
	text, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("noting how the server of %s signs: %w", acc.Address, err)
	}
	return tx.PutSightings(acc.Tenant, acc.ID, string(text))
}
