package testservers

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// beside is where tools/debian unpacks the IMAP servers that Debian does not
// let be installed beside Dovecot.
const beside = "/opt/mailcrm-testservers"

// IMAPServer is a running Cyrus or Courier with one user: servers whose folders
// are unlike Dovecot's. Nothing delivers there, mail comes by APPEND.
type IMAPServer struct {
	// Program is "Cyrus" or "Courier".
	Program string
	// Host is 127.0.0.1; Port is TLS from the first byte.
	Host string
	Port int
	// CA trusts the server's certificate.
	CA *x509.CertPool
	// User is who has a mailbox. It holds an empty INBOX.
	User User

	folder  string
	owner   owner
	process *process
}

// imapServer makes an IMAPServer for one test and closes it when the test ends.
// run starts the program in the folder.
func imapServer(t testing.TB, name, user string, run func(*IMAPServer) (*process, error)) *IMAPServer {
	t.Helper()
	var s *IMAPServer
	var err error
	for range portTries { // somebody else may have been faster to bind the port
		s = &IMAPServer{Program: name, Host: "127.0.0.1", User: User{Name: "anna", Address: user, Password: "correct horse battery"}}
		if err = s.start(run); err == nil {
			break
		}
		err = errors.Join(err, s.close())
		if !portTaken(err) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("end of the log of %s:\n%s", s.Program, tail(s.log()))
		}
		if err := s.close(); err != nil {
			t.Errorf("closing %s: %v", s.Program, err)
		}
	})
	return s
}

func (s *IMAPServer) start(run func(*IMAPServer) (*process, error)) error {
	var err error
	if s.folder, err = scratch(); err != nil {
		return err
	}
	if s.owner, err = mailOwner(); err != nil {
		return err
	}
	authority, err := NewAuthority()
	if err != nil {
		return err
	}
	s.CA = authority.Pool
	if err := authority.write(filepath.Join(s.folder, "tls"), Trusted); err != nil {
		return err
	}
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	s.Port = ports[0]
	if s.process, err = run(s); err != nil {
		return err
	}
	return s.process.await(s.greets)
}

// close stops the server and removes its folder.
func (s *IMAPServer) close() error {
	var err error
	if s.process != nil {
		err = s.process.stop(false)
	}
	if s.folder == "" {
		return err
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}

func (s *IMAPServer) log() string { return filepath.Join(s.folder, "server.log") }

// write puts a file of the server into its folder.
func (s *IMAPServer) write(name, text string, mode os.FileMode) error {
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), mode); err != nil {
		return fmt.Errorf("starting %s: %w", s.Program, err)
	}
	return nil
}

// own makes folders below the server's that belong to the mailboxes' owner,
// and gives him what is in them.
func (s *IMAPServer) own(names ...string) error {
	for _, name := range names {
		path := filepath.Join(s.folder, name)
		if err := os.MkdirAll(path, 0o755); err != nil {
			return fmt.Errorf("starting %s: %w", s.Program, err)
		}
		err := filepath.WalkDir(path, func(path string, _ os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Chown(path, s.owner.uid, s.owner.gid)
		})
		if err != nil {
			return fmt.Errorf("starting %s: %w", s.Program, err)
		}
	}
	return nil
}

// greets answers nil when the server greets over TLS.
func (s *IMAPServer) greets() error {
	dialer := &tls.Dialer{NetDialer: &net.Dialer{Timeout: time.Second}, Config: &tls.Config{RootCAs: s.CA, MinVersion: tls.VersionTLS12}}
	conn, err := dialer.Dial("tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(conn, 4096)).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "* OK") {
		err = fmt.Errorf("%s greets with %q", s.Program, line)
	}
	return err
}
