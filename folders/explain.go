package folders

import (
	"fmt"
	"strings"
)

// maxTold is how many losers an explanation names.
const maxTold = 5

// Explain says in sentences for people why role has its mailbox, and which ones lost; language is "fr" or "en", with or without a region, and
// English for every other. The names in it are the server's: escape the text before it goes into HTML.
func (m Mapping) Explain(role Role, language string) string {
	say := speech(language)
	f := m.Find(role)
	var s []string
	if m.droppedRole(role) {
		s = append(s, fmt.Sprintf(say["dropped"], role.Text(language)))
	}
	switch {
	case f.How == Chosen && !f.Found():
		s = append(s, fmt.Sprintf(say["none"], role.Text(language)))
	case f.How == Missing:
		s = append(s, fmt.Sprintf(say["missing"], role.Text(language)))
	default:
		s = append(s, fmt.Sprintf(say["found "+string(f.How)], f.Mailbox.Name, role.Text(language)))
		if !f.Sure() {
			s = append(s, say["unsure"])
		}
	}
	for i, l := range f.Losers {
		if i == maxTold {
			s = append(s, fmt.Sprintf(say["more"], len(f.Losers)-maxTold))
			break
		}
		s = append(s, fmt.Sprintf(say["lost"], l.Mailbox.Name, l.Why.Text(language)))
	}
	if p, ok := m.Propose(role); ok {
		s = append(s, fmt.Sprintf(say["propose"], p.Name))
	}
	return strings.Join(s, " ")
}

func (m Mapping) droppedRole(role Role) bool {
	for _, r := range m.Dropped {
		if r == role {
			return true
		}
	}
	return false
}

// Text is the role's name for people.
func (r Role) Text(language string) string { return speech(language)["role "+string(r)] }

// Text is the badge for people: "stated by the server", "guessed" …
func (h How) Text(language string) string { return speech(language)["how "+string(h)] }

// Text is the reason for people, as the end of a sentence.
func (r Reason) Text(language string) string { return speech(language)["why "+string(r)] }

func speech(language string) map[string]string {
	if l, _, _ := strings.Cut(strings.ReplaceAll(language, "_", "-"), "-"); strings.EqualFold(l, "fr") {
		return french
	}
	return english
}

var english = map[string]string{
	"role inbox": "Inbox", "role sent": "Sent", "role drafts": "Drafts", "role trash": "Trash", "role junk": "Junk",
	"role archive": "Archive", "role all": "All mail", "role flagged": "Flagged", "role important": "Important",

	"how override": "chosen by you", "how stated": "stated by the server", "how exact": "recognised by name", "how guess": "guessed",
	"how ": "not found",

	"found override": "You chose “%s” as %s.",
	"found stated":   "The server states that “%s” is %s.",
	"found exact":    "“%s” is recognised by its name as %s.",
	"found guess":    "“%s” is taken for %s because of one word in its name.",
	"none":           "You chose that no mailbox is %s.",
	"missing":        "No mailbox is recognised as %s.",
	"dropped":        "The mailbox that you had chosen as %s is gone or cannot be used.",
	"unsure":         "Please confirm it before mail is moved or deleted there.",
	"lost":           "“%s” was not taken: %s.",
	"more":           "%d more were not taken.",
	"propose":        "“%s” can be created on the server.",

	"why chosen":       "you chose another one",
	"why stated":       "the server states another one",
	"why unselectable": "the server lists it, but it cannot be opened",
	"why shared":       "it belongs to somebody else or is shared",
	"why inside":       "it lies inside of a trash, junk, drafts or sent mailbox",
	"why deeper":       "another one lies nearer to the top",
	"why name":         "the name of another one fits better",
	"why label":        "on Gmail it is a label",
	"why ambiguous":    "its name can mean something else too",
	"why prefix":       "another one lies where the server keeps your mailboxes",
	"why language":     "your other mailboxes speak another language",
	"why weight":       "the name of another one is more usual",
	"why count":        "another one of this name holds more mails",
	"why order":        "another one comes before it",
}

var french = map[string]string{
	"role inbox": "Réception", "role sent": "Envoyés", "role drafts": "Brouillons", "role trash": "Corbeille", "role junk": "Indésirables",
	"role archive": "Archives", "role all": "Tous les messages", "role flagged": "Suivis", "role important": "Importants",

	"how override": "choisi par vous", "how stated": "indiqué par le serveur", "how exact": "reconnu à son nom", "how guess": "deviné",
	"how ": "introuvable",

	"found override": "Vous avez choisi « %s » comme dossier %s.",
	"found stated":   "Le serveur indique que « %s » est le dossier %s.",
	"found exact":    "« %s » est reconnu à son nom comme dossier %s.",
	"found guess":    "« %s » est pris pour le dossier %s à cause d’un mot de son nom.",
	"none":           "Vous avez choisi de n’avoir aucun dossier %s.",
	"missing":        "Aucun dossier n’est reconnu comme dossier %s.",
	"dropped":        "Le dossier que vous aviez choisi comme dossier %s a disparu ou n’est pas utilisable.",
	"unsure":         "Merci de le confirmer avant que du courrier y soit déplacé ou supprimé.",
	"lost":           "« %s » n’a pas été retenu : %s.",
	"more":           "%d autres n’ont pas été retenus.",
	"propose":        "« %s » peut être créé sur le serveur.",

	"why chosen":       "vous en avez choisi un autre",
	"why stated":       "le serveur en indique un autre",
	"why unselectable": "le serveur l’annonce, mais il ne s’ouvre pas",
	"why shared":       "il appartient à quelqu’un d’autre ou il est partagé",
	"why inside":       "il se trouve dans une corbeille, des indésirables, des brouillons ou des envoyés",
	"why deeper":       "un autre est plus proche de la racine",
	"why name":         "le nom d’un autre convient mieux",
	"why label":        "chez Gmail c’est un libellé",
	"why ambiguous":    "son nom peut aussi vouloir dire autre chose",
	"why prefix":       "un autre se trouve là où le serveur range vos dossiers",
	"why language":     "vos autres dossiers parlent une autre langue",
	"why weight":       "le nom d’un autre est plus courant",
	"why count":        "un autre du même nom contient plus de messages",
	"why order":        "un autre vient avant lui",
}
