package people

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/mailcrm/sdk/storage"
)

// maxTokens is how many API tokens a person may have; a new one then replaces the oldest.
const maxTokens = 10

// tokenPrefix lets scanners of source code recognise a token that slipped into it.
const tokenPrefix = "mailcrm_"

// Issue makes an API token for a person. It is told once: only its hash is kept. [storage.ErrNotFound] for somebody who is not there.
func (p *People) Issue(id string) (string, error) {
	token := tokenPrefix + secret()
	err := p.change(id, func(a *account) error {
		a.Tokens = append(a.Tokens, tokenHash(token))
		if len(a.Tokens) > maxTokens {
			a.Tokens = slices.Delete(a.Tokens, 0, len(a.Tokens)-maxTokens)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("issuing a token: %w", err)
	}
	return token, nil
}

// tokenHash needs no salt and no slowness: a token is 256 bits of chance.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (p *People) byToken(token string) (Person, bool) {
	if len(token) > 128 {
		return Person{}, false
	}
	hash := tokenHash(token)
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, a := range p.all {
		if slices.Contains(a.Tokens, hash) {
			return a.Person, true
		}
	}
	return Person{}, false
}

// change edits one account and keeps the result.
func (p *People) change(id string, edit func(*account) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.all, func(a account) bool { return a.ID == id })
	if i < 0 {
		return fmt.Errorf("person %q: %w", id, storage.ErrNotFound)
	}
	changed := p.all[i]
	changed.Tokens = slices.Clone(changed.Tokens)
	if err := edit(&changed); err != nil {
		return err
	}
	all := slices.Clone(p.all)
	all[i] = changed
	return p.keep(all)
}

// keep makes all the people there are, on disk first. The lock is held.
func (p *People) keep(all []account) error {
	if p.path != "" {
		if err := write(p.path, all); err != nil {
			return err
		}
	}
	p.all = all
	return nil
}
