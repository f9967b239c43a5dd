package templates

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A token is one word of a {{ field }} or {% tag %}.
type token struct {
	kind   tokenKind
	text   string // of a word: the dotted path; of a quoted text: its content; of a mark: itself
	offset int    // in the source
}

type tokenKind uint8

const (
	word tokenKind = iota // contact.first_name, if, and
	quoted
	numeral
	mark // | : , == != < > <= >=, and the = that nothing takes
	end  // }} or %}
)

// A lexer reads the inside of one tag. In HTML it reads what an editor may have made of it: &quot; and &gt; and &nbsp; are what they stand for.
type lexer struct {
	src    string
	i      int
	limit  int // no tag reaches further
	html   bool
	closer string
}

// problem is what stops a lexer; field and detail are those of the Error.
type problem struct {
	offset        int
	code          Code
	field, detail string
}

// peek is the next character as the author meant it, and how many bytes it takes. Zero bytes: the end of the source or of the tag's bound.
func (l *lexer) peek() (rune, int) {
	if l.i >= l.limit {
		return 0, 0
	}
	if l.html && l.src[l.i] == '&' {
		if semicolon := strings.IndexByte(l.src[l.i:min(l.i+12, l.limit)], ';'); semicolon > 0 {
			entity := l.src[l.i : l.i+semicolon+1]
			if r, n := utf8.DecodeRuneInString(html.UnescapeString(entity)); html.UnescapeString(entity)[n:] == "" {
				return r, len(entity)
			}
		}
	}
	return utf8.DecodeRuneInString(l.src[l.i:l.limit])
}

func isSpace(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200B' || r == '\uFEFF' // the invisible ones come with pasted text
}

// tokens reads up to and including the closer. The last token is always the end.
func (l *lexer) tokens() ([]token, *problem) {
	var all []token
	for {
		r, n := l.peek()
		switch {
		case n == 0:
			return nil, &problem{offset: l.i, code: CodeUnclosed}
		case isSpace(r):
			l.i += n
		case strings.HasPrefix(l.src[l.i:l.limit], l.closer):
			all = append(all, token{end, l.closer, l.i})
			l.i += len(l.closer)
			return all, nil
		default:
			t, bad := l.token(r, n)
			if bad != nil {
				return nil, bad
			}
			all = append(all, t)
		}
	}
}

// marks are the marks of two characters first.
var marks = []string{"==", "!=", "<=", ">=", "|", ":", ",", "<", ">", "="}

func (l *lexer) token(r rune, n int) (token, *problem) {
	start := l.i
	switch {
	case unicode.IsLetter(r) || r == '_':
		return token{word, l.take(func(r rune) bool {
			return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("_-.", r)
		}), start}, nil
	case r >= '0' && r <= '9' || r == '-':
		return token{numeral, l.take(func(r rune) bool { return r >= '0' && r <= '9' || r == '.' || r == '-' }), start}, nil
	case closing[r] != "":
		return l.quoted(r, n)
	}
	for _, m := range marks {
		if l.mark(m) {
			return token{mark, m, start}, nil
		}
	}
	bad := &problem{offset: start, code: CodeUnexpected, field: string(r)}
	if r == '[' {
		bad.code = CodeIndex
	}
	return token{}, bad
}

// take reads while ok.
func (l *lexer) take(ok func(rune) bool) string {
	var b strings.Builder
	for {
		r, n := l.peek()
		if n == 0 || !ok(r) {
			return b.String()
		}
		b.WriteRune(r)
		l.i += n
	}
}

// mark reads m if it is next, also when its characters are written as entities.
func (l *lexer) mark(m string) bool {
	start := l.i
	for _, want := range m {
		r, n := l.peek()
		if n == 0 || r != want {
			l.i = start
			return false
		}
		l.i += n
	}
	return true
}

// closing are the quotation marks that may begin a text, and those that end it: word processors and phones replace the straight ones.
var closing = map[rune]string{
	'"': "\"", '\'': "'",
	'“': "”“\"", '”': "”“\"", '„': "“”",
	'‘': "’‘'", '’': "’‘'",
	'«': "»",
}

func (l *lexer) quoted(opening rune, n int) (token, *problem) {
	start := l.i
	l.i += n
	var b strings.Builder
	for {
		r, n := l.peek()
		if n == 0 || r == '\n' {
			return token{}, &problem{offset: start, code: CodeUnclosedString}
		}
		l.i += n
		if strings.ContainsRune(closing[opening], r) {
			break
		}
		b.WriteRune(r)
	}
	text := b.String()
	if opening == '«' { // whose inner spaces are typography
		text = strings.TrimFunc(text, isSpace)
	}
	return token{quoted, text, start}, nil
}
