package imapconn

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// cursor reads the tokens of a response whose literals stand in it verbatim. It never fails hard: a reader asks for what it would like to
// see and goes on with what is there.
type cursor struct {
	b []byte
	i int
}

func (c *cursor) done() bool { return c.i >= len(c.b) }

func (c *cursor) peek() byte {
	if c.done() {
		return 0
	}
	return c.b[c.i]
}

func (c *cursor) take(ch byte) bool {
	if c.peek() != ch || c.done() {
		return false
	}
	c.i++
	return true
}

func (c *cursor) spaces() {
	for c.take(' ') {
	}
}

func (c *cursor) rest() []byte { return c.b[c.i:] }

// quoted reads a quoted string (RFC 9051 §4.3). A backslash that escapes neither a quote nor itself stands for itself: there are servers
// whose delimiter it is and that do not know they must escape it.
func (c *cursor) quoted() (string, bool) {
	if c.peek() != '"' {
		return "", false
	}
	var out []byte
	for i := c.i + 1; i < len(c.b); i++ {
		switch ch := c.b[i]; {
		case ch == '"':
			c.i = i + 1
			return string(out), true
		case ch == '\\' && i+1 < len(c.b) && (c.b[i+1] == '"' || c.b[i+1] == '\\'):
			i++
			out = append(out, c.b[i])
		default:
			out = append(out, ch)
		}
	}
	return "", false
}

// literal reads a literal (RFC 9051 §4.3) whose bytes follow its announcement.
func (c *cursor) literal() (string, bool) {
	end := bytes.IndexByte(c.rest(), '\n')
	if c.peek() != '{' || end < 0 {
		return "", false
	}
	size, ok := literalAtEnd(c.b[c.i : c.i+end+1])
	start := int64(c.i + end + 1)
	if !ok || size > int64(len(c.b))-start {
		return "", false
	}
	c.i = int(start + size)
	return string(c.b[start : start+size]), true
}

// str reads a quoted string or a literal.
func (c *cursor) str() (string, bool) {
	if s, ok := c.quoted(); ok {
		return s, true
	}
	return c.literal()
}

// atom reads up to a space or a parenthesis.
func (c *cursor) atom() string {
	start := c.i
	for !c.done() && !strings.ContainsRune(" ()", rune(c.b[c.i])) {
		c.i++
	}
	return string(c.b[start:c.i])
}

// list reads a parenthesised list of atoms and strings; nested lists are skipped. Without "(" it is not ok, NIL is an empty list.
func (c *cursor) list() (words []string, ok bool) {
	if !c.take('(') {
		before := c.i
		if strings.EqualFold(c.atom(), "NIL") {
			return nil, true
		}
		c.i = before
		return nil, false
	}
	for depth := 1; !c.done(); {
		switch {
		case c.take(' '):
		case c.take('('):
			depth++
		case c.take(')'):
			if depth--; depth == 0 {
				return words, true
			}
		default:
			word, ok := c.str()
			if !ok {
				word = c.atom()
			}
			if depth == 1 {
				words = append(words, word)
			}
		}
	}
	return words, true
}

// literalAtEnd says whether a line, with its line end, announces a literal: "{5}", "{5+}" or "~{5}" at its end (RFC 9051 §4.3, RFC 7888,
// RFC 3516). A space before the line end is forgiven, as go-imap does.
func literalAtEnd(line []byte) (size int64, ok bool) {
	line, ok = bytes.CutSuffix(line, []byte("\n"))
	if !ok {
		return 0, false
	}
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\r")), []byte(" "))
	line, ok = bytes.CutSuffix(line, []byte("}"))
	if !ok {
		return 0, false
	}
	line = bytes.TrimSuffix(line, []byte("+"))
	start := bytes.LastIndexByte(line, '{')
	if start < 0 || len(line)-start > 20 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(line[start+1:]), 10, 64)
	if err != nil || n < 0 || line[start+1] == '+' {
		return 0, false
	}
	return n, true
}

// quotable says whether a string may be sent between quotes.
func quotable(s string) bool {
	return len(s) <= 4096 && strings.IndexFunc(s, func(r rune) bool { return r == 0 || r == '\r' || r == '\n' || r >= utf8.RuneSelf }) < 0
}

// quote spells a quoted string.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
