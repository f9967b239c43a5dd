package submit

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// outgoing is one connection to a submission server, logged in.
type outgoing struct {
	conn      *timed
	raw       net.Conn // below TLS
	client    *smtp.Client
	deadlines Deadlines
	release   func() bool    // of the context
	body      io.WriteCloser // of a mail that was begun; nil after its final dot

	cred         signin.Credential // what the server says is cleaned of
	confidential bool              // there is TLS, or the other end is this machine and that is allowed
}

// connect dials, makes TLS, greets and logs in. Nothing but EHLO and STARTTLS is sent before TLS.
func (s *Sender) connect(ctx context.Context, acc *store.Account, cred signin.Credential) (*outgoing, error) {
	server := acc.SMTP
	conn, err := s.Dialer.DialContext(ctx, "tcp", net.JoinHostPort(server.Host, strconv.Itoa(server.Port)))
	if err != nil {
		return nil, err
	}
	out := &outgoing{raw: conn, deadlines: s.Deadlines.orDefault(), cred: cred}
	out.conn = &timed{Conn: conn, silence: out.deadlines.Command}
	out.release = context.AfterFunc(ctx, func() { _ = conn.Close() })
	err = s.greet(ctx, out, acc, cred.Certificate)
	if err == nil && server.Authenticate {
		err = out.login(cred, server.Host, server.Port)
	}
	if err != nil {
		out.close()
		return nil, out.withheld(classify(out.clean(err)))
	}
	return out, nil
}

// clean takes secrets out of what the server says, whenever it says it: its words are kept, and shown. The status stays.
func (o *outgoing) clean(err error) error {
	var reply *textproto.Error
	if !errors.As(err, &reply) || !o.cred.Echoed(reply.Msg) {
		return err
	}
	text := o.cred.Clean(reply.Msg)
	if first, _, _ := strings.Cut(oneLine(reply.Msg), " "); enhanced(first) {
		text = first + " " + text
	}
	return &textproto.Error{Code: reply.Code, Msg: text}
}

// withheld does the same to an error that has its code.
func (o *outgoing) withheld(err error) error {
	var cause *storage.Cause
	if !errors.As(err, &cause) || !o.cred.Echoed(cause.Detail) {
		return err
	}
	return &storage.Cause{Code: cause.Code, Detail: o.cred.Clean(cause.Detail), Err: cause.Err}
}

// greet brings the connection to the point where the session begins, safe to log in on.
func (s *Sender) greet(ctx context.Context, out *outgoing, acc *store.Account, ours *tls.Certificate) error {
	secure := dial.TLSConfig{ServerName: acc.SMTP.Host, RootCAs: s.Roots, Certificate: ours}
	if pin := acc.SMTP.PinSHA256; pin != "" {
		sum, err := hex.DecodeString(pin)
		if err != nil {
			return fmt.Errorf("the pinned certificate of %s: %w", acc.Address, storage.ErrInvalid)
		}
		secure.PinSHA256 = sum
	}
	before := ""
	switch acc.SMTP.Security {
	case "none":
		if !s.Dialer.Plaintext(out.conn.Conn) {
			return &storage.Cause{Code: "smtp.no_tls", Detail: "plaintext is for loopback only", Err: storage.ErrUnavailable}
		}
	case "starttls":
		if err := startTLS(out.conn); err != nil {
			return err
		}
		before = "220 TLS\r\n" // the greeting was read already; the library wants one
		fallthrough
	default:
		if err := out.conn.SetDeadline(time.Time{}); err != nil { // that of the answer; a handshake has its own
			return err
		}
		tlsConn, err := s.Dialer.TLS(ctx, out.conn.Conn, secure)
		if err != nil {
			return err
		}
		out.conn.Conn, out.conn.said = tlsConn, before
	}
	out.confidential = true
	out.conn.listen()
	client, err := smtp.NewClient(out.conn, acc.SMTP.Host)
	if err != nil {
		return greetingError(err)
	}
	out.client = client
	// What a server calls us decides nothing; a name that tells nothing about the machine is best.
	return client.Hello("localhost")
}

