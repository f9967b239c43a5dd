package mailcrmtest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTokens: a token is asked about with the protocol and the name, a refusal takes two steps, and without a check nothing of it is offered.
func TestTokens(t *testing.T) {
	s, err := StartServer(ServerOptions{
		Users:  []User{{Address: jeanne, Password: "secret"}},
		Tokens: func(protocol, name, token string) bool { return name == jeanne && token == protocol+"-token" },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	response := func(token string) []byte { return []byte("user=" + jeanne + "\x01auth=Bearer " + token + "\x01\x01") }

	require.NoError(t, connect(t, s, nil).Authenticate(&bearer{response: response("imap-token")}))
	refused := &bearer{response: response("smtp-token")}
	require.Error(t, connect(t, s, nil).Authenticate(refused))
	require.Contains(t, string(refused.told), `"status":"400"`)
	require.Error(t, connect(t, s, nil).Authenticate(&bearer{response: []byte("nonsense")}))
	require.NoError(t, connect(t, s, nil).Login(jeanne, "secret").Wait(), "passwords work beside")
	logins := s.Logins()
	require.Equal(t, []bool{true, false, true}, []bool{logins[0].OK, logins[1].OK, logins[2].OK})
}

// bearer is a client of XOAUTH2.
type bearer struct{ response, told []byte }

func (b *bearer) Start() (string, []byte, error) { return "XOAUTH2", b.response, nil }

func (b *bearer) Next(challenge []byte) ([]byte, error) {
	b.told = challenge
	return []byte{}, nil
}
