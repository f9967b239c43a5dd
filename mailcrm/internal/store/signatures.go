package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/mailcrm/sdk/storage"
)

var errUnbuilt = errors.New("store: not built yet")

// A Dialect is one of the two engines.
type Dialect int

// The engines.
const (
	SQLite Dialect = iota
	Postgres
)

// Migrate says what Open does about the schema.
type Migrate int

// What Open does.
const (
	Apply Migrate = iota
	Check
)

// Options of [Open].
type Options struct {
	Write    *sql.DB
	Read     *sql.DB
	Dialect  Dialect
	Schema   string
	Migrate  Migrate
	ReadOnly bool
	Own      bool
	Now      func() time.Time
	NewID    func(storage.Tenant) string
	Logger   *slog.Logger
}

// ErrLostLease says that the lease that fenced a transaction belongs to somebody else now.
var ErrLostLease = errors.New("lease lost")

// A DB remembers.
type DB struct{ Reads }

// Reads are the questions that both a DB and a transaction answer.
type Reads struct{}

// A Tx is a transaction.
type Tx struct{ Reads }

// Open opens.
func Open(ctx context.Context, opts Options) (*DB, error) { return nil, errUnbuilt }

// SQLiteWriteDSN is the data source name of the one writing connection to the file at path.
func SQLiteWriteDSN(path string) string { return "" }

// SQLiteReadDSN is the data source name of the reading connections.
func SQLiteReadDSN(path string) string { return "" }

// Close closes.
func (d *DB) Close() error { return errUnbuilt }

// Now is the time.
func (d *DB) Now() time.Time { return time.Time{} }

// NewID is a new id.
func (d *DB) NewID(tenant storage.Tenant) string { return "" }

// Write runs fn in a transaction.
func (d *DB) Write(ctx context.Context, fence *Lease, fn func(*Tx) error) error { return errUnbuilt }

// Now is the time.
func (tx *Tx) Now() time.Time { return time.Time{} }

// NewID is a new id.
func (tx *Tx) NewID(tenant storage.Tenant) string { return "" }

// Accounts.

func (tx *Tx) CreateAccount(a *Account) error                       { return errUnbuilt }
func (tx *Tx) UpdateAccount(a *Account) error                       { return errUnbuilt }
func (tx *Tx) DeleteAccount(tenant storage.Tenant, id string) error { return errUnbuilt }
func (tx *Tx) SyncSoon(tenant storage.Tenant, account string) error { return errUnbuilt }
func (tx *Tx) LinksLater(tenant storage.Tenant, account string, at time.Time) error {
	return errUnbuilt
}

func (tx *Tx) SetStatus(tenant storage.Tenant, account string, s Status, nextSync, lastSync time.Time) error {
	return errUnbuilt
}

func (r Reads) Account(ctx context.Context, tenant storage.Tenant, id string) (*Account, error) {
	return nil, errUnbuilt
}

func (r Reads) Accounts(ctx context.Context, tenant storage.Tenant, agent string) ([]Account, error) {
	return nil, errUnbuilt
}

func (r Reads) OwnAddresses(ctx context.Context, tenant storage.Tenant) (addresses, domains []string, err error) {
	return nil, nil, errUnbuilt
}

// Mailboxes and ledger.

func (r Reads) Mailboxes(ctx context.Context, tenant storage.Tenant, account string) ([]Mailbox, error) {
	return nil, errUnbuilt
}

func (r Reads) Mailbox(ctx context.Context, tenant storage.Tenant, id string) (*Mailbox, error) {
	return nil, errUnbuilt
}

func (r Reads) Pending(ctx context.Context, tenant storage.Tenant, mailbox string, limit int) ([]uint32, error) {
	return nil, errUnbuilt
}

func (r Reads) DeadDue(ctx context.Context, tenant storage.Tenant, mailbox string, now time.Time, limit int) ([]DeadLetter, error) {
	return nil, errUnbuilt
}

func (r Reads) Ledger(ctx context.Context, tenant storage.Tenant, mailbox string) (Ledger, error) {
	return Ledger{}, errUnbuilt
}

func (tx *Tx) PutMailbox(m *Mailbox) error { return errUnbuilt }

