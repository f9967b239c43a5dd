package imapconn

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/storage"
)

func dovecot(t testing.TB, opts testservers.MailOptions) *testservers.MailServer {
	opts.Submission = testservers.Relay
	return testservers.MailWith(t, &opts)
}

func dovecotConfig(srv *testservers.MailServer, security Security) Config {
	user := srv.User("alice")
	cfg := Config{
		Host: srv.Host, Port: srv.IMAPSPort, Security: security, Credential: signin.WithPassword(user.Address, seal.NewSecret(user.Password)),
		Roots: srv.CA, List: true,
		Dialer: &dial.Dialer{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []int{0}},
	}
	if security != TLS {
		cfg.Host, cfg.Port = srv.AwayHost, srv.IMAPPort
	}
	return cfg
}

func TestDovecot(t *testing.T) {
	srv := dovecot(t, testservers.MailOptions{
		Folders: []testservers.Folder{
			{Name: "Envoyés", Use: `\Sent`}, {Name: "R&D"}, {Name: "日本語/台北"}, {Name: "Poubelle", Use: `\Trash`},
		},
		Connections: 3,
	})
	body := "Subject: é\r\n\r\n" + strings.Repeat("line of text\r\n", 10_000)
	require.NoError(t, srv.Append("alice", "INBOX", testservers.Message{Raw: []byte(body)}))

	first, err := Open(t.Context(), dovecotConfig(srv, TLS))
	require.NoError(t, err)
	require.NoError(t, first.Classify(first.Client().Create(`a "quoted" (name)`, nil).Wait()))
	require.ErrorIs(t, first.Classify(first.Client().Create(`a "quoted" (name)`, nil).Wait()), storage.ErrConflict)
	require.NoError(t, first.Logout(t.Context()))

	for _, security := range []Security{TLS, StartTLS} {
		t.Run(security.String(), func(t *testing.T) {
			conn, err := Open(t.Context(), dovecotConfig(srv, security))
			require.NoError(t, err)
			defer func() { require.NoError(t, conn.Logout(t.Context())) }()
			for _, capability := range []string{"CONDSTORE", "UIDPLUS", "MOVE", "ESEARCH", "SPECIAL-USE", "LITERAL-"} {
				require.True(t, conn.Has(capability), capability)
			}
			require.Equal(t, []Namespace{{Prefix: "", Raw: "", Delimiter: "/"}}, conn.Namespaces().Personal)
			attributes := map[string]string{}
			for _, m := range conn.Mailboxes() {
				attributes[m.Name] = strings.Join(m.Attributes, " ")
				if strings.Contains(attributes[m.Name], `\Noselect`) {
					continue
				}
				data, err := conn.Client().Select(m.Name, &imap.SelectOptions{CondStore: true}).Wait()
				require.NoError(t, conn.Classify(err), m.Name)
				require.NotZero(t, data.UIDValidity)
				status, err := conn.Client().Status(m.Name, &imap.StatusOptions{NumMessages: true, UIDValidity: true}).Wait()
				require.NoError(t, err)
				require.Equal(t, data.UIDValidity, status.UIDValidity)
			}
			require.Contains(t, attributes["Envoyés"], `\Sent`)
			require.Contains(t, attributes["Poubelle"], `\Trash`)
			for _, name := range []string{"INBOX", "R&D", "日本語/台北", `a "quoted" (name)`} {
				require.Contains(t, attributes, name)
			}
			require.Zero(t, conn.Unreadable())

			_, err = conn.Client().Select("INBOX", nil).Wait()
			require.NoError(t, err)
			mails := fetch(t, conn, 1)
			require.Equal(t, body, string(mails[0].BodySection[0].Bytes))
		})
	}

	t.Run("append, copy, move", func(t *testing.T) {
		conn, err := Open(t.Context(), dovecotConfig(srv, TLS))
		require.NoError(t, err)
		defer conn.Close()
		cmd := conn.Client().Append("R&D", int64(len(body)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}})
		_, err = io.Copy(cmd, strings.NewReader(body))
		require.NoError(t, err)
		require.NoError(t, cmd.Close())
		appended, err := cmd.Wait()
		require.NoError(t, conn.Classify(err))
		require.NotZero(t, appended.UID)
		_, err = conn.Client().Select("R&D", nil).Wait()
		require.NoError(t, err)
		copied, err := conn.Client().Copy(imap.UIDSetNum(appended.UID), "日本語/台北").Wait()
		require.NoError(t, err)
		require.NotEmpty(t, copied.DestUIDs)
		moved, err := conn.Client().Move(imap.UIDSetNum(appended.UID), "Envoyés").Wait()
		require.NoError(t, err)
		require.NotEmpty(t, moved.DestUIDs)
		_, err = conn.Client().Select("absent", nil).Wait()
		require.ErrorIs(t, conn.Classify(err), storage.ErrNotFound)
		require.NoError(t, conn.Err())
	})

	t.Run("idle", func(t *testing.T) {
		news := make(chan uint32, 10)
		cfg := dovecotConfig(srv, TLS)
		cfg.Handler = &imapclient.UnilateralDataHandler{Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				news <- *d.NumMessages
			}
		}}
		conn, err := Open(t.Context(), cfg)
		require.NoError(t, err)
		defer conn.Close()
		_, err = conn.Client().Select("INBOX", nil).Wait()
		require.NoError(t, err)
		idle, err := conn.Client().Idle()
		require.NoError(t, err)
		require.NoError(t, srv.Append("alice", "INBOX", testservers.Message{Raw: []byte("Subject: new\r\n\r\nx\r\n")}))
		require.EqualValues(t, 2, <-news)
		require.NoError(t, idle.Close())
		require.NoError(t, idle.Wait())
	})

	t.Run("wrong password", func(t *testing.T) {
		cfg := dovecotConfig(srv, TLS)
		cfg.Credential.Password = seal.NewSecret("wrong-" + password)
		_, err := Open(t.Context(), cfg)
		require.Equal(t, "imap.login_refused", storage.CauseCode(err))
		require.ErrorIs(t, err, storage.ErrAuth)
		log, err := srv.Log()
		require.NoError(t, err)
		requireNoSecret(t, log)
	})

	t.Run("plain", func(t *testing.T) {
		cfg := dovecotConfig(srv, Plain)
		_, err := Open(t.Context(), cfg)
		require.Equal(t, "imap.no_tls", storage.CauseCode(err))
		cfg.Dialer.AllowPlaintextLoopback = true
		_, err = Open(t.Context(), cfg) // Dovecot itself refuses, LOGINDISABLED
		require.Equal(t, "imap.no_mechanism", storage.CauseCode(err))
	})

	t.Run("STARTTLS on the TLS port and TLS on the other", func(t *testing.T) {
		cfg := dovecotConfig(srv, TLS)
		cfg.Port = srv.IMAPPort
		_, err := Open(t.Context(), cfg)
		require.Equal(t, "tls.handshake", storage.CauseCode(err))
	})

	t.Run("too many connections", func(t *testing.T) {
		var conns []*Conn
		for {
			conn, err := Open(t.Context(), dovecotConfig(srv, TLS))
			if err != nil {
				require.Equal(t, "imap.throttled", storage.CauseCode(err))
				require.ErrorIs(t, err, storage.ErrTemporary)
				break
			}
			conns = append(conns, conn)
			require.LessOrEqual(t, len(conns), 3)
		}
		for _, conn := range conns {
			require.NoError(t, conn.Close())
		}
	})
}

