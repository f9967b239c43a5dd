package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// accountPage is all that can be set of a mail account: GET /accounts/{id}.
type accountPage struct {
	frame
	Action   string
	ID       string
	Kept     string // the name in the drawer of what was tried, with the passwords typed then
	Revision int64
	Row      accountRow
	Fix      string // what the visitor came for: "imap-password", "smtp-host"

	Address    string
	Name       string
	IMAP       serverForm
	SMTP       serverForm
	OtherLogin bool // the outgoing server has a login of its own
	Flags      []mailcrm.Flag
	Link       []option
	Depth      []option
	SentCopy   []option
	Store      bool
	Public     bool
	CRLF       bool
	OwnDomains string
	LinkRead   nightForm
	DeleteAlso nightForm
	Identities []identityForm
	Proposed   []proposalForm
	Members    []memberForm
	SignIns    []option // providers where a sign-in can be begun

	Ticks        *tickList
	Certificates []certificateForm
	RoundTrip    bool
	Errors       formErrors
}

// A nightForm is a policy that runs at night.
type nightForm struct {
	Prefix string
	On     bool
	At     string // "02:30"
	Zone   string
}

type identityForm struct {
	N         int
	ID        string
	Name      string
	Address   string
	ReplyTo   string
	Signature string // plain text
	HTML      string // the signature as it is stored
	Default   bool
}

// A proposalForm is an address that the account seems to answer to.
type proposalForm struct {
	Address, Name, Why string
}

type memberForm struct {
	N      int
	Agents []option
	Read   bool
	Send   bool
	Manage bool
}

