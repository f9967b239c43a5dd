package imapsync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/mailcrm/sdk/mailcrm/internal/imapconn"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Limits of looking for renamed mailboxes; what lies beyond is taken for gone and new.
const (
	maxAppeared = 1000 // mailboxes that appeared at once
	maxSuspects = 3    // mailboxes that one may have been, which are looked into
	proven      = 3    // mailboxes that moved with their parent and were looked into: the others are believed
)

// A move is a mailbox of ours that has another name now.
type move struct{ id, from, to string }

// An appeared mailbox is listed and not known, and in the state in which it is.
type appeared struct {
	imapconn.Listed
	validity, next uint32
}

// renamed finds out which of the mailboxes that are no longer listed have only another name. The server's own id of a mailbox (RFC 8474 §4) tells for sure. Without
// one UIDVALIDITY must be the same and UIDNEXT may not have gone back, and that is not enough: servers give the same UIDVALIDITY to mailboxes made in the same
// second, or to all. So mails that are known must be there, under their UIDs, with the same header. A mailbox without mails needs an UIDVALIDITY of its own.
//
// In doubt a mailbox is gone and another one new: its mails are fetched again, while a mistake would give mails of one mailbox to another.
func (s *Session) renamed(ctx context.Context, known []store.Mailbox) ([]move, error) {
	if !s.whole() {
		return nil, nil
	}
	vanished, fresh := s.strangers(known)
	if len(vanished) == 0 || len(fresh) == 0 || len(fresh) > maxAppeared {
		return nil, nil
	}
	var moves []move
	fresh = slices.DeleteFunc(fresh, func(a appeared) bool { // those that say who they are
		i := slices.IndexFunc(vanished, func(v store.Mailbox) bool { return a.ObjectID != "" && v.ObjectID == a.ObjectID })
		if i >= 0 {
			moves = append(moves, move{vanished[i].ID, vanished[i].Name, a.Name})
			vanished = slices.Delete(vanished, i, i+1)
		}
		return i >= 0
	})
	vanished = slices.DeleteFunc(vanished, func(v store.Mailbox) bool { return v.UIDValidity == 0 })
	if len(vanished) == 0 || len(fresh) == 0 {
		return moves, nil
	}
	if err := s.ask(ctx, fresh); err != nil {
		return nil, err
	}
	more, err := s.match(ctx, vanished, fresh)
	return append(moves, more...), err
}

// strangers are the mailboxes that are known and not listed, and those that are listed and not known.
func (s *Session) strangers(known []store.Mailbox) (vanished []store.Mailbox, fresh []appeared) {
	there := make(map[string]bool, len(known))
	for _, k := range known {
		there[k.Name] = k.Gone.IsZero()
	}
	listed := make(map[string]bool, len(known))
	for _, l := range s.conn.Mailboxes() {
		listed[l.Name] = true
		if !there[l.Name] && !hasAttribute(l, `\Noselect`) && !hasAttribute(l, `\NonExistent`) {
			fresh = append(fresh, appeared{Listed: l})
		}
	}
	for _, k := range known {
		if !listed[k.Name] && (k.UIDValidity != 0 || k.ObjectID != "") {
			vanished = append(vanished, k)
		}
	}
	return vanished, fresh
}

// ask asks for the state of mailboxes. One that does not answer has none.
func (s *Session) ask(ctx context.Context, fresh []appeared) error {
	for part := range slices.Chunk(fresh, atOnce) {
		asked := make([]*imapclient.StatusCommand, len(part))
		for i := range part {
			asked[i] = s.conn.Client().Status(part[i].Name, &imap.StatusOptions{UIDNext: true, UIDValidity: true})
		}
		for i, cmd := range asked {
			if data, err := cmd.Wait(); err == nil {
				part[i].validity, part[i].next = data.UIDValidity, uint32(data.UIDNext)
			} else if err = s.doing("asking for the state of "+part[i].Name, err); s.conn.Err() != nil || ctx.Err() != nil || storage.CauseCode(err) == "imap.throttled" {
				return err
			}
		}
	}
	return nil
}

