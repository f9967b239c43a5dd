package submit

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Deadlines are how long a server may take (RFC 5321 §4.5.3.2). The zero value is the RFC's.
type Deadlines struct {
	Command  time.Duration // greeting, EHLO, AUTH, MAIL, RCPT. Defaults to 5 min
	Data     time.Duration // the answer to DATA. Defaults to 2 min
	Progress time.Duration // without a byte taken. Defaults to 3 min
	Dot      time.Duration // the answer to the final dot. Defaults to 10 min
	Leave    time.Duration // the same, once we are stopping. Defaults to 15 s
}

func (d Deadlines) orDefault() Deadlines {
	set := func(v *time.Duration, fallback time.Duration) {
		if *v == 0 {
			*v = fallback
		}
	}
	set(&d.Command, 5*time.Minute)
	set(&d.Data, 2*time.Minute)
	set(&d.Progress, 3*time.Minute)
	set(&d.Dot, 10*time.Minute)
	set(&d.Leave, 15*time.Second)
	return d
}

// outgoing is one connection to a submission server, logged in.
type outgoing struct {
	conn      *timed
	client    *smtp.Client
	deadlines Deadlines
	release   func() bool    // of the context
	body      io.WriteCloser // of a mail that was begun; nil after its final dot
}

// timed gives every read and write of a connection the time of its phase, counted from the last progress.
type timed struct {
	net.Conn
	reader  io.Reader
	silence time.Duration
}

func (t *timed) Read(p []byte) (int, error) {
	if err := t.SetReadDeadline(time.Now().Add(t.silence)); err != nil {
		return 0, err
	}
	return t.reader.Read(p)
}

func (t *timed) Write(p []byte) (int, error) {
	if err := t.SetWriteDeadline(time.Now().Add(t.silence)); err != nil {
		return 0, err
	}
	return t.Conn.Write(p)
}

// maxReply is how much a server may send in one connection before it is left: answers are short.
const maxReply = 1 << 20

// connect dials, makes TLS, greets and logs in. Nothing but EHLO and STARTTLS is sent before TLS.
func (s *Sender) connect(ctx context.Context, acc *store.Account, password seal.Secret) (*outgoing, error) {
	server := acc.SMTP
	conn, err := s.Dialer.DialContext(ctx, "tcp", net.JoinHostPort(server.Host, strconv.Itoa(server.Port)))
	if err != nil {
		return nil, err
	}
	out := &outgoing{deadlines: s.Deadlines.orDefault()}
	out.conn = &timed{Conn: conn, reader: io.LimitReader(conn, maxReply), silence: out.deadlines.Command}
	out.release = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err := s.greet(ctx, out, acc); err != nil {
		out.close()
		return nil, classify(err)
	}
	if server.Authenticate {
		if err := out.login(server.Username, password); err != nil {
			out.close()
			return nil, classify(err)
		}
	}
	return out, nil
}

// greet brings the connection to the point where the session begins, safe to log in on.
func (s *Sender) greet(ctx context.Context, out *outgoing, acc *store.Account) error {
	secure := dial.TLSConfig{ServerName: acc.SMTP.Host, RootCAs: s.Roots}
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
		tlsConn, err := s.Dialer.TLS(ctx, out.conn.Conn, secure)
		if err != nil {
			return err
		}
		out.conn.Conn = tlsConn
		out.conn.reader = io.MultiReader(strings.NewReader(before), io.LimitReader(tlsConn, maxReply))
	}
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
	if errors.As(err, &protocol) {
		return &storage.Cause{Code: "smtp.greeting", Detail: "the server does not speak SMTP", Err: storage.ErrUnavailable}
	}
	if errors.As(err, &reply) && reply.Code/100 != 4 {
		return &storage.Cause{Code: "smtp.greeting", Detail: oneLine(reply.Error()), Err: storage.ErrUnavailable}
	}
	return err
}

// startTLS asks for TLS in the clear (RFC 3207). Whatever the server sends along with its answer is an attack or a mistake: the connection is left.
func startTLS(conn *timed) error {
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
			return &storage.Cause{Code: "smtp.no_tls", Detail: oneLine(reply.Error()), Err: storage.ErrUnavailable}
		}
		return err
	}
	if buffered.Buffered() > 0 {
		return &storage.Cause{Code: "smtp.no_tls", Detail: "the server sent more than its answer to STARTTLS", Err: storage.ErrUnavailable}
	}
	return nil
}

// login authenticates with PLAIN (RFC 4616), or LOGIN where that is all there is.
func (o *outgoing) login(username string, password seal.Secret) error {
	_, offered := o.client.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offered))
	has := func(name string) bool {
		for _, m := range mechanisms {
			if m == name {
				return true
			}
		}
		return false
	}
	var auth smtp.Auth
	switch {
	case has("PLAIN"):
		auth = &plain{username, password}
	case has("LOGIN"):
		auth = &loginAuth{username: username, password: password}
	default:
		return &storage.Cause{Code: "smtp.no_mechanism", Detail: oneLine("the server offers: " + offered), Err: storage.ErrAuth}
	}
	err := o.client.Auth(auth)
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code/100 == 5 {
		return &storage.Cause{Code: "smtp.login_refused", Detail: oneLine(reply.Error()), Err: storage.ErrAuth}
	}
	return err
}

// The library's own mechanisms look at the type of the connection to see whether it is safe; ours is, or it would not have come so far.

type plain struct {
	username string
	password seal.Secret
}

func (a *plain) Start(*smtp.ServerInfo) (string, []byte, error) {
	return "PLAIN", []byte("\x00" + a.username + "\x00" + a.password.Reveal()), nil
}

func (a *plain) Next(_ []byte, more bool) ([]byte, error) {
	if more {
		return nil, errors.New("unexpected challenge")
	}
	return nil, nil
}