func (s *site) account(v *visit) error {
	a, err := v.mail.Accounts.Get(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if !v.manages(a) {
		return v.to("/accounts/" + a.ID + "/folders")
	}
	// What was tried, or begun at a provider, before it is saved.
	if t, ok := s.drawer.get(v.query("kept"), v.actor); ok && t.input.ID == a.ID {
		return v.showAccount(addStatus(&t), t)
	}
	in := a.Input()
	if login := v.query("login"); login != "" {
		in.IMAP.Login = login
	}
	return v.showAccount(http.StatusOK, attempt{input: in})
}

func (v *visit) showAccount(status int, t attempt) error {
	in, wrong := t.input, t.wrong
	a, err := v.mail.Accounts.Get(v.ctx(), in.ID)
	if err != nil {
		return err
	}
	p := accountPage{
		frame: v.frame("account.new", "accounts"), Action: "/accounts/" + in.ID, ID: in.ID, Kept: t.id, Revision: in.Revision, Address: in.Address, Name: in.Name,
		Store: in.StoreAttachments, Public: in.Public, CRLF: in.CRLF, OwnDomains: strings.Join(in.OwnDomains, ", "), Errors: wrong, Fix: v.query("fix"),
		Flags: mailcrm.Flags(), RoundTrip: t.roundTrip,
	}
	p.Title = v.say("account.title", in.Address)
	p.Row = v.accountRow(a, p.Side)
	p.IMAP, p.SMTP = v.serverForm("imap", in.IMAP, true, wrong), v.serverForm("smtp", in.SMTP, true, wrong)
	p.IMAP.Kept, p.SMTP.Kept = !in.IMAP.Password.IsZero(), !in.SMTP.Password.IsZero()
	p.IMAP.Focus, p.SMTP.Focus = p.Fix == "imap-password", p.Fix == "smtp-password"
	v.loginOptions(&p, a, in)
	p.OtherLogin = otherLogin(in) || in.SMTP.Login != ""
	p.Link, p.Depth = v.linkOptions(in), v.depthOptions(in)
	p.SentCopy = options(in.SentCopy, mailcrm.SentAppend, v.say("account.sent.append"), mailcrm.SentServer, v.say("account.sent.server"), mailcrm.SentCheck, v.say("account.sent.check"))
	if in.SentCopy == mailcrm.SentNone || a.IMAP.ReadOnly {
		p.SentCopy = append(p.SentCopy, option{mailcrm.SentNone, v.say("account.sent.none"), in.SentCopy == mailcrm.SentNone})
	}
	p.LinkRead, p.DeleteAlso = v.nightForm("linkread", in.LinkReadNightly), v.nightForm("deletealso", in.DeletePolicy)
	p.identities(in)
	p.members(v, in)
	if proposed, err := v.mail.Accounts.ProposeIdentities(v.ctx(), in.ID); err == nil { // without them the form is whole
		for _, one := range proposed {
			if !one.Foreign || v.actor.Admin {
				p.Proposed = append(p.Proposed, proposalForm{one.Address, one.Name, v.lang.count("account.why."+one.Why, one.Seen)})
			}
		}
	}
	p.Ticks, p.Certificates = v.ticks(t.check), v.certificates(t.check, in)
	return v.showStatus(status, "account", p)
}

// loginOptions are the ways of showing who one is: a password, or one of the visitor's sign-ins, or that of somebody else which the account has.
func (v *visit) loginOptions(p *accountPage, a *mailcrm.Account, in mailcrm.AccountInput) {
	own := v.ownLogins("")
	if providers, err := v.mail.Logins.Providers(v.ctx()); err == nil {
		for _, name := range providers {
			p.SignIns = append(p.SignIns, option{Value: name, Label: v.say("signin.with", providerName(name))})
		}
	}
	for _, side := range []struct {
		form      *serverForm
		now, has  string
		otherwise string
	}{{&p.IMAP, in.IMAP.Login, a.IMAP.Login, v.say("account.login.password")}, {&p.SMTP, in.SMTP.Login, a.SMTP.Login, v.say("account.login.same")}} {
		if len(own) == 0 && side.now == "" && side.has == "" {
			continue
		}
		side.form.Logins = []option{{"", side.otherwise, side.now == ""}}
		known := false
		for _, l := range own {
			side.form.Logins = append(side.form.Logins, option{l.ID, v.say("account.login.of", providerName(l.Provider), l.Subject), l.ID == side.now})
			known = known || l.ID == side.has
		}
		if side.has != "" && !known {
			side.form.Logins = append(side.form.Logins, option{side.has, v.say("account.login.other"), side.has == side.now})
		}
	}
}

// saveAccount is POST /accounts/{id}.
func (s *site) saveAccount(v *visit) error {
	t, err := v.editForm()
	if err != nil {
		return err
	}
	saved, err := v.mail.Accounts.Update(v.ctx(), t.input)
	if err != nil {
		return v.notSaved(t, err)
	}
	s.drawer.remove(t.id)
	return v.to("/accounts/"+saved.ID, "done", "account_saved")
}

// testAccount is POST /accounts/{id}/test: the settings are tried as they stand in the form, and not saved.
func (s *site) testAccount(v *visit) error {
	t, err := v.editForm()
	if err != nil {
		return err
	}
	t.roundTrip = v.checkedBox("roundtrip")
	check, err := v.mail.Accounts.Check(v.ctx(), mailcrm.CheckInput{
		Account: t.input, RoundTrip: t.roundTrip, Progress: func(step mailcrm.CheckStep) { v.progress(v.stepLine(step)) },
	})
	if err != nil {
		return v.notSaved(t, err)
	}
	t.check = check
	t.forget()
	return v.end("/accounts/"+t.input.ID, "kept", s.drawer.put(t))
}

// editForm is the whole form, with the passwords that were typed when it was tried before, and the certificates that were confirmed.
func (v *visit) editForm() (attempt, error) {
	id := v.r.PathValue("id")
	a, err := v.mail.Accounts.Get(v.ctx(), id)
	switch {
	case err != nil:
		return attempt{}, err
	case !v.manages(a):
		return attempt{}, mailcrm.ErrNotFound
	}
	t, kept := v.site.drawer.get(v.field("kept"), v.actor)
	if !kept || t.input.ID != id {
		t = attempt{who: v.actor}
	}
	in := v.accountForm()
	in.Owner = a.Owner // an administrator who changes an account does not become its owner
	t.passwords(&in)
	v.trusted(&in, t.check)
	t.input, t.address, t.wrong, t.check = in, in.Address, nil, nil
	return t, nil
}

// notSaved shows the form with what is wrong with it, or fails.
func (v *visit) notSaved(t attempt, err error) error {
	var field *mailcrm.FieldError
	code, status := mailcrm.ErrorCode(err)
	switch {
	case errors.As(err, &field):
		t.wrong, status = formErrors{accountField(field.Field): v.fieldText(field)}, http.StatusUnprocessableEntity
	case code == "conflict":
		if now, e := v.mail.Accounts.Get(v.ctx(), t.input.ID); e == nil {
			t.input.Revision = now.Revision // saving again is a decision of the person who now sees it
		}
		t.wrong = formErrors{"form": v.say("compose.conflict")}
	case code == "limit", code == "temporary":
		t.wrong = formErrors{"form": v.errorText(err)}
	default:
		return err
	}
	if v.live() {
		return v.end("/accounts/"+t.input.ID, "kept", v.site.drawer.put(t))
	}
	t.id = v.site.drawer.put(t)
	return v.showAccount(status, t)
}

// accountField is the field of the form that the library means: "IMAP.Host" is imap.host.
func accountField(name string) string {
	name = strings.ToLower(name)
	for _, whole := range []string{"identities", "members"} {
		if strings.HasPrefix(name, whole) {
			return whole
		}
	}
	for library, form := range map[string]string{"linkreadnightly.": "linkread", "deletepolicy.": "deletealso"} {
		if strings.HasPrefix(name, library) {
			return form
		}
	}
	return name
}
