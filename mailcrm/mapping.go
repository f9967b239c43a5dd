package mailcrm

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/folders"
	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// How a role found its folder. What people read for them is [folders.How.Text].
const (
	HowChosen = "chosen" // a person chose it, or that there is none
	HowStated = "stated" // the server says it (RFC 6154)
	HowExact  = "exact"  // its whole name is known
	HowGuess  = "guess"  // one known word of its name remained
	HowNone   = ""       // no folder was found
)

// NoMailbox is chosen for a role that no folder shall have.
const NoMailbox = "none"

// A Mapping is which folder of an account has which role, and why.
type Mapping struct {
	Account  string
	Revision int64 // of the account, for [ChooseInput]
	// Roles are inbox, sent, drafts, trash, junk and archive, found or not; then the server's views all, flagged and important, those that were found or
	// declined.
	Roles []RoleMapping
	// Language is what most of the folders' names speak: "fr", "zh-Hant" (BCP 47); empty when that cannot be told.
	Language string
	// Dropped are choices that could not be followed any more, until somebody chooses again for their roles.
	Dropped []DroppedChoice
	// SentCopy is how the copy in Sent comes about: SentAppend, SentServer, SentCheck, SentNone.
	SentCopy string
}

// A RoleMapping is the answer for one role.
type RoleMapping struct {
	Role    string // "sent", see [Mapping].Roles
	Mailbox string // id of the folder; empty when there is none
	Name    string // its path
	How     string // HowChosen … HowNone. Chosen and without a folder: a person wants none
	// Confidence is 0 to 100: 100 chosen or stated, 95 an exact name, 85 one of several exact names, 60 a name that can mean something else too, 50 a guess.
	Confidence int
	// Sure says whether mail may be moved there or deleted without asking: not on a guess nor on a name that can mean something else.
	Sure bool
	// Text says all of this in sentences, in the Actor's language (French or English). Names in it are the server's: escape it for HTML.
	Text   string
	Losers []Loser // at most 20
	// Create is the path to propose where a folder can be created for the role; empty when it has one or cannot have one. [Mailboxes.Create] takes the role alone.
	Create string
	// Choosable are what [Mailboxes.Choose] takes for the role: "mailbox" where any folder may be chosen, "none" where only NoMailbox may, "" where nothing may.
	Choosable string
}

// A Loser is a folder that was considered for a role and did not get it.
type Loser struct {
	Mailbox string // id
	Name    string // path
	Why     string // code: a [folders.Reason]
	Text    string // the same as the end of a sentence, in the Actor's language
}

// A DroppedChoice is a choice that could not be followed any more.
type DroppedChoice struct {
	Role string
	Name string // path of the folder when it was last seen
	Why  string // "gone": it is no longer on the server; "unusable": it is there and holds no mail, or it is the inbox now
	Text string // in the Actor's language
}

// Mapping says which folder of an account has which role, and why. It asks the store alone: what it tells is as of the last look at the server, and of the last
// [Mailboxes.Choose]. Before the first look no folder is known.
//
// Who may read the account sees it, and who may change or administer it: the names of folders, no mail and no counts.
func (m *Mailboxes) Mapping(ctx context.Context, account string) (*Mapping, error) {
	acc, err := m.seen(ctx, account)
	if err != nil {
		return nil, err
	}
	boxes, err := m.s.client.db.Mailboxes(ctx, acc.Tenant, acc.ID)
	if err != nil {
		return nil, fmt.Errorf("reading the folders of %s: %w", acc.Address, err)
	}
	return m.mapping(acc, boxes), nil
}

// seen loads an account whose folders the Actor may see.
func (m *Mailboxes) seen(ctx context.Context, account string) (*store.Account, error) {
	acc, err := m.s.usable(ctx, account, 0)
	if err != nil {
		return nil, err
	}
	if !m.s.actor.Admin && rightsOf(acc, m.s.actor)&(store.RightRead|store.RightManage) == 0 {
		return nil, fmt.Errorf("account %q: %w", account, ErrNotFound)
	}
	return acc, nil
}

