package web

// templateWords are those of the templates.
var templateWords = map[string]phrase{
	"template.title":         {"Template", "Modèle"},
	"template.new":           {"New template", "Nouveau modèle"},
	"template.name":          {"Name", "Nom"},
	"template.page":          {"Offered for", "Proposé pour"},
	"template.language":      {"Language", "Langue"},
	"template.kind":          {"Fields of", "Champs de"},
	"template.default":       {"chosen first", "par défaut"},
	"template.default.title": {"Chosen already when its page opens", "Déjà choisi quand sa page s'ouvre"},
	"template.default.box":   {"Chosen already when its page opens", "Déjà choisi quand sa page s'ouvre"},
	"template.save":          {"Save", "Enregistrer"},
	"template.check":         {"Check", "Vérifier"},
	"template.delete":        {"Delete", "Supprimer"},
	"template.mistakes":      {"%s mistakes; nothing was stored:", "%s erreurs ; rien n'a été enregistré :"},
	"template.mistakes.one":  {"%s mistake; nothing was stored:", "%s erreur ; rien n'a été enregistré :"},
	"template.pane":          {"Fields", "Champs"},
	"template.fields":        {"All fields, with examples", "Tous les champs, avec des exemples"},
	"template.language.hint": {"A field that may be empty needs a word for that case: {{ contact.first_name | default: \"you\" }}. A mail with a gap is never sent.", "Un champ qui peut être vide a besoin d'un mot de remplacement : {{ contact.first_name | default: \"Madame, Monsieur\" }}. Un message avec un trou n'est jamais envoyé."},
	"template.try":           {"Try it on a record", "Essayer sur une fiche"},
	"template.try.find":      {"Record", "Fiche"},
	"template.tried":         {"With the fields of %s:", "Avec les champs de %s :"},

	"page.any":     {"Everywhere", "Partout"},
	"page.reply":   {"Replies", "Réponses"},
	"page.contact": {"Contact", "Contact"},
	"page.account": {"Company", "Société"},
	"page.deal":    {"Deal", "Affaire"},
	"page.quote":   {"Quote", "Devis"},
	"page.invoice": {"Invoice", "Facture"},

	"language.any": {"Any", "Toutes"},
	"language.fr":  {"French", "Français"},
	"language.en":  {"English", "Anglais"},
	"language.de":  {"German", "Allemand"},

	"empty.templates":      {"No templates yet", "Aucun modèle"},
	"empty.templates.hint": {"A template is a mail with fields, such as the client's name, that fill themselves in.", "Un modèle est un message avec des champs, comme le nom du client, qui se remplissent d'eux-mêmes."},
}
