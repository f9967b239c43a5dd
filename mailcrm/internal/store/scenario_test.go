package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/reader"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/storage"
)

// The story is told for two tenants, "a" and "b", whose addresses, mails, keys and ids are equal. It has two versions that differ in everything else: who is a member, what is read, which mail came
// first, what was unlinked. Told alone, a version says in each step what was answered, and at the end what every table holds. Told together, step by step in turn, both must say the very same.
type world struct {
	ctx    context.Context
	db     *store.DB
	r      *reader.Reader
	tenant storage.Tenant
	v      int // 0 or 1: which version of the story

	accounts  [2]store.Account // jeanne, paul
	mailboxes map[string]store.Mailbox
	arrived   []store.Arrived
	drafts    []store.Draft
	templates []store.Template
	outbox    []store.Submission
	leases    []store.Lease
	said      []string // in this step
}

// pick is a in the first version and b in the second.
func pick[T any](w *world, a, b T) T { return []T{a, b}[w.v] }

// say notes an answer.
func (w *world) say(what string, answers ...any) {
	for i, a := range answers {
		if err, ok := a.(error); ok {
			answers[i] = err.Error()
		}
	}
	text, err := json.Marshal(answers)
	if err != nil {
		text = []byte(err.Error())
	}
	w.said = append(w.said, what+": "+string(text))
}

// write runs a transaction and notes its failure.
func (w *world) write(what string, fn func(*store.Tx) error) {
	if err := w.db.Write(w.ctx, nil, fn); err != nil {
		w.say(what+" failed", err)
	}
}

func (w *world) message(i int) string {
	if i >= len(w.arrived) {
		return "none"
	}
	return w.arrived[i].Message
}

func (w *world) ref(id string) storage.Ref {
	return storage.Ref{Tenant: w.tenant, Kind: storage.KindContact, ID: id}
}

// mail is the i-th mail of the story. Its key, its Message-ID and its header are the same for both tenants, its text is not.
func (w *world) mail(i int, mailbox string, uid uint32) store.Arrival {
	id := fmt.Sprintf("m%d@example.com", i)
	var answers string
	if i%3 == 1 {
		answers = fmt.Sprintf("m%d@example.com", i-1)
	}
	subject := fmt.Sprintf("%s %d", pick(w, "Devis", "Facture"), pick(w, i, 90-i))
	return store.Arrival{
		Message: store.Message{
			Tenant: w.tenant, Key: "key" + id, MessageID: id, InReplyTo: answers, References: slices.DeleteFunc([]string{answers}, func(s string) bool { return s == "" }),
			Date: epoch.Add(time.Duration(pick(w, i, 40-i)) * time.Hour), From: []store.Address{{Name: pick(w, "Zoé", "Ève"), Address: fmt.Sprintf("client%d@example.com", i%3)}},
			To: []store.Address{{Address: "jeanne@acme.fr"}}, Subject: subject, Snippet: subject, Direction: storage.Received, Agent: "jeanne", Size: int64(pick(w, 100+i, 500-i)),
			Text: subject + " commun " + strings.Repeat(fmt.Sprintf("%s%d ", pick(w, "bleu", "rouge"), i), 3), HasAttachments: i%2 == w.v, Private: i == 5+w.v, PrivateBy: pick(w, "paul", "jeanne"),
		},
		Participants: []store.Participant{{Address: fmt.Sprintf("client%d@example.com", i%3), Header: "from"}, {Address: "jeanne@acme.fr", Header: pick(w, "to", "cc")}},
		Copy: store.Copy{
			Mailbox: mailbox, UIDValidity: 7, UID: uid, HeaderHash: sha256.Sum256([]byte(id)), Raw: sha256.Sum256([]byte("raw" + id)), RawSize: 10, Size: 10, InternalDate: epoch, Kept: "whole",
			Flags: store.Flags(pick(w, i%2, (i+1)%2)), ModSeq: uint64(i),
		},
	}
}

