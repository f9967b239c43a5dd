package imapsync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// atOnce is for how many mailboxes STATUS is asked before the first answer is awaited: over a long line an account of fifty folders costs three trips, not fifty.
const atOnce = 20

// glance asks for the state of the mailboxes, many at a time. What is not answered is asked again when its turn comes; only a server that throttles ends it.
func (s *Session) glance(ctx context.Context, boxes []store.Mailbox) error {
	s.states = map[string]*imap.StatusData{}
	known := slices.DeleteFunc(slices.Clone(boxes), func(box store.Mailbox) bool {
		return !followed(&box) || box.UIDValidity == 0 || box.Error != "" || box.Name == s.selected
	})
	for part := range slices.Chunk(known, atOnce) {
		asked := make([]*imapclient.StatusCommand, len(part))
		for i := range part {
			asked[i] = s.conn.Client().Status(part[i].Name, s.state(&part[i]))
		}
		var busy error
		for i, cmd := range asked {
			data, err := cmd.Wait()
			if err == nil {
				s.states[part[i].ID] = data
			} else if err = s.doing("asking for the state of "+part[i].Name, err); storage.CauseCode(err) == "imap.throttled" {
				busy = err
			}
		}
		if busy != nil || ctx.Err() != nil {
			return busy
		}
		if s.conn.Err() != nil { // one of them did that; which one shows when they are asked one by one
			return s.again(ctx)
		}
	}
	return nil
}

// state is what is asked of a mailbox without opening it.
func (s *Session) state(box *store.Mailbox) *imap.StatusOptions {
	return &imap.StatusOptions{
		NumMessages: true, UIDNext: true, UIDValidity: true, HighestModSeq: s.conn.Has("CONDSTORE") && box.HighestModSeq != 0,
	}
}

// unchanged says whether anything can be new in a mailbox, without opening it. Exists is not the server's count but that of the mails we accounted for, so a
// mail that nobody has seen yet shows.
func (s *Session) unchanged(box *store.Mailbox) (bool, error) {
	if s.selected == box.Name {
		return false, nil // STATUS of the open mailbox is not reliable (RFC 9051 §6.3.11)
	}
	st := s.states[box.ID]
	if st == nil {
		var err error
		if st, err = s.conn.Client().Status(box.Name, s.state(box)).Wait(); err != nil {
			err = s.doing("asking for the state of "+box.Name, err)
			if storage.CauseCode(err) == "imap.refused" { // open it to see
				return false, nil
			}
			return false, err
		}
	}
	if st.NumMessages == nil { // the answer named another mailbox: open it to see
		return false, nil
	}
	return st.UIDValidity == box.UIDValidity && uint32(st.UIDNext) == box.UIDNext && *st.NumMessages == box.Exists &&
		(box.HighestModSeq == 0 || !s.conn.Has("CONDSTORE") || st.HighestModSeq == box.HighestModSeq), nil
}

// open selects a mailbox, read-only unless something is to be written.
func (s *Session) open(box *store.Mailbox, readOnly bool) (*imap.SelectData, error) {
	if s.selected != box.Name {
		s.good = 0
	}
	s.selected, s.modseq = "", false
	readOnly = readOnly || s.account.IMAP.ReadOnly // EXAMINE (RFC 9051 §6.3.3): the server refuses what we should not ask for
	data, err := s.conn.Client().Select(box.Name, &imap.SelectOptions{ReadOnly: readOnly, CondStore: s.conn.Has("CONDSTORE")}).Wait()
	if err != nil {
		return nil, s.doing("opening "+box.Name, err)
	}
	s.selected = box.Name
	s.modseq = s.conn.Has("CONDSTORE") && data.HighestModSeq != 0 // where there are none, asking for them is BAD (RFC 7162 §3.1.2.2)
	if data.UIDValidity == 0 {
		return nil, s.doing("opening "+box.Name, &storage.Cause{Code: "imap.syntax", Detail: "the server states no UIDVALIDITY", Err: storage.ErrUnavailable})
	}
	return data, nil
}

