package mailcrmtest

// lumiere is a terrace in Lyon, not signed yet. Camille writes from two addresses.
func (s *story) lumiere() {
	t := s.talk("fr", "", "Mobilier de terrasse, Croix-Rousse")
	customer := []string{"Les Tables de Lumière", "14 montée de la Grande-Côte", "69001 Lyon"}
	quote := func(version, total string, rows ...[]string) file {
		return file{name: "Devis D-0455" + version + ".pdf", kind: kindPDF, data: paper{
			from: "Atelier Nordik", title: "Devis D-0455" + version + " – Terrasse de la Croix-Rousse", to: customer,
			rows:   append([][]string{{"Désignation", "Qté", "P.U. HT", "Total HT"}}, rows...),
			totals: [][2]string{{"Total HT", total}},
			foot:   []string{"Devis valable 30 jours. Acompte de 30 % à la commande, solde à la livraison.", "Délai : 7 semaines après validation de la teinte."},
		}.pdf()}
	}
	t.in(38, "18:42", camilleRousseau, note{}, `Bonjour,

Je tiens un restaurant sur les pentes de la Croix-Rousse et la mairie vient enfin de m'accorder ma terrasse : 42 m² plein sud. Thomas Delorme, qui a dessiné la salle, m'a donné votre nom.

Il me faudrait des tables pour une soixantaine de couverts, des chaises qui s'empilent et deux banquettes d'angle. Le tout en bois, mais qui supporte la pluie lyonnaise et des clients qui se balancent…

Pouvez-vous me dire si c'est dans vos cordes, et à quel prix à peu près ?

Bien à vous,
Camille Rousseau`)
	t.out(37, "09:50", note{files: []file{quote("", euros(19_870_00),
		[]string{"Table 70 x 70, robinier huilé", "22", euros(310_00), euros(6_820_00)},
		[]string{"Chaise empilable Vague", "64", euros(165_00), euros(10_560_00)},
		[]string{"Banquette d'angle", "2", euros(1_020_00), euros(2_040_00)},
		[]string{"Livraison Lyon", "1", euros(450_00), euros(450_00)},
	)}}, `Bonjour Madame Rousseau,

Merci pour votre message, et bravo pour la terrasse ! C'est tout à fait dans nos cordes : nous travaillons le robinier, qui vit très bien dehors sans traitement, et notre chaise Vague s'empile par huit.

Je vous joins un premier devis. Les deux banquettes sont comptées sur mesure ; il me faudra simplement les cotes exactes de l'angle. Je peux aussi vous envoyer une chaise d'essai, que vous ferez tester à vos clients les plus remuants.

Je vous appelle {+2} en fin de matinée pour en parler ?

Bien cordialement,
Jeanne`)
	t.in(35, "23:17", camilleRousseau, note{private: true, unsigned: true, plain: true}, `Bonsoir Jeanne,

Je vous écris de chez moi, après le service, pardonnez l'heure. J'ai lu le devis : c'est beau, mais c'est 2 000 € au-dessus de ce que ma banque accepte. Si on passe à 56 chaises et 20 tables, et si je viens chercher les banquettes moi-même, où arrive-t-on ?

Camille

Envoyé de mon téléphone`)
	t.out(34, "10:25", note{files: []file{quote("-2", euros(18_010_00),
		[]string{"Table 70 x 70, robinier huilé", "20", euros(310_00), euros(6_200_00)},
		[]string{"Chaise empilable Vague", "56", euros(165_00), euros(9_240_00)},
		[]string{"Banquette d'angle", "2", euros(1_020_00), euros(2_040_00)},
		[]string{"Livraison Lyon (tables et chaises)", "1", euros(530_00), euros(530_00)},
	)}}, `Bonjour Camille,

Aucun souci pour l'heure, je connais la restauration ! Avec 56 chaises et 20 tables nous arrivons à 18 010 € HT, et je vous offre la chaise d'essai.

Pour les banquettes, je préfère que nous les livrions : elles pèsent 70 kg chacune et se posent à deux. Gardons-les dans le camion, cela ne change presque rien au prix.

Dites-moi si cela passe auprès de votre banque.

Bien cordialement,
Jeanne`)
	t.in(30, "11:08", camilleRousseau, note{}, `Bonjour Jeanne,

La banque dit oui ! Avant de signer, je voudrais voir les teintes en vrai, à la lumière de la terrasse. Vous aviez parlé d'échantillons : naturel, noir et peut-être ce vert que j'ai vu sur votre site ?

À très vite,
Camille`)
	t.out(29, "14:30", note{}, `Bonjour Camille,

Les trois échantillons (naturel, noir fumé, vert sauge) et la chaise d'essai partent ce soir. Vous devriez les avoir {+2}. Laissez-les dehors une nuit ou deux : la couleur bouge un peu la première semaine.

Bonne découverte,
Jeanne`)
	t.in(14, "17:20", camilleRousseau, note{files: []file{{name: "terrasse.jpg", kind: "image/jpeg", data: photo(23, 360, 240, false)}}}, `Jeanne,

Verdict unanime de l'équipe : le vert sauge pour les chaises, le naturel pour les tables. La chaise d'essai a survécu à trois services et à mon neveu, c'est bon signe.

Je vous mets une photo. En revanche, j'ai remesuré : l'angle des banquettes fait 94° et pas 90°. C'est grave ?

Camille`)
	t.out(13, "09:02", note{files: []file{quote("-3", euros(18_950_00),
		[]string{"Table 70 x 70, robinier naturel", "20", euros(310_00), euros(6_200_00)},
		[]string{"Chaise empilable Vague, vert sauge", "56", euros(178_00), euros(9_968_00)},
		[]string{"Banquette d'angle 94°", "2", euros(1_126_00), euros(2_252_00)},
		[]string{"Livraison Lyon", "1", euros(530_00), euros(530_00)},
	)}}, `Bonjour Camille,

Très belle photo, je l'ai montrée à l'atelier. Non, 94° n'est pas grave du tout : c'est justement l'avantage du sur-mesure, il faut juste le savoir avant de scier.

Voici le devis D-0455-3 avec la teinte verte (un passage de plus en finition) et l'angle corrigé : 18 950 € HT. Si vous le signez d'ici {+10}, nous vous livrons avant les premiers beaux jours.

Bien cordialement,
Jeanne`)
	t.in(2, "19:31", camilleRousseau, note{unread: true, starred: true, private: true, unsigned: true, plain: true}, `Bonsoir Jeanne,

Désolée pour le silence, j'ai perdu mon second de cuisine… J'ai bien votre devis sous les yeux. Une dernière question avant de signer : est-ce que l'acompte peut être de 20 % au lieu de 30 ? Le reste est parfait, je vous renvoie tout signé dès votre réponse.

Camille

Envoyé de mon téléphone`)
	t.out(0, "2h10m", note{folder: "Drafts"}, `Bonsoir Camille,

Bon courage pour le recrutement ! Pour l'acompte, je vois avec Marc et`)
}

