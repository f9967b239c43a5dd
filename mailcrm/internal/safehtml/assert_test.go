package safehtml

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// forms are the elements of forms; runs are those that run, fetch, frame or redirect by themselves.
var (
	forms = set("form input button select option optgroup textarea fieldset legend label output datalist keygen meter progress isindex")
	runs  = set(`script style link meta base iframe frame frameset object embed applet param audio video source track svg math template noscript
		noembed noframes canvas portal dialog slot plaintext xmp listing html head body title marquee blink bgsound layer image picture map area`)
	refers = set("id name class for form usemap list aria-labelledby aria-describedby headers itemid itemref itemprop slot part is")
	// takesOut are the properties that cover, fetch, run or move.
	takesOut = set(`position inset top right bottom left z-index transform translate rotate scale content cursor filter backdrop-filter mask mask-image
		clip-path shape-outside offset-path animation animation-name transition behavior -moz-binding -ms-behavior pointer-events src all`)
	urls = set(`src href action formaction background poster data cite longdesc lowsrc dynsrc srcset ping profile codebase archive classid
		manifest icon usemap xlink:href`)
)

// cssURL is url(…) as it is written here: quoted, or without anything that could end it.
var cssURL = regexp.MustCompile(`url\((?:"([^"()\\]*)"|([^"'()\\ ]*))\)`)

// allowedURL is what a URL in safe HTML may be.
type allowedURL struct {
	remote   bool                // http and https resources
	resource func(u string) bool // what the caller gave
}

// assertSafe looks at the output as a browser would parse it, with and without scripts, and names every breach.
func assertSafe(t testing.TB, out string, allow allowedURL) {
	t.Helper()
	for _, scripting := range []bool{false, true} {
		root, err := html.ParseWithOptions(strings.NewReader("<!doctype html><html><head></head><body>"+out), html.ParseOptionEnableScripting(scripting))
		require.NoError(t, err)
		require.NoError(t, err)
		wrappers := 0
		var walk func(*html.Node)
		walk = func(n *html.Node) {
			if n.Type == html.CommentNode {
				require.Fail(t, "a comment", "%q", out)
			}
			if n.Type == html.ElementNode {
				switch n.Data {
				case "html", "head", "body":
					wrappers++
					require.Empty(t, n.Attr, "attributes of the page's own elements: %q", out)
				default:
					assertElement(t, n, out, allow)
				}
			}
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				walk(c)
			}
		}
		walk(root)
		require.Equal(t, 3, wrappers)
	}
	assertBalanced(t, out)
}

func assertElement(t testing.TB, n *html.Node, out string, allow allowedURL) {
	t.Helper()
	breach := func(what string) { t.Helper(); require.Fail(t, what, "<%s> in %q", n.Data, out) }
	if n.Namespace != "" {
		breach("foreign element")
	}
	if forms[n.Data] {
		breach("form element")
	}
	if runs[n.Data] || strings.ContainsAny(n.Data, ":-") {
		breach("element that runs, fetches or frames")
	}
	for _, a := range n.Attr {
		value := strings.ToLower(a.Val)
		switch {
		case strings.HasPrefix(a.Key, "on"):
			breach("event " + a.Key)
		case refers[a.Key]:
			breach("name " + a.Key)
		case strings.HasPrefix(a.Key, "data-"), a.Key == "srcdoc", a.Key == "autofocus", a.Key == "contenteditable", a.Key == "download", a.Key == "tabindex", a.Key == "accesskey":
			breach("attribute " + a.Key)
		case a.Key == "href":
			if n.Data != "a" || !regexp.MustCompile(`^(https?://[^/?#]+|mailto:|tel:)`).MatchString(a.Val) {
				breach("link " + a.Val)
			}
			if attr(n, "target") != "_blank" || attr(n, "rel") != "noopener noreferrer nofollow" {
				breach("link without target and rel")
			}
		case urls[a.Key]:
			if a.Key != "src" && a.Key != "background" || !allow.picture(a.Val) {
				breach(a.Key + " " + a.Val)
			}
		case a.Key == "style":
			for _, m := range cssURL.FindAllStringSubmatch(a.Val, -1) {
				if !allow.picture(m[1] + m[2]) {
					breach("style " + a.Val)
				}
			}
			value = strings.ToLower(cssURL.ReplaceAllString(a.Val, "none")) // what a URL says is no CSS
			for _, word := range []string{"expression", "@", "\\", "/*", "url(", "<", "{", "}", "var(", "image-set", "attr(", "element("} {
				if strings.Contains(value, word) {
					breach("style " + a.Val)
				}
			}
			for _, d := range strings.Split(value, ";") {
				property, _, _ := strings.Cut(d, ":")
				if takesOut[strings.TrimSpace(property)] {
					breach("style " + a.Val)
				}
			}
		}
		if !urls[a.Key] && a.Key != "title" && a.Key != "alt" && a.Key != "summary" && a.Key != "abbr" && strings.Contains(value, "script:") {
			breach("script URL in " + a.Key)
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func (allow allowedURL) picture(v string) bool {
	u, err := url.Parse(v)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "cid":
		return true
	case "data":
		return strings.HasPrefix(v, "data:image/") && !strings.HasPrefix(v, "data:image/svg")
	case "http", "https":
		return allow.remote
	}
	return allow.resource != nil && allow.resource(v)
}

// assertBalanced counts tags: no end tag without its beginning, and every beginning ended.
func assertBalanced(t testing.TB, out string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(out))
	var stack []string
	for {
		switch z.Next() {
		case html.ErrorToken:
			require.Empty(t, stack, "%q", out)
			return
		case html.StartTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "br", "hr", "img", "col", "wbr":
			default:
				stack = append(stack, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			require.NotEmpty(t, stack, "%q", out)
			require.Equal(t, stack[len(stack)-1], string(name), "%q", out)
			stack = stack[:len(stack)-1]
		}
	}
}
