package safehtml

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A writer is pass 1: it writes the tree of a mail anew.
type writer struct {
	opts      Options
	out       strings.Builder
	result    Result
	resources []string // addresses that the gate must not see; a placeholder is its number
	linkColor string   // of the mail's links, if its body says so
	warned    int      // links that are marked as deceptive
	sheet     *sheet   // nil: the mail has no rules, or too many
	path      []traits // what the present element lies in, and itself; kept only where there is a sheet
}

// swaps says whether references are numbered placeholders.
func (w *writer) swaps() bool { return w.opts.CIDURL != nil || w.opts.AllowRemote }

func (w *writer) document(doc string) {
	// Scripting off: what <noscript> holds is what a reader without scripts sees, and is parsed as such.
	root, err := html.ParseWithOptions(strings.NewReader(doc), html.ParseOptionEnableScripting(false))
	if err != nil { // elements more than 512 deep
		w.textOnly(doc)
		return
	}
	w.result.Doctype = doctype(root)
	w.sheet = readSheets(root, w.result.Doctype == quirks)
	w.children(root)
}

// doctype finds out how a browser would lay out a document (HTML §13.2.6.4.1).
func doctype(root *html.Node) string {
	for c := root.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.DoctypeNode {
			continue
		}
		public, system := strings.ToLower(attrOf(c, "public")), hasAttr(c, "system")
		switch {
		case !strings.EqualFold(c.Data, "html"):
			return quirks
		case public == "" || strings.HasPrefix(public, "-//w3c//dtd xhtml 1.0 strict") || strings.HasPrefix(public, "-//w3c//dtd xhtml 1.1") ||
			public == "-//w3c//dtd html 4.01//en" || public == "-//w3c//dtd html 4.0//en":
			return noQuirks
		case strings.HasPrefix(public, "-//w3c//dtd xhtml 1.0 "):
			return limitedQuirks
		case system && (strings.HasPrefix(public, "-//w3c//dtd html 4.01 transitional") || strings.HasPrefix(public, "-//w3c//dtd html 4.01 frameset")):
			return limitedQuirks
		}
		return quirks
	}
	return quirks
}

func (w *writer) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
}

func (w *writer) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.out.WriteString(html.EscapeString(n.Data))
	case html.ElementNode:
		w.element(n)
	}
}

func (w *writer) element(n *html.Node) {
	if n.Namespace != "" || dropped[n.DataAtom] {
		return
	}
	if w.sheet != nil {
		w.path = append(w.path, w.sheet.traitsOf(n))
		defer func() { w.path = w.path[:len(w.path)-1] }()
	}
	name, ok := renamed[n.DataAtom]
	if n.DataAtom == atom.Body && len(n.Attr) == 0 && w.opts.Body == "" && (w.sheet == nil || len(w.sheet.rulesFor(w.path)) == 0) {
		ok = false
	}
	if !ok {
		if !kept[n.DataAtom] {
			w.children(n)
			return
		}
		name = n.Data
	}
	w.out.WriteString("<" + name)
	warning := w.attributes(n, name)
	w.out.WriteByte('>')
	switch n.DataAtom {
	case atom.Br, atom.Hr, atom.Img, atom.Col, atom.Wbr:
		return
	case atom.Pre, atom.Listing, atom.Xmp:
		if c := n.FirstChild; c != nil && c.Type == html.TextNode && strings.HasPrefix(c.Data, "\n") {
			w.out.WriteByte('\n') // the first one does not count (HTML §13.1.2.5)
		}
	}
	w.children(n)
	w.out.WriteString("</" + name + ">" + warning)
}

// attributes writes those that may stand in a tag, and returns what shall stand behind the element.
func (w *writer) attributes(n *html.Node, element string) (behind string) {
	seen := make(map[string]bool, len(n.Attr))
	fetches := false
	if n.DataAtom == atom.Body {
		if s := w.style(n, w.bodyHints(n)); s != "" {
			w.attribute("style", s)
		}
		return ""
	}
	hints := ""
	if n.DataAtom == atom.A && w.linkColor != "" && hasAttr(n, "href") {
		hints = "color: " + w.linkColor
	}
	if s := w.style(n, hints); s != "" {
		w.attribute("style", s)
	}
	for _, a := range n.Attr {
		if a.Namespace != "" || seen[a.Key] {
			continue
		}
		seen[a.Key] = true
		value := strings.TrimSpace(a.Val)
		switch a.Key {
		case "style":
			continue
		case "href":
			if element == "a" {
				behind = w.link(n, value)
			}
			continue
		case "src", "background":
			if value = w.resource(value); value == "" {
				fetches = true
				if a.Key == "background" || w.opts.Blank == "" || strings.TrimSpace(attrOf(n, "alt")) != "" {
					continue
				}
				value = w.opts.Blank
			}
		case "target", "rel":
			continue
		case "title":
			if element == "a" && w.opts.MarkLinks {
				continue // it is told where the link leads
			}
			value = cut(oneLine(value), 2000)
		case "bgcolor", "color":
			value = strings.ReplaceAll(value, " ", "")
		case "alt", "summary", "abbr":
			value = cut(oneLine(value), 2000)
		}
		if allows(element, a.Key, value) {
			w.attribute(a.Key, value)
		}
	}
	if element == "img" && !seen["src"] && !fetches {
		for _, a := range n.Attr {
			if a.Key == "srcset" && strings.Contains(a.Val, "//") {
				w.result.Blocked++
			}
		}
	}
	return behind
}

