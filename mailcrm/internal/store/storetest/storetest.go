// Package storetest opens stores for tests, on both engines: [Each] runs a test once on SQLite and once on PostgreSQL. Rooms above the store use it too, so that no test needs a
// picture of a store.
//
// SQLite's file lies in memory and commits without waiting; [File] opens a real one, durable as in production. PostgreSQL is this test process's private cluster, with a data base for each test.
//
// Do not look here for the suites that hosts run (storage/storagetest, mailcrmtest): this package is for our own tests, and imports the drivers.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	_ "modernc.org/sqlite"             // driver "sqlite"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/migrate"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
)

// Each runs a test on each engine. Change, if not nil, changes the options before the store is opened.
func Each(t *testing.T, change func(*store.Options), run func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		run(t, SQLite(t, change))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		run(t, Postgres(t, change))
	})
}

var memories atomic.Int64

// SQLite is an empty store in memory, closed when the test ends.
func SQLite(t testing.TB, change func(*store.Options)) *store.DB {
	t.Helper()
	return open(t, SQLiteOptions(t), change)
}

// SQLiteOptions are the options of an empty data base in memory. Its pools are closed with the store that is opened with them.
func SQLiteOptions(t testing.TB) store.Options {
	t.Helper()
	const pragmas = "&_pragma=busy_timeout(10000)&_pragma=synchronous(off)&_pragma=journal_mode(memory)&_pragma=temp_store(memory)"
	dsn := fmt.Sprintf("file:/storetest%d?vfs=memdb&_txlock=immediate%s", memories.Add(1), pragmas)
	return pools(t, dsn, dsn)
}

// File is a store in a file, made when it is not there, as durable as in production.
func File(t testing.TB, path string, change func(*store.Options)) *store.DB {
	t.Helper()
	return open(t, FileOptions(t, path), change)
}

// FileOptions are the options of a data base in a file.
func FileOptions(t testing.TB, path string) store.Options {
	t.Helper()
	return pools(t, store.SQLiteWriteDSN(path), store.SQLiteReadDSN(path))
}

func pools(t testing.TB, write, read string) store.Options {
	t.Helper()
	opts := store.Options{Own: true, Migrator: migrate.Goose}
	var err error
	if opts.Write, err = sql.Open("sqlite", write); err != nil {
		t.Fatal(err)
	}
	opts.Write.SetMaxOpenConns(1)
	if opts.Read, err = sql.Open("sqlite", read); err != nil {
		t.Fatal(err)
	}
	opts.Read.SetMaxOpenConns(4)
	opts.Read.SetMaxIdleConns(4)
	return opts
}

// Postgres is an empty store in a data base of its own, closed when the test ends. Where PostgreSQL is not installed the test is skipped.
func Postgres(t testing.TB, change func(*store.Options)) *store.DB {
	t.Helper()
	return open(t, PostgresOptions(t, testservers.Postgres(t).DSN()), change)
}

// PostgresOptions are the options of a PostgreSQL data base.
func PostgresOptions(t testing.TB, dsn string) store.Options {
	t.Helper()
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(8)
	pool.SetMaxIdleConns(8)
	return store.Options{Write: pool, Dialect: store.Postgres, Own: true, Migrator: migrate.Goose}
}

func open(t testing.TB, opts store.Options, change func(*store.Options)) *store.DB {
	t.Helper()
	if change != nil {
		change(&opts)
	}
	db, err := store.Open(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return db
}
