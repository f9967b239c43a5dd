package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
)

// A search is what stood in the search box, understood: words, and operators as "from:anke has:attachment before:2026-11-01".
type search struct {
	query mailcrm.MessageQuery
	In    string // folder or role, as written; the page knows the folders
	Chips []chip
}

// A chip is one part of a search as the page shows it, with the search that is left without it.
type chip struct {
	Text    string // as written
	Rest    string
	Problem string // key of a phrase: why it was not used
}

// operators are the names of the operators, English and French.
var operators = map[string]string{
	"from": "from", "de": "from", "to": "to", "à": "to", "a": "to", "pour": "to", "subject": "subject", "objet": "subject",
	"has": "has", "avec": "has", "is": "is", "est": "is", "in": "in", "dans": "in", "before": "before", "avant": "before", "after": "after",
	"après": "after", "apres": "after",
}

// states are what follows "is:" and "has:".
var states = map[string]string{
	"attachment": "attachment", "attachments": "attachment", "file": "attachment", "pj": "attachment", "pièce": "attachment", "piece": "attachment", "fichier": "attachment",
	"unread": "unread", "nonlu": "unread", "non-lu": "unread", "read": "read", "lu": "read",
	"starred": "starred", "flagged": "starred", "suivi": "starred", "étoile": "starred",
	"linked": "linked", "lié": "linked", "lie": "linked", "unlinked": "unlinked", "nonlié": "unlinked", "non-lié": "unlinked",
}

// maxTerms is how many parts of a search are read.
const maxTerms = 30

// parseSearch reads a search box. It never fails: what cannot be understood is a chip with a problem.
func parseSearch(text string, zone *time.Location, now time.Time) search {
	var out search
	var words []string
	terms := split(text)
	for i, term := range terms {
		name, value, found := strings.Cut(term, ":")
		operator := operators[strings.ToLower(name)]
		if !found || operator == "" {
			words = append(words, unquote(term))
			out.Chips = append(out.Chips, chip{Text: term, Rest: without(terms, i)})
			continue
		}
		problem := out.apply(operator, unquote(value), zone, now)
		out.Chips = append(out.Chips, chip{Text: term, Rest: without(terms, i), Problem: problem})
	}
	out.query.Text = strings.Join(words, " ")
	return out
}

// apply uses one operator and returns what is wrong with it.
func (s *search) apply(operator, value string, zone *time.Location, now time.Time) string {
	if value == "" {
		return "search.empty"
	}
	yes, no := true, false
	switch operator {
	case "from":
		s.query.From = value
	case "to":
		s.query.To = value
	case "subject":
		s.query.Subject = value
	case "in":
		s.In = value
	case "has", "is":
		switch states[strings.ToLower(value)] {
		case "attachment":
			s.query.HasAttachments = &yes
		case "unread":
			s.query.Unread = &yes
		case "read":
			s.query.Unread = &no
		case "starred":
			s.query.Flagged = &yes
		case "linked":
			s.query.Linked = &yes
		case "unlinked":
			s.query.Linked = &no
		default:
			return "search.unknown"
		}
	case "before", "after":
		day, ok := parseDay(value, zone, now)
		if !ok {
			return "search.date"
		}
		if operator == "before" {
			s.query.Before = day
		} else {
			s.query.After = day.AddDate(0, 0, 1) // the day itself is not after it
		}
	}
	return ""
}

// dayForms are how people write a day.
var dayForms = []string{time.DateOnly, "02/01/2006", "2/1/2006", "02.01.2006", "2006/01/02"}

// parseDay reads a day, or a number of days ago: "7d", "7j".
func parseDay(value string, zone *time.Location, now time.Time) (time.Time, bool) {
	for _, form := range dayForms {
		if day, err := time.ParseInLocation(form, value, zone); err == nil {
			return day, true
		}
	}
	var days int
	var unit string
	if _, err := fmt.Sscanf(value, "%d%s", &days, &unit); err == nil && (unit == "d" || unit == "j") && days >= 0 && days < 36500 {
		y, m, d := now.In(zone).Date()
		return time.Date(y, m, d-days, 0, 0, 0, 0, zone), true
	}
	return time.Time{}, false
}

// split cuts a search at spaces; quotation marks hold words together, also behind an operator.
func split(text string) []string {
	var terms []string
	var term strings.Builder
	quoted := false
	flush := func() {
		if term.Len() > 0 && len(terms) < maxTerms {
			terms = append(terms, term.String())
		}
		term.Reset()
	}
	for _, r := range text {
		switch {
		case r == '"' || r == '“' || r == '”' || r == '«' || r == '»':
			quoted = !quoted
			term.WriteByte('"')
		case !quoted && (r == ' ' || r == '\t' || r == '\u00a0'):
			flush()
		default:
			term.WriteRune(r)
		}
	}
	flush()
	return terms
}

func unquote(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, `"`, "")) }

func without(terms []string, i int) string {
	rest := append(append([]string(nil), terms[:i]...), terms[i+1:]...)
	return strings.Join(rest, " ")
}
