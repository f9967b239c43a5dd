package signin

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	user     = "alice@test.example"
	password = "c0rrect horse-battery"
)

func withPassword() Credential { return WithPassword(user, seal.NewSecret(password)) }

func withToken() Credential { return Credential{Username: user, Token: seal.NewSecret("ya29.a-token")} }

// reason is that of a Failure.
func reason(t *testing.T, err error) Reason {
	t.Helper()
	var f *Failure
	require.ErrorAs(t, err, &f)
	require.NotEmpty(t, f.Detail)
	return f.Reason
}

func TestChoose(t *testing.T) {
	everything := "PLAIN LOGIN CRAM-MD5 DIGEST-MD5 NTLM GSSAPI SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS XOAUTH2 OAUTHBEARER EXTERNAL ANONYMOUS"
	for _, c := range []struct {
		name, offered, disabled, want string
		cred                          Credential
	}{
		{"the strongest", everything, "", "SCRAM-SHA-256", withPassword()},
		{"in any case", "plain login", "", "PLAIN", withPassword()},
		{"SHA-1 before PLAIN", "PLAIN SCRAM-SHA-1", "", "SCRAM-SHA-1", withPassword()},
		{"minus one", everything, "SCRAM-SHA-256", "SCRAM-SHA-1", withPassword()},
		{"minus all of SCRAM", everything, "scram-sha-256 SCRAM-SHA-1", "PLAIN", withPassword()},
		{"minus PLAIN", everything, "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN", "LOGIN", withPassword()},
		{"no SCRAM of another hash", "SCRAM-SHA-512 SCRAM-SHA-224 LOGIN", "", "LOGIN", withPassword()},
		{"a token", everything, "", "OAUTHBEARER", withToken()},
		{"a token for Microsoft", "PLAIN XOAUTH2", "", "XOAUTH2", withToken()},
		{"a token, minus one", everything, "OAUTHBEARER", "XOAUTH2", withToken()},
		{"a certificate", everything, "", "EXTERNAL", Credential{Certificate: &tls.Certificate{}}},
		{"a certificate and a password", everything, "", "SCRAM-SHA-256", Credential{Username: user, Password: seal.NewSecret("x"), Certificate: &tls.Certificate{}}},
		{"somebody else's mailbox", "LOGIN PLAIN", "", "PLAIN", Credential{Username: user, Password: seal.NewSecret("x"), AuthorizeAs: "bob"}},
		{"his own mailbox", "LOGIN", "", "LOGIN", Credential{Username: user, Password: seal.NewSecret("x"), AuthorizeAs: user}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cred.Disabled = strings.Fields(c.disabled)
			x, err := c.cred.Choose(strings.Fields(c.offered), "mail.example", 993)
			require.NoError(t, err)
			got, _, err := x.Start()
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestChooseNothing(t *testing.T) {
	for _, c := range []struct {
		offered, disabled string
		cred              Credential
		says              []string
	}{
		{"", "", withPassword(), []string{"the server offers no mechanism"}},
		{"CRAM-MD5 GSSAPI", "", withPassword(), []string{"the server offers CRAM-MD5, GSSAPI", "never used: CRAM-MD5, GSSAPI"}},
		{"PLAIN LOGIN", "PLAIN LOGIN", withPassword(), []string{"the server offers PLAIN, LOGIN", "switched off for it: PLAIN, LOGIN"}},
		{"PLAIN SCRAM-SHA-256", "", withToken(), []string{"this account can use OAUTHBEARER, XOAUTH2"}},
		{"PLAIN XOAUTH2", "", Credential{Certificate: &tls.Certificate{}}, []string{"this account can use EXTERNAL"}},
		{"LOGIN", "", Credential{Username: user, Password: seal.NewSecret("x"), AuthorizeAs: "bob"}, []string{"LOGIN cannot open somebody else's mailbox"}},
		{"EXTERNAL", "EXTERNAL", Credential{Certificate: &tls.Certificate{}}, []string{"switched off for it: EXTERNAL"}},
	} {
		c.cred.Disabled = strings.Fields(c.disabled)
		_, err := c.cred.Choose(strings.Fields(c.offered), "", 0)
		require.Equal(t, NoMechanism, reason(t, err))
		for _, part := range c.says {
			require.Contains(t, err.Error(), part)
		}
	}
}

// What a server offers is its word: it is not shown as it is.
func TestOfferIsBounded(t *testing.T) {
	hostile := []string{"<script>", "PLAIN\r\nX", strings.Repeat("A", 1000), "Ü", "", "XPLAIN"}
	for i := range 1000 {
		hostile = append(hostile, fmt.Sprintf("X%d", i))
	}
	_, err := withPassword().Choose(hostile, "", 0)
	require.Equal(t, NoMechanism, reason(t, err))
	require.NotContains(t, err.Error(), "script")
	require.Less(t, len(err.Error()), 1000)
}

func TestCheck(t *testing.T) {
	secret := seal.NewSecret
	good := []Credential{withPassword(), withToken(), {Certificate: &tls.Certificate{}}, {Username: user, Password: secret("пароль€😀 ")}}
	for _, c := range good {
		require.NoError(t, c.Check())
	}
	for _, bad := range []Credential{
		{},
		{Username: user},
		{Password: secret("x")},
		{Token: secret("x")},
		{Username: user, Token: secret("x y")},
		{Username: user, Token: secret("x\x01")},
		{Username: user, Token: secret("é")},
		{Username: "a\x00b", Password: secret("x")},
		{Username: "a\x01b", Token: secret("x")},
		{Username: user, Password: secret("x\r\nNOOP")},
		{Username: user, Password: secret("x\x00y")},
		{Username: user, AuthorizeAs: "b\n", Password: secret("x")},
		{Username: strings.Repeat("u", MaxName+1), Password: secret("x")},
		{Username: user, Password: secret(strings.Repeat("p", MaxPassword+1))},
		{Username: user, Token: secret(strings.Repeat("t", MaxToken+1))},
	} {
		require.Equal(t, Unusable, reason(t, bad.Check()))
		_, err := bad.Choose([]string{"PLAIN", "XOAUTH2", "EXTERNAL"}, "", 0)
		require.Equal(t, Unusable, reason(t, err))
		require.False(t, bad.LoginCommand())
	}
	require.True(t, withPassword().LoginCommand())
	require.False(t, withToken().LoginCommand())
	off := withPassword()
	off.Disabled = []string{"login"}
	require.False(t, off.LoginCommand())
	other := withPassword()
	other.AuthorizeAs = "bob"
	require.False(t, other.LoginCommand())
}

func TestMessages(t *testing.T) {
	begin := func(c Credential, mechanism string) (Exchange, string) {
		x, err := c.Choose([]string{mechanism}, "mail.example", 993)
		require.NoError(t, err)
		_, first, err := x.Start()
		require.NoError(t, err)
		return x, string(first)
	}
	asMaster := withPassword()
	asMaster.AuthorizeAs = "bob"

	x, first := begin(withPassword(), "PLAIN")
	require.Equal(t, "\x00"+user+"\x00"+password, first)
	again, err := x.Next(nil)
	require.NoError(t, err)
	require.Equal(t, first, string(again))
	_, err = x.Next(nil)
	require.Equal(t, NoMechanism, reason(t, err))
	_, first = begin(asMaster, "PLAIN")
	require.Equal(t, "bob\x00"+user+"\x00"+password, first)

	x, first = begin(withPassword(), "LOGIN")
	require.Empty(t, first)
	require.Error(t, x.Accepted(), "nobody asked")
	for _, want := range []string{user, password} {
		got, err := x.Next([]byte("whatever:"))
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	require.NoError(t, x.Accepted())
	_, err = x.Next(nil)
	require.Equal(t, NoMechanism, reason(t, err))

	mine := Credential{Certificate: &tls.Certificate{}}
	x, first = begin(mine, "EXTERNAL")
	require.Empty(t, first)
	_, err = x.Next([]byte("what?"))
	require.Equal(t, NoMechanism, reason(t, err))
	mine.AuthorizeAs = "bob"
	_, first = begin(mine, "EXTERNAL")
	require.Equal(t, "bob", first)

	_, first = begin(withToken(), "XOAUTH2")
	require.Equal(t, "user="+user+"\x01auth=Bearer ya29.a-token\x01\x01", first)
	odd := withToken()
	odd.Username = "a=b,c"
	_, first = begin(odd, "OAUTHBEARER")
	require.Equal(t, "n,a=a=3Db=2Cc,\x01host=mail.example\x01port=993\x01auth=Bearer ya29.a-token\x01\x01", first)
	abroad, err := withToken().Choose([]string{"OAUTHBEARER"}, "müller.example", 993)
	require.NoError(t, err)
	_, there, err := abroad.Start()
	require.NoError(t, err)
	require.Contains(t, string(there), "\x01host=xn--mller-kva.example\x01")
	odd.AuthorizeAs = "shared@x.example"
	_, first = begin(odd, "OAUTHBEARER")
	require.Contains(t, first, "n,a=shared@x.example,\x01")
}

// What servers tell about a token that they do not take.
func TestTokenRefused(t *testing.T) {
	for _, c := range []struct {
		says string
		want Reason
	}{
		{`{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`, TokenExpired},
		{`{"status":"401","schemes":"bearer mac","scope":"mail"}`, TokenExpired},
		{`{"status":401}`, TokenExpired},
		{`{"status":"invalid_token","scope":"mail"}`, TokenExpired},
		{`{"status":"insufficient_scope","scope":"mail"}`, Refused},
		{`{"status":"403"}`, Refused},
		{`{"status":403}`, Refused},
		{`{"status":"invalid_request"}`, Refused},
		{`{"status":null}`, TokenExpired},
		{`nonsense`, TokenExpired},
		{``, TokenExpired},
		{`{"status":{"a":[1]}}`, TokenExpired},
		{strings.Repeat("[", 10_000), TokenExpired},
	} {
		for mechanism, answer := range map[string]string{"XOAUTH2": "", "OAUTHBEARER": "\x01"} {
			x, err := withToken().Choose([]string{mechanism}, "", 0)
			require.NoError(t, err)
			_, _, err = x.Start()
			require.NoError(t, err)
			require.Equal(t, TokenExpired, x.Rejected().Reason, "without a word")
			require.NoError(t, x.Accepted())
			got, err := x.Next([]byte(c.says))
			require.NoError(t, err)
			require.NotNil(t, got)
			require.Equal(t, answer, string(got))
			require.Equal(t, c.want, x.Rejected().Reason, c.says)
			require.Error(t, x.Accepted(), "who refused the token does not let us in")
			_, err = x.Next([]byte(c.says))
			require.Equal(t, NoMechanism, reason(t, err))
		}
	}
}

func TestFailureIsAnError(t *testing.T) {
	require.Equal(t, "x", fail(Refused, "x").Error())
	var f *Failure
	require.True(t, errors.As(fmt.Errorf("signing in: %w", fail(Refused, "x")), &f))
}
