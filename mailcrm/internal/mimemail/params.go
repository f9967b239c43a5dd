package mimemail

import (
	"strconv"
	"strings"
)

// params are the parameters of a structured field (RFC 2045 §5.1), names in lower case, values decoded. They are few: a list is enough.
type params []param

type param struct{ name, value string }

func (p params) get(name string) string {
	for _, q := range p {
		if q.name == name {
			return q.value
		}
	}
	return ""
}

// maxParams bounds the parameters of one field, and the pieces of one value (RFC 2231 §3); maxParamField the octets looked at.
const (
	maxParams     = 128
	maxParamField = 64 << 10
)

// parseParams reads "value; name=value; …" as Content-Type and Content-Disposition have it. It takes what mime.ParseMediaType refuses: a
// forgotten semicolon, a quote that is never closed, spaces in a bare file name, repeated names (the first wins), values in any charset
// (RFC 2231), encoded-words where they are forbidden (RFC 2047 §5) and raw octets.
func parseParams(v string) (value string, out params) {
	v = strings.TrimLeft(cut(v, maxParamField), " \t\r\n")
	value, rest, _ := strings.Cut(v, ";")
	if eq := strings.IndexByte(value, '='); eq >= 0 {
		// A semicolon was forgotten: "text/plain charset=utf-8".
		if sp := strings.LastIndexAny(value[:eq], " \t"); sp >= 0 {
			value, rest = value[:sp], v[sp:]
		} else {
			value, rest = "", v
		}
	}
	if strings.IndexByte(value, '(') >= 0 {
		value = dropComments(value)
	}
	value = strings.ToLower(strings.Trim(value, " \t\"'<>"))

	var pieces []piece
	for range maxParams {
		rest = strings.TrimLeft(rest, "; \t\r\n")
		i := strings.IndexAny(rest, ";=")
		if i < 0 {
			break
		}
		if rest[i] == ';' { // a name without a value
			rest = rest[i:]
			continue
		}
		name, after := rest[:i], rest[i+1:]
		name = strings.ToLower(strings.TrimSpace(name))
		if sp := strings.LastIndexAny(name, " \t"); sp >= 0 {
			name = name[sp+1:]
		}
		var raw string
		raw, rest = cutValue(strings.TrimLeft(after, " \t"), name == "name" || name == "filename")
		base, star, extended := strings.Cut(name, "*")
		if !extended {
			if name != "" && out.get(name) == "" {
				if name != "boundary" { // it is compared octet by octet
					raw = decodeWords(raw, "")
				}
				out = append(out, param{name, raw})
			}
			continue
		}
		p := piece{name: base, value: raw, encoded: star == "" || strings.HasSuffix(star, "*")}
		if digits := strings.TrimSuffix(star, "*"); digits != "" {
			n, err := strconv.Atoi(digits)
			if err != nil || n < 0 || n >= maxParams {
				continue
			}
			p.number = n
		}
		pieces = append(pieces, p)
	}
	return value, joinPieces(out, pieces)
}

// cutValue takes the value at the beginning of s and returns what follows it. In a bare file name spaces are kept.
func cutValue(s string, isName bool) (value, rest string) {
	if strings.HasPrefix(s, `"`) {
		if end := strings.IndexByte(s[1:], '"'); end >= 0 && strings.IndexByte(s[1:1+end], '\\') < 0 {
			return s[1 : 1+end], s[end+2:]
		}
		var b strings.Builder
		for i := 1; i < len(s); i++ {
			switch c := s[i]; {
			case c == '"':
				return b.String(), s[i+1:]
			case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
				// Only these two are escapes in practice: C:\new\file.txt is not.
				i++
				b.WriteByte(s[i])
			default:
				b.WriteByte(c)
			}
		}
		s = s[1:] // never closed: as if it had not been opened
	}
	value, rest, _ = strings.Cut(s, ";")
	value = strings.TrimSpace(value)
	if !isName {
		if i := strings.IndexAny(value, " \t("); i >= 0 {
			rest = value[i:] + ";" + rest
			value = value[:i]
		}
	}
	return value, rest
}

// A piece is a parameter of RFC 2231: name*N*=charset'language'value.
type piece struct {
	name, value string
	number      int
	encoded     bool
}

// joinPieces adds the values that were split or encoded. They take the place of a plain one of the same name, which is there for old readers.
func joinPieces(out params, pieces []piece) params {
	for i, first := range pieces {
		if first.number != 0 || first.name == "" {
			continue
		}
		label := ""
		octets := []byte{}
		for n, at := 0, i; at >= 0; n++ {
			p := pieces[at]
			value := p.value
			if p.encoded && n == 0 {
				if before, after, found := strings.Cut(value, "'"); found {
					if _, text, found := strings.Cut(after, "'"); found {
						label, value = before, text
					}
				}
			}
			if p.encoded {
				octets = appendPercent(octets, value)
			} else {
				octets = append(octets, value...)
			}
			at = findPiece(pieces, first.name, n+1)
		}
		text, _ := decodeText(octets, label, false)
		if strings.Contains(text, "=?") {
			text = decodeWords(text, "")
		}
		replaced := false
		for j := range out {
			if out[j].name == first.name {
				out[j].value, replaced = text, true
			}
		}
		if !replaced {
			out = append(out, param{first.name, text})
		}
	}
	return out
}

func findPiece(pieces []piece, name string, number int) int {
	for i, p := range pieces {
		if p.number == number && p.name == name {
			return i
		}
	}
	return -1
}

// appendPercent undoes percent encoding (RFC 2231 §4).
func appendPercent(octets []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v := hexOctet(s[i+1], s[i+2]); v >= 0 {
				octets = append(octets, byte(v))
				i += 2
				continue
			}
		}
		octets = append(octets, s[i])
	}
	return octets
}

// parseMediaType reads a Content-Type. What is none is read as RFC 2045 §5.2 says: plain text.
func parseMediaType(v, byDefault string) (mediaType string, out params) {
	if v == "" {
		return byDefault, nil
	}
	value, out := parseParams(v)
	kind, sub, found := strings.Cut(value, "/")
	kind, sub = strings.TrimSpace(kind), strings.TrimSpace(sub)
	if i := strings.IndexAny(sub, " \t,"); i >= 0 {
		sub = sub[:i]
	}
	switch {
	case found && isToken(kind) && isToken(sub):
		return cut(kind, 127) + "/" + cut(sub, 127), out
	case kind == "multipart":
		return "multipart/mixed", out
	case value == "html":
		return "text/html", out
	case kind == "application", kind == "image", kind == "audio", kind == "video", kind == "message", kind == "model", kind == "font":
		return "application/octet-stream", out
	}
	return "text/plain", out
}

// isToken says whether s is a token (RFC 2045 §5.1).
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?=`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
