package imapsync

import (
	"context"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// unchanged asks whether anything can be new in a mailbox, without opening it.
func (s *Session) unchanged(box *store.Mailbox) (bool, error) {
	if s.selected == box.Name {
		return false, nil // STATUS of the open mailbox is not reliable (RFC 9051 §6.3.11)
	}
	modseq := s.conn.Has("CONDSTORE") && box.HighestModSeq != 0
	st, err := s.conn.Client().Status(box.Name, &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true, HighestModSeq: modseq}).Wait()
	if err != nil {
		return false, s.doing("asking for the state of "+box.Name, err)
	}
	if st.NumMessages == nil { // the answer named another mailbox: open it to see
		return false, nil
	}
	return st.UIDValidity == box.UIDValidity && uint32(st.UIDNext) == box.UIDNext && *st.NumMessages == box.Exists &&
		(!modseq || st.HighestModSeq == box.HighestModSeq), nil
}

// open selects a mailbox, read-only unless something is to be written.
func (s *Session) open(box *store.Mailbox, readOnly bool) (*imap.SelectData, error) {
	data, err := s.conn.Client().Select(box.Name, &imap.SelectOptions{ReadOnly: readOnly, CondStore: s.conn.Has("CONDSTORE")}).Wait()
	if err != nil {
		s.selected = ""
		return nil, s.doing("opening "+box.Name, err)
	}
	s.selected, s.writable = box.Name, !readOnly
	if data.UIDValidity == 0 {
		return nil, s.doing("opening "+box.Name, &storage.Cause{Code: "imap.syntax", Detail: "the server states no UIDVALIDITY", Err: storage.ErrUnavailable})
	}
	return data, nil
}

// enumerate enters every UID that is new since the last time into the ledger, and moves the checkpoint with them.
func (s *Session) enumerate(ctx context.Context, box *store.Mailbox, opened *imap.SelectData) error {
	first := box.UIDValidity != opened.UIDValidity
	lo := max(box.UIDNext, 1)
	if first {
		lo = 1
	}
	next, err := s.uidNext(box, opened, lo)
	if err != nil {
		return err
	}
	if !first && next <= box.UIDNext {
		return nil // nothing new; a UIDNEXT that went back under one UIDVALIDITY is not believed
	}
	e := store.Enumeration{UIDValidity: opened.UIDValidity, UIDNext: next, Exists: opened.NumMessages, HighestModSeq: box.HighestModSeq, Since: box.Since}
	var all uidSet
	if next > lo {
		if all, err = s.search(box, &imap.SearchCriteria{UID: []imap.UIDSet{between(lo, next-1)}}, lo, next-1); err != nil {
			return err
		}
	}
	if n := all.count(); n > uint64(opened.NumMessages) {
		return s.doing("listing "+box.Name, &storage.Cause{
			Code: "imap.syntax", Detail: fmt.Sprintf("the server lists %d mails in a mailbox of %d", n, opened.NumMessages), Err: storage.ErrUnavailable,
		})
	}
	wanted := all
	if days := s.account.Settings.DepthDays; first && days > 0 && len(all) > 0 {
		// A day more: the server compares dates without zones (RFC 9051 §6.4.4).
		e.Since = s.Now().Add(-time.Duration(days+1) * 24 * time.Hour).UTC()
		recent, err := s.search(box, &imap.SearchCriteria{UID: []imap.UIDSet{between(lo, next-1)}, Since: e.Since}, lo, next-1)
		if err != nil {
			return err
		}
		wanted = all.intersect(recent)
		for _, r := range all.minus(wanted) {
			e.Excluded = append(e.Excluded, store.Exclusion{UIDRange: r, Rule: "depth"})
		}
	}
	e.Pending = wanted
	return s.DB.Write(ctx, s.lease, func(tx *store.Tx) error {
		if first && box.UIDValidity != 0 {
			if err := tx.ResetMailbox(box.Tenant, box.ID, opened.UIDValidity); err != nil {
				return fmt.Errorf("starting %s over: %w", box.Name, err)
			}
		}
		if err := tx.Enumerate(box.Tenant, box.ID, e); err != nil {
			return fmt.Errorf("entering %d mails of %s into the ledger: %w", all.count(), box.Name, err)
		}
		box.UIDValidity, box.UIDNext, box.Since = e.UIDValidity, e.UIDNext, e.Since
		return nil
	})
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
