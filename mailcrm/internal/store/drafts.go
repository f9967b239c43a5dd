package store

import (
	"context"
	"fmt"
	"math"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/keyset"
	"github.com/mailcrm/sdk/storage"
)

const (
	draftColumns = `tenant, id, agent, content, revision, updated, sent`

	insertDraft engine.SQL = `INSERT INTO @drafts (` + draftColumns + `) VALUES {rows}`
	updateDraft engine.SQL = `UPDATE @drafts SET content = ?, updated = ?, sent = ?, revision = revision + 1 WHERE tenant = ? AND id = ? AND agent = ? AND revision = ?`
	deleteDraft engine.SQL = `DELETE FROM @drafts WHERE tenant = ? AND id = ? AND agent = ?`
	draftByID   engine.SQL = `SELECT ` + draftColumns + ` FROM @drafts WHERE tenant = ? AND id = ? AND agent = ?`
	draftsOf    engine.SQL = `SELECT ` + draftColumns + ` FROM @drafts WHERE tenant = ? AND agent = ? AND sent = '' AND (updated, id) < (?, ?) ORDER BY updated DESC, id DESC LIMIT ?`
)

func scanDraft(s engine.Scanner) (d Draft, err error) {
	var content string
	var updated int64
	if err = s.Scan(&d.Tenant, &d.ID, &d.Agent, &content, &d.Revision, &updated, &d.Sent); err != nil {
		return d, err
	}
	d.Updated = when(updated)
	return d, fromJSON(content, &d)
}

// Draft is one draft of the agent, also one that was sent.
func (r Reads) Draft(ctx context.Context, tenant storage.Tenant, agent, id string) (*Draft, error) {
	d, ok, err := engine.One(ctx, r.c, draftByID, scanDraft, string(tenant), id, agent)
	if err := found("the draft", ok, err); err != nil {
		return nil, err
	}
	return &d, nil
}

// Drafts is a page of the agent's drafts that are not sent, the last changed first.
func (r Reads) Drafts(ctx context.Context, tenant storage.Tenant, agent, cursor string, limit int) (drafts []Draft, next string, err error) {
	after, ok, err := keyset.Parse(cursor, "drafts")
	if err != nil {
		return nil, "", err
	}
	if !ok {
		after.Number = math.MaxInt64
	}
	limit = keyset.Limit(limit)
	all, err := engine.All(ctx, r.c, draftsOf, scanDraft, string(tenant), agent, after.Number, after.ID, int64(limit+1))
	if err != nil {
		return nil, "", doing("reading drafts", err)
	}
	drafts, more := keyset.Page(all, limit)
	if more {
		last := drafts[limit-1]
		next = keyset.Cursor{List: "drafts", Number: micros(last.Updated), ID: last.ID}.String()
	}
	return drafts, next, nil
}

// PutDraft stores a draft: a new one when ID is empty, else the agent's known one. A Revision other than the stored one is [storage.ErrConflict]. ID, Revision and Updated are filled in.
func (tx *Tx) PutDraft(d *Draft) error {
	d.Updated = tx.Now()
	refs := make(blobRefs)
	for _, a := range d.Attachments {
		refs.add(a.Digest, 1)
	}
	if d.ID == "" {
		d.ID, d.Revision = tx.NewID(d.Tenant), 1
		err := tx.insert(insertDraft, 7, []any{string(d.Tenant), d.ID, d.Agent, asJSON(d), d.Revision, micros(d.Updated), d.Sent})
		if err == nil {
			err = tx.countBlobs(string(d.Tenant), refs)
		}
		return doing("storing a draft", err)
	}
	before, err := tx.Draft(tx.ctx, d.Tenant, d.Agent, d.ID)
	if err != nil {
		return doing("storing a draft", err)
	}
	for _, a := range before.Attachments {
		refs.add(a.Digest, -1)
	}
	n, err := tx.exec(updateDraft, asJSON(d), micros(d.Updated), d.Sent, string(d.Tenant), d.ID, d.Agent, d.Revision)
	if err == nil && n == 0 {
		err = fmt.Errorf("the draft was changed meanwhile: %w", storage.ErrConflict)
	}
	if err == nil {
		err = tx.countBlobs(string(d.Tenant), refs)
	}
	if err != nil {
		return doing("storing a draft", err)
	}
	d.Revision++
	return nil
}

// DeleteDraft removes a draft of the agent.
func (tx *Tx) DeleteDraft(tenant storage.Tenant, agent, id string) error {
	before, err := tx.Draft(tx.ctx, tenant, agent, id)
	if err != nil {
		return doing("deleting a draft", err)
	}
	refs := make(blobRefs)
	for _, a := range before.Attachments {
		refs.add(a.Digest, -1)
	}
	if err := tx.countBlobs(string(tenant), refs); err != nil {
		return doing("deleting a draft", err)
	}
	return tx.one("deleting a draft", deleteDraft, string(tenant), id, agent)
}
