package imapsync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// suspect decides whether one of the mails that were asked for may be to blame for a failure: then it returns nil, and the mailbox is open. Otherwise it
// returns what ends the work on the mailbox.
func (s *Session) suspect(ctx context.Context, g *gathering, uids []uint32, why error) error {
	box := g.chunk.Mailbox
	if ctx.Err() != nil || !ofTheMail(why) {
		return why
	}
	if s.conn.Err() != nil {
		if err := s.reopen(ctx, box); err != nil {
			return err // the server is gone, not one mail broken
		}
	}
	if g.sure {
		return nil
	}
	works, err := s.works(ctx, box, uids)
	switch {
	case err != nil:
		return err
	case works:
		g.sure = true
		return nil
	case errors.Is(why, storage.ErrTemporary):
		return why
	}
	return fmt.Errorf("fetching from %s: %w", box.Name, &storage.Cause{
		Code: "imap.unavailable", Detail: "the server gives out none of the mails that were tried: " + causeOf(why).Detail, Err: storage.ErrTemporary,
	})
}

// ofTheMail says whether an error can be the fault of one mail among those asked for.
func ofTheMail(err error) bool {
	switch storage.CauseCode(err) {
	case "imap.syntax", "imap.limit", "imap.connection_lost", "imap.bye", "imap.timeout", "imap.refused", "imap.server_limit", "imap.incomplete",
		"imap.unavailable": // Dovecot says [SERVERBUG] when it cannot read one mail
		return true
	}
	return false
}

// reopen logs in again and opens the mailbox, if it still is the same one.
func (s *Session) reopen(ctx context.Context, box *store.Mailbox) error {
	if err := s.again(ctx); err != nil {
		return err
	}
	opened, err := s.open(box, true)
	if err != nil {
		return err
	}
	if opened.UIDValidity != box.UIDValidity {
		return s.doing("opening "+box.Name+" again", &storage.Cause{Code: "imap.unavailable", Detail: "its UIDVALIDITY changed", Err: storage.ErrTemporary})
	}
	return nil
}

// works asks the server for the beginning of another mail of the mailbox than those that failed: up to three, far apart. Where there is no other, it is asked for the
// flags of one that failed.
func (s *Session) works(ctx context.Context, box *store.Mailbox, failed []uint32) (bool, error) {
	if s.good != 0 && !slices.Contains(failed, s.good) {
		if works, err := s.gives(ctx, box, s.good, true); works || err != nil {
			return works, err
		}
	}
	there, err := s.search(box, &imap.SearchCriteria{UID: []imap.UIDSet{between(1, 0)}}, 1, 1<<32-1)
	if err != nil {
		return false, err
	}
	others := there.minus(clip(setOf(failed), 1, 1<<32-1))
	if len(others) == 0 {
		return s.gives(ctx, box, failed[0], false)
	}
	ask := []uint32{others[0].Lo, others[len(others)-1].Hi, others[len(others)/2].Lo}
	for i, uid := range ask {
		if uid == s.good || slices.Contains(ask[:i], uid) {
			continue
		}
		if works, err := s.gives(ctx, box, uid, true); works || err != nil {
			return works, err
		}
	}
	return false, nil
}

// gives asks for the first octet of one mail, or only for its flags, and reports whether it came. A connection that ends of it is opened again.
func (s *Session) gives(ctx context.Context, box *store.Mailbox, uid uint32, body bool) (bool, error) {
	ask := &imap.FetchOptions{UID: true, Flags: true}
	if body {
		ask.BodySection = []*imap.FetchItemBodySection{{Peek: true, Partial: &imap.SectionPartial{Size: 1}}}
	}
	came := false
	err := s.fetchEach([]uint32{uid}, ask, 2, func(data *imapclient.FetchMessageData) {
		named, bytes := false, false
		for item := data.Next(); item != nil; item = data.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				named = uint32(item.UID) == uid
			case imapclient.FetchItemDataBodySection:
				if item.Literal != nil {
					n, err := io.Copy(io.Discard, item.Literal)
					bytes = err == nil && n == item.Literal.Size()
				}
			}
		}
		came = came || named && (bytes || !body)
	})
	if err == nil {
		if came && body {
			s.good = uid
		}
		return came, nil
	}
	err = s.doing("fetching from "+box.Name, err)
	if ctx.Err() != nil || !ofTheMail(err) || storage.CauseCode(err) == "imap.timeout" { // a silent server costs too much time to be asked three times
		return false, err
	}
	if s.conn.Err() != nil {
		return false, s.reopen(ctx, box)
	}
	return false, nil
}

// dead is the letter of a mail that could not be had, once more than before.
func (s *Session) dead(box *store.Mailbox, uid uint32, why error) store.DeadLetter {
	letter := store.DeadLetter{UID: uid, Code: causeCode(why), Detail: causeOf(why).Detail, Tries: s.tries[deadMail{box.ID, uid}] + 1}
	letter.NextTry = s.Now().Add(retryDead[min(letter.Tries, len(retryDead))-1])
	return letter
}

// causeOf is the storage.Cause in err, or an empty one.
func causeOf(err error) *storage.Cause {
	var cause *storage.Cause
	if errors.As(err, &cause) {
		return cause
	}
	return &storage.Cause{}
}

// isOurs says whether an error is of the store or the host rather than of the server's one mailbox.
func isOurs(err error) bool { return len(causeCode(err)) < 5 || causeCode(err)[:5] != "imap." }

func causeCode(err error) string {
	if code := storage.CauseCode(err); code != "" {
		return code
	}
	return "unknown"
}
