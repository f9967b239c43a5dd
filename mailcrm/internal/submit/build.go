package submit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

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

// An Attachment is a file of a mail. Open is called once for each time that bytes are made.
type Attachment struct {
	Name      string
	Type      string
	Size      int64
	ContentID string // a picture that the HTML shows; empty: an attachment
	Open      func() (io.ReadCloser, error)
}

// maxReferences is how many ids References keeps: the first one and the newest (RFC 5322 §3.6.4 sets no bound, servers do).
const maxReferences = 30

// NewMessageID is a Message-ID for a submission, at the domain of its sender, without <>.
func NewMessageID(submission, sender string) string {
	var random [9]byte
	_, _ = rand.Read(random[:])
	return submission + "." + hex.EncodeToString(random[:]) + "@" + domain(sender)
}

func domain(address string) string {
	if i := strings.LastIndexByte(address, '@'); i >= 0 && i+1 < len(address) {
		return address[i+1:]
	}
	return "localhost"
}

// WireAddress is an address as SMTP and headers take it: the domain in ASCII (RFC 5891), the rest as it is.
func WireAddress(address string) (string, error) {
	address = strings.TrimSpace(address)
	at := strings.LastIndexByte(address, '@')
	if at <= 0 || strings.ContainsAny(address, "\r\n\x00<> \t") {
		return "", fmt.Errorf("%q is not a mail address: %w", address, storage.ErrInvalid)
	}
	host, err := idna.Lookup.ToASCII(strings.TrimSuffix(address[at+1:], "."))
	if err != nil {
		return "", fmt.Errorf("%q has no valid domain: %w", address, storage.ErrInvalid)
	}
	return address[:at+1] + host, nil
}

// Build writes the bytes of a mail: CRLF lines of at most 998 bytes, text as quoted-printable UTF-8, no Bcc, no trace of the program.
func Build(ctx context.Context, m *Mail, w io.Writer) error {
	msg := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingQP), mail.WithNoDefaultUserAgent())
	if err := addressees(msg, m); err != nil {
		return err
	}
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetDateWithValue(m.Date)
	msg.Subject(flat(m.Subject))
	if m.InReplyTo != "" && token(m.InReplyTo) {
		msg.SetGenHeader(mail.HeaderInReplyTo, "<"+m.InReplyTo+">")
	}
	msg.SetGenHeader(mail.HeaderReferences, references(m))
	switch {
	case m.HTML == "":
		msg.SetBodyString(mail.TypeTextPlain, m.Text)
	case m.Text == "":
		msg.SetBodyString(mail.TypeTextHTML, m.HTML)
	default:
		msg.SetBodyString(mail.TypeTextPlain, m.Text)
		msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
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
		msg.ReplyToMailAddress(reply...)
	}
	if m.Receipt {
		if err := msg.RequestMDNTo(from[0].Address); err != nil {
			return fmt.Errorf("asking for a receipt: %w", err)
		}
	}
	return nil
}

func people(list []store.Address) ([]*netmail.Address, error) {
	out := make([]*netmail.Address, 0, len(list))
	for _, a := range list {
		address, err := WireAddress(a.Address)
		if err != nil {
			return nil, err
		}
		out = append(out, &netmail.Address{Name: flat(a.Name), Address: address})
	}
	return out, nil
}

// references is the field's value, folded: what is answered, and our tag behind it.
func references(m *Mail) string {
	var ids []string
	for _, r := range m.References {
		if token(r) {
			ids = append(ids, r)
		}
	}
	if len(ids) > maxReferences {
		ids = append(ids[:1:1], ids[len(ids)-maxReferences+1:]...)
	}
	if m.Tag != "" {
		ids = append(ids, m.Tag+"@"+domain(m.From.Address))
	}
	for i := range ids {
		ids[i] = "<" + ids[i] + ">"
	}
	return strings.Join(ids, " ")
}

// token says whether an id can stand in a header: visible ASCII without brackets, not absurdly long.
func token(id string) bool {
	return id != "" && len(id) < 900 && strings.IndexFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' }) < 0
}

// flat takes out what could begin a new line in a header.
func flat(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func file(ctx context.Context, a Attachment) (*mail.File, error) {
	mediaType, parameters, err := mime.ParseMediaType(a.Type)
	if err != nil || !strings.Contains(mediaType, "/") {
		mediaType, parameters = "application/octet-stream", nil
	}
	if strings.HasPrefix(mediaType, "multipart/") || strings.HasPrefix(mediaType, "message/") {
		mediaType, parameters = "application/octet-stream", nil // they must not be encoded (RFC 2045 §6.4)
	}
	if a.ContentID != "" && !token(a.ContentID) {
		return nil, fmt.Errorf("the content id of %q is malformed: %w", a.Name, storage.ErrInvalid)
	}
	delete(parameters, "name")
	f := &mail.File{
		Name: flat(a.Name), ContentType: mail.ContentType(mime.FormatMediaType(mediaType, parameters)), Enc: mail.EncodingB64, Header: map[string][]string{},
		Writer: func(w io.Writer) (int64, error) {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			r, err := a.Open()
			if err != nil {
				return 0, fmt.Errorf("opening %q: %w", a.Name, err)
			}
			n, err := io.Copy(w, r)
			if err == nil && a.Size >= 0 && n != a.Size {
				err = fmt.Errorf("attachment %q has %d bytes, not %d", a.Name, n, a.Size)
			}
			return n, errors.Join(err, r.Close())
		},
	}
	disposition := "attachment"
	if a.ContentID != "" {
		f.Header.Set("Content-ID", "<"+a.ContentID+">")
		disposition = "inline"
	}
	// RFC 2231, which the library leaves out; its encoded word in Content-Type serves those who read only that.
	f.Header.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Name}))
	return f, nil
}
