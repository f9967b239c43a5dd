package mailcrmtest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClockFiresInOrder(t *testing.T) {
	start := time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)
	c := NewClock(start)
	var order []string
	note := func(name string) func() { return func() { order = append(order, name+c.Now().Sub(start).String()) } }
	c.AfterFunc(2*time.Hour, note("c"))
	c.AfterFunc(time.Hour, note("a"))
	c.AfterFunc(time.Hour, note("b"))
	stop := c.AfterFunc(time.Hour, note("never"))
	require.True(t, stop())
	require.False(t, stop())
	tick := c.After(90 * time.Minute)
	require.Equal(t, 4, c.Waiting())

	c.Advance(59 * time.Minute)
	require.Empty(t, order)
	c.Advance(3 * time.Hour)
	require.Equal(t, []string{"a1h0m0s", "b1h0m0s", "c2h0m0s"}, order)
	require.Equal(t, start.Add(90*time.Minute), <-tick)
	require.Equal(t, start.Add(3*time.Hour+59*time.Minute), c.Now())
	require.Zero(t, c.Waiting())
	require.Equal(t, c.Now(), <-c.After(0))
	c.AfterFunc(-time.Second, note("now"))
	require.Len(t, order, 4)
}

func TestClockGoesBack(t *testing.T) {
	c := NewClock(time.Unix(10_000, 0))
	fired := false
	c.AfterFunc(time.Hour, func() { fired = true })
	c.Set(time.Unix(6_400, 0))
	c.Advance(time.Hour)
	require.False(t, fired, "a deadline is an instant, whatever the clock showed in between")
	c.Advance(time.Hour)
	require.True(t, fired)
}

func TestClockChainsTimers(t *testing.T) {
	c := NewClock(time.Unix(0, 0))
	n := 0
	var again func()
	again = func() {
		if n++; n < 24 {
			c.AfterFunc(time.Hour, again)
		}
	}
	c.AfterFunc(time.Hour, again)
	c.Advance(30 * time.Hour)
	require.Equal(t, 24, n, "what a timer starts fires in the same move")
}

func TestClockSleep(t *testing.T) {
	c := NewClock(time.Unix(0, 0))
	done := make(chan error, 1)
	go func() { done <- c.Sleep(context.Background(), time.Minute) }()
	require.NoError(t, c.WaitFor(soon(t), 1))
	c.Advance(time.Minute)
	require.NoError(t, within2(t, done))

	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- c.Sleep(ctx, time.Minute) }()
	require.NoError(t, c.WaitFor(soon(t), 1))
	cancel()
	require.ErrorIs(t, within2(t, done), context.Canceled)
	require.Zero(t, c.Waiting())
	require.ErrorIs(t, c.WaitFor(ctx, 1), context.Canceled)
}
