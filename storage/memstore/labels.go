package memstore

import (
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// entityFields is what every record has: it comes from the Entity.
var entityFields = []storage.Field{
	{Name: "name", Type: storage.ValueText, Example: "Atelier Dubois"},
	{Name: "detail", Type: storage.ValueText, Example: "Lyon"},
	{Name: "email", Type: storage.ValueText, Example: "contact@atelier-dubois.example"},
	{Name: "emails", Type: storage.ValueList, Fields: []storage.Field{{Name: "email", Type: storage.ValueText}}},
	{Name: "url", Type: storage.ValueText, Example: "/accounts/1"},
}

var agentFields = []storage.Field{
	{Name: "name", Type: storage.ValueText, Example: "Jeanne Martin"},
	{Name: "email", Type: storage.ValueText, Example: "jeanne.martin@demo.example"},
}

// stored is what each kind has besides, set by SetFields and Create.
var stored = map[storage.Kind][]storage.Field{
	storage.KindAccount: {
		{Name: "phone", Type: storage.ValueText, Example: "+33 4 72 00 00 00"},
		{Name: "street", Type: storage.ValueText, Example: "12 rue des Tanneurs"},
		{Name: "postcode", Type: storage.ValueText, Example: "69001"},
		{Name: "city", Type: storage.ValueText, Example: "Lyon"},
		{Name: "country", Type: storage.ValueText, Example: "France"},
		{Name: "customer_since", Type: storage.ValueDate, Example: "2021-04-01"},
	},
	storage.KindContact: {
		{Name: "title", Type: storage.ValueText, Example: "Madame"},
		{Name: "first_name", Type: storage.ValueText, Example: "Élodie"},
		{Name: "last_name", Type: storage.ValueText, Example: "Dubois"},
		{Name: "phone", Type: storage.ValueText, Example: "+33 6 12 00 00 00"},
		{Name: "birthday", Type: storage.ValueDate, Example: "1984-02-29"},
		{Name: "newsletter", Type: storage.ValueBool, Example: "true"},
	},
	storage.KindDeal: {
		{Name: "reference", Type: storage.ValueText, Example: "D-2026-014"},
		{Name: "stage", Type: storage.ValueText, Example: "quote"},
		{Name: "amount", Type: storage.ValueMoney, Example: "1234.50 EUR"},
		{Name: "discount", Type: storage.ValueDecimal, Example: "0.05"},
		{Name: "close_date", Type: storage.ValueDate, Example: "2026-12-31"},
		{Name: "meeting", Type: storage.ValueInstant, Example: "2026-12-01T14:30:00+01:00"},
		{Name: "lines", Type: storage.ValueList, Fields: []storage.Field{
			{Name: "label", Type: storage.ValueText, Example: "Table de réunion"},
			{Name: "quantity", Type: storage.ValueInt, Example: "2"},
			{Name: "unit_price", Type: storage.ValueMoney, Example: "480.00 EUR"},
			{Name: "total", Type: storage.ValueMoney, Example: "960.00 EUR"},
		}},
	},
}

// labels are for people: English, French.
var labels = map[string][2]string{
	"name": {"Name", "Nom"}, "detail": {"Detail", "Précision"}, "email": {"E-mail", "E-mail"}, "emails": {"E-mails", "E-mails"},
	"url": {"Page", "Page"}, "owner": {"Owner", "Responsable"}, "account": {"Company", "Société"}, "contact": {"Contact", "Contact"},
	"phone": {"Phone", "Téléphone"}, "street": {"Street", "Rue"}, "postcode": {"Postcode", "Code postal"}, "city": {"City", "Ville"},
	"country": {"Country", "Pays"}, "customer_since": {"Customer since", "Client depuis"}, "title": {"Title", "Civilité"},
	"first_name": {"First name", "Prénom"}, "last_name": {"Last name", "Nom de famille"}, "birthday": {"Birthday", "Date de naissance"},
	"newsletter": {"Newsletter", "Lettre d'information"}, "reference": {"Reference", "Référence"}, "stage": {"Stage", "Étape"},
	"amount": {"Amount", "Montant"}, "discount": {"Discount", "Remise"}, "close_date": {"Close date", "Date de clôture"},
	"meeting": {"Meeting", "Rendez-vous"}, "lines": {"Lines", "Lignes"}, "label": {"Item", "Désignation"}, "quantity": {"Quantity", "Quantité"},
	"unit_price": {"Unit price", "Prix unitaire"}, "total": {"Total", "Total"},
}

// label gives fields without a Label one in the language of a locale: French, or English for every other.
func label(fields []storage.Field, locale string) {
	language := 0
	if strings.HasPrefix(strings.ToLower(locale), "fr") {
		language = 1
	}
	for i := range fields {
		if fields[i].Label == "" {
			fields[i].Label = labels[fields[i].Name][language]
		}
		if fields[i].Label == "" {
			fields[i].Label = strings.ReplaceAll(fields[i].Name, "_", " ")
		}
		label(fields[i].Fields, locale)
	}
}
