// Package seal keeps secrets: it seals passwords and tokens for the store, and marks what we send so that we know it again.
//
// A sealed value is bound to its [Place]: tenant, account and field. Moved to another row, or changed by a bit, it does not open. There is no
// clear mode. The keys are a Tink keyset of AES-256-GCM keys (random nonce per value, key id in front).
//
// # Rotation
//
// The primary key seals, every key of the set opens. [RotateFile] adds a key and makes it the primary one; whoever uses the file notices. From then on what is
// opened is sealed again, or all of it at once by mailcrm's Reseal; then [PruneFile] takes the old keys away, and what they sealed does not open any more. A host
// that keeps its keyset elsewhere does the same with [Rotate] and [Prune], and gives every process the new one. In a vault the keyset may lie wrapped by a key
// that never leaves it (wrap.go).
//
// What a secret must not do is print. [Secret] shows itself as "[redacted]" to fmt, encoding/json and log/slog; only [Secret.Reveal] tells.
//
// Not here: how a secret travels to a server (imapconn, submit), and who may set one (package mailcrm).
package seal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/mailcrm/sdk/storage"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// A Place is where a sealed value lies. It is authenticated with the value.
type Place struct {
	Tenant  storage.Tenant
	Account string
	Field   string // "imap.password", "smtp.password" …
}

// bytes is unambiguous: every part has its length in front.
func (p Place) bytes() []byte {
	var b []byte
	for _, part := range []string{"mailcrm/1", string(p.Tenant), p.Account, p.Field} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}

// Keys is a key ring. It is safe for use by several goroutines. The zero Keys has no key and seals nothing.
//
// A ring that came from a [File] follows it: when the file has changed, what is sealed next is sealed by its primary key now, and what it holds opens. A file
// that cannot be read any more changes nothing.
type Keys struct {
	ring atomic.Pointer[[]key] // the primary key first
	path string

	mu   sync.Mutex
	seen fs.FileInfo // of the file when it was read
}

type key struct {
	prefix []byte
	aead   tink.AEAD
	tag    []byte // for Tag: derived from the key, never the key itself
}

// prefixSize is that of Tink's output prefix: a version byte and the key id.
const prefixSize = 5

// MaxSecret is the most bytes that Seal takes.
const MaxSecret = 64 << 10

// newRing reads a keyset's enabled keys, the primary one first.
func newRing(h *keyset.Handle) ([]key, error) {
	var ring []key
	primary := false
	for i := range h.Len() {
		entry, err := h.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("reading the key set: %w", err)
		}
		if entry.KeyStatus() != keyset.Enabled {
			continue
		}
		gcm, ok := entry.Key().(*aesgcm.Key)
		if !ok || len(gcm.OutputPrefix()) != prefixSize || gcm.KeyBytes().Len() != 32 {
			return nil, fmt.Errorf("key %d of the key set is not an AES256_GCM key with the TINK prefix: %w", entry.KeyID(), storage.ErrInvalid)
		}
		aead, err := aesgcm.NewAEAD(gcm)
		if err != nil {
			return nil, fmt.Errorf("reading the key set: %w", err)
		}
		tag, err := tagKey(gcm.KeyBytes().Data(insecuresecretdataaccess.Token{}))
		if err != nil {
			return nil, fmt.Errorf("reading the key set: %w", err)
		}
		ring = append(ring, key{prefix: gcm.OutputPrefix(), aead: aead, tag: tag})
		if entry.IsPrimary() {
			primary = true
			last := len(ring) - 1
			ring[0], ring[last] = ring[last], ring[0]
		}
	}
	if !primary {
		return nil, fmt.Errorf("the key set has no primary key that is enabled: %w", storage.ErrInvalid)
	}
	return ring, nil
}

// newKeys makes a key ring that follows no file.
func newKeys(h *keyset.Handle) (*Keys, error) {
	ring, err := newRing(h)
	if err != nil {
		return nil, err
	}
	keys := &Keys{}
	keys.ring.Store(&ring)
	return keys, nil
}

// known are the keys as they were last read.
func (k *Keys) known() []key {
	if k == nil {
		return nil
	}
	if ring := k.ring.Load(); ring != nil {
		return *ring
	}
	return nil
}

// current are the keys as the file has them now.
func (k *Keys) current() []key {
	if k != nil && k.path != "" {
		k.follow()
	}
	return k.known()
}

// String tells nothing of the keys.
func (k *Keys) String() string { return fmt.Sprintf("%d keys", len(k.known())) }

// Format tells nothing of the keys, whatever the verb.
func (k *Keys) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// Path is the file that the keys came from, or "".
func (k *Keys) Path() string { return k.path }

// Seal encrypts a secret for a place. The empty secret seals to nothing.
func (k *Keys) Seal(at Place, s Secret) ([]byte, error) {
	if s.IsZero() {
		return nil, nil
	}
	if len(s.Reveal()) > MaxSecret {
		return nil, fmt.Errorf("a secret may have %d bytes at most: %w", MaxSecret, storage.ErrLimit)
	}
	ring := k.current()
	if len(ring) == 0 {
		return nil, errNoKey
	}
	sealed, err := ring[0].aead.Encrypt([]byte(s.Reveal()), at.bytes())
	if err != nil {
		return nil, fmt.Errorf("sealing %s: %w", at.Field, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same place. It fails with [storage.ErrAuth] and the code "seal.unknown_key" when the key is not in the ring, and
// "seal.damaged" when the value was changed or belongs to another place.
func (k *Keys) Open(at Place, sealed []byte) (Secret, error) {
	if len(sealed) == 0 {
		return Secret{}, nil
	}
	ring := k.current()
	if len(ring) == 0 {
		return Secret{}, errNoKey
	}
	for _, key := range ring {
		if bytes.HasPrefix(sealed, key.prefix) {
			plain, err := key.aead.Decrypt(sealed, at.bytes())
			if err != nil {
				return Secret{}, &storage.Cause{Code: "seal.damaged", Detail: "the sealed " + at.Field + " was changed or moved: enter it again", Err: storage.ErrAuth}
			}
			return NewSecret(string(plain)), nil
		}
	}
	return Secret{}, &storage.Cause{Code: "seal.unknown_key", Detail: "the key that sealed " + at.Field + " is not in the key ring: restore it, or enter the secret again", Err: storage.ErrAuth}
}

// Stale reports whether sealed was made by a key that is not the primary one any more, so that it should be sealed again.
func (k *Keys) Stale(sealed []byte) bool {
	ring := k.current()
	return len(sealed) > 0 && len(ring) > 0 && !bytes.HasPrefix(sealed, ring[0].prefix)
}

var errNoKey = fmt.Errorf("there is no key to seal secrets with: give Config.Keys, for instance mailcrm.KeyFile(path): %w", storage.ErrInvalid)
