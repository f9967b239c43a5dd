// Package testservers starts the real programs that mailcrm talks to: Dovecot
// and Postfix, Cyrus and Courier, PostgreSQL, Chromium. A protocol is learnt from what its
// servers do, so rooms that speak one are tested against a server, not
// against a picture of it.
//
//	mail := testservers.Mail(t)                     // IMAP, LMTP, submission; alice and bob
//	err := mail.Append("alice", "INBOX", testservers.Message{Raw: raw})
//	other := testservers.Courier(t)                 // IMAP as others speak it; also Cyrus
//	dsn := testservers.Postgres(t).DSN()            // an empty database of its own
//	path, ok := testservers.Chromium()
//
// # What a test can rely on
//
// Each server is private: its own folder, certificates, passwords and free
// ports on 127.0.0.1, so that tests of several packages may run at once. A
// server is ready when the constructor returns: its banner was read. A server
// that does not come up is an error that ends with the last lines of its log.
//
// A program that is not installed skips the test with a sentence that names
// the Debian package; where CI=true it fails the test instead, because a test
// that was not run must not look like one that passed.
//
// Nothing stays behind. Every server is the child of a small shell that reads
// from a pipe held by the test process (see supervise.go). When the pipe
// closes, because [MailServer.Close] was called or because the test process
// panicked or was killed, the shell stops the server and removes the folder.
// No goroutine of this package outlives a call, except those of the relay
// between StartMail and Close; goleak stays quiet.
//
// As root, Dovecot serves mail as user nobody and PostgreSQL runs as user
// postgres. As an ordinary user both run under that user, and Postfix, which
// only runs as root, is replaced by a relay (see relay.go) that keeps the
// submission rules and delivers to Dovecot through LMTP. Tests that the relay
// cannot serve say [NeedsPostfix]: they too fail where CI=true and nobody is root.
//
// # When not to look here
//
// Scripted servers that lie, stall or cut belong to the rooms whose faults they
// provoke. The servers that hosts may use in their own tests are in package
// mailcrmtest. Nothing but tests, benchmarks and crash tests may import this
// package; the linter and package house see to it.
package testservers

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// fingerprint names an environment variable in which `make test` states the
// versions of the installed servers. Reading it makes it part of the key of
// go test's cache: a result that was a skip is not replayed once the server
// has been installed.
const fingerprint = "MAILCRM_TEST_SERVERS"

// missing ends the test because a program is not installed: it skips, or fails
// where CI=true.
func missing(t testing.TB, program, packages string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed: apt-get install %s", program, packages)
	}
	t.Skipf("%s is not installed, so this test was not run: apt-get install %s", program, packages)
}

// program finds an executable by name, in PATH or in the folders where Debian
// puts daemons. The empty string means that it is not installed.
func program(name string) string {
	_ = os.Getenv(fingerprint)
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, folder := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/lib/postfix/sbin"} {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// NeedsPostfix ends the test where Postfix itself cannot run, which only root can start, and the relay would not do: it skips, or fails where CI=true.
func NeedsPostfix(t testing.TB) {
	t.Helper()
	needsPostfix(t, root())
}

func needsPostfix(t testing.TB, root bool) {
	t.Helper()
	switch {
	case root:
	case os.Getenv("CI") == "true":
		t.Fatalf("Postfix only runs as root: run the tests as root")
	default:
		t.Skipf("Postfix only runs as root, so this test was not run: run it as root")
	}
}

// root reports whether this process may change users.
func root() bool { return os.Geteuid() == 0 }
