package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/safehtml"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/templates/plaintext"
)

// Messages are mails as an agent may see them.
type Messages struct{ s *Session }

// MaxBody is the most bytes of text or HTML that a [Message] carries; more is cut off, the raw mail has it.
const MaxBody = 1 << 20

// A MessageQuery asks for mail in the mailboxes that the Actor may read. All conditions must hold.
type MessageQuery struct {
	Account string // id; empty: every account that he may read
	Mailbox string // id; empty: all of them, Junk and Trash too
	Role    string // "inbox", "sent" …: the mailboxes of that role
	Text    string // words, in subject, people and text; the last may be the start of one. At most 255 bytes
	From    string // a part of an address or a name
	To      string
	Subject string

	Unread         *bool
	Flagged        *bool
	Linked         *bool // to at least one record
	HasAttachments *bool
	Before, After  time.Time

	Sort      string // "date" (default), "from", "subject", "size", "flagged"
	Ascending bool
	Cursor    string // Next of the page before
	Limit     int    // 1 to MaxPage. Defaults to DefaultPage
}

// List returns a page of mail, newest first unless asked otherwise. Private mail of others never matches a search.
//
// Errors: [ErrInvalid] with a [FieldError]. A mailbox or an account that the Actor may not read has no mail.
func (m *Messages) List(ctx context.Context, q MessageQuery) (Page[Message], error) {
	if err := m.s.enter(ctx); err != nil {
		return Page[Message]{}, err
	}
	limit, err := pageSize(q.Limit)
	if err != nil {
		return Page[Message]{}, err
	}
	for field, value := range map[string]string{"Text": q.Text, "From": q.From, "To": q.To, "Subject": q.Subject} {
		if len(value) > 255 {
			return Page[Message]{}, storage.Invalid(field, "too_long", "search for at most 255 bytes")
		}
	}
	switch q.Sort {
	case "":
		q.Sort = "date"
	case "date", "from", "subject", "size", "flagged":
	default:
		return Page[Message]{}, storage.Invalid("Sort", "unknown", `sort by "date", "from", "subject", "size" or "flagged"`)
	}
	viewer, err := m.s.viewer(ctx)
	if err != nil {
		return Page[Message]{}, err
	}
	ask := privacy.Query{
		Mailbox: q.Mailbox, Role: q.Role, Text: q.Text, From: q.From, To: q.To, Subject: q.Subject,
		Unread: q.Unread, Flagged: q.Flagged, Linked: q.Linked, HasAttachments: q.HasAttachments, Before: q.Before, After: q.After,
		Sort: q.Sort, Desc: !q.Ascending, Cursor: q.Cursor, Limit: limit,
	}
	if q.Account != "" {
		ask.Accounts = []string{q.Account}
	}
	views, next, err := m.s.client.privacy.Mailbox(ctx, viewer, ask)
	if err != nil {
		return Page[Message]{}, err
	}
	page := Page[Message]{Items: make([]Message, len(views)), Next: next}
	for i, v := range views {
		page.Items[i] = message(v, m.s.actor)
	}
	return page, m.s.fillDeliveries(ctx, views, page.Items)
}

// Thread returns a page of a conversation as far as the Actor may see it, oldest first; thread is the Thread of one of its mails.
func (m *Messages) Thread(ctx context.Context, thread, cursor string, limit int) (Page[Message], error) {
	if err := m.s.enter(ctx); err != nil {
		return Page[Message]{}, err
	}
	limit, err := pageSize(limit)
	if err != nil {
		return Page[Message]{}, err
	}
	viewer, err := m.s.viewer(ctx)
	if err != nil {
		return Page[Message]{}, err
	}
	views, next, err := m.s.client.privacy.Thread(ctx, viewer, thread, cursor, limit)
	if err != nil {
		return Page[Message]{}, err
	}
	page := Page[Message]{Items: make([]Message, len(views)), Next: next}
	for i, v := range views {
		page.Items[i] = message(v, m.s.actor)
	}
	return page, m.s.fillDeliveries(ctx, views, page.Items)
}

// Get returns a mail with its text and attachments, and changes nothing. What the Actor may not see is [ErrNotFound].
func (m *Messages) Get(ctx context.Context, id string) (*Message, error) {
	view, err := m.s.view(ctx, id)
	if err != nil {
		return nil, err
	}
	out := message(view, m.s.actor)
	if view.Answer != privacy.Full {
		return &out, nil
	}
	if err := m.s.fillRecipients(ctx, view, &out); err != nil {
		return nil, err
	}
	out.ReceiptWanted = receiptWish(view, m.s.actor)
	if err := m.s.fillReceipt(ctx, view, &out); err != nil {
		return nil, err
	}
	err = m.s.fillBody(ctx, view, &out)
	out.Parts = textParts(out.Text)
	return &out, err
}

