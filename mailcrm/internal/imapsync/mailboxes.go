package imapsync

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/folders"
	"github.com/mailcrm/sdk/mailcrm/internal/imapconn"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// mailboxes brings the account's list of folders up to date with what the server listed, and returns it, in the order in which they are followed.
func (s *Session) mailboxes(ctx context.Context) ([]store.Mailbox, error) {
	known, err := s.DB.Mailboxes(ctx, s.account.Tenant, s.account.ID)
	if err != nil {
		return nil, fmt.Errorf("reading the folders of %s: %w", s.account.Address, err)
	}
	renamed, err := s.renamed(ctx, known)
	if err != nil {
		return nil, err
	}
	now := s.compare(s.account, known, renamed)
	if counted, err := s.countTwins(ctx, &now); err != nil {
		return nil, err
	} else if counted {
		now = s.compare(s.account, known, renamed)
	}
	if !now.changed() {
		order(now.boxes)
		return now.boxes, nil
	}
	err = s.DB.Write(ctx, s.lease, func(tx *store.Tx) error {
		// A person may have chosen meanwhile, or had a folder made.
		acc, err := tx.Account(ctx, s.account.Tenant, s.account.ID)
		if err != nil {
			return err
		}
		known, err := tx.Mailboxes(ctx, s.account.Tenant, s.account.ID)
		if err != nil {
			return err
		}
		now = s.compare(acc, known, renamed)
		return s.keep(tx, &now)
	})
	if err != nil {
		return nil, fmt.Errorf("saving the folders of %s: %w", s.account.Address, err)
	}
	is, set := &s.account.Settings, now.account.Settings
	is.Choices, is.Dropped, is.Prefix, is.Foreign = set.Choices, set.Dropped, set.Prefix, set.Foreign
	order(now.boxes)
	return now.boxes, nil
}

// A comparison is what the server listed beside what is stored.
type comparison struct {
	account  *store.Account // with the settings as they are now
	boxes    []store.Mailbox
	stored   map[string]store.Mailbox // as they are stored, by the name of today
	mapping  folders.Mapping
	renamed  []move
	differ   []int // of boxes, those that are not stored like this
	settings bool  // the account's settings are others now
	dropped  []store.Choice
}

func (c *comparison) changed() bool { return len(c.renamed)+len(c.differ) > 0 || c.settings }

// compare finds out what has changed. It changes neither acc nor known. A mailbox that is not listed is gone only after a listing that was whole, and when it was known before
// the server was asked: a person may have had it made since.
func (s *Session) compare(acc *store.Account, known []store.Mailbox, renamed []move) comparison {
	c := comparison{account: withSettings(acc)}
	c.account.Settings.Prefix, c.account.Settings.Foreign = s.namespaces()
	byName := make(map[string]store.Mailbox, len(known))
	for _, k := range known {
		byName[k.Name] = k
	}
	moved := make(map[string]bool, len(renamed))
	for _, m := range renamed {
		if was, ok := byName[m.from]; ok && was.ID == m.id && (byName[m.to].ID == "" || !byName[m.to].Gone.IsZero()) {
			delete(byName, m.from)
			byName[m.to] = was
			moved[m.id] = true
			c.renamed = append(c.renamed, m)
		}
	}
	listed := s.conn.Mailboxes()
	seen := make(map[string]bool, len(listed))
	c.stored = make(map[string]store.Mailbox, len(known))
	for _, l := range listed {
		is := s.describe(byName[l.Name], l)
		c.stored[l.Name] = byName[l.Name]
		seen[l.Name] = true
		c.boxes = append(c.boxes, is)
	}
	for _, k := range known {
		if !seen[k.Name] && !moved[k.ID] && k.Gone.IsZero() {
			is := k
			if s.whole() && s.before[k.ID] {
				is.Gone = s.Now()
			}
			c.stored[k.Name] = k
			c.boxes = append(c.boxes, is)
		}
	}
	mapping := mapWith(c.account, c.boxes, s.counts)
	c.mapping = mapping
	if s.whole() {
		c.dropped = s.forgetChoices(c.account, mapping, c.boxes[:len(listed)])
	}
	for i := range c.boxes {
		Assign(c.account, &c.boxes[i], mapping)
		if was := c.stored[c.boxes[i].Name]; was.ID == "" || !same(was, c.boxes[i]) {
			c.differ = append(c.differ, i)
		}
	}
	c.settings = !reflect.DeepEqual(acc.Settings, c.account.Settings)
	return c
}

