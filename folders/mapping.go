package folders

import (
	"slices"
	"strings"
)

// How is how a role found its mailbox. The values are stable.
type How string

// The ways, surest first. A role without a mailbox is Missing.
const (
	Chosen  How = "override" // a person chose it
	Stated  How = "stated"   // the server says it
	Exact   How = "exact"    // the whole name is known
	Guess   How = "guess"    // one known word remained
	Missing How = ""
)

// What a finding is worth, see [Finding].Confidence.
const (
	confidenceChosen    = 100
	confidenceStated    = 100
	confidenceExact     = 95
	confidenceRival     = 85
	confidenceAmbiguous = 60
	confidenceGuess     = 50
)

// MaxLosers is how many losers a finding lists; a listing may have thousands.
const MaxLosers = 20

// A Mapping is which mailbox has which role, and why. The zero Mapping has found nothing.
type Mapping struct {
	// Findings has one entry for each role, in the order of [Roles]; a role without a mailbox is there too, with its losers.
	Findings []Finding
	// Language is the code of the language that knows most of the mailbox's names ("fr", "zh-Hant"); empty when several know as many.
	Language string
	// Dropped are the roles whose [Override] was not followed, because the mailbox is gone, cannot be selected or is the inbox. The caller
	// forgets these overrides and says so.
	Dropped []Role

	prefix, delimiter string
	gmail             bool
	present           map[string]bool // folded names at the root
}

// A Finding is the answer for one role.
type Finding struct {
	Role    Role
	Mailbox Mailbox // the zero Mailbox when How is Missing, or when a person chose that there is none
	How     How
	// Confidence is 0 to 100: 100 chosen or stated, 95 an exact name, 85 one of several exact names, 60 a name that can also mean something
	// else, 50 a guess, 0 not found.
	Confidence int
	// Losers are the mailboxes that were considered, in the order of the listing within each step, at most [MaxLosers].
	Losers []Loser
}

// Found tells whether the role has a mailbox.
func (f Finding) Found() bool { return f.Mailbox.Name != "" }

// Sure tells whether mail may be moved or deleted on this finding without asking the person first: not on a guess, nor on an ambiguous name.
func (f Finding) Sure() bool { return f.Found() && f.Confidence >= confidenceRival }

// A Loser is a mailbox that did not get a role.
type Loser struct {
	Mailbox Mailbox
	Why     Reason
}

// A Reason is why a mailbox lost. The values are stable.
type Reason string

// The reasons.
const (
	ReasonChosen       Reason = "chosen"       // a person chose another
	ReasonStated       Reason = "stated"       // the server states another
	ReasonUnselectable Reason = "unselectable" // \Noselect or \NonExistent
	ReasonShared       Reason = "shared"       // another user's or everybody's
	ReasonInside       Reason = "inside"       // lies under Trash, Junk, Drafts or Sent
	ReasonDeeper       Reason = "deeper"       // the winner is nearer to the root
	ReasonName         Reason = "name"         // the winner's name agrees with what the server states
	ReasonLabel        Reason = "label"        // a label on Gmail
	ReasonAmbiguous    Reason = "ambiguous"    // the name can mean something else too
	ReasonPrefix       Reason = "prefix"       // the winner lies deeper in the personal namespace
	ReasonLanguage     Reason = "language"     // the other names are in the winner's language
	ReasonWeight       Reason = "weight"       // a less usual name
	ReasonCount        Reason = "count"        // holds fewer mails than its twin
	ReasonOrder        Reason = "order"        // comes later in the listing
)

// Prefix is that of the personal namespace, as it was told or as the listing shows it: "INBOX." where everything lies under the inbox, otherwise "".
func (m Mapping) Prefix() string { return m.prefix }

// Find returns the finding of a role; for a value that is no role, one that found nothing.
func (m Mapping) Find(role Role) Finding {
	if i := slices.IndexFunc(m.Findings, func(f Finding) bool { return f.Role == role }); i >= 0 {
		return m.Findings[i]
	}
	return Finding{Role: role}
}

// Mailbox returns the mailbox of a role.
func (m Mapping) Mailbox(role Role) (Mailbox, bool) {
	f := m.Find(role)
	return f.Mailbox, f.Found()
}

// RoleOf returns the role of the mailbox with this path; INBOX in any case is the inbox.
func (m Mapping) RoleOf(name string) (Role, bool) {
	for _, f := range m.Findings {
		if f.Found() && (f.Mailbox.Name == name || f.Role == Inbox && strings.EqualFold(name, "INBOX") && strings.EqualFold(f.Mailbox.Name, "INBOX")) {
			return f.Role, true
		}
	}
	return "", false
}
