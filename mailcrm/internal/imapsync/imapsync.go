// Package imapsync brings the mailboxes of a server into the store: it is the only room that knows IMAP's commands.
//
// # A look at a mailbox
//
// STATUS tells whether anything can be new. If not, that was all. Otherwise the mailbox is opened read-only and enumerated (enumerate.go): every UID
// from the last checkpoint to UIDNEXT goes into the ledger, either pending or excluded by a rule (older than the account's depth), and the checkpoint moves
// with them in one transaction. Where the server counts other mails than the ledger accounts for, all UIDs are listed and what the ledger does not know is entered
// too: UIDNEXT may have run ahead of mails that became visible later, or may lie. Then what is pending is fetched, newest first, in chunks. A chunk is handed to
// [Deliver], which records mails, links and the ledger's change in one transaction. A run that is cut off anywhere, also by kill -9, finds its place in the
// ledger again: what is still pending.
//
// # Whose fault it is
//
// A mail counts only when its literal had the length announced and the FETCH ended OK; otherwise its bytes are forgotten. When a FETCH fails, the question is
// whose fault it is (blame.go). The server's own words decide where they are clear: one that is busy, throttles or refuses the login ends the session with that
// error. For the rest the server must show that it works: it has to give out another mail of the mailbox. If it does, the chunk is halved, down to the one UID that
// fails alone, twice, while others come; that one becomes a dead letter, which is listed and tried again later, and the others go on. If it does not, nobody is
// blamed: what is pending stays so. A UID that the server does not send and does not list any more has vanished.
//
// The same holds for what comes after: a mail that makes the parser panic, or that the store refuses while it takes others, is a dead letter; a mailbox
// that cannot be opened or that kills the connection is noted (Mailbox.Error) and followed last the next time.
//
// # Which mailboxes there are
//
// Each session begins with what the server lists (mailboxes.go). What is there, under which name, with which role, is brought up to date in one transaction, together
// with the account's choices: one whose mailbox is gone is dropped and told. A mailbox that vanished and one that appeared may be one and the same (renamed.go). A listing
// with lines that cannot be read, or without INBOX, calls nothing gone. Roles come from package folders, from what is stored (mapping.go), so that the door can
// give them anew when a person chooses, without asking the server; [Session.Create] makes a mailbox for one that has none.
//
// # What is fetched
//
// Mailboxes with the roles inbox, sent, archive and none are fetched whole; drafts, junk and trash are indexed by their headers; all, flagged and important
// are views of the others and left alone. Everything is fetched with BODY.PEEK: \Seen is never set by looking.
//
// Of an account whose attachments are not stored, mails above 128 KiB are not fetched whole (parts.go, plan.go): their header, their structure, their texts and the small pictures
// in them are, and put together as a document in which the rest is named (mimemail.Outline). It is parsed like any mail, and kept in place of the mail's bytes; Mail.Kept is
// then "text". Where the server does not tell the structure, where it and the mail do not agree in every part and every octet, and where nothing much would be left, the mail
// is fetched whole. So nothing that is wrong with a structure is ever a mail's or a mailbox's failure. [Syncer.OpenPart] fetches what was left (section.go).
//
// # What is held
//
// A mail above 256 KiB is streamed to the blob store. Of every mail of a chunk the parsed form is held until it is recorded, 8 MiB for a chunk at most: what
// comes beyond is not taken and stays pending. Two chunks exist at a time, one being fetched and one being recorded.
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

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/imapconn"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
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
	largeParsers  = 2               // of them, those that were streamed
	maxText       = 256 << 10       // bytes of text kept of one body
	maxHeld       = 8 << 20         // bytes of parsed mails in one chunk
	maxKeywords   = 50
	maxKeyword    = 100 // bytes
	maxPeople     = 500 // addresses of one field that are handed on
	maxReferences = 100
	maxLost       = 40 // connections that may end in one session, while it finds out which mails kill them
	maxTrouble    = 5  // mailboxes in a row that could not be followed
	slack         = 10 // mails more than EXISTS that a listing may have: some arrived meanwhile
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
	// Inactivity is how long a server may be silent. Defaults to that of imapconn.
	Inactivity time.Duration
	Wrap       func(net.Conn) net.Conn // for tests: see imapconn.Config.Wrap
}

// A Session is one login to one account, under one lease. It is not for use by several goroutines.
type Session struct {
	*Syncer
	lease    *store.Lease
	account  *store.Account
	cred     signin.Credential
	conn     *imapconn.Conn
	strays   *strays
	before   map[string]bool             // ids of the mailboxes that were known when the server was asked for its list
	counts   map[string]*uint32          // mails of mailboxes that only they tell apart, by name
	states   map[string]*imap.StatusData // of mailboxes, by id, at the beginning of Sync
	selected string                      // name of the open mailbox; "" for none
	modseq   bool                        // the open mailbox has mod-sequences (RFC 7162 §3.1.2)
	good     uint32                      // a UID of the open mailbox whose mail came; 0 for none
	busy     bool                        // an answer is being read
	chunk    int                         // mails in the next chunk
	lost     int                         // connections that ended
	out      error                       // why the connection could not be opened again
	tries    map[deadMail]int            // of dead letters that are tried again
	sizes    map[uint32]int64            // of mails of the open mailbox that are to be fetched, as far as they were asked for
	misses   int                         // structures that could not be read
}

type deadMail struct {
	mailbox string
	uid     uint32
}

// Open logs in and lists the mailboxes. The lease fences every write of the session.
//
// Errors are those of packages dial and imapconn.
func (s *Syncer) Open(ctx context.Context, lease *store.Lease, acc *store.Account, cred signin.Credential) (*Session, error) {
	session := &Session{
		Syncer: s, lease: lease, account: acc, cred: cred, strays: &strays{}, chunk: smallestChunk, tries: map[deadMail]int{},
	}
	return session, session.connect(ctx)
}

func (s *Session) connect(ctx context.Context) error {
	if s.conn != nil {
		_ = s.conn.Close()
	}
	cfg := imapconn.Config{
		Host: s.account.IMAP.Host, Port: s.account.IMAP.Port, Credential: s.cred,
		Roots: s.Roots, Dialer: s.Dialer, Logger: s.Logger, List: true, Wrap: s.Wrap, Inactivity: s.Inactivity,
		Handler: &imapclient.UnilateralDataHandler{Fetch: s.strays.came},
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
	known, err := s.DB.Mailboxes(ctx, s.account.Tenant, s.account.ID)
	if err != nil {
		return fmt.Errorf("reading the folders of %s: %w", s.account.Address, err)
	}
	s.before = make(map[string]bool, len(known))
	for _, k := range known {
		s.before[k.ID] = true
	}
	conn, err := imapconn.Open(ctx, cfg)
	if err != nil {
		return err
	}
	s.conn, s.selected, s.good, s.busy = conn, "", 0, false
	return nil
}

// again opens the connection once more after it ended. If that fails, the session is over: a server that is in trouble or refuses the login is not asked twice.
func (s *Session) again(ctx context.Context) error {
	if s.out != nil || s.conn.Err() == nil {
		return s.out
	}
	if s.lost++; s.lost > maxLost {
		s.out = &storage.Cause{
			Code: "imap.connection_lost", Detail: fmt.Sprintf("the connection ended %d times", s.lost), Err: storage.ErrTemporary,
		}
	} else {
		s.out = s.connect(ctx)
	}
	return s.out
}

// Close ends the session politely if the server lets it.
func (s *Session) Close() error {
	if s.conn == nil {
		return nil
	}
	if s.conn.Err() == nil && !s.busy { // busy: a panic came between, and the server would be read no further
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
