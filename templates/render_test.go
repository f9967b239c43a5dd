package templates_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/templates"
)

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`{{ contact.first_name }}`, "Zoé"},
		{`{{contact.first_name}}{{"}}"}}{{ "it's" }}{{'"'}}`, `Zoé}}it's"`},
		{`{{ "a" }}{{ 'b' }}{{ 12 }}{{ -0.50 }}{{ true }}{{ false }}`, "ab12-0.50yesno"},
		{`{{ "{{ contact.first_name }}" }}`, "{{ contact.first_name }}"},
		{`{ {x} } }} %} {`, "{ {x} } }} %} {"},
		{`{% if contact.vip %}a{% else %}b{% endif %}`, "a"},
		{`{% if contact.lost %}a{% elsif contact.fax %}b{% elsif deal.zero %}c{% else %}d{% endif %}`, "c"},
		{`{% if contact.lost %}a{% elsif contact.fax %}b{% else %}d{% endif %}`, "d"},
		{`{% unless contact.fax %}a{% else %}b{% endunless %}`, "a"},
		{`{% unless contact.vip %}a{% else %}b{% endunless %}`, "b"},
		{`{% if contact.nickname %}a{% endif %}{% if deal.none %}b{% endif %}{% if deal.tags %}c{% endif %}{% if contact.company %}d{% endif %}`, "c"},
		{`{% if contact.vip and deal.zero and contact.first_name == "Zoé" %}a{% endif %}`, "a"},
		{`{% if contact.fax or contact.lost or contact.vip %}a{% endif %}`, "a"},
		{`{% unless contact.fax or contact.lost %}a{% endunless %}`, "a"},
		{`{% if contact.fax and contact.vip %}a{% endif %}`, ""},
		{`{% for line in deal.lines %}{{ forloop.index }}{% if forloop.first %}f{% endif %}{% if forloop.last %}l{% endif %} {{ line.label }};{% endfor %}`, "1f Tuiles;2l Pose <b>;"},
		{`{% for x in deal.tags %}{% for y in deal.tags %}{{ forloop.index }}{{ x }}{% endfor %}{{ forloop.index }} {% endfor %}`, "1a<b2a<b3a<b1 1232 1c2c3c3 "},
		{`{% for x in deal.none %}never{% endfor %}`, ""},
		{`{% for deal in deal.lines %}{{ deal.label }},{% endfor %}`, "Tuiles,Pose <b>,"},
		{`a{% comment %} {{ nonsense | x }} {% if %} {% endcomment %}b`, "ab"},
		{`{{ deal.tags }}|{{ deal.tags | join: " + " }}|{{ deal.tags | first }}|{{ deal.tags | last | upcase }}|{{ deal.tags | size }}|{{ deal.none | size }}`, "a<b, c|a<b + c|a<b|C|3|0"},
		// an editor's quotation marks
		{"{{ contact.fax | default: “a” }}{{ contact.fax | default: ”b“ }}{{ contact.fax | default: « c » }}{{ contact.fax | default: ‘d’ }}", "abcd"},
		{"{{\u00A0contact.first_name\u200B\n|\tupcase\u00A0}}", "ZOÉ"},
	} {
		t.Run(c.source, func(t *testing.T) {
			got := merge(t, c.source, templates.PlainText, nil)
			require.Equal(t, c.want, got.Output)
		})
	}
}

