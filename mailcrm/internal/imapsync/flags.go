package imapsync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
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

// pushFlags tells the server the flags that people set since the last time. Only +FLAGS and -FLAGS are used: they do not undo what others do. A mailbox or a
// server that fails keeps the wishes for the next time; one that refuses them for good ends them. A server that is never written to is told nothing: the wishes stay here.
func (s *Session) pushFlags(ctx context.Context, boxes []store.Mailbox) error {
	if s.account.IMAP.ReadOnly {
		return nil
	}
	wanted, err := s.DB.Wanted(ctx, s.account.Tenant, s.account.ID, 500)
	if err != nil {
		return fmt.Errorf("reading which flags to set: %w", err)
	}
	byBox := make(map[string][]store.Copy)
	for _, c := range wanted {
		byBox[c.Mailbox] = append(byBox[c.Mailbox], c)
	}
	for i := range boxes {
		box := &boxes[i]
		copies := byBox[box.ID]
		if len(copies) == 0 || !box.Gone.IsZero() {
			continue
		}
		err := s.pushTo(ctx, box, copies)
		if err == nil {
			continue
		}
		if ctx.Err() != nil || isOurs(err) || storage.CauseCode(err) == "imap.throttled" {
			return err
		}
		s.Logger.WarnContext(ctx, "flags not set", "account", s.account.ID, "mailbox", box.ID, "error", err)
		if err := s.again(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A wish is what several copies may have in common.
type wish struct{ add, remove store.Flags }

// pushTo sets the flags of one mailbox, those that want the same together.
func (s *Session) pushTo(ctx context.Context, box *store.Mailbox, copies []store.Copy) error {
	opened, err := s.open(box, false)
	if refusedForGood(err) {
		return s.granted(ctx, box, copies)
	}
	if err != nil {
		return err
	}
	groups := make(map[wish][]store.Copy)
	var over []store.Copy
	for _, c := range copies {
		if c.UIDValidity != opened.UIDValidity {
			over = append(over, c) // nobody can name the mail any more
			continue
		}
		w := wish{permanent(c.WantAdd, opened.PermanentFlags), permanent(c.WantRemove, opened.PermanentFlags)}
		groups[w] = append(groups[w], c)
	}
	if err := s.granted(ctx, box, over); err != nil {
		return err
	}
	for w, group := range groups {
		for part := range slices.Chunk(group, largestChunk) {
			if err := s.push(ctx, box, w, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// push sets the flags of copies that want the same. When the server refuses them together, each is asked for alone; what it refuses then is over.
func (s *Session) push(ctx context.Context, box *store.Mailbox, w wish, copies []store.Copy) error {
	uids := make([]uint32, len(copies))
	for i, c := range copies {
		uids[i] = c.UID
	}
	err := s.setFlags(uids, imap.StoreFlagsAdd, w.add, box.Name)
	if err == nil {
		err = s.setFlags(uids, imap.StoreFlagsDel, w.remove, box.Name)
	}
	switch {
	case err == nil:
	case !refusedForGood(err):
		return err
	case len(copies) > 1:
		for _, c := range copies {
			if err := s.push(ctx, box, w, []store.Copy{c}); err != nil {
				return err
			}
		}
		return nil
	default:
		s.Logger.WarnContext(ctx, "a flag was refused", "account", s.account.ID, "mailbox", box.ID, "uid", uids[0], "error", err)
	}
	return s.granted(ctx, box, copies)
}

// granted notes that wishes are over.
func (s *Session) granted(ctx context.Context, box *store.Mailbox, copies []store.Copy) error {
	if len(copies) == 0 {
		return nil
	}
	err := s.DB.Write(ctx, s.lease, func(tx *store.Tx) error {
		for _, c := range copies {
			if err := tx.WantDone(c.Tenant, c.ID, c.Flags&^c.WantRemove|c.WantAdd); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("noting the flags of %d mails in %s: %w", len(copies), box.Name, err)
	}
	return nil
}

// refusedForGood says whether asking again would bring the same answer.
func refusedForGood(err error) bool {
	return errors.Is(err, storage.ErrRejected) || errors.Is(err, storage.ErrReadOnly) || errors.Is(err, storage.ErrNotFound)
}

// permanent leaves of flags those that the mailbox keeps (RFC 9051 §7.1, PERMANENTFLAGS). A server that does not say keeps all of them.
func permanent(f store.Flags, kept []imap.Flag) store.Flags {
	if len(kept) == 0 {
		return f
	}
	known, _ := flags(kept)
	if slices.Contains(kept, imap.FlagWildcard) {
		known |= store.FlagForwarded | store.FlagMDNSent
	}
	return f & known
}

func (s *Session) setFlags(uids []uint32, op imap.StoreFlagsOp, f store.Flags, name string) error {
	if f == 0 {
		return nil
	}
	err := s.conn.Client().Store(setOf(uids), &imap.StoreFlags{Op: op, Silent: true, Flags: names(f)}, nil).Close()
	return s.doing("setting a flag in "+name, err)
}
