package signin

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	stdpem "encoding/pem"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
)

// inPEM is a client's certificate and key.
func inPEM(t *testing.T) (certificate, key string) {
	t.Helper()
	authority, err := testservers.NewAuthority()
	require.NoError(t, err)
	issued, err := authority.IssueClient(user, false)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(issued.PrivateKey)
	require.NoError(t, err)
	return string(stdpem.EncodeToMemory(&stdpem.Block{Type: "CERTIFICATE", Bytes: issued.Certificate[0]})),
		string(stdpem.EncodeToMemory(&stdpem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func TestFromSecret(t *testing.T) {
	certificate, key := inPEM(t)
	for _, text := range []string{certificate + key, key + certificate, "\n" + certificate + key} {
		c, err := FromSecret(user, seal.NewSecret(text))
		require.NoError(t, err)
		require.NotNil(t, c.Certificate)
		require.True(t, c.Password.IsZero())
		x, err := c.Choose([]string{"PLAIN", "EXTERNAL"}, "", 0)
		require.NoError(t, err)
		name, _, err := x.Start()
		require.NoError(t, err)
		require.Equal(t, "EXTERNAL", name)
	}
	another, _ := inPEM(t)
	for _, bad := range []string{certificate, key, another + key, "-----BEGIN nothing", strings.ReplaceAll(certificate+key, "\n", " ")} {
		_, err := FromSecret(user, seal.NewSecret(bad))
		require.Equal(t, Unusable, reason(t, err))
	}
	c, err := FromSecret(user, seal.NewSecret("a password"))
	require.NoError(t, err)
	require.Equal(t, "a password", c.Password.Reveal())
}

// A Credential shows nothing, whoever prints it.
func TestCredentialIsRedacted(t *testing.T) {
	certificate, key := inPEM(t)
	c, err := FromSecret(user, seal.NewSecret(certificate+key))
	require.NoError(t, err)
	c.Password, c.Token = seal.NewSecret(password), seal.NewSecret("a-token-of-length")
	inJSON, err := json.Marshal(map[string]any{"c": c, "p": &c})
	require.NoError(t, err)
	var logged bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&logged, nil))
	log.Info("x", "c", c, "p", &c, "in", struct{ C Credential }{c})
	text := string(inJSON) + logged.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text += fmt.Sprintf(verb+verb+verb, c, &c, struct{ C Credential }{c})
	}
	require.Empty(t, testservers.Leaks(text, password, "a-token-of-length"))
	require.NotContains(t, text, "PrivateKey")
	require.NotContains(t, text, `"D"`)
	require.NotContains(t, text, user, "nor who it is")
	require.Contains(t, text, "[redacted]")
}
