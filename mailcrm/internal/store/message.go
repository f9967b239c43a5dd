package store

import (
	"time"

	"github.com/mailcrm/sdk/storage"
)

// Flags is a set of system flags (RFC 3501 §2.3.2).
type Flags uint16

// The flags.
const (
	FlagSeen Flags = 1 << iota
	FlagAnswered
	FlagFlagged
	FlagDeleted
	FlagDraft
	FlagForwarded // the keyword $Forwarded
	FlagMDNSent   // the keyword $MDNSent
)

// An Address is one mailbox of a header.
type Address struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"` // as written
}

// A Message is what was said. It groups the copies of one tenant that say the same.
type Message struct {
	Tenant         storage.Tenant
	ID             string
	Key            string // mimemail.Message.Key
	MessageID      string // without <>
	InReplyTo      string
	References     []string
	Thread         string    // id of the message of its conversation that was recorded first
	Date           time.Time // the header's, or when it arrived if that is unreadable; UTC
	From           []Address
	ReplyTo        []Address
	To             []Address
	Cc             []Address
	Bcc            []Address
	Subject        string
	Snippet        string // at most 200 runes
	Text           string // what full-text search knows, at most 256 KiB; not filled by lists
	Direction      storage.Direction
	Agent          string // who sent it, or the owner of the account that first received it
	HasAttachments bool   // of an Arrival: as its parts say; else beside logos
	Size           int64  // bytes of the copy first seen
	Private        bool
	PrivateBy      string // agent
	Public         bool
	LinkState      string    // "none": not in the history yet; "pending": look-up failed, again later; "linked"
	Entered        time.Time // into the history; zero: not yet
	Defects        []string  // mimemail codes
	Kind           string    // of report: "bounce", "receipt", "auto_reply", "feedback"; "" for an ordinary mail
	Facts          Facts     // of a received mail
	Receipt        string    // what was answered to Facts.Wish: "", ReceiptSent, ReceiptDeclined
	DeliveredTo    []string  // other addresses than the account's that delivering servers noted, as written; at most MaxDelivered
}

// A Participant is an address of a message, for links and search.
type Participant struct {
	Address string // normalised
	Header  string // "from", "sender", "reply-to", "to", "cc", "bcc"
}

// A Copy is where a message lies on a server.
type Copy struct {
	Tenant       storage.Tenant
	ID           string
	Message      string
	Account      string
	Mailbox      string
	Direction    storage.Direction // as seen from Account: in a shared mailbox what its agents sent is Sent
	UIDValidity  uint32
	UID          uint32
	HeaderHash   [32]byte
	Size         int64 // RFC822.SIZE, a hint
	InternalDate time.Time
	Flags        Flags
	Keywords     []string
	ModSeq       uint64
	Raw          storage.Digest // zero: bytes are not kept
	RawSize      int64          // of the mail
	Kept         string         // "whole"; "text": Raw is a document in which attachments are only named; "header"
	WantAdd      Flags          // set by a person, not yet on the server
	WantRemove   Flags
	Gone         time.Time // zero: there
}

// An Arrival is one mail with its place.
type Arrival struct {
	Message      Message // ID empty
	Participants []Participant
	Copy         Copy      // ID and Message empty
	Ids          []string  // every Message-ID-like value that may belong to one of our submissions
	Tag          string    // our keyed tag found in References; "" if none
	Pictures     []Picture // small ones among its attachments, which may be a logo (logos.go); at most MaxLogos
	Others       bool      // it has attachments beside Pictures
	Thread       []string  // Message-IDs of mails to whose conversation it belongs, beside those that its header names
}

// An Arrived tells what became of an Arrival.
type Arrived struct {
	Message    string // id
	Copy       string // id
	NewMessage bool
	NewCopy    bool
	Submission string // ours that it is the copy of; "" if none
	LinkState  string // of the message now
}
