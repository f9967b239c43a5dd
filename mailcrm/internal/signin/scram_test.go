package signin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xdg-go/scram"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
)

// verifiers is a server that knows one password.
func verifiers(t *testing.T, hash scram.HashGeneratorFcn, name, password string, iterations int) *scram.Server {
	t.Helper()
	client, err := hash.NewClientUnprepped(name, password, "")
	require.NoError(t, err)
	stored, err := client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "some salt", Iters: iterations})
	require.NoError(t, err)
	server, err := hash.NewServer(func(who string) (scram.StoredCredentials, error) {
		if who != name {
			return scram.StoredCredentials{}, fmt.Errorf("nobody")
		}
		return stored, nil
	})
	require.NoError(t, err)
	return server
}

// talk carries the messages of both sides until the server has decided.
func talk(t *testing.T, x Exchange, server *scram.ServerConversation) (in bool, err error) {
	t.Helper()
	_, message, err := x.Start()
	require.NoError(t, err)
	for range 3 {
		said, err := server.Step(string(message))
		if err != nil && said == "" {
			return false, nil
		}
		if message, err = x.Next([]byte(said)); err != nil {
			return false, err
		}
		if server.Done() {
			break
		}
	}
	return server.Valid(), x.Accepted()
}

func begin(t *testing.T, c Credential, mechanism string) Exchange {
	t.Helper()
	x, err := c.Choose([]string{mechanism}, "mail.example", 993)
	require.NoError(t, err)
	return x
}

func TestScram(t *testing.T) {
	for mechanism, hash := range map[string]scram.HashGeneratorFcn{"SCRAM-SHA-1": scram.SHA1, "SCRAM-SHA-256": scram.SHA256} {
		for _, secret := range []string{password, "a,b=c", "пароль", "emoji 😀", strings.Repeat("x", MaxPassword)} {
			for _, name := range []string{user, "odd=name,too"} {
				server := verifiers(t, hash, name, secret, 4096)
				in, err := talk(t, begin(t, WithPassword(name, seal.NewSecret(secret)), mechanism), server.NewConversation())
				require.NoError(t, err)
				require.True(t, in)

				x := begin(t, WithPassword(name, seal.NewSecret("wrong")), mechanism)
				in, err = talk(t, x, server.NewConversation())
				require.False(t, in)
				require.Error(t, err)
				require.Nil(t, x.Rejected(), "it looked at the proof")
			}
		}
	}
}

// RFC 4013: what looks the same is the same.
func TestScramNormalises(t *testing.T) {
	server := verifiers(t, scram.SHA256, user, "I\u00b2 a", 4096)
	in, err := talk(t, begin(t, WithPassword(user, seal.NewSecret("I\u00b2\u00a0a")), "SCRAM-SHA-256"), server.NewConversation())
	require.False(t, in, "the server did not prepare what it stored")
	require.Error(t, err)
	server = verifiers(t, scram.SHA256, user, "I2 a", 4096)
	in, err = talk(t, begin(t, WithPassword(user, seal.NewSecret("I\u00b2\u00a0a")), "SCRAM-SHA-256"), server.NewConversation())
	require.NoError(t, err)
	require.True(t, in)
}

func TestScramRefusedBeforeTheProof(t *testing.T) {
	x := begin(t, withPassword(), "SCRAM-SHA-256")
	_, _, err := x.Start()
	require.NoError(t, err)
	require.Equal(t, NoVerifier, x.Rejected().Reason)
	require.Equal(t, Unproven, reason(t, x.Accepted()))

	x = begin(t, withPassword(), "SCRAM-SHA-256")
	_, _, err = x.Start()
	require.NoError(t, err)
	answer, err := x.Next([]byte("e=unknown-user"))
	require.NoError(t, err)
	require.Empty(t, answer)
	require.Equal(t, NoVerifier, x.Rejected().Reason)
	began := time.Now()
	_, err = x.Next([]byte("r=" + x.(*salted).nonce + "x,s=c2FsdA==,i=2147483647"))
	require.Equal(t, NoMechanism, reason(t, err), "what comes then is not begun again, past the bounds")
	require.Less(t, time.Since(began), 5*time.Second)
}

