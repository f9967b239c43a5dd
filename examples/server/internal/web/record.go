package web

import (
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// recordPage is a client with its history: GET /records/{kind}/{id}?cursor=
type recordPage struct {
	frame
	choice
	Addresses []person
	Parent    *choice
	Fields    []shown
	Children  []childGroup
	Write     string
	Documents string
	AddChild  string // where to add a contact to a company
	Rows      []row
	Around    []row // of the contacts and deals of a company
	First     string
	Next      string
	Problem   string
}

// A shown field.
type shown struct{ Label, Value string }

// A childGroup is the contacts, or the deals, of a record.
type childGroup struct {
	Label string
	Rows  []choice
}

func (s *site) record(v *visit) error {
	ref := storage.Ref{Tenant: v.actor.Tenant, Kind: storage.Kind(v.r.PathValue("kind")), ID: v.r.PathValue("id")}
	e, err := s.cfg.CRM.Get(v.ctx(), v.actor, ref)
	if err != nil {
		return err
	}
	p := recordPage{frame: v.frame("nav.records", "records"), choice: v.choice(e), Write: v.writeTo(e)}
	p.Title = cut(p.Name, 80)
	p.Documents = documentsURL(storage.Tree{Space: storage.SpaceEntity, Entity: ref}, "")
	for _, a := range e.Addresses {
		p.Addresses = append(p.Addresses, person{Address: a, Write: address("/compose", "to", written(mailcrm.Address{Name: e.Name, Address: a}), "entity", refText(e.Ref), "page", string(e.Kind))})
	}
	if !e.Parent.IsZero() {
		if parent, err := s.cfg.CRM.Get(v.ctx(), v.actor, e.Parent); err == nil {
			c := v.choice(parent)
			p.Parent = &c
		}
	}
	if ref.Kind == storage.KindAccount {
		p.AddChild = address("/records/new", "kind", string(storage.KindContact), "parent", refText(ref))
	}
	p.about(v, e)
	page, err := v.mail.Timeline.List(v.ctx(), mailcrm.TimelineQuery{Entity: ref, Cursor: v.query("cursor"), Limit: pageSize})
	if err != nil {
		return err
	}
	for _, m := range page.Items {
		r := v.row(m)
		r.Links = otherLinks(r.Links, p.URL)
		p.Rows = append(p.Rows, r)
	}
	if v.query("cursor") != "" {
		p.First = p.URL
	}
	if page.Next != "" {
		p.Next = address(p.URL, "cursor", page.Next)
	}
	if v.query("cursor") == "" {
		p.Around = v.around(p.Children, p.Rows)
	}
	return v.show("record", p)
}

// How many of a company's contacts and deals, and of their newest mails, its page shows.
const (
	maxAround     = 10
	maxAroundRows = 20
)

// around are the newest mails of those who belong to a company, each once, without those that stand in its own history.
func (v *visit) around(groups []childGroup, own []row) []row {
	var all []mailcrm.Message
	seen := map[string]bool{}
	for _, r := range own {
		seen[r.ID] = true
	}
	asked := 0
	for _, g := range groups {
		for _, c := range g.Rows {
			if asked++; asked > maxAround {
				break
			}
			page, err := v.mail.Timeline.List(v.ctx(), mailcrm.TimelineQuery{Entity: v.ref(c.Ref), Limit: maxAroundRows})
			if err != nil {
				continue // their own pages say why
			}
			for _, m := range page.Items {
				if !seen[m.ID] {
					seen[m.ID] = true
					all = append(all, m)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b mailcrm.Message) int { return b.Date.Compare(a.Date) })
	var out []row
	for _, m := range all[:min(len(all), maxAroundRows)] {
		out = append(out, v.row(m))
	}
	return out
}

// otherLinks are the records that a mail belongs to beside this one.
func otherLinks(links []chipLink, url string) []chipLink {
	var out []chipLink
	for _, l := range links {
		if l.URL != url {
			out = append(out, l)
		}
	}
	return out
}

// shownAlready are fields that the head of the page has.
var shownAlready = map[string]bool{"name": true, "email": true, "emails": true, "url": true, "account": true, "detail": true}

// about fills in the fields and who belongs to the record. A CRM that does not answer leaves the history readable.
func (p *recordPage) about(v *visit, e storage.Entity) {
	fields, values, err := v.site.cfg.CRM.Fields(v.ctx(), v.actor, e.Ref)
	if err != nil {
		p.Problem = v.errorText(err)
	}
	for _, f := range fields {
		if shownAlready[f.Name] {
			continue
		}
		text := v.value(values[f.Name])
		if f.Name == "owner" {
			text = v.ownerName(e, text)
		}
		if text == "" {
			continue
		}
		label := f.Label
		if label == "" {
			label = strings.ReplaceAll(f.Name, "_", " ")
		}
		p.Fields = append(p.Fields, shown{label, text})
	}
	children, err := v.site.cfg.CRM.Children(v.ctx(), v.actor, e.Ref)
	if err != nil {
		p.Problem = v.errorText(err)
	}
	for _, kind := range []storage.Kind{storage.KindContact, storage.KindDeal} {
		g := childGroup{Label: v.say("kinds." + string(kind))}
		for _, c := range children {
			if c.Kind == kind {
				g.Rows = append(g.Rows, v.choice(c))
			}
		}
		if len(g.Rows) > 0 {
			p.Children = append(p.Children, g)
		}
	}
}

func (v *visit) ownerName(e storage.Entity, other string) string {
	if e.Owner != "" {
		return v.agentName(e.Owner)
	}
	return other
}
