package web

import (
	"net/mail"
	"strings"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm"
)

// written is an address as people write it: Anke Vogel <anke@nordwind.example>.
func written(a mailcrm.Address) string {
	name := strings.TrimSpace(a.Name)
	if name == "" || strings.EqualFold(name, a.Address) {
		return a.Address
	}
	if strings.ContainsAny(name, `,;<>"@()`) {
		name = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	return name + " <" + a.Address + ">"
}

// list is several addresses as a field of a form holds them.
func list(addresses []mailcrm.Address) string {
	out := make([]string, len(addresses))
	for i, a := range addresses {
		out[i] = written(a)
	}
	return strings.Join(out, ", ")
}

// maxEntries is how many entries of an address field are read: one more than a mail may have, so that the library says that it is too many.
const maxEntries = mailcrm.MaxRecipients + 1

// parseAddresses reads a field of a form: entries between commas, semicolons or line ends. Entries that are no address are returned as they were written:
// they may be the beginning of a name.
func parseAddresses(text string) (good []mailcrm.Address, rest []string) {
	for _, entry := range entries(text) {
		if a, ok := parseAddress(entry); ok {
			good = append(good, a)
		} else {
			rest = append(rest, entry)
		}
	}
	return good, rest
}

// parseAddress reads "name@host" and "Name <name@host>", with and without quotation marks.
func parseAddress(entry string) (mailcrm.Address, bool) {
	if a, err := mail.ParseAddress(entry); err == nil {
		return asAddress(a.Name, a.Address)
	}
	// What people type is not always RFC 5322: René, Dupont <rene@dupont.example> without quotation marks, or dots in a name.
	open := strings.LastIndexByte(entry, '<')
	if open >= 0 && strings.HasSuffix(entry, ">") {
		return asAddress(strings.Trim(strings.TrimSpace(entry[:open]), `"`), entry[open+1:len(entry)-1])
	}
	return asAddress("", entry)
}

func asAddress(name, address string) (mailcrm.Address, bool) {
	address = strings.TrimSpace(address)
	if linker.Normalize(address) == "" {
		return mailcrm.Address{}, false
	}
	return mailcrm.Address{Name: strings.TrimSpace(name), Address: address}, true
}

// entries cuts an address field at separators outside of quotation marks and angle brackets.
func entries(text string) []string {
	var out []string
	var entry strings.Builder
	quoted, angle := false, false
	flush := func() {
		if e := strings.TrimSpace(entry.String()); e != "" && len(out) < maxEntries {
			out = append(out, e)
		}
		entry.Reset()
		quoted, angle = false, false
	}
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r':
			flush()
			continue
		case r == '"':
			quoted = !quoted
		case r == '<' && !quoted:
			angle = true
		case r == '>' && !quoted:
			angle = false
		case (r == ',' || r == ';') && !quoted && !angle:
			flush()
			continue
		}
		entry.WriteRune(r)
	}
	flush()
	return out
}
