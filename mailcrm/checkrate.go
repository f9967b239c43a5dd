package mailcrm

import (
	"slices"
	"sync"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A checkRate counts the checks of each agent in the last minute. It is of one node: what it keeps servers from is a person's impatience, or a form that is
// used to guess passwords.
type checkRate struct {
	mu   sync.Mutex
	last map[agentKey][]time.Time // oldest first
}

type agentKey struct {
	tenant storage.Tenant
	agent  string
}

// take counts a check, or says how long to wait for the next.
func (r *checkRate) take(actor storage.Actor, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	since := now.Add(-time.Minute)
	if r.last == nil {
		r.last = map[agentKey][]time.Time{}
	}
	for key, times := range r.last {
		if !times[len(times)-1].After(since) {
			delete(r.last, key)
		}
	}
	key := agentKey{actor.Tenant, actor.Agent}
	times := slices.DeleteFunc(r.last[key], func(t time.Time) bool { return !t.After(since) })
	if len(times) >= MaxChecks {
		r.last[key] = times
		return times[0].Sub(since)
	}
	r.last[key] = append(times, now)
	return 0
}
