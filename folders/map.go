package folders

import (
	"slices"
	"strings"
)

// Map finds the mailbox of each role in a listing. It never fails: a role that no mailbox can safely have is not found. The mailboxes are
// not changed and may be shared; their order counts only where nothing else tells two candidates apart.
//
// It takes well under 20 ms for 5,000 mailboxes. A name longer than 1,024 bytes has no role.
func Map(mailboxes []Mailbox, opts *Options) Mapping {
	if opts == nil {
		opts = &Options{}
	}
	m := newMapper(mailboxes, opts)
	m.takeOverrides(opts.Overrides)
	m.takeInbox()
	m.takeStated()
	m.takeNamed()
	m.takeOrange()
	return m.mapping()
}

// A mapper holds what one call of Map knows of its listing.
type mapper struct {
	boxes    []Mailbox
	facts    []fact
	names    *table
	fold     *foldBuffer
	prefix   string // personal prefix
	gmail    bool   // the listing is Gmail's: what is not under [Gmail] is a label
	scores   []int  // by language: how many root names it knows
	findings map[Role]*Finding
	used     map[int]bool // mailboxes that have a role or were overridden into one
	dropped  []Role
}

// A fact is what is known of one mailbox.
type fact struct {
	place
	use        Role // what the server stated
	selectable bool
	known      []meaning // what the name says, at the root only
}

func newMapper(boxes []Mailbox, opts *Options) *mapper {
	m := &mapper{
		boxes: boxes, facts: make([]fact, len(boxes)), names: names(), fold: newFoldBuffer(), prefix: opts.PersonalPrefix,
		findings: map[Role]*Finding{}, used: map[int]bool{},
	}
	for _, r := range Roles() {
		m.findings[r] = &Finding{Role: r}
	}
	space := &namespace{others: opts.OtherPrefixes, shared: m.names.shared, fold: m.fold}
	if m.prefix == "" {
		m.prefix = space.infer(boxes)
	}
	space.personal = m.prefix
	m.gmail = isGmail(opts.Provider)
	m.scores = make([]int, len(m.names.languages))
	for i, box := range boxes {
		f := &m.facts[i]
		f.use, f.selectable = stated(box.Attributes)
		if len(box.Name) > maxName {
			f.foreign = true
			continue
		}
		f.place = space.locate(box)
		if f.depth == 0 || f.use != "" {
			f.foreign = space.foreign(box)
		}
		m.gmail = m.gmail || f.gmail && f.selectable
		if f.depth == 0 && !f.foreign {
			f.known = m.names.mean(f.rest, m.fold)
			m.hear(f)
		}
	}
	return m
}

// hear counts the languages that know a root name, to tell in which the mailbox speaks.
func (m *mapper) hear(f *fact) {
	for i, k := range f.known {
		again := slices.ContainsFunc(f.known[:i], func(b meaning) bool { return b.language == k.language })
		if !again && !k.uncertain(f.rest) {
			m.scores[k.language]++
		}
	}
}

// uncertain tells whether name counts for k only beside other names of its language: marked so in the file, or so short that it is another
// word without its accents ("Cop" is not "Çöp").
func (k meaning) uncertain(name string) bool {
	return k.weak || k.accented && len(name) <= 6 && isASCII(name)
}

// usable are the meanings of a root name that count in this mailbox.
func (m *mapper) usable(f *fact, known []meaning) []meaning {
	kept := make([]meaning, 0, len(known))
	for _, k := range known {
		if f.gmail || !k.uncertain(f.rest) || m.scores[k.language] > 0 {
			kept = append(kept, k)
		}
	}
	return kept
}

func isGmail(provider string) bool {
	p := strings.ToLower(provider)
	return strings.Contains(p, "gmail") || strings.Contains(p, "googlemail")
}

func (m *mapper) isInbox(i int) bool { return strings.EqualFold(m.boxes[i].Name, "INBOX") }

// take gives role to mailbox i.
func (m *mapper) take(role Role, i int, how How, confidence int) {
	f := m.findings[role]
	f.Mailbox, f.How, f.Confidence = m.boxes[i], how, confidence
	m.used[i] = true
}

func (m *mapper) taken(role Role) bool { return m.findings[role].How != Missing }

// lose notes that mailbox i did not get role.
func (m *mapper) lose(role Role, i int, why Reason) {
	f := m.findings[role]
	if len(f.Losers) < MaxLosers {
		f.Losers = append(f.Losers, Loser{Mailbox: m.boxes[i], Why: why})
	}
}

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
	return slices.IndexFunc(m.boxes, func(b Mailbox) bool { return b.Name == o.Name })
}

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

// mapping is the answer.
func (m *mapper) mapping() Mapping {
	a := Mapping{Dropped: m.dropped, prefix: m.prefix, gmail: m.gmail, present: map[string]bool{}}
	for _, r := range Roles() {
		a.Findings = append(a.Findings, *m.findings[r])
	}
	best, tie := 0, false
	for i, score := range m.scores {
		switch {
		case score > best:
			best, tie, a.Language = score, false, m.names.languages[i].code
		case score == best:
			tie = true
		}
	}
	if english := slices.IndexFunc(m.names.languages, func(l language) bool { return l.code == "en" }); tie && m.scores[english] == best && best > 0 {
		a.Language = "en"
	} else if tie {
		a.Language = ""
	}
	for i, f := range m.facts {
		if len(f.known) > 0 { // only a name of the table can be proposed
			a.present[string(m.fold.key(f.rest))] = true
		}
		if a.delimiter == "" {
			a.delimiter = m.boxes[i].Delimiter
		}
	}
	return a
}
