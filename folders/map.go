package folders

import (
	"slices"
	"strings"
)

// Map finds the mailbox of each role in a listing. It never fails: a role that no mailbox can safely have is not found. The mailboxes are
// not changed and may be shared; their order counts only where nothing else tells two candidates apart. The answers of several LIST commands
// may simply be put together: lines of one mailbox are merged, because a RETURN option makes some servers drop mailboxes or attributes.
//
// It takes well under 20 ms for 5,000 mailboxes. A name longer than 1,024 bytes has no role.
func Map(mailboxes []Mailbox, opts *Options) Mapping {
	if opts == nil {
		opts = &Options{}
	}
	m := newMapper(merge(mailboxes), opts)
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
	views    bool   // the server shows All Mail, so a Starred is a view too
	scores   []int  // by language: how many root names it knows
	best     int    // the highest of them
	tie      bool   // several languages have it
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
	switch end := delimiter(boxes); {
	case m.prefix == "":
		m.prefix = space.infer(boxes)
	case !strings.HasSuffix(m.prefix, end): // told without it, against RFC 2342
		m.prefix += end
	}
	space.personal = m.prefix
	m.gmail = isGmail(opts.Provider)
	m.look(space)
	return m
}

// look finds out about each mailbox, and what the listing tells as a whole.
func (m *mapper) look(space *namespace) {
	m.scores = make([]int, len(m.names.languages))
	for i, box := range m.boxes {
		f := &m.facts[i]
		f.use, f.selectable = stated(box.Attributes)
		if box.Name == "" || len(box.Name) > maxName {
			f.foreign = true
			continue
		}
		f.place = space.locate(box)
		if f.depth == 0 || f.use != "" {
			f.foreign = space.foreign(box)
		}
		m.gmail = m.gmail || f.gmail && f.selectable
		if f.depth == 0 && !f.foreign && !m.isInbox(i) {
			f.known = m.names.mean(f.rest, m.fold)
			m.hear(f)
		}
		m.views = m.views || f.selectable && !f.foreign && (f.use == All || slices.ContainsFunc(f.known, meaning.allMail))
	}
	for _, score := range m.scores {
		m.tie = score == m.best || m.tie && score < m.best
		m.best = max(m.best, score)
	}
}

func isGmail(provider string) bool {
	p := strings.ToLower(provider)
	return strings.Contains(p, "gmail") || strings.Contains(p, "googlemail")
}

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

// mapping is the answer.
func (m *mapper) mapping() Mapping {
	a := Mapping{Dropped: m.dropped, prefix: m.prefix, delimiter: delimiter(m.boxes), gmail: m.gmail, present: map[string]bool{}}
	for _, r := range Roles() {
		a.Findings = append(a.Findings, *m.findings[r])
	}
	for i, l := range m.names.languages {
		if m.best > 0 && m.scores[i] == m.best && (!m.tie || l.code == "en") { // English shares its words with many
			a.Language = l.code
		}
	}
	for _, f := range m.facts {
		if len(f.known) > 0 { // only a name of the table can be proposed
			a.present[string(m.fold.key(f.rest))] = true
		}
	}
	return a
}
