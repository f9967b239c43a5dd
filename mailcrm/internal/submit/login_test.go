package submit

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// TestLogin against what servers offer, ask and say.
func TestLogin(t *testing.T) {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	plain := encode("\x00" + anna + "\x00" + secret)
	challenges := func(times int) func(*peer, string) bool {
		return func(p *peer, _ string) bool {
			for range times {
				p.say("334 ")
				if p.hear() == "" {
					return false
				}
			}
			p.say("235 welcome")
			return true
		}
	}
	for _, c := range []struct {
		name    string
		offers  string
		auth    func(*peer, string) bool
		said    []string // from AUTH on
		code    string   // "": sent
		detail  string
		retried time.Duration
	}{
		{name: "PLAIN", offers: "AUTH PLAIN", said: []string{"AUTH PLAIN " + plain}},
		{name: "PLAIN is preferred", offers: "AUTH LOGIN XOAUTH2 plain CRAM-MD5", said: []string{"AUTH PLAIN " + plain}},
		{name: "LOGIN", offers: "AUTH LOGIN", auth: challenges(2), said: []string{"AUTH LOGIN", encode(anna), encode(secret)}},
		{name: "LOGIN after one question", offers: "AUTH LOGIN", auth: challenges(1), said: []string{"AUTH LOGIN", encode(anna)}},
		{name: "PLAIN, asked again", offers: "AUTH PLAIN", auth: challenges(1), said: []string{"AUTH PLAIN " + plain, plain}},
		{name: "another 2yz", offers: "AUTH PLAIN", auth: reply("250 fine"), said: []string{"AUTH PLAIN " + plain}},
		{name: "nothing offered", offers: "-AUTH", code: "smtp.no_mechanism", retried: time.Minute},
		{name: "nothing we know", offers: "AUTH XOAUTH2 CRAM-MD5 NTLM", code: "smtp.no_mechanism", detail: nothingFits, retried: time.Minute},
		{name: "PLAIN in another word", offers: "AUTH XPLAIN PLAIN-CLIENTTOKEN", code: "smtp.no_mechanism", retried: time.Minute},
		{name: "questions without end", offers: "AUTH PLAIN", auth: challenges(1 << 30), code: "smtp.no_mechanism", retried: time.Minute},
		{name: "LOGIN without end", offers: "AUTH LOGIN", auth: challenges(1 << 30), code: "smtp.no_mechanism", retried: time.Minute},
		{name: "refused", offers: "AUTH PLAIN", auth: reply("535 5.7.8 no"), code: "smtp.login_refused", detail: "535 5.7.8 no", retried: 15 * time.Minute},
		{name: "refused LOGIN", offers: "AUTH LOGIN", auth: func(p *peer, _ string) bool {
			p.say("334 VXNlcm5hbWU6")
			p.hear()
			p.say("334 UGFzc3dvcmQ6")
			p.hear()
			p.say("535-5.7.8 Username and Password not accepted. For more information, go to\r\n535 5.7.8  https://support.example")
			return true
		}, code: "smtp.login_refused", retried: 15 * time.Minute},
		{
			name: "Microsoft 365", offers: "AUTH LOGIN PLAIN",
			auth: reply("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. [AM0PR.example]"),
			code: "smtp.login_disabled", retried: 15 * time.Minute,
		},
		{name: "mechanism unknown after all", offers: "AUTH PLAIN", auth: reply("504 5.7.4 Unrecognized authentication type"), code: "smtp.no_mechanism", retried: time.Minute},
		{name: "not now", offers: "AUTH PLAIN", auth: reply("454 4.7.0 Temporary authentication failure"), code: "smtp.temporary", retried: time.Minute},
		{name: "closing", offers: "AUTH PLAIN", auth: reply("421 4.3.2 shutting down"), code: "smtp.temporary", retried: time.Minute},
		{name: "nonsense", offers: "AUTH PLAIN", auth: reply("what?"), code: "smtp.connection_lost", retried: time.Minute},
		{name: "neither yes nor no", offers: "AUTH PLAIN", auth: reply("354 go on"), code: "smtp.connection_lost", retried: time.Minute},
		{name: "LOGIN with questions in no code", offers: "AUTH LOGIN", auth: func(p *peer, _ string) bool {
			p.say("334 ENTER USERNAME:")
			p.hear()
			p.say("334 !!!")
			p.hear()
			p.say("235 welcome")
			return true
		}, said: []string{"AUTH LOGIN", encode(anna), encode(secret)}},
		{name: "gone", offers: "AUTH PLAIN", auth: func(*peer, string) bool { return false }, code: "smtp.connection_lost", retried: time.Minute},
		{name: "echo", offers: "AUTH PLAIN", auth: func(p *peer, line string) bool { p.say("501 5.5.2 malformed: %s", line); return true }, code: "smtp.login_refused", retried: 15 * time.Minute},
		{name: "echo of the password", offers: "AUTH PLAIN", auth: reply("535 " + secret + " is wrong"), code: "smtp.login_refused", retried: 15 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			said := make(chan []string, 1)
			d := dialog{security: "tls", extensions: []string{c.offers}, on: map[string]func(*peer, string) bool{}}
			d.on["AUTH"] = func(p *peer, line string) bool {
				ok := c.auth == nil || c.auth(p, line)
				if c.auth == nil {
					p.say("235 welcome")
				}
				said <- p.lines[1:]
				return ok
			}
			on := d.start(t)
			w := newWorld(t, on, "tls")
			sub := w.try(w.queue(ben).ID)
			require.Equal(t, c.code, sub.Code)
			if c.code == "" {
				require.Equal(t, store.Accepted, sub.State)
				require.Equal(t, c.said, <-said)
				require.Len(t, on.got(), 1)
			} else {
				require.Equal(t, store.Queued, sub.State)
				require.Equal(t, w.clock().Add(c.retried), sub.NextTry)
				require.Empty(t, on.got())
			}
			if c.detail != "" {
				require.Equal(t, c.detail, sub.Detail)
			}
			on.noSecret(secret)
			for _, kept := range []string{fmt.Sprintf("%+v", sub), w.log.String()} {
				for _, s := range []string{secret, encode(secret), plain} {
					require.NotContains(t, kept, s)
				}
			}
		})
	}
}

