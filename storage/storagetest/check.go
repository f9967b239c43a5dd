package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// ErrNotOffered says that a check was skipped: the subject lacks a power or a hook.
var ErrNotOffered = errors.New("not offered")

// soon is how long a call may take to return after its context ended.
const soon = 5 * time.Second

// A Check holds a driver to one sentence of the contract.
type Check struct {
	Power string // "Directory"
	Name  string // what it is about: "never a part of an address"
	Says  string // the sentence, as the contract has it or nearly so

	needs []need
	run   func(ctx context.Context, b *bench)
}

// A need is something that a check cannot do without.
type need struct {
	what string
	has  func(*bench) bool
}

var (
	needDelete  = need{"the hook Delete", func(b *bench) bool { return b.Delete != nil }}
	needMerge   = need{"the hook Merge", func(b *bench) bool { return b.Merge != nil }}
	needEntry   = need{"the hook Entry", func(b *bench) bool { return b.Entry != nil }}
	needTenants = need{"two tenants", func(b *bench) bool { return len(b.tenants) == 2 }}
	needAccess  = need{"Access", func(b *bench) bool { return b.Host.Access != nil }}
)

// A bench is where one check works.
type bench struct {
	Subject
	harness Harness
	tenants []storage.Tenant // one or two
	cast    map[storage.Tenant]map[string]storage.Ref

	mu       sync.Mutex
	problems []string
}

// maxProblems bounds what one check reports.
const maxProblems = 10

// Run runs the check. A driver that breaks the sentence is an error that says how; one that does not offer what the check is about is
// [ErrNotOffered].
func (c Check) Run(ctx context.Context, h Harness) (err error) {
	timeout := h.Timeout
	if timeout == 0 {
		timeout = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	subject, err := h.New(ctx)
	if err != nil {
		return fmt.Errorf("the harness's New: %w", err)
	}
	if subject.Close != nil {
		defer func() {
			if e := subject.Close(); e != nil {
				err = errors.Join(err, fmt.Errorf("the subject's Close: %w", e))
			}
		}()
	}
	b := &bench{Subject: subject, harness: h, tenants: h.Tenants[:]}
	switch {
	case h.OneTenant:
		b.tenants = []storage.Tenant{""}
	case h.Tenants == [2]storage.Tenant{}:
		b.tenants = []storage.Tenant{"north", "south"}
	}
	for _, n := range append([]need{{c.Power, offers[c.Power]}}, c.needs...) {
		if !n.has(b) {
			return fmt.Errorf("%w: %s", ErrNotOffered, n.what)
		}
	}
	if err := b.seed(ctx); err != nil {
		return fmt.Errorf("the subject's Seed: %w", err)
	}
	c.run(ctx, b)
	if ctx.Err() != nil { // everything else follows from it
		return fmt.Errorf("the check was not done after %v: %w", timeout, ctx.Err())
	}
	if len(b.problems) > 0 {
		return errors.New(strings.Join(b.problems, "\n"))
	}
	return nil
}

// offers tells for each power whether a subject has it.
var offers = map[string]func(*bench) bool{
	"Directory":   func(b *bench) bool { return b.Host.Directory != nil },
	"Searcher":    func(b *bench) bool { return b.Host.Search != nil },
	"Creator":     func(b *bench) bool { return b.Host.Create != nil },
	"FieldSource": func(b *bench) bool { return b.Host.Fields != nil },
	"Files":       func(b *bench) bool { return b.Host.Files != nil },
	"Access":      func(b *bench) bool { return b.Host.Access != nil },
	"History":     func(b *bench) bool { return b.Host.History != nil },
	"Lists":       func(b *bench) bool { return b.Host.Lists != nil && b.List != nil },
	"Blobs":       func(b *bench) bool { return b.Blobs != nil },
}

// errorf notes that the driver broke the sentence. The check goes on.
func (b *bench) errorf(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if problem := fmt.Sprintf(format, args...); len(b.problems) < maxProblems && !slices.Contains(b.problems, problem) {
		b.problems = append(b.problems, problem)
	}
}

// ok notes an error where none may be, and reports whether there was none.
func (b *bench) ok(err error, doing string, args ...any) bool {
	if err != nil {
		b.errorf("%s: unexpected error: %v", fmt.Sprintf(doing, args...), err)
	}
	return err == nil
}

// fails notes the absence of an error, or one that wraps none of kinds; without kinds any error will do.
func (b *bench) fails(err error, doing string, kinds ...error) {
	if err == nil {
		b.errorf("%s: no error", doing)
		return
	}
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			return
		}
	}
	if len(kinds) > 0 {
		b.errorf("%s: got error %q, want one that wraps %q", doing, err, kinds)
	}
}

// cancelled calls fn with a context that has ended: it returns soon, with the error of the context.
func (b *bench) cancelled(ctx context.Context, doing string, fn func(ctx context.Context) error) {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	begin := time.Now()
	b.fails(fn(ended), doing+" with a context that has ended", context.Canceled)
	if took := time.Since(begin); took > soon {
		b.errorf("%s with a context that has ended took %v", doing, took)
	}
}

// atOnce calls fn from n goroutines and waits for them.
func (b *bench) atOnce(n int, fn func(i int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	group.Wait()
}

// insider is an Actor who sees everything in a tenant.
func (b *bench) insider(tenant storage.Tenant) storage.Actor {
	return storage.Actor{Tenant: tenant, Agent: Insider, Locale: "en", Zone: "UTC"}
}

// outsider is an Actor who does not see hidden records.
func (b *bench) outsider(tenant storage.Tenant) storage.Actor {
	return storage.Actor{Tenant: tenant, Agent: Outsider, Locale: "en", Zone: "UTC"}
}

// other is the tenant that tenant is not.
func (b *bench) other(tenant storage.Tenant) storage.Tenant {
	if tenant == b.tenants[0] {
		return b.tenants[len(b.tenants)-1]
	}
	return b.tenants[0]
}
