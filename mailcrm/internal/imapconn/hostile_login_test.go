package imapconn

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/storage"
)

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

const token = "ya29.token-0123456789"

// logins are all ways to log in.
func logins(t *testing.T) map[string]signin.Credential {
	authority, err := testservers.NewAuthority()
	require.NoError(t, err)
	mine, err := authority.IssueClient(username, false)
	require.NoError(t, err)
	return map[string]signin.Credential{
		"password":    signin.WithPassword(username, seal.NewSecret(password)),
		"token":       {Username: username, Token: seal.NewSecret(token)},
		"certificate": {Certificate: &mine},
	}
}

// nonceOf reads what the client said first in SCRAM.
func nonceOf(first string) string {
	message, err := base64.StdEncoding.DecodeString(first)
	if err != nil {
		return ""
	}
	_, nonce, _ := strings.Cut(string(message), ",r=")
	return nonce
}

// What a server can make of SCRAM that does not know the password, or wants us to work for nothing. Nothing of it ends in a session, in another mechanism or in
// a second try.
func TestHostileScram(t *testing.T) {
	scram := func(then func(s *script, tag, nonce string)) func(s *script) {
		return func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=PLAIN AUTH=LOGIN SASL-IR] ready")
			tag, rest := s.hear("AUTHENTICATE SCRAM-SHA-256 ")
			then(s, tag, nonceOf(strings.TrimPrefix(rest, "AUTHENTICATE SCRAM-SHA-256 ")))
			s.line() // nothing comes
			t.Error("something was tried after the end")
		}
	}
	first := func(nonce string, iterations int) string {
		return "+ " + encode(fmt.Sprintf("r=%sx,s=%s,i=%d", nonce, encode("salt"), iterations))
	}
	for name, test := range map[string]struct {
		play func(s *script)
		code string
	}{
		"OK at once": {scram(func(s *script, tag, _ string) { s.say(tag + " OK in") }), "imap.unproven"},
		"OK without a proof": {scram(func(s *script, tag, nonce string) {
			s.say(first(nonce, 4096))
			s.line()
			s.say(tag + " OK in")
		}), "imap.unproven"},
		"OK with a proof of nothing": {scram(func(s *script, _, nonce string) {
			s.say(first(nonce, 4096))
			s.line()
			s.say("+ " + encode("v="+encode("nothing")))
		}), "imap.unproven"},
		"a million million iterations": {scram(func(s *script, _, nonce string) { s.say(first(nonce, 1<<31)) }), "imap.no_mechanism"},
		"one iteration":                {scram(func(s *script, _, nonce string) { s.say(first(nonce, 1)) }), "imap.no_mechanism"},
		"another's nonce":              {scram(func(s *script, _, _ string) { s.say(first("AAAA", 4096)) }), "imap.no_mechanism"},
		"not base64":                   {scram(func(s *script, _, _ string) { s.say("+ !!!") }), "imap.no_mechanism"},
		"too long":                     {scram(func(s *script, _, _ string) { s.say("+ " + strings.Repeat("A", 70<<10)) }), "imap.limit"},
		"NO at once":                   {scram(func(s *script, tag, _ string) { s.say(tag + " NO [AUTHENTICATIONFAILED] no") }), "imap.no_verifier"},
		"NO to the proof": {scram(func(s *script, tag, nonce string) {
			s.say(first(nonce, 4096))
			s.line()
			s.say(tag + " NO [AUTHENTICATIONFAILED] no")
		}), "imap.login_refused"},
		"an error, then NO": {scram(func(s *script, tag, nonce string) {
			s.say(first(nonce, 4096))
			s.line()
			s.say("+ " + encode("e=invalid-proof"))
			s.line()
			s.say(tag + " NO no")
		}), "imap.login_refused"},
		"an error, then OK": {scram(func(s *script, tag, nonce string) {
			s.say(first(nonce, 4096))
			s.line()
			s.say("+ " + encode("e=invalid-proof"))
			s.line()
			s.say(tag + " OK in")
		}), "imap.unproven"},
		"not now": {scram(func(s *script, tag, _ string) { s.say(tag + " NO [UNAVAILABLE] later") }), "imap.unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, test.play)
			began := time.Now()
			_, err := Open(t.Context(), srv.config())
			require.Equal(t, test.code, storage.CauseCode(err), "%v", err)
			require.Less(t, time.Since(began), 4*time.Second)
			require.Len(t, srv.scripts, 1)
			require.Empty(t, testservers.Leaks(srv.heard(), password))
		})
	}
}

// Questions have an end, whatever the mechanism.
func TestQuestionsHaveAnEnd(t *testing.T) {
	for mechanism, cred := range map[string]string{"PLAIN": "password", "LOGIN": "password", "XOAUTH2": "token", "OAUTHBEARER": "token", "EXTERNAL": "certificate"} {
		srv := serve(t, func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 AUTH=" + mechanism + "] ready")
			s.hear("AUTHENTICATE " + mechanism)
			for range 100 {
				s.say("+ ")
				s.line()
			}
			t.Error("a hundred answers")
		})
		cfg := srv.config()
		cfg.Credential = logins(t)[cred]
		_, err := Open(t.Context(), cfg)
		require.Equal(t, "imap.no_mechanism", storage.CauseCode(err), mechanism)
	}
}

