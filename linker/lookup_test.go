package linker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// crowd is n mails from n addresses, of which every third is known.
func crowd(n int) (*host, []Message) {
	h := &host{records: map[string][]string{}}
	messages := make([]Message, n)
	for i := range messages {
		address := fmt.Sprintf("a%d@x.example", i)
		messages[i] = mail("from: "+address, "to: shared@x.example")
		messages[i].ID = fmt.Sprint(i)
		if i%3 == 0 {
			h.records[address] = []string{fmt.Sprintf("contact/c%d", i)}
		}
	}
	return h, messages
}

func requireCrowd(t *testing.T, results []Result, from int) {
	t.Helper()
	for i, result := range results {
		require.False(t, result.Pending)
		require.Equal(t, fmt.Sprint(i+from), result.Message)
		require.Equal(t, (i+from)%3 == 0, len(result.Links) == 1, "mail %d", i+from)
	}
}

func TestBatches(t *testing.T) {
	h, messages := crowd(2500)
	results, err := New(h, nil).Link(t.Context(), messages)
	require.NoError(t, err)
	requireCrowd(t, results, 0)
	var sizes []int
	seen := map[string]bool{}
	for _, batch := range h.questions() {
		sizes = append(sizes, len(batch))
		for _, address := range batch {
			require.False(t, seen[address], "each address is asked once")
			seen[address] = true
		}
	}
	require.Equal(t, []int{1000, 1000, 501}, sizes)

	_, err = New(h, &Options{BatchSize: 300}).Link(t.Context(), messages[:700])
	require.NoError(t, err)
	require.Len(t, h.questions(), 3)
	_, err = New(h, &Options{BatchSize: 99999}).Link(t.Context(), messages[:999])
	require.NoError(t, err)
	require.Len(t, h.questions(), 1, "never more than the contract allows")
	results, err = New(h, nil).Link(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, results)
	require.Empty(t, h.questions())
}

func TestTenantsAreAskedApart(t *testing.T) {
	h := &host{records: map[string][]string{"ann@x.example": {"contact/ann"}}}
	l := New(h, nil)
	north, south := mail("from: ann@x.example"), mail("from: ann@x.example")
	north.Tenant, south.Tenant = "north", "south"
	for range 2 {
		results, err := l.Link(t.Context(), []Message{north, south, north})
		require.NoError(t, err)
		for i, tenant := range []storage.Tenant{"north", "south", "north"} {
			require.Equal(t, tenant, results[i].Links[0].Entity.Tenant)
		}
	}
	require.Len(t, h.questions(), 2, "what one tenant remembers is nothing to another")
}

func TestTruncated(t *testing.T) {
	h, messages := crowd(900)
	most := 100
	h.answer = func(req storage.LookupRequest, result storage.LookupResult) (storage.LookupResult, error) {
		if len(req.Addresses) > most {
			return storage.LookupResult{Matches: result.Matches[:1], Truncated: true}, nil
		}
		return result, nil
	}
	l := New(h, nil)
	results, err := l.Link(t.Context(), messages[:600])
	require.NoError(t, err)
	requireCrowd(t, results, 0)
	require.Greater(t, len(h.questions()), 8)

	results, err = l.Link(t.Context(), messages[600:])
	require.NoError(t, err)
	requireCrowd(t, results, 600)
	for _, batch := range h.questions() {
		require.LessOrEqual(t, len(batch), most, "what was too much is not asked again")
	}
}

func TestTruncatedAtOneAddress(t *testing.T) {
	h := &host{records: map[string][]string{"info@x.example": {"contact/a"}, "b@x.example": {"contact/b"}}}
	h.answer = func(req storage.LookupRequest, result storage.LookupResult) (storage.LookupResult, error) {
		result.Truncated = slices.Contains(req.Addresses, "info@x.example")
		return result, nil
	}
	results, err := New(h, nil).Link(t.Context(), []Message{mail("from: info@x.example"), mail("from: b@x.example")})
	require.NoError(t, err)
	require.Equal(t, []string{"contact/a by from info@x.example ?"}, show(results[0].Links), "others have it too, and the host cannot say who")
	require.Equal(t, []string{"contact/b by from b@x.example"}, show(results[1].Links))

	h.answer = func(_ storage.LookupRequest, result storage.LookupResult) (storage.LookupResult, error) {
		result.Truncated = true // always
		return result, nil
	}
	_, messages := crowd(64)
	results, err = New(h, nil).Link(t.Context(), messages)
	require.NoError(t, err)
	require.False(t, results[0].Pending)
}

