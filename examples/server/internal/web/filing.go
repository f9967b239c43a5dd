package web

import (
	"errors"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// filePage files an attachment: GET /message/{id}/file/{part}?tree=&kind=&find=&back=
type filePage struct {
	frame
	ID      string
	Path    string
	File    file
	Subject string
	Back    string // to the mail
	List    string // where the mail was opened from
	Base    string // of the page with another choice
	Private bool

	Near    []choice // records that the mail belongs to, and those around them
	Spaces  []choice
	Kinds   []option
	Query   string
	Looked  bool
	Found   []choice
	Tree    *choice // chosen
	Folders []folder
	More    bool
	New     string // name of a folder to make
	Name    string
	Errors  map[string]string
	Problem string
}

// maxNear is how many records are proposed.
const maxNear = 12

func (s *site) filing(v *visit) error {
	p, m, err := v.filePage()
	if err != nil {
		return err
	}
	p.near(v, m)
	tree, ok := v.treeOf(v.query("tree"))
	if !ok && v.query("tree") == "" && v.query("find") == "" && len(p.Near) > 0 {
		tree, ok = v.treeOf(p.Near[0].Ref)
	}
	if ok {
		if err := p.choose(v, tree, v.query("folder")); err != nil {
			return err
		}
	}
	return v.show("file", p)
}

// filePage is what the page tells of the attachment.
func (v *visit) filePage() (*filePage, *mailcrm.Message, error) {
	m, err := v.mail.Messages.Get(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return nil, nil, err
	}
	path := v.r.PathValue("part")
	i := slices.IndexFunc(m.Attachments, func(a mailcrm.Attachment) bool { return a.Path == path })
	if m.Withheld || i < 0 {
		return nil, nil, mailcrm.ErrNotFound
	}
	p := &filePage{
		frame: v.frame("filing.title", "inbox"), ID: m.ID, Path: path, File: v.file(m.ID, m.Attachments[i]), Subject: strings.TrimSpace(m.Subject),
		Back: address("/message/"+m.ID, "back", v.query("back")), Private: m.Private, Name: m.Attachments[i].Name, Errors: map[string]string{},
	}
	p.Base = address("/message/"+m.ID+"/file/"+path, "kind", v.query("kind"), "find", v.query("find"), "back", v.query("back"))
	if p.List = v.query("back"); p.List == "" {
		p.List = v.field("back")
	}
	if p.Subject == "" {
		p.Subject = v.say("mail.no_subject")
	}
	return p, m, nil
}

// near fills in what is proposed: the records of the mail, what belongs to them, and what was looked for.
func (p *filePage) near(v *visit, m *mailcrm.Message) {
	seen := map[string]bool{}
	add := func(e storage.Entity) {
		if c := v.choice(e); !seen[c.Ref] && len(p.Near) < maxNear {
			seen[c.Ref] = true
			p.Near = append(p.Near, c)
		}
	}
	var own []storage.Entity
	for _, l := range m.Links {
		if e, err := v.site.cfg.CRM.Get(v.ctx(), v.actor, l.Entity); err == nil {
			own = append(own, e)
			add(e)
		}
	}
	for _, e := range own {
		if parent, err := v.site.cfg.CRM.Get(v.ctx(), v.actor, e.Parent); err == nil && !e.Parent.IsZero() {
			add(parent)
		}
		children, err := v.site.cfg.CRM.Children(v.ctx(), v.actor, e.Ref)
		if err != nil {
			continue // the record itself can be chosen all the same
		}
		for _, child := range children {
			if child.Kind == storage.KindDeal {
				add(child)
			}
		}
	}
	for _, space := range []storage.Space{storage.SpacePrivate, storage.SpaceCommon} {
		if c, err := v.treeChoice(storage.Tree{Space: space}); err == nil {
			p.Spaces = append(p.Spaces, c)
		}
	}
	kind := storage.Kind(v.query("kind"))
	p.Kinds = options(string(kind), "", v.say("kinds.all"), string(storage.KindAccount), v.say("kinds.account"), string(storage.KindContact), v.say("kinds.contact"), string(storage.KindDeal), v.say("kinds.deal"))
	p.Query = cut(v.query("find"), 200)
	if p.Looked = v.r.URL.Query().Has("find"); !p.Looked {
		return
	}
	found, _, err := v.site.cfg.CRM.List(v.ctx(), v.actor, kind, p.Query, "")
	if err != nil {
		p.Problem = v.errorText(err)
		return
	}
	p.Found = v.choices(found[:min(len(found), maxNear)])
}

// choose fills in the tree of a record, or a space, with its folders.
func (p *filePage) choose(v *visit, tree storage.Tree, chosen string) error {
	c, err := v.treeChoice(tree)
	if err != nil {
		return err
	}
	p.Tree = &c
	for _, list := range [][]choice{p.Near, p.Spaces, p.Found} {
		for i := range list {
			list[i].Chosen = list[i].Ref == c.Ref
		}
	}
	if p.Folders, p.More, err = v.folderTree(tree, c.Name, chosen); err != nil {
		p.Problem = v.errorText(err)
	}
	if !slices.ContainsFunc(p.Folders, func(f folder) bool { return f.Chosen }) && len(p.Folders) > 0 {
		p.Folders[0].Chosen = true
	}
	return nil
}

// fileIt is POST /message/{id}/file/{part}.
func (s *site) fileIt(v *visit) error {
	id, part := v.r.PathValue("id"), v.r.PathValue("part")
	tree, ok := v.treeOf(v.field("tree"))
	if !ok {
		return storage.Invalid("Tree", "required", "choose a record")
	}
	if _, err := v.treeChoice(tree); err != nil {
		return err
	}
	filed, err := v.mail.Messages.File(v.ctx(), mailcrm.FileInput{
		Message: id, Path: part, Tree: tree, Folder: v.field("folder"), NewFolder: v.field("new"), Name: v.field("name"),
	})
	var field *mailcrm.FieldError
	if errors.As(err, &field) && (field.Field == "Name" || field.Field == "NewFolder") {
		p, m, e := v.filePage()
		if e != nil {
			return e
		}
		p.near(v, m)
		if e := p.choose(v, tree, v.field("folder")); e != nil {
			return e
		}
		p.Name, p.New = v.field("name"), v.field("new")
		p.Errors[field.Field] = v.say("filing.bad_name")
		return v.showStatus(422, "file", p)
	}
	if err != nil {
		return err
	}
	into := v.field("folder")
	if filed.Folder.ID != "" {
		into = filed.Folder.ID
	}
	return v.to("/message/"+id, "done", "filed", "tree", treeText(tree), "folder", into, "file", filed.File.ID, "back", v.field("back"))
}

// filed completes the notice of an attachment that was filed: under which name, and where. What it tells is looked up, not believed.
func (f *frame) filed(v *visit) {
	if f.Notice == nil || v.query("done") != "filed" {
		return
	}
	tree, ok := v.treeOf(v.query("tree"))
	if !ok {
		return
	}
	c, err := v.treeChoice(tree)
	if err != nil {
		return
	}
	document, content, err := v.mail.Files.Open(v.ctx(), tree, v.query("file"))
	if err != nil {
		return
	}
	_ = content.Close()
	folders, _, err := v.folderTree(tree, c.Name, v.query("folder"))
	if err != nil {
		return
	}
	f.Notice.Text = v.say("filing.filed", document.Name, where(c.Name, trailOf(folders, v.query("folder"))))
	f.Notice.Link = &pair{v.say("filing.show"), address(documentsURL(tree, v.query("folder")), "file", document.ID)}
}
