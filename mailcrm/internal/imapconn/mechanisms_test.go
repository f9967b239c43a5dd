package imapconn

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/storage"
)

const everyMechanism = "plain login scram-sha-1 scram-sha-256 xoauth2 oauthbearer external"

// allBut are the mechanisms of a password or token but one, for Disabled.
func allBut(mechanism string) (off []string) {
	for _, name := range []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"} {
		if name != mechanism {
			off = append(off, name)
		}
	}
	return off
}

// tryOpen opens a session and leaves it.
func tryOpen(ctx context.Context, t *testing.T, cfg Config) error {
	t.Helper()
	conn, err := Open(ctx, cfg)
	if err != nil {
		require.False(t, cfg.Credential.Echoed(err.Error()))
		return err
	}
	require.NoError(t, conn.Client().Noop().Wait())
	require.NoError(t, conn.Logout(ctx))
	return nil
}

// Each mechanism of Dovecot, with credentials that are right, wrong and expired, over TLS and STARTTLS.
func TestDovecotMechanisms(t *testing.T) {
	tokens := testservers.Tokens(t, nil)
	srv := dovecot(t, testservers.MailOptions{Mechanisms: everyMechanism, Tokens: tokens, ClientCertificates: true})
	user := srv.User("alice")
	try := func(t *testing.T, cred signin.Credential) string {
		t.Helper()
		for _, security := range []Security{TLS, StartTLS} {
			cfg := dovecotConfig(srv, security)
			cfg.Credential = cred
			if err := tryOpen(t.Context(), t, cfg); err != nil {
				require.ErrorIs(t, err, storage.ErrAuth)
				return storage.CauseCode(err) // Dovecot takes half a second for each, so that once is enough
			}
		}
		return ""
	}
	for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			cred := signin.Credential{Username: user.Address, Password: seal.NewSecret(user.Password), Disabled: allBut(mechanism)}
			require.Empty(t, try(t, cred))
			cred.Password = seal.NewSecret("wrong-" + user.Password)
			require.Equal(t, "imap.login_refused", try(t, cred))
			cred.Username = "nobody@" + testservers.Domain
			want := "imap.login_refused"
			if strings.HasPrefix(mechanism, "SCRAM") {
				want = "imap.no_verifier" // Dovecot does not get as far as a proof
			}
			require.Equal(t, want, try(t, cred))
		})
	}
	for _, mechanism := range []string{"OAUTHBEARER", "XOAUTH2"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			grant := tokens.Grant(user.Address)
			cred := signin.Credential{Username: user.Address, Token: seal.NewSecret(grant.Access), Disabled: allBut(mechanism)}
			require.Empty(t, try(t, cred))
			tokens.Expire(grant.Access)
			require.Equal(t, "imap.token_expired", try(t, cred))
			cred.Token = seal.NewSecret("a-token-that-nobody-gave")
			require.Equal(t, "imap.token_expired", try(t, cred))
			cred.Token = seal.NewSecret(tokens.Grant("bob@" + testservers.Domain).Access)
			require.Equal(t, "imap.token_expired", try(t, cred), "somebody else's")
		})
	}
	t.Run("EXTERNAL", func(t *testing.T) {
		t.Parallel()
		mine, err := srv.Authority.IssueClient(user.Address, false)
		require.NoError(t, err)
		require.Empty(t, try(t, signin.Credential{Certificate: &mine}))
		expired, err := srv.Authority.IssueClient(user.Address, true)
		require.NoError(t, err)
		require.Equal(t, "imap.login_refused", try(t, signin.Credential{Certificate: &expired}))
		elsewhere, err := testservers.NewAuthority()
		require.NoError(t, err)
		strange, err := elsewhere.IssueClient(user.Address, false)
		require.NoError(t, err)
		require.Equal(t, "imap.login_refused", try(t, signin.Credential{Certificate: &strange}))
	})
	t.Run("a certificate and a password", func(t *testing.T) {
		t.Parallel()
		mine, err := srv.Authority.IssueClient(user.Address, false)
		require.NoError(t, err)
		require.Empty(t, try(t, signin.Credential{Username: user.Address, Password: seal.NewSecret(user.Password), Certificate: &mine}))
	})
}

