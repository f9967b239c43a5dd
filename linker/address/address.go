// Package address says when two mail addresses are the same: it is the one place where they are normalised, for the linker, the store and whatever reads
// mail. It imports none of our rooms.
package address

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Max is the most octets of an address that counts as one. RFC 5321 §4.5.3.1 allows 64 and 255, and gateways make longer ones.
const Max = 512

// Normalize is the form in which addresses are compared: the domain in its ASCII form (IDNA, UTS 46 non-transitional) and lower case, without a final
// dot; the local part in NFC and lower case, without needless quotes. It is "" for what is no address.
//
// Nothing else is folded: plus-tags and dots make another address. Letters of all scripts are taken (RFC 6531), and dots at any place, which Japanese
// carriers gave out.
func Normalize(address string) string {
	if len(address) > Max {
		return ""
	}
	at := strings.LastIndexByte(address, '@')
	if at <= 0 || at == len(address)-1 {
		return ""
	}
	local, host := normalLocal(address[:at]), normalDomain(address[at+1:])
	if local == "" || host == "" {
		return ""
	}
	return local + "@" + host
}

func normalLocal(local string) string {
	if inner, ok := strings.CutPrefix(local, `"`); ok && len(local) > 2 && strings.HasSuffix(local, `"`) {
		plain := unquote(inner[:len(inner)-1])
		if isDotAtom(plain) {
			local = plain
		} else if strings.ContainsAny(plain, "\r\n\x00") {
			return ""
		}
	} else if !isDotAtom(local) {
		return ""
	}
	return strings.ToLower(norm.NFC.String(local))
}

func isDotAtom(s string) bool {
	for _, r := range s {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`()<>@,;:\"[]`, r) || strings.ContainsRune("\ufffd\u00a0\u200b\u2028\u2029", r) {
			return false
		}
	}
	return s != ""
}

func normalDomain(domain string) string {
	if literal, ok := strings.CutPrefix(domain, "["); ok {
		literal, ok = strings.CutSuffix(literal, "]")
		ip, err := netip.ParseAddr(strings.TrimPrefix(strings.ToLower(literal), "ipv6:"))
		if !ok || err != nil {
			return ""
		}
		return "[" + ip.Unmap().WithZone("").String() + "]"
	}
	domain = strings.TrimSuffix(domain, ".")
	if plain, ok := asciiDomain(domain); ok {
		return plain
	}
	ascii, err := profile.ToASCII(domain)
	if err != nil {
		return ""
	}
	plain, _ := asciiDomain(ascii)
	return plain
}

// profile maps as browsers do (UTS 46), and keeps the underscores that exist in practice.
var profile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.StrictDomainName(false))

// asciiDomain lowers a domain of ASCII letters; ok is false when it has others, or labels that are none (RFC 1035 §2.3.4).
func asciiDomain(domain string) (lower string, ok bool) {
	if domain == "" || len(domain) > 253 {
		return "", false
	}
	label := 0
	for i := 0; i < len(domain); i++ {
		switch c := domain[i]; {
		case c == '.':
			if label == 0 {
				return "", false
			}
			label = 0
			continue
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-' && label > 0:
		default:
			return "", false
		}
		if label++; label > 63 {
			return "", false
		}
	}
	return strings.ToLower(domain), label > 0
}

func unquote(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
