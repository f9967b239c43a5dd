package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/storage"
)

// places runs a test with the same data base, to be opened more than once, on each engine.
func places(t *testing.T, run func(t *testing.T, options func() store.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "mail box?#%.db")
		run(t, func() store.Options { return storetest.FileOptions(t, path) })
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := testservers.Postgres(t).DSN()
		run(t, func() store.Options { return storetest.PostgresOptions(t, dsn) })
	})
}

func TestOpenAgain(t *testing.T) {
	ctx := context.Background()
	places(t, func(t *testing.T, options func() store.Options) {
		db, err := store.Open(ctx, options())
		require.NoError(t, err)
		account, _ := folder(t, db)
		require.NoError(t, db.Close())
		require.NoError(t, db.Close(), "twice is no error")
		require.ErrorIs(t, db.Write(ctx, nil, func(*store.Tx) error { return nil }), storage.ErrClosed)
		_, err = db.Account(ctx, "", account)
		require.ErrorIs(t, err, storage.ErrClosed)

		for _, change := range []func(*store.Options){nil, func(o *store.Options) { o.Migrate = store.Check }, func(o *store.Options) { o.ReadOnly = true }} {
			opts := options()
			if change != nil {
				change(&opts)
			}
			db, err := store.Open(ctx, opts)
			require.NoError(t, err)
			_, err = db.Account(ctx, "", account)
			require.NoError(t, err)
			err = db.Write(ctx, nil, func(*store.Tx) error { return nil })
			if opts.ReadOnly {
				require.ErrorIs(t, err, storage.ErrReadOnly)
			} else {
				require.NoError(t, err)
			}
			require.NoError(t, db.Close())
		}

		// A data base from the future.
		opts := options()
		table := "mailcrm_schema"
		if opts.Dialect == store.Postgres {
			table = "mailcrm.mailcrm_schema"
		}
		_, err = opts.Write.Exec("INSERT INTO " + table + " (version_id, is_applied) VALUES (9999, TRUE)")
		require.NoError(t, err)
		_, err = store.Open(ctx, opts)
		require.ErrorIs(t, err, storage.ErrSchema)
		require.ErrorContains(t, err, "9999")
		require.ErrorContains(t, err, "newer")
		require.ErrorContains(t, opts.Write.Ping(), "closed", "pools of its own are closed when opening fails")
	})
}

func TestCheckMigratesNothing(t *testing.T) {
	ctx := context.Background()
	places(t, func(t *testing.T, options func() store.Options) {
		for _, change := range []func(*store.Options){func(o *store.Options) { o.Migrate = store.Check }, func(o *store.Options) { o.ReadOnly = true }} {
			opts := options()
			change(&opts)
			_, err := store.Open(ctx, opts)
			require.ErrorIs(t, err, storage.ErrSchema)
			require.ErrorContains(t, err, "Migrate: Apply")
		}
		opts := options()
		defer opts.Write.Close()
		var tables int
		q := "SELECT COUNT(*) FROM sqlite_master"
		if opts.Dialect == store.Postgres {
			q = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'mailcrm'"
		} else {
			defer opts.Read.Close()
		}
		require.NoError(t, opts.Write.QueryRow(q).Scan(&tables))
		require.Zero(t, tables)
	})
}

