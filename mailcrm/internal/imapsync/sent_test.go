package imapsync_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

var day = time.Date(2026, time.November, 1, 10, 0, 0, 0, time.UTC)

func (b *bench) open() *imapsync.Session {
	b.t.Helper()
	s, err := b.syncer.Open(b.t.Context(), nil, b.account, signin.WithPassword(b.account.IMAP.Username, seal.NewSecret(b.secret)))
	require.NoError(b.t, err)
	b.t.Cleanup(func() { require.NoError(b.t, s.Close()) })
	return s
}

func filing(id string, size int) string {
	return "Message-ID: <" + id + "@here.example>\r\nSubject: filed\r\n\r\n" + strings.Repeat("0123456789abcdef\r\n", size/18)
}

// TestAppendRefused: a server that does not want the copy says why; nothing is filed, and the session goes on with a connection of its own.
func TestAppendRefused(t *testing.T) {
	for _, row := range []struct {
		fault mailcrmtest.IMAPFault
		code  string
		kind  error
	}{
		{mailcrmtest.IMAPFault{Code: "OVERQUOTA", Text: "Quota exceeded"}, "imap.over_quota", storage.ErrLimit},
		{mailcrmtest.IMAPFault{Code: "READ-ONLY", Text: "Mailbox is read-only"}, "imap.read_only", storage.ErrReadOnly},
		{mailcrmtest.IMAPFault{Code: "NOPERM", Text: "Permission denied"}, "imap.no_permission", storage.ErrRejected},
		{mailcrmtest.IMAPFault{Code: "TRYCREATE", Text: "No such mailbox"}, "imap.no_mailbox", storage.ErrNotFound},
		{mailcrmtest.IMAPFault{Text: "for a reason of mine"}, "imap.refused", storage.ErrRejected},
		{mailcrmtest.IMAPFault{Cut: mailcrmtest.CutClose}, "imap.connection_lost", storage.ErrTemporary},
		{mailcrmtest.IMAPFault{Cut: mailcrmtest.CutReset}, "imap.connection_lost", storage.ErrTemporary},
		{mailcrmtest.IMAPFault{Bye: true, Text: "shutting down"}, "imap.bye", storage.ErrTemporary},
		{mailcrmtest.IMAPFault{Cut: mailcrmtest.CutHang}, "imap.timeout", storage.ErrTemporary},
	} {
		for _, size := range []int{100, 20_000} { // with and without a wait for the server's consent
			t.Run(row.code+" "+row.fault.Text, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, mailcrmtest.ServerOptions{})
				b.load("INBOX", mail(1, "one"))
				b.syncer.Inactivity = time.Second
				row.fault.Command, row.fault.Times = "APPEND", 1
				b.server.FailIMAP(row.fault)
				s := b.open()
				raw := filing("one", size)
				_, uid, err := s.Append(t.Context(), strings.NewReader(raw), int64(len(raw)), day)
				require.Equal(t, row.code, storage.CauseCode(err), "%v", err)
				require.ErrorIs(t, err, row.kind)
				require.Zero(t, uid)
				_, uid, err = s.Find(t.Context(), []string{"one@here.example"}, "")
				require.NoError(t, err)
				require.Zero(t, uid)
				_, uid, err = s.Append(t.Context(), strings.NewReader(raw), int64(len(raw)), day)
				require.NoError(t, err)
				require.EqualValues(t, 1, uid)
				_, err = s.Sync(t.Context(), time.Now().Add(time.Minute))
				require.NoError(t, err)
				require.Len(t, mustMails(t, b.server, "Sent"), 1)
				require.Equal(t, []string{"one"}, b.texts()[1:])
			})
		}
	}
}

// TestAppendDoneAndLost: the copy is there although nobody heard of it, and Find says so.
func TestAppendDoneAndLost(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	b.server.FailIMAP(mailcrmtest.IMAPFault{Command: "APPEND", Times: 1, Done: true, Cut: mailcrmtest.CutClose})
	s := b.open()
	raw := filing("one", 10_000)
	_, _, err := s.Append(t.Context(), strings.NewReader(raw), int64(len(raw)), day)
	require.ErrorIs(t, err, storage.ErrTemporary)
	_, uid, err := s.Find(t.Context(), []string{"one@here.example"}, "")
	require.NoError(t, err)
	require.NotZero(t, uid)
}

