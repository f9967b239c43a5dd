package imapconn

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"mime/quotedprintable"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/storage"
)

// encodings are the spellings in which a secret could leak.
func encodings(secret string) []string {
	var qp bytes.Buffer
	w := quotedprintable.NewWriter(&qp)
	_, _ = w.Write([]byte(secret))
	_ = w.Close()
	return []string{
		secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte("\x00" + username + "\x00" + secret)),
		qp.String(), url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret)),
	}
}

func requireNoSecret(t *testing.T, text string) {
	t.Helper()
	for _, spelling := range encodings(password) {
		require.NotContains(t, text, spelling)
	}
}

func TestOpenLogsIn(t *testing.T) {
	ir := base64.StdEncoding.EncodeToString([]byte("\x00" + username + "\x00" + password))
	tests := map[string]struct {
		caps string
		want []string // what the server must hear after its greeting
		say  []string // what it says to each but the last
	}{
		"PLAIN with initial response": {"IMAP4rev1 AUTH=PLAIN SASL-IR", []string{"a1 AUTHENTICATE PLAIN " + ir}, nil},
		"PLAIN with a challenge":      {"IMAP4rev1 AUTH=PLAIN", []string{"a1 AUTHENTICATE PLAIN", ir}, []string{"+ "}},
		"PLAIN, bare plus":            {"IMAP4rev1 AUTH=plain", []string{"a1 AUTHENTICATE PLAIN", ir}, []string{"+"}},
		"LOGIN":                       {"IMAP4rev1", []string{`a1 LOGIN "` + username + `" "` + password + `"`}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			heard := make(chan []string, 1)
			conn := open(t, func(s *script) {
				s.say("* OK [CAPABILITY " + test.caps + "] ready")
				var lines []string
				for i := range test.want {
					lines = append(lines, s.line())
					if i < len(test.say) {
						s.say(test.say[i])
					}
				}
				heard <- lines
				s.say("a1 OK in")
				s.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 IDLE")
				s.answer("NOOP")
			})
			require.Equal(t, test.want, <-heard)
			require.True(t, conn.Has("idle"))
			require.False(t, conn.Has("AUTH=PLAIN"), "capabilities before the login are forgotten")
			require.NoError(t, conn.Client().Noop().Wait())
		})
	}
}

func TestLoginLiterals(t *testing.T) {
	for _, test := range []struct {
		name, caps, user, secret string
		want                     []string
		plus                     bool
	}{
		{"both, synchronising", "IMAP4rev1", "ал\"ice", "pä\\ss", []string{"a1 LOGIN {8}", "ал\"ice {6}", "pä\\ss"}, true},
		{"password only", "IMAP4rev1", `a"b\c`, "é", []string{`a1 LOGIN "a\"b\\c" {2}`, "é"}, true},
		{"user only", "IMAP4rev1 LITERAL+", "é", "x y", []string{`a1 LOGIN {2+}`, `é "x y"`}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			heard := make(chan []string, 1)
			open(t, func(s *script) {
				s.say("* OK [CAPABILITY " + test.caps + "] ready")
				var lines []string
				for i := range test.want {
					lines = append(lines, s.line())
					if test.plus && i < len(test.want)-1 {
						s.say("+ go")
					}
				}
				heard <- lines
				s.say("a1 OK [CAPABILITY IMAP4rev1] in")
				s.hear()
			}, func(c *Config) { c.Credential = signin.WithPassword(test.user, seal.NewSecret(test.secret)) })
			require.Equal(t, test.want, <-heard)
		})
	}
}

func TestOpenWithToken(t *testing.T) {
	open(t, func(s *script) {
		s.say("* OK [CAPABILITY IMAP4rev1 AUTH=OAUTHBEARER SASL-IR] ready")
		tag, _ := s.hear("AUTHENTICATE OAUTHBEARER ")
		s.say(tag + " OK [CAPABILITY IMAP4rev1] in")
		s.hear()
	}, func(c *Config) {
		c.Credential = signin.Credential{Username: username, Token: seal.NewSecret("a-token")}
	})
}

func TestOpenRefusedToken(t *testing.T) {
	srv := serve(t, func(s *script) {
		s.say("* OK [CAPABILITY IMAP4rev1 AUTH=OAUTHBEARER SASL-IR] ready")
		tag, _ := s.hear("AUTHENTICATE OAUTHBEARER ")
		s.say("+ " + base64.StdEncoding.EncodeToString([]byte(`{"status":"invalid_token"}`)))
		s.line()
		s.say(tag + " NO [AUTHENTICATIONFAILED] token a-token-of-some-length is stale")
	})
	cfg := srv.config()
	cfg.Credential = signin.Credential{Username: username, Token: seal.NewSecret("a-token-of-some-length")}
	_, err := Open(t.Context(), cfg)
	require.ErrorIs(t, err, storage.ErrAuth)
	require.Equal(t, "imap.token_expired", storage.CauseCode(err))
	require.NotContains(t, err.Error(), "a-token")
}

