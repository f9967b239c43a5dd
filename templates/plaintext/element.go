package plaintext

import (
	"regexp"
	"strconv"
	"strings"
)

// An element is one that is open.
type element struct {
	name    string
	before  int // the place of the element of the same name around it
	kind    kind
	hides   bool
	prefix  string // of the lines around it, to go back to
	first   string // the marker that waited when it began
	emitted int    // how many lines there were when it began
	counter int    // of a list: the number of its last item
	ordered bool
	pre     preformat // of the text around it
	link    *link
	table   *table
}

// A kind says what an element does to the lines around it.
type kind uint8

const (
	inline    kind = iota
	block          // begins and ends a line
	paragraph      // has an empty line before and after
	item           // li
	list           // ul, ol
	quote          // blockquote
	indent         // dd
	rawLines       // pre
	tables         // table
	row            // tr
	cell           // td, th
	anchor         // a
	skipped        // not shown
)

var kinds = func() map[string]kind {
	m := map[string]kind{
		"li": item, "ul": list, "ol": list, "menu": list, "dir": list, "blockquote": quote, "dd": indent, "pre": rawLines, "listing": rawLines, "xmp": rawLines,
		"plaintext": rawLines, "table": tables, "tr": row, "td": cell, "th": cell, "a": anchor,
	}
	for k, names := range map[kind]string{
		block: "html body div center address article aside dt figure figcaption fieldset footer form header legend main nav optgroup section summary details " +
			"caption thead tbody tfoot textarea",
		paragraph: "p h1 h2 h3 h4 h5 h6 dl",
		skipped:   "script style title template noscript noembed noframes iframe svg math audio video canvas select datalist object applet frameset",
	} {
		for _, name := range strings.Fields(names) {
			m[name] = k
		}
	}
	return m
}()

// voids have no content and no end.
var voids = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "frame": true, "hr": true, "img": true, "input": true, "link": true, "meta": true,
	"param": true, "source": true, "track": true, "wbr": true, "keygen": true, "basefont": true, "bgsound": true,
}

// An ending says which open element is closed: the innermost of names, unless one of stop lies in it.
type ending struct{ names, stop []string }

func names(s string) []string { return strings.Fields(s) }

// implied are the open elements that a start tag closes (WHATWG HTML §13.2.6.4.7, .11, .13, .14).
var implied = map[string]ending{
	"li": {names("li"), names("ul ol menu dir table td th")},
	"dt": {names("dt dd"), names("dl table td th")}, "dd": {names("dt dd"), names("dl table td th")},
	"tr": {names("tr"), names("table")}, "td": {names("td th"), names("tr table")}, "th": {names("td th"), names("tr table")},
	"thead": section, "tbody": section, "tfoot": section,
	"a": {names("a"), names("table td th")},
}

var (
	section     = ending{names("tr caption thead tbody tfoot"), names("table")}
	paragraphs  = ending{names("p"), names("table td th li blockquote div")} // a block ends a paragraph
	listNames   = names("ul ol menu dir")
	inCells     = names("table td th") // an end tag closes nothing outside its cell …
	inTables    = names("table")       // … but those of tables do
	endsOfTable = names("table tr td th thead tbody tfoot")
)

var zeroHeight = regexp.MustCompile(`max-height:0(px|;|!|$)`)

// isHidden says whether nobody sees the element. mso-hide is for Outlook alone, and font-size:0 is set on containers whose content has a size of its own.
func (t *tag) isHidden() bool {
	if _, hidden := t.attrs["hidden"]; hidden {
		return true
	}
	style := t.attrs["style"]
	if style == "" {
		return false
	}
	style = strings.ToLower(strings.Join(strings.Fields(style), ""))
	return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") ||
		(strings.Contains(style, "overflow:hidden") && zeroHeight.MatchString(style))
}

// preformatted is what the style says about spaces, and whether it says something.
func (t *tag) preformatted() (preformat, bool) {
	style := t.attrs["style"]
	if !strings.Contains(style, "white-space") {
		return 0, false
	}
	style = strings.ToLower(strings.Join(strings.Fields(style), ""))
	for value, how := range map[string]preformat{"pre-wrap": keepLines, "pre-line": keepLines, "break-spaces": keepLines, "pre;": keepAll, "normal": collapse, "nowrap": collapse} {
		if strings.Contains(style+";", "white-space:"+value) {
			return how, true
		}
	}
	return 0, false
}

// number reads a small whole number of an attribute.
func (t *tag) number(attr string, otherwise int) int {
	n, err := strconv.Atoi(strings.TrimSpace(t.attrs[attr]))
	if err != nil || n < -9999 || n > 999_999 {
		return otherwise
	}
	return n
}
