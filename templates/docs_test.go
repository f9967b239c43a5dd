package templates_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/templates"
)

// The examples of docs/templates.md do what it says they do, with the fields that it lists.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../docs/templates.md")
	require.NoError(t, err)
	values, declared := documentedFields(t, string(page))
	run := func(source string, ctx templates.Context, locale string) (string, error) {
		parsed, err := templates.Parse("", source, ctx, nil)
		if err != nil {
			return "", err
		}
		if err := parsed.Check(declared).Err(); err != nil {
			return "", err
		}
		got, err := parsed.Render(context.Background(), values, &templates.RenderOptions{Locale: locale})
		require.Empty(t, got.Missing, source)
		return got.Output, err
	}

	examples := regexp.MustCompile("(?s)```liquid([a-z ]*)\n(.*?)\n```\n```(result|error)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.Equal(t, strings.Count(string(page), "```liquid"), len(examples), "every example has its result")
	require.Greater(t, len(examples), 10)
	for _, example := range examples {
		how, source, kind, want := example[1], example[2], example[3], strings.TrimSuffix(example[4], "\n")
		t.Run(source, func(t *testing.T) {
			ctx := templates.HTML
			if strings.Contains(how, "text") {
				ctx = templates.PlainText
			} else if strings.Contains(how, "header") {
				ctx = templates.Header
			}
			locale := "en"
			if strings.Contains(how, "fr") {
				locale = "fr"
			}
			got, err := run(source, ctx, locale)
			if kind == "error" {
				var all templates.Errors
				require.True(t, errors.As(err, &all))
				require.Equal(t, want, all[0].Error())
				return
			}
			require.NoError(t, err)
			require.Equal(t, want, spaced(got))
		})
	}

	rows := regexp.MustCompile("(?m)^\\| `.*\\| `(\\{\\{.*\\}\\})` \\| (.*?) \\| (.*?) \\|$").FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(rows), 20)
	for _, r := range rows {
		source := strings.ReplaceAll(r[1], `\|`, "|")
		t.Run(source, func(t *testing.T) {
			for locale, want := range map[string]string{"en": r[2], "fr": r[3]} {
				got, err := run(source, templates.PlainText, locale)
				require.NoError(t, err)
				require.Equal(t, want, spaced(got))
			}
		})
	}
	for _, name := range []string{"default", "upcase", "downcase", "capitalize", "strip", "truncate", "newline_to_br", "date", "money", "number", "join", "size", "first", "last", "url"} {
		require.Regexp(t, "(?m)^\\|.*`"+name, string(page), "the filter is in the table")
	}
}

// spaced has ordinary spaces for those of typography, as the page has.
func spaced(s string) string { return strings.NewReplacer("\u202F", " ", "\u00A0", " ").Replace(s) }

func documentedFields(t *testing.T, page string) (templates.Value, []templates.Field) {
	t.Helper()
	values := map[string]templates.Value{}
	var declared []templates.Field
	for _, row := range regexp.MustCompile(`(?m)^\| ((?:contact|deal)\.[a-z_]+) \| (.*?) \| ?(.*?) ?\|$`).FindAllStringSubmatch(page, -1) {
		path, kind, written := row[1], row[2], row[3]
		field := templates.Field{Path: path, Type: templates.TypeText}
		switch kind {
		case "text":
			values[path] = text(written)
		case "empty":
			values[path] = templates.Null()
		case "lines":
			values[path] = text(strings.ReplaceAll(written, " / ", "\n"))
		case "yes/no":
			values[path] = templates.Bool(written == "yes")
		case "money":
			values[path] = money(strings.Fields(written)[0], strings.Fields(written)[1])
		case "number":
			values[path] = decimal(written)
		case "date":
			day, err := time.Parse(time.DateOnly, written)
			require.NoError(t, err)
			values[path] = templates.Date(day.Year(), day.Month(), day.Day())
		case "moment":
			at, err := time.Parse(time.RFC3339, written)
			require.NoError(t, err)
			values[path] = templates.Instant(at)
		case "list":
			var items []templates.Value
			for _, item := range strings.Split(written, ", ") {
				items = append(items, text(item))
			}
			values[path] = templates.List(items...)
			field.List = true
		default:
			line := func(label, quantity, price string) templates.Value {
				return templates.Record(map[string]templates.Value{"label": text(label), "quantity": decimal(quantity), "price": money(price, "EUR")})
			}
			values[path] = templates.List(line("tiles", "120", "2.5"), line("labour", "1.5", "980"))
			field = templates.Field{Path: path, List: true, Fields: []templates.Field{
				{Path: "label", Type: templates.TypeText}, {Path: "quantity", Type: templates.TypeDecimal}, {Path: "price", Type: templates.TypeMoney},
			}}
		}
		if !field.List && values[path].Type() != templates.TypeNull {
			field.Type = values[path].Type()
		}
		declared = append(declared, field)
	}
	require.Len(t, declared, 15)
	return templates.FromPaths(values), declared
}
