package linker

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

func TestRemembers(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	h := &host{records: map[string][]string{"ann@x.example": {"contact/ann"}}}
	l := New(h, &Options{Now: func() time.Time { return now }})
	link := func() []string {
		results, err := l.Link(t.Context(), []Message{mail("from: ann@x.example", "to: nobody@x.example")})
		require.NoError(t, err)
		require.LessOrEqual(t, len(results[0].Links), 1)
		var asked []string
		for _, batch := range h.questions() {
			asked = append(asked, batch...)
		}
		return asked
	}
	require.Equal(t, []string{"ann@x.example", "nobody@x.example"}, link())
	require.Empty(t, link(), "hits and misses are remembered")
	now = now.Add(DefaultMissTTL - time.Nanosecond)
	require.Empty(t, link())
	now = now.Add(time.Nanosecond)
	require.Equal(t, []string{"nobody@x.example"}, link(), "misses for a minute")
	now = now.Add(DefaultHitTTL - DefaultMissTTL)
	require.Equal(t, []string{"ann@x.example", "nobody@x.example"}, link(), "hits for five")

	l.Invalidate("other", "ann@x.example")
	require.Empty(t, link())
	l.Invalidate("", " <ANN@X.example> ", "not an address")
	require.Equal(t, []string{"ann@x.example"}, link())
	l.Invalidate("")
	require.Len(t, link(), 2)
	l.InvalidateAll("")
	require.Len(t, link(), 2)

	l = New(h, &Options{CacheSize: -1})
	require.Len(t, link(), 2)
	require.Len(t, link(), 2, "told to remember nothing")
}

func TestRemembersWithinBounds(t *testing.T) {
	h := &host{}
	l := New(h, &Options{CacheSize: 10, CacheTenants: 3})
	ask := func(tenant storage.Tenant, n int) int {
		m := mail(fmt.Sprintf("from: a%d@x.example", n))
		m.Tenant = tenant
		_, err := l.Link(t.Context(), []Message{m})
		require.NoError(t, err)
		return len(h.questions())
	}
	for n := range 10 {
		require.Equal(t, 1, ask("a", n))
	}
	require.Zero(t, ask("a", 0), "used just now")
	require.Equal(t, 1, ask("a", 10))
	require.Zero(t, ask("a", 0))
	require.Equal(t, 1, ask("a", 1), "the least recently used one is gone")

	for _, tenant := range []storage.Tenant{"b", "c"} {
		for n := range 20 {
			require.Equal(t, 1, ask(tenant, n))
		}
	}
	require.Zero(t, ask("a", 0), "tenants do not crowd each other out")
	require.Equal(t, 1, ask("d", 0))
	require.Zero(t, ask("a", 0))
	require.Equal(t, 1, ask("b", 19), "the least recently used tenant is forgotten")
	require.Len(t, l.cache.tenants, 3)
	require.Equal(t, 3, l.cache.recent.Len())
	for e := l.cache.recent.Front(); e != nil; e = e.Next() {
		require.LessOrEqual(t, e.Value.(*tenant).recent.Len(), 10)
		require.Empty(t, e.Value.(*tenant).flights)
	}
}

// gated answers when it is told to, once for each value sent.
type gated struct {
	host
	gate chan error
}

func (g *gated) Lookup(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
	result, err := g.host.Lookup(ctx, req) // as it stands when the question arrives
	select {
	case e := <-g.gate:
		if e != nil {
			return storage.LookupResult{}, e
		}
		return result, err
	case <-ctx.Done():
		return storage.LookupResult{}, ctx.Err()
	}
}

func TestAskedOnceByManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &gated{gate: make(chan error)}
		h.records = map[string][]string{"ann@x.example": {"contact/ann"}}
		l := New(h, nil)
		done := make(chan error)
		for i := range 10 {
			go func() {
				results, err := l.Link(context.Background(), []Message{mail("from: ann@x.example", fmt.Sprintf("cc: a%d@x.example", i/5))})
				if err == nil && len(results[0].Links) != 1 {
					err = fmt.Errorf("%d links", len(results[0].Links))
				}
				done <- err
			}()
		}
		synctest.Wait()
		asked := map[string]int{}
		for _, batch := range h.questions() {
			for _, address := range batch {
				asked[address]++
			}
		}
		require.Equal(t, map[string]int{"ann@x.example": 1, "a0@x.example": 1, "a1@x.example": 1}, asked)
		close(h.gate)
		for range 10 {
			require.NoError(t, <-done)
		}
		require.Empty(t, h.questions())
	})
}

