// Package linker says which records of a CRM a mail belongs to, and why.
//
// A [Rule] proposes links for a mail from who took part in it. There is one rule a file; today's is the address rule (address.go): a mail belongs to every
// record that has exactly one of its addresses. Nothing is guessed: no part of an address, no domain, no subject makes a link (that may become a
// suggestion, for a person to confirm).
//
// The records come from the host's [storage.Directory]. A [Linker] asks it in batches of up to 1,000 addresses for many mails at once, and remembers what it
// heard, hits and misses, for a bounded time; a host that changes an address says so with [Linker.Invalidate].
//
// [Linker.Explain] answers the question that people ask most: why is this mail on that record, or why not. It names every address of the mail, the header it
// stood in, and what became of it.
//
// This package writes nothing. Links are stored, and a person's unlinking is respected, in the room that delivers mail.
package linker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A Message is what the linker must know of a mail.
type Message struct {
	Tenant       storage.Tenant
	Direction    storage.Direction
	Participants []Participant
	Own          []string // normalised addresses of the tenant's own mail accounts, sorted; they never link
	OwnDomains   []string // domains of colleagues, lower case; their addresses never link
}

// A Participant is an address of a mail and the header it stood in.
type Participant struct {
	Header  string // "from", "sender", "reply-to", "to", "cc", "bcc"
	Address string // as written, or normalised
}

// A Confidence says how sure it is that the address in a link is who it says.
type Confidence string

// The confidences. Whether a sender was authenticated is told by the server that received the mail; until that is read, a received mail's addresses are
// unauthenticated, and what we sent ourselves is certain.
const (
	Certain         Confidence = "certain"
	Authenticated   Confidence = "authenticated"
	Unauthenticated Confidence = "unauthenticated"
	Failed          Confidence = "failed"
)

// A Link is one record that a mail belongs to, and why.
type Link struct {
	Entity     storage.Entity
	Rule       string // name of the rule that made it
	Address    string // normalised
	Header     string
	Confidence Confidence
	Ambiguous  bool // another record of the same kind has this address too: both are linked
}

// A Result is what was found for one Message: each record once.
type Result struct {
	Links []Link
}

// An Explanation tells for every address of a mail what became of it.
type Explanation struct {
	Steps []Step
	Links []Link
}

// A Step is one address in one header.
type Step struct {
	Header    string
	Written   string // as in the mail
	Address   string // normalised; "" if it is no address
	Outcome   Outcome
	Entities  []storage.Entity // that have it
	OwnDomain string           // for Colleague
}

// An Outcome is what became of an address.
type Outcome string

// The outcomes. They are stable, for translation.
const (
	Linked     Outcome = "linked"      // it has records
	Nobody     Outcome = "nobody"      // no record has it
	Own        Outcome = "own"         // an address of one of our own accounts
	Colleague  Outcome = "colleague"   // in one of our own domains
	NotAddress Outcome = "not_address" // it is no mail address
	Repeated   Outcome = "repeated"    // it stood in another header already
	NotUsed    Outcome = "not_used"    // beyond the first MaxAddresses
)

// MaxAddresses is how many distinct addresses of one mail are looked up.
const MaxAddresses = 200

// A Rule finds links. Known holds what the directory said about the addresses that the rule asked for; asking and finding are apart so that a batch of mails is
// looked up at once.
type Rule interface {
	// Name is stable: it is stored with each link.
	Name() string
	// Addresses are what the rule must know of a message, normalised.
	Addresses(m Message) []string
	// Links are the links of a message, given the records of each address.
	Links(m Message, known map[string][]storage.Entity) []Link
}

// Options of a Linker. nil and the zero value mean the defaults.
type Options struct {
	// Timeout bounds one look-up. Defaults to 10 s.
	Timeout time.Duration
	// CacheSize is how many addresses are remembered. Defaults to 50,000; negative: none.
	CacheSize int
	// HitTTL and MissTTL are how long an address with records, and one without, is remembered. They default to 5 min and 1 min.
	HitTTL, MissTTL time.Duration
	// Rules default to the address rule.
	Rules []Rule
	// Now is the time of day, for tests. Defaults to time.Now.
	Now func() time.Time
}

// A Linker links. Its methods may be called from several goroutines.
type Linker struct {
	directory storage.Directory
	rules     []Rule
	timeout   time.Duration
	cache     *cache
}

// New is a Linker that asks directory.
func New(directory storage.Directory, opts *Options) *Linker {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Rules == nil {
		o.Rules = []Rule{AddressRule{}}
	}
	return &Linker{directory: directory, rules: o.Rules, timeout: o.Timeout, cache: newCache(o)}
}

// Link finds the links of messages of one tenant, in their order. It asks the directory once for all addresses that are not remembered.
//
// A directory that fails or is too slow makes the whole call fail, with an error that wraps [storage.ErrUnavailable]: the caller links later.
func (l *Linker) Link(ctx context.Context, messages []Message) ([]Result, error) {
	known := make([]map[string][]storage.Entity, 0, 1)
	byTenant := map[storage.Tenant]int{}
	for _, m := range messages {
		if _, ok := byTenant[m.Tenant]; ok {
			continue
		}
		found, err := l.know(ctx, m.Tenant, messages)
		if err != nil {
			return nil, err
		}
		byTenant[m.Tenant] = len(known)
		known = append(known, found)
	}
	results := make([]Result, len(messages))
	for i, m := range messages {
		results[i].Links = l.links(m, known[byTenant[m.Tenant]])
	}
	return results, nil
}

