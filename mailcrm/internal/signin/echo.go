package signin

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strings"
)

// window is how many bytes of a spelling give a long secret away: also a part that a server repeats is withheld.
const window = 16

// shortest is the length below which a piece of base64 is too common to be looked for by itself.
const shortest = 6

// Echoed reports whether text repeats a secret of c: as it is, quoted, in base64 (alone or anywhere inside of something longer), in hexadecimal, as in URLs or as
// quoted-printable, in upper or lower case, also broken by spaces; of long ones a part is enough.
func (c Credential) Echoed(text string) bool {
	text = lower(text)
	packed := dense(text)
	whole, parts := c.spellings()
	for _, s := range whole {
		if strings.Contains(text, s) || strings.Contains(packed, s) {
			return true
		}
	}
	if len(parts) == 0 {
		return false
	}
	for _, t := range []string{text, packed} {
		for i := 0; i+window <= len(t); i++ {
			if _, ok := parts[t[i:i+window]]; ok {
				return true
			}
		}
	}
	return false
}

// Clean is a server's text, or, where it repeats a secret, a sentence that says so.
func (c Credential) Clean(text string) string {
	if c.Echoed(text) {
		return "(the server repeated the password; its words are withheld)"
	}
	return text
}

// lower folds ASCII alone: the bytes of a secret need not be UTF-8.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// dense is a text without its spaces.
func dense(s string) string {
	return string(slices.DeleteFunc([]byte(s), func(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }))
}

// spellings are all in lower case: the whole ones, and pieces of those that are longer than two windows.
func (c Credential) spellings() (whole []string, parts map[string]struct{}) {
	parts = map[string]struct{}{}
	for _, secret := range []string{c.Password.Reveal(), c.Token.Reveal()} {
		if secret == "" {
			continue
		}
		for _, s := range spell(secret) {
			s = lower(s)
			if packed := dense(s); packed != "" {
				whole = append(whole, s, packed)
			}
			for i := 0; len(s) > 2*window && i+window <= len(s); i += window {
				parts[s[i:i+window]] = struct{}{}
			}
		}
	}
	if c.Password.IsZero() {
		return whole, parts
	}
	// What PLAIN says as a whole: of a short password nothing else in base64 is long enough to be looked for.
	for _, message := range []string{"\x00" + c.Username + "\x00" + c.Password.Reveal(), c.AuthorizeAs + "\x00" + c.Username + "\x00" + c.Password.Reveal()} {
		whole = append(whole, lower(base64.StdEncoding.EncodeToString([]byte(message))))
	}
	return whole, parts
}

func spell(secret string) []string {
	var printable strings.Builder
	w := quotedprintable.NewWriter(&printable)
	_, _ = io.WriteString(w, secret)
	_ = w.Close()
	escaped := url.QueryEscape(secret)
	out := []string{
		secret, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(secret), strings.TrimSuffix(fmt.Sprintf("%q", secret)[1:], `"`),
		printable.String(), strings.ReplaceAll(printable.String(), "=\r\n", ""), escaped, url.PathEscape(secret), strings.ReplaceAll(escaped, "+", "%20"),
		hex.EncodeToString([]byte(secret)), base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
	// Inside of something longer the first bits of base64 belong to what stands before, and the last to what follows.
	for shift := range 3 {
		skip := []int{0, 2, 3}[shift]
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			encoded := encoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
			if (shift+len(secret))%3 != 0 {
				encoded = encoded[:len(encoded)-1]
			}
			if len(encoded)-skip >= shortest {
				out = append(out, encoded[skip:])
			}
		}
	}
	return out
}
