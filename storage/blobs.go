package storage

import (
	"context"
	"io"
	"time"
)

// Blobs keeps bytes by what they are: their SHA-256. It is not a power of the CRM but a place, given beside it: a folder (storage/blobfolder)
// or a bucket.
//
// A driver must be honest about durability: when Put returns, the bytes survive a power cut.
type Blobs interface {
	// Put reads Content to its end and stores it under its SHA-256. The bytes appear whole or not at all: when Content fails, when it is not
	// of Size bytes, or when the disk is full, nothing is stored and no temporary file stays. Bytes already there are not written again,
	// which is no error; the promise of durability holds for them all the same.
	Put(ctx context.Context, req PutBlobRequest) (PutBlobResult, error)

	// Open returns bytes from Offset, at most Length of them (all when Length is negative). The caller closes them. What is not there is [ErrNotFound].
	// An Offset at the end or past it reads nothing, which is no error; a negative one is [ErrInvalid].
	Open(ctx context.Context, req OpenBlobRequest) (OpenBlobResult, error)

	// Delete removes bytes; what is not there is no error.
	Delete(ctx context.Context, req DeleteBlobRequest) (DeleteBlobResult, error)

	// List returns a page of blobs in the order of their hash, to find what is missing and what nobody needs. The page after the last is empty.
	List(ctx context.Context, req ListBlobsRequest) (ListBlobsResult, error)
}

// A Digest is a SHA-256.
type Digest [32]byte

// A PutBlobRequest holds bytes to store.
type PutBlobRequest struct {
	Tenant  Tenant
	Content io.Reader
	Size    int64 // bytes; -1: unknown
}

// A PutBlobResult names what was stored.
type PutBlobResult struct {
	Digest  Digest
	Size    int64
	Existed bool // the bytes were there already
}

// An OpenBlobRequest names bytes.
type OpenBlobRequest struct {
	Tenant Tenant
	Digest Digest
	Offset int64
	Length int64 // negative: to the end
}

// An OpenBlobResult holds an open blob. Size is that of the whole blob.
type OpenBlobResult struct {
	Content io.ReadCloser
	Size    int64
}

// A DeleteBlobRequest names bytes to remove.
type DeleteBlobRequest struct {
	Tenant Tenant
	Digest Digest
}

// A DeleteBlobResult is empty.
type DeleteBlobResult struct{}

// A ListBlobsRequest asks for a page.
type ListBlobsRequest struct {
	Tenant Tenant
	After  Digest // zero: from the start
	Limit  int    // 1 to MaxPage
}

// A ListBlobsResult is a page.
type ListBlobsResult struct {
	Blobs []BlobInfo
}

// A BlobInfo describes one blob.
type BlobInfo struct {
	Digest Digest
	Size   int64
	Stored time.Time // when the bytes were put last
}
