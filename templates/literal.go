package templates

import (
	"html"
	"strings"
)

// literals are the nodes of the author's own text before each piece, and behind the last one.
func (p *parser) literals() [][]node {
	gaps := make([]span, 0, len(p.pieces)+1)
	from := 0
	for _, one := range p.pieces {
		gaps = append(gaps, span{from, one.start})
		from = one.end
	}
	gaps = append(gaps, span{from, len(p.src)})
	all := make([][]node, len(gaps))
	switch p.ctx {
	case HTML:
		addresses := p.addresses
		for i, gap := range gaps {
			all[i], addresses = p.htmlLiterals(gap, addresses)
		}
	case PlainText:
		for i, s := range p.withoutTagLines(gaps) {
			all[i] = textLiteral(s)
		}
	case Header:
		for i, gap := range gaps {
			all[i] = textLiteral(oneLine(p.src[gap.start:gap.end]))
		}
	}
	return all
}

func textLiteral(s string) []node {
	if s == "" {
		return nil
	}
	return []node{&literal{text: s}}
}

// htmlLiterals cuts a gap where the value of an address begins, and marks what lies in one. The addresses are in their order; those that end in or
// before the gap are used up.
func (p *parser) htmlLiterals(gap span, addresses []span) ([]node, []span) {
	var nodes []node
	add := func(to int, inAddress, begins bool) {
		if to == gap.start && !begins {
			return
		}
		l := &literal{text: p.src[gap.start:to], inAddress: inAddress, beginsAddress: begins}
		if inAddress {
			l.address = html.UnescapeString(l.text)
		}
		nodes = append(nodes, l)
		gap.start = to
	}
	for len(addresses) > 0 && addresses[0].start <= gap.end {
		a := addresses[0]
		if a.start >= gap.start && a.start > 0 {
			add(a.start, false, true)
		}
		if a.end > gap.start {
			add(min(a.end, gap.end), true, false)
			if a.end > gap.end {
				return nodes, addresses
			}
		}
		addresses = addresses[1:]
	}
	add(gap.end, false, false)
	return nodes, addresses
}

// withoutTagLines are the texts of the gaps without the lines that hold only tags and white space, line break included.
func (p *parser) withoutTagLines(gaps []span) []string {
	texts := make([]string, len(gaps))
	for i, gap := range gaps {
		texts[i] = p.src[gap.start:gap.end]
	}
	// A line is made of the end of one gap, whole gaps, and the beginning of another.
	first, only, tags := 0, true, false
	end := func(last int) {
		if !only || !tags {
			return
		}
		for i := first; i <= last; i++ {
			from, to := 0, len(texts[i])
			if i == last { // up to and with the line break
				from = strings.IndexByte(texts[i], '\n') + 1
				if from == 0 {
					from = to
				}
			}
			if i == first && i != last { // from behind the last line break
				to = strings.LastIndexByte(texts[i], '\n') + 1
			}
			if i == first || i == last {
				texts[i] = texts[i][from:to]
			} else {
				texts[i] = ""
			}
		}
	}
	for i := range texts {
		whole := texts[i]
		if head, _, broken := strings.Cut(whole, "\n"); broken {
			only = only && strings.TrimSpace(head) == ""
			end(i)
			rest := whole[strings.LastIndexByte(whole, '\n')+1:]
			first, only, tags = i, strings.TrimSpace(rest) == "", false
		} else {
			only = only && strings.TrimSpace(whole) == ""
		}
		if i < len(p.pieces) {
			tags = tags || p.pieces[i].kind != fieldPiece
			only = only && p.pieces[i].kind != fieldPiece
		}
	}
	end(len(texts) - 1)
	return texts
}
