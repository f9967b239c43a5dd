package testservers

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// talk is a raw IMAP conversation, so that these tests depend on no client.
type talk struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func (k *talk) line() string {
	line, err := k.in.ReadString('\n')
	require.NoError(k.t, err)
	return strings.TrimRight(line, "\r\n")
}

// do sends a command and returns the untagged lines and the tagged one.
func (k *talk) do(command string) (untagged []string, status string) {
	_, err := fmt.Fprintf(k.conn, "x %s\r\n", command)
	require.NoError(k.t, err)
	for {
		line := k.line()
		if rest, ok := strings.CutPrefix(line, "x "); ok {
			return untagged, rest
		}
		untagged = append(untagged, line)
	}
}

// ok is do for a command that must succeed.
func (k *talk) ok(command string) []string {
	untagged, status := k.do(command)
	require.True(k.t, strings.HasPrefix(status, "OK"), "%s: %s", command, status)
	return untagged
}

func dial(t *testing.T, address string) *talk {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return &talk{t, conn, bufio.NewReader(conn)}
}

func (k *talk) startTLS(config *tls.Config) {
	k.ok("STARTTLS")
	conn := tls.Client(k.conn, config)
	require.NoError(k.t, conn.Handshake())
	k.conn, k.in = conn, bufio.NewReader(conn)
}

// login opens an IMAP session over STARTTLS.
func login(t *testing.T, s *MailServer, name string) *talk {
	t.Helper()
	k := dial(t, s.At(s.IMAPPort))
	require.Contains(t, k.line(), "* OK")
	k.startTLS(&tls.Config{RootCAs: s.CA, ServerName: "localhost"})
	u := s.User(name)
	k.ok(fmt.Sprintf("LOGIN %s %s", u.Address, u.Password))
	return k
}

