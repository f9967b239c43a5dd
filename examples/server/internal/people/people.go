// Package people knows who asks: the agents of the reference server, their sessions in a browser and their tokens for the API.
//
// mailcrm keeps no users: a host authenticates its own and vouches for them with a [storage.Actor]. This package is what such a host does, as small as it can
// honestly be. It comes in two forms:
//
//   - [Demo] holds a few agents without passwords. Whoever opens the pages is the first of them and may become another ("who are you?"). It is for a server
//     that only the machine itself can reach; main refuses anything else.
//   - [Open] keeps agents in a file, people.json, with argon2id hashes (RFC 9106). The first run makes an administrator, whose password is told once.
//
// # How a request is known
//
// A browser has a session: a random cookie, HttpOnly and SameSite=Lax, of which the server keeps a hash in memory, so that a restart ends all sessions. Each
// session has a token against forged forms ([People.Token]), which [People.Verify] asks for. A program has a bearer token (RFC 6750), which needs neither. Passwords
// and tokens are kept as hashes only, and none is ever logged.
//
// # When not to look here
//
// Which mail an agent may read is not decided here but in mailcrm, by the members of each account. How the pages look is the business of package web; only the
// pages before one is known (login, who, people) are here.
package people

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A Person is an agent of the CRM.
type Person struct {
	ID      string `json:"id"` // the Agent of the [storage.Actor]: lower-case letters, digits, ".", "_" and "-", at most 64
	Name    string `json:"name"`
	Address string `json:"address,omitempty"` // mail address; may be empty
	Admin   bool   `json:"admin,omitempty"`
	Locale  string `json:"locale,omitempty"` // BCP 47; empty: what the browser asks for
	Zone    string `json:"zone,omitempty"`   // IANA; empty: the server's
}

// Options of [Demo] and [Open]. nil and the zero value mean the defaults.
type Options struct {
	// Locale is for those who ask for no language that there is: "fr" (the default) or "en".
	Locale string
	// Zone is for people without one. Defaults to "Europe/Paris".
	Zone string
	// Secure says that browsers reach the server over https although a proxy ends it. Defaults to false: the request tells.
	Secure bool
	// Now is the time of day, for tests. Defaults to time.Now.
	Now func() time.Time
	// Logger hears who came in and who was refused. Defaults to none.
	Logger *slog.Logger
}

// People are those who may ask. Safe for concurrent use.
type People struct {
	opts     Options
	path     string // of people.json; "" in a demo
	sessions sessions
	tries    tries
	hashing  chan struct{} // argon2id takes memory: so many at once

	mu  sync.RWMutex
	all []account
}

// An account is a person with what proves that it is him.
type account struct {
	Person
	Password string   `json:"password,omitempty"` // argon2id in PHC form; empty: nobody comes in
	Tokens   []string `json:"tokens,omitempty"`   // SHA-256 of API tokens, in hexadecimal
}

func newPeople(opts *Options) *People {
	p := &People{hashing: make(chan struct{}, 2)}
	if opts != nil {
		p.opts = *opts
	}
	if p.opts.Locale == "" {
		p.opts.Locale = locales[0]
	}
	if p.opts.Zone == "" {
		p.opts.Zone = "Europe/Paris"
	}
	if p.opts.Now == nil {
		p.opts.Now = time.Now
	}
	if p.opts.Logger == nil {
		p.opts.Logger = slog.New(slog.DiscardHandler)
	}
	p.sessions.now, p.tries.now = p.opts.Now, p.opts.Now
	return p
}

// Demo is people without passwords, the first of whom is everybody who comes. There must be at least one.
func Demo(all []Person, opts *Options) *People {
	p := newPeople(opts)
	for _, person := range all {
		p.all = append(p.all, account{Person: person})
	}
	return p
}

// Passwordless reports whether this is a demo.
func (p *People) Passwordless() bool { return p.path == "" }

// All are the people, in the order in which they were added.
func (p *People) All() []Person {
	p.mu.RLock()
	defer p.mu.RUnlock()
	all := make([]Person, len(p.all))
	for i, a := range p.all {
		all[i] = a.Person
	}
	return all
}

// Person is the one with an id.
func (p *People) Person(id string) (Person, bool) {
	a, ok := p.account(id)
	return a.Person, ok
}

// Name is what to call an agent; his id if nothing else is known.
func (p *People) Name(id string) string {
	if person, ok := p.Person(id); ok {
		return person.Name
	}
	return id
}

func (p *People) account(id string) (account, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	i := slices.IndexFunc(p.all, func(a account) bool { return a.ID == id })
	if i < 0 {
		return account{}, false
	}
	return p.all[i], true
}

// Who is the person behind a request, by its bearer token or its session. A request with a token is judged by that alone.
func (p *People) Who(r *http.Request) (Person, bool) {
	if token, ok := bearer(r); ok {
		return p.byToken(token)
	}
	s, ok := p.session(r)
	if !ok {
		return Person{}, false
	}
	return p.Person(s.person)
}

// Actor is who mailcrm meets: [People.Who] with the language and the zone that hold for this request.
func (p *People) Actor(r *http.Request) (storage.Actor, bool) {
	person, ok := p.Who(r)
	if !ok {
		return storage.Actor{}, false
	}
	actor := storage.Actor{Agent: person.ID, Admin: person.Admin, Locale: p.Locale(r), Zone: person.Zone}
	if actor.Zone == "" {
		actor.Zone = p.opts.Zone
	}
	return actor, true
}

// bearer is the token of a request, and whether it has an Authorization header at all: one that is no bearer token names nobody.
func bearer(r *http.Request) (string, bool) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return "", false
	}
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true
	}
	return strings.TrimSpace(token), true
}
