package store

import (
	"bytes"
	"slices"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const (
	countBlobs engine.SQL = `INSERT INTO @blobs (tenant, digest, refs, since) VALUES {rows}
		ON CONFLICT (tenant, digest) DO UPDATE SET refs = blobs.refs + excluded.refs, since = excluded.since`
	blobsUnreferenced engine.SQL = `SELECT digest FROM @blobs WHERE tenant = ? AND refs <= 0 AND since < ? ORDER BY since LIMIT ?`
	forgetBlobs       engine.SQL = `DELETE FROM @blobs WHERE tenant = ? AND digest IN {list}`
)

// blobRefs are changes of how often bytes are referred to: by copies, submissions and drafts.
type blobRefs map[storage.Digest]int64

func (r blobRefs) add(d storage.Digest, n int64) {
	if d != (storage.Digest{}) {
		r[d] += n
	}
}

// countBlobs writes changes down, always in the same order, so that two transactions that meet wait for each other rather than forever.
func (tx *Tx) countBlobs(tenant string, refs blobRefs) error {
	digests := make([]storage.Digest, 0, len(refs))
	for d, n := range refs {
		if n != 0 {
			digests = append(digests, d)
		}
	}
	slices.SortFunc(digests, func(a, b storage.Digest) int { return bytes.Compare(a[:], b[:]) })
	now := micros(tx.Now())
	values := make([]any, 0, 4*len(digests))
	for i := range digests {
		values = append(values, tenant, digests[i][:], refs[digests[i]], now)
	}
	return tx.insert(countBlobs, 4, values)
}

// Unreferenced forgets at most limit blobs that nothing has referred to since before, and returns them for their bytes to be deleted after the commit. Bytes are put before the row that
// refers to them is written, so before must lie well in the past (a day).
func (tx *Tx) Unreferenced(tenant storage.Tenant, before time.Time, limit int) ([]storage.Digest, error) {
	digests, err := engine.All(tx.ctx, tx.c, blobsUnreferenced, func(s engine.Scanner) (d storage.Digest, err error) {
		var b []byte
		err = s.Scan(&b)
		return asDigest(b), err
	}, string(tenant), micros(before), int64(limit))
	if err == nil {
		err = engine.Chunks(digests, engine.MaxIn, func(part []storage.Digest) error {
			in := make(engine.In, len(part))
			for i := range part {
				in[i] = part[i][:]
			}
			_, err := tx.exec(forgetBlobs, string(tenant), in)
			return err
		})
	}
	if err != nil {
		return nil, doing("forgetting blobs", err)
	}
	slices.SortFunc(digests, func(a, b storage.Digest) int { return bytes.Compare(a[:], b[:]) })
	return digests, nil
}

// asDigest reads a column of bytes; an empty one is the zero digest.
func asDigest(b []byte) (d storage.Digest) {
	copy(d[:], b)
	return d
}

// digestBytes is what is stored for d: nothing for the zero digest.
func digestBytes(d *storage.Digest) []byte {
	if *d == (storage.Digest{}) {
		return []byte{}
	}
	return d[:]
}

// notNil keeps "no bytes" from becoming NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// orNil makes both engines' "no bytes" nil.
func orNil(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}