var epoch = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// A step is a part of the story.
type step struct {
	name string
	tell func(w *world)
}

// minutes is the clock of the story: the number of the step that is being told.
var storyOptions = func(minutes *atomic.Int64) func(*store.Options) {
	return func(o *store.Options) {
		o.Now = func() time.Time { return epoch.AddDate(0, 1, 0).Add(time.Duration(minutes.Load()) * time.Minute) }
		// The n-th id of a step is the same for both, whatever they have done before.
		type place struct{ step, n int64 }
		last := make(map[storage.Tenant]place)
		o.NewID = func(tenant storage.Tenant) string {
			p := last[tenant]
			if p.step != minutes.Load() {
				p = place{step: minutes.Load()}
			}
			p.n++
			last[tenant] = p
			return fmt.Sprintf("%022d%04d", p.step, p.n)
		}
	}
}

// A telling is what was said in each step, with what the tables of both tenants held after it.
type telling [2][]moment

type moment struct {
	said   []string
	tables [2]map[string][]string // nil, or the rows of each table that was read
}

// tell tells the story for the tenants named, in turn. Read says which tables are read after a step; nil is all. Watch, if not nil, is asked after each step of each tenant whether to go on.
func tell(t testing.TB, open func(testing.TB, func(*store.Options)) *store.DB, seam func(string) string, read func(step int) []string, watch func(tenant, step int, now moment) bool, tenants ...int) (all telling) {
	t.Helper()
	var minutes atomic.Int64
	db := open(t, storyOptions(&minutes))
	if seam != nil {
		store.SetSeam(db, seam)
	}
	worlds := make([]*world, 2)
	for _, v := range tenants {
		worlds[v] = &world{
			ctx: context.Background(), db: db, r: reader.New(db), tenant: storage.Tenant([]string{"a", "b"}[v]), v: v, mailboxes: map[string]store.Mailbox{},
			drafts: make([]store.Draft, 3), templates: make([]store.Template, 4), outbox: make([]store.Submission, 4),
		}
	}
	for i, step := range story {
		minutes.Store(int64(i))
		for _, v := range tenants {
			w := worlds[v]
			w.said = nil
			func() {
				defer func() {
					if p := recover(); p != nil {
						w.say("panic", fmt.Sprint(p))
					}
				}()
				step.tell(w)
			}()
			now := moment{said: w.said}
			which := tables
			if read != nil {
				which = read(i)
			}
			for tenant := range now.tables {
				now.tables[tenant] = dump(t, db, []string{"a", "b"}[tenant], which)
			}
			all[v] = append(all[v], now)
			if watch != nil && !watch(v, i, now) {
				return all
			}
		}
	}
	return all
}

// apart tells the story for each tenant alone.
func apart(t testing.TB, open func(testing.TB, func(*store.Options)) *store.DB) (alone telling) {
	t.Helper()
	for v := range 2 {
		alone[v] = tell(t, open, nil, nil, nil, v)[v]
	}
	return alone
}

// differs says what a tenant, together with the other one, sees after a step that it did not see alone; "" is nothing. The one tells each step before the other.
func (alone telling) differs(v, i int, now moment) string {
	if !slices.Equal(alone[v][i].said, now.said) {
		return "what is answered"
	}
	for table, rows := range now.tables[v] {
		if !slices.Equal(alone[v][i].tables[v][table], rows) {
			return "what is in " + table
		}
	}
	for table, rows := range now.tables[1-v] {
		var before []string // the other's are as its own last step left them
		if last := i - 1 + v; last >= 0 {
			before = alone[1-v][last].tables[1-v][table]
		}
		if !slices.Equal(before, rows) {
			return "what the other has in " + table
		}
	}
	return ""
}

// tables are all that have rows of tenants.
var tables = []string{
	"accounts", "account_members", "identities", "mailboxes", "ledger_ranges", "dead_letters", "messages", "message_texts", "participants", "thread_ids", "thread_merges", "copies", "links", "drafts",
	"submissions", "send_ids", "templates", "events", "event_sequences", "projections", "leases", "blobs", "logins", "login_states", "deliveries", "picture_senders", "logos",
}

