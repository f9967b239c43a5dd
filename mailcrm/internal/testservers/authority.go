package testservers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Certificate says which certificate a server shows.
type Certificate string

// The certificates an [Authority] can make. Only Trusted passes verification
// against its pool.
const (
	Trusted    Certificate = ""           // for localhost, mail.test.example, 127.0.0.1, 127.0.0.2 and ::1; valid for a day
	Expired    Certificate = "expired"    // as Trusted, but ended an hour ago
	SelfSigned Certificate = "selfsigned" // as Trusted, but signed by its own key
	WrongName  Certificate = "wrongname"  // signed by the authority for elsewhere.example
)

// Authority is a certification authority that lives as long as a test.
type Authority struct {
	// Pool trusts this authority alone.
	Pool *x509.CertPool
	// PEM is the authority's certificate, to be written where a program
	// wants a file of trusted certificates.
	PEM []byte

	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes a key (ECDSA P-256) and a certificate that is valid from
// a day ago until tomorrow.
func NewAuthority() (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a certification authority: %w", err)
	}
	template := draft("mailcrm test authority")
	template.NotBefore = time.Now().Add(-48 * time.Hour)
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making a certification authority: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("making a certification authority: %w", err)
	}
	a := &Authority{Pool: x509.NewCertPool(), cert: cert, key: key}
	a.Pool.AddCert(cert)
	a.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a, nil
}

// Issue makes a server certificate of the given kind, with its private key,
// for scripted servers of tests.
func (a *Authority) Issue(kind Certificate) (tls.Certificate, error) {
	chain, key, err := a.issue(kind)
	if err != nil {
		return tls.Certificate{}, err
	}
	cert, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a server certificate: %w", err)
	}
	return cert, nil
}

// IssueClient makes a certificate with which somebody logs in: its common name
// is a user's address. It is valid for a day, or, where expired is true, ended
// an hour ago.
func (a *Authority) IssueClient(address string, expired bool) (tls.Certificate, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a client certificate: %w", err)
	}
	template := draft(address)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if expired {
		template.NotAfter = time.Now().Add(-time.Hour)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, private.Public(), a.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a client certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, nil
}

// issue makes a certificate chain and its key in PEM.
func (a *Authority) issue(kind Certificate) (chain, key []byte, err error) {
	fail := func(err error) ([]byte, []byte, error) {
		return nil, nil, fmt.Errorf("making a server certificate: %w", err)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fail(err)
	}
	template := draft("localhost")
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.DNSNames = []string{"localhost", "mail." + Domain}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(127, 0, 0, 2), net.IPv6loopback}
	parent, signer := a.cert, a.key
	switch kind {
	case Trusted:
	case Expired:
		template.NotAfter = time.Now().Add(-time.Hour)
	case SelfSigned:
		parent, signer = template, private
	case WrongName:
		template.DNSNames, template.IPAddresses = []string{"elsewhere.example"}, nil
	default:
		return fail(fmt.Errorf("unknown kind %q", kind))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, private.Public(), signer)
	if err != nil {
		return fail(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fail(err)
	}
	chain = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	return chain, key, nil
}

// draft is what all our certificates have in common.
func draft(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-24 * time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
}

// write puts the authority (ca.pem) and a server certificate of the given kind
// (cert.pem, key.pem) into a folder.
func (a *Authority) write(folder string, kind Certificate) error {
	chain, key, err := a.issue(kind)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("writing certificates: %w", err)
	}
	for name, text := range map[string][]byte{"ca.pem": a.PEM, "cert.pem": chain, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return fmt.Errorf("writing certificates: %w", err)
		}
	}
	return nil
}
