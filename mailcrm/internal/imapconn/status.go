package imapconn

import (
	"strings"
	"unicode"
)

// status is a status response (RFC 9051 §7.1), tagged or not.
type status struct {
	tag  string // "*" when untagged
	kind string // OK, NO, BAD, BYE or PREAUTH
	code string // upper case, without brackets; "" when there is none
	args string // what follows the code inside the brackets
	text string
}

// parseStatus reads a status response; other responses are not ok. It forgives a missing space after "]", a "]" between quotes, and a
// missing text.
func parseStatus(line []byte) (status, bool) {
	text := strings.TrimRight(string(line[:min(len(line), rawResponse)]), "\r\n ")
	tag, text, _ := strings.Cut(text, " ")
	kind, text, _ := strings.Cut(strings.TrimLeft(text, " "), " ")
	s := status{tag: tag, kind: strings.ToUpper(kind)}
	switch s.kind {
	case "OK", "NO", "BAD":
	case "BYE", "PREAUTH":
		if tag != "*" {
			return status{}, false
		}
	default:
		return status{}, false
	}
	if tag == "" || tag == "+" {
		return status{}, false
	}
	inside, rest := bracketed(strings.TrimLeft(text, " "))
	code, args, _ := strings.Cut(inside, " ")
	s.code, s.args, s.text = strings.ToUpper(code), args, strings.TrimLeft(rest, " ")
	return s, true
}

// bracketed cuts "[code args]" from the front of a text; brackets between quotes do not count.
func bracketed(text string) (inside, rest string) {
	if !strings.HasPrefix(text, "[") {
		return "", text
	}
	quoted := false
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ']' && !quoted:
			return text[1:i], text[i+1:]
		}
	}
	if i := strings.IndexByte(text, ']'); i > 0 { // an odd quote
		return text[1:i], text[i+1:]
	}
	return "", strings.TrimLeft(text, "[")
}

// oneLine makes foreign text fit for an error: one line, printable, at most 300 bytes.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return strings.TrimSpace(text)
}
