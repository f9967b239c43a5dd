package mimemail

import (
	"bytes"
	"io"
	"strings"
)

// A walker goes through the leaves of a mail in one pass: root, then next until it gives nothing.
type walker struct {
	src               source
	opts              *Options
	defects           defects
	nodes             []node
	leaves            int
	kept              int64 // octets of text kept so far
	tnef              int   // winmail.dat opened so far
	peeked, calendars int   // attached mails and calendars that were looked into so far
	pictures          int   // pictures whose size was looked at so far

	cur    entity // its body comes next
	ended  bool   // the mail is read: cur is nothing
	header []byte // holds the header of cur, unless that is the root

	leaf    *leaf // being read
	dec     decoder
	raw     rawBody
	in, out []byte // buffers of dec
	scratch []byte
}

// A node is an entity of the tree, for the choice of the bodies. Nodes are listed in the order of the mail.
type node struct {
	parent    int // -1 for the root
	mediaType string
	leaf      int // number among the leaves; -1 for a multipart
}

// An entity is a header whose body comes next in the source, or was read with it.
type entity struct {
	header   Header
	path     string // IMAP's number; empty for the root
	parent   int
	digest   bool
	complete bool // the body is text, and at ends it
	text     []byte
	at       edge
}

func newWalker(r io.Reader, o *Options, list *[]Defect) *walker {
	return &walker{opts: o, defects: defects{list: list}, src: source{r: r, buf: make([]byte, bufferSize), bol: true}}
}

// root reads the header of the mail into h.
func (w *walker) root(h *Header) {
	s := &w.src
	for s.end < len(s.buf) && s.fill() {
	}
	if start := s.buf[:s.end]; bytes.IndexByte(start, '\n') < 0 && bytes.IndexByte(start, '\r') >= 0 {
		s.bareCR = true
		w.defects.add(BareCR, "")
		for i, c := range start {
			if c == '\r' {
				start[i] = '\n'
			}
		}
	}
	for i := 0; i < 8; i++ { // empty lines that came before the header
		n := bytes.IndexByte(s.buf[s.pos:s.end], '\n') + 1
		if n == 0 || !isBlank(s.buf[s.pos:s.pos+n]) {
			break
		}
		after := s.buf[s.pos+n : s.end]
		if line, _, _ := bytes.Cut(after, []byte("\n")); !isField(line) && !isBlank(append(line[:len(line):len(line)], '\n')) {
			break
		}
		w.defects.add(MboxLine, "")
		s.pos += n
	}
	w.cur = w.entity("", -1, make([]byte, 0, 4<<10))
	*h = w.cur.header
}

// entity reads a header from the source, into buf.
func (w *walker) entity(path string, parent int, buf []byte) entity {
	e := entity{path: path, parent: parent}
	whole := true
	for {
		line, lineWhole := w.src.line()
		if len(line) == 0 {
			e.complete, e.at = true, endOfMail
			break
		}
		if whole && isBlank(line) {
			buf = append(buf, line...)
			break
		}
		if whole && bytes.HasPrefix(line, lineDashes[1:]) {
			if at, ok := w.src.match(line); ok {
				e.complete, e.at = true, at
				break
			}
			// The boundary that this header states, without the empty line before it.
			if name := bytes.TrimRight(line[2:], " \t\r\n"); len(name) > 0 && bytes.Contains(buf, name) && !isField(line) {
				w.defects.add(NoSeparator, path)
				w.src.unread(line)
				break
			}
		}
		if len(buf)+len(line) <= w.opts.MaxHeader {
			buf = append(buf, line...)
		} else {
			w.defects.add(HeaderTooLong, path)
		}
		whole = lineWhole
	}
	var rest []byte
	e.header, rest = parseHeader(buf, &w.defects, path)
	if parent >= 0 {
		w.header = buf
	}
	switch {
	case e.complete:
		e.text = rest
	case len(rest) > 0:
		w.src.unread(rest)
	}
	return e
}

// next gives the next leaf, whose octets [walker.body] then reads, or nil.
func (w *walker) next() *leaf {
	if w.leaf != nil {
		w.drain()
		w.after(w.raw.at)
	}
	for !w.ended {
		byDefault := "text/plain"
		if w.cur.digest {
			byDefault = "message/rfc822"
		}
		mediaType, params := parseMediaType(lastValue(&w.cur.header, "Content-Type"), byDefault)
		if !strings.HasPrefix(mediaType, "multipart/") || w.cur.complete && len(w.cur.text) == 0 {
			return w.begin(mediaType, params)
		}
		if len(w.src.open) >= w.opts.MaxDepth {
			w.defects.add(TooDeep, w.cur.path)
			return w.begin(mediaType, params)
		}
		if l := w.multipart(mediaType, params); l != nil {
			return l
		}
	}
	return nil
}

