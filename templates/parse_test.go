package templates_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/templates"
)

type wrong struct {
	source       string
	code         templates.Code
	line, column int
	field        string
	suggestion   string
}

var wrongSources = []wrong{
	{"a\xffb", templates.CodeEncoding, 1, 2, "", ""},
	{"é\x00", templates.CodeEncoding, 1, 2, "", ""},
	{"Hello {{ contact.name", templates.CodeUnclosed, 1, 7, "{{", ""},
	{"Hello {{ a {{ b }}", templates.CodeUnclosed, 1, 7, "{{", ""},
	{"Hello {% if a }} {% endif %}", templates.CodeUnclosed, 1, 7, "{%", ""},
	{"Hello {{ a %}", templates.CodeUnclosed, 1, 7, "{{", ""},
	{"Hello {{", templates.CodeUnclosed, 1, 7, "{{", ""},
	{`{{ a | default: "b }}`, templates.CodeUnclosedString, 1, 17, "", ""},
	{"{{ a | default: \"b\nc\" }}", templates.CodeUnclosedString, 1, 17, "", ""},
	{"é\n{{ a ! }}", templates.CodeUnexpected, 2, 6, "!", ""},
	{"{{ a b }}", templates.CodeUnexpected, 1, 6, "b", ""},
	{"{{ a. }}", templates.CodeUnexpected, 1, 4, "a.", ""},
	{"{{ a..b }}", templates.CodeUnexpected, 1, 4, "a..b", ""},
	{"{{ .a }}", templates.CodeUnexpected, 1, 4, ".", ""},
	{"{{ and }}", templates.CodeUnexpected, 1, 4, "and", ""},
	{"{{ | upcase }}", templates.CodeUnexpected, 1, 4, "|", ""},
	{"{{ a | }}", templates.CodeUnexpected, 1, 8, "}", ""},
	{"{{ a | upcase: }}", templates.CodeUnexpected, 1, 16, "}", ""},
	{`{{ a | "b" }}`, templates.CodeUnexpected, 1, 8, "b", ""},
	{"{{ 1.2.3 }}", templates.CodeUnexpected, 1, 4, "1.2.3", ""},
	{"{{ 1- }}", templates.CodeUnexpected, 1, 4, "1-", ""},
	{"{{ 123456789012345678901234567890123456789 }}", templates.CodeUnexpected, 1, 4, "123456789012345678901234567890123456789", ""},
	{"{{{ a }}}", templates.CodeUnexpected, 1, 3, "{", ""},
	{"{{ a = b }}", templates.CodeUnexpected, 1, 6, "=", ""},
	{"{% if a = b %}{% endif %}", templates.CodeUnexpected, 1, 9, "=", ""},
	{"{% if a b %}{% endif %}", templates.CodeUnexpected, 1, 9, "b", ""},
	{"{% if a == %}{% endif %}", templates.CodeUnexpected, 1, 12, "}", ""},
	{"{% if a and %}{% endif %}", templates.CodeUnexpected, 1, 13, "}", ""},
	{"{% if a %}{% else b %}{% endif %}", templates.CodeUnexpected, 1, 19, "b", ""},
	{"{% if a %}{% endif b %}", templates.CodeUnexpected, 1, 20, "b", ""},
	{"a {{ }}", templates.CodeEmpty, 1, 3, "{{ }}", ""},
	{"a {%%}", templates.CodeEmpty, 1, 3, "{% %}", ""},
	{"{% assign a = 1 %}", templates.CodeUnknownTag, 1, 4, "assign", ""},
	{"{% include 'a' %}", templates.CodeUnknownTag, 1, 4, "include", ""},
	{"{% render 'a' %}{% capture %}", templates.CodeUnknownTag, 1, 4, "render", ""},
	{"{% 1 %}", templates.CodeUnknownTag, 1, 4, "1", ""},
	{"{% elseif a %}", templates.CodeUnknownTag, 1, 4, "elseif", "elsif"},
	{"{% if a %}{% end_if %}{% endif %}", templates.CodeUnknownTag, 1, 14, "end_if", "endif"},
	{"{% else %}", templates.CodeStrayTag, 1, 1, "{% else %}", ""},
	{"{% endif %}", templates.CodeStrayTag, 1, 1, "{% endif %}", ""},
	{"{% endcomment %}", templates.CodeStrayTag, 1, 1, "{% endcomment %}", ""},
	{"{% for a in b %}{% else %}{% endfor %}", templates.CodeStrayTag, 1, 17, "{% else %}", ""},
	{"{% if a %}{% else %}{% else %}{% endif %}", templates.CodeStrayTag, 1, 21, "{% else %}", ""},
	{"{% if a %}{% else %}{% elsif b %}{% endif %}", templates.CodeStrayTag, 1, 21, "{% elsif %}", ""},
	{"{% if a %}{% for b in c %}{% endif %}{% endfor %}", templates.CodeUnclosedBlock, 1, 1, "{% if %}", ""},
	{"{% if a %}", templates.CodeUnclosedBlock, 1, 1, "{% if %}", ""},
	{"x{% for a in b %}", templates.CodeUnclosedBlock, 1, 2, "{% for %}", ""},
	{"{% unless a %}", templates.CodeUnclosedBlock, 1, 1, "{% unless %}", ""},
	{"{% comment %} a", templates.CodeUnclosedBlock, 1, 1, "{% comment %}", ""},
	{"{% if %}{% endif %}", templates.CodeCondition, 1, 1, "", ""},
	{"{% if a | size > 2 %}{% endif %}", templates.CodeCondition, 1, 9, "", ""},
	{"{% if a and b or c %}{% endif %}", templates.CodeMixed, 1, 15, "or", ""},
	{"{% for a %}{% endfor %}", templates.CodeLoop, 1, 1, "", ""},
	{"{% for a in %}{% endfor %}", templates.CodeLoop, 1, 1, "", ""},
	{"{% for a in b limit:2 %}{% endfor %}", templates.CodeLoop, 1, 1, "", ""},
	{"{% for a in b reversed %}{% endfor %}", templates.CodeLoop, 1, 1, "", ""},
	{"{% for a in \"b\" %}{% endfor %}", templates.CodeLoop, 1, 1, "", ""},
	{"{% for a in true %}{% endfor %}", templates.CodeLoop, 1, 1, "", ""},
	{"{% for a.b in c %}{% endfor %}", templates.CodeLoop, 1, 1, "", ""},
	{"{% for a in (1..3) %}{% endfor %}", templates.CodeUnexpected, 1, 13, "(", ""},
	{"{% for a in b %}{% for c in forloop.index %}{% endfor %}{% endfor %}", templates.CodeLoop, 1, 17, "", ""},
	{"{% for forloop in b %}{% endfor %}", templates.CodeReserved, 1, 8, "forloop", ""},
	{"{% if a == nil %}{% endif %}", templates.CodeBlank, 1, 12, "nil", ""},
	{"{{ blank }}", templates.CodeBlank, 1, 4, "blank", ""},
	{"{{ a | upcaze }}", templates.CodeUnknownFilter, 1, 8, "upcaze", "upcase"},
	{"{{ a | escape }}", templates.CodeUnknownFilter, 1, 8, "escape", ""},
	{"{{ a | raw }}", templates.CodeUnknownFilter, 1, 8, "raw", ""},
	{"{{ a | default }}", templates.CodeFilterArgument, 1, 8, "default", ""},
	{"{{ a | upcase: 1 }}", templates.CodeFilterArgument, 1, 8, "upcase", ""},
	{"{{ a | truncate: \"x\" }}", templates.CodeFilterArgument, 1, 8, "truncate", ""},
	{"{{ a | truncate: 0 }}", templates.CodeFilterArgument, 1, 8, "truncate", ""},
	{"{{ a | truncate: b }}", templates.CodeFilterArgument, 1, 8, "truncate", ""},
	{"{{ a | number: 2.5 }}", templates.CodeFilterArgument, 1, 8, "number", ""},
	{"{{ a | number: 11 }}", templates.CodeFilterArgument, 1, 8, "number", ""},
	{"{{ a | money: \"EURO\" }}", templates.CodeFilterArgument, 1, 8, "money", ""},
	{"{{ a | join: 1 }}", templates.CodeFilterArgument, 1, 8, "join", ""},
	{"{{ a | date: \"%d/%m/%Y\" }}", templates.CodeFilterArgument, 1, 8, "date", ""},
	{"{{ a | date: \"lang\" }}", templates.CodeFilterArgument, 1, 8, "date", `date: "long"`},
	{"{{ forloop.index }}", templates.CodeForloopOutside, 1, 4, "forloop.index", ""},
	{"{% for a in b %}{{ forloop.indx }}{% endfor %}", templates.CodeUnknownField, 1, 20, "forloop.indx", "forloop.index"},
	{"{% for a in b %}{{ forloop }}{% endfor %}", templates.CodeUnknownField, 1, 20, "forloop", ""},
	{"{{- a }}", templates.CodeDash, 1, 1, "{{-", ""},
	{"{{ a -}}", templates.CodeDash, 1, 6, "-}}", ""},
	{"{{ a-}}", templates.CodeDash, 1, 5, "-}}", ""},
	{"{%- if a %}{% endif %}", templates.CodeDash, 1, 1, "{%-", ""},
	{"{{ a | upcase -}}", templates.CodeDash, 1, 15, "-}}", ""},
	{"{{ a[0] }}", templates.CodeIndex, 1, 5, "[", ""},
	{"{{ " + strings.Repeat("a", templates.MaxTag) + " }}", templates.CodeLimitTag, 1, 1, "", ""},
	{strings.Repeat("a", templates.MaxSource+1), templates.CodeLimitSource, 1, 1, "", ""},
	{strings.Repeat("{% if a %}", 21) + strings.Repeat("{% endif %}", 21), templates.CodeLimitDepth, 1, 201, "", ""},
}

