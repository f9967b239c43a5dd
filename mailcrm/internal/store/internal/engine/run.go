package engine

import (
	"context"
	"database/sql"
)

// A Scanner is a row being read.
type Scanner interface {
	// Scan copies the columns into what the pointers point to, as [sql.Rows.Scan] does.
	Scan(into ...any) error
}

// enter is the door through which every statement passes. SQLite's driver starts a goroutine for each statement that could be cancelled; those of a
// transaction are short, so there ctx is asked before each and the driver is spared.
func (c Conn) enter(ctx context.Context, q SQL) (context.Context, SQL, error) {
	if c.db.Seam != nil {
		q = c.db.Seam(q)
	}
	if c.writer != nil {
		if err := ctx.Err(); err != nil {
			return ctx, q, err
		}
		ctx = context.WithoutCancel(ctx)
	}
	return ctx, q, nil
}

// Exec runs a statement and tells how many rows it changed.
func Exec(ctx context.Context, c Conn, q SQL, args ...any) (int64, error) {
	ctx, q, err := c.enter(ctx, q)
	if err != nil {
		return 0, err
	}
	s, args := form(q, args)
	text, stmt, err := c.prepare(ctx, s)
	if err != nil {
		return 0, Failure(err)
	}
	var done sql.Result
	switch {
	case stmt != nil:
		done, err = stmt.ExecContext(ctx, args...)
	case c.tx != nil:
		done, err = c.tx.ExecContext(ctx, text, args...)
	case c.writer != nil:
		done, err = c.writer.conn.ExecContext(ctx, text, args...)
	default:
		done, err = c.db.write.ExecContext(ctx, text, args...)
	}
	if err != nil {
		return 0, Failure(err)
	}
	n, err := done.RowsAffected()
	return n, Failure(err)
}

// Each runs a query and calls row for every row of the answer.
func Each(ctx context.Context, c Conn, q SQL, row func(Scanner) error, args ...any) error {
	ctx, q, err := c.enter(ctx, q)
	if err != nil {
		return err
	}
	s, args := form(q, args)
	text, stmt, err := c.prepare(ctx, s)
	if err != nil {
		return Failure(err)
	}
	var rows *sql.Rows
	switch {
	case stmt != nil:
		rows, err = stmt.QueryContext(ctx, args...)
	case c.tx != nil:
		rows, err = c.tx.QueryContext(ctx, text, args...)
	case c.writer != nil:
		rows, err = c.writer.conn.QueryContext(ctx, text, args...)
	default:
		rows, err = c.db.read.QueryContext(ctx, text, args...)
	}
	if err != nil {
		return Failure(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return Failure(err)
		}
	}
	return Failure(rows.Err())
}

// All is the answer to a query, each row as scan reads it. Nothing found is an empty slice and no error.
func All[T any](ctx context.Context, c Conn, q SQL, scan func(Scanner) (T, error), args ...any) ([]T, error) {
	var all []T
	err := Each(ctx, c, q, func(s Scanner) error {
		v, err := scan(s)
		if err == nil {
			all = append(all, v)
		}
		return err
	}, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// One is the first row of an answer; found is false when there is none.
func One[T any](ctx context.Context, c Conn, q SQL, scan func(Scanner) (T, error), args ...any) (v T, found bool, err error) {
	all, err := All(ctx, c, q, scan, args...)
	if err != nil || len(all) == 0 {
		return v, false, err
	}
	return all[0], true, nil
}

// Value reads a row of one column.
func Value[T any](s Scanner) (v T, err error) {
	err = s.Scan(&v)
	return v, err
}

// Insert runs an INSERT … VALUES {rows} over all values, in statements of at most 64 rows, whose numbers of rows are powers of two.
func Insert(ctx context.Context, c Conn, q SQL, columns int, values []any) error {
	for len(values) > 0 {
		n := 64
		for n*columns > len(values) {
			n /= 2
		}
		if _, err := Exec(ctx, c, q, Rows{Columns: columns, Values: values[:n*columns]}); err != nil {
			return err
		}
		values = values[n*columns:]
	}
	return nil
}

// Chunks calls part with at most n of values at a time.
func Chunks[T any](values []T, n int, part func([]T) error) error {
	for len(values) > 0 {
		k := min(n, len(values))
		if err := part(values[:k]); err != nil {
			return err
		}
		values = values[k:]
	}
	return nil
}
