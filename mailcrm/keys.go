package mailcrm

import "github.com/mailcrm/sdk/mailcrm/internal/seal"

// Keys seals the passwords of mail accounts. There is no clear mode: a client without keys does not open.
type Keys = seal.Keys

// Secret is a password or a token. It prints as "[redacted]" to fmt, encoding/json and log/slog.
type Secret = seal.Secret

// NewSecret wraps a secret.
func NewSecret(value string) Secret { return seal.NewSecret(value) }

// KeyFile reads the keys in a file, or makes one there (mode 0600) when there is none yet. Keep it outside the data folder and apart from its
// backups: whoever has both has the passwords. Losing it means that every account's password must be entered again.
//
// The format is Tink's JSON keyset with AES256_GCM keys; a file that others can read is an [ErrInvalid].
func KeyFile(path string) (*Keys, error) { return seal.File(path) }

// KeysFromJSON reads a Tink JSON keyset in the clear, for hosts that keep it in a vault.
func KeysFromJSON(keyset []byte) (*Keys, error) { return seal.FromJSON(keyset) }

// NewKeyset makes a keyset for [KeysFromJSON].
func NewKeyset() ([]byte, error) { return seal.NewKeyset() }
