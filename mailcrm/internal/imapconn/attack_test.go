package imapconn

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/storage"
)

// S1: what a server, or somebody in between, can try around STARTTLS. The plain wire never sees a secret, and the error says what happened.
func TestAroundStartTLS(t *testing.T) {
	trusted := newAuthority(t)
	cert := trusted.sign(t, time.Hour, "127.0.0.1")
	for name, test := range map[string]struct {
		play func(s *script)
		code string
	}{
		"injection": {func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready")
			tag, _ := s.hear("STARTTLS")
			s.say(tag+" OK begin", "* CAPABILITY IMAP4rev1 AUTH=PLAIN", "a2 OK in")
			s.tls(cert)
		}, "imap.no_tls"},
		"injection in another packet": {func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready")
			tag, _ := s.hear("STARTTLS")
			s.say(tag + " OK begin")
			if _, err := s.br.Peek(1); err != nil { // the client hello
				return
			}
			s.say("* CAPABILITY IMAP4rev1 AUTH=PLAIN", "a2 OK in")
			s.hear()
		}, "tls.handshake"},
		"early tagged OK": {func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready", "a1 OK begin")
			s.hear()
		}, "imap.no_tls"},
		"early tagged OK for CAPABILITY and STARTTLS": {func(s *script) {
			s.say("* OK ready", "a1 OK done", "a2 OK begin")
			s.hear()
			s.hear()
		}, "imap.no_tls"},
		"PREAUTH": {func(s *script) {
			s.say("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome")
			s.hear()
		}, "imap.no_tls"},
		"stripped": {func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN SASL-IR] ready")
			s.hear()
		}, "imap.no_tls"},
		"stripped from the answer to CAPABILITY": {func(s *script) {
			s.say("* OK ready")
			s.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN")
			s.hear()
		}, "imap.no_tls"},
		"refused": {func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready")
			tag, _ := s.hear("STARTTLS")
			s.say(tag + " NO not today")
			s.hear()
		}, "imap.no_tls"},
		"unknown command": {func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready")
			tag, _ := s.hear("STARTTLS")
			s.say(tag + " BAD what")
			s.hear()
		}, "imap.no_tls"},
		"OK without TLS": {func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready")
			tag, _ := s.hear("STARTTLS")
			s.say(tag + " OK begin")
			for {
				s.hear()
			}
		}, "tls.handshake"},
		"closed": {func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready")
			s.hear("STARTTLS")
		}, "imap.connection_lost"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, test.play)
			cfg := srv.config()
			cfg.Security, cfg.Roots = StartTLS, trusted.pool()
			cfg.Dialer = &dial.Dialer{
				Allow: cfg.Dialer.Allow, AllowPlaintextLoopback: true, Ports: []int{0}, HandshakeTimeout: 200 * time.Millisecond,
			}
			_, err := Open(t.Context(), cfg)
			require.Equal(t, test.code, storage.CauseCode(err), "%v", err)
			requireNoSecret(t, srv.heard())
			require.NotContains(t, srv.heard(), "AUTHENTICATE")
			require.NotContains(t, srv.heard(), "LOGIN")
		})
	}
}

// heard is all that came in before TLS.
func (srv *server) heard() string {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	text := ""
	for _, s := range srv.scripts {
		text += s.plain.String()
	}
	return text
}

// Capabilities told in clear text are forgotten: an attacker could have chosen the weakest way to log in.
func TestStartTLSForgetsCapabilities(t *testing.T) {
	trusted := newAuthority(t)
	cert := trusted.sign(t, time.Hour, "127.0.0.1")
	conn := open(t, func(s *script) {
		s.say("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED AUTH=EVIL] ready")
		tag, _ := s.hear("STARTTLS")
		s.say(tag + " OK begin")
		s.tls(cert)
		s.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR")
		tag, _ = s.hear("AUTHENTICATE PLAIN ")
		s.say(tag + " OK in")
		s.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 UIDPLUS")
		s.answer("NOOP")
	}, func(c *Config) { c.Security, c.Roots = StartTLS, trusted.pool() })
	require.True(t, conn.Has("UIDPLUS"))
	require.False(t, conn.Has("AUTH=EVIL"))
	require.NoError(t, conn.Client().Noop().Wait())
}

// S2: each way to log in, each way TLS can be missing or wrong; in no case is anything secret on the plain wire.
func TestNoSecretWithoutTLS(t *testing.T) {
	trusted, stranger := newAuthority(t), newAuthority(t)
	certs := map[string]struct {
		cert *tls.Certificate
		code string
	}{
		"no TLS offered": {nil, "imap.no_tls"},
		"wrong name":     {ptr(trusted.sign(t, time.Hour, "127.9.9.9")), "tls.name"},
		"expired":        {ptr(trusted.sign(t, -time.Hour, "127.0.0.1")), "tls.expired"},
		"self-signed":    {ptr(stranger.sign(t, time.Hour, "127.0.0.1")), "tls.untrusted"},
	}
	for _, mechanism := range []string{"AUTH=PLAIN SASL-IR", "AUTH=PLAIN", "", "AUTH=LOGIN", "AUTH=CRAM-MD5 AUTH=PLAIN"} {
		for name, test := range certs {
			for _, security := range []Security{TLS, StartTLS} {
				srv := serve(t, func(s *script) {
					if security == StartTLS {
						offer := " STARTTLS"
						if test.cert == nil {
							offer = ""
						}
						s.say("* OK [CAPABILITY IMAP4rev1 " + mechanism + offer + "] ready")
						tag, _ := s.hear("STARTTLS")
						s.say(tag + " OK begin")
					} else if test.cert == nil {
						s.say("* OK [CAPABILITY IMAP4rev1 " + mechanism + "] ready")
						s.hear()
						return
					}
					s.tls(*test.cert)
					s.hear()
				})
				cfg := srv.config()
				cfg.Security, cfg.Roots = security, trusted.pool()
				_, err := Open(t.Context(), cfg)
				want := test.code
				if security == TLS && test.cert == nil {
					want = "tls.handshake"
				}
				require.Equal(t, want, storage.CauseCode(err), "%s, %s, %s", mechanism, name, security)
				requireNoSecret(t, srv.heard())
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestPinnedCertificate(t *testing.T) {
	stranger := newAuthority(t)
	cert := stranger.sign(t, -time.Minute, "127.9.9.9")
	play := func(s *script) {
		s.tls(cert)
		s.login()
		s.hear()
	}
	srv := serve(t, play)
	cfg := srv.config()
	cfg.Security = TLS
	_, err := Open(t.Context(), cfg)
	var refused *dial.CertificateError
	require.ErrorAs(t, err, &refused)

	open(t, play, func(c *Config) { c.Security, c.PinSHA256 = TLS, refused.SHA256[:] })
}
