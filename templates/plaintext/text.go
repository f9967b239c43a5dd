package plaintext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// preformat is what becomes of white space.
type preformat uint8

const (
	collapse  preformat = iota
	keepLines           // line breaks and spaces stay, long lines are broken
	keepAll             // long lines are not broken either
)

// text adds text to the line at hand.
func (c *converter) text(s string) {
	for _, r := range s {
		switch {
		case r == '\n' && c.pre != collapse:
			c.rawBreak()
		case c.pre != collapse && r == ' ':
			c.run = append(c.run, ' ')
		case c.pre != collapse && r == '\t':
			c.run = append(c.run, "        "[len(c.run)%8:]...)
		case isSpace(r):
			c.space = len(c.run) > 0 && c.pre == collapse
		case isInvisible(r) || unicode.IsControl(r):
		default:
			if c.space {
				c.run, c.space = append(c.run, ' '), false
			}
			c.run = utf8.AppendRune(c.run, r)
			if r != '\u00A0' {
				c.visible++
			}
		}
		if len(c.run) > c.limit {
			c.flush()
		}
	}
}

// isSpace is white space that may become one space; the no-break spaces are not among it.
func isSpace(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\f', '\v', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

// isInvisible characters are put into mails to shape previews and to hide words from filters.
func isInvisible(r rune) bool {
	switch r {
	case '\u00AD', '\u034F', '\u200B', '\u2060', '\uFEFF', '\u180E':
		return true
	}
	return false
}

// rawBreak ends a line of preformatted text; an empty one stays one.
func (c *converter) rawBreak() {
	if strings.Trim(string(c.run), " \u00A0") == "" {
		c.run = c.run[:0]
		c.gap = c.gap || len(c.lines) > 0 && c.first == ""
		return
	}
	c.flush()
}

// flush ends the line at hand, if there is one.
func (c *converter) flush() {
	if len(c.run) == 0 {
		c.space = false
		return
	}
	text, raw := string(c.run), c.pre == keepAll
	separator := text == "-- " || text == "--\u00A0" || (text == "--" && c.space)
	c.run, c.space = c.run[:0], false
	text = strings.TrimRight(text, " \u00A0")
	if c.pre == collapse {
		text = strings.TrimLeft(text, " \u00A0")
	}
	if separator {
		text, raw = "-- ", true
	}
	if text == "" {
		c.gap = c.gap || len(c.lines) > 0 // an empty paragraph of the author's
		return
	}
	c.write(line{text: text, raw: raw})
}

// write adds a line with what leads it.
func (c *converter) write(l line) {
	l.first, l.rest = c.prefix, c.prefix
	if c.first != "" {
		l.first, c.first = c.first, ""
	}
	l.blank = c.gap && (len(c.lines) > 0 || c.tables > 0)
	c.gap = false
	c.lines = append(c.lines, l)
	c.emitted++
	c.size += len(l.text) + 1
}
