package seal

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// A Secret is a password or a token. It prints as "[redacted]" everywhere and never marshals to its value. Secrets cannot be compared.
type Secret struct {
	// A closure: of a Secret in an unexported field of somebody's struct fmt asks no method, and what dumps values by reflection (of tests, of debuggers)
	// follows pointers. Neither looks into a function.
	value func() string
}

// NewSecret wraps a secret.
func NewSecret(value string) Secret { return Secret{func() string { return value }} }

// Reveal is the secret itself: for the wire, never for a log or an error.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return s.value()
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String hides the secret.
func (s Secret) String() string { return redacted }

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return redacted }

// Format hides the secret from every verb, also from %x and %q.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON hides the secret.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// MarshalText hides the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText takes a secret from a form, as UnmarshalJSON does.
func (s *Secret) UnmarshalText(text []byte) error {
	if string(text) == redacted {
		return errors.New(`"[redacted]" is not a secret: leave the field out to keep the one that is stored`)
	}
	*s = NewSecret(string(text))
	return nil
}

// UnmarshalJSON takes a secret from a request. The word that MarshalJSON writes is refused, so that a form which sends back what it was shown does not
// become the password.
func (s *Secret) UnmarshalJSON(b []byte) error {
	var v string
	if err := json.Unmarshal(b, &v); err != nil {
		return errors.New("a secret is a JSON string")
	}
	return s.UnmarshalText([]byte(v))
}
