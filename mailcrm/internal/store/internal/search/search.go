// Package search makes words of texts and of what people type, the same for both engines.
//
// Full-text search is where SQLite and PostgreSQL differ most: in what a word is, what an accent is, how a query is spelled and what a stray
// quote does to it. So neither is asked. [Words] cuts and folds a text here ("Société Générale" is societe, generale; œ is oe), the engines
// get words of letters and digits only, and store them as they are: SQLite in an FTS5 table with the "ascii" tokenizer, which leaves such words alone, PostgreSQL
// as a tsvector that [Vector] writes out, positions included. What a person typed becomes a [Question], also of folded words, spelled for FTS5
// by [Question.FTS5] and for PostgreSQL by [Question.TSQuery]. Nothing that a person or a sender writes reaches a query parser.
//
// The rules of a question: words apart by white space must all occur; what a person put between quotes, and a word with marks inside
// ("jean.dupont@example.fr"), must occur as that run of words; the last word need only be the beginning of one, unless a quote was closed
// after it. There are no operators. The prefixes from: to: and so on are taken off by those who read what was typed.
package search

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The bounds of this package.
const (
	MaxWord      = 40     // bytes of a folded word: longer ones are cut, in texts and questions alike
	MaxWords     = 50_000 // of one text: what follows is not found
	MaxTerms     = 16     // of one question: what follows is ignored
	MaxTermWords = 16     // of one run in a question
)

// Words calls word for each folded word of text, in order, until MaxWords were given. The bytes are valid during the call only.
func Words(text string, word func([]byte)) {
	var buf [MaxWord + utf8.UTFMax*4]byte
	w := buf[:0]
	given := 0
	flush := func() bool {
		if len(w) > 0 {
			word(w[:cut(w)])
			w = buf[:0]
			given++
		}
		return given < MaxWords
	}
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			case c >= 'A' && c <= 'Z':
				c += 'a' - 'A'
			default:
				if !flush() {
					return
				}
				continue
			}
			if len(w) <= MaxWord {
				w = append(w, c)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if len(w) <= MaxWord {
				w = appendFolded(w, r)
			}
		case unicode.Is(unicode.Mn, r), r == '\u00ad', r == '\u200b', r == '\u200c', r == '\u200d':
			// an accent apart, a soft hyphen, a joiner: the word goes on
		default:
			if !flush() {
				return
			}
		}
	}
	flush()
}

// cut is where a word of more than MaxWord bytes ends, not inside a character.
func cut(w []byte) int {
	if len(w) <= MaxWord {
		return len(w)
	}
	n := MaxWord
	for n > 0 && !utf8.RuneStart(w[n]) {
		n--
	}
	return n
}

// latin are the letters from U+00C0 to U+017F without case and accents, which are most that need folding in our languages; "?" is none of one letter.
const latin = "aaaaaa?ceeeeiiii?nooooo?ouuuuy??aaaaaa?ceeeeiiii?nooooo?ouuuuy?y" +
	"aaaaaaccccccccddddeeeeeeeeeegggggggghh??iiiiiiiiii??jjkk?lllllll" +
	"lllnnnnnn???oooooo??rrrrrrsssssssstttt??uuuuuuuuuuuuwwyyyzzzzzzs"

// appendFolded adds r without case and accents.
func appendFolded(w []byte, r rune) []byte {
	if r >= 0xc0 && r < 0x180 && latin[r-0xc0] != '?' {
		return append(w, latin[r-0xc0])
	}
	var one [utf8.UTFMax]byte
	var room [32]byte
	parts := norm.NFKD.Append(room[:0], one[:utf8.EncodeRune(one[:], r)]...)
	for len(parts) > 0 {
		part, size := utf8.DecodeRune(parts)
		parts = parts[size:]
		if !unicode.IsLetter(part) && !unicode.IsDigit(part) {
			continue
		}
		switch part = unicode.ToLower(part); part { // letters of their own to Unicode, which people type without their marks
		case 'œ':
			w = append(w, "oe"...)
		case 'æ':
			w = append(w, "ae"...)
		case 'ß':
			w = append(w, "ss"...)
		case 'ø':
			w = append(w, 'o')
		case 'ł':
			w = append(w, 'l')
		case 'đ':
			w = append(w, 'd')
		case 'ı':
			w = append(w, 'i')
		default:
			w = utf8.AppendRune(w, part)
		}
	}
	return w
}

// Fold is text as words with a space between: for sorting and comparing without case, accents and marks.
func Fold(text string) string { return string(AppendFolded(nil, text)) }

// AppendFolded adds the words of text to b, with a space between.
func AppendFolded(b []byte, text string) []byte {
	start := len(b)
	Words(text, func(w []byte) {
		if len(b) > start {
			b = append(b, ' ')
		}
		b = append(b, w...)
	})
	return b
}
