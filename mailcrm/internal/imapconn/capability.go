package imapconn

import (
	"slices"
	"strings"
)

// Caps is a set of capabilities, in upper case (RFC 9051 §7.2.2).
type Caps map[string]struct{}

// implied by IMAP4rev2 (RFC 9051 appendix E), LITERAL+ and QRESYNC.
var implied = map[string][]string{
	"IMAP4REV2": {
		"NAMESPACE", "UNSELECT", "UIDPLUS", "ESEARCH", "SEARCHRES", "ENABLE", "IDLE", "SASL-IR", "LIST-EXTENDED", "LIST-STATUS", "MOVE",
		"LITERAL-", "STATUS=SIZE", "CHILDREN", "SPECIAL-USE",
	},
	"LITERAL+": {"LITERAL-"},
	"QRESYNC":  {"CONDSTORE", "ENABLE"},
}

// parseCaps reads a list of capabilities and adds what they imply. At most 500 are kept.
func parseCaps(text string) Caps {
	caps := Caps{}
	for _, word := range strings.Fields(text) {
		word = strings.ToUpper(word)
		if len(caps) >= 500 || len(word) > 100 || strings.ContainsFunc(word, notInAtom) {
			continue
		}
		caps[word] = struct{}{}
		for _, more := range implied[word] {
			caps[more] = struct{}{}
		}
	}
	return caps
}

// notInAtom says which characters cannot be in an atom (RFC 9051 §9, ATOM-CHAR).
func notInAtom(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`(){%*"\]`, r)
}

// Has says whether the server offers a capability, stated or implied. The name is case-insensitive.
func (c Caps) Has(name string) bool {
	_, ok := c[strings.ToUpper(name)]
	return ok
}

// mechanisms are those of SASL that the server offers.
func (c Caps) mechanisms() []string {
	var out []string
	for word := range c {
		if name, ok := strings.CutPrefix(word, "AUTH="); ok {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// forLibrary is the set as go-imap may know it. IMAP4rev2 is left out: without ENABLE it is not in force (RFC 9051 §6.3.1), yet the
// library would already write mailbox names in UTF-8. What it implies is in the set by name.
func (c Caps) forLibrary() string {
	words := []string{"IMAP4rev1"}
	for word := range c {
		if word != "IMAP4REV1" && word != "IMAP4REV2" {
			words = append(words, word)
		}
	}
	slices.Sort(words[1:])
	return strings.Join(words, " ")
}

// needCaps asks for the capabilities unless the server stated them by itself.
func (r *raw) needCaps() error {
	if r.caps != nil {
		return nil
	}
	answer, err := r.command("CAPABILITY", nil)
	if err != nil {
		return err
	}
	if answer.kind != "OK" {
		return r.link.die(r.refusal(answer))
	}
	if r.caps == nil {
		r.caps = Caps{}
	}
	return nil
}
