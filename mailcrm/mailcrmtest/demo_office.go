package mailcrmtest

import "strings"

// office is what colleagues and machines write. None of it belongs to a client.
func (s *story) office() {
	t := s.talk("fr", "Archive", "Réunion commerciale : ordre du jour")
	t.in(30, "17:55", marcDubois, note{}, `Salut Jeanne,

Pour lundi je voudrais qu'on parle de trois choses : l'Alster (bravo !), la relance de Saint-Malo et qui s'occupe du château si Bastide nous suit. Tu vois autre chose ?

Marc`)
	t.out(30, "18:20", note{}, `Merci Marc ! J'ajouterais le salon : on a 31 cartes de visite dans un tiroir et personne n'a écrit à personne. Je prends les Anglais, tu prends le Sud ?

J.`)

	t = s.talk("fr", "", "Tr: Devis pour une salle de réunion")
	forwarded := &letter{
		from: mailbox{"Hélène Castagnier", "helene.castagnier@cabinet-castagnier.example"}, to: []mailbox{marcDubois.mailbox()},
		subject: "Devis pour une salle de réunion", date: s.at(5, "19:12"), id: "c7f1a2@cabinet-castagnier.example",
		text: "Bonjour,\n\nNotre cabinet d'avocats s'agrandit. Nous cherchons une table de réunion pour quatorze personnes, en bois sombre, avec passage de câbles, et quatorze fauteuils. Pouvez-vous nous établir un devis ?\n\nMaître Hélène Castagnier\nCabinet Castagnier, Bordeaux\n",
	}
	t.in(4, "08:33", marcDubois, note{}, `Salut,

Je suis en Italie jusqu'à {+4}, tu peux reprendre celui-ci ? Elle a l'air pressée et c'est plutôt ta clientèle. Je te mets son message en pièce jointe.

Marc`).letter.forward(forwarded)

	t = s.talk("fr", "", "Planning atelier de la semaine")
	t.in(0, "1h30m", sophieLeblanc, note{unread: true, cc: []actor{marcDubois}}, `Bonjour à tous les deux,

- Alster, lot 2 : usinage fini, on huile aujourd'hui et demain
- Saint-Aubin : terminé
- Lyon : toujours pas signé ? J'ai un trou dans trois semaines, ce serait l'idéal
- Le robinier arrive {+2}

La grande scie est en révision {+1}, prévoyez vos visites clients un autre jour.

Sophie`)

	letters := actor{name: "La Lettre du Bois", address: "lettre@lettre-du-bois.example"}
	for _, issue := range []struct {
		days   int
		clock  string
		number string
		title  string
		teaser string
		unread bool
	}{
		{26, "07:00", "211", "Chalarose du frêne : où en est la ressource ?", "Les cours ont pris 4 % en un trimestre. Enquête dans les scieries du Jura et des Vosges.", false},
		{3, "07:00", "212", "Huiles, cires, vernis : le grand comparatif", "Douze finitions, six mois au soleil de Marseille. Le résultat surprend.", true},
	} {
		list := s.talk("fr", "", "La Lettre du Bois n° "+issue.number+" – "+issue.title)
		list.in(issue.days, issue.clock, letters, note{unread: issue.unread, unsigned: true, html: newsletter(issue.number, issue.title, issue.teaser), more: []field{
			{"List-Id", "La Lettre du Bois <hebdo.lettre-du-bois.example>"},
			{"List-Unsubscribe", "<https://lettre-du-bois.example/desabonnement?c=8841f2>, <mailto:stop@lettre-du-bois.example?subject=stop>"},
			{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
			{"Precedence", "bulk"},
		}}, issue.title+"\n\n"+issue.teaser+"\n\nLire en ligne : https://lettre-du-bois.example/"+issue.number)
	}

	fair := s.talk("fr", "", "Votre badge exposant")
	fair.in(23, "12:00", actor{name: "Salon Bois & Hôtels", address: "exposants@salon-bois-hotels.example"}, note{unsigned: true, files: []file{{name: "badge.png", kind: "image/png", data: logo("Salon Bois & Hôtels", 210)}}}, `Bonjour Jeanne Martin,

Votre badge exposant est joint à ce message. Présentez-le à l'entrée Nord, sur papier ou sur votre téléphone. Montage des stands : la veille, de 8 h à 20 h.

L'équipe du salon`)
	portal := s.talk("fr", "", "Votre facture F-0679 a été prise en compte")
	portal.in(5, "06:15", actor{name: "Portail de facturation publique", address: "ne-pas-repondre@facturation-publique.example"}, note{unsigned: true, plain: true, more: []field{{"Auto-Submitted", "auto-generated"}}}, `Bonjour,

La facture F-0679 d'un montant de 29 736,00 € TTC, déposée par ATELIER NORDIK, a été prise en compte par la Ville de Saint-Aubin.

Statut : mise à disposition du service gestionnaire.

Ceci est un message automatique, merci de ne pas y répondre.`)

	gone := s.talk("fr", "Trash", "Annulé : point planning")
	gone.in(12, "09:00", marcDubois, note{}, `Je suis coincé dans le train, on fait le point demain matin. M.`)
	offer := s.talk("fr", "Trash", "Vos cartouches d'encre à -30 %")
	offer.in(18, "13:13", actor{name: "Bureau Facile", address: "promo@bureau-facile.example"}, note{unsigned: true, more: []field{{"List-Unsubscribe", "<https://bureau-facile.example/stop/jm>"}, {"Precedence", "bulk"}}}, `Bonjour Jeanne,

Cette semaine seulement : -30 % sur toutes les cartouches compatibles avec votre imprimante, livraison offerte dès 49 €.

Bureau Facile`)
}

// forward hangs a message behind the text, as mail programs forward "as attachment".
func (l *letter) forward(m *letter) {
	mark := l.boundary("fwd")
	var b strings.Builder
	b.WriteString("--" + mark + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
	b.WriteString(strings.ReplaceAll(l.text, "\n", "\r\n"))
	b.WriteString("\r\n--" + mark + "\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=\"message.eml\"\r\n\r\n")
	b.Write(m.bytes())
	b.WriteString("\r\n--" + mark + "--\r\n")
	l.body = &rawPart{contentType: "multipart/mixed;\r\n boundary=\"" + mark + "\"", data: []byte(b.String())}
}

func newsletter(number, title, teaser string) string {
	const images = "https://images.lettre-du-bois.example/"
	item := func(picture, head, text string) string {
		return `<tr><td style="padding:16px 24px;border-top:1px solid #e7dfd3"><img src="` + images + picture + `" width="552" height="240" alt="` + escape(head) +
			`"><h2 style="font-size:18px;color:#4a3420">` + escape(head) + `</h2><p>` + escape(text) + `</p></td></tr>` + "\n"
	}
	return `<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>La Lettre du Bois</title></head>
<body style="margin:0;background:#f4efe6;font-family:Georgia,serif;color:#333">
<div style="display:none;max-height:0;overflow:hidden">` + escape(teaser) + `</div>
<table width="600" align="center" cellpadding="0" cellspacing="0" style="background:#fff">
<tr><td style="padding:24px;background:#4a3420;color:#fff;font-size:24px">La Lettre du Bois <span style="font-size:14px">n° ` + number + `</span></td></tr>
` + item("une-"+number+".jpg", title, teaser) +
		item("agenda.jpg", "Agenda", "Trois salons à ne pas manquer d'ici la fin du trimestre, et une visite de séchoir solaire dans le Morvan.") +
		item("portrait.jpg", "Portrait : la dernière tourneuse de Saint-Claude", "À 71 ans, Odette Perrin forme son premier apprenti.") +
		`<tr><td style="padding:16px 24px;font-size:12px;color:#888">Vous recevez cette lettre car vous êtes abonnée. <a href="https://lettre-du-bois.example/desabonnement?c=8841f2">Se désabonner</a></td></tr>
</table>
<img src="https://mesure.lettre-du-bois.example/o.gif?c=8841f2&amp;n=` + number + `" width="1" height="1" alt="">
</body></html>
`
}