func TestWaitingForAnotherCall(t *testing.T) {
	type outcome struct {
		result Result
		err    error
	}
	// begin starts a call and waits until it asks or waits.
	begin := func(ctx context.Context, l *Linker) chan outcome {
		done := make(chan outcome, 1)
		go func() {
			results, err := l.Link(ctx, []Message{mail("from: ann@x.example")})
			done <- outcome{results[0], err}
		}()
		synctest.Wait()
		return done
	}
	setUp := func() (*gated, *Linker) {
		h := &gated{gate: make(chan error)}
		h.records = map[string][]string{"ann@x.example": {"contact/ann"}}
		return h, New(h, nil)
	}
	t.Run("that is cancelled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h, l := setUp()
			ctx, cancel := context.WithCancel(t.Context())
			first := begin(ctx, l)
			second := begin(t.Context(), l)
			cancel()
			synctest.Wait()
			require.ErrorIs(t, (<-first).err, context.Canceled)
			require.Len(t, h.questions(), 2, "who waited asks himself")
			h.gate <- nil
			o := <-second
			require.NoError(t, o.err)
			require.Len(t, o.result.Links, 1)
		})
	})
	t.Run("that fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h, l := setUp()
			first, second := begin(t.Context(), l), begin(t.Context(), l)
			h.gate <- storage.ErrUnavailable
			for _, done := range []chan outcome{first, second} {
				o := <-done
				require.ErrorIs(t, o.err, storage.ErrUnavailable)
				require.True(t, o.result.Pending)
			}
			require.Len(t, h.questions(), 1, "a dead host is not asked by everybody who waited")
		})
	})
	t.Run("with less patience", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h, l := setUp()
			first := begin(t.Context(), l)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			o := <-begin(ctx, l)
			require.ErrorIs(t, o.err, context.DeadlineExceeded)
			require.True(t, o.result.Pending)
			h.gate <- nil
			require.NoError(t, (<-first).err)
		})
	})
	t.Run("when the host changes meanwhile", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for name, forget := range map[string]func(*Linker){
				"one address": func(l *Linker) { l.Invalidate("", "ann@x.example") },
				"everything":  func(l *Linker) { l.InvalidateAll("") },
			} {
				h, l := setUp()
				first := begin(t.Context(), l)
				h.mu.Lock()
				h.records["ann@x.example"] = []string{"contact/ann", "account/acme"}
				h.mu.Unlock()
				forget(l)
				second := begin(t.Context(), l)
				require.Len(t, h.questions(), 2, "%s: an answer from before is not joined", name)
				h.gate <- nil
				h.gate <- nil
				old, now := <-first, <-second
				require.NoError(t, old.err)
				require.Len(t, old.result.Links, 1)
				require.Len(t, now.result.Links, 2)
				third := <-begin(t.Context(), l)
				require.Len(t, third.result.Links, 2, "%s: the old answer is not remembered", name)
				require.Empty(t, h.questions())
			}
		})
	})
}

func TestJoinsAreBounded(t *testing.T) {
	c := newCache(&New(nil, nil).opts)
	known := Known{}
	t1, mine, _ := c.begin("", []string{"a@x.example"}, known, true)
	require.Len(t, mine, 1)
	_, none, theirs := c.begin("", []string{"a@x.example"}, known, true)
	require.Empty(t, none)
	require.Len(t, theirs, 1)
	_, alone, none := c.begin("", []string{"a@x.example"}, known, false)
	require.Len(t, alone, 1, "without joining everybody asks for himself")
	require.Empty(t, none)
	c.land(t1, alone, Known{"a@x.example": {}})
	require.Len(t, t1.flights, 1, "the first flight is still in the air")
	c.crash(t1, mine, storage.ErrTemporary, false)
	require.Empty(t, t1.flights)
	<-theirs[0].done
	require.ErrorIs(t, theirs[0].err, storage.ErrTemporary)
}
