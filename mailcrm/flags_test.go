package mailcrm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// TestFlags: what each switch does to an account, and how it is written.
func TestFlags(t *testing.T) {
	pin := strings.Repeat("ab", 32)
	for _, c := range []struct {
		flags  string
		change func(*mailcrm.ServerInput)
		want   mailcrm.Server // of what is looked at: Security, Port, Username, ReadOnly
	}{
		{"", nil, mailcrm.Server{Security: "tls", Port: 993, Username: annaAddress}},
		{"/ssl", nil, mailcrm.Server{Security: "tls", Port: 993, Username: annaAddress}},
		{"/SSL/NoValidate-Cert", nil, mailcrm.Server{Security: "tls", Port: 993, Username: annaAddress}},
		{"/imap/ssl/notls", nil, mailcrm.Server{Security: "tls", Port: 993, Username: annaAddress}},
		{"/tls", nil, mailcrm.Server{Security: "starttls", Port: 143, Username: annaAddress}},
		{" /tls   /validate-cert ", nil, mailcrm.Server{Security: "starttls", Port: 143, Username: annaAddress}},
		{"/notls", nil, mailcrm.Server{Security: "none", Port: 143, Username: annaAddress}},
		{"/readonly", nil, mailcrm.Server{Security: "tls", Port: 993, Username: annaAddress, ReadOnly: true}},
		{"/secure", nil, mailcrm.Server{Security: "tls", Port: 993, Username: annaAddress}},
		{"/user=Anna.Petit/ssl", nil, mailcrm.Server{Security: "tls", Port: 993, Username: "Anna.Petit"}},
		{`/user="an/na \"x\" \\"`, nil, mailcrm.Server{Security: "tls", Port: 993, Username: `an/na "x" \`}},
		{"/user=shared /authuser=anna", nil, mailcrm.Server{Security: "tls", Port: 993, Username: "shared"}},
		{"/USER=anna", func(in *mailcrm.ServerInput) { in.Username = "anna" }, mailcrm.Server{Security: "tls", Port: 993, Username: "anna"}},
		{"/tls", func(in *mailcrm.ServerInput) { in.Security = mailcrm.StartTLS }, mailcrm.Server{Security: "starttls", Port: 143, Username: annaAddress}},
		{"/novalidate-cert", func(in *mailcrm.ServerInput) { in.PinSHA256 = pin }, mailcrm.Server{Security: "tls", Port: 993, Username: annaAddress, PinSHA256: pin}},
	} {
		t.Run(c.flags, func(t *testing.T) {
			w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) { cfg.Network.PlaintextLoopback = true })
			in := w.input()
			in.IMAP.Port, in.IMAP.Flags = 0, c.flags
			if c.change != nil {
				c.change(&in.IMAP)
			}
			account, err := w.anna.Accounts.Create(t.Context(), in)
			require.NoError(t, err)
			got := account.IMAP
			require.Equal(t, strings.TrimSpace(c.flags), got.Flags, "as typed")
			got.Host, got.Flags = "", ""
			require.Equal(t, c.want, got)
			same, err := w.anna.Accounts.Update(t.Context(), account.Input())
			require.NoError(t, err, "what an account says can be sent back")
			require.Equal(t, account.IMAP, same.IMAP)
		})
	}
}

// TestFlagsRefused: what is unknown, malformed or contradicts is an error that names the field and says why.
func TestFlagsRefused(t *testing.T) {
	pin := strings.Repeat("ab", 32)
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	for _, c := range []struct {
		name   string
		change func(*mailcrm.AccountInput)
		field  string
		code   string
		says   string
	}{
		{"unknown", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "/ssl/fast" }, "IMAP.Flags", "unknown", `"/fast" here; there are /user= /authuser= /secure /readonly /ssl /tls /notls /novalidate-cert /validate-cert`},
		{"norsh", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "/norsh" }, "IMAP.Flags", "unknown", "/norsh"},
		{"an empty one", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "//ssl" }, "IMAP.Flags", "unknown", "there are"},
		{"readonly for sending", func(in *mailcrm.AccountInput) { in.SMTP.Flags = "/readonly" }, "SMTP.Flags", "unknown", "/secure"},
		{"no slash", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "ssl" }, "IMAP.Flags", "malformed", "slash"},
		{"a value too much", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "/ssl=yes" }, "IMAP.Flags", "malformed", "no value"},
		{"a value too little", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "/user" }, "IMAP.Flags", "malformed", "a value"},
		{"an empty value", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "/user=/ssl" }, "IMAP.Flags", "malformed", "needs a value"},
		{"an open quotation", func(in *mailcrm.AccountInput) { in.IMAP.Flags = `/user="anna` }, "IMAP.Flags", "malformed", "closed"},
		{"a backslash at the end", func(in *mailcrm.AccountInput) { in.IMAP.Flags = `/user="anna\` }, "IMAP.Flags", "malformed", "closed"},
		{"twice", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "/user=a/user=b" }, "IMAP.Flags", "contradiction", "twice"},
		{"a control character", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "/user=a\r\nb" }, "IMAP.Flags", "malformed", "control"},
		{"too long", func(in *mailcrm.AccountInput) { in.IMAP.Flags = strings.Repeat("/ssl", 251) }, "IMAP.Flags", "too_long", "1000"},
		{"tls and notls", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "/tls/notls" }, "IMAP.Flags", "contradiction", "/notls"},
		{"ssl and tls", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "/ssl/tls" }, "IMAP.Flags", "contradiction", "/tls"},
		{"both about certificates", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "/validate-cert/novalidate-cert" }, "IMAP.Flags", "contradiction", "/novalidate-cert"},
		{"ssl without security", func(in *mailcrm.AccountInput) { in.IMAP.Flags, in.IMAP.Security = "/ssl", mailcrm.Plaintext }, "IMAP.Flags", "contradiction", `"none"`},
		{"ssl with STARTTLS", func(in *mailcrm.AccountInput) { in.SMTP.Flags, in.SMTP.Security = "/ssl", mailcrm.StartTLS }, "SMTP.Flags", "contradiction", "starttls"},
		{"tls with TLS", func(in *mailcrm.AccountInput) { in.IMAP.Flags, in.IMAP.Security = "/tls", mailcrm.TLS }, "IMAP.Flags", "contradiction", "tls"},
		{"notls with STARTTLS", func(in *mailcrm.AccountInput) { in.IMAP.Flags, in.IMAP.Security = "/notls", mailcrm.StartTLS }, "IMAP.Flags", "contradiction", "STARTTLS"},
		{"notls where plaintext is not", func(in *mailcrm.AccountInput) { in.IMAP.Flags = "/notls" }, "IMAP.Security", "plaintext", "TLS only"},
		{"validate-cert with a fingerprint", func(in *mailcrm.AccountInput) { in.IMAP.Flags, in.IMAP.PinSHA256 = "/validate-cert", pin }, "IMAP.Flags", "contradiction", "fingerprint"},
		{"another login", func(in *mailcrm.AccountInput) { in.IMAP.Flags, in.IMAP.Username = "/user=a", "b" }, "IMAP.Flags", "contradiction", "/user="},
		{"readonly and append", func(in *mailcrm.AccountInput) { in.IMAP.Flags, in.SentCopy = "/readonly", mailcrm.SentAppend }, "SentCopy", "contradiction", "/readonly"},
		{"readonly and check", func(in *mailcrm.AccountInput) { in.IMAP.Flags, in.SentCopy = "/readonly", mailcrm.SentCheck }, "SentCopy", "contradiction", "/readonly"},
		{"no copy without readonly", func(in *mailcrm.AccountInput) { in.SentCopy = mailcrm.SentNone }, "SentCopy", "contradiction", "/readonly"},
		{"an unknown mechanism", func(in *mailcrm.AccountInput) { in.IMAP.Disabled = []string{"PLAIN", "PLANE"} }, "IMAP.Disabled", "unknown", `"PLANE"`},
		{"every mechanism", func(in *mailcrm.AccountInput) {
			in.IMAP.Disabled = []string{"plain", "login", "scram-sha-1", "Scram-SHA-256"}
		}, "IMAP.Disabled", "nothing_left", "SCRAM-SHA-256"},
		{"every mechanism, with secure", func(in *mailcrm.AccountInput) {
			in.SMTP.Flags, in.SMTP.Disabled = "/secure", []string{"SCRAM-SHA-1", "SCRAM-SHA-256"}
		}, "SMTP.Disabled", "nothing_left", "PLAIN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := w.input()
			c.change(&in)
			_, err := w.anna.Accounts.Create(t.Context(), in)
			requireField(t, err, c.field, c.code)
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), password)
		})
	}
}

// TestDisabled: names in any case, each once; a server without a login needs no way to log in.
func TestDisabled(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	in := w.input()
	in.IMAP.Disabled = []string{" login ", "GSSAPI", "Login", "xoauth2"}
	in.SMTP.NoAuth, in.SMTP.Disabled = true, []string{"PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256"}
	account := w.account(in)
	require.Equal(t, []string{"LOGIN", "GSSAPI", "XOAUTH2"}, account.IMAP.Disabled)
	require.Equal(t, "ready", account.Status.State)
	for _, name := range mailcrm.Mechanisms() {
		in := w.input()
		in.Address, in.IMAP.Disabled = strings.ToLower(name)+"@demo.example", []string{name}
		_, err := w.anna.Accounts.Create(t.Context(), in)
		require.NoError(t, err, name)
	}

	// The server offers PLAIN and LOGIN: without them nobody gets in, and no password is sent.
	in = account.Input()
	in.IMAP.Disabled = []string{"PLAIN", "LOGIN"}
	w.work()
	before := len(w.server.Logins())
	account, err := w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.work()
	status := w.status(account.ID).Status
	require.Equal(t, "imap.no_mechanism", status.Code)
	require.Equal(t, mailcrm.DoServer, status.Do)
	require.Len(t, w.server.Logins(), before)

	in.Revision, in.IMAP.Disabled, in.IMAP.Flags = 0, nil, "/secure"
	_, err = w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.work()
	require.Equal(t, "imap.no_mechanism", w.status(account.ID).Status.Code, "/secure sends no password")
	require.Len(t, w.server.Logins(), before)
}

// TestReadOnly: a server with /readonly is read, and nothing is ever written to it: no mark, no folder, no copy.
func TestReadOnly(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.mail("one", "Look")
	in := w.input()
	in.IMAP.Flags = "/readonly"
	account := w.account(in)
	require.Equal(t, mailcrm.SentNone, account.SentCopy)
	require.True(t, account.IMAP.ReadOnly)
	before, err := w.server.Folders(annaAddress)
	require.NoError(t, err)

	list := w.list()
	require.Len(t, list, 1)
	yes := true
	require.NoError(t, w.anna.Messages.Mark(t.Context(), mailcrm.MarkInput{Messages: []string{list[0].ID}, Seen: &yes, Flagged: &yes}))
	_, err = w.anna.Mailboxes.Create(t.Context(), mailcrm.CreateMailboxInput{Account: account.ID, Name: "New"})
	require.ErrorIs(t, err, mailcrm.ErrReadOnly)
	sent := w.send(account.ID, benAddress)
	w.later(time.Hour)
	sub := w.submission(sent)
	require.Equal(t, mailcrm.StateSent, sub.State)
	require.Equal(t, "skipped", sub.SentCopy)
	require.Len(t, w.server.Delivered(), 1)
	require.Len(t, w.timeline(), 2, "the history has it all the same")

	require.Empty(t, w.sentFolder())
	after, err := w.server.Folders(annaAddress)
	require.NoError(t, err)
	require.Equal(t, before, after)
	mails, err := w.server.Mails(annaAddress, "INBOX")
	require.NoError(t, err)
	require.Empty(t, mails[0].Flags)
	require.True(t, w.list()[0].Flagged, "marks stay here")
	require.Equal(t, "ready", w.status(account.ID).Status.State)

	// A copy that was still to be filed when the flag was set is not filed either.
	in = account.Input()
	in.IMAP.Flags, in.SentCopy = "", mailcrm.SentAppend
	account, err = w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.server.FailIMAP(mailcrmtest.IMAPFault{Command: "APPEND", Code: "UNAVAILABLE"})
	waits := w.send(account.ID, benAddress)
	w.work()
	require.Contains(t, []string{"pending", "appending"}, w.submission(waits).SentCopy)
	w.server.Heal()
	in = account.Input()
	in.IMAP.Flags, in.SentCopy = "/readonly", ""
	_, err = w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.later(time.Hour)
	require.Equal(t, "skipped", w.submission(waits).SentCopy)
	require.Empty(t, w.sentFolder())
}
