package templates

import (
	"sort"
	"strings"
)

// A Field is what a host declares that can be merged.
type Field struct {
	// Path is the dotted name, as templates write it: "contact.first_name". The records on the way need not be declared. Within Fields it is
	// relative to the record.
	Path string
	// Type is what it holds; for a list, what each item is. Defaults to anything, and then its uses are not checked.
	Type Type
	// List says that there are any number of values: {% for %}, join, first, last.
	List bool
	// Fields are those of a record, or of each record of a list.
	Fields []Field
}

// A shape is what is known about a value before there is one.
type shape struct {
	typ    Type // anyType when not declared
	list   bool
	fields map[string]*shape // of a record, or of each item of a list
}

// shapeOf makes one tree of the declared fields.
func shapeOf(fields []Field) *shape {
	root := &shape{typ: TypeRecord, fields: map[string]*shape{}}
	for _, f := range fields {
		at := root
		for _, name := range strings.Split(f.Path, ".") {
			if at.fields == nil {
				at.fields = map[string]*shape{}
			}
			if at.typ == anyType {
				at.typ = TypeRecord
			}
			child := at.fields[name]
			if child == nil {
				child = &shape{typ: anyType}
				at.fields[name] = child
			}
			at = child
		}
		at.list = f.List
		if f.Type != "" {
			at.typ = f.Type
		}
		if len(f.Fields) > 0 {
			inner := shapeOf(f.Fields)
			at.typ = TypeRecord
			if at.fields == nil {
				at.fields = inner.fields
			}
			for name, child := range inner.fields {
				at.fields[name] = child
			}
		}
	}
	return root
}

// item is one item of a list.
func (s *shape) item() *shape { return &shape{typ: s.typ, fields: s.fields} }

// kind is the type that filters and comparisons see.
func (s *shape) kind() Type {
	if s.list {
		return TypeList
	}
	return s.typ
}

// names are all paths below a shape that lead to a value or a list, sorted.
func (s *shape) names(prefix string) []string {
	var all []string
	for name, child := range s.fields {
		if child.list || len(child.fields) == 0 {
			all = append(all, prefix+name)
		} else {
			all = append(all, child.names(prefix+name+".")...)
		}
	}
	sort.Strings(all)
	return all
}
