package plaintext

import (
	"strings"
)

// A link is an <a> that is open, or the last one that was closed.
type link struct {
	address string // as it is shown: without mailto:
	label   string // what text says the same as the address
	kind    string // the scheme
	begin   int    // of its text in the line at hand
	emitted int    // the lines when it began
	visible int    // the characters when it began, or for the last link, when it ended
}

// linkFrom is the link to href, or nil where the text alone is worth something: other schemes, places in the page, relative addresses.
func (c *converter) linkFrom(href string) *link {
	href = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7F || r == '<' || r == '>' {
			return -1
		}
		return r
	}, href)
	scheme, rest, ok := strings.Cut(href, ":")
	if !ok || len(href) > maxLink {
		return nil
	}
	l := &link{kind: strings.ToLower(scheme), address: href, begin: len(c.run), emitted: c.emitted, visible: c.visible}
	switch l.kind {
	case "http", "https":
		l.label = bare(href)
	case "mailto", "tel":
		l.address, _, _ = strings.Cut(rest, "?")
		l.label = l.address
	default:
		return nil
	}
	if strings.Trim(rest, "/") == "" {
		return nil
	}
	return l
}

// bare is an address without what people leave out when they write it.
func bare(address string) string {
	address = strings.ToLower(address)
	address = strings.TrimPrefix(strings.TrimPrefix(address, "http://"), "https://")
	return strings.TrimSuffix(strings.TrimPrefix(address, "www."), "/")
}

// endLink writes the address behind the text, once: not when the text says it already, nor when the link before it, with nothing in between, had the same.
func (c *converter) endLink(e *element) {
	l := e.link
	if l == nil {
		return
	}
	repeated := l.address == c.lastLink.address && l.visible == c.lastLink.visible
	c.lastLink = link{address: l.address, visible: c.visible}
	label := ""
	if l.emitted == c.emitted && l.begin <= len(c.run) {
		label = strings.TrimSpace(string(c.run[l.begin:]))
	}
	switch {
	case repeated, bare(label) == l.label, l.kind == "tel" && digits(label) >= 6:
		return
	case l.visible == c.visible: // a picture without a text
		c.add(l)
	case len(c.run) > 0:
		c.add(l)
	case len(c.lines) > 0 && c.emitted > l.emitted: // the link's text ended a line
		last := &c.lines[len(c.lines)-1]
		last.text += " <" + l.address + ">"
		c.size += len(l.address) + 3
	}
	c.lastLink.visible = c.visible
}

func (c *converter) add(l *link) {
	if len(c.run) > 0 && c.run[len(c.run)-1] != ' ' {
		c.run = append(c.run, ' ')
	}
	space := c.space
	c.run = append(append(append(c.run, '<'), l.address...), '>')
	c.space = space
	c.visible++
}

func digits(s string) int {
	n := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}
