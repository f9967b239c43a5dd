package search

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ text, folded string }{
		{"", ""},
		{"  \t\n ", ""},
		{"Société Générale", "societe generale"},
		{"l'été à Noël", "l ete a noel"},
		{"Œuvre d'un CŒUR, æquo", "oeuvre d un coeur aequo"},
		{"Straße STRASSE ẞ", "strasse strasse ss"},
		{"jean.dupont+devis@exemple.fr", "jean dupont devis exemple fr"},
		{"Ångström Łódź Ørsted Đà", "angstrom lodz orsted da"},
		{"İstanbul ıssız", "istanbul issiz"},
		{"e\u0301te\u0301", "ete"}, // accents apart
		{"co\u00adopération", "cooperation"},
		{"ﬁnance №5 ½", "finance 5"},
		{"ΑΘΗΝΑ Αθήνα", "αθηνα αθηνα"},
		{"МОСКВА", "москва"},
		{"2024-03-01T10:00", "2024 03 01t10 00"},
		{"日本語 テスト", "日本語 テスト"},
		{"\x00\xff\xfe", ""},
		{"a\xffb", "a b"},
		{strings.Repeat("x", 100), strings.Repeat("x", MaxWord)},
		{strings.Repeat("é", 100), strings.Repeat("e", MaxWord)},
		{strings.Repeat("я", 100), strings.Repeat("я", MaxWord/2)},
	} {
		require.Equal(t, c.folded, Fold(c.text), "%q", c.text)
	}
}

// TestLatinTable compares the table with what Unicode says.
func TestLatinTable(t *testing.T) {
	require.Len(t, latin, 0x180-0xc0)
	for r := rune(0xc0); r < 0x180; r++ {
		if latin[r-0xc0] == '?' || strings.ContainsRune("øØłŁđĐıİħĦŧŦĸŉŋŊ", r) {
			continue
		}
		base := ""
		for _, part := range norm.NFKD.String(string(r)) {
			if unicode.IsLetter(part) {
				base += string(unicode.ToLower(part))
			}
		}
		require.Equal(t, base, latin[r-0xc0:r-0xc0+1], "%c", r)
	}
}

func TestWordsAreBounded(t *testing.T) {
	n := 0
	Words(strings.Repeat("mot ", MaxWords+10), func([]byte) { n++ })
	require.Equal(t, MaxWords, n)
}

func TestQuestion(t *testing.T) {
	for _, c := range []struct {
		name, typed   string
		field         Field
		fts5, tsquery string
	}{
		{"a word begins", "Fac", Anywhere, `"fac" *`, `('fac':*)`},
		{"words", "devis Toiture", Anywhere, `"devis" AND "toiture" *`, `('devis') & ('toiture':*)`},
		{"a field", "éric", Sender, `sender : "eric" *`, `('eric':*B)`},
		{"an address is a run", "jean@ex.fr", Recipients, `recipients : "jean ex fr" *`, `('jean':C <-> 'ex':C <-> 'fr':*C)`},
		{"a phrase", `"bon de commande" 12`, Subject, `subject : "bon de commande" AND subject : "12" *`, `('bon':A <-> 'de':A <-> 'commande':A) & ('12':*A)`},
		{"a closed quote ends its word", `"devis"`, Anywhere, `"devis"`, `('devis')`},
		{"an open quote", `"bon de`, Anywhere, `"bon de" *`, `('bon' <-> 'de':*)`},
		{"quotes within", `a"b c"d`, Anywhere, `"a" AND "b c" AND "d" *`, `('a') & ('b' <-> 'c') & ('d':*)`},
		{"nothing but marks", `"' OR 1=1 --`, Anywhere, `"or 1 1" *`, `('or' <-> '1' <-> '1':*)`},
		{
			"operators are words", "a AND NOT b* (c) ^d col:e NEAR(f)", Anywhere, `"a" AND "and" AND "not" AND "b" AND "c" AND "d" AND "col e" AND "near f" *`,
			`('a') & ('and') & ('not') & ('b') & ('c') & ('d') & ('col' <-> 'e') & ('near' <-> 'f':*)`,
		},
		{"marks", `*** "" '' \ | & ! <->`, Anywhere, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var q Question
			q.Ask(c.field, c.typed)
			require.Equal(t, c.fts5, q.FTS5())
			require.Equal(t, c.tsquery, q.TSQuery())
			require.Equal(t, c.fts5 != "", q.Asks())
		})
	}
}

func TestQuestionIsBounded(t *testing.T) {
	var q Question
	q.Ask(Anywhere, strings.Repeat("mot ", 10_000))
	require.Len(t, q.terms, MaxTerms)
	var run Question
	run.Ask(Anywhere, strings.Repeat("mot.", 900))
	require.Len(t, run.terms[0].words, MaxTermWords)
}

func TestVector(t *testing.T) {
	require.Equal(t, `'a':1A,4B 'b':7C,10D,11D `, Vector("A", "à", "b", "B b"))
	require.Empty(t, Vector("", "", "", ""))
	// PostgreSQL takes at most 256 places of a word, and none beyond 16,383.
	long := Vector("", "", "", strings.Repeat("mot ", 20_000)+"fin")
	require.Less(t, strings.Count(long, ","), 256)
	require.Contains(t, long, "'fin':16383D")
}

// isFolded reports whether text is words of letters and digits only, which is all that reaches an engine.
func isFolded(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for w := range strings.SplitSeq(text, " ") {
		if len(w) > MaxWord {
			return false
		}
		for _, r := range w {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				return false
			}
		}
	}
	return true
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"", "Société d'été", "\xff\x00é\u0301", "ﬃ№½ǅ", "\"'`*()", strings.Repeat("ﷺ", 40)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		folded := Fold(text)
		if !isFolded(folded) {
			t.Fatalf("%q became %q", text, folded)
		}
		if again := Fold(folded); again != folded {
			t.Fatalf("%q folds to %q, then to %q", text, folded, again)
		}
		var q Question
		q.Ask(Anywhere, text)
		if strings.Count(q.FTS5(), `"`)%2 != 0 || strings.Count(q.TSQuery(), "'")%2 != 0 {
			t.Fatalf("%q asks %s and %s", text, q.FTS5(), q.TSQuery())
		}
	})
}
