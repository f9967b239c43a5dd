package testservers

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// relay stands in for Postfix where the tests do not run as root. It keeps the
// rules of submission: AUTH only over TLS, MAIL only after AUTH, unknown local
// users refused at RCPT with 550, other domains refused or dropped, a size
// limit. It has no queue: what Dovecot answers through LMTP is what the client
// gets for its DATA, where Postfix would have said 250 and sent a DSN later.
// It adds no Received line.
type relay struct {
	mail      *MailServer
	listeners []net.Listener
	servers   []*smtp.Server
	serving   sync.WaitGroup
}

// startRelay listens on both submission ports.
func (s *MailServer) startRelay() error {
	if s.opts.FilesSent || s.opts.Outside == Bounce {
		return fmt.Errorf("starting the relay: FilesSent and Bounce need Postfix, which needs root")
	}
	tlsFolder := filepath.Join(s.folder, "tls")
	cert, err := tls.LoadX509KeyPair(filepath.Join(tlsFolder, "cert.pem"), filepath.Join(tlsFolder, "key.pem"))
	if err != nil {
		return fmt.Errorf("starting the relay: %w", err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	s.relay = &relay{mail: s}
	for _, port := range []int{s.SubmissionPort, s.SMTPSPort} {
		l, err := net.Listen("tcp", s.At(port))
		if err != nil {
			return fmt.Errorf("starting the relay: %w", err)
		}
		server := smtp.NewServer(s.relay)
		server.Domain = "mail." + Domain
		server.MaxMessageBytes = s.opts.MaxMessage
		server.MaxRecipients = 1000
		server.TLSConfig = config
		server.ErrorLog = silent{}
		if port == s.SMTPSPort {
			l = tls.NewListener(l, config)
		}
		s.relay.listeners = append(s.relay.listeners, l)
		s.relay.servers = append(s.relay.servers, server)
		s.relay.serving.Go(func() { _ = server.Serve(l) }) // ends with Close
	}
	return nil
}

func (r *relay) close() error {
	var errs []error
	for _, l := range r.listeners { // a server knows its listener only once Serve has begun
		errs = append(errs, l.Close())
	}
	for _, server := range r.servers {
		if err := server.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	r.serving.Wait()
	return errors.Join(errs...)
}

// silent drops the library's complaints about clients that break off.
type silent struct{}

// Printf implements [smtp.Logger].
func (silent) Printf(string, ...any) {}

// Println implements [smtp.Logger].
func (silent) Println(...any) {}

// NewSession implements [smtp.Backend].
func (r *relay) NewSession(conn *smtp.Conn) (smtp.Session, error) {
	return &relaySession{relay: r, conn: conn}, nil
}

type relaySession struct {
	relay *relay
	conn  *smtp.Conn
	user  string // address of who is logged in
	from  string
	to    []string
}

// AuthMechanisms implements [smtp.AuthSession].
func (s *relaySession) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth implements [smtp.AuthSession].
func (s *relaySession) Auth(mechanism string) (sasl.Server, error) {
	if _, secure := s.conn.TLSConnectionState(); !secure {
		return nil, &smtp.SMTPError{Code: 538, EnhancedCode: smtp.EnhancedCode{5, 7, 11}, Message: "Encryption required for requested authentication mechanism"}
	}
	check := func(name, password string) error {
		known := slices.ContainsFunc(s.relay.mail.Users(), func(u User) bool { return u.Address == name && u.Password == password })
		if !known {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "Error: authentication failed"}
		}
		s.user = name
		return nil
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, name, password string) error { return check(name, password) }), nil
	case sasl.Login:
		return &loginServer{check: check}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// Mail implements [smtp.Session].
func (s *relaySession) Mail(from string, _ *smtp.MailOptions) error {
	if s.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.from = from
	return nil
}

// Rcpt implements [smtp.Session].
func (s *relaySession) Rcpt(to string, _ *smtp.RcptOptions) error {
	at := strings.LastIndexByte(to, '@')
	if !strings.EqualFold(to[at+1:], Domain) {
		if s.relay.mail.opts.Outside == Discard {
			return nil
		}
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "<" + to + ">: Relay access denied"}
	}
	local, _, _ := strings.Cut(to[:max(at, 0)], "+")
	if !slices.ContainsFunc(s.relay.mail.Users(), func(u User) bool { return strings.EqualFold(u.Name, local) }) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + ">: Recipient address rejected: User unknown"}
	}
	s.to = append(s.to, to)
	return nil
}

// Data implements [smtp.Session]: it hands the mail to Dovecot.
func (s *relaySession) Data(r io.Reader) error {
	if len(s.to) == 0 { // all of them outside, to be dropped
		_, err := io.Copy(io.Discard, r)
		return err
	}
	conn, err := net.Dial("tcp", s.relay.mail.At(s.relay.mail.LMTPPort))
	if err != nil {
		return err
	}
	client := smtp.NewClientLMTP(conn)
	defer client.Close()
	if err := client.Mail(s.from, nil); err != nil {
		return err
	}
	for _, to := range s.to {
		if err := client.Rcpt(to, nil); err != nil {
			return err
		}
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		return err // the size limit, or a client that broke off: nothing is delivered
	}
	err = w.Close()
	if refused := (*smtp.SMTPError)(nil); errors.As(err, &refused) {
		return refused
	}
	return err
}

// Reset implements [smtp.Session].
func (s *relaySession) Reset() { s.from, s.to = "", nil }

// Logout implements [smtp.Session].
func (s *relaySession) Logout() error { return nil }

// loginServer is the server's side of AUTH LOGIN, which the library lacks: two
// questions, two answers (draft-murchison-sasl-login).
type loginServer struct {
	check func(name, password string) error
	asked int
	name  string
}

// Next implements [sasl.Server].
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if l.asked == 0 && response == nil {
		l.asked = 1
		return []byte("Username:"), false, nil
	}
	if l.name == "" {
		l.asked, l.name = 1, string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.name, string(response))
}
