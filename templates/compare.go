package templates

import (
	"strings"
	"time"
)

// condition is whether a condition holds. It stops at the first term that decides.
func (r *renderer) condition(c *condition) (bool, error) {
	holds := !c.any
	for i := range c.terms {
		one, err := r.comparison(&c.terms[i])
		if err != nil {
			return false, err
		}
		if one == c.any {
			holds = c.any
			break
		}
	}
	return holds != c.negate, nil
}

func (r *renderer) comparison(c *comparison) (bool, error) {
	left, bad := r.operand(&c.left)
	if bad != nil {
		return false, r.fail(bad, c.left.path.line, c.left.path.column)
	}
	if err := r.work(1); err != nil || c.operator == "" {
		return left.holds(), err
	}
	right, bad := r.operand(&c.right)
	if bad != nil {
		return false, r.fail(bad, c.right.path.line, c.right.path.column)
	}
	if err := r.work(left.weight() + right.weight()); err != nil {
		return false, err
	}
	answer, ok := r.compare(left, c.operator, right)
	if !ok {
		return false, r.fail(&problem{code: CodeCompare, field: c.operator, detail: string(left.Type()) + " / " + string(right.Type())}, c.line, c.column)
	}
	return answer, nil
}

// compare answers left operator right, and whether the two can be compared so. An empty value equals only another one, and is neither smaller nor
// larger than anything.
func (r *renderer) compare(left Value, operator string, right Value) (answer, ok bool) {
	if left.IsEmpty() || right.IsEmpty() {
		both := left.IsEmpty() && right.IsEmpty()
		return (operator == "==" && both) || (operator == "!=" && !both), true
	}
	if operator == "contains" {
		return r.contains(left, right)
	}
	order, ordered, ok := r.order(left, right)
	if !ok {
		return false, false
	}
	switch operator {
	case "==":
		return order == 0, true
	case "!=":
		return order != 0, true
	}
	switch operator {
	case "<":
		return order < 0, ordered
	case "<=":
		return order <= 0, ordered
	case ">":
		return order > 0, ordered
	}
	return order >= 0, ordered
}

func (r *renderer) contains(left, right Value) (answer, ok bool) {
	switch x := left.held.(type) {
	case string:
		needle, ok := right.AsText()
		return ok && strings.Contains(x, needle), ok
	case []Value:
		for _, item := range x {
			if order, _, ok := r.order(item, right); ok && order == 0 {
				return true, true
			}
		}
		return false, true
	}
	return false, false
}

// order is negative, zero or positive as left is before, equal to or behind right. Not everything that can be equal can be before or behind.
func (r *renderer) order(left, right Value) (order int, ordered, ok bool) {
	switch x := left.held.(type) {
	case decimal:
		if y, number := right.number(); number {
			return x.cmp(y), true, true
		}
	case money:
		switch y := right.held.(type) {
		case decimal:
			return x.amount.cmp(y), true, true
		case money:
			if x.currency != y.currency {
				return 1, false, true
			}
			return x.amount.cmp(y.amount), true, true
		}
	case bool:
		if y, isBool := right.held.(bool); isBool {
			return unequal(x != y), false, true
		}
	case time.Time:
		return r.timeOrder(left, right)
	case string:
		switch y := right.held.(type) {
		case string:
			return unequal(x != y), false, true
		case time.Time:
			order, ordered, ok = r.timeOrder(right, left)
			return -order, ordered, ok
		}
	}
	return 0, false, false
}

func unequal(b bool) int {
	if b {
		return 1
	}
	return 0
}

// timeOrder compares two moments, or two days when one of the two is only a day; a day may be written "2026-03-01".
func (r *renderer) timeOrder(left, right Value) (order int, ordered, ok bool) {
	if s, isText := right.AsText(); isText {
		day, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return 0, false, false
		}
		right = Value{TypeDate, day}
	}
	if right.typ != TypeDate && right.typ != TypeInstant {
		return 0, false, false
	}
	x, y := r.time(left), r.time(right)
	if left.typ != right.typ {
		x, y = day(x), day(y)
	}
	return x.Compare(y), true, true
}

func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
