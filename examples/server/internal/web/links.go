package web

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// A pane is the right side of an open mail: the records that it belongs to and why, how to add one, and how to make one.
type pane struct {
	Links      []linked
	Candidates []linked // records that it will belong to when it enters the history
	Note       string   // why there are none, or that the CRM does not answer
	Steps      []step   // the whole explanation
	Explained  bool
	Looked     found
	New        newRecord
	Key        string // makes a second click on "create" harmless
}

// linked is a link, with its reason in a sentence.
type linked struct {
	choice
	Why       string
	Ambiguous string
	When      moment
	Doubt     string // the sender's address was forged, as far as the server that received it can tell
}

// A step tells what became of one address.
type step struct {
	Header  string
	Written string
	Outcome string
	Records []choice
}

// found is what a visitor looked for in the pane.
type found struct {
	Query   string
	Made    bool // the search was made
	Results []choice
	Problem string
	Twins   []choice // records that the CRM takes for the one to create
	New     *newRecord
}

// patience is how long an open mail waits for the CRM: the mail itself is there already.
const patience = 3 * time.Second

func (v *visit) pane(m *mailcrm.Message, looked found) pane {
	p := pane{Looked: looked, Explained: v.query("explain") != "", Key: rand.Text()}
	for _, l := range m.Links {
		p.Links = append(p.Links, v.linked(l))
	}
	v.sameKind(p.Links)
	switch {
	case m.LinksUnknown, m.LinksPending:
		p.Note = mailcrm.Sentence("host.unavailable", string(v.lang))
	case len(m.Links) == 0 && m.InHistory:
		p.Note = v.say("links.none")
	}
	if q := v.query("find"); q != "" && !looked.Made {
		p.Looked = v.find(q)
	}
	p.explain(v, m)
	p.New = v.prefilled(m, p.Steps)
	if looked.New != nil {
		p.New = *looked.New
	}
	return p
}

// explain asks why the mail belongs to whom. It is part of every page, so it does not wait long.
func (p *pane) explain(v *visit, m *mailcrm.Message) {
	ctx, done := context.WithTimeout(v.ctx(), patience)
	defer done()
	why, err := v.mail.Messages.Explain(ctx, m.ID)
	if err != nil {
		p.Note = mailcrm.Sentence("host.unavailable", string(v.lang))
		return
	}
	for _, s := range why.Steps {
		out := step{Header: v.say("header." + s.Header), Written: s.Written, Outcome: v.outcome(s)}
		out.Records = v.choices(s.Entities)
		p.Steps = append(p.Steps, out)
	}
	if m.InHistory {
		return
	}
	for _, l := range why.Links {
		c := linked{choice: v.choice(l.Entity), Why: v.why(l.Rule, l.Address, l.Header, "")}
		if l.Ambiguous {
			c.Ambiguous = l.Address
		}
		p.Candidates = append(p.Candidates, c)
	}
	v.sameKind(p.Candidates)
	if len(p.Candidates) == 0 && len(p.Links) == 0 {
		p.Note = v.say("links.none")
	}
}

func (v *visit) outcome(s linker.Step) string {
	if s.Outcome == linker.Colleague {
		return v.say("outcome.colleague", s.OwnDomain)
	}
	return v.say("outcome." + string(s.Outcome))
}

func (v *visit) linked(l mailcrm.Link) linked {
	out := linked{choice: choice{
		Ref: refText(l.Entity), Kind: string(l.Entity.Kind), KindFor: v.kindName(l.Entity.Kind), Name: v.linkName(l), URL: recordURL(l.Entity),
	}, Why: v.why(l.Rule, l.Address, l.Header, l.By), When: v.clock.moment(l.When)}
	if l.Ambiguous {
		out.Ambiguous = l.Address
	}
	if l.Confidence == string(linker.Failed) {
		out.Doubt = v.say("links.forged")
	}
	return out
}

