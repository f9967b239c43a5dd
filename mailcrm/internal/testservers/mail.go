package testservers

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Domain is the mail domain that every [MailServer] is responsible for.
const Domain = "test.example"

// MailServer is a running Dovecot with a submission server before it. All
// ports are on Host. Its methods may be called concurrently.
type MailServer struct {
	// Host is 127.0.0.1. Dovecot takes connections whose two ends are the
	// same address for safe and offers them LOGIN without TLS.
	Host string
	// AwayHost is 127.0.0.2, the same IMAP ports seen from another address:
	// there Dovecot refuses authentication before STARTTLS (LOGINDISABLED),
	// as it does over a network.
	AwayHost string
	// IMAPPort offers STARTTLS, IMAPSPort is TLS from the first byte.
	IMAPPort, IMAPSPort int
	// LMTPPort takes mail for delivery, without authentication.
	LMTPPort int
	// SubmissionPort offers STARTTLS, SMTPSPort is TLS from the first byte.
	// Both want AUTH PLAIN or LOGIN, and that only over TLS.
	SubmissionPort, SMTPSPort int
	// Submission tells which program serves those two ports.
	Submission Submission
	// CA trusts the server's certificate where that is Trusted.
	CA *x509.CertPool
	// CAFile is the same as a PEM file.
	CAFile string
	// Authority can issue further certificates, for scripted servers.
	Authority *Authority

	folder string
	opts   MailOptions
	owner  owner
	stamps stamps

	mu        sync.Mutex
	users     []User
	processes []*process // in the order of their start
	relay     *relay
	closed    bool
}

// Mail starts a mail server with the default options for one test and closes
// it when the test ends. The test is skipped where Dovecot or Postfix is not
// installed; where CI=true it fails. A failed test logs the end of the
// servers' logs.
func Mail(t testing.TB) *MailServer {
	t.Helper()
	return MailWith(t, nil)
}

// MailWith is [Mail] with options.
func MailWith(t testing.TB, opts *MailOptions) *MailServer {
	t.Helper()
	if program("dovecot") == "" {
		missing(t, "Dovecot", "dovecot-imapd dovecot-lmtpd")
	}
	if opts.submission() == Postfix && program("postfix") == "" {
		missing(t, "Postfix", "postfix")
	}
	folder, err := scratch()
	if err != nil {
		t.Fatal(err)
	}
	s, err := StartMail(folder, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("end of the mail servers' logs:\n%s", s.LogTail())
		}
		if err := s.Close(); err != nil {
			t.Errorf("closing the mail server: %v", err)
		}
	})
	return s
}

// StartMail starts a mail server in a folder that is empty or does not exist,
// for benchmarks and other programs without a testing.TB. The folder's path is
// at most 60 bytes long; as root, every user must be able to pass through its
// parents. The folder is removed by Close, when the process ends, and when
// StartMail fails. opts may be nil.
func StartMail(folder string, opts *MailOptions) (*MailServer, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("starting a mail server: %w", err)
	}
	if len(folder) > 60 {
		return nil, fmt.Errorf("starting a mail server: %s is too long a path for its sockets", folder)
	}
	for try := 1; ; try++ {
		ports, err := freePorts(mailPorts)
		if err != nil {
			return nil, fmt.Errorf("starting a mail server: %w", err)
		}
		s, err := startMail(folder, opts, ports)
		if err == nil {
			return s, nil
		}
		if !portTaken(err) || try == portTries {
			return nil, fmt.Errorf("starting a mail server: %w", err)
		}
	}
}

// mailPorts is how many ports a mail server listens on.
const mailPorts = 6

// startMail is one try with given ports.
func startMail(folder string, opts *MailOptions, ports []int) (*MailServer, error) {
	s := &MailServer{
		Host: "127.0.0.1", AwayHost: "127.0.0.2",
		IMAPPort: ports[0], IMAPSPort: ports[1], LMTPPort: ports[2], SubmissionPort: ports[3], SMTPSPort: ports[4],
		folder: folder, opts: opts.filled(),
	}
	s.Submission = s.opts.Submission
	if err := s.start(ports[5]); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// start runs the servers; saslPort is where Dovecot checks passwords for
// Postfix.
func (s *MailServer) start(saslPort int) error {
	var err error
	if s.owner, err = mailOwner(); err != nil {
		return err
	}
	if s.Authority, err = NewAuthority(); err != nil {
		return err
	}
	s.CA = s.Authority.Pool
	s.CAFile = filepath.Join(s.folder, "tls", "ca.pem")
	if err := s.Authority.write(filepath.Join(s.folder, "tls"), s.opts.Certificate); err != nil {
		return err
	}
	for _, name := range s.opts.Users {
		if _, err := s.remember(name); err != nil {
			return err
		}
	}
	if err := s.startDovecot(saslPort); err != nil {
		return err
	}
	if s.Submission == Relay {
		return s.startRelay()
	}
	return s.startPostfix(saslPort)
}

// Close stops the servers and removes their folder. It may be called twice.
func (s *MailServer) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	if s.relay != nil {
		errs = append(errs, s.relay.close())
	}
	for i, p := range slices.Backward(s.processes) {
		errs = append(errs, p.stop(i > 0)) // the last one removes the folder
	}
	return errors.Join(append(errs, os.RemoveAll(s.folder))...)
}

// At is the address to dial for one of the server's ports.
func (s *MailServer) At(port int) string {
	return net.JoinHostPort(s.Host, strconv.Itoa(port))
}

// replace writes a configuration file in one step: the servers never read half
// of it. Postfix, which cannot know that, waits until a file is two seconds
// old; hence the false age.
func (s *MailServer) replace(name, text string, mode os.FileMode) error {
	path := filepath.Join(s.folder, name)
	if err := os.WriteFile(path+".new", []byte(text), mode); err != nil {
		return err
	}
	aged := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path+".new", aged, aged); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// LogTail is the end of all logs of the servers.
func (s *MailServer) LogTail() string {
	text := "Dovecot:\n" + tail(filepath.Join(s.folder, "dovecot.log"))
	if s.Submission == Postfix {
		text += "\nPostfix:\n" + tail(filepath.Join(s.folder, "postfix.log"))
	}
	return text
}

// Log is everything that the servers logged so far, to look for what must not
// be there.
func (s *MailServer) Log() (string, error) {
	var all strings.Builder
	for _, name := range []string{"dovecot.log", "postfix.log"} {
		text, err := os.ReadFile(filepath.Join(s.folder, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("reading the servers' logs: %w", err)
		}
		all.Write(text)
	}
	return all.String(), nil
}
