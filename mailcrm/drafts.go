package mailcrm

import (
	"context"
	"fmt"
	"io"
	"mime"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Drafts are mails being written. A draft belongs to the agent who writes it; nobody else sees it.
//
// Subject, HTML and Text may hold merge fields ("{{ contact.first_name }}"), which Preview and Send fill from Entity. What was written by somebody else,
// the mail answered, is quoted beside them and never merged.
type Drafts struct{ s *Session }

// Limits of a draft.
const (
	MaxRecipients     = 500
	MaxSubject        = 998       // bytes: a header line (RFC 5322 §2.1.1)
	MaxSource         = 256 << 10 // bytes of HTML or of text, as templates
	MaxAttachments    = 100
	MaxEntities       = 100      // records that a mail is linked to by hand when it is sent
	MaxAttachmentSize = 25 << 20 // bytes in all; many servers take no more
)

// A DraftInput is a draft as a person wrote it. Recipients may be incomplete; Send checks them.
type DraftInput struct {
	ID        string // empty: a new one
	Revision  int64  // of the draft that was shown; 0: whatever it is now
	Account   string // to send from. Required
	Identity  string // of the account. Defaults to its default one
	To        []Address
	Cc        []Address
	Bcc       []Address
	Subject   string
	HTML      string
	Text      string        // alone: a plain text mail. With HTML: its text version, written by a person
	Template  string        // chosen last
	Entity    storage.Ref   // whose fields are merged
	Entities  []storage.Ref // linked when it is sent, beside those found by address. The Actor must see them
	InReplyTo string        // id of the mail answered or forwarded
	Forward   bool
	Quote     bool // the mail answered or forwarded follows the text
	Receipt   bool // ask for a read receipt (RFC 8098)
	Private   bool // only the sender reads it in the history
}

// A Draft is a draft with its attachments.
type Draft struct {
	DraftInput
	Attachments []DraftAttachment
	Updated     time.Time
}

// A DraftAttachment is a file that will be sent.
type DraftAttachment struct {
	ID   string
	Name string
	Type string
	Size int64 // bytes
}

// Create starts a draft.
func (d *Drafts) Create(ctx context.Context, in DraftInput) (*Draft, error) {
	if in.ID != "" {
		return nil, storage.Invalid("ID", "unexpected", "a new draft gets its id; use Update to change one")
	}
	return d.put(ctx, &store.Draft{Tenant: d.s.actor.Tenant, Agent: d.s.actor.Agent}, in)
}

// Update replaces what a person wrote; attachments stay. [ErrConflict] when Revision is not the stored one, or the draft was sent.
func (d *Drafts) Update(ctx context.Context, in DraftInput) (*Draft, error) {
	draft, err := d.load(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Revision != 0 && in.Revision != draft.Revision {
		return nil, fmt.Errorf("the draft was changed elsewhere meanwhile: read it again: %w", ErrConflict)
	}
	return d.put(ctx, draft, in)
}

func (d *Drafts) put(ctx context.Context, draft *store.Draft, in DraftInput) (*Draft, error) {
	acc, err := d.s.usable(ctx, in.Account, store.RightSend)
	if err != nil {
		return nil, err
	}
	if in.Identity != "" && identity(acc, in.Identity) == nil {
		return nil, storage.Invalid("Identity", "unknown", "the account has no such identity")
	}
	if err := d.check(in); err != nil {
		return nil, err
	}
	if in.InReplyTo != "" && in.InReplyTo != draft.InReplyTo {
		if _, err := d.s.quotable(ctx, in.InReplyTo); err != nil {
			return nil, err
		}
	}
	if err := d.linkable(ctx, in.Entities, draft.Entities); err != nil {
		return nil, err
	}
	draft.Account, draft.Identity = acc.ID, in.Identity
	draft.To, draft.Cc, draft.Bcc = storeAddresses(in.To), storeAddresses(in.Cc), storeAddresses(in.Bcc)
	draft.Subject, draft.HTML, draft.Text, draft.Template = in.Subject, in.HTML, in.Text, in.Template
	draft.Entity, draft.Entities = in.Entity, in.Entities
	draft.InReplyTo, draft.Forward, draft.Quote = in.InReplyTo, in.Forward, in.Quote
	draft.Receipt, draft.Private = in.Receipt, in.Private
	return d.write(ctx, draft)
}

// linkable says whether the actor sees the records that a mail shall be linked to. Those that the draft names already he saw when he named them, so that it
// can be saved while the CRM does not answer.
func (d *Drafts) linkable(ctx context.Context, refs, before []storage.Ref) error {
	added := slices.DeleteFunc(slices.Clone(refs), func(r storage.Ref) bool { return slices.Contains(before, r) })
	if len(added) == 0 {
		return nil
	}
	seen, err := d.s.client.visible(ctx, d.s.actor, added)
	if err != nil {
		return err
	}
	for _, r := range added {
		if !seen[r] {
			return fmt.Errorf("record %s/%s: %w", r.Kind, r.ID, ErrNotFound)
		}
	}
	return nil
}

func (d *Drafts) write(ctx context.Context, draft *store.Draft) (*Draft, error) {
	err := d.s.client.db.Write(ctx, nil, func(tx *store.Tx) error { return tx.PutDraft(draft) })
	if err != nil {
		return nil, fmt.Errorf("saving the draft: %w", err)
	}
	return d.public(draft), nil
}

func (d *Drafts) check(in DraftInput) error {
	switch {
	case len(in.To)+len(in.Cc)+len(in.Bcc) > MaxRecipients:
		return fmt.Errorf("a mail has at most %d recipients; use a bulk merge for more: %w", MaxRecipients, ErrLimit)
	case len(in.Subject) > MaxSubject:
		return fmt.Errorf("a subject has at most %d bytes: %w", MaxSubject, ErrLimit)
	case len(in.HTML) > MaxSource || len(in.Text) > MaxSource:
		return fmt.Errorf("a text has at most %d bytes: %w", MaxSource, ErrLimit)
	case len(in.Entities) > MaxEntities:
		return fmt.Errorf("a mail is linked to at most %d records by hand: %w", MaxEntities, ErrLimit)
	}
	for field, list := range map[string][]Address{"To": in.To, "Cc": in.Cc, "Bcc": in.Bcc} {
		for _, a := range list {
			if linker.Normalize(a.Address) == "" {
				return storage.Invalid(field, "bad_address", fmt.Sprintf("%q is not a mail address", a.Address))
			}
			if len(a.Name) > 255 || hasControl(a.Name) {
				return storage.Invalid(field, "malformed", "a name has at most 255 bytes and no control characters")
			}
		}
	}
	if !in.Entity.IsZero() {
		if err := d.s.checkRef(in.Entity, "Entity"); err != nil {
			return err
		}
	}
	for _, ref := range in.Entities {
		if err := d.s.checkRef(ref, "Entities"); err != nil {
			return err
		}
	}
	return nil
}

// Get returns one of the Actor's drafts.
func (d *Drafts) Get(ctx context.Context, id string) (*Draft, error) {
	draft, err := d.load(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.public(draft), nil
}

// List returns the Actor's drafts, the one changed last first.
func (d *Drafts) List(ctx context.Context, cursor string, limit int) (Page[Draft], error) {
	if err := d.s.enter(ctx); err != nil {
		return Page[Draft]{}, err
	}
	limit, err := pageSize(limit)
	if err != nil {
		return Page[Draft]{}, err
	}
	drafts, next, err := d.s.client.db.Drafts(ctx, d.s.actor.Tenant, d.s.actor.Agent, cursor, limit)
	if err != nil {
		return Page[Draft]{}, fmt.Errorf("listing drafts: %w", err)
	}
	page := Page[Draft]{Items: make([]Draft, len(drafts)), Next: next}
	for i := range drafts {
		page.Items[i] = *d.public(&drafts[i])
	}
	return page, nil
}

// Delete throws a draft away.
func (d *Drafts) Delete(ctx context.Context, id string) error {
	if _, err := d.load(ctx, id); err != nil {
		return err
	}
	err := d.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		return tx.DeleteDraft(d.s.actor.Tenant, d.s.actor.Agent, id)
	})
	if err != nil {
		return fmt.Errorf("deleting the draft: %w", err)
	}
	return nil
}

// Attach adds a file, read to its end. [ErrLimit] when the mail would be too large.
func (d *Drafts) Attach(ctx context.Context, id, name, mediaType string, content io.Reader) (*Draft, error) {
	draft, err := d.load(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(draft.Attachments) >= MaxAttachments {
		return nil, fmt.Errorf("a mail has at most %d attachments: %w", MaxAttachments, ErrLimit)
	}
	room := int64(MaxAttachmentSize)
	for _, a := range draft.Attachments {
		room -= a.Size
	}
	put, err := d.s.client.cfg.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: d.s.actor.Tenant, Content: &bounded{content, room, errTooManyBytes()}, Size: -1})
	if err != nil {
		return nil, fmt.Errorf("storing %q: %w", name, err)
	}
	name = fileName(name)
	if t, _, err := mime.ParseMediaType(mediaType); err != nil || !strings.Contains(t, "/") {
		if mediaType = mime.TypeByExtension(path.Ext(name)); mediaType == "" {
			mediaType = "application/octet-stream"
		}
	}
	draft.Attachments = append(draft.Attachments, store.DraftAttachment{
		ID: d.s.client.db.NewID(d.s.actor.Tenant), Name: name, Type: mediaType, Size: put.Size, Digest: put.Digest,
	})
	return d.write(ctx, draft)
}

