package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/folders"
	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Limits of a new folder.
const (
	MaxMailboxName   = 255 // bytes of its path, without the account's prefix
	MaxMailboxLevels = 10
)

// createTime is how long making a folder may take, in all.
const createTime = 90 * time.Second

// A CreateMailboxInput is a folder to make on an account's server.
type CreateMailboxInput struct {
	Account string
	// Role is what it is for: sent, drafts, trash, junk or archive; empty for a folder without a role. The new folder has the role from then on, whatever it is called.
	Role string
	// Name is its path, with the delimiter of the account's folders between levels, without the prefix under which the server keeps them ("INBOX."), which is added.
	// Defaults, with a role, to the usual name in the language of the other folders: see [RoleMapping].Create. Required without a role.
	Name string
}

// Create makes a folder on the account's server, now, over a connection of its own, and subscribes to it (RFC 9051 §6.3.7). Where the server takes it the folder is made for
// its role (RFC 6154 §3). The account's folders are listed again; it may take up to 90 s with a server that is slow.
//
// Errors: [ErrNotFound] for an account that the Actor may not change; [ErrInvalid] with a [FieldError]; [ErrConflict] when there is such a folder, or the account is paused; [ErrRejected] when the server does not allow it
// (no right, or the level above holds no folders); [ErrLimit] when the mailbox is full; [ErrReadOnly] for an account with the flag /readonly; [ErrAuth] for one whose password
// was refused, which is not tried again; [ErrTemporary], with [RetryAfter], for a server that asked for patience; and those of a server that cannot be reached. [Sentence] has words
// for each.
func (m *Mailboxes) Create(ctx context.Context, in CreateMailboxInput) (*Mailbox, error) {
	acc, err := m.s.Accounts.managed(ctx, in.Account)
	if err != nil {
		return nil, err
	}
	if err := m.mayConnect(acc); err != nil {
		return nil, fmt.Errorf("creating a folder of %s: %w", acc.Address, err)
	}
	boxes, err := m.s.client.db.Mailboxes(ctx, acc.Tenant, acc.ID)
	if err != nil {
		return nil, fmt.Errorf("reading the folders of %s: %w", acc.Address, err)
	}
	name, use, err := newName(acc, boxes, in)
	if err != nil {
		return nil, err
	}
	box, err := m.make(ctx, acc, name, use)
	if err != nil {
		return nil, fmt.Errorf("creating a folder of %s: %w", acc.Address, err)
	}
	if in.Role != "" && box.Role != in.Role {
		if _, err := m.Choose(ctx, ChooseInput{Account: acc.ID, Roles: map[string]string{in.Role: box.ID}}); err != nil {
			return nil, fmt.Errorf("%q was created, but not chosen: %w", name, err)
		}
		if box, err = m.s.client.db.Mailbox(ctx, acc.Tenant, box.ID); err != nil {
			return nil, fmt.Errorf("reading folder %q: %w", name, err)
		}
	}
	return mailbox(box), nil
}

// mayConnect says whether the account's server may be asked now, because a person wants it.
func (m *Mailboxes) mayConnect(acc *store.Account) error {
	if acc.IMAP.ReadOnly {
		return &storage.Cause{Code: "imap.read_only", Err: ErrReadOnly}
	}
	return m.s.client.mayAsk(acc)
}

// mayAsk says whether the account's server may be asked for something now, because a person wants it.
func (c *Client) mayAsk(acc *store.Account) error {
	now := c.cfg.Now()
	switch {
	case acc.Status.State == AccountPaused:
		return &storage.Cause{Code: "state.paused", Err: ErrConflict}
	case acc.Status.State == "auth_failed":
		return &storage.Cause{Code: acc.Status.Code, Detail: acc.Status.Detail, Err: ErrAuth}
	case acc.Status.State == "throttled" && acc.NextSync.After(now):
		return &storage.Cause{Code: acc.Status.Code, Detail: acc.Status.Detail, Err: &storage.TemporaryError{After: acc.NextSync.Sub(now), Err: ErrTemporary}}
	}
	return nil
}

// make speaks to the server. A password that it refuses is the account's state from then on, so that nobody tries it with every click.
func (m *Mailboxes) make(ctx context.Context, acc *store.Account, name, use string) (*store.Mailbox, error) {
	c := m.s.client
	limited, done := context.WithTimeout(ctx, createTime)
	defer done()
	cred, err := c.credential(limited, acc, imapSide)
	if err != nil {
		return nil, err
	}
	session, err := c.syncer.Open(limited, nil, acc, cred)
	if err != nil {
		return nil, errors.Join(err, m.refused(ctx, acc, err))
	}
	box, err := session.Create(limited, name, use)
	return box, errors.Join(err, session.Close())
}

