package web

import (
	"io"
	"strconv"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// documentsPage is a folder of a document tree: GET /documents?tree=&folder=&file=&cursor=
type documentsPage struct {
	frame
	Tree  choice
	Trail []pair // the folders that lead here, with their addresses
	Rows  []document
	First string
	Next  string
}

// A document is a line of a folder.
type document struct {
	Folder bool
	Name   string
	Icon   string
	Kind   string
	Size   string
	When   moment
	URL    string
	Here   bool // the one that was asked for
}

func (s *site) documents(v *visit) error {
	tree, ok := v.treeOf(v.query("tree"))
	if !ok {
		return mailcrm.ErrNotFound
	}
	c, err := v.treeChoice(tree)
	if err != nil {
		return err
	}
	here := v.query("folder")
	page, err := v.mail.Files.List(v.ctx(), mailcrm.FilesQuery{Tree: tree, Folder: here, Cursor: v.query("cursor"), Limit: mailcrm.MaxPage})
	if err != nil {
		return err
	}
	p := documentsPage{frame: v.frame("documents.title", "records"), Tree: c}
	p.Title = v.say("documents.of", cut(c.Name, 60))
	if here != "" {
		folders, _, err := v.folderTree(tree, c.Name, here)
		if err != nil {
			return err
		}
		p.Trail = trail(tree, folders, here)
	}
	for _, f := range page.Items {
		row := document{Folder: f.Folder, Name: f.Name, Here: f.ID == v.query("file"), When: v.clock.moment(f.Modified)}
		if f.Folder {
			row.URL, row.Icon, row.Kind = documentsURL(tree, f.ID), "folder", v.say("file.folder")
		} else {
			row.URL = address("/documents/file", "tree", treeText(tree), "file", f.ID)
			row.Icon, row.Kind, row.Size = fileIcon(f.Type, f.Name), v.fileKind(f.Type, f.Name), v.lang.size(f.Size)
		}
		p.Rows = append(p.Rows, row)
	}
	if v.query("cursor") != "" {
		p.First = documentsURL(tree, here)
	}
	if page.Next != "" {
		p.Next = address(documentsURL(tree, here), "cursor", page.Next)
	}
	return v.show("documents", p)
}

// trail are the folders from the root to one, each with its page.
func trail(tree storage.Tree, all []folder, id string) []pair {
	for i := range all {
		if all[i].ID != id {
			continue
		}
		out := []pair{{all[i].Name, documentsURL(tree, id)}}
		for depth := all[i].Depth; i >= 0 && depth > 1; i-- {
			if all[i].Depth == depth-1 {
				depth--
				out = append([]pair{{all[i].Name, documentsURL(tree, all[i].ID)}}, out...)
			}
		}
		return out
	}
	return nil
}

// document is GET /documents/file?tree=&file=: always a file to keep, whatever it is.
func (s *site) document(v *visit) error {
	tree, ok := v.treeOf(v.query("tree"))
	if !ok {
		return mailcrm.ErrNotFound
	}
	if _, err := v.treeChoice(tree); err != nil {
		return err
	}
	f, content, err := v.mail.Files.Open(v.ctx(), tree, v.query("file"))
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	h := v.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mailcrm.ContentDisposition("attachment", f.Name))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	_, _ = io.Copy(v.w, content) // the head is out: nothing else can be told any more
	return nil
}
