package store

import (
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A Mailbox is a folder of an account on its server, and how far we have followed it.
type Mailbox struct {
	Tenant     storage.Tenant
	ID         string
	Account    string
	Name       string // UTF-8, unique within the account
	Wire       string // as the server spelled it
	Delimiter  string
	Attributes []string
	ObjectID   string // the server's own id of it (RFC 8474 §4), which outlives a rename; "" where there is none
	Role       string // folders.Role, or ""
	RoleHow    string // "stated", "exact", "guess", "override", or ""
	Selectable bool
	Sync       string // "full", "index", "none": from the role, see DESIGN "The two paths"

	UIDValidity   uint32
	UIDNext       uint32    // every UID below is in the ledger
	HighestModSeq uint64    // of the SELECT whose changes are committed; 0: none
	Exists        uint32    // the server's count at the last checkpoint
	Since         time.Time // depth that the ledger was enumerated with; zero: everything
	Synced        time.Time
	Error         string    // code of the last failure, "" when the last run was good
	Gone          time.Time // no longer listed since; zero: listed
	Revision      int64
}
