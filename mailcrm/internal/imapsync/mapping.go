package imapsync

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/folders"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// Map finds which of an account's mailboxes has which role, from what is stored of them and of the account: what the server listed, and what a person
// chose. It asks nobody. Mailboxes that are gone have no role.
//
// A mailbox keeps its role as long as nothing tells another one apart from it but the order: that of a listing is not the same twice on every server.
func Map(acc *store.Account, boxes []store.Mailbox) folders.Mapping { return mapWith(acc, boxes, nil) }

// mapWith is Map where the mails of some mailboxes were counted, by name.
func mapWith(acc *store.Account, boxes []store.Mailbox, counts map[string]*uint32) folders.Mapping {
	listed := make([]folders.Mailbox, 0, len(boxes))
	for _, had := range []bool{true, false} {
		for i := range boxes {
			b := &boxes[i]
			if has := b.Role != "" && b.RoleHow != string(folders.Chosen); has == had && b.Gone.IsZero() {
				listed = append(listed, folders.Mailbox{Name: b.Name, Delimiter: b.Delimiter, Attributes: b.Attributes, ID: b.ID, Messages: counts[b.Name]})
			}
		}
	}
	opts := &folders.Options{
		PersonalPrefix: acc.Settings.Prefix, OtherPrefixes: acc.Settings.Foreign, Overrides: map[folders.Role]folders.Override{}, Provider: provider(acc),
	}
	for role, c := range acc.Settings.Choices {
		opts.Overrides[folders.Role(role)] = folders.Override{Name: c.Name, ID: c.Mailbox, None: c.None}
	}
	return folders.Map(listed, opts)
}

// provider is Google, whose labels are no folders, also for those who show none of its own over IMAP; nothing otherwise.
func provider(acc *store.Account) string {
	for _, domain := range []string{"gmail.com", "googlemail.com"} {
		if host := strings.ToLower(acc.IMAP.Host); host == domain || strings.HasSuffix(host, "."+domain) {
			return domain
		}
	}
	return ""
}

// Assign gives a mailbox the role that the mapping found for it, and with it the way in which it is followed.
func Assign(acc *store.Account, box *store.Mailbox, mapping folders.Mapping) {
	box.Role, box.RoleHow = "", ""
	if role, ok := mapping.RoleOf(box.Name); ok && box.Gone.IsZero() {
		box.Role, box.RoleHow = string(role), string(mapping.Find(role).How)
	}
	box.Sync = syncMode(folders.Role(box.Role))
	if Foreign(acc, box) {
		box.Sync = "none"
	}
}

// Foreign says whether a mailbox lies in the namespace of other users or a shared one (RFC 2342 §5). Where namespaces lie within each other the longest prefix decides.
func Foreign(acc *store.Account, box *store.Mailbox) bool {
	if strings.EqualFold(box.Name, "INBOX") {
		return false
	}
	mine := -1
	if strings.HasPrefix(box.Name, acc.Settings.Prefix) {
		mine = len(acc.Settings.Prefix)
	}
	return slices.ContainsFunc(acc.Settings.Foreign, func(prefix string) bool {
		return len(prefix) > mine && (strings.HasPrefix(box.Name, prefix) || box.Delimiter != "" && box.Name+box.Delimiter == prefix)
	})
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

// forgetChoices takes out of the account's settings the choices that the mapping could not follow, and tells them. What is left is remembered under the names of today.
func (s *Session) forgetChoices(acc *store.Account, mapping folders.Mapping, boxes []store.Mailbox) (dropped []store.Choice) {
	byID := make(map[string]*store.Mailbox, len(boxes))
	byName := make(map[string]*store.Mailbox, len(boxes))
	for i := range boxes {
		byName[boxes[i].Name] = &boxes[i]
		if id := boxes[i].ID; id != "" {
			byID[id] = &boxes[i]
		}
	}
	set := &acc.Settings
	for role, c := range set.Choices {
		box := cmp.Or(byID[c.Mailbox], byName[c.Name])
		if !slices.Contains(mapping.Dropped, folders.Role(role)) || !s.before[c.Mailbox] {
			if box != nil && box.ID != "" {
				c.Mailbox, c.Name = box.ID, box.Name
				set.Choices[role] = c
			}
			continue
		}
		why := "gone"
		if box != nil {
			why = "unusable"
		}
		delete(set.Choices, role)
		if set.Dropped == nil {
			set.Dropped = map[string]store.Dropped{}
		}
		set.Dropped[role] = store.Dropped{Name: c.Name, Why: why, When: s.Now()}
		dropped = append(dropped, c)
	}
	return dropped
}
