package storage_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

func TestCode(t *testing.T) {
	for _, test := range []struct {
		name   string
		err    error
		code   string
		status int
	}{
		{"nil", nil, "", http.StatusOK},
		{"not found", storage.ErrNotFound, "not_found", http.StatusNotFound},
		{"invalid", storage.ErrInvalid, "invalid", http.StatusUnprocessableEntity},
		{"field", storage.Invalid("IMAP.Host", "required", "Enter the host."), "invalid", http.StatusUnprocessableEntity},
		{"conflict", storage.ErrConflict, "conflict", http.StatusConflict},
		{"auth", storage.ErrAuth, "auth", http.StatusFailedDependency},
		{"rejected", storage.ErrRejected, "rejected", http.StatusFailedDependency},
		{"recipient refused", &storage.RecipientError{Address: "a@b.example", Status: 550}, "rejected", http.StatusFailedDependency},
		{"recipient greylisted", &storage.RecipientError{Address: "a@b.example", Status: 451}, "temporary", http.StatusServiceUnavailable},
		{"limit", storage.ErrLimit, "limit", http.StatusRequestEntityTooLarge},
		{"read only", storage.ErrReadOnly, "read_only", http.StatusInsufficientStorage},
		{"schema", storage.ErrSchema, "schema", http.StatusInternalServerError},
		{"closed", storage.ErrClosed, "closed", http.StatusServiceUnavailable},
		{"unavailable", storage.ErrUnavailable, "unavailable", http.StatusServiceUnavailable},
		{"temporary", storage.ErrTemporary, "temporary", http.StatusServiceUnavailable},
		{"temporary with a wait", &storage.TemporaryError{After: time.Minute, Err: errors.New("busy")}, "temporary", http.StatusServiceUnavailable},
		{"deadline", context.DeadlineExceeded, "temporary", http.StatusServiceUnavailable},
		{"cancelled", context.Canceled, "closed", http.StatusServiceUnavailable},
		{"cause", &storage.Cause{Code: "tls.expired", Err: storage.ErrUnavailable}, "unavailable", http.StatusServiceUnavailable},
		{"wrapped", fmt.Errorf("reading: %w", storage.ErrNotFound), "not_found", http.StatusNotFound},
		{"foreign", errors.New("boom"), "internal", http.StatusInternalServerError},
		// Nobody knows whether it was sent: that outweighs the time-out that made it so, or background work would send again.
		{"uncertain by time-out", fmt.Errorf("%w: %w", storage.ErrUncertain, context.DeadlineExceeded), "uncertain", http.StatusBadGateway},
		{"uncertain, temporary", errors.Join(storage.ErrTemporary, storage.ErrUncertain), "uncertain", http.StatusBadGateway},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, status := storage.Code(test.err)
			require.Equal(t, test.code, code)
			require.Equal(t, test.status, status)
		})
	}
}

func TestFieldError(t *testing.T) {
	err := fmt.Errorf("saving: %w", storage.Invalid("SMTP.Port", "range", "Use a port from 1 to 65535."))
	require.ErrorIs(t, err, storage.ErrInvalid)
	var field *storage.FieldError
	require.ErrorAs(t, err, &field)
	require.Equal(t, storage.FieldError{Field: "SMTP.Port", Code: "range", Reason: "Use a port from 1 to 65535."}, *field)
	require.EqualError(t, field, "SMTP.Port: Use a port from 1 to 65535.")
}

func TestRecipientError(t *testing.T) {
	refused := &storage.RecipientError{Address: "ann@example.com", Status: 550, Enhanced: "5.1.1", Text: "no such user"}
	require.EqualError(t, refused, "ann@example.com: 550 5.1.1 no such user")
	require.ErrorIs(t, refused, storage.ErrRejected)
	require.NotErrorIs(t, refused, storage.ErrTemporary)

	later := &storage.RecipientError{Address: "ann@example.com", Status: 450}
	require.EqualError(t, later, "ann@example.com: 450")
	require.ErrorIs(t, later, storage.ErrTemporary)
	require.NotErrorIs(t, later, storage.ErrRejected)
}

func TestRetryAfter(t *testing.T) {
	cause := errors.New("throttled")
	err := fmt.Errorf("look-up: %w", &storage.TemporaryError{After: 90 * time.Second, Err: cause})
	require.ErrorIs(t, err, storage.ErrTemporary)
	require.ErrorIs(t, err, cause)
	after, asked := storage.RetryAfter(err)
	require.True(t, asked)
	require.Equal(t, 90*time.Second, after)

	for _, err := range []error{nil, storage.ErrTemporary, &storage.TemporaryError{Err: cause}} {
		_, asked := storage.RetryAfter(err)
		require.False(t, asked, "%v", err)
	}
}

func TestCause(t *testing.T) {
	err := fmt.Errorf("account 7: %w", &storage.Cause{Code: "imap.login_refused", Detail: "Invalid credentials", Err: storage.ErrAuth})
	require.ErrorIs(t, err, storage.ErrAuth)
	require.Equal(t, "imap.login_refused", storage.CauseCode(err))
	require.EqualError(t, err, "account 7: imap.login_refused: authentication failed: Invalid credentials")
	require.Equal(t, "x: closed", (&storage.Cause{Code: "x", Err: storage.ErrClosed}).Error())
	require.Empty(t, storage.CauseCode(storage.ErrAuth))
	require.Empty(t, storage.CauseCode(nil))

	outer := &storage.Cause{Code: "outer", Err: &storage.Cause{Code: "inner", Err: storage.ErrLimit}}
	require.Equal(t, "outer", storage.CauseCode(outer), "the outermost cause is the one that people are told")
}

func TestRef(t *testing.T) {
	require.True(t, storage.Ref{}.IsZero())
	for _, ref := range []storage.Ref{{Tenant: "a"}, {Kind: storage.KindDeal}, {ID: "1"}} {
		require.False(t, ref.IsZero(), "%v", ref)
	}
	seen := map[storage.Ref]bool{{Tenant: "a", Kind: storage.KindDeal, ID: "1"}: true}
	require.False(t, seen[storage.Ref{Tenant: "b", Kind: storage.KindDeal, ID: "1"}], "the tenant is part of a Ref")
}

func TestSystem(t *testing.T) {
	actor := storage.System("north")
	require.Equal(t, storage.Tenant("north"), actor.Tenant)
	require.Equal(t, storage.SystemAgent, actor.Agent)
	require.False(t, actor.Admin)
}