// countTwins counts the mails of mailboxes that nothing but the order of the listing tells apart, "Sent" and "SENT", when one of them is about to get a role that none had
// before. It reports whether there were any.
func (s *Session) countTwins(ctx context.Context, c *comparison) (bool, error) {
	had := map[string]bool{}
	for _, box := range c.stored {
		had[box.Role] = true
	}
	var twins []appeared
	for _, f := range c.mapping.Findings {
		var with []appeared
		for _, l := range f.Losers {
			if l.Why == folders.ReasonOrder && len(with) < maxSuspects {
				with = append(with, appeared{Listed: imapconn.Listed{Name: l.Mailbox.Name}})
			}
		}
		if f.How == folders.Exact && !had[string(f.Role)] && len(with) > 0 {
			twins = append(append(twins, with...), appeared{Listed: imapconn.Listed{Name: f.Mailbox.Name}})
		}
	}
	if len(twins) == 0 || s.counts != nil {
		return false, nil
	}
	if err := s.ask(ctx, twins); err != nil {
		return false, err
	}
	s.counts = map[string]*uint32{}
	for _, t := range twins {
		if t.validity != 0 {
			s.counts[t.Name] = &t.mails
		}
	}
	return true, nil
}

// withSettings is a copy of an account whose settings may be changed.
func withSettings(acc *store.Account) *store.Account {
	is := *acc
	is.Settings.Choices, is.Settings.Dropped = maps.Clone(acc.Settings.Choices), maps.Clone(acc.Settings.Dropped)
	return &is
}

// keep stores what was found.
func (s *Session) keep(tx *store.Tx, c *comparison) error {
	acc := c.account
	event := store.Event{Tenant: acc.Tenant, Type: "mailboxes.changed", At: tx.Now(), Agent: storage.SystemAgent, Account: acc.ID, Subject: acc.ID}
	events := []store.Event{}
	if len(c.renamed)+len(c.differ) > 0 {
		events = append(events, event)
	}
	for _, m := range c.renamed {
		if err := tx.RenameMailbox(acc.Tenant, acc.ID, m.id, m.to); err != nil {
			return err
		}
	}
	for _, i := range c.differ {
		if err := tx.PutMailbox(&c.boxes[i]); err != nil {
			return err
		}
	}
	if c.settings {
		if _, err := tx.KeepSettings(acc); err != nil {
			return err
		}
		for _, choice := range c.dropped {
			event.Type, event.Subject = "mailboxes.choice_dropped", choice.Mailbox
			events = append(events, event)
		}
	}
	return tx.Emit(events)
}

// whole says whether what the server listed is all there is: only then is a mailbox that is missing called gone.
func (s *Session) whole() bool {
	return s.conn.Unreadable() == 0 && slices.ContainsFunc(s.conn.Mailboxes(), func(l imapconn.Listed) bool { return strings.EqualFold(l.Name, "INBOX") })
}

// describe is a listed mailbox as the store keeps it, with all that was known of it; its role is left to Assign.
func (s *Session) describe(was store.Mailbox, l imapconn.Listed) store.Mailbox {
	is := was
	is.Tenant, is.Account = s.account.Tenant, s.account.ID
	is.Name, is.Wire, is.Delimiter, is.Attributes = l.Name, l.Raw, l.Delimiter, l.Attributes
	if l.ObjectID != "" {
		is.ObjectID = l.ObjectID
	}
	is.Selectable = !hasAttribute(l, `\Noselect`) && !hasAttribute(l, `\NonExistent`)
	is.Gone = time.Time{}
	return is
}

func same(a, b store.Mailbox) bool {
	return a.Name == b.Name && a.Wire == b.Wire && a.Delimiter == b.Delimiter && slices.Equal(a.Attributes, b.Attributes) && a.ObjectID == b.ObjectID &&
		a.Role == b.Role && a.RoleHow == b.RoleHow && a.Selectable == b.Selectable && a.Sync == b.Sync && a.Gone.Equal(b.Gone)
}

func hasAttribute(l imapconn.Listed, attribute string) bool {
	return slices.ContainsFunc(l.Attributes, func(a string) bool { return strings.EqualFold(a, attribute) })
}

// namespaces are the personal prefix and those of everybody else, as the server told them.
func (s *Session) namespaces() (personal string, foreign []string) {
	spaces := s.conn.Namespaces()
	if len(spaces.Personal) > 0 {
		personal = spaces.Personal[0].Prefix
	}
	for _, n := range slices.Concat(spaces.Other, spaces.Shared) {
		if n.Prefix != "" {
			foreign = append(foreign, n.Prefix)
		}
	}
	return personal, foreign
}
