// Package linker says which records of a CRM a mail belongs to, and why.
//
//	l := linker.New(host.Directory, nil)
//	results, err := l.Link(ctx, messages)
//
// A [Rule] proposes links for a mail from who took part in it. There is one rule a file; today's is [AddressRule]: a mail belongs to every record that has
// exactly one of its addresses. Nothing is guessed: no part of an address, no domain, no subject makes a link (that may become a suggestion, for a
// person to confirm). Own addresses and colleagues never link, whatever the CRM has.
//
// [Linker.Explain] answers the question that people ask most: why is this mail on that record, or why not. It names every address of the mail, the
// header it stood in, and what became of it.
//
// # Look-ups
//
// The records come from the host's [storage.Directory]. Hosts are slow and die. All addresses of a call are asked at once, each one once, at most 1,000 a
// look-up; a host that says Truncated is asked for fewer, and from then on; one that refuses a batch is asked for halves of it, so that one address
// does not hold up the others. Each look-up has a deadline, also where the host does not notice it. What the host answered is remembered for a while, per
// tenant, also that nobody has an address; a host that changes an address says so with [Linker.Invalidate]. Calls that need the same address at the same
// time ask once.
//
// When a look-up fails, messages that needed it are Pending, the others have their links, and the error says whether to come back. What a host
// answers is checked: records of another tenant, addresses that were not asked and refs that are none are dropped.
//
// # When not to look here
//
// This package writes nothing. Links are stored, and a person's unlinking is respected, in the room that delivers mail. How a mail is taken apart is
// mailcrm/internal/mimemail's, how addresses are compared package address's.
package linker

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// Defaults of [Options].
const (
	DefaultTimeout      = 10 * time.Second
	DefaultHitTTL       = 5 * time.Minute
	DefaultMissTTL      = time.Minute
	DefaultCacheSize    = 20000
	DefaultCacheTenants = 100
	DefaultMaxEntities  = 100
)

// Options of a Linker. nil and the zero value mean the defaults.
type Options struct {
	// Timeout bounds one look-up. Defaults to DefaultTimeout.
	Timeout time.Duration
	// BatchSize is how many addresses one look-up asks for at most. Defaults to storage.MaxLookupAddresses, and is never more.
	BatchSize int
	// CacheSize is how many addresses are remembered for each tenant, some 300 bytes each; negative: none. Defaults to DefaultCacheSize.
	CacheSize int
	// CacheTenants is for how many tenants anything is remembered. Defaults to DefaultCacheTenants.
	CacheTenants int
	// HitTTL and MissTTL are how long an address with records, and one without, is remembered. They default to DefaultHitTTL and DefaultMissTTL.
	HitTTL, MissTTL time.Duration
	// MaxEntities is how many records one address links; where more have it, the first by kind and id. Defaults to DefaultMaxEntities.
	MaxEntities int
	// Rules are asked in this order; where two link one record, the first one's link stays. Defaults to AddressRule alone.
	Rules []Rule
	// Now is the time of day, for tests. Defaults to time.Now.
	Now func() time.Time
	// Logger gets a debug line a look-up, with counts, and a warning when a host's answer breaks the contract. Defaults to none.
	Logger *slog.Logger
}

// A Linker links. It may be used by several goroutines at once, which share what it remembers.
type Linker struct {
	directory storage.Directory
	opts      Options
	cache     *cache
	stuck     atomic.Int32 // look-ups that were given up and have not returned
}