// Open is what a person does: it returns the mail as Get does, marks it read, and brings it into the history of the records it belongs to if it is not there
// yet. The server hears of the mark with the next sync.
func (m *Messages) Open(ctx context.Context, id string) (*Message, error) {
	view, err := m.s.view(ctx, id)
	if err != nil {
		return nil, err
	}
	if view.Answer == privacy.Full {
		if err := m.s.markSeen(ctx, view); err != nil {
			return nil, err
		}
		if len(view.Copies) > 0 {
			if _, err := m.s.client.deliver.Opened(ctx, m.s.actor.Tenant, m.s.actor.Agent, id); err != nil {
				return nil, err
			}
		}
	}
	return m.Get(ctx, id)
}

func (s *Session) markSeen(ctx context.Context, view privacy.View) error {
	var unread []string
	for _, c := range view.Copies {
		if c.Gone.IsZero() && c.Shown()&store.FlagSeen == 0 {
			unread = append(unread, c.ID)
		}
	}
	if len(unread) == 0 {
		return nil
	}
	err := s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		for _, id := range unread {
			if err := tx.Want(s.actor.Tenant, id, store.FlagSeen, 0); err != nil {
				return err
			}
		}
		return tx.Emit([]store.Event{{Tenant: s.actor.Tenant, Type: "message.updated", At: tx.Now(), Agent: s.actor.Agent, Message: view.Message.ID, Subject: view.Message.ID}})
	})
	if err != nil {
		return fmt.Errorf("marking message %s as read: %w", view.Message.ID, err)
	}
	return nil
}

type readCloser struct {
	io.Reader
	io.Closer
}

// Explain says which records a mail belongs to and why, address by address, also before it is in the history. It writes nothing.
func (m *Messages) Explain(ctx context.Context, id string) (linker.Explanation, error) {
	view, err := m.s.view(ctx, id)
	if err != nil {
		return linker.Explanation{}, err
	}
	if view.Answer != privacy.Full {
		return linker.Explanation{}, fmt.Errorf("message %s: %w", id, ErrNotFound)
	}
	found, err := m.s.client.deliver.Explain(ctx, m.s.actor.Tenant, id)
	if err != nil {
		return linker.Explanation{}, hostFailed("asking the CRM who these people are", err)
	}
	return m.s.visibleExplanation(ctx, found)
}

// visibleExplanation leaves out records that the actor may not see: to him, nobody has their addresses.
func (s *Session) visibleExplanation(ctx context.Context, found linker.Explanation) (linker.Explanation, error) {
	var refs []storage.Ref
	for _, l := range found.Links {
		refs = append(refs, l.Entity.Ref)
	}
	seen, err := s.client.visible(ctx, s.actor, refs)
	if err != nil {
		return linker.Explanation{}, err
	}
	found.Links = slices.DeleteFunc(found.Links, func(l linker.Link) bool { return !seen[l.Entity.Ref] })
	for i := range found.Steps {
		step := &found.Steps[i]
		step.Entities = slices.DeleteFunc(slices.Clone(step.Entities), func(e storage.Entity) bool { return !seen[e.Ref] })
		if step.Outcome == linker.Linked && len(step.Entities) == 0 {
			step.Outcome = linker.Nobody
		}
	}
	return found, nil
}

func (s *Session) viewer(ctx context.Context) (privacy.Viewer, error) {
	accounts, err := s.readable(ctx)
	return privacy.Viewer{Actor: s.actor, Accounts: accounts}, err
}

func (s *Session) view(ctx context.Context, id string) (privacy.View, error) {
	if err := s.enter(ctx); err != nil {
		return privacy.View{}, err
	}
	viewer, err := s.viewer(ctx)
	if err != nil {
		return privacy.View{}, err
	}
	return s.client.privacy.Message(ctx, viewer, id)
}

// bytes opens the raw mail of a view that is full.
func (s *Session) bytes(ctx context.Context, view privacy.View) (io.ReadCloser, int64, error) {
	digest, size, ok, err := view.Source()
	if err != nil {
		return nil, 0, err
	}
	if !ok {
		// Just sent: the copy in Sent is not there yet, but the bytes as they left are.
		if sub, e := s.client.submissionOf(ctx, view.Message); e == nil {
			digest, size, ok = sub.Raw, sub.RawSize, true
		}
	}
	if !ok {
		return nil, 0, &storage.Cause{Code: "message.bytes_missing", Detail: "message " + view.Message.ID, Err: ErrUnavailable}
	}
	blob, err := s.client.cfg.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: s.actor.Tenant, Digest: digest, Length: -1})
	if err != nil {
		return nil, 0, fmt.Errorf("opening the bytes of message %s: %w", view.Message.ID, err)
	}
	return blob.Content, size, nil
}