func TestComparisons(t *testing.T) {
	for _, c := range []struct {
		condition string
		holds     bool
	}{
		{`deal.amount > 1000`, true},
		{`deal.amount >= 1234.50`, true},
		{`deal.amount == 1234.500`, true},
		{`deal.amount != 1234.5`, false},
		{`deal.amount < 1234.51`, true},
		{`deal.amount <= 1234.49`, false},
		{`deal.count == 1234567`, true},
		{`deal.rate < -1`, true},
		{`10 > 9`, true},
		{`contact.first_name == "Zoé"`, true},
		{`contact.first_name == "zoé"`, false},
		{`contact.first_name != contact.last_name`, true},
		{`contact.last_name contains "& <F"`, true},
		{`contact.last_name contains "xyz"`, false},
		{`deal.tags contains "c"`, true},
		{`deal.tags contains "d"`, false},
		{`contact.vip == true`, true},
		{`contact.vip != false`, true},
		{`deal.due == "2026-03-01"`, true},
		{`deal.due < "2026-03-02"`, true},
		{`deal.due > "2026-03-01"`, false},
		{`"2026-02-01" < deal.due`, true},
		{`deal.met == deal.due`, true}, // by the day, in UTC
		{`deal.met >= deal.due`, true},
		{`contact.fax == ""`, true},
		{`contact.fax == "x"`, false},
		{`contact.fax != "x"`, true},
		{`contact.fax < "x"`, false},
		{`deal.unknown contains "x"`, false},
	} {
		t.Run(c.condition, func(t *testing.T) {
			source := "{% if " + c.condition + " %}yes{% else %}no{% endif %}"
			parsed := parse(t, source, templates.PlainText)
			got, err := parsed.Render(context.Background(), templates.FromPaths(world()), nil)
			require.NoError(t, err)
			require.Equal(t, map[bool]string{true: "yes", false: "no"}[c.holds], got.Output)
			require.Empty(t, got.Missing, "a question leaves no gap")
		})
	}
}

func TestFilters(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		paris = time.FixedZone("CET", 3600)
	}
	for _, c := range []struct{ source, fr, en string }{
		{`{{ contact.fax | default: "aucun" }}`, "aucun", "aucun"},
		{`{{ contact.nickname | default: contact.first_name }}`, "Zoé", "Zoé"},
		{`{{ contact.first_name | default: "x" | upcase }}`, "ZOÉ", "ZOÉ"},
		{`{{ contact.fax | upcase | default: "x" }}`, "x", "x"},
		{`{{ "ÉTÉ à MIDI" | downcase }}`, "été à midi", "été à midi"},
		{`{{ "éTÉ à MIDI" | capitalize }}`, "Été à midi", "Été à midi"},
		{`{{ "  a b " | strip }}|`, "a b|", "a b|"},
		{`{{ "Bonjour à tous" | truncate: 9 }}`, "Bonjour…", "Bonjour…"},
		{`{{ "Bonjour" | truncate: 7 }}`, "Bonjour", "Bonjour"},
		{`{{ "Bonjour" | truncate: 6, "..." }}`, "Bon...", "Bon..."},
		{"{{ \"e\u0301e\u0301e\u0301\" | truncate: 4, \"\" }}", "e\u0301e\u0301", "e\u0301e\u0301"},
		{"{{ \"e\u0301e\u0301e\u0301\" | truncate: 3, \"\" }}", "e\u0301", "e\u0301"},
		{`{{ contact.address | newline_to_br }}`, "12, rue \"Haute\"\n75001 Paris", "12, rue \"Haute\"\n75001 Paris"},
		{`{{ "a&b c/é" | url }}`, "a%26b%20c%2F%C3%A9", "a%26b%20c%2F%C3%A9"},
		{`{{ deal.due }}`, "1 mars 2026", "March 1, 2026"},
		{`{{ deal.due | date: "long" }}`, "1 mars 2026", "March 1, 2026"},
		{`{{ deal.due | date: "full" }}`, "dimanche 1 mars 2026", "Sunday, March 1, 2026"},
		{`{{ deal.due | date: "medium" }}`, "1 mars 2026", "Mar 1, 2026"},
		{`{{ deal.due | date: "short" }}`, "01/03/2026", "3/1/2026"},
		{`{{ deal.due | date: "iso" }}`, "2026-03-01", "2026-03-01"},
		{`{{ deal.met }}`, "2 mars 2026 à 00:30", "March 2, 2026 at 12:30 AM"},
		{`{{ deal.met | date: "long" }}`, "2 mars 2026", "March 2, 2026"},
		{`{{ deal.met | date: "time" }}`, "00:30", "12:30 AM"},
		{`{{ deal.amount }}`, "1\u202F234,50\u00A0€", "€1,234.50"},
		{`{{ deal.amount | money }}`, "1\u202F234,50\u00A0€", "€1,234.50"},
		{`{{ deal.amount | money: "EUR" }}`, "1\u202F234,50\u00A0€", "€1,234.50"},
		{`{{ deal.rate | money: "USD" }}`, "-1\u202F234\u202F567,90\u00A0$US", "-$1,234,567.90"},
		{`{{ deal.count | money: "jpy" }}`, "1\u202F234\u202F567\u00A0JPY", "¥1,234,567"},
		{`{{ 12.3456 | money: "KWD" }}`, "12,346\u00A0KWD", "KWD\u00A012.346"},
		{`{{ 3 | money: "XYZ" }}`, "3,00\u00A0XYZ", "XYZ\u00A03.00"},
		{`{{ deal.amount | number: 0 }}`, "1\u202F235", "1,235"},
		{`{{ deal.rate | number: 2 }}`, "-1\u202F234\u202F567,90", "-1,234,567.90"},
		{`{{ 0.005 | number: 2 }}`, "0,01", "0.01"},
		{`{{ -0.004 | number: 2 }}`, "0,00", "0.00"},
		{`{{ 999.995 | number: 2 }}`, "1\u202F000,00", "1,000.00"},
		{`{{ 5 | number: 3 }}`, "5,000", "5.000"},
		{`{{ deal.rate }}`, "-1234567,895", "-1234567.895"},
		{`{{ deal.count }}`, "1234567", "1234567"},
		{`{{ contact.vip }}/{{ contact.lost }}`, "oui/non", "yes/no"},
		{`{{ contact.first_name | size }}`, "3", "3"},
	} {
		t.Run(c.source, func(t *testing.T) {
			for locale, want := range map[string]string{"fr": c.fr, "fr-CA": c.fr, "FR_fr": c.fr, "en": c.en, "en-US": c.en, "": c.en, "de": c.en} {
				got := merge(t, c.source, templates.PlainText, &templates.RenderOptions{Locale: locale, Zone: paris})
				require.Equal(t, want, got.Output, locale)
			}
		})
	}
}

