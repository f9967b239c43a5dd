package templates

import (
	"math"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// nearest is the candidate that was probably meant by name, or "". Capitals, accents, hyphens and underscores do not count; beyond them a third
// of the letters of each part between dots may differ, three at most. Among equals the first wins.
func nearest(name string, candidates []string) string {
	if len(name) > 200 {
		return ""
	}
	wanted := strings.Split(fold(name), ".")
	best, bestDistance := "", math.MaxInt
	for _, c := range candidates {
		if d := pathDistance(wanted, strings.Split(fold(c), ".")); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best == "" { // the right field in the wrong record, or without one
		last := wanted[len(wanted)-1]
		for _, c := range candidates {
			if f := fold(c); last != "" && f[strings.LastIndexByte(f, '.')+1:] == last {
				return c
			}
		}
	}
	return best
}

// pathDistance is the distance of two dotted names, part by part; parts that are too far from each other make it endless.
func pathDistance(a, b []string) int {
	if len(a) != len(b) {
		return math.MaxInt
	}
	sum := 0
	for i := range a {
		limit := min(3, len(a[i])/3) + 1
		d := distance(a[i], b[i], limit)
		if d >= limit {
			return math.MaxInt
		}
		sum += d
	}
	return sum
}

func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if r == '_' || r == '-' || unicode.Is(unicode.Mn, r) {
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// distance is how many letters must be added, dropped, changed or swapped with their neighbour; limit or more is told as limit.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) >= limit || len(y)-len(x) >= limit {
		return limit
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(y)], limit)
}
