package memstore

import (
	"math/big"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A Sample names the records of a small CRM that sells furniture.
type Sample struct {
	Dubois   storage.Ref // a company in Lyon: contact@atelier-dubois.example
	Brothers storage.Ref // "Dubois Frères", which shares info@dubois.example with
	Holding  storage.Ref // "Dubois Holding"
	Miller   storage.Ref // an English company: office@miller.example
	Elodie   storage.Ref // of Dubois; two addresses: elodie@atelier-dubois.example, elodie.dubois@perso.example
	Paul     storage.Ref // of Miller: paul@miller.example
	Quote    storage.Ref // a deal of Elodie's, with two lines
	List     string      // a list of Elodie and Paul
}

// Sample fills a tenant with two agents, jeanne and karim, an administrator, admin, and a few records. Jeanne owns what is Dubois, Karim the rest.
// Called again it puts everything back as it was. Ids are equal in every tenant.
func (c *CRM) Sample(tenant storage.Tenant) Sample {
	ref := func(kind storage.Kind, id string) storage.Ref { return storage.Ref{Tenant: tenant, Kind: kind, ID: id} }
	s := Sample{
		Dubois:   ref(storage.KindAccount, "dubois"),
		Brothers: ref(storage.KindAccount, "brothers"),
		Holding:  ref(storage.KindAccount, "holding"),
		Miller:   ref(storage.KindAccount, "miller"),
		Elodie:   ref(storage.KindContact, "elodie"),
		Paul:     ref(storage.KindContact, "paul"),
		Quote:    ref(storage.KindDeal, "quote"),
		List:     "spring",
	}
	c.AddAgents(tenant,
		Agent{ID: "jeanne", Name: "Jeanne Martin", Address: "jeanne.martin@demo.example", Locale: "fr"},
		Agent{ID: "karim", Name: "Karim Benali", Address: "karim.benali@demo.example", Locale: "en"},
		Agent{ID: "admin", Name: "Administrator", Address: "admin@demo.example", Admin: true, Locale: "en"})
	c.Add(
		storage.Entity{Ref: s.Dubois, Name: "Atelier Dubois", Detail: "Lyon", Addresses: []string{"contact@atelier-dubois.example"}, URL: "/accounts/dubois", Owner: "jeanne"},
		storage.Entity{Ref: s.Brothers, Name: "Dubois Frères", Detail: "Villeurbanne", Addresses: []string{"info@dubois.example"}, URL: "/accounts/brothers", Owner: "jeanne"},
		storage.Entity{Ref: s.Holding, Name: "Dubois Holding", Detail: "Paris", Addresses: []string{"info@dubois.example"}, URL: "/accounts/holding", Owner: "jeanne"},
		storage.Entity{Ref: s.Miller, Name: "Miller & Sons", Detail: "Leeds", Addresses: []string{"office@miller.example"}, URL: "/accounts/miller", Owner: "karim"},
		storage.Entity{
			Ref: s.Elodie, Name: "Élodie Dubois", Detail: "Directrice", URL: "/contacts/elodie", Owner: "jeanne", Parent: s.Dubois,
			Addresses: []string{"elodie@atelier-dubois.example", "elodie.dubois@perso.example"},
		},
		storage.Entity{Ref: s.Paul, Name: "Paul Miller", Detail: "Buyer", Addresses: []string{"paul@miller.example"}, URL: "/contacts/paul", Owner: "karim", Parent: s.Miller},
		storage.Entity{Ref: s.Quote, Name: "Tables for the meeting rooms", Detail: "D-2026-014", URL: "/deals/quote", Owner: "jeanne", Parent: s.Elodie},
	)
	euros := func(cents int64) storage.Value { return storage.Money(big.NewRat(cents, 100), "EUR") }
	line := func(label string, quantity, cents int64) storage.Value {
		return storage.Record(map[string]storage.Value{
			"label": storage.Text(label), "quantity": storage.Int(quantity), "unit_price": euros(cents), "total": euros(quantity * cents),
		})
	}
	for ref, values := range map[storage.Ref]map[string]storage.Value{
		s.Dubois: {"city": storage.Text("Lyon"), "postcode": storage.Text("69001"), "street": storage.Text("12 rue des Tanneurs"), "customer_since": storage.Date(2021, time.April, 1)},
		s.Miller: {"city": storage.Text("Leeds"), "country": storage.Text("United Kingdom")},
		s.Elodie: {"title": storage.Text("Madame"), "first_name": storage.Text("Élodie"), "last_name": storage.Text("Dubois"), "newsletter": storage.Bool(true)},
		s.Paul:   {"first_name": storage.Text("Paul"), "last_name": storage.Text("Miller"), "newsletter": storage.Bool(false)},
		s.Quote: {
			"reference": storage.Text("D-2026-014"), "stage": storage.Text("quote"), "amount": euros(144000), "discount": storage.Decimal(big.NewRat(5, 100)),
			"close_date": storage.Date(2026, time.December, 31), "meeting": storage.Instant(time.Date(2026, time.December, 1, 13, 30, 0, 0, time.UTC)),
			"lines": storage.List(line("Table de réunion", 2, 48000), line("Chaise", 8, 6000)),
		},
	} {
		_ = c.SetFields(ref, values) // built-in fields of records just added: a test reads them back
	}
	c.SetList(tenant, s.List, s.Elodie, s.Paul)
	return s
}
