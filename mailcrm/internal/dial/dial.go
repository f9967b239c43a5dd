// Package dial opens every connection that leaves mailcrm for a host that somebody typed, that a name server answered or that a document
// named: IMAP, SMTP and the https look-ups of autoconfig. Nothing else in the module may call net.Dial.
//
// A mail account begins with a host name that a user writes into a form, so without a guard every user could make the CRM's server talk to
// its own network: the metadata service of the cloud, a database on loopback, the router. [Dialer] therefore checks the address that the
// name resolved to, inside the system call that connects (net.Dialer.Control), where neither a second look-up nor a redirect can change it
// any more. Only public unicast addresses pass, IPv4 in any of its IPv6 spellings included, and only the ports of mail and https. An
// operator whose mail server stands in the same building lists its network in [Dialer.Allow].
//
// The answer must not become a port scanner either. A closed port and a filtered one give the same error, an address that the guard
// refuses is never contacted, and for a private address that only Allow opened the answer also comes after the same time.
//
// TLS is made here as well, by [Dialer.TLS], so that there is one place where a certificate is judged: TLS 1.2 or newer, a verified chain
// and name, or the one certificate that a person pinned. What was wrong is told apart, because each has another cure.
//
// # Codes
//
// Every error of this package is a [storage.Cause]:
//
//	dial.refused_by_policy  the address or the port is not allowed                 ErrInvalid
//	dial.no_such_host       the name does not exist                                ErrUnavailable
//	dial.unreachable        nobody answers there: closed, filtered, too slow       ErrTemporary
//	dial.timeout            the name servers do not answer                         ErrTemporary
//	dial.cancelled          the caller's context was cancelled                     ErrTemporary
//	tls.expired             the certificate is out of its dates                    ErrUnavailable, *CertificateError
//	tls.name                the certificate is for other names                     ErrUnavailable, *CertificateError
//	tls.untrusted           nobody we trust signed the certificate                 ErrUnavailable, *CertificateError
//	tls.pin_changed         another certificate than the pinned one                ErrUnavailable, *CertificateError
//	tls.handshake           no common TLS version, no TLS at all, or cut short     ErrUnavailable or ErrTemporary
//	tls.client_certificate  the server does not take our certificate, or wants one ErrAuth
//
// Look elsewhere for what is said over the connection: imapconn for IMAP, submit for SMTP.
package dial

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"github.com/mailcrm/sdk/storage"
)

// Time limits of a zero [Dialer].
const (
	DefaultTimeout          = 10 * time.Second
	DefaultHandshakeTimeout = 15 * time.Second
)

// DefaultPorts are the ports of IMAP, submission, SMTP and https.
func DefaultPorts() []int { return []int{143, 993, 25, 465, 587, 443} }

// A Dialer opens guarded connections. Its zero value reaches public addresses on the ports of mail and https. It may be used by several
// goroutines at once and is not changed by use; do not change it while it is in use.
type Dialer struct {
	// Allow lists networks that may be reached although they are not public: the mail server of one's own house. IPv4 prefixes match IPv4
	// addresses in whatever spelling they arrive. 127.0.0.0/8 belongs here in tests and demos only. Defaults to none.
	Allow []netip.Prefix
	// AllowPlaintextLoopback lets protocols go without TLS to loopback addresses; see [Dialer.Plaintext]. Loopback must be in Allow too.
	// Defaults to false.
	AllowPlaintextLoopback bool
	// Ports lists the ports that may be reached; a 0 in it allows every port, for tests that listen on free ports.
	// Defaults to [DefaultPorts].
	Ports []int
	// Resolver looks names up. Defaults to net.DefaultResolver.
	Resolver *net.Resolver
	// Logger gets one debug line a connection: host, port, duration, outcome. Defaults to none.
	Logger *slog.Logger
	// Timeout bounds look-up and connection together. Defaults to [DefaultTimeout].
	Timeout time.Duration
	// HandshakeTimeout bounds a TLS handshake. Defaults to [DefaultHandshakeTimeout].
	HandshakeTimeout time.Duration

	connect connectFunc // tests put a network of their own here
}

// connectFunc is net.Dialer.DialContext.
type connectFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// DialContext connects to addr, "host:port" with a numeric port. Network is "tcp", "tcp4" or "tcp6". The context bounds the connecting
// only; the connection outlives it. The signature is that of http.Transport.DialContext.
func (d *Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	start := time.Now()
	host, port, err := d.split(network, addr)
	if err != nil {
		return nil, err
	}
	limit, cancel := context.WithTimeout(ctx, orDefault(d.Timeout, DefaultTimeout))
	defer cancel()
	watch := &guard{dialer: d}
	conn, err := d.connector(watch)(limit, network, net.JoinHostPort(host, port))
	if err != nil {
		if watch.private.Load() {
			<-limit.Done() // closed, filtered and absent take the same time inside Allow
		}
		err = classify(ctx, err, net.JoinHostPort(host, port))
	}
	d.log(ctx, host, port, time.Since(start), err)
	return conn, err
}

// Plaintext says whether conn may carry secrets and mail without TLS: its other end is a loopback address, and the option is set.
func (d *Dialer) Plaintext(conn net.Conn) bool {
	remote, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	return err == nil && d.AllowPlaintextLoopback && remote.Addr().Unmap().IsLoopback()
}

func (d *Dialer) connector(watch *guard) connectFunc {
	if d.connect != nil {
		return func(ctx context.Context, network, addr string) (net.Conn, error) {
			if err := watch.control(network, addr, nil); err != nil {
				return nil, err
			}
			return d.connect(ctx, network, addr)
		}
	}
	dialer := net.Dialer{
		Resolver: d.Resolver,
		Control:  watch.control,
		// A half-open connection in IDLE is found after about two minutes.
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4},
	}
	return dialer.DialContext
}

// split checks what can be checked before a name is looked up, and spells the host as the DNS does (RFC 5891).
func (d *Dialer) split(network, addr string) (host, port string, err error) {
	switch network {
	case "tcp", "tcp4", "tcp6":
	default:
		return "", "", refused("not TCP")
	}
	host, port, err = net.SplitHostPort(addr)
	if err != nil || host == "" {
		return "", "", refused("not an address with a port")
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", "", refused("not a port number")
	}
	if !d.portAllowed(int(number)) {
		return "", "", refused("port " + strconv.Itoa(int(number)))
	}
	host, err = ASCIIHost(host)
	if err != nil {
		return "", "", &storage.Cause{Code: "dial.no_such_host", Detail: "not a host name", Err: storage.ErrUnavailable}
	}
	return host, strconv.Itoa(int(number)), nil
}

// ASCIIHost spells a host name with A-labels (IDNA2008, RFC 5891): "müller.example" is "xn--mller-kva.example". Addresses and ASCII names
// come back as they are.
func ASCIIHost(host string) (string, error) {
	if strings.IndexFunc(host, func(r rune) bool { return r > 127 }) < 0 {
		return host, nil
	}
	return idna.Lookup.ToASCII(host)
}

func (d *Dialer) log(ctx context.Context, host, port string, took time.Duration, err error) {
	if d.Logger == nil {
		return
	}
	outcome := "connected"
	if err != nil {
		outcome = storage.CauseCode(err)
	}
	d.Logger.LogAttrs(ctx, slog.LevelDebug, "dial", slog.String("host", host), slog.String("port", port),
		slog.Duration("took", took), slog.String("outcome", outcome))
}

func orDefault(value, fallback time.Duration) time.Duration {
	if value > 0 {
		return value
	}
	return fallback
}
