// Package imapconn is one IMAP connection that can be left alone with a server nobody vouches for.
//
// The commands of a session are go-imap's (imapclient), which knows the protocol well but trusts the other end: it waits for ever, reads
// answers of any size into memory, gives the whole connection up on the first response it does not expect, reports a body that was cut off
// as complete, and takes no context. It also has no door for commands of our own. So the library gets no socket. It gets a net.Conn of
// ours, and everything a connection needs to be safe happens inside that.
//
// # The raw phase
//
// [Open] dials, makes TLS, reads the greeting, authenticates and lists the mailboxes itself, one command at a time (raw.go). Only then is
// the library started, on a synthetic "* PREAUTH [CAPABILITY …]" greeting, so that for it the session begins authenticated. Before TLS no
// secret is sent, whatever the server says: a server that greets with PREAUTH, that does not offer STARTTLS, or that sends more than its
// answer to STARTTLS is left (RFC 3501 §6.2.1, RFC 9051 §7.1.4). Whatever was learnt in clear text is forgotten after TLS. A refused login
// closes the connection and is not repeated with another mechanism: some servers count each try against the account.
//
// # The session
//
// Between the library and the socket stands wire (wire.go, inbound.go, outbound.go), which follows the lines and literals of both
// directions. It
//
//   - turns the library's absolute deadlines into deadlines of inactivity: while a command is pending the server may be silent for
//     [Config.Inactivity]; a literal may take as long as bytes flow; in IDLE silence is normal;
//   - bounds what a server can make us hold (see Limits);
//   - never reports the end of the stream as io.EOF, so that a body that was cut off is an error where it is read;
//   - drops what the library would die of and nobody asked for: unknown untagged responses, blank lines, answers to commands that are not
//     pending; rewrites status lines, FLAGS, STATUS and LIST into the form the library reads; and takes out of FETCH the items it cannot
//     read, but for ENVELOPE and BODYSTRUCTURE (mend.go);
//   - translates mailbox names, see Mailbox names;
//   - logs both directions without their contents: verbs, types and byte counts.
//
// An ENVELOPE or BODYSTRUCTURE that cannot be parsed still ends the connection. That is [Conn.Err] with code imap.syntax, and the work of
// imapsync; so is a mail whose UID comes after its body, which the library gives to nobody, and a mail without its date or size.
//
// # Mailbox names
//
// Pass [Listed.Name], in UTF-8, to every method of [Conn.Client]; nothing else. go-imap writes it in modified UTF-7 (RFC 3501 §5.1.3),
// which is right for almost every server. Where the server's own spelling differs (an & that stands for itself, bare UTF-8 or Latin-1,
// a server that speaks only IMAP4rev2), wire replaces it by [Listed.Raw] on the way out, and the other way round in STATUS and LIST. A
// connection that is opened without List needs [Config.Mailboxes] for that. IMAP4rev2 is hidden from the library, because it would write
// names in UTF-8 without having enabled that; [Conn.Has] still knows it and what it implies.
//
// # Limits
//
//	a response without its literals       Config.MaxLine, 1 MiB; number lists (SEARCH, ESEARCH, SORT) 16 times that
//	a literal that is streamed (BODY[…])  Config.MaxLiteral, 256 MiB
//	any other literal                     part of MaxLine
//	numbers out of order in a list        1,000: the library inserts them in quadratic time
//	nested parentheses                    250: the library reads them by recursion, and fails in quadratic time
//	a response of the raw phase           64 KiB, 16 MiB for all of it
//	mailboxes                             50,000, names of 1,000 bytes
//	silence while a command is pending    Config.Inactivity, 60 s, and the time that unsent data may need at 16 KiB/s (4 min at most)
//	from Open to a session                Config.OpenTimeout, 3 min
//
// # Codes
//
// Errors are a [storage.Cause], from Open, from [Conn.Err] and from [Conn.Classify]; codes of package dial come through.
//
//	imap.login_refused     the user name or password is wrong                           ErrAuth
//	imap.login_expired     the password must be renewed                                 ErrAuth
//	imap.no_mechanism      no way to log in that both sides have                        ErrAuth
//	imap.no_verifier       SCRAM was refused before the password mattered               ErrAuth
//	imap.unproven          the server did not prove that it knows the password          ErrAuth
//	imap.token_expired     another token may help                                       ErrAuth
//	imap.no_tls            the server offers no TLS, or what it offers is not clean     ErrUnavailable
//	imap.greeting          what answers does not speak IMAP                             ErrUnavailable
//	imap.bye               the server said goodbye                                      ErrTemporary
//	imap.unavailable       the server says it cannot now                                ErrTemporary
//	imap.throttled         too many requests or connections                             ErrTemporary, perhaps with RetryAfter
//	imap.in_use            the mailbox is locked                                        ErrTemporary
//	imap.timeout           the server was silent for too long                           ErrTemporary
//	imap.connection_lost   the connection ended                                         ErrTemporary
//	imap.syntax            a response that cannot be read ended the connection          ErrTemporary
//	imap.cancelled         the context of the connection ended                          ErrTemporary
//	imap.closed            Close was called                                             ErrClosed
//	imap.limit             the server sent more than the limits above                   ErrLimit
//	imap.over_quota        the account is full                                          ErrLimit
//	imap.server_limit      a limit of the server                                        ErrLimit
//	imap.no_mailbox        there is no such mailbox                                     ErrNotFound
//	imap.mailbox_exists    there is such a mailbox already                              ErrConflict
//	imap.read_only         the mailbox cannot be written                                ErrReadOnly
//	imap.no_permission     the account may not do this                                  ErrRejected
//	imap.refused           the server refused for a reason of its own                   ErrRejected
//
// Look elsewhere for what is fetched and stored (imapsync), for which mailbox is Sent (folders), and for SMTP (submit).
package imapconn

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/storage"
)

