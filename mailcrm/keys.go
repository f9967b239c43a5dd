package mailcrm

import (
	"context"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
)

// Keys seals the passwords of mail accounts. There is no clear mode: a client without keys does not open.
type Keys = seal.Keys

// Secret is a password or a token. It prints as "[redacted]" to fmt, encoding and log/slog; only Reveal tells it.
type Secret = seal.Secret

// NewSecret wraps a secret.
func NewSecret(value string) Secret { return seal.NewSecret(value) }

// KeyFile reads the keys in a file, or makes one there (mode 0600) when there is none yet. Keep it outside the data folder and apart from its
// backups: whoever has both has the passwords. Losing it means that every account's password must be entered again.
//
// The format is Tink's JSON keyset with AES256_GCM keys; a file that others can read is an [ErrInvalid]. The keys follow the file: see [RotateKeyFile].
func KeyFile(path string) (*Keys, error) { return seal.File(path) }

// RotateKeyFile adds a new key to a key file, with which everything is sealed from now on, also by processes that are running; the keys that were there still
// open what they sealed. After it, [Client.Reseal] seals everything again, and [PruneKeyFile] takes the old keys away.
//
// Where several machines have copies of the file, copy it to all of them at once: what one has sealed with the new key another cannot open until it has it, and
// tries again by itself.
//
// Errors: [ErrConflict] when somebody else is changing the file.
func RotateKeyFile(path string) error { return seal.RotateFile(path) }

// PruneKeyFile takes all keys but the newest from a key file. What was not sealed again is lost: those passwords must be entered anew. Marks in mails that were
// sent with the old keys are not known any more either; answers and bounces are then matched by their Message-IDs alone.
func PruneKeyFile(path string) error { return seal.PruneFile(path) }

// KeysFromJSON reads a Tink JSON keyset in the clear, for hosts that keep it in a vault.
func KeysFromJSON(keyset []byte) (*Keys, error) { return seal.FromJSON(keyset) }

// NewKeyset makes a keyset for [KeysFromJSON].
func NewKeyset() ([]byte, error) { return seal.NewKeyset() }

// RotateKeyset is [RotateKeyFile] for a keyset that lies elsewhere. Give every process the new one, by restarting it.
func RotateKeyset(keyset []byte) ([]byte, error) { return seal.Rotate(keyset) }

// PruneKeyset is [PruneKeyFile] for a keyset that lies elsewhere.
func PruneKeyset(keyset []byte) ([]byte, error) { return seal.Prune(keyset) }

// A KMS is a key that never leaves its place: a cloud's key service, a hardware module, a vault's transit engine. It encrypts the keyset as a whole and is asked
// when a process starts, not for each password. Context is authenticated and not secret ("encryption context", "additional data").
type KMS = seal.KeyWrapper

// NewKeys makes the keys from a keyset that a KMS encrypted, see [NewWrappedKeyset]. Keep the wrapped keyset wherever you like: without the KMS it is worth nothing.
//
// Errors: what the KMS answers, as [ErrUnavailable] where it has no kind.
func NewKeys(ctx context.Context, kms KMS, wrapped []byte) (*Keys, error) {
	keyset, err := seal.Unwrap(ctx, kms, wrapped)
	if err != nil {
		return nil, err
	}
	return seal.FromJSON(keyset)
}

// NewWrappedKeyset makes a keyset for [NewKeys].
func NewWrappedKeyset(ctx context.Context, kms KMS) ([]byte, error) {
	keyset, err := seal.NewKeyset()
	if err != nil {
		return nil, err
	}
	return seal.Wrap(ctx, kms, keyset)
}

// RotateWrappedKeyset is [RotateKeyset] for a wrapped keyset. To rotate the key of the KMS itself, decrypt and encrypt the keyset there.
func RotateWrappedKeyset(ctx context.Context, kms KMS, wrapped []byte) ([]byte, error) {
	return rewrap(ctx, kms, wrapped, seal.Rotate)
}

// PruneWrappedKeyset is [PruneKeyset] for a wrapped keyset.
func PruneWrappedKeyset(ctx context.Context, kms KMS, wrapped []byte) ([]byte, error) {
	return rewrap(ctx, kms, wrapped, seal.Prune)
}

func rewrap(ctx context.Context, kms KMS, wrapped []byte, change func([]byte) ([]byte, error)) ([]byte, error) {
	keyset, err := seal.Unwrap(ctx, kms, wrapped)
	if err == nil {
		keyset, err = change(keyset)
	}
	if err != nil {
		return nil, err
	}
	return seal.Wrap(ctx, kms, keyset)
}