// Dovecot offers SCRAM for all if it offers it at all; passwords that are stored as hashes of another kind it cannot use for that. The password is not handed
// over by another mechanism then, unless a person says so.
func TestDovecotWithoutVerifier(t *testing.T) {
	for scheme, works := range map[string]bool{"SSHA256": false, "SCRAM-SHA-256": true} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			srv := dovecot(t, testservers.MailOptions{Mechanisms: "plain login scram-sha-1 scram-sha-256", Scheme: scheme})
			cfg := dovecotConfig(srv, TLS)
			err := tryOpen(t.Context(), t, cfg)
			if works {
				require.NoError(t, err)
				return
			}
			require.Equal(t, "imap.no_verifier", storage.CauseCode(err))
			log, err := srv.Log()
			require.NoError(t, err)
			require.NotContains(t, log, "method=PLAIN", "one try")
			cfg.Credential.Disabled = []string{"SCRAM-SHA-256", "SCRAM-SHA-1"}
			require.NoError(t, tryOpen(t.Context(), t, cfg))
		})
	}
}

// S2: each mechanism, each way in which TLS can be missing or wrong, with a real server behind somebody who listens and may change what it says. No secret is
// on the wire, in no spelling, and no login is begun.
func TestMechanismsWithoutTLS(t *testing.T) {
	tokens := testservers.Tokens(t, nil)
	start := func(kind testservers.Certificate) *testservers.MailServer {
		return dovecot(t, testservers.MailOptions{Mechanisms: everyMechanism, Tokens: tokens, ClientCertificates: true, Certificate: kind})
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
	open := func(t *testing.T, tap *testservers.Tap, srv *testservers.MailServer, security Security, cred signin.Credential) error {
		t.Helper()
		cfg := dovecotConfig(srv, security)
		cfg.Host, cfg.Port, cfg.Credential, cfg.List = srv.Host, tap.Port, cred, false
		cfg.Dialer.AllowPlaintextLoopback = true // which is no leave to send anything in the clear where TLS was asked for
		return tryOpen(t.Context(), t, cfg)
	}

	// What the tap can hear: with TLS nothing, and without, where that is allowed, everything.
	for mechanism, cred := range credentials {
		tap := testservers.NewTap(t, trusted.At(trusted.IMAPSPort), nil)
		require.NoError(t, open(t, tap, trusted, TLS, cred), mechanism)
		tap2 := testservers.NewTap(t, trusted.At(trusted.IMAPPort), func(line string) string { return line })
		require.NoError(t, open(t, tap2, trusted, StartTLS, cred), mechanism)
		require.Empty(t, testservers.Leaks(tap.Heard()+tap2.Heard(), secrets...))
		require.Contains(t, tap2.Heard(), "STARTTLS")
	}
	clear := testservers.NewTap(t, trusted.At(trusted.IMAPPort), nil)
	require.NoError(t, open(t, clear, trusted, Plain, credentials["PLAIN"]))
	require.NotEmpty(t, testservers.Leaks(clear.Heard(), user.Password))

	strip := func(instead string) func(string) string {
		return func(line string) string {
			return strings.NewReplacer(" STARTTLS", instead, " LOGINDISABLED", "").Replace(line)
		}
	}
	type fault struct {
		srv      *testservers.MailServer
		code     string
		security []Security
		edit     func(string) string
	}
	both := []Security{TLS, StartTLS}
	faults := map[string]fault{
		"no TLS on the port":    {trusted, "tls.handshake", []Security{TLS}, nil},
		"no TLS offered":        {trusted, "imap.no_tls", []Security{StartTLS}, strip("")},
		"stripped for AUTH":     {trusted, "imap.no_tls", []Security{StartTLS}, strip(" AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER AUTH=SCRAM-SHA-1 AUTH=EXTERNAL SASL-IR")},
		"wrong name":            {start(testservers.WrongName), "tls.name", both, nil},
		"expired":               {start(testservers.Expired), "tls.expired", both, nil},
		"self-signed":           {start(testservers.SelfSigned), "tls.untrusted", both, nil},
		"another's certificate": {start(testservers.Trusted), "tls.untrusted", both, nil},
	}
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for mechanism, cred := range credentials {
				for _, security := range f.security {
					port := f.srv.IMAPPort
					if security == TLS && f.code != "tls.handshake" {
						port = f.srv.IMAPSPort
					}
					tap := testservers.NewTap(t, f.srv.At(port), f.edit)
					cfg := dovecotConfig(trusted, security) // whose authority is believed
					cfg.Host, cfg.Port, cfg.Credential = trusted.Host, tap.Port, cred
					cfg.Dialer.AllowPlaintextLoopback = true
					err := tryOpen(t.Context(), t, cfg)
					require.Equal(t, f.code, storage.CauseCode(err), "%s: %v", mechanism, err)
					require.Empty(t, testservers.Leaks(tap.Heard(), secrets...), mechanism)
					require.NotContains(t, tap.Heard(), "AUTHENTICATE")
					require.NotContains(t, tap.Heard(), "LOGIN")
				}
			}
		})
	}
}
