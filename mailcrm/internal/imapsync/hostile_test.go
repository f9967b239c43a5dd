package imapsync_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/storage"
)

// hostile are mails that ask for as much memory as they can, each with a body of 8 MB that all of them share.
type hostile struct {
	heads map[storage.Digest]string // by the SHA-256 of the whole
	body  string
	mu    sync.Mutex
}

// newHostile makes so many headers: of 900 kB, full of addresses, of references, of attachments with long names, or of the like.
func newHostile(n int) (*hostile, []string) {
	h := &hostile{heads: map[storage.Digest]string{}, body: strings.Repeat("A line of a text that does not end. 0123456789\r\n", 8<<20/48)}
	var heads []string
	for i := range n {
		var s strings.Builder
		fmt.Fprintf(&s, "From: a@b.example\r\nMessage-ID: <%d@b.example>\r\n", i)
		switch i % 6 {
		case 0:
			s.WriteString("To: ")
			for k := range 9000 {
				fmt.Fprintf(&s, "%s <n%d@b.example>,\r\n ", strings.Repeat("N", 70), k)
			}
			s.WriteString("z@b.example\r\nContent-Type: text/plain\r\n\r\n")
		case 1:
			s.WriteString("References:")
			for k := range 900 {
				fmt.Fprintf(&s, " <%s%d@b.example>\r\n", strings.Repeat("r", 900), k)
			}
			s.WriteString("Content-Type: text/plain\r\n\r\n")
		case 2:
			s.WriteString("Content-Type: multipart/mixed; boundary=b\r\n\r\n")
			for k := range 900 {
				fmt.Fprintf(&s, "--b\r\nContent-Type: application/pdf; name=%q\r\nContent-Disposition: attachment\r\n\r\nx\r\n", strings.Repeat("long ", 1000)+fmt.Sprint(k))
			}
			s.WriteString("--b\r\nContent-Type: text/plain\r\n\r\n")
		case 3: // one short word out of a long field
			fmt.Fprintf(&s, "In-Reply-To: <short@b.example> %s\r\nContent-Type: text/plain\r\n\r\n", strings.Repeat("words that are no identifier\r\n ", 29_000))
		case 4:
			fmt.Fprintf(&s, "Cc: short@b.example (%s)\r\nContent-Type: text/plain\r\n\r\n", strings.Repeat("a comment\r\n ", 72_000))
		default:
			fmt.Fprintf(&s, "Subject: %s\r\nContent-Type: text/html\r\n\r\n", strings.Repeat("=?utf-8?q?=C3=A9?= ", 40_000))
		}
		heads = append(heads, s.String())
	}
	return h, heads
}

// Put hashes what comes and keeps none of it.
func (h *hostile) Put(_ context.Context, req storage.PutBlobRequest) (storage.PutBlobResult, error) {
	sum := sha256.New()
	head := &firstLines{sum: sum}
	n, err := io.Copy(head, req.Content)
	if err != nil {
		return storage.PutBlobResult{}, err
	}
	var d storage.Digest
	sum.Sum(d[:0])
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heads[d] = head.id
	return storage.PutBlobResult{Digest: d, Size: n}, nil
}

// firstLines finds the Message-ID in what is hashed.
type firstLines struct {
	sum hash.Hash
	id  string
}

func (f *firstLines) Write(p []byte) (int, error) {
	if f.id == "" {
		if _, rest, ok := bytes.Cut(p, []byte("Message-ID: <")); ok {
			id, _, _ := bytes.Cut(rest, []byte("@"))
			f.id = string(id)
		}
	}
	return f.sum.Write(p)
}

// A lying in-memory Blobs needs only these two.
type hostileBlobs struct {
	storage.Blobs
	*hostile
	heads []string
}

func (h *hostileBlobs) Put(ctx context.Context, req storage.PutBlobRequest) (storage.PutBlobResult, error) {
	return h.hostile.Put(ctx, req)
}

func (h *hostileBlobs) Open(_ context.Context, req storage.OpenBlobRequest) (storage.OpenBlobResult, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var n int
	if _, err := fmt.Sscan(h.hostile.heads[req.Digest], &n); err != nil {
		return storage.OpenBlobResult{}, err
	}
	return storage.OpenBlobResult{Content: io.NopCloser(io.MultiReader(strings.NewReader(h.heads[n]), strings.NewReader(h.body)))}, nil
}

// TestHostileMails: however much each of a hundred mails wants, what two chunks hold stays within bounds, and all of them are recorded.
func TestHostileMails(t *testing.T) {
	mails := 100
	if sample > 1 {
		mails = 48
	}
	b, l := newLiarBench(t, 0)
	h, heads := newHostile(mails)
	b.syncer.Blobs = &hostileBlobs{Blobs: b.syncer.Blobs, hostile: h, heads: heads}
	for n := range mails {
		l.load("INBOX", fmt.Sprint(n))
	}
	l.lie(lies{command: func(c *liarConn, tag, command string) bool { // without copies of the bodies in this process
		if !strings.HasPrefix(command, "UID FETCH") {
			return false
		}
		for _, m := range c.open.mails {
			if !inSet(m.uid, strings.Fields(command)[2], c.open) {
				continue
			}
			head := heads[m.uid-1]
			c.say("* %d FETCH (UID %d %s BODY[] {%d}\r\n", m.uid, m.uid, items(m, len(head)+len(h.body)), len(head)+len(h.body))
			c.say(head)
			c.say(h.body)
			c.say(")\r\n")
		}
		c.say(tag + " OK done\r\n")
		return true
	}})
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var peak uint64
	before := live()
	b.syncer.Deliver = func(ctx context.Context, chunk *imapsync.Chunk) error {
		for i := range chunk.Mails {
			require.LessOrEqual(t, len(chunk.Mails[i].Parsed.Text), 256<<10)
		}
		peak = max(peak, live()) // with the next chunk on its way
		err := b.deliver(ctx, chunk)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.chunks = nil
		return err
	}
	for range 20 {
		more, err := b.sync(2 * time.Minute)
		require.NoError(t, err)
		if !more {
			break
		}
	}
	ledger := b.ledger("INBOX")
	require.Empty(t, ledger.Pending)
	require.Empty(t, ledger.Dead)
	var stored uint32
	for _, r := range ledger.Stored {
		stored += r.Hi - r.Lo + 1
	}
	require.EqualValues(t, mails, stored)
	t.Logf("%d mails of %d MB; at most %d MB were held", mails, len(h.body)>>20, (peak-min(peak, before))>>20)
	require.Less(t, peak-min(peak, before), uint64(96<<20), "two chunks of 8 MiB, and what four parsers hold")
}
