package web

import (
	"fmt"
	"maps"
)

// A phrase is something said to people, in every language of the pages. Its arguments are those of fmt, in the same order; a language that needs another
// order writes %[2]s.
type phrase struct{ en, fr string }

// catalogue is everything that the pages say; each words_*.go file holds a part. A phrase that counts has a twin for one, "….one".
var catalogue = func() map[string]phrase {
	all := map[string]phrase{}
	for _, part := range []map[string]phrase{frameWords, errorWords, mailWords, filingWords, linkWords, composeWords, accountWords, addWords, recordWords, templateWords, helpWords} {
		maps.Copy(all, part)
	}
	return all
}()

func known(key string) bool {
	_, ok := catalogue[key]
	return ok
}

// say is a phrase in a language. A key that is missing shows itself; a test sees to it that none is.
func (l language) say(key string, args ...any) string {
	p, ok := catalogue[key]
	if !ok {
		return key
	}
	text := p.en
	if l == french {
		text = p.fr
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// count is a phrase about n things: in French none and one are singular, in English one is.
func (l language) count(key string, n int, args ...any) string {
	if n == 1 || (n == 0 && l == french) {
		key += ".one"
	}
	return l.say(key, append([]any{l.number(n)}, args...)...)
}
