package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versionTable is goose's table, ours alone: a host may use goose too.
const versionTable = "mailcrm_schema"

const (
	// What must be known before anything is changed; under SQLite goose's own look would make its table.
	sqliteHasVersions   = `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = '` + versionTable + `'`
	postgresHasVersions = `SELECT COUNT(*) FROM pg_tables WHERE schemaname = '{schema}' AND tablename = '` + versionTable + `'`
	newestVersion       = `SELECT COALESCE(MAX(version_id), 0) FROM @` + versionTable
	postgresWritable    = `SELECT CAST(CASE WHEN pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' THEN 1 ELSE 0 END AS BIGINT)`
)

// A step is one migration.
type step struct {
	version    int64
	statements []engine.SQL
}

// migrate brings the schema to this code's version, or says why it cannot. Two nodes may do so at once: PostgreSQL's are kept apart by a lock, of SQLite's processes
// the slower one finds the work done.
func (d *DB) migrate(ctx context.Context) error {
	steps, err := readSteps(migrations, d.opts.Dialect)
	if err != nil {
		return err
	}
	target := steps[len(steps)-1].version
	current, err := d.version(ctx)
	if err != nil {
		return err
	}
	switch {
	case current > target:
		return fmt.Errorf("the data base has schema %d and this version of mailcrm knows up to %d: it was used by a newer one; update mailcrm, or restore the copy made before the update: %w",
			current, target, storage.ErrSchema)
	case current < target && (d.opts.ReadOnly || d.opts.Migrate == Check):
		return fmt.Errorf("the data base has schema %d and this version of mailcrm needs %d: open it once with Migrate: Apply: %w", current, target, storage.ErrSchema)
	case d.opts.ReadOnly:
		return nil
	}
	if err := d.writable(ctx); err != nil {
		return err
	}
	if current == target {
		return nil
	}
	for try := 1; ; try++ {
		if err = d.apply(ctx, steps); err == nil {
			return nil
		}
		if now, _ := d.version(ctx); now >= target {
			return nil // another process was faster
		}
		if try == 5 || ctx.Err() != nil {
			return engine.Failure(err)
		}
	}
}

// version is the schema that the data base has; 0 when it has none.
func (d *DB) version(ctx context.Context) (version int64, err error) {
	look := sqliteHasVersions
	if d.opts.Dialect == Postgres {
		look = postgresHasVersions
	}
	var tables int
	if err := d.opts.Write.QueryRowContext(ctx, engine.Render(d.engine, engine.SQL(look))).Scan(&tables); err != nil || tables == 0 {
		return 0, engine.Failure(err)
	}
	err = d.opts.Write.QueryRowContext(ctx, engine.Render(d.engine, newestVersion)).Scan(&version)
	return version, engine.Failure(err)
}

// writable says whether the data base takes changes, before a mail is fetched that could not be recorded.
func (d *DB) writable(ctx context.Context) error {
	var err error
	if d.opts.Dialect == Postgres {
		var no int64
		err = d.opts.Write.QueryRowContext(ctx, postgresWritable).Scan(&no)
		if no == 1 {
			return fmt.Errorf("this PostgreSQL server takes no changes (a standby, or default_transaction_read_only): connect to the primary: %w", storage.ErrReadOnly)
		}
	} else {
		err = d.sqliteWritable(ctx)
	}
	if err = engine.Failure(err); errors.Is(err, storage.ErrReadOnly) {
		return fmt.Errorf("the data base cannot be written: check the owner and the permissions of the file and of its folder, and the space on the disk: %w", err)
	}
	return err
}

// sqliteWritable begins to write and stops. BEGIN IMMEDIATE alone does not tell: of a file that cannot be written it makes a transaction that reads.
func (d *DB) sqliteWritable(ctx context.Context) error {
	conn, err := d.opts.Write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // gives it back to the pool
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "PRAGMA user_version = 0")
	if _, undo := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err == nil {
		err = undo
	}
	return err
}

// A Migrator applies the steps that a data base lacks, in order and each in a transaction, and notes them in Table. Two may run at once.
type Migrator func(ctx context.Context, m Migration) error

// A Migration is what a Migrator must do.
type Migration struct {
	DB      *sql.DB
	Dialect Dialect
	Table   string // with its schema
	Steps   []Step
	Logger  *slog.Logger
}

// A Step brings the schema to Version.
type Step struct {
	Version int64
	Run     func(ctx context.Context, tx *sql.Tx) error
}

func (d *DB) apply(ctx context.Context, steps []step) error {
	if d.opts.Migrator == nil {
		return storage.Invalid("Migrator", "required", "say how migrations are applied")
	}
	m := Migration{DB: d.opts.Write, Dialect: d.opts.Dialect, Table: versionTable, Logger: d.opts.Logger}
	if d.opts.Dialect == Postgres {
		m.Table = d.opts.Schema + "." + versionTable
		// The table of versions needs the schema before the first step could make it.
		if _, err := d.opts.Write.ExecContext(ctx, engine.Render(d.engine, "CREATE SCHEMA IF NOT EXISTS {schema}")); err != nil {
			return err
		}
	}
	for _, s := range steps {
		m.Steps = append(m.Steps, Step{Version: s.version, Run: func(ctx context.Context, tx *sql.Tx) error {
			for _, statement := range s.statements {
				if _, err := tx.ExecContext(ctx, engine.Render(d.engine, statement)); err != nil {
					return fmt.Errorf("%.60s…: %w", statement, err)
				}
			}
			return nil
		}})
	}
	return d.opts.Migrator(ctx, m)
}

// readSteps reads the files of dir, named <version>_<words>.sql, see the first of them for how they are written.
func readSteps(dir fs.FS, dialect Dialect) ([]step, error) {
	names, err := fs.Glob(dir, "migrations/*.sql") // in the order of names
	if err != nil {
		return nil, err
	}
	var steps []step
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		digits, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		version, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		steps = append(steps, step{version: version, statements: statements(string(text), dialect)})
	}
	if len(steps) == 0 {
		return nil, errors.New("no migrations")
	}
	return steps, nil
}

// statements cuts a file, without comments and without the other engine's lines.
func statements(text string, dialect Dialect) []engine.SQL {
	var all []engine.SQL
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(line, "--"+dialect.String())
		line, _, _ = strings.Cut(strings.TrimRight(line, "\r\n"), "--")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		b.WriteString(line)
		b.WriteByte('\n')
		if strings.HasSuffix(line, ";") {
			all = append(all, engine.SQL(strings.TrimSuffix(strings.TrimSpace(b.String()), ";")))
			b.Reset()
		}
	}
	return all
}
