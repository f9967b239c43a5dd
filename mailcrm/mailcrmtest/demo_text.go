package mailcrmtest

import (
	"fmt"
	"strings"
)

// actor writes mails in the demo.
type actor struct {
	name    string
	address string
	second  string   // another address
	lines   []string // below the name in the signature
	logo    string   // the company whose logo the signature has; empty for none
	program string   // User-Agent
	plain   bool     // writes text only
}

func (a actor) mailbox() mailbox { return mailbox{a.name, a.address} }

// plainText is a text, what is below it, and what it answers.
func plainText(text string, from actor, n note, quoted *said, language string) string {
	var b strings.Builder
	b.WriteString(strings.TrimSpace(text) + "\n")
	if !n.unsigned && len(from.lines) > 0 {
		b.WriteString("\n-- \n" + from.name + "\n" + strings.Join(from.lines, "\n") + "\n")
	}
	if quoted != nil {
		b.WriteString("\n" + quoted.plain(language))
	}
	return b.String()
}

func (s *said) plain(language string) string {
	inner := strings.TrimSpace(s.text)
	if s.before != nil {
		inner += "\n\n" + strings.TrimRight(s.before.plain(language), "\n")
	}
	lines := strings.Split(inner, "\n")
	for i, line := range lines {
		mark := "> "
		if line == "" || strings.HasPrefix(line, ">") {
			mark = ">"
		}
		lines[i] = mark + line
	}
	return s.intro(language) + "\n" + strings.Join(lines, "\n") + "\n"
}

func (s *said) intro(language string) string {
	if language == "fr" {
		return fmt.Sprintf("Le %s %d à %s, %s a écrit :", strings.TrimPrefix(dayInWords(s.at, "fr"), " "), s.at.Year(), s.at.Format("15:04"), s.by.name)
	}
	return fmt.Sprintf("On %s at %s, %s wrote:", s.at.Format("2 January 2006"), s.at.Format("15:04"), s.by.name)
}

// richText is the same as HTML, with the logo of the signature as a part of its own.
func richText(text string, from actor, n note, quoted *said, language string) (string, []file) {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"" + language + "\"><head><meta charset=\"utf-8\"></head>\n")
	b.WriteString("<body style=\"font-family:Calibri,'Segoe UI',Arial,sans-serif;font-size:11pt;color:#222\">\n")
	writeParagraphs(&b, text)
	var inline []file
	if !n.unsigned && len(from.lines) > 0 {
		cell := ""
		if from.logo != "" {
			id := "logo-" + hash(from.logo)[:8] + "@" + domainOf(from.address)
			inline = []file{{name: "logo.png", kind: "image/png", data: logo(from.logo, 70), id: id}}
			cell = `<td style="padding-right:12px"><img src="cid:` + id + `" width="56" height="56" alt="` + escape(from.logo) + `"></td>`
		}
		b.WriteString(`<table class="signature" cellpadding="0" cellspacing="0" style="font-size:9.5pt;color:#555"><tr>` + cell +
			"<td><b>" + escape(from.name) + "</b><br>\n" + strings.ReplaceAll(escape(strings.Join(from.lines, "\n")), "\n", "<br>\n") + "</td></tr></table>\n")
	}
	if quoted != nil {
		b.WriteString("<br>\n")
		quoted.rich(&b, language)
	}
	b.WriteString("</body></html>\n")
	return b.String(), inline
}

func (s *said) rich(b *strings.Builder, language string) {
	b.WriteString("<div>" + escape(s.intro(language)) + "</div>\n")
	b.WriteString("<blockquote type=\"cite\" style=\"margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex\">\n")
	writeParagraphs(b, s.text)
	if s.before != nil {
		s.before.rich(b, language)
	}
	b.WriteString("</blockquote>\n")
}

