package submit

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// passwordTries are the waits before a refused password is tried again.
var passwordTries = []time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour}

// loginRefused says whether a server refused a login and a password, as opposed to having no use for them.
func loginRefused(err error) bool {
	switch storage.CauseCode(err) {
	case "smtp.login_refused", "smtp.login_disabled", "smtp.no_verifier", "smtp.unproven", "smtp.unusable_login", "tls.client_certificate":
		return true
	}
	return false
}

// refusals remembers which accounts' passwords were refused, so that ten waiting mails are not ten tries: servers lock accounts. What is entered again, be it the
// same password, is tried at once. It lasts as long as the process; the zero value remembers nothing.
type refusals struct {
	mu sync.Mutex
	of map[refusedAccount]refusal
}

type refusedAccount struct {
	tenant storage.Tenant
	id     string
}

type refusal struct {
	entered [sha256.Size]byte
	times   int
	until   time.Time // zero: until something is entered
	why     error
}

// entered is what a person entered for the account: sealed, a password differs each time. A token is another one each hour; to be refused does not lock who shows
// one.
func entered(acc *store.Account, cred signin.Credential) [sha256.Size]byte {
	h := sha256.New()
	parts := [][]byte{[]byte(acc.SMTP.Host), acc.SMTPSecret, acc.IMAPSecret, []byte(cred.Username), []byte(cred.AuthorizeAs), []byte(cred.Token.Reveal())}
	for _, mechanism := range cred.Disabled {
		parts = append(parts, []byte(mechanism))
	}
	if cred.Certificate != nil {
		parts = append(parts, cred.Certificate.Certificate...)
	}
	for _, part := range parts {
		sum := sha256.Sum256(part)
		h.Write(sum[:])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// standing is why the account is not to log in now, and when it is to be looked at again.
func (r *refusals) standing(acc *store.Account, cred signin.Credential, now time.Time) (until time.Time, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.of[refusedAccount{acc.Tenant, acc.ID}]
	switch {
	case !ok || known.entered != entered(acc, cred):
		return time.Time{}, nil
	case known.until.IsZero():
		return now.Add(passwordTries[len(passwordTries)-1]), known.why
	case now.Before(known.until):
		return known.until, known.why
	}
	return time.Time{}, nil
}

// add notes a refusal, and returns when the account is to be looked at again.
func (r *refusals) add(acc *store.Account, cred signin.Credential, now time.Time, why error) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[refusedAccount]refusal{}
	}
	at := refusedAccount{acc.Tenant, acc.ID}
	known := r.of[at]
	if is := entered(acc, cred); known.entered != is {
		known = refusal{entered: is}
	}
	known.times, known.why = known.times+1, why
	until := now.Add(passwordTries[min(known.times, len(passwordTries))-1])
	if known.until = until; known.times > len(passwordTries) {
		known.until = time.Time{}
	}
	r.of[at] = known
	return until
}

func (r *refusals) forget(acc *store.Account) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of, refusedAccount{acc.Tenant, acc.ID})
}
