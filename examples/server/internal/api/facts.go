package api

import (
	"time"

	"github.com/mailcrm/sdk/mailcrm"
)

// Facts are what is known of a mail beside what it says.
type Facts struct {
	Kind            string        `json:"kind,omitempty" doc:"bounce, receipt, auto_reply, feedback; none for an ordinary mail"`
	About           string        `json:"about,omitempty" doc:"id of our mail that a report is about"`
	List            string        `json:"list,omitempty" doc:"the mailing list it came through"`
	Bulk            bool          `json:"bulk" doc:"not written to this reader alone"`
	Generated       bool          `json:"generated" doc:"no person sent it by hand"`
	Away            bool          `json:"away" doc:"an automatic reply says that the person is absent"`
	Authenticity    *Authenticity `json:"authenticity,omitempty" doc:"how far the sender of a received mail is proved"`
	Notes           []Note        `json:"notes" nullable:"false" doc:"what to know about the sender"`
	RemotePictures  int           `json:"remote_pictures" doc:"pictures that lie elsewhere: body?format=html&images=1 shows them"`
	DeceptiveLinks  int           `json:"deceptive_links" doc:"links whose text names another host than they lead to"`
	ReceiptWanted   *ReceiptWish  `json:"receipt_wanted,omitempty" doc:"the sender wants a receipt, and nobody answered yet"`
	ReceiptAnswered string        `json:"receipt_answered,omitempty" doc:"sent, declined"`
	Outcomes        []Outcome     `json:"outcomes" nullable:"false" doc:"of a mail sent from here: what became of it for each recipient"`
	Original        *Original     `json:"original,omitempty" doc:"who wrote the mail that was forwarded in this one; a hint, not a proof"`
	Parts           []TextPart    `json:"parts" nullable:"false" doc:"the text in pieces"`
}

// Authenticity is what the account's own server found out about the sender.
type Authenticity struct {
	Standing string `json:"standing" doc:"authenticated, unauthenticated, failed"`
	Why      string `json:"why"`
	Sentence string `json:"sentence"`
	Server   string `json:"server,omitempty" doc:"whose word it is"`
}

// A Note is one thing to know about the sender.
type Note struct {
	Code     string `json:"code"`
	Detail   string `json:"detail,omitempty"`
	Sentence string `json:"sentence"`
}

// A ReceiptWish is the wish of a sender to hear that his mail was read.
type ReceiptWish struct {
	To        string `json:"to"`
	Elsewhere bool   `json:"elsewhere" doc:"this is not the address that the mail came from"`
	Sentence  string `json:"sentence"`
}

// An Outcome is what became of a sent mail for one recipient.
type Outcome struct {
	Recipient
	Report *Delivery `json:"report,omitempty" doc:"what was reported after the server had taken it"`
}

// A Delivery is what a report says.
type Delivery struct {
	State      string    `json:"state" doc:"delayed, relayed, delivered, bounced, displayed, complained"`
	Sentence   string    `json:"sentence"`
	When       time.Time `json:"when,omitzero"`
	Hard       bool      `json:"hard" doc:"nobody should write there again"`
	Reason     string    `json:"reason,omitempty"`
	Status     string    `json:"status,omitempty" doc:"5.1.1"`
	Diagnostic string    `json:"diagnostic,omitempty" doc:"the server's words"`
	Message    string    `json:"message,omitempty" doc:"id of the mail that reported"`
}

// An Original is the mail that was forwarded in another one.
type Original struct {
	From    Address   `json:"from"`
	Date    time.Time `json:"date,omitzero"`
	Subject string    `json:"subject,omitempty"`
	Part    string    `json:"part,omitempty" doc:"path of the attached mail; left out when its header was copied into the text"`
}

// A TextPart is a piece of a text.
type TextPart struct {
	Kind string `json:"kind" doc:"new, context, quote, signature"`
	Text string `json:"text"`
}

func facts(m *mailcrm.Message) Facts {
	f := Facts{
		Kind: m.Kind, About: m.About, List: m.List, Bulk: m.Bulk, Generated: m.Generated, Away: m.Away, RemotePictures: m.RemotePictures, DeceptiveLinks: m.DeceptiveLinks,
		ReceiptAnswered: m.ReceiptAnswered,
		Notes:           all(m.Notes, func(n mailcrm.Note) Note { return Note{n.Code, n.Detail, n.Sentence} }),
		Parts:           all(m.Parts, func(p mailcrm.TextPart) TextPart { return TextPart{p.Kind, p.Text} }),
		Outcomes:        all(m.Recipients, outcome),
	}
	if a := m.Authenticity; a != nil {
		f.Authenticity = &Authenticity{a.Standing, a.Why, a.Sentence, a.Server}
	}
	if o := m.Original; o != nil {
		f.Original = &Original{Address(o.From), utc(o.Date), o.Subject, o.Part}
	}
	if w := m.ReceiptWanted; w != nil {
		f.ReceiptWanted = &ReceiptWish{w.To, w.Elsewhere, w.Sentence}
	}
	return f
}

func outcome(r mailcrm.Recipient) Outcome {
	o := Outcome{Recipient: Recipient{Address: r.Address, State: r.State, Status: r.Status, Enhanced: r.Enhanced, Text: r.Text}}
	if d := r.Delivery; d != nil {
		o.Report = &Delivery{
			State: d.State, Sentence: d.Sentence, When: utc(d.When), Hard: d.Hard, Reason: d.Reason, Status: d.Status, Diagnostic: d.Diagnostic, Message: d.Report,
		}
	}
	return o
}
