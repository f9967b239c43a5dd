package signin

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime/quotedprintable"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
)

func TestEchoed(t *testing.T) {
	for _, secret := range []string{password, "p", "abc", `back\slash "quoted"`, "ünï€code", "a+b/c=d&e%f", "trailing space ", strings.Repeat("long-secret/", 80), "0123456789abcdef0"} {
		for _, c := range []Credential{WithPassword(user, seal.NewSecret(secret)), {Username: user, Token: seal.NewSecret(secret)}} {
			var qp bytes.Buffer
			w := quotedprintable.NewWriter(&qp)
			_, _ = w.Write([]byte(secret))
			_ = w.Close()
			echoes := []string{
				secret, fmt.Sprintf("%q", secret), strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(secret), qp.String(),
				base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret)),
				hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
				url.QueryEscape(secret), url.PathEscape(secret), strings.ToLower(url.QueryEscape(secret)),
			}
			if !c.Password.IsZero() {
				echoes = append(echoes, base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+secret)))
			}
			if len(secret) >= 8 {
				for _, before := range []string{"", "x", "xy", "user=" + user + "\x01auth=Bearer "} {
					for _, after := range []string{"", "z", "zz", "\x01\x01"} {
						echoes = append(echoes, base64.StdEncoding.EncodeToString([]byte(before+secret+after)))
					}
				}
			}
			for _, echo := range echoes {
				require.True(t, c.Echoed("535 no: "+echo+" is wrong"), "%q as %q", secret, echo)
				require.Equal(t, "(the server repeated the password; its words are withheld)", c.Clean("535 no: "+echo))
			}
			if len(secret) > 100 {
				require.True(t, c.Echoed("535 "+secret[200:260]), "a part of it")
				require.True(t, c.Echoed("535 "+echoes[4][100:180]))
			}
		}
	}
	c := withPassword()
	for _, harmless := range []string{"", "535 5.7.8 Error: authentication failed", "NO [AUTHENTICATIONFAILED] Authentication failed.", user} {
		require.False(t, c.Echoed(harmless))
		require.Equal(t, harmless, c.Clean(harmless))
	}
	require.False(t, Credential{}.Echoed("anything"))
	spaced := base64.StdEncoding.EncodeToString([]byte(password))
	require.True(t, c.Echoed(spaced[:8]+" "+spaced[8:]), "broken by a space")
}

// A hostile answer and a long token cost little.
func TestEchoedIsQuick(t *testing.T) {
	c := Credential{Username: user, Token: seal.NewSecret(strings.Repeat("a", MaxToken))}
	began := time.Now()
	for range 10 {
		c.Echoed(strings.Repeat("b", MaxChallenge))
	}
	require.Less(t, time.Since(began), 10*time.Second)
}

// FuzzEchoed: a secret that stands in a text is found there, and nothing panics.
func FuzzEchoed(f *testing.F) {
	f.Add("se€ret", "535 no", "sorry")
	f.Add("\xba", "\xda", "0")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		c := WithPassword(user, seal.NewSecret(secret))
		if c.Check() != nil || strings.TrimSpace(secret) == "" {
			return
		}
		require.True(t, c.Echoed(before+secret+after))
		require.True(t, c.Echoed(before+base64.StdEncoding.EncodeToString([]byte(secret))+after))
	})
}
