package templates_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/mailcrm/sdk/templates"
)

// structure is everything in a document but its texts and the values of its attributes: what a value must never change. Conditional comments are read as
// Outlook does.
func structure(document string) string {
	var b strings.Builder
	outline(&b, document, true)
	return b.String()
}

func outline(b *strings.Builder, document string, outside bool) {
	z := html.NewTokenizer(strings.NewReader(document))
	for {
		kind := z.Next()
		raw := string(z.Raw())
		switch kind {
		case html.ErrorToken:
			if raw != "" {
				b.WriteString("[open]")
			}
			return
		case html.TextToken:
		case html.CommentToken:
			head, tail := strings.Index(raw, "]>"), strings.LastIndex(strings.ToLower(raw), "<![endif]")
			if outside && head > 0 && tail > head && strings.HasPrefix(strings.ToLower(strings.TrimLeft(raw[4:], " ")), "[if") {
				fmt.Fprintf(b, "(%s ", raw[:head])
				outline(b, raw[head+2:tail], false)
				b.WriteString(")")
				continue
			}
			fmt.Fprintf(b, "[%s]", raw)
		default:
			token := z.Token()
			fmt.Fprintf(b, "<%s %s", kind, token.Data)
			for _, a := range token.Attr {
				fmt.Fprintf(b, " %s:%s", a.Namespace, a.Key)
			}
			b.WriteString(">")
		}
	}
}

var seeds = []string{
	`<p>Bonjour {{ a | default: "x" }},</p>{% if b %}<a href="https://a.b/{{ a }}?q={{ b }}">{{ b }}</a>{% endif %}`,
	`<td {% if a %}class="x"{% else %}class='y'{% endif %} style="color:{{ a }}">{% for x in l %}{{ forloop.index }}{{ x }}{% endfor %}</td>`,
	`<!--[if mso]><v:rect href="{{ a }}">{{ b }}</v:rect><![endif]--><!--[if !mso]><!-->{{ a }}<!--<![endif]-->`,
	`<title>{{ a | upcase | truncate: 3 }}</title>{% comment %}<b>{% endcomment %}<img src='{{ a }}{{ b }}' alt="{{ b | newline_to_br }}">`,
	`{% unless a == "x" and b contains "y" %}{{ l | join: ", " }}{% endunless %}{{ l | first }}{{ 1.5 | money: "EUR" }}`,
	"{{ a<b> }}{<b>{ a }}<script>{{ a }}</script><p {{ a }} b={{ c }}>{{ a | date: \"long\" }}",
	`<a href="{% if a %}java{% endif %}{{ b }}:x">{{&nbsp;a&nbsp;|&nbsp;default:&quot;b&quot;}}`,
	`<p a{% if a %} {% endif %}/b="{{ a }}"><textarea>{{ b }}</textarea><svg>{{ a }}</svg>`,
}

var hostile = []string{
	"javascript:alert(1)", "\"><script>alert(1)</script>", "' onload='x", "--><b>", "<![endif]-->", "</title></textarea>", "{{ b }}{% if a %}", "\x00\r\n\u2028", "red;}", "https://a.b/\"'<>",
}

// FuzzTemplate: nothing that a person can write makes Parse or Render panic, and nothing that stands in a value changes the HTML around it.
func FuzzTemplate(f *testing.F) {
	for i, seed := range seeds {
		f.Add(seed, hostile[i], hostile[(i+3)%len(hostile)])
	}
	f.Fuzz(func(t *testing.T, source, a, b string) {
		values := func(a, b string) templates.Value {
			return templates.Record(map[string]templates.Value{
				"a": text(a), "b": text(b), "c": templates.Record(map[string]templates.Value{"a": text(a)}), "l": templates.List(text(a), text(b)),
			})
		}
		for _, ctx := range []templates.Context{templates.HTML, templates.PlainText, templates.Header} {
			parsed, err := templates.Parse("fuzz", source, ctx, nil)
			if err != nil {
				var all templates.Errors
				require.ErrorAs(t, err, &all)
				for _, one := range all {
					require.NotEmpty(t, one.Message)
					require.NotContains(t, one.Message, "{detail}")
					require.NotContains(t, one.Localize("fr"), "{detail}")
					require.Positive(t, one.Line)
					require.Positive(t, one.Column)
				}
				continue
			}
			_ = parsed.Check([]templates.Field{{Path: "a", Type: templates.TypeText}, {Path: "l", Type: templates.TypeText, List: true}, {Path: "c.a"}})
			got, err := parsed.Render(context.Background(), values(a, b), nil)
			if err != nil {
				var one *templates.Error
				require.ErrorAs(t, err, &one)
				continue
			}
			require.LessOrEqual(t, len(got.Output), templates.MaxOutput)
			require.True(t, utf8.ValidString(got.Output))
			switch ctx {
			case templates.Header:
				require.False(t, strings.ContainsAny(got.Output, "\r\n\x00\v\f\u0085\u2028\u2029"), "%q", got.Output)
			case templates.HTML:
				if strings.Contains(source, "==") || strings.Contains(source, "!=") || strings.Contains(source, "contains") || strings.Contains(source, "size") {
					continue // a value may choose the branch
				}
				tame := func(s string) string {
					if text(s).IsEmpty() {
						return ""
					}
					return "tame"
				}
				plain, err := parsed.Render(context.Background(), values(tame(a), tame(b)), nil)
				if err == nil {
					require.Equal(t, structure(plain.Output), structure(got.Output), "%q\n%q", plain.Output, got.Output)
				}
			}
		}
	})
}

// FuzzHeaderValue: no value breaks out of its line.
func FuzzHeaderValue(f *testing.F) {
	for _, value := range hostile {
		f.Add(value)
	}
	parsed, err := templates.Parse("", "Subject {{ x }} end", templates.Header, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, err := parsed.Render(context.Background(), templates.Record(map[string]templates.Value{"x": text(value)}), nil)
		require.NoError(t, err)
		require.Len(t, strings.Fields(strings.Map(func(r rune) rune {
			if strings.ContainsRune("\r\n\x00\v\f\x1c\x1d\x1e\u0085\u2028\u2029", r) {
				return 'X'
			}
			return ' '
		}, got.Output)), 0)
	})
}

// The limits hold for what nobody means well.
func TestErrorsAreBounded(t *testing.T) {
	_, err := templates.Parse("", strings.Repeat("{{ a | nope }}", 1000), templates.HTML, nil)
	var all templates.Errors
	require.ErrorAs(t, err, &all)
	require.Len(t, all, templates.MaxErrors)
	require.False(t, errors.Is(err, templates.ErrLimit))
}
