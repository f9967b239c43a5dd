package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// A dbError keeps what the driver said and adds what kind of failure it is.
type dbError struct {
	kind error // of package storage
	err  error
}

func (e *dbError) Error() string   { return e.kind.Error() + ": " + e.err.Error() }
func (e *dbError) Unwrap() []error { return []error{e.kind, e.err} }

// errAgain marks failures that the same transaction may well survive the second time.
var errAgain = errors.New("busy")

// Again makes err one after which [Write] runs the transaction another time: what was missing is there now.
func Again(err error) error { return fmt.Errorf("%w: %w", errAgain, err) }

// Failure says which of package storage's failures an error of a driver is. It knows SQLite's result codes and PostgreSQL's SQLSTATE by the method
// that tells them, so that no driver is imported here. What it does not know it returns as it is; what was classified before stays.
func Failure(err error) error {
	if err == nil {
		return nil
	}
	var known *dbError
	if errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	kind := kindOf(err)
	if kind == nil {
		return err
	}
	return &dbError{kind: kind, err: err}
}

func kindOf(err error) error {
	var lite interface{ Code() int }
	if errors.As(err, &lite) {
		return sqliteKind(lite.Code())
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) {
		return postgresKind(state.SQLState())
	}
	var network net.Error
	switch {
	case errors.Is(err, sql.ErrConnDone), strings.Contains(err.Error(), "sql: database is closed"), strings.Contains(err.Error(), "sql: statement is closed"):
		return storage.ErrClosed
	case errors.Is(err, driver.ErrBadConn), errors.As(err, &network):
		return storage.ErrUnavailable
	}
	return nil
}

// sqliteKind reads a result code (https://sqlite.org/rescode.html).
func sqliteKind(code int) error {
	switch code & 0xff {
	case 5, 6: // BUSY, LOCKED
		return fmt.Errorf("%w: %w", errAgain, storage.ErrTemporary)
	case 8, 13: // READONLY, FULL
		return storage.ErrReadOnly
	case 10: // IOERR
		return storage.ErrTemporary
	case 14: // CANTOPEN
		return storage.ErrUnavailable
	case 11, 26: // CORRUPT, NOTADB
		return storage.ErrSchema
	case 18: // TOOBIG
		return storage.ErrLimit
	}
	if code == 2067 || code == 1555 { // CONSTRAINT_UNIQUE, CONSTRAINT_PRIMARYKEY
		return storage.ErrConflict
	}
	return nil
}

// postgresKind reads an SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func postgresKind(state string) error {
	switch state {
	case "40001", "40P01", "55P03": // serialization failure, deadlock, lock not available
		return fmt.Errorf("%w: %w", errAgain, storage.ErrTemporary)
	case "23505": // unique violation
		return storage.ErrConflict
	case "25006", "42501", "53100": // read-only transaction, insufficient privilege, disk full
		return storage.ErrReadOnly
	case "42P01", "42703", "3F000": // no such table, column, schema
		return storage.ErrSchema
	case "57014": // cancelled by a statement time-out
		return storage.ErrTemporary
	}
	if len(state) == 5 {
		switch state[:2] {
		case "08", "57", "28", "3D": // connection, operator intervention, authorisation, no such data base
			return storage.ErrUnavailable
		case "53", "58": // resources, system
			return storage.ErrTemporary
		}
	}
	return nil
}