// dump is what tables hold of a tenant.
func dump(t testing.TB, db *store.DB, tenant string, which []string) map[string][]string {
	t.Helper()
	all := make(map[string][]string, len(which))
	for _, table := range which {
		q := "SELECT * FROM @" + table + " WHERE tenant = ?"
		switch table {
		case "messages": // the number that SQLite gives rows runs through all tenants
			q = "SELECT id, message_key, variant, body_hash, kept, account, message_id, thread, date, head, subject, snippet, direction, agent, size, private, private_by, link_state, entered, kind, facts, receipt FROM @messages WHERE tenant = ?"
		case "leases": // expires is by the clock of the data base
			q = "SELECT account, node, epoch, CASE WHEN expires > 0 THEN 1 ELSE 0 END FROM @leases WHERE tenant = ?"
		}
		if table == "logins" { // claimed is by the clock of the data base
			q = "SELECT id, agent, provider, subject, principal, scopes, secret, state, code, detail, since, CASE WHEN claimed > 0 THEN 1 ELSE 0 END, claims, revision, created FROM @logins WHERE tenant = ?"
		}
		var rows []string
		err := store.Dump(context.Background(), db, q, func(scan func(...any) error) error {
			values := make([]any, 24)
			var err error
			for n := len(values); n > 0; n-- { // as many as there are columns
				into := make([]any, n)
				for i := range into {
					into[i] = &values[i]
				}
				if err = scan(into...); err == nil {
					rows = append(rows, fmt.Sprint(values[:n]...))
					return nil
				}
			}
			return err
		}, tenant)
		require.NoError(t, err, table)
		slices.Sort(rows)
		all[table] = rows
	}
	return all
}

// TestTwoTenantsAreStrangers tells the story alone and together, on both engines.
func TestTwoTenantsAreStrangers(t *testing.T) {
	for _, e := range []struct {
		name string
		open func(testing.TB, func(*store.Options)) *store.DB
	}{{"sqlite", storetest.SQLite}, {"postgres", storetest.Postgres}} {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			alone := apart(t, e.open)
			for v := range 2 {
				for i, step := range story {
					for _, line := range alone[v][i].said {
						require.NotContains(t, line, "panic", step.name)
						if testing.Verbose() {
							t.Log(v, step.name, line)
						}
					}
				}
			}
			tell(t, e.open, nil, nil, func(v, i int, now moment) bool {
				require.Equal(t, alone[v][i].said, now.said, "tenant %d, %s", v, story[i].name)
				require.Empty(t, alone.differs(v, i, now), "tenant %d, %s", v, story[i].name)
				return true
			}, 0, 1)
		})
	}
}

// TestStoryKnowsEveryTable keeps a new table from being left out of the dump, and its keys from beginning with anything but the tenant.
func TestStoryKnowsEveryTable(t *testing.T) {
	db := storetest.SQLite(t, nil)
	ctx := context.Background()
	var found []string
	require.NoError(t, store.Dump(ctx, db, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'message_words%' AND name <> 'mailcrm_schema' ORDER BY name`, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		found = append(found, name)
		return err
	}))
	require.ElementsMatch(t, tables, found)
	keys := 0
	require.NoError(t, store.Dump(ctx, db, `SELECT m.name, i.name, i."unique", c.name FROM sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) c WHERE m.type = 'table' AND c.seqno = 0
		AND m.name NOT LIKE 'message_words%' AND m.name <> 'mailcrm_schema'`, func(scan func(...any) error) error {
		var table, index, first string
		var unique bool
		if err := scan(&table, &index, &unique, &first); err != nil {
			return err
		}
		if unique {
			keys++
			require.Equal(t, "tenant", first, "%s of %s", index, table)
		}
		return nil
	}))
	require.Greater(t, keys, 25)
}
