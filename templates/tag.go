package templates

import (
	"html"
	"strings"
)

// A tagReader walks one start tag of the skeleton, as the HTML standard reads attributes (WHATWG HTML §13.2.5.32 to 13.2.5.39), and gives each
// piece in it a spot. It differs from the standard where a piece is: a conditional tag between attributes counts as a space, and whatever
// could then be read in two ways is refused.
type tagReader struct {
	w       *walker
	i, end  int    // end is the offset of the closing ">"
	element string // lower case
	begin   int    // of the tag
	refresh bool   // the tag has an http-equiv attribute
}

// tag places the pieces of the start tag between two offsets.
func (w *walker) tag(start, end int) {
	r := &tagReader{w: w, i: start + 1, begin: start, end: end - 1}
	r.name()
	if w.foreign > 0 {
		w.refuse(end, CodeElement, "svg")
		return
	}
	r.refresh = strings.Contains(strings.ToLower(w.skeleton[start:end]), "http-equiv")
	for r.i < r.end {
		r.attribute()
	}
	w.refuse(end, CodeAttributeName, "")
}

func isHTMLSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

// at is the piece that begins at the reader's offset, or nil.
func (r *tagReader) at() *piece {
	w := r.w
	if w.next < len(w.p.pieces) && w.p.pieces[w.next].start == r.i {
		return &w.p.pieces[w.next]
	}
	return nil
}

func (r *tagReader) name() {
	s := r.w.skeleton
	from := r.i
	for r.i < r.end && !isHTMLSpace(s[r.i]) && s[r.i] != '/' {
		r.i++
	}
	r.element = strings.ToLower(s[from:r.i])
	r.w.refuse(r.i, CodeTagName, "")
}

func (r *tagReader) spaces() {
	for r.i < r.end && isHTMLSpace(r.w.skeleton[r.i]) {
		r.i++
	}
}

// attribute reads what comes next in the tag: a piece between attributes, a "/", or one attribute.
func (r *tagReader) attribute() {
	s, w := r.w.skeleton, r.w
	r.spaces()
	if r.i >= r.end {
		return
	}
	if s[r.i] == '/' {
		r.i++
		return
	}
	if one := r.at(); one != nil {
		r.between(one)
		return
	}
	from := r.i
	for r.i < r.end && !isHTMLSpace(s[r.i]) && s[r.i] != '/' && (s[r.i] != '=' || r.i == from) {
		if one := r.at(); one != nil && one.kind != fieldPiece && one.kind != brokenPiece {
			break // {% endif %} directly behind the name
		}
		r.i++
	}
	name := strings.ToLower(s[from:r.i])
	w.refuse(r.i, CodeAttributeName, "")
	r.spaces()
	if r.i >= r.end || s[r.i] != '=' || r.at() != nil {
		return
	}
	r.i++
	r.spaces()
	if r.i >= r.end {
		return
	}
	if quote := s[r.i]; (quote == '"' || quote == '\'') && r.at() == nil {
		from, length := r.i+1, strings.IndexByte(s[r.i+1:r.end], quote)
		if length < 0 {
			length = r.end - from // cannot be: the tokenizer saw the end of the tag behind the quote
		}
		r.value(name, from, from+length)
		r.i = from + length + 1
		return
	}
	for r.i < r.end && !isHTMLSpace(s[r.i]) {
		r.i++
	}
	w.refuse(r.i, CodeUnquoted, name)
}

// between places a piece that stands between attributes.
func (r *tagReader) between(one *piece) {
	s, place := r.w.skeleton, spot{place: inTag, region: r.begin + 1}
	r.i = one.end
	behind := r.i
	for behind < r.end && isHTMLSpace(s[behind]) {
		behind++
	}
	switch {
	case one.kind == fieldPiece || one.kind == brokenPiece || s[behind] == '=':
		place = spot{code: CodeAttributeName}
	case one.tag() == "for" || one.tag() == "endfor",
		one.kind == openPiece && !r.apartBefore(),
		one.kind == closePiece && !r.apartBehind(),
		one.kind == commentPiece && !r.apartBefore() && !r.apartBehind():
		place = spot{code: CodeGlued}
	}
	one.spot = place
	r.w.next++
}

// maxRow is how many pieces may stand between attributes without anything between them.
const maxRow = 2 * MaxDepth

// apartBefore says whether the piece at hand, or the row of pieces that ends with it, is apart from what is before it.
func (r *tagReader) apartBefore() bool {
	all := r.w.p.pieces
	n := r.w.next
	for n > 0 && all[n-1].end == all[n].start {
		if n--; r.w.next-n > maxRow {
			return false
		}
	}
	c := r.w.skeleton[all[n].start-1]
	return isHTMLSpace(c) || c == '"' || c == '\''
}

// apartBehind says whether it is apart from what is behind it.
func (r *tagReader) apartBehind() bool {
	all := r.w.p.pieces
	n := r.w.next
	for n+1 < len(all) && all[n].end == all[n+1].start {
		if n++; n-r.w.next > maxRow {
			return false
		}
	}
	c := r.w.skeleton[all[n].end]
	return isHTMLSpace(c) || c == '>' || c == '/'
}

// value places the pieces in a quoted value.
func (r *tagReader) value(name string, from, to int) {
	w := r.w
	if len(w.inside(to)) == 0 {
		return
	}
	local := name[strings.LastIndexByte(name, ':')+1:] // xlink:href, v:src
	where := attributePlace(local)
	switch {
	case strings.HasPrefix(name, "on") || strings.HasPrefix(local, "on"):
		w.refuse(to, CodeEvent, name)
	case loads[r.element] || (r.element == "meta" && r.refresh):
		w.refuse(to, CodeElement, r.element)
	case refusedAttributes[local]:
		w.refuse(to, CodeAttribute, name)
	case where == inAttribute:
		w.place(to, spot{place: inAttribute, region: from + 1})
	default:
		r.pieces(where, from, to)
	}
}

// pieces places the pieces in an address or a style, one by one: what the author wrote before a piece decides.
func (r *tagReader) pieces(where place, from, to int) {
	w := r.w
	s := spot{place: where, region: from + 1}
	style := styleReader{}
	first := w.next
	for at := from; w.next < len(w.p.pieces) && w.p.pieces[w.next].start < to; w.next++ {
		one := &w.p.pieces[w.next]
		before := w.p.src[at:one.start]
		at = one.end
		one.spot = s
		written := html.UnescapeString(before)
		style.read(written)
		switch {
		case unfinished.MatchString(before):
			one.spot = spot{code: CodeReference}
		case where == inStyle && one.kind == fieldPiece && !style.atValue():
			one.spot = spot{code: CodeStyleValue}
		case where == inAddress && w.next == first && !goodBeginning(written):
			one.spot = spot{code: CodeAddress, detail: schemeNames}
		}
	}
	if where == inAddress {
		w.addresses = append(w.addresses, span{from, w.p.pieces[w.next-1].end})
	}
}
