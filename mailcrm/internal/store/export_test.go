package store

import (
	"context"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
)

// SetSeam lets a test see, and change, every statement.
func SetSeam(d *DB, seam func(string) string) {
	d.engine.Seam = func(q engine.SQL) engine.SQL { return engine.SQL(seam(string(q))) }
}

// Dump lets a test read rows that no method tells, past the seam.
func Dump(ctx context.Context, d *DB, q string, row func(scan func(...any) error) error, args ...any) error {
	rows, err := d.opts.Read.QueryContext(ctx, Render(d, q), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Render is the text that the engine gets.
func Render(d *DB, q string) string { return engine.Render(d.engine, engine.SQL(q)) }
