package mailcrm

import "github.com/mailcrm/sdk/mailcrm/internal/store"

// A Store remembers everything that mailcrm must not forget: accounts, messages, links, what is on its way out. It is sealed: mail is read
// through a [Session], by somebody. Package sqlite makes one in a file, package postgres in a database.
type Store struct {
	db  *store.DB
	dir string
}

// NewStore is for packages sqlite and postgres; dir is the folder of the data, or "".
func NewStore(db *store.DB, dir string) *Store { return &Store{db: db, dir: dir} }

// Close closes the store, after the clients that use it. A pool that the host gave stays open.
func (s *Store) Close() error { return s.db.Close() }
