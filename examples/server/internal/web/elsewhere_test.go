package web_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/autoconfig"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// Elsewhere is what accounts of the tests have beside the demo: a server that signed its certificate itself, a port where nobody is, and a provider at which people
// sign in.
type elsewhere struct {
	selfSigned *mailcrmtest.Server
	nobody     int
	provider   *provider
}

func startElsewhere() (*elsewhere, error) {
	e := &elsewhere{provider: startProvider()}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		e.nobody = listener.Addr().(*net.TCPAddr).Port
		err = listener.Close()
	}
	if err == nil {
		e.selfSigned, err = mailcrmtest.StartServer(mailcrmtest.ServerOptions{
			Users: []mailcrmtest.User{{Address: "moi@maison.example", Password: "maison 1"}}, Domain: "mail.maison.example", Certificate: mailcrmtest.SelfSignedCertificate,
		})
	}
	return e, err
}

func (e *elsewhere) close() error {
	e.provider.server.Close()
	return e.selfSigned.Close()
}

func (e *elsewhere) ports() []int {
	return []int{e.nobody, e.selfSigned.IMAPS.Port, e.selfSigned.Submission.Port}
}

func (e *elsewhere) providers() []mailcrm.OAuthProvider {
	return []mailcrm.OAuthProvider{{
		Name: "maison", ClientID: "crm", ClientSecret: mailcrm.NewSecret(clientSecret), AuthURL: e.provider.server.URL + "/authorize", TokenURL: e.provider.server.URL + "/token", Scopes: []string{"mail"},
	}}
}

func (e *elsewhere) admits(_, name, token string) bool { return e.provider.admits(name, token) }

const clientSecret = "client-secret-9b1f"

// A provider lets everybody in as whom he says he is (OAuth 2.0 with PKCE), and gives new tokens at each refresh.
type provider struct {
	server *httptest.Server

	mu     sync.Mutex
	codes  map[string]grant
	tokens map[string]string // access tokens and whose they are
	issued []string          // all that is secret
}

type grant struct{ who, challenge string }

func startProvider() *provider {
	p := &provider{codes: map[string]grant{}, tokens: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	p.server = httptest.NewTLSServer(mux)
	return p
}

// authorize is where a person would agree. Whoever is called "non" does not.
func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back := url.Values{"state": {q.Get("state")}}
	who := q.Get("login_hint")
	if strings.HasPrefix(who, "non") {
		back.Set("error", "access_denied")
	} else {
		code := p.secret()
		p.mu.Lock()
		p.codes[code] = grant{who, q.Get("code_challenge")}
		p.mu.Unlock()
		back.Set("code", code)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	p.mu.Lock()
	g, ok := p.codes[r.PostFormValue("code")]
	p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if !ok || r.PostFormValue("client_secret") != clientSecret || g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		return
	}
	access, refresh := p.secret(), p.secret()
	p.mu.Lock()
	p.tokens[access] = g.who
	p.mu.Unlock()
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": 3600})
}

func (p *provider) secret() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := rand.Text()
	p.issued = append(p.issued, s)
	return s
}

func (p *provider) admits(name, token string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return token != "" && p.tokens[token] == name
}

func (p *provider) secrets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{clientSecret}, p.issued...)
}

// servers looks for the servers of an address: the domains of the tests have an answer here, all others that of the demo.
func (w *world) servers(ctx context.Context, address string, progress func(autoconfig.Step)) (*autoconfig.Result, error) {
	result, err := w.Demo.Find(ctx, address, progress)
	if err != nil {
		return result, err
	}
	imap := autoconfig.Server{Host: w.Mail.IMAPS.Host, Port: w.Mail.IMAPS.Port, Security: autoconfig.TLS, Username: result.Address}
	smtp := autoconfig.Server{Host: w.Mail.Submission.Host, Port: w.Mail.Submission.Port, Security: autoconfig.StartTLS, Username: result.Address}
	c := autoconfig.Candidate{
		IMAP: imap, SMTP: smtp, Auth: []autoconfig.Auth{{Kind: autoconfig.Password}}, Source: autoconfig.SourceSRV, Confidence: autoconfig.Medium, OutsideDomain: true,
		Evidence: []autoconfig.Evidence{{Source: autoconfig.SourceSRV, Domain: result.Domain, Target: "_imaps._tcp." + result.Domain}},
	}
	switch {
	case result.Address == "compta@demo.example", strings.HasSuffix(result.Address, "@signin.example"):
		c.Provider, c.Auth = "Maison", []autoconfig.Auth{{Kind: autoconfig.OAuth2, Issuer: "maison"}}
	case result.Domain == "confirm.example":
		c.Confirm = true
	case result.Domain == "maison.example":
		c.IMAP.Host, c.IMAP.Port, c.SMTP.Host, c.SMTP.Port = "127.0.0.1", w.elsewhere.selfSigned.IMAPS.Port, "127.0.0.1", w.elsewhere.selfSigned.Submission.Port
	case result.Domain == "down.example":
		c.IMAP.Port, c.SMTP.Port = w.elsewhere.nobody, w.elsewhere.nobody
	case result.Domain == "dead.example":
		return nil, errors.New("the finder failed")
	case result.Domain == "two.example":
		other := c
		other.Source, other.IMAP.Host, other.SMTP.Host = autoconfig.SourceGuess, "mail.two.example", "mail.two.example"
		result.Candidates = append(result.Candidates, c, other)
		return result, nil
	default:
		return result, nil
	}
	result.Candidates = []autoconfig.Candidate{c}
	return result, nil
}
