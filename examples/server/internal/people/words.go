package people

// word is a text of these pages; the key itself where there is none, which a test looks for.
func word(lang, key string) string {
	both, ok := words[key]
	switch {
	case !ok:
		return key
	case lang == "fr":
		return both.fr
	}
	return both.en
}

// words are the texts of these pages in both languages.
var words = map[string]struct{ en, fr string }{
	"title":          {"mailcrm", "mailcrm"},
	"login.title":    {"Log in", "Connexion"},
	"login.name":     {"Login", "Identifiant"},
	"login.password": {"Password", "Mot de passe"},
	"login.enter":    {"Log in", "Se connecter"},
	"login.refused":  {"The login or the password is wrong.", "L'identifiant ou le mot de passe est incorrect."},
	"login.wait": {
		"Too many failed logins. Wait a quarter of an hour and try again.",
		"Trop d'échecs de connexion. Attendez un quart d'heure et réessayez.",
	},
	"who.title":           {"Who are you?", "Qui êtes-vous ?"},
	"who.hint":            {"This is a demo: choose an agent, no password is asked.", "Ceci est une démonstration : choisissez un agent, sans mot de passe."},
	"who.admin":           {"administrator", "administrateur"},
	"who.now":             {"that is you", "c'est vous"},
	"people.title":        {"My access", "Mon accès"},
	"people.back":         {"Back to the mail", "Retour au courrier"},
	"people.mine":         {"My password", "Mon mot de passe"},
	"people.old":          {"Present password", "Mot de passe actuel"},
	"people.new":          {"New password (12 characters or more)", "Nouveau mot de passe (12 caractères ou plus)"},
	"people.change":       {"Change it", "Le changer"},
	"people.changed":      {"The password was changed.", "Le mot de passe a été changé."},
	"people.api":          {"Programs", "Programmes"},
	"people.api.hint":     {"A token lets a program use the API in your name. It is shown once.", "Un jeton permet à un programme d'utiliser l'API en votre nom. Il n'est montré qu'une fois."},
	"people.issue":        {"Make a token", "Créer un jeton"},
	"people.token":        {"Your new token, shown only now:", "Votre nouveau jeton, montré seulement maintenant :"},
	"people.password":     {"The password, shown only now:", "Le mot de passe, montré seulement maintenant :"},
	"people.others":       {"People", "Personnes"},
	"people.add":          {"Add a person", "Ajouter une personne"},
	"people.addit":        {"Add", "Ajouter"},
	"people.label.id":     {"Login", "Identifiant"},
	"people.label.nm":     {"Name", "Nom"},
	"people.label.ad":     {"Mail address", "Adresse de messagerie"},
	"people.label.adm":    {"administrator", "administrateur"},
	"people.reset":        {"New password", "Nouveau mot de passe"},
	"people.bad.id":       {"Choose a login of lower-case letters, digits, dots and hyphens.", "Choisissez un identifiant de minuscules, chiffres, points et tirets."},
	"people.bad.name":     {"Enter a name of at most 255 bytes.", "Entrez un nom d'au plus 255 octets."},
	"people.bad.address":  {"Enter a whole address, like name@example.com, or none.", "Entrez une adresse entière, comme nom@example.com, ou aucune."},
	"people.bad.zone":     {"Enter a time zone like Europe/Paris.", "Entrez un fuseau horaire comme Europe/Paris."},
	"people.bad.password": {"Choose at least 12 characters; a few words are easy to remember.", "Choisissez au moins 12 caractères ; quelques mots se retiennent bien."},
	"people.there":        {"Somebody has this login already.", "Quelqu'un a déjà cet identifiant."},
	"people.failed":       {"That did not work. Is the data folder writable?", "Cela n'a pas marché. Le dossier de données est-il accessible en écriture ?"},
	"people.logout":       {"Log out", "Se déconnecter"},
	"lang.other":          {"Français", "English"},
	"lang.code":           {"fr", "en"},
}
