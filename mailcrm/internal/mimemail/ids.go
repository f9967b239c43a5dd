package mimemail

import (
	"slices"
	"strings"
	"unicode"
)

// messageID reads a Message-ID (RFC 5322 §3.6.4): what stands between the first angle brackets, or the first word where there are none.
func messageID(v string, d *defects) string {
	ids := messageIDs(v, d)
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

// messageIDs reads a list of identifiers. White space that folding put into one is taken out; repetitions are dropped; of a list above the
// bound the first is kept, which names the thread, and the newest.
func messageIDs(v string, d *defects) []string {
	var out []string
	for rest := v; ; {
		open := strings.IndexByte(rest, '<')
		if open < 0 {
			break
		}
		rest = rest[open+1:]
		end := strings.IndexAny(rest, "<>")
		if end < 0 {
			end = len(rest)
		}
		out = addID(out, rest[:end], d)
		rest = rest[end:]
	}
	if len(out) == 0 && strings.IndexByte(v, '<') < 0 {
		for _, word := range strings.FieldsFunc(cut(v, 64<<10), func(r rune) bool { return r <= ' ' || r == ',' || r == '"' }) {
			if strings.IndexByte(word, '@') > 0 {
				out = addID(out, strings.Trim(word, ">"), d)
			}
		}
		if first := strings.Fields(cut(v, maxIDLength+1)); len(out) == 0 && len(first) == 1 {
			out = addID(out, first[0], d)
		}
	}
	if len(out) > maxIDs {
		d.add(TooManyIDs, "")
		out = append(out[:1:1], out[len(out)-maxIDs+1:]...)
	}
	return unique(out)
}

func addID(ids []string, id string, d *defects) []string {
	if !isPrintable(id) {
		id = strings.Map(func(r rune) rune {
			if r <= ' ' || r == 0x7f || r == '\ufffd' || r == '<' || r == '>' || unicode.IsControl(r) {
				return -1
			}
			return r
		}, id)
	}
	switch {
	case id == "":
		return ids
	case len(id) > maxIDLength:
		d.add(IDUnusable, "")
		return ids
	}
	return append(ids, id)
}

// isPrintable says whether an identifier holds nothing that must be taken out.
func isPrintable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '<' || s[i] == '>' {
			return false
		}
	}
	return true
}

// unique drops repetitions and keeps the order.
func unique(ids []string) []string {
	if len(ids) < 2 {
		return ids
	}
	seen := make(map[string]struct{}, len(ids))
	out := ids[:0]
	for _, id := range ids {
		if _, ok := seen[id]; !ok {
			seen[id] = struct{}{}
			out = append(out, id)
		}
	}
	return out
}

// appendNew appends s unless it is there, empty, or the list is full.
func appendNew(list []string, s string, max int) []string {
	if s == "" || len(list) >= max || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// listID is the identifier in a List-Id: what stands between angle brackets after the description, or all of it.
func listID(v string) string {
	if i := strings.LastIndexByte(v, '<'); i >= 0 {
		v, _, _ = strings.Cut(v[i+1:], ">")
	}
	return strings.ToLower(cut(strings.TrimSpace(v), 255))
}
