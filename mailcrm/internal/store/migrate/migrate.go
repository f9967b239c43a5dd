// Package migrate applies the store's migrations with goose. It stands apart from package store so that only who opens a data base carries goose along:
// packages mailcrm/sqlite and mailcrm/postgres.
//
// The migrations themselves, and what is decided about them, are the store's.
package migrate

import (
	"context"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// advisory is the lock of PostgreSQL that keeps two nodes from migrating at once: "mailcrm" in ASCII, so that a host's own goose does not wait for us.
const advisory = 0x6d61696c63726d

// Goose is a [store.Migrator]. It uses a provider of its own, never goose's globals, and notes what it did in the table it is told.
func Goose(ctx context.Context, m store.Migration) error {
	dialect := goose.DialectSQLite3
	options := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true), goose.WithSlog(m.Logger), goose.WithVerbose(true), goose.WithTableName(m.Table),
	}
	if m.Dialect == store.Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(advisory), lock.WithLockTimeout(1, 300)) // looks each second, for five minutes
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	for _, step := range m.Steps {
		options = append(options, goose.WithGoMigrations(goose.NewGoMigration(step.Version, &goose.GoFunc{RunTx: step.Run}, nil)))
	}
	provider, err := goose.NewProvider(dialect, m.DB, nil, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