func greetingError(err error) error {
	var reply *textproto.Error
	var protocol textproto.ProtocolError
	if errors.As(err, &protocol) || errors.Is(err, errChatter) {
		return &storage.Cause{Code: "smtp.greeting", Detail: "the server does not speak SMTP", Err: storage.ErrUnavailable}
	}
	if errors.As(err, &reply) && reply.Code/100 != 4 {
		return &storage.Cause{Code: "smtp.greeting", Detail: said(reply.Code, reply.Msg), Err: storage.ErrUnavailable}
	}
	return err
}

// startTLS asks for TLS in the clear (RFC 3207). Whatever the server sends along with its answer is an attack or a mistake: the connection is left.
func startTLS(conn *timed) error {
	conn.listen()
	buffered := bufio.NewReaderSize(conn, 4096)
	text := textproto.NewReader(buffered)
	if _, _, err := text.ReadResponse(220); err != nil {
		return greetingError(err)
	}
	if _, err := io.WriteString(conn, "EHLO localhost\r\n"); err != nil {
		return err
	}
	_, extensions, err := text.ReadResponse(250)
	if err != nil {
		return greetingError(err)
	}
	offered := false
	for line := range strings.Lines(extensions) {
		offered = offered || strings.EqualFold(strings.TrimSpace(line), "STARTTLS")
	}
	if !offered {
		return &storage.Cause{Code: "smtp.no_tls", Detail: "the server does not offer STARTTLS", Err: storage.ErrUnavailable}
	}
	if _, err := io.WriteString(conn, "STARTTLS\r\n"); err != nil {
		return err
	}
	if _, _, err := text.ReadResponse(220); err != nil {
		var reply *textproto.Error
		if errors.As(err, &reply) {
			return &storage.Cause{Code: "smtp.no_tls", Detail: said(reply.Code, reply.Msg), Err: storage.ErrUnavailable}
		}
		return greetingError(err)
	}
	if buffered.Buffered() > 0 {
		return &storage.Cause{Code: "smtp.no_tls", Detail: "the server sent more than its answer to STARTTLS", Err: storage.ErrUnavailable}
	}
	return nil
}

// tooLarge compares the mail with what the server says it takes (RFC 1870).
func (o *outgoing) tooLarge(size int64) error {
	_, stated := o.client.Extension("SIZE")
	if limit, err := strconv.ParseInt(strings.TrimSpace(stated), 10, 64); err == nil && limit > 0 && size > limit {
		return &storage.Cause{Code: "smtp.too_large", Detail: fmt.Sprintf("the mail has %d bytes, the server takes %d", size, limit), Err: storage.ErrRejected}
	}
	return nil
}

// mail is MAIL FROM, for a receipt without a sender (RFC 8098 §3): with the size of the mail (RFC 1870), and with the submission's tag as envelope id where the server does DSN (RFC 3461).
func (o *outgoing) mail(sub *store.Submission) error {
	from, err := "<>", error(nil)
	if !sub.IsReceipt() {
		from, err = wirePath(sub.EnvelopeFrom)
	}
	if err != nil {
		return &storage.Cause{Code: "smtp.rejected", Detail: "the sender is not a mail address", Err: storage.ErrRejected}
	}
	parameters := ""
	if sized, _ := o.client.Extension("SIZE"); sized {
		parameters += " SIZE=" + strconv.FormatInt(sub.RawSize, 10)
	}
	if dsn, _ := o.client.Extension("DSN"); dsn {
		parameters += " RET=HDRS"
		if id := xtext(sub.Tag); id != "" && len(id) <= 100 {
			parameters += " ENVID=" + id
		}
		notify := "FAILURE,DELAY"
		if sub.IsReceipt() {
			notify = "NEVER"
		}
		o.client.SetDSNRcptNotifyOption(notify)
	}
	o.client.SkipSMTPUTF8(!needsUTF8(sub))
	if needsUTF8(sub) {
		if ok, _ := o.client.Extension("SMTPUTF8"); !ok {
			return &storage.Cause{Code: "smtp.rejected", Detail: "the server does not take addresses with such letters (SMTPUTF8)", Err: storage.ErrRejected}
		}
	}
	return classify(o.clean(o.client.Mail(from + parameters)))
}

