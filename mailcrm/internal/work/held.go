package work

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// Held is a lease that this node holds.
type Held struct {
	store.Lease
	Ends  time.Time // begin nothing new after that; what is under way may be finished
	clock clock
	until atomic.Int64 // by clock; 0 once lost
	lost  context.CancelFunc
}

// Confirm fails with [store.ErrLostLease] when the lease may be over. It asks nobody: call it right before what cannot be undone (the final dot,
// APPEND, MOVE, EXPUNGE), after anything that may have taken long.
func (h *Held) Confirm() error {
	if h.clock.now() < h.until.Load() {
		return nil
	}
	return store.ErrLostLease
}

// keep says that at the moment asked the lease was good for LeaseTTL.
func (h *Held) keep(asked int64) { h.until.Store(asked + int64(LeaseTTL-leaseMargin)) }

// kept is when keep was called last.
func (h *Held) kept() int64 { return h.until.Load() - int64(LeaseTTL-leaseMargin) }

func (h *Held) lose() {
	h.until.Store(0)
	h.lost()
}

// A clock counts nanoseconds since it was made, whatever happens to the time of day. It starts at a second, so that 0 is always over.
type clock struct{ start time.Time }

func newClock() clock { return clock{time.Now().Add(-time.Second)} }

func (c clock) now() int64 { return int64(time.Since(c.start)) }
