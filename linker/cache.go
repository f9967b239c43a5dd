package linker

import (
	"container/list"
	"sync"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// cache remembers who has an address, per tenant, and who is asking just now.
type cache struct {
	size       int // addresses a tenant; not positive: none
	maxTenants int
	hitTTL     time.Duration
	missTTL    time.Duration
	batch      int // the largest look-up
	now        func() time.Time

	mu      sync.Mutex
	tenants map[storage.Tenant]*list.Element // of *tenant
	recent  *list.List                       // of *tenant, the most recently used first
}

// A tenant is what is remembered for one. Its fields are guarded by cache.mu.
type tenant struct {
	name    storage.Tenant
	entries map[string]*list.Element // of *entry
	recent  *list.List               // of *entry, the most recently used first
	flights map[string]*flight
	batch   int // how many addresses the host answers at once
}

type entry struct {
	address string
	owners  Owners
	expires time.Time
}

// A flight is one address that somebody is asking for. Its result may be read when done is closed.
type flight struct {
	address   string
	done      chan struct{}
	owners    Owners
	err       error
	abandoned bool // whoever asked gave up by himself: the host is not to blame
	stale     bool // forgotten while it was under way; guarded by cache.mu
}

func newCache(o *Options) *cache {
	return &cache{
		size: o.CacheSize, maxTenants: o.CacheTenants, hitTTL: o.HitTTL, missTTL: o.MissTTL, batch: o.BatchSize, now: o.Now,
		tenants: make(map[storage.Tenant]*list.Element), recent: list.New(),
	}
}

// of is what is remembered for a tenant, made on demand. The caller holds the lock.
func (c *cache) of(name storage.Tenant) *tenant {
	if e := c.tenants[name]; e != nil {
		c.recent.MoveToFront(e)
		return e.Value.(*tenant)
	}
	if c.recent.Len() >= c.maxTenants {
		oldest := c.recent.Back()
		delete(c.tenants, c.recent.Remove(oldest).(*tenant).name)
	}
	t := &tenant{name: name, entries: make(map[string]*list.Element), recent: list.New(), flights: make(map[string]*flight), batch: c.batch}
	c.tenants[name] = c.recent.PushFront(t)
	return t
}

// begin sorts addresses: what is remembered goes to known, what somebody asks for already is joined, and the rest is the caller's to ask. Without
// join, everything that is not remembered is the caller's.
func (c *cache) begin(name storage.Tenant, addresses []string, known Known, join bool) (t *tenant, mine, theirs []*flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t = c.of(name)
	now := c.now()
	for _, address := range addresses {
		if e := t.entries[address]; e != nil {
			if found := e.Value.(*entry); now.Before(found.expires) {
				t.recent.MoveToFront(e)
				known[address] = found.owners
				continue
			}
			t.remove(e)
		}
		if f := t.flights[address]; f != nil && join {
			theirs = append(theirs, f)
			continue
		}
		f := &flight{address: address, done: make(chan struct{})}
		if join {
			t.flights[address] = f
		}
		mine = append(mine, f)
	}
	return t, mine, theirs
}

// land ends flights with what the host answered.
func (c *cache) land(t *tenant, flights []*flight, answers Known) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	for _, f := range flights {
		f.owners = answers[f.address]
		if !f.stale && c.size > 0 {
			t.remember(f.address, f.owners, now.Add(c.ttl(f.owners)), c.size)
		}
		t.leave(f)
	}
}

// crash ends flights with an error.
func (c *cache) crash(t *tenant, flights []*flight, err error, abandoned bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range flights {
		f.err, f.abandoned = err, abandoned
		t.leave(f)
	}
}

func (t *tenant) leave(f *flight) {
	if t.flights[f.address] == f {
		delete(t.flights, f.address)
	}
	close(f.done)
}

func (c *cache) ttl(owners Owners) time.Duration {
	if len(owners.Entities) == 0 {
		return c.missTTL
	}
	return c.hitTTL
}

func (t *tenant) remember(address string, owners Owners, expires time.Time, size int) {
	if e := t.entries[address]; e != nil {
		t.remove(e)
	}
	for t.recent.Len() >= size {
		t.remove(t.recent.Back())
	}
	t.entries[address] = t.recent.PushFront(&entry{address: address, owners: owners, expires: expires})
}

func (t *tenant) remove(e *list.Element) {
	delete(t.entries, t.recent.Remove(e).(*entry).address)
}

// forget drops addresses. Answers that are under way are given to those who wait for them, and not remembered; nobody joins them any more.
func (c *cache) forget(name storage.Tenant, addresses []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.tenants[name]
	if e == nil {
		return
	}
	t := e.Value.(*tenant)
	for _, address := range addresses {
		if e := t.entries[address]; e != nil {
			t.remove(e)
		}
		if f := t.flights[address]; f != nil {
			f.stale = true
			delete(t.flights, address)
		}
	}
}

// forgetAll drops all addresses of a tenant.
func (c *cache) forgetAll(name storage.Tenant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.tenants[name]
	if e == nil {
		return
	}
	t := e.Value.(*tenant)
	clear(t.entries)
	t.recent.Init()
	for _, f := range t.flights {
		f.stale = true
	}
	clear(t.flights)
}

// batchOf is how many addresses to ask the host of a tenant for.
func (c *cache) batchOf(t *tenant) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return t.batch
}

// shrink notes that the host could not answer for n addresses. It is not asked for so many again until the tenant is forgotten.
func (c *cache) shrink(t *tenant, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.batch = max(1, min(t.batch, n))
}
