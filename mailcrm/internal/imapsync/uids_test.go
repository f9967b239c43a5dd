package imapsync

import (
	"math/rand/v2"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// spell writes a small set out.
func spell(s uidSet) map[uint32]bool {
	out := map[uint32]bool{}
	for _, r := range s {
		for u := r.Lo; u <= r.Hi; u++ {
			out[u] = true
		}
	}
	return out
}

func canonical(t *testing.T, s uidSet) {
	t.Helper()
	for i, r := range s {
		require.LessOrEqual(t, r.Lo, r.Hi)
		if i > 0 {
			require.Greater(t, r.Lo, s[i-1].Hi+1, "ranges do not touch: %v", s)
		}
	}
}

// TestSetAlgebra holds the sets against sets that are written out, on some thousand small ones.
func TestSetAlgebra(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	random := func() (uidSet, map[uint32]bool) {
		var wire imap.UIDSet
		want := map[uint32]bool{}
		for range chance.IntN(6) {
			a, b := uint32(chance.IntN(30)+1), uint32(chance.IntN(30)+1)
			wire = append(wire, imap.UIDRange{Start: imap.UID(a), Stop: imap.UID(b)})
			for u := min(a, b); u <= max(a, b); u++ {
				if u >= 3 && u <= 25 {
					want[u] = true
				}
			}
		}
		return clip(wire, 3, 25), want
	}
	for range 5000 {
		a, inA := random()
		b, inB := random()
		canonical(t, a)
		require.Equal(t, inA, spell(a))
		require.EqualValues(t, len(inA), a.count())
		both, only := map[uint32]bool{}, map[uint32]bool{}
		for u := range inA {
			if inB[u] {
				both[u] = true
			} else {
				only[u] = true
			}
		}
		require.Equal(t, both, spell(a.intersect(b)), "%v and %v", a, b)
		require.Equal(t, only, spell(a.minus(b)), "%v without %v", a, b)
		canonical(t, a.minus(b))
	}
}

func TestClipBounds(t *testing.T) {
	const top = 1<<32 - 1
	require.Equal(t, uidSet{{Lo: 5, Hi: top}}, clip(imap.UIDSet{{Start: 5, Stop: 0}}, 1, top))
	require.Equal(t, uidSet{{Lo: 1, Hi: 4294967290}}, clip(imap.UIDSet{{Start: 1, Stop: 4294967290}}, 1, top))
	require.EqualValues(t, 4294967290, uidSet{{Lo: 1, Hi: 4294967290}}.count())
	require.Empty(t, clip(imap.UIDSet{{Start: 1, Stop: 4}}, 5, 9))
	require.Equal(t, uidSet{{Lo: top, Hi: top}}, uidSet{{Lo: top - 1, Hi: top}}.minus(uidSet{{Lo: 1, Hi: top - 1}}))
	require.Nil(t, uidSet{{Lo: 1, Hi: top}}.minus(uidSet{{Lo: 1, Hi: top}}))
	var none uidSet
	require.Nil(t, none.intersect(uidSet{{Lo: 1, Hi: 2}}))
	_ = []store.UIDRange(none)
}

func TestFlags(t *testing.T) {
	known, keywords := flags([]imap.Flag{`\SEEN`, `\Flagged`, "$forwarded", "Work", `\Recent`, imap.Flag(make([]byte, maxKeyword+1))})
	require.Equal(t, store.FlagSeen|store.FlagFlagged|store.FlagForwarded, known)
	require.Equal(t, []string{"Work"}, keywords)
	var many []imap.Flag
	for range maxKeywords + 10 {
		many = append(many, "k")
	}
	_, keywords = flags(many)
	require.Len(t, keywords, maxKeywords)
	require.Equal(t, []imap.Flag{`\Seen`, `\Flagged`}, names(store.FlagSeen|store.FlagFlagged))
}

func TestPlaces(t *testing.T) {
	s := uidSet{{Lo: 3, Hi: 5}, {Lo: 9, Hi: 9}}
	for n, uid := range []uint32{3, 4, 5, 9, 0} {
		require.Equal(t, uid, s.at(uint64(n)))
		if uid != 0 {
			require.EqualValues(t, n, s.before(uid))
		}
	}
	require.EqualValues(t, 3, s.before(7))
	require.EqualValues(t, 4, s.before(100))
	require.Zero(t, s.before(1))
}

func TestCommonTail(t *testing.T) {
	for _, c := range [][4]string{
		{"A/B", "C/B", "/", "/B"}, {"A/B/C", "Z/B/C", "/", "/B/C"}, {"A", "B", "/", ""}, {"A/B", "A/C", "/", ""}, {"P/A/B", "A/B", "/", "/B"}, {"A/B", "C/B", "", ""}, {"A", "A", "/", ""},
	} {
		require.Equal(t, c[3], commonTail(c[0], c[1], c[2]), c)
	}
}