// New is a Linker that asks directory. Without one, every address stays pending: [storage.ErrUnavailable].
func New(directory storage.Directory, opts *Options) *Linker {
	var o Options
	if opts != nil {
		o = *opts
	}
	if len(o.Rules) == 0 {
		o.Rules = []Rule{AddressRule{}}
	}
	if o.BatchSize < 1 || o.BatchSize > storage.MaxLookupAddresses {
		o.BatchSize = storage.MaxLookupAddresses
	}
	defaultTo(&o.Timeout, DefaultTimeout)
	defaultTo(&o.HitTTL, DefaultHitTTL)
	defaultTo(&o.MissTTL, DefaultMissTTL)
	defaultTo(&o.CacheTenants, DefaultCacheTenants)
	defaultTo(&o.MaxEntities, DefaultMaxEntities)
	if o.CacheSize == 0 {
		o.CacheSize = DefaultCacheSize
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Linker{directory: directory, opts: o, cache: newCache(&o)}
}

func defaultTo[T time.Duration | int](value *T, standard T) {
	if *value <= 0 {
		*value = standard
	}
}

// Link finds the links of messages, in their order. The results are there also when the error is not nil: a message whose addresses could not all
// be looked up is Pending then, and has no links.
//
// The error wraps [storage.ErrTemporary] or [storage.ErrUnavailable] when the host failed, or the error of ctx.
func (l *Linker) Link(ctx context.Context, messages []Message) ([]Result, error) {
	plans := make([]plan, len(messages))
	asked := make(map[storage.Tenant]*addressSet)
	var order []storage.Tenant
	for i := range messages {
		var before *Message
		if i > 0 {
			before = &plans[i-1].message
		}
		plans[i] = l.plan(messages[i], before)
		tenant := messages[i].Tenant
		if asked[tenant] == nil {
			asked[tenant] = new(addressSet)
			order = append(order, tenant)
		}
		asked[tenant].add(plans[i])
	}
	known := make(map[storage.Tenant]Known, len(asked))
	var errs []error
	for _, tenant := range order {
		var err error
		if known[tenant], err = l.resolve(ctx, tenant, asked[tenant].list); err != nil {
			errs = append(errs, err)
		}
	}
	results := make([]Result, len(messages))
	for i := range plans {
		results[i].Message = messages[i].ID
		results[i].Links, results[i].Pending = l.conclude(plans[i], known[messages[i].Tenant])
	}
	return results, errors.Join(errs...)
}

// An Explanation tells for every address of a mail what became of it.
type Explanation struct {
	Message string // its ID
	Steps   []Step
	Links   []Link
	Pending bool // not all addresses could be looked up; Links is empty then
}

// Explain says what Link would do with a message and why, address by address. It uses what is remembered, as Link does. The Explanation is there also
// when the error, which is that of Link, is not nil.
func (l *Linker) Explain(ctx context.Context, m Message) (Explanation, error) {
	p := l.plan(m, nil)
	var asked addressSet
	asked.add(p)
	known, err := l.resolve(ctx, m.Tenant, asked.list)
	e := Explanation{Message: m.ID}
	e.Links, e.Pending = l.conclude(p, known)
	for _, steps := range p.steps {
		for _, step := range steps {
			if step.Outcome == Asked {
				step.answer(known)
			}
			e.Steps = append(e.Steps, step)
		}
	}
	return e, err
}

// answer turns the question into what is known.
func (s *Step) answer(known Known) {
	owners, answered := known[s.Address]
	switch {
	case !answered:
		s.Outcome = Waiting
	case len(owners.Entities) == 0:
		s.Outcome = Nobody
	default:
		s.Outcome = Linked
	}
	s.Entities, s.More = slices.Clone(owners.Entities), owners.More
}

// Invalidate forgets addresses of a tenant, in whatever form: the host changed who has them. Without addresses it forgets all of the tenant's.
func (l *Linker) Invalidate(tenant storage.Tenant, addresses ...string) {
	if len(addresses) == 0 {
		l.InvalidateAll(tenant)
		return
	}
	normal := make([]string, 0, len(addresses))
	for _, a := range addresses {
		if n := Normalize(a); n != "" {
			normal = append(normal, n)
		}
	}
	l.cache.forget(tenant, normal)
}

// InvalidateAll forgets everything that is remembered of a tenant.
func (l *Linker) InvalidateAll(tenant storage.Tenant) { l.cache.forgetAll(tenant) }

// A plan is what each rule sees in a message.
type plan struct {
	message Message
	steps   [][]Step // of each rule
}

func (l *Linker) plan(m Message, before *Message) plan {
	if before != nil && m.shares(before) {
		m.insiders = before.insiders
	} else {
		m.insiders = newInsiders(&m)
	}
	p := plan{message: m, steps: make([][]Step, len(l.opts.Rules))}
	for i, rule := range l.opts.Rules {
		p.steps[i] = rule.Steps(&m)
	}
	return p
}

// conclude applies the rules to what is known. Nothing follows while something that was asked is not known.
func (l *Linker) conclude(p plan, known Known) (links []Link, pending bool) {
	for _, steps := range p.steps {
		for _, step := range steps {
			if _, answered := known[step.Address]; step.Outcome == Asked && !answered {
				return nil, true
			}
		}
	}
	linked := make(map[storage.Ref]bool)
	for i, rule := range l.opts.Rules {
		for _, link := range rule.Links(&p.message, p.steps[i], known) {
			if len(links) == MaxLinks {
				return links, false
			}
			if !linked[link.Entity.Ref] {
				linked[link.Entity.Ref] = true
				links = append(links, link)
			}
		}
	}
	return links, false
}

// addressSet collects the addresses to look up, each once, in order.
type addressSet struct {
	list []string
	seen map[string]bool
}

func (s *addressSet) add(p plan) {
	for _, steps := range p.steps {
		for _, step := range steps {
			if step.Outcome != Asked || s.seen[step.Address] {
				continue
			}
			if s.seen == nil {
				s.seen = make(map[string]bool)
			}
			s.seen[step.Address] = true
			s.list = append(s.list, step.Address)
		}
	}
}
