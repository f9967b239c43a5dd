package store

import (
	"crypto/sha256"
	"slices"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

// A conversation is found by the Message-IDs that its mails have and name (Message-ID, In-Reply-To, References), in whatever order they arrive: each id belongs to one thread, whether its mail is here or not. A mail whose ids belong to
// several threads makes them one; the oldest id wins, and thread_merges keeps the way from the others. The subject plays no part.
//
// Whoever writes References can join conversations; a thread therefore never links by itself (law 6). To dissolve a thread of more than maxMerge messages would cost too much and is not done.

const (
	maxMerge     = 1000
	maxThreadIDs = 24 // of one mail: its own, what it answers, the first and the newest references

	threadsOf     engine.SQL = `SELECT hash, thread FROM @thread_ids WHERE tenant = ? AND hash IN {list}`
	mergesOf      engine.SQL = `SELECT thread, into_thread FROM @thread_merges WHERE tenant = ? AND thread IN {list}`
	insertThreads engine.SQL = `INSERT INTO @thread_ids (tenant, hash, thread) VALUES {rows} ON CONFLICT DO NOTHING`
	insertMerge   engine.SQL = `INSERT INTO @thread_merges (tenant, thread, into_thread) VALUES {rows} ON CONFLICT DO NOTHING`
	followMerge   engine.SQL = `UPDATE @thread_merges SET into_thread = ? WHERE tenant = ? AND into_thread = ?`
	mergeMessages engine.SQL = `UPDATE @messages SET thread = ? WHERE tenant = ? AND id IN {list}`
)

type idHash [16]byte

// threads are the conversations that the mails of a batch belong to.
type threads struct {
	b      *batch
	known  map[idHash]string // Message-ID -> thread
	merged map[string]string // thread -> what it is part of now
	fresh  []any             // rows of new ids
	merges [][2]string       // of this batch, in order: from, into
}

// threadIDs are the Message-IDs that a mail has and names, its own first.
func (a *arriving) threadIDs() []idHash {
	m := &a.in.Message
	var all []idHash
	add := func(id string) {
		if id == "" || len(all) == maxThreadIDs {
			return
		}
		sum := sha256.Sum256([]byte(id))
		h := idHash(sum[:16])
		if !slices.Contains(all, h) {
			all = append(all, h)
		}
	}
	add(m.MessageID)
	add(m.InReplyTo)
	for _, id := range a.in.Thread[:min(len(a.in.Thread), 5)] {
		add(id)
	}
	for _, id := range endsOf(m.References, maxThreadIDs-2) {
		add(id)
	}
	return all
}

func (t *threads) look(b *batch) error {
	t.b, t.known, t.merged = b, make(map[idHash]string), make(map[string]string)
	var hashes []any
	seen := make(map[idHash]bool)
	for _, a := range b.mails {
		for _, h := range a.threadIDs() {
			if !seen[h] {
				seen[h] = true
				hashes = append(hashes, slices.Clone(h[:]))
			}
		}
	}
	var found []string
	err := engine.Chunks(hashes, engine.MaxIn, func(hashes []any) error {
		return engine.Each(b.tx.ctx, b.tx.c, threadsOf, func(s engine.Scanner) error {
			var hash []byte
			var thread string
			if err := s.Scan(&hash, &thread); err != nil {
				return err
			}
			var h idHash
			copy(h[:], hash)
			t.known[h] = thread
			found = append(found, thread)
			return nil
		}, b.tenant, engine.In(hashes))
	})
	if err != nil {
		return err
	}
	slices.Sort(found)
	return engine.Chunks(slices.Compact(found), engine.MaxIn, func(found []string) error {
		return engine.Each(b.tx.ctx, b.tx.c, mergesOf, func(s engine.Scanner) error {
			var thread, into string
			err := s.Scan(&thread, &into)
			t.merged[thread] = into
			return err
		}, b.tenant, engine.Strings(found))
	})
}

// root follows merges.
func (t *threads) root(thread string) string {
	for range 64 {
		into, ok := t.merged[thread]
		if !ok {
			return thread
		}
		thread = into
	}
	return thread
}

// register finds the thread of a mail's message and notes the ids that belong to it.
func (t *threads) register(a *arriving) {
	ids := a.threadIDs()
	var roots []string
	add := func(thread string) {
		if root := t.root(thread); !slices.Contains(roots, root) {
			roots = append(roots, root)
		}
	}
	if a.row.thread != "" {
		add(a.row.thread)
	}
	for _, h := range ids {
		if thread, ok := t.known[h]; ok {
			add(thread)
		}
	}
	if len(roots) == 0 {
		roots = []string{a.row.id}
	}
	slices.Sort(roots)
	into := roots[0]
	for _, from := range roots[1:] {
		t.merged[from] = into
		t.merges = append(t.merges, [2]string{from, into})
	}
	a.row.thread = into
	for _, h := range ids {
		if _, ok := t.known[h]; !ok {
			t.known[h] = into
			t.fresh = append(t.fresh, t.b.tenant, slices.Clone(h[:]), into)
		}
	}
}

// write stores new ids and merges. It runs after the new messages are there.
func (t *threads) write() error {
	tx, tenant := t.b.tx, t.b.tenant
	if err := tx.insert(insertThreads, 3, t.fresh); err != nil {
		return err
	}
	for _, m := range t.merges {
		from, into := m[0], m[1]
		members, err := tx.MessagesByThread(tx.ctx, storage.Tenant(tenant), from, "", maxMerge+1)
		if err != nil {
			return err
		}
		if len(members) > maxMerge {
			continue
		}
		if len(members) > 0 {
			if _, err := tx.exec(mergeMessages, into, tenant, engine.Strings(members)); err != nil {
				return err
			}
		}
		if err := tx.insert(insertMerge, 3, []any{tenant, from, into}); err != nil {
			return err
		}
		if _, err := tx.exec(followMerge, into, tenant, from); err != nil {
			return err
		}
	}
	return nil
}
