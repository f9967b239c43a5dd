package mailcrm

import (
	"errors"
	"sync"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// A Store remembers everything that mailcrm must not forget: accounts, messages, links, what is on its way out. It is sealed: mail is read
// through a [Session], by somebody. Package sqlite makes one in a file, package postgres in a database.
type Store struct {
	db      *store.DB
	dir     string
	release func() error
}

// NewStore is for packages sqlite and postgres. Dir is the folder of the data, or ""; release, if not nil, is called when the store was closed.
func NewStore(db *store.DB, dir string, release func() error) *Store {
	if release == nil {
		release = func() error { return nil }
	}
	return &Store{db: db, dir: dir, release: sync.OnceValue(release)}
}

// Close closes the store, after the clients that use it. A pool that the host gave stays open. It may be called again.
func (s *Store) Close() error { return errors.Join(s.db.Close(), s.release()) }
