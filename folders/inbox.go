package folders

import (
	"slices"
	"strings"
)

func (m *mapper) isInbox(i int) bool { return strings.EqualFold(m.boxes[i].Name, "INBOX") }

// takeInbox finds the inbox: INBOX by its reserved name, else what XLIST renamed, else by name with the others.
func (m *mapper) takeInbox() {
	at := slices.IndexFunc(m.facts, func(f fact) bool { return f.use == Inbox && f.selectable && !f.foreign })
	if i := slices.IndexFunc(m.boxes, func(b Mailbox) bool { return strings.EqualFold(b.Name, "INBOX") }); i >= 0 && m.facts[i].selectable {
		at = i
	}
	if at >= 0 {
		m.take(Inbox, at, Stated, confidenceStated)
	}
}
