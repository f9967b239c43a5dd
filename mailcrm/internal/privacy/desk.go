package privacy

import (
	"context"
	"fmt"
	"slices"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/reader"
	"github.com/mailcrm/sdk/storage"
)

// A Desk reads mail for agents. Its methods may be called from several goroutines.
type Desk struct {
	reader  *reader.Reader
	visible Visible
}

// Visible tells which of the records an actor may see.
type Visible func(ctx context.Context, actor storage.Actor, refs []storage.Ref) (map[storage.Ref]bool, error)

// New is a desk that reads from db.
func New(db *store.DB, visible Visible) *Desk {
	return &Desk{reader: reader.New(db), visible: visible}
}

// A Viewer is who looks, and which accounts he may read.
type Viewer struct {
	Actor    storage.Actor
	Accounts []string
}

// A View is a message as one agent may see it. What is withheld is not in it.
type View struct {
	Answer  Answer
	Message store.Message
	Copies  []Copy       // in accounts that he may read
	Links   []store.Link // to records that he may see, active ones
	// LinksUnknown says that the host could not tell which records he may see, so that Links is empty for now.
	LinksUnknown bool
	// kept are the copies whose bytes may be shown on this road.
	kept []Copy
}

// A Copy is a copy with the name and the role of its mailbox.
type Copy = reader.Copy

// A Query is what an agent asks of mailboxes. Tenant, accounts and the privacy condition are the desk's.
type Query = reader.Query

// Mailbox lists mail by mailbox: a folder, a search. The accounts of the query are cut down to those that the viewer may read.
func (d *Desk) Mailbox(ctx context.Context, v Viewer, q Query) (views []View, next string, err error) {
	q.Tenant, q.NotPrivateUnless = v.Actor.Tenant, v.Actor.Agent
	if len(q.Accounts) == 0 {
		q.Accounts = v.Accounts
	} else {
		q.Accounts = slices.DeleteFunc(slices.Clone(q.Accounts), func(a string) bool { return !slices.Contains(v.Accounts, a) })
	}
	if len(q.Accounts) == 0 {
		return nil, "", nil
	}
	rows, next, err := d.reader.Messages(ctx, q)
	if err != nil {
		return nil, "", fmt.Errorf("listing mail: %w", err)
	}
	return d.views(ctx, v, ByMailbox, rows), next, nil
}

// Timeline lists the history of a record, newest first. A record that the viewer may not see is not found.
func (d *Desk) Timeline(ctx context.Context, v Viewer, entity storage.Ref, cursor string, limit int) (views []View, next string, err error) {
	seen, err := d.visible(ctx, v.Actor, []storage.Ref{entity})
	if err != nil {
		return nil, "", err
	}
	if !seen[entity] {
		return nil, "", fmt.Errorf("record %s/%s: %w", entity.Kind, entity.ID, storage.ErrNotFound)
	}
	rows, next, err := d.reader.Timeline(ctx, v.Actor.Tenant, entity, cursor, limit)
	if err != nil {
		return nil, "", fmt.Errorf("reading the history of %s/%s: %w", entity.Kind, entity.ID, err)
	}
	return d.views(ctx, v, ByLink, rows), next, nil
}

// Thread lists a conversation as far as the viewer may see it.
func (d *Desk) Thread(ctx context.Context, v Viewer, thread, cursor string, limit int) (views []View, next string, err error) {
	rows, next, err := d.reader.Thread(ctx, v.Actor.Tenant, thread, cursor, limit)
	if err != nil {
		return nil, "", fmt.Errorf("reading a conversation: %w", err)
	}
	return d.views(ctx, v, Either, rows), next, nil
}

// Message is one message by its id, on whichever road shows more. [storage.ErrNotFound] when that is nothing.
func (d *Desk) Message(ctx context.Context, v Viewer, id string) (View, error) {
	row, err := d.reader.Message(ctx, v.Actor.Tenant, id)
	if err != nil {
		return View{}, fmt.Errorf("message %s: %w", id, err)
	}
	views := d.views(ctx, v, Either, []reader.Row{row})
	if len(views) == 0 {
		return View{}, fmt.Errorf("message %s: %w", id, storage.ErrNotFound)
	}
	return views[0], nil
}

// Counts are the numbers of mails and of unread ones, by mailbox, in the accounts that the viewer may read.
func (d *Desk) Counts(ctx context.Context, v Viewer) (map[string]reader.Counts, error) {
	if len(v.Accounts) == 0 {
		return map[string]reader.Counts{}, nil
	}
	counts, err := d.reader.Unread(ctx, v.Actor.Tenant, v.Accounts)
	if err != nil {
		return nil, fmt.Errorf("counting mail: %w", err)
	}
	return counts, nil
}

