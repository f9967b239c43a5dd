package mailcrm

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// MaxResealFailures is how many failures a [ResealReport] lists.
const MaxResealFailures = 100

// A ResealReport says what became of the sealed values of all tenants.
type ResealReport struct {
	Resealed int // are sealed with the newest key now, and were not
	Current  int // were already
	Failed   int // do not open: their key is not in the key ring, or they were changed or moved
	Left     int // could not be written, or were changed at the same time: run it again
	// Failures are the first of those that failed. Their secrets must be entered anew.
	Failures []ResealFailure
}

// A ResealFailure is a value that does not open.
type ResealFailure struct {
	Tenant storage.Tenant
	ID     string // of the account, or of the login
	Field  string // "imap.password", "smtp.password", "login.refresh_token"
	Code   string // "seal.unknown_key", "seal.damaged"; see Sentence
}

// Reseal seals every secret of the store with the newest key, after [RotateKeyFile]. Without it that happens by and by, when a secret is used. It may run while other
// processes work. When nothing is left and nothing failed, nothing needs the old keys any more, and [PruneKeyFile] may take them away.
//
// It opens every secret, so that it also tells which of them are damaged. An error is one of the store, or ctx's; the report is of what was done until then.
func (c *Client) Reseal(ctx context.Context) (ResealReport, error) {
	var report ResealReport
	if c.closed.Load() {
		return report, ErrClosed
	}
	for _, field := range store.SealedFields {
		var last store.Sealed
		for {
			page, err := c.db.Sealed(ctx, field, last.Tenant, last.ID, resealPage)
			if err != nil {
				return report, err
			}
			for _, v := range page {
				if err := c.resealOne(ctx, v, &report); err != nil {
					return report, err
				}
			}
			if len(page) < resealPage {
				break
			}
			last = page[len(page)-1]
		}
	}
	return report, nil
}

const resealPage = 200

func (c *Client) resealOne(ctx context.Context, v store.Sealed, report *ResealReport) error {
	if len(v.Value) == 0 {
		return nil
	}
	secret, err := c.cfg.Keys.Open(place(v), v.Value)
	switch {
	case err != nil:
		report.Failed++
		if len(report.Failures) < MaxResealFailures {
			report.Failures = append(report.Failures, ResealFailure{Tenant: v.Tenant, ID: v.ID, Field: v.Field, Code: storage.CauseCode(err)})
		}
		return nil
	case !c.cfg.Keys.Stale(v.Value):
		report.Current++
		return nil
	}
	done, err := c.reseal(ctx, v, secret)
	switch {
	case ctx.Err() != nil:
		report.Left++
		return ctx.Err()
	case err != nil:
		report.Left++
		return fmt.Errorf("sealing %s of %s again: %w", v.Field, v.ID, err)
	case done:
		report.Resealed++
	default:
		report.Left++
	}
	return nil
}
