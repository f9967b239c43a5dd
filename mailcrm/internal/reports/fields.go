package reports

import (
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// A group is a block of fields of a part for machines (RFC 3464 §2.1): per message, or per recipient. Names are lower case.
type group map[string]string

const (
	maxFields = 64       // of one group
	maxField  = 16 << 10 // octets of one field
)

// groups reads fields, divided by empty lines. Of a repeated field the first counts. Lines that are none are stepped over.
func groups(octets []byte, most int) []group {
	text := strings.ToValidUTF8(string(octets), "\ufffd")
	var out []group
	var g group
	var name string
	var value strings.Builder
	field := func() {
		if name != "" && g[name] == "" && len(g) < maxFields {
			g[name] = clean(value.String(), maxField)
		}
		name = ""
		value.Reset()
	}
	for line := range lines(text) {
		switch {
		case strings.TrimSpace(line) == "":
			field()
			if len(g) > 0 {
				if out = append(out, g); len(out) >= most {
					return out
				}
			}
			g = nil
		case line[0] == ' ' || line[0] == '\t':
			if value.Len() < maxField {
				value.WriteByte('\n')
				value.WriteString(cut(strings.TrimSpace(line), maxField))
			}
		default:
			field()
			before, after, ok := strings.Cut(line, ":")
			if strings.HasPrefix(line, "--") {
				ok = false // a boundary
			}
			before = strings.TrimSpace(before)
			if !ok || before == "" || len(before) > 64 || strings.ContainsAny(before, " \t") {
				if value.Len() > 0 {
					continue
				}
				break
			}
			if g == nil {
				g = group{}
			}
			name = strings.ToLower(before)
			value.WriteString(cut(strings.TrimSpace(after), maxField))
		}
	}
	field()
	if len(g) > 0 {
		out = append(out, g)
	}
	return out
}

// lines are the lines of a text, without their ends.
func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			line, rest, _ := strings.Cut(text, "\n")
			if !yield(strings.TrimSuffix(line, "\r")) {
				return
			}
			text = rest
		}
	}
}

// typed is the value of a field that begins with a type, "rfc822; ann@example.com" (RFC 3464 §2.1.2), and the type in lower case.
func typed(v string) (kind, value string) {
	before, after, ok := strings.Cut(v, ";")
	if !ok || strings.ContainsAny(strings.TrimSpace(before), "@ <") {
		return "", strings.TrimSpace(v)
	}
	return strings.ToLower(strings.TrimSpace(before)), strings.TrimSpace(after)
}

// xtext undoes RFC 3461 §4.
func xtext(v string) string {
	if !strings.Contains(v, "+") {
		return v
	}
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] == '+' && i+2 < len(v) {
			hi, lo := unhex(v[i+1]), unhex(v[i+2])
			if hi >= 0 && lo >= 0 && v[i+1] < 'a' && v[i+2] < 'a' {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(v[i])
	}
	return strings.ToValidUTF8(b.String(), "\ufffd")
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// bare is an address without what is written around it: "<ann@example.com>", "rfc822;ann@example.com", `"Ann" <ann@example.com>`.
func bare(v string) string {
	_, v = typed(v)
	if i := strings.LastIndexByte(v, '<'); i >= 0 {
		v = v[i+1:]
		if j := strings.IndexByte(v, '>'); j >= 0 {
			v = v[:j]
		}
	}
	v = strings.TrimSpace(v)
	if len(v) >= 5 && strings.EqualFold(v[:5], "smtp:") {
		v = v[5:]
	}
	if i := strings.IndexAny(v, " \t\n("); i > 0 {
		v = v[:i]
	}
	return cut(strings.Trim(v, `'",;:`), 1024)
}

// normal is a written address as addresses are compared, or "".
func normal(written string) string { return mimemail.NormalAddress(bare(written)) }

// moment reads a date, or gives the zero time.
func moment(v string) time.Time {
	if v == "" || len(v) > 128 {
		return time.Time{}
	}
	if t, err := mail.ParseDate(v); err == nil {
		return t
	}
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return t
	}
	return time.Time{}
}

// clean makes foreign text safe to keep: no control characters but the end of a line, no space around, bounded.
func clean(s string, most int) string {
	s = cut(s, most)
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// cut is the beginning of s, at most that many octets, whole characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
