package mailcrmtest

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A Clock stands still until it is told to move. Its method [Clock.Now] fits a Config's Now field; its timers fire
// inside [Clock.Advance] and [Clock.Set], so that a test of a nightly run or of a ten minute deadline takes no time. It
// is safe for concurrent use.
type Clock struct {
	mu      sync.Mutex
	now     time.Time
	timers  []*clockTimer // by deadline, then by order of creation
	changed chan struct{} // closed and replaced when a timer is added or removed
}

type clockTimer struct {
	at   time.Time
	fire func(time.Time)
}

// NewClock is a clock that shows start.
func NewClock(start time.Time) *Clock {
	return &Clock{now: start, changed: make(chan struct{})}
}

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward by d. Timers on the way fire in the order of their deadlines, and the clock shows the
// deadline of each while it does. A negative d moves the clock back and fires nothing.
func (c *Clock) Advance(d time.Duration) { c.moveTo(c.Now().Add(d)) }

// Set makes the clock show t. Timers up to t fire as in [Clock.Advance]; setting it back, as when summer time ends or
// an administrator corrects a machine, fires nothing and leaves deadlines where they are.
func (c *Clock) Set(t time.Time) { c.moveTo(t) }

func (c *Clock) moveTo(t time.Time) {
	for {
		c.mu.Lock()
		if len(c.timers) == 0 || c.timers[0].at.After(t) {
			c.now = t
			c.mu.Unlock()
			return
		}
		timer := c.timers[0]
		c.timers = slices.Delete(c.timers, 0, 1)
		c.signal()
		if timer.at.After(c.now) {
			c.now = timer.at
		}
		now := c.now
		c.mu.Unlock()
		timer.fire(now)
	}
}

// After is like [time.After]: it yields the time once, d from now. A d of zero or less yields at once.
func (c *Clock) After(d time.Duration) <-chan time.Time {
	ch := make(chan time.Time, 1)
	c.add(d, func(now time.Time) { ch <- now })
	return ch
}

// AfterFunc calls f, in the goroutine that moves the clock, d from now; at once when d is zero or less. The function
// that it returns takes the call back and reports whether it was in time.
func (c *Clock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	timer := c.add(d, func(time.Time) { f() })
	return func() bool { return c.remove(timer) }
}

// Sleep waits until the clock has moved by d, or until ctx ends; then it returns the context's error.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	ch := make(chan time.Time, 1)
	timer := c.add(d, func(now time.Time) { ch <- now })
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		c.remove(timer)
		return ctx.Err()
	}
}

// Waiting is the number of timers and sleepers that have not fired.
func (c *Clock) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

// WaitFor returns when at least n timers are waiting, so that a test moves the clock only when the code under test has
// reached its sleep; or when ctx ends, with the context's error.
func (c *Clock) WaitFor(ctx context.Context, n int) error {
	for {
		c.mu.Lock()
		enough, changed := len(c.timers) >= n, c.changed
		c.mu.Unlock()
		if enough {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *Clock) add(d time.Duration, fire func(time.Time)) *clockTimer {
	c.mu.Lock()
	timer := &clockTimer{at: c.now.Add(d), fire: fire}
	if d <= 0 {
		now := c.now
		c.mu.Unlock()
		fire(now)
		return timer
	}
	i, _ := slices.BinarySearchFunc(c.timers, timer, func(a, b *clockTimer) int {
		if a.at.After(b.at) {
			return 1
		}
		return -1 // equal deadlines: behind those that were there first
	})
	c.timers = slices.Insert(c.timers, i, timer)
	c.signal()
	c.mu.Unlock()
	return timer
}

func (c *Clock) remove(timer *clockTimer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.timers, timer)
	if i < 0 {
		return false
	}
	c.timers = slices.Delete(c.timers, i, i+1)
	c.signal()
	return true
}

// signal is called with the lock held.
func (c *Clock) signal() {
	close(c.changed)
	c.changed = make(chan struct{})
}
