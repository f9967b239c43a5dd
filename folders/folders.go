// Package folders knows which mailbox of an account is Sent, Drafts, Trash, Junk, Archive …, and says why.
//
// A server that follows RFC 6154 states it. Many do not, or state it for some mailboxes only, and then a mailbox named "Éléments supprimés",
// "Koš" or "寄件備份" must be understood as a person would. [Map] does both. It is a pure function of what LIST answered: it opens nothing,
// remembers nothing, and gives the same answer for the same listing.
//
// How a role finds its mailbox, the first that answers:
//
//  1. [Override]: a person chose the mailbox. The choice wins as long as that mailbox exists.
//  2. [Stated]: the server says it, by a special-use attribute (RFC 6154 §2), by XLIST's older spelling, or by the reserved name INBOX
//     (RFC 3501 §5.1). A mailbox that stated a use is never read again by its name.
//  3. [Exact]: the whole name, at the root of the person's own namespace, stands in the table of a language. Names are compared without
//     case, accents, width, spaces and punctuation; never by similarity, by a prefix or by a part: "Architektur" is no archive.
//  4. [Guess]: the same, after words like "messages" or "フォルダ" were taken away, when exactly one known word remains.
//
// Never a candidate: INBOX for anything else, what cannot be selected, what belongs to another user or to all, and what lies under a Trash,
// Junk, Drafts or Sent mailbox. Outbox is not Sent, in any language. Gmail's labels are not its system folders. Words that mean both trash
// and junk (Basura, Lixo, Çöp) take the role that has no other candidate, then what the mailbox's language says, then Trash.
//
// A mailbox in the wrong role costs more than a role without a mailbox: mail moved to the wrong place is lost to the person. So when in
// doubt the answer is "not found" with the candidates that lost, and [Mapping.Propose] offers a name to create. Nothing destructive may be
// done on a finding that is not [Finding.Sure]: ask the person, and hand the answer back as an [Override].
//
// The names are plain text in folders/languages, one language a file, made to be extended by people who do not write Go; the README there
// describes the format. They are compiled in and read once, at the first use.
//
// Look here too for mailbox names on the wire ([DecodeName], [EncodeName]). Look elsewhere for asking the server (imapsync) and for what is
// done with a mailbox once its role is known (DESIGN.md has the table).
package folders

// A Role is what a mailbox is for. The values are stable: they are stored and travel in the HTTP API.
type Role string

// The roles. All, Flagged and Important are views over mails that lie elsewhere too (RFC 6154 §2, RFC 8457). They are taken from the
// server's word; by name only under [Gmail], or where a mailbox says "All Mail". A person's own folder "Important" is no view.
const (
	Inbox     Role = "inbox"
	Sent      Role = "sent"
	Drafts    Role = "drafts"
	Trash     Role = "trash"
	Junk      Role = "junk"
	Archive   Role = "archive"
	All       Role = "all"
	Flagged   Role = "flagged"
	Important Role = "important"
)

// Known uses that are no role: their words are recognised so that they are not taken for a role.
const (
	outbox    Role = "outbox"
	templates Role = "templates"
	otherUse  Role = "other" // \Templates, \Memos, \Snoozed …
)

// Roles returns every role, in the order in which they are shown to people.
func Roles() []Role {
	return []Role{Inbox, Sent, Drafts, Trash, Junk, Archive, All, Flagged, Important}
}

// SpecialUse is the attribute to CREATE a mailbox with (RFC 6154 §3); "" for views and INBOX, which cannot be created.
func (r Role) SpecialUse() string {
	switch r {
	case Sent:
		return `\Sent`
	case Drafts:
		return `\Drafts`
	case Trash:
		return `\Trash`
	case Junk:
		return `\Junk`
	case Archive:
		return `\Archive`
	}
	return ""
}

// A Mailbox is one line of a LIST response.
type Mailbox struct {
	Name       string   // full path in UTF-8, see [DecodeName]
	Delimiter  string   // hierarchy delimiter; empty for NIL, a flat namespace
	Attributes []string // as the server wrote them: `\HasNoChildren`, `\Sent`; LIST and LIST RETURN (SPECIAL-USE) merged
	ID         string   // OBJECTID (RFC 8474), empty when the server has none; used for overrides only
	Messages   *uint32  // STATUS MESSAGES, nil when nobody asked; used only between two mailboxes of one name
}

// Options is what is known of the account besides the listing. The zero value is for a server that tells nothing.
type Options struct {
	// PersonalPrefix is the prefix of the personal namespace (RFC 2342), delimiter included: "INBOX.". Defaults to what the listing shows:
	// "INBOX" and its delimiter when everything lies there, otherwise none.
	PersonalPrefix string
	// OtherPrefixes are those of the other users' and the shared namespaces (RFC 2342). What lies there has no role.
	OtherPrefixes []string
	// Overrides is what a person chose, by role. INBOX cannot be chosen for another role, nor another mailbox as the inbox.
	Overrides map[Role]Override
	// Provider is the provider's name or id as autoconfig has it ("googlemail.com"). Defaults to what the listing shows.
	Provider string
}

// An Override is a person's choice for one role.
type Override struct {
	Name string // path of the mailbox, as in [Mailbox].Name
	ID   string // its OBJECTID when it had one: the choice then follows a rename
	None bool   // the person said that no mailbox has this role
}
