package store

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/search"
)

// The bounds of what is kept of one mail beside its bytes. What is beyond is in the bytes, if those are kept.
const (
	MaxText         = 256 << 10 // bytes of Text, which full-text search knows
	MaxSubject      = 1000      // bytes
	MaxSnippet      = 800       // bytes: 200 runes
	MaxAddresses    = 500       // of each header, in lists; Participants has all
	MaxParticipants = 10_000    // in all headers together
	MaxReferences   = 100       // the first and the newest
	MaxDefects      = 64
	MaxDelivered    = 10  // addresses to which a mail was delivered
	maxAddress      = 320 // bytes (RFC 5321 §4.5.3.1); a longer one is nobody's
	maxMessageID    = 998 // bytes: a line (RFC 5322 §2.1.1)
	maxSortKey      = 60  // bytes of a folded subject or name
)

// clip cuts s at a character so that it has at most n bytes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// bodyHash is a number for the words of a text, folded as for search, so that white space, case and quoting marks do not count. 0: no words. It is half of a SHA-256: a sender cannot
// make a text that passes for another one.
func bodyHash(folded []byte) int64 {
	if len(folded) == 0 {
		return 0
	}
	sum := sha256.Sum256(folded)
	if h := int64(binary.BigEndian.Uint64(sum[:])); h != 0 {
		return h
	}
	return 1
}

// How much two texts must share to be versions of one (a footer that a list added, a warning that a gateway put on top, another quoting): of the words of the smaller one, each counted once, one in
// minShared. Texts of fewer than minWords say too little to tell them apart by.
const (
	minShared = 2
	minWords  = 8
)

// related reports whether two folded texts may be versions of one. Nothing is known of a text without words, so it is related to all.
func related(a, b string) bool {
	words := func(text string) map[string]bool {
		set := make(map[string]bool)
		for w := range strings.FieldsSeq(text) {
			set[w] = true
			if len(set) == 5000 {
				break
			}
		}
		return set
	}
	x, y := words(a), words(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) == 0 || len(y) < minWords {
		return true
	}
	shared := 0
	for w := range x {
		if y[w] {
			shared++
		}
	}
	return shared*minShared >= len(x)
}

// manyWords says whether a text has enough words to be told apart by them.
func manyWords(text string) bool {
	n := 0
	for range strings.FieldsSeq(text) {
		if n++; n >= 2*minWords {
			return true
		}
	}
	return false
}

// subjectKey and fromKey are what lists are sorted by.
func subjectKey(subject string) string {
	folded := search.Fold(clip(subject, MaxSubject))
	for {
		word, rest, _ := strings.Cut(folded, " ")
		switch word {
		case "re", "fwd", "fw", "aw", "wg", "tr", "rv", "sv", "vs", "antw", "odp", "ref":
			if rest != "" {
				folded = rest
				continue
			}
		}
		return clip(folded, maxSortKey)
	}
}

func fromKey(from []Address) string {
	if len(from) == 0 {
		return ""
	}
	if key := search.Fold(clip(from[0].Name, MaxSubject)); key != "" {
		return clip(key, maxSortKey)
	}
	return clip(strings.ToLower(from[0].Address), maxSortKey)
}