func TestWrongSources(t *testing.T) {
	for _, c := range wrongSources {
		for _, ctx := range []templates.Context{templates.HTML, templates.PlainText, templates.Header} {
			name := c.source
			if len(name) > 60 {
				name = name[:60]
			}
			t.Run(fmt.Sprintf("%q/%d", name, ctx), func(t *testing.T) {
				_, err := templates.Parse("", c.source, ctx, nil)
				var all templates.Errors
				require.ErrorAs(t, err, &all)
				one := all[0]
				require.Equal(t, c.code, one.Code, one.Message)
				require.Equal(t, [2]int{c.line, c.column}, [2]int{one.Line, one.Column}, one.Message)
				require.Equal(t, c.suggestion, one.Suggestion)
				require.Equal(t, c.field, one.Field)
			})
		}
	}
}

// Every code has a sentence in both languages, in which nothing was left unfilled.
func TestSentences(t *testing.T) {
	seen := map[templates.Code]bool{}
	for _, c := range wrongSources {
		_, err := templates.Parse("x", c.source, templates.HTML, nil)
		var all templates.Errors
		require.ErrorAs(t, err, &all)
		for _, one := range all {
			seen[one.Code] = true
			require.Equal(t, one.Message, one.Localize("en-GB"))
			require.Equal(t, one.Message, one.Localize("de"))
			for _, sentence := range []string{one.Message, one.Localize("fr"), one.Localize("fr-CA")} {
				require.NotEmpty(t, sentence)
				for _, hole := range []string{"{field}", "{detail}", "{suggestion}", "“”", "«  »"} {
					require.NotContains(t, sentence, hole, one.Code)
				}
			}
			require.NotEqual(t, one.Message, one.Localize("fr"))
		}
	}
	require.Greater(t, len(seen), 20)
	_, err := templates.Parse("", "{{ a | upcaze }}{{ a | date: 'lang' }}", templates.PlainText, nil)
	var all templates.Errors
	require.ErrorAs(t, err, &all)
	require.Equal(t, "Le filtre « upcaze » n'existe pas. Vouliez-vous dire « upcase » ?", all[0].Localize("fr"))
	require.Equal(t, "1:1: Comparing", (&templates.Error{Line: 1, Column: 1, Message: "Comparing"}).Error())
}

