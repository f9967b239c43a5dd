package web

import (
	"slices"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// A fieldGroup is the fields of one record that a template or a mail can merge.
type fieldGroup struct {
	Label  string
	Fields []mergeField
}

// A mergeField is one of them, with what it stands for.
type mergeField struct {
	Code    string // {{ contact.first_name }}
	Label   string
	Example string
	Shown   string // what the editor shows for it: the record's value, or the label
}

// fieldGroups are the fields of a kind, with the values of a record of it as examples.
func (v *visit) fieldGroups(kind storage.Kind, of storage.Ref) []fieldGroup {
	fields, err := v.mail.Templates.Fields(v.ctx(), kind)
	if err != nil {
		return nil
	}
	var values map[string]storage.Value
	if !of.IsZero() {
		_, values, _ = v.site.cfg.CRM.Fields(v.ctx(), v.actor, of) // without them the fields' own examples are shown
	}
	var out []fieldGroup
	for _, f := range fields {
		g := fieldGroup{Label: v.groupLabel(f)}
		var own map[string]storage.Value
		if f.Name == string(kind) {
			own = values
		}
		g.Fields = v.mergeFields(group{path: f.Name, filled: own != nil}, f.Fields, own)
		if len(g.Fields) > 0 {
			out = append(out, g)
		}
	}
	slices.Reverse(out) // the record's own fields are wanted more often than the sender's, which come first
	return out
}

func (v *visit) groupLabel(f storage.Field) string {
	if known("kind." + f.Name) {
		return v.say("kind." + f.Name)
	}
	if known("fields." + f.Name) {
		return v.say("fields." + f.Name)
	}
	return f.Name
}

// maxNesting is how deep records in records are listed.
const maxNesting = 2

// A group is where fields are listed: their path, what they are of, and whether a record gives their values.
type group struct {
	path, label string
	filled      bool
	depth       int
}

func (v *visit) mergeFields(in group, fields []storage.Field, values map[string]storage.Value) []mergeField {
	var out []mergeField
	for _, f := range fields {
		name, label := in.path+"."+f.Name, f.Label
		if label == "" && known("fields."+name) {
			label = v.say("fields." + name)
		}
		if label == "" {
			label = strings.ReplaceAll(f.Name, "_", " ")
		}
		if in.label != "" {
			label = in.label + " · " + label
		}
		switch {
		case f.Type == storage.ValueRecord && in.depth < maxNesting:
			inner := group{path: name, label: label, filled: in.filled, depth: in.depth + 1}
			out = append(out, v.mergeFields(inner, f.Fields, values[f.Name].Record)...)
			continue
		case f.Type == storage.ValueRecord, f.Type == storage.ValueList:
			continue // lists need a loop: docs/templates.md
		}
		m := mergeField{Code: "{{ " + name + " }}", Label: label, Example: f.Example, Shown: label}
		if text := v.value(values[f.Name]); text != "" {
			m.Example, m.Shown = text, cut(text, 40)
		} else if in.filled {
			m.Example = v.say("fields.empty")
		}
		m.Example = cut(m.Example, 40)
		out = append(out, m)
	}
	return out
}

// value is a field's value for people, "" if there is none to show on one line.
func (v *visit) value(val storage.Value) string {
	switch val.Type {
	case storage.ValueText:
		return strings.Join(strings.Fields(val.Text), " ")
	case storage.ValueBool:
		if val.Bool {
			return v.say("yes")
		}
		return v.say("no")
	case storage.ValueInt:
		return v.lang.number(int(val.Int))
	case storage.ValueDecimal, storage.ValueMoney:
		if val.Decimal == nil {
			return ""
		}
		return v.lang.decimal(val.Decimal, val.Currency)
	case storage.ValueDate:
		return v.say("date.long", val.Time.Day(), v.say("month.long."+monthKey(val.Time)), val.Time.Year())
	case storage.ValueInstant:
		return v.clock.full(val.Time)
	case storage.ValueList:
		var parts []string
		for _, item := range val.List {
			if text := v.value(item); text != "" {
				parts = append(parts, text)
			}
		}
		return strings.Join(parts, ", ")
	case storage.ValueRecord:
		return strings.Join(strings.Fields(val.Record["name"].Text), " ")
	}
	return ""
}
