package safehtml

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// A Link is where a link leads and what it says.
type Link struct {
	URL   string // as it stands in the HTML
	Host  string // of http and https, in ASCII, as a browser resolves it; the domain of a mailto
	Shown string // Host for people: in its own script where that cannot be taken for another name, else in ASCII ("xn--…")
	Text  string // on one line, at most 200 characters
	// Deceptive says that the text names another host than the link leads to.
	Deceptive bool
}

// maxSaid bounds the words of a link's text that are looked at.
const maxSaid = 50

// isDeceptive says whether a link's text names a host that is not the one it leads to. Another host of the same domain is no lie: newsletters
// count clicks.
func isDeceptive(text string, t target) bool {
	if t.host == "" {
		return false
	}
	if said := saidHost(text); said != "" {
		return domain(said) != domain(t.host)
	}
	for i, word := range strings.Fields(text) {
		if i == maxSaid {
			break
		}
		word = strings.TrimLeft(word, "<([{\"'«“„")
		lower := strings.ToLower(word)
		if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "www.") {
			continue
		}
		if said := saidHost(word); said != "" && domain(said) != domain(t.host) {
			return true
		}
	}
	return false
}

// domain is roughly what somebody registered: two labels, or three below "co.uk" and the like. Addresses are themselves.
func domain(host string) string {
	host = strings.TrimSuffix(host, ".")
	labels := strings.Split(host, ".")
	n := len(labels)
	if n <= 2 || strings.HasPrefix(host, "[") || strings.Trim(host, "0123456789.") == "" {
		return host
	}
	if len(labels[n-1]) == 2 && len(labels[n-2]) <= 3 {
		return strings.Join(labels[n-3:], ".")
	}
	return strings.Join(labels[n-2:], ".")
}

// files are endings of names of files: "offer.pdf" names no host.
var files = set(`asp aspx avi bmp css csv doc docm docx eml gif gz htm html ics jpeg jpg js json jsp mp3 mp4 msg odp ods odt pdf php png ppt pptx rar rtf
	svg tar tif tiff txt vcf wav webp xls xlsm xlsx xml zip`)

// saidHost is the host that a text names, if it is a URL, a host name or an address.
func saidHost(text string) string {
	text = strings.Trim(text, " \t\r\n<>()[]\"'.,;!?»”")
	if text == "" || strings.ContainsAny(text, " \t\r\n") {
		return ""
	}
	if scheme, _ := cutScheme(text); scheme == "http" || scheme == "https" || scheme == "mailto" {
		return parseURL(text).host
	}
	if i := strings.LastIndexByte(text, '@'); i > 0 {
		text = text[i+1:]
	}
	host, _, _ := strings.Cut(text, "/")
	host, _, _ = strings.Cut(host, ":")
	host = asciiHost(host)
	dot := strings.LastIndexByte(host, '.')
	if dot <= 0 || len(host)-dot < 3 {
		return ""
	}
	if files[host[dot+1:]] {
		return ""
	}
	for _, c := range host[dot+1:] {
		if c >= '0' && c <= '9' && !strings.HasPrefix(host[dot+1:], "xn--") {
			return "" // a file or a version, not a domain
		}
	}
	return host
}

// scripts are those of names that may be shown as they are written, each only where the whole name is of it: the last label says what a
// reader expects.
var scripts = []*unicode.RangeTable{
	unicode.Arabic, unicode.Armenian, unicode.Bengali, unicode.Cyrillic, unicode.Devanagari, unicode.Georgian, unicode.Greek, unicode.Gujarati,
	unicode.Hangul, unicode.Hebrew, unicode.Tamil, unicode.Telugu, unicode.Thai,
}

// shownHost writes a host for people. Latin letters of the languages of Europe are shown under any domain; another script is shown when all
// labels are written in it, and never beside Latin or another: "аррӏе.com" stays "xn--…".
func shownHost(host string) string {
	if !strings.Contains(host, "xn--") {
		return host
	}
	name, err := idna.Display.ToUnicode(host)
	if err != nil {
		return host
	}
	if back, err := idna.Lookup.ToASCII(name); err != nil || !strings.EqualFold(back, host) {
		return host
	}
	if isOf(name, isPlainLatin) {
		return name
	}
	for _, script := range scripts {
		if isOf(name, func(r rune) bool { return unicode.Is(script, r) || unicode.Is(unicode.Mn, r) }) {
			return name
		}
	}
	if isOf(name, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r == 'ー' }) {
		return name
	}
	return host
}

func isOf(name string, letter func(rune) bool) bool {
	for _, r := range name {
		if r != '.' && r != '-' && (r < '0' || r > '9') && !letter(r) {
			return false
		}
	}
	return true
}

// isPlainLatin knows the letters of ASCII, Latin-1 and Latin Extended-A, but those that look like others.
func isPlainLatin(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'ß' && r <= 'ž' && r != '÷' && r != 'ı' && r != 'ĸ' && r != 'ŀ' && r != 'þ'
}
