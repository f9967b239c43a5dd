package imapsync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/mailcrm/sdk/mailcrm/internal/imapconn"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Create makes a mailbox on the server, subscribes to it, lists the mailboxes again and stores them. name is its whole path, in UTF-8; use is what it is made for
// (`\Trash`, RFC 6154 §3), or "". A server that does not take the use makes the mailbox without.
//
// Errors are causes: imap.mailbox_exists, imap.no_children (a level above holds no mailboxes, RFC 9051 §7.3.1), imap.no_permission, imap.over_quota,
// imap.read_only for an account whose server is never written to, and all that a connection has.
func (s *Session) Create(ctx context.Context, name, use string) (*store.Mailbox, error) {
	if s.account.IMAP.ReadOnly {
		return nil, &storage.Cause{Code: "imap.read_only", Detail: s.account.Address, Err: storage.ErrReadOnly}
	}
	before := s.conn.Mailboxes()
	if err := mayBeMade(before, name); err != nil {
		return nil, err
	}
	var opts *imap.CreateOptions
	if use != "" && s.conn.Has("CREATE-SPECIAL-USE") {
		opts = &imap.CreateOptions{SpecialUse: []imap.MailboxAttr{imap.MailboxAttr(use)}}
	}
	err := s.conn.Client().Create(name, opts).Wait()
	var refused *imap.Error
	if opts != nil && errors.As(err, &refused) && storage.CauseCode(s.conn.Classify(err)) == "imap.refused" { // [USEATTR], or BAD
		err = s.conn.Client().Create(name, nil).Wait()
	}
	if err != nil {
		return nil, s.doing("creating "+name, err)
	}
	// A mailbox that nobody is subscribed to does not show in some mail programs. One that cannot be is there all the same.
	if err := s.conn.Client().Subscribe(name).Wait(); err != nil && s.conn.Err() != nil {
		return nil, s.doing("subscribing to "+name, err)
	}
	if err := s.connect(ctx); err != nil {
		return nil, fmt.Errorf("listing again after creating %s: %w", name, err)
	}
	boxes, err := s.mailboxes(ctx)
	if err != nil {
		return nil, err
	}
	made := madeAs(before, s.conn.Mailboxes(), name)
	if i := slices.IndexFunc(boxes, func(b store.Mailbox) bool { return b.Name == made && b.Gone.IsZero() }); i >= 0 {
		return &boxes[i], nil
	}
	return nil, &storage.Cause{Code: "imap.incomplete", Detail: "the server made " + name + " and does not list it", Err: storage.ErrTemporary}
}

// mayBeMade looks for what stands in the way of a new mailbox, so that the answer is the same whatever words a server has for it.
func mayBeMade(listed []imapconn.Listed, name string) error {
	for _, l := range listed {
		switch {
		case hasAttribute(l, `\NonExistent`), hasAttribute(l, `\Noselect`) && l.Name == name: // creating it is allowed (RFC 9051 §6.3.4)
		case sameName(l.Name, name):
			return &storage.Cause{Code: "imap.mailbox_exists", Detail: l.Name, Err: storage.ErrConflict}
		case hasAttribute(l, `\Noinferiors`) && l.Delimiter != "" && strings.HasPrefix(name, l.Name+l.Delimiter):
			return &storage.Cause{Code: "imap.no_children", Detail: l.Name, Err: storage.ErrRejected}
		}
	}
	return nil
}

// sameName tells whether two names are one to a person, and to servers that compose accents.
func sameName(a, b string) bool {
	return norm.NFC.String(a) == norm.NFC.String(b) || strings.EqualFold(a, "INBOX") && strings.EqualFold(b, "INBOX")
}

// madeAs is the name under which a server lists what was created: the one asked for, or that in another composition or case, or else the only one that came.
func madeAs(before, after []imapconn.Listed, name string) string {
	var fresh []string
	for _, l := range after {
		if l.Name == name {
			return name
		}
		if !slices.ContainsFunc(before, func(b imapconn.Listed) bool { return b.Name == l.Name }) {
			fresh = append(fresh, l.Name)
		}
	}
	for _, f := range fresh {
		if len(fresh) == 1 || strings.EqualFold(norm.NFC.String(f), norm.NFC.String(name)) {
			return f
		}
	}
	return name
}
