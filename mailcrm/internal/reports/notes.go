package reports

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/linker/address"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// A NoteCode names one thing about the sender of a mail that a reader should know before he answers or believes it. Codes are stored and
// translated: they never change.
type NoteCode string

// The notes. What Detail holds is said beside each.
const (
	SeveralFrom       NoteCode = "several_from"        // more than one author; Detail: all but the first, at most 5
	GroupFrom         NoteCode = "group_from"          // From is a group (RFC 6854); Detail: its name
	NoFrom            NoteCode = "no_from"             // no address in From; Detail: what stands there
	NameIsAddress     NoteCode = "name_is_address"     // the display name is another address; Detail: that address
	NameHidesText     NoteCode = "name_hides_text"     // the display name has characters that are not seen or turn the text around; Detail: their names
	MixedScripts      NoteCode = "mixed_scripts"       // the domain mixes alphabets that look alike; Detail: the domain as it looks
	ForeignScript     NoteCode = "foreign_script"      // the domain is written in other letters than Latin; Detail: its ASCII form (punycode)
	LookalikeDomain   NoteCode = "lookalike_domain"    // each letter of the domain looks like a Latin one, none is; Detail: its ASCII form
	UnicodeLocalPart  NoteCode = "unicode_local_part"  // the part before the @ is not ASCII (RFC 6531); Detail: the address
	ReplyElsewhere    NoteCode = "reply_elsewhere"     // answers go to another domain; Detail: the addresses, at most 5
	SentOnBehalf      NoteCode = "sent_on_behalf"      // Sender is of another domain than From; Detail: Sender
	ReturnElsewhere   NoteCode = "return_elsewhere"    // the envelope is of another domain; Detail: Return-Path. Usual for newsletters
	NullSender        NoteCode = "null_sender"         // the envelope has no sender: a machine wrote; Detail is empty
	RepeatedFrom      NoteCode = "repeated_from"       // there are several From fields; Detail: their number
	UnusualFrom       NoteCode = "unusual_from"        // From is malformed, so that programs may read other addresses in it; Detail: as it came
	NameIsOtherDomain NoteCode = "name_names_a_domain" // the display name names a domain that is not the sender's; Detail: that domain
)

// A Note is one thing about a sender.
type Note struct {
	Code   NoteCode
	Detail string // see the code; at most 512 octets, on one line
}

// Notes are what is unusual about the sender of a mail, each code once. They judge nothing: newsletters have several of them.
func Notes(m *mimemail.Message) []Note {
	var n notes
	n.author(m)
	n.others(m)
	return n
}

type notes []Note

func (n *notes) add(code NoteCode, detail string) {
	for _, have := range *n {
		if have.Code == code {
			return
		}
	}
	*n = append(*n, Note{code, cut(strings.Join(strings.Fields(clean(detail, 2048)), " "), 512)})
}

// author looks at From.
func (n *notes) author(m *mimemail.Message) {
	fields := m.Header.All("From")
	if len(fields) > 1 {
		n.add(RepeatedFrom, strconv.Itoa(len(fields)))
	}
	if len(fields) > 0 {
		if name, ok := groupName(fields[0]); ok {
			n.add(GroupFrom, name)
		}
	}
	if ambiguousFrom(m) {
		n.add(UnusualFrom, fields[0])
	}
	var all []string
	for _, a := range m.From[:min(len(m.From), 100)] {
		if a.Normal() != "" {
			all = append(all, a.Address)
		}
	}
	if len(all) == 0 {
		from := ""
		if len(fields) > 0 {
			from = m.Header.Text("From")
		}
		n.add(NoFrom, from)
		return
	}
	if len(all) > 1 {
		n.add(SeveralFrom, strings.Join(all[1:min(len(all), 6)], ", "))
	}
	for _, a := range m.From[:min(len(m.From), 100)] {
		if a.Normal() != "" {
			n.name(a)
			n.letters(a)
			return
		}
	}
}

