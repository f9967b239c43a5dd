package imapsync_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// newLiarBench is a bench whose server lies, with an INBOX of so many mails.
func newLiarBench(t *testing.T, mails int) (*bench, *liar) {
	t.Helper()
	l := startLiar(t)
	b := assemble(t, newClock(), store.Server{Host: "127.0.0.1", Port: l.port, Security: "none", Username: address})
	b.syncer.Dialer.AllowPlaintextLoopback = true
	b.syncer.Inactivity = 10 * time.Second
	l.box("INBOX")
	for n := range mails {
		l.load("INBOX", mail(n+1, fmt.Sprintf("text of number %d", n+1)))
	}
	return b, l
}

func (b *bench) mailbox(name string) store.Mailbox {
	b.t.Helper()
	boxes, err := b.db.Mailboxes(b.t.Context(), "", b.account.ID)
	require.NoError(b.t, err)
	i := slices.IndexFunc(boxes, func(m store.Mailbox) bool { return strings.EqualFold(m.Name, name) })
	require.GreaterOrEqual(b.t, i, 0, name)
	return boxes[i]
}

func (b *bench) blob(d storage.Digest) string {
	b.t.Helper()
	blob, err := b.syncer.Blobs.Open(b.t.Context(), storage.OpenBlobRequest{Digest: d, Length: -1})
	require.NoError(b.t, err)
	kept, err := io.ReadAll(blob.Content)
	require.NoError(b.t, err)
	require.NoError(b.t, blob.Content.Close())
	return string(kept)
}

// requireWhole holds a mailbox against the truth: every UID is stored, once, with the server's bytes; nothing else is in the ledger.
func (b *bench) requireWhole(name string, truth map[uint32]string) {
	b.t.Helper()
	box := b.mailbox(name)
	ledger, err := b.db.Ledger(b.t.Context(), "", box.ID)
	require.NoError(b.t, err)
	require.Empty(b.t, ledger.Pending, "pending")
	require.Empty(b.t, ledger.Dead, "dead")
	require.Empty(b.t, ledger.Excluded, "excluded")
	var stored []uint32
	for _, r := range ledger.Stored {
		for uid := r.Lo; uid <= r.Hi; uid++ {
			stored = append(stored, uid)
		}
	}
	var want []uint32
	for uid := range truth {
		want = append(want, uid)
	}
	slices.Sort(want)
	require.Equal(b.t, want, stored, "stored")
	for uid, raw := range truth {
		c, err := b.db.CopyByUID(b.t.Context(), "", box.ID, box.UIDValidity, uid)
		require.NoError(b.t, err)
		require.Equal(b.t, raw, b.blob(c.Raw), "the bytes of UID %d", uid)
	}
	times := map[uint32]int{}
	for _, c := range b.chunks {
		if c.Mailbox.ID == box.ID {
			for _, m := range c.Mails {
				times[m.UID]++
			}
		}
	}
	for uid := range truth {
		require.LessOrEqual(b.t, times[uid], 1, "UID %d was recorded so often", uid) // none if it was cut off when it had been
	}
}

// truth is what a mailbox of the liar holds.
func (l *liar) truth(name string) map[uint32]string {
	b := l.box(name)
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[uint32]string{}
	for _, m := range b.mails {
		out[m.uid] = m.raw
	}
	return out
}

// opened is an answer to SELECT with other numbers.
func opened(exists int, more ...string) string {
	out := fmt.Sprintf("* FLAGS (\\Seen)\r\n* %d EXISTS\r\n", exists)
	for _, code := range more {
		out += "* OK [" + code + "] -\r\n"
	}
	return out
}

