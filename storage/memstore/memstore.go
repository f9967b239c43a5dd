// Package memstore is a small CRM in memory with every power of [storage.Host]: companies, contacts, deals, agents, fields to merge, document
// trees, lists, access by owner and a table for history. It is what mailcrm is tried with before a real CRM is plugged in.
//
//	crm := memstore.New()
//	crm.Add(storage.Entity{Ref: storage.Ref{Kind: storage.KindContact, ID: "17"}, Name: "Ann", Addresses: []string{"ann@example.com"}})
//	client, err := mailcrm.Open(ctx, mailcrm.Config{Host: crm.Host(), …})
//
// It serves three readers. The reference server's demo shows it as the CRM around the mail. Tests of hosts and of mailcrm use it as a CRM that
// fails on demand: [CRM.Fail], [CRM.FailAfter], [CRM.Delay], [CRM.MaxMatches], [CRM.Calls]. And whoever writes a driver reads it as the example
// that passes storage/storagetest: one file a power.
//
// # What binds
//
// Tenants are worlds of their own, made by the first record that names them. All methods may be called from several goroutines at once.
// What is passed in is copied, and so is what is returned. Nothing is kept when the process ends.
//
// Addresses are compared as the contract says: whole, without regard to case. Where a record has an internationalised domain, give it in its
// ASCII form.
//
// Look elsewhere for a driver over a real database (examples/host), and for document trees on disk (storage/filestore).
package memstore

import (
	"sync"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A CRM holds everything. The zero value is not usable; see [New].
type CRM struct {
	faults faults

	mu         sync.RWMutex
	worlds     map[storage.Tenant]*world
	now        func() time.Time
	ownersOnly bool
	maxMatches int
	clock      uint64 // counts changes, for "recent"
}

// A world is what one tenant has.
type world struct {
	records   map[storage.Ref]*record
	addresses map[string]map[storage.Ref]bool // folded address to those who have it
	merged    map[storage.Ref]storage.Ref     // what became of a record
	agents    []Agent
	fields    map[storage.Kind][]storage.Field // beyond the built-in ones
	lists     map[string]*list
	trees     map[treeKey]*tree
	keys      map[string]made // of Create
	entries   map[string]*entry
	lastID    int
}

// New is an empty CRM.
func New() *CRM {
	return &CRM{worlds: make(map[storage.Tenant]*world), now: time.Now}
}

// Host is the CRM as mailcrm sees it. Set a power to nil to see mailcrm without it.
func (c *CRM) Host() storage.Host {
	return storage.Host{
		Directory: directory{c},
		Search:    searcher{c},
		Create:    creator{c},
		Fields:    fieldSource{c},
		Files:     files{c},
		Access:    access{c},
		History:   history{c},
		Lists:     lists{c},
	}
}

// Clock replaces the clock, which decides when a Key of Create is forgotten and what documents say of their age.
func (c *CRM) Clock(now func() time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// world is that of a tenant, made on demand. The caller holds the lock for writing.
func (c *CRM) world(tenant storage.Tenant) *world {
	w := c.worlds[tenant]
	if w == nil {
		w = &world{
			records:   make(map[storage.Ref]*record),
			addresses: make(map[string]map[storage.Ref]bool),
			merged:    make(map[storage.Ref]storage.Ref),
			fields:    make(map[storage.Kind][]storage.Field),
			lists:     make(map[string]*list),
			trees:     make(map[treeKey]*tree),
			keys:      make(map[string]made),
			entries:   make(map[string]*entry),
		}
		c.worlds[tenant] = w
	}
	return w
}

// A read-only world for tenants that nobody has written to yet.
func (c *CRM) peek(tenant storage.Tenant) *world {
	if w := c.worlds[tenant]; w != nil {
		return w
	}
	return &world{}
}