// TestOpenAtOnce: several nodes start at the same time on an empty data base.
func TestOpenAtOnce(t *testing.T) {
	places(t, func(t *testing.T, options func() store.Options) {
		var all sync.WaitGroup
		for i := range 5 {
			opts := options()
			all.Go(func() {
				db, err := store.Open(context.Background(), opts)
				if err != nil {
					t.Error(err)
					return
				}
				err = db.Write(context.Background(), nil, func(tx *store.Tx) error {
					return tx.CreateAccount(&store.Account{Address: fmt.Sprintf("a%d@x", i)})
				})
				if err != nil {
					t.Error(err)
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		db, err := store.Open(context.Background(), options())
		require.NoError(t, err)
		defer db.Close()
		accounts, err := db.Accounts(context.Background(), "", "")
		require.NoError(t, err)
		require.Len(t, accounts, 5)
	})
}

func TestNotWritable(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "mail.db")
	db, err := store.Open(ctx, storetest.FileOptions(t, path))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	said := func(opts store.Options, words string) {
		t.Helper()
		_, err := store.Open(ctx, opts)
		require.ErrorIs(t, err, storage.ErrReadOnly)
		require.ErrorContains(t, err, words)
	}
	readOnly := func() store.Options {
		opts := storetest.FileOptions(t, path)
		require.NoError(t, opts.Write.Close())
		opts.Write, err = sql.Open("sqlite", "file:"+path+"?mode=ro")
		require.NoError(t, err)
		opts.Write.SetMaxOpenConns(1)
		return opts
	}
	said(readOnly(), "permissions")
	opts := readOnly()
	opts.ReadOnly = true
	db, err = store.Open(ctx, opts)
	require.NoError(t, err, "to be read it is good enough")
	require.NoError(t, db.Close())

	if os.Geteuid() != 0 { // whom permissions do not bind
		require.NoError(t, os.Chmod(path, 0o400))
		said(storetest.FileOptions(t, path), "permissions")
		require.NoError(t, os.Chmod(path, 0o600))
	}

	t.Run("no data base", func(t *testing.T) {
		text := filepath.Join(t.TempDir(), "letter.txt")
		require.NoError(t, os.WriteFile(text, []byte("Bonjour, je ne suis pas une base de données, et je suis assez long pour le montrer.\n"), 0o600))
		_, err := store.Open(ctx, storetest.FileOptions(t, text))
		require.ErrorIs(t, err, storage.ErrSchema)
	})
	t.Run("no folder", func(t *testing.T) {
		_, err := store.Open(ctx, storetest.FileOptions(t, filepath.Join(t.TempDir(), "nothing", "mail.db")))
		require.ErrorIs(t, err, storage.ErrUnavailable)
	})
	t.Run("postgres", func(t *testing.T) {
		opts := storetest.PostgresOptions(t, testservers.Postgres(t).DSN())
		_, err := opts.Write.Exec("ALTER DATABASE " + database(t, opts.Write) + " SET default_transaction_read_only = on")
		require.NoError(t, err)
		opts.Write.SetMaxIdleConns(0) // new connections only
		said(opts, "primary")
	})
	t.Run("postgres without rights", func(t *testing.T) {
		server := testservers.Postgres(t)
		opts := storetest.PostgresOptions(t, server.DSN())
		name := database(t, opts.Write)
		for _, q := range []string{"CREATE ROLE " + name + " LOGIN PASSWORD 'x'", "REVOKE CREATE ON DATABASE " + name + " FROM PUBLIC"} {
			_, err := opts.Write.Exec(q)
			require.NoError(t, err)
		}
		require.NoError(t, opts.Write.Close())
		t.Cleanup(func() { require.NoError(t, server.Exec("postgres", "DROP ROLE "+name)) })
		weak := storetest.PostgresOptions(t, fmt.Sprintf("postgres://%s:x@127.0.0.1:%d/%s?sslmode=disable", name, server.Port, name))
		said(weak, "permission denied")
	})
	t.Run("postgres that is not there", func(t *testing.T) {
		_, err := store.Open(ctx, storetest.PostgresOptions(t, "postgres://x:x@127.0.0.1:1/x?sslmode=disable"))
		require.ErrorIs(t, err, storage.ErrUnavailable)
	})
}

func database(t testing.TB, pool *sql.DB) (name string) {
	t.Helper()
	require.NoError(t, pool.QueryRow("SELECT current_database()").Scan(&name))
	return name
}

// TestGuestInAPool: the host's pool, its search path and its schemas are left alone, and two stores live side by side in one data base.
func TestGuestInAPool(t *testing.T) {
	ctx := context.Background()
	opts := storetest.PostgresOptions(t, testservers.Postgres(t).DSN())
	opts.Own = false
	pool := opts.Write
	defer pool.Close()
	for _, q := range []string{"CREATE SCHEMA host", "CREATE TABLE host.accounts (id TEXT)", "CREATE TABLE public.messages (id TEXT)", "ALTER DATABASE " + database(t, pool) + " SET search_path = host"} {
		_, err := pool.Exec(q)
		require.NoError(t, err)
	}
	pool.SetMaxIdleConns(0)
	before := pool.Stats().MaxOpenConnections
	for _, schema := range []string{"", "crm_2"} {
		opts.Schema = schema
		db, err := store.Open(ctx, opts)
		require.NoError(t, err)
		account, box := folder(t, db)
		arrive(t, db, account, letter(1, box, 1))
		require.NoError(t, db.Close())
	}
	require.NoError(t, pool.Ping(), "the pool is the host's")
	require.Equal(t, before, pool.Stats().MaxOpenConnections)
	for q, want := range map[string]int{
		"SELECT COUNT(*) FROM host.accounts": 0, "SELECT COUNT(*) FROM public.messages": 0, "SELECT COUNT(*) FROM mailcrm.messages": 1, "SELECT COUNT(*) FROM crm_2.messages": 1,
		"SELECT COUNT(*) FROM pg_tables WHERE schemaname IN ('public', 'host')": 2,
	} {
		var n int
		require.NoError(t, pool.QueryRow(q).Scan(&n))
		require.Equal(t, want, n, q)
	}
	for _, bad := range []string{"Upper", "a.b", "a;b", "1a", `"`, fmt.Sprintf("%064d", 0)} {
		opts.Schema = bad
		_, err := store.Open(ctx, opts)
		require.ErrorIs(t, err, storage.ErrInvalid, bad)
	}
	_, err := store.Open(ctx, store.Options{})
	require.ErrorIs(t, err, storage.ErrInvalid)
	lite := storetest.SQLiteOptions(t)
	defer lite.Read.Close()
	lite.Read, lite.Own = nil, true
	_, err = store.Open(ctx, lite)
	require.ErrorIs(t, err, storage.ErrInvalid)
}
