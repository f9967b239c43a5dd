package folders_test

import (
	"fmt"

	"github.com/mailcrm/sdk/folders"
)

// A Courier server states nothing: the names must say what each mailbox is for.
func ExampleMap() {
	wire := []string{"INBOX", "INBOX.&AMk-l&AOk-ments envoy&AOk-s", "INBOX.Brouillons", "INBOX.Trash", "INBOX.Corbeille", "INBOX.Clients"}
	var mailboxes []folders.Mailbox
	for _, name := range wire {
		mailboxes = append(mailboxes, folders.Mailbox{Name: folders.DecodeName(name), Delimiter: "."})
	}

	mapping := folders.Map(mailboxes, &folders.Options{PersonalPrefix: "INBOX."})
	for _, f := range mapping.Findings {
		if f.Found() {
			fmt.Printf("%-7s %-23s %s, %d %%\n", f.Role, f.Mailbox.Name, f.How.Text("en"), f.Confidence)
		}
	}
	fmt.Println(mapping.Explain(folders.Trash, "en"))
	fmt.Println(mapping.Explain(folders.Junk, "fr"))
	// Output:
	// inbox   INBOX                   stated by the server, 100 %
	// sent    INBOX.Éléments envoyés  recognised by name, 95 %
	// drafts  INBOX.Brouillons        recognised by name, 95 %
	// trash   INBOX.Corbeille         recognised by name, 85 %
	// “INBOX.Corbeille” is recognised by its name as Trash. “INBOX.Trash” was not taken: your other mailboxes speak another language.
	// Aucun dossier n’est reconnu comme dossier Indésirables. « INBOX.Indésirables » peut être créé sur le serveur.
}