// match finds for each mailbox that appeared the one that it was.
func (s *Session) match(ctx context.Context, vanished []store.Mailbox, fresh []appeared) ([]move, error) {
	slices.SortFunc(fresh, func(a, b appeared) int { return strings.Compare(a.Name, b.Name) })
	alike := make(map[uint32]int) // how many that appeared have this UIDVALIDITY
	for _, a := range fresh {
		alike[a.validity]++
	}
	var moves []move
	together := map[[2]string]int{} // parents that moved -> mailboxes in them that were looked into
	for _, a := range fresh {
		var suspects []store.Mailbox
		for _, v := range vanished {
			other := a.ObjectID != "" && v.ObjectID != "" // and they differ, see renamed
			if a.validity != 0 && v.UIDValidity == a.validity && v.UIDNext <= a.next && v.Delimiter == a.Delimiter && !other {
				suspects = append(suspects, v)
			}
		}
		slices.SortStableFunc(suspects, func(x, y store.Mailbox) int {
			return cmp.Compare(len(commonTail(y.Name, a.Name, a.Delimiter)), len(commonTail(x.Name, a.Name, a.Delimiter)))
		})
		alone := len(suspects) == 1 && alike[a.validity] == 1
		for _, v := range suspects[:min(len(suspects), maxSuspects)] {
			tail := commonTail(v.Name, a.Name, a.Delimiter)
			parent := [2]string{strings.TrimSuffix(v.Name, tail), strings.TrimSuffix(a.Name, tail)}
			is := together[parent] >= proven && alone
			if !is {
				answer, err := s.sameContents(ctx, v, a)
				if err != nil {
					return nil, err
				}
				if is = answer == yes || answer == empty && alone; answer == yes {
					together[parent]++
				}
			}
			if is {
				moves = append(moves, move{v.ID, v.Name, a.Name})
				vanished = slices.DeleteFunc(slices.Clone(vanished), func(other store.Mailbox) bool { return other.ID == v.ID })
				break
			}
		}
	}
	return moves, nil
}

// commonTail is the levels that two names have in common at their ends, with the delimiter before them.
func commonTail(a, b, delimiter string) string {
	if delimiter == "" {
		return ""
	}
	n := 0
	for {
		i, j := strings.LastIndex(a[:len(a)-n], delimiter), strings.LastIndex(b[:len(b)-n], delimiter)
		if i < 0 || j < 0 || a[i:] != b[j:] {
			return a[len(a)-n:]
		}
		n = len(a) - i
	}
}

// An answer to whether two mailboxes are one.
type answer int

const (
	no answer = iota
	yes
	empty // no mail of the one that vanished is known
)

// sameContents looks into a mailbox for mails of the one that it may have been.
func (s *Session) sameContents(ctx context.Context, was store.Mailbox, is appeared) (answer, error) {
	ledger, err := s.DB.Ledger(ctx, was.Tenant, was.ID)
	if err != nil {
		return no, fmt.Errorf("reading the ledger of %s: %w", was.Name, err)
	}
	if len(ledger.Stored) == 0 {
		return empty, nil
	}
	box := store.Mailbox{Tenant: was.Tenant, Account: was.Account, Name: is.Name, Delimiter: is.Delimiter}
	opened, err := s.open(&box, true)
	if err != nil {
		if s.conn.Err() != nil || ctx.Err() != nil {
			return no, err
		}
		return no, nil
	}
	if opened.UIDValidity != was.UIDValidity {
		return no, nil
	}
	result := no
	for _, uid := range sample(ledger.Stored) {
		known, err := s.DB.CopyByUID(ctx, was.Tenant, was.ID, was.UIDValidity, uid)
		if errors.Is(err, storage.ErrNotFound) || err == nil && known.HeaderHash == ([32]byte{}) {
			continue
		}
		if err != nil {
			return no, fmt.Errorf("reading the ledger of %s: %w", was.Name, err)
		}
		header, err := s.header(&box, uid, nil)
		switch {
		case err != nil:
			return no, err
		case len(header) == 0: // deleted since
		case mimemail.HeaderHash(header) != known.HeaderHash:
			return no, nil
		default:
			result = yes
		}
	}
	return result, nil
}

// sample are the newest UID, the oldest, and one between.
func sample(stored []store.UIDRange) []uint32 {
	middle := stored[len(stored)/2]
	uids := []uint32{stored[0].Lo, middle.Lo + (middle.Hi-middle.Lo)/2, stored[len(stored)-1].Hi}
	slices.Sort(uids)
	return slices.Compact(uids)
}
