package store

import (
	"time"

	"github.com/mailcrm/sdk/storage"
)

// The states of a login.
const (
	LoginOK      = "ok"
	LoginRevoked = "revoked" // the provider does not accept it any more, until the person signs in again
)

// A Login is a person's (or a service's) sign-in at a provider. Several accounts may use one: Server.Login names it.
type Login struct {
	Tenant    storage.Tenant
	ID        string
	Agent     string // who signed in
	Provider  string
	Subject   string // as whom: an address
	Principal string // the provider's own name for him; empty: unknown
	Scopes    []string
	Secret    []byte // the refresh token, sealed; never printed
	State     string // LoginOK, LoginRevoked
	Code      string // why it is revoked
	Detail    string // what the provider said
	Since     time.Time
	Revision  int64 // grows with each change
	Created   time.Time
}

// A LoginState is a sign-in that has begun: what must be known when the browser comes back.
type LoginState struct {
	Tenant   storage.Tenant
	ID       string // SHA-256 of what the browser carries, so that who reads the data base cannot come back in its place
	Agent    string // who began; nobody else ends it
	Provider string
	Login    string // to be renewed; empty: a new one
	Hint     string // the address that was given
	Redirect string
	Verifier []byte // of PKCE (RFC 7636), sealed
	Expires  time.Time
}

// MaxLoginStates is how many sign-ins of one agent may be under way: the oldest is forgotten for a new one.
const MaxLoginStates = 20