// TestAppendShortMail: bytes that cannot be read, or are fewer than announced, file nothing.
func TestAppendShortMail(t *testing.T) {
	broken := errors.New("the disk is broken")
	for _, size := range []int{200, 100_000} {
		b := newBench(t, mailcrmtest.ServerOptions{})
		s := b.open()
		raw := filing("one", size)
		_, _, err := s.Append(t.Context(), strings.NewReader(raw), int64(len(raw))+10, day)
		require.Error(t, err)
		_, _, err = s.Append(t.Context(), io.MultiReader(strings.NewReader(raw), failing{broken}), int64(len(raw))+10, day)
		require.ErrorIs(t, err, broken)
		require.Empty(t, mustMails(t, b.server, "Sent"))
		_, uid, err := s.Append(t.Context(), strings.NewReader(raw), int64(len(raw)), day)
		require.NoError(t, err)
		require.NotZero(t, uid)
		require.Len(t, mustMails(t, b.server, "Sent"), 1)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestNoUIDPLUS: where the server does not tell the UID of a copy, it is zero and no error; Find tells it.
func TestNoUIDPLUS(t *testing.T) {
	b, l := newLiarBench(t, 0)
	l.box("Sent")
	l.lie(lies{command: func(c *liarConn, tag, command string) bool {
		if !strings.HasPrefix(command, "APPEND") {
			return false
		}
		_, raw, _ := strings.Cut(command, `0000" `)
		c.named("Sent").mails = append(c.named("Sent").mails, &letter{uid: 1, raw: raw})
		c.named("Sent").next = 2
		c.say(tag + " OK done\r\n")
		return true
	}})
	s := b.open()
	raw := filing("one", 1000)
	box, uid, err := s.Append(t.Context(), strings.NewReader(raw), int64(len(raw)), day)
	require.NoError(t, err)
	require.Zero(t, uid)
	require.Equal(t, b.mailbox("Sent").ID, box)
	_, uid, err = s.Find(t.Context(), []string{"one@here.example"}, "")
	require.NoError(t, err)
	require.EqualValues(t, 1, uid)
}

// TestNoSent: an account without a folder for sent mail.
func TestNoSent(t *testing.T) {
	b, _ := newLiarBench(t, 0)
	s := b.open()
	_, _, err := s.Append(t.Context(), strings.NewReader("x"), 1, day)
	require.Equal(t, "submit.no_sent", storage.CauseCode(err))
	require.ErrorIs(t, err, storage.ErrNotFound)
}

// TestFindIsNotTakenIn: a server that finds too much, by words or because it takes no notice of the field, does not make another mail ours.
func TestFindIsNotTakenIn(t *testing.T) {
	b, l := newLiarBench(t, 0)
	for n := range 8 {
		l.load("Sent", mail(n+1, "x"))
	}
	l.lie(lies{search: func(tag string, _ []uint32) string { return esearch(tag, "RETURN", []uint32{1, 2, 3, 4, 5, 6, 7, 8}) }})
	s := b.open()
	_, uid, err := s.Find(t.Context(), []string{"one@here.example"}, "tag")
	require.NoError(t, err)
	require.Zero(t, uid)
	_, uid, err = s.Find(t.Context(), []string{"7@client.example"}, "tag")
	require.NoError(t, err)
	require.EqualValues(t, 7, uid)
	require.LessOrEqual(t, l.count("UID FETCH"), 5*3+5+5, "and few are looked at")
}

// TestFlagsRefused: a wish that the server refuses is over, and keeps no other one and no mail waiting.
func TestFlagsRefused(t *testing.T) {
	for name, set := range map[string]lies{
		"mailbox is read-only": {store: func(*liarBox) string { return "[READ-ONLY] no" }},
		"flag is refused":      {store: func(*liarBox) string { return "no such flag" }},
		"flag is not permanent": {opened: func(b *liarBox) string {
			return opened(len(b.mails), "PERMANENTFLAGS (\\Answered)", "UIDVALIDITY 7", "UIDNEXT 5")
		}},
		"mailbox cannot be read": {command: refuse("SELECT", "NO [NOPERM] not yours")},
	} {
		t.Run(name, func(t *testing.T) {
			b, l := newLiarBench(t, 4)
			_, err := b.sync(time.Minute)
			require.NoError(t, err)
			b.want("INBOX", store.FlagSeen, 1, 2, 3)
			l.load("INBOX", mail(9, "new"))
			l.lie(set)
			_, err = b.sync(time.Minute)
			require.NoError(t, err)
			left, err := b.db.Wanted(t.Context(), "", b.account.ID, 10)
			require.NoError(t, err)
			require.Empty(t, left)
			l.lie(lies{})
			_, err = b.sync(time.Minute)
			require.NoError(t, err)
			b.requireWhole("INBOX", l.truth("INBOX"))
		})
	}
}

// TestFlagsLater: a wish that the server has no time for is kept, and mail is fetched all the same.
func TestFlagsLater(t *testing.T) {
	b, l := newLiarBench(t, 4)
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	b.want("INBOX", store.FlagSeen, 1, 2, 3)
	l.load("INBOX", mail(9, "new"))
	for _, set := range []lies{
		{store: func(*liarBox) string { return "[INUSE] locked" }},
		{command: func(c *liarConn, _, command string) bool {
			if strings.HasPrefix(command, "UID STORE") {
				_ = c.conn.Close()
				return true
			}
			return false
		}},
	} {
		l.lie(set)
		_, err = b.sync(time.Minute)
		require.NoError(t, err)
		b.requireWhole("INBOX", l.truth("INBOX"))
		left, err := b.db.Wanted(t.Context(), "", b.account.ID, 10)
		require.NoError(t, err)
		require.Len(t, left, 3)
	}
	l.lie(lies{})
	before := l.count("UID STORE")
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	require.Equal(t, 1, l.count("UID STORE")-before, "those that want the same are set together")
	for _, m := range l.box("INBOX").mails[:3] {
		require.Equal(t, []string{`\Seen`}, m.flags)
	}
	for _, command := range l.said() {
		require.NotContains(t, command, " FLAGS (\\", "only +FLAGS and -FLAGS")
	}
}

// want wishes flags for mails of a mailbox.
func (b *bench) want(name string, add store.Flags, uids ...uint32) {
	b.t.Helper()
	box := b.mailbox(name)
	for _, uid := range uids {
		c, err := b.db.CopyByUID(b.t.Context(), "", box.ID, box.UIDValidity, uid)
		require.NoError(b.t, err)
		require.NoError(b.t, b.db.Write(b.t.Context(), nil, func(tx *store.Tx) error { return tx.Want("", c.ID, add, 0) }))
	}
}
