package filename

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestClean(t *testing.T) {
	for name, want := range map[string]string{
		"offer.pdf":                           "offer.pdf",
		"Devis n°12 – été.pdf":                "Devis n°12 – été.pdf",
		"見積書.xlsx":                            "見積書.xlsx",
		"":                                    "document",
		"   ":                                 "document",
		".":                                   "document",
		"..":                                  "document",
		"/":                                   "document",
		"...":                                 "document",
		"\x00\x01":                            "document",
		"../../.ssh/authorized_keys":          "__.._.ssh_authorized_keys",
		"/etc/passwd":                         "_etc_passwd",
		`C:\Users\x.doc`:                      "C__Users_x.doc",
		"a\x00b.txt":                          "ab.txt",
		"a\r\nb.txt":                          "a  b.txt",
		"a\tb.txt":                            "a b.txt",
		"photo\u202egpj.exe":                  "photogpj.exe",
		"\u2066x\u2069\u200e\u200f\u061c.txt": "x.txt",
		"a\u2028b.txt":                        "a b.txt",
		"می\u200cخواهم.txt":                   "می\u200cخواهم.txt",
		"zero\u200bwidth\ufeff.txt":           "zerowidth.txt",
		"CON":                                 "_CON",
		"con.txt":                             "_con.txt",
		"Nul .txt":                            "_Nul .txt",
		"com1":                                "_com1",
		"COM¹.log":                            "_COM¹.log",
		"com10":                               "com10",
		"lpt":                                 "lpt",
		".htaccess":                           "_htaccess",
		"trailing. . ":                        "trailing",
		"bad\xffutf8.txt":                     "bad_utf8.txt",
		"a*b?c\"d<e>f|g:h":                    "a_b_c_d_e_f_g_h",
	} {
		require.Equal(t, want, Clean(name, "document", Max), "%q", name)
	}
}

func TestCleanShortens(t *testing.T) {
	require.Equal(t, strings.Repeat("a", 255), Clean(strings.Repeat("a", 300), "x", Max))
	require.Equal(t, strings.Repeat("a", 251)+".pdf", Clean(strings.Repeat("a", 300)+".pdf", "x", Max))
	require.Equal(t, strings.Repeat("é", 125)+".pdf", Clean(strings.Repeat("é", 300)+".pdf", "x", Max), "whole characters")
	require.Equal(t, strings.Repeat("a", 28)+".pdf", Clean(strings.Repeat("a", 300)+".pdf", "x", 32))
	require.Equal(t, "a."+strings.Repeat("b", 253), Clean("a."+strings.Repeat("b", 300), "x", Max), "that is no extension")
}

func TestNumbered(t *testing.T) {
	require.Equal(t, "offer (2).pdf", Numbered("offer.pdf", 2, Max))
	require.Equal(t, "offer (10)", Numbered("offer", 10, Max))
	require.Equal(t, "a.b (2).c", Numbered("a.b.c", 2, Max))
	require.Equal(t, "_profile (3)", Numbered("_profile", 3, Max))
	long := Numbered(strings.Repeat("a", 251)+".pdf", 12, Max)
	require.Len(t, long, 255)
	require.True(t, strings.HasSuffix(long, "a (12).pdf"))
}

func FuzzClean(f *testing.F) {
	for _, name := range []string{"", "offer.pdf", "../x", "CON.", "\u202e", strings.Repeat("é", 200) + ".x", ". .", "a\xff", "aux .", "_\u200d."} {
		f.Add(name, 255)
		f.Add(name, 20)
	}
	f.Fuzz(func(t *testing.T, name string, limit int) {
		limit = 32 + max(limit, 0)%224
		clean := Clean(name, "document", limit)
		require.NotEmpty(t, clean)
		require.LessOrEqual(t, len(clean), limit)
		require.True(t, utf8.ValidString(clean))
		require.False(t, strings.ContainsAny(clean, "/\\:\x00\n\r\u202e"), "%q", clean)
		require.False(t, strings.HasPrefix(clean, ".") || strings.HasSuffix(clean, ".") || strings.HasSuffix(clean, " "), "%q", clean)
		require.False(t, device(clean), "%q", clean)
		require.Equal(t, clean, Clean(clean, "document", limit))
		numbered := Numbered(clean, 2, limit)
		require.LessOrEqual(t, len(numbered), limit)
		require.NotEqual(t, clean, numbered)
		require.Equal(t, numbered, Clean(numbered, "document", limit))
	})
}