// enumerate enters every UID that is new since the last time into the ledger, and moves the checkpoint with them. It returns how many of the mailbox's mails
// are accounted for; if that is not EXISTS, the next look lists all of them again.
func (s *Session) enumerate(ctx context.Context, box *store.Mailbox, opened *imap.SelectData) (accounted uint32, err error) {
	first := box.UIDValidity != opened.UIDValidity
	lo, before := max(box.UIDNext, 1), uint64(box.Exists)
	if first {
		lo, before = 1, 0
	}
	next, err := s.uidNext(box, opened, lo)
	if err != nil {
		return 0, err
	}
	var listed, known uidSet
	if next > lo {
		if listed, err = s.list(box, opened, lo, next-1); err != nil {
			return 0, err
		}
	}
	back := !first && next < box.UIDNext
	if back || !first && before+listed.count() != uint64(opened.NumMessages) {
		// Mails were removed, or the server did not tell of all of them before: their UIDs may lie anywhere.
		if listed, err = s.list(box, opened, 1, max(next, box.UIDNext)-1); err != nil {
			return 0, err
		}
		if known, err = s.known(ctx, box); err != nil {
			return 0, err
		}
		if back {
			if err := s.sameMails(ctx, box, listed); err != nil {
				return 0, err
			}
		}
		before = 0
	}
	accounted = uint32(min(before+listed.count(), uint64(opened.NumMessages)))
	fresh := listed.minus(known)
	if !first && len(fresh) == 0 && next <= box.UIDNext {
		return accounted, nil
	}
	e := store.Enumeration{UIDValidity: opened.UIDValidity, UIDNext: next, Exists: accounted, HighestModSeq: box.HighestModSeq, Since: box.Since}
	if !first { // a UIDNEXT that went back under one UIDVALIDITY is not believed
		e.UIDNext = max(next, box.UIDNext)
	}
	if err := s.sort(box, &e, fresh, first); err != nil {
		return 0, err
	}
	err = s.DB.Write(ctx, s.lease, func(tx *store.Tx) error {
		if first && box.UIDValidity != 0 {
			if err := tx.ResetMailbox(box.Tenant, box.ID, opened.UIDValidity); err != nil {
				return fmt.Errorf("starting %s over: %w", box.Name, err)
			}
		}
		if err := tx.Enumerate(box.Tenant, box.ID, e); err != nil {
			return fmt.Errorf("entering %d mails of %s into the ledger: %w", fresh.count(), box.Name, err)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	box.UIDValidity, box.UIDNext, box.Since = e.UIDValidity, e.UIDNext, e.Since
	return accounted, nil
}

// sort puts UIDs among the pending, or among the excluded those that are older than the account's depth. That is asked of the mails that were there when the mailbox
// was first looked at; what comes later is fetched whatever its date.
func (s *Session) sort(box *store.Mailbox, e *store.Enumeration, fresh uidSet, first bool) error {
	old := fresh
	if days := s.account.Settings.DepthDays; first {
		e.Since = time.Time{}
		if days > 0 {
			// A day more: the server compares dates without zones (RFC 9051 §6.4.4).
			e.Since = s.Now().Add(-time.Duration(days+1) * 24 * time.Hour).UTC()
		}
	} else {
		old = fresh.intersect(uidSet{{Lo: 1, Hi: max(box.UIDNext, 2) - 1}})
	}
	e.Pending = fresh
	if e.Since.IsZero() || len(old) == 0 {
		return nil
	}
	lo, hi := old[0].Lo, old[len(old)-1].Hi
	recent, err := s.search(box, &imap.SearchCriteria{UID: []imap.UIDSet{between(lo, hi)}, Since: e.Since}, lo, hi)
	if err != nil {
		return err
	}
	tooOld := old.minus(recent)
	for _, r := range tooOld {
		e.Excluded = append(e.Excluded, store.Exclusion{UIDRange: r, Rule: "depth"})
	}
	e.Pending = fresh.minus(tooOld)
	return nil
}

// list lists the UIDs from lo to hi, and refuses more than there can be: a server may claim four billion. Of all UIDs it must list some.
func (s *Session) list(box *store.Mailbox, opened *imap.SelectData, lo, hi uint32) (uidSet, error) {
	set, err := s.search(box, &imap.SearchCriteria{UID: []imap.UIDSet{between(lo, hi)}}, lo, hi)
	if err != nil {
		return nil, err
	}
	n := set.count()
	if n > uint64(opened.NumMessages)+slack || n == 0 && lo == 1 && opened.NumMessages > 0 {
		return nil, s.doing("listing "+box.Name, &storage.Cause{
			Code: "imap.incomplete", Detail: fmt.Sprintf("the server lists %d mails in a mailbox of %d", n, opened.NumMessages), Err: storage.ErrTemporary,
		})
	}
	return set, nil
}

// known are the UIDs that the ledger has in any state.
func (s *Session) known(ctx context.Context, box *store.Mailbox) (uidSet, error) {
	l, err := s.DB.Ledger(ctx, box.Tenant, box.ID)
	if err != nil {
		return nil, fmt.Errorf("reading the ledger of %s: %w", box.Name, err)
	}
	all := append(l.Stored, l.Pending...)
	for _, x := range l.Excluded {
		all = append(all, x.UIDRange)
	}
	for _, d := range l.Dead {
		all = append(all, store.UIDRange{Lo: d.UID, Hi: d.UID})
	}
	return ordered(all), nil
}

// sameMails looks whether the UIDs of a mailbox still mean the mails that we know, after its UIDNEXT went back under one UIDVALIDITY. That must not be (RFC 9051 §2.3.1.1),
// and is a server that lags behind itself, or a mailbox that was made anew or restored. It compares the header of the newest mail that both have.
func (s *Session) sameMails(ctx context.Context, box *store.Mailbox, listed uidSet) error {
	var uid uint32
	var known *store.Copy
	for i := len(listed) - 1; i >= 0 && i >= len(listed)-3 && known == nil; i-- {
		uid = listed[i].Hi
		c, err := s.DB.CopyByUID(ctx, box.Tenant, box.ID, box.UIDValidity, uid)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("reading the ledger of %s: %w", box.Name, err)
		}
		known = c
	}
	if known == nil || known.HeaderHash == ([32]byte{}) {
		return nil
	}
	header, err := s.header(box, uid, nil)
	if err != nil {
		return err
	}
	if len(header) > 0 && mimemail.HeaderHash(header) != known.HeaderHash {
		return s.doing("listing "+box.Name, &storage.Cause{
			Code: "imap.syntax", Detail: fmt.Sprintf("UID %d is another mail than before, under the same UIDVALIDITY", uid), Err: storage.ErrUnavailable,
		})
	}
	return nil
}

// header is a mail's header, or of it the fields named; nothing when the mail did not come.
func (s *Session) header(box *store.Mailbox, uid uint32, fields []string) ([]byte, error) {
	var header bytes.Buffer
	items := &imap.FetchOptions{
		UID: true, BodySection: []*imap.FetchItemBodySection{{Specifier: imap.PartSpecifierHeader, HeaderFields: fields, Peek: true}},
	}
	err := s.fetchEach([]uint32{uid}, items, 2, func(data *imapclient.FetchMessageData) {
		var got bytes.Buffer
		named := false
		for item := data.Next(); item != nil; item = data.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				named = uint32(item.UID) == uid
			case imapclient.FetchItemDataBodySection:
				if item.Literal != nil {
					_, _ = io.CopyN(&got, item.Literal, spooled) // an error is one of the connection, which the command tells
				}
			}
		}
		if named && got.Len() > 0 {
			header = got
		}
	})
	return header.Bytes(), s.doing("fetching a header from "+box.Name, err)
}

