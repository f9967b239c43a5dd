package templates_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/templates"
)

func TestDecimals(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "1.50": "1.50", "-0.05": "-0.05", "+7": "7", "007.10": "7.10",
		strings.Repeat("9", 38) + "." + strings.Repeat("9", 38): strings.Repeat("9", 38) + "." + strings.Repeat("9", 38),
	} {
		v, err := templates.Decimal(in)
		require.NoError(t, err)
		got, ok := v.AsDecimal()
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	for _, in := range []string{"", "-", "+-1", "1.", ".5", "1,5", "1e9", "0x1", " 1", "1 ", "1.5.2", "NaN", "١", strings.Repeat("9", 39), "0." + strings.Repeat("9", 39), strings.Repeat("9", 1<<20)} {
		_, err := templates.Decimal(in)
		require.Error(t, err, in)
		require.Less(t, len(err.Error()), 300)
	}
	for _, currency := range []string{"", "EU", "EURO", "E1R", "€", "éab"} {
		_, err := templates.Money("1", currency)
		require.Error(t, err, currency)
	}
	_, err := templates.Money("x", "EUR")
	require.Error(t, err)
}

func TestValues(t *testing.T) {
	source := map[string]templates.Value{"a": templates.Text("1")}
	record := templates.Record(source)
	source["a"] = templates.Text("changed")
	items := []templates.Value{templates.Text("x")}
	list := templates.List(items...)
	items[0] = templates.Text("changed")
	got, ok := list.AsList()
	require.True(t, ok)
	first, _ := got[0].AsText()
	require.Equal(t, "x", first)
	require.Equal(t, "1", merge2(t, "{{ a }}", record))

	for v, want := range map[templates.Type]struct {
		value templates.Value
		empty bool
	}{
		templates.TypeNull:    {templates.Null(), true},
		templates.TypeText:    {templates.Text("\t\u00A0"), true},
		templates.TypeBool:    {templates.Bool(false), false},
		templates.TypeInt:     {templates.Int(0), false},
		templates.TypeDecimal: {decimal("0.0"), false},
		templates.TypeMoney:   {money("0", "EUR"), false},
		templates.TypeDate:    {templates.Date(1, 1, 1), false},
		templates.TypeInstant: {templates.Instant(time.Time{}), false},
		templates.TypeList:    {templates.List(), true},
		templates.TypeRecord:  {templates.Record(nil), true},
	} {
		require.Equal(t, v, want.value.Type())
		require.Equal(t, want.empty, want.value.IsEmpty(), v)
	}
	require.Equal(t, templates.TypeNull, templates.Value{}.Type())
	_, ok = templates.Null().AsText()
	require.False(t, ok)
	_, ok = templates.Null().AsDecimal()
	require.False(t, ok)
	_, ok = templates.Null().AsList()
	require.False(t, ok)
}

func merge2(t *testing.T, source string, values templates.Value) string {
	t.Helper()
	got, err := parse(t, source, templates.PlainText).Render(t.Context(), values, nil)
	require.NoError(t, err)
	return got.Output
}

func TestFromPaths(t *testing.T) {
	shared := templates.Record(map[string]templates.Value{"x": text("1")})
	v := templates.FromPaths(map[string]templates.Value{
		"a.b.c": text("c"), "a.b.d": text("d"), "a.e": text("e"), "f": text("f"),
		"record": shared, "record.y": text("2"), // joins the record
		"text": text("t"), "text.under": text("lost"), // the shorter path wins
		"gone": templates.Null(), "gone.under": text("n"), // null makes room
	})
	require.Equal(t, "cdef12tn", merge2(t, "{{ a.b.c }}{{ a.b.d }}{{ a.e }}{{ f }}{{ record.x }}{{ record.y }}{{ text }}{{ gone.under }}", v))
	_, err := parse(t, "{{ y }}", templates.PlainText).Render(t.Context(), shared, nil)
	require.Error(t, err, "the caller's record stays as it was")
}
