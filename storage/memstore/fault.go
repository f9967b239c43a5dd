package memstore

import (
	"context"
	"maps"
	"sync"
	"time"
)

// faults is how a CRM misbehaves when it is told to.
type faults struct {
	mu     sync.Mutex
	before func(method string) error
	after  func(method string) error
	delay  func(method string) time.Duration
	calls  map[string]int
}

// Fail makes powers fail: fail is asked at the beginning of every call, with its method ("Directory.Lookup", "Files.Create"), and a non-nil error is
// returned at once, nothing done. It may be called from several goroutines. Nil ends it.
func (c *CRM) Fail(fail func(method string) error) {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.before = fail
}

// FailAfter makes powers fail after they did what was asked, as when the answer is lost on the way. Nil ends it.
func (c *CRM) FailAfter(fail func(method string) error) {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.after = fail
}

// Delay makes powers slow: each call waits first, or until its context ends. Nil ends it.
func (c *CRM) Delay(delay func(method string) time.Duration) {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.delay = delay
}

// Calls counts the calls of each method so far, failed ones too.
func (c *CRM) Calls() map[string]int {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	return maps.Clone(c.faults.calls)
}

// MaxMatches makes look-ups return at most n matches, and say so by Truncated. Zero, the default, is no limit.
func (c *CRM) MaxMatches(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.maxMatches = n
}

// call runs a method of a power between the faults. Fn takes the lock that it needs.
func call[R any](ctx context.Context, c *CRM, method string, fn func() (R, error)) (R, error) {
	var none R
	c.faults.mu.Lock()
	if c.faults.calls == nil {
		c.faults.calls = make(map[string]int)
	}
	c.faults.calls[method]++
	before, after, delay := c.faults.before, c.faults.after, c.faults.delay
	c.faults.mu.Unlock()

	if delay != nil {
		if wait := delay(method); wait > 0 {
			timer := time.NewTimer(wait)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if before != nil {
		if err := before(method); err != nil {
			return none, err
		}
	}
	result, err := fn()
	if err == nil && after != nil {
		err = after(method)
	}
	if err != nil {
		return none, err
	}
	return result, nil
}
