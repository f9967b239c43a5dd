package imapsync_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// holds says whether a chunk has the mail with a UID.
func holds(chunk *imapsync.Chunk, uid uint32) bool {
	for _, m := range chunk.Mails {
		if m.UID == uid {
			return true
		}
	}
	return false
}

// TestPoison: a mail that cannot be recorded, though others can, is set aside; also when recording it panics.
func TestPoison(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error":   func() error { return errors.New("a character that the store cannot hold") },
		"invalid": func() error { return fmt.Errorf("too long a key: %w", storage.ErrInvalid) },
		"panic":   func() error { panic("a mail that nobody thought of") },
	} {
		t.Run(name, func(t *testing.T) {
			b, l := newLiarBench(t, 25)
			b.syncer.Deliver = func(ctx context.Context, chunk *imapsync.Chunk) error {
				if holds(chunk, 7) || holds(chunk, 20) {
					return fail()
				}
				return b.deliver(ctx, chunk)
			}
			_, err := b.sync(time.Minute)
			require.NoError(t, err)
			ledger := b.ledger("INBOX")
			require.Empty(t, ledger.Pending)
			require.Len(t, ledger.Dead, 2)
			require.EqualValues(t, 7, ledger.Dead[0].UID)
			require.Len(t, b.texts(), 23)
			b.syncer.Deliver = b.deliver
			b.clock.Advance(10 * time.Minute)
			_, err = b.sync(time.Minute)
			require.NoError(t, err)
			b.requireWhole("INBOX", l.truth("INBOX"))
		})
	}
}

// TestStoreInTrouble: what the store says of itself is no mail's fault, though it might still take the note that a mail failed: it ends the session, and everything
// is pending still.
func TestStoreInTrouble(t *testing.T) {
	everything := errors.New("everything fails, also the note that it failed")
	for _, kind := range []error{
		storage.ErrTemporary, storage.ErrReadOnly, storage.ErrUnavailable, storage.ErrClosed, storage.ErrSchema, storage.ErrConflict, store.ErrLostLease, everything,
	} {
		t.Run(kind.Error(), func(t *testing.T) {
			b, l := newLiarBench(t, 25)
			b.syncer.Deliver = func(ctx context.Context, chunk *imapsync.Chunk) error {
				if len(chunk.Mails) > 0 || errors.Is(kind, everything) {
					return fmt.Errorf("recording: %w", kind)
				}
				return b.deliver(ctx, chunk)
			}
			_, err := b.sync(time.Minute)
			require.ErrorIs(t, err, kind)
			require.Equal(t, []store.UIDRange{{Lo: 1, Hi: 25}}, b.ledger("INBOX").Pending)
			require.Empty(t, b.ledger("INBOX").Dead)
			b.syncer.Deliver = b.deliver
			_, err = b.sync(time.Minute)
			require.NoError(t, err)
			b.requireWhole("INBOX", l.truth("INBOX"))
		})
	}
}

// badBlobs fails for mails in which a word occurs.
type badBlobs struct {
	storage.Blobs
	word string
	put  func() error
	open func() error // nil: Open is good
}

func (b *badBlobs) Put(ctx context.Context, req storage.PutBlobRequest) (storage.PutBlobResult, error) {
	raw, err := io.ReadAll(req.Content)
	if err != nil {
		return storage.PutBlobResult{}, err
	}
	if b.put != nil && strings.Contains(string(raw), b.word) {
		return storage.PutBlobResult{}, b.put()
	}
	req.Content = strings.NewReader(string(raw))
	return b.Blobs.Put(ctx, req)
}

type panicking struct{ io.Closer }

func (panicking) Read([]byte) (int, error) { panic("a page of memory that is gone") }

func (b *badBlobs) Open(ctx context.Context, req storage.OpenBlobRequest) (storage.OpenBlobResult, error) {
	got, err := b.Blobs.Open(ctx, req)
	if err == nil && b.open != nil {
		got.Content = panicking{got.Content}
	}
	return got, err
}

// TestBytesNotKept: bytes that the place for them will not take set their mail aside; a place that is in trouble, or panics, ends the session and no mail is to blame.
func TestBytesNotKept(t *testing.T) {
	for _, size := range []int{100, 600_000} { // from memory and as they come
		for name, row := range map[string]struct {
			put  func() error
			dead bool
		}{
			"too large":  {func() error { return fmt.Errorf("at most 1 MB: %w", storage.ErrLimit) }, true},
			"disk full":  {func() error { return &storage.Cause{Code: "disk.full", Err: storage.ErrTemporary} }, false},
			"it panics":  {func() error { panic("no") }, false},
			"unknown":    {func() error { return errors.New("what is this") }, false},
			"not opened": {nil, false},
		} {
			t.Run(fmt.Sprint(name, size), func(t *testing.T) {
				b, l := newLiarBench(t, 5)
				l.load("INBOX", mail(6, "heavy "+strings.Repeat("0123456789abcde\r\n", size/17)), mail(7, "seven"))
				good := b.syncer.Blobs
				b.syncer.Blobs = &badBlobs{Blobs: good, word: "heavy", put: row.put}
				if row.put == nil {
					if size < 1000 {
						t.Skip("a small mail is parsed from memory")
					}
					b.syncer.Blobs = &badBlobs{Blobs: good, open: func() error { return nil }}
					row.dead = true // as of a parser that panics
				}
				_, err := b.sync(time.Minute)
				ledger := b.ledger("INBOX")
				if row.dead {
					require.NoError(t, err)
					require.Len(t, ledger.Dead, 1)
					require.EqualValues(t, 6, ledger.Dead[0].UID)
					require.Empty(t, ledger.Pending)
				} else {
					require.Error(t, err)
					require.Empty(t, ledger.Dead)
				}
				b.syncer.Blobs = good
				b.clock.Advance(10 * time.Minute)
				_, err = b.sync(time.Minute)
				require.NoError(t, err)
				b.requireWhole("INBOX", l.truth("INBOX"))
			})
		}
	}
}

