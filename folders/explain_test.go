package folders

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExplain(t *testing.T) {
	boxes := list("/", "INBOX", "Envoyés", "Sent Items", "Brouillons courriels", "Poubelle")
	m := Map(boxes, &Options{Overrides: map[Role]Override{Archive: {None: true}, Trash: {Name: "Poubelle"}, Sent: {Name: "Parti"}}})
	for role, want := range map[Role][2]string{
		Inbox: {
			"The server states that “INBOX” is Inbox.",
			"Le serveur indique que « INBOX » est le dossier Réception.",
		},
		Sent: {
			"The mailbox that you had chosen as Sent is gone or cannot be used. “Envoyés” is recognised by its name as Sent. " +
				"“Sent Items” was not taken: your other mailboxes speak another language.",
			"Le dossier que vous aviez choisi comme dossier Envoyés a disparu ou n’est pas utilisable. « Envoyés » est reconnu à son nom comme dossier Envoyés. " +
				"« Sent Items » n’a pas été retenu : vos autres dossiers parlent une autre langue.",
		},
		Drafts: {
			"“Brouillons courriels” is taken for Drafts because of one word in its name. Please confirm it before mail is moved or deleted there.",
			"« Brouillons courriels » est pris pour le dossier Brouillons à cause d’un mot de son nom. Merci de le confirmer avant que du courrier y soit déplacé ou supprimé.",
		},
		Trash: {
			"You chose “Poubelle” as Trash.",
			"Vous avez choisi « Poubelle » comme dossier Corbeille.",
		},
		Archive: {
			"You chose that no mailbox is Archive.",
			"Vous avez choisi de n’avoir aucun dossier Archives.",
		},
		Junk: {
			"No mailbox is recognised as Junk. “Indésirables” can be created on the server.",
			"Aucun dossier n’est reconnu comme dossier Indésirables. « Indésirables » peut être créé sur le serveur.",
		},
	} {
		require.Equal(t, want[0], m.Explain(role, "en"))
		require.Equal(t, want[0], m.Explain(role, "de"))
		require.Equal(t, want[1], m.Explain(role, "fr"))
		require.Equal(t, want[1], m.Explain(role, "fr_CA"))
	}
}

func TestExplainNamesFewLosers(t *testing.T) {
	boxes := list("/", `Sent \Sent`)
	for i := range 9 {
		boxes = append(boxes, Mailbox{Name: "x" + strings.Repeat("y", i), Delimiter: "/", Attributes: []string{`\Sent`}})
	}
	text := Map(boxes, nil).Explain(Sent, "en")
	require.Equal(t, maxTold, strings.Count(text, "“x"))
	require.True(t, strings.HasSuffix(text, " 4 more were not taken."))
}

// Every code has its text in both languages, and no text is left over.
func TestEveryCodeHasItsText(t *testing.T) {
	require.Len(t, french, len(english))
	for code := range english {
		require.NotEmpty(t, french[code], code)
		require.Equal(t, strings.Count(english[code], "%"), strings.Count(french[code], "%"), code)
	}
	codes := 8 // none, missing, dropped, unsure, lost, more, propose; and Missing, which has no sentence of its own
	for _, r := range Roles() {
		require.NotEmpty(t, r.Text("en"))
		codes++
	}
	for _, h := range []How{Chosen, Stated, Exact, Guess} {
		require.NotEmpty(t, h.Text("fr"))
		require.NotEmpty(t, english["found "+string(h)])
		codes += 2
	}
	require.Equal(t, "not found", Missing.Text("en"))
	for _, r := range []Reason{
		ReasonChosen, ReasonStated, ReasonUnselectable, ReasonShared, ReasonInside, ReasonDeeper, ReasonName, ReasonLabel, ReasonAmbiguous,
		ReasonPrefix, ReasonLanguage, ReasonWeight, ReasonCount, ReasonOrder,
	} {
		require.NotEmpty(t, r.Text("en"))
		codes++
	}
	require.Len(t, english, codes)
}
