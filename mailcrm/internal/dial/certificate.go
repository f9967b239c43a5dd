package dial

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"time"
	"unicode"

	"github.com/mailcrm/sdk/storage"
)

// A CertificateError is a certificate that was refused, with what a person needs to decide whether to pin it. All texts come from the
// certificate, that is from whoever answered: they are cut to 200 bytes, at most 20 names, without control characters.
type CertificateError struct {
	SHA256    [sha256.Size]byte // of the leaf in DER; what TLSConfig.PinSHA256 wants
	Subject   string
	Issuer    string
	Names     []string // DNS names and IP addresses
	NotBefore time.Time
	NotAfter  time.Time
	Err       error // of package crypto/x509; nil when a pin did not match
}

func (e *CertificateError) Error() string { return "certificate refused, SHA-256 " + e.Fingerprint() }

// Unwrap makes a CertificateError an ErrUnavailable and what crypto/x509 said.
func (e *CertificateError) Unwrap() []error {
	if e.Err == nil {
		return []error{storage.ErrUnavailable}
	}
	return []error{storage.ErrUnavailable, e.Err}
}

// Fingerprint is the SHA-256 as people read it: "AB:CD:…", 95 characters.
func (e *CertificateError) Fingerprint() string {
	text := strings.ToUpper(hex.EncodeToString(e.SHA256[:]))
	var b strings.Builder
	for i := 0; i < len(text); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(text[i : i+2])
	}
	return b.String()
}

// ParseFingerprint reads a SHA-256 fingerprint in hexadecimal, with or without colons and spaces, in either case. An error is ErrInvalid.
func ParseFingerprint(text string) ([]byte, error) {
	pin, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "").Replace(text))
	if err != nil || len(pin) != sha256.Size {
		return nil, storage.Invalid("PinSHA256", "bad_fingerprint", "a fingerprint is 64 hexadecimal digits, SHA-256")
	}
	return pin, nil
}

func refuseCertificate(code string, leaf *x509.Certificate, why error) error {
	e := &CertificateError{
		SHA256:    sha256.Sum256(leaf.Raw),
		Subject:   printable(leaf.Subject.String()),
		Issuer:    printable(leaf.Issuer.String()),
		NotBefore: leaf.NotBefore,
		NotAfter:  leaf.NotAfter,
		Err:       why,
	}
	for _, name := range leaf.DNSNames {
		e.Names = append(e.Names, printable(name))
	}
	for _, ip := range leaf.IPAddresses {
		e.Names = append(e.Names, ip.String())
	}
	e.Names = e.Names[:min(len(e.Names), 20)]
	return &storage.Cause{Code: code, Err: e}
}

// classifyTLS turns the error of a handshake into one of the codes of this package.
func classifyTLS(ctx context.Context, err error, name string) error {
	var pin *pinError
	if errors.As(err, &pin) && pin.leaf != nil {
		return refuseCertificate("tls.pin_changed", pin.leaf, nil)
	}
	var bad *tls.CertificateVerificationError
	if errors.As(err, &bad) && len(bad.UnverifiedCertificates) > 0 {
		return refuseCertificate(certificateCode(bad.Err), bad.UnverifiedCertificates[0], bad.Err)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return &storage.Cause{Code: "dial.cancelled", Err: &storage.TemporaryError{Err: context.Cause(ctx)}}
	}
	if ours := OurCertificate(err); ours != nil {
		return ours
	}
	var (
		record tls.RecordHeaderError
		alert  tls.AlertError
		local  *net.OpError
	)
	switch {
	case errors.As(err, &record):
		return &storage.Cause{Code: "tls.handshake", Detail: name + " does not speak TLS on this port", Err: storage.ErrUnavailable}
	case errors.As(err, &alert), errors.As(err, &local) && (local.Op == "remote error" || local.Op == "local error"):
		return &storage.Cause{Code: "tls.handshake", Detail: printable(err.Error()), Err: storage.ErrUnavailable}
	case isNetwork(err):
		return &storage.Cause{Code: "tls.handshake", Detail: name + " broke the handshake off or kept silent", Err: storage.ErrTemporary}
	}
	return &storage.Cause{Code: "tls.handshake", Detail: printable(err.Error()), Err: storage.ErrUnavailable}
}

func certificateCode(err error) string {
	var (
		invalid x509.CertificateInvalidError
		host    x509.HostnameError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "tls.expired"
	case errors.As(err, &host):
		return "tls.name"
	}
	return "tls.untrusted"
}

// printable makes foreign text one line of at most 200 bytes.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "")
	}
	return text
}

// isNetwork says whether the other end went away or kept silent.
func isNetwork(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, net.ErrClosed) || errors.As(err, &network)
}
