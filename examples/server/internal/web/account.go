package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// accountPage is the form of a mail account: GET /accounts/new and /accounts/{id}.
type accountPage struct {
	frame
	Action   string
	ID       string
	Revision int64
	Row      accountRow

	Address    string
	Name       string
	IMAP       serverForm
	SMTP       serverForm
	OtherLogin bool // the outgoing server has a login of its own
	Link       []option
	Depth      []option
	SentCopy   []option
	Store      bool
	Public     bool
	CRLF       bool
	OwnDomains string
	Identities []identityForm
	Members    []memberForm
	Errors     formErrors
}

// A serverForm is one server.
type serverForm struct {
	Prefix   string // of the field's names: "imap", "smtp"
	Host     string
	Port     string
	Security []option
	Username string
	Pin      string
	NoAuth   bool
	Saved    bool // a password is stored
	Errors   formErrors
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

type memberForm struct {
	N      int
	Agents []option
	Read   bool
	Send   bool
	Manage bool
}

func (s *site) newAccount(v *visit) error {
	in := mailcrm.AccountInput{DepthDays: mailcrm.DefaultDepth, Link: mailcrm.WhenRead}
	if p, ok := s.cfg.People.Person(v.actor.Agent); ok {
		in.Address, in.Name = p.Address, p.Name
	}
	return v.showAccount(http.StatusOK, in, nil)
}

func (s *site) account(v *visit) error {
	a, err := v.mail.Accounts.Get(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if !v.manages(a) {
		return v.to("/accounts/" + a.ID + "/folders")
	}
	return v.showAccount(http.StatusOK, inputOf(a), nil)
}

// inputOf is an account as it is, ready to be changed. Passwords stay what they are.
func inputOf(a *mailcrm.Account) mailcrm.AccountInput {
	server := func(s mailcrm.Server) mailcrm.ServerInput {
		return mailcrm.ServerInput{Host: s.Host, Port: s.Port, Security: s.Security, Username: s.Username, NoAuth: s.NoAuth, PinSHA256: s.PinSHA256}
	}
	return mailcrm.AccountInput{
		ID: a.ID, Revision: a.Revision, Address: a.Address, Name: a.Name, Owner: a.Owner, IMAP: server(a.IMAP), SMTP: server(a.SMTP), Link: a.Link,
		DepthDays: a.DepthDays, StoreAttachments: a.StoreAttachments, Public: a.Public, CRLF: a.CRLF, SentCopy: a.SentCopy, OwnDomains: a.OwnDomains,
		Members: a.Members, Identities: a.Identities,
	}
}

func (v *visit) showAccount(status int, in mailcrm.AccountInput, wrong formErrors) error {
	p := accountPage{
		frame: v.frame("account.new", "accounts"), Action: "/accounts/new", ID: in.ID, Revision: in.Revision, Address: in.Address, Name: in.Name,
		Store: in.StoreAttachments, Public: in.Public, CRLF: in.CRLF, OwnDomains: strings.Join(in.OwnDomains, ", "), Errors: wrong,
	}
	if in.ID != "" {
		p.Action, p.Title = "/accounts/"+in.ID, v.say("account.title", in.Address)
		if a, err := v.mail.Accounts.Get(v.ctx(), in.ID); err == nil {
			p.Row = v.accountRow(a, p.Side)
		}
	}
	p.IMAP, p.SMTP = v.serverForm("imap", in.IMAP, in.ID != "", wrong), v.serverForm("smtp", in.SMTP, in.ID != "", wrong)
	p.OtherLogin = in.SMTP.NoAuth || in.SMTP.Username != "" && in.SMTP.Username != in.IMAP.Username && in.SMTP.Username != in.Address
	p.Link = options(in.Link, mailcrm.WhenRead, v.say("account.link.read"), mailcrm.AtArrival, v.say("account.link.arrival"))
	depth := strconv.Itoa(in.DepthDays)
	p.Depth = options(depth, "30", v.lang.count("account.days", 30), "90", v.lang.count("account.days", 90), "365", v.say("account.year"), "-1", v.say("account.everything"))
	if in.DepthDays > 0 && in.DepthDays != 30 && in.DepthDays != 90 && in.DepthDays != 365 {
		p.Depth = append(p.Depth, option{depth, v.lang.count("account.days", in.DepthDays), true})
	}
	p.SentCopy = options(in.SentCopy, mailcrm.SentAppend, v.say("account.sent.append"), mailcrm.SentServer, v.say("account.sent.server"), mailcrm.SentCheck, v.say("account.sent.check"))
	p.identities(in)
	p.members(v, in)
	return v.showStatus(status, "account", p)
}

func (v *visit) serverForm(prefix string, in mailcrm.ServerInput, saved bool, wrong formErrors) serverForm {
	f := serverForm{Prefix: prefix, Host: in.Host, Username: in.Username, Pin: in.PinSHA256, NoAuth: in.NoAuth, Saved: saved, Errors: formErrors{}}
	if in.Port != 0 {
		f.Port = strconv.Itoa(in.Port)
	}
	security := in.Security
	if security == "" {
		security = mailcrm.TLS
		if prefix == "smtp" && in.Host == "" {
			security = mailcrm.StartTLS
		}
	}
	f.Security = options(string(security), string(mailcrm.TLS), v.say("security.tls"), string(mailcrm.StartTLS), v.say("security.starttls"))
	if security == mailcrm.Plaintext {
		f.Security = append(f.Security, option{string(mailcrm.Plaintext), v.say("security.none"), true})
	}
	for name, text := range wrong {
		if rest, found := strings.CutPrefix(name, prefix+"."); found {
			f.Errors[rest] = text
		}
	}
	return f
}

// identities are those that the account has, and one more to fill in.
func (p *accountPage) identities(in mailcrm.AccountInput) {
	for _, id := range in.Identities {
		p.Identities = append(p.Identities, identityForm{
			N: len(p.Identities), ID: id.ID, Name: id.Name, Address: id.Address, ReplyTo: id.ReplyTo, Signature: plain(id.Signature), HTML: id.Signature, Default: id.Default,
		})
	}
	if len(p.Identities) < mailcrm.MaxIdentities {
		p.Identities = append(p.Identities, identityForm{N: len(p.Identities), Default: len(p.Identities) == 0})
	}
}

// members are those who use the account, and one more to choose.
func (p *accountPage) members(v *visit, in mailcrm.AccountInput) {
	people := v.site.cfg.People.All()
	line := func(m mailcrm.Member) memberForm {
		f := memberForm{N: len(p.Members), Agents: []option{{Value: "", Label: v.say("account.nobody")}}}
		known := false
		for _, person := range people {
			if person.ID != in.Owner {
				f.Agents = append(f.Agents, option{person.ID, person.Name, person.ID == m.Agent})
				known = known || person.ID == m.Agent
			}
		}
		if !known && m.Agent != "" {
			f.Agents = append(f.Agents, option{m.Agent, m.Agent, true})
		}
		for _, r := range m.Rights {
			f.Read, f.Send, f.Manage = f.Read || r == mailcrm.RightRead, f.Send || r == mailcrm.RightSend, f.Manage || r == mailcrm.RightManage
		}
		return f
	}
	for _, m := range in.Members {
		p.Members = append(p.Members, line(m))
	}
	p.Members = append(p.Members, line(mailcrm.Member{}))
}

// saveAccount is POST /accounts/new and POST /accounts/{id}.
func (s *site) saveAccount(v *visit) error {
	in := v.accountForm()
	save := v.mail.Accounts.Create
	if in.ID != "" {
		save = v.mail.Accounts.Update
	}
	saved, err := save(v.ctx(), in)
	var field *mailcrm.FieldError
	switch code, status := mailcrm.ErrorCode(err); {
	case errors.As(err, &field):
		return v.showAccount(http.StatusUnprocessableEntity, in, formErrors{accountField(field.Field): v.fieldText(field)})
	case code == "conflict" && in.ID == "":
		return v.showAccount(status, in, formErrors{"address": v.say("account.exists")})
	case code == "conflict":
		if now, e := v.mail.Accounts.Get(v.ctx(), in.ID); e == nil {
			in.Revision = now.Revision // saving again is a decision of the person who now sees it
		}
		return v.showAccount(status, in, formErrors{"form": v.say("compose.conflict")})
	case code == "limit":
		return v.showAccount(status, in, formErrors{"form": v.errorText(err)})
	case err != nil:
		return err
	}
	if in.ID == "" {
		return v.to("/accounts", "done", "account_made")
	}
	return v.to("/accounts/"+saved.ID, "done", "account_saved")
}

// accountField is the field of the form that the library means: "IMAP.Host" is imap.host.
func accountField(name string) string {
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "identities") {
		return "identities"
	}
	if strings.HasPrefix(name, "members") {
		return "members"
	}
	return name
}

func (v *visit) accountForm() mailcrm.AccountInput {
	in := mailcrm.AccountInput{
		ID: v.r.PathValue("id"), Address: v.field("address"), Name: v.field("name"), Link: v.field("link"), SentCopy: v.field("sentcopy"),
		StoreAttachments: v.checkedBox("store"), Public: v.checkedBox("public"), CRLF: v.checkedBox("crlf"),
		IMAP: v.serverInput("imap"), SMTP: v.serverInput("smtp"),
	}
	if _, err := fmt.Sscan(v.field("revision"), &in.Revision); err != nil {
		in.Revision = 0
	}
	if days, err := strconv.Atoi(v.field("depth")); err == nil {
		in.DepthDays = days
	}
	if in.ID != "" {
		// An administrator who changes an account does not become its owner.
		if a, err := v.mail.Accounts.Get(v.ctx(), in.ID); err == nil {
			in.Owner = a.Owner
		}
	}
	in.OwnDomains = strings.FieldsFunc(v.field("owndomains"), func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) })
	v.identityForms(&in)
	v.memberForms(&in)
	return in
}

