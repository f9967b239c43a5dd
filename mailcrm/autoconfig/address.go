package autoconfig

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/storage"
)

// Limits of RFC 5321 §4.5.3.1, in bytes.
const (
	maxAddress = 254
	maxLocal   = 64
)

// mailbox is an address in its two parts.
type mailbox struct {
	local  string // as it was typed, quotes included
	domain string // lower case, A-labels (RFC 5891), at least two labels
}

func (m mailbox) String() string { return m.local + "@" + m.domain }

// parseAddress reads an address as people type and paste it: with spaces around it, in angle brackets behind a name, after "mailto:", in
// capitals. Everything else that RFC 5321 §4.1.2 does not allow is a FieldError.
func parseAddress(text string) (mailbox, error) {
	text = strings.TrimFunc(text, isBlank)
	if open := strings.LastIndexByte(text, '<'); open >= 0 && strings.HasSuffix(text, ">") {
		text = strings.TrimFunc(text[open+1:len(text)-1], isBlank)
	}
	if len(text) > len("mailto:") && strings.EqualFold(text[:len("mailto:")], "mailto:") {
		text = text[len("mailto:"):]
	}
	if text == "" {
		return mailbox{}, storage.Invalid("Address", "required", "type an e-mail address")
	}
	if len(text) > maxAddress {
		return mailbox{}, storage.Invalid("Address", "too_long", "an e-mail address has at most 254 characters")
	}
	if !utf8.ValidString(text) || strings.IndexFunc(text, unicode.IsControl) >= 0 {
		return mailbox{}, badAddress("an e-mail address has no control characters")
	}
	local, domain, err := cutAddress(text)
	if err != nil {
		return mailbox{}, err
	}
	domain, ok := normalDomain(domain)
	if !ok {
		return mailbox{}, storage.Invalid("Address", "bad_domain", "what follows the @ is no domain of the internet, like example.com")
	}
	return mailbox{local: local, domain: domain}, nil
}

func cutAddress(text string) (local, domain string, err error) {
	if strings.HasPrefix(text, `"`) {
		local, domain, err = cutQuoted(text)
	} else {
		var found bool
		local, domain, found = strings.Cut(text, "@")
		switch {
		case !found:
			err = badAddress("an e-mail address has an @")
		case strings.Contains(domain, "@"):
			err = badAddress("an e-mail address has one @ only")
		case local == "" || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, ".."):
			err = badAddress("dots stand between letters, and something stands before the @")
		case strings.IndexFunc(local, isSpecial) >= 0:
			err = badAddress("an e-mail address has no spaces, commas, brackets or quotation marks")
		}
	}
	if err == nil && len(local) > maxLocal {
		err = storage.Invalid("Address", "too_long", "what stands before the @ has at most 64 characters")
	}
	return local, domain, err
}

// cutQuoted reads a quoted local part (RFC 5321 §4.1.2), in which even an @ may stand.
func cutQuoted(text string) (local, domain string, err error) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			if i > 1 && strings.HasPrefix(text[i+1:], "@") {
				return text[:i+1], text[i+2:], nil
			}
			return "", "", badAddress("after the closing quotation mark stands the @")
		}
	}
	return "", "", badAddress("a quotation mark is missing")
}

func badAddress(reason string) error { return storage.Invalid("Address", "bad_address", reason) }

// isBlank also finds what is pasted along from web pages: no-break and zero-width spaces, byte order marks.
func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// isSpecial finds what stands in quoted local parts only (RFC 5322 §3.2.3), and blanks of all kinds.
func isSpecial(r rune) bool { return isBlank(r) || strings.ContainsRune(`()<>[]:;,\"`, r) }

// normalDomain spells a domain as the DNS does, and says whether it can be one of the internet.
func normalDomain(text string) (string, bool) {
	name, ok := normalHost(text)
	if !ok {
		return "", false
	}
	suffix, known := publicsuffix.PublicSuffix(name)
	// Nobody has a mailbox at a public suffix that a registry runs. Below a made-up one like "lan" somebody may.
	return name, suffix != name || !known
}

// normalHost spells a host name as the DNS does: lower case, A-labels, no dot at the end. Addresses and single labels are none.
func normalHost(text string) (string, bool) {
	name, err := dial.ASCIIHost(strings.TrimSuffix(strings.TrimSpace(text), "."))
	if err != nil || len(name) > 253 {
		return "", false
	}
	name = strings.ToLower(name)
	labels := strings.Split(name, ".")
	if len(labels) < 2 {
		return "", false
	}
	for _, label := range labels {
		if !isLabel(label) {
			return "", false
		}
	}
	// A last label of digits makes an IPv4 address of it, in all the spellings that system libraries read.
	last := labels[len(labels)-1]
	if last[0] >= '0' && last[0] <= '9' {
		return "", false
	}
	return name, true
}

// isLabel allows the underscore: it is no part of host names, but some mail servers have it.
func isLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for _, c := range []byte(label) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// registrable is the part of a name that somebody registered: "example.co.uk" of "mx1.mail.example.co.uk". It is "" for a public suffix.
func registrable(name string) string {
	base, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return ""
	}
	return base
}

// sameOwner says whether two names were registered together.
func sameOwner(a, b string) bool {
	base := registrable(a)
	return base != "" && base == registrable(b)
}
