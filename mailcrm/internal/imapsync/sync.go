package imapsync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Sync follows every mailbox of the account until all is fetched or until the time soft comes, and reports whether there is more. What was fetched until then is
// recorded, also when an error is returned.
//
// A mailbox that cannot be followed is noted and does not keep the others from being followed, not even when it kills the connection. Its error is returned only if
// it is the inbox, or if no mailbox could be followed. A server that throttles, that is gone, or that fails with one mailbox after the other is left alone at once.
func (s *Session) Sync(ctx context.Context, soft time.Time) (more bool, err error) {
	if err := s.again(ctx); err != nil { // filing in Sent may have cost the connection
		return false, err
	}
	boxes, err := s.mailboxes(ctx)
	if err != nil {
		return false, err
	}
	if err := s.pushFlags(ctx, boxes); err != nil {
		return false, err
	}
	if err := s.glance(ctx, boxes); err != nil {
		return false, err
	}
	t := trouble{}
	for i := range boxes {
		box := &boxes[i]
		if !followed(box) {
			continue
		}
		left, err := s.look(ctx, box, soft)
		more = more || left
		if err == nil {
			t.followed, t.inARow = t.followed+1, 0
			continue
		}
		if ctx.Err() != nil || isOurs(err) || storage.CauseCode(err) == "imap.throttled" {
			return more, err
		}
		s.Logger.WarnContext(ctx, "mailbox not followed", "account", s.account.ID, "mailbox", box.ID, "error", err)
		if err := s.note(ctx, box, err); err != nil {
			return more, err
		}
		if t.add(box, err); t.inARow >= maxTrouble && t.ofServer {
			return more, err
		}
		if err := s.again(ctx); err != nil {
			return more, err
		}
	}
	return more, t.err()
}

// followed says whether there is anything to do in a mailbox.
func followed(box *store.Mailbox) bool {
	return box.Sync != "none" && box.Selectable && box.Gone.IsZero()
}

// trouble is what went wrong with the mailboxes of an account.
type trouble struct {
	followed int   // mailboxes that were
	inARow   int   // that were not, since the last one that was
	ofServer bool  // these failed for a reason that passes
	first    error // of the inbox, else of any
	inbox    bool
}

func (t *trouble) add(box *store.Mailbox, err error) {
	t.ofServer = errors.Is(err, storage.ErrTemporary) && (t.ofServer || t.inARow == 0)
	t.inARow++
	if inbox := box.Role == "inbox"; t.first == nil || inbox {
		t.first, t.inbox = err, inbox
	}
}

func (t *trouble) err() error {
	if t.inbox || t.followed == 0 {
		return t.first
	}
	return nil
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
	if len(pending) == 0 && len(dead) == 0 && box.UIDValidity != 0 && box.Error == "" {
		unchanged, err := s.unchanged(box)
		if err != nil || unchanged {
			return false, err
		}
	}
	opened, err := s.open(box, true)
	if err != nil {
		return false, err
	}
	if box.UIDValidity != opened.UIDValidity {
		dead = nil // of mails that nobody can name any more
	}
	accounted, err := s.enumerate(ctx, box, opened)
	if err != nil {
		return false, err
	}
	vanished, more, err := s.fetchPending(ctx, box, soft)
	if err == nil && !more {
		var of int
		of, more, err = s.fetchDead(ctx, box, dead, soft)
		vanished += of
	}
	if err != nil || more {
		return more, err
	}
	// What has vanished is not counted: if it is there after all, the next look sees that a mail is missing.
	accounted -= min(accounted, uint32(vanished))
	return false, s.DB.Write(ctx, s.lease, func(tx *store.Tx) error {
		return tx.MarkSynced(box.Tenant, box.ID, accounted, opened.HighestModSeq, s.Now(), "")
	})
}

// fetchPending fetches what is pending, newest first. While one chunk is recorded the next one is fetched.
func (s *Session) fetchPending(ctx context.Context, box *store.Mailbox, soft time.Time) (vanished int, more bool, err error) {
	recording := &recorder{s: s}
	defer func() { err = errors.Join(err, recording.wait()) }()
	for {
		// The chunk under way is still pending in the store: wait, read the ledger, and go on with what it leaves.
		if err := recording.wait(); err != nil {
			return vanished, true, err
		}
		uids, err := s.DB.Pending(ctx, box.Tenant, box.ID, ahead*largestChunk)
		if err != nil {
			return vanished, true, fmt.Errorf("reading the ledger of %s: %w", box.Name, err)
		}
		if len(uids) == 0 {
			return vanished, false, nil
		}
		if !time.Now().Before(soft) {
			return vanished, true, nil
		}
		late, err := s.measure(ctx, box, uids)
		if err != nil {
			return vanished, true, err
		}
		for len(uids) > 0 {
			if !late && !time.Now().Before(soft) { // a mail that cost all the time before anything was fetched is found out first
				return vanished, true, nil
			}
			late = false
			n := min(s.chunk, len(uids))
			began := time.Now()
			chunk, err := s.fetch(ctx, box, uids[:n], soft)
			s.pace(time.Since(began), n, chunk.size())
			vanished += len(chunk.Vanished)
			if err := errors.Join(err, recording.record(ctx, chunk)); err != nil {
				return vanished, true, err
			}
			uids = uids[n:]
		}
	}
}

// fetchDead tries dead letters again that are due. They stay what they are until that is decided.
func (s *Session) fetchDead(ctx context.Context, box *store.Mailbox, dead []store.DeadLetter, soft time.Time) (vanished int, more bool, err error) {
	recording := &recorder{s: s}
	defer func() { err = errors.Join(err, recording.wait()) }()
	uids := make([]uint32, len(dead))
	for i, letter := range dead {
		s.tries[deadMail{box.ID, letter.UID}] = letter.Tries
		uids[i] = letter.UID
	}
	if len(uids) > 0 && !time.Now().Before(soft) {
		return vanished, true, nil
	}
	late, err := s.measure(ctx, box, uids)
	if err != nil {
		return vanished, true, err
	}
	for len(uids) > 0 {
		if !late && !time.Now().Before(soft) {
			return vanished, true, nil
		}
		late = false
		n := min(s.chunk, len(uids))
		chunk, err := s.fetch(ctx, box, uids[:n], soft)
		vanished += len(chunk.Vanished)
		if err := errors.Join(err, recording.record(ctx, chunk)); err != nil {
			return vanished, true, err
		}
		more = more || chunk.size() < n
		uids = uids[n:]
	}
	return vanished, more, nil
}

// ahead is how many chunks are read from the ledger at once.
const ahead = 10

// pace chooses the size of the next chunk, so that one takes a few seconds at most also over a slow line. It grows only while whole chunks come.
func (s *Session) pace(took time.Duration, n, came int) {
	switch {
	case took > chunkTime:
		s.chunk = max(1, min(s.chunk, n/2))
	case took < chunkTime/4 && came == n && n >= s.chunk:
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

// order puts first what people wait for, and last what could not be followed the last time.
func order(boxes []store.Mailbox) {
	rank := map[string]int{"inbox": 0, "sent": 1, "": 3, "archive": 2, "drafts": 4, "junk": 5, "trash": 6}
	place := func(m store.Mailbox) int {
		if m.Error != "" {
			return 10 + rank[m.Role]
		}
		return rank[m.Role]
	}
	slices.SortStableFunc(boxes, func(a, b store.Mailbox) int { return place(a) - place(b) })
}
