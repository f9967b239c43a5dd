package autoconfig

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an internet on loopback: a name server, an authority that signs for every name, web and mail servers that serve all names which
// the name server knows. Ports below 1024 are somewhere else, so connections are led there; the guard and the names are real.
type world struct {
	t        *testing.T
	ca       *x509.CertPool
	caCert   *x509.Certificate
	caKey    *ecdsa.PrivateKey
	resolver *net.Resolver

	mu       sync.Mutex
	zone     map[string][]dnsmessage.ResourceBody
	pages    map[string]http.HandlerFunc // by host and path
	untrust  map[string]bool             // names with a certificate that nobody signed
	requests []string                    // host and path, in the order of arrival
	ports    map[string]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, zone: map[string][]dnsmessage.ResourceBody{}, pages: map[string]http.HandlerFunc{}, untrust: map[string]bool{},
		ports: map[string]string{},
	}
	w.makeAuthority()
	w.serveNames()
	w.serveWeb()
	w.ports["993"] = w.serve(func(conn net.Conn) { w.greet(conn, "* OK IMAP4rev1 ready\r\n") })
	w.ports["465"] = w.serve(func(conn net.Conn) { w.greet(conn, "220 mail ESMTP\r\n") })
	w.ports["587"] = w.serve(w.submission)
	return w
}

// options are those of a host whose internet this is.
func (w *world) options() *Options {
	dialer := &dial.Dialer{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []int{0}, Resolver: w.resolver}
	return &Options{
		Allow: dialer.Allow, Roots: w.ca, Resolver: w.resolver, ISPDB: "https://ispdb.example/v1.1/",
		connect: func(ctx context.Context, network, addr string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(addr)
			require.NoError(w.t, err)
			w.mu.Lock()
			local, ok := w.ports[port]
			w.mu.Unlock()
			if !ok {
				return nil, &net.OpError{Op: "dial", Err: io.EOF}
			}
			return dialer.DialContext(ctx, network, net.JoinHostPort(host, local))
		},
	}
}

// a makes names exist.
func (w *world) a(names ...string) {
	for _, name := range names {
		w.record(name, &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}})
	}
}

func (w *world) mx(domain string, hosts ...string) {
	for i, h := range hosts {
		w.record(domain, &dnsmessage.MXResource{Pref: uint16(10 * i), MX: dnsmessage.MustNewName(strings.TrimSuffix(h, ".") + ".")})
	}
}

func (w *world) srv(name, target string, port, priority, weight uint16) {
	w.record(name, &dnsmessage.SRVResource{Priority: priority, Weight: weight, Port: port, Target: dnsmessage.MustNewName(strings.TrimSuffix(target, ".") + ".")})
}

func (w *world) cname(name, target string) {
	w.record(name, &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(target + ".")})
}

func (w *world) record(name string, body dnsmessage.ResourceBody) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.zone[name+"."] = append(w.zone[name+"."], body)
}

// page puts a document on the web, and its host into the names.
func (w *world) page(hostAndPath, document string) {
	w.handle(hostAndPath, func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(out, document)
	})
}

func (w *world) handle(hostAndPath string, handler http.HandlerFunc) {
	host, _, _ := strings.Cut(hostAndPath, "/")
	w.a(host)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages[hostAndPath] = handler
}

func (w *world) asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.requests...)
}

func (w *world) makeAuthority() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(w.t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(w.t, err)
	w.caCert, err = x509.ParseCertificate(der)
	require.NoError(w.t, err)
	w.caKey, w.ca = key, x509.NewCertPool()
	w.ca.AddCert(w.caCert)
}

func (w *world) tls() *tls.Config {
	return &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(2), DNSNames: []string{hello.ServerName}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
		}
		parent, signer := w.caCert, w.caKey
		w.mu.Lock()
		if w.untrust[hello.ServerName] {
			parent, signer = template, key
		}
		w.mu.Unlock()
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
	}}
}

