package linker

import (
	"container/list"
	"sync"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A cache remembers who has an address, and that nobody has, for a while. The least recently used go first.
type cache struct {
	size      int
	hit, miss time.Duration
	now       func() time.Time

	mu     sync.Mutex
	recent *list.List // of *entry, the most recently used in front
	byKey  map[key]*list.Element
}

type key struct {
	tenant  storage.Tenant
	address string
}

type entry struct {
	key      key
	entities []storage.Entity
	until    time.Time
}

func newCache(o Options) *cache {
	c := &cache{size: o.CacheSize, hit: o.HitTTL, miss: o.MissTTL, now: o.Now, recent: list.New(), byKey: map[key]*list.Element{}}
	if c.size == 0 {
		c.size = 50_000
	}
	if c.hit <= 0 {
		c.hit = 5 * time.Minute
	}
	if c.miss <= 0 {
		c.miss = time.Minute
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c
}

// get is what is remembered of the addresses, and those that must be asked for.
func (c *cache) get(tenant storage.Tenant, addresses []string) (known map[string][]storage.Entity, ask []string) {
	known = map[string][]storage.Entity{}
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range addresses {
		element, ok := c.byKey[key{tenant, a}]
		if !ok {
			ask = append(ask, a)
			continue
		}
		e := element.Value.(*entry)
		if !now.Before(e.until) {
			c.remove(element)
			ask = append(ask, a)
			continue
		}
		c.recent.MoveToFront(element)
		if len(e.entities) > 0 {
			known[a] = e.entities
		}
	}
	return known, ask
}

// put remembers an answer: asked addresses that are not in found have no record.
func (c *cache) put(tenant storage.Tenant, asked []string, found map[string][]storage.Entity) {
	if c.size < 0 {
		return
	}
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range asked {
		k := key{tenant, a}
		if old, ok := c.byKey[k]; ok {
			c.remove(old)
		}
		e := &entry{key: k, entities: found[a], until: now.Add(c.miss)}
		if len(e.entities) > 0 {
			e.until = now.Add(c.hit)
		}
		c.byKey[k] = c.recent.PushFront(e)
	}
	for c.recent.Len() > c.size {
		c.remove(c.recent.Back())
	}
}

func (c *cache) forget(tenant storage.Tenant, address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.byKey[key{tenant, address}]; ok {
		c.remove(element)
	}
}

func (c *cache) forgetAll(tenant storage.Tenant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, element := range c.byKey {
		if k.tenant == tenant {
			c.remove(element)
		}
	}
}

func (c *cache) remove(element *list.Element) {
	c.recent.Remove(element)
	delete(c.byKey, element.Value.(*entry).key)
}
