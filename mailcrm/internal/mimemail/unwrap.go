package mimemail

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// parts are what is inside a winmail.dat at that path: the files, then the texts. content gives the octets of part n, but not of files.
func (t *tnefScanner) parts(path string) (list []Part, content func(n int) []byte) {
	for i := range t.files {
		f := &t.files[i]
		p := Part{Path: path + "." + strconv.Itoa(i+1), Within: path, Disposition: "attachment", Size: f.size, RawFileName: f.name()}
		p.FileName = CleanFileName(p.RawFileName)
		p.MediaType, _ = parseMediaType(f.mediaType, mediaTypeOf(p.FileName))
		if strings.HasPrefix(p.MediaType, "multipart/") {
			p.MediaType = "application/octet-stream"
		}
		p.ContentID = contentID(f.contentID)
		if p.FileName == "" {
			p.FileName = madeUpName(&p)
		}
		list = append(list, p)
	}
	var texts [][]byte
	add := func(mediaType, label, name string, octets []byte) {
		if len(bytes.TrimSpace(octets)) > 0 {
			texts = append(texts, octets)
			list = append(list, Part{
				Path: path + "." + strconv.Itoa(len(list)+1), Within: path, MediaType: mediaType, Charset: cleanLabel(label), FileName: name, Size: int64(len(octets)),
			})
		}
	}
	add("text/plain", t.textLabel, "", t.text)
	add("text/html", t.htmlLabel, "", t.html)
	if len(texts) == 0 {
		add("application/rtf", "", "message.rtf", rtfDecompress(t.rtf))
	}
	return list, func(n int) []byte { return texts[n-len(t.files)] }
}

// unwrap lists what is inside a winmail.dat behind it. Its text is the mail's where the mail has no other. The winmail.dat itself is kept
// from the paper clip when all of it is shown.
func (m *Message) unwrap(leaves []*leaf, o *Options, cids map[string]struct{}) {
	d := defects{list: &m.Defects}
	shown := false
	for _, b := range m.Bodies {
		shown = shown || strings.TrimSpace(b.Text) != ""
	}
	at := -1 // of the leaf in m.Parts
	for i := range leaves {
		at++
		t := leaves[i].tnef
		if t == nil || !t.begun {
			continue
		}
		if !t.finish() {
			d.add(TNEFBroken, leaves[i].Path)
		}
		list, content := t.parts(leaves[i].Path)
		texts := !shown && len(m.Parts)+len(list) <= o.MaxParts
		if texts {
			cids = m.takeTexts(list[len(t.files):], func(n int) []byte { return content(len(t.files) + n) }, o.MaxText, cids)
		}
		inside := list[:0]
		for n := range list {
			p := list[n]
			switch {
			case n >= len(t.files):
				if !texts {
					continue
				}
				shown = shown || p.Body
			case !t.files[n].whole || t.files[n].size > maxTNEFOpen:
				t.more = true // a drawing or a message that we do not open, too large, or cut off
				continue
			default:
				_, referred := cids[p.ContentID]
				p.Inline = referred && p.ContentID != ""
				p.Attachment = !p.Inline
			}
			if len(m.Parts)+len(inside) >= o.MaxParts {
				d.add(TooManyParts, "")
				t.more = true
				break
			}
			inside = append(inside, p)
		}
		m.Parts[at].Attachment = m.Parts[at].Attachment && (t.broken || t.more)
		m.Parts = append(m.Parts[:at+1:at+1], append(inside, m.Parts[at+1:]...)...)
		at += len(inside)
	}
}

