package submit

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is the most bytes of a display name.
const maxName = 255

// control says whether a character could begin a line, or end a string, for somebody.
func control(r rune) bool { return unicode.IsControl(r) || r == 0x2028 || r == 0x2029 }

// flat puts a text on one line.
func flat(s string) string {
	return strings.Map(func(r rune) rune {
		if control(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// subjectText is a subject for go-mail, which encodes what is not ASCII and folds at spaces. What would not survive that is encoded here (RFC 2047): words longer
// than a line, spaces where a line is folded, and what a reader would take for an encoded word.
func subjectText(s string) string {
	s = flat(s)
	plain := s == strings.Join(strings.Fields(s), " ") && !strings.Contains(s, "=?")
	for _, word := range strings.Fields(s) {
		plain = plain && len(word) <= 60
	}
	if plain || !ascii(s) {
		return s
	}
	var words []string
	for len(s) > 0 {
		n := min(len(s), 30)
		words = append(words, "=?UTF-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, " ")
}

// nameText is a display name: what a folded line would not keep is not kept.
func nameText(s string) string {
	s = strings.Join(strings.Fields(noWords(flat(s))), " ")
	if len(s) > maxName {
		s = s[:maxName]
		for !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	return s
}

// noWords keeps readers from decoding what was written as it is: many decode encoded words inside quotes too, against RFC 2047 §5.
func noWords(s string) string { return strings.ReplaceAll(s, "=?", "=_") }

// references is the field's value: what is answered, and our tag behind it. Empty: no field.
func references(m *Mail) string {
	var ids []string
	for _, r := range m.References {
		if token(r) {
			ids = append(ids, r)
		}
	}
	if len(ids) > maxReferences {
		ids = append(ids[:1:1], ids[len(ids)-maxReferences+1:]...)
	}
	if m.Tag != "" {
		ids = append(ids, m.Tag+"@"+domainOf(m.From.Address))
	}
	for i := range ids {
		ids[i] = "<" + ids[i] + ">"
	}
	return strings.Join(ids, " ")
}

// token says whether an id can stand in a header: visible ASCII without brackets, not absurdly long.
func token(id string) bool {
	return id != "" && len(id) < 900 && strings.IndexFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' }) < 0
}
