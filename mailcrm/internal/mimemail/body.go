package mimemail

import (
	"html"
	"net/url"
	"slices"
	"strings"
)

// choose decides which leaves are the bodies, decodes them, and marks the parts.
func (m *Message) choose(nodes []node, leaves []*leaf, o *Options) {
	maxText := o.MaxText
	c := chooser{nodes: nodes, leaves: leaves, children: make([][]int, len(nodes))}
	for i, n := range nodes {
		if n.parent >= 0 {
			c.children[n.parent] = append(c.children[n.parent], i)
		}
	}
	var text, html []int
	if len(nodes) > 0 {
		c.structure([]int{0}, "multipart/mixed", false, &html, &text)
	}
	d := defects{list: &m.Defects}
	for i, l := range leaves {
		inText, inHTML := slices.Contains(text, i), slices.Contains(html, i)
		if !l.keeps || !inText && !inHTML {
			continue
		}
		l.Body = true
		isHTML := l.MediaType == "text/html"
		s, defect := decodeText(l.text, l.Charset, isHTML)
		if defect != "" {
			d.add(defect, l.Path)
		}
		s = newlines(s)
		if int64(len(s)) > maxText {
			d.add(TextCut, l.Path)
			s = cut(s, int(maxText))
		}
		m.Bodies = append(m.Bodies, Body{Path: l.Path, MediaType: l.MediaType, Text: s, InText: inText, InHTML: inHTML})
		if isHTML && inHTML && m.HTML == "" {
			m.HTML = s
		}
		l.text = nil
	}
	m.Text = plainText(m.Bodies)
	cids := m.mark(nodes, leaves)
	m.unwrap(leaves, o, cids)
}

// plainText joins the plain bodies.
func plainText(bodies []Body) string {
	var texts []string
	for _, b := range bodies {
		if b.InText && b.MediaType != "text/html" && strings.TrimSpace(b.Text) != "" {
			texts = append(texts, b.Text)
		}
	}
	if len(texts) == 1 {
		return texts[0]
	}
	for i := range texts {
		texts[i] = strings.TrimRight(texts[i], "\n") + "\n"
	}
	return strings.Join(texts, "\n")
}

// mark says of each part what it is, and lists them. It returns what the HTML that is shown refers to.
func (m *Message) mark(nodes []node, leaves []*leaf) (cids map[string]struct{}) {
	for _, b := range m.Bodies {
		if b.InHTML && b.MediaType == "text/html" {
			cids = referredTo(b.Text, cids)
		}
	}
	m.Parts = make([]Part, len(leaves))
	for _, n := range nodes {
		if n.leaf < 0 || n.leaf >= len(leaves) {
			continue
		}
		p := &leaves[n.leaf].Part
		_, referred := cids[p.ContentID]
		switch {
		case p.Body, leaves[n.leaf].void:
		case referred && p.ContentID != "":
			p.Inline = true
		case len(m.Bodies) > 0 && n.parent >= 0 && nodes[n.parent].mediaType == "multipart/alternative" && isNeverShown(p.MediaType):
		default:
			p.Attachment = true
		}
		p.Decoration = p.Attachment && m.decorates(leaves[n.leaf])
		if !p.Body && p.FileName == "" {
			p.FileName = madeUpName(p)
		}
		m.Parts[n.leaf] = *p
	}
	return cids
}

// isNeverShown are alternatives for readers that we are not.
func isNeverShown(mediaType string) bool {
	return mediaType == "text/x-amp-html" || mediaType == "text/watch-html"
}

// A chooser applies RFC 8621 §4.1.4.
type chooser struct {
	nodes    []node
	leaves   []*leaf
	children [][]int
}

// structure sorts the leaves under some siblings into the HTML form and the plain form of the mail; nil is a form that does not take part.
func (c *chooser) structure(siblings []int, multipart string, inAlternative bool, htmlBody, textBody *[]int) {
	textLength, htmlLength := length(textBody), length(htmlBody)
	for i, at := range siblings {
		n := c.nodes[at]
		if n.leaf < 0 {
			c.structure(c.children[at], n.mediaType, inAlternative || n.mediaType == "multipart/alternative", htmlBody, textBody)
			continue
		}
		if n.leaf >= len(c.leaves) {
			continue
		}
		l := c.leaves[n.leaf]
		media := isInlineMedia(l.MediaType)
		inline := l.Disposition != "attachment" && (l.keeps || media) &&
			(i == 0 || multipart != "multipart/related" && (media || !l.named && l.RawFileName == ""))
		if !inline {
			continue
		}
		isHTML := l.MediaType == "text/html"
		if multipart == "multipart/alternative" {
			switch {
			case isHTML && htmlBody != nil:
				*htmlBody = append(*htmlBody, n.leaf)
			case !isHTML && !media && textBody != nil:
				*textBody = append(*textBody, n.leaf)
			}
			continue
		}
		if inAlternative {
			if isHTML {
				textBody = nil
			} else if !media {
				htmlBody = nil
			}
		}
		if textBody != nil {
			*textBody = append(*textBody, n.leaf)
		}
		if htmlBody != nil {
			*htmlBody = append(*htmlBody, n.leaf)
		}
	}
	if multipart == "multipart/alternative" && textBody != nil && htmlBody != nil {
		switch {
		case textLength == len(*textBody) && htmlLength != len(*htmlBody):
			*textBody = append(*textBody, (*htmlBody)[htmlLength:]...)
		case htmlLength == len(*htmlBody) && textLength != len(*textBody):
			*htmlBody = append(*htmlBody, (*textBody)[textLength:]...)
		}
	}
}

func length(list *[]int) int {
	if list == nil {
		return -1
	}
	return len(*list)
}

func isInlineMedia(mediaType string) bool {
	return strings.HasPrefix(mediaType, "image/") || strings.HasPrefix(mediaType, "audio/") || strings.HasPrefix(mediaType, "video/")
}

// referredTo collects the Content-IDs that an HTML document refers to by cid URLs (RFC 2392), wherever they stand.
func referredTo(doc string, ids map[string]struct{}) map[string]struct{} {
	for {
		i := indexFold(doc, "cid:")
		if i < 0 {
			return ids
		}
		doc = doc[i+4:]
		id := cut(doc, maxIDLength)
		if end := strings.IndexAny(id, " \t\r\n\"'<>)"); end >= 0 {
			id = id[:end]
		}
		id = html.UnescapeString(id)
		if plain, err := url.PathUnescape(id); err == nil {
			id = plain
		}
		if ids == nil {
			ids = make(map[string]struct{})
		}
		if len(ids) < maxIDs {
			ids[id] = struct{}{}
		}
	}
}

// indexFold finds an ASCII word with a colon at its end, in any case.
func indexFold(s, word string) int {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], ':')
		if i < 0 {
			return -1
		}
		end := from + i + 1
		if end >= len(word) && strings.EqualFold(s[end-len(word):end], word) {
			return end - len(word)
		}
		from = end
	}
}

// newlines makes every line end "\n".
func newlines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\r')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		b.WriteByte('\n')
		s = s[i+1:]
		s = strings.TrimPrefix(s, "\n")
	}
}