func TestAllErrorsAtOnce(t *testing.T) {
	_, err := templates.Parse("quote/fr", "{{ a | nope }}\n<script>{{ b }}</script>\n{% if c | d %}{{ e f }}{% endif %}\n{{ g", templates.HTML, nil)
	var all templates.Errors
	require.ErrorAs(t, err, &all)
	var got []string
	for _, one := range all {
		got = append(got, fmt.Sprintf("%d:%d %s", one.Line, one.Column, one.Code))
		require.Equal(t, "quote/fr", one.Name)
	}
	require.Equal(t, []string{"1:8 unknown_filter", "2:9 script", "3:9 condition", "3:20 unexpected", "4:1 unclosed"}, got)
	require.Equal(t, "quote/fr: 1:8: There is no filter “nope”. (and 4 more)", err.Error())
	require.Equal(t, "no errors", templates.Errors{}.Error())
	require.NoError(t, templates.Errors{}.Err())
	var one *templates.Error
	require.ErrorAs(t, err, &one)
}

func TestLimits(t *testing.T) {
	long := make([]templates.Value, 20_000)
	for i := range long {
		long[i] = text("x")
	}
	values := templates.Record(map[string]templates.Value{
		"list": templates.List(long...), "big": text(strings.Repeat("é", templates.MaxOutput/4)), "one": templates.List(text("a")), "a": templates.Bool(true),
	})
	render := func(source string, ctx templates.Context) error {
		got, err := parse(t, source, ctx).Render(context.Background(), values, nil)
		if err != nil {
			require.Empty(t, got.Output)
		}
		return err
	}
	for _, c := range []struct {
		name, source string
		code         templates.Code
	}{
		{"a loop", "\n {% for x in list %}{% for y in list %}{% endfor %}{% endfor %}", templates.CodeLimitSteps},
		{"a silent loop", "{% for x in list %}{% for y in list %}{% if a and a and a %}{% endif %}{% endfor %}{% endfor %}", templates.CodeLimitSteps},
		{"filters on much text", "{% for x in list %}{{ big | upcase | size }}{% endfor %}", templates.CodeLimitSteps},
		{"filters on a long list", "{% for x in list %}{{ list | join | size }}{% endfor %}", templates.CodeLimitSteps},
		{"filters that make little of much", "{% for x in list %}{{ big | size }}{% endfor %}", templates.CodeLimitSteps},
		{"comparing much text", "{% for x in list %}{% if big == big %}{% endif %}{% endfor %}", templates.CodeLimitSteps},
		{"searching a long list", "{% for x in list %}{% if list contains \"y\" %}{% endif %}{% endfor %}", templates.CodeLimitSteps},
		{"output", "{{ big }}{{ big }}{{ big }}", templates.CodeLimitOutput},
		{"output of text", strings.Repeat("{% for x in list %}", 1) + strings.Repeat("a", 1000) + "{% endfor %}", templates.CodeLimitOutput},
		{"output of escapes", "{% for x in one %}{{ big | truncate: 100000, \"\" | url | url | url | url | url | url | url | url }}{% endfor %}", templates.CodeLimitOutput},
	} {
		for _, ctx := range []templates.Context{templates.HTML, templates.PlainText, templates.Header} {
			t.Run(c.name, func(t *testing.T) {
				err := render(c.source, ctx)
				var one *templates.Error
				require.ErrorAs(t, err, &one)
				require.Equal(t, c.code, one.Code)
				require.ErrorIs(t, err, templates.ErrLimit)
				require.Positive(t, one.Column)
			})
		}
	}
	deep := strings.Repeat("{% for x in one %}", templates.MaxDepth) + "{{ x }}" + strings.Repeat("{% endfor %}", templates.MaxDepth)
	require.NoError(t, render(deep, templates.HTML), "exactly the depth is allowed")
	require.NoError(t, render(strings.Repeat("a", templates.MaxSource), templates.HTML), "exactly the source is allowed")
	require.NoError(t, render("{% for x in list %}{{ x }}{% endfor %}{{ list | size }}", templates.HTML))
	tag := "{{ a | default: \"" + strings.Repeat("b", templates.MaxTag-21) + "\" }}"
	require.Len(t, tag, templates.MaxTag)
	require.NoError(t, render(tag, templates.HTML), "exactly the tag is allowed")
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := parse(t, "a", templates.HTML).Render(ctx, templates.Null(), nil)
	require.ErrorIs(t, err, context.Canceled)

	calls := 0
	filter := templates.Filter{Name: "stop", Apply: func(in templates.Value, _ []templates.Value) (templates.Value, error) {
		if calls++; calls == 3 {
			cancel()
		}
		return in, nil
	}}
	ctx, cancel = context.WithCancel(context.Background())
	defer cancel()
	parsed, err := templates.Parse("", "{% for x in l %}{{ x | stop }}{% endfor %}", templates.HTML, &templates.Options{Filters: []templates.Filter{filter}})
	require.NoError(t, err)
	items := make([]templates.Value, 10_000)
	for i := range items {
		items[i] = text("x")
	}
	_, err = parsed.Render(ctx, templates.Record(map[string]templates.Value{"l": templates.List(items...)}), nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, calls, 300, "the context is asked every 256 steps")
}

