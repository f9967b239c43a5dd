package imapsync

import (
	"cmp"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// A uidSet is a set of UIDs as ascending ranges that do not touch. It is never spelled out UID by UID: a server may claim four billion.
type uidSet []store.UIDRange

// ordered brings ranges into order and joins those that touch.
func ordered(ranges []store.UIDRange) uidSet {
	slices.SortFunc(ranges, func(x, y store.UIDRange) int { return cmp.Compare(x.Lo, y.Lo) })
	var out uidSet
	for _, r := range ranges {
		if n := len(out); n > 0 && (r.Lo <= out[n-1].Hi || r.Lo-out[n-1].Hi == 1) {
			out[n-1].Hi = max(out[n-1].Hi, r.Hi)
			continue
		}
		out = append(out, r)
	}
	return out
}

// clip brings what a server sent into order and cuts it to lo … hi.
func clip(set imap.UIDSet, lo, hi uint32) uidSet {
	ranges := make([]store.UIDRange, 0, len(set))
	for _, r := range set {
		a, b := uint32(r.Start), uint32(r.Stop)
		if b == 0 { // "*"
			b = hi
		}
		if a > b {
			a, b = b, a
		}
		if a, b = max(a, lo), min(b, hi); a <= b {
			ranges = append(ranges, store.UIDRange{Lo: a, Hi: b})
		}
	}
	return ordered(ranges)
}

func (s uidSet) count() uint64 {
	var n uint64
	for _, r := range s {
		n += uint64(r.Hi-r.Lo) + 1
	}
	return n
}

// before is how many UIDs are less than uid.
func (s uidSet) before(uid uint32) uint64 {
	var n uint64
	for _, r := range s {
		if r.Lo >= uid {
			break
		}
		n += uint64(min(r.Hi, uid-1)-r.Lo) + 1
	}
	return n
}

// at is the UID that has n before it; 0 where there are not so many.
func (s uidSet) at(n uint64) uint32 {
	for _, r := range s {
		size := uint64(r.Hi-r.Lo) + 1
		if n < size {
			return r.Lo + uint32(n)
		}
		n -= size
	}
	return 0
}

func (s uidSet) has(uid uint32) bool {
	i, found := slices.BinarySearchFunc(s, uid, func(r store.UIDRange, uid uint32) int { return cmp.Compare(r.Lo, uid) })
	return found || i > 0 && s[i-1].Hi >= uid
}

// intersect is what both sets have.
func (s uidSet) intersect(t uidSet) uidSet {
	var out uidSet
	for i, j := 0, 0; i < len(s) && j < len(t); {
		if lo, hi := max(s[i].Lo, t[j].Lo), min(s[i].Hi, t[j].Hi); lo <= hi {
			out = append(out, store.UIDRange{Lo: lo, Hi: hi})
		}
		if s[i].Hi < t[j].Hi {
			i++
		} else {
			j++
		}
	}
	return out
}

// minus is what s has and t has not.
func (s uidSet) minus(t uidSet) uidSet {
	var out uidSet
	j := 0
	for _, r := range s {
		for j < len(t) && t[j].Hi < r.Lo {
			j++
		}
		lo, open := r.Lo, true
		for k := j; k < len(t) && t[k].Lo <= r.Hi; k++ {
			if t[k].Lo > lo {
				out = append(out, store.UIDRange{Lo: lo, Hi: t[k].Lo - 1})
			}
			if t[k].Hi >= r.Hi {
				open = false
				break
			}
			lo = max(lo, t[k].Hi+1)
		}
		if open {
			out = append(out, store.UIDRange{Lo: lo, Hi: r.Hi})
		}
	}
	return out
}
