package web

import (
	"errors"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// A newRecord is the form of quick creation, filled in as far as the mail tells.
type newRecord struct {
	Kind      string
	Name      string // of a company
	FirstName string
	LastName  string
	Address   string
	Phone     string
	Parent    string
	Parents   []choice // companies that the mail is linked to
	Errors    formErrors
}

// freeMail are domains whose name is not that of anybody's company.
var freeMail = []string{"gmail", "googlemail", "outlook", "hotmail", "live", "yahoo", "icloud", "gmx", "web", "orange", "wanadoo", "free", "sfr", "laposte", "proton", "protonmail"}

// prefilled is the form for the first address of a mail that no record has, else for the other side of it.
func (v *visit) prefilled(m *mailcrm.Message, steps []step) newRecord {
	n := newRecord{Kind: string(storage.KindContact)}
	people := m.From
	if m.Direction == storage.Sent {
		people = append(append([]mailcrm.Address{}, m.To...), m.Cc...)
	}
	if len(people) == 0 {
		return n
	}
	who := people[0]
	for _, p := range people {
		unknown := slices.ContainsFunc(steps, func(s step) bool {
			return len(s.Records) == 0 && strings.Contains(strings.ToLower(s.Written), strings.ToLower(p.Address))
		})
		if unknown {
			who = p
			break
		}
	}
	n.Address = who.Address
	n.FirstName, n.LastName = personName(who)
	n.Name = companyName(who.Address)
	if m.Direction == storage.Received {
		n.Phone = phone(m.Text)
	}
	for _, l := range m.Links {
		if l.Entity.Kind == storage.KindAccount {
			n.Parents = append(n.Parents, choice{Ref: refText(l.Entity), Name: v.linkName(l)})
		}
	}
	return n
}

// personName takes a display name apart: "Anke Vogel", "Vogel, Anke", or what stands before the @.
func personName(a mailcrm.Address) (first, last string) {
	name := strings.TrimSpace(a.Name)
	if name == "" || strings.Contains(name, "@") {
		name, _, _ = strings.Cut(a.Address, "@")
		words := strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '_' || r == '-' })
		for i, w := range words {
			words[i] = upperFirst(w)
		}
		name = strings.Join(words, " ")
	}
	if l, f, found := strings.Cut(name, ","); found {
		return strings.TrimSpace(f), strings.TrimSpace(l)
	}
	first, last, _ = strings.Cut(name, " ")
	return first, strings.TrimSpace(last)
}

// companyName makes a name of a domain: "Nordwind" of nordwind.example.
func companyName(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	labels := strings.Split(strings.ToLower(domain), ".")
	if len(labels) < 2 {
		return ""
	}
	name := labels[len(labels)-2]
	if slices.Contains(freeMail, name) {
		return ""
	}
	words := strings.Split(name, "-")
	for i, w := range words {
		words[i] = upperFirst(w)
	}
	return strings.Join(words, " ")
}

func upperFirst(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	return strings.ToUpper(string(r[0])) + string(r[1:])
}

// recordForm reads the form.
func (v *visit) recordForm() newRecord {
	n := newRecord{
		Kind: v.field("kind"), Name: v.field("name"), FirstName: v.field("first"), LastName: v.field("last"),
		Address: v.field("address"), Phone: v.field("phone"), Parent: v.field("parent"),
	}
	if n.Kind != string(storage.KindAccount) {
		n.Kind = string(storage.KindContact)
	}
	return n
}

// create makes the record, or returns those that the CRM takes for the same.
func (v *visit) create(n *newRecord, anyway bool) (*storage.Entity, []choice, error) {
	in := storage.CreateRequest{
		Key: cut(v.field("key"), 64), Kind: storage.Kind(n.Kind), Address: n.Address, Phone: n.Phone, Parent: v.ref(n.Parent), AllowDuplicate: anyway,
	}
	if in.Kind == storage.KindAccount {
		in.Name = n.Name
	} else {
		in.FirstName, in.LastName = n.FirstName, n.LastName
		in.Name = strings.TrimSpace(n.FirstName + " " + n.LastName)
	}
	if in.Name == "" {
		n.Errors = formErrors{"name": v.say("field.required")}
		return nil, nil, mailcrm.ErrInvalid
	}
	res, err := v.mail.Entities.Create(v.ctx(), in)
	if err != nil {
		var field *mailcrm.FieldError
		if errors.As(err, &field) {
			n.Errors = formErrors{recordFields[field.Field]: v.fieldText(field)}
		}
		return nil, nil, err
	}
	if len(res.Duplicates) > 0 {
		return nil, v.choices(res.Duplicates), nil
	}
	if n.Address != "" {
		// Earlier mail of this address belongs to the new record too. It is there in any case: a failure here is made good by the next mail.
		change := storage.EntityChange{Ref: res.Entity.Ref, Addresses: []string{n.Address}}
		if err := v.site.cfg.Client.Changed(v.ctx(), []storage.EntityChange{change}); err != nil {
			v.site.cfg.Logger.WarnContext(v.ctx(), "earlier mail not linked to a new record", "kind", n.Kind, "error", err)
		}
	}
	return &res.Entity, nil, nil
}

// recordFields are the fields of the form by the names that the contract has for them.
var recordFields = map[string]string{"Name": "name", "FirstName": "first", "LastName": "last", "Address": "address", "Phone": "phone", "Parent": "parent", "Kind": "kind"}

// createFor is POST /message/{id}/create: it makes a record from a mail and links the two.
func (s *site) createFor(v *visit) error {
	id := v.r.PathValue("id")
	n := v.recordForm()
	made, twins, err := v.create(&n, v.checkedBox("anyway"))
	if err != nil || len(twins) > 0 {
		m, e := v.mail.Messages.Get(v.ctx(), id)
		if e != nil {
			return e
		}
		looked := found{Made: true, Twins: twins, New: &n}
		if err != nil && len(n.Errors) == 0 {
			looked.Problem = v.errorText(err)
		}
		return v.showMessage(422, m, looked)
	}
	if _, err := v.mail.Links.Add(v.ctx(), mailcrm.LinkInput{Message: id, Entity: made.Ref, Name: made.Name}); err != nil {
		return err
	}
	return v.back("/message/"+id, "done", "created", "find", "")
}
