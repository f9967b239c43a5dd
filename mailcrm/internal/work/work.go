// Package work decides what is due and who does it.
//
// There is no queue. What is due stands in the tables themselves: an account's next sync, a submission's state, a link that waits for the host. Each
// [Worker.Step] asks the store for accounts with something to do, takes a lease on each, and hands it to a [Job] for one slice of time. Whoever
// holds the lease is the only one who works on the account, on this node or another.
//
// A lease lasts [LeaseTTL] by the database's clock and is renewed while a slice runs, for all accounts of the node in one statement. When it is lost (this
// process was stopped for too long, the database could not be reached) the slice's context ends, [Held.Confirm] fails from then on by this process's own
// monotonic clock, and the store refuses the old epoch's writes. So a worker that wakes up too late changes nothing.
//
// Not here: what a slice does (imapsync, submit, deliver), and what a policy of the night is (policy).
package work

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// Times of leases and slices.
const (
	LeaseTTL     = 15 * time.Second
	renewEvery   = LeaseTTL / 3
	leaseMargin  = 2 * time.Second  // a lease counts as over so long before it is
	MaxSlice     = 20 * time.Second // a slice begins nothing new after that
	hardStop     = 15 * time.Minute // a slice that still has not ended then is stopped: a server that sends a byte a second
	pollEvery    = time.Second
	maxPollEvery = 15 * time.Second // after failures of the database
	dueAtOnce    = 256              // accounts read from the store in one look
)

// A Job does what is due for one account until ctx ends or nothing is left. It returns an error only for what the account's state cannot tell: a
// broken store, a lost lease.
type Job func(ctx context.Context, lease *Held, due store.Due) error

// Options of a Worker.
type Options struct {
	Workers int           // accounts worked on at once. Defaults to 4
	Slice   time.Duration // Defaults to MaxSlice
	Logger  *slog.Logger  // Defaults to none
}

// A Worker works for one node. Its methods may be called from several goroutines.
type Worker struct {
	db    *store.DB
	do    Job
	node  string
	clock clock
	opts  Options
	wake  chan struct{}
	slots chan struct{}

	mu       sync.Mutex
	held     map[account]*Held
	reserved map[account]bool // from before a slice asks for its lease to its end
}

type account struct {
	tenant string
	id     string
}

// New makes a Worker with a node name of its own.
func New(db *store.DB, do Job, opts *Options) *Worker {
	w := &Worker{db: db, do: do, clock: newClock(), wake: make(chan struct{}, 1), held: map[account]*Held{}, reserved: map[account]bool{}}
	if opts != nil {
		w.opts = *opts
	}
	if w.opts.Workers <= 0 {
		w.opts.Workers = 4
	}
	if w.opts.Slice <= 0 || w.opts.Slice > MaxSlice {
		w.opts.Slice = MaxSlice
	}
	if w.opts.Logger == nil {
		w.opts.Logger = slog.New(slog.DiscardHandler)
	}
	w.slots = make(chan struct{}, w.opts.Workers)
	var name [8]byte
	_, _ = rand.Read(name[:])
	w.node = hex.EncodeToString(name[:])
	return w
}

