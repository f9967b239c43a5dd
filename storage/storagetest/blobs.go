package storagetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"slices"
	"sync/atomic"

	"github.com/mailcrm/sdk/storage"
)

func blobChecks() []Check {
	return []Check{
		{
			Power: "Blobs", Name: "what was put comes back", run: blobRoundTrip,
			Says: "Put reads Content to its end and stores it under its SHA-256. Open returns it.",
		},
		{
			Power: "Blobs", Name: "bytes that are there", run: blobExisting,
			Says: "Bytes already there are not written again, which is no error.",
		},
		{
			Power: "Blobs", Name: "ranges", run: blobRanges,
			Says: "Open returns bytes from Offset, at most Length of them (all when Length is negative). Size is that of the whole blob.",
		},
		{
			Power: "Blobs", Name: "not found", run: blobMissing,
			Says: "What is not there is ErrNotFound.",
		},
		{
			Power: "Blobs", Name: "whole or not at all", run: blobWhole,
			Says: "The bytes appear whole or not at all: when Content fails, or when it is not of Size bytes, nothing is stored.",
		},
		{
			Power: "Blobs", Name: "delete", run: blobDelete,
			Says: "Delete removes bytes; what is not there is no error.",
		},
		{
			Power: "Blobs", Name: "list", run: blobList,
			Says: "List returns a page of blobs in the order of their hash. The page after the last is empty.",
		},
		{
			Power: "Blobs", Name: "tenants do not cross", run: blobTenants, needs: []need{needTenants},
			Says: "Nothing is shared, counted or searched across tenants.",
		},
		{
			Power: "Blobs", Name: "the same bytes at once", run: blobAtOnce,
			Says: "Methods are called from several goroutines at once.",
		},
		{
			Power: "Blobs", Name: "honours its context", run: blobCancelled,
			Says: "When the context ends they return soon, with its error.",
		},
	}
}

// put stores content and checks what is said of it.
func (b *bench) put(ctx context.Context, tenant storage.Tenant, content []byte, size int64) storage.PutBlobResult {
	result, err := b.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: tenant, Content: bytes.NewReader(content), Size: size})
	if !b.ok(err, "putting %d bytes", len(content)) {
		return result
	}
	if result.Digest != sha256.Sum256(content) || result.Size != int64(len(content)) {
		b.errorf("putting %d bytes: got digest %x and size %d", len(content), result.Digest, result.Size)
	}
	return result
}

// holds checks that content is stored, and comes back.
func (b *bench) holds(ctx context.Context, tenant storage.Tenant, content []byte) {
	b.reads(ctx, storage.OpenBlobRequest{Tenant: tenant, Digest: sha256.Sum256(content), Length: -1}, content, int64(len(content)))
}

// reads opens and compares.
func (b *bench) reads(ctx context.Context, req storage.OpenBlobRequest, want []byte, size int64) {
	result, err := b.Blobs.Open(ctx, req)
	if !b.ok(err, "opening from %d, length %d", req.Offset, req.Length) {
		return
	}
	got, err := readAll(result.Content, int64(len(want))+1)
	b.ok(err, "reading from %d, length %d", req.Offset, req.Length)
	if !bytes.Equal(got, want) {
		b.errorf("opening from %d, length %d: got %d bytes that are not the %d put", req.Offset, req.Length, len(got), len(want))
	}
	if result.Size != size {
		b.errorf("opening from %d, length %d: Size %d, want that of the whole, %d", req.Offset, req.Length, result.Size, size)
	}
}

// lacks checks that content is not stored.
func (b *bench) lacks(ctx context.Context, tenant storage.Tenant, content []byte) {
	result, err := b.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: tenant, Digest: sha256.Sum256(content), Length: -1})
	b.fails(err, "opening what is not there", storage.ErrNotFound)
	if err == nil {
		_ = result.Content.Close()
	}
}

// listed is every blob of a tenant, read in pages of limit.
func (b *bench) listed(ctx context.Context, tenant storage.Tenant, limit int) []storage.BlobInfo {
	var all []storage.BlobInfo
	var after storage.Digest
	for range 1000 {
		result, err := b.Blobs.List(ctx, storage.ListBlobsRequest{Tenant: tenant, After: after, Limit: limit})
		if !b.ok(err, "listing blobs") || len(result.Blobs) == 0 {
			return all
		}
		if len(result.Blobs) > limit {
			b.errorf("a page of at most %d has %d blobs", limit, len(result.Blobs))
		}
		for _, blob := range result.Blobs {
			if bytes.Compare(blob.Digest[:], after[:]) <= 0 && after != (storage.Digest{}) {
				b.errorf("blobs are not listed in the order of their hash")
				return all
			}
			after = blob.Digest
		}
		all = append(all, result.Blobs...)
	}
	b.errorf("listing blobs does not come to an end")
	return all
}

