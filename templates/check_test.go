package templates_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/templates"
)

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		source string
		want   []string // line:column code field suggestion
	}{
		{`{{ contact.first_name }}{% for l in deal.lines %}{{ l.label }}{% endfor %}`, nil},
		{"x\n{{ contact.firstname }}", []string{"2:4 unknown_field contact.firstname contact.first_name"}},
		{`{{ Contact.First-Name }}`, []string{"1:4 unknown_field Contact.First-Name contact.first_name"}},
		{`{{ contact.first_nmae }}`, []string{"1:4 unknown_field contact.first_nmae contact.first_name"}},
		{`{{ first_name }}`, []string{"1:4 unknown_field first_name contact.first_name"}},
		{`{{ client.first_name }}`, []string{"1:4 unknown_field client.first_name contact.first_name"}},
		{`{{ contact.shoe_size_in_inches }}`, []string{"1:4 unknown_field contact.shoe_size_in_inches "}},
		{`{{ contact.first_name.length }}`, []string{"1:4 unknown_field contact.first_name.length "}},
		{`{{ deal.lines.size }}`, []string{"1:4 unknown_field deal.lines.size deal.lines | size"}},
		{`{{ deal.lines.label }}`, []string{"1:4 unknown_field deal.lines.label "}},
		{`{{ contact.fax | default: contact.fex }}`, []string{"1:27 unknown_field contact.fex contact.fax"}},
		{`{% if contact.vipp %}{{ contact.x }}{% elsif contact.y %}{{ contact.z }}{% endif %}`, []string{
			"1:7 unknown_field contact.vipp contact.vip", "1:25 unknown_field contact.x ", "1:46 unknown_field contact.y ", "1:61 unknown_field contact.z ",
		}},
		{`{% for l in deal.lines %}{{ l.labl }}{{ l }}{{ label }}{% endfor %}{{ l.label }}`, []string{
			"1:29 unknown_field l.labl l.label", "1:41 not_text l ", "1:48 unknown_field label ", "1:71 unknown_field l.label ",
		}},
		{`{% for l in deal.line %}{{ l.anything }}{% endfor %}`, []string{"1:13 unknown_field deal.line deal.lines"}},
		{`{% for l in contact.first_name %}{{ l.anything }}{% endfor %}`, []string{"1:13 not_list contact.first_name "}},
		{`{% for l in contact %}{% endfor %}`, []string{"1:13 not_list contact "}},
		{`{% for l in deal.unknown %}{{ l.anything | date: "long" }}{% endfor %}`, nil},
		{`{{ contact }}{{ deal.lines }}{{ deal.tags }}`, []string{"1:4 not_text contact ", "1:17 not_text deal.lines "}},
		{`{{ deal.lines | first }}{{ deal.tags | first | upcase }}`, []string{"1:4 not_text deal.lines "}},
		{`{{ contact.first_name | date: "long" }}`, []string{"1:25 filter_input date "}},
		{`{{ contact.first_name | join }}`, []string{"1:25 filter_input join "}},
		{`{{ deal.tags | upcase }}`, []string{"1:16 filter_input upcase "}},
		{`{{ deal.due | date: "time" }}`, []string{"1:15 filter_input date "}},
		{`{{ deal.due | date: "long" | date: "long" }}`, []string{"1:30 filter_input date "}},
		{`{{ deal.count | money }}{{ deal.amount | money }}{{ deal.count | money: "EUR" }}`, []string{"1:17 filter_argument money "}},
		{`{{ deal.amount | number: 2 | number: 2 }}`, []string{"1:30 filter_input number "}},
		{`{{ deal.tags | size | number: 1 }}`, nil},
		{`{% if contact.first_name == 3 %}{% endif %}`, []string{"1:26 compare == "}},
		{`{% if contact.first_name < "b" %}{% endif %}`, []string{"1:26 compare < "}},
		{`{% if deal.amount > "100" %}{% endif %}`, []string{"1:19 compare > "}},
		{`{% if deal.due > "yesterday" %}{% endif %}`, []string{"1:16 compare > "}},
		{`{% if deal.due > "2026-01-01" and deal.due > deal.met and "2026-01-01" < deal.due %}{% endif %}`, nil},
		{`{% if contact.vip > contact.lost %}{% endif %}`, []string{"1:19 compare > "}},
		{`{% if deal.amount contains 3 %}{% endif %}{% if deal.tags contains "x" %}{% endif %}`, []string{"1:19 compare contains "}},
		{`{% for l in deal.lines %}{% if forloop.index > 1 and forloop.first == false %}{% endif %}{% endfor %}`, nil},
	} {
		t.Run(c.source, func(t *testing.T) {
			var got []string
			for _, one := range parse(t, c.source, templates.PlainText).Check(fields()) {
				got = append(got, fmt.Sprintf("%d:%d %s %s %s", one.Line, one.Column, one.Code, one.Field, one.Suggestion))
				for _, sentence := range []string{one.Message, one.Localize("fr")} {
					require.NotContains(t, sentence, "{")
				}
			}
			require.Equal(t, c.want, got)
		})
	}
	require.Equal(t, "The filter “date” cannot be used with a text.", parse(t, `{{ contact.first_name | date: "long" }}`, templates.HTML).Check(fields())[0].Message)
	french := parse(t, `{% if contact.first_name == 3 %}{% endif %}`, templates.HTML).Check(fields())[0].Localize("fr")
	require.Equal(t, "« == » ne peut pas comparer un texte avec un nombre.", french)
	require.NotEmpty(t, parse(t, `{{ a }}`, templates.HTML).Check(nil), "nothing declared: nothing is known")
}

// A field without a type may be used in every way; records may be declared by their fields, by dots, or both.
func TestDeclarations(t *testing.T) {
	declared := []templates.Field{
		{Path: "a.b"},
		{Path: "r", Fields: []templates.Field{{Path: "x.y", Type: templates.TypeInt}}},
		{Path: "r.z", Type: templates.TypeText},
		{Path: "free", Type: ""},
		{Path: "any", List: true},
		{Path: "nested", List: true, Fields: []templates.Field{{Path: "inner", List: true, Fields: []templates.Field{{Path: "leaf", Type: templates.TypeText}}}}},
	}
	require.Empty(t, parse(t, `{{ a.b | date: "long" }}{{ a.b | join }}{{ r.x.y | number: 1 }}{{ r.z }}{{ free.whatever }}{% for x in any %}{{ x.y | upcase }}{% endfor %}
{% for n in nested %}{% for i in n.inner %}{{ i.leaf }}{% endfor %}{% endfor %}{% for x in free %}{{ x }}{% endfor %}{% if a.b > 3 %}{% endif %}`, templates.PlainText).Check(declared))
	wrong := parse(t, `{{ a }}{{ r }}{{ a.c }}{{ r.x.q }}{% for n in nested %}{% for i in n.inner %}{{ i.leav }}{% endfor %}{% endfor %}`, templates.PlainText).Check(declared)
	require.Len(t, wrong, 5)
	require.Equal(t, "i.leaf", wrong[4].Suggestion)
}

// Many mistakes against many fields stay cheap, and are cut.
func TestCheckIsBounded(t *testing.T) {
	var declared []templates.Field
	source := ""
	for i := range 3000 {
		declared = append(declared, templates.Field{Path: fmt.Sprintf("record%d.some_long_field_name_%d", i%10, i), Type: templates.TypeText})
		source += fmt.Sprintf("{{ recrd.some_lnog_field%d }}", i)
	}
	require.Len(t, parse(t, source, templates.PlainText).Check(declared), templates.MaxErrors)
}
