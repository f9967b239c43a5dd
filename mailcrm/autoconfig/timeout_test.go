package autoconfig

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// slowNames answers after a while, or never.
type slowNames struct {
	mx    time.Duration
	never bool
}

func (s slowNames) wait(ctx context.Context, after time.Duration) error {
	if s.never {
		<-ctx.Done()
		return ctx.Err()
	}
	select {
	case <-time.After(after):
		return &net.DNSError{Err: "no such host", IsNotFound: true}
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s slowNames) LookupMX(ctx context.Context, _ string) ([]*net.MX, error) {
	if err := s.wait(ctx, s.mx); ctx.Err() != nil {
		return nil, err
	}
	return []*net.MX{{Host: "mx1.hoster.example.", Pref: 10}}, nil
}

func (s slowNames) LookupSRV(ctx context.Context, _, _, _ string) (string, []*net.SRV, error) {
	return "", nil, s.wait(ctx, time.Second)
}

func (s slowNames) LookupCNAME(ctx context.Context, _ string) (string, error) {
	return "", s.wait(ctx, time.Second)
}

func silent(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// Silence ends after 5 s, and after 10 s where one question follows from another.
func TestTimeouts(t *testing.T) {
	for name, test := range map[string]struct {
		names slowNames
		opts  Options
		total time.Duration
		late  Source // that ends last
	}{
		"everybody is silent":       {slowNames{never: true}, Options{}, 5 * time.Second, SourceGuess},
		"the MX come late":          {slowNames{mx: 4 * time.Second}, Options{}, 9 * time.Second, SourceISPDBMX},
		"the host's own limits":     {slowNames{mx: 4 * time.Second}, Options{Timeout: 6 * time.Second}, 6 * time.Second, SourceISPDBMX},
		"the host's limit of steps": {slowNames{mx: 4 * time.Second}, Options{StepTimeout: time.Second}, time.Second, SourceGuess},
	} {
		synctest.Test(t, func(t *testing.T) {
			test.opts.names, test.opts.connect = test.names, silent
			start := time.Now()
			result, err := Explore(t.Context(), "ann@firm.example", &test.opts)
			require.NoError(t, err, name)
			require.Equal(t, test.total, time.Since(start), name)
			require.Empty(t, result.Candidates)
			for _, s := range result.Steps {
				require.LessOrEqual(t, s.Took, test.total, s.Source)
				if s.Source == test.late {
					require.Equal(t, test.total, s.Took, name)
					require.Equal(t, TimedOut, s.Outcome, name)
				}
			}
		})
	}
}

// All are asked at once: two slow ones do not add up.
func TestSourcesAreAskedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		opts := &Options{names: slowNames{mx: time.Second}, connect: func(ctx context.Context, _, _ string) (net.Conn, error) {
			select {
			case <-time.After(2 * time.Second):
			case <-ctx.Done():
			}
			return nil, &storage.Cause{Code: "dial.unreachable", Err: storage.ErrTemporary}
		}}
		result, err := Explore(t.Context(), "ann@firm.example", opts)
		require.NoError(t, err)
		require.Equal(t, Unreachable, outcomes(result)[SourceAutoconfig])
		// The MX, then two addresses of the data base one after the other; autodiscover: its alias, then two hosts.
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

// A caller who leaves gets an error soon, with what was known until then.
func TestCancelledOnTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 2*time.Second, errors.New("the page was closed"))
		defer cancel()
		start := time.Now()
		result, err := Explore(ctx, "ann@firm.example", &Options{names: slowNames{never: true}, connect: silent})
		require.Equal(t, 2*time.Second, time.Since(start))
		require.Equal(t, "dial.cancelled", storage.CauseCode(err))
		require.ErrorContains(t, err, "the page was closed")
		require.Len(t, result.Steps, len(order))
	})
}

func TestLimitsAreThoseOfTheDocumentation(t *testing.T) {
	require.Equal(t, 5*time.Second, DefaultStepTimeout)
	require.Equal(t, 10*time.Second, DefaultTimeout)
	x, err := newExplorer(mailbox{local: "a", domain: "firm.example"}, nil)
	require.NoError(t, err)
	require.Equal(t, 5*time.Second, x.stepTimeout)
	require.Equal(t, 10*time.Second, x.timeout)
	require.Equal(t, DefaultISPDB, x.ispdb)
}
