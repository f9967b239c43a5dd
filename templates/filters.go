package templates

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	numbers = []Type{TypeInt, TypeDecimal, TypeMoney}
	lists   = []Type{TypeList}
	// printable are what can be made a text of.
	printable = []Type{TypeText, TypeBool, TypeInt, TypeDecimal, TypeMoney, TypeDate, TypeInstant}
)

// builtin are the filters of the language, as docs/templates.md has them.
var builtin = byName(
	// default is applied by the renderer itself: it alone sees null.
	&filter{name: "default", usage: `default: "text"`, args: []parameter{{}}},
	&filter{name: "upcase", usage: "upcase", accept: printable, result: TypeText, apply: onText(strings.ToUpper)},
	&filter{name: "downcase", usage: "downcase", accept: printable, result: TypeText, apply: onText(strings.ToLower)},
	&filter{name: "capitalize", usage: "capitalize", accept: printable, result: TypeText, apply: onText(capitalize)},
	&filter{name: "strip", usage: "strip", accept: printable, result: TypeText, apply: onText(strings.TrimSpace)},
	&filter{name: "url", usage: "url", accept: printable, result: TypeText, apply: onText(func(s string) string { return percent(s, "") })},
	// newline_to_br is a matter of the place: HTML text gets <br>, a plain text keeps its lines, everything else is one line.
	&filter{name: "newline_to_br", usage: "newline_to_br", accept: printable, result: TypeText, apply: onText(func(s string) string { return s })},
	&filter{
		name: "truncate", usage: `truncate: 30`, accept: printable, result: TypeText,
		args:  []parameter{{literal: true, check: wholeNumber(1, 100_000)}, {optional: true, literal: true, check: isText}},
		apply: truncate,
	},
	&filter{
		name: "date", usage: `date: "` + strings.Join(dateStyles, `", date: "`) + `"`, accept: []Type{TypeDate, TypeInstant}, result: TypeText,
		args: []parameter{{literal: true, check: dateStyle}}, apply: date,
	},
	&filter{
		name: "number", usage: `number: 2`, accept: numbers, result: TypeText,
		args: []parameter{{literal: true, check: wholeNumber(0, 10)}}, apply: number,
	},
	&filter{
		name: "money", usage: `money, money: "EUR"`, accept: numbers, result: TypeText,
		args: []parameter{{optional: true, check: isCurrency}}, apply: asMoney,
	},
	&filter{
		name: "join", usage: `join: ", "`, accept: lists, result: TypeText,
		args: []parameter{{optional: true, check: isText}}, apply: join,
	},
	&filter{name: "size", usage: "size", accept: append([]Type{TypeList}, printable...), result: TypeInt, apply: size},
	&filter{name: "first", usage: "first", accept: lists, result: anyType, apply: endOf(func(items []Value) Value { return items[0] })},
	&filter{name: "last", usage: "last", accept: lists, result: anyType, apply: endOf(func(items []Value) Value { return items[len(items)-1] })},
)

func byName(filters ...*filter) map[string]*filter {
	m := make(map[string]*filter, len(filters))
	for _, f := range filters {
		m[f.name] = f
	}
	return m
}

// onText is a filter that makes a text of a text.
func onText(change func(string) string) func(*renderer, Value, []Value) (Value, *problem) {
	return func(r *renderer, in Value, _ []Value) (Value, *problem) {
		return Value{TypeText, change(r.format(in))}, nil
	}
}

// capitalize is Liquid's: the first letter large, the others small.
func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToTitle(r)) + strings.ToLower(s[n:])
}

func truncate(r *renderer, in Value, args []Value) (Value, *problem) {
	ending := "…"
	if len(args) > 1 {
		ending, _ = args[1].AsText()
	}
	s, n := r.format(in), args[0].whole()
	if utf8.RuneCountInString(s) > n {
		s = strings.TrimRight(cut(s, max(0, n-utf8.RuneCountInString(ending))), " ") + ending
	}
	return Value{TypeText, s}, nil
}

// cut is the first n characters of s, fewer where that would part a letter from its accent or an emoji from its other half.
func cut(s string, n int) string {
	at, last := 0, 0
	for i, r := range s {
		if !unicode.IsMark(r) && r != '\u200D' && !strings.HasSuffix(s[:i], "\u200D") {
			last = i
		}
		if at == n {
			return s[:last]
		}
		at++
	}
	return s
}

func date(r *renderer, in Value, args []Value) (Value, *problem) {
	style, _ := args[0].AsText()
	if in.typ == TypeDate && hasHour(style) {
		return Value{}, &problem{code: CodeFilterInput, detail: string(TypeDate)}
	}
	return Value{TypeText, r.locale.dates[style](r.locale, r.time(in))}, nil
}

func number(r *renderer, in Value, args []Value) (Value, *problem) {
	d, _ := in.number()
	return Value{TypeText, r.locale.number(d.rescaled(args[0].whole()), true)}, nil
}

func asMoney(r *renderer, in Value, args []Value) (Value, *problem) {
	amount, _ := in.number()
	m, _ := in.held.(money)
	if len(args) == 1 {
		wanted, _ := args[0].AsText()
		code, ok := currencyCode(wanted)
		if !ok || (m.currency != "" && m.currency != code) {
			return Value{}, &problem{code: CodeCurrency, detail: wanted}
		}
		m.currency = code
	}
	if m.currency == "" {
		return Value{}, &problem{code: CodeFilterArgument, detail: `money: "EUR"`}
	}
	return Value{TypeText, r.locale.amount(money{amount, m.currency})}, nil
}

func join(r *renderer, in Value, args []Value) (Value, *problem) {
	between := ", "
	if len(args) == 1 {
		between = r.format(args[0])
	}
	return r.joined(in.held.([]Value), between)
}

func size(r *renderer, in Value, _ []Value) (Value, *problem) {
	if items, ok := in.held.([]Value); ok {
		return Int(int64(len(items))), nil
	}
	return Int(int64(utf8.RuneCountInString(r.format(in)))), nil
}

// endOf is the filter of one end of a list; of an empty one it is null.
func endOf(pick func([]Value) Value) func(*renderer, Value, []Value) (Value, *problem) {
	return func(_ *renderer, in Value, _ []Value) (Value, *problem) {
		items := in.held.([]Value)
		if len(items) == 0 {
			return Value{}, nil
		}
		return pick(items), nil
	}
}

// whole is the number of a literal that wholeNumber has checked.
func (v Value) whole() int {
	d, _ := v.number()
	return int(d.int().Int64())
}

func wholeNumber(from, to int64) func(Value) (bool, string) {
	return func(v Value) (bool, string) {
		d, ok := v.held.(decimal)
		return ok && d.scale == 0 && d.cmp(decimalOf(from)) >= 0 && d.cmp(decimalOf(to)) <= 0, ""
	}
}

func isText(v Value) (bool, string) { return v.typ == TypeText, "" }

func isCurrency(v Value) (bool, string) {
	s, _ := v.AsText()
	_, ok := currencyCode(s)
	return ok, ""
}

func dateStyle(v Value) (bool, string) {
	s, _ := v.AsText()
	for _, style := range dateStyles {
		if s == style {
			return true, ""
		}
	}
	if near := nearest(s, dateStyles); near != "" {
		return false, `date: "` + near + `"`
	}
	return false, ""
}
