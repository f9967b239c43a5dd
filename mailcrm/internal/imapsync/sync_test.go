package imapsync_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	address  = "anna@demo.example"
	password = "pw"
)

// A bench is a syncer between a scripted mail server and a store, with a deliver that notes what it is given.
type bench struct {
	t       *testing.T
	server  *mailcrmtest.Server
	syncer  *imapsync.Syncer
	db      *store.DB
	clock   *mailcrmtest.Clock
	account *store.Account
	secret  string

	mu     sync.Mutex
	chunks []*imapsync.Chunk
	refuse error
}

func newBench(t *testing.T, opts mailcrmtest.ServerOptions) *bench {
	t.Helper()
	opts.Users = []mailcrmtest.User{{Address: address, Password: password}}
	clock := newClock()
	opts.Now = clock.Now
	server, err := mailcrmtest.StartServer(opts)
	require.NoError(t, err)
	t.Cleanup(func() { server.Close() })
	b := assemble(t, clock, store.Server{Host: server.IMAPS.Host, Port: server.IMAPS.Port, Security: "tls", Username: address})
	b.server, b.syncer.Roots = server, server.Roots()
	return b
}

func newClock() *mailcrmtest.Clock {
	return mailcrmtest.NewClock(time.Date(2026, time.November, 24, 9, 0, 0, 0, time.UTC))
}

// assemble makes a bench for a server that is there.
func assemble(t *testing.T, clock *mailcrmtest.Clock, server store.Server) *bench {
	t.Helper()
	b := &bench{t: t, clock: clock, secret: password, db: storetest.SQLite(t, nil)}
	blobs, err := blobfolder.Open(filepath.Join(t.TempDir(), "blobs"), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, blobs.Close()) })
	b.account = &store.Account{ID: b.db.NewID(""), Address: address, Owner: "anna", Status: store.Status{State: "new"}, IMAP: server}
	require.NoError(t, b.db.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.CreateAccount(b.account) }))
	b.syncer = &imapsync.Syncer{
		DB: b.db, Blobs: blobs, Deliver: b.deliver, Now: b.clock.Now, Logger: slog.New(slog.DiscardHandler),
		Dialer: &dial.Dialer{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []int{server.Port}},
	}
	return b
}

