package submit

import (
	"fmt"
	netmail "net/mail"
	"strings"
	"unicode/utf8"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// maxAddress is the most bytes of an address (RFC 5321 §4.5.3.1.3: a path has 256, with its brackets).
const maxAddress = 254

// WireAddress is an address as SMTP and headers take it: the domain in ASCII (RFC 5891) and lower case, the local part as it is, without needless quotes.
// What is none, or has a local part that must be quoted, is [storage.ErrInvalid].
func WireAddress(address string) (string, error) {
	address = strings.TrimSpace(address)
	normal := mimemail.NormalAddress(address)
	if normal == "" {
		return "", fmt.Errorf("%q is not a mail address: %w", address, storage.ErrInvalid)
	}
	local := localPart(address)
	if strings.HasPrefix(local, `"`) { // kept by NormalAddress only where the local part cannot do without
		local = strings.ReplaceAll(local[1:len(local)-1], `\`, "")
	}
	if strings.IndexFunc(local, func(r rune) bool { return control(r) || strings.ContainsRune(` ()<>[]:;@\,"`, r) }) >= 0 || !utf8.ValidString(local) {
		return "", fmt.Errorf("%q has a local part that cannot be written: %w", address, storage.ErrInvalid)
	}
	domain := normal[strings.LastIndexByte(normal, '@')+1:]
	if strings.HasPrefix(domain, "[") && strings.Contains(domain, ":") {
		domain = "[IPv6:" + domain[1:] // RFC 5321 §4.1.3
	}
	if wire := local + "@" + domain; len(wire) <= maxAddress {
		return wire, nil
	}
	return "", fmt.Errorf("a mail address has at most %d bytes, %q has more: %w", maxAddress, address, storage.ErrInvalid)
}

// wirePath is an address in the brackets of MAIL and RCPT.
func wirePath(address string) (string, error) {
	wire, err := WireAddress(address)
	return "<" + wire + ">", err
}

// localPart is what stands before the last @.
func localPart(address string) string {
	return address[:max(0, strings.LastIndexByte(address, '@'))]
}

// domainOf is the domain that ids of ours end with: the sender's, in ASCII.
func domainOf(address string) string {
	if wire, err := WireAddress(address); err == nil {
		return wire[strings.LastIndexByte(wire, '@')+1:]
	}
	return "localhost"
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

// people are addresses as a header field takes them.
func people(list []store.Address) ([]*netmail.Address, error) {
	out := make([]*netmail.Address, 0, len(list))
	for _, a := range list {
		address, err := WireAddress(a.Address)
		if err != nil {
			return nil, err
		}
		out = append(out, &netmail.Address{Name: nameText(a.Name), Address: address})
	}
	return out, nil
}
