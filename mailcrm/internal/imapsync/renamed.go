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
	maxAppeared = 1000        // mailboxes that appeared at once
	maxLooks    = 100         // mailboxes that are looked into
	maxSuspects = 3           // mailboxes that one may have been
	proven      = 3           // mailboxes that moved with their parent and were looked into: the others are believed
	aTime       = 100_000_000 // an UIDVALIDITY from here on is the time at which a mailbox was made: Courier counts seconds since 2001, others since 1970
)

// A move is a mailbox of ours that has another name now.
type move struct{ id, from, to string }

// An appeared mailbox is listed and not known, and in the state in which it is.
type appeared struct {
	imapconn.Listed
	validity, next uint32
	mails          uint32
}

// renamed finds out which of the mailboxes that are no longer listed have only another name. The server's own id of a mailbox (RFC 8474 §4) tells for sure. Without
// one UIDVALIDITY must be the same and UIDNEXT may not have gone back, and that is not enough: Cyrus and Courier give the same UIDVALIDITY to mailboxes made in the same
// second, others to all. So mails that are known must be there, under their UIDs, with the same header. Of a mailbox without mails the UIDVALIDITY must be a
// time, at which no other of those in question was made.
//
// Courier gives a renamed mailbox another UIDVALIDITY. There the first and the last mail that are known must be the first mail and the one at its place; what lies in the mailbox is then fetched again.
//
// In doubt a mailbox is gone and another one new: its mails are fetched again, while a mistake would give the mails of one mailbox, or what a person chose, to another.
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
	m := matching{s: s, vanished: vanished, fresh: fresh, alike: map[uint32]int{}, together: map[[2]string]int{}}
	if err := m.match(ctx); err != nil {
		return nil, err
	}
	return append(moves, m.moves...), nil
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
		if !listed[k.Name] && s.before[k.ID] && (k.UIDValidity != 0 || k.ObjectID != "") {
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
			asked[i] = s.conn.Client().Status(part[i].Name, &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true})
		}
		for i, cmd := range asked {
			if data, err := cmd.Wait(); err == nil && data.NumMessages != nil {
				part[i].validity, part[i].next, part[i].mails = data.UIDValidity, uint32(data.UIDNext), *data.NumMessages
			} else if err = s.doing("asking for the state of "+part[i].Name, err); s.conn.Err() != nil || ctx.Err() != nil || storage.CauseCode(err) == "imap.throttled" {
				return err
			}
		}
	}
	return nil
}

// A matching finds for each mailbox that appeared the one that it was.
type matching struct {
	s        *Session
	vanished []store.Mailbox
	fresh    []appeared
	alike    map[uint32]int    // how many that appeared have this UIDVALIDITY
	together map[[2]string]int // parents that moved -> mailboxes in them that were looked into
	looks    int               // mailboxes that were looked into
	moves    []move
}

func (m *matching) match(ctx context.Context) error {
	slices.SortFunc(m.fresh, func(a, b appeared) int { return strings.Compare(a.Name, b.Name) })
	for _, a := range m.fresh {
		m.alike[a.validity]++
	}
	for _, a := range m.fresh {
		if a.validity == 0 {
			continue
		}
		suspects := m.suspects(a)
		for i, v := range suspects[:min(len(suspects), maxSuspects)] {
			is, err := m.isOne(ctx, v, a, suspects, i)
			if err != nil {
				return err
			}
			if is {
				m.moves = append(m.moves, move{v.ID, v.Name, a.Name})
				m.vanished = slices.DeleteFunc(m.vanished, func(other store.Mailbox) bool { return other.ID == v.ID })
				break
			}
		}
	}
	return nil
}

// suspects are the mailboxes that one may have been: those with its UIDVALIDITY first, then those whose names end alike.
func (m *matching) suspects(a appeared) []store.Mailbox {
	var suspects []store.Mailbox
	for _, v := range m.vanished {
		other := a.ObjectID != "" && v.ObjectID != "" // and they differ, see renamed
		same := v.UIDValidity == a.validity && v.UIDNext <= a.next
		anew := v.UIDValidity != a.validity && v.Exists > 0 && v.Exists <= a.mails
		if v.Delimiter == a.Delimiter && !other && (same || anew) {
			suspects = append(suspects, v)
		}
	}
	rank := func(v store.Mailbox) int {
		n := len(commonTail(v.Name, a.Name, a.Delimiter))
		if v.UIDValidity == a.validity {
			n += 1 << 20
		}
		return n
	}
	slices.SortStableFunc(suspects, func(x, y store.Mailbox) int { return cmp.Compare(rank(y), rank(x)) })
	return suspects
}