func (v *visit) serverInput(prefix string) mailcrm.ServerInput {
	in := mailcrm.ServerInput{
		Host: v.field(prefix + ".host"), Security: mailcrm.Security(v.field(prefix + ".security")), Username: v.field(prefix + ".username"),
		Password: mailcrm.NewSecret(v.r.PostFormValue(prefix + ".password")), NoAuth: v.checkedBox(prefix + ".noauth"), PinSHA256: v.field(prefix + ".pin"),
	}
	if port := v.field(prefix + ".port"); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n == 0 {
			n = -1 // the library says what a port is
		}
		in.Port = n
	}
	return in
}

func (v *visit) identityForms(in *mailcrm.AccountInput) {
	for i := range mailcrm.MaxIdentities {
		field := func(name string) string { return v.field(fmt.Sprintf("id%d.%s", i, name)) }
		if !v.r.PostForm.Has(fmt.Sprintf("id%d.address", i)) {
			break
		}
		if field("address") == "" {
			continue
		}
		id := mailcrm.Identity{ID: field("id"), Name: field("name"), Address: field("address"), ReplyTo: field("replyto"), Default: v.field("default") == strconv.Itoa(i)}
		before := v.r.PostFormValue(fmt.Sprintf("id%d.html", i))
		if written := strings.ReplaceAll(field("signature"), "\r\n", "\n"); written == strings.TrimSpace(plain(before)) {
			id.Signature = before
		} else {
			id.Signature = paragraphs(written)
		}
		in.Identities = append(in.Identities, id)
	}
}

func (v *visit) memberForms(in *mailcrm.AccountInput) {
	for i := range mailcrm.MaxMembers {
		name := fmt.Sprintf("m%d.", i)
		if !v.r.PostForm.Has(name + "agent") {
			break
		}
		m := mailcrm.Member{Agent: v.field(name + "agent")}
		if m.Agent == "" {
			continue
		}
		for box, right := range map[string]mailcrm.Right{"read": mailcrm.RightRead, "send": mailcrm.RightSend, "manage": mailcrm.RightManage} {
			if v.checkedBox(name + box) {
				m.Rights = append(m.Rights, right)
			}
		}
		in.Members = append(in.Members, m)
	}
}
