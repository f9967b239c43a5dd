package submit

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/storage"
)

// allBut are the mechanisms of a password or token but one, for Disabled.
func allBut(mechanism string) (off []string) {
	for _, name := range []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"} {
		if name != mechanism {
			off = append(off, name)
		}
	}
	return off
}

// TestPostfixMechanisms logs in at Postfix, which asks Dovecot, with credentials that are right, wrong and expired.
func TestPostfixMechanisms(t *testing.T) {
	testservers.NeedsPostfix(t)
	tokens := testservers.Tokens(t, nil)
	srv := testservers.MailWith(t, &testservers.MailOptions{
		Mechanisms: "plain login scram-sha-1 scram-sha-256 xoauth2 oauthbearer", Tokens: tokens, Submission: testservers.Postfix,
	})
	user := srv.User("alice")
	try := func(t *testing.T, cred signin.Credential) (code string) {
		t.Helper()
		for security, port := range map[string]int{"tls": srv.SMTPSPort, "starttls": srv.SubmissionPort} {
			w := newWorld(t, nil, security)
			w.Roots = srv.CA
			w.acc.SMTP.Host, w.acc.SMTP.Port = srv.Host, port
			out, err := w.connect(t.Context(), w.acc, cred)
			if err == nil {
				require.NoError(t, out.client.Noop())
				out.close()
			} else {
				require.ErrorIs(t, err, storage.ErrAuth, "%v", err)
				require.False(t, cred.Echoed(err.Error()))
			}
			code = storage.CauseCode(err)
		}
		return code
	}
	for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			cred := signin.Credential{Username: user.Address, Password: seal.NewSecret(user.Password), Disabled: allBut(mechanism)}
			require.Empty(t, try(t, cred))
			cred.Password = seal.NewSecret("wrong-" + user.Password)
			require.Equal(t, "smtp.login_refused", try(t, cred))
		})
	}
	for _, mechanism := range []string{"OAUTHBEARER", "XOAUTH2"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			grant := tokens.Grant(user.Address)
			cred := signin.Credential{Username: user.Address, Token: seal.NewSecret(grant.Access), Disabled: allBut(mechanism)}
			require.Empty(t, try(t, cred))
			tokens.Expire(grant.Access)
			require.Equal(t, "smtp.token_expired", try(t, cred))
			cred.Token = seal.NewSecret("a-token-that-nobody-gave")
			require.Equal(t, "smtp.token_expired", try(t, cred))
			cred.Token = seal.NewSecret(tokens.Grant("bob@" + testservers.Domain).Access)
			require.Equal(t, "smtp.token_expired", try(t, cred), "somebody else's")
		})
	}
}

// TestMechanismsWithoutTLS is each mechanism, each way in which TLS can be missing or wrong, with a real server behind somebody who listens and may change what it
// says. No secret is on the wire, in no spelling, and no login is begun.
func TestMechanismsWithoutTLS(t *testing.T) {
	testservers.NeedsPostfix(t)
	tokens := testservers.Tokens(t, nil)
	start := func(kind testservers.Certificate) *testservers.MailServer {
		return testservers.MailWith(t, &testservers.MailOptions{
			Mechanisms: "plain login scram-sha-1 scram-sha-256 xoauth2 oauthbearer", Tokens: tokens, Certificate: kind, Submission: testservers.Postfix,
		})
	}
	trusted := start(testservers.Trusted)
	user := trusted.User("alice")
	grant := tokens.Grant(user.Address)
	mine, err := trusted.Authority.IssueClient(user.Address, false)
	require.NoError(t, err)
	credentials := map[string]signin.Credential{"EXTERNAL": {Certificate: &mine}}
	for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"} {
		credentials[mechanism] = signin.Credential{Username: user.Address, Password: seal.NewSecret(user.Password), Disabled: allBut(mechanism)}
	}
	for _, mechanism := range []string{"OAUTHBEARER", "XOAUTH2"} {
		credentials[mechanism] = signin.Credential{Username: user.Address, Token: seal.NewSecret(grant.Access), Disabled: allBut(mechanism)}
	}
	secrets := []string{user.Password, grant.Access, user.Address}
	try := func(t *testing.T, tap *testservers.Tap, security string, cred signin.Credential) error {
		t.Helper()
		w := newWorld(t, nil, security)
		w.Roots = trusted.CA
		w.acc.SMTP.Host, w.acc.SMTP.Port = trusted.Host, tap.Port
		out, err := w.connect(t.Context(), w.acc, cred)
		if err == nil {
			out.close()
		}
		return err
	}
	// What the tap can hear: with TLS nothing.
	for mechanism, cred := range credentials {
		tap := testservers.NewTap(t, trusted.At(trusted.SubmissionPort), func(line string) string { return line })
		err := try(t, tap, "starttls", cred)
		if mechanism == "EXTERNAL" { // Postfix does not offer it
			require.Equal(t, "smtp.no_mechanism", storage.CauseCode(err))
		} else {
			require.NoError(t, err, mechanism)
		}
		require.Empty(t, testservers.Leaks(tap.Heard(), secrets...))
		require.Contains(t, tap.Heard(), "STARTTLS")
	}
	// And without, where that is allowed, all there is.
	open := dialog{security: "none"}.start(t)
	clear := testservers.NewTap(t, net.JoinHostPort("127.0.0.1", strconv.Itoa(open.port)), nil)
	require.NoError(t, try(t, clear, "none", credentials["PLAIN"]))
	require.NotEmpty(t, testservers.Leaks(clear.Heard(), user.Password))

	strip := func(instead string) func(string) string {
		return func(line string) string { return strings.Replace(line, "STARTTLS", instead, 1) }
	}
	for name, f := range map[string]struct {
		srv      *testservers.MailServer
		code     string
		security []string
		edit     func(string) string
	}{
		"no TLS on the port":    {trusted, "tls.handshake", []string{"tls"}, nil},
		"no TLS offered":        {trusted, "smtp.no_tls", []string{"starttls"}, strip("DSN")},
		"stripped for AUTH":     {trusted, "smtp.no_tls", []string{"starttls"}, strip("AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER SCRAM-SHA-256 SCRAM-SHA-1 EXTERNAL")},
		"wrong name":            {start(testservers.WrongName), "tls.name", []string{"tls", "starttls"}, nil},
		"expired":               {start(testservers.Expired), "tls.expired", []string{"tls", "starttls"}, nil},
		"self-signed":           {start(testservers.SelfSigned), "tls.untrusted", []string{"tls", "starttls"}, nil},
		"another's certificate": {start(testservers.Trusted), "tls.untrusted", []string{"tls", "starttls"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for mechanism, cred := range credentials {
				for _, security := range f.security {
					port := f.srv.SubmissionPort
					if security == "tls" && f.code != "tls.handshake" {
						port = f.srv.SMTPSPort
					}
					tap := testservers.NewTap(t, f.srv.At(port), f.edit)
					err := try(t, tap, security, cred)
					require.Equal(t, f.code, storage.CauseCode(err), "%s: %v", mechanism, err)
					require.Empty(t, testservers.Leaks(tap.Heard(), secrets...), mechanism)
					require.NotContains(t, tap.Heard(), "AUTH")
				}
			}
		})
	}
}
