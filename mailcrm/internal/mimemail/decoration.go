package mimemail

import (
	"encoding/binary"
	"strings"
)

// Limits of what may be decoration.
const (
	maxDecoration       = 20 << 10 // octets
	maxDecorationPixels = 120000   // width times height, where they are known: a banner of 600 × 200
	maxPixels           = 4 << 10  // octets of a picture in which its size is looked for
	maxPictures         = 100      // pictures whose size is looked for
	maxCounter          = 3        // pixels wide and high: what counts who opened a mail, and what holds a table open
)

// decorates says whether a picture that no text refers to was sent for its own sake or came along with a signature. It is asked of what would be an attachment. To be wrong
// hides what somebody sent, so it takes three signs: the picture is small, in octets and as far as known in pixels; there is a text that it came along with; and it has a
// name that programs give to the pictures of signatures, or a Content-ID beside a name that nobody chose.
func (m *Message) decorates(l *leaf) bool {
	p := &l.Part
	if !strings.HasPrefix(p.MediaType, "image/") || p.Size > maxDecoration || p.MediaType == "image/svg+xml" && p.Disposition == "attachment" {
		return false
	}
	if p.MediaType == "image/heic" || p.MediaType == "image/tiff" || p.MediaType == "image/heif" { // of cameras and scanners
		return false
	}
	width, height, known := pixels(l.pixels)
	if known && width <= maxCounter && height <= maxCounter {
		return true
	}
	if known && width*height > maxDecorationPixels || !m.says() {
		return false
	}
	name := strings.ToLower(stem(p.RawFileName))
	switch {
	case isOutlookName(name):
		return true
	case p.Disposition == "attachment" || p.ContentID == "" && p.Disposition != "inline":
		return false // somebody attached it, or nothing speaks against that
	case isSignatureName(name):
		return true
	}
	return p.ContentID != "" && (name == "" || isNumbered(name)) // it could have been referred to, and a program named it
}

// says says whether the mail has a text: a mail that is one picture is that picture.
func (m *Message) says() bool {
	for _, b := range m.Bodies {
		text := b.Text
		if b.MediaType == "text/html" {
			s := snippetWriter{max: 1}
			s.html(text)
			text = s.String()
		}
		if strings.TrimSpace(text) != "" {
			return true
		}
	}
	return false
}

func stem(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 && len(name)-i <= 5 {
		return name[:i]
	}
	return name
}

// isNumbered knows the names that mail programs give: image001 (Outlook), part1.0A2B… and moz-screenshot (Thunderbird), Outlook-x1y2z3, ATT00001.
func isNumbered(name string) bool {
	for _, prefix := range []string{"image", "att", "part", "inline", "bild", "pastedgraphic", "oledata", "moz-screenshot", "outlook-", "mime-attachment", "unnamed", "noname"} {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		if strings.HasSuffix(prefix, "-") || prefix == "unnamed" || prefix == "noname" || prefix == "mime-attachment" {
			return true
		}
		if strings.Trim(rest, "0123456789-_. abcdef") == "" && (rest == "" || strings.ContainsAny(rest, "0123456789")) {
			return true
		}
	}
	return false
}

// isOutlookName knows the names of the pictures in Outlook's signatures, also where a gateway made files of them: image001, with at least three digits. (A camera writes IMG_0001.)
func isOutlookName(name string) bool {
	rest, ok := strings.CutPrefix(name, "image")
	return ok && len(rest) >= 3 && strings.Trim(rest, "0123456789") == "" || strings.HasPrefix(name, "outlook-")
}

// isSignatureName knows the names of what stands in signatures, in several languages.
func isSignatureName(name string) bool {
	words := strings.FieldsFunc(name, func(r rune) bool { return r < 'a' || r > 'z' })
	for _, w := range words {
		switch w {
		case "logo", "logos", "signature", "sig", "signatur", "firma", "assinatura", "handtekening", "banner", "bandeau", "footer", "icon", "icone", "facebook", "twitter", "linkedin",
			"instagram", "youtube", "xing", "whatsapp", "pixel", "spacer", "avatar", "separator":
			return len(words) <= 4
		}
	}
	return false
}

// pixels reads the size of a PNG, a GIF, a JPEG or a BMP from its beginning.
func pixels(b []byte) (width, height int, known bool) {
	switch {
	case len(b) >= 24 && string(b[:8]) == "\x89PNG\r\n\x1a\n" && string(b[12:16]) == "IHDR":
		return bounded(binary.BigEndian.Uint32(b[16:])), bounded(binary.BigEndian.Uint32(b[20:])), true
	case len(b) >= 10 && (string(b[:6]) == "GIF87a" || string(b[:6]) == "GIF89a"):
		return int(binary.LittleEndian.Uint16(b[6:])), int(binary.LittleEndian.Uint16(b[8:])), true
	case len(b) >= 26 && string(b[:2]) == "BM":
		return bounded(binary.LittleEndian.Uint32(b[18:])), bounded(binary.LittleEndian.Uint32(b[22:])), true
	case len(b) >= 4 && string(b[:3]) == "\xff\xd8\xff":
		return jpegPixels(b)
	}
	return 0, 0, false
}

// bounded keeps products of two sizes from overflowing.
func bounded(n uint32) int { return int(min(n, 1<<20)) }

// jpegPixels walks along the segments to the frame header (ITU T.81 §B.2.2).
func jpegPixels(b []byte) (width, height int, known bool) {
	for at := 2; at+9 < len(b); {
		if b[at] != 0xff {
			return 0, 0, false
		}
		marker := b[at+1]
		switch {
		case marker == 0xff: // fill
			at++
			continue
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			return int(binary.BigEndian.Uint16(b[at+7:])), int(binary.BigEndian.Uint16(b[at+5:])), true
		}
		length := int(binary.BigEndian.Uint16(b[at+2:]))
		if length < 2 {
			return 0, 0, false
		}
		at += 2 + length
	}
	return 0, 0, false
}