func (c *Client) submissionOf(ctx context.Context, m store.Message) (*store.Submission, error) {
	if m.Direction != storage.Sent || m.MessageID == "" {
		return nil, ErrNotFound
	}
	id, err := c.db.SubmissionByID(ctx, m.Tenant, []string{m.MessageID}, "")
	if err != nil || id == "" {
		return nil, errors.Join(err, ErrNotFound)
	}
	sub, err := c.db.Submission(ctx, m.Tenant, id)
	if err != nil {
		return nil, err
	}
	if sub.Message != m.ID { // somebody else's mail with the same Message-ID
		return nil, ErrNotFound
	}
	return sub, nil
}

// parsed reads the message from its bytes, or from what is kept of it. Each part passes through the function given, which may be nil.
func (s *Session) parsed(ctx context.Context, view privacy.View, each func(mimemail.Part, io.Reader) error) (*mimemail.Message, error) {
	raw, outlined, err := s.document(ctx, view)
	if err != nil {
		return nil, err
	}
	defer func() { _ = raw.Close() }()
	m, err := mimemail.Parse(raw, &mimemail.Options{MaxText: MaxBody, Part: each, Outlined: outlined})
	if err != nil {
		return nil, fmt.Errorf("reading message %s: %w", view.Message.ID, err)
	}
	for i := range m.Parts {
		// Another copy may count its parts otherwise: only what could be a logo is one.
		if p := &m.Parts[i]; p.Attachment && p.Size <= store.MaxLogo && strings.HasPrefix(p.MediaType, "image/") && slices.Contains(view.Message.Facts.Logos, p.Path) {
			p.Decoration = true
		}
	}
	return m, nil
}

func (s *Session) fillBody(ctx context.Context, view privacy.View, out *Message) error {
	m, err := s.parsed(ctx, view, nil)
	if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNotFound) {
		out.Text, out.BytesMissing = view.Message.Text, true
		return nil
	}
	if err != nil {
		return err
	}
	out.Text, out.HasHTML = m.Text, m.HTML != ""
	for _, part := range m.Bodies {
		if !part.InHTML || part.MediaType != "text/html" {
			continue
		}
		found := safehtml.Inspect(part.Text)
		out.RemotePictures += found.Blocked
		for _, link := range found.Links {
			if link.Deceptive {
				out.DeceptiveLinks++
			}
		}
	}
	if isEncrypted(m) {
		out.RemotePictures = 0
	}
	if out.RemotePictures > 0 {
		if out.PicturesShown, err = s.showsPictures(ctx, view, m); err != nil {
			return err
		}
	}
	if strings.TrimSpace(out.Text) == "" && out.HasHTML {
		out.Text = plaintext.FromHTML(m.HTML, nil)
	}
	if out.Kind == "" { // a report's original is ours
		out.Original = originalOf(m)
	}
	for _, p := range m.Parts {
		switch {
		case p.Decoration:
			out.Decorations = append(out.Decorations, attachment(p))
		case p.Attachment:
			out.Attachments = append(out.Attachments, attachment(p))
		}
	}
	return nil
}

func attachment(p mimemail.Part) Attachment {
	return Attachment{Path: p.Path, Name: p.FileName, Type: p.MediaType, Size: p.Size, OnServer: p.Left > 0}
}

// message is the public form of a view.
func message(v privacy.View, actor storage.Actor) Message {
	m := v.Message
	out := Message{
		ID: m.ID, Withheld: v.Answer != privacy.Full, Private: m.Private, Direction: m.Direction, Date: m.Date, Agent: m.Agent,
		InHistory: !m.Entered.IsZero(), LinksPending: m.LinkState == "pending", LinksUnknown: v.LinksUnknown, Links: links(v.Links, actor.Locale), Seen: true,
	}
	for _, c := range v.Copies {
		out.Places = append(out.Places, Place{Account: c.Account, Mailbox: c.Mailbox, Name: c.MailboxName, Role: c.Role, Gone: !c.Gone.IsZero()})
		if c.Gone.IsZero() {
			out.Seen = out.Seen && c.Shown()&store.FlagSeen != 0
			out.Flagged = out.Flagged || c.Shown()&store.FlagFlagged != 0
			out.Answered = out.Answered || c.Shown()&store.FlagAnswered != 0
		}
	}
	if out.Withheld {
		return out
	}
	out.Thread, out.MessageID, out.Defects = m.Thread, m.MessageID, m.Defects
	out.From, out.ReplyTo, out.To, out.Cc, out.Bcc = addresses(m.From), addresses(m.ReplyTo), addresses(m.To), addresses(m.Cc), addresses(m.Bcc)
	out.Subject, out.Snippet, out.HasAttachments, out.Size = m.Subject, m.Snippet, m.HasAttachments, m.Size
	out.Kind, out.About, out.List, out.Bulk, out.Generated, out.Away = m.Kind, m.Facts.About, m.Facts.List, m.Facts.Bulk, m.Facts.Generated, m.Facts.Away
	out.Authenticity, out.Notes = authenticity(&m.Facts, actor.Locale), notes(&m.Facts, actor.Locale)
	out.ReceiptAnswered = m.Receipt
	return out
}
