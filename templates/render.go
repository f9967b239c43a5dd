package templates

import (
	"context"
	"sort"
	"strings"
	"time"
)

// RenderOptions says for whom a template is rendered. The zero value and nil mean the same.
type RenderOptions struct {
	// Locale is a language tag: numbers, amounts, days, yes and no are written in it. French ("fr", "fr-CA") and English ("en" and "en-US" with the
	// month first, "en-GB" and all others with the day first) are there. Defaults to "en", as does a language that is not there.
	Locale string
	// Zone is where an instant becomes a day and an hour. Defaults to UTC.
	Zone *time.Location
	// MarkMissing writes ⟦contact.phone⟧ where a value is missing, so that a preview can show the gap; in HTML text it lies in a <mark> element. A mail
	// that is to be sent is rendered without it.
	MarkMissing bool
}

// Rendered is what became of a template.
type Rendered struct {
	Output string
	// Missing are the fields whose value could not be written, each place once, in the order in which they were met. A mail with one must not be
	// sent.
	Missing []Missing
}

// A Missing is one {{ field }} that wrote nothing.
type Missing struct {
	Path         string // as the template has it: in a loop, by the loop's variable
	Line, Column int
	Reason       Reason
}

// A Reason says why nothing was written.
type Reason string

// The reasons.
const (
	// ReasonEmpty is a field that is known and has no value, or a value of white space only.
	ReasonEmpty Reason = "empty"
	// ReasonAddress is a value that cannot stand in an address: its scheme is not http, https, mailto, tel or cid, or it has none.
	ReasonAddress Reason = "address"
	// ReasonStyle is a value that cannot stand in a style attribute: only colours, lengths and words can.
	ReasonStyle Reason = "style"
)

// Render writes the template with values, which is a [Record]; [FromPaths] makes one from a look-up. Every path of [Template.Paths] must be in it, with
// [Null] where there is no value: a path that is not there is an [Error] with [CodeUnknownField], and so is any other thing that only the values
// can show. A bound that was passed is an Error that wraps [ErrLimit]; the end of ctx gives its own error. In both cases nothing was rendered.
func (t *Template) Render(ctx context.Context, values Value, opts *RenderOptions) (Rendered, error) {
	if opts == nil {
		opts = &RenderOptions{}
	}
	r := &renderer{t: t, ctx: ctx, values: values, locale: localeOf(opts.Locale), zone: opts.Zone, mark: opts.MarkMissing, line: 1, column: 1}
	if r.zone == nil {
		r.zone = time.UTC
	}
	if err := ctx.Err(); err != nil {
		return Rendered{}, err
	}
	if values.typ != TypeRecord && values.typ != "" {
		return Rendered{}, newError(t.name, 1, 1, CodeNotRecord, "", "", nil)
	}
	r.out.Grow(t.size + t.size/8)
	if err := r.nodes(t.nodes); err != nil {
		return Rendered{}, err
	}
	out := r.out.String()
	if t.ctx == Header {
		out = strings.TrimSpace(out)
	}
	return Rendered{Output: out, Missing: r.missing}, nil
}

// A renderer is one call of Render.
type renderer struct {
	t       *Template
	ctx     context.Context
	values  Value
	locale  *locale
	zone    *time.Location
	mark    bool
	out     strings.Builder
	steps   int
	asked   int // the steps at which ctx was last asked
	line    int // of the last field or loop, for the errors of a bound
	column  int
	loops   []turn
	address address
	missing []Missing
	seen    map[*output]bool
}

// A turn is where a loop stands.
type turn struct {
	item  Value
	index int // from 0
	last  bool
}

func (r *renderer) nodes(nodes []node) error {
	for _, n := range nodes {
		if err := r.node(n); err != nil {
			return err
		}
	}
	return nil
}

