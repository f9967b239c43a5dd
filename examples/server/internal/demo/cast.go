package demo

import (
	"math/big"
	"strings"

	"github.com/mailcrm/sdk/examples/server/internal/people"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/memstore"
)

// Agents are who uses the demo: those of the cast, Jeanne first, and an administrator who has no mail.
func Agents(cast mailcrmtest.Players) []people.Person {
	var all []people.Person
	for _, a := range cast.Agents {
		all = append(all, people.Person{ID: a.ID, Name: a.Name, Address: a.Address, Zone: zone})
	}
	return append(all, people.Person{ID: "admin", Name: "Nora Petit", Admin: true, Zone: zone})
}

// fill makes the cast's records.
func fill(crm *memstore.CRM, cast mailcrmtest.Players, agents []people.Person) error {
	for _, a := range agents {
		crm.AddAgents("", memstore.Agent{ID: a.ID, Name: a.Name, Address: a.Address, Admin: a.Admin})
	}
	owners := map[string]string{}
	for _, d := range cast.Deals {
		owners[d.CompanyID] = d.AgentID
	}
	for _, c := range cast.Companies {
		postcode, city, _ := strings.Cut(c.City, " ")
		if c.Country == "GB" { // "London W1U 7PL"
			city, postcode, _ = strings.Cut(c.City, " ")
		}
		ref := storage.Ref{Kind: storage.KindAccount, ID: c.ID}
		crm.Add(storage.Entity{Ref: ref, Name: c.Name, Detail: city, Addresses: c.Addresses, URL: page(ref), Owner: owners[c.ID]})
		if err := crm.SetFields(ref, texts("phone", c.Phone, "street", c.Street, "postcode", postcode, "city", city, "country", countries[c.Country])); err != nil {
			return err
		}
	}
	for _, c := range cast.Contacts {
		ref := storage.Ref{Kind: storage.KindContact, ID: c.ID}
		crm.Add(storage.Entity{
			Ref: ref, Name: c.FirstName + " " + c.LastName, Detail: c.Title, Addresses: c.Addresses, URL: page(ref), Owner: owners[c.CompanyID],
			Parent: storage.Ref{Kind: storage.KindAccount, ID: c.CompanyID},
		})
		if err := crm.SetFields(ref, texts("first_name", c.FirstName, "last_name", c.LastName, "phone", c.Phone)); err != nil {
			return err
		}
	}
	for _, d := range cast.Deals {
		ref := storage.Ref{Kind: storage.KindDeal, ID: d.ID}
		company, _ := cast.Company(d.CompanyID)
		crm.Add(storage.Entity{
			Ref: ref, Name: d.Name, Detail: company.Name, URL: page(ref), Owner: d.AgentID,
			Parent: storage.Ref{Kind: storage.KindContact, ID: d.ContactID},
		})
		err := crm.SetFields(ref, map[string]storage.Value{
			"reference": storage.Text(strings.ToUpper(d.ID)), "stage": storage.Text(d.Stage), "amount": storage.Money(big.NewRat(d.Cents, 100), d.Currency),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var countries = map[string]string{"FR": "France", "DE": "Deutschland", "GB": "United Kingdom"}

// page is where package web shows a record.
func page(ref storage.Ref) string { return "/records/" + string(ref.Kind) + "/" + ref.ID }

// texts are text values by name: name, value, name, value.
func texts(pairs ...string) map[string]storage.Value {
	values := map[string]storage.Value{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i]] = storage.Text(pairs[i+1])
	}
	return values
}