const nothingFits = "the server offers XOAUTH2, CRAM-MD5, NTLM; this account can use SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN; " +
	"never used: CRAM-MD5, NTLM"

// TestNoLogin: a server that wants none is told none.
func TestNoLogin(t *testing.T) {
	on := dialog{security: "tls"}.start(t)
	w := newWorld(t, on, "tls")
	w.acc.SMTP.Authenticate = false
	require.Equal(t, store.Accepted, w.try(w.queue(ben).ID).State)

	// And one that wants one after all refuses no mail.
	on.become(dialog{security: "tls", on: map[string]func(*peer, string) bool{"MAIL": reply("530 5.7.0 Authentication required")}})
	sub := w.try(w.queue(ben).ID)
	require.Equal(t, store.Queued, sub.State)
	require.Equal(t, "smtp.login_refused", sub.Code)
}

// TestRefusedPassword is tried three more times for all mails together, and then when something is entered.
func TestRefusedPassword(t *testing.T) {
	refuse := map[string]func(*peer, string) bool{"AUTH": reply("535 5.7.8 no")}
	on := dialog{security: "tls", on: refuse}.start(t)
	w := newWorld(t, on, "tls")
	first, second := w.queue(ben).ID, w.queue(ben).ID
	both := func() { w.try(first); w.try(second) }
	both()
	require.Equal(t, 1, on.connections(), "two mails, one try")
	require.Equal(t, "smtp.login_refused", w.stored(second).Code)
	require.Equal(t, w.stored(first).NextTry, w.stored(second).NextTry)
	tries := 1
	for _, wait := range []time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour} {
		w.later(wait - time.Minute)
		both()
		require.Equal(t, tries, on.connections())
		w.later(time.Minute)
		both()
		tries++
		require.Equal(t, tries, on.connections())
	}
	for range 6 {
		w.later(6 * time.Hour)
		both()
	}
	require.Equal(t, 4, on.connections(), "and then no more")
	require.Equal(t, store.Queued, w.stored(first).State)
	require.Less(t, w.stored(first).Attempts, 5)

	w.later(6 * time.Hour)
	both()
	require.Equal(t, []string{"smtp.given_up", "smtp.given_up"}, []string{w.stored(first).Code, w.stored(second).Code}, "two days are over")
	require.Equal(t, 4, on.connections())

	third := w.queue(ben).ID
	require.Equal(t, store.Queued, w.try(third).State)
	require.Equal(t, 4, on.connections())
	w.acc.SMTPSecret = []byte("sealed again")
	on.become(dialog{security: "tls"})
	w.later(6 * time.Hour)
	require.Equal(t, store.Accepted, w.try(third).State)
	require.Empty(t, w.Sender.refusals.of, "a login that works ends it")
}

// TestLoginErrorIsBounded: the words of a server are kept as one line.
func TestLoginErrorIsBounded(t *testing.T) {
	err := loginError(signin.Credential{}, 535, strings.Repeat("no\x00\n", 10_000), nil)
	require.LessOrEqual(t, len(causeDetail(err)), 500)
	require.NotContains(t, causeDetail(err), "\n")
	require.Error(t, loginError(signin.Credential{}, 199, "?", nil))
}
