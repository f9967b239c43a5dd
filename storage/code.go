package storage

import (
	"context"
	"errors"
	"net/http"
)

// Each kind of failure has one code and one HTTP status; this is the only table of them.
var failures = []struct {
	err    error
	code   string
	status int
}{
	// The specific before the general: a RecipientError is also ErrRejected, an ErrUncertain may wrap the time-out that made it so.
	{ErrUncertain, "uncertain", http.StatusBadGateway},
	{ErrNotFound, "not_found", http.StatusNotFound},
	{ErrInvalid, "invalid", http.StatusUnprocessableEntity},
	{ErrConflict, "conflict", http.StatusConflict},
	{ErrAuth, "auth", http.StatusFailedDependency},
	{ErrRejected, "rejected", http.StatusFailedDependency},
	{ErrLimit, "limit", http.StatusRequestEntityTooLarge},
	{ErrReadOnly, "read_only", http.StatusInsufficientStorage},
	{ErrSchema, "schema", http.StatusInternalServerError},
	{ErrClosed, "closed", http.StatusServiceUnavailable},
	{ErrUnavailable, "unavailable", http.StatusServiceUnavailable},
	{ErrTemporary, "temporary", http.StatusServiceUnavailable},
	{context.DeadlineExceeded, "temporary", http.StatusServiceUnavailable},
	{context.Canceled, "closed", http.StatusServiceUnavailable},
}

// Code is the stable code and the HTTP status of err: ("not_found", 404) for [ErrNotFound] and so on; ("internal", 500) for an error that
// wraps none of this package's, ("", 200) for nil. A failure of a mail server is 424, since the request to us was good.
func Code(err error) (code string, status int) {
	if err == nil {
		return "", http.StatusOK
	}
	for _, f := range failures {
		if errors.Is(err, f.err) {
			return f.code, f.status
		}
	}
	return "internal", http.StatusInternalServerError
}
