package web

import (
	"errors"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// composePage is a mail being written: GET /compose?to=&entity=&template=&account= for a new one, GET /drafts/{id} for one that is saved.
type composePage struct {
	frame
	Action   string
	ID       string
	Revision int64
	Back     string
	NoSender bool // no account to send from

	From      []option
	To        string
	Cc        string
	Bcc       string
	Subject   string
	Body      body
	Text      string // a text version of its own
	Templates []option
	Fields    []fieldGroup
	Entity    choice
	Entities  []choice
	Find      string
	Answers   *answered
	Quote     bool
	Private   bool
	Receipt   bool
	Files     []attached
	Total     string
	Limit     string

	Errors  formErrors
	Suggest []suggestion
	Saved   moment
}

// answered is the mail that a draft answers or passes on.
type answered struct {
	ID      string
	Subject string
	Who     string
	When    moment
	Forward bool
}

// attached is a file that will be sent.
type attached struct {
	ID   string
	Name string
	Size string
}

// A suggestion is what a person may have meant by something that is no address.
type suggestion struct {
	Field   string // "to", "cc", "bcc"
	Written string
	Choices []pick
}

// A pick is one of them: choosing it replaces what was written.
type pick struct {
	Label  string
	Detail string
	Value  string // op of the form
}

// compose is GET /compose: nothing is stored until something is written.
func (s *site) compose(v *visit) error {
	in := mailcrm.DraftInput{Account: v.query("account"), Entity: v.ref(v.query("entity")), Template: v.query("template")}
	in.To, _ = parseAddresses(v.query("to"))
	if in.Entity.IsZero() && len(in.To) > 0 {
		in.Entity = v.entityOf(in.To)
	}
	if page := v.query("page"); in.Template == "" && page != "" {
		in.Template = v.defaultTemplate(page, v.lang, in.Entity.Kind)
	}
	if in.Template != "" {
		if err := v.useTemplate(&in, in.Template, ""); err != nil && !errors.Is(err, mailcrm.ErrNotFound) {
			return err
		}
	}
	p := v.composePage(mailcrm.Draft{DraftInput: in}, "")
	return v.show("compose", p)
}

// entityOf is the record of the first recipient that has one: a contact before others.
func (v *visit) entityOf(to []mailcrm.Address) storage.Ref {
	for _, a := range to[:min(len(to), maxLookups)] {
		found, err := v.mail.Entities.ByAddress(v.ctx(), a.Address)
		if err != nil {
			return storage.Ref{}
		}
		for _, kind := range []storage.Kind{storage.KindContact, storage.KindAccount} {
			if i := slices.IndexFunc(found, func(e storage.Entity) bool { return e.Kind == kind }); i >= 0 {
				return found[i].Ref
			}
		}
	}
	return storage.Ref{}
}

// maxLookups is how many recipients are looked up to find whose fields can be merged.
const maxLookups = 5

// draft is GET /drafts/{id}.
func (s *site) draft(v *visit) error {
	d, err := v.mail.Drafts.Get(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	p := v.composePage(*d, v.query("format"))
	if v.query("find") != "" {
		p.Find = v.query("find")
		v.findEntities(&p, p.Find)
	}
	return v.show("compose", p)
}

// composePage is the form for a draft, saved or not.
func (v *visit) composePage(d mailcrm.Draft, format string) composePage {
	p := composePage{
		frame: v.frame("compose.title", "compose"), Action: "/compose", ID: d.ID, Revision: d.Revision, Back: "/drafts",
		To: list(d.To), Cc: list(d.Cc), Bcc: list(d.Bcc), Subject: d.Subject, Private: d.Private, Receipt: d.Receipt, Quote: d.Quote,
		Saved: v.clock.moment(d.Updated), Limit: v.lang.size(mailcrm.MaxAttachmentSize),
	}
	if d.ID != "" {
		p.Action = "/drafts/" + d.ID
	}
	if d.Subject != "" {
		p.Title = cut(d.Subject, 80)
	}
	p.senders(v, d)
	p.Body = v.bodyOf(d.HTML, d.Text, format)
	if p.Body.Format != formatText {
		p.Text = d.Text
	}
	p.pickers(v, d)
	p.answers(v, d)
	var total int64
	for _, a := range d.Attachments {
		total += a.Size
		p.Files = append(p.Files, attached{ID: a.ID, Name: a.Name, Size: v.lang.size(a.Size)})
	}
	p.Total = v.lang.size(total)
	return p
}

// senders are the accounts and identities that the visitor may send from.
func (p *composePage) senders(v *visit, d mailcrm.Draft) {
	accounts, err := v.mail.Accounts.List(v.ctx())
	if err != nil {
		return
	}
	for _, a := range accounts {
		if !slices.Contains(a.Rights, mailcrm.RightSend) {
			continue
		}
		for _, id := range a.Identities {
			chosen := a.ID == d.Account && (id.ID == d.Identity || d.Identity == "" && id.Default)
			p.From = append(p.From, option{Value: a.ID + "/" + id.ID, Label: written(mailcrm.Address{Name: id.Name, Address: id.Address}), Selected: chosen})
		}
	}
	p.NoSender = len(p.From) == 0
}

// pickers are the templates, the records whose fields can be merged, and the fields.
func (p *composePage) pickers(v *visit, d mailcrm.Draft) {
	if all, err := v.mail.Templates.List(v.ctx(), "", ""); err == nil {
		for _, t := range all {
			p.Templates = append(p.Templates, option{Value: t.ID, Label: v.templateLabel(t), Selected: t.ID == d.Template})
		}
	}
	p.Entities = v.entitiesFor(d)
	for i := range p.Entities {
		if p.Entities[i].Ref == refText(d.Entity) {
			p.Entities[i].Chosen, p.Entity = true, p.Entities[i]
		}
	}
	kind := d.Entity.Kind
	p.Fields = v.fieldGroups(kind, d.Entity)
}

// entitiesFor are records that the fields may come from: the one chosen, and those of the recipients.
func (v *visit) entitiesFor(d mailcrm.Draft) []choice {
	var out []choice
	add := func(e storage.Entity) {
		c := v.choice(e)
		if !slices.ContainsFunc(out, func(o choice) bool { return o.Ref == c.Ref }) {
			out = append(out, c)
		}
	}
	if !d.Entity.IsZero() {
		e, err := v.site.cfg.CRM.Get(v.ctx(), v.actor, d.Entity)
		if err != nil {
			e = storage.Entity{Ref: d.Entity}
		}
		add(e)
	}
	for _, a := range d.To[:min(len(d.To), maxLookups)] {
		found, err := v.mail.Entities.ByAddress(v.ctx(), a.Address)
		if err != nil {
			break // the CRM does not answer: the mail can be written all the same
		}
		for _, e := range found {
			add(e)
		}
	}
	return out
}

// findEntities adds what a person looked for to the records to choose from.
func (v *visit) findEntities(p *composePage, query string) {
	for _, c := range v.find(query).Results {
		if !slices.ContainsFunc(p.Entities, func(o choice) bool { return o.Ref == c.Ref }) {
			p.Entities = append(p.Entities, c)
		}
	}
}

// answers tells which mail is answered.
func (p *composePage) answers(v *visit, d mailcrm.Draft) {
	if d.InReplyTo == "" {
		return
	}
	p.Answers = &answered{ID: d.InReplyTo, Forward: d.Forward}
	p.Back = "/message/" + d.InReplyTo
	if m, err := v.mail.Messages.Get(v.ctx(), d.InReplyTo); err == nil {
		p.Answers.Subject, p.Answers.Who, p.Answers.When = m.Subject, v.names(m.From), v.clock.moment(m.Date)
	}
	if strings.TrimSpace(p.Answers.Subject) == "" {
		p.Answers.Subject = v.say("mail.no_subject")
	}
}
