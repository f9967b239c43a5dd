package testservers

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// TokenOptions shape a token server. The zero value rotates refresh tokens and
// trusts everybody who asks.
type TokenOptions struct {
	// ClientID and ClientSecret, where set, must come with each request for a
	// token, in the form or as Basic authentication.
	ClientID, ClientSecret string
	// Lifetime of an access token. Defaults to an hour.
	Lifetime time.Duration
	// KeepRefresh does not rotate refresh tokens, as Google does not.
	KeepRefresh bool
	// User is whose consent the authorization endpoint gives where the request
	// has no login_hint: an address. Defaults to alice@test.example.
	User string
	// Certificate of the https endpoints. Defaults to Trusted.
	Certificate Certificate
	// Now is the server's clock. Defaults to time.Now.
	Now func() time.Time
}

// TokenServer is an authorization server of OAuth 2.0 (RFC 6749) with PKCE
// (RFC 7636) and introspection (RFC 7662), for one process's tests. There is
// no page to click on: the authorization endpoint redirects at once, as if the
// person had agreed. Its methods may be called concurrently.
//
//	tokens := testservers.Tokens(t, nil)
//	mail := testservers.MailWith(t, &testservers.MailOptions{Tokens: tokens, Mechanisms: "plain xoauth2 oauthbearer"})
//	grant := tokens.Grant("alice@test.example")
//	tokens.Expire(grant.Access)
type TokenServer struct {
	// AuthURL, TokenURL and RevokeURL are the https endpoints.
	AuthURL, TokenURL, RevokeURL string
	// IntrospectURL is http, on loopback: Dovecot asks there.
	IntrospectURL string
	// CA trusts the https endpoints where their certificate is Trusted.
	CA *x509.CertPool

	opts           TokenOptions
	authority      *Authority
	secure, simple *httptest.Server

	mu       sync.Mutex
	codes    map[string]*consent
	access   map[string]*bearer
	refresh  map[string]*consent // tokens that are good
	spent    map[string]*consent // rotated ones
	denial   string
	answer   http.HandlerFunc
	requests []url.Values
}

// consent is what a person agreed to once.
type consent struct {
	user, client, redirect, challenge, scope string
	revoked                                  bool
}

// bearer is an access token's meaning.
type bearer struct {
	*consent
	expires time.Time
}

// Grant is a pair of tokens.
type Grant struct {
	Access, Refresh string
	Expires         time.Time
}

// Tokens starts a token server for one test. opts may be nil.
func Tokens(t testing.TB, opts *TokenOptions) *TokenServer {
	t.Helper()
	s, err := StartTokens(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// StartTokens starts a token server that the caller closes. opts may be nil.
func StartTokens(opts *TokenOptions) (*TokenServer, error) {
	s := &TokenServer{
		codes: map[string]*consent{}, access: map[string]*bearer{}, refresh: map[string]*consent{}, spent: map[string]*consent{},
	}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Lifetime == 0 {
		s.opts.Lifetime = time.Hour
	}
	if s.opts.User == "" {
		s.opts.User = "alice@" + Domain
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	authority, err := NewAuthority()
	if err != nil {
		return nil, err
	}
	certificate, err := authority.Issue(s.opts.Certificate)
	if err != nil {
		return nil, err
	}
	s.CA, s.authority = authority.Pool, authority
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /revoke", s.revoke)
	mux.HandleFunc("POST /introspect", s.introspect)
	quiet := log.New(io.Discard, "", 0) // refused certificates are what some tests are about
	s.secure, s.simple = httptest.NewUnstartedServer(mux), httptest.NewUnstartedServer(mux)
	s.secure.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	s.secure.Config.ErrorLog, s.simple.Config.ErrorLog = quiet, quiet
	s.secure.StartTLS()
	s.simple.Start()
	s.AuthURL, s.TokenURL, s.RevokeURL = s.secure.URL+"/authorize", s.secure.URL+"/token", s.secure.URL+"/revoke"
	s.IntrospectURL = s.simple.URL + "/introspect"
	return s, nil
}

// Close stops the server. It may be called twice.
func (s *TokenServer) Close() {
	s.secure.CloseClientConnections()
	s.secure.Close()
	s.simple.CloseClientConnections()
	s.simple.Close()
}

// Trust adds the server's authority to a pool, for clients that talk to other
// servers as well.
func (s *TokenServer) Trust(pool *x509.CertPool) { pool.AddCert(s.authority.cert) }

// Client is an HTTP client that trusts the server and follows no redirect. The
// caller closes its idle connections.
func (s *TokenServer) Client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.CA}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Grant makes tokens for a user, an address, without any dance.
func (s *TokenServer) Grant(user string) Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &consent{user: user, client: s.opts.ClientID, scope: "mail"}
	g := s.give(c)
	g.Refresh = s.renewable(c)
	return g
}

// Expire ends an access token now.
func (s *TokenServer) Expire(access string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.access[access]; b != nil {
		b.expires = s.opts.Now().Add(-time.Second)
	}
}

// Issued are all tokens that the server ever gave, of both kinds: what must be
// found nowhere else.
func (s *TokenServer) Issued() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token := range s.access {
		all = append(all, token)
	}
	for _, tokens := range []map[string]*consent{s.refresh, s.spent} {
		for token := range tokens {
			all = append(all, token)
		}
	}
	return all
}

