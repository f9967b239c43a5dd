package mimemail

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
)

// The bounds of a winmail.dat.
const (
	maxTNEF      = 8        // of them in one mail
	maxTNEFFiles = 200      // files that are listed
	maxTNEFKept  = 1 << 20  // octets of one attribute that is held: names, properties, text
	maxTNEFOpen  = 64 << 20 // octets of a file that [OpenPart] holds, since its name may come behind it; larger ones are not listed
)

// Attributes of [MS-OXTNEF] §2.1.3.2 that say something about files and text.
const (
	tnefSignature    = 0x223e9f78
	tnefTitle        = 0x00018010 // attAttachTitle
	tnefBody         = 0x0002800c // attBody
	tnefRenderData   = 0x00069002 // attAttachRendData: an attachment begins
	tnefMessageProps = 0x00069003 // attMsgProps
	tnefAttachment   = 0x00069005 // attAttachment: its properties
	tnefCodepage     = 0x00069007 // attOemCodepage
	tnefData         = 0x0006800f // attAttachData
)

// A tnefFile is an attachment in a winmail.dat.
type tnefFile struct {
	title, long, short, shown string
	mediaType, contentID      string
	size                      int64
	whole                     bool // its octets came to their end
}

func (f *tnefFile) name() string {
	for _, name := range []string{f.long, f.title, f.short, f.shown} {
		if name != "" {
			return name
		}
	}
	return ""
}

// A tnefScanner reads a winmail.dat (Transport Neutral Encapsulation Format, [MS-OXTNEF]) as it passes: Outlook and Exchange pack the text
// and the files of a mail into one. It lists the files, holds the texts, and collects the octets of one file if asked. What is broken or
// longer than the bounds is stepped over; the whole then stays an attachment, so that nothing is lost.
type tnefScanner struct {
	head  []byte // signature and key, or level, id and length of an attribute, as far as they came
	begun bool   // the signature was right
	id    uint32
	level byte
	left  int64 // octets of the attribute, with its checksum, that are to come
	first bool  // it is the first data of its file
	keep  bool
	buf   []byte // of the attribute, if kept

	files      []tnefFile
	codepage   string // charset label
	text, html []byte
	textLabel  string
	htmlLabel  string
	rtf        []byte // compressed

	want   int    // number of the file to collect, from 0; -1 for none
	data   []byte // its octets
	broken bool   // no TNEF, or cut off
	full   bool   // more files came than are listed
	ended  bool   // zeros came where an attribute should begin: padding
	more   bool   // something in it is not listed: a message, a file above the bound
}

func newTNEFScanner(want int) *tnefScanner { return &tnefScanner{want: want, codepage: "windows-1252"} }

// isTNEF knows a winmail.dat by type or name; its signature decides.
func isTNEF(p *Part) bool {
	switch p.MediaType {
	case "application/ms-tnef", "application/vnd.ms-tnef":
		return true
	}
	return p.MediaType == "application/octet-stream" && strings.EqualFold(p.FileName, "winmail.dat")
}

// write takes the next octets.
func (t *tnefScanner) write(p []byte) {
	for len(p) > 0 && !t.broken && !t.ended {
		if t.left > 0 {
			n := int(min(t.left, int64(len(p))))
			t.attribute(p[:n])
			p = p[n:]
			continue
		}
		need := 9 // level, id, length
		if !t.begun {
			need = 6 // signature, key
		}
		n := min(need-len(t.head), len(p))
		t.head, p = append(t.head, p[:n]...), p[n:]
		if len(t.head) == need {
			t.begin()
			t.head = t.head[:0]
		}
	}
}

// begin reads the signature, or the header of an attribute.
func (t *tnefScanner) begin() {
	if !t.begun {
		t.begun = binary.LittleEndian.Uint32(t.head) == tnefSignature
		t.broken = !t.begun
		return
	}
	if t.ended = t.level != 0 && isPadding(t.head); t.ended {
		return
	}
	t.level, t.id = t.head[0], binary.LittleEndian.Uint32(t.head[1:])
	length := int64(binary.LittleEndian.Uint32(t.head[5:]))
	if t.level != 1 && t.level != 2 {
		t.broken = true
		return
	}
	t.left, t.buf, t.keep = length+2, t.buf[:0], false
	switch t.id {
	case tnefRenderData:
		if len(t.files) < maxTNEFFiles {
			t.files = append(t.files, tnefFile{})
		} else {
			t.full, t.more = true, true
		}
	case tnefData:
		f := t.file()
		t.first = f != nil && !f.whole && f.size == 0
		if t.first {
			f.size = length
		}
		t.more = t.more || !t.first || length > maxTNEFOpen
	case tnefTitle, tnefBody, tnefMessageProps, tnefAttachment, tnefCodepage:
		t.keep = length <= maxTNEFKept
		t.more = t.more || !t.keep && t.id != tnefBody
	}
}

// finish says whether all of it was read.
func (t *tnefScanner) finish() bool {
	t.broken = t.broken || t.level == 0 || t.left > 0 || !isPadding(t.head)
	return !t.broken
}

