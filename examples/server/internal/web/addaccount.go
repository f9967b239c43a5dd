package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/autoconfig"
)

// addPage is how a mail account is added: GET /accounts/new, three steps on one page.
//
//  1. the address, of which the servers are looked for (findaccount.go);
//  2. what was found, to be looked at and changed, or a form to fill in by hand; the password, or signing in at the provider (signin.go);
//  3. what came of trying it, mark by mark, until all is well and the account is saved (tryaccount.go).
//
// Each step is a POST that leads back here; what is known by then lies in the drawer under the name in the address ("kept").
type addPage struct {
	frame
	Kept    string
	Old     bool // the name in the address is of nothing any more
	Address string
	Finds   bool // servers can be looked for
	Sample  *Sample

	Steps  []foundStep // of looking
	Asked  bool        // servers were looked for
	Form   bool        // step 2 is shown
	Card   *foundCard  // nil: by hand
	Others []foundCard

	Name       string
	IMAP       serverForm
	SMTP       serverForm
	OtherLogin bool
	Confirm    bool // the names of the servers must be confirmed
	Confirmed  bool
	Link       []option
	Depth      []option

	SignIn   *signInBox // the provider wants people to sign in
	SignedIn string     // as whom it was done
	Login    string

	Ticks        *tickList
	Certificates []certificateForm
	Anyway       bool // what is wrong will pass: it may be saved as it is
	Wrong        bool // with a field
	Errors       formErrors
}

// A foundStep is one source that was asked for servers.
type foundStep struct {
	State string // of a mark
	Name  string
	What  string // was asked
	Text  string
}

// A foundCard is a pair of servers that was found.
type foundCard struct {
	N           int
	Title       string // "OVHcloud"
	How         string // "found by its MX record"
	Explain     string
	Confidence  string
	IMAP, SMTP  string // for people: "imap.example.com · 993 · TLS"
	Help        []helpLine
	Unsupported bool
	SavesSent   bool
}

type helpLine struct{ Text, Link string }

func (s *site) newAccount(v *visit) error {
	p := addPage{frame: v.frame("account.new", "accounts"), Finds: s.cfg.Find != nil}
	if person, ok := s.cfg.People.Person(v.actor.Agent); ok {
		p.Address, p.Name = person.Address, person.Name
	}
	if s.cfg.Demo && s.cfg.Sample.Address != "" {
		p.Sample, p.Address, p.Name = &s.cfg.Sample, s.cfg.Sample.Address, ""
	}
	id := v.query("kept")
	if id == "" {
		if v.query("by") == "hand" || !p.Finds {
			t := attempt{input: mailcrm.AccountInput{Address: p.Address, Name: p.Name}}
			v.fillForm(&p, &t)
		}
		return v.show("accountnew", p)
	}
	t, ok := s.drawer.get(id, v.actor)
	if !ok {
		p.Old = true
		return v.show("accountnew", p)
	}
	v.fillAdd(&p, &t)
	return v.showStatus(addStatus(&t), "accountnew", p)
}

