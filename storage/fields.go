package storage

import (
	"context"
	"math/big"
	"time"
)

// FieldSource tells what templates can merge, and the values.
type FieldSource interface {
	// Fields returns every field that a record of Kind has, so that a template can be checked when it is saved.
	// A kind that the host does not know has no fields, which is no error.
	Fields(ctx context.Context, req FieldsRequest) (FieldsResult, error)

	// Values returns the values of at most [MaxValueRefs] records. Paths, if not empty, are the only ones that will be read ("name",
	// "account.city"); a driver may return more. A record that the Actor may not see, or that is gone, is missing from the result.
	Values(ctx context.Context, req ValuesRequest) (ValuesResult, error)
}

// A FieldsRequest asks for the fields of a kind.
type FieldsRequest struct {
	Tenant Tenant
	Kind   Kind
	Locale string // for Label
}

// A FieldsResult holds the fields of a kind.
type FieldsResult struct {
	Fields []Field
}

// A Field is one thing that can be merged.
type Field struct {
	Name    string    // [a-z][a-z0-9_]*, at most 64 bytes, as templates write it
	Label   string    // for people
	Type    ValueType // for ValueList: the type of Fields' only element, or a record of Fields
	Example string    // for people
	Fields  []Field   // of a record, or of each record of a list
}

// A ValuesRequest asks for values of records.
type ValuesRequest struct {
	Actor Actor
	Refs  []Ref
	Paths []string
}

// A ValuesResult holds a record of values for each Ref found.
type ValuesResult struct {
	Records map[Ref]Value // each of type ValueRecord
}

// A ValueType says which field of [Value] holds.
type ValueType string

// The types of values.
const (
	ValueEmpty   ValueType = ""        // known, but without a value
	ValueText    ValueType = "text"    // Text
	ValueBool    ValueType = "bool"    // Bool
	ValueInt     ValueType = "int"     // Int
	ValueDecimal ValueType = "decimal" // Decimal
	ValueMoney   ValueType = "money"   // Decimal and Currency
	ValueDate    ValueType = "date"    // Time, of which the day counts, in UTC
	ValueInstant ValueType = "instant" // Time
	ValueList    ValueType = "list"    // List
	ValueRecord  ValueType = "record"  // Record
)

// A Value is a typed value of a field. The zero Value is a known field without a value.
type Value struct {
	Type     ValueType
	Text     string
	Bool     bool
	Int      int64
	Decimal  *big.Rat
	Currency string // ISO 4217: "EUR"
	Time     time.Time
	List     []Value
	Record   map[string]Value
}

// Text is a text value.
func Text(s string) Value { return Value{Type: ValueText, Text: s} }

// Bool is a truth value.
func Bool(b bool) Value { return Value{Type: ValueBool, Bool: b} }

// Int is a whole number.
func Int(n int64) Value { return Value{Type: ValueInt, Int: n} }

// Decimal is an exact number.
func Decimal(n *big.Rat) Value { return Value{Type: ValueDecimal, Decimal: n} }

// Money is an exact amount in a currency (ISO 4217).
func Money(n *big.Rat, currency string) Value {
	return Value{Type: ValueMoney, Decimal: n, Currency: currency}
}

// Date is a day without a time.
func Date(year int, month time.Month, day int) Value {
	return Value{Type: ValueDate, Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// Instant is a moment.
func Instant(t time.Time) Value { return Value{Type: ValueInstant, Time: t} }

// List is a list of values.
func List(values ...Value) Value { return Value{Type: ValueList, List: values} }

// Record is a record of named values.
func Record(fields map[string]Value) Value { return Value{Type: ValueRecord, Record: fields} }
