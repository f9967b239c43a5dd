package store

import (
	"context"
	"errors"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

// CopyColumns are what [ScanCopy] reads.
const CopyColumns = `tenant, id, message, account, mailbox, direction, uidvalidity, uid, header_hash, size, internal_date, flags, keywords, modseq, raw, raw_size, kept, want_add, want_remove, gone`

const (
	copyByID  engine.SQL = `SELECT ` + CopyColumns + ` FROM @copies WHERE tenant = ? AND id = ?`
	copyByUID engine.SQL = `SELECT ` + CopyColumns + ` FROM @copies WHERE tenant = ? AND mailbox = ? AND uidvalidity = ? AND uid = ?`
	copiesOf  engine.SQL = `SELECT ` + CopyColumns + ` FROM @copies WHERE tenant = ? AND message = ? ORDER BY id`
	wanted    engine.SQL = `SELECT ` + CopyColumns + ` FROM @copies WHERE tenant = ? AND account = ? AND (want_add <> 0 OR want_remove <> 0) ORDER BY id LIMIT ?`

	// What was wanted and has come true is wanted no longer; what was wanted and has not is still shown.
	setFlags engine.SQL = `UPDATE @copies SET flags = ?, keywords = ?, modseq = ?, want_add = want_add & ~CAST(? AS BIGINT), want_remove = want_remove & CAST(? AS BIGINT),
		shown = (CAST(? AS BIGINT) | want_add) & ~want_remove WHERE tenant = ? AND id = ?`
	wantDone engine.SQL = `UPDATE @copies SET flags = ?, want_add = want_add & ~CAST(? AS BIGINT), want_remove = want_remove & CAST(? AS BIGINT),
		shown = (CAST(? AS BIGINT) | want_add) & ~want_remove WHERE tenant = ? AND id = ?`
	want engine.SQL = `UPDATE @copies SET want_add = (want_add & ~CAST(? AS BIGINT)) | CAST(? AS BIGINT), want_remove = (want_remove & ~CAST(? AS BIGINT)) | CAST(? AS BIGINT),
		shown = (shown | CAST(? AS BIGINT)) & ~CAST(? AS BIGINT) WHERE tenant = ? AND id = ? AND gone = 0`
	keepWhole engine.SQL = `UPDATE @copies SET raw = ?, raw_size = ?, kept = 'whole' WHERE tenant = ? AND id = ? AND kept = 'text' AND raw = ?`
	copyGone  engine.SQL = `UPDATE @copies SET gone = ?, want_add = 0, want_remove = 0, shown = flags WHERE tenant = ? AND id = ? AND gone = 0 RETURNING mailbox`
)

// ScanCopy reads CopyColumns.
func ScanCopy(s engine.Scanner) (c Copy, err error) {
	var hash, raw []byte
	var keywords string
	var internal, modseq, gone int64
	err = s.Scan(&c.Tenant, &c.ID, &c.Message, &c.Account, &c.Mailbox, &c.Direction, &c.UIDValidity, &c.UID, &hash, &c.Size, &internal, &c.Flags, &keywords, &modseq, &raw, &c.RawSize, &c.Kept,
		&c.WantAdd, &c.WantRemove, &gone)
	if err != nil {
		return c, err
	}
	copy(c.HeaderHash[:], hash)
	c.Raw, c.InternalDate, c.ModSeq, c.Gone = asDigest(raw), when(internal), uint64(modseq), when(gone)
	if keywords != "" {
		err = fromJSON(keywords, &c.Keywords)
	}
	return c, err
}

// Shown are the flags as people see them: the server's, with what they want and it does not know yet.
func (c Copy) Shown() Flags { return (c.Flags | c.WantAdd) &^ c.WantRemove }

// keywordsText keeps the common case, no keywords, short.
func keywordsText(keywords []string) string {
	if len(keywords) == 0 {
		return ""
	}
	return asJSON(keywords)
}

// Copy is one copy, also one that is gone.
func (r Reads) Copy(ctx context.Context, tenant storage.Tenant, id string) (*Copy, error) {
	c, ok, err := engine.One(ctx, r.c, copyByID, ScanCopy, string(tenant), id)
	if err := found("the copy", ok, err); err != nil {
		return nil, err
	}
	return &c, nil
}

// CopyByUID is the copy at a place, also one that is gone.
func (r Reads) CopyByUID(ctx context.Context, tenant storage.Tenant, mailbox string, uidvalidity, uid uint32) (*Copy, error) {
	c, ok, err := engine.One(ctx, r.c, copyByUID, ScanCopy, string(tenant), mailbox, int64(uidvalidity), int64(uid))
	if err := found("the copy", ok, err); err != nil {
		return nil, err
	}
	return &c, nil
}

// Copies are all copies of a message, also those that are gone.
func (r Reads) Copies(ctx context.Context, tenant storage.Tenant, message string) ([]Copy, error) {
	all, err := engine.All(ctx, r.c, copiesOf, ScanCopy, string(tenant), message)
	return all, doing("reading copies", err)
}

// Wanted are at most limit copies of an account whose flags people have changed and the server does not know of yet.
func (r Reads) Wanted(ctx context.Context, tenant storage.Tenant, account string, limit int) ([]Copy, error) {
	all, err := engine.All(ctx, r.c, wanted, ScanCopy, string(tenant), account, int64(limit))
	return all, doing("reading wanted flags", err)
}

// SetFlags stores what the server says of a copy.
func (tx *Tx) SetFlags(tenant storage.Tenant, id string, flags Flags, keywords []string, modseq uint64) error {
	f := int64(flags)
	// The right sides of an UPDATE see the row as it was: what is wanted and has come true changes nothing in what is shown.
	return tx.one("storing flags", setFlags, f, keywordsText(keywords), int64(modseq), f, f, f, string(tenant), id)
}

// Want stores that a person wants flags added and removed. The last wish wins; what is shown changes at once. A copy that is gone is [storage.ErrNotFound].
func (tx *Tx) Want(tenant storage.Tenant, id string, add, remove Flags) error {
	a, r := int64(add&^remove), int64(remove)
	return tx.one("storing wanted flags", want, r, a, a, r, a, r, string(tenant), id)
}

// WantDone stores the flags that the server answered after a change. Wishes that have come true are over; those that were made meanwhile, or that it refused, stay.
func (tx *Tx) WantDone(tenant storage.Tenant, id string, flags Flags) error {
	f := int64(flags)
	return tx.one("storing flags", wantDone, f, f, f, f, string(tenant), id)
}

// KeepWhole stores that the bytes of a copy are kept, of which only the text was. One that somebody kept meanwhile is no error.
func (tx *Tx) KeepWhole(c *Copy, raw storage.Digest, size int64) error {
	n, err := tx.exec(keepWhole, raw[:], size, string(c.Tenant), c.ID, digestBytes(&c.Raw))
	if err == nil && n > 0 {
		refs := blobRefs{}
		refs.add(c.Raw, -1)
		refs.add(raw, 1)
		err = tx.countBlobs(string(c.Tenant), refs)
	}
	return doing("keeping a mail whole", err)
}

// CopyGone marks a copy that the server has no longer. One that is gone already is no error; one that was never there is [storage.ErrNotFound].
func (tx *Tx) CopyGone(tenant storage.Tenant, id string) error {
	mailbox, ok, err := engine.One(tx.ctx, tx.c, copyGone, engine.Value[string], micros(tx.Now()), string(tenant), id)
	if err == nil && !ok {
		_, err = tx.Copy(tx.ctx, tenant, id)
		return err
	}
	if err == nil {
		err = tx.addTotal(string(tenant), mailbox, -1)
	}
	return doing("marking a copy as gone", err)
}

// errTwoTenants is a defect of a caller.
var errTwoTenants = errors.New("mails of two tenants in one batch")