// name looks at a display name.
func (n *notes) name(a mimemail.Address) {
	own := a.Normal()
	domain := own[strings.LastIndexByte(own, '@')+1:]
	name := cut(a.Name, 1024)
	for _, m := range findMentions([]string{name}) {
		if m.address != own {
			n.add(NameIsAddress, m.written)
			return
		}
	}
	for _, r := range a.Name {
		if what := hidden(r); what != "" {
			n.add(NameHidesText, what)
			break
		}
	}
	for _, word := range strings.Fields(name) {
		word = strings.ToLower(strings.Trim(word, "<>()[]{}\"',;:!?|"))
		if strings.Contains(word, "@") || strings.Count(word, ".") == 0 || len(word) < 5 {
			continue
		}
		word = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(word, "https://"), "http://"), "www.")
		if i := strings.IndexAny(word, "/?#"); i >= 0 {
			word = word[:i]
		}
		if isWebName(word) && !aligned(address.Domain(word), domain) {
			n.add(NameIsOtherDomain, word)
			return
		}
	}
}

// isWebName knows a domain in a text by the endings that people know: "Dr.Smith" and "v2.0" are none.
func isWebName(word string) bool {
	_, last, _ := cutLast(word, ".")
	switch last {
	case "com", "net", "org", "info", "biz", "gov", "edu", "io", "co", "app", "shop", "online", "site", "de", "fr", "uk", "ch", "at", "it", "es", "nl", "be", "eu", "pl", "ru", "us", "ca", "au", "jp", "cn", "br", "pt", "se", "dk", "fi", "no", "cz":
		return address.Domain(word) != ""
	}
	return false
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// others looks at the fields beside From.
func (n *notes) others(m *mimemail.Message) {
	from := ""
	for _, a := range m.From[:min(len(m.From), 100)] {
		if from = domainOf(a.Normal()); from != "" {
			break
		}
	}
	var elsewhere []string
	for _, a := range m.ReplyTo[:min(len(m.ReplyTo), 100)] {
		if d := domainOf(a.Normal()); d != "" && !aligned(d, from) && len(elsewhere) < 5 {
			elsewhere = append(elsewhere, a.Address)
		}
	}
	if len(elsewhere) > 0 && from != "" {
		n.add(ReplyElsewhere, strings.Join(elsewhere, ", "))
	}
	for _, a := range m.Sender[:min(len(m.Sender), 1)] {
		if d := domainOf(a.Normal()); d != "" && from != "" && !aligned(d, from) {
			n.add(SentOnBehalf, a.Address)
		}
	}
	back := m.Header.Get("Return-Path") // the topmost: that is our server's
	if strings.ReplaceAll(strings.TrimSpace(back), " ", "") == "<>" {
		n.add(NullSender, "")
	} else if d := domainOf(normal(back)); d != "" && from != "" && !aligned(d, from) {
		n.add(ReturnElsewhere, bare(back))
	}
}

// groupName is the name of the group that a field begins with: "Undisclosed: a@example.com;" (RFC 5322 §3.4).
func groupName(field string) (string, bool) {
	field = cut(field, 4<<10)
	inQuotes := false
	for i := 0; i < len(field); i++ {
		switch field[i] {
		case '\\':
			i++
		case '"':
			inQuotes = !inQuotes
		case '<', '@', ',', '[', '(':
			if !inQuotes {
				return "", false
			}
		case ':':
			if !inQuotes {
				name := strings.Trim(field[:i], " \t\"")
				return name, name != "" && strings.Contains(field[i:], ";")
			}
		}
	}
	return "", false
}

// ambiguousFrom says whether From is malformed and has more than one @ or bracket, so that programs read different addresses in it.
func ambiguousFrom(m *mimemail.Message) bool {
	field := m.Header.Get("From")
	return (strings.Count(field, "@") > 1 || strings.Count(field, "<") > 1) &&
		slices.ContainsFunc(m.Defects, func(d mimemail.Defect) bool { return d.Code == mimemail.AddressSalvaged })
}
