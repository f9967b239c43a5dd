package templates

import (
	"strings"
)

// A block is an {% if %}, {% unless %} or {% for %} that waits for its end.
type block struct {
	open   *piece
	name   string  // if, unless, for
	choice *choice // of if and unless
	loop   *loop   // of for
	final  bool    // {% else %} was seen
}

// build nests the pieces. It goes on behind an error, so that one look finds them all.
func (p *parser) build() []node {
	var (
		stack  []*block
		scopes []string
		lists  = [][]node{nil} // the nodes of each open block, outermost first
	)
	add := func(nodes ...node) { lists[len(lists)-1] = append(lists[len(lists)-1], nodes...) }
	texts := p.literals()
	for i := range p.pieces {
		if p.full() {
			return nil
		}
		add(texts[i]...)
		one := &p.pieces[i]
		e := &expression{p: p, tokens: one.tokens, end: one.end - 2, scopes: scopes}
		if one.spot.code != "" && one.kind != brokenPiece {
			p.fail(one.start, one.spot.code, one.spot.field, "", one.spot.detail)
		}
		switch one.kind {
		case fieldPiece:
			if out, ok := e.output(); ok {
				out.place = p.place(one)
				add(out)
			}
		case openPiece:
			b := p.open(one, e)
			if stack = append(stack, b); len(stack) > MaxDepth {
				p.fail(one.start, CodeLimitDepth, "", "", MaxDepth)
				return nil
			}
			if b.loop != nil {
				scopes = append(scopes[:len(scopes):len(scopes)], p.loopName(one))
			}
			lists = append(lists, nil)
		case middlePiece, closePiece:
			b := p.match(stack, one)
			if b == nil {
				continue
			}
			last := len(lists) - 1
			b.take(lists[last])
			if one.kind == middlePiece {
				lists[last] = nil
				p.middle(b, one, e)
				continue
			}
			e.next()
			e.rest()
			stack, lists = stack[:len(stack)-1], lists[:last]
			if b.loop != nil {
				scopes = scopes[:len(scopes)-1]
				add(b.loop)
			} else if b.choice != nil {
				add(b.choice)
			}
		}
	}
	add(texts[len(p.pieces)]...)
	for _, b := range stack {
		p.fail(b.open.start, CodeUnclosedBlock, "{% "+b.name+" %}", "", "{% end"+b.name+" %}")
	}
	return lists[0]
}

// take gives the block the nodes of the branch that ends here.
func (b *block) take(nodes []node) {
	switch {
	case b.loop != nil:
		b.loop.nodes = nodes
	case b.choice != nil && len(b.choice.branches) > 0:
		b.choice.branches[len(b.choice.branches)-1].nodes = nodes
	}
}

func (p *parser) open(one *piece, e *expression) *block {
	b := &block{open: one, name: e.next().text}
	if b.name == "for" {
		b.loop = &loop{}
		p.forTag(b.loop, one, e)
		return b
	}
	b.choice = &choice{}
	c, ok := e.condition(one.start)
	if ok {
		c.negate = b.name == "unless"
	}
	b.choice.branches = []branch{{condition: c}}
	return b
}

// forTag reads name in list.
func (p *parser) forTag(l *loop, one *piece, e *expression) {
	name := e.next()
	if name.kind == word && reserved[name.text] {
		p.fail(name.offset, CodeReserved, name.text, "", nil)
		return
	}
	if name.kind != word || strings.Contains(name.text, ".") || !e.is("in") || len(e.tokens) != 1 || e.tokens[0].kind != word {
		p.fail(one.start, CodeLoop, "", "", nil)
		return
	}
	list, ok := e.operand()
	if ok && (list.path == nil || list.path.forloop) {
		p.fail(one.start, CodeLoop, "", "", nil)
	}
	if ok && list.path != nil {
		l.list = list.path
		l.absent = output{source: list, place: inTag, line: list.path.line, column: list.path.column}
	}
}

// loopName is the variable of a for tag, also of one with an error, so that its body does not report it as unknown.
func (p *parser) loopName(one *piece) string {
	if len(one.tokens) > 1 && one.tokens[1].kind == word {
		return one.tokens[1].text
	}
	return ""
}

// match finds the open block that a middle or closing tag belongs to: the innermost.
func (p *parser) match(stack []*block, one *piece) *block {
	tag := one.tag()
	wants := map[string]string{"elsif": "if", "else": "if", "endif": "if", "endunless": "unless", "endfor": "for"}[tag]
	if len(stack) > 0 {
		b := stack[len(stack)-1]
		if b.name == wants || (tag == "else" && b.name == "unless") {
			if b.open.spot.region != one.spot.region {
				p.fail(one.start, CodeUnbalanced, "{% "+tag+" %}", "", "{% "+b.name+" %}")
			}
			return b
		}
		if one.kind == closePiece {
			p.fail(one.start, CodeStrayTag, "{% "+tag+" %}", "end"+b.name, "{% "+wants+" %}")
			return nil
		}
	}
	p.fail(one.start, CodeStrayTag, "{% "+tag+" %}", "", "{% "+wants+" %}")
	return nil
}

// middle begins the branch of an elsif or else.
func (p *parser) middle(b *block, one *piece, e *expression) {
	if b.final {
		p.fail(one.start, CodeStrayTag, "{% "+one.tag()+" %}", "", "{% if %}")
	}
	var c *condition
	if e.next().text == "elsif" {
		c, _ = e.condition(one.start)
	} else {
		b.final = true
		e.rest()
	}
	b.choice.branches = append(b.choice.branches, branch{condition: c})
}

// place is where a field stands.
func (p *parser) place(one *piece) place {
	switch p.ctx {
	case HTML:
		return one.spot.place
	case Header:
		return inHeader
	}
	return inText
}
