package mimemail

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Snippet is the beginning of the text on one line, for lists: at most max characters, from Text, or from HTML where there is no text.
// What is cut ends in "…", at a word where there is one.
func (m *Message) Snippet(max int) string {
	s := snippetWriter{max: max}
	if strings.TrimSpace(m.Text) != "" {
		s.text(m.Text)
	}
	if s.count == 0 {
		for _, b := range m.Bodies {
			if b.MediaType == "text/html" && !s.full {
				s.html(b.Text)
			}
		}
	}
	return s.String()
}

type snippetWriter struct {
	out   strings.Builder
	max   int
	count int // characters
	word  int // octets of out at the last space
	space bool
	full  bool
}

func (w *snippetWriter) text(s string) {
	for _, r := range s {
		if w.full {
			return
		}
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			w.space = true
			continue
		}
		if isInvisible(r) || r == '\u200c' || r == '\u200d' { // preheaders are padded with them
			continue
		}
		if w.space && w.count > 0 {
			w.word = w.out.Len()
			w.put(' ')
		}
		w.space = false
		w.put(r)
	}
}

func (w *snippetWriter) put(r rune) {
	if w.count >= w.max {
		w.full = true
		return
	}
	w.out.WriteRune(r)
	w.count++
}

// html writes the text of a document up to the bound; what is not shown is left out.
func (w *snippetWriter) html(doc string) {
	z := html.NewTokenizer(strings.NewReader(doc))
	hidden := atom.Atom(0)
	for !w.full {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			if hidden == 0 {
				w.text(html.UnescapeString(string(z.Raw())))
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			switch a := atom.Lookup(name); a {
			case atom.Style, atom.Script, atom.Title, atom.Template:
				if hidden == 0 {
					hidden = a
				}
			case atom.Body:
				hidden = 0
				w.space = true
			default:
				w.space = w.space || !isPhrasing(a)
			}
		case html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			if a == hidden {
				hidden = 0
			}
			w.space = w.space || !isPhrasing(a)
		}
	}
}

// isPhrasing are the elements that do not end a word.
func isPhrasing(a atom.Atom) bool {
	switch a {
	case atom.A, atom.B, atom.I, atom.U, atom.S, atom.Em, atom.Strong, atom.Span, atom.Font, atom.Small, atom.Big, atom.Sub, atom.Sup, atom.Code,
		atom.Abbr, atom.Mark, atom.Tt, atom.Wbr:
		return true
	}
	return false
}

// String is what was written, cut at a word when it is full.
func (w *snippetWriter) String() string {
	s := w.out.String()
	if !w.full || w.max < 1 {
		return s
	}
	at := len(s)
	if w.word > len(s)/2 {
		at = w.word
	}
	if at == len(s) { // make room for the ellipsis
		_, size := utf8.DecodeLastRuneInString(s)
		at -= size
	}
	return strings.TrimRight(s[:at], " ") + "…"
}