func TestBritishEnglish(t *testing.T) {
	got := merge(t, `{{ deal.due }}; {{ deal.due | date: "full" }}; {{ deal.due | date: "short" }}; {{ deal.due | date: "medium" }}; {{ deal.met }}; {{ deal.amount }}`,
		templates.PlainText, &templates.RenderOptions{Locale: "en-GB"})
	require.Equal(t, "1 March 2026; Sunday 1 March 2026; 01/03/2026; 1 Mar 2026; 1 March 2026 at 23:30; €1,234.50", got.Output)
}

func TestEveryMonthAndWeekday(t *testing.T) {
	parsed := parse(t, `{{ d | date: "full" }}/{{ d | date: "medium" }}`, templates.PlainText)
	months := strings.Fields("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")
	days := strings.Fields("dimanche lundi mardi mercredi jeudi vendredi samedi")
	for day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == 2026; day = day.AddDate(0, 0, 1) {
		v := templates.FromPaths(map[string]templates.Value{"d": templates.Date(day.Year(), day.Month(), day.Day())})
		fr, err := parsed.Render(context.Background(), v, &templates.RenderOptions{Locale: "fr"})
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(fr.Output, days[day.Weekday()]+day.Format(" 2 ")+months[day.Month()-1]+" 2026/"), fr.Output)
		en, err := parsed.Render(context.Background(), v, nil)
		require.NoError(t, err)
		require.Equal(t, day.Format("Monday, January 2, 2006/Jan 2, 2006"), en.Output)
	}
}

func TestCurrenciesAreNotCompared(t *testing.T) {
	values := templates.Record(map[string]templates.Value{"a": money("5", "EUR"), "b": money("5", "USD"), "c": money("5.00", "EUR")})
	require.Equal(t, "different same", merge2(t, `{% if a == b %}equal{% else %}different{% endif %} {% if a == c and a >= c %}same{% endif %}`, values))
	_, err := parse(t, `{% if a < b %}{% endif %}`, templates.PlainText).Render(context.Background(), values, nil)
	var one *templates.Error
	require.ErrorAs(t, err, &one)
	require.Equal(t, templates.CodeCompare, one.Code)
}

