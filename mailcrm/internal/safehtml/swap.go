package safehtml

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// cssPlaceholder is a placeholder in a declaration.
var cssPlaceholder = regexp.MustCompile(`url\(cid:(\d{1,9})\)`)

// swap is pass 3: it puts the addresses of the caller where the placeholders are. Only whole values of src and background, and url(…) in
// style, are looked at; everything else passes octet by octet.
func swap(doc string, resources []string) string {
	if len(resources) == 0 {
		return doc
	}
	at := func(number string) (string, bool) {
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n >= len(resources) {
			return "", false
		}
		return resources[n], true
	}
	var out strings.Builder
	out.Grow(len(doc) + 64*len(resources))
	z := html.NewTokenizer(strings.NewReader(doc))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return out.String()
		case html.StartTagToken, html.SelfClosingTagToken:
			raw := string(z.Raw())
			if !strings.Contains(raw, "cid:") {
				out.WriteString(raw)
				continue
			}
			token := z.Token()
			for i, a := range token.Attr {
				switch a.Key {
				case "src", "background":
					if number, ok := strings.CutPrefix(a.Val, "cid:"); ok {
						if u, ok := at(number); ok {
							token.Attr[i].Val = u
						}
					}
				case "style":
					token.Attr[i].Val = cssPlaceholder.ReplaceAllStringFunc(a.Val, func(match string) string {
						u, _ := at(match[len("url(cid:") : len(match)-1])
						return `url("` + cssQuoted(u) + `")`
					})
				}
			}
			out.WriteString(token.String())
		default:
			out.Write(z.Raw())
		}
	}
}

// cssQuoted writes a URL for a CSS string: what could end it is percent-encoded.
func cssQuoted(u string) string {
	return strings.NewReplacer(`"`, "%22", "'", "%27", `\`, "%5C", "(", "%28", ")", "%29", "\n", "%0A", "\r", "%0D", "\f", "%0C", "<", "%3C", ">", "%3E").Replace(u)
}
