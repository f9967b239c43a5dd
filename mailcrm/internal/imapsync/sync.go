package imapsync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// Sync follows every mailbox of the account until all is fetched or until the time soft comes, and reports whether there is more. What was fetched until then is
// recorded. An error of one mailbox is noted there and does not keep the others from being followed; the first one is returned in the end.
func (s *Session) Sync(ctx context.Context, soft time.Time) (more bool, err error) {
	if s.conn.Err() != nil { // filing in Sent may have cost it
		if err := s.connect(ctx); err != nil {
			return false, err
		}
	}
	boxes, err := s.mailboxes(ctx)
	if err != nil {
		return false, err
	}
	if err := s.pushFlags(ctx, boxes); err != nil {
		return false, err
	}
	var first error
	for i := range boxes {
		box := &boxes[i]
		if box.Sync == "none" || !box.Selectable || !box.Gone.IsZero() {
			continue
		}
		left, err := s.look(ctx, box, soft)
		more = more || left
		if err == nil {
			continue
		}
		if ctx.Err() != nil || s.conn.Err() != nil || isOurs(err) {
			return more, err
		}
		s.Logger.WarnContext(ctx, "mailbox not followed", "account", s.account.ID, "mailbox", box.ID, "error", err)
		if first == nil {
			first = err
		}
		if err := s.note(ctx, box, err); err != nil {
			return more, err
		}
	}
	return more, first
}

// look brings one mailbox up to date.
func (s *Session) look(ctx context.Context, box *store.Mailbox, soft time.Time) (more bool, err error) {
	pending, err := s.DB.Pending(ctx, box.Tenant, box.ID, 1)
	if err != nil {
		return false, fmt.Errorf("reading the ledger of %s: %w", box.Name, err)
	}
	dead, err := s.DB.DeadDue(ctx, box.Tenant, box.ID, s.Now(), largestChunk)
	if err != nil {
		return false, fmt.Errorf("reading the ledger of %s: %w", box.Name, err)
	}
	if len(pending) == 0 && len(dead) == 0 && box.UIDValidity != 0 {
		unchanged, err := s.unchanged(box)
		if err != nil || unchanged {
			return false, err
		}
	}
	if len(dead) > 0 {
		if err := s.revive(ctx, box, dead); err != nil {
			return false, err
		}
	}
	opened, err := s.open(box, true)
	if err != nil {
		return false, err
	}
	if err := s.enumerate(ctx, box, opened); err != nil {
		return false, err
	}
	more, err = s.fetchPending(ctx, box, soft)
	if err != nil || more {
		return more, err
	}
	box.Exists, box.HighestModSeq = opened.NumMessages, opened.HighestModSeq
	return false, s.DB.Write(ctx, s.lease, func(tx *store.Tx) error {
		return tx.MarkSynced(box.Tenant, box.ID, opened.NumMessages, opened.HighestModSeq, s.Now(), "")
	})
}

// revive makes dead letters pending again.
func (s *Session) revive(ctx context.Context, box *store.Mailbox, dead []store.DeadLetter) error {
	for _, letter := range dead {
		s.tries[deadMail{box.ID, letter.UID}] = letter.Tries
	}
	return s.DB.Write(ctx, s.lease, func(tx *store.Tx) error {
		for _, letter := range dead {
			if err := tx.Revive(box.Tenant, box.ID, letter.UID); err != nil {
				return fmt.Errorf("trying mail %d of %s again: %w", letter.UID, box.Name, err)
			}
		}
		return nil
	})
}

// fetchPending fetches what is pending, newest first. While one chunk is recorded the next one is fetched.
func (s *Session) fetchPending(ctx context.Context, box *store.Mailbox, soft time.Time) (more bool, err error) {
	delivering := make(chan error, 1)
	delivering <- nil
	// Wait for the last delivery however this ends.
	defer func() {
		if e := <-delivering; err == nil {
			err = e
		}
	}()
	for {
		// The chunk under way is still pending in the store: wait, read the ledger, and go on with what it leaves.
		if err := <-delivering; err != nil {
			delivering <- nil
			return true, err
		}
		uids, err := s.DB.Pending(ctx, box.Tenant, box.ID, ahead*largestChunk)
		if err != nil {
			delivering <- nil
			return true, fmt.Errorf("reading the ledger of %s: %w", box.Name, err)
		}
		delivering <- nil
		if len(uids) == 0 {
			return false, nil
		}
		for len(uids) > 0 {
			if !time.Now().Before(soft) {
				return true, nil
			}
			n := min(s.chunk, len(uids))
			began := time.Now()
			chunk, err := s.fetch(ctx, box, uids[:n])
			if err != nil {
				return true, err
			}
			s.pace(time.Since(began), n)
			uids = uids[n:]
			if err := <-delivering; err != nil {
				delivering <- nil
				return true, err
			}
			go func() { delivering <- s.Deliver(ctx, chunk) }()
		}
	}
}

// ahead is how many chunks are read from the ledger at once.
const ahead = 10

// pace chooses the size of the next chunk, so that one takes a few seconds at most also over a slow line.
func (s *Session) pace(took time.Duration, n int) {
	switch {
	case took > chunkTime:
		s.chunk = max(1, n/2)
	case took < chunkTime/4 && n >= s.chunk:
		s.chunk = min(largestChunk, 2*s.chunk)
	}
}

// note writes down why a mailbox could not be followed.
func (s *Session) note(ctx context.Context, box *store.Mailbox, why error) error {
	code := causeCode(why)
	return s.DB.Write(ctx, s.lease, func(tx *store.Tx) error {
		return tx.MarkSynced(box.Tenant, box.ID, box.Exists, box.HighestModSeq, s.Now(), code)
	})
}

// order puts first what people wait for.
func order(boxes []store.Mailbox) {
	rank := map[string]int{"inbox": 0, "sent": 1, "": 3, "archive": 2, "drafts": 4, "junk": 5, "trash": 6}
	slices.SortStableFunc(boxes, func(a, b store.Mailbox) int { return rank[a.Role] - rank[b.Role] })
}
