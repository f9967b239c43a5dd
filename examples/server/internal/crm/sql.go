package crm

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/mailcrm/sdk/storage"
)

// version is that of the schema below, kept in the file's user_version.
const version = 1

const schema = `
CREATE TABLE records (
	tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
	name TEXT NOT NULL, detail TEXT NOT NULL, owner TEXT NOT NULL,
	first_name TEXT NOT NULL, last_name TEXT NOT NULL, phone TEXT NOT NULL,
	parent_kind TEXT NOT NULL, parent_id TEXT NOT NULL,
	folded TEXT NOT NULL, -- the name, to sort and compare by
	words TEXT NOT NULL,  -- " word word word", folded, to search in
	touched INTEGER NOT NULL,
	PRIMARY KEY (tenant, kind, id)
) STRICT;
CREATE INDEX records_name ON records (tenant, kind, folded, id);
CREATE INDEX records_parent ON records (tenant, parent_kind, parent_id);
CREATE TABLE addresses (
	tenant TEXT NOT NULL, folded TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
	address TEXT NOT NULL, position INTEGER NOT NULL,
	PRIMARY KEY (tenant, folded, kind, id)
) STRICT;
CREATE INDEX addresses_of ON addresses (tenant, kind, id, position);
CREATE TABLE keys (tenant TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (tenant, key)) STRICT;
CREATE TABLE counters (tenant TEXT NOT NULL PRIMARY KEY, last INTEGER NOT NULL) STRICT;
PRAGMA user_version = 1;
`

// SQL is a CRM in an SQLite file. Safe for concurrent use.
type SQL struct{ db *sql.DB }

// Open opens the CRM in a file, and makes it (mode 0600, its folder 0700) when it is not there.
//
// Errors: [storage.ErrReadOnly] when it cannot be written; [storage.ErrSchema] when a newer version made it.
func Open(ctx context.Context, path string) (*SQL, error) {
	if err := prepare(path); err != nil {
		return nil, fmt.Errorf("crm %s: %w", path, errors.Join(storage.ErrReadOnly, err))
	}
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)+
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, fmt.Errorf("crm %s: %w", path, err)
	}
	db.SetMaxOpenConns(4)
	c := &SQL{db: db}
	if err := c.migrate(ctx); err != nil {
		return nil, fmt.Errorf("crm %s: %w", path, errors.Join(err, db.Close()))
	}
	return c, nil
}

// Close closes the file.
func (c *SQL) Close() error { return c.db.Close() }

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

func (c *SQL) migrate(ctx context.Context) error {
	return c.write(ctx, func(tx *sql.Tx) error {
		var have int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
			return err
		}
		switch {
		case have == version:
			return nil
		case have > version:
			return fmt.Errorf("version %d of the file is newer than version %d of this program: %w", have, version, storage.ErrSchema)
		}
		_, err := tx.ExecContext(ctx, schema)
		return err
	})
}

// write runs do in a transaction that has the file for itself.
func (c *SQL) write(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

// ignoreDone takes it as no error that a transaction ended with its context already.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// Host is the CRM as mailcrm sees it.
func (c *SQL) Host() storage.Host {
	return storage.Host{Directory: c, Search: c, Create: c, Fields: fieldSource{c}}
}