// What a server may say to a login, and what that is.
func TestLoginRefused(t *testing.T) {
	for _, test := range []struct {
		answer, code string
		kind         error
		after        time.Duration
	}{
		{"NO [AUTHENTICATIONFAILED] Authentication failed.", "imap.login_refused", storage.ErrAuth, 0},
		{"NO Login failed.", "imap.login_refused", storage.ErrAuth, 0},
		{"NO", "imap.login_refused", storage.ErrAuth, 0},
		{"BAD Command not recognised", "imap.login_refused", storage.ErrAuth, 0},
		{"NO [ALERT] Application-specific password required", "imap.login_refused", storage.ErrAuth, 0},
		{"NO [WEBALERT https://x] Web login required.", "imap.login_refused", storage.ErrAuth, 0},
		{"NO [AUTHORIZATIONFAILED] no", "imap.login_refused", storage.ErrAuth, 0},
		{"NO [CONTACTADMIN] locked", "imap.login_refused", storage.ErrAuth, 0},
		{"NO [EXPIRED] renew it", "imap.login_expired", storage.ErrAuth, 0},
		{"NO [UNAVAILABLE] Temporary authentication failure.", "imap.unavailable", storage.ErrTemporary, 0},
		{"NO [INUSE] locked", "imap.in_use", storage.ErrTemporary, 0},
		{"NO [LIMIT] LOGIN Rate limit hit", "imap.throttled", storage.ErrTemporary, 0},
		{"NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded", "imap.throttled", storage.ErrTemporary, 0},
		{"NO [THROTTLED] slow down, retry after 90 seconds", "imap.throttled", storage.ErrTemporary, 90 * time.Second},
		{"BAD Request is throttled. Suggested Backoff Time: 299923 milliseconds", "imap.throttled", storage.ErrTemporary, 299923 * time.Millisecond},
		{"NO Too many simultaneous connections. (Failure)", "imap.throttled", storage.ErrTemporary, 0},
	} {
		t.Run(test.answer, func(t *testing.T) {
			tries := 0
			srv := serve(t, func(s *script) {
				s.say("* OK [CAPABILITY " + caps + "] ready")
				tag, _ := s.hear("AUTHENTICATE")
				tries++
				s.say(tag + " " + test.answer)
				s.hear() // the connection is closed, nothing more is tried
				tries++
			})
			_, err := Open(t.Context(), srv.config())
			require.Equal(t, test.code, storage.CauseCode(err), "%v", err)
			require.ErrorIs(t, err, test.kind)
			after, told := storage.RetryAfter(err)
			require.Equal(t, test.after, after)
			require.Equal(t, test.after > 0, told)
			require.Equal(t, 1, tries)
		})
	}
}

func TestServerRepeatsPassword(t *testing.T) {
	for _, spelling := range append(encodings(password)[:3], `"`+password+`"`) {
		srv := serve(t, func(s *script) {
			s.say("* OK [CAPABILITY " + caps + "] ready")
			tag, _ := s.hear("AUTHENTICATE")
			s.say(tag + " NO wrong: " + spelling)
		})
		_, err := Open(t.Context(), srv.config())
		require.ErrorIs(t, err, storage.ErrAuth)
		requireNoSecret(t, err.Error())
	}
}

func TestGreetings(t *testing.T) {
	for _, test := range []struct {
		greeting, code string
		kind           error
	}{
		{"* BYE Too many connections from your IP", "imap.throttled", storage.ErrTemporary},
		{"* BYE [UNAVAILABLE] down", "imap.unavailable", storage.ErrTemporary},
		{"* BYE good night", "imap.bye", storage.ErrTemporary},
		{"* NO not you", "imap.refused", storage.ErrRejected},
		{"220 mx.example ESMTP", "imap.greeting", storage.ErrUnavailable},
		{"HTTP/1.1 400 Bad Request", "imap.greeting", storage.ErrUnavailable},
		{"+OK POP3", "imap.greeting", storage.ErrUnavailable},
		{"a1 OK done", "imap.greeting", storage.ErrUnavailable},
		{"* PREAUTH in", "imap.greeting", storage.ErrUnavailable},
		{"", "imap.greeting", storage.ErrUnavailable},
		{strings.Repeat("x", 100<<10), "imap.limit", storage.ErrLimit},
	} {
		srv := serve(t, func(s *script) { s.say(test.greeting); s.hear() })
		_, err := Open(t.Context(), srv.config())
		require.Equal(t, test.code, storage.CauseCode(err), "%v", err)
		require.ErrorIs(t, err, test.kind)
		require.LessOrEqual(t, len(err.Error()), 500)
	}
}

func TestNoMechanism(t *testing.T) {
	for _, greeting := range []string{"IMAP4rev1 LOGINDISABLED", "IMAP4rev1 LOGINDISABLED AUTH=GSSAPI"} {
		srv := serve(t, func(s *script) { s.say("* OK [CAPABILITY " + greeting + "] ready"); s.hear() })
		_, err := Open(t.Context(), srv.config())
		require.Equal(t, "imap.no_mechanism", storage.CauseCode(err))
		require.ErrorIs(t, err, storage.ErrAuth)
	}
}

