// Package imapsync brings the mailboxes of a server into the store: it is the only room that knows IMAP's commands.
//
// # A look at a mailbox
//
// STATUS tells whether anything can be new. If not, that was all. Otherwise the mailbox is opened read-only and enumerated: every UID from the last
// checkpoint to UIDNEXT goes into the ledger, either pending or excluded by a rule (older than the account's depth), and the checkpoint moves with
// them in one transaction. Then what is pending is fetched, newest first, in chunks. A chunk is handed to [Deliver], which records mails, links and the
// ledger's change in one transaction. A run that is cut off anywhere, also by kill -9, finds its place in the ledger again: what is still pending.
//
// # What may go wrong with a chunk
//
// A mail counts only when its literal had the length announced and the FETCH ended OK; otherwise the chunk is dropped and its bytes are forgotten. When the
// connection died of it, it is opened again and the chunk is halved, until the one UID that kills it is alone: it becomes a dead letter, which is listed and
// tried again later, and the others go on. A UID that the server does not send and does not list any more has vanished.
//
// # What is fetched
//
// Mailboxes with the roles inbox, sent, archive and none are fetched whole; drafts, junk and trash are indexed by their headers; all, flagged and important
// are views of the others and left alone. Everything is fetched with BODY.PEEK: \Seen is never set by looking.
//
// Not here: the connection and its bounds (imapconn), which folder is which (folders), what a mail means (deliver).
package imapsync

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/imapconn"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Limits of the sync.
const (
	smallestChunk = 10              // mails: the first chunk of a session
	largestChunk  = 100             // mails
	chunkTime     = 4 * time.Second // chunks grow while they take less than a quarter of it, and shrink when they take more
	spooled       = 256 << 10       // bytes: a larger mail is streamed to the blob store instead of being held
	parsers       = 4               // mails parsed and stored at once while the next ones arrive
	maxText       = 256 << 10       // bytes of text kept of one body
	maxKeywords   = 50
	maxKeyword    = 100 // bytes
)

// retryDead is when a dead letter is tried again, by the number of tries.
var retryDead = []time.Duration{5 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

// A Syncer opens sessions. Its fields are set once; its methods may be called from several goroutines.
type Syncer struct {
	DB      *store.DB
	Blobs   storage.Blobs
	Dialer  *dial.Dialer
	Roots   *x509.CertPool
	Deliver Deliver
	Now     func() time.Time
	Logger  *slog.Logger
	Wrap    func(net.Conn) net.Conn // for tests: see imapconn.Config.Wrap
}

// A Session is one login to one account, under one lease. It is not for use by several goroutines.
type Session struct {
	*Syncer
	lease    *store.Lease
	account  *store.Account
	password seal.Secret
	conn     *imapconn.Conn
	selected string // name of the open mailbox; "" for none
	writable bool
	chunk    int              // mails in the next chunk
	tries    map[deadMail]int // of dead letters that are tried again
}

type deadMail struct {
	mailbox string
	uid     uint32
}

// Open logs in and lists the mailboxes. The lease fences every write of the session.
//
// Errors are those of packages dial and imapconn.
func (s *Syncer) Open(ctx context.Context, lease *store.Lease, acc *store.Account, password seal.Secret) (*Session, error) {
	session := &Session{Syncer: s, lease: lease, account: acc, password: password, chunk: smallestChunk, tries: map[deadMail]int{}}
	return session, session.connect(ctx)
}

func (s *Session) connect(ctx context.Context) error {
	cfg := imapconn.Config{
		Host: s.account.IMAP.Host, Port: s.account.IMAP.Port, Username: s.account.IMAP.Username, Secret: s.password.Reveal,
		Roots: s.Roots, Dialer: s.Dialer, Logger: s.Logger, List: true, Wrap: s.Wrap,
	}
	switch s.account.IMAP.Security {
	case "starttls":
		cfg.Security = imapconn.StartTLS
	case "none":
		cfg.Security = imapconn.Plain
	}
	if pin := s.account.IMAP.PinSHA256; pin != "" {
		sum, err := hex.DecodeString(pin)
		if err != nil {
			return fmt.Errorf("the pinned certificate of %s: %w", s.account.Address, storage.ErrInvalid)
		}
		cfg.PinSHA256 = sum
	}
	conn, err := imapconn.Open(ctx, cfg)
	if err != nil {
		return err
	}
	s.conn, s.selected, s.writable = conn, "", false
	return nil
}

// Close ends the session politely if the server lets it.
func (s *Session) Close() error {
	if s.conn == nil {
		return nil
	}
	if s.conn.Err() == nil {
		ctx, done := context.WithTimeout(context.Background(), 2*time.Second)
		defer done()
		_ = s.conn.Logout(ctx) // the work is done, whatever the server says to this
	}
	return s.conn.Close()
}

// doing says what failed, with the kind that the connection knows.
func (s *Session) doing(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, s.conn.Classify(err))
}
