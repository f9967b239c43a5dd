package folders

import "slices"

// takeOverrides lets a person's choices win, by id and then by path, as long as the mailbox is there.
func (m *mapper) takeOverrides(chosen map[Role]Override) {
	for _, role := range Roles() {
		o, ok := chosen[role]
		if !ok {
			continue
		}
		if o.None && role != Inbox {
			m.findings[role].How, m.findings[role].Confidence = Chosen, confidenceChosen
			continue
		}
		i := m.find(o)
		if i < 0 || role == Inbox || m.used[i] || m.isInbox(i) || !m.facts[i].selectable || m.facts[i].use == Inbox {
			m.dropped = append(m.dropped, role)
			continue
		}
		m.take(role, i, Chosen, confidenceChosen)
	}
}

func (m *mapper) find(o Override) int {
	if o.ID != "" {
		if i := slices.IndexFunc(m.boxes, func(b Mailbox) bool { return b.ID == o.ID }); i >= 0 {
			return i
		}
	}
	return slices.IndexFunc(m.boxes, func(b Mailbox) bool { return b.Name == o.Name && b.Name != "" })
}
