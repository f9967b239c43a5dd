package folders

import (
	"cmp"
	"slices"
)

// A candidate is a mailbox whose name may mean a role.
type candidate struct {
	at        int
	guess     bool
	ambiguous bool
	speaks    int    // how many names of the mailbox its language knows
	weight    uint16 // in its language's list
}

// takeNamed gives the roles that nothing stated to the mailboxes whose names say them.
func (m *mapper) takeNamed() {
	found := map[Role][]candidate{}
	type open struct {
		candidate
		roles []Role
		known []meaning
	}
	var ambiguous []open
	for i := range m.facts {
		f := &m.facts[i]
		if len(f.known) == 0 || m.used[i] || f.use != "" {
			continue
		}
		known := m.usable(f, f.known)
		roles := m.roles(known, f)
		if !f.selectable {
			for _, r := range roles {
				m.lose(r, i, ReasonUnselectable)
			}
			continue
		}
		if m.isLabel(f) {
			for _, r := range roles {
				if r != Archive {
					m.lose(r, i, ReasonLabel)
				}
			}
			roles = slices.DeleteFunc(roles, func(r Role) bool { return r != Archive })
		}
		c := candidate{at: i}
		if len(roles) == 1 && !doubtful(known) {
			c.speaks, c.weight = m.strength(known, roles[0])
			found[roles[0]] = append(found[roles[0]], c)
		} else if len(roles) > 0 {
			c.ambiguous = true
			ambiguous = append(ambiguous, open{c, roles, known})
		}
	}
	// Of two words for waste the one that is the more usual for Trash settles first, and leaves Junk to the other.
	slices.SortStableFunc(ambiguous, func(a, b open) int {
		_, x := m.strength(a.known, Trash)
		_, y := m.strength(b.known, Trash)
		return int(x) - int(y)
	})
	for _, o := range ambiguous {
		role := m.settle(o.roles, o.known, found)
		o.speaks, o.weight = m.strength(o.known, role)
		found[role] = append(found[role], o.candidate)
	}
	m.addGuesses(found)
	for _, role := range Roles() {
		m.choose(role, found[role])
	}
}

// isLabel tells whether f is a label on Gmail, where only what lies under [Gmail] has a use of its own.
func (m *mapper) isLabel(f *fact) bool { return m.gmail && !f.gmail }

// roles are the roles that known can mean here, without the uses that are no role and without views where there are none. Trash and Junk are
// left to settle; otherwise, of several languages, the one that the mailbox speaks decides.
func (m *mapper) roles(known []meaning, f *fact) []Role {
	best := 0
	for _, k := range known {
		best = max(best, m.scores[k.language])
	}
	waste := func(k meaning) bool { return k.role == Trash || k.role == Junk }
	onlyWaste := !slices.ContainsFunc(known, func(k meaning) bool { return !waste(k) })
	var roles []Role
	for _, k := range known {
		spoken := onlyWaste || m.scores[k.language] == best
		switch {
		case !spoken, k.role == outbox, k.role == templates, slices.Contains(roles, k.role):
		case k.role == All && !f.gmail && !k.sayMail, (k.role == Flagged || k.role == Important) && !f.gmail && !m.views:
		default:
			roles = append(roles, k.role)
		}
	}
	return roles
}

// doubtful tells whether a name means several things, be they roles or not.
func doubtful(known []meaning) bool {
	return slices.ContainsFunc(known, func(k meaning) bool { return k.role != known[0].role })
}

// settle chooses the role of an ambiguous name: the only one that has no other candidate, else what the language of the mailbox says, else
// Trash, else the first.
func (m *mapper) settle(roles []Role, known []meaning, found map[Role][]candidate) Role {
	free := slices.DeleteFunc(slices.Clone(roles), func(r Role) bool { return m.taken(r) || len(found[r]) > 0 })
	if len(free) == 1 {
		return free[0]
	}
	if len(free) == 0 {
		free = roles
	}
	best := slices.MaxFunc(known, func(a, b meaning) int { return cmp.Compare(m.scores[a.language], m.scores[b.language]) })
	said := map[Role]bool{}
	for _, k := range known {
		if m.scores[k.language] == m.scores[best.language] {
			said[k.role] = true
		}
	}
	spoken := slices.DeleteFunc(slices.Clone(free), func(r Role) bool { return !said[r] })
	switch {
	case len(spoken) == 1:
		return spoken[0]
	case slices.Contains(free, Trash):
		return Trash
	}
	return free[0]
}

// strength is how well known fits role in this mailbox.
func (m *mapper) strength(known []meaning, role Role) (speaks int, weight uint16) {
	speaks, weight = -1, 0
	for _, k := range known {
		if s := m.scores[k.language]; k.role == role && (s > speaks || s == speaks && k.weight < weight) {
			speaks, weight = s, k.weight
		}
	}
	return speaks, weight
}

// addGuesses looks at the mailboxes with unknown names for roles that have no candidate.
func (m *mapper) addGuesses(found map[Role][]candidate) {
	wanted := func(r Role) bool { return r != Inbox && !m.taken(r) && len(found[r]) == 0 }
	if !slices.ContainsFunc(Roles(), wanted) {
		return
	}
	guesses := map[Role][]candidate{}
	for i := range m.facts {
		f := &m.facts[i]
		if len(f.known) > 0 || f.depth > 0 || f.foreign || !f.selectable || f.use != "" || m.used[i] || m.isInbox(i) {
			continue
		}
		known := m.names.guess(f.rest, m.fold)
		if len(known) == 0 || doubtful(known) {
			continue
		}
		known = m.usable(f, known)
		for _, r := range m.roles(known, f) {
			if wanted(r) && (!m.isLabel(f) || r == Archive) {
				c := candidate{at: i, guess: true}
				c.speaks, c.weight = m.strength(known, r)
				guesses[r] = append(guesses[r], c)
			}
		}
	}
	for r, list := range guesses {
		found[r] = list
	}
}

// takeOrange finds Sent at Orange and La Poste, who call it OUTBOX; their DRAFT and TRASH beside it tell them from the others.
func (m *mapper) takeOrange() {
	if m.taken(Sent) {
		return
	}
	at := map[string]int{}
	for i, f := range m.facts {
		switch f.rest {
		case "OUTBOX", "DRAFT", "TRASH":
			if f.depth == 0 && !f.foreign && f.selectable {
				at[f.rest] = i
			}
		}
	}
	if i, ok := at["OUTBOX"]; ok && len(at) == 3 && !m.used[i] {
		m.take(Sent, i, Exact, confidenceExact)
	}
}
