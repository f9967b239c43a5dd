package folders

import (
	"slices"
	"strings"
)

// takeStated gives each role the mailbox that the server states for it. Of two: the shallower one, then the one whose name agrees, then the
// first. Nested statements are read with care, because servers state the uses of shared mailboxes and of deleted folders too.
func (m *mapper) takeStated() {
	candidates := map[Role][]int{}
	var closed map[string]bool // built when something nested states a use
	for i := range m.facts {
		f := &m.facts[i]
		if f.use == "" || f.use == otherUse || m.used[i] || m.isInbox(i) {
			continue
		}
		if f.depth > 0 && closed == nil {
			closed = m.closed()
		}
		switch {
		case !f.selectable:
			m.lose(f.use, i, ReasonUnselectable)
		case f.foreign || f.depth > maxDepth:
			m.lose(f.use, i, ReasonShared)
		case m.under(i, closed):
			m.lose(f.use, i, ReasonInside)
		default:
			candidates[f.use] = append(candidates[f.use], i)
		}
	}
	least, foreign := m.shallowest(candidates)
	for _, role := range Roles() {
		best := -1
		for _, i := range candidates[role] {
			switch depth := m.facts[i].depth; {
			case depth > least[role]:
				m.lose(role, i, ReasonDeeper)
			case depth > 0 && foreign[m.parent(i)]:
				m.lose(role, i, ReasonShared)
			case m.taken(role):
				m.lose(role, i, m.takenWhy(role))
			case best < 0:
				best = i
			case m.agrees(i, role) && !m.agrees(best, role):
				m.lose(role, best, ReasonName)
				best = i
			case m.agrees(best, role) && !m.agrees(i, role):
				m.lose(role, i, ReasonName)
			default:
				m.lose(role, i, ReasonOrder)
			}
		}
		if best >= 0 {
			m.take(role, best, Stated, confidenceStated)
		}
	}
}

// agrees tells whether the name of mailbox i says role too.
func (m *mapper) agrees(i int, role Role) bool {
	return slices.ContainsFunc(m.facts[i].known, func(k meaning) bool { return k.role == role })
}

// shallowest tells how deep the nearest statement of each role lies, and which folders hold somebody else's mailboxes: those with a child
// that states a role which is stated nearer too. So the Junk of "Shared/info" is no candidate even where the person has none.
func (m *mapper) shallowest(candidates map[Role][]int) (least map[Role]int, foreign map[string]bool) {
	least, foreign = map[Role]int{}, map[string]bool{}
	for role, list := range candidates {
		least[role] = maxDepth
		for _, i := range list {
			least[role] = min(least[role], m.facts[i].depth)
		}
		for _, i := range list {
			if m.facts[i].depth > least[role] {
				foreign[m.parent(i)] = true
			}
		}
	}
	return least, foreign
}

func (m *mapper) parent(i int) string {
	name := m.boxes[i].Name
	return name[:max(0, strings.LastIndex(name, m.boxes[i].Delimiter))]
}

// closed are the mailboxes under which nothing has a role, because somebody put it away there: Trash, Junk, Drafts and Sent.
func (m *mapper) closed() map[string]bool {
	names := map[string]bool{}
	for i := range m.facts {
		f := &m.facts[i]
		if closes(f.use) {
			names[m.boxes[i].Name] = true
		}
		for _, k := range f.known {
			if closes(k.role) && !k.uncertain(f.rest) {
				names[m.boxes[i].Name] = true
			}
		}
	}
	return names
}

func closes(r Role) bool { return r == Trash || r == Junk || r == Drafts || r == Sent }

// under tells whether mailbox i lies under one of the closed ones.
func (m *mapper) under(i int, closed map[string]bool) bool {
	name, delimiter := m.boxes[i].Name, m.boxes[i].Delimiter
	if m.facts[i].depth == 0 || delimiter == "" {
		return false
	}
	for at := strings.LastIndex(name, delimiter); at > 0; at = strings.LastIndex(name[:at], delimiter) {
		if closed[name[:at]] {
			return true
		}
	}
	return false
}

// takenWhy is why a candidate loses to a role that was taken before.
func (m *mapper) takenWhy(role Role) Reason {
	if m.findings[role].How == Chosen {
		return ReasonChosen
	}
	return ReasonStated
}