// ExpireAll ends all access tokens of a user now, before their time: his refresh
// tokens stay good.
func (s *TokenServer) ExpireAll(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.access {
		if b.user == user {
			b.expires = s.opts.Now().Add(-time.Second)
		}
	}
}

// Withdraw takes back all that a user agreed to: every token of his is refused
// from now on, as after a change of his password.
func (s *TokenServer) Withdraw(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.access {
		b.revoked = b.revoked || b.user == user
	}
	for _, c := range s.refresh {
		c.revoked = c.revoked || c.user == user
	}
}

// Deny makes the authorization endpoint refuse with an error of RFC 6749
// §4.1.2.1, such as "access_denied"; "" agrees again.
func (s *TokenServer) Deny(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denial = why
}

// Answer makes the token endpoint answer with f instead, for faults; nil ends
// that.
func (s *TokenServer) Answer(f http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

// Requests are the forms that the token endpoint got, in order.
func (s *TokenServer) Requests() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]url.Values(nil), s.requests...)
}

// Valid says whose mailbox an access token opens; "" for none.
func (s *TokenServer) Valid(access string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.access[access]
	if b == nil || b.revoked || !s.opts.Now().Before(b.expires) {
		return ""
	}
	return b.user
}

// give makes an access token. The caller holds mu.
func (s *TokenServer) give(c *consent) Grant {
	g := Grant{Access: "access-" + random(), Expires: s.opts.Now().Add(s.opts.Lifetime)}
	s.access[g.Access] = &bearer{c, g.Expires}
	return g
}

// renewable makes a refresh token. The caller holds mu.
func (s *TokenServer) renewable(c *consent) string {
	token := "refresh-" + random()
	s.refresh[token] = c
	return token
}

