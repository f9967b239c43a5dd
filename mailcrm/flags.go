package mailcrm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// MaxFlags is how long the flags of a server may be, in bytes.
const MaxFlags = 1000

// A Flag is a switch of a server as people know them from c-client: "/ssl/novalidate-cert", "/user=anna". See [Flags].
type Flag struct {
	Name string // with its slash, and with "=" when it takes a value
	// IMAP and SMTP say for which servers it is.
	IMAP, SMTP bool
	What       string // it does, in English
}

// Flags are the switches that [ServerInput] knows, in the order of c-client's documentation.
//
// A name is written in any case, a value stands as it is or in double quotes, in which a backslash protects the next character; between switches there may be
// spaces. They refine the other fields and never contradict them: "/ssl" with the security "starttls" is an error, and so is the same value given twice.
//
// No switch weakens anything. "/novalidate-cert" does not end the verification of the server's certificate: where no authority vouches for it the account
// waits, in the state AccountCertificate, until a person has compared and confirmed the fingerprint. "/notls" takes STARTTLS away, which leaves plain text,
// where [Network] allows that, or TLS from the first byte, which needs no STARTTLS.
func Flags() []Flag { return slices.Clone(flagTable) }

var flagTable = []Flag{
	{"/user=", true, true, "the login; with /authuser= whose mailbox it is"},
	{"/authuser=", true, true, "who logs in, with his own password, to act for /user="},
	{"/secure", true, true, "never send the password itself: PLAIN and LOGIN are not used"},
	{"/readonly", true, false, "write nothing to the server: no marks, no folders, no copies of sent mail"},
	{"/ssl", true, true, "TLS from the first byte"},
	{"/tls", true, true, "STARTTLS, or no connection"},
	{"/notls", true, true, "no STARTTLS"},
	{"/novalidate-cert", true, true, "a certificate that no authority signed is confirmed by its fingerprint"},
	{"/validate-cert", true, true, "a certificate must be signed by an authority; there is no confirming"},
	{"/imap", true, false, "the protocol, which is known anyway"},
	{"/smtp", false, true, "the protocol, which is known anyway"},
}

// A typedFlag is one switch as it was typed.
type typedFlag struct {
	name  string // as in flagTable
	value string
}

// parseFlags reads switches. field names the input, for errors.
func parseFlags(field, text string) ([]typedFlag, error) {
	if len(text) > MaxFlags {
		return nil, storage.Invalid(field, "too_long", fmt.Sprintf("give at most %d bytes of flags", MaxFlags))
	}
	if hasControl(text) {
		return nil, storage.Invalid(field, "malformed", "flags have no control characters")
	}
	var out []typedFlag
	for rest := strings.TrimLeft(text, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		if rest[0] != '/' {
			return nil, storage.Invalid(field, "malformed", "each flag begins with a slash, like /ssl/novalidate-cert")
		}
		end := strings.IndexAny(rest[1:], "/= ") + 1
		if end == 0 {
			end = len(rest)
		}
		name := strings.ToLower(rest[:end])
		rest = rest[end:]
		value := ""
		if strings.HasPrefix(rest, "=") {
			name += "="
			var ok bool
			if value, rest, ok = flagValue(rest[1:]); !ok {
				return nil, storage.Invalid(field, "malformed", name+" begins with a quotation mark that is not closed")
			}
		}
		if err := knownFlag(field, name, value); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(f typedFlag) bool { return f.name == name && strings.HasSuffix(name, "=") }) {
			return nil, storage.Invalid(field, "contradiction", name+" is given twice: leave one")
		}
		out = append(out, typedFlag{name, value})
	}
	return out, nil
}

// flagValue reads a value, quoted or up to the next switch.
func flagValue(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, "/ ")
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], true
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), text[i+1:], true
		case '\\':
			if i++; i == len(text) {
				return "", "", false
			}
		}
		b.WriteByte(text[i])
	}
	return "", "", false
}

func knownFlag(field, name, value string) error {
	side, _, _ := strings.Cut(field, ".")
	var known []string
	for _, f := range flagTable {
		mine := f.IMAP && side == "IMAP" || f.SMTP && side == "SMTP"
		switch {
		case mine && f.Name == name && strings.HasSuffix(name, "=") && value == "":
			return storage.Invalid(field, "malformed", name+" needs a value, like "+name+"anna")
		case mine && f.Name == name:
			return nil
		case mine && (f.Name == name+"=" || f.Name+"=" == name):
			return storage.Invalid(field, "malformed", "write "+f.Name+": it takes "+map[bool]string{true: "a", false: "no"}[f.Name == name+"="]+" value")
		case mine:
			known = append(known, f.Name)
		}
	}
	return storage.Invalid(field, "unknown", fmt.Sprintf("there is no flag %q here; there are %s", short(name), strings.Join(known, " ")))
}

// short keeps what people typed readable in an error.
func short(text string) string {
	if len(text) > 40 {
		text = strings.ToValidUTF8(text[:40], "") + "…"
	}
	return text
}

// applyFlags writes what the flags say into a server whose other fields are as people gave them; security is "" when they gave none.
func applyFlags(field string, s *store.Server, text string) error {
	flags, err := parseFlags(field+".Flags", text)
	if err != nil {
		return err
	}
	given := map[string]string{}
	for _, f := range flags {
		given[f.name] = f.value
	}
	has := func(name string) bool { _, ok := given[name]; return ok }
	contradiction := func(why string) error {
		return storage.Invalid(field+".Flags", "contradiction", why+": leave one of them out")
	}
	for _, two := range [][2]string{{"/tls", "/notls"}, {"/ssl", "/tls"}, {"/validate-cert", "/novalidate-cert"}} {
		if has(two[0]) && has(two[1]) {
			return contradiction(two[0] + " and " + two[1] + " contradict each other")
		}
	}
	for _, f := range []struct {
		name string
		want Security
	}{{"/ssl", TLS}, {"/tls", StartTLS}} {
		switch {
		case !has(f.name):
		case s.Security == "":
			s.Security = string(f.want)
		case s.Security != string(f.want):
			return contradiction(fmt.Sprintf("%s asks for %s and the security is %q", f.name, f.want, s.Security))
		}
	}
	switch {
	case !has("/notls"):
	case s.Security == string(StartTLS):
		return contradiction(`/notls forbids STARTTLS and the security is "starttls"`)
	case s.Security == "":
		s.Security = string(Plaintext)
	}
	if has("/validate-cert") && s.PinSHA256 != "" {
		return contradiction("/validate-cert asks for an authority's signature and a fingerprint is confirmed")
	}
	if user := given["/user="]; user != "" {
		if s.Username != "" && s.Username != user {
			return contradiction(fmt.Sprintf("/user= and the login %q differ", s.Username))
		}
		s.Username = user
	}
	s.AuthUser, s.ReadOnly, s.Secure = given["/authuser="], has("/readonly"), has("/secure")
	s.Flags = strings.TrimSpace(text)
	return nil
}
