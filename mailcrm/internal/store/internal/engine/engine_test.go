package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/mailcrm/sdk/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRender(t *testing.T) {
	lite, post := &DB{Dialect: SQLite}, &DB{Dialect: Postgres, Schema: "crm"}
	for _, c := range []struct {
		q            SQL
		args         []any
		lite, post   string
		placeholders int
	}{
		{"SELECT a FROM @t WHERE b = ? AND c = ?", []any{1, 2}, "SELECT a FROM t WHERE b = ? AND c = ?", "SELECT a FROM crm.t WHERE b = $1 AND c = $2", 2},
		{"SELECT a FROM @t WHERE b IN {list} AND c = ?", []any{In{1, 2, 3}, 4}, "SELECT a FROM t WHERE b IN (?,?,?,?) AND c = ?", "SELECT a FROM crm.t WHERE b IN ($1,$2,$3,$4) AND c = $5", 5},
		{"b IN {list} OR c IN {list}", []any{In{1}, In{1, 2}}, "b IN (?) OR c IN (?,?)", "b IN ($1) OR c IN ($2,$3)", 3},
		{"INSERT INTO @t VALUES {rows}", []any{Rows{2, []any{1, 2, 3, 4}}}, "INSERT INTO t VALUES (?,?),(?,?)", "INSERT INTO crm.t VALUES ($1,$2),($3,$4)", 4},
		{"w @@ CAST(? AS tsquery)", []any{"x"}, "w @@ CAST(? AS tsquery)", "w @@ CAST($1 AS tsquery)", 1},
		{"SELECT 1 {keyshare}", nil, "SELECT 1 ", "SELECT 1 FOR KEY SHARE", 0},
		{"CREATE SCHEMA {schema}", nil, "CREATE SCHEMA ", "CREATE SCHEMA crm", 0},
	} {
		s, plain := form(c.q, c.args)
		require.Equal(t, c.lite, s.render(lite))
		require.Equal(t, c.post, s.render(post))
		require.Len(t, plain, c.placeholders)
	}
}

// TestListsGrowByPowersOfTwo keeps the number of different statements small.
func TestListsGrowByPowersOfTwo(t *testing.T) {
	shapes := make(map[shape]bool)
	for n := 1; n <= MaxIn; n++ {
		in := make(In, n)
		for i := range in {
			in[i] = i
		}
		s, plain := form("x IN {list}", []any{in})
		shapes[s] = true
		require.Equal(t, n-1, plain[len(plain)-1], "filled up with the last value")
	}
	require.Len(t, shapes, 12)
}

func TestClean(t *testing.T) {
	require.Equal(t, "été", Clean("été"))
	require.Equal(t, "ab", Clean("a\x00b"))
	require.Equal(t, "a\uFFFDb", Clean("a\xffb"))
	_, plain := form("?", []any{"a\x00"})
	require.Equal(t, "a", plain[0])
	_, plain = form("{list}", []any{In{"a\x00"}})
	require.Equal(t, "a", plain[0])
}

type coded int

func (c coded) Error() string { return fmt.Sprint("code ", int(c)) }
func (c coded) Code() int     { return int(c) }

func TestFailure(t *testing.T) {
	for _, c := range []struct {
		err  error
		kind error
	}{
		{coded(5), storage.ErrTemporary},
		{coded(261), storage.ErrTemporary}, // BUSY_RECOVERY
		{coded(8), storage.ErrReadOnly},
		{coded(1032), storage.ErrReadOnly}, // READONLY_DBMOVED
		{coded(13), storage.ErrReadOnly},
		{coded(14), storage.ErrUnavailable},
		{coded(26), storage.ErrSchema},
		{coded(2067), storage.ErrConflict},
		{coded(1555), storage.ErrConflict},
		{coded(18), storage.ErrLimit},
		{&pgconn.PgError{Code: "23505"}, storage.ErrConflict},
		{&pgconn.PgError{Code: "40P01"}, storage.ErrTemporary},
		{&pgconn.PgError{Code: "25006"}, storage.ErrReadOnly},
		{&pgconn.PgError{Code: "42501"}, storage.ErrReadOnly},
		{&pgconn.PgError{Code: "42P01"}, storage.ErrSchema},
		{&pgconn.PgError{Code: "57P01"}, storage.ErrUnavailable},
		{&pgconn.PgError{Code: "53300"}, storage.ErrTemporary},
		{&net.OpError{Op: "dial", Err: io.EOF}, storage.ErrUnavailable},
		{errors.New("sql: database is closed"), storage.ErrClosed},
	} {
		err := Failure(c.err)
		require.ErrorIs(t, err, c.kind, "%v", c.err)
		require.ErrorIs(t, err, c.err)
		require.Equal(t, err, Failure(err), "once is enough")
	}
	for _, err := range []error{nil, context.Canceled, context.DeadlineExceeded, io.EOF, coded(1), &pgconn.PgError{Code: "22001"}} {
		require.Equal(t, err, Failure(err))
	}
}