// Defaults of [Config].
const (
	DefaultInactivity  = time.Minute
	DefaultOpenTimeout = 3 * time.Minute
	DefaultMaxLine     = 1 << 20
	DefaultMaxLiteral  = 256 << 20
)

// Security says how a connection becomes confidential.
type Security int

// The zero value is the safest.
const (
	TLS      Security = iota // TLS from the first byte (RFC 8314 §3.2)
	StartTLS                 // STARTTLS or nothing
	Plain                    // none; only to loopback, and only where the Dialer allows it
)

func (s Security) String() string {
	switch s {
	case TLS:
		return "tls"
	case StartTLS:
		return "starttls"
	case Plain:
		return "plain"
	}
	return "security(" + strconv.Itoa(int(s)) + ")"
}

// Config says where to connect, who logs in and what is borne.
type Config struct {
	// Host is a name or an address. Required.
	Host string
	// Port defaults to 993 with TLS and to 143 otherwise.
	Port int
	// Security defaults to TLS.
	Security Security
	// Credential is who logs in. It is not used before TLS, but for its certificate, which is shown in the handshake. Required.
	Credential signin.Credential
	// Roots are the authorities that are trusted. Defaults to those of the system.
	Roots *x509.CertPool
	// PinSHA256 is the fingerprint of the one certificate that is accepted; see dial.TLSConfig. Defaults to none.
	PinSHA256 []byte
	// Dialer opens the connection. Defaults to a zero dial.Dialer, which reaches public addresses only.
	Dialer *dial.Dialer
	// Inactivity is how long the server may be silent while a command is pending. Defaults to 60 s.
	Inactivity time.Duration
	// OpenTimeout bounds Open. Defaults to 3 min.
	OpenTimeout time.Duration
	// MaxLine bounds one response without the literals that are streamed, in bytes. Defaults to 1 MiB.
	MaxLine int64
	// MaxLiteral bounds one literal that is streamed, in bytes. Defaults to 256 MiB.
	MaxLiteral int64
	// List asks for the mailboxes and namespaces.
	List bool
	// Mailboxes are the mailboxes an earlier connection listed, so that their names are translated here too. Not needed with List.
	Mailboxes []Listed
	// Handler gets what the server says unasked, in go-imap's reading goroutine: it must not block. Defaults to nil.
	Handler *imapclient.UnilateralDataHandler
	// Logger gets a debug line for each response and command (verbs, types and sizes, never contents) and warnings about defects.
	// Defaults to none.
	Logger *slog.Logger
	// Wrap, for tests, puts a connection of theirs under IMAP, above TLS: it sees and may cut the bytes of the session. With StartTLS
	// it begins after the handshake.
	Wrap func(net.Conn) net.Conn
}

