package mimemail

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// outlined is a mail with a text, a picture in it and a document, of which the document was left.
func outlined() *Outline {
	text := []byte("<p>html</p><img src=\"cid:logo@x\">")
	return &Outline{
		MediaType: "multipart/mixed",
		Header:    []byte("From: anna@example.com\r\nSubject: Hello\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"out\"\r\n\r\n"),
		Parts: []Outline{
			{Path: "1", MediaType: "multipart/related", Header: []byte("Content-Type: multipart/related; boundary=in\r\n\r\n"), Parts: []Outline{
				{Path: "1.1", MediaType: "text/html", Header: []byte("Content-Type: text/html\r\n\r\n"), Body: text, Octets: int64(len(text))},
				{Path: "1.2", MediaType: "image/png", Header: []byte("Content-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n"), Body: []byte("iVBORw0K"), Octets: 8},
			}},
			{Path: "2", MediaType: "application/pdf", Header: []byte("Content-Type: application/pdf; name*=utf-8''d%C3%A9.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"), Octets: 78000},
		},
	}
}

// TestOutline: a mail of which a part was left reads as the whole one does, and says what was left.
func TestOutline(t *testing.T) {
	doc, m, err := outlined().Assemble(nil)
	require.NoError(t, err)
	require.Equal(t, "<p>html</p><img src=\"cid:logo@x\">", m.HTML)
	require.Equal(t, HeaderHash(outlined().Header), m.HeaderHash)
	require.Len(t, m.Parts, 3)
	require.True(t, m.Parts[1].Inline)
	require.Equal(t, Part{
		Path: "2", MediaType: "application/pdf", FileName: "dé.pdf", RawFileName: "dé.pdf", Size: 57000, Left: 78000, Attachment: true,
	}, m.Parts[2])
	_, body, err := OpenPart(bytes.NewReader(doc), "1.2")
	require.NoError(t, err)
	var got bytes.Buffer
	_, err = got.ReadFrom(body)
	require.NoError(t, err)
	require.Equal(t, "\x89PNG\r\n", got.String())
	// Read without being told that it is ours, it says nothing of the kind: a sender cannot.
	plain, err := Parse(bytes.NewReader(doc), nil)
	require.NoError(t, err)
	require.Zero(t, plain.Parts[2].Left)
}

// TestOutlineThatDoesNotHold: where the server's description and the mail differ, nothing is made of them.
func TestOutlineThatDoesNotHold(t *testing.T) {
	for name, change := range map[string]func(o *Outline){
		"another type":            func(o *Outline) { o.Parts[1].MediaType = "image/png" },
		"another number":          func(o *Outline) { o.Parts[1].Path = "3" },
		"no boundary":             func(o *Outline) { o.Header = []byte("Content-Type: multipart/mixed\r\n\r\n") },
		"no multipart":            func(o *Outline) { o.Header = []byte("Subject: x\r\n\r\n") },
		"a header cut off":        func(o *Outline) { o.Header = o.Header[:len(o.Header)-2] },
		"a part's header cut off": func(o *Outline) { o.Parts[1].Header = []byte("Content-Type: appl") },
		"the boundary in a text": func(o *Outline) {
			b := &o.Parts[0].Parts[0]
			b.Body = []byte("a\r\n--out\r\n\r\nb")
			b.Octets = int64(len(b.Body))
		},
		"a part inside a header": func(o *Outline) {
			o.Parts[1].Header = []byte("Content-Type: application/pdf\r\n\r\nx\r\n--out\r\n\r\n")
		},
		"a text that was left": func(o *Outline) { o.Parts[0].Parts[0].Octets += 10 },
		"a sender who says so": func(o *Outline) {
			o.Parts[1].Header = []byte("mailcrm-LEFT: 1 2\r\nContent-Type: application/pdf\r\n\r\n")
		},
		"a root that says so":       func(o *Outline) { o.Header = append([]byte("Mailcrm-Left: 1 2\r\n"), o.Header...) },
		"a multipart without parts": func(o *Outline) { o.Parts[0].Parts = nil },
		"too deep": func(o *Outline) {
			for range DefaultMaxDepth + 2 {
				inner := *o
				*o = Outline{MediaType: "multipart/mixed", Header: inner.Header, Parts: []Outline{inner}}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := outlined()
			change(o)
			_, _, err := o.Assemble(nil)
			require.ErrorIs(t, err, ErrOutline)
		})
	}
}

func FuzzOutline(f *testing.F) {
	f.Add("Content-Type: multipart/mixed; boundary=b\r\n\r\n", "Content-Type: text/plain\r\n\r\n", "text", "text/plain", int64(100))
	f.Add("Content-Type: multipart/digest; boundary=b\r\n\r\n", "\r\n", "\r\n--b--\r\n", "message/rfc822", int64(0))
	f.Fuzz(func(t *testing.T, root, header, body, mediaType string, octets int64) {
		o := &Outline{MediaType: "multipart/mixed", Header: []byte(root), Parts: []Outline{
			{Path: "1", MediaType: mediaType, Header: []byte(header), Body: []byte(body), Octets: octets},
			{Path: "2", MediaType: "application/pdf", Header: []byte("Content-Type: application/pdf\r\n\r\n"), Octets: 10},
		}}
		_, m, err := o.Assemble(nil)
		if err != nil {
			return
		}
		if len(m.Parts) < 2 || m.Parts[0].MediaType != mediaType || m.HeaderHash != HeaderHash([]byte(root)) || !strings.HasPrefix(m.Parts[1].MediaType, "application/pdf") {
			t.Fatalf("a document that is not what was described: %+v", m.Parts)
		}
	})
}
