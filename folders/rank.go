package folders

import (
	"cmp"
	"slices"
)

// order is what decides between two candidates of one role, the first that tells them apart. A negative result is for a.
var order = []struct {
	why     Reason
	compare func(m *mapper, a, b candidate) int
}{
	{ReasonLabel, func(m *mapper, a, b candidate) int { return less(m.facts[b.at].gmail, m.facts[a.at].gmail) }},
	{ReasonAmbiguous, func(_ *mapper, a, b candidate) int { return less(a.ambiguous, b.ambiguous) }},
	{ReasonPrefix, func(m *mapper, a, b candidate) int { return m.facts[b.at].level - m.facts[a.at].level }},
	{ReasonLanguage, func(_ *mapper, a, b candidate) int { return b.speaks - a.speaks }},
	{ReasonWeight, func(_ *mapper, a, b candidate) int { return int(a.weight) - int(b.weight) }},
	{ReasonCount, func(m *mapper, a, b candidate) int { return m.compareCounts(a.at, b.at) }},
	{ReasonOrder, func(_ *mapper, a, b candidate) int { return a.at - b.at }},
}

func less(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// compareCounts prefers the fuller of two mailboxes of one name; between others a count says nothing.
func (m *mapper) compareCounts(a, b int) int {
	x, y := m.boxes[a].Messages, m.boxes[b].Messages
	if x == nil || y == nil {
		return 0
	}
	if name := string(m.fold.key(m.facts[a].rest)); name != string(m.fold.key(m.facts[b].rest)) {
		return 0
	}
	return cmp.Compare(*y, *x)
}

// choose gives role to the best of its candidates.
func (m *mapper) choose(role Role, list []candidate) {
	if len(list) == 0 {
		return
	}
	if m.taken(role) {
		for _, c := range list {
			m.lose(role, c.at, m.takenWhy(role))
		}
		return
	}
	decide := func(a, b candidate) (int, Reason) {
		for _, o := range order {
			if d := o.compare(m, a, b); d != 0 {
				return d, o.why
			}
		}
		return 0, ReasonOrder
	}
	best := slices.MinFunc(list, func(a, b candidate) int { d, _ := decide(a, b); return d })
	rivals := 0
	for _, c := range list {
		if c.at != best.at {
			_, why := decide(best, c)
			m.lose(role, c.at, why)
			rivals++
		}
	}
	confidence, how := confidenceExact, Exact
	switch {
	case best.guess:
		confidence, how = confidenceGuess, Guess
	case best.ambiguous:
		confidence = confidenceAmbiguous
	case rivals > 0:
		confidence = confidenceRival
	}
	m.take(role, best.at, how, confidence)
}
