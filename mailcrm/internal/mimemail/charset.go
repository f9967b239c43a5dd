package mimemail

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// decodeText makes UTF-8 of octets in the charset that label names: all labels of the WHATWG Encoding Standard, the code pages of DOS, and
// a few that only mail has. A label that is absent, unknown or plainly untrue is replaced by a guess; the code says so.
//
// What comes back is valid UTF-8 without NUL and byte order mark. It is never empty where octets were not.
func decodeText(octets []byte, label string, isHTML bool) (text string, defect DefectCode) {
	label = cleanLabel(label)
	cs := lookUpCharset(label)
	plain := isASCII(octets)
	switch {
	case cs == nil:
		text = guessText(octets, isHTML)
		if !plain {
			defect = CharsetUnknown
		}
	case cs.decode == nil && plain && !bytes.Contains(octets, escapeJP):
		text = string(octets)
	case cs.decode == nil:
		text = guessText(octets, isHTML)
		if label != "" && !utf8.Valid(octets) {
			defect = CharsetWrong
		}
	case cs.latin && plain:
		text = string(octets)
	case cs.bytes > 0 && isUTF8Instead(octets, cs.bytes):
		text, defect = string(octets), CharsetWrong
	default:
		out, err := cs.decode(octets)
		if err != nil || len(out) == 0 && len(octets) > 3 {
			text, defect = guessText(octets, isHTML), CharsetWrong
			break
		}
		text = string(out)
		if bad := bytes.Count(out, []byte("\ufffd")); bad > 0 {
			defect = CharsetWrong
			if bad*4 > countHigh(octets) && cs.bytes > 0 { // most of it is something else
				text = guessText(octets, isHTML)
			}
		}
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	return dropNUL(strings.TrimPrefix(text, "\ufeff")), defect
}

// cleanLabel undoes what senders do to labels.
func cleanLabel(label string) string {
	label = strings.Trim(label, " \t\r\n\"'`;=")
	if i := strings.IndexAny(label, " \t,;*"); i >= 0 {
		label = label[:i]
	}
	return strings.ToLower(cut(label, 64))
}

// A charset decodes whole texts: mail hands it at most Options.MaxText at once.
type charset struct {
	decode func([]byte) ([]byte, error) // nil: UTF-8, a subset of it, or nothing stated
	latin  bool                         // of Western Europe: ASCII is itself
	bytes  int                          // of a character above ASCII, in a charset where these octets may all be above 127; 0 for others
}

func fromEncoding(enc encoding.Encoding) *charset {
	cs := &charset{
		decode: func(b []byte) ([]byte, error) { return enc.NewDecoder().Bytes(b) },
		latin:  enc == charmap.Windows1252 || enc == charmap.ISO8859_1 || enc == charmap.ISO8859_15,
	}
	switch enc.(type) {
	case *charmap.Charmap:
		cs.bytes = 1
	default:
		switch enc {
		case simplifiedchinese.GB18030, traditionalchinese.Big5, korean.EUCKR, japanese.EUCJP, japanese.ShiftJIS:
			cs.bytes = 2
		}
	}
	return cs
}

// lookUpCharset knows a label, or nil.
func lookUpCharset(label string) *charset {
	switch label {
	case "", "utf-8", "us-ascii", "ascii", "utf8", "utf_8", "x-utf_8j", "cp65001", "unicode-1-1-utf-8", "utf-8-mac", "7bit", "8bit",
		"ansi_x3.4-1968", "iso-ir-6", "646", "us", "unknown-8bit", "x-unknown", "unknown", "x-user-defined", "user-defined", "default", "none":
		return &charset{}
	case "utf-16", "ucs-2", "iso-10646-ucs-2", "unicode":
		return &charset{decode: decodeUTF16}
	case "utf-32", "utf-32be", "utf-32le", "ucs-4", "iso-10646-ucs-4":
		return &charset{decode: decodeUTF32}
	case "utf-7", "unicode-1-1-utf-7", "unicode-2-0-utf-7", "x-unicode-2-0-utf-7":
		return &charset{decode: decodeUTF7}
	case "hz-gb-2312", "hz": // the Encoding Standard refuses these two for fear of scripts; our HTML is sanitised after decoding
		return fromEncoding(simplifiedchinese.HZGB2312)
	case "iso-2022-kr", "csiso2022kr":
		return &charset{decode: decodeISO2022KR}
	case "gbk", "gb2312", "x-gbk", "gb_2312-80", "chinese", "csgb2312", "gb_2312", "cn-gb", "euc-cn", "gb2312_charset": // and what was added since
		return fromEncoding(simplifiedchinese.GB18030)
	case "ansi_x3.110-1983":
		return fromEncoding(charmap.ISO8859_1)
	}
	for _, name := range []string{label, strings.TrimPrefix(label, "x-"), strings.ReplaceAll(label, "_", "-"), strings.Replace(label, "cp-", "cp", 1)} {
		switch enc, err := htmlindex.Get(name); {
		case err != nil || enc == encoding.Replacement:
		case enc == simplifiedchinese.GBK:
			return fromEncoding(simplifiedchinese.GB18030)
		default:
			return fromEncoding(enc)
		}
	}
	if strings.HasPrefix(strings.TrimPrefix(label, "x-"), "iso-2022-jp") { // -1, -2, -3, -2004, -ms: what the first has is the same
		return lookUpCharset("iso-2022-jp")
	}
	number := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(label, "x-"), "cs"), "abcdefghijklmnopqrstuvwxyz-_")
	if enc := codePages[number]; enc != nil {
		return fromEncoding(enc)
	}
	if name := windowsPages[number]; name != "" {
		return lookUpCharset(name)
	}
	if enc, err := htmlindex.Get("windows-" + number); err == nil && number != "" {
		return fromEncoding(enc)
	}
	return nil
}

