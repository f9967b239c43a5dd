package mailcrm

import (
	"slices"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// Security is how a connection is protected.
type Security string

// The ways of protecting a connection. Plaintext works only to a loopback address, where Config.Network allows it.
const (
	TLS       Security = "tls"      // from the first byte (RFC 8314)
	StartTLS  Security = "starttls" // upgraded before anything else, or refused (RFC 2595, RFC 3207)
	Plaintext Security = "none"
)

// A Right is something that an agent may do with an account.
type Right string

// The rights. The owner of an account has all of them.
const (
	RightRead   Right = "read"   // see its mail
	RightSend   Right = "send"   // send as it
	RightManage Right = "manage" // change its settings
)

// When a received mail enters the history.
const (
	WhenRead  = "read"    // when an agent opens it
	AtArrival = "arrival" // as soon as it is fetched
)

// How the copy in Sent comes about.
const (
	SentAppend = "append" // we append it
	SentServer = "server" // the server files what it sends, as Gmail does
	SentCheck  = "check"  // we look first, and append if it is not there
)

// Limits of accounts.
const (
	MaxIdentities = 50
	MaxMembers    = 200
	MaxOwnDomains = 100
	MaxDepthDays  = 36500
	MaxSignature  = 64 << 10 // bytes of HTML
	DefaultDepth  = 90       // days
)

// A ServerInput is one server of an account.
type ServerInput struct {
	Host     string   // a name or an address, without a port
	Port     int      // Defaults to 993 or 143 for IMAP, 465 or 587 for SMTP, as Security says
	Security Security // Defaults to TLS
	Username string   // Defaults to the address; for SMTP to the IMAP one
	Password Secret   // for SMTP: empty is the IMAP one. In an update: empty keeps what is stored
	// NoAuth is for an SMTP server that asks for no login.
	NoAuth bool
	// PinSHA256 is the hexadecimal SHA-256 of a certificate that a person has compared and trusts although no authority signed it.
	PinSHA256 string
}

// An AccountInput describes an account to add or to change.
type AccountInput struct {
	ID       string // of the account to change; empty: a new one
	Revision int64  // of the account that was shown; 0: whatever it is now
	Address  string // required
	Name     string // Defaults to the address
	Owner    string // agent. Defaults to the Actor; only an administrator gives another
	IMAP     ServerInput
	SMTP     ServerInput
	Link     string // WhenRead (default) or AtArrival
	// DepthDays is how far back the first sync goes. Defaults to 90; negative: everything.
	DepthDays        int
	StoreAttachments bool
	Public           bool
	CRLF             bool
	SentCopy         string   // SentAppend (default), SentServer, SentCheck
	OwnDomains       []string // whose addresses are colleagues, never clients
	Members          []Member
	Identities       []Identity // Defaults to one: the address. In an update: empty keeps them
}

// A Member is an agent who uses an account.
type Member struct {
	Agent  string
	Rights []Right
}

// An Identity is a face of an account: what stands in From.
type Identity struct {
	ID        string // given when it is saved; keep it in an update
	Name      string
	Address   string
	ReplyTo   string
	Signature string // HTML; sanitised
	Default   bool
}

// An Account is an account as an agent sees it, without its secrets.
type Account struct {
	ID               string
	Address          string
	Name             string
	Owner            string
	IMAP             Server
	SMTP             Server
	Link             string
	DepthDays        int // negative: everything
	StoreAttachments bool
	Public           bool
	CRLF             bool
	SentCopy         string
	OwnDomains       []string
	Members          []Member
	Identities       []Identity
	Rights           []Right // of the Actor
	Status           AccountStatus
	LastSync         time.Time
	Revision         int64
	Created          time.Time
}

// Input is what [Accounts.Update] takes to leave the account as it is: change in it what is to be changed. It holds no passwords, which stay.
func (a *Account) Input() AccountInput {
	return AccountInput{
		ID: a.ID, Revision: a.Revision, Address: a.Address, Name: a.Name, Owner: a.Owner, IMAP: a.IMAP.input(), SMTP: a.SMTP.input(),
		Link: a.Link, DepthDays: a.DepthDays, StoreAttachments: a.StoreAttachments, Public: a.Public, CRLF: a.CRLF, SentCopy: a.SentCopy,
		OwnDomains: slices.Clone(a.OwnDomains), Members: slices.Clone(a.Members), Identities: slices.Clone(a.Identities),
	}
}

func (s Server) input() ServerInput {
	return ServerInput{Host: s.Host, Port: s.Port, Security: s.Security, Username: s.Username, NoAuth: s.NoAuth, PinSHA256: s.PinSHA256}
}

// A Server is one server of an account.
type Server struct {
	Host      string
	Port      int
	Security  Security
	Username  string
	NoAuth    bool
	PinSHA256 string
}

// An AccountStatus says how an account fares.
type AccountStatus struct {
	State    string // "new", "syncing", "ready", "paused", "auth_failed", "unreachable", "throttled", "error"
	Code     string // of the failure; see Sentence
	Detail   string // the server's own words
	Since    time.Time
	NextTry  time.Time // zero: not by itself
	Sentence string    // what to do, in the Actor's language
}

// account is the public form.
func (s *Session) account(acc *store.Account) *Account {
	depth := acc.Settings.DepthDays
	if depth == 0 {
		depth = -1
	}
	out := &Account{
		ID: acc.ID, Address: acc.Address, Name: acc.Name, Owner: acc.Owner,
		IMAP: server(acc.IMAP), SMTP: server(acc.SMTP),
		Link: acc.Settings.Link, DepthDays: depth, StoreAttachments: acc.Settings.StoreAttachments, Public: acc.Settings.Public,
		CRLF: acc.Settings.CRLF, SentCopy: acc.Settings.SentCopy, OwnDomains: acc.Settings.OwnDomains,
		Rights:   rights(rightsOf(acc, s.actor)),
		LastSync: acc.LastSync, Revision: acc.Revision, Created: acc.Created,
		Status: AccountStatus{
			State: acc.Status.State, Code: acc.Status.Code, Detail: acc.Status.Detail, Since: acc.Status.Since, NextTry: acc.NextSync,
			Sentence: Sentence(acc.Status.Code, s.actor.Locale),
		},
	}
	for _, m := range acc.Members {
		out.Members = append(out.Members, Member{Agent: m.Agent, Rights: rights(m.Rights)})
	}
	for _, id := range acc.Identities {
		out.Identities = append(out.Identities, Identity(id))
	}
	return out
}

func server(s store.Server) Server {
	return Server{Host: s.Host, Port: s.Port, Security: Security(s.Security), Username: s.Username, NoAuth: !s.Authenticate, PinSHA256: s.PinSHA256}
}