// A token that is too long for a line goes in the next one.
func TestLongToken(t *testing.T) {
	long := strings.Repeat("t", signin.MaxToken)
	open(t, func(s *script) {
		s.say("* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] ready")
		tag, rest := s.hear("AUTHENTICATE XOAUTH2")
		if rest != "AUTHENTICATE XOAUTH2" {
			t.Error("a line of many thousand bytes")
		}
		s.say("+ ")
		s.line()
		s.say(tag + " OK [CAPABILITY IMAP4rev1] in")
		s.hear()
	}, func(c *Config) { c.Credential = signin.Credential{Username: username, Token: seal.NewSecret(long)} })
}

// The ways to log in that a server offers, and that a person switched off.
func TestDisabled(t *testing.T) {
	for _, test := range []struct {
		caps, disabled, want, code string
	}{
		{"AUTH=PLAIN AUTH=LOGIN SASL-IR", "PLAIN", "AUTHENTICATE LOGIN", ""},
		{"AUTH=PLAIN SASL-IR", "PLAIN", "LOGIN ", ""},
		{"AUTH=PLAIN SASL-IR", "PLAIN LOGIN", "", "imap.no_mechanism"},
		{"AUTH=PLAIN AUTH=CRAM-MD5 LOGINDISABLED", "PLAIN", "", "imap.no_mechanism"},
		{"AUTH=SCRAM-SHA-256 AUTH=PLAIN SASL-IR", "SCRAM-SHA-256", "AUTHENTICATE PLAIN ", ""},
	} {
		srv := serve(t, func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 " + test.caps + "] ready")
			tag, rest := s.hear()
			if test.want == "" || !strings.HasPrefix(rest, test.want) {
				t.Error("heard " + rest)
			}
			for rest == "AUTHENTICATE LOGIN" && len(tag) > 0 {
				s.say("+ ")
				s.line()
				s.say("+ ")
				s.line()
				break
			}
			s.say(tag + " OK [CAPABILITY IMAP4rev1] in")
			s.hear()
		})
		cfg := srv.config()
		cfg.Credential.Disabled = strings.Fields(test.disabled)
		conn, err := Open(t.Context(), cfg)
		require.Equal(t, test.code, storage.CauseCode(err), "%v", err)
		if err == nil {
			require.NoError(t, conn.Close())
			continue
		}
		require.Contains(t, err.Error(), "switched off for it: PLAIN")
	}
}

// What a server repeats of a secret ends in no error and no log, at any moment of a connection.
func TestServerRepeatsSecretsEverywhere(t *testing.T) {
	for _, spell := range []func(string) string{
		func(s string) string { return s },
		func(s string) string { return `"` + s + `"` },
		encode,
		func(s string) string { return encode("x" + s + "y") },
		func(s string) string { return encode("xx" + s) },
		func(s string) string { return hex.EncodeToString([]byte(s)) },
		url.QueryEscape,
	} {
		for name, cred := range logins(t) {
			secret := password
			switch name {
			case "token":
				secret = token
			case "certificate":
				continue
			}
			echo := spell(secret)
			code := strings.ToUpper(strings.Map(func(r rune) rune { // as a response code
				if notInAtom(r) {
					return '-'
				}
				return r
			}, echo))
			offer := "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR"
			greet := func(s *script) (tag string) {
				s.say("* OK [CAPABILITY " + offer + "] ready")
				tag, _ = s.hear("AUTHENTICATE")
				return tag
			}
			session := func(s *script) {
				s.say(greet(s) + " OK [CAPABILITY " + offer + "] in")
			}
			for _, play := range []func(s *script){
				func(s *script) { s.say("* BYE " + echo) },
				func(s *script) { s.say("* NO " + echo) },
				func(s *script) { s.say(greet(s) + " NO " + echo) },
				func(s *script) { s.say(greet(s) + " NO [" + echo + "] " + echo) },
				func(s *script) { s.say(greet(s) + " BAD [" + code + "] " + echo) },
				func(s *script) { greet(s); s.say("* BYE " + echo) },
				func(s *script) { session(s); tag, _ := s.hear("SELECT"); s.say(tag + " NO [" + code + "] " + echo) },
				func(s *script) { session(s); tag, _ := s.hear("SELECT"); s.say(tag + " BAD " + echo) },
				func(s *script) { session(s); s.hear("SELECT"); s.say("* BYE [" + code + "] " + echo) },
				func(s *script) { session(s); s.hear("SELECT"); s.say("* " + code + " " + echo); s.say("* BYE") },
				func(s *script) { session(s); s.hear("SELECT"); s.say("* 1 FETCH (UID " + echo + ")") },
			} {
				srv := serve(t, play)
				var out bytes.Buffer
				cfg := srv.config()
				cfg.Credential = cred
				cfg.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
				conn, err := Open(t.Context(), cfg)
				said := ""
				if err == nil {
					_, err = conn.Client().Select("INBOX", &imap.SelectOptions{}).Wait()
					require.Error(t, err)
					said = conn.Classify(err).Error()
					if end := conn.Err(); end != nil {
						said += end.Error()
					}
					require.NoError(t, conn.Close())
				} else {
					said = err.Error()
				}
				require.Empty(t, testservers.Leaks(said+out.String(), secret), "%s", said)
			}
		}
	}
}

