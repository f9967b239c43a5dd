package engine

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// How often a transaction that met another one is tried, and how long the first pause is; each next one is twice as long.
const (
	maxTries   = 6
	firstPause = 10 * time.Millisecond
)

// Write runs fn in a transaction and commits it when fn returns nil. When the engine says that two transactions met (busy, deadlock, serialization
// failure), everything is rolled back and fn runs again, at most six times in all, so fn must have no effect but through its Conn.
//
// The statements of a transaction are not interrupted in their middle when ctx ends (each is short); before the next one, and before the commit, it is asked.
func Write(ctx context.Context, d *DB, fn func(Conn) error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := once(ctx, d, fn)
		if err == nil || !errors.Is(err, errAgain) || try == maxTries {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		pause *= 2
	}
}

func once(ctx context.Context, d *DB, fn func(Conn) error) error {
	if d.closed.Load() {
		return errClosed()
	}
	if d.Dialect == Postgres {
		return oncePostgres(ctx, d, fn)
	}
	return onceSQLite(ctx, d, fn)
}

// postgresTx sets up our own transaction, and it alone. A plan is made for each call: lists differ in size, and a plan made for an empty table would be kept while the first mails fill it. No statement is worth
// a compiler.
const postgresTx = `SELECT set_config('plan_cache_mode', 'force_custom_plan', TRUE), set_config('jit', 'off', TRUE)`

func oncePostgres(ctx context.Context, d *DB, fn func(Conn) error) error {
	tx, err := d.write.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return Failure(err)
	}
	defer tx.Rollback() // after a commit it does nothing, after a failure there is nothing more to be done
	if _, err := tx.ExecContext(ctx, postgresTx); err != nil {
		return Failure(err)
	}
	if err := fn(Conn{db: d, tx: tx}); err != nil {
		return err
	}
	return Failure(tx.Commit())
}

func onceSQLite(ctx context.Context, d *DB, fn func(Conn) error) (err error) {
	var w *writer
	select {
	case w = <-d.writer:
	case <-ctx.Done():
		return ctx.Err()
	case <-d.done:
		return errClosed()
	}
	defer func() { d.writer <- w }()
	whole := context.WithoutCancel(ctx)
	if _, err := w.conn.ExecContext(whole, "BEGIN IMMEDIATE"); err != nil {
		return Failure(err)
	}
	done := false
	defer func() {
		if !done {
			_, _ = w.conn.ExecContext(whole, "ROLLBACK") // fails only when the engine has rolled back by itself
		}
	}()
	if err := fn(Conn{db: d, writer: w}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := w.conn.ExecContext(whole, "COMMIT"); err != nil {
		return Failure(err)
	}
	done = true
	return nil
}
