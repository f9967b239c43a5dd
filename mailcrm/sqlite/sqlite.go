// Package sqlite keeps mailcrm's store in one file: the embedded default, for one process.
//
// It needs nothing installed and no C compiler. The file is opened with a write-ahead log and synchronous=FULL: what was committed survives a power cut. Beside the
// file lie "-wal" and "-shm" files while it is open, and a ".lock" file; copy it with SQLite's own backup or with the process stopped.
//
// One process at a time has the file: a second one is refused, and a process that was killed leaves nothing that the next one must wait for. For several
// processes, see package postgres.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/migrate"
)

// Migrate says what Open does about a database of an older version.
type Migrate = store.Migrate

// What Open does about a database of an older version.
const (
	Apply = store.Apply // bring it up to date
	Check = store.Check // fail with mailcrm.ErrSchema
)

// Options of Open. nil and the zero value mean the defaults.
type Options struct {
	// Migrate defaults to Apply.
	Migrate Migrate
	// Readers is the number of connections that read. Defaults to 4.
	Readers int
	// Now is the time of day, for tests. Defaults to time.Now.
	Now func() time.Time
	// Logger defaults to none.
	Logger *slog.Logger
}

// Open opens the store in the file at path, and makes it (mode 0600, its folder 0700) when it is not there.
//
// Errors: [mailcrm.ErrReadOnly] when the file or its folder cannot be written; [mailcrm.ErrSchema] when it was made by a newer version;
// [mailcrm.ErrUnavailable] when it is open already.
func Open(ctx context.Context, path string, opts *Options) (*mailcrm.Store, error) {
	if opts == nil {
		opts = &Options{}
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite %s: %w", path, err)
	}
	if err := prepare(abs); err != nil {
		return nil, fmt.Errorf("sqlite %s: %w", abs, notWritable(err))
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil { // one file, one lock, whatever it is called
		abs = real
	}
	held, ok, err := lock(abs + ".lock")
	if err != nil {
		return nil, fmt.Errorf("sqlite %s: %w", abs, notWritable(err))
	}
	if !ok {
		return nil, fmt.Errorf("sqlite %s is open already, here or in another process: one process at a time works on it; several need postgres: %w", abs, mailcrm.ErrUnavailable)
	}
	release := func() error {
		if held == nil {
			return nil
		}
		return held.Close()
	}
	db, err := open(ctx, abs, opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite %s: %w", abs, err), release())
	}
	if held != nil { // nobody else can have the file: leases that a killed process left behind are nobody's
		if err := db.EndLeases(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("sqlite %s: %w", abs, err), db.Close(), release())
		}
	}
	return mailcrm.NewStore(db, filepath.Dir(abs), release), nil
}

func open(ctx context.Context, path string, opts *Options) (*store.DB, error) {
	readers := opts.Readers
	if readers <= 0 {
		readers = 4
	}
	write, err := sql.Open("sqlite", store.SQLiteWriteDSN(path))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", store.SQLiteReadDSN(path))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(readers)
	return store.Open(ctx, store.Options{
		Write: write, Read: read, Dialect: store.SQLite, Migrate: opts.Migrate, Migrator: migrate.Goose, Own: true, Now: opts.Now, Logger: opts.Logger,
	})
}

// prepare makes the file so that nobody else can read it.
func prepare(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func notWritable(why error) error {
	return fmt.Errorf("it cannot be written: check the owner and the permissions of the file and of its folder: %w: %w", mailcrm.ErrReadOnly, why)
}
