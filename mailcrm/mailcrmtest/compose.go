package mailcrmtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"
	"unicode/utf8"
)

// mailbox is a name and an address of a header (RFC 5322 §3.4).
type mailbox struct{ name, address string }

// file is a part with a name: an attachment, or a picture that the HTML shows by its id.
type file struct {
	name string
	kind string // "application/pdf"
	data []byte
	id   string // Content-ID without brackets; empty for an attachment
}

// field is a header field; name and value are ASCII and already encoded.
type field struct{ name, value string }

// letter is a message before it becomes bytes. Its text parts use "\n"; bytes writes CRLF everywhere.
type letter struct {
	trace       []field // in front: Return-Path, Received, Authentication-Results
	from        mailbox
	replyTo     []mailbox
	to, cc, bcc []mailbox
	subject     string
	date        time.Time
	id          string   // without brackets
	references  []string // without brackets, oldest first; the last one is answered
	more        []field  // behind the usual fields
	text, html  string   // one or both
	latin1      bool     // the plain text is written in ISO-8859-1 instead of UTF-8
	inline      []file   // multipart/related with the HTML
	files       []file
	body        *rawPart // instead of text, html and files: a report, a message of its own making
}

// rawPart is a finished body with its type.
type rawPart struct {
	contentType string
	encoding    string
	data        []byte // CRLF
}

func (l *letter) bytes() []byte {
	var b bytes.Buffer
	size := 4096 + 2*(len(l.text)+len(l.html))
	for _, list := range [][]file{l.files, l.inline} {
		for _, f := range list {
			size += 512 + len(f.data)*7/5 // base64 with line ends
		}
	}
	b.Grow(size)
	for _, f := range l.trace {
		writeField(&b, f.name, f.value)
	}
	writeField(&b, "From", addressList("From", []mailbox{l.from}))
	for _, list := range []struct {
		name  string
		boxes []mailbox
	}{{"Reply-To", l.replyTo}, {"To", l.to}, {"Cc", l.cc}, {"Bcc", l.bcc}} {
		if len(list.boxes) > 0 {
			writeField(&b, list.name, addressList(list.name, list.boxes))
		}
	}
	writeField(&b, "Subject", encodeWords(l.subject, len("Subject: ")))
	writeField(&b, "Date", l.date.Format(time.RFC1123Z))
	if l.id != "" {
		writeField(&b, "Message-ID", "<"+l.id+">")
	}
	if n := len(l.references); n > 0 {
		writeField(&b, "In-Reply-To", "<"+l.references[n-1]+">")
		writeField(&b, "References", "<"+strings.Join(l.references, "> <")+">")
	}
	for _, f := range l.more {
		writeField(&b, f.name, f.value)
	}
	writeField(&b, "MIME-Version", "1.0")
	l.writeBody(&b)
	return b.Bytes()
}

func (l *letter) writeBody(b *bytes.Buffer) {
	if l.body != nil {
		writeField(b, "Content-Type", l.body.contentType)
		if l.body.encoding != "" {
			writeField(b, "Content-Transfer-Encoding", l.body.encoding)
		}
		b.WriteString("\r\n")
		b.Write(l.body.data)
		return
	}
	if len(l.files) == 0 {
		l.writeText(b)
		return
	}
	mark := l.boundary("mixed")
	openMultipart(b, "mixed", mark, "")
	b.WriteString("--" + mark + "\r\n")
	l.writeText(b)
	for _, f := range l.files {
		b.WriteString("--" + mark + "\r\n")
		writeFile(b, f)
	}
	b.WriteString("--" + mark + "--\r\n")
}

func (l *letter) writeText(b *bytes.Buffer) {
	switch {
	case l.html == "":
		writePlain(b, "plain", l.text, l.latin1)
	case l.text == "":
		l.writeHTML(b)
	default:
		mark := l.boundary("alt")
		openMultipart(b, "alternative", mark, "")
		b.WriteString("--" + mark + "\r\n")
		writePlain(b, "plain", l.text, l.latin1)
		b.WriteString("--" + mark + "\r\n")
		l.writeHTML(b)
		b.WriteString("--" + mark + "--\r\n")
	}
}

func (l *letter) writeHTML(b *bytes.Buffer) {
	if len(l.inline) == 0 {
		writePlain(b, "html", l.html, false)
		return
	}
	mark := l.boundary("rel")
	openMultipart(b, "related", mark, `; type="text/html"`)
	b.WriteString("--" + mark + "\r\n")
	writePlain(b, "html", l.html, false)
	for _, f := range l.inline {
		b.WriteString("--" + mark + "\r\n")
		writeFile(b, f)
	}
	b.WriteString("--" + mark + "--\r\n")
}

// boundary cannot occur in a part: those are quoted-printable, where "=_" is no valid sequence, or base64.
func (l *letter) boundary(level string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(l.id + level))
	return fmt.Sprintf("=_%s_%016x", level, h.Sum64())
}

