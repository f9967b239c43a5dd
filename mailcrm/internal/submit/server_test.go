package submit

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
)

// A server is a mail server that does as a test tells it. It listens on loopback and stops with the test.
type server struct {
	t     *testing.T
	port  int
	talk  func(*peer) // one connection, from the first byte on; it is closed afterwards
	done  sync.WaitGroup
	stop  chan struct{} // closed when the test ends
	mu    sync.Mutex
	wires []*wire
	mails []delivered
}

// delivered is what a server said yes to after the final dot.
type delivered struct {
	from, data string
	to         []string
	wire       string // data with its dots, to the final one
}

// authority signs for all servers of this process's tests.
var authority = sync.OnceValue(func() *testservers.Authority {
	a, err := testservers.NewAuthority()
	if err != nil {
		panic(err)
	}
	return a
})

var certificate = sync.OnceValue(func() tls.Certificate {
	c, err := authority().Issue(testservers.Trusted)
	if err != nil {
		panic(err)
	}
	return c
})

func serve(t *testing.T, talk func(*peer)) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &server{t: t, port: listener.Addr().(*net.TCPAddr).Port, talk: talk, stop: make(chan struct{})}
	s.done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w := &wire{Conn: conn}
			s.mu.Lock()
			s.wires = append(s.wires, w)
			talk := s.talk
			s.mu.Unlock()
			s.done.Go(func() {
				defer conn.Close()
				talk(&peer{server: s, cert: certificate(), conn: w, in: bufio.NewReader(w)})
			})
		}
	})
	t.Cleanup(func() {
		close(s.stop)
		_ = listener.Close()
		s.mu.Lock()
		for _, w := range s.wires {
			_ = w.Close()
		}
		s.mu.Unlock()
		s.done.Wait()
	})
	return s
}

// become changes how the server behaves towards who comes next.
func (s *server) become(d dialog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.talk = d.talk
}

// connections is how often somebody came.
func (s *server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.wires)
}

func (s *server) got() []delivered {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// heard are the raw bytes that came over all connections: ciphertext once there is TLS.
func (s *server) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all bytes.Buffer
	for _, w := range s.wires {
		all.Write(w.heard())
	}
	return all.String()
}

// noSecret demands that the wire does not hold a secret in any of five spellings.
func (s *server) noSecret(secrets ...string) {
	s.t.Helper()
	heard := s.heard()
	for _, secret := range secrets {
		var qp strings.Builder
		w := quotedprintable.NewWriter(&qp)
		_, _ = io.WriteString(w, secret)
		_ = w.Close()
		encoded := base64.StdEncoding.EncodeToString([]byte(secret))
		for _, spelling := range []string{secret, encoded, strings.TrimRight(encoded, "="), qp.String(), url.QueryEscape(secret), hex.EncodeToString([]byte(secret))} {
			require.NotContains(s.t, strings.ToLower(heard), strings.ToLower(spelling))
		}
	}
}

// wire keeps what was heard.
type wire struct {
	net.Conn
	mu   sync.Mutex
	took bytes.Buffer
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.mu.Lock()
	w.took.Write(p[:n])
	w.mu.Unlock()
	return n, err
}

func (w *wire) heard() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.took.Bytes())
}

// A peer is one connection, seen from the server.
type peer struct {
	server *server
	conn   net.Conn
	cert   tls.Certificate
	in     *bufio.Reader
	lines  []string
	mail   delivered
}

func (p *peer) say(format string, args ...any) {
	_, _ = fmt.Fprintf(p.conn, format+"\r\n", args...)
}

// hear is the next line, "" at the end.
func (p *peer) hear() string {
	line, err := p.in.ReadString('\n')
	if err != nil {
		return ""
	}
	p.lines = append(p.lines, strings.TrimSuffix(line, "\r\n"))
	return strings.TrimSuffix(line, "\r\n")
}