func (m *Mailboxes) mapping(acc *store.Account, boxes []store.Mailbox) *Mapping {
	boxes = slices.DeleteFunc(slices.Clone(boxes), func(b store.Mailbox) bool { return !b.Gone.IsZero() })
	ids := make(map[string]string, len(boxes))
	for _, b := range boxes {
		ids[b.Name] = b.ID
	}
	found := imapsync.Map(acc, boxes)
	locale := m.s.actor.Locale
	out := &Mapping{Account: acc.ID, Revision: acc.Revision, Language: found.Language, SentCopy: acc.Settings.SentCopy}
	for _, role := range slices.Sorted(maps.Keys(acc.Settings.Dropped)) {
		d := acc.Settings.Dropped[role]
		out.Dropped = append(out.Dropped, DroppedChoice{
			Role: role, Name: d.Name, Why: d.Why, Text: say(locale, "mailbox.choice_"+d.Why, d.Name, folders.Role(role).Text(locale)),
		})
		found.Dropped = append(found.Dropped, folders.Role(role))
	}
	for _, f := range found.Findings {
		view := isView(f.Role)
		if view && f.How == folders.Missing {
			continue
		}
		r := RoleMapping{
			Role: string(f.Role), Mailbox: ids[f.Mailbox.Name], Name: f.Mailbox.Name, How: howWord(string(f.How)), Confidence: f.Confidence, Sure: f.Sure(),
			Text: found.Explain(f.Role, locale), Choosable: "mailbox",
		}
		switch {
		case f.Role == folders.Inbox:
			r.Choosable = ""
		case view:
			r.Choosable = "none"
		}
		for _, l := range f.Losers {
			r.Losers = append(r.Losers, Loser{Mailbox: ids[l.Mailbox.Name], Name: l.Mailbox.Name, Why: string(l.Why), Text: l.Why.Text(locale)})
		}
		if p, ok := found.Propose(f.Role); ok && len(boxes) > 0 && !acc.IMAP.ReadOnly {
			r.Create = p.Name
		}
		out.Roles = append(out.Roles, r)
	}
	return out
}

// howWord is what people know the ways by: package folders calls a choice an override.
func howWord(how string) string {
	if how == string(folders.Chosen) {
		return HowChosen
	}
	return how
}

// isView tells whether a role is a view of the server over mails that lie elsewhere too.
func isView(role folders.Role) bool {
	return role == folders.All || role == folders.Flagged || role == folders.Important
}

// A ChooseInput is what a person wants of an account's folders.
type ChooseInput struct {
	Account  string
	Revision int64 // of the mapping that was shown; 0: whatever it is now
	// Roles has the id of a folder for each role that is to change, NoMailbox for none, or "" for what is found automatically. A role that is left out stays as it is.
	// Sent, drafts, trash, junk and archive take a folder; all, flagged and important, which are the server's own views, take NoMailbox and "".
	Roles map[string]string
	// SentCopy is how the copy in Sent comes about from now on: SentAppend, SentServer, SentCheck. Empty: as it is.
	SentCopy string
}

// Choose says which folders have which roles, and how the copy in Sent comes about. It takes effect at once, without asking the server, and the account is looked at
// soon. A choice holds as long as its folder exists, also under another name; when it is gone the choice is dropped, which [Mapping].Dropped and an event tell.
//
// Errors: [ErrNotFound] for an account that the Actor may not change; [ErrConflict] when Revision is not the stored one; [ErrInvalid] with a [FieldError] on "Roles.sent"
// … or "SentCopy".
func (m *Mailboxes) Choose(ctx context.Context, in ChooseInput) (*Mapping, error) {
	acc, err := m.s.Accounts.managed(ctx, in.Account)
	if err != nil {
		return nil, err
	}
	if in.Revision != 0 && in.Revision != acc.Revision {
		return nil, fmt.Errorf("account %s was changed meanwhile: read its folders again: %w", acc.Address, ErrConflict)
	}
	var boxes []store.Mailbox
	err = m.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		now, err := tx.Account(ctx, acc.Tenant, acc.ID)
		if err != nil {
			return err
		}
		if in.Revision != 0 && in.Revision != now.Revision {
			return ErrConflict
		}
		acc = now
		if boxes, err = tx.Mailboxes(ctx, acc.Tenant, acc.ID); err != nil {
			return err
		}
		if err := choose(acc, boxes, in); err != nil {
			return err
		}
		return m.remap(tx, acc, boxes)
	})
	if err != nil {
		return nil, fmt.Errorf("choosing the folders of %s: %w", acc.Address, err)
	}
	m.s.client.worker.Wake()
	return m.mapping(acc, boxes), nil
}

