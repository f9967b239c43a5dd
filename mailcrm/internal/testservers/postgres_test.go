package testservers

import (
	"context"
	"database/sql"
	"net"
	"net/url"
	"os"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
)

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestPostgresGivesEmptyDatabases(t *testing.T) {
	ctx := context.Background()
	server := Postgres(t)
	require.Same(t, server.PostgresCluster, Postgres(t).PostgresCluster, "one cluster a process")
	one, two := open(t, server.DSN()), open(t, server.DSN())
	_, err := one.ExecContext(ctx, "CREATE TABLE t (id int)")
	require.NoError(t, err)
	_, err = two.ExecContext(ctx, "CREATE TABLE t (id int)")
	require.NoError(t, err, "the second database does not see the first")
	var version, fsync string
	require.NoError(t, one.QueryRowContext(ctx, "SHOW server_version").Scan(&version))
	require.NoError(t, one.QueryRowContext(ctx, "SHOW fsync").Scan(&fsync))
	require.Equal(t, "off", fsync)
}

func TestPostgresDropsADatabaseInUse(t *testing.T) {
	server := Postgres(t)
	var dsn string
	var db *sql.DB
	t.Run("uses it", func(t *testing.T) {
		dsn = Postgres(t).DSN()
		var err error
		db, err = sql.Open("pgx", dsn)
		require.NoError(t, err)
		require.NoError(t, db.Ping())
	})
	defer db.Close()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	var left int
	row := open(t, server.URL("postgres")).QueryRow("SELECT count(*) FROM pg_database WHERE datname = $1", u.Path[1:])
	require.NoError(t, row.Scan(&left))
	require.Zero(t, left)
}

func TestPostgresWantsItsPassword(t *testing.T) {
	server := Postgres(t)
	u, err := url.Parse(server.URL("postgres"))
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", u.Hostname())
	u.User = url.UserPassword("postgres", "wrong")
	require.ErrorContains(t, open(t, u.String()).Ping(), "password authentication failed")
}

func TestPostgresDurableAndClosed(t *testing.T) {
	if postgresProgram("initdb") == "" {
		missing(t, "PostgreSQL", "postgresql")
	}
	cluster, err := StartPostgres(must(scratch()), &PostgresOptions{Durable: true})
	require.NoError(t, err)
	defer cluster.Close()
	db := open(t, cluster.URL("postgres"))
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		require.NoError(t, db.QueryRow("SHOW "+setting).Scan(&value))
		require.Equal(t, "on", value, setting)
	}
	require.ErrorContains(t, cluster.Exec("postgres", "SELECT nonsense"), `column "nonsense" does not exist`)
	require.NoError(t, cluster.Close())
	require.NoError(t, cluster.Close())
	require.NoDirExists(t, cluster.folder)
	require.Error(t, db.Ping())
}

func TestPostgresOnATakenPort(t *testing.T) {
	if postgresProgram("initdb") == "" {
		missing(t, "PostgreSQL", "postgresql")
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	c := &PostgresCluster{folder: must(scratch()), Password: "x"}
	defer func() { require.NoError(t, c.Close()) }()
	require.NoError(t, c.initialise())
	err = c.start(&PostgresOptions{}, taken.Addr().(*net.TCPAddr).Port)
	require.True(t, portTaken(err), "%v", err)
	require.NotContains(t, err.Error(), os.Getenv("HOME")+"/")
}
