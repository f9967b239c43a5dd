package linker

import "github.com/mailcrm/sdk/storage"

// A Rule is one reason to link, and one file of this package. It must not change what it is given, and is called from several goroutines at
// once. Asking and finding are apart, so that the addresses of many mails are looked up at once.
type Rule interface {
	// Name is stored with each link, for good: lower-case ASCII.
	Name() string

	// Steps are the addresses of a message as the rule sees them: those of which it must know who has them (Outcome is [Asked], Address is
	// normalised), and those that it passes over, with the reason.
	Steps(m *Message) []Step

	// Links says what follows, the most telling first. Steps is what the rule returned; everything that it asked is in known.
	Links(m *Message, steps []Step, known Known) []Link
}

// A Step is one address in one header.
type Step struct {
	Header    string
	Written   string // as in the mail
	Address   string // normalised; empty if it is no address
	Outcome   Outcome
	Entities  []storage.Entity // that have it
	More      bool             // others have it too: more than Options.MaxEntities, or more than the host returns
	OwnDomain string           // for Colleague, when the domain made him one
	Rule      string           // whose step it is
}

// An Outcome is what became of an address. The words are stable, for translation.
type Outcome string

// The outcomes.
const (
	Linked      Outcome = "linked"       // records have it
	Nobody      Outcome = "nobody"       // no record has it
	Own         Outcome = "own"          // an address of one of our own accounts
	Colleague   Outcome = "colleague"    // of an agent, or in one of our own domains
	NotAddress  Outcome = "not_address"  // it is no mail address
	Repeated    Outcome = "repeated"     // it stood in another header already
	NotUsed     Outcome = "not_used"     // beyond the first MaxAddresses
	NotRead     Outcome = "not_read"     // its header does not link in mail of this direction
	MailingList Outcome = "mailing_list" // a Reply-To that a mailing list put there
	Waiting     Outcome = "waiting"      // the host could not be asked
	Asked       Outcome = "asked"        // a rule wants to know; an Explanation has one of the others instead
)

// Known holds who has the addresses that were looked up. What could not be looked up is not in it.
type Known map[string]Owners

// Owners are the entities that have an address, by kind and id.
type Owners struct {
	Entities []storage.Entity
	More     bool // see Step
}
