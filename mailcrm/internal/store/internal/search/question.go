package search

import (
	"strings"
)

// A Field is a part of a mail that can be asked for alone.
type Field int

// The fields, in the order of FTS5's columns and of PostgreSQL's weights A to D.
const (
	Subject Field = iota
	Sender
	Recipients
	Body
	Anywhere
)

// The names of FTS5's columns.
var columns = [...]string{"subject", "sender", "recipients", "body"}

// A term is a run of words that must occur in a field.
type term struct {
	field  Field
	words  []string
	prefix bool // the last word may go on
}

// A Question is what must occur in a mail. Its zero value asks nothing.
type Question struct{ terms []term }

// Asks reports whether the question asks for anything.
func (q Question) Asks() bool { return len(q.terms) > 0 }

// Ask adds what a person typed for a field.
func (q *Question) Ask(field Field, typed string) {
	const maxTyped = 4096
	if len(typed) > maxTyped {
		typed = typed[:maxTyped]
	}
	first := len(q.terms)
	for typed != "" && len(q.terms) < MaxTerms {
		var run string
		quoted := false
		switch i := strings.IndexAny(typed, " \t\r\n\"\u00a0"); {
		case i < 0:
			run, typed = typed, ""
		case typed[i] == '"' && i == 0:
			var closed bool
			run, typed, closed = strings.Cut(typed[1:], `"`)
			quoted = closed
		default:
			run, typed = typed[:i], typed[i:]
			if typed[0] != '"' {
				typed = strings.TrimLeft(typed, " \t\r\n\u00a0")
			}
		}
		t := term{field: field}
		Words(run, func(w []byte) {
			if len(t.words) < MaxTermWords {
				t.words = append(t.words, string(w))
			}
		})
		if len(t.words) == 0 {
			continue
		}
		t.prefix = !quoted
		if n := len(q.terms); n > first {
			q.terms[n-1].prefix = false // only the last one of a field
		}
		q.terms = append(q.terms, t)
	}
}

// FTS5 spells the question for SQLite (https://sqlite.org/fts5.html#full_text_query_syntax). All that stands between quotes is letters and digits.
func (q Question) FTS5() string {
	var b strings.Builder
	for i, t := range q.terms {
		if i > 0 {
			b.WriteString(" AND ")
		}
		if t.field != Anywhere {
			b.WriteString(columns[t.field])
			b.WriteString(" : ")
		}
		b.WriteByte('"')
		b.WriteString(strings.Join(t.words, " "))
		b.WriteByte('"')
		if t.prefix {
			b.WriteString(" *")
		}
	}
	return b.String()
}

// TSQuery spells the question for PostgreSQL, as text for a cast to tsquery. All that stands between quotes is letters and digits.
func (q Question) TSQuery() string {
	var b strings.Builder
	for i, t := range q.terms {
		if i > 0 {
			b.WriteString(" & ")
		}
		b.WriteByte('(')
		for k, w := range t.words {
			if k > 0 {
				b.WriteString(" <-> ")
			}
			b.WriteByte('\'')
			b.WriteString(w)
			b.WriteByte('\'')
			prefix := t.prefix && k == len(t.words)-1
			if prefix || t.field != Anywhere {
				b.WriteByte(':')
			}
			if prefix {
				b.WriteByte('*')
			}
			if t.field != Anywhere {
				b.WriteByte("ABCD"[t.field])
			}
		}
		b.WriteByte(')')
	}
	return b.String()
}
