package folders

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// wireBase64 is the modified BASE64 of RFC 3501 §5.1.3: "," for "/", no padding, and no stray bits.
var wireBase64 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding).Strict()

// DecodeName reads a mailbox name from the wire: modified UTF-7 (RFC 3501 §5.1.3). It never fails. What is not well encoded stays as it is,
// so a raw "R&D" survives, and so does the raw UTF-8 of servers that never encoded or speak UTF8=ACCEPT (RFC 6855). The result is always
// valid UTF-8: bytes that are none are read as ISO 8859-1.
//
// Two wire names can read the same. Whoever commands the server keeps the wire name; EncodeName(DecodeName(wire)) is wire only for names
// that were well encoded.
func DecodeName(wire string) string {
	if !strings.Contains(wire, "&") {
		return validName(wire)
	}
	var b strings.Builder
	b.Grow(len(wire))
	for wire != "" {
		plain, shifted, ok := strings.Cut(wire, "&")
		b.WriteString(plain)
		if !ok {
			break
		}
		wire = shifted
		code, rest, ok := strings.Cut(shifted, "-")
		text, good := decodeShifted(code)
		if !ok || !good {
			b.WriteByte('&')
			continue
		}
		b.WriteString(text)
		wire = rest
	}
	return validName(b.String())
}

// decodeShifted reads what stands between "&" and "-". Stray bits, unpaired surrogates and control characters tell that the "&" was a plain
// one. Printable ASCII is read, though RFC 3501 says that it must not be encoded.
func decodeShifted(code string) (string, bool) {
	if code == "" {
		return "&", true
	}
	raw, err := wireBase64.DecodeString(code)
	if err != nil || len(raw)%2 != 0 {
		return "", false
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	text := utf16.Decode(units)
	for _, r := range text {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return "", false
		}
	}
	return string(text), true
}

// EncodeName writes a mailbox name for the wire: modified UTF-7 (RFC 3501 §5.1.3). Bytes that are not UTF-8 become U+FFFD.
func EncodeName(name string) string {
	var b strings.Builder
	var pending []byte // UTF-16BE
	flush := func() {
		if len(pending) > 0 {
			b.WriteString("&" + wireBase64.EncodeToString(pending) + "-")
			pending = pending[:0]
		}
	}
	for _, r := range name {
		switch {
		case r == '&':
			flush()
			b.WriteString("&-")
		case ' ' <= r && r <= '~':
			flush()
			b.WriteByte(byte(r))
		default:
			for _, u := range utf16.AppendRune(nil, r) {
				pending = append(pending, byte(u>>8), byte(u))
			}
		}
	}
	flush()
	return b.String()
}

func validName(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			if r = rune(s[i]); r < 0xa0 {
				r = utf8.RuneError
			}
		}
		b.WriteRune(r)
		i += size
	}
	return b.String()
}
