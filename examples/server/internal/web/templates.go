package web

import (
	"slices"

	"github.com/mailcrm/sdk/mailcrm"
)

// templatesPage is the list: GET /templates.
type templatesPage struct {
	frame
	Groups []templateGroup
}

// A templateGroup is the templates of one page of the CRM.
type templateGroup struct {
	Label string
	Rows  []templateRow
}

type templateRow struct {
	ID       string
	Name     string
	Subject  string
	Language string
	Kind     string
	Default  bool
}

// templatePages are where templates are offered, in the order of the list.
var templatePages = []string{"", "reply", "contact", "account", "deal", "quote", "invoice"}

func (s *site) templates(v *visit) error {
	all, err := v.mail.Templates.List(v.ctx(), "", "")
	if err != nil {
		return err
	}
	p := templatesPage{frame: v.frame("nav.templates", "templates")}
	order := append([]string{}, templatePages...)
	rows := map[string][]templateRow{}
	for _, t := range all {
		if !slices.Contains(order, t.Page) {
			order = append(order, t.Page) // a page of the host's own
		}
		rows[t.Page] = append(rows[t.Page], templateRow{
			ID: t.ID, Name: t.Name, Subject: t.Subject, Language: v.languageName(t.Language), Kind: v.kindName(t.Kind), Default: t.Default,
		})
	}
	for _, page := range order {
		if len(rows[page]) > 0 {
			p.Groups = append(p.Groups, templateGroup{Label: v.pageName(page), Rows: rows[page]})
		}
	}
	return v.show("templates", p)
}

// pageName is what a page of the CRM is called.
func (v *visit) pageName(page string) string {
	if page == "" {
		return v.say("page.any")
	}
	if known("page." + page) {
		return v.say("page." + page)
	}
	return page
}

func (v *visit) languageName(tag string) string {
	if tag == "" {
		return v.say("language.any")
	}
	if known("language." + tag) {
		return v.say("language." + tag)
	}
	return tag
}

// templateLabel is how a template is called in a list to choose from.
func (v *visit) templateLabel(t mailcrm.Template) string {
	label := t.Name
	if t.Language != "" {
		label += " (" + v.languageName(t.Language) + ")"
	}
	if t.Page != "" {
		label = v.pageName(t.Page) + " · " + label
	}
	return label
}

// deleteTemplate is POST /templates/{id}/delete.
func (s *site) deleteTemplate(v *visit) error {
	if err := v.mail.Templates.Delete(v.ctx(), v.r.PathValue("id")); err != nil {
		return err
	}
	return v.to("/templates", "done", "template_deleted")
}
