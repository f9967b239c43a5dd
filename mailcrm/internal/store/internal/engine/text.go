package engine

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// SQL is the text of a statement, or a part of one, in the words of the package comment.
type SQL string

// An In is an argument for {list}: a parenthesised list of values, at least one. It is filled up to the next power of two with its last value,
// which changes nothing for IN and keeps the number of different statements small. At most [MaxIn] values.
type In []any

// Rows is an argument for {rows}: the values of an INSERT, row by row, each of Columns values.
type Rows struct {
	Columns int
	Values  []any
}

// MaxIn is how many values a list may have.
const MaxIn = 2048

// Strings are values for an [In].
func Strings[T ~string](values []T) In {
	in := make(In, len(values))
	for i, v := range values {
		in[i] = string(v)
	}
	return in
}

// A shape is a statement with the sizes of its lists: what decides its text. Two lists are enough for every statement there is.
type shape struct {
	sql   SQL
	lists [2]int32
	rows  int32 // columns<<16 | rows
}

// form takes the lists out of args: the shape of the statement, and the plain arguments.
func form(q SQL, args []any) (shape, []any) {
	s := shape{sql: q}
	flat := true
	for _, arg := range args {
		switch arg.(type) {
		case In, Rows:
			flat = false
		}
	}
	if flat {
		for i, arg := range args {
			if text, ok := arg.(string); ok {
				args[i] = Clean(text)
			}
		}
		return s, args
	}
	plain := make([]any, 0, len(args)+16)
	add := func(v any) {
		if text, ok := v.(string); ok {
			v = Clean(text)
		}
		plain = append(plain, v)
	}
	n := 0
	for _, arg := range args {
		switch arg := arg.(type) {
		case In:
			size := 1
			for size < len(arg) {
				size *= 2
			}
			s.lists[n] = int32(size)
			n++
			for i := range size {
				add(arg[min(i, len(arg)-1)])
			}
		case Rows:
			s.rows = int32(arg.Columns)<<16 | int32(len(arg.Values)/arg.Columns)
			for _, v := range arg.Values {
				add(v)
			}
		default:
			add(arg)
		}
	}
	return s, plain
}

// Clean makes s storable: PostgreSQL refuses text that is not UTF-8 or holds a NUL, and both engines shall say the same. Senders write what they like.
func Clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

// render is the text that the engine gets.
func (s shape) render(d *DB) string {
	var b strings.Builder
	text := string(s.sql)
	parameter, list := 0, 0
	place := func() {
		parameter++
		if d.Dialect == Postgres {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(parameter))
		} else {
			b.WriteByte('?')
		}
	}
	tuple := func(n int) {
		for i := range n {
			b.WriteByte("(,"[min(i, 1)])
			place()
		}
		b.WriteByte(')')
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '?':
			place()
		case c == '@' && i+1 < len(text) && text[i+1] >= 'a' && text[i+1] <= 'z':
			if d.Dialect == Postgres {
				b.WriteString(d.Schema)
				b.WriteByte('.')
			}
		case c == '{':
			word, _, _ := strings.Cut(text[i+1:], "}")
			i += len(word) + 1
			switch word {
			case "list":
				tuple(int(s.lists[list]))
				list++
			case "schema":
				b.WriteString(d.Schema)
			case "rows":
				for row := range int(s.rows & 0xffff) {
					if row > 0 {
						b.WriteByte(',')
					}
					tuple(int(s.rows >> 16))
				}
			default:
				b.WriteString(d.words()[word])
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// words are those that differ between the engines, in statements and in migrations.
func (d *DB) words() map[string]string {
	if d.Dialect == Postgres {
		return postgresWords
	}
	return sqliteWords
}

var (
	sqliteWords = map[string]string{
		"now":      "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
		"keyshare": "",
		"update":   "",
		"text":     "TEXT",
		"int":      "INTEGER",
		"bytes":    "BLOB",
		"bool":     "BOOLEAN",
		"norowid":  "WITHOUT ROWID",
		"num":      "num",
	}
	postgresWords = map[string]string{
		// Not now(): that is when the transaction began.
		"now": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
		// Conflicts with the change of a column in a unique index (a lease's epoch), not with that of another (its expiry).
		"keyshare": "FOR KEY SHARE",
		"update":   "FOR UPDATE", // SQLite has one writer
		// Pages are merged in Go, which compares bytes; so must the data base.
		"text":    `TEXT COLLATE "C"`,
		"int":     "BIGINT",
		"bytes":   "BYTEA",
		"bool":    "BOOLEAN",
		"norowid": "",
		"num":     "0",
	}
)

// Render is the text of a statement without lists, for migrations.
func Render(d *DB, q SQL) string { return shape{sql: q}.render(d) }
