package quotes

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxAttribution bounds the line that introduces a quotation, in bytes, after its lines were joined.
const MaxAttribution = 500

const (
	attributionLines = 6  // over which such a line may be broken
	headerLines      = 14 // of a copied header that are looked at
)

// introduction is how many lines, from i on, introduce a quotation: a line like "Anna wrote:", a drawn line that says "Original message", a copied
// header. 0: none.
func introduction(ls []line, i int) int {
	if ls[i].blank() || ls[i].quoted {
		return 0
	}
	if separator(ls[i].text) {
		n := 1
		if next := skipBlank(ls, i+1, len(ls)); next < len(ls) {
			if h := header(ls, next, 2); h > 0 {
				n = next + h - i
			}
		}
		return n
	}
	if n := header(ls, i, 3); n > 0 {
		return n
	}
	if n := foreignHeader(ls, i); n > 0 {
		return n
	}
	return attribution(ls, i)
}

var (
	numericDate = regexp.MustCompile(`\d{1,4}[./\-年]\s?\d{1,2}[./\-月]\s?\d{1,4}|\b(19|20)\d\d\b`)
	clock       = regexp.MustCompile(`\d{1,2}[:.h]\d{2}`)
	address     = regexp.MustCompile(`[^\s<>@"(]+@[^\s<>@")]+`)
	dateFirst   = regexp.MustCompile(`^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b`)
	zone        = regexp.MustCompile(`\b(GMT|UTC)[+-]\d{1,2}:?\d{2}\b`)
	addressLast = regexp.MustCompile(`[^\s<>@]+@[^\s<>@]+[>)\]"' ]*[:：]?$`)
)

// attribution is how many lines the line that introduces a quotation takes: "On 3 May 2016 at 10:05, Anna <anna@example.com> wrote:".
func attribution(ls []line, i int) int {
	if ls[i].rule {
		return 0
	}
	joined := ""
	for n := 1; n <= attributionLines && i+n <= len(ls); n++ {
		l := ls[i+n-1]
		if l.blank() {
			// Some programs put the address into a paragraph of its own.
			if i+n >= len(ls) || !strings.HasPrefix(ls[i+n].text, "<") || !numericDate.MatchString(joined) {
				return 0
			}
			continue
		}
		if l.quoted {
			return 0
		}
		if joined = strings.TrimSpace(joined + " " + l.text); len(joined) > MaxAttribution {
			return 0
		}
		if ends(l.text, joined) {
			rest := joined[len(ls[i].text):]
			switch {
			case introduces(joined):
				if n > 1 && !begins(strings.ToLower(ls[i].text)) && introduces(rest) && !broken(ls[i].text, rest) {
					return 0 // it begins below
				}
				return n
			case quoteFollows(ls, i+n) && announces(joined) && (n == 1 || broken(ls[i].text, rest)):
				return n
			}
		}
		if strings.HasSuffix(l.text, ".") || strings.HasSuffix(l.text, "!") || strings.HasSuffix(l.text, "?") {
			return 0 // a sentence ended: prose
		}
	}
	return 0
}

// ends says, at little cost, whether what was joined can be the whole of it.
func ends(last, joined string) bool {
	return strings.HasSuffix(strings.TrimRight(last, "*_-—– \u00a0"), ":") || strings.HasSuffix(last, "：") || endsWithVerb(strings.ToLower(last)) || dateFirst.MatchString(joined)
}

// introduces judges a whole line.
func introduces(s string) bool {
	s = strings.Trim(s, "*_-—– \u00a0")
	dated := numericDate.MatchString(s) || clock.MatchString(s)
	addressed := address.MatchString(s)
	colon := strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：")
	low := strings.ToLower(s)
	opens := begins(low)
	said := wrote(low)
	switch {
	case dateFirst.MatchString(s) && (zone.MatchString(s) || addressLast.MatchString(s)):
		return true
	case !dated && !addressed && !(opens && said && colon):
		return false
	case colon && said:
		return addressed && len(s) < 200 || opens && (dated || hasDigit(s))
	case colon:
		return dated && addressed && opens && addressLast.MatchString(s)
	}
	return said && dated && addressed && opens && endsWithVerb(low)
}

// announces judges a whole line that stands right above quoted ones: there, a colon and an address introduce in every language.
func announces(s string) bool {
	s = strings.Trim(s, "*_-—– \u00a0")
	if !strings.HasSuffix(s, ":") && !strings.HasSuffix(s, "：") {
		return false
	}
	return address.MatchString(s) || numericDate.MatchString(s) && (clock.MatchString(s) || wrote(strings.ToLower(s)))
}

// quoteFollows says whether what stands at i, or below blank lines, is quoted.
func quoteFollows(ls []line, i int) bool {
	i = skipBlank(ls, i, min(len(ls), i+3))
	return i < len(ls) && ls[i].quoted
}

