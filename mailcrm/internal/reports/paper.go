package reports

import (
	"html"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// maxPaper is how many octets of text are looked at: reports are short, and what follows is the mail that came back.
const maxPaper = 256 << 10

// A paper is a mail while it is read.
type paper struct {
	m          *mimemail.Message
	parts      *Parts
	rootType   string // media type of the mail, lower case
	reportType string // of a multipart/report, lower case
	nullSender bool   // Return-Path is <>
	fromLocal  string // local part of the From address, lower case

	text        string            // what the mail says, also where that is HTML
	explanation string            // text without the returned mail
	returned    *mimemail.Message // header of the mail that came back; nil when none did
	body        bool              // the returned mail was a part, or its header was found in the text

	sections map[string]string // what the text says about each address; made when needed
	inner    bool              // a report inside of another
	sesID    string            // Message-ID of the original in a notification
}

func newPaper(m *mimemail.Message, parts *Parts) *paper {
	p := &paper{m: m, parts: parts}
	kind, rest, _ := strings.Cut(m.Header.Get("Content-Type"), ";")
	p.rootType = strings.ToLower(strings.TrimSpace(kind))
	if i := strings.Index(strings.ToLower(rest), "report-type"); i >= 0 {
		v := strings.TrimLeft(rest[i+len("report-type"):], " \t=")
		v = strings.TrimLeft(v, `"`)
		if j := strings.IndexAny(v, "\"; \t\r\n"); j >= 0 {
			v = v[:j]
		}
		p.reportType = strings.ToLower(cut(v, 64))
	}
	for _, v := range m.Header.All("Return-Path") {
		if strings.ReplaceAll(strings.TrimSpace(v), " ", "") == "<>" {
			p.nullSender = true
		}
	}
	if len(m.From) > 0 {
		local := m.From[0].Address
		if i := strings.LastIndexByte(local, '@'); i >= 0 {
			local = local[:i]
		}
		p.fromLocal = strings.ToLower(cut(local, 256))
	}
	p.text = cut(m.Text, maxPaper)
	if strings.TrimSpace(p.text) == "" && m.HTML != "" {
		p.text = textOf(cut(m.HTML, maxPaper))
	}
	p.explanation, p.returned = p.text, nil
	if octets := parts.returned(); octets != nil {
		p.returned, p.body = parseHeader(octets), true
	}
	if before, block := splitReturned(p.text); block != "" {
		p.explanation = before
		if p.returned == nil {
			p.returned, p.body = parseHeader([]byte(block)), true
		}
	}
	return p
}

// known are the fields that tell a header in a text from other lines with colons.
var known = map[string]bool{
	"received": true, "return-path": true, "message-id": true, "mime-version": true, "content-type": true, "from": true, "to": true,
	"subject": true, "date": true, "reply-to": true, "sender": true, "content-transfer-encoding": true, "dkim-signature": true,
	"x-mailer": true, "delivered-to": true, "x-originating-ip": true, "references": true, "in-reply-to": true, "errors-to": true, "cc": true,
}

// splitReturned finds the header of a returned mail in a text: lines that are fields of a header, three at least and one of them a field
// that people do not write. Before is what stands above; block is empty when there is none.
func splitReturned(text string) (before, block string) {
	start, fields, sure := -1, 0, false
	prefix := ""
	at := 0
	for at < len(text) {
		end := len(text)
		if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		line := text[at:end]
		if start < 0 {
			prefix = line[:len(line)-len(strings.TrimLeft(line, " \t>|"))]
		}
		name := ""
		inside := strings.HasPrefix(line, prefix)
		if inside {
			name = fieldName(line[len(prefix):])
		}
		switch {
		case known[name] || start >= 0 && name != "":
			if start < 0 {
				start = at
			}
			if known[name] {
				fields++
			}
			switch name {
			case "received", "return-path", "message-id", "mime-version", "content-type", "dkim-signature":
				sure = true
			}
		case start >= 0 && inside && strings.TrimSpace(line) != "" && (line[len(prefix)] == ' ' || line[len(prefix)] == '\t'):
			// The continuation of a field.
		default:
			if start >= 0 && fields >= 3 && sure {
				return text[:start], unquote(text[start:at], prefix)
			}
			start, fields, sure = -1, 0, false
		}
		at = end
	}
	if start >= 0 && fields >= 3 && sure {
		return text[:start], unquote(text[start:], prefix)
	}
	return text, ""
}

func unquote(block, prefix string) string {
	block = cut(block, maxReturned)
	if prefix == "" {
		return block
	}
	var b strings.Builder
	for line := range lines(block) {
		b.WriteString(strings.TrimPrefix(line, prefix))
		b.WriteByte('\n')
	}
	return b.String()
}

// fieldName is the lower-case name of the field that a line begins, or "".
func fieldName(line string) string {
	i := strings.IndexByte(line[:min(len(line), 80)], ':')
	if i <= 0 {
		return ""
	}
	for j := range i {
		if c := line[j]; c <= ' ' || c >= 0x7f || c == '<' || c == '@' || c == '(' || c == '[' {
			return ""
		}
	}
	return strings.ToLower(line[:i])
}

// textOf is HTML as lines of text, good enough to look for addresses and phrases; it is never shown.
func textOf(doc string) string {
	var b strings.Builder
	lower := strings.ToLower(doc)
	if len(lower) != len(doc) {
		lower = doc
	}
	for at := 0; at < len(doc); {
		i := strings.IndexByte(doc[at:], '<')
		if i < 0 {
			b.WriteString(doc[at:])
			break
		}
		b.WriteString(doc[at : at+i])
		at += i
		if strings.HasPrefix(doc[at:], "<!--") {
			j := strings.Index(doc[at:], "-->")
			if j < 0 {
				break
			}
			at += j + 3
			continue
		}
		tag := lower[at+1 : min(at+24, len(lower))]
		end := strings.IndexByte(doc[at:], '>')
		if end < 0 {
			b.WriteString(doc[at:])
			break
		}
		if inner := doc[at+1 : at+end]; strings.Contains(inner, "@") && !strings.ContainsAny(inner, " =\"") {
			b.WriteString("<" + inner + ">") // an address whose brackets nobody escaped
		}
		at += end + 1
		name := tag
		if j := strings.IndexAny(name, " \t\r\n/>"); j > 0 {
			name = name[:j]
		}
		switch name {
		case "style", "script", "head":
			if j := strings.Index(lower[at:], "</"+name); j >= 0 {
				at += j
			} else {
				at = len(doc)
			}
		case "br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "/p", "/div", "/tr", "/li", "/h1", "/h2", "/h3", "/table", "pre":
			b.WriteByte('\n')
		case "td", "/td", "th":
			b.WriteByte(' ')
		}
	}
	return html.UnescapeString(b.String())
}
