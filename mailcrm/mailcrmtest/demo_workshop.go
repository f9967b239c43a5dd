package mailcrmtest

import (
	"fmt"
	"strings"
	"time"
)

// ruche is a complaint that ends well.
func (s *story) ruche() {
	t := s.talk("fr", "", "Plateaux rayés à la livraison")
	t.in(16, "10:48", inesMorel, note{starred: true, files: []file{
		{name: "plateau-12.jpg", kind: "image/jpeg", data: photo(71, 360, 240, true)},
	}}, `Bonjour Jeanne,

Les 60 postes sont arrivés hier, et dans l'ensemble tout le monde est conquis. Mais en déballant, nous avons trouvé des rayures profondes sur plusieurs plateaux (photo jointe), et il manque un sachet de visserie.

Nous ouvrons dans douze jours : comment faisons-nous ?

Inès`)
	t.out(16, "11:20", note{cc: []actor{sophieLeblanc}}, `Bonjour Inès,

Je suis vraiment désolée, ce n'est pas ce que nous voulons livrer. Pouvez-vous me dire combien de plateaux sont touchés et m'envoyer leurs numéros (sous le plateau, à gauche) ? Les photos suffisent, ne renvoyez rien.

Les vis partent aujourd'hui en express. Je mets Sophie, notre cheffe d'atelier, en copie.

Jeanne`)
	t.in(15, "09:14", inesMorel, note{cc: []actor{sophieLeblanc}, files: []file{
		{name: "plateau-12.jpg", kind: "image/jpeg", data: photo(71, 360, 240, true)},
		{name: "plateau-31.jpg", kind: "image/jpeg", data: photo(72, 360, 240, true)},
		{name: "plateau-44.jpg", kind: "image/jpeg", data: photo(73, 360, 240, true)},
	}}, `Bonjour,

Trois plateaux seulement : les numéros 12, 31 et 44. Je crois que la palette du milieu a pris un choc. Le livreur l'avait noté sur le bordereau, à vérifier.

Merci d'avoir répondu si vite,
Inès`)
	t.out(14, "16:55", note{}, `Bonjour Inès,

Le transporteur reconnaît le choc, tout est donc clair de ce côté. Trois plateaux neufs sont sur la machine ; ils seront chez vous {+7}, posés par nous, et vous n'avez rien à payer.

Gardez les anciens : une fois poncés, ils feront de très bonnes tables pour votre cuisine.

Bien cordialement,
Jeanne`)
	t.in(6, "18:03", inesMorel, note{}, `Bonjour Jeanne,

Plateaux posés ce matin en une heure, impeccables. Et la table de cuisine est déjà le meuble préféré de tout le monde.

Nous ouvrons {+2} : il y aura du cidre. Venez !

Inès`)
}

// suppliers are those whom Jeanne buys from.
func (s *story) suppliers() {
	t := s.talk("fr", "Archive", "Commande de frêne pour l'hôtel de Hambourg")
	t.out(36, "08:20", note{to: []actor{patrickVuillemin}}, `Bonjour Patrick,

Il nous faut pour Hambourg 14 m³ de frêne en plots de 54, séchés à 10 %, plus 2 m³ de hêtre en 34. Livraison à Nantes pour {+15} au plus tard.

Tu tiens toujours les 890 € du m³ ?

Jeanne`)
	t.in(35, "06:52", patrickVuillemin, note{latin1: true}, `Bonjour Jeanne,

J'ai tout en séchoir sauf 3 m³ de frêne que je rentre vendredi. Pour le prix, le frêne a pris 4 % depuis la chalarose : je te le fais à 915, le hêtre ne bouge pas. Je ne peux pas mieux, désolé.

On charge quand tu veux à partir du {+10}.

Patrick`)
	t.out(34, "09:33", note{}, `Bonjour Patrick,

Va pour 915, mais tu me gardes les plots bien droits pour les têtes de lit. Bon de commande A-0933 par courrier ce soir.

Jeanne`)
	t.in(11, "07:05", patrickVuillemin, note{folder: "INBOX", latin1: true}, `Bonjour Jeanne,

Pour le réassort dont on a parlé (6 m³), mauvaise nouvelle : la route de la scierie est barrée par un éboulement, le camion ne passera pas avant {+4}. Est-ce que ça coince pour toi ou tu as du stock ?

Patrick`)

	truck := s.talk("fr", "", "Enlèvement Nantes > Hambourg, 11 palettes")
	truck.out(15, "14:00", note{to: []actor{exploitationKerbrat}, cc: []actor{gwenaelleKerbrat}}, `Bonjour,

Merci de prévoir l'enlèvement de 11 palettes (3 200 kg) à notre atelier {+4} à 7 h, pour Hambourg, Hotel Alster. Créneau de livraison imposé par la ville : {+5}, de 6 h à 9 h. Le chauffeur doit appeler Lars Petersen une heure avant, au +49 40 66969 318.

Hayon indispensable, pas de double étage.

Bien cordialement,
Jeanne Martin`)
	truck.in(15, "15:31", exploitationKerbrat, note{cc: []actor{gwenaelleKerbrat}}, `Bonjour,

C'est noté : semi avec hayon, chauffeur Loïc, n° de dossier TK-88120. Péages et attente compris, 2 040 € HT comme d'habitude.

L'exploitation`)
	truck.in(9, "08:22", exploitationKerbrat, note{files: []file{{name: "CMR TK-88120.pdf", kind: kindPDF, data: paper{
		from: "Transports Kerbrat", title: "Lettre de voiture CMR – dossier TK-88120", to: []string{"Atelier Nordik", "44000 Nantes"},
		rows: [][]string{{"Marchandise", "Colis", "Poids", "État"}, {"Mobilier bois", "11 palettes", "3 200 kg", "Reçu sans réserve"}},
		foot: []string{"Signé à Hambourg par L. Petersen, 08:10."},
	}.pdf()}}}, `Bonjour,

Livraison effectuée hier à 8 h 10, sans réserve. Vous trouverez la lettre de voiture signée ci-jointe.

Bonne journée,
Gwenaëlle`)
}

// invitation is a calendar entry of an hour (RFC 5545).
func (s *story) invitation(at time.Time, summary, place string, from actor) []byte {
	start := time.Date(at.Year(), at.Month(), at.Day(), 10, 0, 0, 0, at.Location()).UTC()
	const stamp = "20060102T150405Z"
	lines := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//mailcrmtest//demo//FR", "METHOD:REQUEST", "BEGIN:VEVENT",
		fmt.Sprintf("UID:%s@%s", hash(summary)[:12], domainOf(from.address)),
		"DTSTAMP:" + s.now.UTC().Format(stamp), "DTSTART:" + start.Format(stamp), "DTEND:" + start.Add(time.Hour).Format(stamp),
		"SUMMARY:" + summary, "LOCATION:" + strings.ReplaceAll(place, ",", `\,`),
		"ORGANIZER;CN=" + from.name + ":mailto:" + from.address,
		"ATTENDEE;RSVP=TRUE:mailto:" + jeanneMartin.address,
		"END:VEVENT", "END:VCALENDAR", "",
	}
	return []byte(strings.Join(lines, "\r\n"))
}
