package imapsync_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/imapconn"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
)

// exchange are the capabilities of Exchange that a sync has to do with (FAULTS L).
const exchange = "IMAP4rev1 UIDPLUS MOVE IDLE NAMESPACE LITERAL+ AUTH=PLAIN"

// A dovecotBench is a bench with a real server, which a second client of alice's may change.
type dovecotBench struct {
	*bench
	srv   *testservers.MailServer
	other *imapconn.Conn
}

func newDovecotBench(t *testing.T, opts testservers.MailOptions) *dovecotBench {
	t.Helper()
	opts.Submission = testservers.Relay
	srv := testservers.MailWith(t, &opts)
	user := srv.User("alice")
	b := &dovecotBench{bench: assemble(t, newClock(), store.Server{Host: srv.Host, Port: srv.IMAPSPort, Security: "tls", Username: user.Address}), srv: srv}
	b.secret, b.syncer.Roots = user.Password, srv.CA
	conn, err := imapconn.Open(context.Background(), imapconn.Config{
		Host: srv.Host, Port: srv.IMAPSPort, Credential: signin.WithPassword(user.Address, seal.NewSecret(user.Password)), Roots: srv.CA, List: true,
		Dialer: &dial.Dialer{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []int{0}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	b.other = conn
	return b
}

// put puts mails into a folder, dated by the bench's clock, some days ago.
func (b *dovecotBench) put(folder string, from, n, days int) {
	b.t.Helper()
	messages := make([]testservers.Message, n)
	for i := range messages {
		text := fmt.Sprintf("text of %d in %s", from+i, folder)
		messages[i] = testservers.Message{Raw: []byte(mail(from+i, text)), Date: b.clock.Now().AddDate(0, 0, -days)}
	}
	require.NoError(b.t, b.srv.Append("alice", folder, messages...))
}

// truth is what a folder holds.
func (b *dovecotBench) truth(folder string) map[uint32]string {
	b.t.Helper()
	messages, err := b.srv.Messages("alice", folder)
	require.NoError(b.t, err)
	out := map[uint32]string{}
	for _, m := range messages {
		out[m.UID] = string(m.Raw)
	}
	return out
}

func (b *dovecotBench) mustSync() {
	b.t.Helper()
	more, err := b.sync(2 * time.Minute)
	require.NoError(b.t, err)
	require.False(b.t, more)
}

// TestDovecot: first sync, nothing new, what is new, in folders with names of all kinds, whatever the server can do.
func TestDovecot(t *testing.T) {
	for _, row := range []struct {
		name   string
		opts   testservers.MailOptions
		prefix string
	}{
		{name: "as providers run it"},
		{name: "Exchange", opts: testservers.MailOptions{Capability: exchange, NoSpecialUse: true}},
		{name: "prefix", opts: testservers.MailOptions{Prefix: "INBOX.", NoSpecialUse: true}, prefix: "INBOX."},
		{name: "prefix, Exchange", opts: testservers.MailOptions{Prefix: "INBOX.", Capability: exchange, NoSpecialUse: true}, prefix: "INBOX."},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.opts.Folders = []testservers.Folder{{Name: "Envoyés", Use: `\Sent`}, {Name: "Brouillons", Use: `\Drafts`}, {Name: "Corbeille", Use: `\Trash`}}
			b := newDovecotBench(t, row.opts)
			for _, name := range []string{"R&D", "日本語", "Été & Cie", `a "quoted" (name)`, "back\\slash", "100 %", "&AMk-"} {
				require.NoError(t, b.other.Client().Create(row.prefix+name, nil).Wait(), name)
				row.opts.Folders = append(row.opts.Folders, testservers.Folder{Name: name})
			}
			full := []string{"INBOX"}
			for i, f := range row.opts.Folders {
				name := row.prefix + f.Name
				b.put(name, 100*i+100, 12, i)
				if i != 1 && i != 2 {
					full = append(full, name)
				}
			}
			b.put("INBOX", 1, 30, 1)
			b.mustSync()
			for _, name := range full {
				b.requireWhole(name, b.truth(name))
			}
			roles := map[string]string{row.prefix + "Envoyés": "sent/full", row.prefix + "Brouillons": "drafts/index", row.prefix + "Corbeille": "trash/index", "INBOX": "inbox/full", row.prefix + "R&D": "/full"}
			for name, want := range roles {
				box := b.mailbox(name)
				require.Equal(t, want, box.Role+"/"+box.Sync, name)
			}
			require.Equal(t, []store.UIDRange{{Lo: 1, Hi: 12}}, b.ledger(row.prefix+"Brouillons").Stored)

			chunks := len(b.chunks)
			b.mustSync()
			require.Len(t, b.chunks, chunks, "nothing is new")

			b.put("INBOX", 2001, 3, 0)
			b.put(row.prefix+"R&D", 2101, 3, 0)
			b.mustSync()
			for _, name := range full {
				b.requireWhole(name, b.truth(name))
			}
			for _, m := range must(b.srv.Messages("alice", "INBOX")) {
				require.Empty(t, m.Flags, "looking is not reading")
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestDovecotDepth: what is older is excluded, by the server's own dates.
func TestDovecotDepth(t *testing.T) {
	for _, caps := range []string{"", exchange} {
		t.Run("caps "+caps, func(t *testing.T) {
			b := newDovecotBench(t, testservers.MailOptions{Capability: caps})
			b.account.Settings.DepthDays = 30
			b.put("INBOX", 1, 20, 60)
			b.put("INBOX", 21, 20, 10)
			b.put("INBOX", 41, 5, 400)
			b.mustSync()
			l := b.ledger("INBOX")
			require.Equal(t, []store.UIDRange{{Lo: 21, Hi: 40}}, l.Stored)
			require.Equal(t, []store.Exclusion{{UIDRange: store.UIDRange{Lo: 1, Hi: 20}, Rule: "depth"}, {UIDRange: store.UIDRange{Lo: 41, Hi: 45}, Rule: "depth"}}, l.Excluded)
			b.put("INBOX", 46, 2, 400)
			b.mustSync()
			require.Equal(t, []store.UIDRange{{Lo: 21, Hi: 40}, {Lo: 46, Hi: 47}}, b.ledger("INBOX").Stored, "what comes later is fetched whatever its date")
		})
	}
}

// TestDovecotLarge: 3,000 mails in one folder of which every second was expunged: UIDs without any order in them. Some go while they are fetched.
func TestDovecotLarge(t *testing.T) {
	for _, caps := range []string{"", exchange} {
		t.Run("caps "+caps, func(t *testing.T) {
			b := newDovecotBench(t, testservers.MailOptions{Capability: caps})
			b.put("INBOX", 1, 3000, 0)
			b.expunge("INBOX", func(uid uint32) bool { return uid%2 == 0 })
			_, err := b.sync(0) // the ledger knows them; then some go
			require.NoError(t, err)
			b.expunge("INBOX", func(uid uint32) bool { return uid%10 == 1 })
			b.mustSync()
			truth := b.truth("INBOX")
			require.Len(t, truth, 1200)
			b.requireWhole("INBOX", truth)
			b.put("INBOX", 3001, 7, 0)
			b.expunge("INBOX", func(uid uint32) bool { return uid == 3005 })
			b.mustSync()
			require.Len(t, b.truth("INBOX"), 1206)
			b.requireWhole("INBOX", b.truth("INBOX"))
		})
	}
}

// expunge removes mails of a folder with the second client.
func (b *dovecotBench) expunge(folder string, which func(uid uint32) bool) {
	b.t.Helper()
	c := b.other.Client()
	_, err := c.Select(folder, nil).Wait()
	require.NoError(b.t, err)
	var set imap.UIDSet
	for uid := range b.truth(folder) {
		if which(uid) {
			set.AddNum(imap.UID(uid))
		}
	}
	require.NoError(b.t, c.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close())
	require.NoError(b.t, c.Expunge().Close())
	require.NoError(b.t, c.Unselect().Wait())
}

// TestDovecotFoldersChange: a folder that is deleted, made anew or renamed. What was recorded stays; what is there is recorded once.
func TestDovecotFoldersChange(t *testing.T) {
	for _, caps := range []string{"", exchange} {
		t.Run("caps "+caps, func(t *testing.T) {
			b := newDovecotBench(t, testservers.MailOptions{Capability: caps, Folders: []testservers.Folder{{Name: "Sent", Use: `\Sent`}}})
			c := b.other.Client()
			for _, name := range []string{"Gone", "Anew", "Before"} {
				require.NoError(t, c.Create(name, nil).Wait())
				b.put(name, 1, 5, 0)
			}
			b.mustSync()
			was := map[string]store.Mailbox{}
			copies := map[string][]store.Copy{}
			for _, name := range []string{"Gone", "Anew", "Before"} {
				b.requireWhole(name, b.truth(name))
				was[name] = b.mailbox(name)
				for uid := range b.truth(name) {
					c, err := b.db.CopyByUID(t.Context(), "", was[name].ID, was[name].UIDValidity, uid)
					require.NoError(t, err)
					copies[name] = append(copies[name], *c)
				}
			}
			require.NoError(t, c.Delete("Gone").Wait())
			require.NoError(t, c.Delete("Anew").Wait())
			require.NoError(t, c.Create("Anew", nil).Wait())
			require.NoError(t, c.Rename("Before", "After", nil).Wait())
			b.put("Anew", 101, 3, 0)
			b.put("After", 201, 2, 0)
			b.chunks = nil
			b.mustSync()
			require.False(t, b.mailbox("Gone").Gone.IsZero())
			require.Equal(t, was["Before"].ID, b.mailbox("After").ID, "a folder with another name is the same one")
			require.Len(t, b.texts(), 5, "and its mails are not fetched again")
			anew := b.mailbox("Anew")
			require.Equal(t, was["Anew"].ID, anew.ID)
			require.NotEqual(t, was["Anew"].UIDValidity, anew.UIDValidity)
			b.requireWhole("Anew", b.truth("Anew"))
			require.Len(t, b.truth("After"), 7)
			b.requireWhole("After", b.truth("After"))
			for name, list := range copies {
				for _, before := range list {
					after, err := b.db.Copy(t.Context(), "", before.ID)
					require.NoError(t, err)
					require.Equal(t, before.Message, after.Message, "%s: history stays", name)
					require.NotEmpty(t, b.blob(after.Raw))
				}
			}
			require.NoError(t, c.Create("Gone", nil).Wait())
			b.put("Gone", 301, 2, 0)
			b.chunks = nil
			b.mustSync()
			require.True(t, b.mailbox("Gone").Gone.IsZero())
			b.requireWhole("Gone", b.truth("Gone"))
		})
	}
}

// TestDovecotFlags: what people set here reaches the server as +FLAGS and -FLAGS, and undoes nothing that others set.
func TestDovecotFlags(t *testing.T) {
	b := newDovecotBench(t, testservers.MailOptions{})
	b.put("INBOX", 1, 6, 0)
	b.mustSync()
	c := b.other.Client()
	_, err := c.Select("INBOX", nil).Wait()
	require.NoError(t, err)
	require.NoError(t, c.Store(imap.UIDSetNum(2, 3), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagFlagged, imap.FlagAnswered}}, nil).Close())
	box := b.mailbox("INBOX")
	want := func(uid uint32, add, remove store.Flags) string {
		copy, err := b.db.CopyByUID(t.Context(), "", box.ID, box.UIDValidity, uid)
		require.NoError(t, err)
		require.NoError(t, b.db.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.Want("", copy.ID, add, remove) }))
		return copy.ID
	}
	first := want(1, store.FlagSeen, 0)
	want(2, store.FlagSeen, 0)
	want(3, store.FlagSeen|store.FlagForwarded, store.FlagFlagged)
	want(6, store.FlagSeen, 0)
	b.expunge("INBOX", func(uid uint32) bool { return uid == 6 }) // nobody can read it any more
	b.mustSync()
	flags := map[uint32][]string{}
	for _, m := range must(b.srv.Messages("alice", "INBOX")) {
		flags[m.UID] = m.Flags
	}
	require.Equal(t, []string{`\Seen`}, flags[1])
	require.ElementsMatch(t, []string{`\Seen`, `\Flagged`, `\Answered`}, flags[2])
	require.ElementsMatch(t, []string{`\Seen`, `\Answered`}, flags[3])
	require.Empty(t, flags[4])
	copy, err := b.db.Copy(t.Context(), "", first)
	require.NoError(t, err)
	require.Equal(t, store.FlagSeen, copy.Flags)
	left, err := b.db.Wanted(t.Context(), "", b.account.ID, 10)
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestDovecotSent: a mail is filed once, with its date and as read, and is found by each of its names and by no other.
func TestDovecotSent(t *testing.T) {
	for _, caps := range []string{"", exchange} {
		t.Run("caps "+caps, func(t *testing.T) {
			b := newDovecotBench(t, testservers.MailOptions{Capability: caps})
			s, err := b.syncer.Open(t.Context(), nil, b.account, signin.WithPassword(b.account.IMAP.Username, seal.NewSecret(b.secret)))
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Close()) }()
			_, uid, err := s.Find(t.Context(), []string{"one@here.example"}, "tag1")
			require.NoError(t, err)
			require.Zero(t, uid)
			date := time.Date(2026, time.November, 1, 10, 0, 0, 0, time.UTC)
			raw := "From: a@here.example\r\nMessage-ID: <one@here.example>\r\nReferences: <x@y.example>\r\n <tag1@here.example>\r\nSubject: filed\r\n\r\n" + strings.Repeat("a line of the body\r\n", 1000)
			box, uid, err := s.Append(t.Context(), strings.NewReader(raw), int64(len(raw)), date)
			require.NoError(t, err)
			require.Equal(t, b.mailbox("Sent").ID, box)
			require.EqualValues(t, 1, uid)
			for _, look := range []struct {
				ids   []string
				tag   string
				found uint32
			}{
				{[]string{"one@here.example"}, "", 1},
				{[]string{"other@here.example", "one@here.example"}, "", 1},
				{nil, "tag1", 1},
				{[]string{"other@here.example"}, "tag2", 0},
				{[]string{"one@here.example\r\nX: y"}, "", 0},
				{[]string{"here.example.org"}, "", 0},
			} {
				_, uid, err := s.Find(t.Context(), look.ids, look.tag)
				require.NoError(t, err)
				require.Equal(t, look.found, uid, "%v", look)
			}
			filed := must(b.srv.Messages("alice", "Sent"))
			require.Len(t, filed, 1)
			require.Equal(t, raw, string(filed[0].Raw))
			require.Equal(t, []string{`\Seen`}, filed[0].Flags)
			require.True(t, date.Equal(filed[0].Date))
			_, err = s.Sync(t.Context(), time.Now().Add(time.Minute))
			require.NoError(t, err)
			b.requireWhole("Sent", b.truth("Sent"))
		})
	}
}
