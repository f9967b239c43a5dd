// Package postgres keeps mailcrm's store in PostgreSQL 13 or newer: for several processes, and for hosts that have a database already.
//
// mailcrm has a schema of its own in it, and touches nothing else: not the search path, not the pool's settings. The host's pool is used as it is and
// never closed.
package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/migrate"
)

// Migrate says what Open does about a schema of an older version.
type Migrate = store.Migrate

// What Open does about a schema of an older version.
const (
	Apply = store.Apply // make it, or bring it up to date; several processes may do so at once
	Check = store.Check // fail with mailcrm.ErrSchema
)

// Options of Open. nil and the zero value mean the defaults.
type Options struct {
	// Schema is mailcrm's own. Defaults to "mailcrm".
	Schema string
	// Migrate defaults to Apply.
	Migrate Migrate
	// Now is the time of day, for tests. Defaults to time.Now.
	Now func() time.Time
	// Logger defaults to none.
	Logger *slog.Logger
}

// Open opens the store in the database of pool, which was opened with the driver "pgx" (github.com/jackc/pgx/v5/stdlib) and should allow at least 4
// connections.
//
// Errors: [mailcrm.ErrReadOnly] when it cannot be written; [mailcrm.ErrSchema] when it was made by a newer version.
func Open(ctx context.Context, pool *sql.DB, opts *Options) (*mailcrm.Store, error) {
	if opts == nil {
		opts = &Options{}
	}
	db, err := store.Open(ctx, store.Options{
		Write: pool, Read: pool, Dialect: store.Postgres, Schema: opts.Schema, Migrate: opts.Migrate, Migrator: migrate.Goose, Now: opts.Now, Logger: opts.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return mailcrm.NewStore(db, "", nil), nil
}
