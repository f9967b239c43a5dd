package imapsync

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/mailcrm/sdk/folders"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A Readiness is what an IMAP server is ready for. Nothing of it is stored.
type Readiness struct {
	Mailboxes    int      // that hold mail
	Inbox        int      // mails in the inbox
	Missing      []string // roles of sent, drafts and trash that no mailbox has
	Capabilities []string // of those that make a difference: MOVE, CONDSTORE …
	SavesSent    bool     // the server is known to file what it sends
	// Refused says why the inbox could not be opened although the login was right.
	Refused error
}

// telling are the capabilities that an administrator wants to know of.
var telling = []string{"UIDPLUS", "MOVE", "CONDSTORE", "QRESYNC", "IDLE", "SPECIAL-USE", "NAMESPACE", "OBJECTID", "X-GM-EXT-1"}

// Check logs in to an account's server, lists its mailboxes and opens the inbox, and changes nothing. An error is one of reaching the server or of logging in.
func (s *Syncer) Check(ctx context.Context, acc *store.Account, cred signin.Credential) (*Readiness, error) {
	session, err := s.Open(ctx, nil, acc, cred)
	if err != nil {
		return nil, err
	}
	ready := &Readiness{SavesSent: session.conn.Has("X-GM-EXT-1")}
	for _, c := range telling {
		if session.conn.Has(c) {
			ready.Capabilities = append(ready.Capabilities, c)
		}
	}
	ready.Missing = []string{string(folders.Sent), string(folders.Drafts), string(folders.Trash)}
	for _, b := range session.compare(acc, nil, nil).boxes {
		if b.Selectable {
			ready.Mailboxes++
		}
		ready.Missing = slices.DeleteFunc(ready.Missing, func(role string) bool { return role == b.Role })
	}
	selected, err := session.conn.Client().Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		ready.Refused = session.doing("opening the inbox", err)
	} else {
		ready.Inbox = int(selected.NumMessages)
	}
	return ready, session.Close()
}

// Await looks for a mail in the inbox and in Junk until it is there or ctx ends, and moves it to the Trash. It returns the role of the mailbox in which it lay,
// and whether it was moved. An error with the code imap.not_arrived says that it did not come.
func (s *Syncer) Await(ctx context.Context, acc *store.Account, cred signin.Credential, id string, every time.Duration) (role string, moved bool, err error) {
	session, err := s.Open(ctx, nil, acc, cred)
	if err != nil {
		return "", false, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	now := session.compare(acc, nil, nil)
	trash := Map(now.account, now.boxes).Find(folders.Trash)
	movable := trash.Found() && trash.Sure() && session.conn.Has("MOVE") && !acc.IMAP.ReadOnly
	release := session.conn.Bind(ctx)
	defer release()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		for i := range now.boxes {
			box := &now.boxes[i]
			if box.Role != string(folders.Inbox) && box.Role != string(folders.Junk) {
				continue
			}
			uid, err := session.lookFor(box, id)
			switch {
			case ctx.Err() != nil: // which ended the connection, too
				return "", false, notArrived(acc)
			case err != nil:
				return "", false, err
			case uid == 0:
				continue
			case !movable:
				return box.Role, false, nil
			}
			_, err = session.conn.Client().Move(imap.UIDSetNum(imap.UID(uid)), trash.Mailbox.Name).Wait()
			return box.Role, err == nil, nil // the mail came, which is what was asked
		}
		select {
		case <-ctx.Done():
			return "", false, notArrived(acc)
		case <-tick.C:
		}
	}
}

// lookFor opens a mailbox and looks for a mail; 0: it is not there.
func (s *Session) lookFor(box *store.Mailbox, id string) (uint32, error) {
	if _, err := s.open(box, false); err != nil {
		return 0, err
	}
	return s.byHeader(box, "Message-ID", id)
}

func notArrived(acc *store.Account) error {
	return &storage.Cause{Code: "imap.not_arrived", Detail: acc.Address, Err: storage.ErrTemporary}
}
