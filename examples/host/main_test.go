package main

import (
	"context"
	"database/sql"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// TestLength holds the program to what the README says of it.
func TestLength(t *testing.T) {
	text, err := os.ReadFile("main.go")
	require.NoError(t, err)
	require.Less(t, strings.Count(string(text), "\n"), 70, "a host CRM in under 70 lines")
}

// A mailbox is a mail server with one user.
type mailbox struct {
	t       *testing.T
	server  *mailcrmtest.Server
	account mailcrm.AccountInput
	network mailcrm.Network
}

func start(t *testing.T) *mailbox {
	t.Helper()
	server, err := mailcrmtest.StartServer(mailcrmtest.ServerOptions{Users: []mailcrmtest.User{{Address: "me@example.com", Password: "secret"}}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	t.Chdir(t.TempDir())
	return &mailbox{
		t: t, server: server,
		account: mailcrm.AccountInput{
			Address: "me@example.com", Link: mailcrm.AtArrival,
			IMAP: mailcrm.ServerInput{Host: server.IMAPS.Host, Port: server.IMAPS.Port, Password: mailcrm.NewSecret("secret")},
			SMTP: mailcrm.ServerInput{Host: server.SMTPS.Host, Port: server.SMTPS.Port},
		},
		network: mailcrm.Network{
			Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []int{server.IMAPS.Port, server.SMTPS.Port}, Roots: server.Roots(),
		},
	}
}

// arrives puts a mail into the inbox.
func (m *mailbox) arrives(from, subject string) {
	m.t.Helper()
	now := time.Now()
	raw := "From: " + from + "\r\nTo: me@example.com\r\nSubject: " + subject + "\r\nDate: " + now.Format(time.RFC1123Z) + "\r\nMessage-ID: <" +
		strings.ReplaceAll(subject, " ", ".") + "@example.org>\r\n\r\nHello\r\n"
	require.NoError(m.t, m.server.Load("me@example.com", slices.Values([]mailcrmtest.Mail{{Folder: "INBOX", Raw: []byte(raw), Date: now}})))
}

// start runs the program and returns what it prints.
func (m *mailbox) start(email string) (string, error) {
	m.t.Helper()
	out, err := os.Create(filepath.Join(m.t.TempDir(), "out"))
	require.NoError(m.t, err)
	stdout := os.Stdout
	os.Stdout = out
	failed := run(m.t.Context(), m.account, m.network, email)
	os.Stdout = stdout
	require.NoError(m.t, out.Close())
	printed, err := os.ReadFile(out.Name())
	require.NoError(m.t, err)
	return string(printed), failed
}

func TestHost(t *testing.T) {
	known := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, known) })
	m := start(t)
	m.arrives("Ann Leonard <Ann@Example.org>", "A quote please")
	m.arrives("Bob <bob@example.net>", "Something else")

	printed, err := m.start("ann@example.org")
	require.NoError(t, err)
	require.Contains(t, printed, "me@example.com ready")
	require.Contains(t, printed, "received A quote please")
	require.NotContains(t, printed, "Something else")

	// A mail arrives; its history prints. An account is looked at once a second.
	m.arrives("ann@example.org", "One more thing")
	deadline := time.Now().Add(time.Minute)
	for !strings.Contains(printed, "received One more thing") {
		require.True(t, time.Now().Before(deadline), printed)
		printed, err = m.start("ANN@example.org")
		require.NoError(t, err)
	}
	require.Equal(t, 1, strings.Count(printed, "A quote please"), printed)

	// Bob becomes a contact after his mail came.
	printed, err = m.start("bob@example.net")
	require.NoError(t, err)
	require.Contains(t, printed, "received Something else")
	require.NotContains(t, printed, "quote")
}

func TestTrouble(t *testing.T) {
	t.Run("a wrong password is told", func(t *testing.T) {
		m := start(t)
		m.account.IMAP.Password = mailcrm.NewSecret("wrong")
		printed, err := m.start("ann@example.org")
		require.NoError(t, err)
		require.Contains(t, printed, "auth_failed "+mailcrm.Sentence("imap.login_refused", "en"))
	})
	t.Run("an account without a password", func(t *testing.T) {
		m := start(t)
		m.account.IMAP.Password = mailcrm.Secret{}
		_, err := m.start("ann@example.org")
		require.ErrorIs(t, err, mailcrm.ErrInvalid)
	})
	t.Run("a folder that cannot be written", func(t *testing.T) {
		m := start(t)
		require.NoError(t, os.WriteFile("mail", nil, 0o600))
		_, err := m.start("ann@example.org")
		require.ErrorIs(t, err, mailcrm.ErrReadOnly)
	})
	t.Run("a table that cannot be read", func(t *testing.T) {
		m := start(t)
		m.arrives("ann@example.org", "Waits for the CRM")
		require.NoError(t, os.Mkdir("crm.db", 0o700))
		_, err := m.start("ann@example.org")
		require.Error(t, err)
	})
	t.Run("no address", func(t *testing.T) {
		m := start(t)
		for _, argument := range []string{"", "host", "@", "ann@"} {
			_, err := m.start(argument)
			require.ErrorContains(t, err, "CHECK", "%q", argument)
		}
	})
}

func TestLookup(t *testing.T) {
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "crm.db"))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT UNIQUE COLLATE NOCASE); INSERT INTO contacts VALUES (17, 'Ann@example.org'), (18, 'o''brien@example.org')`)
	require.NoError(t, err)
	asked := storage.LookupRequest{Tenant: "t", Addresses: []string{"ann@example.org", "nobody@example.org", "o'brien@example.org", "ann@example", "nn@example.org"}}
	found, err := contacts{db}.Lookup(t.Context(), asked)
	require.NoError(t, err)
	ref := func(id string) storage.Ref { return storage.Ref{Tenant: "t", Kind: storage.KindContact, ID: id} }
	require.Equal(t, []storage.Match{
		{Address: "ann@example.org", Entity: storage.Entity{Ref: ref("17"), Name: "Ann@example.org"}},
		{Address: "o'brien@example.org", Entity: storage.Entity{Ref: ref("18"), Name: "o'brien@example.org"}},
	}, found.Matches)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, err = contacts{db}.Lookup(stopped, asked)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, db.Close())
	_, err = contacts{db}.Lookup(t.Context(), asked)
	require.Error(t, err)
}
