package mailcrm

import (
	"slices"
	"strings"
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
	SentNone   = "none"   // nobody: only where nothing may be written, with the flag /readonly
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
	// Password of the login; for SMTP, empty is the IMAP one; in an update, empty keeps what is stored. Instead of a password it may be a certificate and its
	// private key, both in PEM (RFC 7468): the certificate is shown in the TLS handshake and is then the login (EXTERNAL, RFC 4422).
	Password Secret
	// Login is the id of a sign-in (see [Logins]) instead of a password: one of the Actor's, or the one that the account has. For SMTP: empty is the IMAP one, unless
	// a password for SMTP is given or stored; Username then defaults to as whom the person signed in, since a shared mailbox of Microsoft's is read under its own
	// name and sent from under the delegate's.
	Login string
	// NoAuth is for an SMTP server that asks for no login.
	NoAuth bool
	// PinSHA256 is the hexadecimal SHA-256 of a certificate that a person has compared and trusts although no authority signed it. See [Accounts.Trust].
	PinSHA256 string
	// Flags are switches as c-client spells them, like "/ssl/novalidate-cert"; see [Flags]. They refine Security and Username: leave those empty, or
	// let them say the same. At most 1,000 bytes.
	Flags string
	// Disabled are SASL mechanisms that must not be used, in any case; see [Mechanisms].
	Disabled []string
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
	DepthDays int
	// StoreAttachments keeps every mail whole. Without it mails up to 128 KiB are kept whole, and of larger ones the header, the texts, small pictures in them, and what their attachments
	// are: those are fetched from the mailbox when somebody opens them (Attachment.OnServer), and Messages.Lost tells which a delete would lose. A change holds for what is
	// fetched from then on; of an older mail everything is kept once somebody opens an attachment of it. Defaults to false.
	StoreAttachments bool
	Public           bool
	CRLF             bool
	SentCopy         string   // SentAppend (default), SentServer, SentCheck; SentNone with the flag /readonly, where it is the default
	OwnDomains       []string // whose addresses are colleagues, never clients
	Members          []Member
	Identities       []Identity // Defaults to one: the address. In an update: empty keeps them
	// LinkReadNightly links at night what was read elsewhere. Defaults to off.
	LinkReadNightly Nightly
	// DeletePolicy takes at night from the history what was deleted in the mailbox. Defaults to off, which is the advice.
	DeletePolicy Nightly
}

// Nightly says whether and when a policy of an account runs, once a day by the clocks of a place.
type Nightly struct {
	On     bool
	Hour   int    // 0 to 23
	Minute int    // 0 to 59
	Zone   string // IANA: "Europe/Paris". Defaults to the Actor's, else UTC
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
	LinkReadNightly  Nightly
	DeletePolicy     Nightly
	Rights           []Right       // of the Actor
	Status           AccountStatus // of reading, by IMAP
	Sending          AccountStatus // of sending, by SMTP: "new" until something was sent
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
		LinkReadNightly: a.LinkReadNightly, DeletePolicy: a.DeletePolicy,
	}
}

func (s Server) input() ServerInput {
	return ServerInput{
		Host: s.Host, Port: s.Port, Security: s.Security, Username: s.Username, NoAuth: s.NoAuth, PinSHA256: s.PinSHA256,
		Flags: s.Flags, Disabled: slices.Clone(s.Disabled), Login: s.Login,
	}
}

// A Server is one server of an account.
type Server struct {
	Host      string
	Port      int
	Security  Security
	Username  string
	NoAuth    bool
	PinSHA256 string
	Flags     string   // as typed
	Disabled  []string // in upper case
	ReadOnly  bool     // by the flag /readonly: nothing is ever written to the server
	Login     string   // id of a sign-in; empty: a password, or for SMTP whatever IMAP has
}

// The states of an account.
const (
	AccountNew         = "new"         // not tried yet
	AccountSyncing     = "syncing"     // it works, and there is more to fetch
	AccountReady       = "ready"       // it works
	AccountPaused      = "paused"      // by a person; see Accounts.Pause
	AccountAuthFailed  = "auth_failed" // the login does not work
	AccountUnreachable = "unreachable" // the server is not reached, or not in a way that is safe
	AccountThrottled   = "throttled"   // the server asks for patience
	AccountOverQuota   = "over_quota"  // the mailbox is full: it is read, and nothing can be filed there
	AccountCertificate = "certificate" // nobody vouches for the server's certificate: a person must compare it
	AccountError       = "error"       // something else
)

// What a person can do about an account's state.
const (
	DoNothing     = ""            // all is well, or it goes on by itself
	DoWait        = "wait"        // it is tried again at NextTry
	DoPassword    = "password"    // enter the password again
	DoSignIn      = "signin"      // sign in again at the provider
	DoServer      = "server"      // check the server's name, port and security
	DoCertificate = "certificate" // compare the fingerprint and confirm it; see Accounts.Trust
	DoSpace       = "space"       // delete or archive mails
	DoResume      = "resume"      // see Accounts.Resume
	DoAdmin       = "admin"       // tell the administrator
)

// An AccountStatus says how an account fares.
type AccountStatus struct {
	State    string // one of the states, like AccountReady; there will be more
	Code     string // of the failure; see Sentence
	Detail   string // the server's own words
	Since    time.Time
	NextTry  time.Time // zero: not by itself
	Verified time.Time // the last time that the server took the login; zero: never
	Sentence string    // what happened and what to do, in the Actor's language; empty when all is well
	Do       string    // what a person can do, like DoPassword
	Cure     string    // that in a few words, in the Actor's language: for a button
	// Certificate is what a person must compare, in the state AccountCertificate.
	Certificate *Certificate
}

// A Certificate is what a server showed. Everything but the fingerprint is its own word.
type Certificate struct {
	SHA256    string // 64 hexadecimal digits; as people compare them: Fingerprint
	Subject   string
	Issuer    string
	Names     []string
	NotBefore time.Time
	NotAfter  time.Time
}

// Fingerprint is the SHA-256 as people read it: "AB:CD:…".
func (c *Certificate) Fingerprint() string {
	var b strings.Builder
	for i := 0; i+1 < len(c.SHA256); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strings.ToUpper(c.SHA256[i : i+2]))
	}
	return b.String()
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
		LinkReadNightly: Nightly(acc.Settings.LinkRead), DeletePolicy: Nightly(acc.Settings.DeletePolicy),
		Status: s.accountStatus(&acc.Status, acc.IMAP.Login != ""), Sending: AccountStatus{State: AccountNew},
	}
	out.Status.NextTry = acc.NextSync
	if acc.Status.Sending != nil {
		out.Sending = s.accountStatus(acc.Status.Sending, acc.SMTP.Login != "" || acc.IMAP.Login != "")
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
	return Server{
		Host: s.Host, Port: s.Port, Security: Security(s.Security), Username: s.Username, NoAuth: !s.Authenticate, PinSHA256: s.PinSHA256,
		Flags: s.Flags, Disabled: s.Disabled, ReadOnly: s.ReadOnly, Login: s.Login,
	}
}
