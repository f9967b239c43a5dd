package mailcrm

import (
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// Config is all that a [Client] needs to know.
type Config struct {
	// Host is the CRM. Host.Directory is required.
	Host storage.Host
	// Store remembers everything: sqlite.Open or postgres.Open makes one. Required. Closing the client leaves it open.
	Store *Store
	// Blobs keeps the bytes of mails and attachments: blobfolder.Open makes one. Required.
	Blobs storage.Blobs
	// Keys seals passwords: KeyFile makes them. Required.
	Keys *Keys
	// Network says what may be dialled. Defaults to public addresses on the ports of mail, over TLS.
	Network Network
	// OAuth lists where people can sign in instead of entering a password. Defaults to none. See docs/google.md and docs/microsoft.md.
	OAuth []OAuthProvider
	// UndoSend is how long a mail waits before it leaves, so that it can be called back. Defaults to 10 s; negative: not at all. At most 5 min.
	UndoSend time.Duration
	// SyncEvery is the time between two looks at an account. Defaults to 1 min; at least 1 s, at most 24 h.
	SyncEvery time.Duration
	// LookupTimeout bounds every call of a power of Host. Defaults to 10 s; at least 10 ms, at most 2 min.
	LookupTimeout time.Duration
	// Workers is how many accounts are worked on at once. Defaults to 4; at most 64.
	Workers int
	// Logger hears what happens: ids, counts and codes, never a password, a subject or a text. Defaults to none.
	Logger *slog.Logger
	// Now is the time of day, for tests. Defaults to time.Now.
	Now func() time.Time
}

// Network says what may be dialled on behalf of people who type host names.
type Network struct {
	// Allow lists addresses that may be reached although they are private, loopback or otherwise special: an office's own mail server.
	Allow []netip.Prefix
	// Ports may be dialled. Defaults to 143, 993, 25, 465, 587.
	Ports []int
	// Roots are the authorities believed. Defaults to the system's.
	Roots *x509.CertPool
	// PlaintextLoopback allows accounts with security "none" on a loopback address that Allow lists. For development.
	PlaintextLoopback bool
}

func (c *Config) validate() error {
	switch {
	case c.Host.Directory == nil:
		return storage.Invalid("Host.Directory", "required", "give an implementation of storage.Directory: it tells which of your records have an address")
	case c.Store == nil || c.Store.db == nil:
		return storage.Invalid("Store", "required", "give a store: sqlite.Open(\"mailcrm.db\", nil), or postgres.Open")
	case c.Blobs == nil:
		return storage.Invalid("Blobs", "required", "give a place for bytes: blobfolder.Open(\"blobs\", nil)")
	case c.Keys == nil:
		return storage.Invalid("Keys", "required", "give keys to seal passwords with: mailcrm.KeyFile(\"/etc/mycrm/mailcrm.key\")")
	}
	if key := c.Keys.Path(); key != "" && c.Store.dir != "" && within(c.Store.dir, key) {
		return storage.Invalid("Keys", "inside_data", "the key file "+key+" lies in the data folder "+c.Store.dir+": move it out, so that a copy of the data is not a copy of the passwords")
	}
	// It is no power of the host's: of blobs that lie elsewhere there is nothing to check.
	if blobs, ok := c.Blobs.(interface{ Dir() string }); ok && c.Keys.Path() != "" && within(blobs.Dir(), c.Keys.Path()) {
		return storage.Invalid("Keys", "inside_data", "the key file "+c.Keys.Path()+" lies in the folder of the blobs "+blobs.Dir()+": move it out, so that a copy of the data is not a copy of the passwords")
	}
	for _, bound := range []struct {
		field           string
		value           *time.Duration
		fallback        time.Duration
		lowest, highest time.Duration
	}{
		{"UndoSend", &c.UndoSend, 10 * time.Second, 0, 5 * time.Minute},
		{"SyncEvery", &c.SyncEvery, time.Minute, time.Second, 24 * time.Hour},
		{"LookupTimeout", &c.LookupTimeout, 10 * time.Second, 10 * time.Millisecond, 2 * time.Minute},
	} {
		switch {
		case *bound.value == 0:
			*bound.value = bound.fallback
		case *bound.value < 0 && bound.lowest == 0:
			*bound.value = 0
		case *bound.value < bound.lowest || *bound.value > bound.highest:
			return storage.Invalid(bound.field, "out_of_range", fmt.Sprintf("give a time between %v and %v, not %v", bound.lowest, bound.highest, *bound.value))
		}
	}
	switch {
	case c.Workers == 0:
		c.Workers = 4
	case c.Workers < 0 || c.Workers > 64:
		return storage.Invalid("Workers", "out_of_range", fmt.Sprintf("give a number between 1 and 64, not %d", c.Workers))
	}
	for _, port := range c.Network.Ports {
		if port < 1 || port > 65535 {
			return storage.Invalid("Network.Ports", "out_of_range", fmt.Sprintf("%d is not a port", port))
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

// within says whether a file lies in a folder or below, wherever links lead.
func within(folder, file string) bool {
	for _, path := range []*string{&folder, &file} {
		if real, err := filepath.EvalSymlinks(*path); err == nil {
			*path = real
		}
	}
	rel, err := filepath.Rel(folder, file)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
