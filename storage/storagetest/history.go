package storagetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mailcrm/sdk/storage"
)

func historyChecks() []Check {
	return []Check{
		{
			Power: "History", Name: "keeps entries", run: historyPut,
			Says: "Put makes or replaces the entry.",
		},
		{
			Power: "History", Name: "keeps what they say", run: historyContent, needs: []need{needEntry},
			Says: "Put makes or replaces the entry, with all that stands in it.",
		},
		{
			Power: "History", Name: "drops old revisions", run: historyOld,
			Says: "A driver that has seen a revision of an entry drops every call with the same or a smaller one.",
		},
		{
			Power: "History", Name: "drops old revisions after a delete", run: historyDeleted,
			Says: "A driver that has seen a revision of an entry drops every call with the same or a smaller one, also after a Delete.",
		},
		{
			Power: "History", Name: "delete", run: historyDelete,
			Says: "Delete removes the entry; one that is not there is no error.",
		},
		{
			Power: "History", Name: "list", run: historyList,
			Says: "List returns a page of ids and revisions in the order of ids, deleted ones left out.",
		},
		{
			Power: "History", Name: "revisions in any order at once", run: historyAtOnce,
			Says: "Methods are called from several goroutines at once; the largest revision stays.",
		},
		{
			Power: "History", Name: "tenants do not cross", run: historyTenants, needs: []need{needTenants},
			Says: "A driver never returns anything of another tenant.",
		},
		{
			Power: "History", Name: "what is passed in is not kept", run: historyOwnership, needs: []need{needEntry},
			Says: "What is returned belongs to the caller; what is passed in is not kept after the return, and not changed.",
		},
		{
			Power: "History", Name: "honours its context", run: historyCancelled,
			Says: "When the context ends they return soon, with its error.",
		},
	}
}

// entryAt is an entry whose words tell the revision.
func (b *bench) entryAt(tenant storage.Tenant, id string, revision int64) storage.Entry {
	return storage.Entry{
		ID: id, Entity: b.ref(tenant, "ann"), Message: "m-" + id, Direction: storage.Received, Date: time.Date(2026, 3, 1, 10, 30, 0, 0, time.UTC),
		Agent: Insider, Subject: fmt.Sprint("revision ", revision), From: "ann@acme.example", To: []string{"a@own.example", "b@own.example"},
		Text: "Bonjour,\n\nl'offre « 100 % » -- 'x'; \"y\" <b>\n", HasAttachments: true, Rule: "address", Confidence: "authenticated",
	}
}

func (b *bench) putEntry(ctx context.Context, tenant storage.Tenant, id string, revision int64) {
	_, err := b.Host.History.Put(ctx, storage.PutEntryRequest{Tenant: tenant, Entry: b.entryAt(tenant, id, revision), Revision: revision})
	b.ok(err, "putting revision %d of an entry", revision)
}

func (b *bench) deleteEntry(ctx context.Context, tenant storage.Tenant, id string, revision int64) {
	_, err := b.Host.History.Delete(ctx, storage.DeleteEntryRequest{Tenant: tenant, ID: id, Revision: revision})
	b.ok(err, "deleting revision %d of an entry", revision)
}

// entries is the whole history of a tenant, read in pages of limit.
func (b *bench) entries(ctx context.Context, tenant storage.Tenant, limit int) []storage.EntryRevision {
	var all []storage.EntryRevision
	after := ""
	for range 1000 {
		result, err := b.Host.History.List(ctx, storage.ListEntriesRequest{Tenant: tenant, After: after, Limit: limit})
		if !b.ok(err, "listing entries") || len(result.Entries) == 0 {
			return all
		}
		if len(result.Entries) > limit {
			b.errorf("a page of at most %d has %d entries", limit, len(result.Entries))
		}
		for _, e := range result.Entries {
			if e.ID <= after {
				b.errorf("entries are not listed in the order of ids: %q after %q", e.ID, after)
				return all
			}
			after = e.ID
		}
		all = append(all, result.Entries...)
	}
	b.errorf("listing entries does not come to an end")
	return all
}

