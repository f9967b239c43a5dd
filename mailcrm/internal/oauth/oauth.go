// Package oauth signs people in at a provider (RFC 6749) and keeps access tokens fresh, so that an account needs no password.
//
// # Signing in
//
// The flow is the authorization code with PKCE, method S256 (RFC 7636), and nothing else. [Provider.URL] is where the person goes; it holds no secret: the
// client's id, the scopes, a state that says nothing, and the hash of a verifier that stays here. The code that comes back is worth something only together with
// that verifier, in [Client.Exchange]. Who signed in is read from the id token (OpenID Connect Core §3.1.3.7), which is believed because it comes over TLS
// from the token endpoint itself; without one it is the address that the person gave. Servers check it again: a token opens only the mailboxes of whom it is for.
//
// # Keeping a login alive
//
// An access token lives in memory only, for about an hour. [Tokens] gets a new one with the refresh token, which is kept sealed in a [Vault]. Many providers
// give a new refresh token each time (rotation, RFC 9700 §4.14) and some revoke everything when an old one is seen again, so a refresh token must be used
// once, whoever wants a token:
//
//   - in a process the first who asks goes, and the others wait for him;
//   - among processes one claims the login in the vault, for [ClaimFor], and the others look again;
//   - the new refresh token is saved in one transaction before the new access token is used. When it cannot be saved (the data base is away), it stays in memory
//     and is saved at the next try;
//   - once begun, a refresh is brought to its end even when the caller goes away.
//
// What cannot be closed is the moment between the provider's answer and our commit: a process that dies there takes the new refresh token with it. Google does
// not rotate and Microsoft leaves the old token valid, so nothing happens there; with a provider that does neither, the person must sign in again, and is told so.
//
// # What a failure means
//
// A provider that says no for good (invalid_grant and its kin) ends the login: it is marked revoked in the vault and never asked again until the person
// signs in again. A provider that is away, busy or misconfigured (5xx, 429, a client secret that ran out) never ends it: the login waits, from 15 s to 15 min,
// or as long as the provider asks (Retry-After), and all accounts that use it wait together.
//
// # Connections
//
// Everything goes through package dial: guarded addresses, TLS with verified certificates. There is no proxy from the environment, no redirect is followed, an
// answer has 64 KiB at most, and 20 s to come.
//
// # Codes
//
//	oauth.revoked               the provider does not accept the login any more        ErrAuth
//	oauth.interaction_required  the provider wants to see the person                   ErrAuth
//	oauth.admin_consent         the organisation's administrator must agree first      ErrAuth
//	oauth.policy                a rule of the organisation forbids it                  ErrAuth
//	oauth.denied                the person, or the provider's page, said no            ErrAuth
//	oauth.scope_missing         the person did not allow what mail needs               ErrAuth
//	oauth.code_refused          the code is used, too old, or not for this sign-in     ErrInvalid
//	oauth.no_subject            nobody said as whom this is                            ErrInvalid
//	oauth.client_refused        the provider does not know us: client id or secret     ErrUnavailable
//	oauth.refused               the provider refuses what we ask: scopes, redirect     ErrUnavailable
//	oauth.no_refresh_token      the provider gave none, so the login would not last    ErrUnavailable
//	oauth.answer                an answer that cannot be read                          ErrUnavailable
//	oauth.no_provider           the login's provider is not configured any more        ErrUnavailable
//	oauth.unavailable           the provider is away, busy, or asks for patience       ErrTemporary
//
// Not here: how a token is shown to a mail server (signin), who may sign in and which accounts use a login (package mailcrm).
package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/storage"
)

// Limits of what is asked and answered.
const (
	Timeout   = 20 * time.Second // for one request, from the look-up of the name to the end of the answer
	MaxAnswer = 64 << 10         // bytes of an answer
	maxCode   = 16 << 10         // bytes of an authorization code; those of Microsoft have up to 2,000
	maxToken  = 16 << 10         // bytes: what signin takes
	unstated  = 10 * time.Minute // lifetime of an access token of which none is stated (RFC 6749 §5.1 only recommends it)
	longest   = 24 * time.Hour   // that is believed
)

// A Client talks to token endpoints. It may be used by several goroutines.
type Client struct{ http *http.Client }

// New makes a client that dials with d and believes roots (nil: the system's).
func New(d *dial.Dialer, roots *x509.CertPool) *Client { return &Client{http: httpClient(d, roots)} }

// An Answer is what a token endpoint gave.
type Answer struct {
	Access  seal.Secret
	Expires time.Duration // from now
	Refresh seal.Secret   // the one to use next: a new one, or that which was used
	Scopes  []string      // that were granted; those that were asked for when it does not say
	// Who signed in, from the id token of [Client.Exchange]; "" when there is none.
	Subject   string // an address, or what the provider calls an address
	Principal string // issuer and subject: stays when a person is renamed
}

// NewState makes a state for a sign-in: what the browser carries, 32 bytes of chance, and the name under which it is kept here.
func NewState() (state, name string) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	state = base64.RawURLEncoding.EncodeToString(b[:])
	return state, StateName(state)
}

// StateName is the name under which a state is kept: its hash, so that the store does not hold what the browser carries.
func StateName(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:])
}

// NewVerifier makes a verifier for PKCE (RFC 7636 §4.1): 32 bytes of chance.
func NewVerifier() seal.Secret { return seal.NewSecret(oauth2.GenerateVerifier()) }