func (b *bench) expectListed(ctx context.Context, tenant storage.Tenant, contents ...[]byte) {
	var want []storage.Digest
	for _, content := range contents {
		want = append(want, sha256.Sum256(content))
	}
	slices.SortFunc(want, func(x, y storage.Digest) int { return bytes.Compare(x[:], y[:]) })
	var got []storage.Digest
	for _, blob := range b.listed(ctx, tenant, storage.MaxPage) {
		got = append(got, blob.Digest)
	}
	if !slices.Equal(got, want) {
		b.errorf("%d blobs are listed, want the %d that were put", len(got), len(want))
	}
}

func blobRoundTrip(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	var all [][]byte
	for i, n := range []int{0, 1, 8191, 64 << 10, 1<<20 + 1} {
		content := noise(n, byte(i))
		all = append(all, content)
		size := int64(n)
		if i%2 == 1 {
			size = -1
		}
		if b.put(ctx, tenant, content, size).Existed {
			b.errorf("%d new bytes are said to exist", n)
		}
		b.holds(ctx, tenant, content)
	}
	slow := noise(5000, 99)
	result, err := b.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: tenant, Content: dribbling(slow), Size: -1})
	if b.ok(err, "putting from a slow reader") && result.Digest != sha256.Sum256(slow) {
		b.errorf("putting from a reader that gives one byte a time: another digest")
	}
	b.holds(ctx, tenant, slow)
	b.expectListed(ctx, tenant, append(all, slow)...)
}

func blobExisting(ctx context.Context, b *bench) {
	tenant, content := b.tenants[0], noise(10000, 1)
	b.put(ctx, tenant, content, -1)
	if !b.put(ctx, tenant, content, int64(len(content))).Existed {
		b.errorf("bytes that were put before are not said to exist")
	}
	b.holds(ctx, tenant, content)
	b.expectListed(ctx, tenant, content)
}

func blobRanges(ctx context.Context, b *bench) {
	tenant, content := b.tenants[0], noise(10000, 2)
	digest := b.put(ctx, tenant, content, -1).Digest
	for _, r := range []struct{ offset, length, from, to int64 }{
		{0, -1, 0, 10000},
		{0, 0, 0, 0},
		{0, 1, 0, 1},
		{0, 10000, 0, 10000},
		{0, 99999, 0, 10000},
		{1, -1, 1, 10000},
		{5000, 100, 5000, 5100},
		{9999, -1, 9999, 10000},
		{9999, 5, 9999, 10000},
		{10000, -1, 10000, 10000},
		{10000, 5, 10000, 10000},
		{10001, -1, 10000, 10000},
		{1 << 40, 5, 10000, 10000},
	} {
		b.reads(ctx, storage.OpenBlobRequest{Tenant: tenant, Digest: digest, Offset: r.offset, Length: r.length}, content[r.from:r.to], 10000)
	}
	_, err := b.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: tenant, Digest: digest, Offset: -1, Length: -1})
	b.fails(err, "opening from a negative offset", storage.ErrInvalid)
}

func blobMissing(ctx context.Context, b *bench) {
	b.lacks(ctx, b.tenants[0], noise(10, 3))
	b.put(ctx, b.tenants[0], noise(10, 4), -1)
	b.lacks(ctx, b.tenants[0], noise(10, 3))
}

func blobWhole(ctx context.Context, b *bench) {
	tenant, content := b.tenants[0], noise(300<<10, 5)
	half := content[:150<<10]
	for _, test := range []struct {
		doing   string
		content io.Reader
		size    int64
	}{
		{"putting content that fails at once", failing(nil), -1},
		{"putting content that fails half-way", failing(half), -1},
		{"putting content that fails half-way, of known size", failing(half), int64(len(content))},
		{"putting content that fails behind its last byte", failing(content), int64(len(content))},
		{"putting content that is shorter than its size", bytes.NewReader(half), int64(len(content))},
		{"putting content that is longer than its size", bytes.NewReader(content), int64(len(half))},
		{"putting content where nothing was announced", bytes.NewReader(content), 0},
		{"putting nothing where content was announced", bytes.NewReader(nil), 1},
	} {
		_, err := b.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: tenant, Content: test.content, Size: test.size})
		b.fails(err, test.doing)
		for _, part := range [][]byte{nil, half, content, content[:1]} {
			b.lacks(ctx, tenant, part)
		}
		b.expectListed(ctx, tenant)
	}
	b.put(ctx, tenant, content, int64(len(content)))
	b.holds(ctx, tenant, content)
}

func blobDelete(ctx context.Context, b *bench) {
	tenant, gone, stays := b.tenants[0], noise(100, 6), noise(100, 7)
	digest := b.put(ctx, tenant, gone, -1).Digest
	b.put(ctx, tenant, stays, -1)
	for range 2 {
		_, err := b.Blobs.Delete(ctx, storage.DeleteBlobRequest{Tenant: tenant, Digest: digest})
		b.ok(err, "deleting")
		b.lacks(ctx, tenant, gone)
	}
	b.holds(ctx, tenant, stays)
	b.expectListed(ctx, tenant, stays)
	if b.put(ctx, tenant, gone, -1).Existed {
		b.errorf("deleted bytes are said to exist when they are put again")
	}
	b.holds(ctx, tenant, gone)
}

