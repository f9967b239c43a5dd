package blobfolder

import (
	"errors"
	"io/fs"
	"path/filepath"
	"sync"

	"github.com/mailcrm/sdk/storage"
)

// maxKnownTenants bounds what is remembered of folders: 8.3 KiB a tenant.
const maxKnownTenants = 1000

// fanout remembers which folders are there and have a name that survives a power cut, so that each is made and synced once.
type fanout struct {
	mu      sync.Mutex
	tenants map[string]*fan
}

// A fan is what is known of one tenant.
type fan struct {
	root bool               // <tenant> and <tenant>/sha256
	ab   [4]uint64          // a bit for each <ab>
	cd   [65536 / 64]uint64 // a bit for each <ab>/<cd>
}

// missing counts the levels, from below, that are not known: 0 (none) to 4.
func (f *fanout) missing(tenant string, digest storage.Digest) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.tenants[tenant]
	ab, cd := bits(digest)
	switch {
	case known == nil || !known.root:
		return 4
	case known.ab[ab/64]&(1<<(ab%64)) == 0:
		return 2
	case known.cd[cd/64]&(1<<(cd%64)) == 0:
		return 1
	}
	return 0
}

func (f *fanout) learn(tenant string, digest storage.Digest) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.tenants[tenant]
	if known == nil {
		if f.tenants == nil || len(f.tenants) >= maxKnownTenants {
			f.tenants = make(map[string]*fan) // learned again as it is needed
		}
		known = new(fan)
		f.tenants[tenant] = known
	}
	ab, cd := bits(digest)
	known.root = true
	known.ab[ab/64] |= 1 << (ab % 64)
	known.cd[cd/64] |= 1 << (cd % 64)
}

func (f *fanout) forget(tenant string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.tenants, tenant)
}

func bits(digest storage.Digest) (ab, cd uint) {
	return uint(digest[0]), uint(digest[0])<<8 | uint(digest[1])
}

// make makes the folders of a place that are not known yet and returns the work that makes their names survive: nil when there is none. The
// caller does it while the file itself is synced, since both wait for the same disk.
func (s *Store) make(p place, digest storage.Digest) (settle func() error, err error) {
	missing := s.known.missing(p.tenant, digest)
	if missing == 0 {
		return nil, nil
	}
	fresh := p.dirs[len(p.dirs)-missing:]
	for _, dir := range fresh {
		if err := s.disk.mkdir(dir); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return func() error {
		// Also where the folder was there already: whoever made it may not have synced it yet.
		for i := len(fresh) - 1; i >= 0; i-- {
			if err := s.disk.syncDir(filepath.Dir(fresh[i])); err != nil {
				return err
			}
		}
		s.known.learn(p.tenant, digest)
		return nil
	}, nil
}