// Law 11: what is known but empty is reported where it stands, and default settles it.
func TestMissing(t *testing.T) {
	for _, c := range []struct {
		source, want string
		missing      []templates.Missing
	}{
		{`a{{ contact.fax }}b`, "ab", []templates.Missing{{"contact.fax", 1, 5, templates.ReasonEmpty}}},
		{"\n  {{ contact.nickname }}", "\n  ", []templates.Missing{{"contact.nickname", 2, 6, templates.ReasonEmpty}}},
		{`{{ contact.fax | upcase | truncate: 3 }}`, "", []templates.Missing{{"contact.fax", 1, 4, templates.ReasonEmpty}}},
		{`{{ contact.company.name }}`, "", []templates.Missing{{"contact.company.name", 1, 4, templates.ReasonEmpty}}},
		{`{{ contact.fax | default: contact.nickname }}`, "", []templates.Missing{{"contact.fax", 1, 4, templates.ReasonEmpty}}},
		{`{{ deal.none }}{{ deal.none | first }}`, "", []templates.Missing{{"deal.none", 1, 4, templates.ReasonEmpty}, {"deal.none", 1, 19, templates.ReasonEmpty}}},
		{`{% for line in deal.lines %}{{ line.note }},{% endfor %}`, ",,", []templates.Missing{{"line.note", 1, 32, templates.ReasonEmpty}}},
		{`{% for x in deal.unknown %}a{% endfor %}`, "", []templates.Missing{{"deal.unknown", 1, 13, templates.ReasonEmpty}}},
		{`{{ contact.fax | default: "" }}{{ contact.fax | default: " " }}`, " ", nil},
		{`{{ contact.fax | default: "none" }}`, "none", nil},
		{`{{ contact.fax | default: "" | default: contact.nickname }}`, " \u00A0 ", nil},
		{`{% if contact.fax %}{{ contact.fax }}{% endif %}`, "", nil},
		{`{% if deal.unknown %}{% for x in deal.unknown %}{% endfor %}{% endif %}`, "", nil},
		{`{{ deal.zero }}{{ contact.lost }}`, "0no", nil},
		{`{{ "" }}`, "", nil},
	} {
		t.Run(c.source, func(t *testing.T) {
			got := merge(t, c.source, templates.PlainText, nil)
			require.Equal(t, c.want, got.Output)
			require.Equal(t, c.missing, got.Missing)
		})
	}
}

func TestMarkMissing(t *testing.T) {
	opts := &templates.RenderOptions{MarkMissing: true}
	got := merge(t, `<p title="{{ contact.fax }}">{{ contact.fax }}</p>`, templates.HTML, opts)
	require.Equal(t, `<p title=""><mark style="background:#fdd;color:#a00">⟦contact.fax⟧</mark></p>`, got.Output)
	require.Len(t, got.Missing, 2)
	require.Equal(t, "Fax ⟦contact.fax⟧", merge(t, `Fax {{ contact.fax }}`, templates.Header, opts).Output)
	require.Equal(t, "Fax ⟦contact.fax⟧", merge(t, `Fax {{ contact.fax }}`, templates.PlainText, opts).Output)
}

func TestPlainTextLosesTagLines(t *testing.T) {
	source := "Hello,\n{% if contact.vip %}\nwelcome back\n  {% else %}  \r\nwelcome\n{% endif %}\n" +
		"{% comment %}\nnot\nthis\n{% endcomment %}\n{% for l in deal.lines %}\n- {{ l.label }}\n{% endfor %}\nin line {% if contact.vip %}kept{% endif %}\n\nBye\n{% unless contact.fax %}{% endunless %}"
	require.Equal(t, "Hello,\nwelcome back\n- Tuiles\n- Pose <b>\nin line kept\n\nBye\n", merge(t, source, templates.PlainText, nil).Output)
	require.Equal(t, "a\n\nb", merge(t, "a\n{{ contact.fax | default: \"\" }}\nb", templates.PlainText, nil).Output, "a field's line stays")
}

func TestHeaderIsOneLine(t *testing.T) {
	got := merge(t, " Order\r\n {% if contact.vip %}\n{{ contact.address }}\n{% endif %}\t{{ deal.tags }} ", templates.Header, nil)
	require.Equal(t, "Order 12, rue \"Haute\" 75001 Paris a<b, c", strings.Join(strings.Fields(got.Output), " "))
	require.NotContains(t, got.Output, "\n")
	require.Equal(t, strings.TrimSpace(got.Output), got.Output)
}

