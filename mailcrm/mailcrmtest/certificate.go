package mailcrmtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// A Certificate says what is wrong with the certificate that a [Server] shows.
type Certificate int

const (
	// ValidCertificate is signed by the authority in [Server.Roots], for 127.0.0.1, ::1, localhost and the server's
	// domain.
	ValidCertificate Certificate = iota
	// ExpiredCertificate ended an hour ago.
	ExpiredCertificate
	// SelfSignedCertificate is signed by nobody that [Server.Roots] holds.
	SelfSignedCertificate
	// OtherNameCertificate is signed by the authority, for mail.elsewhere.example only.
	OtherNameCertificate
)

// credentials are the authority and the certificate of one server.
type credentials struct {
	roots       *x509.CertPool
	rootsPEM    []byte
	config      *tls.Config
	fingerprint string
}

// issue makes them. Validity is measured with the machine's clock, not the server's Now, because crypto/tls does.
func issue(kind Certificate, domain string) (*credentials, error) {
	now := time.Now()
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the authority's key: %w", err)
	}
	authority := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "mailcrmtest authority"},
		NotBefore:             now.Add(-48 * time.Hour),
		NotAfter:              now.Add(30 * 24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return nil, fmt.Errorf("signing the authority: %w", err)
	}
	authority, err = x509.ParseCertificate(authorityDER)
	if err != nil {
		return nil, fmt.Errorf("reading the authority: %w", err)
	}

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the server's key: %w", err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: domain},
		NotBefore:    now.Add(-24 * time.Hour),
		NotAfter:     now.Add(30 * 24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost", domain},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	parent, signer := authority, authorityKey
	switch kind {
	case ExpiredCertificate:
		leaf.NotAfter = now.Add(-time.Hour)
	case OtherNameCertificate:
		leaf.DNSNames, leaf.IPAddresses = []string{"mail.elsewhere.example"}, nil
	case SelfSignedCertificate:
		parent, signer = leaf, key
	case ValidCertificate:
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, parent, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("signing the server's certificate: %w", err)
	}

	c := &credentials{
		roots:    x509.NewCertPool(),
		rootsPEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authorityDER}),
		config: &tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		},
	}
	c.roots.AddCert(authority)
	sum := sha256.Sum256(der)
	c.fingerprint = hex.EncodeToString(sum[:])
	return c, nil
}
