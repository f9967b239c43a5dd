package folders

import (
	"embed"
	"fmt"
	"path"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:embed languages/*.txt
var languageFiles embed.FS

// names is the table of all languages, read at the first use.
var names = sync.OnceValue(func() *table {
	t, err := readTable(languageFiles)
	if err != nil {
		panic("folders: a compiled-in language file is broken: " + err.Error()) // TestLanguages reads each of them
	}
	return t
})

// A table is what all language files say, by folded name.
type table struct {
	languages []language
	meanings  map[string][]meaning
	nouns     map[string]languages // words that decorate: mail, messages, フォルダ
	shared    map[string]bool      // roots of shared namespaces, for servers that do not tell their namespaces
	english   languages
}

// A language is one file.
type language struct {
	code, name string
	names      map[Role][]string // the most usual first
}

// A meaning is what one name says in one language.
type meaning struct {
	role     Role
	language uint8
	weight   uint16 // position in its section: the less the more usual
	weak     bool   // also an ordinary word: counts only among other names of its language
	accented bool   // the table spells it with letters outside of ASCII
	sayMail  bool   // the name says that mails are meant: "All Mail", not "All"
}

// languages is a set of languages, by index.
type languages [4]uint64

func (l *languages) add(i uint8)     { l[i/64] |= 1 << (i % 64) }
func (l languages) has(i uint8) bool { return l[i/64]&(1<<(i%64)) != 0 }
func (l languages) empty() bool      { return l == languages{} }
func (l languages) and(m languages) languages {
	for i := range l {
		l[i] &= m[i]
	}
	return l
}

func readTable(files embed.FS) (*table, error) {
	entries, err := files.ReadDir("languages")
	if err != nil {
		return nil, err
	}
	t := &table{meanings: make(map[string][]meaning, 8192), nouns: map[string]languages{}, shared: map[string]bool{}}
	fold := newFoldBuffer()
	for _, entry := range entries {
		text, err := files.ReadFile("languages/" + entry.Name())
		if err != nil {
			return nil, err
		}
		f, err := parseLanguage(string(text))
		if err == nil && f.code+".txt" != path.Base(entry.Name()) {
			err = fmt.Errorf("language is %q", f.code)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		t.add(f, fold)
	}
	for _, ms := range t.meanings {
		for i := range ms {
			if ms[i].role == All {
				l := t.languages[ms[i].language]
				_, rest := t.withoutNouns(l.names[All][ms[i].weight], fold)
				ms[i].sayMail = len(rest) > 0
			}
		}
	}
	return t, nil
}

func (t *table) add(f languageFile, fold *foldBuffer) {
	index := uint8(len(t.languages))
	l := language{code: f.code, name: f.name, names: map[Role][]string{}}
	if f.code == "en" {
		t.english.add(index)
	}
	spelt := strings.NewReplacer(f.spelt...)
	for _, n := range f.names {
		key := string(fold.key(n.text))
		switch n.section {
		case "nouns":
			set := t.nouns[key]
			set.add(index)
			t.nouns[key] = set
		case "shared":
			t.shared[key] = true
		default:
			role := Role(n.section)
			means := meaning{role: role, language: index, weight: uint16(len(l.names[role])), weak: n.weak, accented: !isASCII(n.text)}
			t.meanings[key] = append(t.meanings[key], means)
			if again := string(fold.key(spelt.Replace(strings.ToLower(n.text)))); again != key {
				means.accented = false
				t.meanings[again] = append(t.meanings[again], means)
			}
			l.names[role] = append(l.names[role], n.text)
		}
	}
	t.languages = append(t.languages, l)
}

// mean returns what name says as a whole; nil when no language knows it.
func (t *table) mean(name string, fold *foldBuffer) []meaning {
	if !t.maybe(name) {
		return nil
	}
	return t.meanings[string(fold.key(name))]
}

// maybe tells quickly that a name is in no table: no known name is long or has a digit.
func (t *table) maybe(name string) bool {
	return len(name) <= maxKnown && !strings.ContainsAny(name, "0123456789")
}

// maxKnown is the length in bytes past which a name is in no table.
const maxKnown = 160

// guess returns what name says once the nouns of the same language are taken away; nil when that is nothing or more than one thing.
func (t *table) guess(name string, fold *foldBuffer) []meaning {
	if !t.maybe(name) {
		return nil
	}
	spoken, rest := t.withoutNouns(name, fold)
	if rest == "" {
		return nil
	}
	everywhere := !spoken.and(t.english).empty() // "mail" and "items" are said in every language
	var found []meaning
	for _, m := range t.mean(rest, fold) {
		if everywhere || spoken.has(m.language) {
			found = append(found, m)
		}
	}
	return found
}

// withoutNouns takes the nouns out of name and tells in which languages all of them are nouns; rest is empty when there was no noun, or
// nothing else.
func (t *table) withoutNouns(name string, fold *foldBuffer) (spoken languages, rest string) {
	parts := words(name)
	if len(parts) == 0 || len(parts) > 8 {
		return spoken, ""
	}
	kept := parts[:0:len(parts)]
	taken := 0
	for _, w := range parts {
		set, ok := t.nouns[string(fold.key(w))]
		if !ok {
			kept = append(kept, w)
			continue
		}
		if taken == 0 {
			spoken = set
		} else {
			spoken = spoken.and(set)
		}
		taken++
	}
	if taken == 0 && len(kept) == 1 {
		return t.withoutSuffix(kept[0], fold)
	}
	if taken == 0 {
		return spoken, ""
	}
	return spoken, strings.Join(kept, " ")
}

// withoutSuffix takes a noun off the end of a word of a script that writes no spaces: 草稿邮件, 스팸메일함.
func (t *table) withoutSuffix(word string, fold *foldBuffer) (spoken languages, rest string) {
	last, _ := utf8.DecodeLastRuneInString(word)
	if !unicode.In(last, unicode.Han, unicode.Hangul, unicode.Katakana, unicode.Hiragana, unicode.Thai) && last != 'ー' {
		return spoken, ""
	}
	at := len(word)
	for range 8 { // runes of the longest suffix
		_, size := utf8.DecodeLastRuneInString(word[:at])
		if at -= size; at <= 0 {
			break
		}
		if set, ok := t.nouns[string(fold.key(word[at:]))]; ok {
			spoken, rest = set, word[:at]
		}
	}
	return spoken, rest
}