func blobList(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	var contents [][]byte
	sizes := make(map[storage.Digest]int64)
	for i := range 30 {
		content := noise(10+i, byte(i))
		contents = append(contents, content)
		sizes[b.put(ctx, tenant, content, -1).Digest] = int64(len(content))
	}
	b.expectListed(ctx, tenant, contents...)
	for _, limit := range []int{1, 7, 30} {
		all := b.listed(ctx, tenant, limit)
		if len(all) != len(contents) {
			b.errorf("in pages of %d, %d of %d blobs are listed", limit, len(all), len(contents))
		}
		for _, blob := range all {
			if size, known := sizes[blob.Digest]; !known || size != blob.Size {
				b.errorf("a blob is listed with %d bytes, it has %d", blob.Size, size)
			}
			if blob.Stored.IsZero() {
				b.errorf("a blob is listed without the time when it was stored")
			}
		}
	}
	// After need not be a blob that is still there.
	var after storage.Digest
	for i := range after {
		after[i] = 0x7f
	}
	result, err := b.Blobs.List(ctx, storage.ListBlobsRequest{Tenant: tenant, After: after, Limit: storage.MaxPage})
	if b.ok(err, "listing blobs") {
		want := 0
		for digest := range sizes {
			if bytes.Compare(digest[:], after[:]) > 0 {
				want++
			}
		}
		if len(result.Blobs) != want {
			b.errorf("%d blobs are listed after a hash that is none, want %d", len(result.Blobs), want)
		}
	}
}

func blobTenants(ctx context.Context, b *bench) {
	content, own := noise(500, 8), noise(500, 9)
	north, south := b.tenants[0], b.tenants[1]
	digest := b.put(ctx, north, content, -1).Digest
	b.put(ctx, north, own, -1)
	b.lacks(ctx, south, content)
	b.expectListed(ctx, south)
	if b.put(ctx, south, content, -1).Existed {
		b.errorf("bytes of one tenant are said to exist in another")
	}
	b.expectListed(ctx, south, content)
	_, err := b.Blobs.Delete(ctx, storage.DeleteBlobRequest{Tenant: south, Digest: digest})
	b.ok(err, "deleting")
	b.lacks(ctx, south, content)
	b.holds(ctx, north, content)
	b.expectListed(ctx, north, content, own)
}

func blobAtOnce(ctx context.Context, b *bench) {
	content := noise(200<<10, 10)
	var all [][]byte
	for i := range 4 {
		all = append(all, noise(1000, byte(20+i)))
	}
	var fresh atomic.Int64
	b.atOnce(16, func(i int) {
		tenant := b.tenants[i%len(b.tenants)]
		if !b.put(ctx, tenant, content, -1).Existed {
			fresh.Add(1)
		}
		b.holds(ctx, tenant, content)
		b.put(ctx, tenant, all[i%len(all)], -1)
		b.put(ctx, tenant, all[(i+1)%len(all)], -1)
	})
	if fresh.Load() < int64(len(b.tenants)) {
		b.errorf("new bytes were put in %d tenants, and said to be new %d times", len(b.tenants), fresh.Load())
	}
	for _, tenant := range b.tenants {
		b.expectListed(ctx, tenant, append(all, content)...)
		b.holds(ctx, tenant, content)
	}
}

func blobCancelled(ctx context.Context, b *bench) {
	tenant, content := b.tenants[0], noise(100, 11)
	digest := b.put(ctx, tenant, content, -1).Digest
	late := noise(100, 12)
	for doing, fn := range map[string]func(ctx context.Context) error{
		"putting": func(ctx context.Context) error {
			_, err := b.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: tenant, Content: bytes.NewReader(late), Size: -1})
			return err
		},
		"opening": func(ctx context.Context) error {
			result, err := b.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: tenant, Digest: digest, Length: -1})
			if err == nil { // as with some drivers, who reads learns it
				_, err = readAll(result.Content, 1000)
			}
			return err
		},
		"deleting": func(ctx context.Context) error {
			_, err := b.Blobs.Delete(ctx, storage.DeleteBlobRequest{Tenant: tenant, Digest: digest})
			return err
		},
		"listing": func(ctx context.Context) error {
			_, err := b.Blobs.List(ctx, storage.ListBlobsRequest{Tenant: tenant, Limit: 1})
			return err
		},
	} {
		b.cancelled(ctx, doing, fn)
	}
	half, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err := b.Blobs.Put(half, storage.PutBlobRequest{Tenant: tenant, Content: cancelling(cancel, 64<<20), Size: -1})
	b.fails(err, "putting with a context that ends half-way", context.Canceled)
	b.expectListed(ctx, tenant, content)
	b.holds(ctx, tenant, content)
}
