package mailcrm

import (
	"fmt"
	"strings"
)

// ContentDisposition is the value of that header (RFC 6266) for a file that a browser keeps ("attachment") or shows ("inline"): the name in the characters that every
// browser takes, and, where it has others, whole beside it (RFC 8187). No name can end the header or add a parameter to it.
func ContentDisposition(disposition, name string) string {
	name = fileName(name)
	var plain, whole strings.Builder
	exact := true
	for _, r := range name {
		switch {
		case r == '"' || r == '\\' || r == '%' || r < ' ' || r == 0x7f: // browsers do not agree on how to read these
			plain.WriteByte('_')
			exact = false
		case r < 0x80:
			plain.WriteRune(r)
		default:
			plain.WriteByte('_')
			exact = false
		}
	}
	if exact {
		return disposition + `; filename="` + plain.String() + `"`
	}
	for _, b := range []byte(name) {
		if isAttrChar(b) {
			whole.WriteByte(b)
		} else {
			_, _ = fmt.Fprintf(&whole, "%%%02X", b) // a Builder does not fail
		}
	}
	return disposition + `; filename="` + plain.String() + `"; filename*=UTF-8''` + whole.String()
}

// isAttrChar are the octets that stand for themselves (RFC 8187 §3.2.1).
func isAttrChar(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("!#$&+-.^_`|~", b) >= 0
}
