package mimemail

import (
	"strconv"
	"strings"
	"time"
)

// date reads Date, or where that is absent nothing: when a mail arrived is the mailbox's to say, not ours.
func (h *Header) date(d *defects) time.Time {
	v := h.Get("Date")
	if v == "" {
		return time.Time{}
	}
	t, ok := parseDate(v)
	if !ok {
		d.add(DateUnreadable, "")
	}
	return t
}

// parseDate reads a date as RFC 5322 §3.3 and its obsolete forms have it, and the order of ctime and ISO 8601, with comments, missing
// commas, missing seconds, two-digit years and zones by name. The words decide, not their places: a month has a name, a time has colons,
// a zone has a sign.
func parseDate(v string) (time.Time, bool) {
	v = cut(v, 256)
	v = dropComments(v)
	if t, ok := parseISO(strings.TrimSpace(v)); ok {
		return t, true
	}
	day, month, year := 0, 0, -1
	hour, minute, second := -1, 0, 0
	zone, hasZone := 0, false
	for _, word := range strings.FieldsFunc(v, func(r rune) bool { return r <= ' ' || r == ',' || r == ';' || r == '"' }) {
		switch {
		case strings.IndexByte(word, ':') > 0:
			if hour < 0 {
				var rest string
				var ok bool
				hour, minute, second, rest, ok = parseClock(word)
				if !ok {
					return time.Time{}, false
				}
				if z, ok := parseZone(rest); ok {
					zone, hasZone = z, true
				}
				continue
			}
			if z, ok := parseZone(word); ok && !hasZone {
				zone, hasZone = z, true
			}
		case hour >= 0 && (word[0] == '+' || word[0] == '-'):
			if z, ok := parseZone(word); ok && !hasZone {
				zone, hasZone = z, true
			}
		case strings.Count(word, "-") == 2: // 1-Jan-2003
			for _, piece := range strings.Split(word, "-") {
				dayMonthYear(piece, &day, &month, &year)
			}
		default:
			if dayMonthYear(word, &day, &month, &year) {
				continue
			}
			if z, ok := parseZone(word); ok && hour >= 0 && !hasZone {
				zone, hasZone = z, true
			}
		}
	}
	if day < 1 || day > 31 || month == 0 || year < 0 {
		return time.Time{}, false
	}
	if hour < 0 {
		hour = 0
	}
	switch {
	case year < 50:
		year += 2000
	case year < 1000: // RFC 5322 §4.3: three digits count from 1900 too
		year += 1900
	}
	if year > 9999 {
		return time.Time{}, false
	}
	location := time.UTC
	if zone != 0 {
		location = time.FixedZone("", zone)
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, location)
	if t.Day() != day && second < 60 && hour < 24 {
		return time.Time{}, false // 31 February
	}
	return t, true
}

// dayMonthYear takes a word as the month, or as the day or the year, whichever is open.
func dayMonthYear(word string, day, month, year *int) bool {
	if m := monthNumber(word); m > 0 {
		*month = m
		return true
	}
	digits := strings.TrimRight(word, ".")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || digits[0] == '+' || digits[0] == '-' {
		return false
	}
	switch {
	case *day == 0 && len(digits) <= 2:
		*day = n
	case *year < 0 && len(digits) >= 2 && len(digits) <= 4:
		*year = n
	default:
		return false
	}
	return true
}

func monthNumber(word string) int {
	if len(word) < 3 {
		return 0
	}
	i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(word[:3]))
	if i < 0 || i%3 != 0 {
		return 0
	}
	return i/3 + 1
}

// parseClock reads hh:mm[:ss] and what sticks to it.
func parseClock(word string) (hour, minute, second int, rest string, ok bool) {
	var n [3]int
	for i := range n {
		k := 0
		for k < len(word) && k < 2 && word[k] >= '0' && word[k] <= '9' {
			n[i] = n[i]*10 + int(word[k]-'0')
			k++
		}
		if k == 0 {
			return 0, 0, 0, "", false
		}
		word = word[k:]
		if i == 2 || !strings.HasPrefix(word, ":") {
			break
		}
		word = word[1:]
	}
	if strings.HasPrefix(word, ".") { // fractions of a second
		word = strings.TrimLeft(word, ".0123456789")
	}
	if n[0] > 24 || n[1] > 59 || n[2] > 60 {
		return 0, 0, 0, "", false
	}
	return n[0], n[1], n[2], word, true
}

// parseZone is the seconds east of UTC that a zone says: +hhmm, +hh:mm, or a name of RFC 5322 §4.3 and of Europe. What is unknown is UTC.
func parseZone(word string) (seconds int, ok bool) {
	name := strings.ToUpper(word)
	for _, prefix := range []string{"GMT", "UTC", "UT"} {
		if rest, found := strings.CutPrefix(name, prefix); found && rest != "" && (rest[0] == '+' || rest[0] == '-') {
			name = rest
			break
		}
	}
	if name == "" {
		return 0, false
	}
	if name[0] == '+' || name[0] == '-' {
		digits := strings.ReplaceAll(name[1:], ":", "")
		n, err := strconv.Atoi(digits)
		if err != nil || len(digits) > 4 || n < 0 {
			return 0, false
		}
		if len(digits) <= 2 {
			n *= 100
		}
		if n/100 > 14 || n%100 > 59 {
			return 0, true // no such zone
		}
		seconds = (n/100*60 + n%100) * 60
		if name[0] == '-' {
			seconds = -seconds
		}
		return seconds, true
	}
	if i := strings.IndexAny(name, "0123456789"); i > 0 {
		name = name[:i] // EST5EDT
	}
	hours, found := zoneHours[name]
	return hours * 3600, found
}

// zoneHours are the zones that mail names; military letters are UTC (RFC 5322 §4.3 says why).
var zoneHours = map[string]int{
	"UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0,
	"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
	"BST": 1, "CET": 1, "MET": 1, "MEZ": 1, "WEST": 1, "CEST": 2, "MEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9,
}

func parseISO(v string) (time.Time, bool) {
	if len(v) < 10 || v[4] != '-' || v[7] != '-' {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05-07:00", "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// dropComments takes comments out (RFC 5322 §3.2.2).
func dropComments(v string) string {
	if strings.IndexByte(v, '(') < 0 {
		return v
	}
	var out strings.Builder
	depth := 0
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && depth > 0:
			i++
		case c == '(':
			depth++
			out.WriteByte(' ')
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			out.WriteByte(c)
		}
	}
	return out.String()
}
