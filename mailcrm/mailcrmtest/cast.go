package mailcrmtest

import (
	"slices"
	"strings"
)

// Players are the people of the demo: Atelier Nordik of Nantes, which makes furniture of wood for hotels, restaurants and
// libraries, and those whom it writes with. The mails of [Demo] are between them.
type Players struct {
	Agents    []Agent   // who uses the CRM; their mailboxes are those of [Demo] and [DemoOf]
	Companies []Company // customers and suppliers
	Contacts  []Contact
	Deals     []Deal
}

// An Agent is a user of the CRM.
type Agent struct {
	ID      string // "jeanne"
	Name    string
	Address string
	Title   string
	Phone   string
}

// A Company is an entity with a domain of its own.
type Company struct {
	ID        string
	Name      string
	Domain    string
	Addresses []string // of the company itself, not of a person; another company may have one of them too
	Phone     string
	Street    string
	City      string // with its postcode
	Country   string // ISO 3166-1: "FR"
	Language  string // "fr" or "en"
}

// A Contact is a person of a company.
type Contact struct {
	ID        string
	CompanyID string
	FirstName string
	LastName  string
	Title     string
	Addresses []string // the first one is the usual one
	Phone     string
	Language  string
}

// A Deal is business with a company.
type Deal struct {
	ID        string
	CompanyID string
	ContactID string
	AgentID   string
	Name      string
	Cents     int64 // of the currency, without tax
	Currency  string
	Stage     string // "qualification", "proposal", "negotiation", "won", "delivered", "invoiced"
}

