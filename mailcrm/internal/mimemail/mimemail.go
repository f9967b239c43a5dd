// Package mimemail turns the bytes of a mail into a [Message]: who wrote to whom, when, under which subject, the text to read, the HTML to
// sanitise, and the list of parts. It is pure: bytes in, values out; no clock, no network, no state between calls.
//
// # What may go wrong, and what then
//
// Mail is written by strangers. [Parse] returns an error only when its reader fails; whatever is wrong with the mail itself becomes a
// [Defect] with a stable code, and the rest of the mail is read as well as can be. The caller keeps the raw bytes, so a better decoder can
// run again later. Everything is bounded ([Options] has the numbers): nesting, parts, header, kept text, length of lists. Time is linear in
// the number of octets, memory is the kept text plus one buffer, so a 50 MB attachment passes through without being held.
//
// # What go-message does here, and what it does not
//
// The header of each entity is a go-message header ([github.com/emersion/go-message/textproto.Header]): order, repetition, unfolding and
// raw fields are its work, and its Walk is the oracle of our tests, which compare part trees on every well-formed mail of the corpora.
// Three of its walls were moved, for reasons that were measured:
//
//   - Its multipart readers are stacked, one buffer a level, so nested multiparts cost quadratic time (0.2 MB, depth 3,000: 7 to 15 s), and
//     one malformed part header, a line above 4 KiB between parts or mixed line ends lose all parts that follow. Here one pass looks at
//     each line once and compares it with the at most 30 open boundaries, and with those of multiparts that an outer boundary ended (tree.go).
//   - Its transfer decoders stop at the first bad octet and lose the rest. Ours step over it and note the defect (transfer.go).
//   - Its charset conversion is a package variable that any import may set. Ours is a look-up without state (charset.go), and we never
//     call an API of go-message that reads that variable. Encoded-words are decoded here too, because a character split between two of
//     them has to be joined before its charset is applied (words.go), and addresses are scanned here, because one bad comma must not
//     lose the other recipients (address.go).
//
// # Where things are
//
// One noun a file: header.go (fields, salvage, splitting), hash.go, tree.go (boundaries), walk.go (from part to part), leaf.go, part.go,
// tnef.go and unwrap.go (winmail.dat), transfer.go, charset.go, words.go (RFC 2047), params.go (RFC 2045, 2231), address.go and address_scan.go, date.go, ids.go, body.go (which
// parts are the bodies: RFC 8621 §4.1.4), decoration.go (which pictures are no attachments), outline.go (mails of which parts were left on the server), filename.go, key.go, snippet.go, original.go (who wrote what was forwarded), calendar.go, defect.go.
//
// Do not look here for HTML that is safe to show (room safehtml), for text made from HTML (templates/plaintext), for what a mail says about
// another mail (room reports), or for building mail (room submit).
package mimemail

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// The bounds of [Parse] where [Options] does not say otherwise.
const (
	DefaultMaxText   = 1 << 20 // octets of decoded text kept for one body
	DefaultMaxHeader = 1 << 20 // octets of one header
	DefaultMaxParts  = 1000    // leaves
	DefaultMaxDepth  = 30      // multiparts inside each other

	maxTotalText = 8       // times MaxText: text kept of all candidates for a body together
	maxFields    = 5000    // fields of one header that are looked at
	maxAddresses = 10000   // addresses of one header field
	maxIDs       = 1000    // identifiers in References or In-Reply-To
	maxIDLength  = 998     // octets of one identifier: a line (RFC 5322 §2.1.1)
	maxBoundary  = 998     // octets of one boundary: a line
	maxSubject   = 8 << 10 // octets of a decoded Subject, display name or file name as received
)

