package mailcrmtest

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"
)

// ServerOptions say what [StartServer] starts.
type ServerOptions struct {
	// Users are those who may log in, at least one.
	Users []User
	// Domain is the server's name in greetings, trace headers and its certificate. Defaults to "mail.test".
	Domain string
	// Now dates what arrives. Defaults to [time.Now]. Time-outs and certificates follow the machine's clock.
	Now func() time.Time
	// Logger gets what the servers have to say, at debug level: never a password, an address or a word of a mail.
	// Defaults to nothing.
	Logger *slog.Logger
	// Certificate says what is wrong with the certificate. Defaults to nothing.
	Certificate Certificate
	// Plain takes STARTTLS away from [Server.IMAP] and [Server.Submission] and allows logins there without TLS. It is
	// the server that a client must refuse. Defaults to false.
	Plain bool
	// Exchange cuts the IMAP capabilities to what Microsoft 365 offers of those that this server has: NAMESPACE,
	// UIDPLUS, MOVE, IDLE, LITERAL+, CHILDREN. Defaults to false: with LIST-EXTENDED, LIST-STATUS, ESEARCH, SEARCHRES,
	// SPECIAL-USE, CREATE-SPECIAL-USE and STATUS=SIZE.
	Exchange bool
	// FileSent puts a copy of each submitted mail into the Sent mailbox of whoever logged in, as Gmail does. Defaults
	// to false.
	FileSent bool
	// RewriteMessageID replaces the Message-ID of submitted mails, keeps the first one in
	// X-Microsoft-Original-Message-ID and names the new one in the reply, as Microsoft 365 does. Defaults to false.
	RewriteMessageID bool
	// Tokens, where set, lets clients in with access tokens: both servers offer XOAUTH2 then. Defaults to none.
	Tokens TokenCheck
	// MaxMessageBytes bounds a submitted or appended mail. Defaults to 35 MiB.
	MaxMessageBytes int64
}

// A User has one mailbox tree and receives what is submitted to his address.
type User struct {
	Address  string
	Password string
	Login    string    // for IMAP and SMTP; defaults to Address
	Folders  []Mailbox // defaults to INBOX, Archive, Drafts, Junk, Sent, Trash with their special uses; INBOX is always there
}

// A Mailbox is a folder to create for a [User].
type Mailbox struct {
	Name       string   // UTF-8, "/" between levels
	Attributes []string // special use: `\Sent` (RFC 6154)
}

// An Endpoint is where a server listens.
type Endpoint struct {
	Host string // "127.0.0.1"
	Port int
}

// Addr is host:port, to dial.
func (e Endpoint) Addr() string { return net.JoinHostPort(e.Host, fmt.Sprint(e.Port)) }

// A Server is an IMAP server and an SMTP submission server for tests. Make one with [StartServer].
type Server struct {
	IMAPS      Endpoint // IMAP, TLS from the start (RFC 8314 §3.2)
	IMAP       Endpoint // IMAP, STARTTLS
	SMTPS      Endpoint // submission, TLS from the start (RFC 8314 §3.3)
	Submission Endpoint // submission, STARTTLS

	options  ServerOptions
	creds    *credentials
	hub      *hub
	faults   faults
	accounts []*account // fixed at start
	imap     []*imapserver.Server
	ports    []*port
	serving  sync.WaitGroup
	closing  sync.Once
	record   record
}

// StartServer starts both servers on free ports of 127.0.0.1. The caller closes what it returns.
func StartServer(options ServerOptions) (*Server, error) {
	if options.Domain == "" {
		options.Domain = "mail.test"
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.MaxMessageBytes == 0 {
		options.MaxMessageBytes = 35 << 20
	}
	s := &Server{options: options, hub: newHub()}
	s.record.changed = make(chan struct{})
	if err := s.addUsers(); err != nil {
		return nil, err
	}
	var err error
	if s.creds, err = issue(options.Certificate, options.Domain); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) addUsers() error {
	if len(s.options.Users) == 0 {
		return errors.New("mailcrmtest: a server needs at least one user")
	}
	for _, u := range s.options.Users {
		if !strings.Contains(u.Address, "@") || u.Password == "" {
			return fmt.Errorf("mailcrmtest: user %q needs an address and a password", u.Address)
		}
		if u.Login == "" {
			u.Login = u.Address
		}
		if s.account(u.Address) != nil || s.login(u.Login) != nil {
			return fmt.Errorf("mailcrmtest: user %q is there twice", u.Address)
		}
		s.accounts = append(s.accounts, newAccount(u, uint32(s.options.Now().Unix())))
	}
	return nil
}

func (s *Server) listen() error {
	plain := s.creds.config
	if s.options.Plain {
		plain = nil
	}
	imaps := s.newIMAP(nil, true) // over TLS already, which imapserver cannot see through our counting connection
	imap := s.newIMAP(plain, s.options.Plain)
	s.imap = []*imapserver.Server{imaps, imap}
	for _, l := range []struct {
		at    *Endpoint
		tls   bool
		serve func(*port) error
		made  func(*conn)
	}{
		{&s.IMAPS, true, func(p *port) error { return imaps.Serve(p) }, s.armCut},
		{&s.IMAP, false, func(p *port) error { return imap.Serve(p) }, s.armCut},
		{&s.SMTPS, true, s.serveSMTP, nil},
		{&s.Submission, false, s.serveSMTP, nil},
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("mailcrmtest: listening: %w", err)
		}
		p := &port{Listener: listener, hub: s.hub, made: l.made}
		if l.tls {
			p.config = s.creds.config
		}
		s.ports = append(s.ports, p)
		*l.at = Endpoint{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port}
		s.serving.Go(func() {
			if err := l.serve(p); err != nil && !errors.Is(err, net.ErrClosed) {
				s.options.Logger.Debug("listener ended", "error", err)
			}
		})
	}
	return nil
}

func (s *Server) armCut(c *conn) {
	if cut := s.faults.forConnection(); cut != nil {
		c.limit(cut)
	}
}

// Close ends every connection, without a farewell, and returns when no goroutine of the server is left. Later calls do
// nothing.
func (s *Server) Close() error {
	var err error
	s.closing.Do(func() {
		for _, p := range s.ports {
			err = errors.Join(err, p.Listener.Close())
		}
		s.serving.Wait()
		s.hub.shut()
		for _, i := range s.imap {
			_ = i.Close() // its listeners are closed and its connections gone
		}
	})
	return err
}

// Roots holds the authority that signed the server's certificate.
func (s *Server) Roots() *x509.CertPool { return s.creds.roots }

// RootsPEM is that authority in PEM, for programs that read a file.
func (s *Server) RootsPEM() []byte { return slices.Clone(s.creds.rootsPEM) }

// Fingerprint is the SHA-256 of the server's certificate in lower case hexadecimal, for those who pin it.
func (s *Server) Fingerprint() string { return s.creds.fingerprint }

// Connections is the number of open connections, IMAP and SMTP.
func (s *Server) Connections() int {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return len(s.hub.conns)
}

// Disconnect ends every open connection without a farewell and says how many there were.
func (s *Server) Disconnect() int { return s.hub.killAll() }
