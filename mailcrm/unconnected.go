package mailcrm

import (
	"slices"
	"strings"
)

// connecting are the elements for which browsers open connections although a policy forbids to use them: it has no word against "preconnect", and what a
// frame would show is looked for before it is refused. Sanitised mail has none of them; this is the frame's own care.
var connecting = []string{"link", "iframe", "frame", "fencedframe", "portal", "object", "embed"}

// unconnected makes text of the tags of such elements.
func unconnected(body string) string {
	var out strings.Builder
	for rest := body; ; {
		at := strings.IndexByte(rest, '<')
		if at < 0 {
			if out.Len() == 0 {
				return body
			}
			out.WriteString(rest)
			return out.String()
		}
		if out.Len() == 0 {
			out.Grow(len(body))
		}
		out.WriteString(rest[:at])
		rest = rest[at+1:]
		if slices.ContainsFunc(connecting, func(name string) bool { return len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) }) {
			out.WriteString("&lt;")
		} else {
			out.WriteByte('<')
		}
	}
}
