package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"sync"
	"time"
)

// Limits of sessions.
const (
	sessionIdle = 12 * time.Hour     // a session that was not used for so long is over
	sessionLife = 7 * 24 * time.Hour // and so is one this old
	maxSessions = 10_000             // the one used longest ago goes first
)

// sessions are kept in memory by the hash of their cookie.
type sessions struct {
	now func() time.Time

	mu  sync.Mutex
	all map[[32]byte]*session
}

// A session is a browser that has shown who sits before it.
type session struct {
	person string
	csrf   string
	began  time.Time
	used   time.Time
}

// begin starts a session and returns its cookie's value.
func (s *sessions) begin(person string) (cookie string, started session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.all == nil {
		s.all = map[[32]byte]*session{}
	}
	if len(s.all) >= maxSessions {
		s.sweep(now)
	}
	cookie = secret()
	started = session{person: person, csrf: secret(), began: now, used: now}
	kept := started
	s.all[sha256.Sum256([]byte(cookie))] = &kept
	return cookie, started
}

// sweep makes room: what is over goes, and if that is not enough the one used longest ago.
func (s *sessions) sweep(now time.Time) {
	var oldest [32]byte
	var since time.Time
	for key, one := range s.all {
		if one.over(now) {
			delete(s.all, key)
			continue
		}
		if since.IsZero() || one.used.Before(since) {
			oldest, since = key, one.used
		}
	}
	if len(s.all) >= maxSessions {
		delete(s.all, oldest)
	}
}

func (s session) over(now time.Time) bool {
	return now.Sub(s.used) > sessionIdle || now.Sub(s.began) > sessionLife
}

// get finds a session by its cookie's value.
func (s *sessions) get(cookie string) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sha256.Sum256([]byte(cookie))
	found := s.all[key]
	now := s.now()
	if found == nil {
		return session{}, false
	}
	if found.over(now) {
		delete(s.all, key)
		return session{}, false
	}
	found.used = now
	return *found, true
}

func (s *sessions) end(cookie string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, sha256.Sum256([]byte(cookie)))
}

// endAll ends all sessions of a person, as when his password changes.
func (s *sessions) endAll(person string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, one := range s.all {
		if one.person == person {
			delete(s.all, key)
		}
	}
}

// secret is 256 bits of chance in 43 characters of [A-Za-z0-9_-].
func secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// begun carries a session that began with this very request, whose cookie the browser does not have yet.
type begun struct{}

// session is that of a request.
func (p *People) session(r *http.Request) (session, bool) {
	if s, ok := r.Context().Value(begun{}).(session); ok {
		return s, true
	}
	c, err := r.Cookie(p.cookieName(r))
	if err != nil || len(c.Value) > 64 {
		return session{}, false
	}
	return p.sessions.get(c.Value)
}

// enter begins a session of a person in the browser that asks, and ends the one it had. The request that it returns belongs to it already.
func (p *People) enter(w http.ResponseWriter, r *http.Request, person string) *http.Request {
	if c, err := r.Cookie(p.cookieName(r)); err == nil {
		p.sessions.end(c.Value)
	}
	value, s := p.sessions.begin(person)
	http.SetCookie(w, &http.Cookie{
		Name: p.cookieName(r), Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.secure(r),
	})
	p.opts.Logger.InfoContext(r.Context(), "session began", "agent", person)
	return r.WithContext(context.WithValue(r.Context(), begun{}, s))
}

func (p *People) leave(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(p.cookieName(r)); err == nil {
		p.sessions.end(c.Value)
	}
	http.SetCookie(w, &http.Cookie{
		Name: p.cookieName(r), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.secure(r),
	})
}

func (p *People) secure(r *http.Request) bool { return p.opts.Secure || r.TLS != nil }

// cookieName has the prefix that keeps a neighbouring host from planting one (RFC 6265bis §4.1.3), where https allows it.
func (p *People) cookieName(r *http.Request) string {
	if p.secure(r) {
		return "__Host-mailcrm_session"
	}
	return "mailcrm_session"
}

// Token is what forms of the session send back in the field "csrf", and scripts in the header X-CSRF-Token, to show that they come from its own pages. It
// is empty without a session.
func (p *People) Token(r *http.Request) string {
	s, _ := p.session(r)
	return s.csrf
}

// Verify reports whether a request that changes something carries its session's token, in the header or in a form that was read before; or comes from a
// program with a bearer token, which no browser sends by itself.
func (p *People) Verify(r *http.Request) bool {
	if _, ok := bearer(r); ok {
		return true
	}
	token := r.Header.Get("X-CSRF-Token")
	if token == "" {
		token = r.PostForm.Get("csrf")
	}
	s, ok := p.session(r)
	return ok && subtle.ConstantTimeCompare([]byte(token), []byte(s.csrf)) == 1
}