// A Start is a sign-in that begins.
type Start struct {
	State    string
	Verifier seal.Secret // only its hash goes into the URL
	Redirect string      // where the provider sends the browser back to
	Hint     string      // an address, so that the person need not type it again; may be empty
}

// URL is where the person signs in.
func (p *Provider) URL(s Start) string {
	opts := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(s.Verifier.Reveal())}
	for key, value := range p.extra {
		opts = append(opts, oauth2.SetAuthURLParam(key, value))
	}
	switch {
	case s.Hint != "":
		opts = append(opts, oauth2.SetAuthURLParam("login_hint", s.Hint))
	case p.chooses:
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	return p.config(s.Redirect).AuthCodeURL(s.State, opts...)
}

// Exchange turns a code into tokens. Errors have the codes of this package or of package dial.
func (c *Client) Exchange(ctx context.Context, p *Provider, code, redirect string, verifier seal.Secret) (*Answer, error) {
	if code == "" || len(code) > maxCode {
		return nil, &storage.Cause{Code: "oauth.code_refused", Detail: "a code that is none", Err: storage.ErrInvalid}
	}
	token, err := p.config(redirect).Exchange(c.carry(ctx), code, oauth2.VerifierOption(verifier.Reveal()))
	if err != nil {
		return nil, classify(ctx, err, exchanging, code, verifier.Reveal(), p.ClientSecret.Reveal())
	}
	answer, err := p.answer(token)
	if err != nil {
		return nil, err
	}
	if answer.Refresh.IsZero() {
		return nil, &storage.Cause{Code: "oauth.no_refresh_token", Err: storage.ErrUnavailable}
	}
	if missing := missingScopes(p.Scopes, answer.Scopes); len(missing) > 0 {
		return nil, &storage.Cause{Code: "oauth.scope_missing", Detail: oneLine(strings.Join(missing, " ")), Err: storage.ErrAuth}
	}
	if raw, ok := token.Extra("id_token").(string); ok && raw != "" {
		if answer.Subject, answer.Principal, err = identity(raw, p.ClientID); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// Refresh turns a refresh token into an access token. It asks once.
func (c *Client) Refresh(ctx context.Context, p *Provider, refresh seal.Secret) (*Answer, error) {
	source := p.config("").TokenSource(c.carry(ctx), &oauth2.Token{RefreshToken: refresh.Reveal()})
	token, err := source.Token()
	if err != nil {
		return nil, classify(ctx, err, refreshing, refresh.Reveal(), p.ClientSecret.Reveal())
	}
	return p.answer(token)
}

// Revoke tells the provider that a refresh token is not wanted any more (RFC 7009), where it has a place for that.
func (c *Client) Revoke(ctx context.Context, p *Provider, refresh seal.Secret) error {
	if p.RevokeURL == "" {
		return nil
	}
	form := url.Values{"token": {refresh.Reveal()}, "token_type_hint": {"refresh_token"}}
	if !p.BasicAuth {
		form.Set("client_id", p.ClientID)
		form.Set("client_secret", p.ClientSecret.Reveal())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.RevokeURL, strings.NewReader(form.Encode()))
	if err != nil {
		return &storage.Cause{Code: "oauth.refused", Err: storage.ErrUnavailable}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p.BasicAuth {
		req.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.ClientSecret.Reveal()))
	}
	res, err := c.http.Do(req)
	if err != nil {
		return classify(ctx, err, refreshing)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return &storage.Cause{Code: "oauth.refused", Detail: res.Status, Err: storage.ErrUnavailable}
	}
	return nil
}

// carry hands our HTTP client to the library.
func (c *Client) carry(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, c.http)
}

// config is the provider as the library wants it. The way in which the client says who it is is fixed: the library would find it out by asking twice, and the
// second time a rotated token is an old one.
func (p *Provider) config(redirect string) *oauth2.Config {
	style := oauth2.AuthStyleInParams
	if p.BasicAuth {
		style = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret.Reveal(), RedirectURL: redirect, Scopes: p.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: p.AuthURL, TokenURL: p.TokenURL, AuthStyle: style},
	}
}

// answer reads what the library understood.
func (p *Provider) answer(token *oauth2.Token) (*Answer, error) {
	if len(token.AccessToken) > maxToken || len(token.RefreshToken) > maxToken || !visible(token.AccessToken) || !strings.EqualFold(token.Type(), "Bearer") {
		return nil, unreadable("a token that cannot be one")
	}
	a := &Answer{Access: seal.NewSecret(token.AccessToken), Expires: unstated, Scopes: p.Scopes}
	if token.RefreshToken != "" {
		a.Refresh = seal.NewSecret(token.RefreshToken)
	}
	switch {
	case token.ExpiresIn > 0:
		a.Expires = time.Duration(token.ExpiresIn) * time.Second
	case !token.Expiry.IsZero():
		a.Expires = time.Until(token.Expiry)
	}
	a.Expires = min(max(a.Expires, 0), longest)
	if granted, ok := token.Extra("scope").(string); ok && granted != "" {
		a.Scopes = strings.Fields(granted)
	}
	return a, nil
}

// visible says whether a token has only the characters of one (RFC 6749 §A.12), so that none can end a line of IMAP or SMTP.
func visible(token string) bool {
	return token != "" && strings.IndexFunc(token, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}