// why is the reason of a link in a sentence.
func (v *visit) why(rule, address, header, by string) string {
	switch {
	case rule == "manual" && by != "":
		return v.say("why.manual", v.agentName(by))
	case rule == "address" && known("header."+header):
		return v.say("why.address", address, v.say("header."+header))
	}
	return v.say("why.other", rule)
}

// sameKind turns the address of an ambiguous link into the sentence that says how many records have it.
func (v *visit) sameKind(links []linked) {
	count := map[[2]string]int{}
	for _, l := range links {
		count[[2]string{l.Kind, l.Ambiguous}]++
	}
	for i := range links {
		if l := &links[i]; l.Ambiguous != "" {
			l.Ambiguous = v.lang.count("links.ambiguous."+ambiguousKind(l.Kind), max(2, count[[2]string{l.Kind, l.Ambiguous}]))
		}
	}
}

func ambiguousKind(kind string) string {
	if kind == string(storage.KindAccount) || kind == string(storage.KindContact) {
		return kind
	}
	return "other"
}

// find looks for records by what a person typed: a name, or a whole address.
func (v *visit) find(query string) found {
	f := found{Query: query, Made: true}
	ctx, done := context.WithTimeout(v.ctx(), 2*patience)
	defer done()
	entities, err := v.mail.Entities.Search(ctx, query)
	if linker.Normalize(query) != "" {
		if by, e := v.mail.Entities.ByAddress(ctx, query); e == nil && len(by) > 0 {
			entities, err = by, nil
		}
	}
	if err != nil {
		f.Problem = v.errorText(err)
	}
	f.Results = v.choices(entities)
	return f
}

// link is POST /message/{id}/link, unlink its contrary. Each can be taken back.
func (s *site) link(v *visit) error {
	ref := v.ref(v.field("entity"))
	l, err := v.mail.Links.Add(v.ctx(), mailcrm.LinkInput{Message: v.r.PathValue("id"), Entity: ref, Name: cut(v.field("name"), 200)})
	if err != nil {
		return err
	}
	return v.back("/message/"+v.r.PathValue("id"), "done", "linked", "undo", refText(l.Entity), "name", v.field("name"), "find", "")
}

func (s *site) unlink(v *visit) error {
	ref := v.ref(v.field("entity"))
	err := v.mail.Links.Remove(v.ctx(), mailcrm.LinkInput{Message: v.r.PathValue("id"), Entity: ref})
	if errors.Is(err, mailcrm.ErrNotFound) { // unlinked already, or no mail of the visitor's
		_, err = v.mail.Messages.Get(v.ctx(), v.r.PathValue("id"))
	}
	if err != nil {
		return err
	}
	return v.back("/message/"+v.r.PathValue("id"), "done", "unlinked", "undo", refText(ref), "name", v.field("name"))
}

// linkManyPage chooses the record for several mails: GET /link?m=…&find=
type linkManyPage struct {
	frame
	Marked string // ids, with spaces between them
	Count  int
	Back   string
	Looked found
}

func (s *site) chooseRecord(v *visit) error {
	p := linkManyPage{frame: v.frame("linkmany.title", "inbox"), Marked: v.query("m"), Back: v.query("back")}
	p.Count = len(strings.Fields(p.Marked))
	if p.Count == 0 || p.Count > maxMarked {
		return mailcrm.ErrInvalid
	}
	if !local(p.Back) {
		p.Back = "/inbox"
	}
	if q := v.query("find"); q != "" {
		p.Looked = v.find(q)
	}
	return v.show("link", p)
}

// linkMany is POST /link.
func (s *site) linkMany(v *visit) error {
	ids := strings.Fields(v.field("m"))
	if len(ids) > maxMarked {
		ids = ids[:maxMarked]
	}
	ref := v.ref(v.field("entity"))
	for _, id := range ids {
		if _, err := v.mail.Links.Add(v.ctx(), mailcrm.LinkInput{Message: id, Entity: ref, Name: cut(v.field("name"), 200)}); err != nil {
			return err
		}
	}
	return v.back("/inbox", "done", "linked_many")
}
