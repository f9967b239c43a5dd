package search

import (
	"sort"
	"strconv"
)

// PostgreSQL's own bounds of a tsvector (https://www.postgresql.org/docs/current/textsearch-limitations.html).
const (
	maxPosition   = 16383
	maxPlaces     = 255
	maxVector     = 900 << 10 // bytes of words and places together, below its 1 MB
	fieldsBetween = 2         // positions left out between fields, so that no run of words crosses them
)

// Vector writes the words of a mail as text for a cast to tsvector: each word once, with the places where it stands, weighted by field. A word that
// comes only after PostgreSQL's bounds is left out.
func Vector(subject, sender, recipients, body string) string {
	places := make(map[string][]int32, 64) // position<<2 | field
	position, size := int32(0), 0
	for field, text := range [...]string{subject, sender, recipients, body} {
		Words(text, func(w []byte) {
			position++
			at, known := places[string(w)]
			if len(at) >= maxPlaces || size > maxVector {
				return
			}
			if !known {
				size += len(w) + 4
			}
			size += 2
			places[string(w)] = append(at, min(position, maxPosition)<<2|int32(field))
		})
		position += fieldsBetween
	}
	words := make([]string, 0, len(places))
	for w := range places {
		words = append(words, w)
	}
	sort.Strings(words)
	b := make([]byte, 0, 16*len(words))
	for _, w := range words {
		b = append(b, '\'')
		b = append(b, w...)
		b = append(b, '\'')
		sep := byte(':')
		last := int32(-1)
		for _, at := range places[w] {
			if at>>2 == last>>2 { // all that lies beyond the last position is in one place
				continue
			}
			last = at
			b = append(b, sep)
			b = strconv.AppendInt(b, int64(at>>2), 10)
			b = append(b, "ABCD"[at&3])
			sep = ','
		}
		b = append(b, ' ')
	}
	return string(b)
}
