package imapsync

import (
	"context"
	"fmt"
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
	listed := s.conn.Mailboxes()
	mapping := folders.Map(forMapping(listed), s.mappingOptions(listed))
	byName := make(map[string]store.Mailbox, len(known))
	for _, k := range known {
		byName[k.Name] = k
	}
	var changed, all []store.Mailbox
	seen := map[string]bool{}
	for _, l := range listed {
		was, exists := byName[l.Name]
		is := s.describe(was, l, mapping)
		seen[l.Name] = true
		if !exists || !same(was, is) {
			changed = append(changed, is)
		} else {
			all = append(all, is)
		}
	}
	// A mailbox is called gone only after a listing that was whole.
	if whole := s.conn.Unreadable() == 0 && slices.ContainsFunc(listed, func(l imapconn.Listed) bool { return strings.EqualFold(l.Name, "INBOX") }); whole {
		for _, k := range known {
			if !seen[k.Name] && k.Gone.IsZero() {
				k.Gone = s.Now()
				changed = append(changed, k)
			}
		}
	}
	if len(changed) > 0 {
		err := s.DB.Write(ctx, s.lease, func(tx *store.Tx) error {
			for i := range changed {
				if err := tx.PutMailbox(&changed[i]); err != nil {
					return err
				}
			}
			return tx.Emit([]store.Event{{Tenant: s.account.Tenant, Type: "mailboxes.changed", At: tx.Now(), Agent: storage.SystemAgent, Account: s.account.ID, Subject: s.account.ID}})
		})
		if err != nil {
			return nil, fmt.Errorf("saving the folders of %s: %w", s.account.Address, err)
		}
	}
	all = append(all, changed...)
	order(all)
	return all, nil
}

// describe is a listed mailbox as the store keeps it, with all that was known of it.
func (s *Session) describe(was store.Mailbox, l imapconn.Listed, mapping folders.Mapping) store.Mailbox {
	is := was
	is.Tenant, is.Account = s.account.Tenant, s.account.ID
	is.Name, is.Wire, is.Delimiter, is.Attributes = l.Name, l.Raw, l.Delimiter, l.Attributes
	is.Selectable = !hasAttribute(l, `\Noselect`) && !hasAttribute(l, `\NonExistent`)
	is.Gone = time.Time{}
	is.Role, is.RoleHow = "", ""
	if role, ok := mapping.RoleOf(l.Name); ok {
		is.Role, is.RoleHow = string(role), string(mapping.Find(role).How)
	}
	is.Sync = syncMode(folders.Role(is.Role))
	if s.foreign(l.Name) {
		is.Sync = "none"
	}
	return is
}

// syncMode is how a mailbox of a role is followed.
func syncMode(role folders.Role) string {
	switch role {
	case folders.Drafts, folders.Junk, folders.Trash:
		return "index"
	case folders.All, folders.Flagged, folders.Important:
		return "none"
	}
	return "full"
}

func same(a, b store.Mailbox) bool {
	return a.Wire == b.Wire && a.Delimiter == b.Delimiter && slices.Equal(a.Attributes, b.Attributes) && a.Role == b.Role && a.RoleHow == b.RoleHow &&
		a.Selectable == b.Selectable && a.Sync == b.Sync && a.Gone.Equal(b.Gone)
}

func hasAttribute(l imapconn.Listed, attribute string) bool {
	return slices.ContainsFunc(l.Attributes, func(a string) bool { return strings.EqualFold(a, attribute) })
}

func forMapping(listed []imapconn.Listed) []folders.Mailbox {
	out := make([]folders.Mailbox, len(listed))
	for i, l := range listed {
		out[i] = folders.Mailbox{Name: l.Name, Delimiter: l.Delimiter, Attributes: l.Attributes}
	}
	return out
}

func (s *Session) mappingOptions(listed []imapconn.Listed) *folders.Options {
	spaces := s.conn.Namespaces()
	opts := &folders.Options{Overrides: map[folders.Role]folders.Override{}}
	if len(spaces.Personal) > 0 {
		opts.PersonalPrefix = spaces.Personal[0].Prefix
	}
	for _, n := range slices.Concat(spaces.Other, spaces.Shared) {
		opts.OtherPrefixes = append(opts.OtherPrefixes, n.Prefix)
	}
	for role, name := range s.account.Settings.Roles {
		opts.Overrides[folders.Role(role)] = folders.Override{Name: name}
	}
	return opts
}

// foreign says whether a mailbox lies in the namespace of other users or a shared one.
func (s *Session) foreign(name string) bool {
	spaces := s.conn.Namespaces()
	return slices.ContainsFunc(slices.Concat(spaces.Other, spaces.Shared), func(n imapconn.Namespace) bool {
		return n.Prefix != "" && strings.HasPrefix(name, n.Prefix)
	})
}