// TestOneMailOnce: a mail that comes alone is not dead because the line broke once, or the server failed once, while it came.
func TestOneMailOnce(t *testing.T) {
	for name, answer := range map[string]string{"cut": "", "NO": "NO something", "BAD": "BAD Command Error. 12", "nothing": "OK done"} {
		t.Run(name, func(t *testing.T) {
			b, l := newLiarBench(t, 5)
			_, err := b.sync(time.Minute)
			require.NoError(t, err)
			l.load("INBOX", mail(6, "six"))
			failed := false
			l.lie(lies{command: func(c *liarConn, tag, command string) bool {
				if failed || !strings.HasPrefix(command, "UID FETCH") {
					return false
				}
				failed = true
				if answer == "" {
					_ = c.conn.Close()
				} else {
					c.say(tag + " " + answer + "\r\n")
				}
				return true
			}})
			_, err = b.sync(time.Minute)
			require.NoError(t, err)
			require.True(t, failed)
			b.requireWhole("INBOX", l.truth("INBOX"))
		})
	}
}

// TestOneMailAlone: in a mailbox of one mail there is no other to see whether the server works. A deadly mail is set aside there too.
func TestOneMailAlone(t *testing.T) {
	b, l := newLiarBench(t, 1)
	l.load("Clients", mail(2, "two"))
	l.lie(lies{command: func(c *liarConn, _, command string) bool {
		if strings.HasPrefix(command, "UID FETCH") && c.open.name == "INBOX" && strings.Contains(command, "BODY") {
			_ = c.conn.Close()
			return true
		}
		return false
	}})
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	require.Len(t, b.ledger("INBOX").Dead, 1)
	b.requireWhole("Clients", l.truth("Clients"))
}

// TestDeadKeepsCount: a dead letter that is due stays what it is, tries and all, until it was tried; a slice that has no time for it changes nothing.
func TestDeadKeepsCount(t *testing.T) {
	b, l := newLiarBench(t, 15)
	kill := lies{command: func(c *liarConn, _, command string) bool {
		if !strings.HasPrefix(command, "UID FETCH") || !inSet(6, strings.Fields(command)[2], c.open) {
			return false
		}
		_ = c.conn.Close()
		return true
	}}
	l.lie(kill)
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	for tries := 1; tries < 5; tries++ {
		dead := b.ledger("INBOX").Dead
		require.Len(t, dead, 1)
		require.Equal(t, tries, dead[0].Tries)
		require.Equal(t, "imap.connection_lost", dead[0].Code)
		logins := l.count("AUTHENTICATE")
		_, err = b.sync(time.Minute)
		require.NoError(t, err)
		require.Equal(t, 1, l.count("AUTHENTICATE")-logins, "not due yet")
		b.clock.Advance(dead[0].NextTry.Sub(b.clock.Now()))
		more, err := b.sync(0)
		require.NoError(t, err)
		require.True(t, more)
		require.Equal(t, dead, b.ledger("INBOX").Dead)
		_, err = b.sync(time.Minute)
		require.NoError(t, err)
	}
	l.lie(lies{})
	b.clock.Advance(8 * 24 * time.Hour)
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	b.requireWhole("INBOX", l.truth("INBOX"))
}

// TestSoftDeadline: after it nothing new is begun, what came until then is recorded, and there is more.
func TestSoftDeadline(t *testing.T) {
	b, l := newLiarBench(t, 60)
	s := b.open()
	soft := time.Now().Add(300 * time.Millisecond)
	fetches := 0
	l.lie(lies{command: func(_ *liarConn, _, command string) bool {
		if strings.HasPrefix(command, "UID FETCH") && strings.Contains(command, "BODY") {
			if fetches++; fetches == 2 {
				<-time.After(time.Until(soft))
			}
		}
		return false
	}})
	more, err := s.Sync(t.Context(), soft)
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, 2, fetches)
	require.Len(t, b.texts(), 10+20)
	require.Equal(t, []store.UIDRange{{Lo: 1, Hi: 30}}, b.ledger("INBOX").Pending)
}

