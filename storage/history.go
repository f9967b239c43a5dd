package storage

import (
	"context"
	"time"
)

// History keeps a copy of the timelines in a table of the host. It is optional: mailcrm's own store is the truth, and timelines are read there.
//
// Calls arrive at least once, and in order for each entry. A driver that has seen a revision of an entry drops every call with the same or a
// smaller one, also after a Delete.
type History interface {
	// Put makes or replaces the entry.
	Put(ctx context.Context, req PutEntryRequest) (PutEntryResult, error)
	// Delete removes the entry; one that is not there is no error.
	Delete(ctx context.Context, req DeleteEntryRequest) (DeleteEntryResult, error)
	// List returns a page of ids and revisions in the order of ids, deleted ones left out, so that mailcrm can find what is missing.
	List(ctx context.Context, req ListEntriesRequest) (ListEntriesResult, error)
}

// A Direction says which way a mail went.
type Direction string

// The directions.
const (
	Received Direction = "received"
	Sent     Direction = "sent"
)

// An Entry is one mail in the history of one record.
type Entry struct {
	ID             string // of the link between mail and record: stable
	Entity         Ref
	Message        string // mailcrm's id of the mail
	Direction      Direction
	Date           time.Time
	Agent          string // who sent it, or whose mailbox received it
	Subject        string // empty when Withheld
	From           string
	To             []string
	Text           string // what was new in the text, without quotations and signature, with the line ends that the account asks for
	HasAttachments bool
	Withheld       bool // private: only direction, date and agent are told
	Public         bool // the account's public tag
	Rule           string
	Confidence     string
	// Kind is "auto_reply" for what a machine answered, else empty. There may be more kinds.
	Kind string
	// Status is what was reported about a sent mail after it left, the worst of its recipients: "bounced", "complained", "delayed", "displayed", "delivered" or
	// "relayed"; empty when nothing was, or for one that is Withheld. A change comes as another Put.
	Status string
}

// A PutEntryRequest holds an entry and its revision.
type PutEntryRequest struct {
	Tenant   Tenant
	Entry    Entry
	Revision int64
}

// A PutEntryResult is empty.
type PutEntryResult struct{}

// A DeleteEntryRequest names an entry to remove.
type DeleteEntryRequest struct {
	Tenant   Tenant
	ID       string
	Revision int64
}

// A DeleteEntryResult is empty.
type DeleteEntryResult struct{}

// A ListEntriesRequest asks for a page of ids.
type ListEntriesRequest struct {
	Tenant Tenant
	After  string // id; empty: from the start
	Limit  int    // 1 to MaxPage
}

// A ListEntriesResult is a page of ids.
type ListEntriesResult struct {
	Entries []EntryRevision
}

// An EntryRevision is an entry's id and the revision that the host holds.
type EntryRevision struct {
	ID       string
	Revision int64
}

// An EntityChange tells mailcrm what became of a record, so that its mail follows it.
type EntityChange struct {
	Ref       Ref
	Was       []Ref    // merged or converted: records that are this one now
	Addresses []string // added or removed ones; empty: unknown, all are looked up again
	Gone      bool     // deleted: its history is kept, no new mail is linked
}