// broken says whether a line and the rest below it can only be one line that was broken: the line has a date, and the rest begins with brackets or
// within them, or names nobody.
func broken(first, rest string) bool {
	if !numericDate.MatchString(first) && !clock.MatchString(first) {
		return false
	}
	rest = strings.TrimSpace(rest)
	return strings.HasPrefix(rest, "<") || strings.Count(rest, ">") > strings.Count(rest, "<") || !address.MatchString(rest)
}

// begins says whether a lower-case text begins as such lines do: with a date, a day of the week, "on".
func begins(low string) bool {
	first, _, _ := strings.Cut(low, " ")
	first = strings.TrimRight(first, ",.:")
	r, _ := utf8.DecodeRuneInString(first)
	return unicode.IsDigit(r) || starters[first]
}

func hasDigit(s string) bool { return strings.ContainsFunc(s, unicode.IsDigit) }

// wrote says whether a lower-case line has one of the verbs.
func wrote(low string) bool {
	for _, word := range strings.FieldsFunc(low, notLetter) {
		if verbs[word] {
			return true
		}
	}
	for _, v := range unspaced {
		if strings.Contains(low, v) {
			return true
		}
	}
	return false
}

func endsWithVerb(low string) bool {
	words := strings.FieldsFunc(low, notLetter)
	return len(words) > 0 && verbs[words[len(words)-1]]
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }

// separator says whether a line reads "-----Original Message-----", or "Begin forwarded message:".
func separator(text string) bool {
	if len(text) > 120 {
		return false
	}
	s := strings.Trim(text, "*_ ")
	low := strings.ToLower(strings.Trim(s, drawing+">*#: "))
	if separators[low] {
		r, size := utf8.DecodeRuneInString(s)
		lined := strings.ContainsRune(drawing, r) && strings.HasPrefix(s[size:], string(r))
		return lined || strings.HasSuffix(s, ":")
	}
	for _, c := range ceilings {
		if strings.Contains(low, c) {
			return true
		}
	}
	return false
}

// header is how many lines a copied header takes that begins at i with who or when, and has at least so many fields. It may be broken over lines, and drawn
// lines may stand in front of it.
func header(ls []line, i, least int) int {
	begin := i
	for i < len(ls) && (ls[i].rule || ls[i].blank()) && i-begin < 3 {
		i++
	}
	if i == len(ls) {
		return 0
	}
	if i > begin && least > 2 {
		least = 2 // under a drawn line
	}
	first := ls[i].field
	if first == "" || first == "to" || first == "cc" || first == "subject" && least > 2 {
		return 0
	}
	seen := map[string]bool{}
	end, loose := i, 0
	for j := i; j < len(ls) && j-i < headerLines; j++ {
		switch name := ls[j].field; {
		case name != "" && (ls[j].quoted == ls[i].quoted):
			seen[name] = true
			end, loose = j+1, 0
		case ls[j].blank():
			if next := skipBlank(ls, j, len(ls)); next < len(ls) && next-j < 2 && ls[next].field != "" && len(seen) < least {
				continue
			}
			j = len(ls)
		case loose >= 2:
			j = len(ls)
		default:
			loose++ // the rest of a long value
		}
	}
	if len(seen) < least || !seen["from"] && !seen["date"] {
		return 0
	}
	return end - begin
}

// foreignHeader is how many lines a copied header takes whose words are in no table: four lines "word: value" at least, the first with an address in
// brackets, the second with a date and a time, as Outlook writes them in every language.
func foreignHeader(ls []line, i int) int {
	if i+3 >= len(ls) || i > 0 && !ls[i-1].empty() || !strings.HasSuffix(ls[i].text, ">") && !strings.HasSuffix(ls[i].text, "]") || !address.MatchString(ls[i].text) {
		return 0
	}
	if when := ls[i+1].text; !numericDate.MatchString(when) || !clock.MatchString(when) {
		return 0
	}
	n := 0
	for i+n < len(ls) && n < headerLines && labelled(ls[i+n].text) {
		n++
	}
	if n < 4 {
		return 0
	}
	return n
}

// labelled says whether a line reads "word: value", the word being at most three of letters alone.
func labelled(text string) bool {
	label, value, ok := strings.Cut(strings.Trim(text, "*_ "), ":")
	if !ok || value == "" || len(label) > 60 {
		return false
	}
	words := strings.Fields(label)
	return len(words) > 0 && len(words) <= 3 && !strings.ContainsFunc(label, func(r rune) bool { return notLetter(r) && !unicode.IsSpace(r) && r != '-' })
}

// field is what a line of a copied header names: from, date, to, cc, subject, reply; "" when it is no such line.
func field(text string) string {
	text = strings.TrimLeft(text, "*_> ")
	cut := strings.IndexAny(text, ":：")
	if cut < 1 || cut > 40 {
		return ""
	}
	return fields[strings.ToLower(strings.Trim(text[:cut], "*_ \u00a0"))]
}
