package reports

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/mailcrm/sdk/linker/address"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// letters looks at the letters of an address.
func (n *notes) letters(a mimemail.Address) {
	local, domain, ok := cutLast(a.Address, "@")
	if !ok {
		return
	}
	if !isASCII(local) {
		n.add(UnicodeLocalPart, a.Address)
	}
	shown := unicodeDomain(domain)
	if isASCII(shown) {
		return
	}
	scripts, latinLike := scriptsOf(shown)
	ascii := address.Domain(domain)
	switch {
	case scripts > 1:
		n.add(MixedScripts, shown)
	case latinLike:
		n.add(LookalikeDomain, ascii)
	default:
		n.add(ForeignScript, ascii)
	}
}

// hidden names a character that is not seen, or turns the text around it; "" for all others.
func hidden(r rune) string {
	switch {
	case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x061c:
		return "bidirectional"
	case r == 0x200b || r == 0x200c || r == 0x2060 || r == 0xfeff || r == 0x00ad || r == 0x180e:
		return "invisible"
	case r >= 0xe0000 && r <= 0xe007f:
		return "tag"
	}
	return ""
}

// unicodeDomain is a domain as a reader sees it.
func unicodeDomain(domain string) string {
	shown, err := idna.Punycode.ToUnicode(strings.ToLower(cut(domain, 512)))
	if err != nil {
		return domain
	}
	return shown
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// scriptsOf counts the alphabets in the labels of a domain that could be taken for each other: those within one label. Combinations that
// languages use (Japanese, Korean, Chinese beside Latin) count as one. LatinLike says that a label has letters of another alphabet alone,
// and all of them look like Latin ones.
func scriptsOf(domain string) (most int, latinLike bool) {
	for _, label := range strings.Split(domain, ".") {
		latin, other := false, 0
		var cyrillic, greek, armenian, rest bool
		alike, letters := 0, 0
		for _, r := range label {
			if !unicode.IsLetter(r) {
				continue
			}
			letters++
			switch {
			case unicode.Is(unicode.Latin, r):
				latin = true
			case unicode.Is(unicode.Cyrillic, r):
				cyrillic = true
			case unicode.Is(unicode.Greek, r):
				greek = true
			case unicode.Is(unicode.Armenian, r), unicode.Is(unicode.Cherokee, r), unicode.Is(unicode.Coptic, r):
				armenian = true
			default:
				rest = true
			}
			if strings.ContainsRune("\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u0458\u0455\u0501\u04bb\u051b\u051d\u03bf\u03b1\u03bd\u03c1\u03b9\u0585\u0578\u057d\u0570\u04cf", r) {
				alike++
			}
		}
		for _, b := range []bool{cyrillic, greek, armenian} {
			if b {
				other++
			}
		}
		n := other
		if latin && other > 0 {
			n++
		}
		if rest && other > 0 {
			n++
		}
		most = max(most, n)
		latinLike = latinLike || letters > 0 && alike == letters && !latin
	}
	return most, latinLike
}