// TestSlowDeath: a mail that takes longer than a slice to be blamed is blamed all the same, in the first slice; the next one goes on with the others.
func TestSlowDeath(t *testing.T) {
	b, l := newLiarBench(t, 15)
	b.syncer.Inactivity = 300 * time.Millisecond
	l.lie(lies{command: func(c *liarConn, _, command string) bool {
		return strings.HasPrefix(command, "UID FETCH") && inSet(15, strings.Fields(command)[2], c.open)
	}})
	more, err := b.sync(50 * time.Millisecond)
	require.NoError(t, err)
	require.True(t, more)
	ledger := b.ledger("INBOX")
	require.NotEmpty(t, append(ledger.Stored, ledger.Pending[0]))
	require.True(t, len(ledger.Dead) == 1 || len(ledger.Stored) > 0, "something was decided")
	for range 3 {
		if _, err = b.sync(50 * time.Millisecond); err != nil {
			break
		}
	}
	require.NoError(t, err)
	require.Len(t, b.ledger("INBOX").Dead, 1)
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	require.Len(t, b.texts(), 14)
}

// TestReusedUIDs: a mailbox that was restored or made anew under its old UIDVALIDITY is noticed when its UIDNEXT went back, and not taken for the old one.
func TestReusedUIDs(t *testing.T) {
	b, l := newLiarBench(t, 15)
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	before := l.truth("INBOX")
	l.remove("INBOX", 13, 14, 15)
	box := l.box("INBOX")
	box.next = 13
	l.load("INBOX", mail(100, "after the restore"))
	_, err = b.sync(time.Minute)
	require.Equal(t, "imap.syntax", storage.CauseCode(err), "%v", err)
	require.ErrorContains(t, err, "UID 13 is another mail")
	b.requireWhole("INBOX", before)
}

// TestLateMail: mails that a server shows only after its UIDNEXT has passed them are found, and those among them that are too old are excluded as the others were.
func TestLateMail(t *testing.T) {
	b, l := newLiarBench(t, 30)
	b.account.Settings.DepthDays = 30
	old := b.clock.Now().AddDate(0, 0, -90)
	for _, uid := range []int{2, 3, 12, 14} {
		l.box("INBOX").mails[uid-1].date = old
	}
	hidden := func(uid uint32) bool { return uid > 10 && uid < 20 }
	l.lie(lies{
		opened: func(b *liarBox) string {
			return opened(len(b.mails)-9, "UIDVALIDITY 7", fmt.Sprint("UIDNEXT ", b.next))
		},
		search: func(tag string, found []uint32) string {
			var shown []uint32
			for _, uid := range found {
				if !hidden(uid) {
					shown = append(shown, uid)
				}
			}
			return esearch(tag, "RETURN", shown)
		},
	})
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	require.Len(t, b.texts(), 19)
	l.lie(lies{})
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	require.Len(t, b.texts(), 26)
	ledger := b.ledger("INBOX")
	require.Equal(t, []store.UIDRange{{Lo: 1, Hi: 1}, {Lo: 4, Hi: 11}, {Lo: 13, Hi: 13}, {Lo: 15, Hi: 30}}, ledger.Stored)
	require.Equal(t, []store.Exclusion{{UIDRange: store.UIDRange{Lo: 2, Hi: 3}, Rule: "depth"}, {UIDRange: store.UIDRange{Lo: 12, Hi: 12}, Rule: "depth"}, {UIDRange: store.UIDRange{Lo: 14, Hi: 14}, Rule: "depth"}}, ledger.Excluded)
}

// TestSizeNoted: a mail whose RFC822.SIZE is not what came is recorded, and the defect with it.
func TestSizeNoted(t *testing.T) {
	b, l := newLiarBench(t, 3)
	l.lie(lies{fetch: func(box *liarBox, m *letter, ask asked) string {
		if m.uid == 2 {
			return strings.Replace(honest(box, m, ask), fmt.Sprint("SIZE ", len(m.raw)), "SIZE 99999", 1)
		}
		return honest(box, m, ask)
	}})
	_, err := b.sync(time.Minute)
	require.NoError(t, err)
	for _, m := range b.chunks[0].Mails {
		var codes []string
		for _, d := range m.Parsed.Defects {
			codes = append(codes, string(d.Code))
		}
		require.Equal(t, m.UID == 2, len(codes) == 1 && codes[0] == "size_differs", "UID %d: %v", m.UID, codes)
	}
}

// TestMalformed puts mails that other programs could not read among good ones (FAULTS J): all of them are kept, byte for byte.
func TestMalformed(t *testing.T) {
	dir, err := os.Getwd()
	require.NoError(t, err)
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	root := filepath.Join(filepath.Dir(dir), "shared", "corpora")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the corpora of mails are not beside the repository (../shared/corpora)")
	}
	b, l := newLiarBench(t, 5)
	for _, name := range []string{"mime4j", "stalwart-mail-parser", "mikel-mail", "enmime"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, name), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err == nil {
				l.load("INBOX", string(raw))
			}
			return err
		}))
	}
	l.load("INBOX", mail(6, "after them"))
	_, err = b.sync(time.Minute)
	require.NoError(t, err)
	truth := l.truth("INBOX")
	require.Greater(t, len(truth), 400)
	b.requireWhole("INBOX", truth)
}
