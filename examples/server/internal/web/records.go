package web

import (
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// recordsPage is the list of the CRM's records: GET /records?kind=&q=&cursor=
type recordsPage struct {
	frame
	Kinds   []tab
	Kind    string
	Query   string
	Rows    []recordRow
	Next    string
	Problem string
}

// A tab is one of a few views of a list.
type tab struct {
	Label string
	URL   string
	Here  bool
}

type recordRow struct {
	choice
	Write string
}

// recordKinds are the tabs; the empty one is everything.
var recordKinds = []storage.Kind{"", storage.KindAccount, storage.KindContact, storage.KindDeal}

func (s *site) records(v *visit) error {
	p := recordsPage{frame: v.frame("nav.records", "records"), Kind: v.query("kind"), Query: v.query("q")}
	for _, k := range recordKinds {
		label := v.say("kinds.all")
		if k != "" {
			label = v.say("kinds." + string(k))
		}
		p.Kinds = append(p.Kinds, tab{Label: label, URL: address("/records", "kind", string(k), "q", p.Query), Here: string(k) == p.Kind})
	}
	found, next, err := s.cfg.CRM.List(v.ctx(), v.actor, storage.Kind(p.Kind), cut(p.Query, 200), v.query("cursor"))
	if err != nil {
		if errors.Is(err, mailcrm.ErrInvalid) {
			return err
		}
		p.Problem = v.errorText(err)
	}
	for _, e := range found {
		r := recordRow{choice: v.choice(e)}
		if r.Address != "" {
			r.Write = v.writeTo(e)
		}
		p.Rows = append(p.Rows, r)
	}
	if next != "" {
		p.Next = address("/records", "kind", p.Kind, "q", p.Query, "cursor", next)
	}
	return v.show("records", p)
}

// writeTo is where to write to a record: its address, its fields, and the template of its page.
func (v *visit) writeTo(e storage.Entity) string {
	to := ""
	if len(e.Addresses) > 0 {
		if a, ok := asAddress(e.Name, e.Addresses[0]); ok {
			to = written(a)
		}
	}
	return address("/compose", "to", to, "entity", refText(e.Ref), "page", string(e.Kind))
}

// newRecordPage is GET /records/new?kind=&parent=
type newRecordPage struct {
	frame
	New     newRecord
	Key     string
	Twins   []choice
	Problem string
}

func (s *site) newRecord(v *visit) error {
	p := newRecordPage{frame: v.frame("record.new", "records"), Key: rand.Text()}
	p.New.Kind = v.query("kind")
	p.New.Parent = v.query("parent")
	v.parents(&p.New)
	return v.show("newrecord", p)
}

// parents names the company that a new contact belongs to.
func (v *visit) parents(n *newRecord) {
	if ref := v.ref(n.Parent); !ref.IsZero() {
		if e, err := v.site.cfg.CRM.Get(v.ctx(), v.actor, ref); err == nil {
			n.Parents = append(n.Parents, v.choice(e))
		}
	}
}

// createRecord is POST /records/new.
func (s *site) createRecord(v *visit) error {
	n := v.recordForm()
	made, twins, err := v.create(&n, v.checkedBox("anyway"))
	if err != nil || len(twins) > 0 {
		p := newRecordPage{frame: v.frame("record.new", "records"), New: n, Key: rand.Text(), Twins: twins}
		if err != nil && len(n.Errors) == 0 {
			p.Problem = v.errorText(err)
		}
		v.parents(&p.New)
		return v.showStatus(http.StatusUnprocessableEntity, "newrecord", p)
	}
	return v.to(recordURL(made.Ref), "done", "record_made")
}