// xtext is how a parameter may hold anything (RFC 3461 §4).
func xtext(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < '!' || c > '~' || c == '+' || c == '=' {
			fmt.Fprintf(&b, "+%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// needsUTF8 looks at all recipients, also those that have the mail already: its header names them (RFC 6531 §3.2).
func needsUTF8(sub *store.Submission) bool {
	for _, r := range sub.Recipients {
		if !ascii(localPart(r.Address)) {
			return true
		}
	}
	return !ascii(localPart(sub.EnvelopeFrom))
}

// recipient is RCPT TO. What the server answers is written into r; an error is one of the connection.
func (o *outgoing) recipient(r *store.Recipient) error {
	to, err := wirePath(r.Address)
	if err != nil {
		*r = store.Recipient{Address: r.Address, State: "rejected", Text: "not a mail address"}
		return nil
	}
	err = answer(o.clean(o.client.Rcpt(to)))
	if err == nil {
		*r = store.Recipient{Address: r.Address, State: recipientUncertain, Status: 250}
		return nil
	}
	a, ok := asAnswer(err)
	if !ok {
		return classify(err)
	}
	*r = store.Recipient{Address: r.Address, State: "rejected", Status: a.Status, Enhanced: a.Enhanced, Text: a.Text}
	// A 552 to RCPT says that there are too many recipients for one mail, and that the rest may come again (RFC 5321 §4.5.3.1.10).
	if a.Status/100 == 4 || a.Status == 552 && (a.Enhanced == "" || a.Enhanced == "5.5.3") {
		r.State = "deferred"
	}
	return nil
}

// data sends the mail up to, but not with, the final dot.
func (o *outgoing) data(mail io.Reader, size int64) error {
	o.conn.silence = o.deadlines.Data
	body, err := o.client.Data()
	if answer(err) == nil && err != nil {
		return classify(errors.New("the server says yes to DATA, and not that it waits for the mail"))
	}
	if err != nil {
		return classify(o.clean(err))
	}
	o.body = body
	o.conn.silence = o.deadlines.Progress
	n, err := io.Copy(body, mail)
	switch {
	case o.conn.failed != nil:
		return classify(o.conn.failed)
	case err != nil:
		return fmt.Errorf("reading the mail's bytes: %w", err)
	case n != size: // a blob that was cut is no mail
		return fmt.Errorf("the mail's bytes are %d, not %d", n, size)
	}
	// Nothing but the dot is left to be written: until here a connection that is lost means that the mail did not leave.
	return classify(o.client.Text.W.Flush())
}

// errStayed says that the final dot was not sent.
var errStayed = errors.New("the mail did not leave")

// dot ends the mail and waits for the server to answer for it. When ctx ends the wait is cut to a short one, not ended: the answer is worth waiting for.
// The error is errStayed when ctx had ended before.
func (o *outgoing) dot(ctx context.Context) (reply string, err error) {
	if !o.release() {
		return "", errStayed
	}
	o.conn.silence = o.deadlines.Dot
	hurry := context.AfterFunc(ctx, func() { o.conn.hurry(o.deadlines.Leave) })
	defer hurry()
	body := o.body
	o.body = nil
	err = body.Close()
	if closer, ok := body.(*smtp.DataCloser); ok {
		reply = o.cred.Clean(closer.ServerResponse())
	}
	return reply, answer(o.clean(err))
}

// close leaves. What the server says to QUIT changes nothing; it has a moment to say it.
func (o *outgoing) close() {
	if o.client != nil && o.body == nil {
		o.conn.silence = 2 * time.Second
		if _, err := io.WriteString(o.conn, "QUIT\r\n"); err == nil {
			_, _ = o.conn.Read(make([]byte, 512))
		}
	}
	o.release()
	if o.conn.failed != nil { // TLS would say goodbye, and wait for seconds to be heard
		_ = o.raw.Close()
	}
	_ = o.conn.Close()
}