func isPadding(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// file is the attachment that is described, or nil.
func (t *tnefScanner) file() *tnefFile {
	if t.level != 2 || len(t.files) == 0 || t.full {
		return nil
	}
	return &t.files[len(t.files)-1]
}

// attribute takes octets of the current attribute and its checksum, which nobody checks: a mail that was changed on the way is read anyhow.
func (t *tnefScanner) attribute(p []byte) {
	inside := p[:max(min(int64(len(p)), t.left-2), 0)]
	t.left -= int64(len(p))
	switch {
	case t.keep:
		t.buf = append(t.buf, inside...)
	case t.id == tnefData && t.first && t.want == len(t.files)-1 && t.files[t.want].size <= maxTNEFOpen:
		t.data = append(t.data, inside...)
	}
	if t.left > 0 {
		return
	}
	if t.id == tnefData && t.first {
		t.file().whole = true
	}
	if t.keep {
		t.end()
	}
}

// end reads an attribute that was kept.
func (t *tnefScanner) end() {
	f := t.file()
	switch t.id {
	case tnefCodepage:
		if len(t.buf) >= 4 {
			t.codepage = "cp" + strconv.Itoa(int(binary.LittleEndian.Uint32(t.buf)))
		}
	case tnefTitle:
		if f != nil {
			f.title = t.name(0x1e, t.buf)
		}
	case tnefBody:
		t.text, t.textLabel = bytes.TrimRight(bytes.Clone(t.buf), "\x00"), t.codepage
	case tnefAttachment:
		if f != nil {
			mapiProperties(t.buf, func(id, kind uint16, v []byte) { t.fileProperty(f, id, kind, v) })
		}
	case tnefMessageProps:
		mapiProperties(t.buf, t.messageProperty)
	}
}

// fileProperty takes a property of an attachment ([MS-OXPROPS]).
func (t *tnefScanner) fileProperty(f *tnefFile, id, kind uint16, v []byte) {
	switch id {
	case 0x3707: // PidTagAttachLongFilename
		f.long = t.name(kind, v)
	case 0x3704: // PidTagAttachFilename
		f.short = t.name(kind, v)
	case 0x3001: // PidTagDisplayName
		f.shown = t.name(kind, v)
	case 0x370e: // PidTagAttachMimeTag
		f.mediaType = t.name(kind, v)
	case 0x3712: // PidTagAttachContentId
		f.contentID = t.name(kind, v)
	case 0x3701: // PidTagAttachDataObject: a message or a drawing, which we do not open
		t.more = true
	}
}

// messageProperty takes a property of the message.
func (t *tnefScanner) messageProperty(id, kind uint16, v []byte) {
	switch id {
	case 0x1000: // PidTagBody
		t.text, t.textLabel = []byte(t.str(kind, v)), "utf-8"
	case 0x1013: // PidTagHtml
		if kind == 0x1f {
			t.html, t.htmlLabel = []byte(t.str(kind, v)), "utf-8"
		} else {
			t.html = bytes.TrimRight(bytes.Clone(v), "\x00")
		}
	case 0x1009: // PidTagRtfCompressed
		t.rtf = bytes.Clone(v)
	case 0x3fde: // PidTagInternetCodepage
		if len(v) >= 4 && t.htmlLabel == "" {
			t.htmlLabel = "cp" + strconv.Itoa(int(binary.LittleEndian.Uint32(v)))
		}
	}
}

// name decodes a string property that is short.
func (t *tnefScanner) name(kind uint16, v []byte) string { return cut(t.str(kind, v), maxSubject) }

// str decodes a string property.
func (t *tnefScanner) str(kind uint16, v []byte) string {
	if kind == 0x1f {
		v = append([]byte{0xff, 0xfe}, v[:len(v)&^1]...)
		text, _ := decodeText(v, "utf-16", false)
		return text
	}
	if i := bytes.IndexByte(v, 0); i >= 0 {
		v = v[:i]
	}
	text, _ := decodeText(v, t.codepage, false)
	return text
}

// mapiProperties walks over a list of properties ([MS-OXTNEF] §2.1.3.4), as far as it is well-formed; of several values the first counts.
func mapiProperties(b []byte, visit func(id, kind uint16, value []byte)) {
	ok := true
	take := func(n uint32) []byte {
		if !ok || uint64(n) > uint64(len(b)) {
			ok = false
			return nil
		}
		v := b[:n]
		b = b[n:]
		return v
	}
	number := func() uint32 {
		if v := take(4); ok {
			return binary.LittleEndian.Uint32(v)
		}
		return 0
	}
	padded := func(n uint32) []byte {
		v := take(n)
		take(-n & 3 & uint32(min(len(b), 3))) // the last one is not always padded
		return v
	}
	for left := number(); left > 0 && ok; left-- {
		tag := number()
		kind, id := uint16(tag), uint16(tag>>16)
		if id >= 0x8000 { // named
			take(16)
			if number() == 1 {
				padded(number())
			} else {
				take(4)
			}
			id = 0
		}
		values := uint32(1)
		variable := kind&0xfff == 0x1e || kind&0xfff == 0x1f || kind&0xfff == 0x102 || kind&0xfff == 0x0d
		if variable || kind&0x1000 != 0 {
			values = number()
		}
		for i := uint32(0); i < values && ok; i++ {
			var v []byte
			switch kind & 0xfff {
			case 0x1e, 0x1f, 0x102, 0x0d:
				v = padded(number())
			case 0x02, 0x03, 0x04, 0x0a, 0x0b:
				v = take(4)
			case 0x05, 0x06, 0x07, 0x14, 0x40:
				v = take(8)
			case 0x48:
				v = take(16)
			default:
				return
			}
			if ok && i == 0 && id != 0 {
				visit(id, kind&0xfff, v)
			}
		}
	}
}
