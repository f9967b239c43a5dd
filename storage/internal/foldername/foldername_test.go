package foldername

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOf(t *testing.T) {
	long := strings.Repeat("a", 121)
	for id, want := range map[string]string{
		"":               "_",
		"acme":           "acme",
		"acme-2.fr":      "acme-2.fr",
		"Acme":           "_41cme",
		"_":              "_5f",
		"_41cme":         "_5f41cme",
		".":              "_2e",
		"..":             "_2e_2e",
		".hidden":        "_2ehidden",
		"dot.":           "dot_2e",
		"../x":           "_2e._2fx",
		"a/b":            "a_2fb",
		`a\b`:            "a_5cb",
		"a b":            "a_20b",
		"nul":            "_6eul",
		"nul.txt":        "_6eul.txt",
		"com1":           "_63om1",
		"comma":          "comma",
		"com10":          "com10",
		"CON":            "_43_4f_4e",
		"é":              "_c3_a9",
		"\x00":           "_00",
		long[:120]:       long[:120],
		"mailcrm:system": "mailcrm_3asystem",
	} {
		require.Equal(t, want, Of(id), "%q", id)
	}
	require.Len(t, Of(long), keep+len("_h")+64)
	require.NotEqual(t, Of(long), Of(long+"a"))
	require.True(t, strings.HasPrefix(Of(strings.Repeat("é", 120)), "_c3_a9"))
}

func FuzzOf(f *testing.F) {
	for _, id := range []string{"", "acme", "Acme", "..", "nul", "_41", strings.Repeat("é", 120), strings.Repeat("a", 46) + strings.Repeat("é", 60)} {
		f.Add(id, id+"x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		name := Of(a)
		require.NotEmpty(t, name)
		require.LessOrEqual(t, len(name), 120)
		require.Empty(t, strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._-"), "%q", name)
		require.False(t, strings.HasPrefix(name, ".") || strings.HasSuffix(name, "."), "%q", name)
		require.False(t, device(name), "%q", name)
		if a != b {
			require.NotEqual(t, strings.ToLower(name), strings.ToLower(Of(b)))
		}
	})
}
