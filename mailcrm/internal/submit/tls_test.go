package submit

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
)

// TestNoTLS: whatever a server, or somebody between, does in the clear, the password does not go there, nor does the mail, and the mail waits.
func TestNoTLS(t *testing.T) {
	injected := "220 go ahead\r\n250-mail.test.example\r\n250 AUTH PLAIN LOGIN\r\n235 welcome"
	hello := func(p *peer, extensions ...string) {
		p.say("220 mail.test.example")
		p.hear()
		p.say("250-mail.test.example")
		for _, e := range extensions {
			p.say("250-%s", e)
		}
		p.say("250 8BITMIME")
		p.hear()
	}
	for _, c := range []struct {
		name, security string
		talk           func(*peer)
		code           string
	}{
		{"injection after 220", "starttls", func(p *peer) { hello(p, "STARTTLS"); p.say("%s", injected); p.tls(); p.wait() }, "smtp.no_tls"},
		{"injection of one byte", "starttls", func(p *peer) { hello(p, "STARTTLS"); p.say("220 go ahead\r\n2"); p.tls(); p.wait() }, "smtp.no_tls"},
		{"injection, then plaintext", "starttls", func(p *peer) { hello(p, "STARTTLS"); p.say("%s", injected); p.wait() }, "smtp.no_tls"},
		{"stripped", "starttls", func(p *peer) { hello(p, "AUTH PLAIN LOGIN"); p.wait() }, "smtp.no_tls"},
		{"stripped by XXXXXXXX", "starttls", func(p *peer) { hello(p, "XXXXXXXA", "AUTH PLAIN"); p.wait() }, "smtp.no_tls"},
		{"offered in another word", "starttls", func(p *peer) { hello(p, "NOSTARTTLS", "STARTTLSX"); p.wait() }, "smtp.no_tls"},
		{"refused", "starttls", func(p *peer) { hello(p, "STARTTLS"); p.say("454 TLS not available"); p.wait() }, "smtp.no_tls"},
		{"refused for good", "starttls", func(p *peer) { hello(p, "STARTTLS"); p.say("502 what?"); p.wait() }, "smtp.no_tls"},
		{"220, then plaintext", "starttls", func(p *peer) {
			hello(p, "STARTTLS")
			p.say("220 go ahead")
			_, _ = p.in.Peek(1) // the client's hello
			p.say("250 mail.test.example")
			p.wait()
		}, "tls.handshake"},
		{"220, then silence", "starttls", func(p *peer) { hello(p, "STARTTLS"); p.say("220 go ahead"); p.conn.Close() }, "tls.handshake"},
		{"everything at once", "starttls", func(p *peer) {
			p.say("220 hi\r\n250-x\r\n250 STARTTLS\r\n220 go ahead\r\n235 welcome\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 queued")
			p.wait()
		}, "smtp.no_tls"},
		{"answers before the questions", "starttls", func(p *peer) { p.say("220 hi\r\n250-x\r\n250 STARTTLS\r\n220 go ahead"); p.wait() }, "tls."},
		{"as if logged in", "starttls", func(p *peer) { p.say("235 2.7.0 you are logged in"); p.wait() }, "smtp.greeting"},
		{"greeting says TLS is on", "starttls", func(p *peer) { p.say("220 TLS\r\n250-x\r\n250 AUTH PLAIN"); p.wait() }, "smtp.no_tls"},
		{"no EHLO", "starttls", func(p *peer) { p.say("220 hi"); p.hear(); p.say("502 what?"); p.wait() }, "smtp.greeting"},
		{"plaintext on the TLS port", "tls", func(p *peer) { p.say("220 mail.test.example\r\n250 AUTH PLAIN"); p.wait() }, "tls.handshake"},
		{"closed on the TLS port", "tls", func(p *peer) { p.conn.Close() }, "tls.handshake"},
		{"goodbye", "starttls", func(p *peer) { p.say("220 hi"); p.hear(); p.say("421 4.3.2 going down"); p.conn.Close() }, "smtp."},
		{"nothing offered after TLS", "starttls", func(p *peer) {
			hello(p, "STARTTLS", "AUTH PLAIN XOAUTH2 EXTERNAL")
			p.say("220 go ahead")
			p.tls()
			p.hear()
			p.say("250 no more")
			p.wait()
		}, "smtp.no_mechanism"},
		{"security unknown to us", "ssl3", func(p *peer) { p.say("220 mail.test.example\r\n250 AUTH PLAIN"); p.wait() }, "tls.handshake"},
	} {
		ways := logins(t)
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, cred := range ways {
				noTLS(t, c.security, c.code, c.talk, cred)
			}
		})
	}
}

