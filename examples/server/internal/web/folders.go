package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// foldersPage is the folders of an account as the server has them, what each is used for, and how that was found: GET /accounts/{id}/folders.
type foldersPage struct {
	frame
	Account  accountRow
	Revision int64
	Rows     []folderRow
	Roles    []roleRow
	Lost     []string // choices that could not be followed any more, in sentences
	SentCopy []option
	SentHow  string
	Errors   formErrors
}

// A folderRow is a line of the tree.
type folderRow struct {
	ID      string
	Name    string
	Path    string
	Depth   int
	Role    string
	Foreign bool
	Counted bool
	Total   int
	Unread  int
	Synced  moment
	Problem string
	Opens   bool
	Pending int
	Dead    int
}

// A roleRow is a role and the folder that has it.
type roleRow struct {
	Role    string
	Label   string
	Icon    string
	Folder  string // path of the folder; empty: none
	How     string // "stated", "exact", "guess", "chosen", "none": the colour of the badge
	Badge   string
	Text    string // all of it in sentences
	Losers  []mailcrm.Loser
	Options []option // empty: nothing can be chosen
	Create  string   // path of the folder that could be made
	Error   string
}

// automatic stands for what the library finds by itself, in forms.
const automatic = "auto"

func (s *site) folders(v *visit) error {
	return v.showFolders(http.StatusOK, nil, nil)
}

// showFolders shows the page, with what was chosen and is not saved yet, and what is wrong with it.
func (v *visit) showFolders(status int, chosen map[string]string, wrong formErrors) error {
	a, err := v.mail.Accounts.Get(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	tree, err := v.mail.Mailboxes.Tree(v.ctx(), a.ID)
	if err != nil {
		return err
	}
	mapping, err := v.mail.Mailboxes.Mapping(v.ctx(), a.ID)
	if err != nil {
		return err
	}
	p := foldersPage{frame: v.frame("nav.accounts", "accounts"), Revision: mapping.Revision, Errors: wrong}
	p.Title = v.say("folders.title", a.Address)
	p.Account = v.accountRow(a, p.Side)
	for _, n := range tree {
		p.Rows = append(p.Rows, v.folderRow(n))
	}
	if len(tree) > 0 {
		for _, r := range mapping.Roles {
			p.Roles = append(p.Roles, v.roleRow(r, tree, chosen, wrong))
		}
	}
	for _, d := range mapping.Dropped {
		p.Lost = append(p.Lost, d.Text)
	}
	how := mapping.SentCopy
	if sent, ok := chosen["sentcopy"]; ok {
		how = sent
	}
	p.SentCopy = options(how, mailcrm.SentAppend, v.say("account.sent.append"), mailcrm.SentServer, v.say("account.sent.server"), mailcrm.SentCheck, v.say("account.sent.check"))
	for _, o := range p.SentCopy {
		if o.Selected {
			p.SentHow = o.Label
		}
	}
	return v.showStatus(status, "folders", p)
}

func (v *visit) folderRow(n mailcrm.MailboxNode) folderRow {
	r := folderRow{
		ID: n.ID, Name: n.Label, Path: n.Name, Depth: min(n.Depth, maxDepth), Foreign: n.Foreign, Counted: n.Counted, Total: n.Total, Unread: n.Unread,
		Synced: v.clock.moment(n.Synced), Problem: mailcrm.Sentence(n.Code, string(v.lang)), Opens: n.Selectable && n.ID != "" && n.Counted,
	}
	if known("role." + n.Role) {
		r.Role = v.say("role." + n.Role)
	}
	if n.ID == "" || !n.Counted {
		return r
	}
	if ledger, err := v.mail.Mailboxes.Ledger(v.ctx(), n.ID); err == nil {
		r.Pending, r.Dead = ledger.Pending, len(ledger.Dead)
	}
	return r
}

func (v *visit) roleRow(m mailcrm.RoleMapping, tree []mailcrm.MailboxNode, chosen map[string]string, wrong formErrors) roleRow {
	r := roleRow{Role: m.Role, Label: v.say("role." + m.Role), Icon: roleIcon(m.Role), Folder: m.Name, How: m.How, Text: m.Text, Losers: m.Losers, Create: m.Create, Error: wrong["roles."+m.Role]}
	if r.How == mailcrm.HowNone {
		r.How = "none"
	}
	r.Badge = v.say("how." + r.How)
	if m.Choosable == "" {
		return r
	}
	value := automatic
	switch {
	case m.How == mailcrm.HowChosen && m.Mailbox == "":
		value = mailcrm.NoMailbox
	case m.How == mailcrm.HowChosen:
		value = m.Mailbox
	}
	if c, ok := chosen[m.Role]; ok {
		value = c
	}
	auto := v.say("folders.auto")
	if m.How != mailcrm.HowChosen && m.Name != "" {
		auto = v.say("folders.auto.found", m.Name)
	}
	r.Options = options(value, automatic, auto, mailcrm.NoMailbox, v.say("folders.none"))
	if m.Choosable != "mailbox" {
		return r
	}
	for _, n := range tree {
		if n.Choosable && n.ID != "" {
			r.Options = append(r.Options, option{Value: n.ID, Label: strings.Repeat("\u2003", min(n.Depth, maxDepth)) + n.Label, Selected: n.ID == value})
		}
	}
	return r
}

// saveFolders is POST /accounts/{id}/folders: what a person wants each folder to be.
func (s *site) saveFolders(v *visit) error {
	in := mailcrm.ChooseInput{Account: v.r.PathValue("id"), Roles: map[string]string{}, SentCopy: v.field("sentcopy")}
	in.Revision, _ = strconv.ParseInt(v.field("revision"), 10, 64) // 0 is whatever it is now
	mapping, err := v.mail.Mailboxes.Mapping(v.ctx(), in.Account)
	if err != nil {
		return err
	}
	chosen := map[string]string{"sentcopy": in.SentCopy}
	for _, m := range mapping.Roles {
		name := "role." + m.Role
		if !v.r.PostForm.Has(name) {
			continue
		}
		chosen[m.Role] = v.field(name)
		in.Roles[m.Role] = v.field(name)
		if in.Roles[m.Role] == automatic {
			in.Roles[m.Role] = ""
		}
	}
	_, err = v.mail.Mailboxes.Choose(v.ctx(), in)
	var field *mailcrm.FieldError
	switch code, status := mailcrm.ErrorCode(err); {
	case errors.As(err, &field):
		return v.showFolders(http.StatusUnprocessableEntity, chosen, formErrors{strings.ToLower(field.Field): v.fieldText(field)})
	case code == "conflict":
		return v.showFolders(status, chosen, formErrors{"form": v.say("compose.conflict")})
	case err != nil:
		return err
	}
	return v.to("/accounts/"+in.Account+"/folders", "done", "folders_saved")
}

// createFolder is POST /accounts/{id}/folders/create: the folder of a role is made on the server.
func (s *site) createFolder(v *visit) error {
	id := v.r.PathValue("id")
	_, err := v.mail.Mailboxes.Create(v.ctx(), mailcrm.CreateMailboxInput{Account: id, Role: v.field("role")})
	var field *mailcrm.FieldError
	switch code, status := mailcrm.ErrorCode(err); {
	case err == nil:
		return v.to("/accounts/"+id+"/folders", "done", "folder_made")
	case errors.As(err, &field):
		return v.showFolders(http.StatusUnprocessableEntity, nil, formErrors{"form": v.fieldText(field)})
	case code == "not_found", code == "closed":
		return err
	default:
		return v.showFolders(status, nil, formErrors{"form": v.errorText(err)})
	}
}
