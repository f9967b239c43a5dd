package imapsync

import (
	"context"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// flagNames are the flags that have a meaning here; every other one is a keyword.
var flagNames = []struct {
	name string
	flag store.Flags
}{
	{`\Seen`, store.FlagSeen},
	{`\Answered`, store.FlagAnswered},
	{`\Flagged`, store.FlagFlagged},
	{`\Deleted`, store.FlagDeleted},
	{`\Draft`, store.FlagDraft},
	{"$Forwarded", store.FlagForwarded},
	{"$MDNSent", store.FlagMDNSent},
}

// flags sorts what a server says of a mail. Flags are case-insensitive (RFC 9051 §2.3.2).
func flags(names []imap.Flag) (known store.Flags, keywords []string) {
next:
	for _, n := range names {
		for _, f := range flagNames {
			if strings.EqualFold(string(n), f.name) {
				known |= f.flag
				continue next
			}
		}
		if len(keywords) < maxKeywords && len(n) <= maxKeyword && !strings.HasPrefix(string(n), `\`) {
			keywords = append(keywords, string(n))
		}
	}
	return known, keywords
}

func names(f store.Flags) []imap.Flag {
	var out []imap.Flag
	for _, n := range flagNames {
		if f&n.flag != 0 {
			out = append(out, imap.Flag(n.name))
		}
	}
	return out
}

// pushFlags tells the server the flags that people set since the last time. Only +FLAGS and -FLAGS are used: they do not undo what others do.
func (s *Session) pushFlags(ctx context.Context, boxes []store.Mailbox) error {
	wanted, err := s.DB.Wanted(ctx, s.account.Tenant, s.account.ID, 500)
	if err != nil {
		return fmt.Errorf("reading which flags to set: %w", err)
	}
	byID := make(map[string]*store.Mailbox, len(boxes))
	for i := range boxes {
		byID[boxes[i].ID] = &boxes[i]
	}
	var uidValidity uint32
	var current string
	for _, c := range wanted {
		box := byID[c.Mailbox]
		if box == nil || !box.Gone.IsZero() {
			continue
		}
		if current != box.ID {
			opened, err := s.open(box, false)
			if err != nil {
				return err
			}
			current, uidValidity = box.ID, opened.UIDValidity
		}
		if c.UIDValidity == uidValidity {
			if err := s.setFlags(c.UID, imap.StoreFlagsAdd, c.WantAdd, box.Name); err != nil {
				return err
			}
			if err := s.setFlags(c.UID, imap.StoreFlagsDel, c.WantRemove, box.Name); err != nil {
				return err
			}
		}
		err := s.DB.Write(ctx, s.lease, func(tx *store.Tx) error {
			return tx.WantDone(c.Tenant, c.ID, c.Flags&^c.WantRemove|c.WantAdd)
		})
		if err != nil {
			return fmt.Errorf("noting the flags of a mail in %s: %w", box.Name, err)
		}
	}
	return nil
}

func (s *Session) setFlags(uid uint32, op imap.StoreFlagsOp, f store.Flags, name string) error {
	if f == 0 {
		return nil
	}
	err := s.conn.Client().Store(setOf([]uint32{uid}), &imap.StoreFlags{Op: op, Silent: true, Flags: names(f)}, nil).Close()
	return s.doing("setting a flag in "+name, err)
}
