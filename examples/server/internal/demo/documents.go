package demo

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// folders are what the documents of the story's records are kept in.
var folders = map[storage.Ref][]string{
	{Kind: storage.KindAccount, ID: "nordwind"}: {"Devis", "Commandes", "Factures", "Photos"},
	{Kind: storage.KindContact, ID: "anke"}:     {"Devis", "Échanges"},
	{Kind: storage.KindDeal, ID: "alster"}:      {"Plans", "Photos"},
}

// addDocuments fills the document trees, as if somebody had filed before: a folder to choose is worth more than an empty tree.
func (d *Demo) addDocuments(ctx context.Context, agent string) error {
	files, actor := d.memory.Host().Files, storage.Actor{Agent: agent}
	for ref, names := range folders {
		tree := storage.Tree{Space: storage.SpaceEntity, Entity: ref}
		for _, name := range names {
			if _, err := files.MakeFolder(ctx, storage.MakeFolderRequest{Actor: actor, Tree: tree, Name: name}); err != nil {
				return fmt.Errorf("making the folder %s: %w", name, err)
			}
		}
	}
	notes := "Hotel Alster, 48 chambres\n\nLivraison en deux lots. Contact sur place : Lars Petersen.\n"
	_, err := files.Create(ctx, storage.CreateFileRequest{
		Actor: actor, Tree: storage.Tree{Space: storage.SpaceEntity, Entity: storage.Ref{Kind: storage.KindDeal, ID: "alster"}}, Key: "demo-notes",
		Name: "Notes de chantier.txt", Type: "text/plain", Size: int64(len(notes)), Content: io.Reader(strings.NewReader(notes)),
	})
	if err != nil {
		return fmt.Errorf("filing a document: %w", err)
	}
	return nil
}