// Open connects, logs in and, with Config.List, lists the mailboxes. The context governs the life of the connection, not only its opening:
// when it ends, the connection is closed and pending commands fail; see also [Conn.Bind]. Nothing is left behind when Open fails.
func Open(ctx context.Context, cfg Config) (*Conn, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if cfg.Security == Plain && !cfg.Dialer.AllowPlaintextLoopback {
		return nil, noTLS("a connection without TLS is not allowed")
	}
	limit, cancel := context.WithTimeout(ctx, cfg.OpenTimeout)
	defer cancel()
	conn, err := cfg.Dialer.DialContext(limit, "tcp", net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port)))
	if err != nil {
		return nil, err
	}
	if cfg.Security == Plain && !cfg.Dialer.Plaintext(conn) {
		_ = conn.Close()
		return nil, noTLS("a connection without TLS is allowed to loopback addresses only")
	}
	return start(ctx, limit, cfg, conn)
}

// start makes a session of a connection; limit bounds the raw phase, ctx the whole. It owns conn.
func start(ctx, limit context.Context, cfg Config, conn net.Conn) (*Conn, error) {
	if cfg.Security == TLS {
		secured, err := cfg.Dialer.TLS(limit, conn, cfg.tls())
		if err != nil {
			return nil, err
		}
		conn = secured
	}
	l := newLink(conn, cfg.Inactivity)
	release := context.AfterFunc(ctx, func() { _ = l.die(cancelled(ctx)) })
	giveUp := func() {
		if ctx.Err() != nil {
			_ = l.die(cancelled(ctx))
			return
		}
		_ = l.die(&storage.Cause{Code: "imap.timeout", Detail: "the session did not begin in " + cfg.OpenTimeout.String(), Err: storage.ErrTemporary})
	}
	tooLong := context.AfterFunc(limit, giveUp)
	r := newRaw(l, &cfg)
	if err := r.run(limit); err != nil {
		tooLong()
		release()
		_ = l.die(err)
		return nil, err
	}
	if !tooLong() { // the limit struck between the last answer and here
		giveUp()
	}
	if err := l.err(); err != nil {
		release()
		return nil, err
	}
	return newConn(r, release), nil
}

func (cfg Config) withDefaults() (Config, error) {
	if cfg.Host == "" {
		return cfg, storage.Invalid("Host", "required", "state the name of the IMAP server")
	}
	if cfg.Security < TLS || cfg.Security > Plain {
		return cfg, storage.Invalid("Security", "unknown", "choose TLS or STARTTLS")
	}
	if cfg.Port < 0 || cfg.Port > 65535 {
		return cfg, storage.Invalid("Port", "range", "a port is a number from 1 to 65535")
	}
	if cfg.Port == 0 {
		cfg.Port = 143
		if cfg.Security == TLS {
			cfg.Port = 993
		}
	}
	if err := cfg.Credential.Check(); err != nil {
		return cfg, storage.Invalid("Credential", "unusable", err.Error())
	}
	if cfg.Dialer == nil {
		cfg.Dialer = &dial.Dialer{}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Inactivity = positive(cfg.Inactivity, DefaultInactivity)
	cfg.OpenTimeout = positive(cfg.OpenTimeout, DefaultOpenTimeout)
	cfg.MaxLine = positive(cfg.MaxLine, DefaultMaxLine)
	cfg.MaxLiteral = positive(cfg.MaxLiteral, DefaultMaxLiteral)
	return cfg, nil
}

func (cfg *Config) tls() dial.TLSConfig {
	return dial.TLSConfig{ServerName: cfg.Host, RootCAs: cfg.Roots, PinSHA256: cfg.PinSHA256, Certificate: cfg.Credential.Certificate}
}

func positive[N ~int64](value, fallback N) N {
	if value > 0 {
		return value
	}
	return fallback
}
