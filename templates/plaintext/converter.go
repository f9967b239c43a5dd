package plaintext

import (
	"slices"
	"strconv"
	"strings"
)

// A line is one logical line; it is broken into lines of the right width when everything is known.
type line struct {
	first, rest string // what leads its first physical line, and the others
	text        string
	blank       bool // an empty line comes before it
	raw         bool // it is not broken
}

// A converter keeps where it is in the document.
type converter struct {
	width, limit int

	stack  []element
	last   map[string]int // the place in the stack, from 1, of the innermost open element of a name; 0 when none is open
	over   map[string]int // how many of a name were not opened because of maxDepth
	hidden int            // the depth of the stack at the element that hides, or 0

	lines   []line // of the document, or of the cell at hand
	emitted int    // how many lines were ever written
	size    int    // bytes of text written so far
	prefix  string
	first   string // what leads the next line instead of prefix: list markers
	gap     bool   // an empty line comes before the next line
	tables  int

	run      []byte // the text of the line at hand
	space    bool   // white space follows it
	pre      preformat
	visible  int // characters ever written, spaces not counted
	lastLink link
}

func newConverter(width, limit int) *converter {
	return &converter{width: width, limit: limit, last: map[string]int{}, over: map[string]int{}}
}

// start opens an element.
func (c *converter) start(t tag) {
	if e, ok := implied[t.name]; ok {
		c.closeUpTo(e)
	}
	k := kinds[t.name]
	if k != inline && k != anchor && k != skipped {
		c.closeUpTo(paragraphs)
	}
	if t.void {
		if c.hidden == 0 && !t.isHidden() {
			c.void(t)
		}
		return
	}
	if len(c.stack) >= maxDepth {
		c.over[t.name]++
		if c.hidden == 0 && k != inline && k != anchor {
			c.flush()
		}
		return
	}
	e := element{name: t.name, kind: k, prefix: c.prefix, first: c.first, emitted: c.emitted, pre: c.pre}
	if c.hidden == 0 {
		if e.hides = k == skipped || t.isHidden(); e.hides {
			c.hidden = len(c.stack) + 1
		} else {
			c.begin(&e, t)
		}
	}
	e.before = c.last[t.name]
	c.stack = append(c.stack, e)
	c.last[t.name] = len(c.stack)
}

// begin does what an element does to the lines at its start.
func (c *converter) begin(e *element, t tag) {
	switch e.kind {
	case inline:
	case anchor:
		e.link = c.linkFrom(t.attrs["href"])
	case block:
		c.flush()
	case paragraph:
		c.apart()
	case list:
		if c.flush(); c.last["li"] == 0 {
			c.apart()
		}
		e.ordered, e.counter = t.name == "ol", t.number("start", 1)-1
	case item:
		c.flush()
		c.lead(c.marker(t))
	case quote:
		c.apart()
		c.lead("> ")
		if c.first != "" && e.first == "" {
			c.first = ""
		}
	case indent:
		c.flush()
		c.lead("  ")
	case rawLines:
		c.apart()
		c.pre = keepAll
	case tables:
		c.beginTable(e)
	case row:
		c.flush()
		c.beginRow()
	case cell:
		c.flush()
		c.beginCell(t.name)
	}
	if how, says := t.preformatted(); says && e.kind != rawLines {
		c.pre = how
	}
}

// marker is what leads the item of a list.
func (c *converter) marker(t tag) string {
	if at := c.innermost(listNames); at > c.innermost(inCells) {
		if e := &c.stack[at-1]; e.ordered {
			e.counter = t.number("value", e.counter+1)
			return strconv.Itoa(e.counter) + ". "
		}
	}
	return "- "
}

// lead puts s before the next line, and its width before the lines that follow; a quotation mark leads them all.
func (c *converter) lead(s string) {
	if len(c.prefix) > maxPrefix {
		return
	}
	if c.first == "" {
		c.first = c.prefix
	}
	c.first += s
	if s == "> " {
		c.prefix += s
	} else {
		c.prefix += strings.Repeat(" ", len(s))
	}
}

// end closes the innermost element of that name, and all in it.
func (c *converter) end(name string) {
	if name == "br" || name == "p" && c.last["p"] == 0 { // as browsers read </br> and a lone </p>
		if c.hidden == 0 {
			c.flush()
			c.gap = c.gap || name == "p"
		}
		return
	}
	if c.over[name] > 0 {
		c.over[name]--
		if c.hidden == 0 && kinds[name] != inline && kinds[name] != anchor {
			c.flush()
		}
		return
	}
	e := ending{[]string{name}, inCells}
	if slices.Contains(endsOfTable, name) {
		e.stop = inTables
	}
	c.closeUpTo(e)
}

// innermost is the place in the stack of the innermost open element of the names, from 1, or 0.
func (c *converter) innermost(names []string) int {
	at := 0
	for _, name := range names {
		at = max(at, c.last[name])
	}
	return at
}

// closeUpTo closes an element, and all in it.
func (c *converter) closeUpTo(e ending) {
	at := c.innermost(e.names)
	if at == 0 || at < c.innermost(e.stop) {
		return
	}
	for len(c.stack) >= at {
		c.pop()
	}
}

func (c *converter) closeAll() {
	for len(c.stack) > 0 {
		c.pop()
	}
	c.flush()
}

// pop closes the innermost element.
func (c *converter) pop() {
	e := &c.stack[len(c.stack)-1]
	if c.hidden == 0 {
		c.finish(e)
	}
	if c.hidden == len(c.stack) {
		c.hidden = 0
	}
	c.last[e.name] = e.before
	c.stack = c.stack[:len(c.stack)-1]
}

// finish does what an element does to the lines at its end.
func (c *converter) finish(e *element) {
	switch e.kind {
	case inline:
	case anchor:
		c.endLink(e)
	case block:
		c.flush()
	case paragraph, rawLines:
		c.apart()
	case list:
		if c.flush(); c.last["li"] == 0 {
			c.gap = true
		}
	case item, indent, quote:
		c.flush()
		c.prefix = e.prefix
		c.first = ""
		if c.emitted == e.emitted {
			c.first = e.first
		}
		c.gap = c.gap || e.kind == quote
	case row:
		c.flush()
		c.endRow()
	case cell:
		c.flush()
		c.endCell()
	case tables:
		c.flush()
		c.endTable(e)
	}
	c.pre = e.pre
}

// void writes an element without content.
func (c *converter) void(t tag) {
	switch t.name {
	case "br":
		c.lineBreak()
	case "hr":
		c.apart()
		c.write(line{text: strings.Repeat("-", min(40, c.width)), raw: true})
		c.gap = true
	case "img":
		if alt := strings.TrimSpace(t.attrs["alt"]); alt != "" {
			c.text(alt)
		}
	}
}

// lineBreak ends the line at hand; an empty one is an empty line.
func (c *converter) lineBreak() {
	if len(c.run) == 0 {
		c.gap = true
		return
	}
	c.flush()
}

// apart ends the line at hand and asks for an empty line, but not between a list marker and its text.
func (c *converter) apart() {
	c.flush()
	if c.first == "" {
		c.gap = true
	}
}
