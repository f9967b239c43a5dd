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
	Users    []accountUser
	State    string // "new", "syncing", "ready" …
	Sentence string
	Detail   string
	Cure     *cure
	NextTry  moment
	Sending  *sendingState // how sending fares, where it is not as receiving does
	LastSync moment
	Unread   int
	Reads    bool // the visitor reads its mail
	Manages  bool
	Paused   bool
}

// An accountUser is somebody who uses an account.
type accountUser struct {
	Name   string
	Owner  bool
	Rights string // "reads, sends"
}

type sendingState struct {
	State    string
	Sentence string
	Detail   string
	Cure     *cure
}

// A cure is what the visitor can do about an account's state: a link, a button, or a few words.
type cure struct {
	Text   string
	Link   string
	Action string // of a POST
	Fields []pair
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
		ID: a.ID, Address: a.Address, Name: a.Name, State: a.Status.State, LastSync: v.clock.moment(a.LastSync),
		Reads: slices.Contains(a.Rights, mailcrm.RightRead), Manages: v.manages(a), Paused: a.Status.State == mailcrm.AccountPaused,
		Users: []accountUser{{Name: v.agentName(a.Owner), Owner: true}},
	}
	for _, m := range a.Members {
		var rights []string
		for _, right := range m.Rights {
			rights = append(rights, v.say("right."+string(right)))
		}
		r.Users = append(r.Users, accountUser{Name: v.agentName(m.Agent), Rights: strings.Join(rights, ", ")})
	}
	r.Sentence, r.Detail = v.stateText(a.Status)
	r.Cure = v.cure(a, mailcrm.SideIMAP, a.Status)
	if a.Status.Code != "" {
		r.NextTry = v.clock.moment(a.Status.NextTry)
	}
	if a.Sending.Code != "" && !r.Paused {
		sending := sendingState{State: a.Sending.State, Cure: v.cure(a, mailcrm.SideSMTP, a.Sending)}
		sending.Sentence, sending.Detail = v.stateText(a.Sending)
		r.Sending = &sending
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

// stateText is how an account fares, and what the server said. A fingerprint is shown where it is compared, not here.
func (v *visit) stateText(s mailcrm.AccountStatus) (sentence, detail string) {
	if sentence = s.Sentence; sentence == "" {
		sentence = v.say("state." + s.State)
	}
	if s.Certificate == nil {
		detail = s.Detail
	}
	return sentence, detail
}

// cure is what the visitor can do about a state. Who may not change the account is told whom to ask.
func (v *visit) cure(a *mailcrm.Account, side string, s mailcrm.AccountStatus) *cure {
	if s.Do == mailcrm.DoNothing {
		return nil
	}
	c := &cure{Text: strings.TrimSuffix(s.Cure, ".")}
	page := "/accounts/" + a.ID
	manages, login := v.manages(a), a.IMAP.Login
	if side == mailcrm.SideSMTP && a.SMTP.Login != "" {
		login = a.SMTP.Login
	}
	switch s.Do {
	case mailcrm.DoWait:
		if slices.Contains(a.Rights, mailcrm.RightRead) {
			c.Text, c.Action, c.Fields = v.say("accounts.retry"), "/fetch", []pair{{"account", a.ID}, {"back", "/accounts"}}
		}
		return c
	case mailcrm.DoSpace, mailcrm.DoAdmin:
		return c
	case mailcrm.DoSignIn:
		if slices.ContainsFunc(v.allOwnLogins(), func(l mailcrm.Login) bool { return l.ID == login }) {
			c.Action, c.Fields = "/accounts/signin", []pair{{"login", login}, {"back", "/accounts"}}
			return c
		}
		if manages {
			c.Link = address(page, "fix", side+"-login") + "#" + side + "-login"
		}
	}
	if !manages {
		c.Text = v.say("accounts.ask_owner", v.agentName(a.Owner))
		return c
	}
	switch s.Do {
	case mailcrm.DoPassword:
		c.Link = address(page, "fix", side+"-password") + "#" + side + "-password"
	case mailcrm.DoServer:
		c.Link = address(page, "fix", side+"-host") + "#" + side + "-host"
	case mailcrm.DoCertificate:
		c.Link = address(page+"/certificate", "side", side)
	case mailcrm.DoResume:
		c.Action = page + "/resume"
	}
	return c
}

func (v *visit) manages(a *mailcrm.Account) bool {
	return v.actor.Admin || slices.Contains(a.Rights, mailcrm.RightManage)
}

// managed is the account of the page's address, if the visitor may change it.
func (v *visit) managed() (*mailcrm.Account, error) {
	a, err := v.mail.Accounts.Get(v.ctx(), v.r.PathValue("id"))
	if err == nil && !v.manages(a) {
		err = mailcrm.ErrNotFound
	}
	return a, err
}

// pauseAccount is POST /accounts/{id}/pause, resumeAccount POST /accounts/{id}/resume.
func (s *site) pauseAccount(v *visit) error {
	if _, err := v.mail.Accounts.Pause(v.ctx(), v.r.PathValue("id")); err != nil {
		return err
	}
	return v.to("/accounts", "done", "account_paused")
}

func (s *site) resumeAccount(v *visit) error {
	if _, err := v.mail.Accounts.Resume(v.ctx(), v.r.PathValue("id")); err != nil {
		return err
	}
	return v.to("/accounts", "done", "account_resumed")
}

// certificatePage shows a certificate that nobody vouches for, to be compared and confirmed: GET /accounts/{id}/certificate.
type certificatePage struct {
	frame
	ID          string
	Address     string
	Of          string // the side: "imap", "smtp"
	Sentence    string
	Certificate *certificateForm
	Changed     bool // another one was confirmed before
}

func (s *site) certificate(v *visit) error {
	a, err := v.managed()
	if err != nil {
		return err
	}
	p := certificatePage{frame: v.frame("certificate.title", "accounts"), ID: a.ID, Address: a.Address, Of: mailcrm.SideIMAP}
	status, server := a.Status, a.IMAP
	if v.query("side") == mailcrm.SideSMTP {
		p.Of, status, server = mailcrm.SideSMTP, a.Sending, a.SMTP
	}
	if status.Certificate != nil {
		form := v.certificateForm("pin", server.Host, status.Certificate, "")
		p.Certificate, p.Sentence, p.Changed = &form, status.Sentence, server.PinSHA256 != ""
	}
	return v.show("certificate", p)
}

// trust is POST /accounts/{id}/trust: a person has compared the certificate's fingerprint. The library takes only the one that the server shows.
func (s *site) trust(v *visit) error {
	in := mailcrm.TrustInput{Account: v.r.PathValue("id"), Side: v.field("side"), SHA256: v.field("pin")}
	if _, err := v.managed(); err != nil {
		return err
	}
	if in.SHA256 == "" { // the box was not ticked
		return v.to("/accounts/"+in.Account+"/certificate", "side", in.Side)
	}
	if _, err := v.mail.Accounts.Trust(v.ctx(), in); err != nil {
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
	a, err := v.managed()
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
