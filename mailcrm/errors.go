package mailcrm

import (
	"time"

	"github.com/mailcrm/sdk/storage"
)

// The kinds of failure, for [errors.Is]; see package storage, where they are defined for hosts too.
var (
	ErrNotFound    = storage.ErrNotFound
	ErrInvalid     = storage.ErrInvalid
	ErrConflict    = storage.ErrConflict
	ErrAuth        = storage.ErrAuth
	ErrTemporary   = storage.ErrTemporary
	ErrRejected    = storage.ErrRejected
	ErrUncertain   = storage.ErrUncertain
	ErrLimit       = storage.ErrLimit
	ErrUnavailable = storage.ErrUnavailable
	ErrReadOnly    = storage.ErrReadOnly
	ErrSchema      = storage.ErrSchema
	ErrClosed      = storage.ErrClosed
)

// FieldError names the field of an input that must be changed.
type FieldError = storage.FieldError

// RecipientError is what a server answered for one recipient.
type RecipientError = storage.RecipientError

// ErrorCode is the stable code and the HTTP status of an error: ("not_found", 404).
func ErrorCode(err error) (code string, status int) { return storage.Code(err) }

// RetryAfter is how long an error asks to wait, and whether it asks at all.
func RetryAfter(err error) (time.Duration, bool) { return storage.RetryAfter(err) }
