package imapconn

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	username = "alice@test.example"
	password = "c0rrect horse-battery"
	caps     = "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS LITERAL+ IDLE"
)

// script is one connection of a server that says what a test wrote down. Its methods end the goroutine when the client is gone.
type script struct {
	conn net.Conn
	br   *bufio.Reader

	plain locked // what came in before TLS
}

// locked is a buffer for several goroutines.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newScript(conn net.Conn) *script {
	s := &script{conn: conn}
	s.br = bufio.NewReader(io.TeeReader(conn, &s.plain))
	return s
}

// say sends lines.
func (s *script) say(lines ...string) {
	s.bytes(strings.Join(lines, "\r\n") + "\r\n")
}

func (s *script) bytes(text string) {
	if _, err := io.WriteString(s.conn, text); err != nil {
		runtime.Goexit()
	}
}

// hear reads a line and gives its tag and the rest, which must begin with one of the words.
func (s *script) hear(words ...string) (tag, rest string) {
	line, err := s.br.ReadString('\n')
	if err != nil {
		runtime.Goexit()
	}
	tag, rest, _ = strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	for _, word := range words {
		if strings.HasPrefix(rest, word) {
			return tag, rest
		}
	}
	if len(words) > 0 {
		s.say("* BYE script expected " + strings.Join(words, " or ") + ", heard " + rest)
		runtime.Goexit()
	}
	return tag, rest
}

// answer hears a command, sends untagged lines and OK.
func (s *script) answer(word string, untagged ...string) {
	tag, _ := s.hear(word)
	s.say(append(untagged, tag+" OK done")...)
}

// line reads a line that is no command.
func (s *script) line() string {
	line, err := s.br.ReadString('\n')
	if err != nil {
		runtime.Goexit()
	}
	return strings.TrimRight(line, "\r\n")
}

// login greets and lets the client in.
func (s *script) login() { s.loginWith(caps) }

func (s *script) loginWith(caps string) {
	s.say("* OK [CAPABILITY " + caps + "] ready")
	tag, _ := s.hear("AUTHENTICATE", "LOGIN")
	s.say(tag + " OK [CAPABILITY " + caps + "] in")
}

// tls goes on under TLS.
func (s *script) tls(cert tls.Certificate) {
	secured := tls.Server(s.conn, &tls.Config{Certificates: []tls.Certificate{cert}})
	if secured.Handshake() != nil {
		runtime.Goexit()
	}
	s.conn = secured
	s.br = bufio.NewReader(secured)
}

// server runs a script for each connection on loopback.
type server struct {
	port int

	mu      sync.Mutex
	scripts []*script
	conns   []net.Conn
}

func serve(t *testing.T, play func(s *script)) *server {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := &server{port: listener.Addr().(*net.TCPAddr).Port}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s := newScript(conn)
			srv.mu.Lock()
			srv.scripts, srv.conns = append(srv.scripts, s), append(srv.conns, conn)
			srv.mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				play(s)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		srv.mu.Lock()
		for _, conn := range srv.conns {
			_ = conn.Close()
		}
		srv.mu.Unlock()
		wg.Wait()
	})
	return srv
}

func (srv *server) config() Config {
	return Config{
		Host: "127.0.0.1", Port: srv.port, Security: Plain,
		Credential: signin.WithPassword(username, seal.NewSecret(password)),
		Dialer: &dial.Dialer{
			Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPlaintextLoopback: true, Ports: []int{0},
		},
		Inactivity: 5 * time.Second,
	}
}

// open opens a session with a script.
func open(t *testing.T, play func(s *script), change ...func(*Config)) *Conn {
	cfg := serve(t, play).config()
	for _, f := range change {
		f(&cfg)
	}
	conn, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

// openPipe opens a session over a pipe, for tests in a bubble of virtual time: the context of the test is not used there.
func openPipe(t *testing.T, play func(s *script), change ...func(*Config)) (*Conn, error) {
	client, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer far.Close()
		play(newScript(far))
	}()
	t.Cleanup(func() { _ = client.Close(); <-done })
	cfg, err := (&server{port: 143}).config().withDefaults()
	require.NoError(t, err)
	cfg.Inactivity = DefaultInactivity
	for _, f := range change {
		f(&cfg)
	}
	limit, cancel := context.WithTimeout(context.Background(), cfg.OpenTimeout)
	defer cancel()
	return start(context.Background(), limit, cfg, client)
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &authority{cert, key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func (a *authority) sign(t *testing.T, validFor time.Duration, ip string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(validFor),
		IPAddresses: []net.IP{net.ParseIP(ip)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// fetched is a FETCH response with a body.
func fetched(seq int, uid uint32, body string) string {
	return fmt.Sprintf("* %d FETCH (UID %d FLAGS (\\Seen) BODY[] {%d}\r\n%s)", seq, uid, len(body), body)
}