// isOne decides whether suspect i of a mailbox that appeared is that mailbox.
func (m *matching) isOne(ctx context.Context, v store.Mailbox, a appeared, suspects []store.Mailbox, i int) (bool, error) {
	tail := commonTail(v.Name, a.Name, a.Delimiter)
	parent := [2]string{strings.TrimSuffix(v.Name, tail), strings.TrimSuffix(a.Name, tail)}
	same := v.UIDValidity == a.validity
	if tail != "" && m.together[parent] >= proven && (same || v.Exists == a.mails) {
		return true, nil
	}
	if m.looks >= maxLooks {
		return false, nil
	}
	m.looks++
	var answer answer
	var err error
	if same {
		answer, err = m.s.sameMailsThere(ctx, v, a)
	} else {
		answer, err = m.s.sameMailsAnew(ctx, v, a)
	}
	if err != nil || answer != empty {
		if answer == yes {
			m.together[parent]++
		}
		return answer == yes, err
	}
	alone := len(suspects) == 1 && m.alike[a.validity] == 1
	nearest := i == 0 && tail != "" && len(suspects) > 1 && tail != commonTail(suspects[1].Name, a.Name, a.Delimiter)
	return a.mails == 0 && a.validity >= aTime && (alone || nearest), nil
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

// sameMailsThere looks into a mailbox for mails of the one that it may have been, under the same UIDVALIDITY.
func (s *Session) sameMailsThere(ctx context.Context, was store.Mailbox, is appeared) (answer, error) {
	return s.compareMails(ctx, was, is, func(_ *store.Mailbox, stored []store.UIDRange) ([][2]uint32, error) {
		middle := stored[len(stored)/2]
		uids := []uint32{stored[0].Lo, middle.Lo + (middle.Hi-middle.Lo)/2, stored[len(stored)-1].Hi}
		var pairs [][2]uint32
		for _, uid := range slices.Compact(uids) {
			pairs = append(pairs, [2]uint32{uid, uid})
		}
		return pairs, nil
	})
}

// sameMailsAnew does so where the UIDs mean other mails now: what matters is the order. All that was in the mailbox must be known, and nothing may have been deleted since.
//
// The older of them may never have been fetched, but they count.
func (s *Session) sameMailsAnew(ctx context.Context, was store.Mailbox, is appeared) (answer, error) {
	return s.compareMails(ctx, was, is, func(box *store.Mailbox, stored []store.UIDRange) ([][2]uint32, error) {
		known, err := s.known(ctx, &was)
		if err != nil || known.count() != uint64(was.Exists) {
			return nil, err
		}
		now, err := s.search(box, &imap.SearchCriteria{UID: []imap.UIDSet{between(1, 0)}}, 1, 1<<32-1)
		if err != nil || now.count() < known.count() {
			return nil, err
		}
		first, last := stored[0].Lo, stored[len(stored)-1].Hi
		return [][2]uint32{{first, now.at(known.before(first))}, {last, now.at(known.before(last))}}, nil
	})
}

// compareMails compares the headers of mails that are known with those of mails that are there now, in pairs of UIDs.
func (s *Session) compareMails(ctx context.Context, was store.Mailbox, is appeared, choose func(*store.Mailbox, []store.UIDRange) ([][2]uint32, error)) (answer, error) {
	ledger, err := s.DB.Ledger(ctx, was.Tenant, was.ID)
	if err != nil {
		return no, fmt.Errorf("reading the ledger of %s: %w", was.Name, err)
	}
	if len(ledger.Stored) == 0 {
		return empty, nil
	}
	box := &store.Mailbox{Tenant: was.Tenant, Account: was.Account, Name: is.Name, Delimiter: is.Delimiter}
	opened, err := s.open(box, true)
	if err != nil && s.conn.Err() == nil && ctx.Err() == nil {
		return no, nil
	}
	if err != nil || opened.UIDValidity != is.validity {
		return no, err
	}
	pairs, err := choose(box, ledger.Stored)
	result := no
	for _, pair := range pairs {
		known, e := s.DB.CopyByUID(ctx, was.Tenant, was.ID, was.UIDValidity, pair[0])
		if errors.Is(e, storage.ErrNotFound) || e == nil && known.HeaderHash == ([32]byte{}) {
			continue
		}
		if e != nil {
			return no, fmt.Errorf("reading the ledger of %s: %w", was.Name, e)
		}
		header, e := s.header(box, pair[1], nil)
		switch {
		case e != nil:
			return no, e
		case len(header) == 0: // deleted since
		case mimemail.HeaderHash(header) != known.HeaderHash:
			return no, nil
		default:
			result = yes
		}
	}
	return result, err
}
