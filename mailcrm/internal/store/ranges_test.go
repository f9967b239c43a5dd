package store

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRanges(t *testing.T) {
	require.Equal(t, uidSet{{1, 5}, {7, 9}}, newUIDSet([]UIDRange{{7, 8}, {4, 5}, {1, 3}, {9, 9}, {20, 10}}))
	require.Equal(t, uidSet{{1, 1}, {math.MaxUint32, math.MaxUint32}}, uidsOf([]uint32{math.MaxUint32, 1, 1}))
	require.Equal(t, uidSet{{1, 4}, {6, 10}}, uidSet{{1, 10}}.without(uidSet{{5, 5}}))
	require.Empty(t, uidSet{{2, 3}, {5, 6}}.without(uidSet{{1, 10}}))
	require.Equal(t, uidSet{{1, math.MaxUint32 - 1}}, uidSet{{1, math.MaxUint32}}.without(uidSet{{math.MaxUint32, math.MaxUint32}}))
}

// TestRangesAgainstSets compares with sets of numbers.
func TestRangesAgainstSets(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	make := func() (uidSet, map[uint32]bool) {
		var ranges []UIDRange
		set := make(map[uint32]bool)
		for range random.IntN(6) {
			lo := uint32(1 + random.IntN(40))
			hi := lo + uint32(random.IntN(8))
			ranges = append(ranges, UIDRange{lo, hi})
			for uid := lo; uid <= hi; uid++ {
				set[uid] = true
			}
		}
		return newUIDSet(ranges), set
	}
	same := func(ranges uidSet, in func(uint32) bool) {
		t.Helper()
		for i, r := range ranges {
			require.LessOrEqual(t, r.Lo, r.Hi)
			if i > 0 {
				require.Greater(t, r.Lo, ranges[i-1].Hi+1, "apart from each other")
			}
		}
		for uid := uint32(0); uid < 60; uid++ {
			require.Equal(t, in(uid), ranges.meets(UIDRange{uid, uid}), "%d in %v", uid, ranges)
		}
	}
	for range 3000 {
		a, inA := make()
		b, inB := make()
		same(a, func(u uint32) bool { return inA[u] })
		same(a.union(b), func(u uint32) bool { return inA[u] || inB[u] })
		rest := a.without(b)
		for uid := uint32(0); uid < 60; uid++ {
			require.Equal(t, inA[uid] && !inB[uid], rest.meets(UIDRange{uid, uid}), "%d in %v without %v", uid, a, b)
		}
	}
}