// submit sends a mail over STARTTLS as one user.
func submit(s *MailServer, from string, raw string, to ...string) error {
	c, err := smtp.Dial(s.At(s.SubmissionPort))
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.StartTLS(&tls.Config{RootCAs: s.CA, ServerName: "localhost"}); err != nil {
		return err
	}
	u := s.User(from)
	if err := c.Auth(smtp.PlainAuth("", u.Address, u.Password, "127.0.0.1")); err != nil {
		return err
	}
	if err := c.Mail(u.Address); err != nil {
		return err
	}
	for _, address := range to {
		if err := c.Rcpt(address); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(raw)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

// letter is a small mail.
func letter(subject string) string {
	return "Date: Tue, 24 Nov 2026 08:00:00 +0100\r\nFrom: alice@test.example\r\nTo: bob@test.example\r\nSubject: " + subject +
		"\r\nMessage-ID: <" + subject + "@test.example>\r\n\r\nBonjour,\r\n.\r\n..\r\n\r\ncordialement\r\n"
}

func code(err error) int {
	if reply := (*textproto.Error)(nil); errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}

// eachSubmission runs a test against every submission program that this user
// can run.
func eachSubmission(t *testing.T, opts MailOptions, test func(t *testing.T, s *MailServer)) {
	programs := []Submission{Relay}
	if root() {
		programs = append(programs, Postfix)
	}
	for _, program := range programs {
		t.Run(string(program), func(t *testing.T) {
			opts := opts
			opts.Submission = program
			test(t, MailWith(t, &opts))
		})
	}
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestMailGoesRound(t *testing.T) {
	eachSubmission(t, MailOptions{}, func(t *testing.T, s *MailServer) {
		require.NoError(t, submit(s, "alice", letter("round"), "bob@test.example", "alice@test.example"))
		for _, user := range []string{"alice", "bob"} {
			got, err := s.Await(soon(t), user, "INBOX", 1)
			require.NoError(t, err)
			require.True(t, bytes.HasSuffix(got[0].Raw, []byte(letter("round"))), "%s", got[0].Raw)
			k := login(t, s, user)
			require.Contains(t, k.ok("SELECT INBOX"), "* 1 EXISTS")
			k.ok("UID SEARCH ALL")
			got, err = s.Messages(user, "INBOX")
			require.NoError(t, err)
			require.EqualValues(t, 1, got[0].UID)
		}
	})
}

func TestSubmissionRules(t *testing.T) {
	eachSubmission(t, MailOptions{MaxMessage: 100_000}, func(t *testing.T, s *MailServer) {
		alice := s.User("alice")
		secure := &tls.Config{RootCAs: s.CA, ServerName: "localhost"}
		open := func(t *testing.T) *smtp.Client {
			c, err := smtp.Dial(s.At(s.SubmissionPort))
			require.NoError(t, err)
			t.Cleanup(func() { c.Close() })
			return c
		}
		t.Run("no AUTH before TLS", func(t *testing.T) {
			c := open(t)
			require.NoError(t, c.Hello("localhost"))
			offered, _ := c.Extension("AUTH")
			require.False(t, offered)
			offered, _ = c.Extension("STARTTLS")
			require.True(t, offered)
		})
		t.Run("no mail without AUTH", func(t *testing.T) {
			c := open(t)
			require.NoError(t, c.StartTLS(secure))
			err := c.Mail(alice.Address)
			if err == nil {
				err = c.Rcpt("bob@test.example") // Postfix waits for the recipient
			}
			require.Contains(t, []int{530, 554}, code(err), "%v", err)
		})
		t.Run("wrong password, at once", func(t *testing.T) {
			c := open(t)
			require.NoError(t, c.StartTLS(secure))
			began := time.Now()
			err := c.Auth(smtp.PlainAuth("", alice.Address, "wrong", "127.0.0.1"))
			require.Equal(t, 535, code(err), "%v", err)
			require.Less(t, time.Since(began), time.Second)
		})
		t.Run("implicit TLS and AUTH LOGIN", func(t *testing.T) {
			conn, err := tls.Dial("tcp", s.At(s.SMTPSPort), secure)
			require.NoError(t, err)
			c, err := smtp.NewClient(conn, "localhost")
			require.NoError(t, err)
			defer c.Close()
			require.NoError(t, c.Hello("localhost"))
			_, mechanisms := c.Extension("AUTH")
			require.ElementsMatch(t, []string{"PLAIN", "LOGIN"}, strings.Fields(mechanisms))
			require.NoError(t, c.Auth(&loginAuth{alice.Address, alice.Password}))
			require.NoError(t, c.Mail(alice.Address))
		})
		t.Run("unknown here, elsewhere, too large", func(t *testing.T) {
			require.Equal(t, 550, code(submit(s, "alice", letter("a"), "nobody@test.example")))
			require.Equal(t, 554, code(submit(s, "alice", letter("b"), "someone@elsewhere.example")))
			require.Equal(t, 552, code(submit(s, "alice", letter("c")+strings.Repeat("long line\r\n", 20_000), "bob@test.example")))
			inbox, err := s.Messages("bob", "INBOX")
			require.NoError(t, err)
			require.Empty(t, inbox)
		})
		t.Run("a user added while it runs", func(t *testing.T) {
			require.Equal(t, 550, code(submit(s, "alice", letter("d"), "carol@test.example")))
			carol, err := s.AddUser("carol")
			require.NoError(t, err)
			require.Equal(t, carol, s.User("carol@test.example"))
			require.NoError(t, submit(s, "alice", letter("e"), carol.Address))
			_, err = s.Await(soon(t), "carol", "INBOX", 1)
			require.NoError(t, err)
			require.NoError(t, submit(s, "carol", letter("f"), "alice@test.example"))
			login(t, s, "carol")
			_, err = s.AddUser("carol")
			require.ErrorContains(t, err, "exists")
			_, err = s.AddUser("no one")
			require.Error(t, err)
		})
		t.Run("no password in the logs", func(t *testing.T) {
			log, err := s.Log()
			require.NoError(t, err)
			require.Contains(t, log, "imap-login")
			require.NotContains(t, log, alice.Password)
		})
	})
}

// loginAuth is a client's AUTH LOGIN.
type loginAuth struct{ name, password string }

func (a *loginAuth) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

func (a *loginAuth) Next(question []byte, more bool) ([]byte, error) {
	switch {
	case !more:
		return nil, nil
	case strings.HasPrefix(string(question), "User"):
		return []byte(a.name), nil
	}
	return []byte(a.password), nil
}

func TestOutsideMail(t *testing.T) {
	eachSubmission(t, MailOptions{Outside: Discard}, func(t *testing.T, s *MailServer) {
		require.NoError(t, submit(s, "alice", letter("out"), "someone@elsewhere.example"))
		require.NoError(t, submit(s, "alice", letter("both"), "someone@elsewhere.example", "bob@test.example"))
		_, err := s.Await(soon(t), "bob", "INBOX", 1)
		require.NoError(t, err)
	})
}

func TestBounceAndServerThatFilesSent(t *testing.T) {
	NeedsPostfix(t) // the relay has no queue that could bounce
	s := MailWith(t, &MailOptions{Outside: Bounce, FilesSent: true})
	require.NoError(t, submit(s, "alice", letter("back"), "someone@elsewhere.example"))
	inbox, err := s.Await(soon(t), "alice", "INBOX", 1)
	require.NoError(t, err)
	require.Contains(t, string(inbox[0].Raw), "delivery-status")
	require.Contains(t, string(inbox[0].Raw), "5.1.1")
	sent, err := s.Await(soon(t), "alice", "Sent", 1)
	require.NoError(t, err)
	require.True(t, bytes.HasSuffix(sent[0].Raw, []byte(letter("back"))), "the server filed the mail itself")
}

func TestRelayRefusesWhatItCannot(t *testing.T) {
	for _, opts := range []MailOptions{{Submission: Relay, FilesSent: true}, {Submission: Relay, Outside: Bounce}} {
		folder := must(scratch())
		_, err := StartMail(folder, &opts)
		require.ErrorContains(t, err, "need Postfix")
		require.NoDirExists(t, folder)
	}
}

func TestAppendKeepsOrderFlagsDatesAndBytes(t *testing.T) {
	const n = 3000
	s := MailWith(t, &MailOptions{Submission: Relay})
	sent := make([]Message, n)
	for i := range sent {
		sent[i] = Message{
			Raw:  []byte(letter(fmt.Sprintf("number-%d", i))),
			Date: time.Date(2026, 1, 1, 8, 0, i, 0, time.UTC),
		}
		if i%3 == 0 {
			sent[i].Flags = []string{`\Answered`, `\Seen`}
		}
	}
	sent[7].Raw = []byte("Subject: bare\n\nline\r\nfeeds\n")
	began := time.Now()
	require.NoError(t, s.Append("alice", "INBOX", sent[:n-1]...))
	k := login(t, s, "alice")
	require.Contains(t, k.ok("SELECT INBOX"), fmt.Sprintf("* %d EXISTS", n-1))
	require.NoError(t, s.Append("alice", "INBOX", sent[n-1]))
	require.Contains(t, k.ok("NOOP"), fmt.Sprintf("* %d EXISTS", n), "an open session sees a new mail")
	t.Logf("%d mails written and seen in %s", n, time.Since(began))
	got, err := s.Messages("alice", "INBOX")
	require.NoError(t, err)
	require.Len(t, got, n)
	for i, m := range got {
		require.EqualValues(t, i+1, m.UID)
		require.True(t, sent[i].Date.Equal(m.Date))
		require.Equal(t, sent[i].Flags, m.Flags)
		if i != 7 {
			require.Equal(t, sent[i].Raw, m.Raw)
		}
	}
	require.Equal(t, "Subject: bare\r\n\r\nline\r\nfeeds\r\n", string(got[7].Raw))
	answer := k.ok("UID FETCH 8 (RFC822.SIZE INTERNALDATE)")
	require.Equal(t, []string{fmt.Sprintf(`* 8 FETCH (UID 8 RFC822.SIZE %d INTERNALDATE "01-Jan-2026 08:00:07 +0000")`, len(got[7].Raw))}, answer)
	answer = k.ok(fmt.Sprintf("UID FETCH %d (BODY.PEEK[HEADER.FIELDS (SUBJECT)])", n))
	require.Contains(t, answer, fmt.Sprintf("Subject: number-%d", n-1))

	require.ErrorContains(t, s.Append("alice", "INBOX", Message{Flags: []string{"$Junk"}}), "only system flags")
	none, err := s.Messages("bob", "INBOX")
	require.NoError(t, err)
	require.Empty(t, none)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	_, err = s.Await(ctx, "bob", "INBOX", 1)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Panics(t, func() { s.User("mallory") })
}

func TestLayouts(t *testing.T) {
	for _, c := range []struct {
		name   string
		opts   MailOptions
		want   []string // lines of LIST, among others
		absent string
		folder string
	}{
		{"special use", MailOptions{}, []string{`* LIST (\HasNoChildren \UnMarked \Sent) "/" Sent`, `* LIST (\HasNoChildren \UnMarked \Trash) "/" Trash`}, "", "Clients/Durand"},
		{"no special use", MailOptions{NoSpecialUse: true}, []string{`* LIST (\HasNoChildren \UnMarked) "/" Sent`}, `\Sent`, "Archives"},
		{"prefix", MailOptions{Prefix: "INBOX."}, []string{`* LIST (\HasNoChildren \UnMarked \Sent) "." INBOX.Sent`}, ") \".\" Sent", "INBOX.Clients.Durand"},
		{
			"French names",
			MailOptions{Folders: []Folder{{"Éléments envoyés", ""}, {"Corbeille", `\Trash`}}},
			[]string{`* LIST (\HasNoChildren \UnMarked) "/" "&AMk-l&AOk-ments envoy&AOk-s"`, `* LIST (\HasNoChildren \UnMarked \Trash) "/" Corbeille`},
			`Drafts`, "Éléments envoyés",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opts.Submission = Relay
			s := MailWith(t, &c.opts)
			k := login(t, s, "alice")
			require.NoError(t, s.Append("alice", c.folder, Message{Raw: []byte(letter("x"))}))
			lines := k.ok(`LIST "" *`)
			for i := range lines {
				lines[i] = strings.Replace(lines[i], `\Marked`, `\UnMarked`, 1)
			}
			for _, want := range c.want {
				if !slices.Contains(lines, want) {
					want = strings.Replace(want, ` \UnMarked`, "", 1) // said only once the folder has been opened
				}
				require.Contains(t, lines, want)
			}
			if c.absent != "" {
				require.NotContains(t, strings.Join(lines, "\n"), c.absent)
			}
			if !strings.ContainsRune(c.folder, 'É') {
				require.Contains(t, k.ok(`STATUS "`+c.folder+`" (MESSAGES)`), "* STATUS "+c.folder+" (MESSAGES 1)")
			}
			got, err := s.Messages("alice", c.folder)
			require.NoError(t, err)
			require.Len(t, got, 1)
		})
	}
}

func TestAwayHostWantsTLSFirst(t *testing.T) {
	s := MailWith(t, &MailOptions{Submission: Relay})
	away := dial(t, net.JoinHostPort(s.AwayHost, fmt.Sprint(s.IMAPPort)))
	require.Contains(t, away.line(), "LOGINDISABLED")
	u := s.User("alice")
	_, status := away.do(fmt.Sprintf("LOGIN %s %s", u.Address, u.Password))
	require.Contains(t, status, "PRIVACYREQUIRED")
	away.startTLS(&tls.Config{RootCAs: s.CA, ServerName: s.AwayHost})
	_, status = away.do(fmt.Sprintf("LOGIN %s wrong", u.Address))
	require.Contains(t, status, "AUTHENTICATIONFAILED")
	away.ok(fmt.Sprintf("LOGIN %s %s", u.Address, u.Password))
}

func TestCertificates(t *testing.T) {
	for kind, want := range map[Certificate]any{
		Trusted: nil, Expired: &x509.CertificateInvalidError{}, SelfSigned: &x509.UnknownAuthorityError{}, WrongName: &x509.HostnameError{},
	} {
		t.Run("kind "+string(kind), func(t *testing.T) {
			s := MailWith(t, &MailOptions{Submission: Relay, Certificate: kind})
			for _, port := range []int{s.IMAPSPort, s.SMTPSPort} {
				conn, err := tls.Dial("tcp", s.At(port), &tls.Config{RootCAs: s.CA, ServerName: "127.0.0.1"})
				if want == nil {
					require.NoError(t, err)
					require.NoError(t, conn.Close())
				} else {
					require.ErrorAs(t, err, want)
				}
			}
			pem, err := os.ReadFile(s.CAFile)
			require.NoError(t, err)
			require.Equal(t, s.Authority.PEM, pem)
			cert, err := s.Authority.Issue(kind)
			require.NoError(t, err)
			require.NotNil(t, cert.PrivateKey)
		})
	}
}

func TestCapabilityCanBeHidden(t *testing.T) {
	s := MailWith(t, &MailOptions{Submission: Relay, Capability: "IMAP4rev1 IDLE"})
	require.Equal(t, []string{"* CAPABILITY IMAP4rev1 IDLE"}, login(t, s, "alice").ok("CAPABILITY"))
}

func TestConnectionsAreLimited(t *testing.T) {
	s := MailWith(t, &MailOptions{Submission: Relay, Connections: 2})
	login(t, s, "alice")
	login(t, s, "alice")
	third := dial(t, s.At(s.IMAPPort))
	third.line()
	u := s.User("alice")
	_, status := third.do(fmt.Sprintf("LOGIN %s %s", u.Address, u.Password))
	require.Contains(t, status, "LIMIT")
}

func TestSeveralAtOnceAndClosed(t *testing.T) {
	servers := make([]*MailServer, 3)
	for i := range servers {
		servers[i] = Mail(t)
	}
	for i, s := range servers {
		require.NoError(t, s.Append("alice", "INBOX", Message{Raw: []byte(letter(fmt.Sprint(i)))}))
	}
	for _, s := range servers {
		require.Contains(t, login(t, s, "alice").ok("SELECT INBOX"), "* 1 EXISTS")
		require.NoError(t, s.Close())
		require.NoError(t, s.Close())
		require.NoDirExists(t, s.folder)
		for _, p := range s.processes {
			require.True(t, p.dead())
		}
		_, err := net.Dial("tcp", s.At(s.IMAPPort))
		require.Error(t, err)
	}
}

func TestMailServerOnATakenPort(t *testing.T) {
	if program("dovecot") == "" {
		missing(t, "Dovecot", "dovecot-imapd dovecot-lmtpd")
	}
	for which, name := range map[int]string{0: "imap", 3: "submission"} {
		t.Run(name, func(t *testing.T) {
			ports, err := freePorts(mailPorts)
			require.NoError(t, err)
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer taken.Close()
			ports[which] = taken.Addr().(*net.TCPAddr).Port
			folder := must(scratch())
			_, err = startMail(folder, nil, ports)
			require.Error(t, err)
			require.True(t, portTaken(err), "%s", err.Error())
			require.NoDirExists(t, folder)
		})
	}
}

func TestFolderThatIsTooLong(t *testing.T) {
	_, err := StartMail(filepath.Join("/tmp", strings.Repeat("x", 80)), nil)
	require.ErrorContains(t, err, "too long")
	_, err = StartPostgres(filepath.Join("/tmp", strings.Repeat("x", 80)), nil)
	require.ErrorContains(t, err, "too long")
}

func BenchmarkStartMail(b *testing.B) {
	for b.Loop() {
		s, err := StartMail(must(scratch()), nil)
		require.NoError(b, err)
		require.NoError(b, s.Close())
	}
}

func BenchmarkAppend(b *testing.B) {
	s := MailWith(b, &MailOptions{Submission: Relay})
	m := Message{Raw: []byte(letter("x") + strings.Repeat("0123456789abcdef\r\n", 2000))}
	for b.Loop() {
		require.NoError(b, s.Append("alice", "INBOX", m))
	}
}
