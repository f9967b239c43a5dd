package store

import (
	"context"

	"github.com/mailcrm/sdk/linker/address"
	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const facesOf engine.SQL = `SELECT m.head, c.direction FROM @copies c JOIN @messages m ON m.tenant = c.tenant AND m.id = c.message WHERE c.tenant = ? AND c.account = ? AND c.gone = 0 ORDER BY c.date DESC, c.message DESC LIMIT ?`

// A Face is what the mail of an account says of an address.
type Face struct {
	Name      string // with which it last sent
	Delivered int    // mails that came to the account through it
	Sent      int    // mails that the account sent as it
	Wrote     int    // mails that came from it
}

// Faces are the addresses, normalised, through which mail came to an account or as which it was sent, in the newest mails of it. Subjects and texts are not read.
func (r Reads) Faces(ctx context.Context, tenant storage.Tenant, account string, mails int) (map[string]Face, error) {
	faces := map[string]Face{}
	note := func(written string, change func(*Face)) {
		if a := address.Normalize(written); a != "" {
			f := faces[a]
			change(&f)
			faces[a] = f
		}
	}
	err := engine.Each(ctx, r.c, facesOf, func(s engine.Scanner) error {
		var text string
		var direction storage.Direction
		if err := s.Scan(&text, &direction); err != nil {
			return err
		}
		var h head
		if err := fromJSON(text, &h); err != nil {
			return err
		}
		for i := range h.From[:min(len(h.From), 1)] {
			note(h.From[i].Address, func(f *Face) {
				if direction != storage.Sent {
					f.Wrote++
					return
				}
				if f.Sent++; f.Name == "" {
					f.Name = h.From[i].Name
				}
			})
		}
		if direction != storage.Sent {
			for _, a := range h.DeliveredTo {
				note(a, func(f *Face) { f.Delivered++ })
			}
		}
		return nil
	}, string(tenant), account, int64(mails))
	return faces, doing("reading as whom an account is addressed", err)
}