// logins are all ways to log in.
func logins(t *testing.T) map[string]signin.Credential {
	t.Helper()
	mine, err := authority().IssueClient(anna, false)
	require.NoError(t, err)
	return map[string]signin.Credential{
		"password":    signin.WithPassword(anna, seal.NewSecret(secret)),
		"token":       {Username: anna, Token: seal.NewSecret(bearer)},
		"certificate": {Certificate: &mine},
	}
}

func noTLS(t *testing.T, security, code string, talk func(*peer), cred signin.Credential) {
	t.Helper()
	on := serve(t, talk)
	w := newWorld(t, on, security)
	w.cred = cred
	w.Dialer.HandshakeTimeout = time.Second
	sub := w.try(w.queue(ben).ID)
	require.Equal(t, store.Queued, sub.State)
	require.True(t, strings.HasPrefix(sub.Code, code), sub.Code)
	require.Equal(t, w.clock().Add(retries[0]), sub.NextTry)
	require.Equal(t, []string{"pending"}, states(sub))
	require.Empty(t, on.got())
	on.noSecret(secret, bearer, anna, "\x00"+anna+"\x00"+secret, "A text")
	require.Empty(t, testservers.Leaks(on.heard(), secret, bearer, anna))
	require.NotContains(t, on.heard(), "MAIL FROM")
	require.NotContains(t, on.heard(), "AUTH")
}

// TestCertificates: a certificate that proves nothing gets nothing, in both ways to TLS. One that a person confirmed is enough, and no other is then.
func TestCertificates(t *testing.T) {
	for _, security := range []string{"tls", "starttls"} {
		for kind, code := range map[testservers.Certificate]string{
			testservers.Trusted: "", testservers.Expired: "tls.expired", testservers.SelfSigned: "tls.untrusted", testservers.WrongName: "tls.name",
		} {
			t.Run(security+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				cert, err := authority().Issue(kind)
				require.NoError(t, err)
				on := serve(t, func(p *peer) { p.cert = cert; dialog{security: security}.talk(p) })
				w := newWorld(t, on, security)
				sub := w.try(w.queue(ben).ID)
				on.noSecret(secret, "\x00"+anna+"\x00"+secret)
				if code == "" {
					require.Equal(t, store.Accepted, sub.State)
					require.Len(t, on.got(), 1)
					return
				}
				require.Equal(t, store.Queued, sub.State)
				require.Equal(t, code, sub.Code)
				require.NotContains(t, on.heard(), "AUTH")

				pin := sha256.Sum256(cert.Certificate[0])
				w.acc.SMTP.PinSHA256 = hex.EncodeToString(pin[:])
				w.later(retries[0])
				require.Equal(t, store.Accepted, w.try(sub.ID).State)
				w.acc.SMTP.PinSHA256 = strings.Repeat("ab", 32)
				require.Equal(t, "tls.pin_changed", w.try(w.queue(ben).ID).Code)
				w.acc.SMTP.PinSHA256 = "not hex"
				require.Equal(t, store.Queued, w.try(w.queue(ben).ID).State)
				require.Len(t, on.got(), 1)
			})
		}
	}
}

// TestPlaintext goes to loopback only, and only where the option is set.
func TestPlaintext(t *testing.T) {
	on := dialog{security: "none"}.start(t)
	w := newWorld(t, on, "none")
	w.Dialer.AllowPlaintextLoopback = false
	sub := w.try(w.queue(ben).ID)
	require.Equal(t, store.Queued, sub.State)
	require.Equal(t, "smtp.no_tls", sub.Code)
	require.Empty(t, on.heard())

	w.Dialer.AllowPlaintextLoopback = true
	w.later(retries[0])
	require.Equal(t, store.Accepted, w.try(sub.ID).State)
	require.Len(t, on.got(), 1)
}
