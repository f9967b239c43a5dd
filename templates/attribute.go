package templates

import (
	"regexp"
	"strings"
)

// attributePlace is what the value of an attribute is, by its name without a namespace. Names that look like an address are taken for one:
// an address is escaped more strictly than a text.
func attributePlace(name string) place {
	switch {
	case name == "style":
		return inStyle
	case addressAttributes[name], strings.Contains(name, "src"), strings.Contains(name, "href"), strings.Contains(name, "url"), strings.Contains(name, "uri"):
		return inAddress
	}
	return inAttribute
}

var addressAttributes = map[string]bool{
	"action": true, "background": true, "cite": true, "classid": true, "codebase": true, "data": true, "formaction": true, "icon": true,
	"longdesc": true, "manifest": true, "poster": true, "profile": true, "usemap": true,
}

// refusedAttributes hold documents, lists of addresses or instructions, for which there is no escaping.
var refusedAttributes = map[string]bool{
	"srcdoc": true, "srcset": true, "imagesrcset": true, "ping": true, "archive": true, "http-equiv": true, "sandbox": true, "allow": true,
}

// loads are the elements that load or run something by themselves; no attribute of theirs takes a field.
var loads = map[string]bool{
	"script": true, "iframe": true, "frame": true, "object": true, "embed": true, "applet": true, "param": true, "base": true, "link": true,
	"portal": true, "animate": true, "set": true,
}

// unfinished is a character reference that lacks its end: together with a value it could become another character.
var unfinished = regexp.MustCompile(`&#?[0-9A-Za-z]*$`)

// A styleReader follows the author's own part of a style attribute, so far as to know whether a plain value comes next (CSS Syntax §4).
type styleReader struct {
	colon   bool // the name of the property is behind
	parens  int
	quote   byte // the quotation mark that is open
	comment bool
	escape  bool // a backslash: too clever to follow
	last    byte
}

func (r *styleReader) read(s string) {
	for i := range len(s) {
		c, last := s[i], r.last
		r.last = c
		switch {
		case r.comment:
			r.comment = last != '*' || c != '/'
		case r.quote != 0:
			if c == r.quote {
				r.quote = 0
			}
		case c == '*' && last == '/':
			r.comment, r.last = true, 0
		case c == '"' || c == '\'':
			r.quote = c
		case c == '(':
			r.parens++
		case c == ')':
			r.parens = max(0, r.parens-1)
		case c == ':':
			r.colon = true
		case c == ';' && r.parens == 0:
			r.colon = false
		}
		r.escape = r.escape || c == '\\'
	}
}

// atValue says whether a field may come: behind the colon of a property, outside quotes, comments and url(…).
func (r *styleReader) atValue() bool {
	return r.colon && r.parens == 0 && r.quote == 0 && !r.comment && !r.escape && r.last != '/'
}
