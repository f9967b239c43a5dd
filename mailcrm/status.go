package mailcrm

import (
	"errors"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Waits after failures. A wrong password is never hammered: a new account's is tried once, one that worked before gets three more tries.
var passwordTries = []time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour}

const (
	firstWait   = 30 * time.Second
	longestWait = time.Hour
)

// status is the account's state after a look at it that ended with err, and when to look again (zero: not by itself).
func (c *Client) status(acc *store.Account, more bool, err error) (store.Status, time.Time) {
	now := c.cfg.Now()
	if err == nil {
		s := store.Status{State: "ready", Since: now}
		next := now.Add(c.cfg.SyncEvery)
		if more {
			s.State, next = "syncing", now
		}
		if acc.Status.State == s.State {
			s.Since = acc.Status.Since
		}
		return s, next
	}
	s := store.Status{State: "error", Code: storage.CauseCode(err), Since: now, Failures: acc.Status.Failures + 1}
	if s.Code == "" {
		s.Code = "unknown"
	}
	var cause *storage.Cause
	if errors.As(err, &cause) {
		s.Detail = cause.Detail
	}
	next := now.Add(backoff(s.Failures))
	var certificate interface{ Fingerprint() string }
	switch {
	case errors.Is(err, ErrAuth):
		s.State = "auth_failed"
		if acc.Status.State != s.State {
			s.Failures = 1
		}
		next = time.Time{}
		if worked := !acc.LastSync.IsZero(); worked && s.Failures <= len(passwordTries) {
			next = now.Add(passwordTries[s.Failures-1])
		}
	case errors.As(err, &certificate):
		s.State = "unreachable"
		s.Detail = "SHA-256 " + certificate.Fingerprint()
	case s.Code == "imap.throttled":
		s.State = "throttled"
	case errors.Is(err, ErrTemporary), errors.Is(err, ErrUnavailable), errors.Is(err, ErrInvalid):
		s.State = "unreachable"
	}
	if after, ok := storage.RetryAfter(err); ok && !next.IsZero() && now.Add(after).After(next) {
		next = now.Add(after)
	}
	if acc.Status.State == s.State && acc.Status.Code == s.Code {
		s.Since = acc.Status.Since
	}
	return s, next
}

// backoff doubles from firstWait to longestWait.
func backoff(failures int) time.Duration {
	wait := firstWait
	for range min(failures-1, 12) {
		wait = min(2*wait, longestWait)
	}
	return wait
}
