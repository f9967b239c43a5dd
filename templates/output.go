package templates

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// output writes one field.
func (r *renderer) output(o *output) error {
	r.line, r.column = o.line, o.column
	v, bad := r.operand(&o.source)
	if bad != nil {
		return r.fail(bad, o.line, o.column)
	}
	resolved, breaks, encoded := o.source.path == nil, false, false
	for i := range o.calls {
		c := &o.calls[i]
		if err := r.work(1 + v.weight()); err != nil {
			return err
		}
		if c.filter.apply == nil { // default
			if v.IsEmpty() {
				if v, bad = r.operand(&c.args[0]); bad != nil {
					return r.fail(bad, c.line, c.column)
				}
				resolved, encoded = resolved || c.args[0].path == nil, false
			}
			continue
		}
		var err error
		if v, err = r.call(c, v); err != nil {
			return err
		}
		breaks = breaks || c.filter.name == "newline_to_br"
		encoded = c.filter.name == "url"
	}
	text, bad := r.text(v)
	if bad != nil {
		bad.field = o.source.name()
		return r.fail(bad, o.line, o.column)
	}
	if strings.TrimSpace(text) == "" && !resolved {
		return r.miss(o, ReasonEmpty)
	}
	return r.place(o, text, breaks, encoded)
}

// name is the field, or the text, as the template has it.
func (o *operand) name() string {
	if o.path != nil {
		return o.path.text
	}
	s, _ := o.value.AsText()
	return s
}

// place writes text, escaped for its place.
func (r *renderer) place(o *output, text string, breaks, encoded bool) error {
	if r.out.Len()+len(text) > MaxOutput {
		return r.write(text) // which says so
	}
	switch o.place {
	case inText:
		return r.write(plainText(text))
	case inHeader:
		return r.write(oneLine(text))
	case inAddress:
		part, ok := r.address.escape(text, encoded)
		if !ok {
			if text == "" {
				return nil // default: ""
			}
			return r.miss(o, ReasonAddress)
		}
		text = part
	case inStyle:
		if text = strings.TrimSpace(text); !styleValue(text) {
			return r.miss(o, ReasonStyle)
		}
	case inAttribute, inTitle:
		if breaks {
			text = oneLine(text)
		}
	}
	writeHTML(&r.out, text, breaks && o.place == inHTML)
	return r.write("") // for the bound
}

// miss notes that nothing was written, once for each place in the template.
func (r *renderer) miss(o *output, why Reason) error {
	if !r.seen[o] {
		if r.seen == nil {
			r.seen = map[*output]bool{}
		}
		r.seen[o] = true
		r.missing = append(r.missing, Missing{Path: o.source.name(), Line: o.line, Column: o.column, Reason: why})
	}
	if !r.mark {
		return nil
	}
	mark := "⟦" + o.source.name() + "⟧"
	switch o.place {
	case inText, inHeader:
		return r.write(mark)
	case inHTML:
		return r.write(`<mark style="background:#fdd;color:#a00">` + mark + "</mark>") // a name holds nothing to escape
	}
	return nil
}

// call applies one filter. Null passes it unchanged.
func (r *renderer) call(c *call, v Value) (Value, error) {
	if v.typ == "" {
		return v, nil
	}
	if !c.filter.accepts(v.Type()) {
		return v, r.fail(&problem{code: CodeFilterInput, field: c.filter.name, detail: string(v.Type())}, c.line, c.column)
	}
	args := make([]Value, 0, 4)
	for i := range c.args {
		arg, bad := r.operand(&c.args[i])
		if bad == nil && c.args[i].path != nil && !c.filter.takes(i, arg) {
			bad = &problem{code: CodeFilterArgument, field: c.filter.name, detail: c.filter.usage}
		}
		if bad != nil {
			return v, r.fail(bad, c.line, c.column)
		}
		args = append(args, arg)
	}
	out, bad := c.filter.apply(r, v, args)
	if bad != nil {
		bad.field = c.filter.name
		return v, r.fail(bad, c.line, c.column)
	}
	if weight := out.weight(); weight > 0 {
		return out, r.work(weight)
	}
	return out, nil
}

// takes holds an argument that came from a field against its parameter.
func (f *filter) takes(i int, arg Value) bool {
	if f.args[i].check == nil {
		return true
	}
	ok, _ := f.args[i].check(arg)
	return ok
}

// weight is what it costs, in steps, to read a value once.
func (v Value) weight() int {
	switch x := v.held.(type) {
	case string:
		return len(x) / 256
	case []Value:
		return len(x)
	}
	return 0
}

// text is the value as it is printed without a filter.
func (r *renderer) text(v Value) (string, *problem) {
	switch v.typ {
	case TypeRecord:
		return "", &problem{code: CodeNotText}
	case TypeList:
		joined, bad := r.joined(v.held.([]Value), ", ")
		if bad != nil {
			return "", bad
		}
		v = joined
	}
	return r.format(v), nil
}

// format prints a value that is neither a list nor a record.
func (r *renderer) format(v Value) string {
	switch v.typ {
	case TypeText:
		return v.held.(string)
	case TypeBool:
		if v.held.(bool) {
			return r.locale.yes
		}
		return r.locale.no
	case TypeInt, TypeDecimal:
		return r.locale.number(v.held.(decimal), false)
	case TypeMoney:
		return r.locale.amount(v.held.(money))
	case TypeDate:
		return r.locale.dates["long"](r.locale, v.held.(time.Time))
	case TypeInstant:
		return r.locale.dates["datetime"](r.locale, r.time(v))
	}
	return ""
}

// time is the moment of a date or an instant, in the zone where its day and hour are read.
func (r *renderer) time(v Value) time.Time {
	t := v.held.(time.Time)
	if v.typ == TypeInstant {
		t = t.In(r.zone)
	}
	return t
}

// joined is a list as one text. Empty items are left out: they would leave two commas.
func (r *renderer) joined(items []Value, between string) (Value, *problem) {
	var parts []string
	length := 0
	for _, item := range items {
		if item.IsEmpty() {
			continue
		}
		if item.typ == TypeRecord || item.typ == TypeList {
			return Value{}, &problem{code: CodeNotText}
		}
		text := r.format(item)
		if length += len(text) + len(between); length > MaxOutput {
			return Value{}, &problem{code: CodeLimitOutput, detail: strconv.Itoa(MaxOutput >> 10)}
		}
		parts = append(parts, text)
	}
	return Value{TypeText, strings.Join(slices.Clip(parts), between)}, nil
}
