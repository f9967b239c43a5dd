package dial

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// A server that wants our certificate gets it whatever authorities it names, and what it thinks of it has a code of its own: in TLS 1.2 at the end of the handshake, in
// TLS 1.3 when something is read.
func TestClientCertificate(t *testing.T) {
	a, stranger := newAuthority(t), newAuthority(t)
	mine := a.sign(t, time.Now().Add(time.Hour), "alice") // for servers, which the server below does not mind
	foreign := stranger.sign(t, time.Now().Add(time.Hour), "alice")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for name, test := range map[string]struct {
			ours *tls.Certificate
			ask  tls.ClientAuthType
			code string
		}{
			"shown":               {&mine, tls.RequireAnyClientCert, ""},
			"not for its pool":    {&foreign, tls.RequestClientCert, ""},
			"refused":             {&foreign, tls.RequireAndVerifyClientCert, "tls.client_certificate"},
			"wanted":              {nil, tls.RequireAnyClientCert, "tls.client_certificate"},
			"not asked for":       {&mine, tls.NoClientCert, ""},
			"asked for in vain":   {nil, tls.RequestClientCert, ""},
			"for servers, not us": {&mine, tls.RequireAndVerifyClientCert, "tls.client_certificate"},
		} {
			t.Run(name+" "+tls.VersionName(version), func(t *testing.T) {
				shown := make(chan int, 1)
				near, far := net.Pipe()
				go func() {
					defer far.Close()
					server := tls.Server(far, &tls.Config{
						Certificates: []tls.Certificate{a.sign(t, time.Now().Add(time.Hour), "mail.example")},
						ClientAuth:   test.ask, ClientCAs: a.pool(), MaxVersion: version,
					})
					if server.Handshake() == nil {
						shown <- len(server.ConnectionState().PeerCertificates)
						_, _ = io.WriteString(server, "* OK\r\n")
					}
				}()
				var d Dialer
				conn, err := d.TLS(t.Context(), near, TLSConfig{ServerName: "mail.example", RootCAs: a.pool(), Certificate: test.ours})
				if err == nil {
					defer conn.Close()
					if _, err = io.ReadFull(conn, make([]byte, 6)); err != nil {
						err = OurCertificate(err)
					}
				}
				if test.ours == nil && test.code != "" && version == tls.VersionTLS12 { // which has no word for it
					require.Equal(t, "tls.handshake", storage.CauseCode(err))
					return
				}
				require.Equal(t, test.code, storage.CauseCode(err), "%v", err)
				if test.code != "" {
					require.ErrorIs(t, err, storage.ErrAuth)
					return
				}
				require.NoError(t, err)
				require.Equal(t, test.ours != nil && test.ask != tls.NoClientCert, <-shown == 1)
			})
		}
	}
	for _, other := range []error{nil, io.EOF, &net.OpError{Op: "remote error", Err: errors.New("tls: internal error")}, &net.OpError{Op: "read", Err: errors.New("certificate")}} {
		require.NoError(t, OurCertificate(other))
	}
}
