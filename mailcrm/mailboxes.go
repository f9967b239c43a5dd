package mailcrm

import (
	"context"
	"fmt"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// Mailboxes are the folders of an account, as the server has them.
type Mailboxes struct{ s *Session }

// A Mailbox is a folder and how far it was followed.
type Mailbox struct {
	ID         string
	Account    string
	Name       string
	Delimiter  string
	Role       string // "inbox", "sent", "drafts", "trash", "junk", "archive", "all", "flagged", "important", or ""
	RoleHow    string // how the role was found: HowStated, HowExact, HowGuess, HowChosen
	Selectable bool
	Total      int
	Unread     int
	Synced     time.Time // zero: not yet
	Code       string    // of the last failure, "" when the last look was good
}

// List returns the folders of an account that the Actor may read, by name. Those that are no longer on the server are left out.
func (m *Mailboxes) List(ctx context.Context, account string) ([]Mailbox, error) {
	acc, err := m.s.usable(ctx, account, store.RightRead)
	if err != nil {
		return nil, err
	}
	boxes, err := m.s.client.db.Mailboxes(ctx, acc.Tenant, acc.ID)
	if err != nil {
		return nil, fmt.Errorf("listing the folders of %s: %w", acc.Address, err)
	}
	viewer, err := m.s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := m.s.client.privacy.Counts(ctx, viewer)
	if err != nil {
		return nil, err
	}
	var out []Mailbox
	for _, b := range boxes {
		if !b.Gone.IsZero() {
			continue
		}
		box := mailbox(&b)
		box.Total, box.Unread = counts[b.ID].Total, counts[b.ID].Unread
		out = append(out, *box)
	}
	return out, nil
}

// mailbox is the public form, without the counts.
func mailbox(b *store.Mailbox) *Mailbox {
	return &Mailbox{
		ID: b.ID, Account: b.Account, Name: b.Name, Delimiter: b.Delimiter, Role: b.Role, RoleHow: howWord(b.RoleHow), Selectable: b.Selectable,
		Synced: b.Synced, Code: b.Error,
	}
}

// A MailboxLedger says what became of every UID of a folder (the no-loss ledger): each is in exactly one of the states.
type MailboxLedger struct {
	UIDValidity uint32
	UIDNext     uint32
	Stored      int
	Pending     int
	Excluded    int
	Dead        []DeadLetter
}

// A DeadLetter is a mail that could not be fetched or recorded, and when that is tried again.
type DeadLetter struct {
	UID     uint32
	Code    string
	Detail  string
	Tries   int
	NextTry time.Time
}

// Ledger returns the state of a folder's UIDs.
func (m *Mailboxes) Ledger(ctx context.Context, mailbox string) (*MailboxLedger, error) {
	if err := m.s.enter(ctx); err != nil {
		return nil, err
	}
	box, err := m.s.client.db.Mailbox(ctx, m.s.actor.Tenant, mailbox)
	if err != nil {
		return nil, fmt.Errorf("mailbox %q: %w", mailbox, err)
	}
	if _, err := m.s.usable(ctx, box.Account, store.RightRead); err != nil {
		return nil, fmt.Errorf("mailbox %q: %w", mailbox, ErrNotFound)
	}
	led, err := m.s.client.db.Ledger(ctx, m.s.actor.Tenant, mailbox)
	if err != nil {
		return nil, fmt.Errorf("reading the ledger of %s: %w", box.Name, err)
	}
	out := &MailboxLedger{UIDValidity: led.UIDValidity, UIDNext: led.UIDNext, Stored: size(led.Stored), Pending: size(led.Pending)}
	for _, e := range led.Excluded {
		out.Excluded += size([]store.UIDRange{e.UIDRange})
	}
	for _, d := range led.Dead {
		out.Dead = append(out.Dead, DeadLetter(d))
	}
	return out, nil
}

func size(ranges []store.UIDRange) int {
	n := 0
	for _, r := range ranges {
		n += int(r.Hi-r.Lo) + 1
	}
	return n
}
