package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/mailcrm/sdk/storage"
)

// The cost of a new hash: the second choice of RFC 9106 §4 made small enough for two at once on a small machine.
const (
	argonTime    = 3
	argonMemory  = 32 << 10 // KiB
	argonThreads = 1
	argonKey     = 32 // bytes
)

// Limits of passwords.
const (
	minPassword = 12   // characters
	maxPassword = 1024 // bytes
)

// hashPassword is argon2id in PHC form: "$argon2id$v=19$m=32768,t=3,p=1$salt$key".
func hashPassword(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails (Go 1.24)
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// samePassword compares a password with a hash made by hashPassword, now or with earlier costs. A hash that does not parse fits nothing.
func samePassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false
	}
	var memory, rounds uint32
	var threads uint8
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &rounds, &threads); n != 3 || err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(key) < 16 || len(key) > 64 || memory > 1<<20 || rounds < 1 || rounds > 100 || threads < 1 {
		return false
	}
	return subtle.ConstantTimeCompare(key, argon2.IDKey([]byte(password), salt, rounds, memory, threads, uint32(len(key)))) == 1
}

// checkPassword says what is wrong with a new password.
func checkPassword(password string) error {
	switch {
	case len([]rune(password)) < minPassword:
		return storage.Invalid("password", "too_short", fmt.Sprintf("choose at least %d characters; a few words are easy to remember", minPassword))
	case len(password) > maxPassword:
		return storage.Invalid("password", "too_long", fmt.Sprintf("choose at most %d bytes", maxPassword))
	}
	return nil
}

// newPassword is one that a person is told once: 80 bits in four groups.
func newPassword() string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789" // without those that people confuse
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	var out strings.Builder
	for i, c := range b {
		if i > 0 && i%4 == 0 {
			out.WriteByte('-')
		}
		out.WriteByte(letters[int(c)%len(letters)]) // the bias is a hundredth of a bit
	}
	return out.String()
}

// Login finds the person with a name and a password. Somebody unknown takes as long as a wrong password. After ten failures for a name within a quarter of
// an hour it is [storage.ErrLimit], whatever the password, until that time is over.
//
// Errors: [storage.ErrAuth] for a wrong name or password.
func (p *People) Login(ctx context.Context, id, password string) (Person, error) {
	if len(id) > 64 || len(password) > maxPassword {
		return Person{}, storage.ErrAuth
	}
	if !p.tries.allowed(id) {
		return Person{}, fmt.Errorf("too many failed logins: %w", storage.ErrLimit)
	}
	select {
	case p.hashing <- struct{}{}:
		defer func() { <-p.hashing }()
	case <-ctx.Done():
		return Person{}, ctx.Err()
	}
	a, ok := p.account(id)
	hash := a.Password
	if hash == "" {
		hash, ok = nobody, false
	}
	if !samePassword(hash, password) || !ok {
		p.tries.failed(id)
		return Person{}, storage.ErrAuth
	}
	p.tries.succeeded(id)
	return a.Person, nil
}

// nobody is the hash of a password that nobody has, to take the time of a real one.
const nobody = "$argon2id$v=19$m=32768,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Limits of guessing.
const (
	maxTries = 10
	triesFor = 15 * time.Minute
	maxNames = 10_000
)

// tries count failed logins by name.
type tries struct {
	now func() time.Time

	mu     sync.Mutex
	byName map[string]failures
}

type failures struct {
	n     int
	since time.Time
}

func (t *tries) allowed(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.byName[name]
	return f.n < maxTries || t.now().Sub(f.since) >= triesFor
}

func (t *tries) failed(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.byName == nil || len(t.byName) >= maxNames {
		fresh := map[string]failures{}
		for n, f := range t.byName {
			if f.n >= maxTries && now.Sub(f.since) < triesFor && len(fresh) < maxNames/2 {
				fresh[n] = f
			}
		}
		t.byName = fresh
	}
	f := t.byName[name]
	if now.Sub(f.since) >= triesFor {
		f = failures{since: now}
	}
	f.n++
	t.byName[name] = f
}

func (t *tries) succeeded(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byName, name)
}
