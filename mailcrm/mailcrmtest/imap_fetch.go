package mailcrmtest

import (
	"bytes"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// Fetch is FETCH. Only flags change under the lock; the bytes of a message never do, so they are written without it and
// a client that reads slowly holds up nobody else.
func (s *session) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	type answer struct {
		chosen
		flags []imap.Flag
	}
	marks := slices.ContainsFunc(options.BodySection, func(b *imap.FetchItemBodySection) bool { return !b.Peek })
	var answers []answer
	err := s.run("FETCH", "", func() error {
		for _, c := range s.choose(set) {
			tell := options.Flags
			if marks && !s.readOnly && !c.mail.has(`\Seen`) {
				c.mail.flags = changed(c.mail.flags, imap.StoreFlagsAdd, flagSet([]string{`\Seen`}))
				s.account.touch(s.selected)
				c.mail.revision = s.selected.revision
				tell = true // RFC 9051 §6.4.5: the changed flags belong to the response
			}
			a := answer{chosen: c}
			if tell {
				a.flags = c.mail.imapFlags()
				s.view[c.number-1].revision = c.mail.revision
				if a.flags == nil {
					a.flags = []imap.Flag{}
				}
			}
			answers = append(answers, a)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, a := range answers {
		if err := writeMessage(w.CreateMessage(a.number), a.mail, a.flags, options); err != nil {
			return err
		}
	}
	return nil
}

func writeMessage(w *imapserver.FetchResponseWriter, m *stored, flags []imap.Flag, options *imap.FetchOptions) error {
	w.WriteUID(imap.UID(m.uid))
	if flags != nil {
		w.WriteFlags(flags)
	}
	if options.InternalDate {
		w.WriteInternalDate(m.date)
	}
	if options.RFC822Size {
		w.WriteRFC822Size(int64(len(m.raw)))
	}
	var tree *part
	parts := func() *part {
		if tree == nil {
			tree = parseParts(m.raw)
		}
		return tree
	}
	if options.Envelope {
		header, _ := splitHeader(m.raw)
		w.WriteEnvelope(envelope(header))
	}
	if options.BodyStructure != nil {
		w.WriteBodyStructure(structure(parts()))
	}
	for _, item := range options.BodySection {
		if err := writeLiteral(w, item, section(m.raw, parts, item)); err != nil {
			_ = w.Close()
			return err
		}
	}
	return w.Close()
}

func writeLiteral(w *imapserver.FetchResponseWriter, item *imap.FetchItemBodySection, data []byte) error {
	literal := w.WriteBodySection(item, int64(len(data)))
	if _, err := literal.Write(data); err != nil {
		_ = literal.Close()
		return err
	}
	return literal.Close()
}

// section is BODY[…]: the bytes as received.
func section(raw []byte, parts func() *part, item *imap.FetchItemBodySection) []byte {
	var data []byte
	if len(item.Part) == 0 {
		header, body := splitHeader(raw)
		switch item.Specifier {
		case imap.PartSpecifierHeader:
			data = filterFields(header, item)
		case imap.PartSpecifierText:
			data = body
		default:
			data = raw
		}
	} else if p := parts().at(item.Part); p != nil {
		switch item.Specifier {
		case imap.PartSpecifierMIME:
			data = p.header
		case imap.PartSpecifierHeader:
			if p.message != nil {
				data = filterFields(p.message.header, item)
			}
		case imap.PartSpecifierText:
			if p.message != nil {
				data = p.message.body
			}
		default:
			data = p.body
		}
	}
	if item.Partial != nil {
		from := min(item.Partial.Offset, int64(len(data)))
		data = data[from:min(from+item.Partial.Size, int64(len(data)))]
	}
	return data
}

// filterFields is HEADER, HEADER.FIELDS and HEADER.FIELDS.NOT.
func filterFields(header []byte, item *imap.FetchItemBodySection) []byte {
	if len(item.HeaderFields) == 0 && len(item.HeaderFieldsNot) == 0 {
		return header
	}
	var b bytes.Buffer
	headerFields(header, func(name string, whole []byte) bool {
		same := func(other string) bool { return strings.EqualFold(name, other) }
		if slices.ContainsFunc(item.HeaderFields, same) ||
			len(item.HeaderFieldsNot) > 0 && !slices.ContainsFunc(item.HeaderFieldsNot, same) {
			b.Write(whole)
		}
		return true
	})
	b.WriteString("\r\n")
	return b.Bytes()
}

// envelope is ENVELOPE. Words that cannot be decoded stay as they are.
func envelope(header []byte) *imap.Envelope {
	get := func(name string) string {
		v, _ := headerValue(header, name)
		return v
	}
	e := &imap.Envelope{
		Subject: decodeWords(get("Subject")),
		From:    addresses(get("From")), Sender: addresses(get("Sender")), ReplyTo: addresses(get("Reply-To")),
		To: addresses(get("To")), Cc: addresses(get("Cc")), Bcc: addresses(get("Bcc")),
		MessageID: strings.Trim(get("Message-Id"), "<> "),
	}
	for _, id := range strings.Fields(get("In-Reply-To")) {
		e.InReplyTo = append(e.InReplyTo, strings.Trim(id, "<>"))
	}
	if date, err := mail.ParseDate(get("Date")); err == nil && date.Year() > 0 && date.Year() < 10_000 {
		e.Date = date
	} else {
		e.Date = time.Time{}
	}
	return e
}

func addresses(list string) []imap.Address {
	parsed, err := mail.ParseAddressList(list)
	if err != nil {
		return nil
	}
	result := make([]imap.Address, len(parsed))
	for i, a := range parsed {
		at := strings.LastIndexByte(a.Address, '@')
		result[i] = imap.Address{Name: a.Name, Mailbox: a.Address[:at], Host: a.Address[at+1:]}
	}
	return result
}

// structure is BODYSTRUCTURE.
func structure(p *part) imap.BodyStructure {
	major, minor, _ := strings.Cut(p.kind, "/")
	location, _ := headerValue(p.header, "Content-Location")
	if len(p.children) > 0 {
		b := &imap.BodyStructureMultiPart{
			Subtype:  minor,
			Extended: &imap.BodyStructureMultiPartExt{Params: p.params, Disposition: disposition(p), Location: location},
		}
		for _, c := range p.children {
			b.Children = append(b.Children, structure(c))
		}
		return b
	}
	id, _ := headerValue(p.header, "Content-Id")
	description, _ := headerValue(p.header, "Content-Description")
	encoding, _ := headerValue(p.header, "Content-Transfer-Encoding")
	b := &imap.BodyStructureSinglePart{
		Type: major, Subtype: minor, Params: p.params, ID: id, Description: description, Encoding: encoding,
		Size:     uint32(len(p.body)),
		Extended: &imap.BodyStructureSinglePartExt{Disposition: disposition(p), Location: location},
	}
	lines := int64(bytes.Count(p.body, []byte("\n")))
	switch {
	case p.message != nil:
		b.MessageRFC822 = &imap.BodyStructureMessageRFC822{
			Envelope: envelope(p.message.header), BodyStructure: structure(p.message), NumLines: lines,
		}
	case p.kind == "message/rfc822": // too deep to be opened
		b.Type, b.Subtype = "application", "octet-stream"
	case major == "text":
		b.Text = &imap.BodyStructureText{NumLines: lines}
	}
	return b
}

func disposition(p *part) *imap.BodyStructureDisposition {
	v, ok := headerValue(p.header, "Content-Disposition")
	if !ok {
		return nil
	}
	kind, params, err := mime.ParseMediaType(v)
	if err != nil && kind == "" {
		return nil
	}
	return &imap.BodyStructureDisposition{Value: kind, Params: params}
}
