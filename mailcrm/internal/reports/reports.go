// Package reports says what a mail says about another mail: that it came
// back, that it waits, that it was displayed, that somebody is away, that
// somebody complained; and what a mail says about itself: that it comes from a
// list, that it was sent in bulk, that its server vouches for its sender. It
// is pure: a parsed mail in, a verdict out; no clock, no network, no state.
//
// # How a mail is read
//
// A report says what it says in a part that is no text (RFC 3464, 8098,
// 5965), and returns the mail that it is about in another. [mimemail.Parse]
// passes over such parts, so a [Parts] is given to it to keep them:
//
//	var parts reports.Parts
//	m, err := mimemail.Parse(r, &mimemail.Options{Part: parts.Keep})
//	verdict := reports.Read(m, &parts)
//
// The standard form is believed first. Half of all bounces are written
// otherwise, each server in its own way, and there is no rule for each server
// here: a mail is a bounce when who sent it and what it says agree on that
// (bounce.go), whoever its text names was the recipient (explanation.go), and
// why follows from the status (RFC 3463), the reply code (RFC 5321 §4.2) and
// phrases sorted by their meaning (phrases.go). A new wording is one more
// phrase.
//
// # What a verdict is not
//
// Proof. Anybody can write a mail that looks like a bounce. Original lists
// the identifiers that the report claims to be about; whoever changes the
// status of a sent mail first finds it by one of them (the envelope
// identifier, our keyed tag, an id of the send's set), then looks whether
// the recipient was one of that mail, and otherwise shows an ordinary mail.
//
// # What the account's server says
//
// [Authentication] believes the Authentication-Results (RFC 8601) of the
// account's own server alone, and [Learn] finds out how that server calls
// itself. [Notes] are what a reader should know about a sender before he
// answers.
//
// # Bounds
//
// All of it is linear in the size of the mail, and everything that a sender
// controls is bounded: [MaxRecipients], [MaxText], [MaxIDs]. Nothing here
// fails: what cannot be read is left out.
//
// Do not look here for the parsing of mail (mimemail), for quoted text
// (quotes), for what is done about a report (deliver), or for sentences in
// which people read a verdict (the door's catalogue): all that is told here
// are codes.
package reports

import (
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// The bounds of a verdict.
const (
	MaxRecipients = 1000    // in one report
	MaxText       = 2 << 10 // octets of a diagnostic or any other text
	MaxIDs        = 200     // identifiers of the original, and candidates for tags
)

// A Kind says what a mail is to the mail that it is about. Kinds are stored: they never change.
type Kind string

// The kinds of report. A mail is of one kind at most.
const (
	Ordinary  Kind = ""           // no report
	Bounce    Kind = "bounce"     // what happened on the way (RFC 3464): failed, delayed, delivered …, see [Action]
	Receipt   Kind = "receipt"    // what the recipient did (RFC 8098)
	AutoReply Kind = "auto_reply" // a machine answered for a person (RFC 3834)
	Feedback  Kind = "feedback"   // a complaint (RFC 5965)
)

// A Verdict is what one mail is.
type Verdict struct {
	Kind Kind

	Delivery  *Delivery    // of a Bounce
	Read      *Disposition // of a Receipt
	Reply     *Reply       // of an AutoReply
	Complaint *Complaint   // of Feedback
	// Original is the mail that a report is about. Of an Ordinary mail it is empty: In-Reply-To and References of a Message say more.
	Original Original

	// List is the mailing list that the mail came through; nil where there is none (RFC 2369, 2919).
	List *List
	// Bulk says that the mail was not written to this reader alone: newsletters, notifications to many, lists.
	Bulk bool
	// Generated says that no person sent this mail by hand: every report, what Auto-Submitted calls generated (RFC 3834 §5), null senders.
	// It is not answered by a machine.
	Generated bool
	// Request is set where the sender asks for a receipt.
	Request *Request
}

// Original is what a report tells about the mail that it is about, all of it as claimed.
type Original struct {
	// EnvelopeID is ENVID as the sender of the original gave it (RFC 3461 §4.4), xtext decoded; empty when absent.
	EnvelopeID string
	// MessageIDs are the identifiers of the original, without angle brackets, the surest first: Original-Message-ID, the Message-ID of the
	// returned mail, those that servers moved aside, then In-Reply-To of the report. Each once, at most MaxIDs.
	MessageIDs []string
	// References are further identifiers from References and In-Reply-To of both mails, each once, at most MaxIDs.
	References []string
	// Tags are what may be our keyed tag: strings that begin "mc.", from EnvelopeID and all identifiers, without what follows an @. Each
	// once, at most MaxIDs.
	Tags []string

	From    string    // address, normalised; empty when unknown
	To      []string  // addresses of To and Cc, normalised, at most MaxRecipients
	Subject string    // decoded, at most MaxText
	Date    time.Time // zero when unknown
}

// Read says what a mail is. Parts are those that were kept while it was parsed; without them (nil) a report is known by its text alone.
// A nil Message is ordinary.
func Read(m *mimemail.Message, parts *Parts) Verdict {
	if m == nil {
		return Verdict{}
	}
	if parts == nil {
		parts = &Parts{}
	}
	p := newPaper(m, parts)
	v := Verdict{List: readList(m), Request: readRequest(m)}
	v.Bulk = v.List != nil || isBulk(m)
	switch {
	case p.readNotification(&v):
	case p.readFeedback(&v):
	case p.readDisposition(&v):
	case p.readBounce(&v):
	case p.readReply(&v):
	}
	if v.Kind != Ordinary {
		v.Original = p.original(&v)
	}
	v.Generated = v.Kind != Ordinary || m.AutoSubmitted != "" && m.AutoSubmitted != "no" || p.nullSender
	return v
}
