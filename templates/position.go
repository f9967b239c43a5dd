package templates

import "unicode/utf8"

// positions turns byte offsets into lines and columns. Asked in rising order, as a parser does, all answers together cost one walk over the
// source; an earlier offset starts again at the beginning, which only errors do, and those are counted.
type positions struct {
	src                  string
	offset, line, column int
}

func newPositions(src string) positions { return positions{src: src, line: 1, column: 1} }

func (p *positions) at(offset int) (line, column int) {
	if offset < p.offset {
		*p = newPositions(p.src)
	}
	for p.offset < offset && p.offset < len(p.src) {
		r, n := utf8.DecodeRuneInString(p.src[p.offset:])
		p.offset += n
		if r == '\n' {
			p.line, p.column = p.line+1, 1
		} else {
			p.column++
		}
	}
	return p.line, p.column
}
