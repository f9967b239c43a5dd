package folders

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// A foldBuffer folds names to the form in which they are compared. It keeps its buffers, so it is not for two goroutines.
//
// The form: compatibility decomposition (UAX #15), full case folding without a locale, no format characters, spaces or punctuation, no marks
// on Latin, Greek, Arabic and Hebrew letters. Marks stay where they make another letter: Cyrillic й, Japanese が, Indic vowels.
type foldBuffer struct {
	fold       cases.Caser
	a, b, text []byte
}

func newFoldBuffer() *foldBuffer { return &foldBuffer{fold: cases.Fold()} }

// key returns the folded form of s. It is valid until the next call.
func (f *foldBuffer) key(s string) []byte {
	known := simpleFolds()
	f.text = f.text[:0]
	for _, r := range s {
		switch {
		case r < simpleEnd && known[r].alone:
			f.text = append(f.text, known[r].folded...)
		case itself(r):
			f.text = utf8.AppendRune(f.text, r)
		default:
			return f.unicode(s)
		}
	}
	return f.text
}

// itself tells whether r is a letter of Japanese, Chinese or Korean that folds to itself, whatever of these stands beside it.
func itself(r rune) bool {
	return '\u4e00' <= r && r <= '\u9fff' || '\uac00' <= r && r <= '\ud7a3' ||
		'\u3041' <= r && r <= '\u3096' || '\u30a1' <= r && r <= '\u30fa' || r == 'ー'
}

// simpleEnd ends the scripts whose letters are looked up: Latin, Greek, Cyrillic, Armenian, Hebrew.
const simpleEnd = 0x600

// simpleFolds has the folded form of each rune that folds alone, whatever stands beside it.
var simpleFolds = sync.OnceValue(func() *[simpleEnd]struct {
	folded string
	alone  bool
} {
	var table [simpleEnd]struct {
		folded string
		alone  bool
	}
	f := newFoldBuffer()
	for r := range rune(simpleEnd) {
		table[r].folded, table[r].alone = string(f.unicode(string(r))), !unicode.Is(unicode.Mn, r)
	}
	return &table
})

// unicode is key for every script.
func (f *foldBuffer) unicode(s string) []byte {
	f.a = norm.NFKD.AppendString(f.a[:0], s)
	f.fold.Reset()
	f.b, _, _ = transform.Append(f.fold, f.b[:0], f.a)
	f.a = f.a[:0]
	var base rune // the letter that marks belong to
	for i := 0; i < len(f.b); {
		r, size := utf8.DecodeRune(f.b[i:])
		i += size
		if unicode.Is(unicode.Mn, r) {
			if !dropsMark(base, r) {
				f.a = utf8.AppendRune(f.a, r)
			}
			continue
		}
		base = r
		if same, ok := sameLetter[r]; ok {
			f.a = append(f.a, same...)
		} else if !separates(r) {
			f.a = utf8.AppendRune(f.a, r)
		}
	}
	f.text = norm.NFC.Append(f.text[:0], f.a...)
	return f.text
}

// dropsMark tells whether mark only decorates base.
func dropsMark(base, mark rune) bool {
	switch {
	case unicode.Is(unicode.Variation_Selector, mark), separates(base): // ´ decomposes into a space and a mark
		return true
	case base == 'е': // Cyrillic: ё is commonly written е
		return mark == '\u0308'
	}
	return unicode.In(base, unicode.Latin, unicode.Greek, unicode.Arabic, unicode.Hebrew)
}

// separates tells whether r has no part in a name's folded form.
func separates(r rune) bool {
	if r < utf8.RuneSelf {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("$+<=>|~", r))
	}
	if r >= '\u02b9' && r <= '\u02bf' { // modifier letters used as apostrophes: oʻ
		return true
	}
	return unicode.In(r, unicode.P, unicode.Z, unicode.Cf, unicode.Cc, unicode.Sk)
}

// sameLetter has letters that have no decomposition but are commonly typed as others.
var sameLetter = map[rune]string{
	'ł': "l", 'ø': "o", 'đ': "d", 'ı': "i", 'ħ': "h", 'ŧ': "t", 'æ': "ae", 'œ': "oe",
	'ي': "ی", 'ى': "ی", 'ك': "ک", 'ـ': "",
}

// words splits s where letters, digits and marks end. Joiners and apostrophes are inside of words: דוא״ל.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return separates(r) && !strings.ContainsRune("\u200c\u200d'’‘\"״׳", r) })
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
