package templates

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// writeHTML writes s with everything escaped that means something in HTML, in text and in both kinds of quotation marks, and without the control
// characters that HTML forbids. With breaks, each line break becomes <br>.
func writeHTML(to *strings.Builder, s string, breaks bool) {
	from := 0
	for i := 0; i < len(s); i++ {
		var with string
		switch c := s[i]; c {
		case '&':
			with = "&amp;"
		case '<':
			with = "&lt;"
		case '>':
			with = "&gt;"
		case '"':
			with = "&#34;"
		case '\'':
			with = "&#39;"
		case '\n':
			if !breaks {
				continue
			}
			with = "<br>\n"
		case '\t':
			continue
		case '\r':
			if strings.HasPrefix(s[i+1:], "\n") {
				break // the line feed says it
			}
			with = "\n"
			if breaks {
				with = "<br>\n"
			}
		default:
			if c >= ' ' && c != 0x7F {
				continue
			}
		}
		to.WriteString(s[from:i])
		to.WriteString(with)
		from = i + 1
	}
	to.WriteString(s[from:])
}

// plainText is s for a plain text: line breaks are \n, and no control character but the tab is left. Terminals and mail programs obey some.
func plainText(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case unicode.IsControl(r) && r != '\n' && r != '\t':
			return -1
		}
		return r
	}, s)
}

// oneLine is s for a header: every run of line separators, with the spaces around it, is one space, and the other control characters are gone.
// Separators are what any reader might take for one: CR, LF, VT, FF, NEL, U+2028, U+2029, FS, GS, RS, and NUL, at which some stop.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) {
		return s
	}
	line := make([]byte, 0, len(s))
	separated := false
	for _, r := range s {
		switch {
		case isSeparator(r):
			line, separated = bytes.TrimRight(line, " "), true
			continue
		case unicode.IsControl(r) && r != '\t', separated && (r == ' ' || r == '\t'):
			continue
		case separated:
			line, separated = append(line, ' '), false
		}
		if r == '\t' {
			r = ' '
		}
		line = utf8.AppendRune(line, r)
	}
	if separated {
		line = append(line, ' ')
	}
	return string(line)
}

func isSeparator(r rune) bool {
	switch r {
	case 0, '\n', '\r', '\v', '\f', '\x1C', '\x1D', '\x1E', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

// styleValue says whether s may stand as a value in a style: a colour, a length, a word or a short list of them. What could open a function, a string,
// a comment, an escape or another property is not in the set.
func styleValue(s string) bool {
	if len(s) > 200 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isDigit(c) && strings.IndexByte("#%., -_", c) < 0 {
			return false
		}
	}
	return true
}