func openMultipart(b *bytes.Buffer, subtype, mark, params string) {
	b.WriteString("Content-Type: multipart/" + subtype + params + ";\r\n boundary=\"" + mark + "\"\r\n\r\n")
}

func writePlain(b *bytes.Buffer, subtype, text string, latin1 bool) {
	charset := "utf-8"
	if latin1 {
		charset, text = "iso-8859-1", toLatin1(text)
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	writeField(b, "Content-Type", "text/"+subtype+"; charset="+charset)
	writeField(b, "Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(b)
	_, _ = w.Write([]byte(text)) // a bytes.Buffer does not fail
	_ = w.Close()
}

// toLatin1 replaces what ISO-8859-1 lacks by a question mark, as old mail programs do.
func toLatin1(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r > 0xff {
			r = '?'
		}
		b.WriteByte(byte(r))
	}
	return b.String()
}

func writeFile(b *bytes.Buffer, f file) {
	disposition := "attachment"
	if f.id != "" {
		disposition = "inline"
	}
	writeField(b, "Content-Type", f.kind+";\r\n "+fileParameter("name", f.name))
	writeField(b, "Content-Transfer-Encoding", "base64")
	if f.id != "" {
		writeField(b, "Content-ID", "<"+f.id+">")
	}
	writeField(b, "Content-Disposition", disposition+";\r\n "+fileParameter("filename", f.name))
	b.WriteString("\r\n")
	writeBase64(b, f.data)
}

// fileParameter writes a file name as RFC 2231 asks for when it is not ASCII, and as everybody writes it otherwise.
func fileParameter(key, name string) string {
	if isASCII(name) {
		return key + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	if key == "name" { // outside the standard, but what Outlook writes and reads
		return `name="` + encodeWords(name, 7) + `"`
	}
	var v strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' {
			v.WriteByte(c)
		} else {
			fmt.Fprintf(&v, "%%%02X", c)
		}
	}
	return key + "*=utf-8''" + v.String()
}

func writeBase64(b *bytes.Buffer, data []byte) {
	const octets = 57 // 76 characters a line (RFC 2045 §6.8)
	line := make([]byte, 78)
	for len(data) > 0 {
		n := min(octets, len(data))
		size := base64.StdEncoding.EncodedLen(n)
		base64.StdEncoding.Encode(line, data[:n])
		line[size], line[size+1] = '\r', '\n'
		b.Write(line[:size+2])
		data = data[n:]
	}
}

// writeField folds at spaces so that lines stay under 78 characters where they can (RFC 5322 §2.2.3). A value that
// brings its own line ends is left as it is.
func writeField(b *bytes.Buffer, name, value string) {
	b.WriteString(name + ":")
	if strings.Contains(value, "\r\n") {
		b.WriteString(" " + value + "\r\n")
		return
	}
	column := len(name) + 1
	for i, word := range strings.Split(value, " ") {
		if i > 0 && column+1+len(word) > 77 {
			b.WriteString("\r\n")
			column = 0
		}
		b.WriteString(" " + word)
		column += 1 + len(word)
	}
	b.WriteString("\r\n")
}

func addressList(header string, boxes []mailbox) string {
	written := make([]string, len(boxes))
	column := len(header) + 2
	for i, m := range boxes {
		written[i] = m.header(column)
		column = 1
	}
	return strings.Join(written, ", ")
}

// header is the mailbox as a header has it, starting at a column.
func (m mailbox) header(column int) string {
	switch {
	case m.name == "":
		return m.address
	case !isASCII(m.name):
		return encodeWords(m.name, column) + " <" + m.address + ">"
	case strings.ContainsAny(m.name, `()<>[]:;@\,."`):
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(m.name) + `" <` + m.address + ">"
	}
	return m.name + " <" + m.address + ">"
}

// encodeWords makes encoded-words of at most 75 characters (RFC 2047 §2) of text that is not ASCII; the first one
// leaves room for column characters before it.
func encodeWords(text string, column int) string {
	if isASCII(text) {
		return text
	}
	const open, shut = "=?utf-8?q?", "?="
	var words []string
	room := 75 - column - len(open) - len(shut)
	var word strings.Builder
	for _, r := range text {
		encoded := string(r)
		switch {
		case r == ' ':
			encoded = "_"
		case r >= utf8.RuneSelf || strings.ContainsRune(`=?_"(),.:;<>@[\]`, r) || r < ' ':
			encoded = ""
			for _, c := range []byte(string(r)) {
				encoded += fmt.Sprintf("=%02X", c)
			}
		}
		if word.Len()+len(encoded) > room {
			words = append(words, open+word.String()+shut)
			word.Reset()
			room = 74 - len(open) - len(shut)
		}
		word.WriteString(encoded)
	}
	return strings.Join(append(words, open+word.String()+shut), " ")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] < ' ' {
			return false
		}
	}
	return true
}

// decodeWords is the reverse of encodeWords; a charset that the standard library does not know stays encoded.
func decodeWords(s string) string {
	var d mime.WordDecoder
	if decoded, err := d.DecodeHeader(s); err == nil {
		return decoded
	}
	return s
}
