package imapconn

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// internalDate is the one form of INTERNALDATE that the library reads.
const internalDate = "_2-Jan-2006 15:04:05 -0700"

// mender makes the items of a FETCH response bearable for the library (RFC 9051 §7.5.2), piece by piece between the literals. An item that
// the library would end the connection for is left out, because a mail without its date is better than none: an INTERNALDATE or
// RFC822.SIZE that is none, attributes that nobody asked for. Flags that are no flags are left out of FLAGS. What is well formed comes
// through byte for byte; ENVELOPE and BODYSTRUCTURE are not looked into.
type mender struct {
	began bool // the list of items is open
	items int  // given on so far
	raw   bool // the rest of the response is given on as it is
}

// piece mends what stands before a literal or the end of the response. With drop, the literal that follows belongs to an item that is left
// out.
func (m *mender) piece(piece []byte) (out []byte, drop bool) {
	if m.raw {
		return piece, false
	}
	line := bytes.TrimRight(piece, "\r\n")
	end := piece[len(line):]
	c := &cursor{b: line}
	if !m.began {
		open := bytes.IndexByte(line, '(')
		if open < 0 {
			m.raw = true
			return piece, false
		}
		c.i = open + 1
		m.began = true
		out = append(bytes.Join(bytes.Fields(line[:open]), []byte(" ")), " ("...)
	}
	for {
		c.spaces()
		if c.done() {
			return append(out, end...), false
		}
		if c.peek() == ')' {
			m.raw = true
			return append(append(out, c.rest()...), end...), false
		}
		start := c.i
		name := attribute(c)
		c.spaces()
		value, whole := c.value()
		_, literal := literalAtEnd([]byte(value + "\n"))
		kept := mendItem(name, value)
		if c.spaces(); literal && !c.done() { // announced where none can follow
			literal, kept = false, ""
		}
		switch {
		case name == "", !whole:
			m.raw = true
			return append(append(m.separate(out), line[start:]...), end...), false
		case kept == "" && literal:
			return out, true
		case kept == "":
			continue
		}
		out = append(m.separate(out), kept...)
	}
}

// separate puts a space between two items.
func (m *mender) separate(out []byte) []byte {
	if m.items++; m.items > 1 {
		return append(out, ' ')
	}
	return out
}

// attribute reads the name of an item, with its section: "BODY[HEADER.FIELDS (A \"]\")]<0>".
func attribute(c *cursor) string {
	start := c.i
	for !c.done() && !strings.ContainsRune(" ()[{\"", rune(c.peek())) {
		c.i++
	}
	if c.peek() != '[' {
		return string(c.b[start:c.i])
	}
	for !c.done() && !c.take(']') {
		if _, ok := c.quoted(); !ok {
			c.i++
		}
	}
	for !c.done() && c.peek() != ' ' && c.peek() != ')' {
		c.i++
	}
	return string(c.b[start:c.i])
}

// value reads a value as it stands: a string, a list, an atom, or the announcement of a literal. It is not whole when the list goes on
// after a literal.
func (c *cursor) value() (text string, whole bool) {
	start := c.i
	switch c.peek() {
	case '"':
		_, whole = c.quoted()
		if !whole {
			c.i = len(c.b)
		}
	case '(':
		whole = c.balanced()
	default:
		c.atom()
		whole = true
	}
	return string(c.b[start:c.i]), whole
}

// balanced skips a list with all that is in it.
func (c *cursor) balanced() bool {
	depth := 0
	for last := byte(' '); !c.done(); last = c.b[c.i-1] {
		if last == ' ' || last == '(' {
			if _, ok := c.quoted(); ok {
				continue
			}
		}
		switch c.b[c.i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if c.i++; depth == 0 {
			return true
		}
	}
	return false
}

// mendItem is an item as the library reads it, "" when it must not see it.
func mendItem(name, value string) string {
	attribute, section, isSection := strings.Cut(strings.ToUpper(name), "[")
	as := name + " " + value
	switch {
	case isSection && (attribute == "BODY" || attribute == "BINARY"):
		if strings.EqualFold(value, "NIL") {
			return name + " NIL"
		}
		if value == "" || !strings.ContainsRune(`"{~`, rune(value[0])) {
			return ""
		}
		return as
	case isSection && attribute == "BINARY.SIZE" && section != "":
		return keepIf(as, isUint(value, 32))
	case isSection:
		return ""
	}
	switch attribute {
	case "UID":
		return keepIf(as, isUint(value, 32))
	case "RFC822.SIZE":
		return keepIf(as, isUint(value, 63))
	case "MODSEQ":
		inner, ok := strings.CutPrefix(value, "(")
		inner, closed := strings.CutSuffix(inner, ")")
		return keepIf(as, ok && closed && isUint(inner, 64))
	case "INTERNALDATE":
		date, err := time.Parse(internalDate, strings.Trim(value, `"`))
		return keepIf(as, err == nil && !date.IsZero() && strings.HasPrefix(value, `"`))
	case "FLAGS":
		words, ok := (&cursor{b: []byte(value)}).list()
		if mended := "(" + strings.Join(flags(words), " ") + ")"; ok && mended != value {
			return name + " " + mended
		}
		return keepIf(as, ok)
	case "ENVELOPE", "BODYSTRUCTURE", "BODY":
		return keepIf(as, strings.HasPrefix(value, "("))
	}
	return ""
}

func keepIf(text string, ok bool) string {
	if ok {
		return text
	}
	return ""
}

func isUint(text string, bits int) bool {
	_, err := strconv.ParseUint(text, 10, bits)
	return err == nil && text[0] != '+'
}