// codePages are those of DOS and mainframes, which the Encoding Standard does not have and old systems still send: "cp850", "ibm850", "IBM-850", "850".
// The tables of IANA that x/text has would bring little more.
var codePages = map[string]encoding.Encoding{
	"437": charmap.CodePage437, "850": charmap.CodePage850, "852": charmap.CodePage852, "855": charmap.CodePage855, "858": charmap.CodePage858,
	"860": charmap.CodePage860, "862": charmap.CodePage862, "863": charmap.CodePage863, "865": charmap.CodePage865, "037": charmap.CodePage037,
	"1047": charmap.CodePage1047, "1140": charmap.CodePage1140,
}

// windowsPages are the numbers that Windows gives to charsets that have other names: "cp932", and the code pages of a winmail.dat.
var windowsPages = map[string]string{
	"932": "shift_jis", "936": "gb18030", "950": "big5", "1361": "euc-kr", "10000": "macintosh", "20127": "us-ascii", "20866": "koi8-r", "20932": "euc-jp",
	"20936": "gb18030", "21866": "koi8-u", "28591": "windows-1252", "28592": "iso-8859-2", "28593": "iso-8859-3", "28594": "iso-8859-4", "28595": "iso-8859-5",
	"28596": "iso-8859-6", "28597": "iso-8859-7", "28598": "iso-8859-8", "28599": "windows-1254", "28603": "iso-8859-13", "28605": "iso-8859-15",
	"50220": "iso-2022-jp", "50221": "iso-2022-jp", "50222": "iso-2022-jp", "50225": "iso-2022-kr", "51932": "euc-jp", "51936": "gb18030", "51949": "euc-kr",
	"52936": "hz-gb-2312", "54936": "gb18030", "65000": "utf-7", "65001": "utf-8",
}

// isUTF8Instead sees through a label on a text that is UTF-8: two or more characters above 127 that all happen to be well-formed do not
// occur in charsets of one octet a character, nor five in those of two.
func isUTF8Instead(octets []byte, bytes int) bool {
	if !utf8.Valid(octets) {
		return false
	}
	wide := 0
	for _, c := range octets {
		if c >= 0xc2 {
			wide++
		}
	}
	return wide >= 2 && bytes == 1 || wide >= 5
}

// countHigh is the number of octets above 127.
func countHigh(octets []byte) (n int) {
	for _, c := range octets {
		n += int(c >> 7)
	}
	return n
}

// escapeJP begins a run of two-octet characters in ISO-2022-JP.
var escapeJP = []byte("\x1b$")

// guessText decodes octets whose charset nobody stated: byte order mark, UTF-8, what the HTML says of itself, ISO-2022-JP by its escapes,
// UTF-8 with faults, and else Windows-1252, which never fails.
func guessText(octets []byte, isHTML bool) string {
	if utf8.Valid(octets) && !bytes.Contains(octets, escapeJP) {
		return string(octets)
	}
	if isHTML {
		if cs := lookUpCharset(metaCharset(octets)); cs != nil && cs.decode != nil {
			if out, err := cs.decode(octets); err == nil {
				return string(out)
			}
		}
	}
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(octets, []byte(mark)) {
			if out, err := decodeUTF16(octets); err == nil {
				return string(out)
			}
		}
	}
	if bytes.Contains(octets, escapeJP) && isASCII(octets) {
		if enc, err := htmlindex.Get("iso-2022-jp"); err == nil {
			if out, err := enc.NewDecoder().Bytes(octets); err == nil && !bytes.Contains(out, []byte("\ufffd")) {
				return string(out)
			}
		}
		return string(octets)
	}
	good, bad := 0, 0
	for rest := octets; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		rest = rest[size:]
	}
	if good > bad {
		return strings.ToValidUTF8(string(octets), "\ufffd")
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(octets)
	if err != nil {
		return strings.ToValidUTF8(string(octets), "\ufffd")
	}
	return string(out)
}

