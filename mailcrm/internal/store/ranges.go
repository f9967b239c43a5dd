package store

import (
	"cmp"
	"slices"
)

// A uidSet is a set of UIDs as ranges: ascending, apart from each other.
type uidSet []UIDRange

// newUIDSet puts ranges in order and joins those that touch. A range whose ends are crossed is empty.
func newUIDSet(ranges []UIDRange) uidSet {
	sorted := make([]UIDRange, 0, len(ranges))
	for _, r := range ranges {
		if r.Lo <= r.Hi {
			sorted = append(sorted, r)
		}
	}
	slices.SortFunc(sorted, func(a, b UIDRange) int { return cmp.Compare(a.Lo, b.Lo) })
	var set uidSet
	for _, r := range sorted {
		if n := len(set); n > 0 && uint64(r.Lo) <= uint64(set[n-1].Hi)+1 {
			set[n-1].Hi = max(set[n-1].Hi, r.Hi)
			continue
		}
		set = append(set, r)
	}
	return set
}

// uidsOf is a set of single UIDs.
func uidsOf(uids []uint32) uidSet {
	ranges := make([]UIDRange, len(uids))
	for i, uid := range uids {
		ranges[i] = UIDRange{uid, uid}
	}
	return newUIDSet(ranges)
}

// union is what is in either.
func (s uidSet) union(t uidSet) uidSet { return newUIDSet(slices.Concat(s, t)) }

// without is what is in s and not in t.
func (s uidSet) without(t uidSet) uidSet {
	var rest uidSet
	i := 0
	for _, r := range s {
		for i > 0 && i <= len(t) && t[i-1].Hi >= r.Lo { // the one before may reach in here too
			i--
		}
		for ; i < len(t) && t[i].Lo <= r.Hi; i++ {
			if t[i].Hi < r.Lo {
				continue
			}
			if t[i].Lo > r.Lo {
				rest = append(rest, UIDRange{r.Lo, t[i].Lo - 1})
			}
			if t[i].Hi >= r.Hi {
				r.Lo, r.Hi = 1, 0
				break
			}
			r.Lo = t[i].Hi + 1
		}
		if r.Lo <= r.Hi {
			rest = append(rest, r)
		}
	}
	return rest
}

// meets reports whether r has a UID in s.
func (s uidSet) meets(r UIDRange) bool {
	i, _ := slices.BinarySearchFunc(s, r, func(a, b UIDRange) int { return cmp.Compare(a.Hi, b.Lo) }) // the first that ends at or after r begins
	return i < len(s) && s[i].Lo <= r.Hi
}
