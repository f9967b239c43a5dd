package imapsync_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A cut ends connections after so many bytes.
type cut struct {
	how   string // "FIN", "RST", "hole"
	after int64
	times atomic.Int64 // connections that are still to be cut
	write bool         // of what the client sends; otherwise of what the server sends
	cuts  atomic.Int64 // that happened
}

// wrap is for Syncer.Wrap.
func (c *cut) wrap(conn net.Conn) net.Conn {
	if c.times.Add(-1) < 0 {
		return conn
	}
	return &cutConn{Conn: conn, cut: c, left: c.after}
}

type cutConn struct {
	net.Conn
	*cut
	left int64
	done bool
}

func (c *cutConn) Read(p []byte) (int, error) {
	if c.cut.write {
		return c.Conn.Read(p)
	}
	if c.left == 0 {
		return 0, c.end()
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

func (c *cutConn) Write(p []byte) (int, error) {
	if !c.cut.write {
		return c.Conn.Write(p)
	}
	if int64(len(p)) <= c.left {
		c.left -= int64(len(p))
		return c.Conn.Write(p)
	}
	n, _ := c.Conn.Write(p[:c.left])
	c.left = 0
	return n, c.end()
}

// end is what the client meets where the connection was cut.
func (c *cutConn) end() error {
	if !c.done {
		c.done = true
		c.cuts.Add(1)
	}
	switch c.how {
	case "FIN":
		return io.EOF
	case "RST":
		return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	buf := make([]byte, 4096) // nothing arrives any more
	for {
		if _, err := c.Conn.Read(buf); err != nil {
			return err
		}
	}
}

// TestCut cuts the first sync of forty mails wherever it can be cut (FAULTS A). It ends, and in the end every mail is there, once and whole; nobody was blamed.
func TestCut(t *testing.T) {
	type matrix struct {
		id, how    string
		step, runs int
		times      int64
		write      bool
	}
	for _, m := range []matrix{
		{id: "A1", how: "FIN", step: 499, runs: 301, times: 1},
		{id: "A2", how: "RST", step: 499, runs: 301, times: 1},
		{id: "A3", how: "hole", step: 4999, runs: 31, times: 1},
		{id: "A4", how: "RST", step: 31, runs: 100, times: 1, write: true},
		{id: "A1, three times", how: "FIN", step: 4999, runs: 31, times: 3},
	} {
		for i := 1; i <= m.runs; i += min(sample, m.runs/2) {
			t.Run(fmt.Sprintf("%s %s after %d", m.id, m.how, i*m.step), func(t *testing.T) {
				t.Parallel()
				b, l := newLiarBench(t, 0)
				for n := range 40 {
					l.load("INBOX", mail(n+1, strings.Repeat(fmt.Sprintf("line of mail %d\r\n", n+1), 200)))
				}
				c := &cut{how: m.how, after: int64(i * m.step), write: m.write}
				c.times.Store(m.times)
				b.syncer.Wrap = c.wrap
				if m.how == "hole" {
					b.syncer.Inactivity = 500 * time.Millisecond
				}
				began := time.Now()
				for range 3 {
					_, _ = b.sync(time.Minute) // whether it says so or not
				}
				require.Less(t, time.Since(began), 3*time.Minute)
				_, err := b.sync(time.Minute)
				require.NoError(t, err)
				b.requireWhole("INBOX", l.truth("INBOX"))
				if m.id == "A1" && i*m.step < 100_000 {
					require.EqualValues(t, m.times, c.cuts.Load(), "it was cut")
				}
			})
		}
	}
}