// S1 for every way to log in: what can happen around STARTTLS.
func TestAroundStartTLSWithEveryLogin(t *testing.T) {
	trusted := newAuthority(t)
	cert := trusted.sign(t, time.Hour, "127.0.0.1")
	offer := "AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-256 AUTH=XOAUTH2 AUTH=OAUTHBEARER AUTH=EXTERNAL SASL-IR"
	begin := func(s *script) (tag string) {
		s.say("* OK [CAPABILITY IMAP4rev1 STARTTLS " + offer + "] ready")
		tag, _ = s.hear("STARTTLS")
		return tag
	}
	for name, test := range map[string]struct {
		play func(s *script)
		code string
	}{
		"injection":        {func(s *script) { s.say(begin(s)+" OK begin", "* CAPABILITY IMAP4rev1 "+offer, "a2 OK in"); s.tls(cert) }, "imap.no_tls"},
		"pipelined answer": {func(s *script) { s.bytes(begin(s) + " OK begin\r\na2 OK in\r\na3 OK\r\n"); s.hear() }, "imap.no_tls"},
		"PREAUTH":          {func(s *script) { s.say("* PREAUTH [CAPABILITY IMAP4rev1 " + offer + "] in"); s.hear() }, "imap.no_tls"},
		"stripped":         {func(s *script) { s.say("* OK [CAPABILITY IMAP4rev1 " + offer + "] ready"); s.hear() }, "imap.no_tls"},
		"early tagged OK": {func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 STARTTLS "+offer+"] ready", "a1 OK go", "a2 OK in")
			s.hear()
		}, "imap.no_tls"},
		"BYE instead": {func(s *script) { begin(s); s.say("* BYE go away") }, "imap.bye"},
		"BYE at once": {func(s *script) { s.say("* BYE go away") }, "imap.bye"},
		"NO":          {func(s *script) { s.say(begin(s) + " NO [UNAVAILABLE] TLS is not available"); s.hear() }, "imap.no_tls"},
		"capabilities after": {func(s *script) {
			s.say(begin(s) + " OK begin")
			s.tls(cert)
			s.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 LOGINDISABLED")
			s.hear()
		}, "imap.no_mechanism"},
		"PREAUTH after": {func(s *script) {
			s.say(begin(s) + " OK begin")
			s.tls(cert)
			s.say("* PREAUTH in")
			s.hear("CAPABILITY")
			s.say("* BYE")
		}, "imap."},
	} {
		for way, cred := range logins(t) {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				srv := serve(t, test.play)
				cfg := srv.config()
				cfg.Security, cfg.Roots, cfg.Credential = StartTLS, trusted.pool(), cred
				cfg.Dialer = &dial.Dialer{Allow: cfg.Dialer.Allow, AllowPlaintextLoopback: true, Ports: []int{0}, HandshakeTimeout: time.Second}
				_, err := Open(t.Context(), cfg)
				require.Contains(t, storage.CauseCode(err), test.code, "%v", err)
				require.Empty(t, testservers.Leaks(srv.heard(), password, token, username))
				require.NotContains(t, srv.heard(), "AUTHENTICATE")
				require.NotContains(t, srv.heard(), "LOGIN")
			})
		}
	}
}

// A server that insists on a certificate says so when the session should begin.
func TestCertificateRefused(t *testing.T) {
	authority, err := testservers.NewAuthority()
	require.NoError(t, err)
	cert, err := authority.Issue(testservers.Trusted)
	require.NoError(t, err)
	expired, err := authority.IssueClient(username, true)
	require.NoError(t, err)
	for _, cred := range []signin.Credential{{Certificate: &expired}, signin.WithPassword(username, seal.NewSecret(password))} {
		srv := serve(t, func(s *script) {
			secured := tls.Server(s.conn, &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority.Pool})
			if secured.Handshake() == nil {
				t.Error("nobody should be let in")
			}
		})
		cfg := srv.config()
		cfg.Security, cfg.Roots, cfg.Credential = TLS, authority.Pool, cred
		_, err := Open(t.Context(), cfg)
		require.Equal(t, "tls.client_certificate", storage.CauseCode(err), "%v", err)
		require.ErrorIs(t, err, storage.ErrAuth)
	}
}
