package mailcrmtest

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

const (
	smtpLine       = 2048            // bytes of a command line, more than RFC 5321 §4.5.3.1.4 asks for
	smtpRecipients = 1000            // of one mail
	smtpErrors     = 20              // wrong commands before the server hangs up
	smtpPatience   = 5 * time.Minute // for each line of the client (RFC 5321 §4.5.3.2.7)
)

// submission is one SMTP connection (RFC 6409). It is served by one goroutine.
type submission struct {
	server *Server
	conn   *conn
	wire   net.Conn // conn, or TLS over it after STARTTLS
	read   *bufio.Reader
	secure bool
	hello  string
	user   *account
	errors int
	over   bool

	mail *envelopeOf // nil outside a transaction
}

// envelopeOf is a transaction between MAIL and the final dot.
type envelopeOf struct {
	from       string
	to         []string
	notify     []string
	envelopeID string
	ret        string
}

func (s *Server) serveSMTP(p *port) error {
	for {
		accepted, err := p.Accept()
		if err != nil {
			return err
		}
		c, ok := accepted.(*conn)
		if !ok {
			return errors.New("a connection that did not come through our listener")
		}
		go func() { // the hub waits for it
			defer c.release()
			sub := &submission{server: s, conn: c, wire: c, read: bufio.NewReaderSize(c, smtpLine), secure: p.config != nil}
			sub.serve()
			_ = sub.wire.Close()
		}()
	}
}

func (s *submission) serve() {
	if s.secure { // the fault of a first phase comes after the handshake, where a client can hear it
		if t, ok := s.conn.Conn.(*tls.Conn); !ok || s.handshake(t) != nil {
			return
		}
	}
	if !s.answer(PhaseConnect, "", 220, s.server.options.Domain+" ESMTP") {
		return
	}
	for !s.over {
		line, err := s.line()
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(line, " ")
		s.command(strings.ToUpper(verb), strings.TrimSpace(arg))
		if s.errors > smtpErrors {
			s.reply(421, "4.7.0 Too many errors")
			return
		}
	}
}

func (s *submission) handshake(t *tls.Conn) error {
	_ = t.SetDeadline(time.Now().Add(smtpPatience))
	return t.Handshake()
}

func (s *submission) command(verb, arg string) {
	switch verb {
	case "EHLO", "HELO":
		s.helo(verb, arg)
	case "STARTTLS":
		s.startTLS()
	case "AUTH":
		s.auth(arg)
	case "MAIL":
		s.mailFrom(arg)
	case "RCPT":
		s.rcptTo(arg)
	case "DATA":
		s.data()
	case "RSET":
		s.mail = nil
		s.reply(250, "2.0.0 Ok")
	case "NOOP":
		s.reply(250, "2.0.0 Ok")
	case "QUIT":
		s.answer(PhaseQuit, "", 221, "2.0.0 Bye")
		s.over = true
	default:
		s.refuse(502, "5.5.2 Command not recognized")
	}
}

// line reads one command. A line too long ends the connection.
func (s *submission) line() (string, error) {
	_ = s.wire.SetReadDeadline(time.Now().Add(smtpPatience))
	line, err := s.read.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		s.reply(500, "5.5.2 Line too long")
	}
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

func (s *submission) reply(code int, lines ...string) {
	var b strings.Builder
	for i, line := range lines {
		dash := "-"
		if i == len(lines)-1 {
			dash = " "
		}
		fmt.Fprintf(&b, "%d%s%s\r\n", code, dash, line)
	}
	_ = s.wire.SetWriteDeadline(time.Now().Add(smtpPatience))
	if _, err := io.WriteString(s.wire, b.String()); err != nil {
		s.over = true
	}
}

func (s *submission) refuse(code int, text string) {
	s.errors++
	s.reply(code, text)
}

// answer is the reply of a phase unless a fault has another one. It reports whether the phase succeeded.
func (s *submission) answer(phase Phase, subject string, code int, lines ...string) bool {
	fault := s.server.faults.forSMTP(phase, subject)
	if fault == nil {
		s.reply(code, lines...)
		return !s.over
	}
	return s.fail(fault, code, lines...)
}

func (s *submission) fail(fault *SMTPFault, code int, lines ...string) bool {
	pause(s.conn, fault.Delay, fault.Hold)
	switch {
	case fault.Cut == CutHang:
		_ = s.wire.SetReadDeadline(time.Time{})
		_, _ = io.Copy(io.Discard, s.wire)
		s.over = true
		return false
	case fault.Cut != CutNone:
		s.conn.kill(fault.Cut)
		s.over = true
		return false
	case fault.Code == 0:
		s.reply(code, lines...)
		return !s.over
	}
	text := fault.Text
	if text == "" {
		text = "Refused by the test"
	}
	s.reply(fault.Code, strings.TrimSpace(fault.Enhanced+" "+text))
	if fault.Code == 421 || fault.Phase == PhaseConnect {
		s.over = true
	}
	return !s.over && fault.Code < 400
}

func (s *submission) helo(verb, arg string) {
	if arg == "" {
		s.refuse(501, "5.5.4 A name is needed")
		return
	}
	lines := []string{s.server.options.Domain}
	if verb == "EHLO" {
		lines = append(lines, "PIPELINING", fmt.Sprintf("SIZE %d", s.server.options.MaxMessageBytes), "8BITMIME",
			"ENHANCEDSTATUSCODES", "DSN")
		if !s.secure && !s.server.options.Plain {
			lines = append(lines, "STARTTLS")
		} else {
			offered := "AUTH PLAIN LOGIN"
			if s.server.options.Tokens != nil {
				offered += " XOAUTH2"
			}
			lines = append(lines, offered)
		}
	}
	s.mail = nil
	if s.answer(PhaseHello, "", 250, lines...) {
		s.hello = arg
	}
}

func (s *submission) startTLS() {
	if s.secure || s.server.options.Plain {
		s.refuse(502, "5.5.1 No STARTTLS here")
		return
	}
	if !s.answer(PhaseStartTLS, "", 220, "2.0.0 Ready to start TLS") {
		return
	}
	// What came in clear behind the command is thrown away with the reader (the injection of CVE-2011-0411).
	t := tls.Server(s.conn, s.server.creds.config)
	if s.handshake(t) != nil {
		s.over = true
		return
	}
	s.wire, s.read, s.secure = t, bufio.NewReaderSize(t, smtpLine), true
	s.hello, s.user, s.mail = "", nil, nil
}
