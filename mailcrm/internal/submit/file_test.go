package submit

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A box is a folder for sent mail, as a server keeps it.
type box struct {
	w      *world
	mails  []string
	asked  []string // "find" and "append", with the state of the copy in the data base at that moment
	find   error
	fail   error // of Append
	stores bool  // although it failed
	ids    []string
	tag    string
}

func (b *box) look(what, id string) { b.asked = append(b.asked, what+" "+b.w.stored(id).SentCopy) }

func (b *box) Find(_ context.Context, ids []string, tag string) (string, uint32, error) {
	b.look("find", b.id())
	if b.ids, b.tag = ids, tag; b.find != nil {
		return "", 0, b.find
	}
	return "sent", uint32(len(b.mails)), nil
}

func (b *box) Append(_ context.Context, mail io.Reader, size int64, _ time.Time) (string, uint32, error) {
	b.look("append", b.id())
	content, err := io.ReadAll(mail)
	if err == nil && int64(len(content)) != size {
		err = errors.New("another size than announced")
	}
	if err == nil && (b.fail == nil || b.stores) {
		b.mails = append(b.mails, string(content))
	}
	return "sent", uint32(len(b.mails)), errors.Join(err, b.fail)
}

func (b *box) id() string {
	all, _, _ := b.w.DB.Submissions(context.Background(), "", "anna", "", 1)
	return all[0].ID
}

// sent is a mail that left, and whose copy is to be filed.
func sent(t *testing.T, change func(*store.Submission)) (*world, *box, string) {
	t.Helper()
	w := newWorld(t, nil, "tls")
	sub := w.queue(ben)
	sub.State, sub.SentCopy, sub.Recipients[0].State = store.Accepted, store.CopyPending, "accepted"
	if change != nil {
		change(sub)
	}
	require.NoError(t, w.DB.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.UpdateSubmission(sub) }))
	return w, &box{w: w}, sub.ID
}

func (w *world) file(b *box, id string) (*store.Submission, error) {
	w.t.Helper()
	err := w.File(w.t.Context(), &w.lease, held, w.acc, w.stored(id), b)
	return w.stored(id), err
}

func TestFile(t *testing.T) {
	w, b, id := sent(t, nil)
	sub, err := w.file(b, id)
	require.NoError(t, err)
	require.Equal(t, []string{"append appending"}, b.asked, "the state first, and nothing to look for")
	require.Equal(t, store.CopyDone, sub.SentCopy)
	require.Equal(t, "sent", sub.SentMailbox)
	require.Equal(t, uint32(1), sub.SentUID)
	sub, err = w.file(b, id)
	require.NoError(t, err)
	require.Equal(t, store.CopyDone, sub.SentCopy)
	require.Len(t, b.asked, 1, "once")
	require.Len(t, b.mails, 1)
}

// TestFoundAppending: after a crash, or an APPEND whose answer was lost, the copy is looked for by all ids and the tag first.
func TestFoundAppending(t *testing.T) {
	appending := func(s *store.Submission) {
		s.SentCopy, s.Reply = store.CopyAppending, "2.0.0 OK <SERVER@prod.example>"
	}
	w, b, id := sent(t, appending)
	b.mails = []string{"it"}
	sub, err := w.file(b, id)
	require.NoError(t, err)
	require.Equal(t, []string{"find appending"}, b.asked)
	require.Equal(t, []string{sub.MessageID, "SERVER@prod.example"}, b.ids)
	require.Equal(t, sub.Tag, b.tag)
	require.Equal(t, store.CopyDone, sub.SentCopy)
	require.Len(t, b.mails, 1)

	w, b, id = sent(t, appending)
	_, err = w.file(b, id)
	require.NoError(t, err)
	require.Equal(t, []string{"find appending", "append appending"}, b.asked)
	require.Len(t, b.mails, 1)

	w, b, id = sent(t, nil)
	w.acc.Settings.SentCopy = "check"
	b.mails = []string{"the server's own"}
	_, err = w.file(b, id)
	require.NoError(t, err)
	require.Equal(t, []string{"find pending"}, b.asked)

	w, b, id = sent(t, appending)
	b.find = &storage.Cause{Code: "imap.connection_lost", Err: storage.ErrTemporary}
	sub, err = w.file(b, id)
	require.ErrorIs(t, err, storage.ErrTemporary)
	require.Equal(t, []string{"find appending"}, b.asked, "who cannot look does not file")
	require.Equal(t, store.CopyAppending, sub.SentCopy)
}

