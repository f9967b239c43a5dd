package storagetest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A table is a History with a fault for each flag.
type table struct {
	mu   sync.Mutex
	rows map[rowKey]row
	gaps map[rowKey]*gap // between reading and writing

	insertOnly, lastWins, noTombstones, missingIsError, showsDeleted, inclusive bool
	oneTenant, keepsSlices, noContext, loses, leaps                             bool
}

type rowKey struct {
	tenant storage.Tenant
	id     string
}

type row struct {
	entry    storage.Entry
	revision int64
	deleted  bool
}

func (h *table) key(tenant storage.Tenant, id string) rowKey {
	if h.oneTenant {
		tenant = ""
	}
	return rowKey{tenant, id}
}

func (h *table) entry(tenant storage.Tenant, id string) (storage.Entry, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, found := h.rows[h.key(tenant, id)]
	return r.entry, found && !r.deleted
}

func (h *table) change(ctx context.Context, key rowKey, now row) error {
	if err := ctx.Err(); err != nil && !h.noContext {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	seen, found := h.rows[key]
	if h.leaps {
		h.leap(key, now.revision)
	}
	if found && (now.revision <= seen.revision && !h.lastWins || h.insertOnly) {
		return nil
	}
	if h.rows == nil {
		h.rows = make(map[rowKey]row)
	}
	if now.deleted && h.noTombstones {
		delete(h.rows, key)
		return nil
	}
	h.rows[key] = now
	return nil
}

// leap is the moment between reading and writing, as bad luck has it: another revision has read when the last one writes, and writes after it.
func (h *table) leap(key rowKey, revision int64) {
	const last = 16 // of the check
	if h.gaps == nil {
		h.gaps = make(map[rowKey]*gap)
	}
	if h.gaps[key] == nil {
		h.gaps[key] = newGap()
	}
	g := h.gaps[key]
	h.mu.Unlock()
	defer h.mu.Lock()
	if revision == last {
		g.wait(g.read)
		time.AfterFunc(time.Millisecond, func() { g.close(g.written) })
		return
	}
	g.close(g.read)
	g.wait(g.written)
}

func (h *table) Put(ctx context.Context, req storage.PutEntryRequest) (storage.PutEntryResult, error) {
	if !h.keepsSlices {
		req.Entry.To = slices.Clone(req.Entry.To)
	}
	if h.loses {
		req.Entry.Text, _, _ = strings.Cut(req.Entry.Text, "\n")
	}
	return storage.PutEntryResult{}, h.change(ctx, h.key(req.Tenant, req.Entry.ID), row{entry: req.Entry, revision: req.Revision})
}

func (h *table) Delete(ctx context.Context, req storage.DeleteEntryRequest) (storage.DeleteEntryResult, error) {
	if _, found := h.entry(req.Tenant, req.ID); !found && h.missingIsError {
		return storage.DeleteEntryResult{}, storage.ErrNotFound
	}
	return storage.DeleteEntryResult{}, h.change(ctx, h.key(req.Tenant, req.ID), row{revision: req.Revision, deleted: true})
}

func (h *table) List(ctx context.Context, req storage.ListEntriesRequest) (storage.ListEntriesResult, error) {
	var result storage.ListEntriesResult
	if err := ctx.Err(); err != nil && !h.noContext {
		return result, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	byID := func(a, b rowKey) int { return strings.Compare(a.id, b.id) }
	for _, key := range slices.SortedFunc(maps.Keys(h.rows), byID) {
		if key.tenant != h.key(req.Tenant, "").tenant || h.rows[key].deleted && !h.showsDeleted || key.id <= req.After && (!h.inclusive || key.id < req.After) || len(result.Entries) == req.Limit {
			continue
		}
		result.Entries = append(result.Entries, storage.EntryRevision{ID: key.id, Revision: h.rows[key].revision})
	}
	return result, nil
}

func historyMutants() []mutant {
	with := func(check, name string, set func(*table)) mutant {
		return mutant{"History/" + check, name, func(w *world) { set(w.Host.History.(*table)) }}
	}
	return []mutant{
		with("keeps entries", "inserts only", func(h *table) { h.insertOnly = true }),
		with("keeps what they say", "keeps the first line", func(h *table) { h.loses = true }),
		with("drops old revisions", "lets the last call win", func(h *table) { h.lastWins = true }),
		with("drops old revisions after a delete", "forgets what was deleted", func(h *table) { h.noTombstones = true }),
		with("delete", "calls a missing entry an error", func(h *table) { h.missingIsError = true }),
		with("list", "shows deleted entries", func(h *table) { h.showsDeleted = true }),
		with("list", "begins with the last entry of the page before", func(h *table) { h.inclusive = true }),
		with("revisions in any order at once", "looks, then leaps", func(h *table) { h.leaps = true }),
		with("tenants do not cross", "has one tenant", func(h *table) { h.oneTenant = true }),
		with("what is passed in is not kept", "keeps what is passed in", func(h *table) { h.keepsSlices = true }),
		with("honours its context", "ignores its context", func(h *table) { h.noContext = true }),
	}
}

// A bucket is a Blobs with a fault for each flag.
type bucket struct {
	mu    sync.Mutex
	blobs map[blobKey][]byte
	busy  *busy

	needsSize, neverExisted, noRange, sizeOfRange, strictRange, otherError, keepsHalf, noSize bool
	missingIsError, unordered, inclusive, oneTenant, noContext, noStored, lateContext         bool
}

type blobKey struct {
	tenant storage.Tenant
	digest storage.Digest
}

func (b *bucket) key(tenant storage.Tenant, digest storage.Digest) blobKey {
	if b.oneTenant {
		tenant = ""
	}
	return blobKey{tenant, digest}
}

func (b *bucket) Put(ctx context.Context, req storage.PutBlobRequest) (storage.PutBlobResult, error) {
	if b.busy != nil {
		leave, err := b.busy.enter()
		if err != nil {
			return storage.PutBlobResult{}, err
		}
		defer leave()
	}
	if b.needsSize {
		req.Content = io.LimitReader(req.Content, max(req.Size, 0))
	}
	var content []byte
	var err error
	buffer := make([]byte, 32<<10)
	for err == nil {
		if ctx.Err() != nil && !b.noContext && (!b.lateContext || len(content) == 0) {
			return storage.PutBlobResult{}, ctx.Err()
		}
		var n int
		n, err = req.Content.Read(buffer)
		content = append(content, buffer[:n]...)
	}
	if err != io.EOF && !b.keepsHalf {
		return storage.PutBlobResult{}, err
	}
	if req.Size >= 0 && int64(len(content)) != req.Size && !b.noSize {
		return storage.PutBlobResult{}, storage.ErrInvalid
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.blobs == nil {
		b.blobs = make(map[blobKey][]byte)
	}
	digest := storage.Digest(sha256.Sum256(content))
	_, existed := b.blobs[b.key(req.Tenant, digest)]
	b.blobs[b.key(req.Tenant, digest)] = content
	if err == io.EOF {
		err = nil
	}
	return storage.PutBlobResult{Digest: digest, Size: int64(len(content)), Existed: existed && !b.neverExisted}, err
}

func (b *bucket) Open(ctx context.Context, req storage.OpenBlobRequest) (storage.OpenBlobResult, error) {
	if err := ctx.Err(); err != nil && !b.noContext {
		return storage.OpenBlobResult{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	content, found := b.blobs[b.key(req.Tenant, req.Digest)]
	switch {
	case !found && b.otherError:
		return storage.OpenBlobResult{}, errors.New("NoSuchKey")
	case !found:
		return storage.OpenBlobResult{}, storage.ErrNotFound
	case req.Offset < 0, b.strictRange && req.Offset >= int64(len(content)):
		return storage.OpenBlobResult{}, storage.ErrInvalid
	}
	size := int64(len(content))
	content = content[min(req.Offset, size):]
	if req.Length >= 0 && !b.noRange {
		content = content[:min(req.Length, int64(len(content)))]
	}
	if b.sizeOfRange {
		size = int64(len(content))
	}
	return storage.OpenBlobResult{Content: io.NopCloser(bytes.NewReader(content)), Size: size}, nil
}

func (b *bucket) Delete(ctx context.Context, req storage.DeleteBlobRequest) (storage.DeleteBlobResult, error) {
	if err := ctx.Err(); err != nil && !b.noContext {
		return storage.DeleteBlobResult{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, found := b.blobs[b.key(req.Tenant, req.Digest)]; !found && b.missingIsError {
		return storage.DeleteBlobResult{}, storage.ErrNotFound
	}
	delete(b.blobs, b.key(req.Tenant, req.Digest))
	return storage.DeleteBlobResult{}, nil
}

func (b *bucket) List(ctx context.Context, req storage.ListBlobsRequest) (storage.ListBlobsResult, error) {
	var result storage.ListBlobsResult
	if err := ctx.Err(); err != nil && !b.noContext {
		return result, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	keys := slices.SortedFunc(maps.Keys(b.blobs), func(x, y blobKey) int { return bytes.Compare(x.digest[:], y.digest[:]) })
	if b.unordered {
		slices.Reverse(keys)
	}
	for _, key := range keys {
		c := bytes.Compare(key.digest[:], req.After[:])
		if key.tenant != b.key(req.Tenant, key.digest).tenant || req.After != (storage.Digest{}) && (c < 0 || c == 0 && !b.inclusive) || len(result.Blobs) == req.Limit {
			continue
		}
		info := storage.BlobInfo{Digest: key.digest, Size: int64(len(b.blobs[key])), Stored: time.Now()}
		if b.noStored {
			info.Stored = time.Time{}
		}
		result.Blobs = append(result.Blobs, info)
	}
	return result, nil
}

func blobMutants() []mutant {
	with := func(check, name string, set func(*bucket)) mutant {
		return mutant{"Blobs/" + check, name, func(w *world) { set(w.Blobs.(*bucket)) }}
	}
	return []mutant{
		with("what was put comes back", "needs a size", func(b *bucket) { b.needsSize = true }),
		with("bytes that are there", "never says Existed", func(b *bucket) { b.neverExisted = true }),
		with("ranges", "ignores Length", func(b *bucket) { b.noRange = true }),
		with("ranges", "tells the size of the range", func(b *bucket) { b.sizeOfRange = true }),
		with("ranges", "refuses to read at the end", func(b *bucket) { b.strictRange = true }),
		with("not found", "fails in another way", func(b *bucket) { b.otherError = true }),
		with("whole or not at all", "keeps what it got", func(b *bucket) { b.keepsHalf = true }),
		with("whole or not at all", "does not look at the size", func(b *bucket) { b.noSize = true }),
		with("delete", "calls missing bytes an error", func(b *bucket) { b.missingIsError = true }),
		with("list", "lists in any order", func(b *bucket) { b.unordered = true }),
		with("list", "begins with the last one of the page before", func(b *bucket) { b.inclusive = true }),
		with("list", "does not know when", func(b *bucket) { b.noStored = true }),
		with("tenants do not cross", "stores the same bytes once for all", func(b *bucket) { b.oneTenant = true }),
		with("the same bytes at once", "has one connection", func(b *bucket) { b.busy = newBusy() }),
		with("honours its context", "ignores its context", func(b *bucket) { b.noContext = true }),
		with("honours its context", "looks at its context at the beginning", func(b *bucket) { b.lateContext = true }),
	}
}
