package mimemail

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// An Original says who wrote the mail that was forwarded in this one. It is a finding, never an authority: whoever forwards can write
// there what he likes, so a link that rests on it has to say How it was found.
type Original struct {
	From      Address   // with an address
	Date      time.Time // zero when it was not stated or is in a form that only people read; without a zone it is taken as UTC
	Written   string    // the date as it was written, on one line
	Subject   string
	MessageID string // of an attached mail; empty otherwise
	Path      string // Part.Path of the attached mail; empty otherwise
	How       OriginalHow
	// Confidence is how sure it is that this is a forwarded mail and that it was read right; it says nothing about whether it is true.
	Confidence Confidence
}

// OriginalHow says where an [Original] was found.
type OriginalHow string

// Where an [Original] was found. The words are stored and translated: they never change.
const (
	Attached OriginalHow = "attached" // a mail that was forwarded as an attachment: its header
	Inline   OriginalHow = "inline"   // lines such as "From:", "Date:" in the text
)

// A Confidence is one of three.
type Confidence string

// High: the header of an attached mail. Medium: lines in the text under a line, or in a mail with a subject, that says "forwarded". Low:
// such lines alone, which a reply has too.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// The bounds of [Message.Original].
const (
	maxAttachedHead = 64 << 10  // octets of an attached mail that are read
	maxAttached     = 4         // attached mails that are looked at
	maxOriginalText = 256 << 10 // octets of text or HTML that are looked at
	maxBlockGap     = 2         // empty lines between two lines of a block
	maxLabel        = 40        // octets of "From"
)

// Original finds the mail that was forwarded in this one: first as an attachment, then in the text as Gmail, Outlook, Apple Mail,
// Thunderbird and their like write it, in two dozen languages. ok is false where nothing with an address was found. In a report (DSN, MDN)
// the attached mail is the one that is reported, which is no original.
func (m *Message) Original() (o Original, ok bool) {
	if m.attached != nil {
		return *m.attached, true
	}
	if o, ok = findBlock(cut(m.Text, maxOriginalText)); !ok && m.HTML != "" {
		o, ok = findBlock(htmlLines(cut(m.HTML, maxOriginalText)))
	}
	if ok && o.Confidence == Low && isForwardSubject(m.Subject) {
		o.Confidence = Medium
	}
	return o, ok
}

// readAttached reads the headers of the mails that were attached, until one says who wrote it.
func (m *Message) readAttached(leaves []*leaf) {
	for _, l := range leaves {
		if len(l.head) == 0 || !isAttachedMail(&l.Part) {
			continue
		}
		if in, err := Parse(bytes.NewReader(l.head), &Options{MaxText: 1, MaxParts: 1, shallow: true}); err == nil {
			for _, from := range append(in.From, in.Sender...) {
				if from.Normal() == "" {
					continue
				}
				m.attached = &Original{
					From: from, Date: in.Date, Written: in.Header.Text("Date"), Subject: in.Subject, MessageID: in.MessageID,
					Path: l.Path, How: Attached, Confidence: High,
				}
				return
			}
		}
	}
}

// isAttachedMail says whether a part is a mail, by its type or its name.
func isAttachedMail(p *Part) bool {
	return isMessage(p.MediaType) || strings.HasSuffix(strings.ToLower(p.FileName), ".eml") &&
		(p.MediaType == "application/octet-stream" || strings.HasPrefix(p.MediaType, "text/") && p.Disposition == "attachment")
}

// A block is what the lines of a forwarded mail's header say.
type block struct {
	values    [kinds]string
	last      label
	fields    int
	gap       int
	separated bool // a line before it says that a mail was forwarded
}

// findBlock finds the first block in a text that names a sender with an address.
func findBlock(text string) (o Original, ok bool) {
	var b block
	separated := 0 // lines since one that said "forwarded"; 0 for none
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "> \u00a0|"))
		if separated > 0 {
			if separated++; separated > 12 {
				separated = 0
			}
		}
		if line == "" {
			if b.gap++; b.fields > 0 && b.gap > maxBlockGap {
				if o, ok = b.original(); ok {
					return o, true
				}
				b = block{}
			}
			continue
		}
		if isSeparator(line) {
			separated = 1
		}
		what, value := cutLabel(line)
		switch {
		case what != none && b.values[what] == "" && (b.fields > 0 || what != carbonCopy):
			if b.fields == 0 {
				b.separated = separated > 0
			}
			b.fields++
			b.values[what], b.last, b.gap = value, what, 0
			if value == "" {
				b.values[what] = " " // on the next line
			}
		case b.fields > 0 && b.gap == 0 && isField([]byte(line)): // one that says nothing of use
		case b.fields > 0 && b.gap == 0 && b.continues(line):
		case b.fields > 0:
			if o, ok = b.original(); ok {
				return o, true
			}
			b = block{}
		}
	}
	return b.original()
}

// continues takes a line that was broken off the one before.
func (b *block) continues(line string) bool {
	v := &b.values[b.last]
	switch {
	case *v == " ":
		*v = line
	case b.last == sender && strings.IndexByte(*v, '@') < 0 && strings.IndexByte(line, '@') >= 0, b.last == recipients || b.last == carbonCopy || b.last == title:
		if len(*v) > maxSubject {
			return b.last != title
		}
		*v += " " + line
	default:
		return false
	}
	return true
}

