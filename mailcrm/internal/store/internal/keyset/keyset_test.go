package keyset

import (
	"encoding/base64"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

func TestCursor(t *testing.T) {
	for _, c := range []Cursor{
		{List: "drafts", Number: math.MaxInt64, ID: "x"},
		{List: "messages subject desc", Number: math.MinInt64, Text: "été au bureau", ID: "0123456789abcdefghjkmnpqrs"},
		{List: "l"},
	} {
		back, ok, err := Parse(c.String(), c.List)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, c, back)
	}
	_, ok, err := Parse("", "drafts")
	require.NoError(t, err)
	require.False(t, ok)
}

func TestOtherTextsAreNoCursors(t *testing.T) {
	spell := base64.RawURLEncoding.EncodeToString
	for _, text := range []string{
		"!", "x", Cursor{List: "drafts"}.String(), spell([]byte("list")), spell([]byte("list\x00zz\x00")), spell([]byte("list\x00not a number!\x00\x00")), strings.Repeat("A", maxCursor+1),
	} {
		_, _, err := Parse(text, "list")
		require.ErrorIs(t, err, storage.ErrInvalid, "%q", text)
		var field *storage.FieldError
		require.ErrorAs(t, err, &field)
		require.Equal(t, "Cursor", field.Field)
	}
}

func TestLimit(t *testing.T) {
	for n, limit := range map[int]int{-1: 50, 0: 50, 1: 1, 200: 200, 201: 200} {
		require.Equal(t, limit, Limit(n))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Cursor{List: "l", Number: 5, ID: "x"}.String())
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		c, ok, err := Parse(text, "l")
		if err == nil && ok {
			if back, _, err := Parse(c.String(), "l"); err != nil || back != c {
				t.Fatalf("%+v became %+v: %v", c, back, err)
			}
		}
	})
}