func TestDovecotPrefix(t *testing.T) {
	srv := dovecot(t, testservers.MailOptions{Prefix: "INBOX.", Capability: "IMAP4rev1 UIDPLUS MOVE IDLE NAMESPACE LITERAL+"})
	conn, err := Open(t.Context(), dovecotConfig(srv, TLS))
	require.NoError(t, err)
	defer conn.Close()
	require.Equal(t, []Namespace{{Prefix: "INBOX.", Raw: "INBOX.", Delimiter: "."}}, conn.Namespaces().Personal)
	require.False(t, conn.Has("CONDSTORE"))
	names := []string{}
	for _, m := range conn.Mailboxes() {
		names = append(names, m.Name)
	}
	require.ElementsMatch(t, []string{"INBOX", "INBOX.Sent", "INBOX.Drafts", "INBOX.Trash", "INBOX.Junk"}, names)
}

func TestDovecotPinned(t *testing.T) {
	srv := dovecot(t, testservers.MailOptions{Certificate: testservers.SelfSigned})
	cfg := dovecotConfig(srv, TLS)
	_, err := Open(t.Context(), cfg)
	require.Equal(t, "tls.untrusted", storage.CauseCode(err))
	var refused *dial.CertificateError
	require.ErrorAs(t, err, &refused)
	cfg.PinSHA256 = refused.SHA256[:]
	conn, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}

// BenchmarkFetch fetches 2,000 mails of 46 kB from Dovecot, 100 a command, through a session and through go-imap alone.
func BenchmarkFetch(b *testing.B) {
	const mails, size = 2_000, 46 << 10
	srv := dovecot(b, testservers.MailOptions{})
	raw := []byte("Subject: bench\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", size/72))
	for range mails / 100 {
		batch := make([]testservers.Message, 100)
		for i := range batch {
			batch[i].Raw = raw
		}
		if err := srv.Append("alice", "INBOX", batch...); err != nil {
			b.Fatal(err)
		}
	}
	run := func(b *testing.B, client *imapclient.Client) {
		if _, err := client.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(mails * int64(len(raw)))
		before := cpu(b)
		for b.Loop() {
			for first := imap.UID(1); first < mails; first += 100 {
				drain(b, client, first, first+99)
			}
		}
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N)/1000, "cpu-ms/op")
	}
	b.Run("session", func(b *testing.B) {
		conn, err := Open(b.Context(), dovecotConfig(srv, TLS))
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		run(b, conn.Client())
	})
	b.Run("go-imap", func(b *testing.B) {
		cfg := dovecotConfig(srv, TLS)
		plain, err := cfg.Dialer.DialContext(b.Context(), "tcp", fmt.Sprintf("%s:%d", cfg.Host, cfg.Port))
		if err != nil {
			b.Fatal(err)
		}
		secured, err := cfg.Dialer.TLS(b.Context(), plain, cfg.tls())
		if err != nil {
			b.Fatal(err)
		}
		client := imapclient.New(secured, nil)
		defer client.Close()
		if err := client.Login(cfg.Credential.Username, cfg.Credential.Password.Reveal()).Wait(); err != nil {
			b.Fatal(err)
		}
		run(b, client)
	})
}

// cpu is what this process used so far; Dovecot's share is not in it.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// drain fetches mails and throws them away, having counted their bytes.
func drain(b *testing.B, client *imapclient.Client, first, last imap.UID) {
	var set imap.UIDSet
	set.AddRange(first, last)
	cmd := client.Fetch(set, &imap.FetchOptions{
		UID: true, Flags: true, InternalDate: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	})
	got := 0
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		for item := msg.Next(); item != nil; item = msg.Next() {
			if section, ok := item.(imapclient.FetchItemDataBodySection); ok {
				n, err := io.Copy(io.Discard, section.Literal)
				if err != nil || n != section.Literal.Size() {
					b.Fatal("short body")
				}
				got++
			}
		}
	}
	if err := cmd.Close(); err != nil || got != int(last-first)+1 {
		b.Fatal(got, err)
	}
}