// wait listens, and says nothing, until the other side leaves.
func (p *peer) wait() { _, _ = io.Copy(io.Discard, p.in) }

func (p *peer) tls() bool {
	conn := tls.Server(p.conn, &tls.Config{Certificates: []tls.Certificate{p.cert}})
	if conn.Handshake() != nil {
		return false
	}
	p.conn, p.in = conn, bufio.NewReader(conn)
	return true
}

// A dialog is how a server behaves where a test does not say otherwise: it takes everything.
type dialog struct {
	security   string   // "tls", "starttls", "none"
	extensions []string // beside AUTH PLAIN LOGIN, unless one begins with AUTH or is "-AUTH"
	// on answers a verb (GREETING, EHLO, AUTH, MAIL, RCPT, DATA, DOT, QUIT) in place of the dialog's own answer; false ends the connection. One that does not want
	// to answer says p.usual(verb, line).
	on map[string]func(p *peer, line string) bool
}

func (d dialog) start(t *testing.T) *server { return serve(t, d.talk) }

func (d dialog) talk(p *peer) {
	if d.security == "tls" && !p.tls() {
		return
	}
	if !d.answer(p, "GREETING", "") {
		return
	}
	for {
		line := p.hear()
		if line == "" {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch verb {
		case "STARTTLS":
			p.say("220 go ahead")
			if !p.tls() {
				return
			}
			continue
		case "MAIL":
			p.mail = delivered{from: line}
		}
		if !d.answer(p, verb, line) {
			return
		}
		if verb == "QUIT" {
			return
		}
	}
}

func (d dialog) answer(p *peer, verb, line string) bool {
	if f := d.on[verb]; f != nil {
		return f(p, line)
	}
	return d.usual(p, verb, line)
}

func (d dialog) usual(p *peer, verb, line string) bool {
	switch verb {
	case "GREETING":
		p.say("220 mail.test.example ESMTP")
	case "EHLO":
		say := []string{"mail.test.example"}
		auth := slices.ContainsFunc(d.extensions, func(e string) bool { return strings.Contains(e, "AUTH") })
		if !auth {
			say = append(say, "AUTH PLAIN LOGIN")
		}
		if _, secure := p.conn.(*tls.Conn); d.security == "starttls" && !secure {
			say = []string{"mail.test.example", "STARTTLS"}
		} else {
			for _, e := range d.extensions {
				if !strings.HasPrefix(e, "-") {
					say = append(say, e)
				}
			}
		}
		for i, e := range say {
			p.say("250%s%s", map[bool]string{true: " ", false: "-"}[i == len(say)-1], e)
		}
	case "AUTH":
		p.say("235 welcome")
	case "RCPT":
		p.mail.to = append(p.mail.to, line)
		p.say("250 2.1.5 ok")
	case "DATA":
		p.say("354 go on")
		return d.body(p)
	case "QUIT":
		p.say("221 bye")
	default:
		p.say("250 ok")
	}
	return true
}

// body takes a mail to its final dot, and answers for it.
func (d dialog) body(p *peer) bool {
	var data, raw strings.Builder
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			return false
		}
		raw.WriteString(line)
		if line == ".\r\n" {
			break
		}
		data.WriteString(strings.TrimPrefix(line, "."))
	}
	p.mail.data, p.mail.wire = data.String(), raw.String()
	if f := d.on["DOT"]; f != nil {
		return f(p, "")
	}
	p.take("2.0.0 queued")
	return true
}

// take says yes to the mail, and keeps it.
func (p *peer) take(text string) {
	p.server.mu.Lock()
	p.server.mails = append(p.server.mails, p.mail)
	p.server.mu.Unlock()
	p.say("250 %s", text)
}

// reply always answers the same.
func reply(text string) func(*peer, string) bool {
	return func(p *peer, _ string) bool { p.say("%s", text); return true }
}

// silence does not answer.
func silence(p *peer, _ string) bool { p.wait(); return false }
