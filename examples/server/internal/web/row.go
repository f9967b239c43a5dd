package web

import (
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// A row is a mail in a list: of a folder, or of a record's history.
type row struct {
	ID       string
	Withheld bool
	Private  bool
	Sent     bool
	Who      string // the other side: who wrote, or to whom it went
	WhoTitle string // with addresses
	Subject  string // never empty
	Untitled bool   // the mail has none
	Snippet  string
	When     moment
	Size     string
	Unread   bool
	Starred  bool
	Answered bool
	Files    bool
	Links    []chipLink
	Linked   string // "linked to 2 records: …", "" when it is not
	Pending  bool   // the CRM could not be asked
	Agent    string
	Gone     bool   // no longer in any mailbox
	Label    string // of the box that selects it
	StarOne  string // of the button that stars it
	Here     bool   // it is the one shown
}

// A chipLink is a link as lists show it.
type chipLink struct {
	Kind string
	Name string
	URL  string
}

// row makes a row of a message; it takes everything a withheld one does not tell as absent.
func (v *visit) row(m mailcrm.Message) row {
	r := row{
		ID: m.ID, Withheld: m.Withheld, Private: m.Private, Sent: m.Direction == storage.Sent, When: v.clock.moment(m.Date),
		Agent: v.agentName(m.Agent), Unread: !m.Seen, Starred: m.Flagged, Answered: m.Answered, Files: m.HasAttachments,
		Pending: m.LinksPending || m.LinksUnknown, Snippet: m.Snippet,
	}
	if m.Withheld {
		r.Unread = false
		r.Who, r.Subject, r.Snippet, r.Untitled = r.Agent, v.say("mail.withheld"), "", true
		r.Label = r.Subject
		return r
	}
	people := m.From
	if r.Sent {
		people = m.To
		if len(people) == 0 {
			people = append(append(people, m.Cc...), m.Bcc...)
		}
	}
	r.Who, r.WhoTitle = v.names(people), full(people)
	if r.Who == "" {
		r.Who = v.say("mail.nobody")
	}
	if r.Subject = strings.TrimSpace(m.Subject); r.Subject == "" {
		r.Subject, r.Untitled = v.say("mail.no_subject"), true
	}
	r.Label, r.StarOne = v.say("list.select_one", cut(r.Subject, 60)), v.say("list.star_one", cut(r.Subject, 60))
	r.Size = v.lang.size(m.Size)
	r.Gone = len(m.Places) > 0
	for _, p := range m.Places {
		r.Gone = r.Gone && p.Gone
	}
	for _, l := range m.Links {
		r.Links = append(r.Links, chipLink{Kind: string(l.Entity.Kind), Name: v.linkName(l), URL: recordURL(l.Entity)})
	}
	if len(r.Links) > 0 {
		var names []string
		for _, l := range r.Links {
			names = append(names, l.Name)
		}
		r.Linked = v.lang.count("list.linked", len(names), strings.Join(names, ", "))
	}
	return r
}

// linkName is what to call a linked record, also when the CRM gave no name for it.
func (v *visit) linkName(l mailcrm.Link) string {
	if l.Name != "" {
		return l.Name
	}
	return v.kindName(l.Entity.Kind) + " " + l.Entity.ID
}

// kindName is a kind's name for people; one that the host added goes by its own.
func (v *visit) kindName(k storage.Kind) string {
	if known("kind." + string(k)) {
		return v.say("kind." + string(k))
	}
	return string(k)
}

// maxNames is how many people of a mail a list names.
const maxNames = 3

// names are the people of a header as a list shows them.
func (v *visit) names(list []mailcrm.Address) string {
	var out []string
	for i, a := range list {
		if i == maxNames {
			out = append(out, v.say("list.others", len(list)-maxNames))
			break
		}
		out = append(out, nameOf(a))
	}
	return strings.Join(out, ", ")
}

// nameOf is the name of an address, or the address.
func nameOf(a mailcrm.Address) string {
	if name := strings.TrimSpace(a.Name); name != "" {
		return name
	}
	return a.Address
}

// full are the people of a header with their addresses.
func full(list []mailcrm.Address) string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = written(a)
	}
	return strings.Join(out, ", ")
}
