// Package engine is how the store and its reader talk to SQLite and PostgreSQL: one way to write a statement, one to run it, one to fail.
//
// A statement is a constant of type [SQL], written once for both engines. It names tables as @messages (PostgreSQL gets the schema in front, since
// the search path of a host's connection is not ours to rely on) and parameters as ?. {list} stands for the values of an [In], {rows} for those
// of [Rows], {now} for the data base's own clock in microseconds, {keyshare} for the row lock that PostgreSQL needs where SQLite has one writer.
// Everything else is plain SQL that both understand.
//
// It is functions over a [Conn] and no methods, so that only those who may import this package can run a statement: the store, which keeps the
// tables, and the reader, which reads mail and is itself imported by package privacy alone. A room that holds a *store.DB cannot read mail past them.
//
// # SQLite
//
// One connection writes, and is held for the life of the DB with its prepared statements; others read. Transactions begin IMMEDIATE: a
// deferred one that reads first and writes later fails with "busy" whenever somebody else wrote in between, and no time-out helps. Texts that are
// prepared are few, because lists grow by powers of two.
//
// # PostgreSQL
//
// The pool is the host's: nothing of it is changed, nothing is prepared explicitly (the driver does as the host has set it), it is never closed.
//
// Do not look here for what is asked or stored: that is package store.
package engine

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/mailcrm/sdk/storage"
)

// A Dialect is one of the two engines.
type Dialect int

// The engines.
const (
	SQLite   Dialect = iota // modernc.org/sqlite
	Postgres                // pgx through database/sql
)

func (d Dialect) String() string { return [...]string{"sqlite", "postgres"}[d] }

// A DB is a data base with its pools.
type DB struct {
	Dialect Dialect
	Schema  string // PostgreSQL only
	// Seam sees every statement before it runs and may answer another one. Only tests set it, before the first statement.
	Seam func(SQL) SQL

	write, read *sql.DB
	writer      chan *writer // SQLite: the one that writes, when nobody else does
	texts       sync.Map     // shape -> string
	prepared    sync.Map     // shape -> *sql.Stmt on the reading pool; SQLite only
	started     atomic.Bool  // the writer was taken
	closed      atomic.Bool
	done        chan struct{} // closed by Close: those who wait for the writer stop waiting
}

// A writer is SQLite's writing connection. Whoever took it from the channel owns it.
type writer struct {
	conn     *sql.Conn
	prepared map[shape]*sql.Stmt
}

// New is a DB over two pools, which stay the caller's. For PostgreSQL both may be the same; for SQLite write must allow one connection only, which the DB keeps until Close.
func New(dialect Dialect, schema string, write, read *sql.DB) *DB {
	return &DB{Dialect: dialect, Schema: schema, write: write, read: read, writer: make(chan *writer, 1), done: make(chan struct{})}
}

// Start takes SQLite's writing connection, which until then can be used for other things, migrations above all. For PostgreSQL it does nothing.
func Start(ctx context.Context, d *DB) error {
	if d.Dialect != SQLite {
		return nil
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return Failure(err)
	}
	d.started.Store(true)
	d.writer <- &writer{conn: conn, prepared: make(map[shape]*sql.Stmt)}
	return nil
}

// Close waits for the running transaction of SQLite and lets go of what the DB took from the pools. Statements that come later answer [storage.ErrClosed].
func Close(d *DB) error {
	if d.closed.Swap(true) {
		return nil
	}
	close(d.done)
	var first error
	keep := func(err error) {
		if first == nil && err != nil {
			first = err
		}
	}
	d.prepared.Range(func(_, stmt any) bool {
		keep(stmt.(*sql.Stmt).Close())
		return true
	})
	if d.started.Load() {
		keep((<-d.writer).close())
	}
	return first
}

func (w *writer) close() error {
	for _, stmt := range w.prepared {
		_ = stmt.Close() // goes with its connection
	}
	return w.conn.Close()
}

func errClosed() error { return fmt.Errorf("the store is closed: %w", storage.ErrClosed) }

// Analyze has PostgreSQL gather statistics of tables now; SQLite's are fixed by the schema. It is done when tables have grown much, since until PostgreSQL does so by itself, a minute later, it takes one tenant for
// one of two hundred and walks over all of its rows.
func Analyze(ctx context.Context, d *DB, tables ...string) error {
	if d.Dialect != Postgres {
		return nil
	}
	for _, table := range tables {
		if _, err := d.write.ExecContext(ctx, "ANALYZE "+d.Schema+"."+table); err != nil {
			return Failure(err)
		}
	}
	return nil
}

// A Conn is where a statement runs: in a transaction, or outside on the reading pool.
type Conn struct {
	db     *DB
	tx     *sql.Tx // PostgreSQL's transaction
	writer *writer // SQLite's
	loose  bool
}

// Reading is a Conn that sees what is committed.
func Reading(d *DB) Conn { return Conn{db: d} }

// Loose is c for statements that are put together from parts: they are not kept prepared, since there is no end to them.
func Loose(c Conn) Conn {
	c.loose = true
	return c
}

// DialectOf tells the engine, for the few statements that differ.
func DialectOf(c Conn) Dialect { return c.db.Dialect }

// prepare finds or makes the text, on SQLite the prepared statement, for a shape.
func (c Conn) prepare(ctx context.Context, s shape) (text string, stmt *sql.Stmt, err error) {
	if c.db.closed.Load() && c.tx == nil && c.writer == nil {
		return "", nil, errClosed()
	}
	if c.loose {
		return s.render(c.db), nil, nil
	}
	if c.db.Dialect == SQLite {
		if c.writer != nil {
			if stmt := c.writer.prepared[s]; stmt != nil {
				return "", stmt, nil
			}
		} else if stmt, ok := c.db.prepared.Load(s); ok {
			return "", stmt.(*sql.Stmt), nil
		}
	}
	if known, ok := c.db.texts.Load(s); ok {
		text = known.(string)
	} else {
		text = s.render(c.db)
		c.db.texts.Store(s, text)
	}
	switch {
	case c.db.Dialect == Postgres:
		return text, nil, nil
	case c.writer != nil:
		stmt, err = c.writer.conn.PrepareContext(ctx, text)
		if err == nil {
			c.writer.prepared[s] = stmt
		}
	default:
		stmt, err = c.db.read.PrepareContext(ctx, text)
		if err == nil {
			if before, ok := c.db.prepared.LoadOrStore(s, stmt); ok {
				_ = stmt.Close() // somebody else was faster
				stmt = before.(*sql.Stmt)
			}
		}
	}
	return text, stmt, err
}
