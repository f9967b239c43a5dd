package templates

import (
	"strings"
)

// An expression reads the tokens of one piece.
type expression struct {
	p      *parser
	tokens []token
	end    int // the offset of the piece's end, for errors about what is missing
	scopes []string
}

// next takes the next token; its kind is end when there is none.
func (e *expression) next() token {
	if len(e.tokens) == 0 {
		return token{kind: end, offset: e.end}
	}
	t := e.tokens[0]
	e.tokens = e.tokens[1:]
	return t
}

// is takes the next token if it is the mark or word s.
func (e *expression) is(s string) bool {
	if len(e.tokens) > 0 && e.tokens[0].text == s && (e.tokens[0].kind == mark || e.tokens[0].kind == word) {
		e.tokens = e.tokens[1:]
		return true
	}
	return false
}

// rest refuses what nobody has read.
func (e *expression) rest() bool {
	if len(e.tokens) == 0 {
		return true
	}
	e.unexpected(e.tokens[0])
	return false
}

func (e *expression) unexpected(t token) {
	if t.kind == end {
		e.p.fail(t.offset, CodeUnexpected, "}", "", nil)
		return
	}
	e.p.fail(t.offset, CodeUnexpected, t.text, "", nil)
}

// operand reads a field, a text, a number, true or false.
func (e *expression) operand() (operand, bool) {
	t := e.next()
	switch t.kind {
	case quoted:
		return operand{value: Text(t.text)}, true
	case numeral:
		d, err := parseDecimal(t.text)
		if err != nil {
			e.unexpected(t)
			return operand{}, false
		}
		return operand{value: Value{TypeDecimal, d}}, true
	case word:
		switch t.text {
		case "true", "false":
			return operand{value: Bool(t.text == "true")}, true
		case "nil", "null", "empty", "blank":
			e.p.fail(t.offset, CodeBlank, t.text, "", nil)
			return operand{}, false
		}
		path, ok := e.path(t)
		return operand{path: path}, ok
	}
	e.unexpected(t)
	return operand{}, false
}

// reserved words cannot be the first name of a field, nor a loop's variable.
var reserved = map[string]bool{
	"and": true, "or": true, "in": true, "contains": true, "true": true, "false": true, "nil": true, "null": true,
	"empty": true, "blank": true, "forloop": true,
}

func (e *expression) path(t token) (*path, bool) {
	names := strings.Split(t.text, ".")
	for i, name := range names {
		if name == "" || strings.HasPrefix(name, "-") || (i == 0 && reserved[name] && name != "forloop") {
			e.unexpected(t)
			return nil, false
		}
	}
	f := &path{text: t.text, names: names, scope: -1}
	f.line, f.column = e.p.pos.at(t.offset)
	if names[0] == "forloop" {
		return f, e.forloop(f, t)
	}
	for i := len(e.scopes) - 1; i >= 0; i-- {
		if e.scopes[i] == names[0] {
			f.scope, f.names = i, names[1:]
			return f, true
		}
	}
	e.p.reads[t.text] = true
	return f, true
}

func (e *expression) forloop(f *path, t token) bool {
	if len(e.scopes) == 0 {
		e.p.fail(t.offset, CodeForloopOutside, t.text, "", nil)
		return false
	}
	f.scope, f.forloop = len(e.scopes)-1, true
	known := []string{"forloop.index", "forloop.first", "forloop.last"}
	for _, k := range known {
		if t.text == k {
			return true
		}
	}
	e.p.fail(t.offset, CodeUnknownField, t.text, nearest(t.text, known), nil)
	return false
}

// output reads source | filter: argument, argument | …
func (e *expression) output() (*output, bool) {
	line, column := e.p.pos.at(e.start())
	source, ok := e.operand()
	if !ok {
		return nil, false
	}
	out := &output{source: source, line: line, column: column}
	for e.is("|") {
		c, ok := e.call()
		if !ok {
			return nil, false
		}
		out.calls = append(out.calls, c)
	}
	return out, e.rest()
}

func (e *expression) start() int {
	if len(e.tokens) == 0 {
		return e.end
	}
	return e.tokens[0].offset
}

func (e *expression) call() (call, bool) {
	t := e.next()
	if t.kind != word {
		e.unexpected(t)
		return call{}, false
	}
	f := e.p.filters[t.text]
	if f == nil {
		e.p.fail(t.offset, CodeUnknownFilter, t.text, nearest(t.text, filterNames(e.p.filters)), nil)
		return call{}, false
	}
	c := call{filter: f}
	c.line, c.column = e.p.pos.at(t.offset)
	if e.is(":") {
		for {
			arg, ok := e.operand()
			if !ok {
				return call{}, false
			}
			c.args = append(c.args, arg)
			if !e.is(",") {
				break
			}
		}
	}
	if bad := f.checkArguments(c.args); bad != nil {
		e.p.fail(t.offset, CodeFilterArgument, t.text, bad.suggestion, f.usage)
		return call{}, false
	}
	return c, true
}

// condition reads comparison and comparison and …, or the same with or.
func (e *expression) condition(start int) (*condition, bool) {
	if len(e.tokens) == 0 {
		e.p.fail(start, CodeCondition, "", "", nil)
		return nil, false
	}
	c := &condition{}
	for joint := ""; ; {
		term, ok := e.comparison()
		if !ok {
			return nil, false
		}
		c.terms = append(c.terms, term)
		t := e.next()
		switch {
		case t.kind == end:
			return c, true
		case t.kind == mark && t.text == "|":
			e.p.fail(t.offset, CodeCondition, "", "", nil)
			return nil, false
		case t.kind != word || (t.text != "and" && t.text != "or"):
			e.unexpected(t)
			return nil, false
		case joint != "" && joint != t.text:
			e.p.fail(t.offset, CodeMixed, t.text, "", nil)
			return nil, false
		}
		joint = t.text
		c.any = joint == "or"
	}
}

func (e *expression) comparison() (comparison, bool) {
	left, ok := e.operand()
	if !ok {
		return comparison{}, false
	}
	c := comparison{left: left}
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">", "contains"} {
		at := e.start()
		if e.is(op) {
			c.operator = op
			c.line, c.column = e.p.pos.at(at)
			c.right, ok = e.operand()
			return c, ok
		}
	}
	return c, true
}
