package reports

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
)

//go:embed phrases.txt
var phraseTable string

// A section is a part of one of the tables: the lines under a "= name".
type section struct {
	name  string
	lines []string
}

// sections reads a table: lines under names, "#" begins a comment.
func sections(table string) []section {
	var out []section
	for line := range lines(table) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "= "):
			out = append(out, section{name: line[2:]})
		default:
			last := &out[len(out)-1]
			last.lines = append(last.lines, line)
		}
	}
	return out
}

// A library is what phrases.txt holds.
type library struct {
	strong, weak *phrasebook
	scripts      map[Reason][]string
}

var phrases = sync.OnceValue(func() *library {
	l := &library{strong: newPhrasebook(), weak: newPhrasebook(), scripts: map[Reason][]string{}}
	for _, s := range sections(phraseTable) {
		if name, ok := strings.CutPrefix(s.name, "weak "); ok {
			l.weak.add(Reason(name), s.lines)
		} else if name, ok := strings.CutPrefix(s.name, "script "); ok {
			l.scripts[Reason(name)] = s.lines
		} else {
			l.strong.add(Reason(s.name), s.lines)
		}
	}
	return l
})

// A phrasebook finds phrases by their first word.
type phrasebook struct {
	words  map[string][]phrase
	prefix map[string][]phrase // of first words that may end in any way, by their first three letters
}

type phrase struct {
	words  [][]string
	reason Reason
}

func newPhrasebook() *phrasebook {
	return &phrasebook{words: map[string][]phrase{}, prefix: map[string][]phrase{}}
}

func (b *phrasebook) add(reason Reason, list []string) {
	for _, s := range list {
		p := phrase{reason: reason}
		for _, w := range strings.Fields(s) {
			p.words = append(p.words, strings.Split(w, "|"))
		}
		for _, w := range p.words[0] {
			if stem, ok := strings.CutSuffix(w, "~"); ok {
				key := cut(stem, 3)
				b.prefix[key] = append(b.prefix[key], phrase{append([][]string{{w}}, p.words[1:]...), reason})
				continue
			}
			b.words[w] = append(b.words[w], p)
		}
	}
}

// find says which reasons the words give. Each word is looked up once and compared with the phrases that begin with it, so the time is
// linear in the number of words.
func (b *phrasebook) find(words []string) map[Reason]bool {
	found := map[Reason]bool{}
	for i, w := range words {
		for _, p := range b.words[w] {
			if !found[p.reason] && matches(p.words[1:], words[i+1:]) {
				found[p.reason] = true
			}
		}
		if len(w) >= 3 {
			for _, p := range b.prefix[cut(w, 3)] {
				if !found[p.reason] && matches(p.words, words[i:]) {
					found[p.reason] = true
				}
			}
		}
	}
	return found
}

// first is the first reason in order that the words give, or "".
func (b *phrasebook) first(words []string) Reason {
	found := b.find(words)
	if found[Blocked] {
		delete(found, NotAccept) // a server that refuses us says that it has no service, too
	}
	for _, r := range order {
		if found[r] {
			return r
		}
	}
	return ""
}

// inScript is first for languages that do not part words.
func inScript(text string) Reason {
	if !slices.ContainsFunc([]byte(text), func(c byte) bool { return c >= 0x80 }) {
		return ""
	}
	for _, r := range order {
		for _, s := range phrases().scripts[r] {
			if strings.Contains(text, s) {
				return r
			}
		}
	}
	return ""
}

// gap is how many words a "*" stands for at most.
const gap = 6

// matches says whether words begin with a pattern.
func matches(pattern [][]string, words []string) bool {
	for len(pattern) > 0 {
		if len(pattern[0]) == 1 && pattern[0][0] == "*" {
			for skip := 0; skip <= gap && skip <= len(words); skip++ {
				if matches(pattern[1:], words[skip:]) {
					return true
				}
			}
			return false
		}
		if len(words) == 0 || !isOne(pattern[0], words[0]) {
			return false
		}
		pattern, words = pattern[1:], words[1:]
	}
	return true
}

func isOne(alternatives []string, word string) bool {
	for _, a := range alternatives {
		if a == word {
			return true
		}
		if stem, ok := strings.CutSuffix(a, "~"); ok && strings.HasPrefix(word, stem) {
			return true
		}
	}
	return false
}

// normalWords are the words of a text in lower case, letters and digits alone; apostrophes are dropped, addresses, host names and numbers
// of hosts left out. An address that is rejected is the word "address".
func normalWords(text string) []string {
	var out []string
	addressed := false // an address came right before
	for _, field := range strings.Fields(strings.ToLower(text)) {
		if containsAny(field, "spamhaus", "barracudacentral", "dnsbl", "spamcop", "sorbs.net") {
			out = append(out, "blacklisted")
		}
		if strings.HasPrefix(field, "rejected") && addressed {
			out = append(out, "address")
		}
		addressed = strings.Contains(field, "@")
		if len(field) > 256 || addressed && len(field) > 1 || strings.HasPrefix(field, "http") {
			continue
		}
		if isHostName(field) {
			continue
		}
		if strings.ContainsAny(field, "'’´`") {
			field = strings.NewReplacer("'", "", "’", "", "´", "", "`", "").Replace(field)
		}
		out = append(out, strings.FieldsFunc(field, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	return out
}

// isHostName says whether a word is dotted inside, as names and numbers of hosts are.
func isHostName(field string) bool {
	field = strings.Trim(field, "<>()[]{}\"',;:.!?")
	dots := strings.Count(field, ".")
	if dots == 0 || strings.Contains(field, "..") {
		return false
	}
	for _, r := range field {
		if r != '.' && r != '-' && r != '_' && r != ':' && r != '/' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	last := field[strings.LastIndexByte(field, '.')+1:]
	return len(last) >= 2 && len(last) <= 6 || len(last) == 1 && isDigit(last[0]) && dots > 1
}
