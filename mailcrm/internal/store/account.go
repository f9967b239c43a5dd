package store

import (
	"slices"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// An Account is a mail account: where an address is read and sent from, and who may do so.
type Account struct {
	Tenant     storage.Tenant
	ID         string
	Address    string // normalised; unique within the tenant
	Name       string // what people call the account
	Owner      string // agent
	IMAP       Server
	SMTP       Server
	IMAPSecret []byte // sealed; never printed
	SMTPSecret []byte // sealed; empty: as IMAP
	Settings   Settings
	Members    []Member
	Identities []Identity
	Status     Status
	NextSync   time.Time // due when not after now; zero: never (paused)
	LastSync   time.Time
	Revision   int64 // grows with each change by a person; for If-Match
	Created    time.Time
}

// A Server is one side of an account.
type Server struct {
	Host         string   `json:"host"`
	Port         int      `json:"port"`
	Security     string   `json:"security"` // "tls", "starttls", "none"
	Username     string   `json:"username"`
	Authenticate bool     `json:"authenticate"`           // SMTP only; IMAP always does
	Flags        string   `json:"flags,omitempty"`        // c-client switches as typed
	Disabled     []string `json:"disabled,omitempty"`     // SASL mechanisms not to use
	PinSHA256    string   `json:"pin_sha256,omitempty"`   // hex fingerprint of a certificate that a person confirmed
	OwnPassword  bool     `json:"own_password,omitempty"` // SMTP has a password of its own
	Login        string   `json:"login,omitempty"`        // id of a login instead of a password; of SMTP empty: as IMAP

	// What Flags say, read when they are saved.
	AuthUser string `json:"auth_user,omitempty"` // whose password it is; Username is then whom to act for. Empty: Username's
	ReadOnly bool   `json:"read_only,omitempty"` // IMAP only: nothing is ever written to the server
	Secure   bool   `json:"secure,omitempty"`    // no mechanism that sends the password itself
}

// Refused are the SASL mechanisms that must not be used, in upper case: those that a person disabled, and what Secure forbids. LOGIN stands for IMAP's command too.
func (s Server) Refused() []string {
	refused := slices.Clone(s.Disabled)
	if s.Secure {
		for _, m := range []string{"PLAIN", "LOGIN"} {
			if !slices.Contains(refused, m) {
				refused = append(refused, m)
			}
		}
	}
	return refused
}

// Settings of an account that people choose. Kept as JSON, so that settings can be added without a migration.
type Settings struct {
	Link             string            `json:"link"`              // "read" (default) or "arrival"
	DepthDays        int               `json:"depth_days"`        // first sync goes back so far; 0: everything
	StoreAttachments bool              `json:"store_attachments"` // see FEATURES A12
	Public           bool              `json:"public"`
	CRLF             bool              `json:"crlf"`
	SentCopy         string            `json:"sent_copy"` // "append" (default), "server", "check"; "none" where nothing may be written
	OwnDomains       []string          `json:"own_domains,omitempty"`
	Choices          map[string]Choice `json:"choices,omitempty"` // by role: what a person chose
	// What the server said about names, and which choices it made void. Not chosen by people, but it goes with what they chose.
	Prefix       string             `json:"prefix,omitempty"`  // of the personal namespace (RFC 2342)
	Foreign      []string           `json:"foreign,omitempty"` // prefixes of other users' and shared namespaces
	Dropped      map[string]Dropped `json:"dropped,omitempty"` // by role, until a person chooses again
	LinkRead     Nightly            `json:"link_read,omitzero"`
	DeletePolicy Nightly            `json:"delete_policy,omitzero"`
}

// Nightly is when a policy runs, by the clocks of a place.
type Nightly struct {
	On     bool   `json:"on,omitempty"`
	Hour   int    `json:"hour,omitempty"`   // 0 to 23
	Minute int    `json:"minute,omitempty"` // 0 to 59
	Zone   string `json:"zone,omitempty"`   // IANA
}

// A Choice is the mailbox that a person chose for a role, or that there is to be none.
type Choice struct {
	Mailbox string `json:"mailbox,omitempty"` // id of ours, which outlives a rename on the server
	Name    string `json:"name,omitempty"`    // its path when last seen
	None    bool   `json:"none,omitempty"`
}

// A Dropped choice could not be followed any more.
type Dropped struct {
	Name string    `json:"name"` // path of the mailbox when last seen
	Why  string    `json:"why"`  // "gone", "unusable"
	When time.Time `json:"when"`
}

// A Member is an agent who uses an account, with what he may do.
type Member struct {
	Agent  string
	Rights Rights
}

// Rights is a set of things an agent may do with an account.
type Rights uint8

// The rights.
const (
	RightRead Rights = 1 << iota
	RightSend
	RightManage
)

// An Identity is a face of an account.
type Identity struct {
	ID        string
	Name      string // display name
	Address   string // normalised
	ReplyTo   string
	Signature string // HTML, sanitised when it is saved
	Default   bool
}

// A Status says how an account fares, in a code that people get a sentence for.
type Status struct {
	State    string // "new", "syncing", "ready", "paused", "auth_failed", "unreachable", "throttled", "over_quota", "certificate", "error"
	Code     string // of the storage.Cause; empty when all is well
	Detail   string // what the server said
	Since    time.Time
	Failures int       // in a row
	Refused  int       `json:",omitempty"` // how often the login was refused since it worked or another one was entered, whatever failed in between
	Verified time.Time // the last time that the login worked; zero: never

	Certificate *Certificate // what a person must compare, in the state "certificate"

	// Sending is how it fares with SMTP; nil: nothing was tried. Its own Sending is nil.
	Sending *Status `json:",omitempty"`
}

// A Certificate is what a server showed that was refused. All texts but the fingerprint are the server's.
type Certificate struct {
	SHA256    string // of the leaf, 64 hexadecimal digits
	Subject   string
	Issuer    string
	Names     []string
	NotBefore time.Time
	NotAfter  time.Time
}