func (tx *Tx) Enumerate(tenant storage.Tenant, mailbox string, e Enumeration) error {
	return errUnbuilt
}

func (tx *Tx) ResetMailbox(tenant storage.Tenant, mailbox string, uidvalidity uint32) error {
	return errUnbuilt
}

func (tx *Tx) Settle(tenant storage.Tenant, mailbox string, uidvalidity uint32, uids []uint32) error {
	return errUnbuilt
}

func (tx *Tx) Bury(tenant storage.Tenant, mailbox string, uidvalidity uint32, letter DeadLetter) error {
	return errUnbuilt
}

func (tx *Tx) Revive(tenant storage.Tenant, mailbox string, uid uint32) error { return errUnbuilt }

func (tx *Tx) MarkSynced(tenant storage.Tenant, mailbox string, exists uint32, modseq uint64, at time.Time, code string) error {
	return errUnbuilt
}

// Mail.

// A LinkFact is what the linker and deliver must know of a message that is in the store already.
type LinkFact struct {
	Message      string
	Direction    storage.Direction
	Agent        string
	Date         time.Time
	Account      string // that first received or sent it
	Thread       string
	LinkState    string
	Entered      time.Time
	Private      bool
	PrivateBy    string
	Public       bool
	Roles        []string // of the mailboxes in which live copies lie, each once
	Seen         bool     // at least one live copy is read
	Participants []Participant
}

func (tx *Tx) Arrive(accountID string, arrivals []Arrival) ([]Arrived, error) { return nil, errUnbuilt }

func (tx *Tx) SetFlags(tenant storage.Tenant, copy string, flags Flags, keywords []string, modseq uint64) error {
	return errUnbuilt
}

func (tx *Tx) Want(tenant storage.Tenant, copy string, add, remove Flags) error { return errUnbuilt }

func (tx *Tx) WantDone(tenant storage.Tenant, copy string, flags Flags) error { return errUnbuilt }

func (tx *Tx) CopyGone(tenant storage.Tenant, copy string) error { return errUnbuilt }

func (tx *Tx) SetPrivate(tenant storage.Tenant, message string, private bool, by string) error {
	return errUnbuilt
}

func (tx *Tx) SetLinkState(tenant storage.Tenant, messages []string, state string, entered time.Time) error {
	return errUnbuilt
}

func (r Reads) Wanted(ctx context.Context, tenant storage.Tenant, account string, limit int) ([]Copy, error) {
	return nil, errUnbuilt
}

func (r Reads) Copies(ctx context.Context, tenant storage.Tenant, message string) ([]Copy, error) {
	return nil, errUnbuilt
}

func (r Reads) Copy(ctx context.Context, tenant storage.Tenant, id string) (*Copy, error) {
	return nil, errUnbuilt
}

func (r Reads) CopyByUID(ctx context.Context, tenant storage.Tenant, mailbox string, uidvalidity, uid uint32) (*Copy, error) {
	return nil, errUnbuilt
}

func (r Reads) Participants(ctx context.Context, tenant storage.Tenant, messages []string) (map[string][]Participant, error) {
	return nil, errUnbuilt
}

func (r Reads) LinkFacts(ctx context.Context, tenant storage.Tenant, messages []string) (map[string]LinkFact, error) {
	return nil, errUnbuilt
}

func (r Reads) LinkPending(ctx context.Context, tenant storage.Tenant, account string, limit int) ([]string, error) {
	return nil, errUnbuilt
}

func (r Reads) MessagesByAddress(ctx context.Context, tenant storage.Tenant, address, after string, limit int) ([]string, error) {
	return nil, errUnbuilt
}

func (r Reads) MessagesByThread(ctx context.Context, tenant storage.Tenant, thread, after string, limit int) ([]string, error) {
	return nil, errUnbuilt
}

// Links.

func (tx *Tx) Link(links []Link) (added []Link, err error) { return nil, errUnbuilt }

func (tx *Tx) Unlink(tenant storage.Tenant, message string, entity storage.Ref, by string) (Link, error) {
	return Link{}, errUnbuilt
}

func (tx *Tx) MoveLinks(tenant storage.Tenant, from []storage.Ref, to storage.Ref, limit int) (moved, dropped []Link, err error) {
	return nil, nil, errUnbuilt
}

