package mimemail

import (
	"strings"

	"github.com/mailcrm/sdk/linker/address"
)

// An Address is a mailbox as a header names it (RFC 5322 §3.4).
type Address struct {
	Name    string // decoded, on one line; empty when none was given
	Address string // as written, decoded, without angle brackets; empty for a name without an address
}

// String is for people: Name <Address>.
func (a Address) String() string {
	switch {
	case a.Name == "":
		return a.Address
	case a.Address == "":
		return a.Name
	}
	return a.Name + " <" + a.Address + ">"
}

// Normal is the form in which addresses are compared, see package address: whole, lower case, the domain in its ASCII form. It is "" for
// what is no address.
func (a Address) Normal() string { return NormalAddress(a.Address) }

// NormalAddress is [Address.Normal] for an address that came from elsewhere.
func NormalAddress(written string) string {
	n := address.Normalize(written)
	if len(n) > maxAddressLength { // the ASCII form of a domain can be longer than it was written; what is too long is no address, here as there
		return ""
	}
	return n
}

// maxAddressLength is that of package address.
const maxAddressLength = address.Max

// isDotAtom takes what servers take: dots at any place (Japanese carriers gave such addresses out), and letters of all scripts (RFC 6531).
func isDotAtom(s string) bool {
	for _, r := range s {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`()<>@,;:\"[]`, r) || r == '\ufffd' || r == '\u00a0' || r == '\u200b' || r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return s != ""
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

// parseAddresses appends the mailboxes of an address list (RFC 5322 §3.4, §4.4) to out. It scans instead of parsing: groups give their
// members, comments serve as names, and a malformed entry gives what looks like an address in it, without harm to its neighbours. The
// time is linear, also in comments and quotes that never end.
func parseAddresses(v, charset string, out []Address, d *defects) []Address {
	s := addressScanner{rest: v, quotes: true, comments: true, words: true}
	pending := "" // words before a comma that held no address: the first half of "Doe, John <john@example.com>"
	for s.rest != "" || s.some() {
		if len(out) >= maxAddresses {
			d.add(TooManyAddresses, "")
			return out[:maxAddresses]
		}
		end := s.entry()
		words, comment := strings.TrimSpace(s.phrase.String()), strings.TrimSpace(s.comment.String())
		switch {
		case end == ':': // a group's name (RFC 5322 §3.4)
			pending = ""
		case s.hasAngle:
			if pending != "" {
				words = strings.TrimSpace(pending + ", " + words)
				pending = ""
			}
			out = appendAddress(out, words, comment, cleanAddrSpec(s.angle), charset, s.broken, d)
		case words == "" && comment == "":
		case strings.IndexByte(words, '@') < 0 && !strings.Contains(words, "=?"):
			if pending != "" {
				out = appendBare(out, pending, charset)
			}
			pending = words // one entry only: a list of names must not be copied for each of them
			if end != ',' || comment != "" {
				out, pending = appendBare(out, words, charset), ""
			}
		default:
			if pending != "" {
				out = appendBare(out, pending, charset)
				pending = ""
			}
			address, name := splitAddrSpec(decodeWords(words, charset))
			if name != "" {
				d.add(AddressSalvaged, "")
			} else {
				name = comment
			}
			out = appendAddress(out, name, comment, address, charset, s.broken, d)
		}
		s.reset()
	}
	if pending != "" {
		out = appendBare(out, pending, charset)
	}
	return out
}

func appendAddress(out []Address, name, comment, address, charset string, broken bool, d *defects) []Address {
	if name == "" {
		name = comment
	}
	if address != "" && strings.Contains(address, "=?") {
		address = cleanAddrSpec(decodeWords(address, charset))
	}
	address = cut(oneLine(decodeOctets(address, charset)), maxAddressLength*2)
	name = cleanName(decodeNoting(name, charset, d))
	if strings.IndexByte(address, '@') < 0 && strings.IndexByte(name, '@') > 0 {
		if found, _ := splitAddrSpec(name); found != "" {
			address, broken = found, true // "john@example.com" <john>
		}
	}
	if broken {
		d.add(AddressSalvaged, "")
	}
	if name == "" && address == "" || strings.EqualFold(name, address) {
		name = ""
	}
	if name == "" && address == "" {
		return out
	}
	return append(out, Address{Name: name, Address: address})
}

// appendBare takes words without an address: a local name as old systems write it, or a name alone.
func appendBare(out []Address, words, charset string) []Address {
	words = cleanName(decodeWords(words, charset))
	switch {
	case words == "" || strings.EqualFold(words, "undisclosed-recipients") || strings.EqualFold(words, "undisclosed recipients"):
		return out
	case strings.IndexByte(words, ' ') < 0 && isDotAtom(words):
		return append(out, Address{Address: words})
	}
	return append(out, Address{Name: words})
}

// cleanName takes the quotes away that senders put around a name twice.
func cleanName(name string) string {
	name = oneLine(name)
	for len(name) >= 2 && (name[0] == '\'' || name[0] == '"') && name[len(name)-1] == name[0] {
		name = strings.TrimSpace(name[1 : len(name)-1])
	}
	return cut(name, maxSubject)
}

// cleanAddrSpec takes from what stood between angle brackets what does not belong there: a route (RFC 5322 §4.4), spaces, a scheme, quotes.
func cleanAddrSpec(s string) string {
	s = strings.TrimSpace(dropComments(s))
	if strings.HasPrefix(s, "@") {
		if i := strings.LastIndexByte(s, ':'); i >= 0 {
			s = s[i+1:]
		}
	}
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if strings.HasPrefix(s, `"`) && strings.Contains(s[1:], `"@`) {
		return strings.TrimSpace(s)
	}
	if strings.ContainsAny(s, " \t\r\n") {
		s = strings.Join(strings.Fields(s), "")
	}
	return strings.Trim(s, `'"<>`)
}

// splitAddrSpec finds the address in loose words; what is left is a name.
func splitAddrSpec(words string) (address, name string) {
	words = joinAround(words)
	at := strings.IndexByte(words, '@')
	if at < 0 {
		return "", words
	}
	start := at
	if at > 0 && words[at-1] == '"' {
		if q := strings.LastIndexByte(words[:at-1], '"'); q >= 0 {
			start = q
		}
	}
	for start > 0 && !strings.ContainsRune(" \t\r\n<>,;:()[]\"'", rune(words[start-1])) {
		start--
	}
	end := at + 1
	if end < len(words) && words[end] == '[' {
		if i := strings.IndexByte(words[end:], ']'); i >= 0 {
			end += i + 1
		}
	}
	for end < len(words) && !strings.ContainsRune(" \t\r\n<>,;:()[]\"'", rune(words[end])) {
		end++
	}
	address = words[start:end]
	name = strings.Trim(oneLine(words[:start]+" "+words[end:]), " \"'<>()-:")
	return address, name
}

// joinAround takes out the white space around dots and at signs (RFC 5322 §4.4) of an address that has nothing else around it.
func joinAround(words string) string {
	fields := strings.Fields(words)
	if len(fields) < 2 || len(fields) > 16 {
		return words
	}
	for i := 1; i < len(fields); i++ {
		before, after := fields[i-1], fields[i]
		if !strings.ContainsAny(before[len(before)-1:], ".@") && !strings.ContainsAny(after[:1], ".@") {
			return words
		}
	}
	return strings.Join(fields, "")
}