func errTooManyBytes() error {
	return fmt.Errorf("the attachments of a mail have at most %d MiB in all: %w", MaxAttachmentSize>>20, ErrLimit)
}

// Detach takes a file out of the draft again.
func (d *Drafts) Detach(ctx context.Context, id, attachment string) (*Draft, error) {
	draft, err := d.load(ctx, id)
	if err != nil {
		return nil, err
	}
	for i, a := range draft.Attachments {
		if a.ID == attachment {
			draft.Attachments = append(draft.Attachments[:i:i], draft.Attachments[i+1:]...)
			return d.write(ctx, draft)
		}
	}
	return nil, fmt.Errorf("attachment %q: %w", attachment, ErrNotFound)
}

// fileName is the last element of a name, without what a header cannot hold.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 || r == '/' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if name == "" || name == "." || name == ".." {
		name = "file"
	}
	for len(name) > 255 {
		r := []rune(name)
		name = string(r[1:]) // the end tells the type
	}
	return name
}

func (d *Drafts) load(ctx context.Context, id string) (*store.Draft, error) {
	if err := d.s.enter(ctx); err != nil {
		return nil, err
	}
	draft, err := d.s.client.db.Draft(ctx, d.s.actor.Tenant, d.s.actor.Agent, id)
	if err != nil {
		return nil, fmt.Errorf("draft %q: %w", id, err)
	}
	if draft.Sent != "" {
		return nil, fmt.Errorf("this draft was sent: %w", ErrConflict)
	}
	return draft, nil
}

func (d *Drafts) public(draft *store.Draft) *Draft {
	out := &Draft{
		DraftInput: DraftInput{
			ID: draft.ID, Revision: draft.Revision, Account: draft.Account, Identity: draft.Identity,
			To: addresses(draft.To), Cc: addresses(draft.Cc), Bcc: addresses(draft.Bcc), Subject: draft.Subject, HTML: draft.HTML, Text: draft.Text,
			Template: draft.Template, Entity: draft.Entity, Entities: draft.Entities, InReplyTo: draft.InReplyTo, Forward: draft.Forward,
			Quote: draft.Quote, Receipt: draft.Receipt, Private: draft.Private,
		},
		Updated: draft.Updated,
	}
	for _, a := range draft.Attachments {
		out.Attachments = append(out.Attachments, DraftAttachment{ID: a.ID, Name: a.Name, Type: a.Type, Size: a.Size})
	}
	return out
}

func identity(acc *store.Account, id string) *store.Identity {
	for i := range acc.Identities {
		if acc.Identities[i].ID == id || (id == "" && acc.Identities[i].Default) {
			return &acc.Identities[i]
		}
	}
	return nil
}
