package safehtml

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// maxURL is the longest URL of a link or a picture elsewhere, in octets; data: pictures may be as long as the mail.
const maxURL = 8 << 10

// A target is what a URL in a mail means to a browser (WHATWG URL), reduced to what a mail may refer to.
type target struct {
	scheme string // "http" "https" "mailto" "tel" "cid" "data"; empty for what is relative, unknown or broken
	url    string // canonical, absolute, ASCII
	host   string // of http and https; the domain of a mailto
}

// parseURL reads a URL as browsers do: white space around it and line ends within do not count, backslashes are slashes, and what begins
// with two slashes is on another host.
func parseURL(raw string) target {
	raw = strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' })
	raw = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(raw)
	scheme, rest := cutScheme(raw)
	if scheme == "" && len(raw) >= 2 && isSlash(raw[0]) && isSlash(raw[1]) {
		scheme, rest = "https", raw
	}
	if scheme != "data" && len(raw) > maxURL {
		return target{}
	}
	switch scheme {
	case "http", "https":
		return parseWeb(scheme, rest)
	case "mailto":
		address, query, _ := strings.Cut(rest, "?")
		if plain, err := url.PathUnescape(address); err == nil {
			address = plain
		}
		t := target{scheme: scheme, url: "mailto:" + escape(address, "@,.+-_~!$&'*=/")}
		if query != "" {
			t.url += "?" + escape(query, "%=&+@,.-_~!$'*:;/?")
		}
		if i := strings.LastIndexByte(address, '@'); i >= 0 {
			t.host = asciiHost(strings.TrimSpace(address[i+1:]))
		}
		return t
	case "tel":
		return target{scheme: scheme, url: "tel:" + escape(rest, "+-.*,;=")}
	case "cid":
		id, err := url.PathUnescape(rest)
		if err != nil {
			id = rest
		}
		if id == "" {
			return target{}
		}
		return target{scheme: scheme, url: id}
	case "data":
		kind, octets, found := strings.Cut(rest, ",")
		u := "data:" + strings.ToLower(strings.ReplaceAll(kind, " ", "")) + "," + strings.ReplaceAll(strings.ReplaceAll(octets, " ", ""), "%3D", "=")
		u = strings.Replace(u, "data:image/jpg;", "data:image/jpeg;", 1)
		if !found || !valuePicture.MatchString(u) {
			return target{}
		}
		return target{scheme: scheme, url: u}
	}
	return target{}
}

// cutScheme takes the scheme (RFC 3986 §3.1), in lower case.
func cutScheme(s string) (scheme, rest string) {
	for i := 0; i < len(s) && i <= 32; i++ {
		c := s[i]
		switch {
		case c == ':' && i > 0:
			return strings.ToLower(s[:i]), s[i+1:]
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return "", s
		}
	}
	return "", s
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// parseWeb reads what follows http: or https:, with any number of slashes.
func parseWeb(scheme, rest string) target {
	for rest != "" && isSlash(rest[0]) {
		rest = rest[1:]
	}
	end := strings.IndexAny(rest, `/\?#`)
	if end < 0 {
		end = len(rest)
	}
	authority, rest := rest[:end], rest[end:]
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:] // user names before a host are there to deceive
	}
	host, port := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		host, port = authority[:i], authority[i+1:]
	}
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 0 || n > 65535) {
		return target{}
	}
	host = asciiHost(host)
	if host == "" {
		return target{}
	}
	path, query, hasQuery := strings.Cut(rest, "?")
	fragment, hasFragment := "", false
	if hasQuery {
		query, fragment, hasFragment = strings.Cut(query, "#")
	}
	if before, after, found := strings.Cut(path, "#"); found { // a "?" behind a "#" is no query
		path, fragment, hasFragment = before, after, true
		if hasQuery {
			fragment, query, hasQuery = after+"?"+query, "", false
		}
	}
	path = strings.ReplaceAll(path, `\`, "/")
	if path == "" {
		path = "/"
	}
	u := scheme + "://" + host
	if port != "" {
		u += ":" + port
	}
	u += escape(path, "%/:@!$&'()*+,;=-._~")
	if hasQuery {
		u += "?" + escape(query, "%/:@!$&'()*+,;=-._~?[]")
	}
	if hasFragment {
		u += "#" + escape(fragment, "%/:@!$&'()*+,;=-._~?")
	}
	return target{scheme: scheme, url: u, host: host}
}

// asciiHost is the ASCII form of a host name, or of an address in any notation that Go knows; "" for what is none.
func asciiHost(host string) string {
	if plain, err := url.PathUnescape(host); err == nil {
		host = plain // browsers do
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		ip, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err != nil || ip.Zone() != "" {
			return ""
		}
		return "[" + ip.String() + "]"
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		// Underscores are refused there and exist.
		if ascii, err = lenientIDNA.ToASCII(host); err != nil {
			return ""
		}
	}
	ascii = strings.ToLower(ascii)
	if ascii == "" || len(ascii) > 253 {
		return ""
	}
	for i := 0; i < len(ascii); i++ {
		c := ascii[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return ""
		}
	}
	return numbered(ascii)
}

// numbered writes a host that ends in a number as the address that browsers make of it (WHATWG URL §3.5): "0x7f.1" is "127.0.0.1". What is no address
// then is no host.
func numbered(host string) string {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	if _, ok := number(labels[len(labels)-1]); !ok {
		return host
	}
	if len(labels) > 4 {
		return ""
	}
	var address uint64
	for i, label := range labels {
		n, ok := number(label)
		if last := i == len(labels)-1; !ok || !last && n > 255 || last && n >= 1<<(8*(4-i)) {
			return ""
		} else if last {
			address |= n
		} else {
			address |= n << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}).String()
}

// number reads a decimal, octal or hexadecimal one.
func number(label string) (n uint64, ok bool) {
	base := 10
	switch {
	case strings.HasPrefix(label, "0x"):
		if label, base = label[2:], 16; label == "" {
			return 0, true
		}
	case len(label) > 1 && label[0] == '0':
		if label, base = label[1:], 8; strings.Trim(label, "0123456789") == "" && strings.ContainsAny(label, "89") {
			return 1 << 40, true // a number that is none makes the host none
		}
	}
	n, err := strconv.ParseUint(label, base, 40)
	if err != nil && label != "" && base != 16 && strings.Trim(label, "0123456789") == "" {
		return 1 << 40, true
	}
	return n, err == nil
}

var lenientIDNA = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// escape writes everything as percent escapes but letters, digits and the characters in plain. A "%" that is plain must begin an escape.
func escape(s, plain string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%' && strings.IndexByte(plain, '%') >= 0 && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(c)
		case c != '%' && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(plain, c) >= 0):
			b.WriteByte(c)
		default:
			b.WriteString("%" + string("0123456789ABCDEF"[c>>4]) + string("0123456789ABCDEF"[c&15]))
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
