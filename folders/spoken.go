package folders

import "slices"

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

// allMail tells whether k says "all mail", not only "all".
func (k meaning) allMail() bool { return k.role == All && k.sayMail }

// usable are the meanings of a root name that count in this mailbox: uncertain ones only in the language that it speaks.
func (m *mapper) usable(f *fact, known []meaning) []meaning {
	kept := make([]meaning, 0, len(known))
	for _, k := range known {
		if f.gmail || !k.uncertain(f.rest) || m.speaks(k.language) {
			kept = append(kept, k)
		}
	}
	return kept
}

// speaks tells whether the mailbox is in this language: none knows more of its names, and one name alone does not speak for several.
func (m *mapper) speaks(language uint8) bool {
	score := m.scores[language]
	return score == m.best && (score > 1 || score == 1 && !m.tie)
}