// refused notes that the server refused the login.
func (m *Mailboxes) refused(ctx context.Context, acc *store.Account, why error) error {
	if !errors.Is(why, ErrAuth) {
		return nil
	}
	status, next := m.s.client.status(acc, false, why)
	return m.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		if now, err := tx.Account(ctx, acc.Tenant, acc.ID); err != nil || now.Revision != acc.Revision {
			return err
		}
		if err := tx.SetStatus(acc.Tenant, acc.ID, status, next, time.Time{}); err != nil {
			return err
		}
		return tx.Emit([]store.Event{{Tenant: acc.Tenant, Type: "account.state", At: tx.Now(), Agent: storage.SystemAgent, Account: acc.ID, Subject: acc.ID}})
	})
}

// newName is the whole path of a new folder and what it is made for.
func newName(acc *store.Account, boxes []store.Mailbox, in CreateMailboxInput) (name, use string, err error) {
	found := imapsync.Map(acc, boxes)
	proposal, proposed := folders.Proposal{}, false
	switch role := folders.Role(in.Role); {
	case in.Role == "":
	case !slices.Contains([]folders.Role{folders.Sent, folders.Drafts, folders.Trash, folders.Junk, folders.Archive}, role):
		return "", "", storage.Invalid("Role", "unknown", "a folder can be made for sent, drafts, trash, junk or archive, or without a role")
	case len(boxes) == 0:
		return "", "", &storage.Cause{Code: "mailbox.not_listed", Detail: acc.Address, Err: ErrTemporary}
	default:
		use = role.SpecialUse()
		if f := found.Find(role); f.Found() && f.How == folders.Stated {
			use = "" // two folders with one use confuse every mail program
		}
		proposal, proposed = found.Propose(role)
	}
	name = in.Name
	switch {
	case name == "" && proposed:
		return proposal.Name, use, nil
	case name == "" && in.Role != "":
		return "", "", storage.Invalid("Role", "exists", "the account has a folder for this, or wants none: choose it, or give the new one a name")
	case strings.TrimSpace(name) == "":
		return "", "", storage.Invalid("Name", "required", "give the folder a name")
	}
	name, err = wholeName(acc, boxes, name)
	return name, use, err
}

// wholeName checks a name that a person gave and puts it where the server keeps the account's folders.
func wholeName(acc *store.Account, boxes []store.Mailbox, name string) (string, error) {
	delimiter := ""
	for i := range boxes {
		if boxes[i].Gone.IsZero() && boxes[i].Delimiter != "" {
			delimiter = boxes[i].Delimiter
			break
		}
	}
	prefix := imapsync.Map(acc, boxes).Prefix()
	name = strings.TrimPrefix(name, prefix)
	levels := []string{name}
	if delimiter != "" {
		levels = strings.Split(name, delimiter)
	}
	switch {
	case len(name) > MaxMailboxName || len(folders.EncodeName(name)) > 3*MaxMailboxName:
		return "", storage.Invalid("Name", "too_long", fmt.Sprintf("a folder's path has at most %d bytes", MaxMailboxName))
	case len(levels) > MaxMailboxLevels:
		return "", storage.Invalid("Name", "too_deep", fmt.Sprintf("folders lie at most %d levels deep", MaxMailboxLevels))
	case hasControl(name) || strings.ToValidUTF8(name, "") != name:
		return "", storage.Invalid("Name", "malformed", "a folder's name has no control characters")
	case strings.ContainsAny(name, "*%"):
		return "", storage.Invalid("Name", "malformed", "the characters * and % cannot be used in a folder's name (RFC 9051 §5.1)")
	case strings.EqualFold(name, "INBOX"):
		return "", storage.Invalid("Name", "inbox", "INBOX is there already: choose another name")
	case slices.ContainsFunc(levels, func(l string) bool { return l == "" || strings.TrimSpace(l) != l || l == "." || l == ".." }):
		return "", storage.Invalid("Name", "malformed", "each level of the path needs a name, without spaces at its ends")
	}
	if whole := (store.Mailbox{Name: prefix + name, Delimiter: delimiter}); imapsync.Foreign(acc, &whole) {
		return "", storage.Invalid("Name", "foreign", "folders of this name belong to somebody else or are shared: choose another name")
	}
	return prefix + name, nil
}
