package mailcrm

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/mailcrm/sdk/mailcrm/internal/oauth"
	"github.com/mailcrm/sdk/storage"
)

// The providers whose endpoints, scopes and servers mailcrm knows. See docs/google.md and docs/microsoft.md.
const (
	Google    = oauth.Google
	Microsoft = oauth.Microsoft
)

// An OAuthProvider is where people sign in instead of giving a password (OAuth 2.0, RFC 6749), with what it knows the CRM as. For [Google] and [Microsoft] the
// client's id and secret are enough; any other needs the rest as well.
type OAuthProvider struct {
	// Name is Google, Microsoft, or a name of the host's own: at most 64 of a-z, 0-9, "-", "_". Logins are kept under it: do not rename it. Required.
	Name string
	// ClientID and ClientSecret are what the provider gave when the CRM was registered there. The id is required.
	ClientID     string
	ClientSecret Secret
	// AuthURL is where people sign in, TokenURL where codes become tokens, RevokeURL where a token is given back (RFC 7009). https, or http to a loopback
	// address that Network allows. Default to those of Google and Microsoft, which has no RevokeURL.
	AuthURL, TokenURL, RevokeURL string
	// Scopes are what is asked for. Default to mail, and who it is ("openid"), at Google and Microsoft. With "openid" the provider says as whom a person signed in;
	// without it, LoginInput.Hint must.
	Scopes []string
	// Tenant is Microsoft's: "common" (everybody), "organizations" (no private accounts), "consumers" (only these), or the domain or id of one organisation.
	// Defaults to "common".
	Tenant string
	// BasicAuth says who the CRM is in a header instead of the form (RFC 6749 §2.3.1). Defaults to false.
	BasicAuth bool
	// Servers are the mail servers that may see a token: names, or with a leading "." all names below. Default to those of Google and Microsoft where TokenURL
	// is theirs; else to all that people name.
	Servers []string
}

// providers checks Config.OAuth.
func (c *Config) providers() (map[string]*oauth.Provider, error) {
	out := make(map[string]*oauth.Provider, len(c.OAuth))
	for i, p := range c.OAuth {
		whole, err := oauth.Provider{
			Name: p.Name, ClientID: p.ClientID, ClientSecret: p.ClientSecret, AuthURL: p.AuthURL, TokenURL: p.TokenURL, RevokeURL: p.RevokeURL,
			Scopes: slices.Clone(p.Scopes), Tenant: p.Tenant, BasicAuth: p.BasicAuth, Servers: slices.Clone(p.Servers),
		}.Complete()
		var fault *storage.FieldError
		switch {
		case errors.As(err, &fault):
			return nil, storage.Invalid(fmt.Sprintf("OAuth[%d].%s", i, fault.Field), fault.Code, fault.Reason)
		case err != nil:
			return nil, err
		case out[p.Name] != nil:
			return nil, storage.Invalid(fmt.Sprintf("OAuth[%d].Name", i), "duplicate", fmt.Sprintf("there are two providers of the name %q", p.Name))
		}
		out[p.Name] = whole
	}
	return out, nil
}

// oauthPorts are those of the providers: the host named them, so they may be dialled.
func oauthPorts(providers map[string]*oauth.Provider) []int {
	ports := []int{443}
	for _, p := range providers {
		for _, text := range []string{p.TokenURL, p.RevokeURL} {
			u, err := url.Parse(text)
			if err != nil {
				continue
			}
			port, err := strconv.Atoi(u.Port())
			if err != nil && u.Scheme == "http" {
				port = 80
			}
			if port > 0 && !slices.Contains(ports, port) {
				ports = append(ports, port)
			}
		}
	}
	return ports
}