func (w *world) serveWeb() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	server := &http.Server{TLSConfig: w.tls(), ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		w.mu.Lock()
		w.requests = append(w.requests, in.Method+" "+in.Host+in.URL.RequestURI())
		handler := w.pages[in.Host+in.URL.Path]
		w.mu.Unlock()
		if handler == nil {
			http.NotFound(out, in)
			return
		}
		handler(out, in)
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.ServeTLS(listener, "", "") }()
	w.t.Cleanup(func() { _ = server.Close(); <-done })
	w.ports["443"] = portOf(listener)
}

func portOf(l net.Listener) string { return strconv.Itoa(l.Addr().(*net.TCPAddr).Port) }

func (w *world) serve(talk func(net.Conn)) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wait.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
				talk(conn)
			})
		}
	})
	w.t.Cleanup(func() { _ = listener.Close(); wait.Wait() })
	return portOf(listener)
}

func (w *world) greet(conn net.Conn, line string) {
	secured := tls.Server(conn, w.tls())
	if secured.Handshake() != nil {
		return
	}
	_, _ = io.WriteString(secured, line)
	_, _ = io.Copy(io.Discard, secured)
}

func (w *world) submission(conn net.Conn) {
	say := func(line string) { _, _ = io.WriteString(conn, line+"\r\n") }
	buf := make([]byte, 512)
	say("220-mail.example")
	say("220 ESMTP")
	_, _ = conn.Read(buf)
	say("250-mail.example\r\n250-SIZE 1000\r\n250 STARTTLS")
	_, _ = conn.Read(buf)
	say("220 go")
	secured := tls.Server(conn, w.tls())
	_ = secured.Handshake()
	_, _ = io.Copy(io.Discard, secured)
}

func (w *world) serveNames() {
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(w.t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := socket.ReadFrom(buf)
			if err != nil {
				return
			}
			if out := w.answer(buf[:n]); out != nil {
				_, _ = socket.WriteTo(out, from)
			}
		}
	}()
	w.t.Cleanup(func() { _ = socket.Close(); <-done })
	w.resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

func (w *world) answer(query []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	q := m.Questions[0]
	w.mu.Lock()
	defer w.mu.Unlock()
	records, exists := w.zone[strings.ToLower(q.Name.String())]
	if !exists {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, body := range records {
		header := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}
		switch b := body.(type) {
		case *dnsmessage.AResource:
			header.Type = dnsmessage.TypeA
		case *dnsmessage.MXResource:
			header.Type = dnsmessage.TypeMX
		case *dnsmessage.SRVResource:
			header.Type = dnsmessage.TypeSRV
		case *dnsmessage.CNAMEResource:
			header.Type = dnsmessage.TypeCNAME
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: b}, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: b.CNAME, Class: q.Class, Type: dnsmessage.TypeA},
				Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
			})
			continue
		}
		if header.Type == q.Type {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: body})
		}
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

// config is a document of one IMAP and one SMTP server.
func config(imap, smtp string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><clientConfig version="1.1"><emailProvider id="x"><domain>x</domain>` + imap + smtp +
		`</emailProvider></clientConfig>`
}

func incoming(host, port, socket, username string) string {
	return `<incomingServer type="imap"><hostname>` + host + `</hostname><port>` + port + `</port><socketType>` + socket +
		`</socketType><username>` + username + `</username><authentication>password-cleartext</authentication></incomingServer>`
}

func outgoing(host, port, socket, username string) string {
	return `<outgoingServer type="smtp"><hostname>` + host + `</hostname><port>` + port + `</port><socketType>` + socket +
		`</socketType><username>` + username + `</username><authentication>password-cleartext</authentication></outgoingServer>`
}

// outcomes are the steps of a result by source.
func outcomes(r *Result) map[Source]Outcome {
	out := map[Source]Outcome{}
	for _, s := range r.Steps {
		out[s.Source] = s.Outcome
	}
	return out
}

// explore must not fail.
func (w *world) explore(address string) *Result {
	w.t.Helper()
	result, err := Explore(w.t.Context(), address, w.options())
	require.NoError(w.t, err)
	return result
}