// original is what the block says, if that is a mail.
func (b *block) original() (o Original, ok bool) {
	if b.fields < 3 && (b.fields < 2 || !b.separated) || b.values[sender] == "" {
		return o, false
	}
	value := strings.Map(func(r rune) rune {
		if r == '*' || r == '\u200e' || r == '\u200f' {
			return -1
		}
		return r
	}, b.values[sender])
	if before, after, found := strings.Cut(value, "[mailto:"); found { // Outlook
		address, _, _ := strings.Cut(after, "]")
		value = before + "<" + address + ">"
	}
	for _, a := range parseAddresses(cut(value, maxSubject), "", nil, nil) {
		if a.Normal() != "" {
			o.From = a
			break
		}
	}
	if o.From.Normal() == "" {
		return Original{}, false
	}
	o.Subject = cut(oneLine(b.values[title]), maxSubject)
	o.Written = cut(oneLine(b.values[moment]), 256)
	o.Date = spokenDate(o.Written)
	o.How, o.Confidence = Inline, Low
	if b.separated {
		o.Confidence = Medium
	}
	return o, true
}

// spokenDate reads what mail programs write for people, where the name of the month is one that is known: "Mon, Mar 3, 2026 at 10:15 PM",
// "mar. 3 févr. 2026 à 22:15".
func spokenDate(s string) time.Time {
	s = englishMonth(strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(s))
	half := time.Duration(0)
	for _, word := range []string{" PM", " pm", " p.m."} {
		if before, _, found := strings.Cut(s, word); found {
			s, half = before, 12*time.Hour
		}
	}
	for _, word := range []string{" AM", " am", " a.m."} {
		if before, _, found := strings.Cut(s, word); found {
			s, half = before, -12*time.Hour
		}
	}
	t, ok := parseDate(strings.ReplaceAll(s, " at ", " "))
	switch {
	case !ok:
		return time.Time{}
	case half > 0 && t.Hour() < 12, half < 0 && t.Hour() == 12:
		return t.Add(half)
	}
	return t
}

// englishMonth puts the English name in the place of that of a month. Of several the last is it: "mar." is also a Tuesday.
func englishMonth(s string) string {
	words := strings.Fields(s)
	last := -1
	for i, word := range words {
		month := monthOf(strings.ToLower(word))
		if month == 0 {
			if n := strings.TrimRight(word, ".,"); n != "" && n[0] >= '0' && n[0] <= '9' {
				words[i] = n // "3." is a day
			}
			continue
		}
		if last >= 0 {
			words[last] = ""
		}
		words[i], last = time.Month(month).String()[:3], i
	}
	return strings.Join(words, " ")
}

// monthOf is the number of a month, 0 for what is none.
func monthOf(word string) int {
	for i, beginnings := range months {
		for _, beginning := range beginnings {
			if strings.HasPrefix(word, beginning) {
				return i + 1
			}
		}
	}
	return 0
}

// cutLabel reads "From: …" in the languages that are known.
func cutLabel(line string) (what label, value string) {
	i := strings.IndexAny(line, ":：")
	if i <= 0 || i > maxLabel {
		return none, ""
	}
	_, size := utf8.DecodeRuneInString(line[i:])
	name := strings.Trim(strings.ReplaceAll(line[:i], "\u00a0", " "), " *_\u3000")
	what, found := labels[strings.ToLower(name)]
	if !found {
		return none, ""
	}
	return what, strings.Trim(line[i+size:], " *_\u00a0\u3000")
}

// isSeparator knows the line that stands before a forwarded mail.
func isSeparator(line string) bool {
	if len(line) > 200 {
		return false
	}
	line = strings.ToLower(line)
	for _, words := range separators {
		if strings.Contains(line, words) {
			return true
		}
	}
	return false
}

// isForwardSubject knows the beginning that mail programs put before the subject of a mail that is forwarded.
func isForwardSubject(subject string) bool {
	for range 4 { // "Re: Fwd: …"
		i := strings.IndexAny(subject, ":：")
		if i <= 0 || i > 24 {
			return false
		}
		_, size := utf8.DecodeRuneInString(subject[i:])
		if forwards[strings.ToLower(strings.TrimSpace(subject[:i]))] {
			return true
		}
		subject = subject[i+size:]
	}
	return false
}

// htmlLines makes lines of an HTML document, for finding a block in it and nothing else.
func htmlLines(doc string) string {
	z := html.NewTokenizer(strings.NewReader(doc))
	var out strings.Builder
	hidden := atom.Atom(0)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return out.String()
		case html.TextToken:
			if hidden == 0 {
				text := html.UnescapeString(string(z.Raw()))
				out.WriteString(strings.Map(func(r rune) rune {
					if r == '\n' || r == '\r' || r == '\t' {
						return ' '
					}
					return r
				}, text))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch a := atom.Lookup(name); {
			case a == atom.Style || a == atom.Script || a == atom.Title:
				hidden = a
			case a == atom.Td || a == atom.Th:
				out.WriteByte(' ') // Outlook on the web puts label and value beside each other
			case !isPhrasing(a):
				out.WriteByte('\n')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if a := atom.Lookup(name); a == hidden {
				hidden = 0
			} else if a == atom.P || a == atom.Div || a == atom.Tr {
				out.WriteByte('\n')
			}
		}
	}
}
