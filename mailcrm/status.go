package mailcrm

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Waits after failures. A wrong password is never hammered: a new account's is tried once, one that worked before gets three more tries, also when the server is
// away, or bans us, in between.
var passwordTries = []time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour}

const (
	firstWait   = 30 * time.Second
	longestWait = time.Hour
)

// status is the account's state after a look at it that ended with err, and when to look again (zero: not by itself).
func (c *Client) status(acc *store.Account, more bool, err error) (store.Status, time.Time) {
	now, was := c.cfg.Now(), acc.Status
	if err == nil {
		s := store.Status{State: AccountReady, Since: now, Verified: now, Sending: was.Sending}
		next := now.Add(c.cfg.SyncEvery)
		if more {
			s.State, next = AccountSyncing, now
		}
		if was.State == s.State {
			s.Since = was.Since
		}
		return s, next
	}
	s := failure(was, now, err)
	s.Sending = was.Sending
	next := now.Add(backoff(s.Failures))
	if s.State == AccountAuthFailed {
		next = time.Time{}
		if worked := !was.Verified.IsZero(); worked && !mustSignIn(s.Code) && s.Refused <= len(passwordTries) {
			next = now.Add(passwordTries[s.Refused-1])
		}
	}
	if after, ok := storage.RetryAfter(err); ok && !next.IsZero() && now.Add(after).After(next) {
		next = now.Add(after)
	}
	return s, next
}

// mustSignIn says that nothing but a person at the provider's page helps: nobody is asked before.
func mustSignIn(code string) bool { return strings.HasPrefix(code, "oauth.") }

// failure is the state of one side of an account after err.
func failure(was store.Status, now time.Time, err error) store.Status {
	s := store.Status{State: AccountError, Code: storage.CauseCode(err), Since: now, Failures: was.Failures + 1, Refused: was.Refused, Verified: was.Verified}
	if s.Code == "" {
		s.Code = "unknown"
	}
	var cause *storage.Cause
	if errors.As(err, &cause) {
		s.Detail = cause.Detail
	}
	var certificate *dial.CertificateError
	switch {
	case s.Code == "seal.unknown_key": // no server was asked; the key may come back
	case errors.Is(err, ErrAuth):
		s.State = AccountAuthFailed
		if was.State != s.State {
			s.Failures = 1
		}
		if !mustSignIn(s.Code) { // who was locked out is not reached for a while, and then is refused again: that is no new beginning
			s.Refused++
		}
	case errors.As(err, &certificate):
		s.State = AccountCertificate
		s.Detail = "SHA-256 " + certificate.Fingerprint()
		s.Certificate = &store.Certificate{
			SHA256: hex.EncodeToString(certificate.SHA256[:]), Subject: certificate.Subject, Issuer: certificate.Issuer,
			Names: certificate.Names, NotBefore: certificate.NotBefore, NotAfter: certificate.NotAfter,
		}
	case s.Code == "imap.throttled":
		s.State = AccountThrottled
	case s.Code == overQuota:
		s.State = AccountOverQuota
	case errors.Is(err, ErrTemporary), errors.Is(err, ErrUnavailable), errors.Is(err, ErrInvalid):
		s.State = AccountUnreachable
	}
	if was.State == s.State && was.Code == s.Code {
		s.Since = was.Since
	}
	return s
}

// verifiedEvery is how often it is written down that a login for sending still works.
const verifiedEvery = time.Hour

// reached notes how reaching the server for sending, and the login there, went. That is apart from reading: an account that cannot send is still read.
func (c *Client) reached(ctx context.Context, lease *store.Lease, acc *store.Account, err error) error {
	var was store.Status
	if acc.Status.Sending != nil {
		was = *acc.Status.Sending
	}
	now := c.cfg.Now()
	s := store.Status{State: AccountReady, Since: now, Verified: now}
	if err != nil {
		s = failure(was, now, err)
	} else if was.State == s.State {
		s.Since = was.Since
	}
	same := was.State == s.State && was.Code == s.Code
	shown := was.Certificate == nil && s.Certificate == nil || was.Certificate != nil && s.Certificate != nil && was.Certificate.SHA256 == s.Certificate.SHA256
	if same && shown && s.Verified.Sub(was.Verified) < verifiedEvery {
		return nil
	}
	err = c.db.Write(ctx, lease, func(tx *store.Tx) error {
		ours, err := tx.SetSending(acc, s)
		if err != nil || !ours || same {
			return err
		}
		return tx.Emit([]store.Event{{Tenant: acc.Tenant, Type: "account.state", At: tx.Now(), Agent: storage.SystemAgent, Account: acc.ID, Subject: acc.ID}})
	})
	if err != nil {
		return fmt.Errorf("noting how account %s sends: %w", acc.ID, err)
	}
	return nil
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
func (s *Session) accountStatus(st *store.Status, login bool) AccountStatus {
	out := AccountStatus{
		State: st.State, Code: st.Code, Detail: st.Detail, Since: st.Since, Verified: st.Verified, Do: cureOf(st, login),
		Sentence: Sentence(st.Code, s.actor.Locale),
	}
	if st.State == AccountPaused {
		out.Sentence = Sentence("state.paused", s.actor.Locale)
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
	DoWait: "cure.wait", DoPassword: "cure.password", DoSignIn: "cure.signin", DoServer: "cure.server", DoCertificate: "cure.certificate",
	DoSpace: "cure.space", DoResume: "cure.resume", DoAdmin: "cure.admin",
}

// cureOf is what a person can do; login says that the side signs in with a login (OAuth), not with a password.
func cureOf(st *store.Status, login bool) string {
	switch {
	case st.State == AccountPaused:
		return DoResume
	case st.Code == "":
		return DoNothing
	case st.Code == "imap.no_mechanism", st.Code == "smtp.no_mechanism", st.Code == "imap.unproven", st.Code == "smtp.unproven":
		return DoServer
	case st.Code == "tls.client_certificate":
		return DoAdmin
	case st.State == AccountAuthFailed && login:
		return DoSignIn
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
	case "dial.refused_by_policy", "imap.limit", "imap.no_permission", "seal.unknown_key", "unknown",
		"oauth.client_refused", "oauth.refused", "oauth.no_provider", "oauth.answer":
		return DoAdmin
	}
	return DoWait
}
