package folders

import "strings"

// A place is where a mailbox lies, seen from its owner.
type place struct {
	rest    string // the name without every prefix: what a person reads
	depth   int    // levels below the root that are left in rest
	level   int    // how often the personal prefix was there; negative: only INBOX, where no prefix was announced
	gmail   bool   // under [Gmail] or [Google Mail]
	foreign bool   // another user's or everybody's
}

// Limits on what is looked at, against listings made to hurt.
const (
	maxName  = 1024 // bytes of a mailbox name; a longer one has no role
	maxDepth = 16   // levels of a mailbox that states a use; a deeper one has no role
)

// A namespace takes prefixes off names.
type namespace struct {
	personal string
	others   []string
	shared   map[string]bool
	fold     *foldBuffer
}

// infer returns the personal prefix that the listing shows: INBOX and its delimiter, when nothing but shared roots lies beside it.
func (n *namespace) infer(mailboxes []Mailbox) string {
	prefix := ""
	for _, m := range mailboxes {
		switch {
		case strings.EqualFold(m.Name, "INBOX"):
		case m.Delimiter == "":
			return ""
		case hasPrefix(m.Name, "INBOX"+m.Delimiter):
			prefix = m.Name[:len("INBOX"+m.Delimiter)]
		case !n.sharedRoot(m):
			return ""
		}
	}
	return prefix
}

// sharedRoot tells whether m lies under a folder that servers use for other people's mailboxes.
func (n *namespace) sharedRoot(m Mailbox) bool {
	root := m.Name
	if m.Delimiter != "" {
		root, _, _ = strings.Cut(m.Name, m.Delimiter)
	}
	return len(root) <= maxKnown && n.shared[string(n.fold.key(root))]
}

// locate finds the place of one mailbox; whose it is, is left to foreign.
func (n *namespace) locate(m Mailbox) place {
	p := place{rest: m.Name}
	for {
		switch {
		case n.personal != "" && p.strip(n.personal):
			p.level++
		case m.Delimiter == "":
			return p
		case p.strip("INBOX" + m.Delimiter), p.strip("mail" + m.Delimiter):
			p.level--
		case p.strip("[Gmail]" + m.Delimiter), p.strip("[Google Mail]" + m.Delimiter):
			p.gmail = true
		default:
			p.depth = strings.Count(p.rest, m.Delimiter)
			return p
		}
	}
}

func (p *place) strip(prefix string) bool {
	if len(p.rest) <= len(prefix) || !hasPrefix(p.rest, prefix) {
		return false
	}
	p.rest = p.rest[len(prefix):]
	return true
}

// foreign tells whether m lies in another user's or a shared namespace: the longest prefix decides, at a tie the personal one. Without a
// personal prefix the root's name tells, for what lies below it.
func (n *namespace) foreign(m Mailbox) bool {
	if strings.EqualFold(m.Name, "INBOX") {
		return false
	}
	mine := -1
	if hasPrefix(m.Name, n.personal) {
		mine = len(n.personal)
	}
	for _, other := range n.others {
		if len(other) > mine && (strings.HasPrefix(m.Name, other) || m.Delimiter != "" && m.Name+m.Delimiter == other) {
			return true
		}
	}
	return mine <= 0 && m.Delimiter != "" && strings.Contains(m.Name, m.Delimiter) && n.sharedRoot(m)
}

// hasPrefix is strings.HasPrefix without case: INBOX has none (RFC 3501 §5.1), and nobody has two namespaces that differ in nothing else.
func hasPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
