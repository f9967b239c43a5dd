package web

import (
	"context"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// A document tree is named in forms and addresses by "private", "common", or its record: "contact:17".

func treeText(t storage.Tree) string {
	if t.Space == storage.SpaceEntity {
		return refText(t.Entity)
	}
	return string(t.Space)
}

// treeOf reads what treeText wrote.
func (v *visit) treeOf(text string) (storage.Tree, bool) {
	switch storage.Space(text) {
	case storage.SpacePrivate, storage.SpaceCommon:
		return storage.Tree{Space: storage.Space(text)}, true
	}
	ref := v.ref(text)
	return storage.Tree{Space: storage.SpaceEntity, Entity: ref}, !ref.IsZero()
}

// treeChoice is a tree as a page names it. A record that is not there, or that the visitor may not see, is not found.
func (v *visit) treeChoice(t storage.Tree) (choice, error) {
	if t.Space != storage.SpaceEntity {
		return choice{Ref: string(t.Space), Kind: string(t.Space), KindFor: "", Name: v.say("tree." + string(t.Space)), URL: documentsURL(t, "")}, nil
	}
	e, err := v.site.cfg.CRM.Get(v.ctx(), v.actor, t.Entity)
	if err != nil {
		return choice{}, err
	}
	return v.choice(e), nil
}

func documentsURL(t storage.Tree, folder string) string {
	return address("/documents", "tree", treeText(t), "folder", folder)
}

// Limits of a tree of folders on a page.
const (
	maxFolders     = 200
	maxFolderDepth = 6
)

// A folder is one of a document tree, after the one that holds it.
type folder struct {
	ID     string
	Name   string
	Depth  int // 0: the root
	Chosen bool
	path   []string // names, from the root's children on
}

// folderTree is all folders of a tree, the root first, as far as they can be read and fit; more says that there are others.
func (v *visit) folderTree(t storage.Tree, root, chosen string) (all []folder, more bool, err error) {
	ctx, done := context.WithTimeout(v.ctx(), 2*patience)
	defer done()
	all = []folder{{Name: root, Chosen: chosen == ""}}
	var below func(parent folder) error
	below = func(parent folder) error {
		cursor := ""
		for {
			page, err := v.mail.Files.List(ctx, mailcrm.FilesQuery{Tree: t, Folder: parent.ID, Cursor: cursor, Limit: mailcrm.MaxPage})
			if err != nil {
				return err
			}
			for _, f := range page.Items {
				if !f.Folder { // folders come first
					return nil
				}
				if len(all) >= maxFolders || parent.Depth >= maxFolderDepth {
					more = true
					return nil
				}
				child := folder{ID: f.ID, Name: f.Name, Depth: parent.Depth + 1, Chosen: f.ID == chosen, path: append(append([]string{}, parent.path...), f.Name)}
				all = append(all, child)
				if err := below(child); err != nil {
					return err
				}
			}
			if cursor = page.Next; cursor == "" {
				return nil
			}
		}
	}
	return all, more, below(all[0])
}

// trailOf are the names of the folders that lead to one, or nil.
func trailOf(all []folder, id string) []string {
	for _, f := range all {
		if f.ID == id && id != "" {
			return f.path
		}
	}
	return nil
}

// where says in words where a document lies: "Anke Vogel › Offers".
func where(tree string, path []string) string {
	return strings.Join(append([]string{tree}, path...), " › ")
}