// style is what the style attribute of the present element shall be: what its attributes hint at, then the rules of the mail in the order
// of the cascade, then its own.
func (w *writer) style(n *html.Node, hints string) string {
	own := attrOf(n, "style")
	var lists [][]declaration
	normal, important := cleanBlock(own, w.cssResource)
	if hints != "" {
		hinted, _ := cleanBlock(hints, w.cssResource)
		lists = append(lists, hinted)
	}
	isBody := n.DataAtom == atom.Body
	alone := append(slices.Clip(lists), normal, important)
	if isBody {
		alone = w.bodyBox(alone)
	}
	if w.sheet == nil {
		return written(alone...)
	}
	rules := w.sheet.rulesFor(w.path)
	for _, r := range rules {
		if !r.cleaned {
			r.normal, r.important = cleanBlock(r.block, w.cssResource)
			r.cleaned = true
		}
		lists = append(lists, r.normal)
	}
	lists = append(lists, normal)
	for _, r := range rules {
		lists = append(lists, r.important)
	}
	lists = append(lists, important)
	if isBody {
		lists = w.bodyBox(lists)
	}
	octets := 0
	for _, list := range lists {
		for _, d := range list {
			octets += len(d.name) + len(d.value) + len(": ; ")
		}
	}
	w.sheet.inlined += max(octets-len(own), 0)
	if octets > maxStyle || w.sheet.inlined > maxInlined {
		return written(alone...)
	}
	return written(prevailing(lists)...)
}

// bodyBox makes padding of the margins of a body, which is a box in somebody else's body here: its background shall reach the edges, as it does where it is
// the body of a window.
func (w *writer) bodyBox(lists [][]declaration) [][]declaration {
	if w.opts.Body == "" || len(lists) == 0 {
		return lists
	}
	isPadding := func(d declaration) bool { return strings.HasPrefix(d.name, "padding") }
	if slices.ContainsFunc(slices.Concat(lists[1:]...), isPadding) {
		return lists
	}
	out := make([][]declaration, len(lists))
	for i, list := range lists {
		for _, d := range list {
			if side, ok := strings.CutPrefix(d.name, "margin"); ok && !strings.Contains(d.value, "auto") {
				d.name = "padding" + side
			}
			out[i] = append(out[i], d)
		}
	}
	return out
}

// prevailing leaves out a declaration of which a later list has another for the same property. Within a list all stay: the earlier one
// there is for browsers that do not understand the later.
func prevailing(lists [][]declaration) [][]declaration {
	later := make(map[string]bool)
	for i := len(lists) - 1; i >= 0; i-- {
		var kept []declaration
		for _, d := range lists[i] {
			if !later[d.name] {
				kept = append(kept, d)
			}
		}
		for _, d := range lists[i] {
			later[d.name] = true
		}
		lists[i] = kept
	}
	return lists
}

// bodyHints makes declarations of what the body element of a mail says: here it is a box in somebody else's body.
func (w *writer) bodyHints(n *html.Node) string {
	list := []string{w.opts.Body}
	for _, a := range n.Attr {
		value := strings.TrimSpace(a.Val)
		switch a.Key {
		case "bgcolor":
			list = append(list, "background-color: "+cssColor(value))
		case "text":
			list = append(list, "color: "+cssColor(value))
		case "background":
			list = append(list, "background-image: url('"+strings.ReplaceAll(value, "'", "%27")+"')")
		case "link":
			w.linkColor = cssColor(value)
		case "topmargin", "leftmargin", "marginwidth", "marginheight":
			list = append(list, "margin: "+value+"px")
		}
	}
	return strings.Join(list, "; ")
}

// cssColor is a colour of an HTML attribute, where the "#" may be missing.
func cssColor(v string) string {
	if len(v) == 6 && strings.Trim(v, "0123456789abcdefABCDEF") == "" {
		return "#" + v
	}
	return v
}

func (w *writer) attribute(name, value string) {
	w.out.WriteString(" " + name + `="` + html.EscapeString(value) + `"`)
}

