package templates

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// A place is where a value lands, and so how it is escaped.
type place uint8

const (
	inText      place = iota // plain text: as it is
	inHeader                 // one line
	inHTML                   // the text of an element
	inTitle                  // the text of <title> or <textarea>, which holds no elements
	inAttribute              // an attribute in quotes
	inAddress                // an attribute in quotes that holds an address
	inStyle                  // one value in a style attribute
	inTag                    // between two attributes: only {% if %} is possible
)

// A spot is where a piece stands. Two pieces of one region have the same surroundings: the text between elements (region 0), one attribute,
// one conditional comment, one tag. A tag that opens in a region ends in it, so whatever branch is taken, the HTML behind it is read in the
// same way; this is what makes one look at the whole source enough.
type spot struct {
	place  place
	region int
	code   Code // why nothing may stand here; empty where something may
	field  string
	detail string
}

// A span is a range of bytes of the source.
type span struct{ start, end int }

// A walker reads the HTML around the pieces. It sees a skeleton: the source with each piece overwritten by letters of the same length, so that
// offsets are those of the source, and a piece that touches a "<" or lies in a name is part of that name.
type walker struct {
	p         *parser
	skeleton  string
	next      int    // the piece that comes next
	region    int    // of text between elements
	raw       string // the element whose content comes next is no markup: script, style, title …
	foreign   int    // how many svg and math elements are open
	addresses []span // values of attributes with an address and pieces, from the value's beginning to the last piece's end
}

// places finds the spot of every piece.
func (p *parser) places() {
	b := []byte(p.src)
	for i := range p.pieces {
		for j := p.pieces[i].start; j < p.pieces[i].end; j++ {
			b[j] = 'X'
		}
	}
	w := &walker{p: p, skeleton: string(b)}
	w.walk(0, len(b))
	w.refuse(len(b), CodeTagUnclosed, "")
	p.addresses = w.addresses
}

// walk reads the skeleton between two offsets. It gives whether the HTML is whole there: no tag is left open in the middle.
func (w *walker) walk(from, to int) bool {
	z := html.NewTokenizer(strings.NewReader(w.skeleton[from:to]))
	for at := from; ; {
		kind := z.Next()
		size := len(z.Raw())
		if kind == html.ErrorToken {
			return size == 0 && w.raw == ""
		}
		w.token(z, kind, at, at+size)
		at += size
		if size > hugeTag { // the tokenizer clears its table of attribute names for each tag, at the price of the largest one so far
			z = html.NewTokenizerFragment(strings.NewReader(w.skeleton[at:to]), w.raw)
		}
	}
}

const hugeTag = 4 << 10

// inside is the number of pieces before offset end that have no spot yet.
func (w *walker) inside(end int) []piece {
	n := w.next
	for n < len(w.p.pieces) && w.p.pieces[n].start < end {
		n++
	}
	return w.p.pieces[w.next:n]
}

// refuse gives all pieces before end the reason why they may not be there.
func (w *walker) refuse(end int, code Code, field string) {
	w.place(end, spot{code: code, field: field})
}

func (w *walker) place(end int, s spot) {
	pieces := w.inside(end)
	for i := range pieces {
		pieces[i].spot = s
	}
	w.next += len(pieces)
}

// token places the pieces in one token of HTML.
func (w *walker) token(z *html.Tokenizer, kind html.TokenType, start, end int) {
	raw := w.raw
	w.raw = ""
	switch kind {
	case html.TextToken:
		w.text(raw, start, end)
	case html.CommentToken:
		w.comment(start, end)
	case html.DoctypeToken:
		w.refuse(end, CodeTagName, "")
	case html.EndTagToken:
		w.refuse(end, CodeTagName, "")
		if name, _ := z.TagName(); foreign[string(name)] && w.foreign > 0 {
			w.foreign--
		}
	default:
		if len(w.inside(end)) > 0 {
			w.tag(start, end)
		}
		name, _ := z.TagName()
		if rawText[string(name)] != "" {
			w.raw = string(name)
		}
		if foreign[string(name)] && kind == html.StartTagToken {
			w.foreign++
		}
	}
}

// foreign elements are read by other rules, which the tokenizer alone cannot follow.
var foreign = map[string]bool{"svg": true, "math": true}

// rawText are the elements whose content the tokenizer gives as one text, and why no piece may be in it.
var rawText = map[string]Code{
	"script": CodeScript, "style": CodeStyleElement,
	"iframe": CodeElement, "noembed": CodeElement, "noframes": CodeElement, "noscript": CodeElement, "plaintext": CodeElement, "xmp": CodeElement,
	"title": "text", "textarea": "text",
}

func (w *walker) text(raw string, start, end int) {
	switch code := rawText[raw]; {
	case w.foreign > 0:
		w.refuse(end, CodeElement, "svg")
	case code == "":
		w.place(end, spot{place: inHTML, region: w.region})
	case code != "text":
		w.refuse(end, code, raw)
	case strings.Contains(w.skeleton[start:end], "<"): // it could become the end of the element when the piece is gone
		w.refuse(end, CodeElement, raw)
	default:
		w.place(end, spot{place: inTitle, region: start + 1})
	}
}

// comment lets pieces into <!--[if mso]> … <![endif]-->, which is markup for Outlook and a comment for all others. No value can end the comment:
// that takes a ">", which is escaped everywhere.
func (w *walker) comment(start, end int) {
	pieces := w.inside(end)
	if len(pieces) == 0 {
		return
	}
	text := w.skeleton[start:end]
	head, tail := conditionEnd(text), -1
	if all := endif.FindAllStringIndex(text, -1); all != nil {
		tail = all[len(all)-1][0]
	}
	if w.region != 0 || head < 0 || pieces[0].start < start+head || pieces[len(pieces)-1].end > start+tail {
		w.refuse(end, CodeComment, "")
		return
	}
	w.region = start + 1
	if !w.walk(start+head, start+tail) {
		w.next -= len(pieces) - len(w.inside(end))
	}
	w.refuse(end, CodeTagUnclosed, "")
	w.region, w.raw = 0, ""
}

var endif = regexp.MustCompile(`(?i)<!\[endif\]`)

// conditionEnd is the offset behind <!--[if …]> at the beginning of a comment, or -1.
func conditionEnd(comment string) int {
	rest, ok := strings.CutPrefix(comment, "<!--")
	if !ok {
		return -1
	}
	rest = strings.TrimLeft(rest, " \t\r\n")
	if len(rest) < 4 || !strings.EqualFold(rest[:3], "[if") || !strings.ContainsAny(rest[3:4], " \t\r\n(!") {
		return -1
	}
	behind := strings.Index(rest, "]>")
	if behind < 0 {
		return -1
	}
	return len(comment) - len(rest) + behind + len("]>")
}
