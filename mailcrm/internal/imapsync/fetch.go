package imapsync

import (
	"context"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A gathering is a chunk on its way.
type gathering struct {
	chunk *Chunk
	soft  time.Time
	sure  bool // since something failed, the server gave out another mail
}

// over says whether to leave the rest pending: time is up, and the slice has something to show for it. Without the second half, a mail that takes longer than a
// slice to be blamed would be tried for ever.
func (g *gathering) over() bool { return !g.chunk.empty() && !time.Now().Before(g.soft) }

// fetch fetches UIDs of the open mailbox, whatever single mails do: what cannot be had is in the chunk as vanished or dead; what is in none of its lists is pending
// still. It fails only when the server, the store or the place for bytes does; what the chunk has until then is good.
func (s *Session) fetch(ctx context.Context, box *store.Mailbox, uids []uint32, soft time.Time) (*Chunk, error) {
	g := &gathering{soft: soft, chunk: &Chunk{Lease: s.lease, Account: s.account, Mailbox: box, UIDValidity: box.UIDValidity}}
	return g.chunk, s.gather(ctx, g, uids)
}

// gather adds UIDs to the chunk. If they fail and it is not the server's fault, they are halved, down to the one that fails alone.
func (s *Session) gather(ctx context.Context, g *gathering, uids []uint32) error {
	if len(uids) == 0 || g.over() {
		return nil
	}
	left, err := s.try(ctx, g, uids)
	switch {
	case err == nil && len(left) == 0:
		return nil
	case err == nil && len(uids) > 1: // alone they may come: some servers mix up the answers to many
		for _, uid := range left {
			if err := s.gather(ctx, g, []uint32{uid}); err != nil {
				return err
			}
		}
		return nil
	case err == nil:
		err = errNotSent
	}
	s.chunk = max(1, len(left)/2)
	if err := s.suspect(ctx, g, left, err); err != nil {
		return err
	}
	if half := len(left) / 2; half > 0 {
		if err := s.gather(ctx, g, left[:half]); err != nil {
			return err
		}
		return s.gather(ctx, g, left[half:])
	}
	return s.alone(ctx, g, left[0])
}

// alone tries a mail that failed alone once more, now that the server was seen to work. If it fails again while another one comes, it is dead.
func (s *Session) alone(ctx context.Context, g *gathering, uid uint32) error {
	left, err := s.try(ctx, g, []uint32{uid})
	switch {
	case err == nil && len(left) == 0:
		return nil
	case err == nil:
		err = errNotSent
	}
	g.sure = false
	if err := s.suspect(ctx, g, left, err); err != nil {
		return err
	}
	s.bury(ctx, g.chunk, uid, err)
	return nil
}

// bury makes a mail a dead letter of the chunk.
func (s *Session) bury(ctx context.Context, chunk *Chunk, uid uint32, why error) {
	s.Logger.WarnContext(ctx, "mail set aside", "account", s.account.ID, "mailbox", chunk.Mailbox.ID, "uid", uid, "error", why)
	chunk.Dead = append(chunk.Dead, s.dead(chunk.Mailbox, uid, why))
}

// errNotSent is a mail that the server lists and, asked for alone, says to have sent.
var errNotSent = &storage.Cause{Code: "imap.incomplete", Detail: "the server lists the mail and does not send it", Err: storage.ErrTemporary}

// try is one FETCH. What came and what has vanished goes into the chunk. Left is what is undecided: after an error what it is about, otherwise what the server
// lists and did not send.
func (s *Session) try(ctx context.Context, g *gathering, uids []uint32) (left []uint32, err error) {
	light, err := s.outlines(ctx, g.chunk.Mailbox, uids)
	g.chunk.Mails = append(g.chunk.Mails, light.mails...)
	uids = slices.DeleteFunc(slices.Clone(uids), light.has)
	if err != nil || len(uids) == 0 {
		return uids, err
	}
	got, err := s.fetchOnce(ctx, g.chunk.Mailbox, uids)
	if err != nil {
		return uids, err
	}
	g.chunk.Mails = append(g.chunk.Mails, got.mails...)
	for uid, why := range got.unreadable {
		s.bury(ctx, g.chunk, uid, why)
	}
	if n := len(got.later); n > 0 {
		s.chunk = max(1, len(uids)-n)
	}
	if len(got.mails) > 0 {
		s.good, g.sure = got.mails[0].UID, true
	}
	lost := slices.DeleteFunc(slices.Clone(uids), got.has)
	if len(lost) == 0 {
		return nil, nil
	}
	there, err := s.search(g.chunk.Mailbox, &imap.SearchCriteria{UID: []imap.UIDSet{setOf(lost)}}, 1, 1<<32-1)
	if err != nil {
		return lost, err
	}
	for _, uid := range lost {
		if there.has(uid) {
			left = append(left, uid)
		} else {
			g.chunk.Vanished = append(g.chunk.Vanished, uid)
		}
	}
	return left, nil
}

func setOf(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, uid := range uids {
		set.AddNum(imap.UID(uid))
	}
	return set
}