func TestHostFails(t *testing.T) {
	boom := errors.New("connection refused")
	for _, test := range []struct {
		name    string
		err     error
		kind    error
		not     error
		wrapped bool
	}{
		{"unavailable", fmt.Errorf("x: %w", storage.ErrUnavailable), storage.ErrUnavailable, storage.ErrTemporary, true},
		{"temporary", storage.ErrTemporary, storage.ErrTemporary, storage.ErrUnavailable, true},
		{"asks to wait", &storage.TemporaryError{After: time.Minute, Err: boom}, storage.ErrTemporary, nil, true},
		{"unwrapped", boom, storage.ErrTemporary, storage.ErrUnavailable, true},
		{"a deadline of its own", context.DeadlineExceeded, storage.ErrTemporary, nil, false},
		{"cancelled by itself", context.Canceled, storage.ErrTemporary, context.Canceled, false},
		{"closed", storage.ErrClosed, storage.ErrUnavailable, storage.ErrClosed, false},
		{"not authorised", storage.ErrAuth, storage.ErrUnavailable, storage.ErrAuth, false},
		{"refuses", storage.ErrInvalid, storage.ErrUnavailable, storage.ErrInvalid, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, messages := crowd(30)
			l := New(h, nil)
			_, err := l.Link(t.Context(), messages[:10])
			require.NoError(t, err)
			h.questions()
			h.answer = func(storage.LookupRequest, storage.LookupResult) (storage.LookupResult, error) {
				return storage.LookupResult{}, test.err
			}
			results, err := l.Link(t.Context(), messages)
			require.ErrorIs(t, err, test.kind)
			if test.not != nil {
				require.NotErrorIs(t, err, test.not)
			}
			require.Equal(t, test.wrapped, errors.Is(err, test.err))
			require.Len(t, results, 30)
			requireCrowd(t, results[:10], 0)
			for _, result := range results[10:] {
				require.True(t, result.Pending)
				require.Empty(t, result.Links)
			}
			if test.name == "asks to wait" {
				after, asked := storage.RetryAfter(err)
				require.True(t, asked)
				require.Equal(t, time.Minute, after)
			}
			h.questions()
			h.answer = nil
			results, err = l.Link(t.Context(), messages)
			require.NoError(t, err, "a failure is not remembered")
			requireCrowd(t, results, 0)
		})
	}
}

func TestDeadHostIsAskedOnce(t *testing.T) {
	h, messages := crowd(5000)
	h.answer = func(storage.LookupRequest, storage.LookupResult) (storage.LookupResult, error) {
		return storage.LookupResult{}, storage.ErrUnavailable
	}
	_, err := New(h, nil).Link(t.Context(), messages)
	require.ErrorIs(t, err, storage.ErrUnavailable)
	require.Len(t, h.questions(), 1)
}

// One address that the host cannot stomach must not hold up the others.
func TestHostRefusesOneAddress(t *testing.T) {
	h, messages := crowd(1000)
	h.answer = func(req storage.LookupRequest, result storage.LookupResult) (storage.LookupResult, error) {
		if slices.Contains(req.Addresses, "a300@x.example") {
			return storage.LookupResult{}, storage.ErrInvalid
		}
		return result, nil
	}
	results, err := New(h, nil).Link(t.Context(), messages)
	require.ErrorIs(t, err, storage.ErrUnavailable)
	requireCrowd(t, results[:300], 0)
	require.True(t, results[300].Pending)
	requireCrowd(t, results[301:], 301)
	require.Less(t, len(h.questions()), 30)

	h.answer = func(storage.LookupRequest, storage.LookupResult) (storage.LookupResult, error) {
		return storage.LookupResult{}, storage.ErrInvalid
	}
	_, err = New(h, nil).Link(t.Context(), messages)
	require.ErrorIs(t, err, storage.ErrUnavailable)
	require.Less(t, len(h.questions()), 3*maxSplits, "a host that refuses everything is not asked a thousand times")
}

func TestHostWithASmallerLimit(t *testing.T) {
	h, messages := crowd(900)
	h.answer = func(req storage.LookupRequest, result storage.LookupResult) (storage.LookupResult, error) {
		if len(req.Addresses) > 50 {
			return storage.LookupResult{}, storage.ErrLimit
		}
		return result, nil
	}
	l := New(h, nil)
	results, err := l.Link(t.Context(), messages[:800])
	require.NoError(t, err)
	requireCrowd(t, results, 0)
	h.questions()
	_, err = l.Link(t.Context(), messages[800:])
	require.NoError(t, err)
	for _, batch := range h.questions() {
		require.LessOrEqual(t, len(batch), 50)
	}
}

func TestNoDirectory(t *testing.T) {
	l := New(nil, nil)
	own := mail("from: me@own.example")
	own.Own = []string{"me@own.example"}
	results, err := l.Link(t.Context(), []Message{mail("from: ann@x.example"), own})
	require.ErrorIs(t, err, storage.ErrUnavailable)
	require.True(t, results[0].Pending)
	require.False(t, results[1].Pending, "nothing had to be asked")
}

