package store

import (
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A Link says that a message belongs to a record, and why. A removed one stays as a negative link that automatic work respects.
type Link struct {
	Tenant     storage.Tenant
	ID         string
	Message    string
	Entity     storage.Ref
	Name       string // of the entity when it was linked, for lists while the host is down
	Rule       string // linker's rule, "manual"
	Address    string
	Header     string
	By         string // agent, or storage.SystemAgent
	When       time.Time
	Confidence string // "authenticated", "unauthenticated", "failed", "certain" (by hand)
	Ambiguous  bool
	Removed    bool // unlinked by a person
	RemovedBy  string
	RemovedAt  time.Time
	Revision   int64
}
