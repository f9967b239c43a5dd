package templates

import (
	"fmt"
	"sort"
	"strings"
	"time"
	"unicode/utf8"
)

// A Type is the kind of a [Value] or of a [Field].
type Type string

// The types. A field of the type "" may hold anything: [Template.Check] then asks less.
const (
	TypeNull    Type = "null"    // known, but empty
	TypeText    Type = "text"    // UTF-8 text
	TypeBool    Type = "bool"    // yes or no
	TypeInt     Type = "int"     // a whole number
	TypeDecimal Type = "decimal" // an exact decimal number
	TypeMoney   Type = "money"   // an exact amount in a currency
	TypeDate    Type = "date"    // a day, the same one everywhere
	TypeInstant Type = "instant" // a moment; its day and hour depend on the zone
	TypeList    Type = "list"    // any number of values
	TypeRecord  Type = "record"  // named values
)

// A Value is one thing that a template can print, compare or repeat. Values are data: nothing of the host's can be called or reached through
// one. A Value never changes; a list or map given to a constructor is copied one level deep. The zero Value is null: known, but empty.
type Value struct {
	typ  Type
	held any // string, bool, decimal, money, time.Time, []Value, map[string]Value
}

type money struct {
	amount   decimal
	currency string // ISO 4217, upper case
}

// Null is a field that is known and has no value. It is what a caller puts for every path that a look-up did not answer.
func Null() Value { return Value{} }

// Text is a text. Invalid UTF-8 is replaced by U+FFFD, and an empty text counts as empty, like [Null].
func Text(s string) Value {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return Value{TypeText, s}
}

// Bool is yes or no.
func Bool(b bool) Value { return Value{TypeBool, b} }

// Int is a whole number.
func Int(n int64) Value { return Value{TypeInt, decimalOf(n)} }

// Decimal is an exact decimal number such as "1234.50" or "-0.5": digits, at most 38 before and 38 after the point, no exponent. Its number of
// decimals is kept.
func Decimal(s string) (Value, error) {
	d, err := parseDecimal(s)
	if err != nil {
		return Value{}, err
	}
	return Value{TypeDecimal, d}, nil
}

// Money is an exact amount, written as for [Decimal], in a currency by its three letters (ISO 4217: "EUR"). It is printed with the decimals
// that ISO 4217 gives the currency, two where it is not known.
func Money(amount, currency string) (Value, error) {
	d, err := parseDecimal(amount)
	if err != nil {
		return Value{}, err
	}
	code, ok := currencyCode(currency)
	if !ok {
		return Value{}, fmt.Errorf("templates: %q is not a currency code of three letters", shorten(currency))
	}
	return Value{TypeMoney, money{d, code}}, nil
}

// Date is a day of the calendar, free of any zone. Days that do not exist are normalised as in [time.Date].
func Date(year int, month time.Month, day int) Value {
	return Value{TypeDate, time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// Instant is a moment. It is printed in the zone of the [RenderOptions].
func Instant(t time.Time) Value { return Value{TypeInstant, t} }

// List is any number of values.
func List(items ...Value) Value { return Value{TypeList, append([]Value(nil), items...)} }

// Record is a set of named values.
func Record(fields map[string]Value) Value {
	m := make(map[string]Value, len(fields))
	for name, v := range fields {
		m[name] = v
	}
	return Value{TypeRecord, m}
}

// FromPaths is the record that [Template.Render] wants, made from values by path, as a batched look-up returns them:
// {"contact.first_name": …, "deal.amount": …}. Where a path runs through something that is not a record, the shorter path wins.
func FromPaths(values map[string]Value) Value {
	paths := make([]string, 0, len(values))
	for path := range values {
		paths = append(paths, path)
	}
	sort.Strings(paths) // a parent comes before its children
	root := map[string]Value{}
	for _, path := range paths {
		graft(root, strings.Split(path, "."), values[path])
	}
	return Value{TypeRecord, root}
}

func graft(into map[string]Value, names []string, v Value) {
	for len(names) > 1 {
		child, known := into[names[0]]
		var fields map[string]Value
		switch {
		case !known || child.typ == "":
			fields = map[string]Value{}
		case child.typ == TypeRecord:
			fields = Record(child.held.(map[string]Value)).held.(map[string]Value) // the caller's own stays as it was
		default:
			return
		}
		into[names[0]] = Value{TypeRecord, fields}
		into, names = fields, names[1:]
	}
	into[names[0]] = v
}

// Type is the kind of the value.
func (v Value) Type() Type {
	if v.typ == "" {
		return TypeNull
	}
	return v.typ
}

// IsEmpty says whether there is nothing to print: null, a text of white space, a list or a record without content. False and zero are
// something.
func (v Value) IsEmpty() bool {
	switch v.typ {
	case "":
		return true
	case TypeText:
		return strings.TrimSpace(v.held.(string)) == ""
	case TypeList:
		return len(v.held.([]Value)) == 0
	case TypeRecord:
		return len(v.held.(map[string]Value)) == 0
	}
	return false
}

// holds is what {% if %} asks: something is there, and it is not false.
func (v Value) holds() bool {
	if v.typ == TypeBool {
		return v.held.(bool)
	}
	return !v.IsEmpty()
}

// AsText is the text of a text value.
func (v Value) AsText() (string, bool) {
	s, ok := v.held.(string)
	return s, ok
}

// AsDecimal is the exact number of an int, a decimal or an amount of money, as [Decimal] reads it.
func (v Value) AsDecimal() (string, bool) {
	d, ok := v.number()
	return d.String(), ok
}

// AsList is a copy of the items of a list.
func (v Value) AsList() ([]Value, bool) {
	items, ok := v.held.([]Value)
	return append([]Value(nil), items...), ok
}

// number is the number of an int, a decimal or an amount.
func (v Value) number() (decimal, bool) {
	switch x := v.held.(type) {
	case decimal:
		return x, true
	case money:
		return x.amount, true
	}
	return decimal{}, false
}
