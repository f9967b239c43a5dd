package web

import (
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// messagePage is an open mail: GET /message/{id}?back=&find=&explain=&view=&images=
type messagePage struct {
	frame
	ID       string
	Back     string // the list that it was opened from
	Withheld bool
	Private  bool
	Sent     bool
	Subject  string
	From     []person
	To       []person
	Cc       []person
	Original []person // who wrote the mail that was forwarded in this one
	Bcc      []person
	When     moment
	Agent    string
	Places   []string
	Starred  bool
	Answered bool

	Account  string   // addresses of the accounts where it lies
	Badges   []string // what kind of mail it is
	About    string   // the mail that a report is about
	Security *security
	Outcomes []outcome
	Receipt  *receipt // the sender wants one, and nobody answered yet
	Answer   string   // what was answered

	View     string
	Views    []viewLink
	Blocks   []block // of the text
	Headers  []mailcrm.HeaderField
	Source   string
	Cut      bool // there is more of the source
	Height   int
	Body     string // address of the frame
	Pictures int    // that lie elsewhere
	Shown    bool   // they are shown
	Always   bool   // without being asked, since the visitor trusts the sender
	Trust    string // address whose pictures could always be shown
	Allow    string // the page that shows them
	Print    string
	Missing  string // the bytes are not kept
	Files    []file
	Total    string
	Logos    []file // pictures of signatures and the like, which nobody sent for their own sake
	Defects  []string

	Unopened bool  // shown without opening it
	Thread   []row // the conversation, oldest first; empty when there is but this mail
	Pane     pane
}

// A person of a header.
type person struct {
	Name    string
	Address string
	Write   string // where to write to him
}

func (s *site) message(v *visit) error {
	id := v.r.PathValue("id")
	if ahead(v.r) {
		return mailcrm.ErrNotFound // nobody has asked for it yet
	}
	show := v.mail.Messages.Get
	if meant(v.r) {
		show = v.mail.Messages.Open
	}
	m, err := show(v.ctx(), id)
	if err != nil {
		return err
	}
	return v.showMessage(200, m, found{})
}

// openMessage is POST /message/{id}/open: for who came to a mail from elsewhere and means to read it.
func (s *site) openMessage(v *visit) error {
	id := v.r.PathValue("id")
	if _, err := v.mail.Messages.Open(v.ctx(), id); err != nil {
		return err
	}
	return v.back("/message/"+id, "done", "opened")
}

// showMessage shows a mail, with what was looked for in its pane.
func (v *visit) showMessage(status int, m *mailcrm.Message, looked found) error {
	p := messagePage{
		frame: v.frame("mail.title", "message"), ID: m.ID, Withheld: m.Withheld, Private: m.Private, Sent: m.Direction == storage.Sent,
		When: v.clock.moment(m.Date), Agent: v.agentName(m.Agent), Back: v.query("back"),
	}
	if !local(p.Back) {
		p.Back = "/inbox"
	}
	if m.Withheld {
		p.Subject = v.say("mail.withheld")
		p.Title = p.Subject
		return v.showStatus(status, "message", p)
	}
	if p.Subject = strings.TrimSpace(m.Subject); p.Subject == "" {
		p.Subject = v.say("mail.no_subject")
	}
	p.Title = cut(p.Subject, 80)
	p.From, p.To, p.Cc, p.Bcc = persons(m.From), persons(m.To), persons(m.Cc), persons(m.Bcc)
	if m.Original != nil {
		p.Original = persons([]mailcrm.Address{m.Original.From})
	}
	p.Places, p.Starred, p.Answered, p.Unopened = v.places(m), m.Flagged, m.Answered, !m.Seen
	if err := p.body(v, m); err != nil {
		return err
	}
	p.sender(v, m)
	p.Thread = v.thread(m)
	p.Pane = v.pane(m, looked)
	p.passed(v)
	p.filed(v)
	return v.showStatus(status, "message", p)
}

// maxThread is how much of a conversation is listed below a mail.
const maxThread = 50

// thread is the conversation of a mail, if there is more of it. What fails leaves the mail readable.
func (v *visit) thread(m *mailcrm.Message) []row {
	if m.Thread == "" {
		return nil
	}
	page, err := v.mail.Messages.Thread(v.ctx(), m.Thread, "", maxThread)
	if err != nil || len(page.Items) < 2 {
		return nil
	}
	out := make([]row, len(page.Items))
	for i, item := range page.Items {
		out[i] = v.row(item)
		out[i].Here = item.ID == m.ID
	}
	return out
}

// body fills in what was written and what came with it.
func (p *messagePage) body(v *visit, m *mailcrm.Message) error {
	if m.BytesMissing {
		p.Missing = mailcrm.Sentence("message.bytes_missing", string(v.lang))
	}
	if err := p.looks(v, m); err != nil {
		return err
	}
	p.Height, p.Body, p.Pictures = p.tall(m), "/mail/"+m.ID+"/body", m.RemotePictures
	p.Allow = address("/message/"+m.ID, "images", "1", "back", v.query("back"))
	p.Print = address("/message/"+m.ID+"/print", "view", v.query("view"))
	p.Always = m.PicturesShown
	if p.Shown = p.Always; !p.Always && trustable(m) {
		p.Trust = m.From[0].Address
	}
	// Pictures tell their sender that somebody looks: a link on another site, or a browser that fetches ahead, is nobody's word.
	if v.query("images") == "1" && meant(v.r) {
		p.Shown, p.Body, p.Print = true, p.Body+"?images=1", address(p.Print, "images", "1")
	}
	var total int64
	for _, a := range m.Attachments {
		total += a.Size
		f := v.file(m.ID, a)
		f.FileAt = address(f.FileAt, "back", v.query("back"))
		p.Files = append(p.Files, f)
	}
	if len(p.Files) > 1 {
		p.Total = v.lang.size(total)
	}
	for _, a := range m.Decorations {
		p.Logos = append(p.Logos, v.file(m.ID, a))
	}
	p.Defects = m.Defects
	return nil
}

// tall is the height of the frame: pictures make a mail taller than its words.
func (p *messagePage) tall(m *mailcrm.Message) int {
	if m.RemotePictures > 1 {
		return max(3, height(m.Text))
	}
	return height(m.Text)
}

// sender fills in what is known of who sent it, and what became of it.
func (p *messagePage) sender(v *visit, m *mailcrm.Message) {
	var accounts []string
	for _, place := range m.Places {
		for _, a := range p.Side.Accounts {
			if a.ID == place.Account && !slices.Contains(accounts, a.Address) {
				accounts = append(accounts, a.Address)
			}
		}
	}
	p.Account = strings.Join(accounts, ", ")
	p.Badges, p.Security, p.Outcomes = v.badges(m), v.security(m), v.outcomes(m)
	if m.About != "" {
		p.About = "/message/" + m.About
	}
	if w := m.ReceiptWanted; w != nil {
		p.Receipt = &receipt{Sentence: w.Sentence, To: w.To, Elsewhere: w.Elsewhere}
	}
	switch m.ReceiptAnswered {
	case mailcrm.ReceiptSent:
		p.Answer = v.say("mail.receipt_sent")
	case mailcrm.ReceiptDeclined:
		p.Answer = v.say("mail.receipt_declined")
	}
}

// passed adds the button that takes back what a notice tells.
func (p *messagePage) passed(v *visit) {
	ref := v.query("undo")
	if p.Notice == nil || ref == "" {
		return
	}
	switch v.query("done") {
	case "unlinked":
		p.undo(v.say("undo"), "/message/"+p.ID+"/link", pair{"entity", ref}, pair{"name", v.query("name")}, pair{"back", p.Here})
	case "linked":
		p.undo(v.say("undo"), "/message/"+p.ID+"/unlink", pair{"entity", ref}, pair{"name", v.query("name")}, pair{"back", p.Here})
	}
}

func persons(list []mailcrm.Address) []person {
	out := make([]person, 0, len(list))
	for _, a := range list {
		p := person{Name: strings.TrimSpace(a.Name), Address: a.Address, Write: address("/compose", "to", written(a))}
		if p.Name == "" || strings.EqualFold(p.Name, a.Address) {
			p.Name = ""
		}
		out = append(out, p)
	}
	return out
}

// places are the folders where a mail lies, as a person knows them.
func (v *visit) places(m *mailcrm.Message) []string {
	var out []string
	for _, p := range m.Places {
		if p.Gone {
			continue
		}
		name := p.Name
		if known("role." + p.Role) {
			name = v.say("role." + p.Role)
		}
		out = append(out, name)
	}
	return out
}
