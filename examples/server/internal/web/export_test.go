package web

import "maps"

// Patterns are the routes of the pages, "POST /drafts/{id}".
func Patterns() []string {
	var out []string
	for p := range maps.Keys((&site{}).table()) {
		out = append(out, p)
	}
	return out
}
