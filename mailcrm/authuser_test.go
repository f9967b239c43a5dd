package mailcrm

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// TestAuthUser: /authuser= proves who he is, to act for /user=; what is disabled and what /secure forbids is not used, on each side for itself.
func TestAuthUser(t *testing.T) {
	keys, err := KeyFile(filepath.Join(t.TempDir(), "key"))
	require.NoError(t, err)
	c := &Client{cfg: Config{Keys: keys}}
	acc := &store.Account{ID: "a", IMAP: store.Server{Security: "tls"}, SMTP: store.Server{Authenticate: true, Username: "anna", Disabled: []string{"LOGIN"}}}
	require.NoError(t, applyFlags("IMAP", &acc.IMAP, `/user=shared/authuser="Anna Petit"/secure`))
	acc.IMAPSecret, err = keys.Seal(imapPlace(acc), NewSecret("x"))
	require.NoError(t, err)
	cred, err := c.credential(t.Context(), acc, imapSide)
	require.NoError(t, err)
	require.Equal(t, "Anna Petit", cred.Username)
	require.Equal(t, "shared", cred.AuthorizeAs)
	require.Equal(t, []string{"PLAIN", "LOGIN"}, cred.Disabled)
	require.Equal(t, "x", cred.Password.Reveal())
	cred, err = c.credential(t.Context(), acc, smtpSide)
	require.NoError(t, err)
	require.Equal(t, "anna", cred.Username)
	require.Empty(t, cred.AuthorizeAs)
	require.Equal(t, []string{"LOGIN"}, cred.Disabled)
}
