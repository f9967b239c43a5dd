package templates_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/templates"
)

// The record that the tests merge.

func decimal(s string) templates.Value {
	v, err := templates.Decimal(s)
	if err != nil {
		panic(err)
	}
	return v
}

func money(amount, currency string) templates.Value {
	v, err := templates.Money(amount, currency)
	if err != nil {
		panic(err)
	}
	return v
}

var text = templates.Text

func world() map[string]templates.Value {
	line := func(label, quantity, price string) templates.Value {
		return templates.Record(map[string]templates.Value{"label": text(label), "quantity": decimal(quantity), "price": money(price, "EUR"), "note": templates.Null()})
	}
	return map[string]templates.Value{
		"contact.first_name": text("Zoé"),
		"contact.last_name":  text("d'Arc & <Fils>"),
		"contact.email":      text("zoe.d'arc+crm@example.fr"),
		"contact.phone":      text("+33 1 02 03 04 05"),
		"contact.address":    text("12, rue \"Haute\"\r\n75001 Paris"),
		"contact.vip":        templates.Bool(true),
		"contact.lost":       templates.Bool(false),
		"contact.fax":        templates.Null(),
		"contact.nickname":   text(" \u00A0 "),
		"contact.site":       text("www.example.fr/à propos?a=1&b=2"),
		"contact.color":      text("#ff8800"),
		"contact.company":    templates.Null(),
		"deal.amount":        money("1234.5", "EUR"),
		"deal.rate":          decimal("-1234567.895"),
		"deal.count":         templates.Int(1234567),
		"deal.zero":          templates.Int(0),
		"deal.due":           templates.Date(2026, 3, 1),
		"deal.met":           templates.Instant(time.Date(2026, 3, 1, 23, 30, 0, 0, time.UTC)),
		"deal.lines":         templates.List(line("Tuiles", "120", "2.5"), line("Pose <b>", "1.5", "980")),
		"deal.tags":          templates.List(text("a<b"), text(""), text("c")),
		"deal.none":          templates.List(),
		"deal.unknown":       templates.Null(),
	}
}

func fields() []templates.Field {
	all := []templates.Field{{Path: "deal.lines", List: true, Fields: []templates.Field{
		{Path: "label", Type: templates.TypeText},
		{Path: "quantity", Type: templates.TypeDecimal},
		{Path: "price", Type: templates.TypeMoney},
		{Path: "note", Type: templates.TypeText},
	}}, {Path: "deal.tags", Type: templates.TypeText, List: true}, {Path: "deal.none", Type: templates.TypeText, List: true}, {Path: "deal.unknown", List: true}}
	for path, v := range world() {
		switch v.Type() {
		case templates.TypeList:
		case templates.TypeNull:
			if path != "deal.unknown" && path != "contact.company" {
				all = append(all, templates.Field{Path: path, Type: templates.TypeText})
			}
		default:
			all = append(all, templates.Field{Path: path, Type: v.Type()})
		}
	}
	return append(all, templates.Field{Path: "contact.company.name", Type: templates.TypeText})
}

func parse(t *testing.T, source string, ctx templates.Context) *templates.Template {
	t.Helper()
	parsed, err := templates.Parse("", source, ctx, nil)
	require.NoError(t, err)
	return parsed
}

// merge renders source with the world, in the locale, and requires that nothing is wrong with it.
func merge(t *testing.T, source string, ctx templates.Context, opts *templates.RenderOptions) templates.Rendered {
	t.Helper()
	parsed := parse(t, source, ctx)
	require.NoError(t, parsed.Check(fields()).Err())
	r, err := parsed.Render(context.Background(), templates.FromPaths(world()), opts)
	require.NoError(t, err)
	return r
}