func TestHostFilters(t *testing.T) {
	shout := templates.Filter{Name: "shout", Doc: "adds exclamation marks", Example: `shout: 2`, Apply: func(in templates.Value, args []templates.Value) (templates.Value, error) {
		s, ok := in.AsText()
		if !ok {
			return templates.Null(), errors.New("only a text\ncan shout")
		}
		if n, ok := args[0].AsDecimal(); ok && n == "2" {
			s += "!!"
		}
		return text(s + "<"), nil
	}}
	opts := &templates.Options{Filters: []templates.Filter{shout}}
	parsed, err := templates.Parse("", "{{ a | shout: 2 | upcase }}{{ b | shout: 1 }}", templates.HTML, opts)
	require.NoError(t, err)
	require.Empty(t, parsed.Check([]templates.Field{{Path: "a", Type: templates.TypeText}, {Path: "b", Type: templates.TypeInt}}))
	got, err := parsed.Render(context.Background(), templates.Record(map[string]templates.Value{"a": text("hey"), "b": templates.Null()}), nil)
	require.NoError(t, err)
	require.Equal(t, "HEY!!&lt;", got.Output, "its result is escaped like any value")
	require.Len(t, got.Missing, 1, "null passes by")
	_, err = parsed.Render(context.Background(), templates.Record(map[string]templates.Value{"a": text("hey"), "b": templates.Int(1)}), nil)
	var one *templates.Error
	require.ErrorAs(t, err, &one)
	require.Equal(t, templates.CodeFilterFailed, one.Code)
	require.Equal(t, "The filter “shout” failed: only a text can shout", one.Message)
	for _, f := range []templates.Filter{{Name: "upcase", Apply: shout.Apply}, {Name: "a b", Apply: shout.Apply}, {Name: "", Apply: shout.Apply}, {Name: "in", Apply: shout.Apply}, {Name: "1a", Apply: shout.Apply}, {Name: "x"}} {
		_, err = templates.Parse("", "a", templates.HTML, &templates.Options{Filters: []templates.Filter{f}})
		require.ErrorAs(t, err, &one)
		require.Equal(t, templates.CodeHostFilter, one.Code)
	}
	_, err = templates.Parse("", "{{ a | shout }}", templates.HTML, nil)
	require.Error(t, err, "a filter belongs to one Parse")
	_, err = templates.Parse("", "{{ a | shout: 1, 2, 3, 4, 5 }}", templates.HTML, opts)
	require.ErrorAs(t, err, &one)
	require.Equal(t, templates.CodeFilterArgument, one.Code)
}

