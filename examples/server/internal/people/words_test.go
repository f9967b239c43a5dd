package people

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// TestWords holds pages and code to the catalogue: every key that is used has both languages, and every key is used.
func TestWords(t *testing.T) {
	used := map[string]bool{}
	key := regexp.MustCompile(`"((?:title|lang|login|who|people)(?:\.[a-z]+)*)"`)
	for _, file := range []string{"pages.html", "pages.go"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range key.FindAllStringSubmatch(string(text), -1) {
			used[found[1]] = true
		}
	}
	for _, name := range []string{"login", "who", "people"} {
		require.Contains(t, words, name+".title")
		used[name+".title"] = true
		delete(used, name) // a template
	}
	delete(used, "lang") // the name of a field
	for _, field := range []string{"id", "name", "address", "zone", "password"} {
		used[alert(storage.Invalid(field, "x", "x"))] = true
	}
	for key := range used {
		require.Contains(t, words, key, "a text that is nowhere")
	}
	for key, text := range words {
		require.True(t, used[key], "%s is not used", key)
		require.NotEmpty(t, strings.TrimSpace(text.en), key)
		require.NotEmpty(t, strings.TrimSpace(text.fr), key)
	}
}

func TestPasswords(t *testing.T) {
	hash := hashPassword("correct horse")
	require.True(t, strings.HasPrefix(hash, "$argon2id$v=19$m=32768,t=3,p=1$"))
	require.True(t, samePassword(hash, "correct horse"))
	require.False(t, samePassword(hash, "correct horsf"))
	require.NotEqual(t, hash, hashPassword("correct horse"), "each has its salt")
	require.False(t, samePassword(nobody, ""))
	for _, bad := range []string{"", "$argon2id$", "$argon2i$v=19$m=32768,t=3,p=1$AA$AA", "$argon2id$v=19$m=999999999,t=3,p=1$AAAA$" + strings.Repeat("A", 43), "$argon2id$v=19$m=8,t=0,p=0$AAAA$" + strings.Repeat("A", 43)} {
		require.False(t, samePassword(bad, "x"), bad)
	}
	seen := map[string]bool{}
	for range 100 {
		p := newPassword()
		require.Len(t, p, 19)
		require.False(t, seen[p])
		seen[p] = true
	}
}

func TestSessionsAreBounded(t *testing.T) {
	p := newPeople(nil)
	first, _ := p.sessions.begin("first")
	for range maxSessions {
		p.sessions.begin("other")
	}
	require.LessOrEqual(t, len(p.sessions.all), maxSessions)
	_, ok := p.sessions.get(first)
	require.False(t, ok, "the one used longest ago made room")
}
