package linker

import "github.com/mailcrm/sdk/storage"

// Bounds of one message. What is beyond them is left out, the least telling headers first.
const (
	MaxAddresses = 1000 // distinct ones that are looked up
	MaxLinks     = 1000
)

// The headers, as participants and links name them.
const (
	HeaderFrom    = "from"
	HeaderSender  = "sender"
	HeaderReplyTo = "reply-to"
	HeaderTo      = "to"
	HeaderCc      = "cc"
	HeaderBcc     = "bcc"
)

// A Message is what the linker must know of a mail. It is not changed.
type Message struct {
	ID           string // the caller's, for the Result; may be empty
	Tenant       storage.Tenant
	Direction    storage.Direction // what is not storage.Sent is received
	Participants []Participant     // in the order of the mail, groups resolved

	// Those who never link, whatever the CRM has. The slices of many messages may be the same.
	Own        []string // addresses of the tenant's own mail accounts and identities
	Colleagues []string // addresses of the host's agents elsewhere
	OwnDomains []string // domains of colleagues; a public one ([PublicDomain]) counts for nobody

	ListID        string     // List-Id (RFC 2919); empty for mail that came through no list
	AutoSubmitted string     // keyword of Auto-Submitted (RFC 3834 §5), for rules: empty or "no" for mail that a person sent
	Verdict       Confidence // what authentication says of a received mail's From. Defaults to Unauthenticated

	insiders *insiders // made once for many messages
}

// A Participant is an address of a mail and the header it stood in.
type Participant struct {
	Header  string // one of the Header constants; others are not read
	Address string // as written, or normalised; without a name
}

// A Confidence says how sure it is that the address in a link is who it says.
type Confidence string

// The confidences.
const (
	Certain         Confidence = "certain"         // we sent it, or a person linked it
	Authenticated   Confidence = "authenticated"   // received, and proven (DMARC or the like) by a server that we trust
	Unauthenticated Confidence = "unauthenticated" // received, and nobody says
	Failed          Confidence = "failed"          // received, and the proof failed: the address may be forged
)

// A Link is one record that a mail belongs to, and why.
type Link struct {
	Entity     storage.Entity // as the host described it; Addresses is empty
	Rule       string         // name of the rule that made it
	Address    string         // normalised
	Header     string         // where the address stands
	Confidence Confidence
	Ambiguous  bool // another record of the same kind has this address too: both are linked
}

// A Result is what was found for one Message: each record once.
type Result struct {
	Message string // its ID
	Links   []Link // the most telling header first
	Pending bool   // not all addresses could be looked up; Links is empty then
}
