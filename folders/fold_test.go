package folders

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// What is folded the short way is folded as the long one would.
func TestFoldItself(t *testing.T) {
	f := newFoldBuffer()
	for r := range rune(0x10000) {
		if itself(r) {
			require.Equal(t, string(r), string(f.unicode(string(r))))
			require.Equal(t, "メ"+string(r)+"漢", string(f.unicode("メ"+string(r)+"漢")))
		}
	}
}

func TestFold(t *testing.T) {
	f := newFoldBuffer()
	for name, pair := range map[string][2]string{
		"case":                     {"SENT ITEMS", "sent items"},
		"decomposed accents":       {"E\u0301le\u0301ments envoye\u0301s", "Éléments envoyés"},
		"no accents":               {"Elements envoyes", "Éléments envoyés"},
		"full width":               {"Ｔｒａｓｈ", "Trash"},
		"half width kana":          {"ｺﾞﾐ箱", "ゴミ箱"},
		"decomposed kana":          {"コ\u3099ミ箱", "ゴミ箱"},
		"Korean spacing":           {"보낸 편지함", "보낸편지함"},
		"decomposed Hangul":        {"휴지통", "휴지통"},
		"trailing space":           {"Sent ", "Sent"},
		"no-break space":           {"Sent\u00a0Items", "Sent Items"},
		"hyphens":                  {"Junk-E-Mail", "Junk Email"},
		"apostrophes":              {"Boîte d’envoi", "Boite d'envoi"},
		"modifier apostrophe":      {"Joʻnatilgan", "Jo‘natilgan"},
		"Turkish capital I":        {"GÖNDERİLMİŞ", "Gönderilmiş"},
		"Turkish small dotless i":  {"Taslakları", "Taslaklari"},
		"sharp s":                  {"GROSS", "groß"},
		"Polish l":                 {"Wyslane", "Wysłane"},
		"Nordic o":                 {"Soppelpost", "Søppelpost"},
		"South Slavic d":           {"Dubre", "Đubre"},
		"Russian yo":               {"Удалённые", "Удаленные"},
		"Greek capitals":           {"ΑΠΕΣΤΑΛΜΕΝΑ", "Απεσταλμένα"},
		"Greek final sigma":        {"ΚΆΔΟΣ", "Κάδος"},
		"Persian joiner":           {"پیش\u200cنویس\u200cها", "پیش نویس ها"},
		"Arabic and Persian yeh":   {"بايگاني", "بایگانی"},
		"Arabic marks and tatweel": {"مُهـملات", "مهملات"},
		"Hebrew points":            {"אַשְׁפָּה", "אשפה"},
		"soft hyphen":              {"Papier\u00adkorb", "Papierkorb"},
		"direction marks":          {"\u200fדואר זבל\u200e", "דואר זבל"},
		"ligature":                 {"ﬁx", "fix"},
	} {
		t.Run(name, func(t *testing.T) {
			a := string(f.key(pair[0]))
			require.Equal(t, string(f.key(pair[1])), a)
			require.NotEmpty(t, a)
		})
	}
	for name, pair := range map[string][2]string{
		"Cyrillic short i is a letter": {"Мои", "Мой"},
		"kana marks are letters":       {"かみ", "がみ"},
		"Ukrainian yi is a letter":     {"іх", "їх"},
		"an ending is another word":    {"Архив", "Архивы"},
		"Indic vowels are letters":     {"भेजे", "भेज"},
		"symbols are kept":             {"Trash+", "Trash"},
	} {
		t.Run(name, func(t *testing.T) {
			a := string(f.key(pair[0]))
			require.NotEqual(t, string(f.key(pair[1])), a)
		})
	}
}

// The look-up by letter and the long way through Unicode must agree.
func FuzzFold(f *testing.F) {
	for _, s := range []string{"Éléments envoyés", "Koš", "Входящие", "İı", "פח אשפה", "보낸편지함", "E\u0301", "ﬁ", "\xff", "\u0345α", "ΐ", "ŉ", "՚և"} {
		f.Add(s)
	}
	fold := newFoldBuffer()
	f.Fuzz(func(t *testing.T, s string) {
		fast := string(fold.key(s))
		require.Equal(t, string(fold.unicode(s)), fast)
		require.True(t, utf8.ValidString(fast))
		require.NotContains(t, fast, " ")
		if utf8.ValidString(s) {
			require.Equal(t, fast, string(fold.key(" "+s+"-")), "spaces and hyphens around a name count for nothing")
		}
	})
}
