package web

// recordWords are those of the CRM's records.
var recordWords = map[string]phrase{
	"records.find":       {"Name, town or address", "Nom, ville ou adresse"},
	"record.new":         {"New record", "Nouvelle fiche"},
	"record.create":      {"Create", "Créer"},
	"record.kind":        {"What", "Type"},
	"record.name":        {"Name", "Nom"},
	"record.detail":      {"Details", "Précision"},
	"record.first":       {"First name", "Prénom"},
	"record.last":        {"Last name", "Nom"},
	"record.company":     {"Name of the company", "Nom de la société"},
	"record.address":     {"Mail address", "Adresse e-mail"},
	"record.phone":       {"Telephone", "Téléphone"},
	"record.parent":      {"Company", "Société"},
	"record.write":       {"Write", "Écrire"},
	"record.history":     {"History", "Historique"},
	"record.about":       {"About", "Fiche"},
	"record.add_contact": {"Add a contact", "Ajouter un contact"},
	"record.sent":        {"%s to %s", "%s à %s"},
	"record.received":    {"%s to %s", "%s à %s"},

	"record.around":     {"Mails of its contacts", "Messages de ses contacts"},
	"empty.history.own": {"No mail has the company's own address.", "Aucun message ne porte l'adresse de la société elle-même."},

	"empty.records":      {"No records yet", "Aucune fiche"},
	"empty.records.hint": {"Create one here, or from a mail.", "Créez-en une ici, ou depuis un message."},
	"empty.history":      {"No mail yet", "Aucun message"},
	"empty.history.hint": {"Mails of the addresses of this record appear here by themselves.", "Les messages des adresses de cette fiche apparaissent ici d'eux-mêmes."},
}
