package oauth

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// maxSubject is the most bytes of an address.
const maxSubject = 255

// An audience is one name or several (RFC 7519 §4.1.3).
type audience []string

// UnmarshalJSON reads both forms.
func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// identity is who an id token is about. Its signature is not checked: it came from the token endpoint itself, over TLS (OpenID Connect Core §3.1.3.7, 6).
// Microsoft's e-mail claim is whatever an administrator wrote, and its preferred_username what the person signs in with: that one goes first.
func identity(token, client string) (subject, principal string, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", "", unreadable("an id token that is none")
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return "", "", unreadable("an id token that is not base64")
	}
	var claims struct {
		Issuer    string   `json:"iss"`
		Subject   string   `json:"sub"`
		Audience  audience `json:"aud"`
		Preferred string   `json:"preferred_username"`
		UPN       string   `json:"upn"`
		Email     string   `json:"email"`
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		return "", "", unreadable("an id token that is not JSON")
	}
	if !slices.Contains(claims.Audience, client) {
		return "", "", unreadable("an id token for somebody else")
	}
	for _, name := range []string{claims.Preferred, claims.UPN, claims.Email} {
		if strings.Contains(name, "@") && len(name) <= maxSubject && !hasControl(name) {
			subject = name
			break
		}
	}
	if claims.Subject != "" && len(claims.Issuer)+len(claims.Subject) <= 2*maxSubject {
		principal = claims.Issuer + " " + claims.Subject
	}
	return subject, principal, nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func unreadable(why string) error {
	return &storage.Cause{Code: "oauth.answer", Detail: why, Err: storage.ErrUnavailable}
}
