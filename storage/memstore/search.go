package memstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/mailcrm/sdk/storage"
)

type searcher struct{ crm *CRM }

// Search finds records in which every word of Query begins a word of the name, the detail or an address. Case and accents do not count:
// "elod" finds Élodie. Best first: the whole name, then names that begin so, then the rest; newest first among equals.
func (s searcher) Search(ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
	return call(ctx, s.crm, "Searcher.Search", func() (storage.SearchResult, error) {
		var result storage.SearchResult
		switch {
		case req.Limit < 1:
			return result, storage.Invalid("Limit", "range", "Ask for 1 record or more.")
		case req.Limit > storage.MaxSearchResults:
			return result, fmt.Errorf("searching: %w: at most %d records", storage.ErrLimit, storage.MaxSearchResults)
		case len(req.Query) > maxQuery:
			return result, fmt.Errorf("searching: %w: at most %d bytes of query", storage.ErrLimit, maxQuery)
		}
		query := foldText(req.Query)
		s.crm.mu.RLock()
		defer s.crm.mu.RUnlock()
		var found []hit
		for _, r := range s.crm.peek(req.Actor.Tenant).records {
			if len(req.Kinds) > 0 && !slices.Contains(req.Kinds, r.entity.Kind) || !s.crm.sees(req.Actor, r) {
				continue
			}
			if rank, fits := r.fits(query); fits {
				found = append(found, hit{r, rank})
			}
		}
		slices.SortFunc(found, func(a, b hit) int {
			return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.record.touched, a.record.touched))
		})
		if len(found) > req.Limit {
			found, result.More = found[:req.Limit], true
		}
		for _, h := range found {
			result.Entities = append(result.Entities, h.record.copy())
		}
		return result, nil
	})
}

const maxQuery = 255

type hit struct {
	record *record
	rank   int
}

// fits ranks a record for a folded query; an empty one fits all alike.
func (r *record) fits(query string) (rank int, fits bool) {
	for _, word := range strings.Fields(query) {
		if !slices.ContainsFunc(r.words, func(w string) bool { return strings.HasPrefix(w, word) }) {
			return 0, false
		}
	}
	name := r.words[0]
	switch query = strings.TrimSpace(query); {
	case query == "":
		return 0, true
	case query == name:
		return 0, true
	case strings.HasPrefix(name, query):
		return 1, true
	}
	return 2, true
}

// searchWords is the folded name, then every word and address.
func searchWords(entity storage.Entity) []string {
	name := foldText(entity.Name)
	words := append([]string{name}, split(name)...)
	words = append(words, split(foldText(entity.Detail))...)
	for _, address := range entity.Addresses {
		address = foldText(address)
		_, domain, _ := strings.Cut(address, "@")
		words = append(append(words, address, domain), split(address)...)
	}
	return words
}

func split(s string) []string {
	// Fields as they stand, for a query of "l'atelier", and their parts, for one of "atelier".
	return append(strings.Fields(s), strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
}

// foldText takes case, accents and ligatures away.
func foldText(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		r = unicode.ToLower(r)
		if plain, found := plainLetters[r]; found {
			b.WriteString(plain)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// plainLetters are those that Unicode does not take apart.
var plainLetters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i", '’': "'",
}