// link writes where an element leads, notes it, and returns what shall stand behind it.
func (w *writer) link(n *html.Node, href string) (warning string) {
	t := parseURL(href)
	if t.scheme == "" || t.scheme == "cid" || t.scheme == "data" || !valueLink.MatchString(t.url) {
		return ""
	}
	w.attribute("href", t.url)
	w.attribute("target", "_blank")
	w.attribute("rel", "noopener noreferrer nofollow")
	if len(w.result.Links) >= MaxLinks && !w.opts.MarkLinks {
		return ""
	}
	var text strings.Builder
	textOf(n, &text)
	said := cut(oneLine(text.String()), 200)
	one := Link{URL: t.url, Host: t.host, Shown: shownHost(t.host), Text: said, Deceptive: isDeceptive(said, t)}
	if len(w.result.Links) < MaxLinks {
		w.result.Links = append(w.result.Links, one)
	}
	if !w.opts.MarkLinks {
		return ""
	}
	switch t.scheme {
	case "http", "https":
		w.attribute("title", one.Shown)
	default:
		w.attribute("title", cut(strings.TrimPrefix(t.url, t.scheme+":"), 200))
	}
	if w.warned == MaxLinks || !one.Deceptive {
		return ""
	}
	w.warned++
	return `<span style="` + warningStyle + `" role="img" title="` + html.EscapeString(one.Host) + `">⚠ ` + html.EscapeString(one.Shown) + `</span>`
}

// warningStyle shows a host whatever stands around it.
const warningStyle = "display: inline-block; visibility: visible; opacity: 1; width: auto; height: auto; max-width: none; max-height: none; overflow: visible; " +
	"margin: 0 4px; padding: 0 4px; border: 1px solid #b45309; border-radius: 3px; color: #7c2d12; background: #fef3c7; font: bold 12px/18px sans-serif; " +
	"letter-spacing: normal; text-indent: 0; text-transform: none; text-decoration: none; white-space: normal; float: none"

// textOf collects the text of an element, enough of it for [Link.Text].
func textOf(n *html.Node, b *strings.Builder) {
	for c := n.FirstChild; c != nil && b.Len() < 1000; c = c.NextSibling {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		} else {
			textOf(c, b)
		}
	}
}

// resource says what becomes of the address of a picture: what the gate may see, or "" to leave it out.
func (w *writer) resource(raw string) string {
	t := parseURL(raw)
	switch t.scheme {
	case "data":
		return t.url
	case "cid":
		if w.opts.CIDURL == nil {
			if w.swaps() {
				return w.placeholder(cidMarker(t.url))
			}
			return cidMarker(t.url)
		}
		u, ok := w.opts.CIDURL(t.url)
		if !ok {
			return ""
		}
		return w.placeholder(u)
	case "http", "https":
		u := ""
		if w.opts.AllowRemote {
			if u = t.url; w.opts.RemoteURL != nil {
				u = w.opts.RemoteURL(t.url)
			}
		}
		if u = w.placeholder(u); u == "" {
			w.result.Blocked++
		}
		return u
	}
	return ""
}

// cssResource is the same for url(…) in a declaration, where a marker with odd characters is left out.
func (w *writer) cssResource(raw string) string {
	u := w.resource(raw)
	if !plainCSS.MatchString(u) {
		return ""
	}
	return u
}

var plainCSS = regexp.MustCompile(`^[0-9A-Za-z%._~$+=@:;,/-]+$`)

// cidMarker is a cid URL (RFC 2392) for a Content-ID.
func cidMarker(id string) string { return "cid:" + escape(id, "@._~!$&'*+=-") }

// placeholder stands for an address that the caller gave. Addresses that would run something are refused even from there.
func (w *writer) placeholder(u string) string {
	scheme, _ := cutScheme(u)
	switch scheme {
	case "", "http", "https", "cid":
	case "data":
		if !valuePicture.MatchString(u) {
			return ""
		}
	default:
		return ""
	}
	if u == "" {
		return ""
	}
	w.resources = append(w.resources, u)
	return "cid:" + strconv.Itoa(len(w.resources)-1)
}

// textOnly writes the text of a document that is nested too deep to be laid out.
func (w *writer) textOnly(doc string) {
	z := html.NewTokenizer(strings.NewReader(doc))
	hidden := ""
	w.out.WriteString("<div>")
	for {
		switch z.Next() {
		case html.ErrorToken:
			w.out.WriteString("</div>")
			return
		case html.TextToken:
			if hidden == "" {
				w.out.WriteString(html.EscapeString(html.UnescapeString(string(z.Raw()))))
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			switch tag := string(name); tag {
			case "script", "style", "title", "textarea", "iframe", "noembed", "noframes", "xmp", "plaintext":
				hidden = tag
			case "p", "div", "tr", "br", "li", "table", "blockquote":
				w.out.WriteString("<br>")
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == hidden {
				hidden = ""
			}
		}
	}
}

// oneLine makes runs of white space one space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// cut shortens s to at most n characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
