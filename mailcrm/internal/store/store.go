// Package store is everything that must be remembered: accounts and their mailboxes, the ledger of UIDs, messages and their copies, links, drafts, the outbox,
// templates, events, what the host must still hear of, and who works on what. One code base keeps it in SQLite or PostgreSQL.
//
// # How it is asked
//
// Questions are methods of [Reads], which a [DB] and a [Tx] both are: a DB answers from what is committed, a Tx also from what it has just written. Changes are methods of Tx
// and happen inside [DB.Write], all or nothing. What belongs together is written together by whoever knows that it does: package deliver records a copy, its
// message, its links, its UID's leaving the ledger and the events of it in one Write. Inside Write ask the Tx, never the DB.
//
// # What holds for every method
//
//   - The tenant comes first, here as in every key. No statement answers or changes anything of two tenants, but for the three that find work (DueAccounts,
//     ProjectionsDue, RenewLeases). A test runs one story for two tenants with equal addresses, mails and ids, once for each tenant condition of each statement with that
//     condition taken out, and demands that the story then goes wrong.
//   - What is not there is [storage.ErrNotFound]; what somebody else changed meanwhile, or what exists already, is [storage.ErrConflict].
//   - Times are kept in microseconds, UTC. A zero time is "never".
//   - Texts are stored as valid UTF-8 without NUL, whatever came in.
//   - Lists are pages by keyset, never by offset, and nothing counts a broad set.
//
// # Fences
//
// Work on an account is done by whoever holds its [Lease]. A Write with a fence begins by confirming it, and nothing can take the lease over until that transaction
// has ended, so what was confirmed stays true (SQLite has one writer; PostgreSQL locks the lease's row against a change of epoch, not against its renewal).
//
// # Where mail is read
//
// Not here. Subjects, people and texts are read by package reader below this folder, which package privacy alone may import. This package tells what workers need: where copies lie, who
// took part, what is linked.
//
// # Where things are
//
// One noun a file: its type in account.go, its statements in accounts.go, and so on; arrive.go takes mail in, match.go says which message a mail is, thread.go which conversation, ledgers.go
// keeps the UIDs, open.go and migrate.go open a data base. Below, internal/engine speaks to the engines, internal/search makes words for full-text search,
// migrations holds the schema, package migrate applies it with goose (apart, so that only who opens a data base carries goose), storetest opens stores for tests. Drivers are imported by mailcrm/sqlite and mailcrm/postgres, not here: a host carries only the one it uses.
//
// Do not look here for when something is done (work), what a link is (linker), or what a person may see (privacy).
package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

// Reads are the questions that both a [DB] and a [Tx] answer.
type Reads struct{ c engine.Conn }

// A DB is an open store. It may be used by several goroutines at once.
type DB struct {
	Reads
	engine *engine.DB
	opts   Options
	ids    idMaker
	taken  atomic.Int64 // mails that arrived since the store was opened
}

// A Tx is a transaction, inside [DB.Write] only and by one goroutine.
type Tx struct {
	Reads
	ctx     context.Context // Write's: a Tx lives as long as one call of it
	db      *DB
	events  []Event
	arrived int   // mails
	words   int64 // SQLite: the number of the newest message; 0: not asked yet
}

// ErrLostLease says that the lease that fenced a transaction is over, or somebody else's: stop working on this account.
var ErrLostLease = fmt.Errorf("the account is in other hands: %w", storage.ErrConflict)

// Write runs fn in a transaction and commits it when fn returns nil; otherwise nothing has happened. With a fence it first confirms that lease by the data base's clock, and answers
// [ErrLostLease] when it is over.
//
// When two transactions meet, fn runs again from the start (six times at most): it must have no effect but through its Tx, and must not keep it.
func (d *DB) Write(ctx context.Context, fence *Lease, fn func(*Tx) error) error {
	if d.opts.ReadOnly {
		return fmt.Errorf("the store was opened to be read: %w", storage.ErrReadOnly)
	}
	arrived := 0
	err := engine.Write(ctx, d.engine, func(c engine.Conn) error {
		tx := &Tx{Reads: Reads{c}, ctx: ctx, db: d}
		defer func() { arrived = tx.arrived }()
		if fence != nil {
			if err := tx.confirm(*fence); err != nil {
				return err
			}
		}
		if err := fn(tx); err != nil {
			return err
		}
		return tx.flush()
	})
	if err == nil && arrived > 0 {
		d.grown(ctx, int64(arrived))
	}
	return err
}

// grown has the engine look at the tables that mail fills, each time that five times as much has arrived: after 1,000 mails, 5,000, 25,000 …
func (d *DB) grown(ctx context.Context, n int64) {
	after := d.taken.Add(n)
	for step := int64(1000); step <= after; step *= 5 {
		if after-n < step {
			if err := engine.Analyze(ctx, d.engine, "messages", "message_texts", "participants", "thread_ids", "copies", "links", "blobs"); err != nil {
				d.opts.Logger.WarnContext(ctx, "statistics of the data base were not gathered", "error", err)
			}
			return
		}
	}
}

// Now is the time by Options.Now, in UTC and whole microseconds, as it will be read back.
func (d *DB) Now() time.Time { return d.opts.Now().UTC().Truncate(time.Microsecond) }

// Now is the time, see [DB.Now].
func (tx *Tx) Now() time.Time { return tx.db.Now() }

// NewID is a new id: 26 characters that sort by when they were made.
func (d *DB) NewID(tenant storage.Tenant) string { return d.opts.NewID(tenant) }

// NewID is a new id, see [DB.NewID].
func (tx *Tx) NewID(tenant storage.Tenant) string { return tx.db.NewID(tenant) }

// exec, insert and count are the ways in which a Tx changes rows.
func (tx *Tx) exec(q engine.SQL, args ...any) (int64, error) {
	return engine.Exec(tx.ctx, tx.c, q, args...)
}

func (tx *Tx) insert(q engine.SQL, columns int, values []any) error {
	return engine.Insert(tx.ctx, tx.c, q, columns, values)
}

// doing says what was being done when err happened.
func doing(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// found makes ErrNotFound of an answer without rows.
func found(what string, ok bool, err error) error {
	switch {
	case err != nil:
		return doing("reading "+what, err)
	case !ok:
		return fmt.Errorf("%s: %w", what, storage.ErrNotFound)
	}
	return nil
}

// micros and when are how times are kept.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func when(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// Conn is where r asks: for package reader, which alone can do something with it.
func Conn(r Reads) engine.Conn { return r.c }