// deliver settles a chunk as floor 3 does, without messages.
func (b *bench) deliver(ctx context.Context, chunk *imapsync.Chunk) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		return b.refuse
	}
	err := b.db.Write(ctx, chunk.Lease, func(tx *store.Tx) error {
		uids := slices.Clone(chunk.Vanished)
		var arrivals []store.Arrival
		for _, m := range chunk.Mails {
			uids = append(uids, m.UID)
			arrivals = append(arrivals, store.Arrival{
				Message: store.Message{Key: m.Parsed.Key() + fmt.Sprint(m.UID), Date: m.InternalDate, Direction: storage.Received, LinkState: "none"},
				Copy: store.Copy{
					Account: b.account.ID, Mailbox: chunk.Mailbox.ID, UIDValidity: chunk.UIDValidity, UID: m.UID, HeaderHash: m.HeaderHash,
					Raw: m.Raw, RawSize: m.RawSize, Kept: m.Kept, InternalDate: m.InternalDate,
				},
			})
		}
		if _, err := tx.Arrive(b.account.ID, arrivals); err != nil {
			return err
		}
		if err := tx.Settle("", chunk.Mailbox.ID, chunk.UIDValidity, uids); err != nil {
			return err
		}
		for _, d := range chunk.Dead {
			if err := tx.Bury("", chunk.Mailbox.ID, chunk.UIDValidity, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		b.chunks = append(b.chunks, chunk)
	}
	return err
}

func (b *bench) load(folder string, raws ...string) {
	b.t.Helper()
	var mails []mailcrmtest.Mail
	for _, raw := range raws {
		mails = append(mails, mailcrmtest.Mail{Folder: folder, Raw: []byte(raw), Date: b.clock.Now()})
	}
	require.NoError(b.t, b.server.Load(address, slices.Values(mails)))
}

func mail(n int, text string) string {
	return fmt.Sprintf("From: ben@client.example\r\nTo: %s\r\nSubject: Number %d\r\nMessage-ID: <%d@client.example>\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n\r\n%s\r\n", address, n, n, text)
}

// sync is one session, ended when it has nothing left or after so long.
func (b *bench) sync(soft time.Duration) (more bool, err error) {
	b.t.Helper()
	return b.syncIn(b.t.Context(), soft)
}

func (b *bench) syncIn(ctx context.Context, soft time.Duration) (more bool, err error) {
	b.t.Helper()
	s, err := b.syncer.Open(ctx, nil, b.account, signin.WithPassword(b.account.IMAP.Username, seal.NewSecret(b.secret)))
	if err != nil {
		return false, err
	}
	defer func() { require.NoError(b.t, s.Close()) }()
	return s.Sync(ctx, time.Now().Add(soft))
}

func (b *bench) ledger(name string) store.Ledger {
	b.t.Helper()
	boxes, err := b.db.Mailboxes(b.t.Context(), "", b.account.ID)
	require.NoError(b.t, err)
	i := slices.IndexFunc(boxes, func(m store.Mailbox) bool { return strings.EqualFold(m.Name, name) })
	require.GreaterOrEqual(b.t, i, 0, name)
	l, err := b.db.Ledger(b.t.Context(), "", boxes[i].ID)
	require.NoError(b.t, err)
	return l
}

func (b *bench) texts() (out []string) {
	for _, c := range b.chunks {
		for _, m := range c.Mails {
			out = append(out, strings.TrimSpace(m.Parsed.Text))
		}
	}
	slices.Sort(out)
	return out
}

// TestLook: first everything, then only what is new, and nothing at all when nothing is.
func TestLook(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	b.load("INBOX", mail(1, "one"), mail(2, "two"))
	b.load("Drafts", mail(3, "draft"))
	more, err := b.sync(time.Minute)
	require.NoError(t, err)
	require.False(t, more)
	require.Equal(t, []string{"", "one", "two"}, b.texts(), "drafts are indexed by their header only")
	inbox := b.ledger("INBOX")
	require.Equal(t, []store.UIDRange{{Lo: 1, Hi: 2}}, inbox.Stored)
	require.Empty(t, inbox.Pending)

	b.chunks = nil
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	require.Empty(t, b.chunks)

	b.load("INBOX", mail(4, "four"))
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	require.Equal(t, []string{"four"}, b.texts())
	for _, m := range mustMails(t, b.server, "INBOX") {
		require.NotContains(t, m.Flags, `\Seen`, "looking is not reading")
	}
}

func mustMails(t *testing.T, s *mailcrmtest.Server, folder string) []mailcrmtest.StoredMail {
	t.Helper()
	mails, err := s.Mails(address, folder)
	require.NoError(t, err)
	return mails
}

// TestNewestFirst: a slice that ends early has fetched what people look for first, and the next one goes on.
func TestNewestFirst(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	for n := range 60 {
		b.load("INBOX", mail(n+1, fmt.Sprint(n+1)))
	}
	more, err := b.sync(0) // time is over before the first chunk
	require.NoError(t, err)
	require.True(t, more)
	require.Empty(t, b.chunks)
	require.Equal(t, []store.UIDRange{{Lo: 1, Hi: 60}}, b.ledger("INBOX").Pending, "but the ledger knows what is to come")
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	require.Equal(t, uint32(60), slices.MaxFunc(b.chunks[0].Mails, func(x, y imapsync.Mail) int { return int(x.UID) - int(y.UID) }).UID)
	require.Len(t, b.texts(), 60)
	require.Len(t, b.chunks[0].Mails, 10, "the first chunk is small")
}

// TestDepth: what is older than the account asks for is excluded, by a rule that the ledger names; new mail is fetched whatever its date.
func TestDepth(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	b.account.Settings.DepthDays = 30
	old := mailcrmtest.Mail{Folder: "INBOX", Raw: []byte(mail(1, "old")), Date: b.clock.Now().AddDate(0, 0, -60)}
	require.NoError(t, b.server.Load(address, slices.Values([]mailcrmtest.Mail{old})))
	b.load("INBOX", mail(2, "new"))
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	require.Equal(t, []string{"new"}, b.texts())
	require.Equal(t, []store.Exclusion{{UIDRange: store.UIDRange{Lo: 1, Hi: 1}, Rule: "depth"}}, b.ledger("INBOX").Excluded)
	old.Raw = []byte(mail(3, "moved here"))
	require.NoError(t, b.server.Load(address, slices.Values([]mailcrmtest.Mail{old})))
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	require.Equal(t, []string{"moved here", "new"}, b.texts())
}

// A killer ends a connection in which a word is sent, before it arrives.
type killer struct {
	net.Conn
	word []byte
}

func (k *killer) Read(p []byte) (int, error) {
	n, err := k.Conn.Read(p)
	if bytes.Contains(p[:n], k.word) {
		_ = k.Close()
		return 0, errors.New("killed")
	}
	return n, err
}

// TestDeadlyMail: one mail that kills every connection is set aside and tried again later; the others are fetched all the same.
func TestDeadlyMail(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	for n := range 20 {
		text := fmt.Sprint(n + 1)
		if n == 6 {
			text = "deadly"
		}
		b.load("INBOX", mail(n+1, text))
	}
	b.syncer.Wrap = func(c net.Conn) net.Conn { return &killer{c, []byte("deadly")} }
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	require.Len(t, b.texts(), 19)
	dead := b.ledger("INBOX").Dead
	require.Len(t, dead, 1)
	require.Equal(t, uint32(7), dead[0].UID)
	require.Equal(t, 1, dead[0].Tries)
	require.True(t, dead[0].NextTry.After(b.clock.Now()))
	require.Empty(t, b.ledger("INBOX").Pending)

	b.clock.Advance(10 * time.Minute)
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	require.Equal(t, 2, b.ledger("INBOX").Dead[0].Tries, "and again, later still")

	b.syncer.Wrap = nil
	b.clock.Advance(2 * time.Hour)
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	require.Empty(t, b.ledger("INBOX").Dead)
	require.Contains(t, b.texts(), "deadly")
}

// TestDeliverRefuses: what could not be recorded is still pending, and is fetched again.
func TestDeliverRefuses(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	b.load("INBOX", mail(1, "one"), mail(2, "two"))
	b.refuse = errors.New("the disk is full")
	_, err := b.sync(time.Minute)
	require.ErrorIs(t, err, b.refuse)
	require.Equal(t, []store.UIDRange{{Lo: 1, Hi: 2}}, b.ledger("INBOX").Pending)
	b.refuse = nil
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two"}, b.texts())
}

// TestVanished: what was pending and is gone from the server leaves the ledger.
func TestVanished(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	b.load("INBOX", mail(1, "one"), mail(2, "two"), mail(3, "three"))
	_, err := b.sync(0)
	require.NoError(t, err)
	stored := mustMails(t, b.server, "INBOX")
	require.NoError(t, b.server.Remove(address, "INBOX", stored[1].UID))
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	require.Equal(t, []string{"one", "three"}, b.texts())
	l := b.ledger("INBOX")
	require.Empty(t, l.Pending)
	require.Empty(t, l.Dead)
	require.Equal(t, []store.UIDRange{{Lo: 1, Hi: 1}, {Lo: 3, Hi: 3}}, l.Stored)
}

// TestRenumbered: a new UIDVALIDITY begins a new ledger; everything is there once under it.
func TestRenumbered(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	b.load("INBOX", mail(1, "one"), mail(2, "two"))
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	before := b.ledger("INBOX").UIDValidity
	require.NoError(t, b.server.Renumber(address, "INBOX"))
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	after := b.ledger("INBOX")
	require.NotEqual(t, before, after.UIDValidity)
	n := uint32(0)
	for _, r := range after.Stored {
		n += r.Hi - r.Lo + 1
	}
	require.EqualValues(t, 2, n)
	require.Empty(t, after.Pending)
}

// TestLargeMail is streamed to the blob store, not held.
func TestLargeMail(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	large := mail(1, strings.Repeat("0123456789abcdef0123456789abcdef0123456789abcdef0123456789\r\n", 20_000))
	b.load("INBOX", large)
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	require.Len(t, b.chunks, 1)
	m := b.chunks[0].Mails[0]
	require.EqualValues(t, len(large), m.RawSize)
	blob, err := b.syncer.Blobs.Open(t.Context(), storage.OpenBlobRequest{Digest: m.Raw, Length: -1})
	require.NoError(t, err)
	var kept bytes.Buffer
	_, err = kept.ReadFrom(blob.Content)
	require.NoError(t, err)
	require.NoError(t, blob.Content.Close())
	require.Equal(t, large, kept.String())
}

// TestFolders: roles are found, what vanished is marked and comes back, and names in all letters work.
func TestFolders(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	b.load("Clients/Été & Cie", mail(1, "one"))
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	boxes, err := b.db.Mailboxes(t.Context(), "", b.account.ID)
	require.NoError(t, err)
	roles := map[string]string{}
	for _, m := range boxes {
		roles[m.Name] = m.Role + "/" + m.Sync
	}
	require.Equal(t, "inbox/full", roles["INBOX"])
	require.Equal(t, "sent/full", roles["Sent"])
	require.Equal(t, "junk/index", roles["Junk"])
	require.Equal(t, "/full", roles["Clients/Été & Cie"])
	require.Equal(t, []string{"one"}, b.texts())
}

// TestGlance: over a long line it matters that the state of many folders is asked at once. The server answers nothing before it was asked for all.
func TestGlance(t *testing.T) {
	b, l := newLiarBench(t, 3)
	for i := range 12 {
		l.load(fmt.Sprint("Folder ", i), mail(100+i, "x"))
	}
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	b.syncer.Inactivity = 2 * time.Second
	l.load("Folder 7", mail(200, "new"))
	var waiting []string
	l.lie(lies{command: func(c *liarConn, tag, command string) bool {
		if !strings.HasPrefix(command, "STATUS") {
			return false
		}
		if waiting = append(waiting, tag, command); len(waiting) == 2*13 {
			for i := 0; i < len(waiting); i += 2 {
				c.answer(waiting[i], waiting[i+1])
			}
		}
		return true
	}})
	before := len(l.said())
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	require.Len(t, waiting, 2*13)
	opened := 0
	for _, command := range l.said()[before:] {
		if strings.HasPrefix(command, "EXAMINE") {
			opened++
		}
	}
	require.Equal(t, 1, opened)
	b.requireWhole("Folder 7", l.truth("Folder 7"))
}

// TestGlanceThatKills: a folder whose state ends the connection is found out, and the others are followed.
func TestGlanceThatKills(t *testing.T) {
	b, l := newLiarBench(t, 3)
	for i := range 5 {
		l.load(fmt.Sprint("Folder ", i), mail(100+i, "x"))
	}
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	l.load("Folder 4", mail(200, "new"))
	l.lie(lies{command: func(c *liarConn, _, command string) bool {
		if strings.HasPrefix(command, "STATUS") && strings.Contains(command, "Folder 2") {
			_ = c.conn.Close()
			return true
		}
		return false
	}})
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	b.requireWhole("Folder 4", l.truth("Folder 4"))
	require.Equal(t, "imap.connection_lost", b.mailbox("Folder 2").Error)
}
