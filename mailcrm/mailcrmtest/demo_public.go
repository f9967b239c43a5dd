package mailcrmtest

// saintAubin is a public purchase with its formalities.
func (s *story) saintAubin() {
	t := s.talk("fr", "Archive", "Consultation 2026-17 : rayonnages de l'espace jeunesse")
	t.in(46, "15:00", marchesSaintAubin, note{more: []field{{"Disposition-Notification-To", "marches@saint-aubin.example"}}, files: []file{
		{name: "CCTP - Médiathèque.pdf", kind: kindPDF, data: paper{
			from: "Ville de Saint-Aubin", title: "Cahier des clauses techniques particulières",
			rows: [][]string{{"Article", "", "", ""}, {"1. Rayonnages bas, h 120 cm, bois massif", "", "", ""}, {"2. Bacs à albums sur roulettes", "", "", ""}, {"3. Angles arrondis, rayon 10 mm au moins", "", "", ""}, {"4. Peintures en phase aqueuse, A+", "", "", ""}},
			foot: []string{"Visite obligatoire sur rendez-vous auprès de la directrice de la médiathèque."},
		}.pdf()},
	}}, `Madame, Monsieur,

La Ville de Saint-Aubin vous invite à remettre une offre pour la fourniture et la pose des rayonnages de l'espace jeunesse de sa médiathèque (procédure adaptée, lot unique).

Date limite de réception des offres : {+7}, 12 h 00. Critères : prix 40 %, valeur technique 40 %, environnement 20 %.

Le service de la commande publique`)
	t.out(42, "09:58", note{receipt: true, files: []file{
		{name: "Offre Atelier Nordik.pdf", kind: kindPDF, data: paper{
			from: "Atelier Nordik", title: "Offre – Rayonnages de l'espace jeunesse", to: []string{"Ville de Saint-Aubin", "Place de la Mairie", "49500 Saint-Aubin"},
			rows:   [][]string{{"Désignation", "Qté", "P.U. HT", "Total HT"}, {"Rayonnage double face h 120", "18", euros(820_00), euros(14_760_00)}, {"Bac à albums sur roulettes", "12", euros(490_00), euros(5_880_00)}, {"Pouf de lecture", "10", euros(174_00), euros(1_740_00)}, {"Pose, deux jours", "1", euros(2_400_00), euros(2_400_00)}},
			totals: [][2]string{{"Total HT", euros(24_780_00)}},
			foot:   []string{"Bois PEFC de l'Ouest, finition A+. Garantie dix ans."},
		}.pdf()},
		{name: "BPU.xlsx", kind: kindXLSX, data: sheet("BPU", [][]string{{"N°", "Désignation", "Prix unitaire HT"}, {"1", "Rayonnage double face h 120", "820,00"}, {"2", "Bac à albums sur roulettes", "490,00"}, {"3", "Pouf de lecture", "174,00"}, {"4", "Pose (forfait)", "2400,00"}})},
	}}, `Madame, Monsieur,

Veuillez trouver notre offre pour la consultation 2026-17 ainsi que le bordereau des prix unitaires au format demandé. Nous avons visité les lieux avec Madame Benali, dont l'accueil nous a été précieux.

Nous restons à votre disposition pour toute précision.

Cordialement,
Jeanne Martin`)
	t.in(42, "09:59", marchesSaintAubin, note{unsigned: true, plain: true, subject: "Réponse automatique : Consultation 2026-17 : rayonnages de l'espace jeunesse", more: []field{{"Auto-Submitted", "auto-replied"}, {"Precedence", "auto_reply"}}}, `Bonjour,

Votre message est bien arrivé sur la boîte du service de la commande publique de la Ville de Saint-Aubin. Ceci est une réponse automatique et ne vaut pas accusé de réception de votre offre au sens du code de la commande publique.`)
	t.in(31, "11:36", nadiaBenali, note{folder: "INBOX"}, `Bonjour Madame Martin,

Une question technique sur votre offre, posée à tous les candidats : les bacs à albums passent-ils par une porte de 83 cm une fois montés ? Notre réserve est de l'autre côté.

Bien à vous,
Nadia Benali`)
	t.out(31, "14:10", note{}, `Bonjour Madame Benali,

Oui : ils font 78 cm de large, roulettes comprises. Je vous joins volontiers un plan coté si le règlement de la consultation m'y autorise.

Bien cordialement,
Jeanne Martin`)
	t.in(20, "16:22", marchesSaintAubin, note{folder: "INBOX", starred: true, subject: "Notification d'attribution – consultation 2026-17", files: []file{{name: "Notification.pdf", kind: kindPDF, data: paper{
		from: "Ville de Saint-Aubin", title: "Notification du marché 2026-17", to: []string{"Atelier Nordik"},
		rows: [][]string{{"Objet", "", "", "Montant HT"}, {"Rayonnages de l'espace jeunesse", "", "", euros(24_780_00)}},
		foot: []string{"Engagement juridique n° 2026-000417. Factures à déposer sur le portail public."},
	}.pdf()}}}, `Madame,

J'ai le plaisir de vous informer que votre offre a été retenue. Vous trouverez la notification en pièce jointe ; le numéro d'engagement doit figurer sur votre facture.

Le service de la commande publique`)
	t.out(20, "17:05", note{}, `Madame, Monsieur,

Merci de cette bonne nouvelle. Nous prenons contact avec Madame Benali pour fixer les dates de pose.

Cordialement,
Jeanne Martin`)

	plan := s.talk("fr", "", "Pose des rayonnages : calendrier")
	plan.in(17, "10:02", nadiaBenali, note{folder: "Archive"}, `Bonjour Jeanne (nous pouvons nous appeler par nos prénoms, je crois !),

Félicitations, je suis ravie que ce soit vous. La médiathèque est fermée au public le lundi et le jeudi matin. Seriez-vous prêts pour une pose {+9} ? Les classes reviennent dix jours plus tard et j'aimerais avoir le temps de ranger 4 000 albums…

Nadia`)
	plan.out(16, "08:40", note{cc: []actor{sophieLeblanc}}, `Bonjour Nadia,

Avec grand plaisir. Je viens de voir Sophie, notre cheffe d'atelier : les rayonnages seront prêts, nous serons trois à partir de 8 h et nous aurons fini le lendemain soir. Prévoyez juste un accès par la rue des Écoles pour le camion.

À bientôt,
Jeanne`)
	plan.in(6, "12:18", nadiaBenali, note{files: []file{{name: "espace-jeunesse.jpg", kind: "image/jpeg", data: photo(37, 360, 240, false)}}}, `Chère Jeanne,

C'est superbe. Les enfants de la crèche ont essayé les bacs ce matin : validés à l'unanimité, un seul pleur, au moment de partir. Remercie tes poseurs, ils ont même balayé.

Tu peux facturer !

Nadia`)
	sent := plan.out(6, "15:30", note{receipt: true, files: []file{{name: "Facture F-0679.pdf", kind: kindPDF, data: paper{
		from: "Atelier Nordik", title: "Facture F-0679", to: []string{"Ville de Saint-Aubin"},
		rows:   [][]string{{"Désignation", "Qté", "", "Total HT"}, {"Marché 2026-17, engagement 2026-000417", "1", "", euros(24_780_00)}},
		totals: [][2]string{{"Total HT", euros(24_780_00)}, {"TVA 20 %", euros(4_956_00)}, {"Total TTC", euros(29_736_00)}},
		foot:   []string{"Facture déposée sur le portail public."},
	}.pdf()}}}, `Merci Nadia, toute l'équipe est touchée !

La facture F-0679 est déposée sur le portail avec le numéro d'engagement ; en voici une copie pour ton dossier.

Belles lectures à tous,
Jeanne`)
	receipt := plan.in(4, "09:01", nadiaBenali, note{unsigned: true, subject: "Lu : Re: Pose des rayonnages : calendrier"}, "Lu")
	receipt.letter.body = readReceipt("mail.saint-aubin.example; Zimbra", "n.benali@saint-aubin.example", sent.letter.id,
		"Le message que vous avez envoyé a été affiché. Rien ne garantit qu'il a été lu ou compris.\r\n")
	plan.said = said{}
}

