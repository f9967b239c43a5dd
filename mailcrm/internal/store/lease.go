package store

import (
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A Lease is the right to work on an account, for as long as its time is not over by the database's clock. Each new holder has a higher Epoch.
type Lease struct {
	Tenant  storage.Tenant
	Account string
	Node    string
	Epoch   int64
	Expires time.Time // by this process's monotonic clock, early rather than late
}

// A Projection is a change of a history entry that the host's own table must hear of.
type Projection struct {
	Tenant   storage.Tenant
	Link     string
	Revision int64
	Delete   bool
	Tries    int
	Due      time.Time
}

// A Due is an account that has something to do.
type Due struct {
	Tenant  storage.Tenant
	Account string
	Sync    bool
	Outbox  bool
	Links   bool // look-ups failed earlier
}
