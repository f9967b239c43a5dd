package quotes

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a signature.
const (
	signatureLines  = 40 // below "-- "
	contactLines    = 10 // of one that nothing announces
	signatureColumn = 78 // in runes: a longer line is prose
)

var (
	phone   = regexp.MustCompile(`\+?\(?\d[\d\s().\-/]{6,}\d`)
	contact = regexp.MustCompile(`(?i)https?://|www\.|[^\s<>@]+@[^\s<>@]+\.\p{L}{2,}|\b(skype|tel|tél|fax|mobil|mob|phone|cell)\b\s?[.:]`)
	dashed  = regexp.MustCompile(`^--?\s?\p{Lu}[\p{L}'.-]*( \p{Lu}[\p{L}'.-]*){0,3}$`)
)

// sign finds the signatures under what is new.
func sign(ls []line) {
	first := 0 // the first line that says something
	for first < len(ls) && (ls[first].kind != New || ls[first].empty()) {
		first++
	}
	for end := len(ls); end > 0; {
		begin := end
		for begin > 0 && ls[begin-1].kind == New {
			begin--
		}
		if begin < end {
			signRun(ls, begin, end, first)
			end = begin
			continue
		}
		end--
	}
}

// signRun looks at one run of new lines.
func signRun(ls []line, from, to, first int) {
	to = trimEnd(ls, from, to, first)
	begin := to
	for _, find := range []func([]line, int, int) int{delimited, mobile, dashedName, contacts} {
		// Nothing but a signature is no signature: a mail that says only who wrote it says that.
		if at := find(ls, from, begin); at < begin && (first < at || ls[at].delimiter || ls[at].mobile) {
			paint(ls, at, to, Signature)
			begin = trimEnd(ls, from, at, first)
		}
	}
}

// trimEnd gives the blank and drawn lines at the end to the signature and returns where they begin.
func trimEnd(ls []line, from, to, first int) int {
	for to > from && ls[to-1].empty() {
		if !ls[to-1].blank() && first < to-1 {
			paint(ls, to-1, to, Signature)
		}
		to--
	}
	return to
}

// delimited is where "-- " stands, or a drawn line with an address below it.
func delimited(ls []line, from, to int) int {
	for i := max(from, to-signatureLines); i < to; i++ {
		if ls[i].delimiter {
			return i
		}
	}
	for i := to - 1; i >= max(from, to-2*contactLines); i-- {
		if ls[i].rule && plain(ls, i+1, to) && (ways(ls, i+1, to) > 0 || ls[i].text[0] == '_' && to-i <= 3) {
			return i
		}
	}
	return to
}

// mobile is where lines like "Sent from my phone" begin at the end.
func mobile(ls []line, from, to int) int {
	at := to
	for i := to - 1; i >= from; i-- {
		switch {
		case ls[i].mobile, at < to && i == at-1 && i > from && ls[i-1].blank() && isName(ls[i].text) && !farewell(ls[i].text):
			at = i // with the name right above
		case !ls[i].blank():
			return at
		}
	}
	return at
}

// dashedName is a last line like "-Anna Martin".
func dashedName(ls []line, from, to int) int {
	if to > from && dashed.MatchString(ls[to-1].text) {
		return to - 1
	}
	return to
}

// contacts is where a name with ways to reach it begins, which nothing announces: "Kind regards", a name, a position; or a name, a telephone number, a site.
func contacts(ls []line, from, to int) int {
	lines, blanks := 0, 0
	for i := to - 1; i >= from && lines < contactLines; i-- {
		if ls[i].blank() {
			blanks++
			if blanks > 3 {
				return to
			}
			continue
		}
		if utf8.RuneCountInString(ls[i].text) > signatureColumn {
			break
		}
		lines++
		if farewell(ls[i].text) {
			if lines >= 3 {
				return i
			}
			return to
		}
		// A paragraph of its own whose first line is a name.
		if (i == from || ls[i-1].blank()) && lines >= 2 && isName(ls[i].text) && ways(ls, i+1, to) >= 2 {
			if above := lastWritten(ls, from, i); above >= from && farewell(ls[above].text) {
				return above
			}
			return i
		}
	}
	return to
}

// lastWritten is the last line of from..to that is not blank, or from-1.
func lastWritten(ls []line, from, to int) int {
	for to--; to >= from && ls[to].blank(); to-- {
	}
	return to
}

// ways counts the lines that say how to reach somebody.
func ways(ls []line, from, to int) int {
	n := 0
	for ; from < to; from++ {
		if contact.MatchString(ls[from].text) || phone.MatchString(ls[from].text) {
			n++
		}
	}
	return n
}

// plain says whether no line is as long as prose.
func plain(ls []line, from, to int) bool {
	for ; from < to; from++ {
		if utf8.RuneCountInString(ls[from].text) > signatureColumn {
			return false
		}
	}
	return true
}

// isName says whether a line is two to five words that begin with a capital, as names do.
func isName(text string) bool {
	if len(text) > 60 || strings.ContainsAny(text, "!?:;@0123456789") {
		return false
	}
	words := strings.Fields(strings.TrimRight(text, ","))
	capital := 0
	for _, w := range words {
		if r, _ := utf8.DecodeRuneInString(strings.Trim(w, "*_.,(")); unicode.IsUpper(r) || unicode.Is(unicode.Lo, r) {
			capital++
		}
	}
	return len(words) <= 6 && capital >= 1 && capital*2 > len(words)
}

// farewell says whether a line is a complimentary close: "Kind regards,".
func farewell(text string) bool {
	low := strings.ToLower(strings.TrimRight(text, ",.! *_"))
	low = strings.TrimLeft(low, "*_ ")
	return farewells[low]
}

// sentFrom says whether a line is the one that a phone or a program puts under its mails.
func sentFrom(text string) bool {
	if text == "" || utf8.RuneCountInString(text) > 140 {
		return false
	}
	low := strings.ToLower(strings.Trim(text, "<>()[]*_. "))
	for _, ad := range advertisements {
		if strings.HasPrefix(low, ad) {
			return true
		}
	}
	device := false
	for _, d := range devices {
		if strings.Contains(low, d) {
			device = true
			break
		}
	}
	begins := ""
	for _, s := range sents {
		if strings.HasPrefix(low, s) {
			begins = s
			break
		}
	}
	switch {
	case begins == "" && device:
		words := strings.Fields(low)
		return len(words) <= 5 && (strings.Contains(low, "from mobile") || strings.HasPrefix(low, "from my ") || strings.HasPrefix(low, "via "))
	case begins == "":
		return false
	case device:
		return !strings.Contains(low, ", is ") && !strings.Contains(low, " but ") && !strings.Contains(low, " and ")
	}
	// "Sent from my Wiko RIDGE" names a thing nobody has a list of; "Sent from my desk, which is …" is a sentence.
	rest := strings.TrimPrefix(low, begins)
	return len(strings.Fields(rest)) <= 6 && !strings.ContainsAny(rest, ",;?!") && strings.HasSuffix(begins, " my")
}
