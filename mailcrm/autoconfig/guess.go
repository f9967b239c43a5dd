package autoconfig

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
)

// maxOwnMX is how many mail servers of the domain's own are tried.
const maxOwnMX = 2

// maxReply is how much of what a server says is read, in bytes.
const maxReply = 4 << 10

var errNotMail = errors.New("not a mail server")

// door is a place where a server may be.
type door struct {
	host     string
	port     int
	security Security
	imap     bool
}

// guess knocks at the usual names, all at once. The order of the names decides, not which answers first; only what shows the protocol over a
// verified TLS connection counts.
func (x *explorer) guess(ctx context.Context) found {
	limit, cancel := x.limited(ctx)
	defer cancel()
	domain := x.mailbox.domain
	usual := doors([]string{"imap." + domain, "mail." + domain}, []string{"smtp." + domain, "mail." + domain})
	// The domain's own MX is known a little later.
	var own []door
	var ownOpen []bool
	var wait sync.WaitGroup
	wait.Go(func() {
		hosts := x.ownMX(limit)
		own = doors(hosts, hosts)
		ownOpen = x.knockAll(limit, own)
	})
	open := x.knockAll(limit, usual)
	wait.Wait()
	return x.settle(limit, append(usual, own...), append(open, ownOpen...))
}

// doors are where IMAP and submission may be on hosts; TLS from the first byte goes before STARTTLS (RFC 8314 §3).
func doors(imap, smtp []string) []door {
	var out []door
	for _, h := range imap {
		out = append(out, door{h, 993, TLS, true})
	}
	for _, h := range smtp {
		out = append(out, door{h, 465, TLS, false}, door{h, 587, StartTLS, false})
	}
	return out
}

// ownMX are the mail servers of the domain that it runs itself: their host often serves IMAP as well.
func (x *explorer) ownMX(ctx context.Context) []string {
	mx, _, ok := x.waitMX(ctx)
	if !ok {
		return nil
	}
	var out []string
	for _, text := range mx {
		host, ok := normalHost(text)
		if ok && len(out) < maxOwnMX && host != "mail."+x.mailbox.domain && sameOwner(host, x.mailbox.domain) && !slices.Contains(out, host) {
			out = append(out, host)
		}
	}
	return out
}

func (x *explorer) knockAll(ctx context.Context, doors []door) []bool {
	open := make([]bool, len(doors))
	var wait sync.WaitGroup
	for i, d := range doors {
		wait.Go(func() { open[i] = x.knock(ctx, d) == nil })
	}
	wait.Wait()
	return open
}

func (x *explorer) settle(ctx context.Context, doors []door, open []bool) found {
	c := &Candidate{Source: SourceGuess, Confidence: Low, Auth: []Auth{{Kind: Password}}}
	for i, d := range doors {
		server := Server{Host: d.host, Port: d.port, Security: d.security, Login: LoginAddress}
		switch {
		case !open[i]:
		case d.imap && !c.IMAP.Known():
			c.IMAP = server
		case !d.imap && !c.SMTP.Known():
			c.SMTP = server
		}
	}
	if !c.IMAP.Known() {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return found{outcome: TimedOut}
		}
		return found{outcome: Nothing}
	}
	target := net.JoinHostPort(c.IMAP.Host, strconv.Itoa(c.IMAP.Port))
	c.Evidence = []Evidence{{Source: SourceGuess, Domain: x.mailbox.domain, Target: target}}
	return found{outcome: Found, candidate: c}
}

// knock connects, verifies the certificate and reads the greeting. It says nothing about the address.
func (x *explorer) knock(ctx context.Context, d door) error {
	conn, err := x.connect(ctx, "tcp", net.JoinHostPort(d.host, strconv.Itoa(d.port)))
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if d.security == StartTLS {
		if err := startTLS(conn); err != nil {
			return err
		}
		secured, err := x.dialer.TLS(ctx, conn, dial.TLSConfig{ServerName: d.host, RootCAs: x.opts.Roots})
		if err != nil {
			return err
		}
		return secured.Close()
	}
	secured, err := x.dialer.TLS(ctx, conn, dial.TLSConfig{ServerName: d.host, RootCAs: x.opts.Roots})
	if err != nil {
		return err
	}
	defer func() { _ = secured.Close() }()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	line, err := bufio.NewReader(io.LimitReader(secured, maxReply)).ReadString('\n')
	if err != nil {
		return err
	}
	if (d.imap && strings.HasPrefix(line, "* OK")) || (!d.imap && strings.HasPrefix(line, "220")) {
		return nil
	}
	return errNotMail
}

// startTLS speaks SMTP up to where TLS begins (RFC 3207 §4). Nothing may stand in the buffer then: it would have been put there by whoever
// is in between.
func startTLS(conn net.Conn) error {
	in := bufio.NewReader(io.LimitReader(conn, maxReply))
	if _, err := reply(in, "220"); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "EHLO localhost\r\n"); err != nil {
		return err
	}
	lines, err := reply(in, "250")
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.EqualFold(l, "STARTTLS") }) {
		return errNotMail
	}
	if _, err := io.WriteString(conn, "STARTTLS\r\n"); err != nil {
		return err
	}
	if _, err := reply(in, "220"); err != nil {
		return err
	}
	if in.Buffered() > 0 {
		return errNotMail
	}
	return nil
}

// reply reads a reply of SMTP with its further lines (RFC 5321 §4.2.1).
func reply(in *bufio.Reader, code string) (lines []string, err error) {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimRight(line, "\r\n")
		if len(line) < 3 || line[:3] != code {
			return nil, errNotMail
		}
		if len(line) == 3 {
			return lines, nil
		}
		lines = append(lines, line[4:])
		if line[3] != '-' {
			return lines, nil
		}
	}
}