// takeTexts makes the texts of a winmail.dat the bodies of the mail, and returns what their HTML refers to as well.
func (m *Message) takeTexts(texts []Part, content func(n int) []byte, maxText int64, cids map[string]struct{}) map[string]struct{} {
	first := len(m.Bodies)
	for n := range texts {
		p := &texts[n]
		if !strings.HasPrefix(p.MediaType, "text/") {
			p.Attachment = true
			continue
		}
		p.Body = true
		isHTML := p.MediaType == "text/html"
		text, _ := decodeText(content(n), p.Charset, isHTML)
		text = cut(newlines(text), int(maxText))
		m.Bodies = append(m.Bodies, Body{Path: p.Path, MediaType: p.MediaType, Text: text, InText: true, InHTML: true})
		if isHTML {
			cids = referredTo(text, cids)
			if strings.TrimSpace(m.HTML) == "" {
				m.HTML = text
			}
		}
	}
	if added := m.Bodies[first:]; len(added) == 2 { // the same in two forms
		added[0].InHTML, added[1].InText = false, false
	}
	if len(m.Bodies) > first {
		m.Text = plainText(m.Bodies)
	}
	return cids
}

// openTNEF finds a part inside the winmail.dat that r reads, which lies at path.
func openTNEF(r io.Reader, path, rest string) (Part, io.Reader, error) {
	n, err := strconv.Atoi(rest)
	if err != nil || n < 1 || n > maxTNEFFiles+3 {
		return Part{}, nil, fmt.Errorf("part %q of %s: %w", cut(rest, 64), path, ErrNoPart)
	}
	t := newTNEFScanner(n - 1)
	buf := make([]byte, 32<<10)
	for {
		k, err := r.Read(buf)
		t.write(buf[:k])
		if err == io.EOF {
			break
		}
		if err != nil {
			return Part{}, nil, fmt.Errorf("read part %s: %w", path, err)
		}
	}
	list, content := t.parts(path)
	switch {
	case n > len(list), n <= len(t.files) && (!t.files[n-1].whole || int64(len(t.data)) != t.files[n-1].size):
		return Part{}, nil, fmt.Errorf("part %s.%d: %w", path, n, ErrNoPart)
	case n <= len(t.files):
		return list[n-1], bytes.NewReader(t.data), nil
	}
	return list[n-1], bytes.NewReader(content(n - 1)), nil
}

// mediaTypeOf guesses a type from the extension of a name.
func mediaTypeOf(name string) string {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "application/octet-stream"
	}
	switch strings.ToLower(name[i:]) {
	case ".htm":
		return "text/html"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".tiff":
		return "image/tiff"
	case ".txt", ".log":
		return "text/plain"
	case ".eml":
		return "message/rfc822"
	}
	found := ""
	for mediaType, ext := range extensions {
		if strings.EqualFold(ext, name[i:]) && (found == "" || mediaType < found) {
			found = mediaType
		}
	}
	if found == "" {
		return "application/octet-stream"
	}
	return found
}

// rtfDecompress undoes the compression of [MS-OXRTFCP]: LZ77 over a ring of 4 KiB that begins with words that RTF is made of. It is nil for
// what is none, and at most 1 MiB.
func rtfDecompress(b []byte) []byte {
	const (
		dictionary = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
			"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`
		compressed, plain = 0x75465a4c, 0x414c454d // LZFu, MELA
	)
	if len(b) < 16 {
		return nil
	}
	size, kind := binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
	b = b[16:]
	size = min(size, maxTNEFKept)
	if kind == plain {
		return b[:min(uint32(len(b)), size)]
	}
	if kind != compressed {
		return nil
	}
	var ring [4096]byte
	at := copy(ring[:], dictionary)
	var out []byte
	put := func(c byte) {
		out = append(out, c)
		ring[at] = c
		at = (at + 1) % len(ring)
	}
	for len(b) > 0 {
		control := b[0]
		b = b[1:]
		for bit := 0; bit < 8; bit++ {
			switch {
			case uint32(len(out)) >= size || len(b) == 0:
				return out
			case control>>bit&1 == 0:
				put(b[0])
				b = b[1:]
			case len(b) < 2:
				return out
			default:
				pair := binary.BigEndian.Uint16(b)
				b = b[2:]
				from, n := int(pair>>4), int(pair&15)+2
				if from == at { // the end
					return out
				}
				for i := range n {
					put(ring[(from+i)%len(ring)])
				}
			}
		}
	}
	return out
}
