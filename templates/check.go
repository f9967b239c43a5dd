package templates

import (
	"strings"
	"time"
)

// Check holds the template against the fields that the host declares for a page, and gives everything that cannot work, in the order of the places:
// fields that do not exist, with the one that was probably meant; loops over what is no list; filters and comparisons on values of another type.
// Nil means that a record with a value, or [Null], for every declared field can be rendered.
func (t *Template) Check(fields []Field) Errors {
	c := &checker{t: t, root: shapeOf(fields)}
	c.nodes(t.nodes)
	c.errs.sort()
	return c.errs
}

type checker struct {
	t      *Template
	root   *shape
	known  []string // for suggestions; made when the first is asked for
	scopes []*shape
	errs   Errors
}

func (c *checker) fail(line, column int, code Code, field, suggestion string, detail any) {
	if len(c.errs) < MaxErrors {
		c.errs = append(c.errs, newError(c.t.name, line, column, code, field, suggestion, detail))
	}
}

func (c *checker) nodes(nodes []node) {
	for _, n := range nodes {
		if len(c.errs) >= MaxErrors {
			return
		}
		switch n := n.(type) {
		case *output:
			c.output(n)
		case *choice:
			for _, b := range n.branches {
				if b.condition != nil {
					for i := range b.condition.terms {
						c.comparison(&b.condition.terms[i])
					}
				}
				c.nodes(b.nodes)
			}
		case *loop:
			c.loop(n)
		}
	}
}

// unknown stands for what nothing is known about: an undeclared type, or a field that was reported already.
var unknown = &shape{typ: anyType}

func (c *checker) loop(l *loop) {
	list := c.path(l.list)
	item := unknown
	switch {
	case list.list:
		item = list.item()
	case list.typ != anyType:
		c.fail(l.list.line, l.list.column, CodeNotList, l.list.text, "", nil)
	}
	c.scopes = append(c.scopes, item)
	c.nodes(l.nodes)
	c.scopes = c.scopes[:len(c.scopes)-1]
}

func (c *checker) operand(o *operand) *shape {
	if o.path != nil {
		return c.path(o.path)
	}
	return &shape{typ: o.value.Type()}
}

// path is the shape of a field. An unknown one is reported and gives a shape that fits everything.
func (c *checker) path(p *path) *shape {
	at := c.root
	switch {
	case p.forloop && p.names[1] == "index":
		return &shape{typ: TypeInt}
	case p.forloop:
		return &shape{typ: TypeBool}
	case p.scope >= 0:
		at = c.scopes[p.scope]
	}
	for _, name := range p.names {
		child := at.fields[name]
		if child == nil && at.typ == anyType && !at.list {
			return unknown
		}
		if child == nil || at.list {
			c.fail(p.line, p.column, CodeUnknownField, p.text, c.suggestion(p, at), nil)
			return unknown
		}
		at = child
	}
	return at
}

func (c *checker) suggestion(p *path, at *shape) string {
	// contact.lines.size is how Liquid writes it
	if before, last := p.text[:max(0, strings.LastIndexByte(p.text, '.'))], p.names[len(p.names)-1]; at.list && (last == "size" || last == "first" || last == "last") {
		return before + " | " + last
	}
	if p.scope >= 0 {
		variable := strings.SplitN(p.text, ".", 2)[0]
		return nearest(p.text, c.scopes[p.scope].names(variable+"."))
	}
	if c.known == nil {
		c.known = c.root.names("")
	}
	return nearest(p.text, c.known)
}

func (c *checker) output(o *output) {
	s := c.operand(&o.source)
	for i := range o.calls {
		call := &o.calls[i]
		for j := range call.args {
			c.operand(&call.args[j])
		}
		switch f := call.filter; {
		case f.name == "default":
			continue
		case s.typ != anyType && !f.accepts(s.kind()):
			c.fail(call.line, call.column, CodeFilterInput, f.name, "", string(s.kind()))
			return
		case f.name == "money" && len(call.args) == 0 && s.typ != TypeMoney && s.typ != anyType:
			c.fail(call.line, call.column, CodeFilterArgument, f.name, "", `money: "EUR"`)
		case f.name == "date" && s.typ == TypeDate && hasHour(call.args[0].name()):
			c.fail(call.line, call.column, CodeFilterInput, f.name, "", string(TypeDate))
		case f.name == "first" || f.name == "last":
			s = s.item()
		case f.result == anyType:
			s = unknown
		default:
			s = &shape{typ: f.result}
		}
	}
	if s.typ == TypeRecord {
		c.fail(o.line, o.column, CodeNotText, o.source.name(), "", nil)
	}
}

func (c *checker) comparison(x *comparison) {
	left := c.operand(&x.left)
	if x.operator == "" {
		return
	}
	right := c.operand(&x.right)
	if !comparable(left, x.operator, right, x.right.value) {
		c.fail(x.line, x.column, CodeCompare, x.operator, "", string(left.kind())+" / "+string(right.kind()))
	}
}

// comparable says whether two shapes could be compared by an operator; it mirrors renderer.compare.
func comparable(left *shape, operator string, right *shape, literal Value) bool {
	a, b := left.kind(), right.kind()
	switch {
	case left.typ == anyType || right.typ == anyType:
		return true
	case operator == "contains":
		return a == TypeList || (a == TypeText && b == TypeText)
	}
	number := map[Type]bool{TypeInt: true, TypeDecimal: true, TypeMoney: true}
	moment := map[Type]bool{TypeDate: true, TypeInstant: true}
	switch {
	case number[a] && number[b], moment[a] && moment[b]:
		return true
	case moment[a] && b == TypeText:
		text, written := literal.AsText()
		_, err := time.Parse(time.DateOnly, text)
		return !written || err == nil
	case moment[b] && a == TypeText:
		return true
	case a == b && (a == TypeText || a == TypeBool):
		return operator == "==" || operator == "!="
	}
	return false
}
