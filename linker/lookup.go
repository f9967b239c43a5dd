package linker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mailcrm/sdk/storage"
)

const (
	maxJoins   = 3                      // how often a call waits for the look-up of another one that then gives up
	maxSplits  = 64                     // how often one call halves a batch that a host refuses
	maxStuck   = 8                      // look-ups that were given up and still run, before the host counts as dead
	patience   = 100 * time.Millisecond // for a host to notice that its context ended
	maxShown   = 255                    // bytes of an entity's name and detail
	maxURL     = 2048
	maxIDBytes = 255
)

// resolve finds out who has addresses, which are normalised and distinct. What it could not find out is missing from the result, and then the
// error is not nil.
func (l *Linker) resolve(ctx context.Context, name storage.Tenant, addresses []string) (Known, error) {
	known := make(Known, len(addresses))
	var errs []error
	for joins := 0; len(addresses) > 0; joins++ {
		t, mine, theirs := l.cache.begin(name, addresses, known, joins < maxJoins)
		// Own questions first: others may wait for them, as we wait for theirs.
		if err := l.ask(ctx, name, t, mine); err != nil {
			errs = append(errs, err)
		}
		for _, f := range mine {
			if f.err == nil {
				known[f.address] = f.owners
			}
		}
		addresses = nil
		for _, f := range theirs {
			select {
			case <-f.done:
			case <-ctx.Done():
				return known, errors.Join(append(errs, fmt.Errorf("looking up addresses: %w", ctx.Err()))...)
			}
			switch {
			case f.err == nil:
				known[f.address] = f.owners
			case f.abandoned && len(errs) == 0:
				addresses = append(addresses, f.address) // ours to ask now
			case len(errs) == 0:
				errs = append(errs, f.err)
			}
		}
	}
	return known, errors.Join(errs...)
}

// ask asks the host for the addresses of flights and ends them all. A host that is dead is not asked again for the rest; one that refuses a
// batch is asked for halves of it, so that one bad address does not hold up the others.
func (l *Linker) ask(ctx context.Context, name storage.Tenant, t *tenant, flights []*flight) error {
	var refused error
	splits := 0
	todo := slices.Collect(slices.Chunk(flights, l.cache.batchOf(t)))
	for len(todo) > 0 {
		batch := todo[0]
		todo = todo[1:]
		answers, truncated, err := l.lookup(ctx, name, batch)
		half := (len(batch) + 1) / 2
		switch {
		case err == nil && truncated && len(batch) > 1:
			l.cache.shrink(t, half)
			todo = slices.Insert(todo, 0, batch[:half], batch[half:])
		case err == nil:
			l.cache.land(t, batch, answers)
		case refuses(err) && len(batch) > 1 && splits < maxSplits:
			splits++
			if errors.Is(err, storage.ErrLimit) {
				l.cache.shrink(t, half)
			}
			todo = slices.Insert(todo, 0, batch[:half], batch[half:])
		case refuses(err):
			refused = classify(err)
			l.cache.crash(t, batch, refused, false)
		default:
			abandoned := ctx.Err() != nil
			if abandoned {
				err = fmt.Errorf("looking up addresses: %w", ctx.Err())
			} else {
				err = classify(err)
			}
			l.cache.crash(t, slices.Concat(append([][]*flight{batch}, todo...)...), err, abandoned)
			return err
		}
	}
	return refused
}

// lookup asks once, with a deadline, and checks the answer.
func (l *Linker) lookup(ctx context.Context, name storage.Tenant, batch []*flight) (Known, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if l.directory == nil {
		return nil, false, fmt.Errorf("%w: the host has no Directory", storage.ErrUnavailable)
	}
	addresses := make([]string, len(batch))
	for i, f := range batch {
		addresses[i] = f.address
	}
	begin := time.Now()
	result, err := l.call(ctx, storage.LookupRequest{Tenant: name, Addresses: slices.Clone(addresses)})
	l.opts.Logger.DebugContext(ctx, "looked up addresses", "tenant", string(name), "addresses", len(addresses), "matches", len(result.Matches),
		"truncated", result.Truncated, "duration", time.Since(begin), "failed", err != nil)
	if err != nil {
		return nil, false, err
	}
	answers, dropped := check(name, addresses, result, l.opts.MaxEntities)
	if dropped > 0 {
		l.opts.Logger.WarnContext(ctx, "the host's Directory broke its contract", "tenant", string(name), "dropped_matches", dropped)
	}
	return answers, result.Truncated, nil
}

