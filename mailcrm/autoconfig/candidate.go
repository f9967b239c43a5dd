package autoconfig

import (
	"slices"
	"time"
)

// Security is how a connection is protected. The values are those of mailcrm.Security, so that one conversion makes one of the other; there
// is none without TLS.
type Security string

// Kinds of security.
const (
	TLS      Security = "tls"      // from the first byte (RFC 8314)
	StartTLS Security = "starttls" // upgraded before anything else (RFC 2595, RFC 3207)
)

// Login is the form of a login name.
type Login string

// Forms of login names.
const (
	LoginAddress   Login = "address"    // the whole address
	LoginLocalPart Login = "local part" // what stands before the @
	LoginOther     Login = "other"      // something that the source spelt out
)

// Server is an IMAP or a submission server.
type Server struct {
	Host     string // A-labels, lower case; empty when unknown
	Port     int    // 1 to 65535
	Security Security
	Login    Login
	Username string // the login of the address; empty in answers of [Lookup], which knows no address: see [Candidate.For]
}

// Known says whether there is a server at all.
func (s Server) Known() bool { return s.Host != "" }

// AuthKind is what a person proves herself with.
type AuthKind string

// Kinds of authentication.
const (
	Password    AuthKind = "password"     // the password of the mailbox
	AppPassword AuthKind = "app password" // one that the provider makes for a program; the usual one is refused, at least with two steps
	OAuth2      AuthKind = "oauth2"       // the person signs in at the provider
)

// Auth is a way to sign in.
type Auth struct {
	Kind   AuthKind
	Issuer string // of OAuth2: "google", "microsoft" or the name of another provider's service, for which a host needs a registration of its own
}

// Source is who named the servers.
type Source string

// Sources, best first.
const (
	SourceTable        Source = "table"        // the built-in table, by domain
	SourceAutoconfig   Source = "autoconfig"   // https://autoconfig.DOMAIN
	SourceWellKnown    Source = "well-known"   // https://DOMAIN/.well-known
	SourceSRV          Source = "srv"          // RFC 6186
	SourceTableMX      Source = "table-mx"     // the built-in table, by MX
	SourceISPDB        Source = "ispdb"        // Mozilla's data base, by domain
	SourceISPDBMX      Source = "ispdb-mx"     // the same, by MX
	SourceAutodiscover Source = "autodiscover" // Exchange and what speaks like it
	SourceGuess        Source = "guess"        // a usual name at which a server answered
)

// Confidence is how much a candidate is to be believed.
type Confidence int

// Steps of confidence.
const (
	Low    Confidence = iota + 1 // nobody said so with authority
	Medium                       // somebody said so who is probably right
	High                         // the owner of the domain said so, or a checked entry of the table
)

// String is "low", "medium" or "high".
func (c Confidence) String() string {
	switch c {
	case High:
		return "high"
	case Medium:
		return "medium"
	default:
		return "low"
	}
}

// Candidate is a pair of servers that an address may have. It has no credentials in it and may be shown to the person and kept.
type Candidate struct {
	Provider string // "Gmail", "OVHcloud"; empty when unknown. It also serves as folders.Options.Provider
	IMAP     Server
	SMTP     Server // of message submission; its Host is empty when the source named none
	Auth     []Auth // best first; a password where the source said nothing

	Source     Source
	Confidence Confidence
	Evidence   []Evidence // who said so, Source first; [Candidate.Explain] is the text of it
	Help       []Help     // what the person has to do at the provider first

	// SavesSent says that the server files a copy of what is sent by itself. False also when nobody knows.
	SavesSent bool
	// OutsideDomain says that a server lies outside of the domain of the address, as with every provider that serves domains of others.
	// Show the host names to the person then.
	OutsideDomain bool
	// Confirm says that a person must see and accept the host names before a password goes there: nothing but an unsigned DNS answer or a
	// guess vouches for them, or somebody else than the table put them outside of the domain.
	Confirm bool
	// Unsupported says that no program on a server can read this mailbox; Help tells why. The host names are empty, or those of a program
	// on the person's own computer.
	Unsupported bool

	rank int
}

// Evidence is one source that named the servers of a candidate.
type Evidence struct {
	Source  Source
	Domain  string    // of the address
	Target  string    // what was asked: an address on the web, the name of an MX or of an SRV record, a server that answered
	Checked time.Time // of a table entry: the day on which it was last compared with what others publish; zero for never
}

// For fills the login names for an address. An error is that of [Discover]; [Discover] has filled them already.
func (c Candidate) For(address string) (Candidate, error) {
	mailbox, err := parseAddress(address)
	if err != nil {
		return c, err
	}
	c.IMAP, c.SMTP = c.IMAP.loginOf(mailbox), c.SMTP.loginOf(mailbox)
	return c, nil
}

func (s Server) loginOf(m mailbox) Server {
	switch {
	case !s.Known():
	case s.Login == LoginAddress:
		s.Username = m.String()
	case s.Login == LoginLocalPart:
		s.Username = m.local
	}
	return s
}

// sameServers says whether two candidates mean the same: the same hosts, where 465 and 587 of one host are one server (RFC 8314 §3.3), and a
// host for sending that one of them does not name.
func (c Candidate) sameServers(d Candidate) bool {
	return c.IMAP.Host == d.IMAP.Host && c.IMAP.Port == d.IMAP.Port && (c.SMTP.Host == d.SMTP.Host || !c.SMTP.Known() || !d.SMTP.Known())
}

// judge decides what the sources of a candidate are worth, after everything else is filled.
func (c *Candidate) judge(domain string) {
	c.OutsideDomain = outside(c.IMAP.Host, domain) || outside(c.SMTP.Host, domain)
	c.rank = rank(c.Source)
	if c.Source == SourceTable && c.Confidence < High {
		c.rank = rank(SourceTableMX) // an entry that was never compared is worth less than the domain's own words
	}
	switch c.Source {
	case SourceTable, SourceTableMX:
		c.Confirm = false // compiled in: a false MX can lead to a well-known provider only
	case SourceSRV, SourceGuess, SourceAutodiscover:
		c.Confirm = true
	default:
		c.Confirm = c.OutsideDomain
	}
}

func outside(host, domain string) bool { return host != "" && !sameOwner(host, domain) }

// order is the order of belief; see the package comment.
var order = []Source{
	SourceTable, SourceAutoconfig, SourceWellKnown, SourceSRV, SourceTableMX, SourceISPDB, SourceISPDBMX,
	SourceAutodiscover, SourceGuess,
}

func rank(s Source) int { return slices.Index(order, s) }

// join adds another source that named the same servers: two that agree are believed more, whatever each of them is worth. A source vouches for what it names and
// for nothing else: who did not name the host for sending does not make it one that needs no confirming.
func (c *Candidate) join(other Candidate) {
	c.Evidence = append(c.Evidence, other.Evidence...)
	switch {
	case c.SMTP.Known() && !other.SMTP.Known():
	case !c.SMTP.Known() && other.SMTP.Known():
		c.SMTP = other.SMTP
		c.Confirm = other.Confirm
	default:
		// The strictest source no longer matters: one that proves what it says has said the same.
		c.Confirm = c.Confirm && other.Confirm
	}
	c.OutsideDomain = c.OutsideDomain || other.OutsideDomain
	c.Confidence = min(max(c.Confidence, other.Confidence)+1, High)
}