// views decides on each row, drops those of which nothing may be seen, and strips the others.
func (d *Desk) views(ctx context.Context, v Viewer, road Road, rows []reader.Row) []View {
	visible, unknown := d.visibleLinks(ctx, v.Actor, rows)
	views := make([]View, 0, len(rows))
	for _, row := range rows {
		view := View{Message: row.Message, LinksUnknown: unknown}
		facts := Facts{Agent: v.Actor.Agent, Private: row.Message.Private, PrivateBy: row.Message.PrivateBy}
		for _, c := range row.Copies {
			if !slices.Contains(v.Accounts, c.Account) {
				continue
			}
			if c.Gone.IsZero() {
				facts.Readable = true
				facts.Received = facts.Received || c.Direction == storage.Received
			}
			view.Copies = append(view.Copies, c)
		}
		for _, l := range row.Links {
			if !l.Removed && visible[l.Entity] {
				facts.Linked = true
				view.Links = append(view.Links, l)
			}
		}
		switch view.Answer = Decide(road, facts); view.Answer {
		case Nothing:
			continue
		case Envelope:
			strip(&view)
		case Full:
			view.kept = view.Copies
			if !mayKnowBcc(v.Actor.Agent, &view) {
				view.Message.Bcc = nil
			}
			if Decide(ByLink, facts) == Full {
				view.kept = row.Copies // a history copy outlives the mailbox, and belongs to everybody who sees the record
			}
		}
		views = append(views, view)
	}
	return views
}

// mayKnowBcc says whether somebody may know who got a mail in secret: its sender, who reads the copy that was sent, and who finds it on a record. A recipient may not.
func mayKnowBcc(agent string, v *View) bool {
	if v.Message.Agent == agent || len(v.Links) > 0 {
		return true
	}
	return slices.ContainsFunc(v.Copies, func(c Copy) bool { return c.Direction == storage.Sent })
}

// Outcome says whether an agent may know what became of a mail that was sent: everybody who sees it whole and may know who got it, but of a private one its sender alone.
func (v View) Outcome(agent string) bool {
	if v.Answer != Full || v.Message.Private && v.Message.PrivateBy != agent {
		return false
	}
	return mayKnowBcc(agent, &v)
}

// visibleLinks is which records of all rows the actor may see. A host that does not answer hides links, never mail.
func (d *Desk) visibleLinks(ctx context.Context, actor storage.Actor, rows []reader.Row) (visible map[storage.Ref]bool, unknown bool) {
	var refs []storage.Ref
	seen := map[storage.Ref]bool{}
	for _, row := range rows {
		for _, l := range row.Links {
			if !l.Removed && !seen[l.Entity] {
				seen[l.Entity] = true
				refs = append(refs, l.Entity)
			}
		}
	}
	if len(refs) == 0 {
		return nil, false
	}
	visible, err := d.visible(ctx, actor, refs)
	return visible, err != nil
}

// strip leaves of a view only what an envelope may tell: that there is a mail, its direction, agent and date.
func strip(v *View) {
	m := v.Message
	v.Message = store.Message{
		Tenant: m.Tenant, ID: m.ID, Date: m.Date, Direction: m.Direction, Agent: m.Agent, Private: true, PrivateBy: m.PrivateBy, LinkState: m.LinkState, Entered: m.Entered,
	}
	for i := range v.Copies {
		c := &v.Copies[i]
		c.Copy = store.Copy{Tenant: c.Tenant, ID: c.ID, Message: c.Message, Account: c.Account, Mailbox: c.Mailbox, Direction: c.Direction, Flags: c.Shown() & store.FlagSeen, Gone: c.Gone}
	}
	for i := range v.Links {
		// The rule's address would name a person.
		v.Links[i].Address, v.Links[i].Header = "", ""
	}
	v.kept = nil
}

// Source is where the bytes of a message that may be shown whole are kept; ok is false when they are not kept here. A message of which only the
// envelope may be seen is not found.
func (v View) Source() (digest storage.Digest, size int64, ok bool, err error) {
	if v.Answer != Full {
		return digest, 0, false, fmt.Errorf("message %s: %w", v.Message.ID, storage.ErrNotFound)
	}
	for _, c := range v.kept {
		if c.Kept == "whole" && c.Raw != (storage.Digest{}) {
			return c.Raw, c.RawSize, true, nil
		}
	}
	return digest, 0, false, nil
}

// Outlined is where the document of a message is kept of which attachments were left on the server (mimemail.Outline): header, texts, and what the attachments are. Like Source.
func (v View) Outlined() (digest storage.Digest, ok bool, err error) {
	if v.Answer != Full {
		return digest, false, fmt.Errorf("message %s: %w", v.Message.ID, storage.ErrNotFound)
	}
	for _, c := range v.kept {
		if c.Kept == "text" && c.Raw != (storage.Digest{}) {
			return c.Raw, true, nil
		}
	}
	return digest, false, nil
}

// OnServer are the copies of a message that may be shown whole from which its bytes can be fetched, those in mailboxes that the viewer may read first.
func (v View) OnServer() []Copy {
	var own, others []Copy
	for _, c := range v.kept {
		switch {
		case v.Answer != Full || !c.Gone.IsZero() || c.UID == 0 || c.HeaderHash == ([32]byte{}):
		case slices.ContainsFunc(v.Copies, func(o Copy) bool { return o.ID == c.ID }):
			own = append(own, c)
		default:
			others = append(others, c)
		}
	}
	return append(own, others...)
}

// Projected is a message as the host's own history may hold it: there everybody may look, so a private one is stripped whoever made it so.
func (d *Desk) Projected(ctx context.Context, tenant storage.Tenant, id string) (store.Message, error) {
	row, err := d.reader.Message(ctx, tenant, id)
	if err != nil {
		return store.Message{}, fmt.Errorf("message %s: %w", id, err)
	}
	v := View{Message: row.Message}
	if row.Message.Private {
		strip(&v)
	}
	return v.Message, nil
}