// lastValue is the last of repeated fields: where two headers ran into each other, the second belongs to the body that follows.
func lastValue(h *Header, name string) string {
	if all := h.fields.Values(name); len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

// multipart opens the multipart that begins, and goes to its first part. Where there is none, the text in it becomes a leaf.
func (w *walker) multipart(mediaType string, params params) *leaf {
	e := w.cur
	m := multipart{node: len(w.nodes), path: e.path, digest: mediaType == "multipart/digest"}
	w.nodes = append(w.nodes, node{parent: e.parent, mediaType: mediaType, leaf: -1})
	if b := strings.TrimRight(params.get("boundary"), " \t"); b != "" && len(b) <= maxBoundary {
		m.boundary = []byte(b)
	} else {
		w.defects.add(BoundaryMissing, e.path)
	}
	if e.complete { // its text came with its header: put it where the rest of the mail comes from, which is past it
		w.src.unread(append(append([]byte(nil), e.text...), w.edgeLine(e.at)...))
	}
	w.src.open = append(w.src.open, m)
	level := len(w.src.open) - 1
	text, at := w.preamble(level)
	if at.level == level && !at.closing {
		w.after(at)
		return nil
	}
	w.defects.add(MultipartEmpty, e.path)
	if at.level == level { // closed at once: what follows is its epilogue
		w.src.open = w.src.open[:level]
		w.raw = rawBody{src: &w.src}
		w.raw.skip()
		at = w.raw.at
	} else {
		if at.level >= 0 {
			w.src.open[at.level].lose(w.src.open[level].boundary)
		}
		w.src.open = w.src.open[:level]
	}
	if len(bytes.TrimSpace(text)) == 0 {
		w.after(at)
		return nil
	}
	w.cur = entity{path: e.path, parent: m.node, complete: true, text: text, at: at}
	if e.path == "" {
		w.cur.path = "1"
	}
	return w.begin("text/plain", nil)
}

// edgeLine is the boundary line that was read for that edge.
func (w *walker) edgeLine(at edge) []byte {
	if at.level < 0 {
		return nil
	}
	line := append([]byte("\n--"), w.src.open[at.level].boundary...)
	if at.closing && !at.lost {
		line = append(line, "--"...)
	}
	return append(line, '\n')
}

// preamble reads to the first boundary of the innermost multipart, or to the edge that ends it without one, and keeps the text before it.
// A multipart that states no boundary, or one that does not come soon, is divided by the first line that looks like one and has a part
// header behind it.
func (w *walker) preamble(level int) (text []byte, at edge) {
	s := &w.src
	whole, comes := true, false
	for {
		line, lineWhole := s.line()
		if len(line) == 0 {
			return text, endOfMail
		}
		if whole && bytes.HasPrefix(line, lineDashes[1:]) {
			if at, ok := s.match(line); ok {
				return text, at
			}
			name := bytes.TrimRight(line[2:], " \t\r\n")
			if !comes && len(name) > 0 && len(name) <= maxBoundary && bytes.IndexByte(name, ' ') < 0 {
				guess := append([]byte(nil), name...)
				line = append([]byte(nil), line...)
				if w.partFollows() {
					if comes = w.comes(s.open[level].boundary); !comes {
						s.open[level].boundary = guess
						w.defects.add(BoundaryGuessed, s.open[level].path)
						return text, edge{level: level}
					}
				}
			}
		}
		if room := DefaultMaxText - len(text); len(line) > room {
			w.defects.add(TextCut, s.open[level].path)
			line = line[:room]
		}
		text = append(text, line...)
		whole = lineWhole
	}
}

// partFollows says whether the header of a part comes next.
func (w *walker) partFollows() bool {
	s := &w.src
	const field = "content-"
	for s.end-s.pos < len(field) && s.fill() {
	}
	return s.end-s.pos >= len(field) && strings.EqualFold(string(s.buf[s.pos:s.pos+len(field)]), field)
}

// comes says whether the stated boundary is in what is read next, a buffer full. It is asked once a multipart.
func (w *walker) comes(boundary []byte) bool {
	s := &w.src
	for s.fill() {
	}
	rest := s.buf[s.pos:s.end]
	for len(boundary) > 0 {
		_, after, found := bytes.Cut(rest, lineDashes)
		if !found {
			break
		}
		line, _, _ := bytes.Cut(after, lineDashes[:1])
		if ok, _ := isBoundary(bytes.TrimRight(line, " \t\r"), boundary); ok {
			return true
		}
		rest = after
	}
	return false
}

// after goes on behind an edge, to the header of the next part or the end.
func (w *walker) after(at edge) {
	w.leaf = nil
	s := &w.src
	s.whole = false
	for {
		w.unclosed(at.level + 1)
		if at.level < 0 || !at.closing && s.pos == s.end && !s.fill() { // a boundary with nothing behind it begins no part
			w.unclosed(0)
			w.ended = true
			return
		}
		m := &s.open[at.level]
		switch {
		case at.lost && at.closing: // what follows belongs to no part
		case !at.closing:
			m.parts++
			if w.leaves < w.opts.MaxParts {
				w.cur = w.entity(imapPath(m.path, m.parts), m.node, w.header[:0])
				w.cur.digest = s.open[at.level].digest
				return
			}
			w.defects.add(TooManyParts, "")
		default:
			s.open = s.open[:at.level]
		}
		w.raw = rawBody{src: s}
		w.raw.skip()
		at = w.raw.at
	}
}

// unclosed gives up the open multiparts from a level on.
func (w *walker) unclosed(level int) {
	for _, m := range w.src.open[level:] {
		w.defects.add(MultipartUnclosed, m.path)
		if level > 0 {
			w.src.open[level-1].lose(m.boundary)
		}
	}
	w.src.open = w.src.open[:level]
}
