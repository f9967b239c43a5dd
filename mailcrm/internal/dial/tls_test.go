package dial

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// authority signs certificates for the tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &authority{cert: cert, key: key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func (a *authority) sign(t *testing.T, notAfter time.Time, names ...string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server", Organization: []string{"a\x07\nb" + strings.Repeat("x", 300)}},
		NotBefore: notAfter.Add(-2 * time.Hour), NotAfter: notAfter,
		DNSNames: names, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serve handshakes on the other end of a pipe and gives the client's end.
func serve(t *testing.T, config *tls.Config) net.Conn {
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer server.Close()
		s := tls.Server(server, config)
		if s.Handshake() == nil {
			_, _ = s.Write([]byte("hello"))
		}
	}()
	t.Cleanup(func() { _ = client.Close(); <-done })
	return client
}

func TestTLSJudgesCertificates(t *testing.T) {
	good, other := newAuthority(t), newAuthority(t)
	soon := time.Now().Add(time.Hour)
	valid := good.sign(t, soon, "mail.example")
	expired := good.sign(t, time.Now().Add(-time.Hour), "mail.example")
	future := good.sign(t, time.Now().Add(100*time.Hour), "mail.example")
	elsewhere := good.sign(t, soon, "other.example", "third.example")
	untrusted := other.sign(t, soon, "mail.example")
	pin := func(c tls.Certificate) []byte {
		sum := sha256.Sum256(c.Certificate[0])
		return sum[:]
	}
	for _, test := range []struct {
		name string
		cert tls.Certificate
		pin  []byte
		code string
	}{
		{"valid", valid, nil, ""},
		{"expired", expired, nil, "tls.expired"},
		{"not yet valid", future, nil, "tls.expired"},
		{"other name", elsewhere, nil, "tls.name"},
		{"unknown authority", untrusted, nil, "tls.untrusted"},
		{"pinned untrusted", untrusted, pin(untrusted), ""},
		{"pinned expired", expired, pin(expired), ""},
		{"pinned elsewhere", elsewhere, pin(elsewhere), ""},
		{"another than pinned", untrusted, pin(expired), "tls.pin_changed"},
		{"valid but not pinned", valid, pin(untrusted), "tls.pin_changed"},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(test.name+" "+tls.VersionName(version), func(t *testing.T) {
				client := serve(t, &tls.Config{Certificates: []tls.Certificate{test.cert}, MinVersion: version, MaxVersion: version})
				conn, err := (&Dialer{}).TLS(t.Context(), client, TLSConfig{ServerName: "mail.example", RootCAs: good.pool(), PinSHA256: test.pin})
				if test.code == "" {
					require.NoError(t, err)
					hello := make([]byte, 5)
					_, err = conn.Read(hello)
					require.NoError(t, err)
					require.Equal(t, "hello", string(hello))
					_ = conn.Close() // the other end is gone already
					return
				}
				require.Equal(t, test.code, storage.CauseCode(err))
				require.ErrorIs(t, err, storage.ErrUnavailable)
				var bad *CertificateError
				require.ErrorAs(t, err, &bad)
				require.Equal(t, pin(test.cert), bad.SHA256[:])
				require.LessOrEqual(t, len(bad.Subject), 200)
				require.NotContains(t, bad.Subject, "\n")
				require.NotEmpty(t, bad.Names)
				again, err := ParseFingerprint(bad.Fingerprint())
				require.NoError(t, err)
				require.Equal(t, bad.SHA256[:], again)
				_, err = client.Read(make([]byte, 1))
				require.Error(t, err, "the connection is closed")
			})
		}
	}
}

func TestTLSHandshakeFailures(t *testing.T) {
	good := newAuthority(t)
	cert := good.sign(t, time.Now().Add(time.Hour), "mail.example")
	cfg := TLSConfig{ServerName: "mail.example", RootCAs: good.pool()}

	t.Run("old version", func(t *testing.T) {
		client := serve(t, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
		_, err := (&Dialer{}).TLS(t.Context(), client, cfg)
		require.Equal(t, "tls.handshake", storage.CauseCode(err))
		require.ErrorIs(t, err, storage.ErrUnavailable)
	})
	for name, answer := range map[string]string{"no TLS at all": "* OK IMAP4rev1 ready\r\n", "cut": ""} {
		t.Run(name, func(t *testing.T) {
			client, server := net.Pipe()
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = server.Read(make([]byte, 4096))
				_, _ = server.Write([]byte(answer))
				_ = server.Close()
			}()
			_, err := (&Dialer{}).TLS(t.Context(), client, cfg)
			<-done
			require.Equal(t, "tls.handshake", storage.CauseCode(err))
			want := storage.ErrTemporary
			if answer != "" {
				want = storage.ErrUnavailable
			}
			require.ErrorIs(t, err, want)
		})
	}
	t.Run("silent", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, server := net.Pipe()
			go func() {
				for {
					if _, err := server.Read(make([]byte, 4096)); err != nil {
						return
					}
				}
			}()
			start := time.Now()
			_, err := (&Dialer{}).TLS(t.Context(), client, cfg)
			require.Equal(t, "tls.handshake", storage.CauseCode(err))
			require.ErrorIs(t, err, storage.ErrTemporary)
			require.Equal(t, DefaultHandshakeTimeout, time.Since(start))
			require.NoError(t, server.Close())
		})
	})
	t.Run("cancelled", func(t *testing.T) {
		client, server := net.Pipe()
		defer server.Close()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := (&Dialer{}).TLS(ctx, client, cfg)
		require.Equal(t, "dial.cancelled", storage.CauseCode(err))
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestTLSConfigIsChecked(t *testing.T) {
	for _, cfg := range []TLSConfig{{}, {ServerName: "mail.example", PinSHA256: []byte("short")}} {
		client, server := net.Pipe()
		_, err := (&Dialer{}).TLS(t.Context(), client, cfg)
		require.ErrorIs(t, err, storage.ErrInvalid)
		_, err = server.Read(make([]byte, 1))
		require.Error(t, err, "the connection is closed")
	}
	for _, text := range []string{"", "AB", strings.Repeat("zz", 32), strings.Repeat("ab", 33)} {
		_, err := ParseFingerprint(text)
		require.ErrorIs(t, err, storage.ErrInvalid)
	}
}