// uidNext is the server's, or one more than the highest UID where it states none.
func (s *Session) uidNext(box *store.Mailbox, opened *imap.SelectData, lo uint32) (uint32, error) {
	if opened.UIDNext != 0 {
		return uint32(opened.UIDNext), nil
	}
	if opened.NumMessages == 0 {
		return lo, nil
	}
	found, err := s.search(box, &imap.SearchCriteria{UID: []imap.UIDSet{between(lo, 0)}}, 1, 1<<32-2)
	if err != nil || len(found) == 0 {
		return lo, err
	}
	return max(lo, found[len(found)-1].Hi+1), nil
}

// search returns the UIDs found between lo and hi; what a server answers beyond that is dropped.
func (s *Session) search(box *store.Mailbox, criteria *imap.SearchCriteria, lo, hi uint32) (uidSet, error) {
	var opts *imap.SearchOptions
	if s.conn.Has("ESEARCH") {
		opts = &imap.SearchOptions{ReturnAll: true}
	}
	data, err := s.conn.Client().UIDSearch(criteria, opts).Wait()
	if err != nil {
		return nil, s.doing("listing "+box.Name, err)
	}
	set, ok := data.All.(imap.UIDSet)
	if !ok {
		return nil, nil
	}
	return clip(set, lo, hi), nil
}

// between is lo:hi, or lo:* when hi is 0.
func between(lo, hi uint32) imap.UIDSet {
	return imap.UIDSet{imap.UIDRange{Start: imap.UID(lo), Stop: imap.UID(hi)}}
}