func memory(t *testing.T) *DB {
	t.Helper()
	dsn := "file:/" + strings.ReplaceAll(t.Name(), "/", "-") + "?vfs=memdb"
	write, err := sql.Open("sqlite", dsn)
	require.NoError(t, err)
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn)
	require.NoError(t, err)
	_, err = write.Exec("CREATE TABLE t (a INTEGER PRIMARY KEY)")
	require.NoError(t, err)
	d := New(SQLite, "", write, read)
	require.NoError(t, Start(t.Context(), d))
	t.Cleanup(func() {
		require.NoError(t, Close(d))
		require.NoError(t, write.Close())
		require.NoError(t, read.Close())
	})
	return d
}

func count(t *testing.T, d *DB) int64 {
	t.Helper()
	n, _, err := One(t.Context(), Reading(d), "SELECT COUNT(*) FROM @t", Value[int64])
	require.NoError(t, err)
	return n
}

func TestWriteCommitsOrNothing(t *testing.T) {
	d := memory(t)
	require.NoError(t, Write(t.Context(), d, func(c Conn) error {
		_, err := Exec(t.Context(), c, "INSERT INTO @t (a) VALUES (?)", 1)
		return err
	}))
	boom := errors.New("boom")
	require.ErrorIs(t, Write(t.Context(), d, func(c Conn) error {
		_, err := Exec(t.Context(), c, "INSERT INTO @t (a) VALUES (?)", 2)
		require.NoError(t, err)
		return boom
	}), boom)
	require.EqualValues(t, 1, count(t, d))
	require.Panics(t, func() {
		_ = Write(t.Context(), d, func(c Conn) error {
			_, err := Exec(t.Context(), c, "INSERT INTO @t (a) VALUES (?)", 3)
			require.NoError(t, err)
			panic("boom")
		})
	})
	require.EqualValues(t, 1, count(t, d), "a panic rolls back, and the writer is free again")
	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, Write(ctx, d, func(c Conn) error {
		_, err := Exec(ctx, c, "INSERT INTO @t (a) VALUES (?)", 4)
		require.NoError(t, err)
		cancel()
		_, err = Exec(ctx, c, "INSERT INTO @t (a) VALUES (?)", 5)
		require.ErrorIs(t, err, context.Canceled)
		return nil
	}), context.Canceled)
	require.EqualValues(t, 1, count(t, d))
}

func TestWriteTriesAgainWhenBusy(t *testing.T) {
	d := memory(t)
	tries := 0
	require.NoError(t, Write(t.Context(), d, func(c Conn) error {
		tries++
		if tries < 3 {
			return Failure(coded(5))
		}
		_, err := Exec(t.Context(), c, "INSERT INTO @t (a) VALUES (?)", tries)
		return err
	}))
	require.Equal(t, 3, tries)
	require.EqualValues(t, 1, count(t, d))

	tries = 0
	err := Write(t.Context(), d, func(Conn) error { tries++; return Again(storage.ErrConflict) })
	require.ErrorIs(t, err, storage.ErrConflict)
	require.Equal(t, maxTries, tries)
}

// TestOneWriter lets many write at once: each waits for its turn.
func TestOneWriter(t *testing.T) {
	d := memory(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for k := range 10 {
				err := Write(t.Context(), d, func(c Conn) error {
					_, err := Exec(t.Context(), c, "INSERT INTO @t (a) VALUES (?)", i*10+k)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 200, count(t, d))
}

// TestClose waits for the transaction that runs, and lets nobody in after it.
func TestClose(t *testing.T) {
	d := memory(t)
	running, finish := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		err := Write(t.Context(), d, func(Conn) error {
			close(running)
			<-finish
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-running
	all.Go(func() { // waits for its turn, and does not get it
		if err := Write(t.Context(), d, func(Conn) error { return nil }); err != nil && !errors.Is(err, storage.ErrClosed) {
			t.Error(err)
		}
	})
	closed := make(chan error)
	go func() { closed <- Close(d) }()
	<-d.done
	select {
	case err := <-closed:
		t.Fatal(err, "closed under a running transaction")
	default:
	}
	close(finish)
	require.NoError(t, <-closed)
	all.Wait()
	require.ErrorIs(t, Write(t.Context(), d, func(Conn) error { return nil }), storage.ErrClosed)
	_, _, err := One(t.Context(), Reading(d), "SELECT COUNT(*) FROM @t", Value[int64])
	require.ErrorIs(t, err, storage.ErrClosed)
	require.NoError(t, Close(d))
}

func TestDSN(t *testing.T) {
	path := t.TempDir() + "/a b?c#d%é.db"
	write, err := sql.Open("sqlite", WriteDSN(path))
	require.NoError(t, err)
	defer write.Close()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "10000"} {
		var got string
		require.NoError(t, write.QueryRow("PRAGMA "+pragma).Scan(&got))
		require.Equal(t, want, got, pragma)
	}
	require.FileExists(t, path)
	_, err = write.Exec("CREATE TABLE t (a)")
	require.NoError(t, err)
	read, err := sql.Open("sqlite", ReadDSN(path))
	require.NoError(t, err)
	defer read.Close()
	_, err = read.Exec("INSERT INTO t VALUES (1)")
	require.ErrorIs(t, Failure(err), storage.ErrReadOnly)
}
