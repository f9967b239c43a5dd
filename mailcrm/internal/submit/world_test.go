package submit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	anna   = "anna@demo.example"
	ben    = "ben@client.example"
	secret = "corr€ct horse=battery+staple/1"
)

// A world is a Sender and all it needs, with a real store in memory. Its clock stands still until it is moved.
type world struct {
	*Sender
	t       *testing.T
	acc     *store.Account
	cred    signin.Credential
	lease   store.Lease
	blobs   *blobs
	log     *bytes.Buffer
	mu      sync.Mutex
	now     time.Time
	history []string // submissions that Departed was called for
}

// blobs keep bytes in memory.
type blobs struct {
	storage.Blobs
	all    map[storage.Digest][]byte
	broken error // Open fails with it
	cut    int64 // and so many bytes are missing at the end
}

func (b *blobs) Open(_ context.Context, req storage.OpenBlobRequest) (storage.OpenBlobResult, error) {
	content, ok := b.all[req.Digest]
	switch {
	case b.broken != nil:
		return storage.OpenBlobResult{}, b.broken
	case !ok:
		return storage.OpenBlobResult{}, storage.ErrNotFound
	}
	size := int64(len(content))
	return storage.OpenBlobResult{Content: io.NopCloser(bytes.NewReader(content[:size-b.cut])), Size: size}, nil
}

// newWorld has one account, on the server, which may be nil.
func newWorld(t *testing.T, on *server, security string) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, time.November, 24, 9, 0, 0, 0, time.UTC), blobs: &blobs{all: map[storage.Digest][]byte{}}, log: &bytes.Buffer{}}
	db := storetest.SQLite(t, nil)
	w.Sender = &Sender{
		DB: db, Blobs: w.blobs, Roots: authority().Pool, Now: w.clock, Departed: w.departed, Logger: slog.New(slog.NewTextHandler(w.log, nil)),
		Dialer:    &dial.Dialer{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []int{0}, AllowPlaintextLoopback: true},
		Deadlines: Deadlines{Command: 30 * time.Second, Data: 30 * time.Second, Progress: 30 * time.Second, Dot: 30 * time.Second, Leave: 30 * time.Second},
	}
	w.acc = &store.Account{Address: anna, Owner: "anna", SMTP: store.Server{Host: "127.0.0.1", Security: security, Username: anna, Authenticate: true}, SMTPSecret: []byte("sealed")}
	w.cred = signin.WithPassword(anna, seal.NewSecret(secret))
	if on != nil {
		w.acc.SMTP.Port = on.port
	}
	require.NoError(t, db.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.CreateAccount(w.acc) }))
	w.lease = w.take("node")
	return w
}

func (w *world) take(node string) store.Lease {
	w.t.Helper()
	lease, ok, err := w.DB.AcquireLease(w.t.Context(), "", w.acc.ID, node, time.Hour)
	require.NoError(w.t, err)
	require.True(w.t, ok)
	return lease
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// departed is deliver's part, as far as this room can tell.
func (w *world) departed(ctx context.Context, lease *store.Lease, _ *store.Account, sub *store.Submission, sent *mimemail.Message) error {
	if sent == nil || sent.MessageID != sub.MessageID {
		return errors.New("not the mail that was sent")
	}
	err := w.DB.Write(ctx, lease, func(tx *store.Tx) error { return tx.UpdateSubmission(sub) })
	if err == nil {
		w.history = append(w.history, sub.ID)
	}
	return err
}

// queue makes a mail to recipients and queues it.
func (w *world) queue(to ...string) *store.Submission {
	w.t.Helper()
	m := &Mail{MessageID: NewMessageID("s", anna), Date: w.clock(), From: store.Address{Name: "Anna", Address: anna}, Subject: "Hello", Text: "A text.\n", Tag: "mc.s.x"}
	for _, a := range to {
		m.To = append(m.To, store.Address{Address: a})
	}
	return w.queueMail(m)
}

func (w *world) queueMail(m *Mail) *store.Submission {
	w.t.Helper()
	var raw bytes.Buffer
	require.NoError(w.t, Build(w.t.Context(), m, &raw))
	return w.queueBytes(m, raw.Bytes())
}

func (w *world) queueBytes(m *Mail, raw []byte) *store.Submission {
	w.t.Helper()
	digest := storage.Digest(sha256.Sum256(raw))
	w.blobs.all[digest] = raw
	sub := &store.Submission{
		Account: w.acc.ID, Agent: "anna", State: store.Queued, Raw: digest, RawSize: int64(len(raw)), MessageID: m.MessageID, Tag: "mc.s." + m.MessageID[2:10],
		EnvelopeFrom: m.From.Address, SentCopy: store.CopyNone, Created: w.clock(),
	}
	for _, a := range m.To {
		sub.Recipients = append(sub.Recipients, store.Recipient{Address: a.Address, State: "pending"})
	}
	require.NoError(w.t, w.DB.Write(w.t.Context(), nil, func(tx *store.Tx) error { return tx.CreateSubmission(sub, nil) }))
	return sub
}

// stored is what the data base says.
func (w *world) stored(id string) *store.Submission {
	w.t.Helper()
	sub, err := w.DB.Submission(context.WithoutCancel(w.t.Context()), "", id)
	require.NoError(w.t, err)
	return sub
}

func held() error { return nil }

// try sends what is stored, with the lease held, and returns what is stored then.
func (w *world) try(id string) *store.Submission {
	w.t.Helper()
	require.NoError(w.t, w.send(w.t.Context(), held, id))
	return w.stored(id)
}

func (w *world) send(ctx context.Context, confirm Confirm, id string) error {
	return w.Send(ctx, &w.lease, confirm, w.acc, w.cred, w.stored(id))
}

func (w *world) events(id string) (types []string) {
	w.t.Helper()
	all, err := w.DB.Events(w.t.Context(), "", 0, 1000)
	require.NoError(w.t, err)
	for _, e := range all {
		if e.Subject == id {
			types = append(types, e.Type)
		}
	}
	return types
}

func states(sub *store.Submission) (out []string) {
	for _, r := range sub.Recipients {
		out = append(out, r.State)
	}
	return out
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
