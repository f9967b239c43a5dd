package mailcrmtest

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
)

// part is a node of a message's MIME tree (RFC 2046), as slices of the message itself: what BODY[2.MIME] answers is what
// was received, also where it is broken.
type part struct {
	header   []byte // with the empty line that ends it
	body     []byte
	kind     string // "text/plain", lower case
	params   map[string]string
	children []*part // of a multipart
	message  *part   // of a message/rfc822
}

const (
	maxDepth = 30
	maxParts = 1000
)

// parseParts reads a whole message. It never fails: what makes no sense is text/plain.
func parseParts(raw []byte) *part {
	budget := maxParts
	return parsePart(raw, "text/plain", 0, &budget)
}

func parsePart(raw []byte, fallback string, depth int, budget *int) *part {
	*budget--
	p := &part{kind: fallback}
	p.header, p.body = splitHeader(raw)
	if v, ok := headerValue(p.header, "Content-Type"); ok {
		if kind, params, err := mime.ParseMediaType(v); err == nil || kind != "" {
			p.kind, p.params = kind, params
		}
	}
	if !strings.Contains(p.kind, "/") {
		p.kind = "text/plain"
	}
	if depth >= maxDepth {
		return p
	}
	switch {
	case strings.HasPrefix(p.kind, "multipart/") && p.params["boundary"] != "":
		inner := "text/plain"
		if p.kind == "multipart/digest" {
			inner = "message/rfc822"
		}
		for _, child := range splitMultipart(p.body, p.params["boundary"]) {
			if *budget <= 0 {
				break
			}
			p.children = append(p.children, parsePart(child, inner, depth+1, budget))
		}
	case p.kind == "message/rfc822" && *budget > 0:
		p.message = parsePart(p.body, "text/plain", depth+1, budget)
	}
	if strings.HasPrefix(p.kind, "multipart/") && len(p.children) == 0 {
		p.kind, p.params = "text/plain", nil // an empty multipart cannot be written in a BODYSTRUCTURE
	}
	return p
}

// splitHeader cuts behind the first empty line; a message without one is all header.
func splitHeader(raw []byte) (header, body []byte) {
	for at := 0; at < len(raw); {
		end := bytes.IndexByte(raw[at:], '\n')
		if end < 0 {
			break
		}
		next := at + end + 1
		if end == 0 || end == 1 && raw[at] == '\r' {
			return raw[:next], raw[next:]
		}
		at = next
	}
	return raw, nil
}

// splitMultipart gives the parts between the lines of a boundary (RFC 2046 §5.1.1); a missing last line is forgiven.
func splitMultipart(body []byte, boundary string) [][]byte {
	mark := []byte("--" + boundary)
	var parts [][]byte
	start := -1
	for at := 0; at < len(body); {
		end := bytes.IndexByte(body[at:], '\n')
		next := len(body)
		if end >= 0 {
			next = at + end + 1
		}
		line := bytes.TrimRight(body[at:next], " \t\r\n")
		if rest, ok := bytes.CutPrefix(line, mark); ok && (len(rest) == 0 || string(rest) == "--") {
			if start >= 0 {
				parts = append(parts, cutLineEnd(body[start:max(at, start)]))
			}
			start = next
			if len(rest) > 0 {
				return parts
			}
		}
		at = next
	}
	if start >= 0 && start < len(body) {
		parts = append(parts, body[start:])
	}
	return parts
}

// cutLineEnd drops the line end that belongs to the boundary behind it.
func cutLineEnd(p []byte) []byte {
	p = bytes.TrimSuffix(p, []byte("\n"))
	return bytes.TrimSuffix(p, []byte("\r"))
}

// headerFields calls do with each field as it stands, line ends included, until do says stop.
func headerFields(header []byte, do func(name string, whole []byte) bool) {
	for len(header) > 0 {
		end := 0
		for {
			i := bytes.IndexByte(header[end:], '\n')
			if i < 0 {
				end = len(header)
				break
			}
			end += i + 1
			if end >= len(header) || header[end] != ' ' && header[end] != '\t' {
				break
			}
		}
		name, _, ok := bytes.Cut(header[:end], []byte(":"))
		if ok && !do(string(bytes.TrimSpace(name)), header[:end]) {
			return
		}
		header = header[end:]
	}
}

// headerValue is the first field of a name, unfolded, not decoded.
func headerValue(header []byte, name string) (value string, ok bool) {
	headerFields(header, func(field string, whole []byte) bool {
		if !strings.EqualFold(field, name) {
			return true
		}
		value, ok = unfold(whole), true
		return false
	})
	return value, ok
}

func unfold(whole []byte) string {
	_, v, _ := bytes.Cut(whole, []byte(":"))
	return strings.TrimSpace(strings.NewReplacer("\r\n", "", "\n", "").Replace(string(v)))
}

// at is the part with a number like 2.1 (RFC 9051 §6.4.5.1), or nil.
func (p *part) at(path []int) *part {
	for i, n := range path {
		if i > 0 && p.message != nil {
			p = p.message
		}
		switch {
		case n >= 1 && n <= len(p.children):
			p = p.children[n-1]
		case n == 1 && len(p.children) == 0 && (i == len(path)-1 || i == 0 && p.message != nil):
			// a message without parts is its own part 1
		default:
			return nil
		}
	}
	return p
}

// text is the decoded content, for searching.
func (p *part) text() string {
	var r io.Reader = bytes.NewReader(p.body)
	encoding, _ := headerValue(p.header, "Content-Transfer-Encoding")
	switch strings.ToLower(encoding) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	data, _ := io.ReadAll(r) // what could be read is searched
	if strings.EqualFold(p.params["charset"], "iso-8859-1") {
		runes := make([]rune, len(data))
		for i, c := range data {
			runes[i] = rune(c)
		}
		return string(runes)
	}
	return string(data)
}

// walk visits a tree, parents first, until do says stop.
func (p *part) walk(do func(*part) bool) bool {
	if !do(p) {
		return false
	}
	for _, c := range p.children {
		if !c.walk(do) {
			return false
		}
	}
	return p.message == nil || p.message.walk(do)
}