func (r Reads) Links(ctx context.Context, tenant storage.Tenant, messages []string) (map[string][]Link, error) {
	return nil, errUnbuilt
}

func (r Reads) LinkByID(ctx context.Context, tenant storage.Tenant, id string) (*Link, error) {
	return nil, errUnbuilt
}

// Drafts, submissions, templates.

func (tx *Tx) PutDraft(d *Draft) error { return errUnbuilt }

func (tx *Tx) DeleteDraft(tenant storage.Tenant, agent, id string) error { return errUnbuilt }

func (tx *Tx) CreateSubmission(s *Submission, ids []string) error { return errUnbuilt }

func (tx *Tx) UpdateSubmission(s *Submission) error { return errUnbuilt }

func (tx *Tx) CancelSubmission(tenant storage.Tenant, agent, id string) error { return errUnbuilt }

func (tx *Tx) PutTemplate(t *Template) error { return errUnbuilt }

func (tx *Tx) DeleteTemplate(tenant storage.Tenant, id string) error { return errUnbuilt }

func (tx *Tx) AddSendIDs(tenant storage.Tenant, submission string, ids []string) error {
	return errUnbuilt
}

func (r Reads) Draft(ctx context.Context, tenant storage.Tenant, agent, id string) (*Draft, error) {
	return nil, errUnbuilt
}

func (r Reads) Drafts(ctx context.Context, tenant storage.Tenant, agent, cursor string, limit int) (drafts []Draft, next string, err error) {
	return nil, "", errUnbuilt
}

func (r Reads) Submission(ctx context.Context, tenant storage.Tenant, id string) (*Submission, error) {
	return nil, errUnbuilt
}

func (r Reads) SubmissionByKey(ctx context.Context, tenant storage.Tenant, agent, key string) (*Submission, error) {
	return nil, errUnbuilt
}

func (r Reads) SubmissionByID(ctx context.Context, tenant storage.Tenant, ids []string, tag string) (string, error) {
	return "", errUnbuilt
}

func (r Reads) Submissions(ctx context.Context, tenant storage.Tenant, agent, cursor string, limit int) (submissions []Submission, next string, err error) {
	return nil, "", errUnbuilt
}

func (r Reads) SubmissionsDue(ctx context.Context, tenant storage.Tenant, account string, now time.Time, limit int) ([]Submission, error) {
	return nil, errUnbuilt
}

func (r Reads) Template(ctx context.Context, tenant storage.Tenant, id string) (*Template, error) {
	return nil, errUnbuilt
}

func (r Reads) Templates(ctx context.Context, tenant storage.Tenant, page, language string) ([]Template, error) {
	return nil, errUnbuilt
}

func (r Reads) DefaultTemplate(ctx context.Context, tenant storage.Tenant, page, language string) (*Template, error) {
	return nil, errUnbuilt
}

// Events, projections, leases, blobs.

func (tx *Tx) Emit(events []Event) error                    { return errUnbuilt }
func (tx *Tx) Project(projections []Projection) error       { return errUnbuilt }
func (tx *Tx) Projected(p Projection, next time.Time) error { return errUnbuilt }
func (tx *Tx) Unreferenced(tenant storage.Tenant, before time.Time, limit int) ([]storage.Digest, error) {
	return nil, errUnbuilt
}

func (r Reads) Events(ctx context.Context, tenant storage.Tenant, after int64, limit int) ([]Event, error) {
	return nil, errUnbuilt
}

func (r Reads) ProjectionsDue(ctx context.Context, now time.Time, limit int) ([]Projection, error) {
	return nil, errUnbuilt
}

func (r Reads) DueAccounts(ctx context.Context, node string, limit int) ([]Due, error) {
	return nil, errUnbuilt
}

func (d *DB) AcquireLease(ctx context.Context, tenant storage.Tenant, account, node string, ttl time.Duration) (Lease, bool, error) {
	return Lease{}, false, errUnbuilt
}

func (d *DB) RenewLeases(ctx context.Context, node string, ttl time.Duration) ([]Lease, error) {
	return nil, errUnbuilt
}

func (d *DB) ReleaseLease(ctx context.Context, l Lease) error { return errUnbuilt }
