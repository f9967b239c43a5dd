package store

// Facts are what reading a received mail told about it, beside its kind, and what earlier mail told about its pictures. They are shown, and decide nothing but what their fields say.
type Facts struct {
	List      string `json:"list,omitempty"`      // List-Id; "" for none, or one that states none
	Bulk      bool   `json:"bulk,omitempty"`      // it was not written to this reader alone
	Generated bool   `json:"generated,omitempty"` // no person sent it by hand
	Away      bool   `json:"away,omitempty"`      // of an automatic reply: the person is absent

	About      string `json:"about,omitempty"`      // id of the message that a report is about
	Submission string `json:"submission,omitempty"` // by which that was sent

	Standing string `json:"standing,omitempty"` // how far the sender is proved: reports.Standing; "" when nobody looked
	Why      string `json:"why,omitempty"`      // reports.Why
	Server   string `json:"server,omitempty"`   // whose word it is

	Notes []Note `json:"notes,omitempty"` // at most MaxNotes
	Wish  *Wish  `json:"wish,omitempty"`  // for a receipt; nil: there is none

	// Logos are the paths of attachments that came so often that nobody sent them for their own sake: logos.go, which alone writes them. At most MaxLogos.
	Logos []string `json:"logos,omitempty"`
}

// A Note is one thing that a reader should know about the sender.
type Note struct {
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// A Wish is a request for a receipt (RFC 8098 §2).
type Wish struct {
	To    []string `json:"to"`              // at most 10
	Safe  bool     `json:"safe,omitempty"`  // it goes to the one who sent the mail, and nobody else
	Known bool     `json:"known,omitempty"` // no option is required that we do not know
}

// MaxNotes is how many notes are kept of a message.
const MaxNotes = 20

// The answers to a wish for a receipt, as Message.Receipt has them.
const (
	ReceiptSent     = "sent"
	ReceiptDeclined = "declined"
)

// text is how facts are kept; "" for none.
func (f *Facts) text() string {
	kept := *f
	kept.Notes = kept.Notes[:min(len(kept.Notes), MaxNotes)]
	if text := asJSON(kept); text != "{}" {
		return text
	}
	return ""
}

// standings orders them, the worst first.
var standings = map[string]int{"failed": 1, "unauthenticated": 2, "authenticated": 3}

// worse says whether another copy of the mail came with less proof. Where it is only not known how the server signs, that says nothing.
func (f *Facts) worse(than *Facts) bool {
	return f.Standing != "" && f.Why != "no_server" && than.Standing != "" && standings[f.Standing] < standings[than.Standing]
}