// TestFileFails: one copy in the end, at growing waits, and then no more tries.
func TestFileFails(t *testing.T) {
	t.Run("answer lost", func(t *testing.T) {
		w, b, id := sent(t, nil)
		b.fail, b.stores = &storage.Cause{Code: "imap.connection_lost", Err: storage.ErrTemporary}, true
		sub, err := w.file(b, id)
		require.ErrorIs(t, err, storage.ErrTemporary, "the account's too")
		require.Equal(t, store.CopyAppending, sub.SentCopy)
		require.Equal(t, "imap.connection_lost", sub.Code)
		b.fail = nil
		sub, err = w.file(b, id)
		require.NoError(t, err)
		require.Equal(t, store.CopyDone, sub.SentCopy)
		require.Empty(t, sub.Code, "all is well now")
		require.Len(t, b.mails, 1)
	})
	t.Run("for ever", func(t *testing.T) {
		w, b, id := sent(t, nil)
		b.fail = &storage.Cause{Code: "imap.over_quota", Detail: "full", Err: storage.ErrLimit}
		start := w.clock()
		for n := 1; n < maxCopyTries; n++ {
			sub, err := w.file(b, id)
			require.NoError(t, err)
			require.Equal(t, store.CopyAppending, sub.SentCopy)
			require.Equal(t, "imap.over_quota full", sub.Code+" "+sub.Detail)
			require.Equal(t, w.clock().Add(retries[min(n, len(retries))-1]), sub.NextTry)
			w.later(sub.NextTry.Sub(w.clock()))
		}
		require.Greater(t, w.clock().Sub(start), 10*time.Hour)
		sub, err := w.file(b, id)
		require.NoError(t, err)
		require.Equal(t, store.CopyFailed, sub.SentCopy)
		require.Equal(t, store.Accepted, sub.State, "the mail was sent")
		asked := len(b.asked)
		_, err = w.file(b, id)
		require.NoError(t, err)
		require.Len(t, b.asked, asked)
	})
	t.Run("the server says when", func(t *testing.T) {
		w, b, id := sent(t, nil)
		b.fail = &storage.Cause{Code: "imap.throttled", Err: &storage.TemporaryError{After: 5 * time.Hour, Err: storage.ErrLimit}}
		sub, _ := w.file(b, id)
		require.Equal(t, w.clock().Add(5*time.Hour), sub.NextTry)
	})
	t.Run("while some recipients wait", func(t *testing.T) {
		w, b, id := sent(t, func(s *store.Submission) {
			s.State, s.NextTry, s.Code = store.Queued, s.Created.Add(2*time.Hour), "smtp.temporary"
		})
		b.fail = &storage.Cause{Code: "imap.over_quota", Err: storage.ErrLimit}
		sub, err := w.file(b, id)
		require.NoError(t, err)
		require.Equal(t, w.clock().Add(2*time.Hour), sub.NextTry, "no recipient is tried earlier because of the copy")
		require.Equal(t, "smtp.temporary", sub.Code)
		require.Equal(t, store.Queued, sub.State)
	})
	t.Run("bytes gone", func(t *testing.T) {
		w, b, id := sent(t, nil)
		w.blobs.all = nil
		sub, err := w.file(b, id)
		require.NoError(t, err)
		require.Equal(t, store.CopyAppending, sub.SentCopy)
		require.Equal(t, "unknown", sub.Code)
		require.Empty(t, b.asked)
	})
	t.Run("stopped", func(t *testing.T) {
		w, b, id := sent(t, nil)
		ctx, stop := context.WithCancel(t.Context())
		b.fail = errors.New("gone")
		err := w.File(ctx, &w.lease, func() error { stop(); return nil }, w.acc, w.stored(id), b)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, store.CopyAppending, w.stored(id).SentCopy)
		require.Zero(t, w.stored(id).CopyTries)
	})
	t.Run("lease lost", func(t *testing.T) {
		w, b, id := sent(t, nil)
		err := w.File(t.Context(), &w.lease, func() error { return store.ErrLostLease }, w.acc, w.stored(id), b)
		require.ErrorIs(t, err, store.ErrLostLease)
		require.Empty(t, b.asked, "nothing was filed")
		require.Equal(t, store.CopyAppending, w.stored(id).SentCopy, "and the next one looks first")
	})
}

// TestBccInFront: the sender's copy is what left, with one field in front that is as any field.
func TestBccInFront(t *testing.T) {
	list := []store.Address{
		{Name: "Ben, hidden", Address: ben},
		{Address: "jörg@MÜNCHEN.example"},
		{Name: strings.Repeat("Ünïcödé ", 40), Address: "long@client.example"},
		{Name: strings.Repeat("x", 2000), Address: "longer@client.example"},
		{Name: "a\r\nX-Evil: 1", Address: "evil@client.example"},
		{Name: "none", Address: "no address\r\nX-Evil: 1"},
	}
	for range 100 {
		list = append(list, store.Address{Name: "Somebody", Address: "somebody@client.example"})
	}
	w, b, id := sent(t, func(s *store.Submission) { s.Bcc = list })
	_, err := w.file(b, id)
	require.NoError(t, err)
	raw := string(w.blobs.all[w.stored(id).Raw])
	front, ok := strings.CutSuffix(b.mails[0], raw)
	require.True(t, ok)
	checkLines(t, b.mails[0])
	require.NotContains(t, front, "\r\nX-Evil")
	m, err := mimemail.Parse(strings.NewReader(b.mails[0]), nil)
	require.NoError(t, err)
	require.Empty(t, m.Defects)
	require.Len(t, m.Bcc, 105)
	require.Equal(t, "Ben, hidden", m.Bcc[0].Name)
	require.Equal(t, "jörg@xn--mnchen-3ya.example", m.Bcc[1].Address)
	require.True(t, strings.HasPrefix(m.Bcc[2].Name, "Ünïcödé Ünïcödé"))
	require.Equal(t, "a X-Evil: 1", m.Bcc[4].Name)
	require.Equal(t, "Hello", m.Subject)
	require.Empty(t, bccField(nil))
	require.Empty(t, bccField([]store.Address{{Address: "none"}}))
}
