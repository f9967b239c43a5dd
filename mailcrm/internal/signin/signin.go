// Package signin is how an account proves to a mail server who it is: the mechanisms of SASL (RFC 4422), for IMAP and SMTP alike.
//
//	exchange, err := cred.Choose([]string{"PLAIN", "SCRAM-SHA-256"}, "mail.example", 993)
//
// A [Credential] is what the account has: a password, a token or a certificate. [Credential.Choose] takes the strongest mechanism that the server
// offers, that the credential can serve and that nobody switched off. The [Exchange] it returns says what to send and judges what comes back; the
// rooms that own a connection (imapconn, submit) carry its bytes. Nothing here knows a connection, a store or a clock.
//
// # The order
//
// A certificate alone means EXTERNAL (RFC 4422 appendix A). A token means OAUTHBEARER (RFC 7628), or else XOAUTH2, which is the same with fewer words. A
// password means SCRAM (RFC 5802, RFC 7677), with SHA-256 before SHA-1; then PLAIN (RFC 4616), then LOGIN. IMAP's LOGIN command is last, and imapconn's own.
// CRAM-MD5, DIGEST-MD5, NTLM and GSSAPI are never used: the first three can be guessed off line by whoever listens, or say more than they need to, and behind TLS
// they protect nothing that PLAIN does not; the fourth needs a realm. An error says what the server offers and what was switched off.
//
// # What SCRAM is worth
//
// The server does not get the password, and must prove that it knows it: an answer without that proof is [Unproven], however friendly it is. The work that a
// server may ask for is bounded both ways, [MinIterations] and [MaxIterations].
//
// SCRAM bound to the TLS connection (-PLUS, RFC 5056) is not used. IMAP and SMTP have no way to say which binding a server means. On TLS 1.3 there is one that is
// defined, tls-exporter (RFC 9266), but Cyrus 3.6 offers -PLUS there and means tls-unique, and whoever binds in another way than it does hears "authentication
// failure" and nothing else: good accounts would fail with right passwords. What is lost is small: the connection is TLS with a verified or pinned certificate
// anyway, and who could stand in the middle of it could as well offer PLAIN alone.
//
// A refused SCRAM is the end of this login. It is not followed by PLAIN: that would hand the password to somebody who has just failed to show that he
// knows it, and servers count each try. There are servers that offer SCRAM and keep no verifier for it (their passwords are stored as hashes of another
// kind). They refuse before they send a challenge, when no proof has been sent yet, and that is a reason of its own, [NoVerifier]: what people read then says
// to look at the user name, and to switch SCRAM off for this account ([Credential].Disabled), which is a decision, and theirs.
//
// # What a token's refusal says
//
// Servers tell why in JSON (RFC 7628 §3.2.2), and then want an answer before they refuse. They do not tell an expired token from a revoked one, nor from
// nonsense: RFC 6750 §3.1 has one word for all, invalid_token, and Google one number. So [TokenExpired] means that another token may help: whoever holds the
// refresh token renews once, and a refusal of the new one is final. What no token would help against (a scope that is missing) is [Refused].
//
// # Secrets
//
// A server may repeat what it was told, and its words end in errors and rows. [Credential.Echoed] knows a secret again in every spelling in which it can come
// back.
//
// Look elsewhere for where tokens come from (oauth), how secrets are kept (seal), and what a refusal means for an account (package mailcrm).
package signin

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
)

// Limits.
const (
	MaxChallenge  = 64 << 10  // bytes of one challenge, decoded
	MaxRounds     = 10        // challenges of one exchange; SCRAM has two, LOGIN two
	MinIterations = 4096      // of PBKDF2, RFC 5802 §5.1
	MaxIterations = 1_000_000 // about a fifth of a second
	MaxName       = 1000      // bytes of a user name
	MaxPassword   = 1000      // bytes
	MaxToken      = 16 << 10  // bytes
)

// A Credential is how an account proves who it is.
type Credential struct {
	// Username is the name to log in with. Required, but for a certificate.
	Username string
	// AuthorizeAs is whose mailbox it is to be (the authorization identity of RFC 4616); "" is the same as Username. Mechanisms that cannot say it are not
	// used then.
	AuthorizeAs string
	Password    seal.Secret
	// Token is an access token of OAuth 2.0 (RFC 6750). When it is set, only OAUTHBEARER (RFC 7628) and XOAUTH2 are used.
	Token seal.Secret
	// Disabled are mechanisms that must not be used, in upper case. "LOGIN" is also IMAP's LOGIN command.
	Disabled []string
	// Certificate is shown in the TLS handshake. With neither password nor token the mechanism is EXTERNAL.
	Certificate *tls.Certificate
}

// WithPassword is a Credential as most are.
func WithPassword(username string, password seal.Secret) Credential {
	return Credential{Username: username, Password: password}
}

// IsZero reports whether there is nothing to log in with.
func (c Credential) IsZero() bool {
	return c.Password.IsZero() && c.Token.IsZero() && c.Certificate == nil
}

// Check says what is wrong with c, as a Failure, before anything is sent. Control characters have no place in SASL's messages: NUL ends a field of PLAIN, ^A
// one of OAUTHBEARER, and a line end would be a command of its own.
func (c Credential) Check() error {
	switch {
	case c.IsZero():
		return fail(Unusable, "there is neither a password, nor a token, nor a certificate")
	case c.Username == "" && (c.Certificate == nil || !c.Password.IsZero() || !c.Token.IsZero()):
		return fail(Unusable, "there is no user name")
	case controls(c.Username) || controls(c.AuthorizeAs):
		return fail(Unusable, "a user name has no control characters")
	case controls(c.Password.Reveal()):
		return fail(Unusable, "a password has no control characters")
	case len(c.Username) > MaxName || len(c.AuthorizeAs) > MaxName:
		return fail(Unusable, "the user name is too long")
	case len(c.Password.Reveal()) > MaxPassword:
		return fail(Unusable, "the password is too long")
	case len(c.Token.Reveal()) > MaxToken:
		return fail(Unusable, "the token is too long")
	case strings.ContainsFunc(c.Token.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }):
		return fail(Unusable, "a token is printable ASCII (RFC 6750 §2.1)")
	}
	return nil
}

func controls(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// other is the authorization identity where it differs from who logs in.
func (c Credential) other() string {
	if c.AuthorizeAs == c.Username {
		return ""
	}
	return c.AuthorizeAs
}

const redacted = "[redacted]"

// Format hides all of c from every verb of fmt.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue hides it from slog.
func (c Credential) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON hides it, above all the certificate's key.
func (c Credential) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }
