package web

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/autoconfig"
	"github.com/mailcrm/sdk/storage"
)

// Somebody who adds an account needs more than one request for it: servers are found, tried, corrected and tried again, and at Google or Microsoft he leaves
// these pages in between. What is known until then lies in a drawer of this process:
//
//   - under a name of 128 bits of chance, which stands in the page's address and is worth nothing to anybody but the agent who began;
//   - in memory only, as a [mailcrm.Secret] where it is one, never in a page, a cookie, a log or a file;
//   - for drawerTime after he last sent something, and no longer than until the account is saved, or its login was refused.
//
// So nobody types a password twice because a server was down or its certificate had to be compared (WCAG 3.3.7), and none is kept that did not work. A password
// is kept for the server and the login that it was typed for: with another host, port, security or user name it must be typed again, as in the library.
const (
	drawerTime  = 10 * time.Minute
	maxAttempts = 1000 // of all agents; the one that was touched longest ago goes first
	maxOwn      = 20   // of one agent
)

// An attempt is an account on its way.
type attempt struct {
	id      string
	who     storage.Actor
	until   time.Time
	address string
	found   *autoconfig.Result // nil: nobody was asked
	input   mailcrm.AccountInput
	of      string // the candidate that input was tried as: its number, or "hand"; empty: nothing was tried
	// confirmed says that the person has seen the names of these servers, where a candidate wants that.
	confirmed string
	check     *mailcrm.Check // of the last try; nil: none
	wrong     formErrors
	signedIn  string // as whom, where input has a login
	roundTrip bool   // a mail to oneself was asked for
}

// A drawer holds attempts, and where those who went to a provider come back to.
type drawer struct {
	now func() time.Time

	mu       sync.Mutex
	attempts map[string]*attempt
	returns  map[string]comeback // by the state of a sign-in
}

// A comeback is the page to show when a sign-in is over.
type comeback struct {
	who     storage.Actor
	until   time.Time
	attempt string // or else
	path    string
}

func newDrawer(now func() time.Time) *drawer {
	return &drawer{now: now, attempts: map[string]*attempt{}, returns: map[string]comeback{}}
}

func same(a, b storage.Actor) bool { return a.Tenant == b.Tenant && a.Agent == b.Agent }

// put keeps an attempt, under a new name if it has none, for drawerTime from now.
func (d *drawer) put(t attempt) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sweep()
	if t.id == "" {
		t.id = rand.Text()
	}
	delete(d.attempts, t.id)
	own, oldest, first := 0, "", ""
	for id, other := range d.attempts {
		if first == "" || other.until.Before(d.attempts[first].until) {
			first = id
		}
		if same(other.who, t.who) {
			if own++; oldest == "" || other.until.Before(d.attempts[oldest].until) {
				oldest = id
			}
		}
	}
	switch {
	case own >= maxOwn:
		delete(d.attempts, oldest)
	case len(d.attempts) >= maxAttempts:
		delete(d.attempts, first)
	}
	t.until = d.now().Add(drawerTime)
	d.attempts[t.id] = &t
	return t.id
}

// get is a copy of an attempt of an agent's own; the name of somebody else's is the name of none.
func (d *drawer) get(id string, who storage.Actor) (attempt, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sweep()
	t := d.attempts[id]
	if t == nil || !same(t.who, who) {
		return attempt{}, false
	}
	return *t, true
}

func (d *drawer) remove(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.attempts, id)
}

// leave notes where somebody comes back to who goes to a provider.
func (d *drawer) leave(state string, c comeback) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sweep()
	if len(d.returns) >= maxAttempts {
		return // he comes back to the list of accounts
	}
	c.until = d.now().Add(mailcrm.LoginTime)
	d.returns[state] = c
}

// back takes the note out.
func (d *drawer) back(state string, who storage.Actor) (comeback, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sweep()
	c, ok := d.returns[state]
	if !ok || !same(c.who, who) {
		return comeback{}, false
	}
	delete(d.returns, state)
	return c, true
}

// sweep throws away what is over.
func (d *drawer) sweep() {
	now := d.now()
	for id, t := range d.attempts {
		if now.After(t.until) {
			delete(d.attempts, id)
		}
	}
	for state, c := range d.returns {
		if now.After(c.until) {
			delete(d.returns, state)
		}
	}
}

// passwords puts into an input those that were typed before for the same server and login, where none is typed now.
func (t *attempt) passwords(in *mailcrm.AccountInput) {
	reuse := func(now *mailcrm.ServerInput, was mailcrm.ServerInput) {
		if now.Password.IsZero() && now.Login == "" && now.Host == was.Host && now.Port == was.Port && now.Security == was.Security && now.Username == was.Username && now.Flags == was.Flags {
			now.Password = was.Password
		}
	}
	reuse(&in.IMAP, t.input.IMAP)
	reuse(&in.SMTP, t.input.SMTP)
}

// forget drops passwords that did not work.
func (t *attempt) forget() {
	for _, step := range t.check.Steps {
		if step.Name != mailcrm.StepLogin || step.State != mailcrm.StepFailed || step.Do != mailcrm.DoPassword {
			continue
		}
		if step.Side == mailcrm.SideSMTP && !t.input.SMTP.Password.IsZero() {
			t.input.SMTP.Password = mailcrm.Secret{}
			continue
		}
		t.input.IMAP.Password = mailcrm.Secret{}
	}
}
