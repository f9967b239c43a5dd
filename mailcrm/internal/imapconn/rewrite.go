package imapconn

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// textMax bounds the text of a status response as the library gets it.
const textMax = 1 << 10

// rewritten is a whole response in the form that the library reads; nil where it shall not hear of it.
func (w *wire) rewritten(kind string, whole []byte) []byte {
	switch kind {
	case "+":
		if !w.continued() {
			return nil
		}
		return []byte("+ go on\r\n")
	case "LIST":
		return w.rewriteList(whole)
	case "STATUS":
		return w.rewriteStatusData(whole)
	case "FLAGS":
		c := &cursor{b: afterWords(whole, 2)}
		words, _ := c.list()
		return []byte("* FLAGS (" + strings.Join(flags(words), " ") + ")\r\n")
	}
	return w.rewriteStatus(whole)
}

// rewriteStatus gives a status response a code that the library can read and a text of bounded length. An answer to no command is dropped.
func (w *wire) rewriteStatus(whole []byte) []byte {
	s, ok := parseStatus(whole)
	if !ok {
		return nil
	}
	if s.tag != "*" {
		if !w.answered(s.tag) {
			w.logger.LogAttrs(context.Background(), slog.LevelWarn, "an answer to a command that was not sent")
			return nil
		}
		w.numbers = 0
	}
	w.logger.LogAttrs(context.Background(), slog.LevelDebug, "imap", slog.String("dir", "S"), slog.String("tag", s.tag),
		slog.String("status", s.kind), slog.String("code", printableCode(w.clean(s.code))))
	if s.kind == "BYE" {
		bye := s
		bye.text = w.clean(s.text)
		w.link.goodbye(goodbye(bye))
	}
	out := s.tag + " " + s.kind
	if code := libraryCode(s); code != "" {
		out += " [" + code + "]"
	}
	text := strings.ReplaceAll(s.text[:min(len(s.text), textMax)], "\r", " ")
	if text = strings.TrimLeft(text, " ["); text == "" {
		text = "-"
	}
	return []byte(out + " " + text + "\r\n")
}

// codeForms are the arguments of the response codes whose values go-imap reads; where they do not match, the library would end the
// connection. PERMANENTFLAGS is rewritten instead, CAPABILITY withheld.
var codeForms = map[string]*regexp.Regexp{
	"APPENDUID":     regexp.MustCompile(`^\d{1,10} \d{1,10}$`),
	"COPYUID":       regexp.MustCompile(`^\d{1,10} [1-9]\d{0,9}(?:[,:][1-9]\d{0,9})* [1-9]\d{0,9}(?:[,:][1-9]\d{0,9})*$`),
	"UIDNEXT":       regexp.MustCompile(`^\d{1,10}$`),
	"UIDVALIDITY":   regexp.MustCompile(`^\d{1,10}$`),
	"HIGHESTMODSEQ": regexp.MustCompile(`^\d{1,19}$`),
}

var digits = regexp.MustCompile(`\d+`)

// libraryCode is a response code as the library can read it, "" for none.
func libraryCode(s status) string {
	args := strings.TrimSpace(s.args)
	switch form, known := codeForms[s.code]; {
	case s.code == "CAPABILITY":
		return ""
	case s.code == "PERMANENTFLAGS":
		words, _ := (&cursor{b: []byte(args)}).list()
		return "PERMANENTFLAGS (" + strings.Join(flags(words), " ") + ")"
	case known:
		if !form.MatchString(args) || s.code != "HIGHESTMODSEQ" && !fit32(args) {
			return ""
		}
		return s.code + " " + args
	}
	return printableCode(s.code)
}

// fit32 says whether every number fits 32 bits, as UIDs do.
func fit32(text string) bool {
	for _, number := range digits.FindAllString(text, -1) {
		if _, err := strconv.ParseUint(number, 10, 32); err != nil {
			return false
		}
	}
	return true
}

// printableCode is a response code, or "" for what cannot be one.
func printableCode(code string) string {
	if len(code) > 50 || strings.ContainsFunc(code, notInAtom) {
		return ""
	}
	return code
}

// flags keeps the words that are flags (RFC 9051 §9), at most 500.
func flags(words []string) []string {
	var out []string
	for _, word := range words {
		plain := strings.TrimPrefix(word, `\`)
		if word != `\*` && (plain == "" || len(plain) > 200 || strings.ContainsFunc(plain, notInAtom)) {
			continue
		}
		if len(out) < 500 {
			out = append(out, word)
		}
	}
	return out
}

// rewriteList spells a LIST response as the library reads it. Extended data is left out.
func (w *wire) rewriteList(whole []byte) []byte {
	m, ok := parseList(afterWords(whole, 2))
	if !ok {
		return nil
	}
	delim := "NIL"
	if r, size := utf8.DecodeRuneInString(m.Delimiter); m.Delimiter != "" && r != utf8.RuneError && size == len(m.Delimiter) {
		delim = quote(m.Delimiter)
	}
	return []byte("* LIST (" + strings.Join(flags(m.Attributes), " ") + ") " + delim + " " + quote(w.names.library(m.Raw, nil)) + "\r\n")
}

// rewriteStatusData spells a STATUS response as the library reads it, under the name that was asked for. Values that are no numbers are
// left out.
func (w *wire) rewriteStatusData(whole []byte) []byte {
	data := afterWords(whole, 2)
	open := lastList(data)
	if open < 0 {
		return nil
	}
	name, ok := mailboxName(&cursor{b: bytes.TrimRight(data[:open], " ")})
	if !ok || len(name) > nameMax || strings.ContainsAny(name, "\x00\r\n") {
		return nil
	}
	words, _ := (&cursor{b: data[open:]}).list()
	var items []string
	for i := 0; i+1 < len(words) && len(items) < 50; i++ {
		item := strings.ToUpper(words[i])
		bits := 32
		if item == "SIZE" || item == "DELETED-STORAGE" || item == "HIGHESTMODSEQ" {
			bits = 63
		}
		if _, err := strconv.ParseUint(words[i+1], 10, bits); err == nil && item != "" && !strings.ContainsFunc(item, notInAtom) {
			items = append(items, item+" "+words[i+1])
			i++
		}
	}
	return []byte("* STATUS " + quote(w.names.library(name, w.awaited())) + " (" + strings.Join(items, " ") + ")\r\n")
}

// lastList is where the parenthesised list begins that ends the data; -1 when there is none.
func lastList(data []byte) int {
	depth := 0
	for i, ch := range slices.Backward(data) {
		switch ch {
		case ')':
			depth++
		case '(':
			if depth--; depth <= 0 {
				return i
			}
		}
	}
	return -1
}

// afterWords is what follows the first n words of a response, without the line end.
func afterWords(whole []byte, n int) []byte {
	rest := bytes.TrimRight(whole, "\r\n")
	for range n {
		rest = bytes.TrimLeft(rest, " ")
		i := bytes.IndexByte(rest, ' ')
		if i < 0 {
			return nil
		}
		rest = rest[i+1:]
	}
	return rest
}
