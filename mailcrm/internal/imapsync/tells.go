package imapsync

import (
	"bytes"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/reports"
)

// maxTrace is how many octets of a header are kept for the question who vouches for its sender. What counts stands at the top.
const maxTrace = 32 << 10

// A Told is what a received mail tells about other mail and about its sender. It is read while the header is at hand.
type Told struct {
	Verdict  reports.Verdict
	Notes    []reports.Note
	Sighting reports.Sighting
	// Trace is the mail's From and header, or what of the header is asked by [reports.Authentication].
	Trace *mimemail.Message
}

// tells says whether mail in a mailbox of that role was received by the account, so that what it tells is asked for.
func tells(role string) bool { return role != "sent" && role != "drafts" && role != "junk" }

// told reads a mail. Parts are those that were kept while it was parsed.
func told(m *mimemail.Message, parts *reports.Parts) *Told {
	return &Told{Verdict: reports.Read(m, parts), Notes: reports.Notes(m), Sighting: reports.Sight(m), Trace: trace(m)}
}

// trace is the mail without all but its header. Of a long one, the fields of its way are kept as far as there is room.
func trace(m *mimemail.Message) *mimemail.Message {
	size := 0
	for name, value := range m.Header.Fields() {
		size += len(name) + len(value) + 4
	}
	from := first(m.From, maxPeople)
	if size <= maxTrace {
		return &mimemail.Message{From: from, Header: m.Header}
	}
	var kept bytes.Buffer
	for name, value := range m.Header.Fields() {
		switch name {
		case "From", "Received", "Authentication-Results", "Arc-Authentication-Results", "Arc-Seal", "Return-Path":
			if kept.Len()+len(name)+len(value)+4 <= maxTrace {
				kept.WriteString(name + ": " + strings.NewReplacer("\r", " ", "\n", " ").Replace(value) + "\r\n")
			}
		}
	}
	kept.WriteString("\r\n")
	short, err := mimemail.Parse(&kept, nil)
	if err != nil { // of reading, which memory has none of
		return &mimemail.Message{From: from}
	}
	return &mimemail.Message{From: from, Header: short.Header}
}

// weight is about how many bytes it holds.
func (t *Told) weight() int64 {
	if t == nil {
		return 0
	}
	n := 1 << 10
	for name, value := range t.Trace.Header.Fields() {
		n += 2 * (len(name) + len(value) + 32) // as it came, and parsed
	}
	v := &t.Verdict
	for _, list := range [][]string{v.Original.MessageIDs, v.Original.References, v.Original.Tags, v.Original.To} {
		for _, text := range list {
			n += 16 + len(text)
		}
	}
	if v.Delivery != nil {
		for i := range v.Delivery.Recipients {
			r := &v.Delivery.Recipients[i]
			n += 256 + len(r.Address) + len(r.Original) + len(r.Final) + len(r.Diagnostic) + len(r.RemoteMTA)
		}
	}
	return int64(n)
}
