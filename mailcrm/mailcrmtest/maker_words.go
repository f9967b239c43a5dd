package mailcrmtest

import "strings"

// What the maker's mails are made of. {n} is a number, {h} an hour, {w} a week, {ref} the number of a document.

var (
	languages     = []string{"fr", "en", "fr", "de", "en"}
	spreadFolders = strings.Fields("INBOX INBOX INBOX INBOX INBOX INBOX Archive Archive Projets/Été Junk Trash Drafts")

	firstNames = strings.Fields("Anaïs Marie Jean-Pierre Élodie François Chloé Noémie Ulrich Jürgen Björn Zoë Łukasz Agnieszka " +
		"José María Iñaki Søren Åsa Олег Ирина Γιώργος 太郎 美咲 Wei Nguyễn Fatima Omar John Emily Peter Sarah Liam Olivia " +
		"David Emma Lucas Hugo Camille Léa Théo Inès Aurélie Benoît Gaëlle")
	lastNames = strings.Fields("Dupont Lefèvre Müller Schröder Garçon Núñez Fernández García Bøe Lindström Kowalski Nowak Иванов " +
		"Петрова Παπαδόπουλος 山田 佐藤 Chen Trần Haddad Smith Johnson Brown Taylor Bernard Petit Robert Richard Durand " +
		"Moreau Laurent Simon Michel Leroy Roux Le-Goff Weiß")
	companyNames = strings.Fields("Belmontet Kerguen Windhoek Marlowe Fabrègue Ostermann Delacour Thornbury Viremont Halvorsen " +
		"Castelnau Brightwell Rosenthal Maupertuis Lindqvist Aubrac Fairholm Quercy Steinbach Wexcombe")
	companyForms = strings.Fields("SARL SAS GmbH Ltd Inc BV AB SpA SA AG")

	plainLetters = map[rune]string{
		'à': "a", 'á': "a", 'â': "a", 'ä': "ae", 'å': "a", 'ç': "c", 'é': "e", 'è': "e", 'ê': "e", 'ë': "e", 'í': "i",
		'ì': "i", 'ï': "i", 'î': "i", 'ł': "l", 'ñ': "n", 'ó': "o", 'ö': "oe", 'ø': "o", 'ô': "o", 'ß': "ss", 'ú': "u",
		'ü': "ue", 'û': "u", 'ễ': "e", 'ầ': "a",
	}

	replyPrefix = map[string]string{"fr": "Re: ", "en": "RE: ", "de": "AW: "}
	quoteLine   = map[string]string{
		"fr": "Le %s, %s a écrit :", "en": "On %s, %s wrote:", "de": "Am %s schrieb %s:",
	}
	termsOfSale = map[string]string{
		"fr": "Conditions générales de vente.pdf", "en": "Terms and conditions.pdf", "de": "Allgemeine Geschäftsbedingungen.pdf",
	}

	fileKinds = []struct{ extension, mime, magic string }{
		{"pdf", "application/pdf", "%PDF-1.4\n"},
		{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "PK\x03\x04"},
		{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK\x03\x04"},
		{"png", "image/png", "\x89PNG\r\n\x1a\n"},
		{"jpg", "image/jpeg", "\xff\xd8\xff\xe0"},
	}
	fileNames = map[string][]string{
		"fr": {"Devis {ref}", "facture_{ref}", "Relevé n°{n}", "photo {n}", "Cahier des charges v{n}"},
		"en": {"Quote {ref}", "invoice_{ref}", "Statement {n}", "IMG_{n}", "Requirements v{n}"},
		"de": {"Angebot {ref}", "Rechnung_{ref}", "Übersicht {n}", "Foto {n}", "Lastenheft v{n}"},
	}

	greetings = map[string][]string{
		"fr": {"Bonjour,", "Bonjour Madame,", "Chère Madame,", "Bonjour à tous,", "Re-bonjour,"},
		"en": {"Hello,", "Hi,", "Good morning,", "Dear all,", "Hi there,"},
		"de": {"Guten Tag,", "Sehr geehrte Damen und Herren,", "Hallo,", "Guten Morgen,"},
	}
	closings = map[string][]string{
		"fr": {"Bien cordialement,", "Cordialement,", "Belle journée à vous,", "Avec mes remerciements,", "À bientôt,"},
		"en": {"Best regards,", "Kind regards,", "Many thanks,", "All the best,", "Thanks,"},
		"de": {"Mit freundlichen Grüßen", "Viele Grüße", "Beste Grüße", "Herzliche Grüße"},
	}
	subjects = map[string][]string{
		"fr": {
			"Devis {ref}", "Facture {ref}", "Commande {ref} : délai de livraison", "Réunion de chantier n°{n}",
			"Question sur votre offre", "Planning de l'été", "Relance : facture {ref} échue", "Avenant au contrat {ref}",
			"Rendez-vous de la semaine {w}", "Demande d'échantillons", "Écart de quantité sur le bon de livraison {ref}",
		},
		"en": {
			"Quote {ref}", "Invoice {ref}", "Order {ref}: delivery date", "Site meeting no. {n}", "A question about your offer",
			"Summer planning", "Reminder: invoice {ref} is overdue", "Amendment to contract {ref}", "Call in week {w}",
			"Samples, please", "Naïve question about café tables",
		},
		"de": {
			"Angebot {ref}", "Rechnung {ref}", "Auftrag {ref}: Liefertermin", "Baubesprechung Nr. {n}", "Rückfrage zu Ihrem Angebot",
			"Urlaubsplanung", "Zahlungserinnerung {ref}", "Nachtrag zum Vertrag {ref}", "Termin in KW {w}", "Muster für die Küche",
		},
	}
	newsSubjects = map[string][]string{
		"fr": {"Nos nouveautés du mois n°{n}", "{n} idées pour votre rentrée", "Dernière chance : -{n} %"},
		"en": {"This month's news, issue {n}", "{n} ideas for spring", "Last chance: {n}% off"},
		"de": {"Neuheiten, Ausgabe {n}", "{n} Ideen für den Herbst", "Nur noch heute: {n} % Rabatt"},
	}
	sentences = map[string][]string{
		"fr": {
			"Merci pour votre retour rapide.", "Vous trouverez ci-joint le document {ref} dans sa dernière version.",
			"Nous avons bien reçu les {n} cartons ce matin, il en manque deux.", "Pouvez-vous me confirmer le délai pour la semaine {w} ?",
			"Le chantier a pris un peu de retard à cause de la météo.", "Je vous propose un point téléphonique jeudi à {h} h, si cela vous convient.",
			"Notre comptable me demande le relevé d'identité bancaire à jour.", "Le montant me paraît élevé : où se situe la remise dont nous avions parlé ?",
			"La référence {ref} n'est plus fabriquée, nous la remplaçons par la {ref} au même prix.",
			"J'ai transmis votre demande à l'atelier, qui revient vers vous d'ici la fin de semaine.",
			"Le devis {ref} est valable encore {n} jours.", "N'hésitez pas à m'appeler si quelque chose n'est pas clair.",
			"Les plans ont changé entre-temps, je vous les renvoie dès que l'architecte les a validés.",
			"Nous aurions besoin de {n} exemplaires supplémentaires avant l'été.", "Pour l'instant rien n'est signé, mais l'accord est acquis.",
			"Le transporteur annonce un passage entre {h} h et {h} h.", "Je suis absent jusqu'à lundi, ma collègue prend le relais.",
			"Une pièce est arrivée abîmée, photo à l'appui.",
		},
		"en": {
			"Thank you for getting back to me so quickly.", "Please find attached the latest version of {ref}.",
			"We received {n} boxes this morning; two are missing.", "Could you confirm the lead time for week {w}?",
			"The site is running a little late because of the weather.", "Would a call on Thursday at {h} suit you?",
			"Our accounts team needs your updated bank details.", "The total looks high to me: where is the discount we talked about?",
			"Item {ref} is discontinued; we replace it with {ref} at the same price.",
			"I passed your request on to the workshop and they will be in touch by Friday.", "Quote {ref} is valid for another {n} days.",
			"Do call me if anything is unclear.", "The drawings have changed since; I will send them once the architect has approved them.",
			"We would need {n} more before the summer.", "Nothing is signed yet, but we do have an agreement in principle.",
			"The carrier says between {h} and {h} o'clock.", "I am away until Monday, my colleague is covering for me.",
			"One piece arrived damaged, see the picture.",
		},
		"de": {
			"Vielen Dank für Ihre schnelle Rückmeldung.", "Anbei erhalten Sie die letzte Fassung von {ref}.",
			"Heute früh sind {n} Kartons eingetroffen, zwei fehlen noch.", "Können Sie mir den Termin für KW {w} bestätigen?",
			"Die Baustelle ist wegen des Wetters etwas im Verzug.", "Passt Ihnen ein Telefonat am Donnerstag um {h} Uhr?",
			"Unsere Buchhaltung benötigt Ihre aktuelle Bankverbindung.", "Der Betrag erscheint mir hoch: Wo ist der vereinbarte Nachlass?",
			"Artikel {ref} läuft aus, wir liefern dafür {ref} zum gleichen Preis.",
			"Ihre Anfrage liegt in der Werkstatt, man meldet sich bis Freitag.", "Das Angebot {ref} gilt noch {n} Tage.",
			"Rufen Sie mich gern an, falls etwas unklar ist.", "Die Pläne haben sich geändert, ich schicke sie nach der Freigabe.",
			"Wir bräuchten bis zum Sommer noch {n} Stück.", "Unterschrieben ist noch nichts, aber wir sind uns grundsätzlich einig.",
			"Die Spedition kommt zwischen {h} und {h} Uhr.", "Ich bin bis Montag abwesend, meine Kollegin vertritt mich.",
			"Ein Teil kam beschädigt an, siehe Foto.",
		},
	}
)
