package deliver

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/reader"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	annaAddress = "anna@demo.example"
	marcAddress = "marc@demo.example"
	benAddress  = "ben@client.example"
	cleoAddress = "cleo@client.example"
)

// An office is a desk with a store, a CRM that knows Ben and Cleo, and the accounts of Anna and Marc, which link at arrival.
type office struct {
	t          *testing.T
	clock      *atomic.Int64 // seconds
	db         *store.DB
	crm        *memstore.CRM
	desk       *Desk
	ben, cleo  storage.Ref
	anna, marc *store.Account
	uids       map[string]uint32 // mailbox -> the last one
}

// each runs a test in a new office on each engine.
func each(t *testing.T, run func(o *office)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB, func(*store.Options)) *store.DB{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(newOffice(t, open))
		})
	}
}

func newOffice(t *testing.T, open func(testing.TB, func(*store.Options)) *store.DB) *office {
	t.Helper()
	o := &office{t: t, clock: new(atomic.Int64), crm: memstore.New(), uids: map[string]uint32{}}
	o.clock.Store(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC).Unix())
	o.db = open(t, func(opts *store.Options) { opts.Now = func() time.Time { return time.Unix(o.clock.Load(), 0) } })
	o.ben = storage.Ref{Kind: storage.KindContact, ID: "ben"}
	o.cleo = storage.Ref{Kind: storage.KindContact, ID: "cleo"}
	o.crm.Add(
		storage.Entity{Ref: o.ben, Name: "Ben", Addresses: []string{benAddress}},
		storage.Entity{Ref: o.cleo, Name: "Cleo", Addresses: []string{cleoAddress}},
	)
	keyset, err := seal.NewKeyset()
	require.NoError(t, err)
	keys, err := seal.FromJSON(keyset)
	require.NoError(t, err)
	o.desk = &Desk{
		DB: o.db, Linker: linker.New(o.crm.Host().Directory, &linker.Options{CacheSize: -1, Timeout: 100 * time.Millisecond}), Keys: keys, Project: true,
		Logger: slog.New(slog.DiscardHandler),
	}
	o.anna = o.account("", "anna", annaAddress)
	o.marc = o.account("", "marc", marcAddress)
	return o
}

func (o *office) account(tenant storage.Tenant, owner, address string) *store.Account {
	o.t.Helper()
	a := &store.Account{Tenant: tenant, Address: address, Owner: owner, Name: owner, Settings: store.Settings{Link: "arrival"}}
	o.write(func(tx *store.Tx) error { return tx.CreateAccount(a) })
	return a
}

func (o *office) write(fn func(*store.Tx) error) {
	o.t.Helper()
	require.NoError(o.t, o.db.Write(o.t.Context(), nil, fn))
}

// box is the folder of an account that has a role, made when it is not there. No role is one of the agent's own.
func (o *office) box(acc *store.Account, role string) *store.Mailbox {
	o.t.Helper()
	name := role
	if name == "" {
		name = "Clients"
	}
	all, err := o.db.Mailboxes(o.t.Context(), acc.Tenant, acc.ID)
	require.NoError(o.t, err)
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	m := &store.Mailbox{Tenant: acc.Tenant, Account: acc.ID, Name: name, Wire: name, Role: role, Selectable: true, Sync: "full"}
	o.write(func(tx *store.Tx) error {
		if err := tx.PutMailbox(m); err != nil {
			return err
		}
		return tx.Enumerate(m.Tenant, m.ID, store.Enumeration{UIDValidity: 1, UIDNext: 1})
	})
	return m
}

// fetched is a mail as imapsync hands it over, with the next UID of its mailbox.
func (o *office) fetched(box *store.Mailbox, raw string) imapsync.Mail {
	o.t.Helper()
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	o.uids[box.ID]++
	m := imapsync.Mail{UID: o.uids[box.ID], Size: int64(len(raw)), InternalDate: o.db.Now(), Kept: "whole", Raw: sha256.Sum256([]byte(raw)), RawSize: int64(len(raw))}
	if slices.Contains([]string{"drafts", "junk", "trash"}, box.Role) { // indexed only
		raw, _, _ = strings.Cut(raw, "\r\n\r\n")
		raw += "\r\n\r\n"
		m.Kept, m.Raw, m.RawSize = "header", storage.Digest{}, 0
	}
	pictures := map[string]store.Picture{}
	var err error
	m.Parsed, err = mimemail.Parse(strings.NewReader(raw), &mimemail.Options{Part: func(part mimemail.Part, body io.Reader) error {
		octets, err := io.ReadAll(body)
		if strings.HasPrefix(part.MediaType, "image/") && len(octets) <= store.MaxLogo {
			pictures[part.Path] = store.Picture{Path: part.Path, Digest: sha256.Sum256(octets)}
		}
		return err
	}})
	require.NoError(o.t, err)
	for _, part := range m.Parsed.Attachments() {
		if p, small := pictures[part.Path]; small {
			m.Pictures = append(m.Pictures, p)
		} else {
			m.Others = true
		}
	}
	m.HeaderHash = m.Parsed.HeaderHash
	return m
}