// Sources that could make a careless parser walk the same ground again and again. They end with a template or with errors; BenchmarkHostile has the
// figures.
func TestHostileSources(t *testing.T) {
	for name, source := range hostileSources() {
		t.Run(name, func(t *testing.T) {
			parsed, err := templates.Parse("", source, templates.HTML, nil)
			if err != nil {
				var all templates.Errors
				require.ErrorAs(t, err, &all)
				return
			}
			got, err := parsed.Render(context.Background(), templates.Record(map[string]templates.Value{"a": text("x")}), nil)
			if err != nil {
				require.ErrorIs(t, err, templates.ErrLimit)
				return
			}
			require.LessOrEqual(t, len(got.Output), len(source))
		})
	}
}

func hostileSources() map[string]string {
	all := map[string]string{}
	for name, unit := range map[string]string{
		"openers":        "{{",
		"texts":          `{{ "`,
		"fields":         "{{a}}",
		"blocks in tags": "<p {%if a%}{%endif%}>",
		"one tag":        "{%if a%}{%endif%}",
		"attributes":     `<a href="https://a/{{a}}" style="a:{{a}}">`,
		"comments":       "<!--[if mso]>{{a}}<![endif]-->",
		"open comments":  "<!--[if mso]>{{a}}",
		"braces":         "{<a>",
		"entities":       "{{&nbsp;&amp;",
		"tags":           "<b c>",
		"names":          " a{{a}}",
		"line":           "é{{a}}",
	} {
		for where, prefix := range map[string]string{
			"": "", " in a tag": "<p ", " after a long tag": "<p " + strings.Repeat("ab ", 4000) + ">", " in an attribute": "<p title=\"", " in a comment": "<!--[if mso]>",
		} {
			all[name+where] = prefix + strings.Repeat(unit, (templates.MaxSource-len(prefix))/len(unit))
		}
	}
	return all
}

func TestTemplatesAreSafeToShare(t *testing.T) {
	parsed := parse(t, strings.Repeat(seeds[0]+seeds[1], 10), templates.HTML)
	require.Empty(t, parsed.Name())
	require.Equal(t, templates.HTML, parsed.Context())
	values := templates.Record(map[string]templates.Value{"a": text("1"), "b": text("2"), "l": templates.List(text("3"))})
	want, err := parsed.Render(context.Background(), values, nil)
	require.NoError(t, err)
	results := make(chan string, 8)
	for range cap(results) {
		go func() {
			got, err := parsed.Render(context.Background(), values, nil)
			if err != nil {
				got.Output = err.Error()
			}
			results <- got.Output
		}()
	}
	for range cap(results) {
		require.Equal(t, want.Output, <-results)
	}
}
