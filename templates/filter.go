package templates

import (
	"sort"
	"strings"
	"unicode"
)

// A Filter is one of the host's own. It must be a pure function: the same values give the same result, nothing is looked up and nothing changes, for it
// runs once for each place and recipient.
type Filter struct {
	// Name is a word of the language: letters, digits and underscores. The names of the built-in filters are taken.
	Name string
	// Doc is one sentence for the list of filters beside the editor; Example is how it is written: `phone: "FR"`.
	Doc, Example string
	// Apply gets the value and the arguments, at most four. It never gets null: null passes every filter but default unchanged. Its result may be null.
	// An error stops the rendering, as an [Error] with [CodeFilterFailed] and the error's text.
	Apply func(in Value, args []Value) (Value, error)
}

// A filter is what a call names.
type filter struct {
	name   string
	usage  string      // how it is written, for errors and for the reference
	accept []Type      // of the input; nil: any
	result Type        // "": the same as the input; "any": not known
	args   []parameter // in their order
	apply  func(r *renderer, in Value, args []Value) (Value, *problem)
}

// A parameter of a filter.
type parameter struct {
	optional bool
	literal  bool // must be written in the template, not taken from a field
	check    func(v Value) (ok bool, suggestion string)
}

// anyType is the result of a filter whose result is not known.
const anyType Type = "any"

type badArgument struct{ suggestion string }

// checkArguments holds the arguments that are written in the template against the parameters.
func (f *filter) checkArguments(args []operand) *badArgument {
	if len(args) > len(f.args) || (len(args) < len(f.args) && !f.args[len(args)].optional) {
		return &badArgument{}
	}
	for i, arg := range args {
		want := f.args[i]
		if arg.path != nil {
			if want.literal {
				return &badArgument{}
			}
			continue
		}
		if want.check != nil {
			if ok, suggestion := want.check(arg.value); !ok {
				return &badArgument{suggestion}
			}
		}
	}
	return nil
}

func (f *filter) accepts(t Type) bool {
	for _, one := range f.accept {
		if one == t {
			return true
		}
	}
	return len(f.accept) == 0
}

func filterNames(filters map[string]*filter) []string {
	names := make([]string, 0, len(filters))
	for name := range filters {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// hostFilters are the built-in filters and the host's. Names that cannot be used are given back.
func hostFilters(own []Filter) (all map[string]*filter, bad []string) {
	all = make(map[string]*filter, len(builtin)+len(own))
	for name, f := range builtin {
		all[name] = f
	}
	for _, f := range own {
		if all[f.Name] != nil || !isWord(f.Name) || f.Apply == nil {
			bad = append(bad, f.Name)
			continue
		}
		all[f.Name] = &filter{
			name: f.Name, usage: f.Example, result: anyType,
			args: []parameter{{optional: true}, {optional: true}, {optional: true}, {optional: true}},
			apply: func(_ *renderer, in Value, args []Value) (Value, *problem) {
				v, err := f.Apply(in, args)
				if err != nil {
					return Value{}, &problem{code: CodeFilterFailed, detail: oneLine(err.Error())}
				}
				return v, nil
			},
		}
	}
	return all, bad
}

func isWord(s string) bool {
	return s != "" && !reserved[s] && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_'
	}) && !isDigit(s[0])
}
