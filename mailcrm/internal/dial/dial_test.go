package dial

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

func TestDialLoopbackOnlyWhenAllowed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port

	for _, host := range []string{"127.0.0.1", "localhost", "::ffff:127.0.0.1", "::ffff:7f00:1"} {
		addr := net.JoinHostPort(host, strconv.Itoa(port))
		_, err := (&Dialer{Ports: []int{port}}).DialContext(t.Context(), "tcp", addr)
		require.Equal(t, "dial.refused_by_policy", storage.CauseCode(err), host)

		conn, err := (&Dialer{Ports: []int{port}, Allow: loopback()}).DialContext(t.Context(), "tcp", addr)
		require.NoError(t, err, host)
		require.False(t, (&Dialer{}).Plaintext(conn))
		require.True(t, (&Dialer{AllowPlaintextLoopback: true}).Plaintext(conn))
		require.NoError(t, conn.Close())
	}
}

func TestDialRefusesBeforeLookup(t *testing.T) {
	for _, test := range []struct{ network, addr, code string }{
		{"udp", "mail.example:993", "dial.refused_by_policy"},
		{"unix", "/run/socket:993", "dial.refused_by_policy"},
		{"tcp", "mail.example", "dial.refused_by_policy"},
		{"tcp", ":993", "dial.refused_by_policy"},
		{"tcp", "mail.example:22", "dial.refused_by_policy"},
		{"tcp", "mail.example:imaps", "dial.refused_by_policy"},
		{"tcp", "mail.example:99999", "dial.refused_by_policy"},
		{"tcp", "mail.example:-1", "dial.refused_by_policy"},
		{"tcp", "xn--é.example:993", "dial.no_such_host"},
	} {
		_, err := (&Dialer{connect: func(context.Context, string, string) (net.Conn, error) {
			t.Fatal("connected")
			return nil, nil
		}}).DialContext(t.Context(), test.network, test.addr)
		require.Equal(t, test.code, storage.CauseCode(err), test.addr)
	}
}

func TestDialNames(t *testing.T) {
	names := &nameServer{}
	resolver := names.start(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	dialer := &Dialer{Allow: loopback(), Ports: []int{0}, Resolver: resolver}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)

	names.answer("xn--bcher-kva.example.", netip.MustParseAddr("127.0.0.1"))
	conn, err := dialer.DialContext(t.Context(), "tcp", "bücher.example:"+port)
	require.NoError(t, err)
	require.NoError(t, conn.Close())

	_, err = dialer.DialContext(t.Context(), "tcp", "nobody.example:"+port)
	require.Equal(t, "dial.no_such_host", storage.CauseCode(err))
	require.ErrorIs(t, err, storage.ErrUnavailable)

	names.answer("six.example.", netip.MustParseAddr("fd00::1"))
	_, err = dialer.DialContext(t.Context(), "tcp4", "six.example:"+port)
	require.Equal(t, "dial.no_such_host", storage.CauseCode(err))
}

func TestDialSilentNameServer(t *testing.T) {
	silent := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	dialer := &Dialer{Resolver: silent, Timeout: 50 * time.Millisecond}
	_, err := dialer.DialContext(t.Context(), "tcp", "mail.example:993")
	require.Equal(t, "dial.timeout", storage.CauseCode(err))
	require.ErrorIs(t, err, storage.ErrTemporary)
}

// Closed, filtered and unreachable are one answer: same code, same words.
func TestClosedAndFilteredReadTheSame(t *testing.T) {
	outcomes := []func(ctx context.Context) error{
		func(context.Context) error { return &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED} },
		func(context.Context) error { return &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH} },
		func(context.Context) error { return &net.OpError{Op: "dial", Err: syscall.ENETUNREACH} },
		func(context.Context) error { return &net.OpError{Op: "read", Err: syscall.ECONNRESET} },
		func(ctx context.Context) error { <-ctx.Done(); return &net.OpError{Op: "dial", Err: ctx.Err()} },
	}
	for _, place := range []struct {
		addr     string
		sameTime bool
	}{{"8.8.8.8:993", false}, {"10.0.0.25:993", true}, {"127.0.0.1:993", false}} {
		seen := map[string]bool{}
		times := map[time.Duration]bool{}
		for _, outcome := range outcomes {
			synctest.Test(t, func(t *testing.T) {
				dialer := &Dialer{Allow: append(loopback(), netip.MustParsePrefix("10.0.0.0/8")), Timeout: 7 * time.Second}
				dialer.connect = func(ctx context.Context, _, _ string) (net.Conn, error) { return nil, outcome(ctx) }
				start := time.Now()
				_, err := dialer.DialContext(t.Context(), "tcp", place.addr)
				require.Equal(t, "dial.unreachable", storage.CauseCode(err))
				require.ErrorIs(t, err, storage.ErrTemporary)
				seen[err.Error()] = true
				times[time.Since(start)] = true
			})
		}
		require.Len(t, seen, 1)
		if place.sameTime {
			require.Equal(t, map[time.Duration]bool{7 * time.Second: true}, times)
		}
	}
}

func TestDialClosedPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().String()
	require.NoError(t, listener.Close())
	_, err = (&Dialer{Allow: loopback(), Ports: []int{0}}).DialContext(t.Context(), "tcp", addr)
	require.Equal(t, "dial.unreachable", storage.CauseCode(err))
}

func TestDialCancelled(t *testing.T) {
	why := errors.New("slice over")
	ctx, cancel := context.WithCancelCause(t.Context())
	dialer := &Dialer{connect: func(ctx context.Context, _, _ string) (net.Conn, error) {
		cancel(why)
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	_, err := dialer.DialContext(ctx, "tcp", "8.8.8.8:993")
	require.Equal(t, "dial.cancelled", storage.CauseCode(err))
	require.ErrorIs(t, err, storage.ErrTemporary)
	require.ErrorIs(t, err, why)
}

func TestDialLog(t *testing.T) {
	var out bytes.Buffer
	dialer := &Dialer{
		Logger:  slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
		connect: func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED },
	}
	_, err := dialer.DialContext(t.Context(), "tcp", "8.8.8.8:993")
	require.Error(t, err)
	require.Contains(t, out.String(), "host=8.8.8.8 port=993")
	require.Contains(t, out.String(), "outcome=dial.unreachable")
}

func TestASCIIHost(t *testing.T) {
	for host, want := range map[string]string{
		"mail.example":   "mail.example",
		"_srv.example":   "_srv.example",
		"Müller.example": "xn--mller-kva.example",
		"例え.example":     "xn--r8jz45g.example",
		"127.0.0.1":      "127.0.0.1",
		"１２７.０.０.１":      "127.0.0.1",
	} {
		got, err := ASCIIHost(host)
		require.NoError(t, err, host)
		require.Equal(t, want, got)
	}
}