// The actors. Their addresses are those of the cast.
var (
	jeanneMartin = actor{
		name: "Jeanne Martin", address: "jeanne.martin@demo.example", logo: "Atelier Nordik",
		lines: []string{"Chargée d'affaires", "Atelier Nordik · 12 quai de la Fosse, 44000 Nantes", "02 61 91 04 12"},
	}
	marcDubois = actor{
		name: "Marc Dubois", address: "marc.dubois@demo.example", logo: "Atelier Nordik", program: "Mozilla Thunderbird",
		lines: []string{"Responsable commercial", "Atelier Nordik", "02 61 91 04 10"},
	}
	sophieLeblanc = actor{name: "Sophie Leblanc", address: "atelier@demo.example", program: "Mozilla Thunderbird", plain: true}
	ankeVogel     = actor{
		name: "Anke Vogel", address: "anke.vogel@nordwind.example", logo: "Nordwind Hotels", program: "Microsoft Outlook 16.0",
		lines: []string{"Head of Purchasing", "Nordwind Hotels GmbH", "Ballindamm 40, 20095 Hamburg", "T +49 40 66969 312"},
	}
	larsPetersen = actor{
		name: "Lars Petersen", address: "lars.petersen@nordwind.example", logo: "Nordwind Hotels", program: "Microsoft Outlook 16.0",
		lines: []string{"Project Manager", "Nordwind Hotels GmbH", "T +49 40 66969 318"},
	}
	camilleRousseau = actor{
		name: "Camille Rousseau", address: "camille@tables-lumiere.example", second: "camille.rousseau@courriel.example",
		logo: "Les Tables de Lumière", program: "Apple Mail (2.3826)",
		lines: []string{"Les Tables de Lumière", "14 montée de la Grande-Côte, 69001 Lyon", "06 39 98 41 07"},
	}
	yannLeGoff    = actor{name: "Yann Le Goff", address: "yann@brasserie-du-port.example", program: "iPhone Mail (24A335)", plain: true}
	elodieGarnier = actor{
		name: "Élodie Garnier", address: "elodie.garnier@groupe-bastide.example", logo: "Groupe Bastide", program: "Microsoft Outlook 16.0",
		lines: []string{"Responsable des achats", "Bastide Hôtellerie · Groupe Bastide", "04 65 71 40 03"},
	}
	bernardLacombe = actor{
		name: "Bernard Lacombe", address: "bernard.lacombe@groupe-bastide.example", logo: "Groupe Bastide", program: "Microsoft Outlook 16.0",
		lines: []string{"Directeur technique", "Bastide Patrimoine · Groupe Bastide", "04 65 71 40 21"},
	}
	comptaBastide = actor{
		name: "Comptabilité Groupe Bastide", address: "compta@groupe-bastide.example", program: "Microsoft Outlook 16.0",
		lines: []string{"Service comptabilité fournisseurs", "3 rue de la Balance, 84000 Avignon"},
	}
	marchesSaintAubin = actor{
		name: "Ville de Saint-Aubin – Marchés publics", address: "marches@saint-aubin.example", program: "Zimbra 10.1",
		lines: []string{"Service de la commande publique", "Place de la Mairie, 49500 Saint-Aubin"},
	}
	nadiaBenali = actor{
		name: "Nadia Benali", address: "n.benali@saint-aubin.example", program: "Zimbra 10.1",
		lines: []string{"Directrice de la médiathèque", "Ville de Saint-Aubin", "02 61 91 77 36"},
	}
	thomasDelorme = actor{
		name: "Thomas Delorme", address: "t.delorme@delorme-architectes.example", logo: "Delorme Architectes", program: "Apple Mail (2.3826)",
		lines: []string{"Architecte DPLG", "Delorme Architectes, 8 rue Kervégan, Nantes"},
	}
	oliverFinch = actor{
		name: "Oliver Finch", address: "oliver@hartleyfinch.example", logo: "Hartley & Finch", program: "Apple Mail (2.3826)",
		lines: []string{"Partner", "Hartley & Finch Interiors", "27 Chiltern Street, London W1U 7PL"},
	}
	priyaShah = actor{
		name: "Priya Shah", address: "priya@hartleyfinch.example", logo: "Hartley & Finch", program: "Apple Mail (2.3826)",
		lines: []string{"Senior Designer", "Hartley & Finch Interiors", "+44 20 7946 0149"},
	}
	fionaCampbell = actor{
		name: "Fiona Campbell", address: "fiona.campbell@maplestone.example", logo: "Maple & Stone", program: "Microsoft Outlook 16.0",
		lines: []string{"Buyer", "Maple & Stone Ltd", "62 Thistle Street, Edinburgh"},
	}
	inesMorel = actor{
		name: "Inès Morel", address: "ines@laruchebleue.example", logo: "La Ruche Bleue",
		lines: []string{"Responsable du site", "La Ruche Bleue, 21 quai Lamennais, Rennes"},
	}
	patrickVuillemin = actor{
		name: "Patrick Vuillemin", address: "p.vuillemin@scierie-vuillemin.example", plain: true, program: "Windows Live Mail 16.4",
		lines: []string{"Scierie Vuillemin", "Saint-Laurent (Jura)", "03 53 01 15 62"},
	}
	exploitationKerbrat = actor{
		name: "Exploitation Kerbrat", address: "exploitation@kerbrat.example",
		lines: []string{"Transports Kerbrat, ZA de la Forêt, 44130 Blain", "02 61 91 20 90"},
	}
	gwenaelleKerbrat = actor{
		name: "Gwenaëlle Kerbrat", address: "gwenaelle@kerbrat.example",
		lines: []string{"Responsable de l'exploitation", "Transports Kerbrat"},
	}
)