// Wake makes Run look at once.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, and returns when all its work has stopped. It always returns ctx's error.
func (w *Worker) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { w.renew(ctx) })
	wait := pollEvery
	for ctx.Err() == nil {
		if _, err := w.launch(ctx, &running, false); err != nil && ctx.Err() == nil {
			wait = min(2*wait, maxPollEvery)
			w.opts.Logger.WarnContext(ctx, "work failed", "error", err, "retry_in", wait)
		} else {
			wait = pollEvery
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	return ctx.Err()
}

// Step works one slice on every account that has something to do and that nobody else works on, waits for all of them, and reports how many there
// were. It is for a host that has a queue or a cron of its own; do not call it beside Run.
func (w *Worker) Step(ctx context.Context) (int, error) {
	ctx, stop := context.WithCancel(ctx)
	var renewing, running sync.WaitGroup
	renewing.Go(func() { w.renew(ctx) })
	defer renewing.Wait()
	defer stop()
	round, err := w.launch(ctx, &running, true)
	running.Wait()
	if err != nil {
		return 0, err
	}
	return int(round.worked.Load()), errors.Join(round.failed...)
}

// A round is what one launch set going.
type round struct {
	worked atomic.Int64
	mu     sync.Mutex
	failed []error
}

// launch starts slices for what is due: as many as there are free slots or, if it may wait, for all of it.
func (w *Worker) launch(ctx context.Context, running *sync.WaitGroup, mayWait bool) (*round, error) {
	due, err := w.db.DueAccounts(ctx, w.node, dueAtOnce)
	if err != nil {
		return nil, fmt.Errorf("asking what is due: %w", err)
	}
	r := &round{}
	for _, d := range due {
		at := account{string(d.Tenant), d.Account}
		if !w.reserve(at) {
			continue
		}
		if mayWait {
			w.slots <- struct{}{}
		} else {
			select {
			case w.slots <- struct{}{}:
			default:
				w.free(at)
				return r, nil
			}
		}
		running.Go(func() {
			defer w.Wake() // a slot is free, and the account may have more to do
			defer func() { <-w.slots }()
			defer w.free(at)
			ok, err := w.slice(ctx, d)
			if ok {
				r.worked.Add(1)
			}
			if err != nil && ctx.Err() == nil {
				w.opts.Logger.WarnContext(ctx, "slice failed", "tenant", string(d.Tenant), "account", d.Account, "error", err)
				r.mu.Lock()
				r.failed = append(r.failed, err)
				r.mu.Unlock()
			}
		})
	}
	return r, nil
}

// reserve keeps this node from working twice on an account: to the store, both would be the holder.
func (w *Worker) reserve(at account) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reserved[at] {
		return false
	}
	w.reserved[at] = true
	return true
}

func (w *Worker) free(at account) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.reserved, at)
}

// slice works on one account. A panic of one account's mail does not stop the others.
func (w *Worker) slice(ctx context.Context, due store.Due) (worked bool, err error) {
	asked := w.clock.now()
	lease, ok, err := w.db.AcquireLease(ctx, due.Tenant, due.Account, w.node, LeaseTTL)
	if err != nil || !ok {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, hardStop)
	defer cancel()
	held := &Held{Lease: lease, Ends: time.Now().Add(w.opts.Slice), clock: w.clock, lost: cancel}
	held.keep(asked)
	at := account{string(due.Tenant), due.Account}
	w.mu.Lock()
	w.held[at] = held
	w.mu.Unlock()

	defer func() {
		if p := recover(); p != nil {
			w.opts.Logger.ErrorContext(ctx, "work panicked", "account", due.Account, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errors.Join(err, fmt.Errorf("work on account %s panicked: %v", due.Account, p))
		}
		w.mu.Lock()
		delete(w.held, at)
		w.mu.Unlock()
		// The lease is given back even when ctx has ended, or the account would lie still until it expires.
		release, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer done()
		if e := w.db.ReleaseLease(release, lease); e != nil {
			w.opts.Logger.WarnContext(release, "lease not released", "account", due.Account, "error", e)
		}
	}()
	err = w.do(ctx, held, due)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		err = nil // the slice is over: what is left is still due
	}
	return true, err
}

// renew keeps this node's leases until ctx ends, and lets go of those that it lost.
func (w *Worker) renew(ctx context.Context) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.renewOnce(ctx)
		}
	}
}

func (w *Worker) renewOnce(ctx context.Context) {
	asked := w.clock.now()
	leases, err := w.db.RenewLeases(ctx, w.node, LeaseTTL)
	if err != nil {
		w.opts.Logger.WarnContext(ctx, "leases not renewed", "error", err)
		w.expire()
		return
	}
	kept := make(map[account]int64, len(leases))
	for _, l := range leases {
		kept[account{string(l.Tenant), l.Account}] = l.Epoch
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for at, h := range w.held {
		if epoch, ok := kept[at]; ok && epoch == h.Epoch {
			h.keep(asked)
		} else if asked > h.kept() { // not one that was taken while we asked
			h.lose()
		}
	}
}

// expire ends the slices whose lease ran out by our own clock.
func (w *Worker) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range w.held {
		if h.Confirm() != nil {
			h.lose()
		}
	}
}
