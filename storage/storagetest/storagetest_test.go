package storagetest_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/memstore"
	"github.com/mailcrm/sdk/storage/storagetest"
)

// A world is a good implementation of everything, which a mutant spoils in one place.
type world struct {
	storagetest.Subject
	crm *memstore.CRM
}

func good() *world {
	crm := memstore.New()
	crm.OwnersOnly(true)
	w := &world{crm: crm}
	w.Host = crm.Host()
	w.Host.History = &table{}
	w.Blobs = &bucket{}
	w.Seed = func(_ context.Context, _ storage.Tenant, records []storagetest.Record) ([]storage.Ref, error) {
		var refs []storage.Ref
		for _, record := range records {
			if record.Hidden {
				record.Owner = storagetest.Insider
			}
			refs = append(refs, crm.Add(record.Entity)...)
		}
		return refs, nil
	}
	w.List = func(_ context.Context, tenant storage.Tenant, name string, refs []storage.Ref) error {
		crm.SetList(tenant, name, refs...)
		return nil
	}
	w.Delete = func(_ context.Context, ref storage.Ref) error {
		_, err := crm.Delete(ref)
		return err
	}
	w.Merge = func(_ context.Context, into, from storage.Ref) error {
		_, err := crm.Merge(into, from)
		return err
	}
	w.Entry = func(_ context.Context, tenant storage.Tenant, id string) (storage.Entry, bool, error) {
		entry, found := w.Host.History.(*table).entry(tenant, id)
		return entry, found, nil
	}
	return w
}

func harness(spoil func(*world)) storagetest.Harness {
	return storagetest.Harness{New: func(context.Context) (storagetest.Subject, error) {
		w := good()
		if spoil != nil {
			spoil(w)
		}
		return w.Subject, nil
	}}
}

func TestGoodDriverPasses(t *testing.T) { storagetest.Run(t, harness(nil)) }

// A host with one tenant is held to everything but crossing.
func TestOneTenant(t *testing.T) {
	h := harness(nil)
	h.OneTenant = true
	for _, check := range storagetest.Checks() {
		err := check.Run(t.Context(), h)
		if check.Name == "tenants do not cross" || check.Name == "the parent is of the tenant" {
			require.ErrorIs(t, err, storagetest.ErrNotOffered, "%s/%s", check.Power, check.Name)
			continue
		}
		require.NoError(t, err, "%s/%s", check.Power, check.Name)
	}
}

func TestNothingOffered(t *testing.T) {
	h := harness(func(w *world) { w.Subject = storagetest.Subject{} })
	for _, check := range storagetest.Checks() {
		require.ErrorIs(t, check.Run(t.Context(), h), storagetest.ErrNotOffered, "%s/%s", check.Power, check.Name)
	}
}

func TestHarnessThatFails(t *testing.T) {
	broken := errors.New("no database")
	check := storagetest.Checks()[0]
	require.ErrorIs(t, check.Run(t.Context(), storagetest.Harness{New: func(context.Context) (storagetest.Subject, error) { return storagetest.Subject{}, broken }}), broken)
	require.ErrorIs(t, check.Run(t.Context(), harness(func(w *world) { w.Close = func() error { return broken } })), broken)
	seed := harness(func(w *world) {
		w.Seed = func(context.Context, storage.Tenant, []storagetest.Record) ([]storage.Ref, error) { return nil, broken }
	})
	require.ErrorIs(t, check.Run(t.Context(), seed), broken)
}

// A driver that never answers must not hang the suite.
func TestTimeout(t *testing.T) {
	h := harness(func(w *world) {
		w.Host.Directory = lookupFunc(func(ctx context.Context, _ storage.LookupRequest) (storage.LookupResult, error) {
			<-ctx.Done()
			return storage.LookupResult{}, ctx.Err()
		})
	})
	h.Timeout = 20 * time.Millisecond
	require.ErrorIs(t, storagetest.Checks()[0].Run(t.Context(), h), context.DeadlineExceeded)
}

// Every mutant must make its check fail, and every check must be failed by a mutant: one that nothing can fail would be worth nothing.
func TestMutants(t *testing.T) {
	killed := make(map[string]bool)
	all, ran := slices.Concat(directoryMutants(), searchMutants(), createMutants(), fieldMutants(), fileMutants(), accessMutants(), historyMutants(), listMutants(), blobMutants()), 0
	for _, m := range all {
		t.Run(m.kills+"/"+m.name, func(t *testing.T) {
			for _, check := range storagetest.Checks() {
				if check.Power+"/"+check.Name != m.kills {
					continue
				}
				err := check.Run(t.Context(), harness(m.spoil))
				require.Error(t, err, "the check is passed by a driver that %s", m.name)
				require.NotErrorIs(t, err, storagetest.ErrNotOffered)
				t.Log(err)
				killed[m.kills] = true
				ran++
				return
			}
			t.Fatalf("there is no check %q", m.kills)
		})
	}
	if ran < len(all) {
		return // some failed, or were not asked for
	}
	for _, check := range storagetest.Checks() {
		require.True(t, killed[check.Power+"/"+check.Name], "no mutant fails the check %s/%s", check.Power, check.Name)
	}
}

// A mutant is a driver with one fault.
type mutant struct {
	kills string // the check that must notice
	name  string // what the driver does
	spoil func(*world)
}

// patience is how long a driver with a fault waits for a second call, so that the fault shows.
const patience = 100 * time.Millisecond

// busy lets one call through at a time and refuses the others, as a driver with one connection may.
type busy struct {
	running atomic.Int32
	refused chan struct{} // closed when a call was
	once    sync.Once
}

func newBusy() *busy { return &busy{refused: make(chan struct{})} }

func (b *busy) enter() (leave func(), err error) {
	if b.running.Add(1) > 1 {
		b.running.Add(-1)
		b.once.Do(func() { close(b.refused) })
		return nil, storage.ErrTemporary
	}
	select {
	case <-b.refused:
	case <-time.After(patience):
	}
	return func() { b.running.Add(-1) }, nil
}

// A gap is what two calls do between looking and leaping.
type gap struct {
	mu            sync.Mutex
	read, written chan struct{}
}

func newGap() *gap { return &gap{read: make(chan struct{}), written: make(chan struct{})} }

func (g *gap) wait(event chan struct{}) {
	select {
	case <-event:
	case <-time.After(patience):
	}
}

func (g *gap) close(event chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-event:
	default:
		close(event)
	}
}

// meet waits for a second call that has looked.
func (g *gap) meet() {
	select {
	case g.read <- struct{}{}:
	case <-g.read:
	case <-time.After(patience):
	}
}
