package safehtml

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds of the style sheets of one mail. What is beyond them is not applied; the mail is shown all the same.
const (
	maxSheets    = 256 << 10  // octets of CSS, of all <style> elements together
	maxSelectors = 2000       // selectors, of all rules together
	maxChain     = 8          // compounds in one selector
	maxClasses   = 64         // classes of one element that are looked at
	maxMatching  = 20_000_000 // comparisons of a name in a selector with one of an element
	maxInlined   = 1 << 20    // octets of declarations that rules write into elements
	maxMedia     = 3          // @media inside each other
)

// wideEnough is the largest min-width, in pixels, of a media query that holds. Mail is read in a window, and newsletters set their columns
// only for those that are at least 480 or 600 pixels wide.
const wideEnough = 640

// A sheet is what the <style> elements of a mail say, ready to be asked about elements.
type sheet struct {
	fold                  bool // names of classes and ids in lower case: documents in quirks mode (HTML §4.2.4, Selectors §5)
	size, count           int
	byID, byClass, byType map[string][]*selector
	all                   []*selector
	work                  int // comparisons so far
	inlined               int // octets so far
}

// A rule is a block of declarations, cleaned when the first element asks for it: a picture in a rule for nothing is not counted.
type rule struct {
	block             string
	cleaned           bool
	normal, important []declaration
}

// A selector is one of those before a block, with the rule that it brings.
type selector struct {
	rule        *rule
	chain       []compound // the element itself first, then what it lies in
	specificity int
	order       int
}

// A compound is what one element must be: "td.wide#top".
type compound struct {
	element string // "" and "*": any
	id      string
	classes []string
	link    bool // ":link"
	child   bool // it lies directly in the next of the chain
}

// traits are what selectors know of an element.
type traits struct {
	element, id string
	classes     []string
	link        bool
}

// readSheets collects the rules of a document; nil when it has none.
func readSheets(root *html.Node, fold bool) *sheet {
	s := &sheet{byID: map[string][]*selector{}, byClass: map[string][]*selector{}, byType: map[string][]*selector{}, fold: fold}
	s.collect(root)
	if s.count == 0 {
		return nil
	}
	return s
}

func (s *sheet) collect(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode || c.Namespace != "" {
			continue
		}
		if c.DataAtom != atom.Style {
			if c.DataAtom == atom.Head || !dropped[c.DataAtom] {
				s.collect(c)
			}
			continue
		}
		if kind := attrOf(c, "type"); kind != "" && !strings.EqualFold(strings.TrimSpace(kind), "text/css") || !holds(attrOf(c, "media")) {
			continue
		}
		for text := c.FirstChild; text != nil; text = text.NextSibling {
			if s.size += len(text.Data); s.size > maxSheets {
				return
			}
			s.parse(dropComments(text.Data), 0)
		}
	}
}

func attrOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

// parse reads rules (CSS Syntax §5.4). At-rules but @media go with what they hold: imports, fonts, animations, layers, conditions on what
// the browser can do.
func (s *sheet) parse(css string, depth int) {
	for s.count < maxSelectors {
		css = strings.TrimLeft(css, " \t\r\n\f;}")
		for strings.HasPrefix(css, "<!--") || strings.HasPrefix(css, "-->") {
			css = strings.TrimLeft(css[3:], "- \t\r\n\f;}")
		}
		if css == "" {
			return
		}
		var prelude, block string
		prelude, block, css = cutRule(css)
		if query, ok := cutPrefixFold(prelude, "@media"); ok {
			if depth < maxMedia && holds(query) {
				s.parse(block, depth+1)
			}
			continue
		}
		if !strings.HasPrefix(prelude, "@") {
			s.add(prelude, block)
		}
	}
}