// expectEntries compares the history of a tenant with revisions by id, and what the entries say, if that can be read.
func (b *bench) expectEntries(ctx context.Context, tenant storage.Tenant, want map[string]int64) {
	got := make(map[string]int64)
	for _, e := range b.entries(ctx, tenant, storage.MaxPage) {
		got[e.ID] = e.Revision
	}
	for id, revision := range want {
		if got[id] != revision {
			b.errorf("entry %s is held at revision %d, want %d (0: not there)", id, got[id], revision)
		}
		if b.Entry == nil {
			continue
		}
		entry, found, err := b.Entry(ctx, tenant, id)
		if b.ok(err, "reading an entry") && (!found || entry.Subject != fmt.Sprint("revision ", revision)) {
			b.errorf("entry %s says %q, want revision %d", id, entry.Subject, revision)
		}
	}
	for id := range got {
		if _, wanted := want[id]; !wanted {
			b.errorf("entry %s is there, and should not be", id)
		}
	}
}

func historyPut(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	b.putEntry(ctx, tenant, "e1", 1)
	b.putEntry(ctx, tenant, "e2", 7)
	b.expectEntries(ctx, tenant, map[string]int64{"e1": 1, "e2": 7})
	b.putEntry(ctx, tenant, "e1", 2)
	b.expectEntries(ctx, tenant, map[string]int64{"e1": 2, "e2": 7})
}

func historyContent(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	withheld := storage.Entry{ID: "e2", Entity: b.ref(tenant, "acme"), Message: "m2", Direction: storage.Sent, Date: time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), Agent: Insider, Withheld: true, Public: true}
	for _, want := range []storage.Entry{b.entryAt(tenant, "e1", 1), withheld} {
		_, err := b.Host.History.Put(ctx, storage.PutEntryRequest{Tenant: tenant, Entry: want, Revision: 1})
		b.ok(err, "putting an entry")
		got, found, err := b.Entry(ctx, tenant, want.ID)
		if !b.ok(err, "reading an entry") || !found {
			b.errorf("an entry that was put is not there")
			continue
		}
		sameTo, sameDate := slices.Equal(got.To, want.To), got.Date.Equal(want.Date)
		got.To, got.Date = want.To, want.Date
		if !sameTo || !sameDate || fmt.Sprint(got) != fmt.Sprint(want) {
			b.errorf("put %+v, got %+v", want, got)
		}
	}
}

func historyOld(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	b.putEntry(ctx, tenant, "e1", 5)
	for _, revision := range []int64{1, 4} {
		b.putEntry(ctx, tenant, "e1", revision)
		b.deleteEntry(ctx, tenant, "e1", revision)
		b.expectEntries(ctx, tenant, map[string]int64{"e1": 5})
	}
	again := b.entryAt(tenant, "e1", 99) // the same revision, other words
	_, err := b.Host.History.Put(ctx, storage.PutEntryRequest{Tenant: tenant, Entry: again, Revision: 5})
	b.ok(err, "putting the same revision again")
	b.deleteEntry(ctx, tenant, "e1", 5)
	b.expectEntries(ctx, tenant, map[string]int64{"e1": 5})
}

func historyDeleted(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	b.putEntry(ctx, tenant, "e1", 1)
	b.deleteEntry(ctx, tenant, "e1", 3)
	b.deleteEntry(ctx, tenant, "e2", 3) // before its first Put arrives
	for _, id := range []string{"e1", "e2"} {
		for _, revision := range []int64{1, 2, 3} {
			b.putEntry(ctx, tenant, id, revision)
		}
	}
	b.expectEntries(ctx, tenant, nil)
	b.putEntry(ctx, tenant, "e1", 4)
	b.expectEntries(ctx, tenant, map[string]int64{"e1": 4})
}

func historyDelete(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	b.putEntry(ctx, tenant, "e1", 1)
	b.putEntry(ctx, tenant, "e2", 1)
	b.deleteEntry(ctx, tenant, "e1", 2)
	b.deleteEntry(ctx, tenant, "e1", 3)
	b.deleteEntry(ctx, tenant, "never", 1)
	b.expectEntries(ctx, tenant, map[string]int64{"e2": 1})
	if b.Entry != nil {
		if _, found, err := b.Entry(ctx, tenant, "e1"); b.ok(err, "reading an entry") && found {
			b.errorf("a deleted entry can be read in the host's table")
		}
	}
}

