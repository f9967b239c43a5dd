package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// templatePage is the editor: GET /templates/{id} and /templates/new.
type templatePage struct {
	frame
	Action   string
	ID       string
	Revision int64
	Name     string
	Pages    []option
	Langs    []option
	Kinds    []option
	Default  bool
	Subject  string
	Body     body
	Text     string
	Fields   []fieldGroup
	Errors   formErrors
	Problems []mistake

	Find     string // a record to try it on
	Entity   choice
	Entities []choice
	Preview  *trial
}

// A mistake is one thing wrong with a template, at its place.
type mistake struct {
	Part    string // "subject", "html", "text"
	Anchor  string
	Where   string
	Line    int
	Column  int
	Message string
}

// A trial is the template with the fields of a record.
type trial struct {
	Subject  []mark
	Frame    string // address of the body
	Height   int
	Text     []mark
	Problems []problem
	Note     string
}

func (s *site) newTemplate(v *visit) error {
	return v.showTemplate(http.StatusOK, mailcrm.Template{Kind: storage.KindContact, Language: string(v.lang)}, "", nil, nil)
}

func (s *site) template(v *visit) error {
	t, err := v.mail.Templates.Get(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if v.query("frame") != "" {
		return v.trialBody(*t)
	}
	return v.showTemplate(http.StatusOK, *t, v.query("format"), nil, nil)
}

func (v *visit) showTemplate(status int, t mailcrm.Template, format string, wrong formErrors, problems []mailcrm.TemplateProblem) error {
	p := templatePage{
		frame: v.frame("template.title", "templates"), Action: "/templates/new", ID: t.ID, Revision: t.Revision, Name: t.Name, Default: t.Default,
		Subject: t.Subject, Errors: wrong,
	}
	if t.ID != "" {
		p.Action, p.Title = "/templates/"+t.ID, cut(t.Name, 80)
	}
	if len(problems) > 0 && t.HTML != "" {
		format = formatSource // the places that the mistakes name are those of the source
	}
	p.Body = v.bodyOf(t.HTML, t.Text, format)
	if p.Body.Format != formatText {
		p.Text = t.Text
	}
	pages := append([]string{}, templatePages...)
	if !slices.Contains(pages, t.Page) {
		pages = append(pages, t.Page)
	}
	for _, page := range pages {
		p.Pages = append(p.Pages, option{page, v.pageName(page), page == t.Page})
	}
	for _, tag := range []string{"", "fr", "en", "de"} {
		p.Langs = append(p.Langs, option{tag, v.languageName(tag), tag == t.Language})
	}
	for _, kind := range []storage.Kind{storage.KindContact, storage.KindAccount, storage.KindDeal} {
		p.Kinds = append(p.Kinds, option{string(kind), v.kindName(kind), kind == t.Kind})
	}
	for _, m := range problems {
		p.Problems = append(p.Problems, v.mistake(m))
	}
	p.try(v, t)
	return v.showStatus(status, "template", p)
}

func (v *visit) mistake(m mailcrm.TemplateProblem) mistake {
	out := mistake{Part: m.Part, Anchor: anchor(m.Part), Line: m.Line, Column: m.Column, Message: m.Message}
	out.Where = v.say("part.place", v.say("part."+m.Part), m.Line, m.Column)
	return out
}

// try shows the template on the record that was chosen.
func (p *templatePage) try(v *visit, t mailcrm.Template) {
	p.Find = v.query("find")
	ref := v.ref(v.query("entity"))
	if p.Find != "" {
		for _, c := range v.find(p.Find).Results {
			if c.Kind == string(t.Kind) {
				p.Entities = append(p.Entities, c)
			}
		}
		if len(p.Entities) == 1 {
			ref = v.ref(p.Entities[0].Ref)
		}
	}
	p.Fields = v.fieldGroups(t.Kind, ref)
	if ref.IsZero() || t.ID == "" {
		return
	}
	e, err := v.site.cfg.CRM.Get(v.ctx(), v.actor, ref)
	if err != nil {
		p.Preview = &trial{Note: v.errorText(err)}
		return
	}
	p.Entity = v.choice(e)
	merged, err := v.merged(t, ref)
	if err != nil {
		p.Preview = &trial{Note: v.errorText(err)}
		return
	}
	p.Preview = &trial{Subject: marks(merged.Subject), Height: height(merged.Text), Text: marks(merged.Text)}
	if merged.HTML != "" {
		p.Preview.Frame = address("/templates/"+t.ID, "frame", "1", "entity", refText(ref))
	}
	for _, found := range merged.Problems {
		if found.Field != "To" && (found.Field != "Subject" || t.Subject != "") {
			p.Preview.Problems = append(p.Preview.Problems, problem{Text: found.Message})
		}
	}
}

// merged fills a template by a draft that is thrown away again: the library merges drafts.
func (v *visit) merged(t mailcrm.Template, ref storage.Ref) (*mailcrm.Preview, error) {
	account := v.someAccount()
	if account == "" {
		return nil, storage.Invalid("Account", "required", "add a mail account to try templates")
	}
	d, err := v.mail.Drafts.Create(v.ctx(), mailcrm.DraftInput{Account: account, Subject: t.Subject, HTML: t.HTML, Text: t.Text, Template: t.ID, Entity: ref})
	if err != nil {
		return nil, err
	}
	merged, err := v.mail.Drafts.Preview(v.ctx(), d.ID)
	return merged, errors.Join(err, v.mail.Drafts.Delete(v.ctx(), d.ID))
}

// someAccount is one that the visitor may send from.
func (v *visit) someAccount() string {
	var p composePage
	p.senders(v, mailcrm.Draft{})
	if len(p.From) == 0 {
		return ""
	}
	account, _, _ := strings.Cut(p.From[0].Value, "/")
	return account
}

// trialBody is GET /templates/{id}?frame=1&entity=, for the frame.
func (v *visit) trialBody(t mailcrm.Template) error {
	merged, err := v.merged(t, v.ref(v.query("entity")))
	if err != nil {
		return err
	}
	v.writeBody(merged.HTML)
	return nil
}

// saveTemplate is POST /templates/new and POST /templates/{id}.
func (s *site) saveTemplate(v *visit) error {
	t := mailcrm.Template{
		ID: v.r.PathValue("id"), Name: v.field("name"), Page: v.field("page"), Language: v.field("language"), Kind: storage.Kind(v.field("kind")),
		Default: v.checkedBox("default"), Subject: strings.Join(strings.Fields(v.field("subject")), " "),
	}
	if _, err := fmt.Sscan(v.field("revision"), &t.Revision); err != nil {
		t.Revision = 0
	}
	var format string
	t.HTML, t.Text, format = v.body()
	op := v.field("op")
	if op == "insert" {
		w := writing{in: mailcrm.DraftInput{HTML: t.HTML, Text: t.Text}, format: format}
		w.insert(v.field("field"))
		t.HTML, t.Text = w.in.HTML, w.in.Text
	}
	if op == "insert" || op == "format" || op == "check" {
		problems, err := v.mail.Templates.Check(v.ctx(), t)
		if err != nil {
			return err
		}
		return v.showTemplate(http.StatusOK, t, format, nil, problems)
	}
	saved, problems, err := v.mail.Templates.Save(v.ctx(), t)
	switch {
	case len(problems) > 0:
		return v.showTemplate(http.StatusUnprocessableEntity, t, format, nil, problems)
	case errors.Is(err, mailcrm.ErrConflict):
		if now, e := v.mail.Templates.Get(v.ctx(), t.ID); e == nil {
			t.Revision = now.Revision // saving again is a decision of the person who now sees it
		}
		return v.showTemplate(http.StatusConflict, t, format, formErrors{"form": v.say("compose.conflict")}, nil)
	case errors.Is(err, mailcrm.ErrInvalid):
		return v.showTemplate(http.StatusUnprocessableEntity, t, format, formErrors{"name": v.say("field.Name.required")}, nil)
	case err != nil:
		return err
	}
	return v.to("/templates/"+saved.ID, "done", "template_saved", "entity", v.field("entity"))
}
