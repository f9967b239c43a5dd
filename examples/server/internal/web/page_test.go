package web_test

import (
	"iter"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// What tests read in a page.

func nodes(root *html.Node) iter.Seq[*html.Node] { return root.Descendants() }

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// words are the text of a node, with single spaces.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range nodes(n) {
		if d.Type == html.TextNode && d.Parent.Data != "script" && d.Parent.Data != "style" {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// by are the elements of a tag that have an attribute with a value; an empty value is any.
func (p *page) by(tag, name, value string) []*html.Node {
	var out []*html.Node
	for n := range nodes(p.root) {
		if n.Type == html.ElementNode && (tag == "" || n.Data == tag) && (name == "" || has(n, name) && (value == "" || attr(n, name) == value)) {
			out = append(out, n)
		}
	}
	return out
}

// main is the text of the page's own part.
func (p *page) main() string {
	for _, n := range p.by("main", "", "") {
		return words(n)
	}
	return ""
}

// form is the one that is sent to an address: the first whose action ends so.
func (p *page) form(action string) *html.Node {
	for _, n := range p.by("form", "method", "post") {
		if strings.HasSuffix(attr(n, "action"), action) {
			return n
		}
	}
	return nil
}

// value is what stands in the field of a name.
func (p *page) value(name string) string {
	for _, n := range p.by("", "name", name) {
		switch n.Data {
		case "textarea":
			if n.FirstChild != nil {
				return n.FirstChild.Data
			}
			return ""
		case "select":
			return selected(n)
		case "input":
			return attr(n, "value")
		}
	}
	return ""
}

func selected(n *html.Node) string {
	first, seen := "", false
	for o := range nodes(n) {
		if o.Type == html.ElementNode && o.Data == "option" {
			if has(o, "selected") {
				return attr(o, "value")
			}
			if !seen {
				first, seen = attr(o, "value"), true
			}
		}
	}
	return first
}

// formValues are the fields of a form as a browser sends them when nobody changes anything.
func formValues(form *html.Node) url.Values {
	values := url.Values{}
	for n := range nodes(form) {
		name := attr(n, "name")
		if n.Type != html.ElementNode || name == "" || has(n, "disabled") {
			continue
		}
		switch n.Data {
		case "textarea":
			text := ""
			if n.FirstChild != nil {
				text = strings.ReplaceAll(n.FirstChild.Data, "\n", "\r\n")
			}
			values.Add(name, text)
		case "select":
			values.Add(name, selected(n))
		case "input":
			switch attr(n, "type") {
			case "checkbox", "radio":
				if has(n, "checked") {
					values.Add(name, attr(n, "value"))
				}
			case "file", "submit":
			default:
				values.Add(name, attr(n, "value"))
			}
		}
	}
	return values
}

// links are the addresses of these pages that a page leads to.
func (p *page) links() []string {
	var out []string
	for _, n := range p.by("a", "href", "") {
		href, err := url.Parse(attr(n, "href"))
		if err != nil {
			continue
		}
		u := p.url.ResolveReference(href)
		if u.Host == p.url.Host && u.Scheme == p.url.Scheme {
			u.Fragment = ""
			out = append(out, u.RequestURI())
		}
	}
	return out
}
