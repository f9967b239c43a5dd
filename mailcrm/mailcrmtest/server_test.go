package mailcrmtest

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	jeanne = "jeanne.martin@demo.example"
	marc   = "marc.dubois@demo.example"
)

func start(t *testing.T, options ServerOptions) *Server {
	t.Helper()
	if options.Users == nil {
		options.Users = []User{{Address: jeanne, Password: "secret"}, {Address: marc, Password: "other", Login: "marc"}}
	}
	s, err := StartServer(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func trust(s *Server) *tls.Config { return &tls.Config{RootCAs: s.Roots(), ServerName: "localhost"} }

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

const hello = "From: Anke Vogel <anke@nordwind.example>\r\nTo: Jeanne <jeanne.martin@demo.example>\r\n" +
	"Subject: =?utf-8?q?Chaises_en_ch=C3=AAne?=\r\nMessage-ID: <1@nordwind.example>\r\n" +
	"Date: Tue, 24 Nov 2026 10:00:00 +0100\r\n\r\nBonjour, un devis pour 48 chaises.\r\n"

func within2[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(20 * time.Second):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

func TestCertificates(t *testing.T) {
	for kind, want := range map[Certificate]string{
		ValidCertificate: "", ExpiredCertificate: "expired", SelfSignedCertificate: "unknown authority",
		OtherNameCertificate: "mail.elsewhere.example",
	} {
		s := start(t, ServerOptions{Certificate: kind})
		for _, at := range []Endpoint{s.IMAPS, s.SMTPS} {
			conn, err := tls.Dial("tcp", at.Addr(), trust(s))
			if want == "" {
				require.NoError(t, err)
				require.NoError(t, conn.Close())
			} else {
				require.ErrorContains(t, err, want)
			}
		}
	}
}

// submitter is a client that has said EHLO and, where asked, logged in.
func TestCloseEndsWhatHangs(t *testing.T) {
	s, err := StartServer(ServerOptions{Users: []User{{Address: jeanne, Password: "secret"}}})
	require.NoError(t, err)
	never := make(chan struct{})
	s.FailIMAP(IMAPFault{Command: "SELECT", Hold: never}, IMAPFault{Command: "STATUS", Cut: CutHang})
	s.FailSMTP(SMTPFault{Phase: PhaseConnect, Delay: time.Hour})
	held := loggedIn(t, s, nil)
	a := held.Select("INBOX", nil)
	b := loggedIn(t, s, nil).Status("INBOX", &imap.StatusOptions{NumMessages: true})
	idler := loggedIn(t, s, nil)
	_, err = idler.Idle()
	require.NoError(t, err)
	silent, err := net.Dial("tcp", s.Submission.Addr())
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()
	raw, err := net.Dial("tcp", s.IMAPS.Addr()) // never says anything, not even TLS
	require.NoError(t, err)
	defer func() { _ = raw.Close() }()
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	_, err = a.Wait()
	require.Error(t, err)
	_, err = b.Wait()
	require.Error(t, err)
	require.Zero(t, s.Connections())
}

func TestServerOptionsAreChecked(t *testing.T) {
	for _, users := range [][]User{
		nil,
		{{Address: "nobody", Password: "x"}},
		{{Address: jeanne}},
		{{Address: jeanne, Password: "x"}, {Address: strings.ToUpper(jeanne), Password: "x"}},
	} {
		_, err := StartServer(ServerOptions{Users: users})
		require.Error(t, err)
	}
	s := start(t, ServerOptions{})
	_, err := s.Mails("x@y.example", "INBOX")
	require.ErrorIs(t, err, ErrUnknown)
	_, err = s.Mails(jeanne, "Nowhere")
	require.ErrorIs(t, err, ErrUnknown)
	require.ErrorIs(t, s.SetFlags(jeanne, "INBOX", 9), ErrUnknown)
	require.NoError(t, s.SetPassword(jeanne, "new"))
	require.Error(t, connect(t, s, nil).Login(jeanne, "secret").Wait())
	require.NoError(t, connect(t, s, nil).Login(jeanne, "new").Wait())
	require.Len(t, s.Fingerprint(), 64)
	require.Contains(t, string(s.RootsPEM()), "BEGIN CERTIFICATE")
}
