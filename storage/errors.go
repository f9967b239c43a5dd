package storage

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The kinds of failure that cross a border of mailcrm: between the library and its host, a plugin or an HTTP client. Test for them with
// [errors.Is]. An error that wraps none of them is a defect or an I/O failure and is treated like [ErrTemporary] by background work.
//
// A host returns them from its powers; the library returns them from every service. Each has one HTTP status and one code, see [Code].
var (
	// ErrNotFound says that nothing is there for this Actor. What he may not see is not found, never forbidden.
	ErrNotFound = errors.New("not found")
	// ErrInvalid says that the input must be changed; a [FieldError] in the chain names the field.
	ErrInvalid = errors.New("invalid")
	// ErrConflict says that somebody was faster: read again and decide again.
	ErrConflict = errors.New("conflict")
	// ErrAuth says that a server refused the credentials, or that an authentication mechanism cannot be used.
	ErrAuth = errors.New("authentication failed")
	// ErrTemporary says that the same call may succeed later; see [RetryAfter].
	ErrTemporary = errors.New("temporarily failed")
	// ErrRejected says that a server refused for good; a [RecipientError] in the chain names the recipient.
	ErrRejected = errors.New("rejected")
	// ErrUncertain says that nobody knows whether the effect took place. It is never repeated by itself.
	ErrUncertain = errors.New("uncertain")
	// ErrLimit says that a documented bound was exceeded; the message has the bound.
	ErrLimit = errors.New("limit exceeded")
	// ErrUnavailable says that a power of the host, a server or a plugin cannot be reached or is not offered.
	ErrUnavailable = errors.New("unavailable")
	// ErrReadOnly says that the store or the mailbox cannot be written.
	ErrReadOnly = errors.New("read only")
	// ErrSchema says that the database was made by a newer version, or must be migrated first.
	ErrSchema = errors.New("schema")
	// ErrClosed says that the client was closed.
	ErrClosed = errors.New("closed")
)

// A FieldError is an [ErrInvalid] that names the field, so that a form can show it there.
type FieldError struct {
	Field  string // as the input struct spells it, dotted: "IMAP.Host"
	Code   string // stable, for translations: "required", "too_long", "bad_address" …
	Reason string // an English sentence that says what to do
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Reason }

// Unwrap makes a FieldError an [ErrInvalid].
func (e *FieldError) Unwrap() error { return ErrInvalid }

// Invalid is a [FieldError] for field.
func Invalid(field, code, reason string) error {
	return &FieldError{Field: field, Code: code, Reason: reason}
}

// A RecipientError is what a server answered for one recipient of a submission (RFC 5321 §4.2, RFC 3463).
type RecipientError struct {
	Address  string
	Status   int    // SMTP reply code: 550
	Enhanced string // enhanced status code without brackets: "5.1.1"; empty when the server gave none
	Text     string // the server's words, one line, at most 500 bytes
}

func (e *RecipientError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s: %d %s %s", e.Address, e.Status, e.Enhanced, e.Text))
}

// Unwrap makes a RecipientError an [ErrTemporary] for 4xx replies and an [ErrRejected] otherwise.
func (e *RecipientError) Unwrap() error {
	if e.Status/100 == 4 {
		return ErrTemporary
	}
	return ErrRejected
}

// A TemporaryError is an [ErrTemporary] that says how long to wait.
type TemporaryError struct {
	After time.Duration // zero: the caller's own back-off
	Err   error
}

func (e *TemporaryError) Error() string { return e.Err.Error() }

// Unwrap makes a TemporaryError both an [ErrTemporary] and what it wraps.
func (e *TemporaryError) Unwrap() []error { return []error{ErrTemporary, e.Err} }

// RetryAfter is how long err asks to wait, and whether it asks at all.
func RetryAfter(err error) (time.Duration, bool) {
	var t *TemporaryError
	if errors.As(err, &t) && t.After > 0 {
		return t.After, true
	}
	return 0, false
}

// A Cause is a failure with a stable code, for which people get a sentence and a cure in their own language.
// Codes are listed in the documentation of the room that makes them ("imap.login_refused", "tls.expired" …).
type Cause struct {
	Code   string
	Detail string // what the other side said, one line, at most 500 bytes, never a secret
	Err    error  // one of the sentinels of this file, or an error that wraps one
}

func (e *Cause) Error() string {
	if e.Detail == "" {
		return e.Code + ": " + e.Err.Error()
	}
	return e.Code + ": " + e.Err.Error() + ": " + e.Detail
}

// Unwrap gives the kind of failure.
func (e *Cause) Unwrap() error { return e.Err }

// CauseCode is the code of the outermost [Cause] in err, or "".
func CauseCode(err error) string {
	var c *Cause
	if errors.As(err, &c) {
		return c.Code
	}
	return ""
}