// Cast is the CRM that belongs to the demo. Two of its companies share the address compta@groupe-bastide.example, and
// one contact, Camille Rousseau, has two addresses. The result is the caller's to change.
func Cast() Players {
	return Players{
		Agents: []Agent{
			{"jeanne", "Jeanne Martin", "jeanne.martin@demo.example", "Chargée d'affaires", "02 61 91 04 12"},
			{"marc", "Marc Dubois", "marc.dubois@demo.example", "Responsable commercial", "02 61 91 04 10"},
		},
		Companies: []Company{
			{"nordwind", "Nordwind Hotels GmbH", "nordwind.example", []string{"einkauf@nordwind.example"}, "+49 40 66969 310", "Ballindamm 40", "20095 Hamburg", "DE", "en"},
			{"lumiere", "Les Tables de Lumière", "tables-lumiere.example", []string{"contact@tables-lumiere.example"}, "04 65 71 22 08", "14 montée de la Grande-Côte", "69001 Lyon", "FR", "fr"},
			{"bastide-hotellerie", "Bastide Hôtellerie", "groupe-bastide.example", []string{"compta@groupe-bastide.example"}, "04 65 71 40 00", "3 rue de la Balance", "84000 Avignon", "FR", "fr"},
			{"bastide-patrimoine", "Bastide Patrimoine", "groupe-bastide.example", []string{"compta@groupe-bastide.example"}, "04 65 71 40 20", "3 rue de la Balance", "84000 Avignon", "FR", "fr"},
			{"saint-aubin", "Ville de Saint-Aubin", "saint-aubin.example", []string{"marches@saint-aubin.example"}, "02 61 91 77 30", "Place de la Mairie", "49500 Saint-Aubin", "FR", "fr"},
			{"hartley", "Hartley & Finch Interiors", "hartleyfinch.example", nil, "+44 20 7946 0145", "27 Chiltern Street", "London W1U 7PL", "GB", "en"},
			{"delorme", "Delorme Architectes", "delorme-architectes.example", nil, "02 61 91 33 70", "8 rue Kervégan", "44000 Nantes", "FR", "fr"},
			{"ruche", "La Ruche Bleue", "laruchebleue.example", []string{"bonjour@laruchebleue.example"}, "02 61 91 58 19", "21 quai Lamennais", "35000 Rennes", "FR", "fr"},
			{"brasserie", "Brasserie du Port", "brasserie-du-port.example", nil, "02 61 91 81 44", "5 quai Saint-Louis", "35400 Saint-Malo", "FR", "fr"},
			{"maple", "Maple & Stone Ltd", "maplestone.example", nil, "+44 131 496 0274", "62 Thistle Street", "Edinburgh EH2 1EN", "GB", "en"},
			{"scierie", "Scierie Vuillemin", "scierie-vuillemin.example", nil, "03 53 01 15 62", "Route de la Vouivre", "39150 Saint-Laurent", "FR", "fr"},
			{"kerbrat", "Transports Kerbrat", "kerbrat.example", []string{"exploitation@kerbrat.example"}, "02 61 91 20 90", "ZA de la Forêt", "44130 Blain", "FR", "fr"},
		},
		Contacts: []Contact{
			{"anke", "nordwind", "Anke", "Vogel", "Head of Purchasing", []string{"anke.vogel@nordwind.example"}, "+49 40 66969 312", "en"},
			{"lars", "nordwind", "Lars", "Petersen", "Project Manager", []string{"lars.petersen@nordwind.example"}, "+49 40 66969 318", "en"},
			{"camille", "lumiere", "Camille", "Rousseau", "Gérante", []string{"camille@tables-lumiere.example", "camille.rousseau@courriel.example"}, "06 39 98 41 07", "fr"},
			{"elodie", "bastide-hotellerie", "Élodie", "Garnier", "Responsable des achats", []string{"elodie.garnier@groupe-bastide.example"}, "04 65 71 40 03", "fr"},
			{"bernard", "bastide-patrimoine", "Bernard", "Lacombe", "Directeur technique", []string{"bernard.lacombe@groupe-bastide.example"}, "04 65 71 40 21", "fr"},
			{"nadia", "saint-aubin", "Nadia", "Benali", "Directrice de la médiathèque", []string{"n.benali@saint-aubin.example"}, "02 61 91 77 36", "fr"},
			{"oliver", "hartley", "Oliver", "Finch", "Partner", []string{"oliver@hartleyfinch.example"}, "+44 20 7946 0146", "en"},
			{"priya", "hartley", "Priya", "Shah", "Senior Designer", []string{"priya@hartleyfinch.example"}, "+44 20 7946 0149", "en"},
			{"thomas", "delorme", "Thomas", "Delorme", "Architecte DPLG", []string{"t.delorme@delorme-architectes.example"}, "02 61 91 33 71", "fr"},
			{"ines", "ruche", "Inès", "Morel", "Responsable du site", []string{"ines@laruchebleue.example"}, "06 39 98 60 32", "fr"},
			{"yann", "brasserie", "Yann", "Le Goff", "Gérant", []string{"yann@brasserie-du-port.example"}, "06 39 98 18 55", "fr"},
			{"fiona", "maple", "Fiona", "Campbell", "Buyer", []string{"fiona.campbell@maplestone.example"}, "+44 131 496 0275", "en"},
			{"patrick", "scierie", "Patrick", "Vuillemin", "Gérant", []string{"p.vuillemin@scierie-vuillemin.example"}, "03 53 01 15 62", "fr"},
			{"gwenaelle", "kerbrat", "Gwenaëlle", "Kerbrat", "Responsable de l'exploitation", []string{"gwenaelle@kerbrat.example"}, "02 61 91 20 91", "fr"},
		},
		Deals: []Deal{
			{"alster", "nordwind", "anke", "jeanne", "Hotel Alster, 48 chambres", 86_400_00, "EUR", "won"},
			{"terrasse", "lumiere", "camille", "jeanne", "Terrasse de la Croix-Rousse", 18_950_00, "EUR", "negotiation"},
			{"petit-dejeuner", "bastide-hotellerie", "elodie", "jeanne", "Salle des petits déjeuners", 31_200_00, "EUR", "proposal"},
			{"bibliotheque", "bastide-patrimoine", "bernard", "marc", "Bibliothèque du château de Montfrin", 12_600_00, "EUR", "qualification"},
			{"rayonnages", "saint-aubin", "nadia", "jeanne", "Rayonnages de l'espace jeunesse", 24_780_00, "EUR", "delivered"},
			{"marylebone", "hartley", "priya", "jeanne", "Marylebone townhouse", 42_300_00, "GBP", "proposal"},
			{"postes", "ruche", "ines", "jeanne", "60 postes de travail", 27_900_00, "EUR", "delivered"},
			{"banquettes", "brasserie", "yann", "marc", "Banquettes et tables", 9_840_00, "EUR", "invoiced"},
			{"showroom", "maple", "fiona", "jeanne", "Showroom shelving", 15_400_00, "GBP", "qualification"},
		},
	}
}

// Addresses are the addresses of companies and contacts, lower case, each with the IDs of those who have it, companies
// first: what a host's look-up answers.
func (p Players) Addresses() map[string][]string {
	by := map[string][]string{}
	for _, c := range p.Companies {
		for _, a := range c.Addresses {
			by[strings.ToLower(a)] = append(by[strings.ToLower(a)], c.ID)
		}
	}
	for _, c := range p.Contacts {
		for _, a := range c.Addresses {
			by[strings.ToLower(a)] = append(by[strings.ToLower(a)], c.ID)
		}
	}
	return by
}

// Company is the company with an ID.
func (p Players) Company(id string) (Company, bool) {
	i := slices.IndexFunc(p.Companies, func(c Company) bool { return c.ID == id })
	if i < 0 {
		return Company{}, false
	}
	return p.Companies[i], true
}
