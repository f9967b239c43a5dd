package mimemail

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// decodeWords decodes the encoded-words of a header value (RFC 2047) and octets that are not UTF-8, with charset as the first guess.
//
// Adjacent words of one charset are joined as octets before the charset is applied: senders cut between the octets of a character. What is
// not quite an encoded-word (spaces within, lengths above 75) is decoded too; what cannot be one stays as it is.
func decodeWords(s, charset string) string { return decodeNoting(s, charset, nil) }

// decodeNoting is decodeWords, and notes charsets that are unknown or untrue.
func decodeNoting(s, charset string, d *defects) string {
	note := func(text string, defect DefectCode) string {
		if defect != "" {
			d.add(defect, "")
		}
		return text
	}
	if !strings.Contains(s, "=?") {
		return decodeOctets(s, charset)
	}
	var out strings.Builder
	var octets []byte // of the words that are not written yet
	label := ""       // their charset
	flush := func() {
		if octets != nil {
			out.WriteString(note(decodeText(octets, label, false)))
			octets = nil
		}
	}
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		word, ok := cutWord(s[i:])
		if !ok {
			flush()
			out.WriteString(decodeOctets(s[:i+2], charset))
			s = s[i+2:]
			if word.none {
				break // nothing that follows can end a word: looking on would cost the square
			}
			continue
		}
		if between := s[:i]; octets == nil || strings.TrimLeft(between, " \t\r\n") != "" {
			flush()
			out.WriteString(decodeOctets(between, charset))
		} else if !strings.EqualFold(word.charset, label) {
			flush() // white space between two words is dropped (RFC 2047 §6.2)
		}
		label = word.charset
		octets = word.decode(octets)
		s = s[i+word.length:]
	}
	flush()
	out.WriteString(decodeOctets(s, charset))
	return out.String()
}

type encodedWord struct {
	charset string
	base64  bool
	payload string
	length  int
	none    bool // there is no end of a word in what follows
}

// cutWord reads the encoded-word at the beginning of s, which begins with "=?".
func cutWord(s string) (w encodedWord, ok bool) {
	label, rest, found := strings.Cut(s[2:], "?")
	if !found {
		w.none = true
		return w, false
	}
	if len(label) > 64 || len(rest) < 2 || rest[1] != '?' || strings.ContainsAny(label, " \t=\"<>") {
		return w, false
	}
	switch rest[0] {
	case 'B', 'b':
		w.base64 = true
	case 'Q', 'q':
	default:
		return w, false
	}
	payload := rest[2:]
	end := strings.Index(payload, "?=")
	if end < 0 {
		w.none = true
		return w, false
	}
	w.charset, _, _ = strings.Cut(label, "*") // the language of RFC 2231 §5
	w.payload = payload[:end]
	w.length = len(s) - len(payload) + end + 2
	return w, true
}

// decode appends the octets of the word.
func (w *encodedWord) decode(octets []byte) []byte {
	if octets == nil {
		octets = []byte{}
	}
	if w.base64 {
		d := base64Reader{}
		octets = d.decode(octets, []byte(w.payload))
		return d.finish(octets)
	}
	for i := 0; i < len(w.payload); i++ {
		c := w.payload[i]
		switch {
		case c == '_':
			octets = append(octets, ' ')
		case c == '=' && i+2 < len(w.payload) && hexOctet(w.payload[i+1], w.payload[i+2]) >= 0:
			octets = append(octets, byte(hexOctet(w.payload[i+1], w.payload[i+2])))
			i += 2
		default:
			octets = append(octets, c)
		}
	}
	return octets
}

// hexOctet is the value of two hexadecimal digits, or -1.
func hexOctet(a, b byte) int {
	x, y := hexDigit(a), hexDigit(b)
	if x < 0 || y < 0 {
		return -1
	}
	return x<<4 | y
}

func hexDigit(c byte) int {
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

// decodeOctets makes UTF-8 of raw octets in a header (RFC 6532, and what came before it).
func decodeOctets(s, charset string) string {
	if utf8.ValidString(s) {
		return s
	}
	text, _ := decodeText([]byte(s), charset, false)
	return text
}

// oneLine makes one line of s: control characters and line separators become spaces, runs of white space one space, none at the ends.
func oneLine(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		c := s[i]
		clean = c > ' ' && c < 0x7f || c == ' ' && i > 0 && i < len(s)-1 && s[i-1] != ' '
	}
	if clean {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			space = true
			continue
		}
		if space && out.Len() > 0 {
			out.WriteByte(' ')
		}
		space = false
		out.WriteRune(r)
	}
	return out.String()
}

// cut shortens s to at most n octets, at a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
