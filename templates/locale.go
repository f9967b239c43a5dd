package templates

import (
	"strings"
	"time"
)

// A locale is how a language writes numbers, days and yes. The tables follow CLDR, which golang.org/x/text carries for numbers but not for
// the names of months and days.
type locale struct {
	point, group  string
	yes, no       string
	symbolAfter   bool // 12 € and not €12
	months, short [12]string
	weekdays      [7]string // from Sunday
	dates         map[string]func(l *locale, t time.Time) string
	symbols       map[string]string // by currency; others are written with their code
}

// language is the first subtag of a language tag in lower case: "fr" of "fr-CA", "fr_BE" and "FR".
func language(tag string) string {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	return strings.ToLower(tag)
}

// localeOf never fails: a language that is not there is written as English.
func localeOf(tag string) *locale {
	switch region := strings.ToLower(strings.ReplaceAll(tag, "_", "-")); {
	case language(tag) == "fr":
		return &french
	case region == "en" || region == "en-us" || language(tag) != "en":
		return &english
	default:
		return &british // every other English puts the day before the month
	}
}

// Spaces of typography that do not break a line.
const (
	noBreak       = "\u00A0"
	narrowNoBreak = "\u202F"
)

var french = locale{
	point: ",", group: narrowNoBreak,
	yes: "oui", no: "non",
	symbolAfter: true,
	months:      [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	short:       [12]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
	weekdays:    [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
	dates: map[string]func(*locale, time.Time) string{
		"short":    layout("02/01/2006"),
		"medium":   dayFirst((*locale).shortMonth),
		"long":     dayFirst((*locale).month),
		"full":     withWeekday(dayFirst((*locale).month), " "),
		"time":     layout("15:04"),
		"datetime": joined(dayFirst((*locale).month), " à ", layout("15:04")),
		"iso":      layout("2006-01-02"),
	},
	symbols: map[string]string{"EUR": "€", "USD": "$US", "GBP": "£GB", "CAD": "$CA", "AUD": "$AU"},
}

var english = locale{
	point: ".", group: ",",
	yes: "yes", no: "no",
	months:   [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	short:    [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	dates: map[string]func(*locale, time.Time) string{
		"short":    layout("1/2/2006"),
		"medium":   layout("Jan 2, 2006"),
		"long":     layout("January 2, 2006"),
		"full":     layout("Monday, January 2, 2006"),
		"time":     layout("3:04 PM"),
		"datetime": layout("January 2, 2006 at 3:04 PM"),
		"iso":      layout("2006-01-02"),
	},
	symbols: map[string]string{"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "A$"},
}

var british = locale{
	point: english.point, group: english.group,
	yes: english.yes, no: english.no,
	months: english.months, short: english.short, weekdays: english.weekdays,
	dates: map[string]func(*locale, time.Time) string{
		"short":    layout("02/01/2006"),
		"medium":   layout("2 Jan 2006"),
		"long":     layout("2 January 2006"),
		"full":     layout("Monday 2 January 2006"),
		"time":     layout("15:04"),
		"datetime": layout("2 January 2006 at 15:04"),
		"iso":      layout("2006-01-02"),
	},
	symbols: map[string]string{"EUR": "€", "USD": "US$", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "A$"},
}

func (l *locale) month(t time.Time) string      { return l.months[t.Month()-1] }
func (l *locale) shortMonth(t time.Time) string { return l.short[t.Month()-1] }

// layout is a date written with one of the layouts of package time, whose names are English.
func layout(s string) func(*locale, time.Time) string {
	return func(_ *locale, t time.Time) string { return t.Format(s) }
}

func dayFirst(month func(*locale, time.Time) string) func(*locale, time.Time) string {
	return func(l *locale, t time.Time) string { return t.Format("2 ") + month(l, t) + t.Format(" 2006") }
}

func withWeekday(date func(*locale, time.Time) string, between string) func(*locale, time.Time) string {
	return func(l *locale, t time.Time) string { return l.weekdays[t.Weekday()] + between + date(l, t) }
}

func joined(a func(*locale, time.Time) string, between string, b func(*locale, time.Time) string) func(*locale, time.Time) string {
	return func(l *locale, t time.Time) string { return a(l, t) + between + b(l, t) }
}

// dateStyles are the arguments of the date filter; with an hour they need an instant.
var dateStyles = []string{"short", "medium", "long", "full", "iso", "time", "datetime"}

func hasHour(style string) bool { return style == "time" || style == "datetime" }

// number writes d with its own decimals; grouped puts a separator between thousands.
func (l *locale) number(d decimal, grouped bool) string {
	negative, whole, fraction := d.parts()
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	for i := range len(whole) {
		if grouped && i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(l.group)
		}
		b.WriteByte(whole[i])
	}
	if fraction != "" {
		b.WriteString(l.point)
		b.WriteString(fraction)
	}
	return b.String()
}
