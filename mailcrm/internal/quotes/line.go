package quotes

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A line of a text.
type line struct {
	start, next int    // byte offsets: of its first byte, and of the following line's
	text        string // without the line end and white space around it
	kind        Kind

	quoted    bool // it begins with ">", "|" or "Anna>"
	rule      bool // nothing but a drawn line
	delimiter bool // "-- " (RFC 3676 §4.3) and what looks like it
	mobile    bool // "Sent from my phone"

	field string // of a copied header: from, date, to, cc, subject, reply; or ""
}

func (l *line) blank() bool { return l.text == "" }

// empty says whether a line has no words.
func (l *line) empty() bool { return l.blank() || l.rule || l.delimiter }

// named is a quotation marked with a name or initials: "Anna> text".
var named = regexp.MustCompile(`^[\p{Lu}][\p{L}]{0,15}>($|\s)`)

// scan cuts a text into lines.
func scan(text string) []line {
	ls := make([]line, 0, strings.Count(text, "\n")+1)
	for start := 0; start < len(text); {
		next := len(text)
		if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
			next = start + i + 1
		}
		l := line{start: start, next: next, text: strings.TrimFunc(text[start:next], space)}
		l.quoted = strings.HasPrefix(l.text, ">") && !(tail(l.text) && !within(ls)) || strings.HasPrefix(l.text, "| ") || l.text == "|" || named.MatchString(l.text)
		if !l.quoted {
			l.rule, l.delimiter = drawn(l.text)
			l.mobile = sentFrom(l.text)
		}
		l.field = field(l.text)
		ls = append(ls, l)
		start = next
	}
	return ls
}

// space is white space and the marks that programs leave invisibly, among them those for the direction of writing.
func space(r rune) bool {
	switch {
	case r >= '\u200b' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\ufeff', r == 'ᐧ':
		return true
	}
	return unicode.IsSpace(r)
}

// drawing is what lines are drawn with.
const drawing = "-–—‐―─━_=~"

// drawn says whether a line is nothing but a drawn line, and whether it is short enough to begin a signature.
func drawn(text string) (rule, delimiter bool) {
	if len(text) < 2 || len(text) > 200 || strings.Trim(text, drawing+"*#+ ") != "" {
		return false, false
	}
	switch text {
	case "--", "__", "—", "––", "——", "–":
		return false, true
	}
	return strings.Count(text, " ") < len(text)/2, false
}

func startsLower(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLower(r)
}

// within says whether the last line that is not blank is quoted.
func within(ls []line) bool {
	for i := len(ls) - 1; i >= 0; i-- {
		if !ls[i].blank() {
			return ls[i].quoted
		}
	}
	return false
}

// tail says whether a line is the end of an introduction whose address was broken before its bracket: "> wrote:".
func tail(text string) bool {
	word := strings.TrimRight(strings.TrimLeft(text, "> "), ":： ")
	return strings.HasPrefix(text, "> ") && verbs[strings.ToLower(word)]
}
