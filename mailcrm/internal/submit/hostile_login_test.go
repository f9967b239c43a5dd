package submit

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/storage"
)

const bearer = "ya29.token-0123456789"

func encode64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// nonceOf reads what the client said first in SCRAM.
func nonceOf(line string) string {
	message, err := base64.StdEncoding.DecodeString(line[strings.LastIndexByte(line, ' ')+1:])
	if err != nil {
		return ""
	}
	_, nonce, _ := strings.Cut(string(message), ",r=")
	return nonce
}

// TestHostileScram: what a server can make of SCRAM that does not know the password, or wants us to work for nothing. No mail leaves, no other mechanism is tried.
func TestHostileScram(t *testing.T) {
	first := func(p *peer, line string, iterations int) {
		p.say("334 %s", encode64(fmt.Sprintf("r=%sx,s=%s,i=%d", nonceOf(line), encode64("salt"), iterations)))
	}
	for _, c := range []struct {
		name string
		auth func(p *peer, line string) bool
		code string
	}{
		{"yes at once", reply("235 welcome"), "smtp.unproven"},
		{"yes without a proof", func(p *peer, line string) bool { first(p, line, 4096); p.hear(); p.say("235 welcome"); return true }, "smtp.unproven"},
		{"a proof of nothing", func(p *peer, line string) bool {
			first(p, line, 4096)
			p.hear()
			p.say("334 " + encode64("v="+encode64("nothing")))
			return true
		}, "smtp.unproven"},
		{"iterations without end", func(p *peer, line string) bool { first(p, line, 1<<31); return true }, "smtp.no_mechanism"},
		{"one iteration", func(p *peer, line string) bool { first(p, line, 1); return true }, "smtp.no_mechanism"},
		{"not base64", reply("334 !!!"), "smtp.no_mechanism"},
		{"no at once", reply("535 5.7.8 no"), "smtp.no_verifier"},
		{"no to the proof", func(p *peer, line string) bool { first(p, line, 4096); p.hear(); p.say("535 5.7.8 no"); return true }, "smtp.login_refused"},
		{"an error, then yes", func(p *peer, line string) bool {
			first(p, line, 4096)
			p.hear()
			p.say("334 " + encode64("e=invalid-proof"))
			p.hear()
			p.say("235 welcome")
			return true
		}, "smtp.unproven"},
		{"not now", reply("454 4.7.0 later"), "smtp.temporary"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			on := dialog{security: "tls", extensions: []string{"AUTH SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN"}, on: map[string]func(*peer, string) bool{"AUTH": func(p *peer, line string) bool {
				if !strings.HasPrefix(line, "AUTH SCRAM-SHA-256 ") {
					t.Error("heard " + line)
				}
				return c.auth(p, line)
			}}}.start(t)
			w := newWorld(t, on, "tls")
			began := time.Now()
			sub := w.try(w.queue(ben).ID)
			require.Equal(t, store.Queued, sub.State)
			require.Equal(t, c.code, sub.Code)
			require.Equal(t, 1, on.connections())
			require.Empty(t, on.got())
			require.Less(t, time.Since(began), 10*time.Second)
		})
	}
}

// TestToken: a token that the server does not take is the caller's to renew, and the submission is as it was.
func TestToken(t *testing.T) {
	for mechanism, empty := range map[string]string{"XOAUTH2": "", "OAUTHBEARER": "AQ=="} {
		for says, code := range map[string]string{
			`{"status":"400","schemes":"Bearer"}`: "smtp.token_expired",
			`{"status":"invalid_token"}`:          "smtp.token_expired",
			`{"status":"insufficient_scope"}`:     "",
		} {
			var answered string
			d := dialog{security: "starttls", extensions: []string{"AUTH PLAIN LOGIN " + mechanism}, on: map[string]func(*peer, string) bool{"AUTH": func(p *peer, line string) bool {
				if !strings.Contains(line, mechanism) {
					t.Error("heard " + line)
				}
				p.say("334 " + encode64(says))
				line, err := p.in.ReadString('\n')
				if err != nil {
					return false
				}
				answered = strings.TrimSpace(line)
				p.say("535 5.7.8 no")
				return true
			}}}
			on := d.start(t)
			w := newWorld(t, on, "starttls")
			w.cred = signin.Credential{Username: anna, Token: seal.NewSecret(bearer)}
			before := w.queue(ben)
			err := w.send(t.Context(), held, before.ID)
			sub := w.stored(before.ID)
			if code == "" {
				require.NoError(t, err)
				require.Equal(t, "smtp.login_refused", sub.Code, "no other token would help")
			} else {
				require.Equal(t, code, storage.CauseCode(err))
				require.Equal(t, w.stored(before.ID), sub)
				require.Zero(t, sub.Attempts)
				on.become(dialog{security: "starttls", extensions: []string{"AUTH " + mechanism}})
				require.Equal(t, store.Accepted, w.try(before.ID).State, "with another one it leaves")
			}
			require.Equal(t, empty, answered)
			require.Empty(t, testservers.Leaks(on.heard()+fmt.Sprintf("%v %+v", err, sub)+w.log.String(), bearer))
		}
	}
	// Microsoft 365 says why in words of its own, before or instead of JSON.
	on := dialog{security: "tls", extensions: []string{"AUTH XOAUTH2"}, on: map[string]func(*peer, string) bool{"AUTH": reply("535 5.7.139 Authentication unsuccessful")}}.start(t)
	w := newWorld(t, on, "tls")
	w.cred = signin.Credential{Username: anna, Token: seal.NewSecret(bearer)}
	require.Equal(t, "smtp.login_disabled", w.try(w.queue(ben).ID).Code)
}

