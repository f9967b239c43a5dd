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

// accountStatus is the public form of a status.
func (s *Session) accountStatus(st *store.Status) AccountStatus {
	out := AccountStatus{
		State: st.State, Code: st.Code, Detail: st.Detail, Since: st.Since, Verified: st.Verified, Do: cureOf(st),
		Sentence: Sentence(st.Code, s.actor.Locale),
	}
	if st.State == AccountPaused {
		out.Sentence = Sentence("account.paused", s.actor.Locale)
	}
	if out.Do != DoNothing {
		out.Cure = Sentence(cures[out.Do], s.actor.Locale)
	}
	if c := st.Certificate; c != nil {
		public := Certificate(*c)
		out.Certificate = &public
	}
	return out
}

// cures are the sentences for what a person can do.
var cures = map[string]string{
	DoWait: "cure.wait", DoPassword: "cure.password", DoServer: "cure.server", DoCertificate: "cure.certificate",
	DoSpace: "cure.space", DoResume: "cure.resume", DoAdmin: "cure.admin",
}

// cureOf is what a person can do.
func cureOf(st *store.Status) string {
	switch {
	case st.State == AccountPaused:
		return DoResume
	case st.Code == "":
		return DoNothing
	case st.State == AccountAuthFailed:
		return DoPassword
	case st.State == AccountCertificate:
		return DoCertificate
	case st.State == AccountThrottled:
		return DoWait
	case st.State == AccountOverQuota:
		return DoSpace
	}
	switch st.Code {
	case "dial.no_such_host", "imap.no_tls", "imap.greeting", "smtp.no_tls", "smtp.greeting", "tls.handshake":
		return DoServer
	case "dial.refused_by_policy", "imap.limit", "imap.no_permission", "unknown", "tls.expired", "tls.name":
		return DoAdmin
	}
	return DoWait
}