func TestPaths(t *testing.T) {
	parsed := parse(t, `{{ a.b | default: c.d }}{% if e %}{% for x in f.g %}{{ x.y }}{{ forloop.index }}{{ a.b }}{% endfor %}{% elsif h == i.j %}{% endif %}{{ "k" }}`, templates.HTML)
	require.Equal(t, []string{"a.b", "c.d", "e", "f.g", "h", "i.j"}, parsed.Paths())
	parsed.Paths()[0] = "changed"
	require.Equal(t, "a.b", parsed.Paths()[0])
	require.Empty(t, parse(t, "x", templates.Header).Paths())
}

// What only the values can show is an error of Render, at its place.
func TestRenderErrors(t *testing.T) {
	for _, c := range []struct {
		source       string
		code         templates.Code
		line, column int
		suggestion   string
	}{
		{"x\n{{ contact.frist_name }}", templates.CodeUnknownField, 2, 4, "contact.first_name"},
		{"{{ kontact.first_name }}", templates.CodeUnknownField, 1, 4, "contact.first_name"},
		{"{{ contact.first_name.x }}", templates.CodeUnknownField, 1, 4, ""},
		{"{{ contact.first_name | default: contact.y }}{{ contact.fax | default: contact.yyy }}", templates.CodeUnknownField, 1, 63, ""},
		{"{% if contact.vipp %}{% endif %}", templates.CodeUnknownField, 1, 7, "contact.vip"},
		{"{% for x in contact.vip %}{% endfor %}", templates.CodeNotList, 1, 13, ""},
		{"{% for x in deal.lines %}{{ x.labl }}{% endfor %}", templates.CodeUnknownField, 1, 29, "x.label"},
		{"{{ contact }}", templates.CodeNotText, 1, 4, ""},
		{"{{ deal.lines }}", templates.CodeNotText, 1, 4, ""},
		{"{{ deal.lines | join }}", templates.CodeNotText, 1, 17, ""},
		{"{{ contact.first_name | number: 2 }}", templates.CodeFilterInput, 1, 25, ""},
		{`{{ deal.due | date: "time" }}`, templates.CodeFilterInput, 1, 15, ""},
		{`{{ deal.amount | money: "USD" }}`, templates.CodeCurrency, 1, 18, ""},
		{`{{ deal.count | money }}`, templates.CodeFilterArgument, 1, 17, ""},
		{`{{ deal.count | money: contact.first_name }}`, templates.CodeFilterArgument, 1, 17, ""},
		{`{% if contact.first_name > 3 %}{% endif %}`, templates.CodeCompare, 1, 26, ""},
		{`{% if contact.first_name < "a" %}{% endif %}`, templates.CodeCompare, 1, 26, ""},
		{`{% if deal.due == "tomorrow" %}{% endif %}`, templates.CodeCompare, 1, 16, ""},
	} {
		t.Run(c.source, func(t *testing.T) {
			_, err := parse(t, c.source, templates.PlainText).Render(context.Background(), templates.FromPaths(world()), nil)
			var one *templates.Error
			require.ErrorAs(t, err, &one)
			require.Equal(t, c.code, one.Code, one.Message)
			require.Equal(t, [2]int{c.line, c.column}, [2]int{one.Line, one.Column})
			require.Equal(t, c.suggestion, one.Suggestion)
		})
	}
	_, err := parse(t, "x", templates.HTML).Render(context.Background(), templates.Text("no record"), nil)
	var one *templates.Error
	require.ErrorAs(t, err, &one)
	require.Equal(t, templates.CodeNotRecord, one.Code)
}

func TestUntakenBranchesAreNotRead(t *testing.T) {
	parsed := parse(t, `{% if contact.lost %}{{ no.such.field }}{% endif %}ok{% if contact.vip or no.such %}!{% endif %}`, templates.PlainText)
	got, err := parsed.Render(context.Background(), templates.FromPaths(world()), nil)
	require.NoError(t, err)
	require.Equal(t, "ok!", got.Output)
}
