package plaintext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// cutMark is the last line of a text that was cut.
const cutMark = "[…]\n"

// wrap breaks the lines at spaces, and writes them with what leads them. The result is no longer than limit and the mark.
func wrap(lines []line, width, limit int) string {
	var b strings.Builder
	before := ""
	for i, l := range lines {
		from := b.Len()
		if l.blank && i > 0 {
			b.WriteString(strings.TrimRight(common(before, l.rest), " "))
			b.WriteByte('\n')
		}
		before = l.rest
		writeLine(&b, l, width)
		if b.Len() > limit {
			return cutAt(b.String(), from, limit) + cutMark
		}
	}
	return b.String()
}

// cutAt is s up to the end of its last whole line within limit; from is where the line that passed the limit begins.
func cutAt(s string, from, limit int) string {
	if end := strings.LastIndexByte(s[:limit], '\n'); end >= 0 {
		return s[:end+1]
	}
	return s[:min(from, limit)]
}

func writeLine(b *strings.Builder, l line, width int) {
	b.WriteString(l.first)
	if l.raw {
		b.WriteString(l.text)
		b.WriteByte('\n')
		return
	}
	room := max(10, width-columns(l.rest))
	used := 0
	for word := range strings.SplitSeq(l.text, " ") {
		size := columns(word)
		if used > 0 && used+1+size > room && word != "" {
			b.WriteByte('\n')
			b.WriteString(l.rest)
			used = 0
		}
		if used > 0 {
			b.WriteByte(' ')
			used++
		}
		if size > room && size > utf8.RuneCountInString(word) {
			used = writeWide(b, word, l.rest, room, used)
			continue
		}
		b.WriteString(word)
		used += size
	}
	b.WriteByte('\n')
}

// writeWide breaks a word of a script that does not put spaces between words, and gives how much of the last line is used.
func writeWide(b *strings.Builder, word, rest string, room, used int) int {
	for _, r := range word {
		w := column(r)
		if used+w > room && w > 1 {
			b.WriteByte('\n')
			b.WriteString(rest)
			used = 0
		}
		b.WriteRune(r)
		used += w
	}
	return used
}

// columns is how wide s is on a terminal.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += column(r)
	}
	return n
}

func column(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) || unicode.Is(unicode.Cf, r):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// common is what both begin with.
func common(a, b string) string {
	for i := 0; ; i++ {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return a[:i]
		}
	}
}