// guarded makes a host that panics one that fails.
func (l *Linker) guarded(ctx context.Context, req storage.LookupRequest) (result storage.LookupResult, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = storage.LookupResult{}, fmt.Errorf("%w: the host's Directory panicked: %v", storage.ErrUnavailable, p)
		}
	}()
	return l.directory.Lookup(ctx, req)
}

// call lets the host work until the deadline. A host that does not notice it is left behind; too many of those and it counts as dead.
func (l *Linker) call(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
	if stuck := l.stuck.Load(); stuck >= maxStuck {
		return storage.LookupResult{}, fmt.Errorf("%w: the host's Directory hangs in %d look-ups", storage.ErrUnavailable, stuck)
	}
	limited, cancel := context.WithTimeout(ctx, l.opts.Timeout)
	defer cancel()
	type answer struct {
		result storage.LookupResult
		err    error
	}
	done := make(chan answer, 1)
	var left atomic.Bool // by whoever comes first: the host with its answer, or we
	go func() {
		result, err := l.guarded(limited, req)
		if !left.CompareAndSwap(false, true) {
			l.stuck.Add(-1)
		}
		done <- answer{result, err}
	}()
	select {
	case a := <-done:
		return a.result, l.timed(ctx, limited, a.err)
	case <-limited.Done():
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case a := <-done:
		return a.result, l.timed(ctx, limited, a.err)
	case <-timer.C:
	}
	l.stuck.Add(1)
	if !left.CompareAndSwap(false, true) { // it came this moment
		l.stuck.Add(-1)
	}
	return storage.LookupResult{}, l.timed(ctx, limited, limited.Err())
}

// timed tells our deadline from the caller's, and from a host's own.
func (l *Linker) timed(ctx, limited context.Context, err error) error {
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return fmt.Errorf("%w: the host's Directory did not answer within %v", storage.ErrTemporary, l.opts.Timeout)
	}
	return err
}

// refuses reports whether a host says that the question is wrong, rather than that it cannot answer now.
func refuses(err error) bool {
	for _, kind := range []error{storage.ErrInvalid, storage.ErrLimit, storage.ErrNotFound, storage.ErrRejected, storage.ErrConflict} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// classify makes the failure of a host one of two kinds. Whatever the host calls it, the request to us was good.
func classify(err error) error {
	if errors.Is(err, storage.ErrUnavailable) || errors.Is(err, storage.ErrTemporary) {
		return fmt.Errorf("looking up addresses: %w", err)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) { // of a context of the host's own
		return fmt.Errorf("looking up addresses: %w: %s", storage.ErrTemporary, err.Error()) // not wrapped: the caller's is not meant
	}
	if code, _ := storage.Code(err); code == "internal" {
		return fmt.Errorf("looking up addresses: %w: %w", storage.ErrTemporary, err)
	}
	return fmt.Errorf("looking up addresses: %w: %s", storage.ErrUnavailable, err.Error())
}

// check sorts an answer by address. Matches that the contract forbids are dropped and counted.
func check(name storage.Tenant, addresses []string, result storage.LookupResult, maxEntities int) (answers Known, dropped int) {
	asked := make(map[string]bool, len(addresses))
	for _, address := range addresses {
		asked[address] = true
	}
	answers = make(Known)
	for _, match := range result.Matches {
		e := match.Entity
		if !asked[match.Address] || e.Tenant != name || e.Kind == "" || e.ID == "" || len(e.ID) > maxIDBytes || strings.ContainsFunc(e.ID, unicode.IsControl) {
			dropped++
			continue
		}
		owners := answers[match.Address]
		owners.Entities = append(owners.Entities, trim(e))
		answers[match.Address] = owners
	}
	for address, owners := range answers {
		slices.SortFunc(owners.Entities, func(a, b storage.Entity) int {
			return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
		})
		owners.Entities = slices.CompactFunc(owners.Entities, func(a, b storage.Entity) bool { return a.Ref == b.Ref })
		owners.More = result.Truncated
		if len(owners.Entities) > maxEntities {
			owners.Entities, owners.More = owners.Entities[:maxEntities], true
		}
		owners.Entities = slices.Clip(owners.Entities)
		answers[address] = owners
	}
	return answers, dropped
}

// trim keeps of an entity what links show.
func trim(e storage.Entity) storage.Entity {
	e.Addresses = nil
	e.Name, e.Detail, e.Owner = cut(e.Name), cut(e.Detail), cut(e.Owner)
	if len(e.URL) > maxURL {
		e.URL = ""
	}
	if e.Parent.Tenant != e.Tenant || len(e.Parent.ID) > maxIDBytes {
		e.Parent = storage.Ref{}
	}
	return e
}

func cut(s string) string {
	if len(s) <= maxShown {
		return s
	}
	n := maxShown
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n])
}