func TestHostileAnswers(t *testing.T) {
	var log bytes.Buffer
	h := &host{}
	h.answer = func(req storage.LookupRequest, _ storage.LookupResult) (storage.LookupResult, error) {
		req.Addresses[0] = "changed@x.example" // what was passed in is the host's to spoil
		good := storage.Entity{Ref: storage.Ref{Tenant: "north", Kind: "contact", ID: "ann"}, Name: strings.Repeat("é", 500), URL: strings.Repeat("u", 3000), Addresses: []string{"x"}}
		with := func(change func(*storage.Entity)) storage.Match {
			e := good
			change(&e)
			return storage.Match{Address: "ann@x.example", Entity: e}
		}
		return storage.LookupResult{Matches: []storage.Match{
			with(func(e *storage.Entity) { e.Tenant = "south" }),
			with(func(e *storage.Entity) { e.Kind = "" }),
			with(func(e *storage.Entity) { e.ID = "" }),
			with(func(e *storage.Entity) { e.ID = "a\nb" }),
			with(func(e *storage.Entity) { e.ID = strings.Repeat("x", 256) }),
			{Address: "other@x.example", Entity: good},
			{Address: "ANN@x.example", Entity: good},
			with(func(e *storage.Entity) { e.Parent = storage.Ref{Tenant: "south", Kind: "account", ID: "1"} }),
			with(func(*storage.Entity) {}),
		}}, nil
	}
	m := mail("from: ann@x.example")
	m.Tenant = "north"
	results, err := New(h, &Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}).Link(t.Context(), []Message{m})
	require.NoError(t, err)
	require.Equal(t, []string{"contact/ann by from ann@x.example"}, show(results[0].Links), "once, and not ambiguous by repetition")
	e := results[0].Links[0].Entity
	require.Len(t, e.Name, 254, "whole characters")
	require.Empty(t, e.URL)
	require.Empty(t, e.Addresses)
	require.True(t, e.Parent.IsZero())
	require.Contains(t, log.String(), "dropped_matches=7")
	require.NotContains(t, log.String(), "ann@", "no address in the log")
}

func TestCancelled(t *testing.T) {
	h, messages := crowd(10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results, err := New(h, nil).Link(ctx, messages)
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, results[0].Pending)
}

// deaf is a host that does not notice the end of its context.
type deaf struct {
	release chan struct{}
	calls   atomic.Int32
}

func (d *deaf) Lookup(context.Context, storage.LookupRequest) (storage.LookupResult, error) {
	d.calls.Add(1)
	<-d.release
	return storage.LookupResult{}, nil
}

func TestHostHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &deaf{release: make(chan struct{})}
		l := New(h, nil)
		for i := range maxStuck {
			begin := time.Now()
			results, err := l.Link(t.Context(), []Message{mail(fmt.Sprintf("from: a%d@x.example", i))})
			require.ErrorIs(t, err, storage.ErrTemporary)
			require.ErrorContains(t, err, "within 10s")
			require.True(t, results[0].Pending)
			require.Equal(t, DefaultTimeout+patience, time.Since(begin))
		}
		begin := time.Now()
		_, err := l.Link(t.Context(), []Message{mail("from: b@x.example")})
		require.ErrorIs(t, err, storage.ErrUnavailable)
		require.Zero(t, time.Since(begin), "a host that hangs in 8 look-ups is not asked a ninth time")
		require.EqualValues(t, maxStuck, h.calls.Load())

		close(h.release)
		synctest.Wait()
		_, err = l.Link(t.Context(), []Message{mail("from: b@x.example")})
		require.NoError(t, err, "it came back")
	})
}

// A host that is slow but notices its deadline; and one whose caller has less time than the linker gives.
func TestSlowHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := directoryFunc(func(ctx context.Context, _ storage.LookupRequest) (storage.LookupResult, error) {
			<-ctx.Done()
			return storage.LookupResult{}, fmt.Errorf("query: %w", ctx.Err())
		})
		l := New(h, &Options{Timeout: 3 * time.Second})
		begin := time.Now()
		_, err := l.Link(t.Context(), []Message{mail("from: a@x.example")})
		require.ErrorIs(t, err, storage.ErrTemporary)
		require.Equal(t, 3*time.Second, time.Since(begin))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = l.Link(ctx, []Message{mail("from: a@x.example")})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

type directoryFunc func(context.Context, storage.LookupRequest) (storage.LookupResult, error)

func (f directoryFunc) Lookup(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
	return f(ctx, req)
}

// Many healthy look-ups at once are no hanging ones.
func TestManyAtOnce(t *testing.T) {
	h, messages := crowd(400)
	l := New(h, &Options{BatchSize: 7, CacheSize: 100})
	var group sync.WaitGroup
	for g := range 16 {
		group.Go(func() {
			for round := range 5 {
				part := messages[(g*20+round*37)%300:][:100]
				results, err := l.Link(context.Background(), part)
				if err != nil {
					t.Error(err)
					return
				}
				for i, result := range results {
					if result.Message != part[i].ID || len(result.Links) != len(h.records[part[i].Participants[0].Address]) {
						t.Errorf("mail %s has %d links", part[i].ID, len(result.Links))
					}
				}
				l.Invalidate("", part[0].Participants[0].Address)
			}
		})
	}
	group.Wait()
}
