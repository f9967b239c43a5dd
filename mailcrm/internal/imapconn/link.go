package imapconn

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/storage"
)

const (
	writeChunk = 32 << 10 // a write makes progress in pieces of this size, each with a deadline of its own
	slowest    = 16 << 10 // bytes a second that an unsent literal may need to leave our own buffers
	unsentMax  = 4 << 20  // what a kernel holds back of a write, at most (tcp_wmem)
)

// link is the socket under a connection. It knows whether somebody waits for the server, and therefore how long silence may last, and it
// remembers the first reason why the connection ended: every later error is that one.
//
// Reads come from one goroutine at a time, writes likewise; die and waits may come from any.
type link struct {
	inactivity time.Duration

	mu      sync.Mutex
	conn    net.Conn // what IMAP is read from and written to: TLS, or TCP before STARTTLS
	under   net.Conn // the socket itself
	secured bool     // there is TLS
	waiting bool     // somebody waits for the server
	unsent  int64    // bytes written since something was read
	bye     error    // what the server said as goodbye
	cause   error    // why the connection ended; nil while it lives
}

// newLink takes conn over; somebody waits until waits(false) is called.
func newLink(conn net.Conn, inactivity time.Duration) *link {
	l := &link{inactivity: inactivity, conn: conn, under: conn, waiting: true}
	if secured, ok := conn.(*tls.Conn); ok {
		l.under, l.secured = secured.NetConn(), true
	}
	return l
}

// replace puts another connection on the same socket, after STARTTLS.
func (l *link) replace(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = conn
	if _, ok := conn.(*tls.Conn); ok {
		l.secured = true
	}
}

// isSecured says whether there is TLS.
func (l *link) isSecured() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.secured
}

// waits says whether somebody waits for the server from now on.
func (l *link) waits(yes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = yes
	l.arm()
}

// arm sets the read deadline, also of a read that is blocked already. The caller holds mu.
func (l *link) arm() {
	var deadline time.Time
	if l.waiting {
		grace := time.Duration(min(l.unsent, unsentMax)) * time.Second / slowest
		deadline = time.Now().Add(l.inactivity + grace)
	}
	_ = l.conn.SetReadDeadline(deadline) // a closed connection says so when it is read
}

func (l *link) Read(p []byte) (int, error) {
	l.mu.Lock()
	if l.cause != nil {
		defer l.mu.Unlock()
		return 0, l.cause
	}
	l.arm()
	conn := l.conn
	l.mu.Unlock()
	n, err := conn.Read(p)
	if n > 0 {
		l.mu.Lock()
		l.unsent = 0
		l.mu.Unlock()
		return n, nil // an error comes again
	}
	if err != nil {
		return 0, l.fail(err)
	}
	return 0, nil
}

func (l *link) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		l.mu.Lock()
		if l.cause != nil {
			defer l.mu.Unlock()
			return written, l.cause
		}
		conn := l.conn
		_ = conn.SetWriteDeadline(time.Now().Add(l.inactivity))
		l.mu.Unlock()
		n, err := conn.Write(p[written:min(len(p), written+writeChunk)])
		written += n
		l.mu.Lock()
		l.unsent += int64(n)
		l.arm()
		l.mu.Unlock()
		if err != nil {
			return written, l.fail(err)
		}
	}
	return written, nil
}

// fail ends the connection because of an error of the socket.
func (l *link) fail(err error) error {
	var timeout net.Error
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return l.die(&storage.Cause{Code: "imap.timeout", Detail: "the server was silent for " + l.inactivity.String(), Err: storage.ErrTemporary})
	}
	if ours := dial.OurCertificate(err); ours != nil {
		return l.die(ours)
	}
	l.mu.Lock()
	bye := l.bye
	l.mu.Unlock()
	if bye != nil {
		return l.die(bye)
	}
	return l.die(&storage.Cause{Code: "imap.connection_lost", Err: storage.ErrTemporary})
}

// die ends the connection at once, without ceremony. The first cause stays; it is returned.
func (l *link) die(cause error) error {
	l.mu.Lock()
	if l.cause != nil {
		defer l.mu.Unlock()
		return l.cause
	}
	l.cause = cause
	conn, under := l.conn, l.under
	l.mu.Unlock()
	_ = under.Close() // first: what TLS would still like to say must not block
	_ = conn.Close()
	return cause
}

// close ends the connection politely (TLS close_notify), or does nothing when it has ended already.
func (l *link) close() {
	l.mu.Lock()
	if l.cause != nil {
		l.mu.Unlock()
		return
	}
	l.cause = errClosed
	conn, under := l.conn, l.under
	l.mu.Unlock()
	_ = conn.Close()
	_ = under.Close()
}

// goodbye remembers what the server said before it closes.
func (l *link) goodbye(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bye = err
}

func (l *link) err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

func cancelled(ctx context.Context) error {
	return &storage.Cause{Code: "imap.cancelled", Err: &storage.TemporaryError{Err: context.Cause(ctx)}}
}