// Options are the bounds of one [Parse]. The zero value and nil mean the defaults.
type Options struct {
	// MaxText is how many octets of decoded text are kept for one body; what is longer is cut at a character and marked
	// [TextCut]. All bodies of a mail together are kept up to eight times that. Defaults to 1 MiB.
	MaxText int64
	// MaxHeader is how many octets of a header are read, of the mail and of each part; the rest is stepped over and marked
	// [HeaderTooLong]. Defaults to 1 MiB.
	MaxHeader int
	// MaxParts is how many leaves are listed; what follows is stepped over and marked [TooManyParts]. Defaults to 1,000.
	MaxParts int
	// MaxDepth is how many multiparts may lie inside each other; a deeper one is a leaf, marked [TooDeep]. Defaults to 30.
	MaxDepth int
	// Part, if set, is given each leaf while the mail is read, with its decoded octets (transfer encoding undone, charset as it came),
	// so that bytes can be hashed or stored in the same pass. It may read as little as it likes. Size, Body, Inline, Attachment, Calendar and a
	// generated FileName are not known yet, and what is inside a winmail.dat is not given. An error that it returns ends Parse with that error. Defaults to nothing.
	Part func(part Part, body io.Reader) error

	// Outlined says that the document was made by [Outline.Assemble]: only then a part can say that it was left. Defaults to false: what a sender writes is not believed.
	Outlined bool

	shallow bool // mails that are attached are not looked into
}

func (o *Options) orDefault() Options {
	var out Options
	if o != nil {
		out = *o
	}
	if out.MaxText <= 0 {
		out.MaxText = DefaultMaxText
	}
	if out.MaxHeader <= 0 {
		out.MaxHeader = DefaultMaxHeader
	}
	if out.MaxParts <= 0 {
		out.MaxParts = DefaultMaxParts
	}
	if out.MaxDepth <= 0 {
		out.MaxDepth = DefaultMaxDepth
	}
	return out
}

// A Message is what one mail says. All text is valid UTF-8 without NUL, lines end in "\n", and header texts hold no control characters:
// a decoded CR or LF cannot start a new line in a log, a header or a CSV file.
type Message struct {
	MessageID  string    // Message-ID without angle brackets (RFC 5322 §3.6.4); empty when absent or unusable
	InReplyTo  []string  // without angle brackets, in order, each once, at most 1,000
	References []string  // without angle brackets, in order, each once, at most 1,000 (the first and the newest 999)
	Date       time.Time // with the zone that the sender stated; zero when absent or unreadable

	From, Sender, ReplyTo, To, Cc, Bcc []Address // at most 10,000 each
	Subject                            string    // decoded, on one line, at most 8 KiB

	// Text is the plain text to read: all text/plain bodies of the mail, in order, with an empty line between. It is never derived from HTML.
	Text string
	// HTML is the first HTML body, hostile as it came. Further ones, and plain text that belongs between, are in Bodies: documents of
	// different parts are never stitched together, since that is how encrypted text leaks (FAULTS S11).
	HTML string
	// Bodies are the parts that are shown as text, in order (RFC 8621 §4.1.4). In a mail that is one text, or one alternative of text and
	// HTML, Text and HTML say all of it.
	Bodies []Body

	Parts []Part // the leaves, depth first
	Size  int64  // octets that were read

	DeliveredTo   []string // addresses of Delivered-To, X-Original-To, Envelope-To and their like, as written, each once
	ListID        string   // identifier of List-Id (RFC 2919), lower case
	AutoSubmitted string   // keyword of Auto-Submitted (RFC 3834 §5), lower case: "auto-replied" …; empty when absent
	// OriginalIDs are identifiers that a server moved aside when it gave the mail its own (X-Microsoft-Original-Message-ID,
	// X-Google-Original-Message-ID …), without angle brackets, each once.
	OriginalIDs               []string
	DispositionNotificationTo []Address // who asks for a receipt (RFC 8098 §2.1)

	Defects    []Defect // what was wrong, at most 64, each code once a part
	Header     Header   // the header of the mail, raw and in order
	HeaderHash [32]byte // [HeaderHash] of the mail as it came, whatever was salvaged: the same as of its BODY[HEADER]

	attached *Original // what the header of an attached mail says
}

