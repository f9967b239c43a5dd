package mailcrmtest

// bastide is a group of two companies that share an accountant.
func (s *story) bastide() {
	t := s.talk("fr", "", "Salle des petits déjeuners – Hôtel de la Balance")
	t.in(33, "10:20", elodieGarnier, note{}, `Bonjour Madame Martin,

Bastide Hôtellerie rénove la salle des petits déjeuners de l'Hôtel de la Balance, à Avignon (90 places). Nous consultons trois fabricants français. Le cahier des charges tient en trois lignes : bois massif, assises lavables, livraison avant Pâques.

Pouvez-vous m'indiquer un ordre de grandeur et deux ou trois références comparables ?

Cordialement,
Élodie Garnier`)
	t.out(32, "15:44", note{}, `Bonjour Madame Garnier,

Avec plaisir. Pour 90 places en frêne massif, assises en tissu enduit déhoussable, comptez entre 28 000 et 33 000 € HT selon le plateau des tables. Trois références récentes : l'Hôtel Mercœur à Nantes (110 places), la Maison Kerguélen à Vannes (64) et le réfectoire du lycée hôtelier de Dinard (140).

Pourrions-nous passer voir la salle ? Je suis à Avignon {+6}.

Bien cordialement,
Jeanne Martin`)
	t.in(27, "09:05", elodieGarnier, note{cc: []actor{bernardLacombe}}, `Bonjour Jeanne,

Merci de votre visite, l'équipe a beaucoup apprécié vos échantillons. Je mets en copie mon collègue Bernard Lacombe, de Bastide Patrimoine, qui a un autre projet pour vous au château de Montfrin.

Pour la salle : nous partons sur les tables rondes de 80 (30 unités) et la chaise à dossier plein (90). Pouvez-vous chiffrer précisément ?

Bien à vous,
Élodie`)
	t.out(26, "17:08", note{files: []file{{name: "Devis D-0467.pdf", kind: kindPDF, data: paper{
		from: "Atelier Nordik", title: "Devis D-0467 – Salle des petits déjeuners", to: []string{"Bastide Hôtellerie", "3 rue de la Balance", "84000 Avignon"},
		rows:   [][]string{{"Désignation", "Qté", "P.U. HT", "Total HT"}, {"Table ronde Ø 80, frêne", "30", euros(365_00), euros(10_950_00)}, {"Chaise dossier plein, assise lavable", "90", euros(212_00), euros(19_080_00)}, {"Livraison et mise en place", "1", euros(1_170_00), euros(1_170_00)}},
		totals: [][2]string{{"Total HT", euros(31_200_00)}},
		foot:   []string{"Devis valable 45 jours. Livraison 8 semaines après commande."},
	}.pdf()}}}, `Bonjour Élodie, bonjour Monsieur Lacombe,

Voici le devis D-0467 pour la salle des petits déjeuners : 31 200 € HT, mise en place comprise. Les assises se démontent avec une clé ; vos équipes pourront les laver en machine.

Monsieur Lacombe, je vous écris à part au sujet de Montfrin.

Bien cordialement,
Jeanne`)
	t.in(1, "11:27", elodieGarnier, note{unread: true}, `Bonjour Jeanne,

Vous êtes retenus ! Le comité a tranché hier soir : c'est votre chaise qui a fait la différence, et le fait que vous répondiez au téléphone. Le bon de commande suit dès que notre comptabilité aura créé votre fiche fournisseur (elle vous a écrit, je crois).

Un détail : pourrions-nous avoir deux chaises hautes pour les enfants dans la même série ?

Très cordialement,
Élodie`)

	accounts := s.talk("fr", "", "Référencement fournisseur – pièces à fournir")
	accounts.in(12, "14:02", comptaBastide, note{folder: "Archive"}, `Bonjour,

Dans le cadre de votre référencement auprès des sociétés Bastide Hôtellerie et Bastide Patrimoine, merci de nous transmettre :

- un relevé d'identité bancaire,
- un extrait Kbis de moins de trois mois,
- une attestation de vigilance de l'URSSAF.

Sans ces pièces, aucune commande ne pourra être émise.

Le service comptabilité fournisseurs`)
	accounts.out(11, "09:40", note{files: []file{
		{name: "RIB Atelier Nordik.pdf", kind: kindPDF, data: paper{from: "Atelier Nordik", title: "Relevé d'identité bancaire", rows: [][]string{{"Titulaire", "", "", ""}, {"ATELIER NORDIK SAS", "", "", ""}}, foot: []string{"Document de démonstration : aucun compte réel n'est indiqué."}}.pdf()},
		{name: "Kbis.pdf", kind: kindPDF, data: paper{from: "Atelier Nordik", title: "Extrait Kbis", rows: [][]string{{"Dénomination", "", "", ""}, {"ATELIER NORDIK, société par actions simplifiée", "", "", ""}}, foot: []string{"Document de démonstration."}}.pdf()},
		{name: "Attestation de vigilance.pdf", kind: kindPDF, data: paper{from: "Atelier Nordik", title: "Attestation de vigilance", rows: [][]string{{"Période", "", "", ""}, {"Troisième trimestre", "", "", ""}}, foot: []string{"Document de démonstration."}}.pdf()},
	}}, `Bonjour,

Vous trouverez les trois pièces demandées en pièces jointes. Elles valent pour les deux sociétés.

Je reste à votre disposition s'il manque quoi que ce soit.

Bien cordialement,
Jeanne Martin`)
	accounts.in(3, "16:33", comptaBastide, note{}, `Bonjour,

Vos pièces sont conformes. Votre compte fournisseur est ouvert sous le numéro 401-NORDIK pour Bastide Hôtellerie ; l'ouverture pour Bastide Patrimoine est en cours.

Merci d'adresser vos factures à cette adresse, au format PDF, une facture par message, en rappelant le numéro du bon de commande.

Le service comptabilité fournisseurs`)

	castle := s.talk("fr", "", "Bibliothèque du château de Montfrin")
	castle.out(25, "10:31", note{to: []actor{bernardLacombe}, cc: []actor{marcDubois}}, `Bonjour Monsieur Lacombe,

Élodie Garnier nous a mis en relation au sujet du château de Montfrin. Pourriez-vous m'en dire un peu plus : s'agit-il de restaurer la bibliothèque existante ou d'en créer une ?

Mon collègue Marc Dubois, en copie, suit chez nous les bâtiments classés.

Bien cordialement,
Jeanne Martin`)
	castle.in(24, "08:17", bernardLacombe, note{cc: []actor{marcDubois}}, `Bonjour,

Les deux ! Le rez-de-chaussée garde ses boiseries de 1780, qu'il faut consolider ; à l'étage nous voulons 28 mètres de rayonnages neufs dans le même esprit. L'architecte des Bâtiments de France est d'accord sur le principe.

Le plus simple est de venir voir. La route est mauvaise mais le café est bon.

B. Lacombe`)
	castle.out(23, "11:15", note{}, `Bonjour Monsieur Lacombe,

C'est exactement le genre de projet que nous aimons. Marc et moi pouvons être sur place {+8} à 10 h, si cela vous convient. Nous apporterons de quoi relever les moulures.

Bien cordialement,
Jeanne`)
	castle.in(18, "17:49", bernardLacombe, note{cc: []actor{marcDubois}, files: []file{{name: "visite-montfrin.ics", kind: "text/calendar; charset=utf-8; method=REQUEST", data: s.invitation(workingDays(s.at(18, "17:49"), 3), "Visite du château de Montfrin", "Château de Montfrin, cour d'honneur", bernardLacombe)}}}, `Bonjour,

C'est noté pour vous deux. Je vous joins l'invitation pour vos agendas. Demandez le gardien à la grille, il a la clé de l'étage.

B. Lacombe`)
	castle.out(14, "18:20", note{}, `Bonjour Monsieur Lacombe,

Merci pour votre accueil, et pour le café, qui était à la hauteur de sa réputation. Voici ce que nous avons retenu de la visite :

- rez-de-chaussée : reprise de onze panneaux, deux à refaire entièrement, collage à la colle d'os ;
- étage : 28 m linéaires en chêne, sept travées, échelle sur rail ;
- accès : rien de plus long que 2,60 m dans l'escalier à vis.

Marc prépare un chiffrage en deux tranches pour {+12}.

Bien cordialement,
Jeanne`)

	forged := s.talk("fr", "", "URGENT : changement de nos coordonnées bancaires")
	forged.in(2, "06:48", comptaBastide, note{forged: true, unread: true, unsigned: true, more: []field{{"Reply-To", "compta.groupe-bastide@boite-rapide.example"}}}, `Bonjour,

Suite à un audit interne, nos coordonnées bancaires ont changé. Merci de rembourser l'acompte versé par erreur (4 870,00 €) sur le nouveau compte ci-dessous avant ce soir, et de ne pas appeler : nos lignes sont en maintenance.

IBAN : XX00 0000 0000 0000 0000 0000 000

Merci de confirmer par retour de mail dès que c'est fait.

La comptabilité`)
}