func historyList(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	want := make(map[string]int64)
	for i := range 25 {
		id := fmt.Sprintf("e%02d", (i*7)%25)
		b.putEntry(ctx, tenant, id, int64(i+1))
		want[id] = int64(i + 1)
	}
	for _, id := range []string{"e00", "e11", "e24"} {
		b.deleteEntry(ctx, tenant, id, 100)
		delete(want, id)
	}
	b.expectEntries(ctx, tenant, want)
	whole := b.entries(ctx, tenant, storage.MaxPage)
	for _, limit := range []int{1, 4, len(want)} {
		if got := b.entries(ctx, tenant, limit); !slices.Equal(got, whole) {
			b.errorf("in pages of %d, %d entries are listed, want %d", limit, len(got), len(whole))
		}
	}
	result, err := b.Host.History.List(ctx, storage.ListEntriesRequest{Tenant: tenant, After: "e11", Limit: storage.MaxPage})
	if b.ok(err, "listing entries") && len(result.Entries) != 12 {
		b.errorf("%d entries are listed after a deleted one, want 12", len(result.Entries))
	}
}

// historyAtOnce lets every revision of some entries arrive at once, and each entry in another order.
func historyAtOnce(ctx context.Context, b *bench) {
	const revisions, entries = 16, 12
	id := func(n int) string { return fmt.Sprintf("e%02d", n) }
	b.atOnce(revisions, func(i int) {
		for n := range entries {
			for _, tenant := range b.tenants {
				b.putEntry(ctx, tenant, id(n), int64((i*7+n*5)%revisions+1))
			}
		}
	})
	want := make(map[string]int64)
	for n := range entries {
		want[id(n)] = revisions
	}
	for _, tenant := range b.tenants {
		b.expectEntries(ctx, tenant, want)
	}
}

func historyTenants(ctx context.Context, b *bench) {
	north, south := b.tenants[0], b.tenants[1]
	b.putEntry(ctx, north, "e1", 5)
	b.expectEntries(ctx, south, nil)
	b.putEntry(ctx, south, "e1", 2) // smaller, but of another world
	b.expectEntries(ctx, south, map[string]int64{"e1": 2})
	b.putEntry(ctx, north, "alone", 1)
	b.deleteEntry(ctx, south, "alone", 9)
	b.expectEntries(ctx, north, map[string]int64{"e1": 5, "alone": 1})
	b.deleteEntry(ctx, north, "e1", 6)
	b.expectEntries(ctx, south, map[string]int64{"e1": 2})
}

func historyOwnership(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	entry := b.entryAt(tenant, "e1", 1)
	_, err := b.Host.History.Put(ctx, storage.PutEntryRequest{Tenant: tenant, Entry: entry, Revision: 1})
	b.ok(err, "putting an entry")
	if want := b.entryAt(tenant, "e1", 1); !slices.Equal(entry.To, want.To) {
		b.errorf("Put changed the recipients of its request")
	}
	entry.To[0] = "spoilt@acme.example"
	if got, _, err := b.Entry(ctx, tenant, "e1"); b.ok(err, "reading an entry") && slices.Contains(got.To, "spoilt@acme.example") {
		b.errorf("a change to what was passed in shows in the entry")
	}
}

func historyCancelled(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	b.putEntry(ctx, tenant, "e1", 1)
	b.cancelled(ctx, "putting an entry", func(ctx context.Context) error {
		_, err := b.Host.History.Put(ctx, storage.PutEntryRequest{Tenant: tenant, Entry: b.entryAt(tenant, "e1", 2), Revision: 2})
		return err
	})
	b.cancelled(ctx, "deleting an entry", func(ctx context.Context) error {
		_, err := b.Host.History.Delete(ctx, storage.DeleteEntryRequest{Tenant: tenant, ID: "e1", Revision: 3})
		return err
	})
	b.cancelled(ctx, "listing entries", func(ctx context.Context) error {
		_, err := b.Host.History.List(ctx, storage.ListEntriesRequest{Tenant: tenant, Limit: 10})
		return err
	})
	b.expectEntries(ctx, tenant, map[string]int64{"e1": 1})
}
