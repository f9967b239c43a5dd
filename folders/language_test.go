package folders

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLanguages(t *testing.T) {
	entries, err := languageFiles.ReadDir("languages")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(entries), 60)
	require.Less(t, len(entries), len(languages{})*64)
	fold := newFoldBuffer()
	for _, e := range entries {
		t.Run(strings.TrimSuffix(e.Name(), ".txt"), func(t *testing.T) {
			text, err := languageFiles.ReadFile("languages/" + e.Name())
			require.NoError(t, err)
			f, err := parseLanguage(string(text))
			require.NoError(t, err)
			require.Equal(t, path.Base(e.Name()), f.code+".txt")
			seen := map[string]bool{}
			have := map[string]bool{}
			for _, n := range f.names {
				key := string(fold.key(n.text))
				require.NotEmpty(t, key, "%q has no letters", n.text)
				require.False(t, seen[n.section+" "+key], "%q stands twice in [%s]", n.text, n.section)
				require.False(t, strings.ContainsAny(n.text, "0123456789"), "%q has a digit", n.text)
				seen[n.section+" "+key], have[n.section] = true, true
				require.False(t, n.section == "nouns" && len(words(n.text)) != 1, "the noun %q is not one word", n.text)
			}
			weak := map[string]bool{}
			for _, n := range f.names {
				if n.section == "trash" || n.section == "junk" {
					key := string(fold.key(n.text))
					other, ok := weak[key]
					require.False(t, ok && other != n.weak, "%q is trash and junk, and has a ? in one of them only", n.text)
					weak[key] = n.weak
				}
			}
			for _, n := range f.names {
				if n.section == "nouns" {
					for s := range sections {
						require.False(t, s != "nouns" && seen[s+" "+string(fold.key(n.text))], "%q is a noun and a name in [%s]", n.text, s)
					}
				}
			}
			for _, s := range []string{"sent", "drafts", "trash"} {
				require.True(t, have[s], "no [%s]", s)
			}
		})
	}
}

// Waste in one language must not be worth keeping in another: there is no second chance after a delete.
func TestWasteIsNothingElse(t *testing.T) {
	table := names()
	for key, known := range table.meanings {
		waste := slices.ContainsFunc(known, func(k meaning) bool { return !k.weak && (k.role == Trash || k.role == Junk) })
		kept := slices.ContainsFunc(known, func(k meaning) bool { return !k.weak && k.role != Trash && k.role != Junk })
		require.False(t, waste && kept, "%q means waste in one language and something else in another: %v", key, known)
	}
}

func TestParseLanguageErrors(t *testing.T) {
	head := "language: xx\nname: X\n"
	for text, want := range map[string]string{
		"":                                   `does not begin with "language: code"`,
		"language: xx\n[sent]\nX":            `does not begin with "language: code"`,
		head + "[sentt]\n":                   `line 3: no section is called "sentt"`,
		head + "spelt: ä\n":                  `line 3: expected "spelt: ä=ae ö=oe"`,
		"Gesendet\n":                         `line 1: expected`,
		head + "[sent]\n?\n":                 `line 4: a name has 1 to 160 bytes`,
		head + strings.Repeat("\n", 3) + "x": `line 6: expected`,
		head + "[sent]\n" + strings.Repeat("x", 161): `line 4: a name has 1 to 160 bytes`,
		head + "[sent]\n\xff\n":                      `line 4: not UTF-8`,
	} {
		_, err := parseLanguage(text)
		require.ErrorContains(t, err, want)
	}
}

func TestParseLanguage(t *testing.T) {
	f, err := parseLanguage("# remark\nlanguage: oc\nname: occitan\nspelt: è=eh\n\n[sent]\n Messatges mandats \n? Mandat\n[nouns]\nmessatge")
	require.NoError(t, err)
	require.Equal(t, languageFile{code: "oc", name: "occitan", spelt: []string{"è", "eh"}, names: []languageName{
		{section: "sent", text: "Messatges mandats"}, {section: "sent", text: "Mandat", weak: true}, {section: "nouns", text: "messatge"},
	}}, f)
}