func (r *renderer) node(n node) error {
	if l, ok := n.(*literal); ok {
		if l.inAddress {
			r.address.read(l.address)
		}
		if l.beginsAddress {
			r.address = address{}
		}
		return r.write(l.text)
	}
	if err := r.work(1); err != nil {
		return err
	}
	switch n := n.(type) {
	case *output:
		return r.output(n)
	case *choice:
		for i := range n.branches {
			holds := true
			if c := n.branches[i].condition; c != nil {
				var err error
				if holds, err = r.condition(c); err != nil {
					return err
				}
			}
			if holds {
				return r.nodes(n.branches[i].nodes)
			}
		}
	case *loop:
		return r.loop(n)
	}
	return nil
}

// work counts steps, and asks the context now and then.
func (r *renderer) work(steps int) error {
	r.steps += steps
	if r.steps > MaxSteps {
		return newError(r.t.name, r.line, r.column, CodeLimitSteps, "", "", MaxSteps)
	}
	if r.steps-r.asked >= 256 {
		r.asked = r.steps
		return r.ctx.Err()
	}
	return nil
}

func (r *renderer) write(s string) error {
	if r.out.Len()+len(s) > MaxOutput {
		return newError(r.t.name, r.line, r.column, CodeLimitOutput, "", "", MaxOutput>>10)
	}
	r.out.WriteString(s)
	return nil
}

func (r *renderer) loop(l *loop) error {
	r.line, r.column = l.list.line, l.list.column
	list, bad := r.find(l.list)
	if bad == nil && list.typ != TypeList && list.typ != "" {
		bad = &problem{code: CodeNotList, field: l.list.text}
	}
	if bad != nil {
		return r.fail(bad, l.list.line, l.list.column)
	}
	if list.typ == "" {
		return r.miss(&l.absent, ReasonEmpty)
	}
	items := list.held.([]Value)
	r.loops = append(r.loops, turn{})
	for i, item := range items {
		if err := r.work(1); err != nil {
			return err
		}
		r.loops[len(r.loops)-1] = turn{item, i, i == len(items)-1}
		if err := r.nodes(l.nodes); err != nil {
			return err
		}
	}
	r.loops = r.loops[:len(r.loops)-1]
	return nil
}

// find is the value of a path.
func (r *renderer) find(p *path) (Value, *problem) {
	v := r.values
	names := p.names
	switch {
	case p.forloop:
		at := r.loops[p.scope]
		switch names[1] {
		case "index":
			return Int(int64(at.index) + 1), nil
		case "first":
			return Bool(at.index == 0), nil
		default:
			return Bool(at.last), nil
		}
	case p.scope >= 0:
		v = r.loops[p.scope].item
	}
	for i, name := range names {
		fields, ok := v.held.(map[string]Value)
		if !ok {
			if v.typ == "" && (i > 0 || p.scope >= 0) {
				return v, nil // a record that is known and empty
			}
			return Value{}, &problem{code: CodeUnknownField, field: p.text}
		}
		if v, ok = fields[name]; !ok {
			return Value{}, &problem{code: CodeUnknownField, field: p.text, detail: p.nearest(i, fields)}
		}
	}
	return v, nil
}

// nearest is the path with its name i, which is not among the fields, put right; "" when nothing is near, or when there are very many fields.
func (p *path) nearest(i int, fields map[string]Value) string {
	if len(fields) > 1000 {
		return ""
	}
	keys := make([]string, 0, len(fields))
	for key := range fields {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	all := strings.Split(p.text, ".")
	i += len(all) - len(p.names)
	near := nearest(all[i], keys)
	if near == "" {
		return ""
	}
	all[i] = near
	return strings.Join(all, ".")
}

// operand is the value of an operand.
func (r *renderer) operand(o *operand) (Value, *problem) {
	if o.path != nil {
		return r.find(o.path)
	}
	return o.value, nil
}

// fail makes an error of a problem. What stands in detail for an unknown field is the suggestion.
func (r *renderer) fail(bad *problem, line, column int) error {
	if bad.code == CodeUnknownField {
		return newError(r.t.name, line, column, bad.code, bad.field, bad.detail, nil)
	}
	return newError(r.t.name, line, column, bad.code, bad.field, "", bad.detail)
}
