package templates

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// ErrLimit is wrapped by every [Error] that says that one of the bounds of this package was passed.
var ErrLimit = errors.New("template limit exceeded")

// An Error is one thing that is wrong with a template, at one place, in words for the person who wrote the template.
type Error struct {
	// Name is the template's, as given to [Parse].
	Name string
	// Code is stable; see the Code constants. Translations and tests go by it.
	Code Code
	// Line and Column count from 1; a column is one Unicode character, whatever its bytes or its width.
	Line, Column int
	// Message is an English sentence or two. [Error.Localize] has it in another language.
	Message string
	// Field is the name concerned: of a field, a filter, a tag or an attribute, as the author wrote it.
	Field string
	// Suggestion is what was probably meant; empty when nothing is near.
	Suggestion string
	// Detail is what else the message names: a number, how a filter is written, the types of two values ("text / int").
	Detail string
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Name != "" {
		b.WriteString(e.Name)
		b.WriteString(": ")
	}
	fmt.Fprintf(&b, "%d:%d: %s", e.Line, e.Column, e.Message)
	return b.String()
}

// Unwrap makes the limit codes an [ErrLimit].
func (e *Error) Unwrap() error {
	if strings.HasPrefix(string(e.Code), "limit_") {
		return ErrLimit
	}
	return nil
}

// Localize is the message in lang, a language tag such as "fr" or "en-GB". French and English are there; every other language gets English.
func (e *Error) Localize(lang string) string {
	pick := func(m message) string { return m.en }
	if language(lang) == "fr" {
		pick = func(m message) string { return m.fr }
	}
	sentence, detail := pick(messages[e.Code]), e.Detail
	if e.Suggestion != "" {
		sentence += pick(message{" Did you mean “{suggestion}”?", " Vouliez-vous dire « {suggestion} » ?"})
	}
	switch e.Code {
	case CodeFilterInput:
		detail = pick(typeNames[Type(detail)])
	case CodeCompare:
		left, right, _ := strings.Cut(detail, " / ")
		detail = pick(typeNames[Type(left)]) + pick(message{" with ", " avec "}) + pick(typeNames[Type(right)])
	}
	return strings.NewReplacer("{field}", e.Field, "{suggestion}", e.Suggestion, "{detail}", detail).Replace(sentence)
}

// newError makes an Error with its English message. A name longer than 80 characters is cut: it comes from the template.
func newError(name string, line, column int, code Code, field, suggestion string, detail any) *Error {
	e := &Error{Name: name, Code: code, Line: line, Column: column, Field: shorten(field), Suggestion: suggestion}
	switch d := detail.(type) {
	case string:
		e.Detail = shorten(d)
	case int:
		e.Detail = strconv.Itoa(d)
	}
	e.Message = e.Localize("en")
	return e
}

func shorten(s string) string {
	if len(s) <= 80 {
		return s
	}
	return cut(s, 79) + "…"
}

// Errors are all the errors of one template, in the order of their places.
type Errors []*Error

func (e Errors) Error() string {
	switch len(e) {
	case 0:
		return "no errors"
	case 1:
		return e[0].Error()
	}
	return fmt.Sprintf("%s (and %d more)", e[0].Error(), len(e)-1)
}

// Unwrap gives the errors one by one to [errors.Is] and [errors.As].
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// Err is nil when there are none, so that the result of [Template.Check] can be returned as an error.
func (e Errors) Err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

func (e Errors) sort() {
	sort.SliceStable(e, func(i, j int) bool {
		if e[i].Line != e[j].Line {
			return e[i].Line < e[j].Line
		}
		return e[i].Column < e[j].Column
	})
}
