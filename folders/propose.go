package folders

import (
	"slices"
	"strings"
)

// A Proposal is a mailbox to create for a role that has none.
type Proposal struct {
	Name       string // full path in UTF-8; [EncodeName] makes it fit for the wire
	SpecialUse string // `\Trash`, for CREATE (USE …) where the server offers CREATE-SPECIAL-USE (RFC 6154 §3)
}

// Propose returns the mailbox to create for role: the usual name in the language of the other mailboxes, otherwise in English, that nothing
// in the listing has yet and that means nothing else. It proposes nothing where the role has a mailbox or a person wants none, for the inbox and for views (All,
// Flagged, Important), and on Gmail, which has its own.
func (m Mapping) Propose(role Role) (Proposal, bool) {
	use := role.SpecialUse()
	if use == "" || m.Find(role).How != Missing || m.gmail {
		return Proposal{}, false
	}
	fold, t := newFoldBuffer(), names()
	for _, code := range []string{m.Language, "en"} {
		for _, l := range t.languages {
			if l.code != code {
				continue
			}
			for _, name := range l.names[role] {
				known := t.mean(name, fold)
				clear := !doubtful(known) && !slices.ContainsFunc(known, func(k meaning) bool { return k.weak })
				if clear && !m.present[string(fold.key(name))] && (m.delimiter == "" || !strings.Contains(name, m.delimiter)) {
					return Proposal{Name: m.prefix + name, SpecialUse: use}, true
				}
			}
		}
	}
	return Proposal{}, false
}