// TestLyingServer tries what servers have been seen to say, and worse (FAULTS E). While it lasts, nothing may be recorded that is not so; when it is over, every mail is
// there, once and whole, and nothing good is dead.
func TestLyingServer(t *testing.T) {
	const mails = 15
	for _, row := range []struct {
		name    string
		lies    lies
		prepare func(l *liar)
		despite bool // everything is there although the server goes on lying
		dead    bool // mails may be set aside while it lies
		silent  bool // the client waits in vain
	}{
		{name: "honest", despite: true},
		{name: "EXISTS, EXPUNGE and flags of others in FETCH", despite: true, lies: lies{
			fetch: func(b *liarBox, m *letter, ask asked) string {
				return "* 40 EXISTS\r\n* 2 FETCH (FLAGS (\\Seen))\r\n* 1 EXPUNGE\r\n* 1 RECENT\r\n" + honest(b, m, ask)
			},
		}},
		{name: "UID after the body", despite: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			name, content := section(m, ask)
			if name == "" {
				return honest(b, m, ask)
			}
			return fmt.Sprintf("* %d FETCH (%s %s {%d}\r\n%s UID %d)\r\n", sequence(b, m), items(m, len(m.raw)), name, len(content), content, m.uid)
		}}},
		{name: "each mail twice", despite: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			return honest(b, m, ask) + honest(b, m, ask)
		}}},
		{name: "flags first, then the body", despite: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			return fmt.Sprintf("* %d FETCH (UID %d FLAGS (\\Seen))\r\n", sequence(b, m), m.uid) + honest(b, m, ask)
		}}},
		{name: "FETCH without UID", lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			return strings.Replace(honest(b, m, ask), fmt.Sprintf("UID %d ", m.uid), "", 1)
		}}},
		{name: "one FETCH without UID", dead: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			if m.uid == 5 {
				return strings.Replace(honest(b, m, ask), "UID 5 ", "", 1)
			}
			return honest(b, m, ask)
		}}},
		{name: "another mail's UID", lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			return strings.Replace(honest(b, m, ask), fmt.Sprintf("UID %d ", m.uid), fmt.Sprintf("UID %d ", m.uid+1000), 1)
		}}},
		{name: "RFC822.SIZE too large", despite: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			return strings.Replace(honest(b, m, ask), fmt.Sprintf("SIZE %d", len(m.raw)), fmt.Sprintf("SIZE %d", len(m.raw)+500), 1)
		}}},
		{name: "RFC822.SIZE NIL, INTERNALDATE garbage", despite: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			answer := strings.Replace(honest(b, m, ask), fmt.Sprintf("SIZE %d", len(m.raw)), "SIZE NIL", 1)
			return strings.Replace(answer, "24-Nov-2026", "99-Foo-2026", 1)
		}}},
		{name: "no body", lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			return fmt.Sprintf("* %d FETCH (UID %d %s BODY[] NIL)\r\n", sequence(b, m), m.uid, items(m, len(m.raw)))
		}}},
		{name: "one has no body", dead: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			if m.uid == 5 {
				return fmt.Sprintf("* %d FETCH (UID %d %s BODY[] NIL)\r\n", sequence(b, m), m.uid, items(m, len(m.raw)))
			}
			return honest(b, m, ask)
		}}},
		{name: "NIL for every other mail, of many", despite: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			if m.uid%2 == 0 && ask.many > 1 {
				return fmt.Sprintf("* %d FETCH (UID %d %s BODY[] NIL)\r\n", sequence(b, m), m.uid, items(m, len(m.raw)))
			}
			return honest(b, m, ask)
		}}},
		{name: "a literal longer than announced", silent: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			return strings.Replace(honest(b, m, ask), fmt.Sprintf("{%d}", len(m.raw)), fmt.Sprintf("{%d}", len(m.raw)-7), 1)
		}}, dead: true},
		{name: "a literal shorter than announced", silent: true, dead: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			if m.uid == 9 {
				return strings.Replace(honest(b, m, ask), fmt.Sprintf("{%d}", len(m.raw)), fmt.Sprintf("{%d}", len(m.raw)+700), 1)
			}
			return honest(b, m, ask)
		}}},
		{name: "a literal that swallows the next mail", silent: true, dead: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			if m.uid == 9 && ask.body() { // exactly up to the end of the next answer
				next := b.mails[slices.Index(b.mails, m)+1]
				return strings.Replace(honest(b, m, ask), fmt.Sprintf("{%d}", len(m.raw)), fmt.Sprintf("{%d}", len(m.raw)+len(")\r\n")+len(honest(b, next, ask))-len(")\r\n")), 1)
			}
			return honest(b, m, ask)
		}}},
		{name: "a literal of 4 GiB", silent: true, dead: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			if m.uid == 9 && ask.body() {
				return strings.Replace(honest(b, m, ask), fmt.Sprintf("{%d}", len(m.raw)), "{4294967296}", 1)
			}
			return honest(b, m, ask)
		}}},
		{name: "garbage instead of one mail", dead: true, lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			if m.uid == 9 && ask.body() {
				return "* 9 FETCH (UID 9 BODY[ {5}\r\nhello ((((\r\n"
			}
			return honest(b, m, ask)
		}}},
		{name: "garbage instead of mail", lies: lies{fetch: func(b *liarBox, m *letter, ask asked) string {
			return "* 9 FETCH (UID 9 BODY[ {5}\r\nhello ((((\r\n"
		}}},
		{name: "FETCH answers OK and nothing else", lies: lies{fetch: func(*liarBox, *letter, asked) string { return "" }}},
		{name: "NO to every FETCH", lies: lies{command: refuse("UID FETCH", "NO failed")}},
		{name: "BAD to every FETCH", lies: lies{command: refuse("UID FETCH", "BAD Command Error. 12")}},
		{name: "NO to a FETCH with one of them", dead: true, lies: lies{command: func(c *liarConn, tag, command string) bool {
			if !strings.HasPrefix(command, "UID FETCH") || !inSet(6, strings.Fields(command)[2], c.open) {
				return false
			}
			c.say(tag + " NO [SERVERBUG] Internal error occurred. Refer to server log\r\n")
			return true
		}}},
		{name: "a FETCH with one of them closes the connection", dead: true, lies: lies{command: func(c *liarConn, tag, command string) bool {
			if !strings.HasPrefix(command, "UID FETCH") || !inSet(6, strings.Fields(command)[2], c.open) {
				return false
			}
			c.say("* BYE Internal error\r\n")
			_ = c.conn.Close()
			return true
		}}},
		{name: "every FETCH closes the connection", lies: lies{command: func(c *liarConn, tag, command string) bool {
			if !strings.HasPrefix(command, "UID FETCH") {
				return false
			}
			_ = c.conn.Close()
			return true
		}}},
		{name: "no FETCH is answered", silent: true, lies: lies{command: func(_ *liarConn, _, command string) bool { return strings.HasPrefix(command, "UID FETCH") }}},
		{name: "UIDNEXT lower than the mails", lies: lies{opened: func(b *liarBox) string {
			return opened(len(b.mails), "UIDVALIDITY 7", "UIDNEXT 4", "HIGHESTMODSEQ 9")
		}}},
		{name: "UIDNEXT 1", lies: lies{opened: func(b *liarBox) string { return opened(len(b.mails), "UIDVALIDITY 7", "UIDNEXT 1") }}},
		{name: "UIDNEXT as high as can be", despite: true, lies: lies{opened: func(b *liarBox) string {
			return opened(len(b.mails), "UIDVALIDITY 7", "UIDNEXT 4294967295")
		}}},
		{name: "UIDNEXT before the mails can be seen", lies: lies{
			opened: func(b *liarBox) string {
				return opened(len(b.mails)-5, "UIDVALIDITY 7", fmt.Sprint("UIDNEXT ", b.next))
			},
			status: func(b *liarBox) string {
				return fmt.Sprintf("* STATUS %q (MESSAGES %d UIDNEXT %d UIDVALIDITY 7)\r\n", b.name, len(b.mails)-5, b.next)
			},
			search: func(tag string, found []uint32) string {
				return esearch(tag, "RETURN", slices.DeleteFunc(found, func(uid uint32) bool { return uid > 10 }))
			},
		}},
		{name: "no UIDNEXT", despite: true, lies: lies{
			opened: func(b *liarBox) string { return opened(len(b.mails), "UIDVALIDITY 7") },
			status: func(b *liarBox) string {
				return fmt.Sprintf("* STATUS %q (MESSAGES %d UIDVALIDITY 7)\r\n", b.name, len(b.mails))
			},
		}},
		{name: "no UIDVALIDITY", lies: lies{opened: func(b *liarBox) string { return opened(len(b.mails), fmt.Sprint("UIDNEXT ", b.next)) }}},
		{name: "EXISTS 0", lies: lies{opened: func(b *liarBox) string { return opened(0, "UIDVALIDITY 7", fmt.Sprint("UIDNEXT ", b.next)) }}},
		{name: "EXISTS too low by a few", despite: true, lies: lies{opened: func(b *liarBox) string {
			return opened(len(b.mails)-3, "UIDVALIDITY 7", fmt.Sprint("UIDNEXT ", b.next))
		}}},
		{name: "EXISTS too high", despite: true, lies: lies{opened: func(b *liarBox) string {
			return opened(len(b.mails)+3, "UIDVALIDITY 7", fmt.Sprint("UIDNEXT ", b.next))
		}}},
		{name: "mod-sequences go back", despite: true, lies: lies{opened: func() func(b *liarBox) string {
			modseq := 100
			return func(b *liarBox) string {
				modseq -= 7
				return opened(len(b.mails), "UIDVALIDITY 7", fmt.Sprint("UIDNEXT ", b.next), fmt.Sprint("HIGHESTMODSEQ ", modseq))
			}
		}()}},
		{name: "a mailbox without mod-sequences", despite: true, lies: lies{
			opened: func(b *liarBox) string {
				return opened(len(b.mails), "UIDVALIDITY 7", fmt.Sprint("UIDNEXT ", b.next), "NOMODSEQ")
			},
			command: func(c *liarConn, tag, command string) bool {
				if !strings.HasPrefix(command, "UID FETCH") || !strings.Contains(command, "MODSEQ") {
					return false
				}
				c.say(tag + " BAD no mod-sequences here\r\n")
				return true
			},
		}},
		{name: "SEARCH lists four billion", lies: lies{search: func(tag string, _ []uint32) string {
			return fmt.Sprintf("* ESEARCH (TAG %q) UID ALL 1:4294967290\r\n", tag)
		}}},
		{name: "SEARCH lists UIDs outside of what was asked", despite: true, lies: lies{search: func(tag string, found []uint32) string {
			return esearch(tag, "RETURN", append(found, 900, 901, 4294967290))
		}}},
		{name: "SEARCH lists UIDs that are not there", lies: lies{
			opened: func(b *liarBox) string { return opened(len(b.mails), "UIDVALIDITY 7", "UIDNEXT 50") },
			search: func(tag string, found []uint32) string { return esearch(tag, "RETURN", append(found, 40, 41, 42)) },
		}, dead: true},
		{name: "SEARCH answers OK and nothing else", lies: lies{search: func(string, []uint32) string { return "" }}},
		{name: "SEARCH forgets every other mail", lies: lies{search: func(tag string, found []uint32) string {
			return esearch(tag, "RETURN", slices.DeleteFunc(found, func(uid uint32) bool { return uid%2 == 0 }))
		}}},
		{name: "SEARCH is refused", lies: lies{command: refuse("UID SEARCH", "NO not today")}},
		{name: "nothing is there while FETCH fails", lies: lies{
			fetch: func(*liarBox, *letter, asked) string { return "" },
			search: func() func(tag string, found []uint32) string {
				n := 0
				return func(tag string, found []uint32) string {
					if n++; n == 1 {
						return esearch(tag, "RETURN", found)
					}
					return ""
				}
			}(),
		}},
		{name: "SEARCH in old form", despite: true, lies: lies{search: func(tag string, found []uint32) string { return esearch("", "", found) }}},
		{name: "LIST without delimiter", despite: true, lies: lies{list: func(b *liarBox) string { return fmt.Sprintf("* LIST () NIL %q\r\n", b.name) }}},
		{name: "LIST twice, with 8-bit names and lines that are none", despite: true, lies: lies{list: func(b *liarBox) string {
			line := fmt.Sprintf("* LIST (\\HasNoChildren) \"/\" %s\r\n", b.name)
			return line + line + "* LIST (\\Noselect) \"/\" \"Entw\xfcrfe\"\r\n* LIST () \"/\"\r\n* LIST\r\n"
		}}},
		{name: "LIST is empty", lies: lies{list: func(*liarBox) string { return "" }}},
		{name: "STATUS is refused", despite: true, lies: lies{command: refuse("STATUS", "NO cannot")}},
		{name: "STATUS names another mailbox", despite: true, lies: lies{status: func(*liarBox) string { return "* STATUS Other (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 7)\r\n" }}},
		{
			name: "mail with NUL, with octets above 127 and with bare line ends", despite: true,
			prepare: func(l *liar) {
				l.load("INBOX", "Subject: \x00\xff\xfe\r\nFrom: \"\x00\" <a@b.example>\r\n\r\n\x00\x00 nul \x00\r\n", "Subject: lf\n\nbare\n", "\r\n", "no header", "", "Subject: cr\r\rx\r")
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			b, l := newLiarBench(t, mails)
			if row.prepare != nil {
				row.prepare(l)
			}
			if row.silent {
				b.syncer.Inactivity = 500 * time.Millisecond
			}
			l.lie(row.lies)
			for range 3 {
				_, err := b.sync(time.Minute)
				if row.despite {
					require.NoError(t, err)
				}
				b.clock.Advance(time.Minute) // less than a dead letter waits
			}
			if row.despite {
				b.requireWhole("INBOX", l.truth("INBOX"))
			}
			if !row.dead {
				boxes, err := b.db.Mailboxes(t.Context(), "", b.account.ID)
				require.NoError(t, err)
				for _, m := range boxes {
					ledger, err := b.db.Ledger(t.Context(), "", m.ID)
					require.NoError(t, err)
					require.Empty(t, ledger.Dead, "nobody is to blame")
				}
			}
			l.lie(lies{})
			for range 3 {
				b.clock.Advance(10 * time.Minute)
				_, err := b.sync(time.Minute)
				require.NoError(t, err)
			}
			b.requireWhole("INBOX", l.truth("INBOX"))
			require.Empty(t, b.mailbox("INBOX").Error)
			before := len(l.said())
			_, err := b.sync(time.Minute)
			require.NoError(t, err)
			for _, command := range l.said()[before:] {
				require.NotContains(t, command, "BODY.PEEK[]", "everything is known")
			}
		})
	}
}

// refuse answers commands that begin with a word.
func refuse(word, answer string) func(*liarConn, string, string) bool {
	return func(c *liarConn, tag, command string) bool {
		if !strings.HasPrefix(command, word) {
			return false
		}
		c.say(tag + " " + answer + "\r\n")
		return true
	}
}
