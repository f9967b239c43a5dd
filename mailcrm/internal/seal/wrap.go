package seal

import (
	"context"
	"errors"
	"fmt"

	"github.com/mailcrm/sdk/storage"
)

// A KeyWrapper is a key that never leaves its place: of a cloud's KMS, of a hardware module, of a vault. It encrypts a keyset as a whole, once; what is sealed is
// sealed with the keyset, so that a KMS is asked when a process starts, and not for each password.
//
// The context is authenticated with the text: a text opens only with the one it was made for. Text is at most 1 MiB, mostly less than 4 KiB, which is what most
// services take.
type KeyWrapper interface {
	// Encrypt encrypts a text and authenticates the context with it.
	Encrypt(ctx context.Context, text, context []byte) ([]byte, error)
	// Decrypt is the way back. It fails for another context, and for what was changed.
	Decrypt(ctx context.Context, wrapped, context []byte) ([]byte, error)
}

var wrapContext = []byte("mailcrm keyset/1")

// Wrap encrypts a keyset in JSON.
func Wrap(ctx context.Context, by KeyWrapper, text []byte) ([]byte, error) {
	if _, err := FromJSON(text); err != nil {
		return nil, err
	}
	wrapped, err := by.Encrypt(ctx, text, wrapContext)
	if err != nil {
		return nil, unavailable("wrapping the key set", err)
	}
	return wrapped, nil
}

// Unwrap decrypts a keyset.
func Unwrap(ctx context.Context, by KeyWrapper, wrapped []byte) ([]byte, error) {
	if len(wrapped) == 0 {
		return nil, fmt.Errorf("there is no wrapped key set: make one with NewWrappedKeyset: %w", storage.ErrInvalid)
	}
	text, err := by.Decrypt(ctx, wrapped, wrapContext)
	if err != nil {
		return nil, unavailable("unwrapping the key set", err)
	}
	if len(text) > MaxKeyFile {
		return nil, fmt.Errorf("the key set has more than %d bytes: %w", MaxKeyFile, storage.ErrLimit)
	}
	return text, nil
}

// unavailable classifies the failure of a host's service where the host did not.
func unavailable(doing string, err error) error {
	if code, _ := storage.Code(err); code != "internal" || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, storage.ErrUnavailable, err)
}