// A Body is a part that is shown as text.
type Body struct {
	Path      string // [Part.Path]
	MediaType string // "text/plain" or "text/html"
	Text      string // decoded
	InText    bool   // belongs to the plain form of the mail
	InHTML    bool   // belongs to the HTML form of the mail
}

// Parse reads a mail from r, to the end of r. It returns an error only when r fails (the error of r in the chain) or Options.Part does.
// A mail that is broken is a Message with Defects; no octets at all are a Message that says nothing.
func Parse(r io.Reader, opts *Options) (*Message, error) {
	o := opts.orDefault()
	m := &Message{}
	w := newWalker(r, &o, &m.Defects)
	w.src.hasher = newHeaderHasher()
	w.root(&m.Header)
	kept := make([]*leaf, 0, 4)
	for {
		leaf := w.next()
		if leaf == nil {
			break
		}
		if o.Part != nil {
			if err := o.Part(leaf.Part, w.body()); err != nil {
				return nil, err
			}
		}
		w.drain()
		if leaf.Left > 0 {
			leaf.Size = leaf.estimate
		}
		kept = append(kept, leaf)
	}
	if err := w.src.failure(); err != nil {
		return nil, fmt.Errorf("read mail: %w", err)
	}
	m.Size, m.HeaderHash = w.src.total, w.src.hasher.sum()
	m.choose(w.nodes, kept, &o)
	m.Header.charset = headerCharset(kept)
	m.readFields()
	m.readAttached(kept)
	m.readCalendars(kept)
	return m, nil
}

// Attachments are the parts for the paper clip: neither shown as text, nor referred to by the HTML that is shown, nor its decoration.
func (m *Message) Attachments() []Part {
	var out []Part
	for _, p := range m.Parts {
		if p.Attachment && !p.Decoration {
			out = append(out, p)
		}
	}
	return out
}

// readFields fills what the header says.
func (m *Message) readFields() {
	h := &m.Header
	d := defects{list: &m.Defects}
	m.MessageID = messageID(h.Get("Message-Id"), &d)
	m.InReplyTo = messageIDs(h.Get("In-Reply-To"), &d)
	m.References = messageIDs(h.Get("References"), &d)
	m.Date = h.date(&d)
	m.From, m.Sender, m.ReplyTo = h.addresses("From", &d), h.addresses("Sender", &d), h.addresses("Reply-To", &d)
	m.To, m.Cc, m.Bcc = h.addresses("To", &d), h.addresses("Cc", &d), h.addresses("Bcc", &d)
	m.Subject = h.text("Subject", &d)
	m.DispositionNotificationTo = h.addresses("Disposition-Notification-To", &d)
	for _, name := range deliveryFields {
		for _, a := range h.addresses(name, &d) {
			m.DeliveredTo = appendNew(m.DeliveredTo, a.Address, maxIDs)
		}
	}
	m.ListID = listID(h.Text("List-Id"))
	keyword, _, _ := strings.Cut(h.Get("Auto-Submitted"), ";")
	keyword, _, _ = strings.Cut(keyword, "(")
	m.AutoSubmitted = strings.ToLower(cut(strings.TrimSpace(keyword), 64))
	for _, name := range originalIDFields {
		for _, id := range messageIDs(h.Get(name), &d) {
			m.OriginalIDs = appendNew(m.OriginalIDs, id, maxIDs)
		}
	}
}

// Where delivering servers note the recipient of the envelope. No RFC but RFC 9228 (Delivered-To) names them.
var deliveryFields = []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To"}

// Where servers move the sender's Message-ID when they give a mail their own.
var originalIDFields = []string{"X-Microsoft-Original-Message-Id", "X-Google-Original-Message-Id", "X-Original-Message-Id"}