// A server that does not know the password cannot let us in, whatever it says.
func TestScramUnproven(t *testing.T) {
	first := func() (*salted, string) {
		x := begin(t, withPassword(), "SCRAM-SHA-256").(*salted)
		_, _, err := x.Start()
		require.NoError(t, err)
		return x, "r=" + x.nonce + "theirs,s=c2FsdA==,i=4096"
	}
	for _, last := range []string{"v=AAAA", "v=", "", "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "x=1", "v=!!!", "V=AAAA"} {
		x, message := first()
		_, err := x.Next([]byte(message))
		require.NoError(t, err)
		require.Equal(t, Unproven, reason(t, x.Accepted()), "it says yes before it proved anything")
		_, err = x.Next([]byte(last))
		require.Equal(t, Unproven, reason(t, err), last)
		require.Equal(t, Unproven, reason(t, x.Accepted()), last)
	}
	// A server's error is no proof either, and no failure of ours: the refusal follows.
	x, message := first()
	_, err := x.Next([]byte(message))
	require.NoError(t, err)
	_, err = x.Next([]byte("e=invalid-proof"))
	require.NoError(t, err)
	require.Nil(t, x.Rejected())
	require.Equal(t, Unproven, reason(t, x.Accepted()))
	_, err = x.Next([]byte("v=AAAA"))
	require.Equal(t, NoMechanism, reason(t, err))
}

// What a server may ask for has bounds, and what is beyond costs nothing.
func TestScramBounds(t *testing.T) {
	for _, c := range []struct {
		message string // N is our nonce
		good    bool
	}{
		{"r=Nx,s=c2FsdA==,i=4096", true},
		{"r=Nx,s=c2FsdA==,i=1000000", true},
		{"r=Nx,s=c2FsdA==,i=4096,x=extension", true},
		{"r=Nx,s=c2FsdA==,i=4095", false},
		{"r=Nx,s=c2FsdA==,i=1000001", false},
		{"r=Nx,s=c2FsdA==,i=2147483648", false},
		{"r=Nx,s=c2FsdA==,i=4294967296", false},
		{"r=Nx,s=c2FsdA==,i=99999999999999999999999999", false},
		{"r=Nx,s=c2FsdA==,i=-1", false},
		{"r=Nx,s=c2FsdA==,i=+4096", false},
		{"r=Nx,s=c2FsdA==,i=", false},
		{"r=Nx,s=c2FsdA==", false},
		{"r=N,s=c2FsdA==,i=4096", false},
		{"r=x,s=c2FsdA==,i=4096", false},
		{"r=,s=c2FsdA==,i=4096", false},
		{"r=Nx,s=!,i=4096", false},
		{"m=x,r=Nx,s=c2FsdA==,i=4096", false},
		{"", false},
		{strings.Repeat(",", MaxChallenge), false},
	} {
		x := begin(t, withPassword(), "SCRAM-SHA-256").(*salted)
		_, _, err := x.Start()
		require.NoError(t, err)
		began := time.Now()
		_, err = x.Next([]byte(strings.Replace(c.message, "N", x.nonce, 1)))
		if c.good {
			require.NoError(t, err, c.message)
			continue
		}
		require.Equal(t, NoMechanism, reason(t, err), c.message)
		require.NotContains(t, err.Error(), "c2FsdA==", "the server's words are not repeated")
		require.Less(t, time.Since(began), 5*time.Second)
	}
}

// FuzzScram: whatever a server says, in any order, nothing panics and nobody is believed who does not know the password.
func FuzzScram(f *testing.F) {
	f.Add("r=Nx,s=c2FsdA==,i=4096", "v=AAAA")
	f.Add("e=other-error", "e=invalid-proof")
	f.Add("r=N\x00,s=,i=4097,", "v=")
	f.Fuzz(func(t *testing.T, one, two string) {
		if strings.Contains(one, "i=1") || len(one) > 1000 {
			return // a million iterations are allowed, and slow
		}
		x := begin(t, withPassword(), "SCRAM-SHA-1").(*salted)
		_, _, err := x.Start()
		require.NoError(t, err)
		_, err = x.Next([]byte(strings.Replace(one, "N", x.nonce, 1)))
		if err == nil {
			_, err = x.Next([]byte(two))
		}
		if err != nil {
			require.NotEmpty(t, reason(t, err))
		}
		require.Equal(t, Unproven, reason(t, x.Accepted()))
	})
}