// A server that accepts a login before it heard who logs in is not believed.
func TestEarlyAuthentication(t *testing.T) {
	srv := serve(t, func(s *script) {
		s.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready")
		tag, _ := s.hear("AUTHENTICATE PLAIN")
		s.say(tag + " OK in")
	})
	_, err := Open(t.Context(), srv.config())
	require.Equal(t, "imap.greeting", storage.CauseCode(err))

	srv = serve(t, func(s *script) {
		s.bytes("* OK [CAPABILITY " + caps + "] ready\r\na7 OK in\r\n")
		s.hear()
		s.hear()
	})
	_, err = Open(t.Context(), srv.config())
	require.Equal(t, "imap.greeting", storage.CauseCode(err))
}

// Exchange lets a mailbox in that it cannot open.
func TestAuthenticatedButNotConnected(t *testing.T) {
	for _, list := range []bool{true, false} {
		srv := serve(t, func(s *script) {
			s.loginWith("IMAP4rev1 AUTH=PLAIN SASL-IR NAMESPACE ID")
			for {
				tag, _ := s.hear()
				s.say(tag + " BAD User is authenticated but not connected.")
			}
		})
		cfg := srv.config()
		cfg.List = list
		_, err := Open(t.Context(), cfg)
		require.Equal(t, "imap.unavailable", storage.CauseCode(err))
	}
}

func TestIDRefusedIsHarmless(t *testing.T) {
	open(t, func(s *script) {
		s.loginWith("IMAP4rev1 AUTH=PLAIN SASL-IR ID")
		tag, _ := s.hear(`ID ("name" "mailcrm")`)
		s.say(tag + " BAD unknown")
		s.hear()
	})
}

func TestConfigIsChecked(t *testing.T) {
	good := Config{Host: "mail.example", Credential: signin.WithPassword("a", seal.NewSecret("b"))}
	cfg, err := good.withDefaults()
	require.NoError(t, err)
	require.Equal(t, 993, cfg.Port)
	for field, change := range map[string]func(*Config){
		"Host":       func(c *Config) { c.Host = "" },
		"Port":       func(c *Config) { c.Port = 70000 },
		"Security":   func(c *Config) { c.Security = 7 },
		"Credential": func(c *Config) { c.Credential.Password = seal.Secret{} },
	} {
		bad := good
		change(&bad)
		_, err := Open(t.Context(), bad)
		var invalid *storage.FieldError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, field, invalid.Field)
	}
	srv := serve(t, func(s *script) { s.say("* OK [CAPABILITY " + caps + "] ready"); s.hear() })
	nul := srv.config()
	nul.Credential.Password = seal.NewSecret("a\x00b")
	_, err = Open(t.Context(), nul)
	require.ErrorIs(t, err, storage.ErrInvalid)
}

func TestPlainOnlyToLoopbackAndOnlyWhenAsked(t *testing.T) {
	srv := serve(t, func(s *script) { s.login(); s.hear() })
	cfg := srv.config()
	cfg.Dialer = &dial.Dialer{Allow: cfg.Dialer.Allow, Ports: []int{0}}
	_, err := Open(t.Context(), cfg)
	require.Equal(t, "imap.no_tls", storage.CauseCode(err))
	require.Empty(t, srv.scripts, "nobody was called")
}

func TestOpenCancelled(t *testing.T) {
	why := errors.New("shut down")
	ctx, cancel := context.WithCancelCause(t.Context())
	srv := serve(t, func(s *script) {
		s.say("* OK [CAPABILITY " + caps + "] ready")
		s.hear()
		cancel(why)
		s.hear()
	})
	_, err := Open(ctx, srv.config())
	require.Equal(t, "imap.cancelled", storage.CauseCode(err))
	require.ErrorIs(t, err, why)
	require.ErrorIs(t, err, storage.ErrTemporary)
}

func TestLogHasNoSecretsAndNoContents(t *testing.T) {
	var out bytes.Buffer
	conn := open(t, func(s *script) {
		s.login()
		s.answer(`LIST "" "*"`, `* LIST () "/" "secret-folder"`)
		s.answer("SELECT", "* 1 EXISTS", "* OK [UIDVALIDITY 7] secret-text")
		s.answer("UID FETCH", fetched(1, 9, "Subject: secret-subject\r\n\r\nsecret-body"))
		s.answer("LOGOUT", "* BYE secret-bye")
	}, func(c *Config) {
		c.List = true
		c.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, err := conn.Client().Select("secret-folder", nil).Wait()
	require.NoError(t, err)
	require.Len(t, fetch(t, conn, 9), 1)
	require.NoError(t, conn.Logout(t.Context()))
	text := out.String()
	requireNoSecret(t, text)
	require.NotContains(t, text, "secret-")
	require.NotContains(t, text, username)
	for _, part := range []string{"verb=AUTHENTICATE", "verb=SELECT", `verb="UID FETCH"`, "type=FETCH", "status=BYE"} {
		require.Contains(t, text, part)
	}
}
