// Package address says when two mail addresses are the same: it is the one place where they are normalised, for the linker, the store and whatever reads
// mail. It imports none of our rooms.
//
// Look elsewhere for parsing headers (mailcrm/internal/mimemail), and for addresses as people type them (linker.Normalize).
package address

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Max is the most octets of an address that counts as one. RFC 5321 §4.5.3.1 allows 64 and 255, and gateways make longer ones.
const Max = 512

// Normalize is the form in which addresses are compared, or "" for what is no address. It is idempotent.
//
// The domain is in its ASCII form (IDNA2008 by UTS 46, non-transitional; RFC 5891), lower case, without a trailing dot; an address literal
// ("[192.0.2.1]", RFC 5321 §4.1.3) is written in one way. The local part is in NFC (RFC 6532 §3.1) and lower case, without quotes that it does not need:
// no server that matters tells "Ann@" from "ann@". Nothing else is folded. Plus-tags and dots make another address.
//
// It takes bare addresses, without a name or angle brackets. Dots may stand anywhere in the local part, since carriers gave such addresses out.
func Normalize(address string) string {
	if isNormal(address) {
		return address
	}
	if len(address) > Max || !utf8.ValidString(address) {
		return ""
	}
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	local, domain := normalLocal(address[:at]), normalDomain(address[at+1:])
	if local == "" || domain == "" {
		return ""
	}
	return local + "@" + domain
}

// isNormal is a quick yes for what most mail has: ASCII letters in lower case, digits, and a few signs.
func isNormal(address string) bool {
	if len(address) > Max {
		return false
	}
	at := -1
	for i := range len(address) {
		switch c := address[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.', c == '-', c == '_':
		case at < 0 && c == '@':
			at = i
		case at < 0 && (c == '+' || c == '=' || c == '\''):
		default:
			return false
		}
	}
	return at > 0 && isHostname(address[at+1:])
}

func normalLocal(local string) string {
	local = norm.NFC.String(local) // first: it makes a semicolon of the Greek question mark
	if len(local) > 2 && local[0] == '"' && local[len(local)-1] == '"' {
		plain := unescape(local[1 : len(local)-1])
		switch {
		case isDotAtom(plain):
			local = plain
		case strings.ContainsAny(plain, "\r\n\x00"):
			return ""
		}
	} else if !isDotAtom(local) {
		return ""
	}
	return norm.NFC.String(strings.ToLower(local))
}

// isDotAtom reports whether a local part needs no quotes: none of the specials of RFC 5322 §3.2.3, no blanks in any alphabet.
func isDotAtom(local string) bool {
	for _, r := range local {
		switch {
		case r <= ' ', r == 0x7f, r == utf8.RuneError, strings.ContainsRune(`()<>[]@,;:\"`, r):
			return false
		case r == '\u00a0', r == '\u200b', r == '\u2028', r == '\u2029':
			return false
		}
	}
	return local != ""
}

// unescape drops the backslashes of a quoted string (RFC 5322 §3.2.1).
func unescape(quoted string) string {
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		if quoted[i] == '\\' && i+1 < len(quoted) {
			i++
		}
		b.WriteByte(quoted[i])
	}
	return b.String()
}

// Domain is a domain in its ASCII form, as it stands in a normalised address, or "" for what is none.
func Domain(domain string) string {
	if len(domain) > Max || !utf8.ValidString(domain) {
		return ""
	}
	return normalDomain(domain)
}

func normalDomain(domain string) string {
	if strings.HasPrefix(domain, "[") {
		return normalLiteral(domain)
	}
	domain = strings.TrimSuffix(domain, ".")
	if lower := strings.ToLower(domain); isASCII(domain) && isHostname(lower) {
		return lower
	}
	ascii, err := domains.ToASCII(domain)
	if err != nil || !isASCII(ascii) || !isHostname(strings.ToLower(ascii)) {
		return ""
	}
	return strings.ToLower(ascii)
}

// domains maps as browsers do, and keeps underscores, which exist in practice.
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.StrictDomainName(false))

func normalLiteral(literal string) string {
	inner, closed := strings.CutSuffix(literal[1:], "]")
	ip, err := netip.ParseAddr(strings.TrimPrefix(strings.ToLower(inner), "ipv6:"))
	if !closed || err != nil {
		return ""
	}
	return "[" + ip.Unmap().WithZone("").String() + "]"
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isHostname takes lower-case labels of 1 to 63 letters, digits, "_" and "-" (not first), at most 253 bytes (RFC 1035 §2.3.4).
func isHostname(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}
