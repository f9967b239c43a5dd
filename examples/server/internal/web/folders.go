package web

import (
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// foldersPage is the folders of an account as the server has them, what each is for, and how that was found: GET /accounts/{id}/folders.
type foldersPage struct {
	frame
	Account accountRow
	Rows    []folderRow
	Missing []string // roles that no folder has
}

type folderRow struct {
	ID      string
	Name    string
	Path    string
	Depth   int
	Role    string
	How     string // in a sentence
	Doubt   bool   // guessed
	Total   int
	Unread  int
	Synced  moment
	Problem string
	Opens   bool
	Pending int
	Dead    int
}

func (s *site) folders(v *visit) error {
	a, err := v.mail.Accounts.Get(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	boxes, err := v.mail.Mailboxes.List(v.ctx(), a.ID)
	if err != nil {
		return err
	}
	p := foldersPage{frame: v.frame("nav.accounts", "accounts")}
	p.Title = v.say("folders.title", a.Address)
	p.Account = v.accountRow(a, p.Side)
	have := map[string]bool{}
	for _, b := range boxes {
		have[b.Role] = true
		p.Rows = append(p.Rows, v.folderRow(b))
	}
	for _, role := range []string{"sent", "drafts", "trash", "junk", "archive"} {
		if len(boxes) > 0 && !have[role] {
			p.Missing = append(p.Missing, v.say("role."+role))
		}
	}
	return v.show("folders", p)
}

func (v *visit) folderRow(b mailcrm.Mailbox) folderRow {
	r := folderRow{
		ID: b.ID, Name: folderName(b), Path: b.Name, Total: b.Total, Unread: b.Unread, Synced: v.clock.moment(b.Synced),
		Problem: mailcrm.Sentence(b.Code, string(v.lang)), Opens: b.Selectable, Doubt: b.RoleHow == "guess",
	}
	if b.Delimiter != "" {
		r.Depth = min(strings.Count(b.Name, b.Delimiter), maxDepth)
	}
	if known("role." + b.Role) {
		r.Role = v.say("role." + b.Role)
		if known("how." + b.RoleHow) {
			r.How = v.say("how." + b.RoleHow)
		}
	}
	if ledger, err := v.mail.Mailboxes.Ledger(v.ctx(), b.ID); err == nil {
		r.Pending, r.Dead = ledger.Pending, len(ledger.Dead)
	}
	return r
}
