package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

// A Dialect is one of the two engines.
type Dialect = engine.Dialect

// The engines.
const (
	SQLite   = engine.SQLite   // driver "sqlite" of modernc.org/sqlite
	Postgres = engine.Postgres // pgx through database/sql, PostgreSQL 13 or newer
)

// Migrate says what [Open] does about the schema.
type Migrate int

// What Open does when the schema is older than this code.
const (
	Apply Migrate = iota // bring it up to date
	Check                // answer storage.ErrSchema
)

// DefaultSchema is the PostgreSQL schema that holds the tables.
const DefaultSchema = "mailcrm"

// Options say which data base to open and how.
type Options struct {
	// Write is the pool for changes. SQLite: opened with [SQLiteWriteDSN] and SetMaxOpenConns(1); the store keeps its connection until Close. Required.
	Write *sql.DB
	// Read is the pool for questions. SQLite: opened with [SQLiteReadDSN]. Defaults to Write, with PostgreSQL only.
	Read *sql.DB
	// Dialect is the engine behind the pools. Defaults to SQLite.
	Dialect Dialect
	// Schema is the PostgreSQL schema: lower-case letters, digits and "_", at most 63 bytes. Defaults to DefaultSchema.
	Schema string
	// Migrate says what to do about an older schema. Defaults to Apply.
	Migrate Migrate
	// Migrator applies migrations: migrate.Goose. Required where there is something to migrate.
	Migrator Migrator
	// ReadOnly opens what is there to be read: nothing is migrated, Write answers storage.ErrReadOnly. Defaults to false.
	ReadOnly bool
	// Own makes Close close the pools. Defaults to false: they are the host's.
	Own bool
	// Now is the clock for what is stored; leases go by the data base's own. Defaults to time.Now.
	Now func() time.Time
	// NewID makes ids, unique within a tenant, in the order of time. For tests. Defaults to 128 bits of time and chance.
	NewID func(storage.Tenant) string
	// Logger is told of migrations. Defaults to none.
	Logger *slog.Logger
}

// schemaName is what a schema may be called: goose writes it into statements without quotes.
var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// Open opens a store and brings its schema up to date. A schema that a newer version made, or an older one under Check, is [storage.ErrSchema]; a data base that
// cannot be written is [storage.ErrReadOnly] unless it was asked for. When it fails, pools that it was to own are closed.
func Open(ctx context.Context, opts Options) (*DB, error) {
	d, err := open(ctx, opts)
	if err != nil && opts.Own {
		return nil, errors.Join(err, closePools(opts))
	}
	return d, err
}

func open(ctx context.Context, opts Options) (*DB, error) {
	if opts.Write == nil {
		return nil, storage.Invalid("Write", "required", "a pool of connections is needed")
	}
	if opts.Read == nil {
		if opts.Dialect == SQLite {
			return nil, storage.Invalid("Read", "required", "SQLite needs a pool of its own for reading")
		}
		opts.Read = opts.Write
	}
	if opts.Schema == "" {
		opts.Schema = DefaultSchema
	}
	if !schemaName.MatchString(opts.Schema) {
		return nil, storage.Invalid("Schema", "bad_name", "a schema is named with lower-case letters, digits and _, at most 63")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	d := &DB{engine: engine.New(opts.Dialect, opts.Schema, opts.Write, opts.Read), opts: opts}
	if opts.NewID == nil {
		d.opts.NewID = func(storage.Tenant) string { return d.ids.make(d.opts.Now()) }
	}
	d.Reads = Reads{engine.Reading(d.engine)}
	if err := d.migrate(ctx); err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	if opts.ReadOnly {
		return d, nil
	}
	if err := engine.Start(ctx, d.engine); err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return d, nil
}

// Close waits for the running transaction, and closes the pools if they are the store's own. What is asked later is [storage.ErrClosed]. It may be called again.
func (d *DB) Close() error {
	err := engine.Close(d.engine)
	if d.opts.Own {
		err = errors.Join(err, closePools(d.opts))
	}
	return err
}

func closePools(opts Options) error {
	var err error
	if opts.Write != nil {
		err = opts.Write.Close()
	}
	if opts.Read != nil && opts.Read != opts.Write {
		err = errors.Join(err, opts.Read.Close())
	}
	return err
}

// SQLiteWriteDSN is the data source name, for the driver "sqlite", of the one writing connection to the file at path, which is made when it is not there.
// A commit is on the disk when it returns.
func SQLiteWriteDSN(path string) string { return engine.WriteDSN(path) }

// SQLiteReadDSN is the data source name, for the driver "sqlite", of reading connections to the file at path. They cannot write. Four are plenty.
func SQLiteReadDSN(path string) string { return engine.ReadDSN(path) }
