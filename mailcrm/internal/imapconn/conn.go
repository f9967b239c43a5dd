package imapconn

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/storage"
)

// closeWait is how long Close waits for go-imap's reading goroutine. It ends at once unless a command's answer was left unread.
const closeWait = 5 * time.Second

// Conn is a session: logged in, no mailbox selected yet. Its methods may be called from several goroutines at once.
type Conn struct {
	link    *link
	client  *imapclient.Client
	logger  *slog.Logger
	release func() bool // ends the watch over Open's context
	cred    signin.Credential

	caps       Caps
	mailboxes  []Listed
	unreadable int
	namespaces Namespaces
}

func newConn(r *raw, release func() bool) *Conn {
	c := &Conn{
		link: r.link, logger: r.cfg.Logger, release: release, cred: r.cfg.Credential,
		caps: r.caps, mailboxes: r.mailboxes, unreadable: r.unreadable, namespaces: r.namespaces,
	}
	w := newWire(r.link, r.br, r.cfg, newTranslation(r.mailboxes))
	w.out = []byte("* PREAUTH [CAPABILITY " + r.caps.forLibrary() + "] ready\r\n")
	r.link.waits(false)
	c.client = imapclient.New(w, &imapclient.Options{UnilateralDataHandler: r.cfg.Handler})
	return c
}

// Client is the session's go-imap client, for commands. Three of its habits remain: every FETCH, LIST and EXPUNGE command must be consumed
// to its end or closed, or nothing is read any more; commands that run at the same time must be consumed at the same time; a literal that
// the server refuses (APPEND over quota) ends the connection. Its Close is not to be used; see [Conn.Close].
func (c *Conn) Client() *imapclient.Client { return c.client }

// Has says whether the server offers a capability to this account, stated or implied (IMAP4rev2, LITERAL+, QRESYNC). Ask before each use
// of an extension: go-imap does not.
func (c *Conn) Has(capability string) bool { return c.caps.Has(capability) }

// Capabilities are all of them. Not to be changed.
func (c *Conn) Capabilities() Caps { return c.caps }

// Mailboxes are those that LIST told when the connection was opened, in the server's order, or Config.Mailboxes. Not to be changed.
func (c *Conn) Mailboxes() []Listed { return c.mailboxes }

// Unreadable is how many lines of LIST named no mailbox that could be understood. If it is not 0, a mailbox that is not in Mailboxes may
// still be there: nothing may be called gone.
func (c *Conn) Unreadable() int { return c.unreadable }

// Namespaces are the roots of mailbox names, known with Config.List where the server tells.
func (c *Conn) Namespaces() Namespaces { return c.namespaces }

// Bind closes the connection when ctx ends before release is called: for a piece of work that has a context of its own. Release says
// whether it came in time.
func (c *Conn) Bind(ctx context.Context) (release func() bool) {
	return context.AfterFunc(ctx, func() { _ = c.link.die(cancelled(ctx)) })
}

// Err says why the connection ended; nil while it lives. A connection that the server closes silently lives until somebody waits for it.
func (c *Conn) Err() error {
	err := c.link.err()
	if errors.Is(err, errGivenUp) {
		select {
		case <-c.client.Closed():
			return c.givenUp(c.client.Close())
		default:
		}
	}
	return err
}

// Classify turns an error of a command of this connection into one of the codes of the package: what the server refused, or else why the
// connection ended. Use it rather than the function: go-imap drops the type of most errors on the way.
func (c *Conn) Classify(err error) error {
	if err == nil {
		return nil
	}
	var refused *imap.Error
	if errors.As(err, &refused) && c.cred.Echoed(refused.Text) {
		withheld := *refused
		withheld.Text = c.cred.Clean(refused.Text)
		err = &withheld
	}
	classified := Classify(err)
	if storage.CauseCode(classified) != "imap.connection_lost" {
		return classified
	}
	switch cause := c.link.err(); {
	case errors.Is(cause, errGivenUp):
		return c.givenUp(err)
	case cause != nil:
		return cause
	}
	return classified
}

// Logout ends the session as IMAP wants it (RFC 9051 §6.1.3), for as long as ctx and Config.Inactivity allow, and closes the connection.
func (c *Conn) Logout(ctx context.Context) error {
	if c.link.err() == nil {
		release := c.Bind(ctx)
		_ = c.client.Logout().Wait() // whatever the answer, the next thing is to close
		release()
	}
	return c.Close()
}

// Close ends the connection at once. Pending commands fail. It returns nil, also when the connection had ended before; a second call does
// nothing.
func (c *Conn) Close() error {
	c.release()
	c.link.close()
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case <-c.client.Closed():
	case <-timer.C:
		c.logger.LogAttrs(context.Background(), slog.LevelWarn, "an answer was left unread when its connection was closed")
	}
	return nil
}

// errGivenUp is the end of a connection that go-imap closed by itself.
var errGivenUp = &storage.Cause{Code: "imap.syntax", Err: &storage.TemporaryError{Err: net.ErrClosed}}

// givenUp says what go-imap could not read. Its words may quote the response, so only their beginning is kept.
func (c *Conn) givenUp(err error) error {
	detail := ""
	if err != nil && !errors.Is(err, net.ErrClosed) {
		detail, _, _ = strings.Cut(err.Error(), "\n")
	}
	return &storage.Cause{Code: "imap.syntax", Detail: oneLine(c.cred.Clean(detail)), Err: storage.ErrTemporary}
}