// addStatus is what programs are told: a form that came back with something to correct is no success.
func addStatus(t *attempt) int {
	if t.wrong.Has() {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// fillAdd shows what is known of a attempt.
func (v *visit) fillAdd(p *addPage, t *attempt) {
	for field := range t.wrong {
		p.Wrong = p.Wrong || field != "form"
	}
	p.Kept, p.Address, p.Errors = t.id, t.address, t.wrong
	if t.found != nil {
		p.Asked = true
		for _, step := range t.found.Steps {
			p.Steps = append(p.Steps, v.foundStep(step))
		}
		chosen := v.chosen(t)
		for i := range t.found.Candidates {
			card := v.foundCard(i, &t.found.Candidates[i])
			if i == chosen {
				p.Card = &card
			} else {
				p.Others = append(p.Others, card)
			}
		}
		if chosen >= 0 {
			c := &t.found.Candidates[chosen]
			p.Confirm = c.Confirm
			p.SignIn = v.signInBox(c, p.Card)
		}
	}
	p.Confirmed = t.confirmed != "" && t.confirmed == serverNames(t.input)
	if p.Card != nil && p.Card.Unsupported {
		return
	}
	v.fillForm(p, t)
}

// chosen is the candidate that is shown: the one that the address of the page asks for, or the first; -1 is none.
func (v *visit) chosen(t *attempt) int {
	if t.found == nil || len(t.found.Candidates) == 0 || v.query("by") == "hand" {
		return -1
	}
	if n, err := strconv.Atoi(v.query("found")); err == nil && n >= 0 && n < len(t.found.Candidates) {
		return n
	}
	return 0
}

// fillForm is the second step's form: as it was sent last, or as it was found.
func (v *visit) fillForm(p *addPage, t *attempt) {
	in, tried := t.input, t.of == p.of()
	if !tried && p.Card != nil {
		in = withServers(in, &t.found.Candidates[p.Card.N])
	}
	if p.SignIn == nil || !p.SignIn.Offered {
		in.IMAP.Login = ""
	}
	if in.DepthDays == 0 {
		in.DepthDays = mailcrm.DefaultDepth
	}
	p.Form, p.Name = true, in.Name
	p.IMAP, p.SMTP = v.serverForm("imap", in.IMAP, false, t.wrong), v.serverForm("smtp", in.SMTP, false, t.wrong)
	p.IMAP.Kept, p.SMTP.Kept = !in.IMAP.Password.IsZero(), !in.SMTP.Password.IsZero()
	p.OtherLogin = otherLogin(in)
	p.Link, p.Depth = v.linkOptions(in), v.depthOptions(in)
	if p.Login = in.IMAP.Login; p.Login != "" {
		p.SignedIn = t.signedIn
	}
	if tried {
		p.Ticks, p.Certificates, p.Anyway = v.ticks(t.check), v.certificates(t.check, in), passes(t.check)
	}
}

// of says of which candidate the form is: its number, or "hand".
func (p *addPage) of() string {
	if p.Card == nil {
		return "hand"
	}
	return strconv.Itoa(p.Card.N)
}

// withServers puts a candidate's servers into an input.
func withServers(in mailcrm.AccountInput, c *autoconfig.Candidate) mailcrm.AccountInput {
	server := func(s autoconfig.Server) mailcrm.ServerInput {
		return mailcrm.ServerInput{Host: s.Host, Port: s.Port, Security: mailcrm.Security(s.Security), Username: s.Username}
	}
	login := in.IMAP.Login
	in.IMAP, in.SMTP = server(c.IMAP), server(c.SMTP)
	in.IMAP.Login = login
	if in.SMTP.Username == in.IMAP.Username || login != "" {
		in.SMTP.Username = ""
	}
	return in
}

// otherLogin says whether sending has a login of its own.
func otherLogin(in mailcrm.AccountInput) bool {
	return in.SMTP.NoAuth || !in.SMTP.Password.IsZero() || in.SMTP.Username != "" && in.SMTP.Username != in.IMAP.Username && in.SMTP.Username != in.Address
}

// serverNames are what a person confirms.
func serverNames(in mailcrm.AccountInput) string {
	return strings.ToLower(in.IMAP.Host + " " + in.SMTP.Host)
}

// passes says whether all that went wrong will pass by itself, so that an account may be saved all the same.
func passes(check *mailcrm.Check) bool {
	if check == nil || check.OK {
		return false
	}
	for _, step := range check.Steps {
		if step.State == mailcrm.StepFailed && step.Do != mailcrm.DoWait {
			return false
		}
	}
	return true
}

func (v *visit) foundStep(step autoconfig.Step) foundStep {
	locale := string(v.lang)
	return foundStep{State: outcomeMark(step.Outcome), Name: step.Name(locale), What: step.Target, Text: step.Explain(locale)}
}

// outcomeMark is the mark of a step's outcome.
func outcomeMark(o autoconfig.Outcome) string {
	switch o {
	case autoconfig.Running:
		return "running"
	case autoconfig.Found:
		return mailcrm.StepOK
	case autoconfig.Insecure, autoconfig.Certificate, autoconfig.Refused, autoconfig.BadAnswer, autoconfig.TimedOut:
		return mailcrm.StepWarning
	}
	return mailcrm.StepSkipped
}

func (v *visit) foundCard(n int, c *autoconfig.Candidate) foundCard {
	locale := string(v.lang)
	server := func(s autoconfig.Server) string {
		if !s.Known() {
			return ""
		}
		return s.Host + " · " + strconv.Itoa(s.Port) + " · " + v.say("security."+string(s.Security))
	}
	card := foundCard{
		N: n, Title: c.Provider, How: v.say("found.how." + string(c.Source)), Explain: c.Explain(locale), Confidence: v.say("found.confidence." + c.Confidence.String()),
		IMAP: server(c.IMAP), SMTP: server(c.SMTP), Unsupported: c.Unsupported, SavesSent: c.SavesSent,
	}
	if card.Title == "" {
		card.Title = c.IMAP.Host
	}
	for _, h := range c.Help {
		if text := h.Text(locale); text != "" {
			card.Help = append(card.Help, helpLine{text, h.Link})
		}
	}
	return card
}

// A signInBox is for providers where people sign in instead of giving a password.
type signInBox struct {
	Provider string // of the library
	Name     string // for people
	Offered  bool   // this server is registered there
	Password bool   // a password, or one made for programs, works too
	App      bool   // it is one made for programs
	Logins   []mailcrm.Login
}

// signInBox is the one of a candidate, or nil when a password is all there is.
func (v *visit) signInBox(c *autoconfig.Candidate, card *foundCard) *signInBox {
	at := slices.IndexFunc(c.Auth, func(a autoconfig.Auth) bool { return a.Kind == autoconfig.OAuth2 })
	if at < 0 || card.Unsupported {
		return nil
	}
	b := &signInBox{Provider: c.Auth[at].Issuer, Name: providerName(c.Auth[at].Issuer)}
	for _, a := range c.Auth {
		b.App = b.App || a.Kind == autoconfig.AppPassword
		b.Password = b.Password || a.Kind != autoconfig.OAuth2
	}
	offered, err := v.mail.Logins.Providers(v.ctx())
	b.Offered = err == nil && slices.Contains(offered, b.Provider)
	if !b.Offered {
		if at > 0 { // a password comes first
			return nil
		}
		// What the help says about signing in cannot be done here; the box says what can.
		card.Help = slices.DeleteFunc(card.Help, func(h helpLine) bool {
			return slices.ContainsFunc(c.Help, func(x autoconfig.Help) bool {
				return (x.Code == autoconfig.HelpGoogle || x.Code == autoconfig.HelpMicrosoft) && x.Text(string(v.lang)) == h.Text
			})
		})
		return b
	}
	b.Logins = v.ownLogins(b.Provider)
	return b
}

// ownLogins are the visitor's sign-ins that work; of one provider, or of all.
func (v *visit) ownLogins(provider string) []mailcrm.Login {
	all, err := v.mail.Logins.List(v.ctx())
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(all, func(l mailcrm.Login) bool {
		return l.Agent != v.actor.Agent || l.State != mailcrm.LoginOK || provider != "" && l.Provider != provider
	})
}

// providerName is what people call a provider.
func providerName(issuer string) string {
	switch issuer {
	case mailcrm.Google:
		return "Google"
	case mailcrm.Microsoft:
		return "Microsoft"
	}
	return issuer
}