func (o *office) chunk(acc *store.Account, role string, raws ...string) *imapsync.Chunk {
	o.t.Helper()
	box := o.box(acc, role)
	c := &imapsync.Chunk{Account: acc, Mailbox: box, UIDValidity: 1}
	for _, raw := range raws {
		c.Mails = append(c.Mails, o.fetched(box, raw))
	}
	return c
}

// arrive delivers mails in one chunk, and returns the ids of their messages.
func (o *office) arrive(acc *store.Account, role string, raws ...string) []string {
	o.t.Helper()
	return o.deliver(o.chunk(acc, role, raws...))
}

func (o *office) deliver(c *imapsync.Chunk) []string {
	o.t.Helper()
	require.NoError(o.t, o.desk.Chunk(o.t.Context(), c))
	var ids []string
	for _, m := range c.Mails {
		placed, err := o.db.CopyByUID(o.t.Context(), c.Account.Tenant, c.Mailbox.ID, 1, m.UID)
		require.NoError(o.t, err)
		ids = append(ids, placed.Message)
	}
	return ids
}

// one delivers one mail.
func (o *office) one(acc *store.Account, role, raw string) string {
	o.t.Helper()
	return o.arrive(acc, role, raw)[0]
}

// row is all that the store knows of a message.
func (o *office) row(message string) reader.Row {
	o.t.Helper()
	row, err := reader.New(o.db).Message(o.t.Context(), "", message)
	require.NoError(o.t, err)
	return row
}

// linked are the records that a message is linked to, sorted, as "ben address" or "ben manual".
func (o *office) linked(message string) []string {
	o.t.Helper()
	out := []string{}
	for _, l := range o.row(message).Links {
		if !l.Removed {
			out = append(out, l.Entity.ID+" "+l.Rule)
		}
	}
	slices.Sort(out)
	return out
}

func (o *office) state(message string) string {
	o.t.Helper()
	return o.row(message).Message.LinkState
}

// events are what happened after a sequence number, each as "link.added ben", and checks that the numbers have no gap.
func (o *office) events(after int64) []string {
	o.t.Helper()
	all, err := o.db.Events(o.t.Context(), "", after, 1000)
	require.NoError(o.t, err)
	var out []string
	for i, e := range all {
		require.Equal(o.t, after+int64(i)+1, e.Seq)
		out = append(out, strings.TrimSpace(e.Type+" "+e.Entity.ID))
	}
	return out
}

func (o *office) lastEvent() int64 {
	o.t.Helper()
	return int64(len(o.events(0)))
}

// wait lets time pass, so that a directory that failed is asked again.
func (o *office) wait(d time.Duration) { o.clock.Add(int64(d / time.Second)) }

// retry does what a slice does for an account whose links wait.
func (o *office) retry(acc *store.Account) {
	o.t.Helper()
	lease, ok, err := o.db.AcquireLease(o.t.Context(), acc.Tenant, acc.ID, "node", time.Hour)
	require.NoError(o.t, err)
	require.True(o.t, ok)
	require.NoError(o.t, o.desk.Retry(o.t.Context(), &lease))
}

// linksDue says whether the account's links wait to be tried now.
func (o *office) linksDue(acc *store.Account) bool {
	o.t.Helper()
	due, err := o.db.DueAccounts(o.t.Context(), "node", 10)
	require.NoError(o.t, err)
	return slices.ContainsFunc(due, func(d store.Due) bool { return d.Account == acc.ID && d.Links })
}

// A letter is a mail in the making. Fields left empty are left out.
type letter struct {
	id, from, to, cc, bcc, replyTo, subject, text, more string
}

func (l letter) String() string {
	var b strings.Builder
	for _, h := range []struct{ name, value string }{
		{"From", l.from}, {"To", l.to}, {"Cc", l.cc}, {"Bcc", l.bcc}, {"Reply-To", l.replyTo}, {"Subject", l.subject},
	} {
		if h.value != "" {
			fmt.Fprintf(&b, "%s: %s\n", h.name, h.value)
		}
	}
	if l.id != "" {
		fmt.Fprintf(&b, "Message-ID: <%s>\nDate: Tue, 24 Nov 2026 08:00:00 +0000\n", l.id)
	}
	b.WriteString(l.more)
	if l.text == "" {
		l.text = "A text of some words that speaks of nothing in particular."
	}
	return b.String() + "\n" + l.text + "\n"
}

// fromBen is a mail that Anna gets.
func fromBen(id string) string {
	return letter{id: id + "@client.example", from: "Ben <" + benAddress + ">", to: annaAddress, subject: "About " + id}.String()
}

// toBen is a mail that Anna wrote.
func toBen(id string) string {
	return letter{id: id + "@demo.example", from: "Anna <" + annaAddress + ">", to: benAddress, subject: "About " + id}.String()
}