// authorize is the authorization endpoint (RFC 6749 §3.1).
func (s *TokenServer) authorize(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || !back.IsAbs() || s.opts.ClientID != "" && q.Get("client_id") != s.opts.ClientID {
		http.Error(w, "unknown client or redirect_uri", http.StatusBadRequest)
		return
	}
	c := &consent{
		user: q.Get("login_hint"), client: q.Get("client_id"), redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), scope: q.Get("scope"),
	}
	if c.user == "" {
		c.user = s.opts.User
	}
	answer := back.Query()
	answer.Set("state", q.Get("state"))
	switch {
	case s.denial != "":
		answer.Set("error", s.denial)
	case q.Get("response_type") != "code":
		answer.Set("error", "unsupported_response_type")
	case c.challenge == "" || q.Get("code_challenge_method") != "S256":
		answer.Set("error", "invalid_request") // PKCE is a must here
	default:
		code := "code-" + random()
		s.codes[code] = c
		answer.Set("code", code)
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// token is the token endpoint (RFC 6749 §3.2).
func (s *TokenServer) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		oauthError(w, http.StatusBadRequest, "invalid_request")
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, r.PostForm)
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.knows(r) {
		oauthError(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		c := s.codes[r.PostForm.Get("code")]
		delete(s.codes, r.PostForm.Get("code")) // good once
		sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
		if c == nil || c.redirect != r.PostForm.Get("redirect_uri") || c.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
			oauthError(w, http.StatusBadRequest, "invalid_grant")
			return
		}
		s.reply(w, c, s.renewable(c))
	case "refresh_token":
		old := r.PostForm.Get("refresh_token")
		c := s.refresh[old]
		if replayed := s.spent[old]; replayed != nil {
			replayed.revoked = true // somebody has a copy: nobody gets anything any more (RFC 9700 §4.14.2)
		}
		if c == nil || c.revoked {
			oauthError(w, http.StatusBadRequest, "invalid_grant")
			return
		}
		if s.opts.KeepRefresh {
			s.reply(w, c, "")
			return
		}
		delete(s.refresh, old)
		s.spent[old] = c
		s.reply(w, c, s.renewable(c))
	default:
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type")
	}
}

// knows says whether the client is who it says. The caller holds mu.
func (s *TokenServer) knows(r *http.Request) bool {
	id, secret, ok := r.BasicAuth()
	if ok { // both are form-encoded in there (RFC 6749 §2.3.1)
		if plain, err := url.QueryUnescape(id); err == nil {
			id = plain
		}
		if plain, err := url.QueryUnescape(secret); err == nil {
			secret = plain
		}
	} else {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	return s.opts.ClientID == "" || id == s.opts.ClientID && secret == s.opts.ClientSecret
}

// reply gives tokens. The caller holds mu.
func (s *TokenServer) reply(w http.ResponseWriter, c *consent, refresh string) {
	g := s.give(c)
	fields := map[string]any{
		"access_token": g.Access, "token_type": "Bearer", "expires_in": int(s.opts.Lifetime.Seconds()), "scope": c.scope,
	}
	if refresh != "" {
		fields["refresh_token"] = refresh
	}
	writeJSON(w, http.StatusOK, fields)
}

// revoke is the revocation endpoint (RFC 7009): all that came of the same
// consent is refused from now on.
func (s *TokenServer) revoke(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("token")
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.access[token]; b != nil {
		b.revoked = true
	}
	for _, all := range []map[string]*consent{s.refresh, s.spent} {
		if c := all[token]; c != nil {
			c.revoked = true
		}
	}
	w.WriteHeader(http.StatusOK)
}

// introspect says what a token is worth (RFC 7662 §2.2).
func (s *TokenServer) introspect(w http.ResponseWriter, r *http.Request) {
	user := s.Valid(r.PostFormValue("token"))
	if user == "" {
		writeJSON(w, http.StatusOK, map[string]any{"active": false})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"active": true, "username": user, "token_type": "Bearer", "scope": "mail"})
}

func oauthError(w http.ResponseWriter, status int, code string) {
	writeJSON(w, status, map[string]any{"error": code, "error_description": "a token server for tests says " + strings.ReplaceAll(code, "_", " ")})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who hung up hears nothing
}

// random is 24 characters that nobody guesses.
func random() string {
	b := make([]byte, 18)
	_, _ = rand.Read(b) // it never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// writeTokens tells Dovecot where to ask about tokens.
func (s *MailServer) writeTokens() error {
	if s.opts.Tokens == nil {
		return nil
	}
	text := fmt.Sprintf("introspection_mode = post\nintrospection_url = %s\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n",
		s.opts.Tokens.IntrospectURL)
	return s.replace("oauth2.conf", text, 0o644)
}
