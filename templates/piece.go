package templates

import (
	"regexp"
	"strconv"
	"strings"
)

// A piece is one {{ field }}, {% tag %} or whole comment in the source. What lies between pieces is the author's own text, which is never changed.
type piece struct {
	kind       pieceKind
	start, end int     // bytes of the source
	tokens     []token // of a field or a tag, without the end
	spot       spot    // where in the HTML it stands; the zero spot in a text or header
}

type pieceKind uint8

const (
	fieldPiece   pieceKind = iota // {{ … }}
	openPiece                     // if, unless, for
	middlePiece                   // elsif, else
	closePiece                    // endif, endunless, endfor
	commentPiece                  // {% comment %} … {% endcomment %}
	brokenPiece                   // an error was reported; it only keeps its place
)

// tag is the first word of a tag.
func (p *piece) tag() string {
	if len(p.tokens) == 0 || p.tokens[0].kind != word {
		return ""
	}
	return p.tokens[0].text
}

// A parser turns a source into nodes, in three walks: split finds the pieces, places finds where each stands in the HTML, build nests them.
type parser struct {
	name    string
	src     string
	ctx     Context
	pos     positions
	filters map[string]*filter
	pieces  []piece
	errs    Errors
	reads   map[string]bool // field paths

	addresses []span // see walker
}

// fail notes an error. It is false when there are so many that the parser should stop.
func (p *parser) fail(offset int, code Code, field, suggestion string, detail any) bool {
	if len(p.errs) >= MaxErrors {
		return false
	}
	line, column := p.pos.at(offset)
	p.errs = append(p.errs, newError(p.name, line, column, code, field, suggestion, detail))
	return len(p.errs) < MaxErrors
}

func (p *parser) full() bool { return len(p.errs) >= MaxErrors }

// split finds the pieces.
func (p *parser) split() {
	for i := 0; !p.full(); {
		next := strings.IndexByte(p.src[i:], '{')
		if next < 0 || i+next+1 >= len(p.src) {
			return
		}
		i += next
		switch p.src[i+1] {
		case '{', '%':
			i = p.piece(i)
		case '<':
			if p.ctx == HTML {
				p.splitBrace(i)
			}
			i++
		default:
			i++
		}
	}
}

// Editors put markup where the caret was: between two braces, or into the middle of a name.
var (
	bracesOpen  = regexp.MustCompile(`^\{(<[^<>{}]*>)+[{%]`)
	bracesClose = regexp.MustCompile(`[}%](<[^<>{}]*>)+\}`)
	markup      = regexp.MustCompile(`<[/!A-Za-z][^<>]*>`)
	nextOpener  = regexp.MustCompile(`\{[{%]`)
)

func (p *parser) splitBrace(i int) {
	if bracesOpen.MatchString(p.src[i:min(i+MaxTag, len(p.src))]) {
		p.fail(i, CodeSplit, "", "", nil)
	}
}

// piece reads the piece that begins at i and gives the offset behind it.
func (p *parser) piece(i int) int {
	opener, closer := p.src[i:i+2], "}}"
	if opener == "{%" {
		closer = "%}"
	}
	l := &lexer{src: p.src, i: i + 2, limit: min(i+MaxTag, len(p.src)), html: p.ctx == HTML, closer: closer}
	tokens, bad := l.tokens()
	switch {
	case p.src[i+2:min(i+3, len(p.src))] == "-":
		bad = &problem{offset: i, code: CodeDash, field: opener + "-"}
	case bad == nil && p.src[l.i-3] == '-':
		bad = &problem{offset: l.i - 3, code: CodeDash, field: "-" + closer}
	case bad == nil && p.ctx == HTML && markup.MatchString(p.src[i+2:l.i-2]):
		bad = &problem{offset: i, code: CodeSplit}
	}
	if bad != nil {
		return p.broken(i, bad, opener, closer)
	}
	one := piece{start: i, end: l.i, tokens: tokens[:len(tokens)-1]}
	if len(one.tokens) == 0 {
		p.fail(i, CodeEmpty, opener+" "+closer, "", nil)
		one.kind = brokenPiece
	} else if opener == "{%" {
		p.tagPiece(&one)
	}
	p.pieces = append(p.pieces, one)
	return one.end
}

// broken reports why the piece at i cannot be read, with the likeliest reason, and finds where to go on.
func (p *parser) broken(i int, bad *problem, opener, closer string) int {
	inside, end := p.src[i+2:], i+2
	if next := nextOpener.FindStringIndex(inside); next != nil {
		inside = inside[:next[0]]
	}
	closed := strings.Index(inside, closer)
	if closed >= 0 {
		inside, end = inside[:closed], end+closed+2
	}
	switch {
	case p.ctx == HTML && (closed >= 0 && markup.MatchString(inside) || closed < 0 && bracesClose.MatchString(inside)):
		bad = &problem{offset: i, code: CodeSplit}
	case closed > MaxTag-4:
		bad = &problem{offset: i, code: CodeLimitTag, detail: strconv.Itoa(MaxTag)}
	case closed < 0 && bad.code != CodeDash:
		bad = &problem{offset: i, code: CodeUnclosed, field: opener}
	}
	p.fail(bad.offset, bad.code, bad.field, "", bad.detail)
	p.pieces = append(p.pieces, piece{kind: brokenPiece, start: i, end: end})
	return end
}

// tagPiece finds what kind of tag it is, and takes in a whole comment.
func (p *parser) tagPiece(one *piece) {
	switch name := one.tag(); name {
	case "if", "unless", "for":
		one.kind = openPiece
	case "elsif", "else":
		one.kind = middlePiece
	case "endif", "endunless", "endfor":
		one.kind = closePiece
	case "comment":
		one.kind = commentPiece
		behind := endComment.FindStringIndex(p.src[one.end:])
		if behind == nil {
			p.fail(one.start, CodeUnclosedBlock, "{% comment %}", "", "{% endcomment %}")
			one.end = len(p.src)
			return
		}
		one.end += behind[1]
	case "endcomment":
		p.fail(one.start, CodeStrayTag, "{% endcomment %}", "", "{% comment %}")
		one.kind = brokenPiece
	default:
		if name == "" {
			name = one.tokens[0].text
		}
		p.fail(one.tokens[0].offset, CodeUnknownTag, name, nearest(name, tagNames), strings.Join(tagNames, ", "))
		one.kind = brokenPiece
	}
}

var (
	endComment = regexp.MustCompile(`\{%(?:\s|\x{A0}|&nbsp;)*endcomment(?:\s|\x{A0}|&nbsp;)*%\}`)
	tagNames   = []string{"if", "elsif", "else", "endif", "unless", "endunless", "for", "endfor", "comment", "endcomment"}
)
