package store

import (
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
}

// Settings of an account that people choose. Kept as JSON, so that settings can be added without a migration.
type Settings struct {
	Link             string            `json:"link"`              // "read" (default) or "arrival"
	DepthDays        int               `json:"depth_days"`        // first sync goes back so far; 0: everything
	StoreAttachments bool              `json:"store_attachments"` // see FEATURES A12
	Public           bool              `json:"public"`
	CRLF             bool              `json:"crlf"`
	SentCopy         string            `json:"sent_copy"` // "append" (default), "server", "check"
	OwnDomains       []string          `json:"own_domains,omitempty"`
	Roles            map[string]string `json:"roles,omitempty"` // role -> mailbox name chosen by a person
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
	State    string // "new", "syncing", "ready", "paused", "auth_failed", "unreachable", "throttled", "error"
	Code     string // of the storage.Cause; empty when all is well
	Detail   string // what the server said
	Since    time.Time
	Failures int // in a row
}
