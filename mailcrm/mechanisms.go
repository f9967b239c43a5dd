package mailcrm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Mechanisms are the names of ways to log in (SASL, RFC 4422) that [ServerInput].Disabled takes: those that mailcrm speaks, and those that it does not speak but
// that people are used to disabling. LOGIN stands for IMAP's LOGIN command too.
func Mechanisms() []string { return slices.Clone(mechanisms) }

// withPassword are the mechanisms that mailcrm speaks with a password.
var withPassword = []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"}

var mechanisms = append(slices.Clone(withPassword),
	"XOAUTH2", "OAUTHBEARER", "EXTERNAL", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS",
	"NTLM", "GSSAPI", "GS2-KRB5", "GSS-SPNEGO", "KERBEROS_V4", "ANONYMOUS", "OTP", "SKEY", "SRP",
)

// disable reads the mechanisms that must not be used.
func disable(field string, s *store.Server, in []string) error {
	s.Disabled = nil
	for _, name := range in {
		m := strings.ToUpper(strings.TrimSpace(name))
		switch {
		case !slices.Contains(mechanisms, m):
			return storage.Invalid(field+".Disabled", "unknown", fmt.Sprintf("%q is no way to log in; there are %s", short(name), strings.Join(mechanisms, ", ")))
		case !slices.Contains(s.Disabled, m):
			s.Disabled = append(s.Disabled, m)
		}
	}
	return nil
}

// leavesOne checks that one of the mechanisms that could be used is neither disabled nor forbidden by /secure.
func leavesOne(field string, s store.Server, usable []string) error {
	refused := s.Refused()
	for _, m := range usable {
		if !slices.Contains(refused, m) {
			return nil
		}
	}
	return storage.Invalid(field+".Disabled", "nothing_left", "every way to log in is disabled: leave one of "+strings.Join(usable, ", "))
}
