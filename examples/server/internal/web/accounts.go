package web

import (
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// accountsPage is the list of mail accounts: GET /accounts.
type accountsPage struct {
	frame
	Rows []accountRow
}

// An accountRow is a mail account and how it fares.
type accountRow struct {
	ID       string
	Address  string
	Name     string
	Users    string
	State    string // "new", "syncing", "ready" …
	Sentence string
	Detail   string
	NextTry  moment
	LastSync moment
	Unread   int
	Reads    bool // the visitor reads its mail
	Manages  bool
	Pin      string // fingerprint of a certificate that nobody signed, to be trusted by a person
}

func (s *site) accounts(v *visit) error {
	all, err := v.mail.Accounts.List(v.ctx())
	if err != nil {
		return err
	}
	p := accountsPage{frame: v.frame("nav.accounts", "accounts")}
	for i := range all {
		p.Rows = append(p.Rows, v.accountRow(&all[i], p.Side))
	}
	return v.show("accounts", p)
}

func (v *visit) accountRow(a *mailcrm.Account, side sidebar) accountRow {
	r := accountRow{
		ID: a.ID, Address: a.Address, Name: a.Name, State: a.Status.State, Detail: a.Status.Detail, LastSync: v.clock.moment(a.LastSync),
		Reads: slices.Contains(a.Rights, mailcrm.RightRead), Manages: v.manages(a),
	}
	users := []string{v.say("accounts.owner", v.agentName(a.Owner))}
	for _, m := range a.Members {
		users = append(users, v.agentName(m.Agent))
	}
	r.Users = strings.Join(users, ", ")
	if r.Sentence = a.Status.Sentence; r.Sentence == "" {
		r.Sentence = v.say("state." + a.Status.State)
	}
	if a.Status.Code != "" {
		r.NextTry = v.clock.moment(a.Status.NextTry)
		r.Pin = fingerprint(a.Status.Detail)
	}
	for _, account := range side.Accounts {
		if account.ID != a.ID {
			continue
		}
		for _, b := range account.boxes {
			if b.Role == "inbox" {
				r.Unread += b.Unread
			}
		}
	}
	return r
}

func (v *visit) manages(a *mailcrm.Account) bool {
	return v.actor.Admin || slices.Contains(a.Rights, mailcrm.RightManage)
}

// fingerprint is the one that an account's state names ("SHA-256 …"), or "".
func fingerprint(detail string) string {
	pin, found := strings.CutPrefix(detail, "SHA-256 ")
	if !found || len(strings.ReplaceAll(pin, ":", "")) != 64 {
		return ""
	}
	return pin
}

// trust is POST /accounts/{id}/trust: a person has compared the certificate's fingerprint.
func (s *site) trust(v *visit) error {
	a, err := v.mail.Accounts.Get(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	in := inputOf(a)
	// What the page showed must be what the server shows: the form's own value is not believed.
	if pin := fingerprint(a.Status.Detail); pin == "" || pin != v.field("pin") {
		return mailcrm.ErrConflict
	}
	in.IMAP.PinSHA256 = v.field("pin")
	if a.SMTP.Host == a.IMAP.Host {
		in.SMTP.PinSHA256 = in.IMAP.PinSHA256
	}
	if _, err := v.mail.Accounts.Update(v.ctx(), in); err != nil {
		return err
	}
	return v.to("/accounts", "done", "trusted")
}

// deletePage asks before an account is deleted: GET /accounts/{id}/delete.
type deletePage struct {
	frame
	Account accountRow
}

func (s *site) askDelete(v *visit) error {
	a, err := v.mail.Accounts.Get(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	p := deletePage{frame: v.frame("accounts.delete.title", "accounts")}
	p.Account = v.accountRow(a, p.Side)
	return v.show("accountdelete", p)
}

func (s *site) deleteAccount(v *visit) error {
	if err := v.mail.Accounts.Delete(v.ctx(), v.r.PathValue("id")); err != nil {
		return err
	}
	return v.to("/accounts", "done", "account_deleted")
}