// know looks up what the rules must know of a tenant's messages.
func (l *Linker) know(ctx context.Context, tenant storage.Tenant, messages []Message) (map[string][]storage.Entity, error) {
	var addresses []string
	seen := map[string]bool{}
	for _, m := range messages {
		if m.Tenant != tenant {
			continue
		}
		for _, rule := range l.rules {
			for _, a := range rule.Addresses(m) {
				if !seen[a] {
					seen[a] = true
					addresses = append(addresses, a)
				}
			}
		}
	}
	return l.lookup(ctx, tenant, addresses)
}

// links are those of all rules, each record once: the first rule's word counts.
func (l *Linker) links(m Message, known map[string][]storage.Entity) []Link {
	var out []Link
	seen := map[storage.Ref]bool{}
	for _, rule := range l.rules {
		for _, link := range rule.Links(m, known) {
			if !seen[link.Entity.Ref] {
				seen[link.Entity.Ref] = true
				out = append(out, link)
			}
		}
	}
	return out
}

// Explain says what Link would do with a message and why, address by address.
func (l *Linker) Explain(ctx context.Context, m Message) (Explanation, error) {
	known, err := l.know(ctx, m.Tenant, []Message{m})
	if err != nil {
		return Explanation{}, err
	}
	out := Explanation{Links: l.links(m, known)}
	used := map[string]bool{}
	for _, p := range m.Participants {
		step := Step{Header: p.Header, Written: p.Address, Address: Normalize(p.Address)}
		step.Outcome, step.OwnDomain = m.judge(step.Address)
		switch {
		case step.Outcome != "":
		case used[step.Address]:
			step.Outcome = Repeated
		case len(used) == MaxAddresses:
			step.Outcome = NotUsed
		default:
			used[step.Address] = true
			step.Outcome, step.Entities = Nobody, known[step.Address]
			if len(step.Entities) > 0 {
				step.Outcome = Linked
			}
		}
		out.Steps = append(out.Steps, step)
	}
	return out, nil
}

// judge is why an address can make no link, or "".
func (m Message) judge(address string) (why Outcome, domain string) {
	if address == "" {
		return NotAddress, ""
	}
	if _, own := slices.BinarySearch(m.Own, address); own {
		return Own, ""
	}
	at := strings.LastIndexByte(address, '@')
	if slices.Contains(m.OwnDomains, address[at+1:]) {
		return Colleague, address[at+1:]
	}
	return "", ""
}

// lookup is what the cache remembers, and what the directory says of the rest.
func (l *Linker) lookup(ctx context.Context, tenant storage.Tenant, addresses []string) (map[string][]storage.Entity, error) {
	known, ask := l.cache.get(tenant, addresses)
	for len(ask) > 0 {
		n := min(len(ask), storage.MaxLookupAddresses)
		found, err := l.ask(ctx, tenant, ask[:n])
		if err != nil {
			return nil, err
		}
		l.cache.put(tenant, ask[:n], found)
		for a, entities := range found {
			known[a] = entities
		}
		ask = ask[n:]
	}
	return known, nil
}

// ask is one look-up, or several smaller ones where the directory cannot answer it at once.
func (l *Linker) ask(ctx context.Context, tenant storage.Tenant, addresses []string) (map[string][]storage.Entity, error) {
	limited, done := context.WithTimeout(ctx, l.timeout)
	defer done()
	res, err := l.directory.Lookup(limited, storage.LookupRequest{Tenant: tenant, Addresses: slices.Clone(addresses)})
	if err != nil {
		return nil, failed(err)
	}
	if res.Truncated && len(addresses) > 1 {
		half := len(addresses) / 2
		first, err := l.ask(ctx, tenant, addresses[:half])
		if err != nil {
			return nil, err
		}
		second, err := l.ask(ctx, tenant, addresses[half:])
		if err != nil {
			return nil, err
		}
		for a, entities := range second {
			first[a] = entities
		}
		return first, nil
	}
	asked := make(map[string]bool, len(addresses))
	for _, a := range addresses {
		asked[a] = true
	}
	found := map[string][]storage.Entity{}
	for _, match := range res.Matches {
		// A driver's mistake must not link a mail to a stranger's record, nor across tenants.
		if !asked[match.Address] || match.Entity.Tenant != tenant || match.Entity.Kind == "" || match.Entity.ID == "" {
			continue
		}
		if !slices.ContainsFunc(found[match.Address], func(e storage.Entity) bool { return e.Ref == match.Entity.Ref }) {
			found[match.Address] = append(found[match.Address], match.Entity)
		}
	}
	for _, entities := range found {
		slices.SortFunc(entities, func(a, b storage.Entity) int {
			return strings.Compare(string(a.Kind)+"\x00"+a.ID, string(b.Kind)+"\x00"+b.ID)
		})
	}
	return found, nil
}

func failed(err error) error {
	if errors.Is(err, storage.ErrUnavailable) {
		return fmt.Errorf("asking the directory: %w", err)
	}
	return fmt.Errorf("asking the directory: %w: %w", storage.ErrUnavailable, err)
}

// Invalidate forgets addresses of a tenant: the host changed who has them. Without addresses it forgets all of the tenant's.
func (l *Linker) Invalidate(tenant storage.Tenant, addresses ...string) {
	if len(addresses) == 0 {
		l.cache.forgetAll(tenant)
		return
	}
	for _, a := range addresses {
		if n := Normalize(a); n != "" {
			l.cache.forget(tenant, n)
		}
	}
}