type loginAuth struct {
	username string
	password seal.Secret
	step     int
}

func (a *loginAuth) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

func (a *loginAuth) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	a.step++
	switch a.step {
	case 1:
		return []byte(a.username), nil
	case 2:
		return []byte(a.password.Reveal()), nil
	}
	return nil, errors.New("unexpected challenge")
}

// tooLarge compares the mail with what the server says it takes (RFC 1870).
func (o *outgoing) tooLarge(size int64) error {
	_, stated := o.client.Extension("SIZE")
	if limit, err := strconv.ParseInt(strings.TrimSpace(stated), 10, 64); err == nil && limit > 0 && size > limit {
		return &storage.Cause{Code: "smtp.too_large", Detail: fmt.Sprintf("the mail has %d bytes, the server takes %d", size, limit), Err: storage.ErrRejected}
	}
	return nil
}

// mail is MAIL FROM, with the submission's tag as envelope id where the server does DSN (RFC 3461).
func (o *outgoing) mail(sub *store.Submission) error {
	o.conn.silence = o.deadlines.Command
	parameters := ""
	if dsn, _ := o.client.Extension("DSN"); dsn {
		parameters = " RET=HDRS ENVID=" + sub.Tag
		o.client.SetDSNRcptNotifyOption("FAILURE,DELAY")
	}
	o.client.SkipSMTPUTF8(!needsUTF8(sub))
	if needsUTF8(sub) {
		if ok, _ := o.client.Extension("SMTPUTF8"); !ok {
			return &storage.Cause{Code: "smtp.rejected", Detail: "the server does not take addresses with such letters (SMTPUTF8)", Err: storage.ErrRejected}
		}
	}
	return classify(o.client.Mail("<" + sub.EnvelopeFrom + ">" + parameters))
}

func needsUTF8(sub *store.Submission) bool {
	for _, r := range sub.Recipients {
		if !ascii(r.Address) {
			return true
		}
	}
	return !ascii(sub.EnvelopeFrom)
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

// recipient is RCPT TO. What the server answers is written into r; an error is one of the connection.
func (o *outgoing) recipient(r *store.Recipient) error {
	err := answer(o.client.Rcpt("<" + r.Address + ">"))
	if err == nil {
		*r = store.Recipient{Address: r.Address, State: recipientUncertain, Status: 250}
		return nil
	}
	a, ok := asAnswer(err)
	if !ok {
		return classify(err)
	}
	*r = store.Recipient{Address: r.Address, State: "rejected", Status: a.Status, Enhanced: a.Enhanced, Text: a.Text}
	if a.Status/100 == 4 {
		r.State = "deferred"
	}
	return nil
}

// data sends the mail up to, but not with, the final dot.
func (o *outgoing) data(mail io.Reader) error {
	o.conn.silence = o.deadlines.Data
	body, err := o.client.Data()
	if err != nil {
		return classify(err)
	}
	o.body = body
	o.conn.silence = o.deadlines.Progress
	if _, err := io.Copy(body, mail); err != nil {
		return classify(err)
	}
	return nil
}

// dot ends the mail and waits for the server to answer for it. When ctx ends the wait is cut to a short one, not ended: the answer is worth waiting for.
func (o *outgoing) dot(ctx context.Context) (reply string, err error) {
	if !o.release() {
		return "", ctx.Err()
	}
	o.conn.silence = o.deadlines.Dot
	hurry := context.AfterFunc(ctx, func() { _ = o.conn.Conn.SetReadDeadline(time.Now().Add(o.deadlines.Leave)) })
	defer hurry()
	body := o.body
	o.body = nil
	err = answer(body.Close())
	if closer, ok := body.(*smtp.DataCloser); ok {
		reply = closer.ServerResponse()
	}
	return reply, err
}

// close leaves. What the server says to QUIT changes nothing.
func (o *outgoing) close() {
	if o.client != nil && o.body == nil {
		o.conn.silence = 2 * time.Second
		_, _ = io.WriteString(o.conn, "QUIT\r\n")
	}
	o.release()
	_ = o.conn.Close()
}

// classify gives an error of the connection its code.
func classify(err error) error {
	if err = answer(err); err == nil || storage.CauseCode(err) != "" {
		return err
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &storage.Cause{Code: "smtp.timeout", Err: storage.ErrTemporary}
	}
	return &storage.Cause{Code: "smtp.connection_lost", Err: storage.ErrTemporary}
}

// asAnswer is the answer of the server in err, if it is one.
func asAnswer(err error) (*storage.RecipientError, bool) {
	var a *storage.RecipientError
	if errors.As(err, &a) {
		return a, true
	}
	return &storage.RecipientError{}, false
}

// answer turns the library's error into the server's answer, with its enhanced status code (RFC 2034) apart.
func answer(err error) error {
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		return err
	}
	a := &storage.RecipientError{Status: reply.Code, Text: oneLine(reply.Msg)}
	if first, rest, ok := strings.Cut(a.Text, " "); ok && enhanced(first) {
		a.Enhanced, a.Text = first, rest
	}
	code := "smtp.rejected"
	if a.Status/100 == 4 {
		code = "smtp.temporary"
	}
	return &storage.Cause{Code: code, Detail: strings.TrimSpace(fmt.Sprintf("%d %s %s", a.Status, a.Enhanced, a.Text)), Err: a}
}

// enhanced says whether a word is a status code of RFC 3463: "5.1.1".
func enhanced(word string) bool {
	parts := strings.Split(word, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || !strings.Contains("245", parts[0]) {
		return false
	}
	for _, p := range parts[1:] {
		if n, err := strconv.Atoi(p); err != nil || n < 0 || n > 999 {
			return false
		}
	}
	return true
}
