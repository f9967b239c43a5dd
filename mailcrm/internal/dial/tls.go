package dial

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"net"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// TLSConfig says whom to trust at the other end.
type TLSConfig struct {
	// ServerName is the name or address that was dialled: it must be in the certificate. Required unless PinSHA256 is set.
	ServerName string
	// RootCAs are the authorities that are trusted. Defaults to those of the system.
	RootCAs *x509.CertPool
	// PinSHA256 is the SHA-256 of the one certificate that is accepted, in DER: what `openssl x509 -fingerprint -sha256` prints and
	// browsers show, so that a person can compare it with what the server's operator sees. With a pin, authority, name and dates do not
	// matter any more, because a person vouched for exactly this certificate; another one, even a perfect one, is tls.pin_changed, so that
	// a renewal is seen once. 32 bytes; defaults to no pin.
	PinSHA256 []byte
	// Certificate is ours, shown to a server that asks for one. Defaults to none.
	Certificate *tls.Certificate
	// NextProtos is offered by ALPN (RFC 7301). Defaults to none, which every mail server understands.
	NextProtos []string
}

// TLS makes conn a verified TLS connection, version 1.2 or newer, within the handshake timeout and the context. It owns conn: on an error
// conn is closed. The deadlines of conn are cleared afterwards.
func (d *Dialer) TLS(ctx context.Context, conn net.Conn, cfg TLSConfig) (*tls.Conn, error) {
	config, err := clientConfig(cfg)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	limit, cancel := context.WithTimeout(ctx, orDefault(d.HandshakeTimeout, DefaultHandshakeTimeout))
	defer cancel()
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(limit); err != nil {
		_ = conn.Close()
		return nil, classifyTLS(ctx, err, cfg.ServerName)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		_ = conn.Close()
		return nil, classifyTLS(ctx, err, cfg.ServerName)
	}
	return secured, nil
}

func clientConfig(cfg TLSConfig) (*tls.Config, error) {
	name, err := ASCIIHost(cfg.ServerName)
	if err != nil || (name == "" && len(cfg.PinSHA256) == 0) {
		return nil, storage.Invalid("ServerName", "required", "state the name of the server whose certificate is to be checked")
	}
	config := &tls.Config{
		MinVersion: tls.VersionTLS12,
		ServerName: name,
		RootCAs:    cfg.RootCAs,
		NextProtos: cfg.NextProtos,
	}
	if mine := cfg.Certificate; mine != nil {
		// Whatever authorities the server names: those lists are long out of date, and this is the certificate that the account has.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return mine, nil }
	}
	switch len(cfg.PinSHA256) {
	case 0:
	case sha256.Size:
		pin := bytes.Clone(cfg.PinSHA256)
		// The library's own verification cannot be told to accept one certificate; it is replaced, not dropped.
		config.InsecureSkipVerify = true
		config.VerifyConnection = func(state tls.ConnectionState) error { return checkPin(state, pin) }
	default:
		return nil, storage.Invalid("PinSHA256", "length", "a pin is the SHA-256 fingerprint of a certificate, 32 bytes")
	}
	return config, nil
}

// checkPin also holds in TLS 1.2 and 1.3 alike: both prove possession of the leaf's key before the handshake ends.
func checkPin(state tls.ConnectionState, pin []byte) error {
	if len(state.PeerCertificates) == 0 {
		return &pinError{}
	}
	leaf := state.PeerCertificates[0]
	if got := sha256.Sum256(leaf.Raw); bytes.Equal(got[:], pin) {
		return nil
	}
	return &pinError{leaf: leaf}
}

// pinError says that the server showed another certificate than the pinned one.
type pinError struct{ leaf *x509.Certificate }

func (*pinError) Error() string { return "another certificate than the pinned one" }
