package mailcrmtest

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"time"
)

// hub knows every connection of a server, so that closing the server waits for all of their goroutines.
type hub struct {
	mu     sync.Mutex
	conns  map[*conn]struct{}
	closed bool
	wait   sync.WaitGroup // one for each connection, until its goroutine is done with it
	done   chan struct{}  // closed with the server
}

func newHub() *hub { return &hub{conns: map[*conn]struct{}{}, done: make(chan struct{})} }

// conn is an accepted connection. kill ends it from outside; release says that its goroutine is done.
type conn struct {
	net.Conn          // what is read and written: TLS where the port is TLS from the start
	raw      net.Conn // below TLS
	hub      *hub
	once     sync.Once
	gone     chan struct{} // closed by kill and by Close
	goneOnce sync.Once

	cutMu  sync.Mutex
	cut    *IMAPCut
	budget int64
}

func (h *hub) add(raw net.Conn, config *tls.Config) (*conn, bool) {
	c := &conn{Conn: raw, raw: raw, hub: h, gone: make(chan struct{})}
	if config != nil {
		c.Conn = tls.Server(raw, config)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, false
	}
	h.conns[c] = struct{}{}
	h.wait.Add(1)
	return c, true
}

func (c *conn) release() {
	c.once.Do(func() {
		c.hub.mu.Lock()
		delete(c.hub.conns, c)
		c.hub.mu.Unlock()
		c.hub.wait.Done()
	})
}

// kill ends the connection below TLS, so that no farewell is said.
func (c *conn) kill(how Cut) {
	if how == CutReset {
		if t, ok := c.raw.(*net.TCPConn); ok {
			_ = t.SetLinger(0) // RST instead of FIN
		}
	}
	c.goneOnce.Do(func() { close(c.gone) })
	_ = c.raw.Close()
}

// Close ends the connection as a server does that is done with it.
func (c *conn) Close() error {
	c.goneOnce.Do(func() { close(c.gone) })
	return c.Conn.Close()
}

// limit arms a cut; it counts from here.
func (c *conn) limit(cut *IMAPCut) {
	c.cutMu.Lock()
	defer c.cutMu.Unlock()
	c.cut, c.budget = cut, cut.After
}

// Write lets through what the cut allows and then does what it says.
func (c *conn) Write(p []byte) (int, error) {
	c.cutMu.Lock()
	cut := c.cut
	pass := len(p)
	if cut != nil {
		pass = int(min(int64(pass), c.budget))
		c.budget -= int64(pass)
	}
	c.cutMu.Unlock()
	if cut == nil || pass == len(p) {
		return c.Conn.Write(p)
	}
	n, err := c.Conn.Write(p[:pass])
	if err != nil {
		return n, err
	}
	if cut.How == CutHang {
		c.silence()
	} else {
		c.kill(cut.How)
	}
	return n, net.ErrClosed
}

// silence keeps the connection open and says nothing more, until the client leaves or the server is closed.
func (c *conn) silence() {
	_ = c.Conn.SetReadDeadline(time.Time{}) // the server's own patience must not end it
	_, _ = io.Copy(io.Discard, c.Conn)
	c.kill(CutClose)
}

// killAll ends every connection and says how many there were.
func (h *hub) killAll() int {
	h.mu.Lock()
	open := make([]*conn, 0, len(h.conns))
	for c := range h.conns {
		open = append(open, c)
	}
	h.mu.Unlock()
	for _, c := range open {
		c.kill(CutClose)
	}
	return len(open)
}

// shut ends every connection, accepts no more and waits until all goroutines are done.
func (h *hub) shut() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	close(h.done)
	h.killAll()
	h.wait.Wait()
}

// port is a listener whose connections the hub knows.
type port struct {
	net.Listener
	hub    *hub
	config *tls.Config // nil: no TLS from the start
	made   func(*conn) // called for each connection
}

// Accept waits for the next connection (net.Listener).
func (p *port) Accept() (net.Conn, error) {
	for {
		raw, err := p.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c, ok := p.hub.add(raw, p.config)
		if !ok {
			_ = raw.Close()
			continue
		}
		if p.made != nil {
			p.made(c)
		}
		return c, nil
	}
}
