package store

import "time"

// A UIDRange is a run of UIDs, both ends included (RFC 3501 §2.3.1.1).
type UIDRange struct{ Lo, Hi uint32 }

// The states of a UID in the ledger (law 2). Stored is told by a row in copies; the others by rows of the ledger.
const (
	LedgerPending  = "pending"
	LedgerExcluded = "excluded"
	LedgerDead     = "dead"
)

// An Exclusion is a run of UIDs that a rule keeps out.
type Exclusion struct {
	UIDRange
	Rule string // "depth", "role" …
}

// An Enumeration is what one look at a mailbox found: every UID below UIDNext that was not in the ledger yet goes either to Pending or to Excluded.
type Enumeration struct {
	UIDValidity   uint32
	UIDNext       uint32
	Exists        uint32
	HighestModSeq uint64
	Since         time.Time
	Pending       []UIDRange
	Excluded      []Exclusion
}

// A DeadLetter is a UID whose mail could not be fetched or recorded.
type DeadLetter struct {
	UID     uint32
	Code    string // of the storage.Cause
	Detail  string
	Tries   int
	NextTry time.Time
}

// A Ledger is the state of every UID of one mailbox under one UIDVALIDITY.
type Ledger struct {
	UIDValidity uint32
	UIDNext     uint32
	Stored      []UIDRange
	Pending     []UIDRange
	Excluded    []Exclusion
	Dead        []DeadLetter
}
