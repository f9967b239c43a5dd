package templates

import (
	"strings"
)

// schemes are the addresses that a mail may have, and what may follow them without being written as %XX: the "@" of mailto:, the "+" of tel:.
// javascript:, data:, vbscript:, file: and whatever comes next year are not among them.
var schemes = map[string]string{"https": "", "http": "", "mailto": "@+", "tel": "+*", "cid": "@+"}

const schemeNames = "https://, http://, mailto:, tel:, cid:, #"

// An addressPart is how far an address has been written: it decides how the next value is escaped (RFC 3986 §3).
type addressPart uint8

const (
	atBeginning addressPart = iota // nothing yet: a value is the whole address, or its beginning
	inScheme                       // letters that may become a scheme
	inSlashes                      // behind https:
	inHost
	inPath
	inQuery  // behind "?" or "#"
	inOpaque // behind mailto:, tel:, cid:
	isBad    // an unknown scheme, or no scheme: no value may follow
)

// An address follows one attribute while it is written.
type address struct {
	part    addressPart
	letters [8]byte // of the scheme, in lower case
	length  int
	allowed string // what inOpaque lets through
}

// scheme is what was read of it.
func (a *address) scheme() string { return string(a.letters[:a.length]) }

// read follows text of the author's, or a value that was written as a whole.
func (a *address) read(s string) {
	for i := range len(s) {
		a.readByte(s[i])
	}
}

func (a *address) readByte(c byte) {
	switch a.part {
	case atBeginning:
		switch {
		case c <= ' ': // a browser skips it
		case c == '#':
			a.part = inQuery
		case isLetter(c):
			a.part, a.letters[0], a.length = inScheme, c|0x20, 1
		default:
			a.part = isBad
		}
	case inScheme:
		switch {
		case c == ':':
			allowed, known := schemes[a.scheme()]
			switch {
			case !known:
				a.part = isBad
			case a.letters[0] == 'h': // http, https
				a.part = inSlashes
			default:
				a.part, a.allowed = inOpaque, allowed
			}
		case isLetter(c) && a.length < len(a.letters):
			a.letters[a.length] = c | 0x20
			a.length++
		default:
			a.part = isBad
		}
	case inSlashes:
		if c != '/' && c != '\\' {
			a.part = inHost
			a.readByte(c)
		}
	case inHost, inPath, inOpaque:
		switch {
		case c == '?' || c == '#':
			a.part = inQuery
		case (c == '/' || c == '\\') && a.part == inHost:
			a.part = inPath
		}
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// goodBeginning says whether what the author wrote before the first field of an address leaves room for a field.
func goodBeginning(written string) bool {
	a := address{}
	a.read(written)
	return a.part != isBad && a.part != inScheme
}

// escape is the value as it stands in the address at this point, without HTML escaping, and whether it may stand there at all. A value that the
// url filter has made is not escaped again.
func (a *address) escape(value string, encoded bool) (string, bool) {
	switch a.part {
	case atBeginning:
		whole, ok := wholeAddress(value)
		if ok {
			a.read(whole)
		}
		return whole, ok
	case inScheme, isBad:
		return "", false
	case inSlashes, inHost:
		a.part = inHost
	case inOpaque:
		if a.scheme() == "tel" { // people write +33 1 02 03 04 05
			value = strings.Join(strings.Fields(value), "")
		}
		if !encoded {
			return percent(value, a.allowed), true
		}
	}
	if encoded {
		return value, true
	}
	return percent(value, ""), true
}

// wholeAddress is an address that comes from a value alone. Its own structure stays; what no address contains is written as %XX. A web site without
// a scheme ("www.example.com/a") gets https://, since that is how people fill in that field.
func wholeAddress(value string) (string, bool) {
	value = strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, strings.TrimSpace(value))
	if looksLikeHost(value) {
		value = "https://" + value
	}
	a := address{}
	a.read(value)
	switch a.part {
	case inHost, inPath, inOpaque, inQuery:
	default:
		return "", false
	}
	if a.scheme() == "tel" {
		value = strings.Join(strings.Fields(value), "")
	}
	return percent(value, "%:/?#[]@!$&*+,;="), true
}

// looksLikeHost says whether s begins like www.example.com: labels of letters and digits, a dot, and then nothing or a path.
func looksLikeHost(s string) bool {
	host := s
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		host = s[:i]
	}
	labels := strings.Split(host, ".")
	if len(labels) < 2 || len(host) > 253 {
		return false
	}
	for _, label := range labels {
		if label == "" || strings.Trim(label, "-") != label {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !isLetter(c) && !isDigit(c) && c != '-' && c < 0x80 {
				return false
			}
		}
	}
	return !isDigit(labels[len(labels)-1][0]) && len(labels[len(labels)-1]) > 1
}

// percent writes every byte as %XX that is neither unreserved (RFC 3986 §2.3) nor in keep.
func percent(s, keep string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case isLetter(c), isDigit(c), c == '-', c == '.', c == '_', c == '~', strings.IndexByte(keep, c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
