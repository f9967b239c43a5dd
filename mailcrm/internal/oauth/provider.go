package oauth

import (
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/storage"
)

// The providers of whom we know the endpoints.
const (
	Google    = "google"
	Microsoft = "microsoft"
)

// A Provider is where people sign in, with what it knows us as.
type Provider struct {
	Name         string
	ClientID     string
	ClientSecret seal.Secret
	AuthURL      string // where people sign in
	TokenURL     string // where codes and refresh tokens become access tokens
	RevokeURL    string // RFC 7009; empty: there is none
	Scopes       []string
	Tenant       string   // of Microsoft Entra: "common", "organizations", "consumers", a domain or an id
	BasicAuth    bool     // the client says who it is in a header, not in the form (RFC 6749 §2.3.1)
	Servers      []string // mail servers that a token may be shown to, a leading "." for all below; empty: any

	extra   map[string]string // of the URL
	chooses bool              // the person is asked which account, when nobody said
}

// Limits of a provider's configuration.
const (
	maxName   = 64
	maxURL    = 2000
	maxScopes = 50
)

// Complete fills in what is known of Google and Microsoft, and checks the rest. Errors are [storage.FieldError]s.
func (p Provider) Complete() (*Provider, error) {
	own := p.TokenURL != "" // its servers are its own as well
	switch p.Name {
	case Google:
		p.google(own)
	case Microsoft:
		if p.Tenant == "" {
			p.Tenant = "common"
		}
		if strings.Trim(p.Tenant, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") != "" || len(p.Tenant) > 255 {
			return nil, storage.Invalid("Tenant", "malformed", `give "common", "organizations", "consumers", or the domain or id of a tenant`)
		}
		p.microsoft(own)
	}
	switch {
	case p.Name == "" || len(p.Name) > maxName || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "":
		return nil, storage.Invalid("Name", "malformed", `a provider is named with at most 64 of a-z, 0-9, "-" and "_": "google", "microsoft", "intranet"`)
	case p.ClientID == "":
		return nil, storage.Invalid("ClientID", "required", "give the client id that the provider gave when the application was registered")
	case len(p.Scopes) == 0:
		return nil, storage.Invalid("Scopes", "required", "give the scopes that let an application read and send mail")
	case len(p.Scopes) > maxScopes || slices.ContainsFunc(p.Scopes, func(s string) bool { return !visible(s) || strings.Contains(s, " ") }):
		return nil, storage.Invalid("Scopes", "malformed", "a scope is one word, and there are 50 at most")
	}
	for _, u := range []struct {
		field, value string
		required     bool
	}{{"AuthURL", p.AuthURL, true}, {"TokenURL", p.TokenURL, true}, {"RevokeURL", p.RevokeURL, false}} {
		if u.value == "" && !u.required {
			continue
		}
		if err := CheckURL(u.field, u.value); err != nil {
			return nil, err
		}
	}
	return &p, nil
}

func (p *Provider) google(own bool) {
	p.AuthURL = orElse(p.AuthURL, "https://accounts.google.com/o/oauth2/v2/auth")
	if !own {
		p.TokenURL, p.RevokeURL = "https://oauth2.googleapis.com/token", orElse(p.RevokeURL, "https://oauth2.googleapis.com/revoke")
		if len(p.Servers) == 0 {
			p.Servers = []string{".gmail.com", ".googlemail.com"}
		}
	}
	if len(p.Scopes) == 0 {
		p.Scopes = []string{"https://mail.google.com/", "openid", "email"}
	}
	// A refresh token comes with "offline", and again only when the person consents again.
	p.extra = map[string]string{"access_type": "offline", "prompt": "consent"}
}

func (p *Provider) microsoft(own bool) {
	base := "https://login.microsoftonline.com/" + p.Tenant + "/oauth2/v2.0/"
	p.AuthURL = orElse(p.AuthURL, base+"authorize")
	if !own {
		p.TokenURL = base + "token"
		if len(p.Servers) == 0 {
			p.Servers = []string{".office365.com", ".outlook.com", ".office365.us", ".outlook.cn"}
		}
	}
	if len(p.Scopes) == 0 {
		p.Scopes = []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access", "openid", "profile", "email"}
	}
	p.chooses = true // whoever is signed in to Windows is not always who is meant: a shared mailbox has several delegates
}

// Identifies says whether the provider tells who signed in.
func (p *Provider) Identifies() bool { return slices.Contains(p.Scopes, "openid") }

// Serves says whether a token may be shown to a mail server of this name.
func (p *Provider) Serves(host string) bool {
	if len(p.Servers) == 0 {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return slices.ContainsFunc(p.Servers, func(s string) bool {
		s = strings.ToLower(s)
		return s == host || strings.HasPrefix(s, ".") && strings.HasSuffix(host, s)
	})
}

// CheckURL says whether a URL may carry what OAuth carries: https, or http to a loopback address (RFC 8252 §7.3), without a fragment (RFC 6749 §3.1) and
// without a user.
func CheckURL(field, text string) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return storage.Invalid(field, "required", "give a whole URL, like https://crm.example.com/mail/signed-in")
	case err != nil || len(text) > maxURL || u.Host == "" || u.Fragment != "" || u.User != nil || !visible(text):
		return storage.Invalid(field, "malformed", "give a whole URL without a fragment, of at most 2,000 characters, like https://crm.example.com/mail/signed-in")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return storage.Invalid(field, "not_https", "give a URL that begins with https://: what it carries opens a mailbox")
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// missingScopes are those that were asked for and not granted. Who signs in may untick what he does not want to give (Google), and then no mail can be read.
// Scopes that only describe the sign-in are never listed by some, and Microsoft answers with another spelling of the resource, so only the last word counts.
func missingScopes(asked, granted []string) (missing []string) {
	if len(granted) == 0 {
		return nil
	}
	have := map[string]bool{}
	for _, s := range granted {
		have[scopeWord(s)] = true
	}
	for _, s := range asked {
		switch s {
		case "openid", "email", "profile", "offline_access":
		default:
			if !have[scopeWord(s)] {
				missing = append(missing, s)
			}
		}
	}
	return missing
}

func scopeWord(scope string) string {
	scope = strings.ToLower(scope)
	if u, err := url.Parse(scope); err == nil && u.Host != "" && strings.Trim(u.Path, "/") != "" {
		return path.Base(u.Path)
	}
	return strings.TrimSuffix(scope, "/")
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
