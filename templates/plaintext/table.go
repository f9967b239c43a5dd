package plaintext

import (
	"strings"
)

// A table collects the cells of its row, while what is around it waits.
type table struct {
	outer  []line // of the document or cell around it
	gap    bool   // an empty line comes before its next row
	header bool   // it has th: a table of facts, whose empty cells keep their place
	cells  [][]line
	after  bool // the last cell ended with a paragraph: an empty line comes after the row, unless its cells are beside each other
	inRow  bool
	inCell bool
	used   bool // a line was written
}

// beginTable opens a table, unless there are too many around it: then its rows and cells are only lines.
func (c *converter) beginTable(e *element) {
	if c.flush(); c.tables >= maxTables {
		return
	}
	if c.tables == 0 {
		c.apart()
	}
	c.tables++
	e.table = &table{outer: c.lines, gap: c.gap}
	c.lines, c.gap = nil, false
}

// table is the one at hand, or nil.
func (c *converter) table() *table {
	if at := c.last["table"]; at > 0 {
		return c.stack[at-1].table
	}
	return nil
}

func (c *converter) beginRow() {
	if t := c.table(); t != nil {
		c.loose(t)
		t.inRow = true
	}
}

func (c *converter) beginCell(name string) {
	if t := c.table(); t != nil {
		c.loose(t)
		t.inCell = true
		t.header = t.header || name == "th"
	}
}

func (c *converter) endCell() {
	t := c.table()
	if t == nil || !t.inCell {
		return
	}
	t.cells = append(t.cells, c.lines)
	t.after = t.after || c.gap && len(c.lines) > 0
	c.lines, c.gap, t.inCell = nil, false, false
	if !t.inRow { // a cell without a row is one
		c.endRow()
	}
}

// loose gives the table the lines that stand in it outside cells, such as a caption.
func (c *converter) loose(t *table) {
	t.add(c.lines)
	c.lines, c.gap = nil, false
}

// endRow writes the cells of a row: beside each other when each is one short line, else one after the other.
func (c *converter) endRow() {
	t := c.table()
	if t == nil {
		return
	}
	cells, after := t.cells, t.after
	t.cells, t.inRow, t.after = nil, false, false
	if joined, ok := c.beside(cells, t.header); ok {
		t.add(joined)
		return
	}
	for _, cell := range cells {
		t.add(cell)
	}
	t.gap = t.gap || after
}

func (c *converter) beside(cells [][]line, keepEmpty bool) ([]line, bool) {
	var all *line
	count, text := 0, strings.Builder{}
	for i, cell := range cells {
		switch {
		case len(cell) > 1 || len(cell) == 1 && (cell[0].raw || columns(cell[0].text) > c.width || cell[0].rest != c.prefix):
			return nil, false
		case len(cell) == 1 && all == nil:
			first := cell[0]
			all = &first
		case len(cell) == 1 && cell[0].first != cell[0].rest:
			return nil, false // an item of a list
		}
		if len(cell) == 1 || keepEmpty {
			if i > 0 && (count > 0 || keepEmpty) {
				text.WriteString(" | ")
			}
			if len(cell) == 1 {
				text.WriteString(cell[0].text)
				count++
			}
		}
	}
	if count < 2 && !keepEmpty || all == nil {
		return nil, false
	}
	all.blank = false
	all.text = strings.TrimRight(text.String(), " |")
	return []line{*all}, true
}

// add puts lines behind those around the table.
func (t *table) add(lines []line) {
	if len(lines) == 0 {
		return
	}
	lines[0].blank = (t.gap || lines[0].blank) && len(t.outer) > 0
	t.gap, t.used = false, true
	if len(t.outer) == 0 {
		t.outer = lines // no copy: tables in tables in tables often hold one cell each
		return
	}
	t.outer = append(t.outer, lines...)
}

func (c *converter) endTable(e *element) {
	t := e.table
	if t == nil {
		return
	}
	if t.inCell {
		c.endCell()
	}
	c.loose(t)
	c.endRow()
	c.lines = t.outer
	c.tables--
	e.table = nil
	c.gap = t.gap || (c.tables == 0 && t.used)
}