// TestLongToken: what is too long for a line goes in the next one.
func TestLongToken(t *testing.T) {
	on := dialog{security: "tls", extensions: []string{"AUTH XOAUTH2"}, on: map[string]func(*peer, string) bool{"AUTH": func(p *peer, line string) bool {
		if line != "AUTH XOAUTH2" {
			t.Error("a line of many thousand bytes")
		}
		p.say("334 ")
		if len(p.hear()) < signin.MaxToken {
			t.Error("no token")
		}
		p.say("235 welcome")
		return true
	}}}.start(t)
	w := newWorld(t, on, "tls")
	w.cred = signin.Credential{Username: anna, Token: seal.NewSecret(strings.Repeat("t", signin.MaxToken))}
	require.Equal(t, store.Accepted, w.try(w.queue(ben).ID).State)
}

// TestClientCertificate is EXTERNAL, at a server that looks at the certificate.
func TestClientCertificate(t *testing.T) {
	mine, err := authority().IssueClient(anna, false)
	require.NoError(t, err)
	expired, err := authority().IssueClient(anna, true)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		cred signin.Credential
		code string
	}{
		"right":   {signin.Credential{Certificate: &mine}, ""},
		"expired": {signin.Credential{Certificate: &expired}, "tls.client_certificate"},
		"none":    {signin.WithPassword(anna, seal.NewSecret(secret)), "tls.client_certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on := serve(t, func(p *peer) {
				conn := tls.Server(p.conn, &tls.Config{
					Certificates: []tls.Certificate{p.cert}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority().Pool,
				})
				if conn.Handshake() != nil {
					return
				}
				p.conn = conn
				p.in.Reset(conn)
				dialog{security: "done", extensions: []string{"AUTH EXTERNAL"}, on: map[string]func(*peer, string) bool{"AUTH": func(p *peer, line string) bool {
					if line != "AUTH EXTERNAL =" {
						t.Error("heard " + line)
					}
					p.say("235 welcome " + conn.ConnectionState().PeerCertificates[0].Subject.CommonName)
					return true
				}}}.talk(p)
			})
			w := newWorld(t, on, "tls")
			w.cred = c.cred
			sub := w.try(w.queue(ben).ID)
			if c.code == "" {
				require.Equal(t, store.Accepted, sub.State)
				return
			}
			require.Equal(t, store.Queued, sub.State)
			require.Contains(t, sub.Code, c.code)
		})
	}
}

// TestServerRepeatsSecrets: what a server repeats of a secret ends in no error, no row and no log.
func TestServerRepeatsSecrets(t *testing.T) {
	for i, spell := range []func(string) string{
		func(s string) string { return s },
		func(s string) string { return fmt.Sprintf("%q", s) },
		encode64,
		func(s string) string { return encode64("x" + s + "y") },
		func(s string) string { return encode64("xx" + s) },
		func(s string) string { return hex.EncodeToString([]byte(s)) },
		url.QueryEscape,
	} {
		for verb, status := range map[string]int{"AUTH": 535, "MAIL": 550, "RCPT": 550, "DATA": 554, "DOT": 451} {
			t.Run(fmt.Sprintf("%s %d", verb, i), func(t *testing.T) {
				t.Parallel()
				on := dialog{security: "tls", on: map[string]func(*peer, string) bool{verb: reply(fmt.Sprintf("%d 5.1.1 no: %s", status, spell(secret)))}}.start(t)
				w := newWorld(t, on, "tls")
				sub := w.try(w.queue(ben).ID)
				require.NotEqual(t, store.Accepted, sub.State)
				require.Empty(t, testservers.Leaks(fmt.Sprintf("%+v", sub)+w.log.String(), secret))
			})
		}
	}
}

// TestRefusedIsForgotten: what was refused is tried again at once when something else would be said.
func TestRefusedIsForgotten(t *testing.T) {
	scram := dialog{security: "tls", extensions: []string{"AUTH SCRAM-SHA-256 PLAIN"}, on: map[string]func(*peer, string) bool{"AUTH": func(p *peer, line string) bool {
		if strings.HasPrefix(line, "AUTH PLAIN") {
			p.say("235 welcome")
		} else {
			p.say("535 5.7.8 no")
		}
		return true
	}}}
	on := scram.start(t)
	w := newWorld(t, on, "tls")
	sub := w.try(w.queue(ben).ID)
	require.Equal(t, "smtp.no_verifier", sub.Code)
	require.Equal(t, "smtp.no_verifier", w.try(w.queue(ben).ID).Code)
	require.Equal(t, 1, on.connections())
	w.cred.Disabled = []string{"SCRAM-SHA-256"} // a person switched SCRAM off
	require.Equal(t, store.Accepted, w.try(w.queue(ben).ID).State)

	w = newWorld(t, on, "tls")
	w.cred = signin.Credential{Username: anna, Token: seal.NewSecret(bearer)}
	on.become(dialog{security: "tls", extensions: []string{"AUTH XOAUTH2"}, on: map[string]func(*peer, string) bool{"AUTH": reply("535 5.7.139 no")}})
	require.Equal(t, "smtp.login_disabled", w.try(w.queue(ben).ID).Code)
	before := on.connections()
	w.try(w.queue(ben).ID)
	require.Equal(t, before, on.connections())
	on.become(dialog{security: "tls", extensions: []string{"AUTH XOAUTH2"}})
	w.cred.Token = seal.NewSecret("another-token")
	require.Equal(t, store.Accepted, w.try(w.queue(ben).ID).State)
}