// remap stores an account whose choices changed, gives its folders their roles, and has it looked at. A server that refused the password, or that asked for patience, is
// not asked for that.
func (m *Mailboxes) remap(tx *store.Tx, acc *store.Account, boxes []store.Mailbox) error {
	if err := tx.UpdateAccount(acc); err != nil {
		return err
	}
	event := store.Event{Tenant: acc.Tenant, Type: "account.changed", At: tx.Now(), Agent: m.s.actor.Agent, Account: acc.ID, Subject: acc.ID}
	events := []store.Event{event}
	found := imapsync.Map(acc, boxes)
	changed := false
	for i := range boxes {
		b := &boxes[i]
		role, how, sync := b.Role, b.RoleHow, b.Sync
		imapsync.Assign(acc, b, found)
		if b.Role == role && b.RoleHow == how && b.Sync == sync {
			continue
		}
		if err := tx.PutMailbox(b); err != nil {
			return err
		}
		changed = true
	}
	if changed {
		event.Type = "mailboxes.changed"
		events = append(events, event)
	}
	if acc.Status.State != "auth_failed" && (acc.Status.State != "throttled" || !acc.NextSync.After(tx.Now())) && !acc.NextSync.IsZero() {
		if err := tx.SyncSoon(acc.Tenant, acc.ID); err != nil {
			return err
		}
	}
	return tx.Emit(events)
}

// choose writes what was chosen into the account's settings.
func choose(acc *store.Account, boxes []store.Mailbox, in ChooseInput) error {
	set := &acc.Settings
	switch in.SentCopy {
	case "":
	case SentAppend, SentServer, SentCheck:
		if acc.IMAP.ReadOnly && in.SentCopy != SentServer {
			return storage.Invalid("SentCopy", "read_only", "nothing may be written to this account's server: take the flag /readonly away first")
		}
		set.SentCopy = in.SentCopy
	default:
		return storage.Invalid("SentCopy", "unknown", `choose "append", "server" or "check"`)
	}
	set.Choices, set.Dropped = maps.Clone(set.Choices), maps.Clone(set.Dropped)
	if set.Choices == nil {
		set.Choices = map[string]store.Choice{}
	}
	for _, role := range slices.Sorted(maps.Keys(in.Roles)) {
		choice, err := chosen(acc, boxes, role, in.Roles[role])
		if err != nil {
			return err
		}
		delete(set.Dropped, role)
		delete(set.Choices, role)
		if choice != nil {
			set.Choices[role] = *choice
		}
	}
	taken := map[string]string{} // mailbox -> role
	for _, role := range slices.Sorted(maps.Keys(set.Choices)) {
		c := set.Choices[role]
		if c.None {
			continue
		}
		if other, ok := taken[c.Mailbox]; ok {
			field, was := role, other
			if _, asked := in.Roles[role]; !asked {
				field, was = other, role
			}
			return storage.Invalid("Roles."+field, "two_roles", fmt.Sprintf("%q is chosen for %s too: a folder has one role, choose another folder for one of them", c.Name, was))
		}
		taken[c.Mailbox] = role
	}
	return nil
}

// chosen checks one choice; nil is what is found automatically.
func chosen(acc *store.Account, boxes []store.Mailbox, role, id string) (*store.Choice, error) {
	field := "Roles." + role
	switch r := folders.Role(role); {
	case !slices.Contains(folders.Roles(), r):
		return nil, storage.Invalid("Roles", "unknown", "the roles are sent, drafts, trash, junk, archive, all, flagged and important")
	case r == folders.Inbox:
		return nil, storage.Invalid(field, "inbox", "the inbox is INBOX on every server: it cannot be chosen")
	case id == "":
		return nil, nil
	case id == NoMailbox:
		return &store.Choice{None: true}, nil
	case isView(r):
		return nil, storage.Invalid(field, "view", "this is a view that the server makes by itself: choose \"none\" if it shows none, or automatic")
	}
	i := slices.IndexFunc(boxes, func(b store.Mailbox) bool { return b.ID == id && b.Gone.IsZero() })
	if i < 0 {
		return nil, storage.Invalid(field, "no_mailbox", "the account has no such folder, or not any more: choose one of the list")
	}
	b := &boxes[i]
	switch {
	case strings.EqualFold(b.Name, "INBOX"):
		return nil, storage.Invalid(field, "inbox", "the inbox cannot be used for anything else: choose another folder")
	case !b.Selectable:
		return nil, storage.Invalid(field, "unselectable", fmt.Sprintf("%q only holds other folders and no mail: choose one that holds mail", b.Name))
	case imapsync.Foreign(acc, b):
		return nil, storage.Invalid(field, "foreign", fmt.Sprintf("%q belongs to somebody else or is shared: choose a folder of the account itself", b.Name))
	}
	return &store.Choice{Mailbox: b.ID, Name: b.Name}, nil
}