// brasserie is an invoice that is not paid.
func (s *story) brasserie() {
	t := s.talk("fr", "", "Facture F-0598, banquettes et tables")
	t.out(45, "10:12", note{to: []actor{yannLeGoff}, cc: []actor{marcDubois}, files: []file{{name: "Facture F-0598.pdf", kind: kindPDF, data: paper{
		from: "Atelier Nordik", title: "Facture F-0598", to: []string{"Brasserie du Port", "5 quai Saint-Louis", "35400 Saint-Malo"},
		rows:   [][]string{{"Désignation", "Qté", "P.U. HT", "Total HT"}, {"Banquette capitonnée, 2,40 m", "4", euros(1_460_00), euros(5_840_00)}, {"Table bistrot, pied fonte", "16", euros(250_00), euros(4_000_00)}},
		totals: [][2]string{{"Total HT", euros(9_840_00)}, {"TVA 20 %", euros(1_968_00)}, {"Total TTC", euros(11_808_00)}},
		foot:   []string{"Échéance à 30 jours. En cas de retard : 3 fois le taux légal et 40 € de frais de recouvrement."},
	}.pdf()}}}, `Bonjour Yann,

J'espère que les banquettes plaisent à vos habitués. Comme convenu avec Marc, vous trouverez ci-joint notre facture F-0598 d'un montant de 11 808 € TTC, payable à 30 jours.

Merci encore de votre confiance, et à bientôt pour un plateau de fruits de mer !

Bien cordialement,
Jeanne`)
	t.out(20, "09:30", note{to: []actor{yannLeGoff}, cc: []actor{marcDubois}, subject: "Re: Facture F-0598, banquettes et tables – rappel"}, `Bonjour Yann,

Sauf erreur de notre part, la facture F-0598 (11 808 € TTC) n'est pas encore réglée ; elle est arrivée à échéance la semaine dernière. C'est sans doute un simple oubli.

Pourriez-vous me dire quand le virement partira ? Si votre règlement a croisé ce message, n'en tenez pas compte.

Bien cordialement,
Jeanne`)
	t.in(19, "07:55", yannLeGoff, note{cc: []actor{marcDubois}}, `Bonjour Jeanne

Je ne vais pas vous raconter d'histoires, le mois a été mauvais avec la tempête et les travaux sur le quai. Est ce que je peux payer en trois fois ? Un tiers tout de suite et le reste sur deux mois

Kenavo
Yann`)
	t.out(19, "11:46", note{}, `Bonjour Yann,

Merci de votre franchise, c'est toujours plus simple ainsi. J'en ai parlé avec Marc et nous sommes d'accord : 3 936 € cette semaine, puis deux fois la même somme à un mois d'intervalle. Pas de frais si les dates sont tenues.

Je note le premier virement pour {+3}.

Bon courage pour la fin des travaux,
Jeanne`)
	t.in(2, "08:12", yannLeGoff, note{unread: true, cc: []actor{marcDubois}}, `Bonjour Jeanne

Deuxième virement parti ce matin, avec trois jours d'avance. Le quai est rouvert depuis lundi, on respire

Passez quand vous voulez, le plateau vous attend
Yann`)
}
