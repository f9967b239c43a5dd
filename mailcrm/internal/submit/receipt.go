package submit

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A Receipt says that a mail was displayed (a message disposition notification, RFC 8098), by the will of a person who was asked.
type Receipt struct {
	MessageID  string // without <>
	Date       time.Time
	From       store.Address // who got the mail
	To         string        // whom Disposition-Notification-To names
	Subject    string        // at most 200 characters are used
	Text       string        // for people
	Original   string        // Message-ID of the mail, without <>; empty: it has none
	References []string      // of the mail
}

// maxReceiptSubject is in runes: encoded they are a few lines.
const maxReceiptSubject = 200

// BuildReceipt writes the bytes of a receipt: a multipart/report whose third part, the mail itself, is left out. It has no sender on the envelope, which is
// not in the bytes, and asks that no machine answers it (RFC 3834 §5).
func BuildReceipt(r *Receipt, w io.Writer) error {
	if !token(r.MessageID) {
		return fmt.Errorf("the Message-ID %q is malformed: %w", r.MessageID, storage.ErrInvalid)
	}
	who, err := people([]store.Address{r.From, {Address: r.To}})
	if err != nil {
		return err
	}
	if !ascii(who[0].Address) || !ascii(who[1].Address) {
		return fmt.Errorf("a receipt between addresses with such letters (RFC 6533): %w", storage.ErrInvalid)
	}
	var random [18]byte
	_, _ = rand.Read(random[:])
	boundary := hex.EncodeToString(random[:])
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, "") + "\r\n") }
	line("Date: ", r.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	line("From: ", who[0].String())
	line("To: ", (&netmail.Address{Address: who[1].Address}).String())
	line("Subject: ", encoded(r.Subject))
	line("Message-ID: <", r.MessageID, ">")
	if token(r.Original) {
		line("In-Reply-To: <", r.Original, ">")
		line("References: ", references(&Mail{References: append(r.References[:len(r.References):len(r.References)], r.Original)}))
	}
	line("Auto-Submitted: auto-replied")
	line("MIME-Version: 1.0")
	line(`Content-Type: multipart/report; report-type=disposition-notification;`)
	line(` boundary="`, boundary, `"`)
	line()
	line("--", boundary)
	line("Content-Type: text/plain; charset=utf-8")
	line("Content-Transfer-Encoding: quoted-printable")
	line()
	text := quotedprintable.NewWriter(&b)
	if _, err := text.Write([]byte(strings.ReplaceAll(strings.ToValidUTF8(r.Text, "\uFFFD"), "\n", "\r\n"))); err != nil {
		return fmt.Errorf("writing the receipt: %w", err)
	}
	if err := text.Close(); err != nil {
		return fmt.Errorf("writing the receipt: %w", err)
	}
	line()
	line("--", boundary)
	line("Content-Type: message/disposition-notification")
	line()
	line("Final-Recipient: rfc822; ", who[0].Address)
	if token(r.Original) {
		line("Original-Message-ID: <", r.Original, ">")
	}
	line("Disposition: manual-action/MDN-sent-manually; displayed")
	line()
	line("--", boundary, "--")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the receipt: %w", err)
	}
	return nil
}

// encoded is a subject as a header field has it (RFC 2047), folded between its encoded words.
func encoded(subject string) string {
	runes := []rune(strings.Join(strings.Fields(flat(subject)), " "))
	text := string(runes[:min(len(runes), maxReceiptSubject)])
	if plain := subjectText(text); ascii(text) && plain == text {
		return text
	}
	return strings.ReplaceAll(mime.BEncoding.Encode("utf-8", text), "?= =?", "?=\r\n =?")
}
