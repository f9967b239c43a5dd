package testservers

import (
	"crypto/tls"
	"fmt"
	"os"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"
)

// Each server takes a login, lists the inbox, and leaves nothing behind.
func TestIMAPServers(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *IMAPServer{
		"Cyrus":         func(t testing.TB) *IMAPServer { return Cyrus(t, nil) },
		"classic Cyrus": func(t testing.TB) *IMAPServer { return Cyrus(t, &CyrusOptions{Classic: true}) },
		"Courier":       Courier,
	} {
		t.Run(name, func(t *testing.T) {
			var folder string
			var pid int
			t.Run("runs", func(t *testing.T) {
				s := start(t)
				folder, pid = s.folder, s.process.pid
				c, err := imapclient.DialTLS(fmt.Sprintf("%s:%d", s.Host, s.Port), &imapclient.Options{TLSConfig: &tls.Config{RootCAs: s.CA, MinVersion: tls.VersionTLS12}})
				require.NoError(t, err)
				defer c.Close()
				require.NoError(t, c.Login(s.User.Address, s.User.Password).Wait())
				list, err := c.List("", "*", nil).Collect()
				require.NoError(t, err)
				require.Len(t, list, 1)
				require.Equal(t, "INBOX", list[0].Mailbox)
				spaces, err := c.Namespace().Wait()
				require.NoError(t, err)
				prefix := "INBOX."
				if name == "Cyrus" {
					prefix = ""
				}
				require.Equal(t, prefix, spaces.Personal[0].Prefix)
			})
			require.NoDirExists(t, folder)
			_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
			require.ErrorIs(t, err, os.ErrNotExist)
		})
	}
}
