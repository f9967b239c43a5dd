package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
)

const (
	project engine.SQL = `INSERT INTO @projections (tenant, link, revision, deleted, tries, due) VALUES {rows}
		ON CONFLICT (tenant, link) DO UPDATE SET revision = excluded.revision, deleted = excluded.deleted, tries = 0, due = excluded.due WHERE excluded.revision >= projections.revision`
	projectionsDue engine.SQL = `SELECT tenant, link, revision, deleted, tries, due FROM @projections WHERE due <= ? ORDER BY due, tenant, link LIMIT ?`
	projected      engine.SQL = `DELETE FROM @projections WHERE tenant = ? AND link = ? AND revision = ?`
	projectLater   engine.SQL = `UPDATE @projections SET tries = tries + 1, due = ? WHERE tenant = ? AND link = ? AND revision = ?`
)

// Project notes that the host's own table must hear of changes of links. Of one link only the newest revision is kept. Due is filled in with now when it is zero.
func (tx *Tx) Project(projections []Projection) error {
	newest := make(map[Projection]Projection, len(projections)) // by tenant and link
	for _, p := range projections {
		key := Projection{Tenant: p.Tenant, Link: p.Link}
		if known, ok := newest[key]; !ok || p.Revision >= known.Revision {
			newest[key] = p
		}
	}
	all := make([]Projection, 0, len(newest))
	for _, p := range newest {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Projection) int { return strings.Compare(a.Link, b.Link) }) // one order of locks
	values := make([]any, 0, 6*len(all))
	for _, p := range all {
		if p.Due.IsZero() {
			p.Due = tx.Now()
		}
		values = append(values, string(p.Tenant), p.Link, p.Revision, p.Delete, int64(0), micros(p.Due))
	}
	return doing("noting what the host must hear of", tx.insert(project, 6, values))
}

// ProjectionsDue are at most limit of all tenants that are due, the longest due first. Only package work asks.
func (r Reads) ProjectionsDue(ctx context.Context, now time.Time, limit int) ([]Projection, error) {
	all, err := engine.All(ctx, r.c, projectionsDue, func(s engine.Scanner) (p Projection, err error) {
		var due int64
		err = s.Scan(&p.Tenant, &p.Link, &p.Revision, &p.Delete, &p.Tries, &due)
		p.Due = when(due)
		return p, err
	}, micros(now), int64(limit))
	return all, doing("reading what the host must hear of", err)
}

// Projected tells how a delivery went: with a zero next it was taken and is forgotten, otherwise it is due again at next. A newer revision that came meanwhile stays as it is.
func (tx *Tx) Projected(p Projection, next time.Time) (err error) {
	if next.IsZero() {
		_, err = tx.exec(projected, string(p.Tenant), p.Link, p.Revision)
	} else {
		_, err = tx.exec(projectLater, micros(next), string(p.Tenant), p.Link, p.Revision)
	}
	return doing("noting what the host has heard of", err)
}