// delorme is an architect who recommends them.
func (s *story) delorme() {
	t := s.talk("fr", "Archive", "École Jules-Verne : mobilier fixe")
	t.in(47, "18:05", thomasDelorme, note{}, `Bonjour Jeanne,

Je dépose {+10} le permis pour l'extension de l'école Jules-Verne. Il y aura 120 m de patères, des bancs et une grande table de bibliothèque. Trop tôt pour chiffrer, mais peux-tu me rappeler les sections que tu utilises pour les bancs, que je ne dessine pas n'importe quoi ?

Et j'ai donné ton numéro à une restauratrice lyonnaise, Camille Rousseau. Elle est exigeante et charmante.

Thomas`)
	t.out(46, "09:12", note{}, `Bonjour Thomas,

Merci pour Camille ! Pour les bancs : assise en trois lames de 95 x 32 mm, piétement de 45 x 60, portée maximale 1,40 m. Au-delà il faut un pied central, sinon les CM2 en font un trampoline.

À très bientôt,
Jeanne`)
	t = s.talk("fr", "", "Fiche technique du banc Escale")
	t.in(10, "10:55", thomasDelorme, note{}, `Jeanne,

Le bureau de contrôle me réclame la fiche du banc Escale (charge, réaction au feu). Tu me l'envoies ? C'est pour demain, évidemment.

Thomas`)
	t.out(10, "11:20", note{files: []file{{name: "Fiche technique Escale.pdf", kind: kindPDF, data: paper{
		from: "Atelier Nordik", title: "Banc Escale – fiche technique",
		rows: [][]string{{"Caractéristique", "Valeur", "", ""}, {"Charge répartie", "450 kg", "", ""}, {"Réaction au feu", "D-s2, d0", "", ""}, {"Essence", "Frêne PEFC", "", ""}, {"Portée maximale", "1,40 m", "", ""}},
		foot: []string{"Essai selon EN 16139, niveau L2."},
	}.pdf()}}}, `Évidemment ! La voici. Le procès-verbal complet de l'essai fait 40 pages, je le garde au chaud s'il le demande.

Jeanne`)
}
