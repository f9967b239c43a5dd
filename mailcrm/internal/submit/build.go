package submit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A Mail is what is to be made into bytes.
type Mail struct {
	MessageID   string // without <>
	Date        time.Time
	From        store.Address
	ReplyTo     string
	To, Cc      []store.Address // Bcc is not in the bytes
	Subject     string
	HTML, Text  string // either may be empty; both: alternatives, the text first
	InReplyTo   string
	References  []string
	Tag         string // ours: put last into References
	Receipt     bool   // ask for a disposition notification (RFC 8098)
	Attachments []Attachment
}

// maxReferences is how many ids References keeps: the first one and the newest (RFC 5322 §3.6.4 sets no bound, servers do).
const maxReferences = 30

// NewMessageID is a Message-ID for a submission, at the domain of its sender, without <>.
func NewMessageID(submission, sender string) string {
	var random [9]byte
	_, _ = rand.Read(random[:])
	return submission + "." + hex.EncodeToString(random[:]) + "@" + domainOf(sender)
}

// Build writes the bytes of a mail: CRLF lines of at most 998 bytes, text as quoted-printable UTF-8, no Bcc, no trace of the program or the machine. Two
// Builds of one Mail differ in the boundaries between parts alone, which are random.
//
// The memory it takes is that of the largest attachment, encoded, two to three times: go-mail encodes each part in memory before it writes it.
func Build(ctx context.Context, m *Mail, w io.Writer) error {
	msg := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingQP), mail.WithNoDefaultUserAgent())
	if !token(m.MessageID) {
		return fmt.Errorf("the Message-ID %q is malformed: %w", m.MessageID, storage.ErrInvalid)
	}
	if err := addressees(msg, m); err != nil {
		return err
	}
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetDateWithValue(m.Date)
	msg.Subject(subjectText(m.Subject))
	if token(m.InReplyTo) {
		msg.SetGenHeader(mail.HeaderInReplyTo, "<"+m.InReplyTo+">")
	}
	if ids := references(m); ids != "" {
		msg.SetGenHeader(mail.HeaderReferences, ids)
	}
	text, html := strings.ToValidUTF8(m.Text, "\uFFFD"), strings.ToValidUTF8(m.HTML, "\uFFFD")
	switch {
	case html == "":
		msg.SetBodyString(mail.TypeTextPlain, text)
	case text == "":
		msg.SetBodyString(mail.TypeTextHTML, html)
	default:
		msg.SetBodyString(mail.TypeTextPlain, text)
		msg.AddAlternativeString(mail.TypeTextHTML, html)
	}
	var files, pictures []*mail.File
	for _, a := range m.Attachments {
		f, err := file(ctx, a)
		if err != nil {
			return err
		}
		if a.ContentID != "" {
			pictures = append(pictures, f)
		} else {
			files = append(files, f)
		}
	}
	msg.SetAttachments(files)
	msg.SetEmbeds(pictures)
	end := &ending{Writer: w}
	if _, err := msg.WriteTo(end); err != nil {
		return fmt.Errorf("writing the mail: %w", err)
	}
	return end.close()
}

// ending sees to it that a mail ends with a line end. SMTP would add one (RFC 5321 §4.1.1.4), and the copy in Sent would be another mail than the one that arrived.
type ending struct {
	io.Writer
	last [2]byte
}

func (e *ending) Write(p []byte) (int, error) {
	n, err := e.Writer.Write(p)
	for _, b := range p[max(0, n-2):n] {
		e.last = [2]byte{e.last[1], b}
	}
	return n, err
}

func (e *ending) close() error {
	if e.last == [2]byte{'\r', '\n'} {
		return nil
	}
	if _, err := e.Writer.Write([]byte("\r\n")); err != nil {
		return fmt.Errorf("writing the mail: %w", err)
	}
	return nil
}

func addressees(msg *mail.Msg, m *Mail) error {
	from, err := people([]store.Address{m.From})
	if err != nil {
		return err
	}
	msg.FromMailAddress(from[0])
	to, err := people(m.To)
	if err != nil {
		return err
	}
	cc, err := people(m.Cc)
	if err != nil {
		return err
	}
	if len(to) > 0 {
		msg.ToMailAddress(to...)
	}
	if len(cc) > 0 {
		msg.CcMailAddress(cc...)
	}
	if len(to)+len(cc) == 0 { // a mail to hidden recipients only
		msg.SetGenHeader("To", "undisclosed-recipients:;")
	}
	if m.ReplyTo != "" {
		reply, err := people([]store.Address{{Address: m.ReplyTo}})
		if err != nil {
			return err
		}
		// The header would be UTF-8 (RFC 6532), and the envelope would not say so.
		if !ascii(reply[0].Address) && !needsUTF8(&store.Submission{EnvelopeFrom: m.From.Address, Recipients: recipientsOf(m)}) {
			return fmt.Errorf("answers to %q need a server that few recipients have: %w", m.ReplyTo, storage.ErrInvalid)
		}
		msg.ReplyToMailAddress(reply...)
	}
	if m.Receipt {
		if err := msg.RequestMDNTo((&netmail.Address{Address: from[0].Address}).String()); err != nil {
			return fmt.Errorf("asking for a receipt: %w", err)
		}
	}
	return nil
}

func recipientsOf(m *Mail) (out []store.Recipient) {
	for _, list := range [][]store.Address{m.To, m.Cc} {
		for _, a := range list {
			out = append(out, store.Recipient{Address: a.Address})
		}
	}
	return out
}
