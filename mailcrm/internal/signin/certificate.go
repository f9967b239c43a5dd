package signin

import (
	"crypto/tls"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
)

// pem is how a certificate with its key begins, and no password does.
const pem = "-----BEGIN "

// IsCertificate reports whether a secret is a certificate with its private key, in PEM (RFC 7468), and no password.
func IsCertificate(secret seal.Secret) bool {
	return strings.HasPrefix(strings.TrimSpace(secret.Reveal()), pem)
}

// FromSecret is the Credential that a stored secret makes: a password, or a certificate with its private key in PEM, in any order and with the certificates that
// lead to its authority. An error, a *Failure, does not repeat anything of it.
func FromSecret(username string, secret seal.Secret) (Credential, error) {
	if !IsCertificate(secret) {
		return WithPassword(username, secret), nil
	}
	text := []byte(secret.Reveal())
	certificate, err := tls.X509KeyPair(text, text)
	if err != nil {
		return Credential{}, fail(Unusable, "the certificate cannot be read: give the certificate and its private key, unencrypted, both in PEM")
	}
	return Credential{Username: username, Certificate: &certificate}, nil
}