// metaCharset is the charset that an HTML document states of itself at its beginning. One that is readable so far is not in UTF-16.
func metaCharset(octets []byte) string {
	head := bytes.ToLower(octets[:min(len(octets), 2048)])
	for {
		_, after, found := bytes.Cut(head, []byte("charset"))
		if !found {
			return ""
		}
		head = after
		value, found := bytes.CutPrefix(bytes.TrimLeft(after, " \t\r\n"), []byte("="))
		if !found {
			continue
		}
		value = bytes.TrimLeft(value, " \t\r\n\"'")
		if end := bytes.IndexAny(value, " \t\r\n\"'>/;"); end >= 0 {
			value = value[:end]
		}
		if label := cleanLabel(string(value)); label != "" && !strings.HasPrefix(label, "utf-16") {
			return label
		}
	}
}

// headerCharset is the charset that raw octets of the header are most likely in: that of the first text.
func headerCharset(leaves []*leaf) string {
	for _, l := range leaves {
		if strings.HasPrefix(l.MediaType, "text/") {
			return l.Charset
		}
	}
	return ""
}

func isASCII(b []byte) bool {
	for len(b) >= 8 {
		if (b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7])&0x80 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// dropNUL takes NUL out, which databases refuse and no text needs.
func dropNUL(s string) string {
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "")
}

// decodeUTF16 is UTF-16 with a byte order mark, or with the order that puts the zeros of European text where they belong (RFC 2781 §4.3
// says big endian, and senders say otherwise).
func decodeUTF16(src []byte) ([]byte, error) {
	order := unicode.BigEndian
	even, odd := 0, 0
	for i, c := range src[:min(len(src), 512)] {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	if odd > even {
		order = unicode.LittleEndian
	}
	return unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(src)
}

// decodeUTF32 is UTF-32 in the order that its octets show; nobody sends it but by mistake.
func decodeUTF32(src []byte) ([]byte, error) {
	little, big := 0, 0
	for i := 0; i+3 < min(len(src), 4<<10); i += 4 {
		little += int(1 - min(1, src[i+3]))
		big += int(1 - min(1, src[i]))
	}
	var order binary.ByteOrder = binary.BigEndian
	if little > big {
		order = binary.LittleEndian
	}
	out := make([]byte, 0, len(src)/2)
	for ; len(src) >= 4; src = src[4:] {
		out = utf8.AppendRune(out, rune(order.Uint32(src)&0x1fffffff))
	}
	return out, nil
}

// decodeUTF7 is RFC 2152, which x/text does not have.
func decodeUTF7(src []byte) ([]byte, error) {
	out := make([]byte, 0, len(src))
	for len(src) > 0 {
		i := bytes.IndexByte(src, '+')
		if i < 0 {
			break
		}
		out = append(out, src[:i]...)
		src = src[i+1:]
		n := 0
		for n < len(src) && base64Values[src[n]] < 64 && src[n] != '-' && src[n] != '_' {
			n++
		}
		if n == 0 {
			out = append(out, '+') // "+-" is a plus sign
		}
		var d base64Reader
		octets := d.finish(d.decode(nil, src[:n]))
		units := make([]uint16, 0, len(octets)/2)
		for j := 0; j+1 < len(octets); j += 2 {
			units = append(units, uint16(octets[j])<<8|uint16(octets[j+1]))
		}
		out = append(out, string(utf16.Decode(units))...)
		src = src[n:]
		if len(src) > 0 && src[0] == '-' {
			src = src[1:]
		}
	}
	return append(out, src...), nil
}

// decodeISO2022KR is RFC 1557, which x/text does not have: KS X 1001 in seven bits between SO and SI, that is EUC-KR without the high bit.
func decodeISO2022KR(src []byte) ([]byte, error) {
	src = bytes.ReplaceAll(src, []byte("\x1b$)C"), nil)
	euc := make([]byte, 0, len(src))
	high := byte(0)
	for _, c := range src {
		switch {
		case c == 0x0e:
			high = 0x80
			continue
		case c == 0x0f:
			high = 0
			continue
		case c == '\n':
			high = 0
		case c > ' ' && c < 0x7f:
			c |= high
		}
		euc = append(euc, c)
	}
	return korean.EUCKR.NewDecoder().Bytes(euc)
}