// cutRule takes one rule: what stands before its block, and the block. A rule that never ends takes the rest with it.
func cutRule(css string) (prelude, block, rest string) {
	start, depth, quote := -1, 0, byte(0)
	for i := 0; i < len(css); i++ {
		switch c := css[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote || c == '\n' {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == ';' && start < 0 && css[0] == '@':
			return css[:i], "", css[i+1:]
		case c == '{':
			if depth++; depth == 1 {
				start = i
			}
		case c == '}' && depth > 0:
			if depth--; depth == 0 {
				return css[:start], css[start+1 : i], css[i+1:]
			}
		}
	}
	if start < 0 {
		return css, "", ""
	}
	return css[:start], css[start+1:], ""
}

func cutPrefixFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

// holds answers a list of media queries (Media Queries §3) for the light screen of a computer. What is not known does not hold.
func holds(queries string) bool {
	if strings.TrimSpace(queries) == "" {
		return true
	}
	for q := range strings.SplitSeq(strings.ToLower(queries), ",") {
		good := true
		for i, part := range strings.Split(strings.Join(strings.Fields(q), " "), " and ") {
			switch part = strings.TrimPrefix(part, "only "); {
			case i == 0 && (part == "screen" || part == "all"):
			case strings.HasPrefix(part, "(") && strings.HasSuffix(part, ")"):
				good = good && isWide(strings.Trim(part, "() "))
			default:
				good = false
			}
		}
		if good {
			return true
		}
	}
	return false
}

func isWide(feature string) bool {
	name, value, _ := strings.Cut(feature, ":")
	pixels, ok := strings.CutSuffix(strings.TrimSpace(value), "px")
	n, err := strconv.ParseFloat(pixels, 64)
	return strings.TrimSpace(name) == "min-width" && ok && err == nil && n <= wideEnough
}

// add notes a rule under each of its selectors that is simple enough to be decided once and for all. States (":hover"), attributes and
// neighbours are not.
func (s *sheet) add(prelude, block string) {
	if strings.Contains(prelude, ":-") {
		return // made to be understood by one browser only, see Selectors §3.9: the others drop the whole rule
	}
	if i := strings.IndexByte(block, '{'); i >= 0 {
		block = block[:strings.LastIndexByte(block[:i], ';')+1] // rules inside rules
	}
	if strings.TrimSpace(block) == "" || len(block) > maxStyle {
		return
	}
	r := &rule{block: block}
	for text := range strings.SplitSeq(prelude, ",") {
		if s.count >= maxSelectors {
			return
		}
		chain, specificity, ok := s.selector(text)
		if !ok {
			continue
		}
		one := &selector{rule: r, chain: chain, specificity: specificity, order: s.count}
		s.count++
		switch subject := chain[0]; {
		case subject.id != "":
			s.byID[subject.id] = append(s.byID[subject.id], one)
		case len(subject.classes) > 0:
			s.byClass[subject.classes[0]] = append(s.byClass[subject.classes[0]], one)
		case subject.element != "":
			s.byType[subject.element] = append(s.byType[subject.element], one)
		default:
			s.all = append(s.all, one)
		}
	}
}

// selector reads a selector of names, "#id", ".class", ":link", " " and ">".
func (s *sheet) selector(text string) (chain []compound, specificity int, ok bool) {
	words := strings.Fields(strings.ReplaceAll(text, ">", " > "))
	child := false
	for _, word := range words {
		if word == ">" {
			if child || len(chain) == 0 {
				return nil, 0, false
			}
			child = true
			continue
		}
		c, weight, ok := s.compound(word)
		if !ok || len(chain) == maxChain {
			return nil, 0, false
		}
		c.child = child // directly in the one before, which is looked up next
		chain, child, specificity = append(chain, c), false, specificity+weight
	}
	if child || len(chain) == 0 {
		return nil, 0, false
	}
	slices.Reverse(chain)
	return chain, specificity, true
}

func (s *sheet) compound(word string) (c compound, weight int, ok bool) {
	for word != "" {
		mark := byte(0)
		if strings.IndexByte("#.:", word[0]) >= 0 {
			mark, word = word[0], word[1:]
		}
		end := strings.IndexAny(word, "#.:")
		if end < 0 {
			end = len(word)
		}
		name := word[:end]
		word = word[end:]
		if name == "" || !isName(name) && (mark != 0 || name != "*") {
			return c, 0, false
		}
		if s.fold && mark != ':' {
			name = strings.ToLower(name)
		}
		switch mark {
		case '#':
			if c.id != "" && c.id != name {
				return c, 0, false
			}
			c.id, weight = name, weight+1<<16
		case '.':
			c.classes, weight = append(c.classes, name), weight+1<<8
		case ':':
			if !strings.EqualFold(name, "link") {
				return c, 0, false
			}
			c.link, weight = true, weight+1<<8
		default:
			if name != "*" {
				c.element, weight = strings.ToLower(name), weight+1
			}
		}
	}
	return c, weight, len(c.classes) < 1<<4
}

// isName says whether s is an identifier without escapes (CSS Syntax §4.3.11).
func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < 0x80 && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9' || i == 0) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// traitsOf says what selectors want to know.
func (s *sheet) traitsOf(n *html.Node) traits {
	t := traits{element: n.Data, id: attrOf(n, "id"), link: n.DataAtom == atom.A && hasAttr(n, "href")}
	class := attrOf(n, "class")
	if s.fold {
		t.id, class = strings.ToLower(t.id), strings.ToLower(class)
	}
	for name := range strings.FieldsSeq(class) {
		if len(t.classes) == maxClasses {
			break
		}
		t.classes = append(t.classes, name)
	}
	return t
}

func hasAttr(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// rulesFor lists the rules for the last of path, which is the way to it from the root, in the order of the cascade.
func (s *sheet) rulesFor(path []traits) []*rule {
	if s.work > maxMatching || s.inlined > maxInlined { // nothing is looked at any more
		return nil
	}
	t := &path[len(path)-1]
	var found []*selector
	look := func(list []*selector) {
		for _, one := range list {
			if s.matches(one.chain, path) {
				found = append(found, one)
			}
		}
	}
	look(s.all)
	look(s.byType[t.element])
	for i, class := range t.classes {
		if !slices.Contains(t.classes[:i], class) {
			look(s.byClass[class])
		}
	}
	if t.id != "" {
		look(s.byID[t.id])
	}
	if s.work > maxMatching || s.inlined > maxInlined {
		return nil
	}
	slices.SortStableFunc(found, func(a, b *selector) int {
		if a.specificity != b.specificity {
			return a.specificity - b.specificity
		}
		return a.order - b.order
	})
	rules := make([]*rule, 0, len(found))
	for i, one := range found {
		later := func(o *selector) bool { return o.rule == one.rule }
		if len(found) > 200 || !slices.ContainsFunc(found[i+1:], later) {
			rules = append(rules, one.rule)
		}
	}
	return rules
}

// matches says whether the last of path is what a chain asks for.
func (s *sheet) matches(chain []compound, path []traits) bool {
	if s.work > maxMatching || s.inlined > maxInlined {
		return false
	}
	last := len(path) - 1
	s.work += 1 + len(chain[0].classes)*len(path[last].classes)
	if !chain[0].is(&path[last]) {
		return false
	}
	if len(chain) == 1 {
		return true
	}
	for up := last; up > 0; up-- {
		if s.matches(chain[1:], path[:up]) {
			return true
		}
		if chain[0].child {
			return false
		}
	}
	return false
}

func (c *compound) is(t *traits) bool {
	if c.element != "" && c.element != t.element || c.id != "" && c.id != t.id || c.link && !t.link {
		return false
	}
	for _, class := range c.classes {
		if !slices.Contains(t.classes, class) {
			return false
		}
	}
	return true
}
