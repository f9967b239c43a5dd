package reports

import (
	"strings"
)

// maxMentioned bounds the addresses that are looked at in one text.
const maxMentioned = 4 * MaxRecipients

// A mention is an address in a text.
type mention struct {
	address string // normalised
	written string
	line    int
	first   bool // nothing but marks stands before it in its line
	cued    bool // words before it say that it is the recipient
}

// readExplanation reads a bounce that states nothing in the standard form: whom it is about, and what it says about him. Sure says that a
// mail system sent it as a report; otherwise a text that tells of no failure is none.
func (p *paper) readExplanation(sure bool) *Delivery {
	text := p.explanation
	all := strings.Split(text, "\n")
	mentions := findMentions(all)
	named := p.namedRecipients()
	chosen := p.chosenRecipients(named, mentions)
	action := Failed
	if subject := strings.ToLower(p.m.Subject); wordings().delay.hit(subject) && !wordings().bounce.hit(subject) || wordings().waits.hit(strings.ToLower(cut(text, 32<<10))) {
		action = Delayed
	}
	whole := judge(cut(text, maxAbout), "")
	if whole.tellsNothing() {
		whole = judge(p.m.Subject, "") // some say it in the subject alone
	}
	if (whole.tellsNothing() && len(chosen.list) == 0 || whole.weak() && !sure) && len(named) == 0 {
		return nil
	}
	if len(chosen.list) == 0 {
		chosen.list = []string{""}
	}
	written := map[string]string{}
	for _, m := range mentions {
		if written[m.address] == "" {
			written[m.address] = m.written
		}
	}
	d := &Delivery{}
	sections := sectionsOf(all, mentions, chosen.seen)
	budget := maxJudged
	for _, a := range chosen.list {
		said := sections[a]
		j := whole
		if budget -= len(said); budget > 0 {
			j = judge(said, "")
			switch {
			case len(chosen.list) == 1:
				j = j.or(whole)
				j.unsure = j.reason == UserUnknown && unsure(j.status, cut(text, maxAbout))
			case j.tellsNothing():
				j = whole
			}
		}
		if said == "" {
			said = text
		}
		r := Recipient{Address: a, Final: written[a], Action: action, Diagnostic: clean(said, MaxText)}
		r.finish(j)
		d.Recipients = append(d.Recipients, r)
	}
	return d
}

// namedRecipients are those of X-Failed-Recipients.
func (p *paper) namedRecipients() []string {
	var out []string
	for _, v := range p.m.Header.All("X-Failed-Recipients") {
		for _, a := range strings.FieldsFunc(cut(v, 64<<10), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == ';' }) {
			if address := normal(a); address != "" && len(out) < MaxRecipients {
				out = append(out, address)
			}
		}
	}
	return out
}

// chosenRecipients are whom a text is about: those that a field names, else those that the text puts where a recipient stands, else those
// that the returned mail went to, else whoever else is mentioned. The sender of the original and the one who reports are not meant, unless
// nobody else is.
func (p *paper) chosenRecipients(named []string, mentions []mention) bag {
	chosen := bag{}
	for _, a := range named {
		chosen.put(a)
	}
	to, from := p.returnedAddresses()
	own := map[string]bool{from: true}
	for _, a := range p.m.From[:min(len(p.m.From), 100)] {
		own[a.Normal()] = true
	}
	for _, a := range p.m.To[:min(len(p.m.To), 100)] {
		own[a.Normal()] = true
	}
	for _, take := range []func(m mention) bool{
		func(m mention) bool { return (m.first || m.cued) && !own[m.address] },
		func(m mention) bool { return to[m.address] && !own[m.address] },
		func(m mention) bool { return !own[m.address] && !isMailSystem(localPart(m.address)) },
		func(m mention) bool { return (m.first || m.cued) && to[m.address] },
	} {
		if len(chosen.list) > 0 {
			return chosen
		}
		for _, m := range mentions {
			if len(chosen.list) < MaxRecipients && take(m) {
				chosen.put(m.address)
			}
		}
	}
	if len(chosen.list) == 0 && len(to) == 1 { // of several nobody knows which
		for a := range to {
			chosen.put(a)
		}
	}
	return chosen
}

// maxAbout is how many octets of a text are read for the reason of one recipient.
const maxAbout = 16 << 10

// about is what the text beside the fields says about a recipient.
func (p *paper) about(r *Recipient, alone bool) string {
	if alone {
		return cut(p.explanation, maxAbout)
	}
	if p.sections == nil {
		all := strings.Split(p.explanation, "\n")
		p.sections = sectionsOf(all, findMentions(all), nil)
	}
	for _, a := range []string{r.Address, normal(r.Final), normal(r.Original)} {
		if s := p.sections[a]; a != "" && s != "" {
			return s
		}
	}
	return ""
}

// sectionsOf gives each address the lines that name it and those below, up to the next that names another. Only addresses in those that
// count (all when nil) divide.
func sectionsOf(all []string, mentions []mention, count map[string]struct{}) map[string]string {
	out := map[string]string{}
	var current []string
	coded := false // the section began with the answer of a server, as in a transcript: the next answer is about somebody else
	next := 0
	for i, line := range all {
		var here []string
		for next < len(mentions) && mentions[next].line == i {
			a := mentions[next].address
			if _, ok := count[a]; len(here) < 32 && (ok || count == nil) {
				here = append(here, a)
			}
			next++
		}
		begins := strings.TrimLeft(line, " \t<")
		switch answer := replyAt(begins) >= 400; {
		case len(here) > 0:
			current, coded = here, answer && begins == line
		case answer && coded:
			current = nil
		}
		for _, a := range current {
			if s := out[a]; len(s) < MaxText {
				out[a] = s + cut(line, MaxText) + "\n"
			}
		}
	}
	return out
}

// findMentions finds the addresses in lines.
func findMentions(all []string) []mention {
	var out []mention
	for i, line := range all {
		for at := 0; len(out) < maxMentioned; {
			k := strings.IndexByte(line[at:], '@')
			if k < 0 {
				break
			}
			k += at
			begin, end := k, k+1
			for begin > at && k-begin < 128 && isLocal(line[begin-1]) {
				begin--
			}
			for end < len(line) && end-k < 256 && (isDigit(line[end]) || line[end] >= 'a' && line[end] <= 'z' || line[end] >= 'A' && line[end] <= 'Z' || line[end] == '.' || line[end] == '-' || line[end] >= 0x80) {
				end++
			}
			at = max(end, k+1)
			written := strings.Trim(line[begin:end], ".-'=")
			address := normal(written)
			if address == "" || !strings.Contains(written, ".") || strings.HasSuffix(strings.ToLower(line[max(0, begin-12):begin]), "message-id: <") {
				continue
			}
			before := line[:begin]
			out = append(out, mention{
				address: address, written: written, line: i,
				first: strings.Trim(before, " \t<>\"'*-+•|([:&#.0123456789") == "" || strings.EqualFold(strings.Trim(before, " \t<>\"'*-:"), "smtp"),
				cued:  isCue(before),
			})
		}
	}
	return out
}

func isLocal(c byte) bool {
	switch c {
	case ' ', '\t', '<', '>', '(', ')', '[', ']', ',', ';', ':', '"', '\'', '\\', '@', '|':
		return false
	}
	return c > ' ' && c != 0x7f && c < 0x80
}

// isCue says whether the words before an address make it the one that failed.
func isCue(before string) bool {
	before = strings.ToLower(before[max(0, len(before)-80):])
	before = strings.TrimRight(before, " \t<\"':")
	for _, s := range []string{
		"rcpt to", "recipient", "recipients", "delivered to", "delivery to", "deliver to", "mail to", "message to", "intended for", "addressed to", "destination",
		"user", "mailbox", "address", "recipient address", "final-recipient", "original-recipient", "failed to", "wasn't delivered to", "account", "destinataire", "empfänger",
		"destinatario", "destinatário", "получатель", "recipient;", "rfc822;", "\nto", "for", "send to", "sent to", "addressee", "宛先", "mailing list",
	} {
		if strings.HasSuffix(before, s) {
			return true
		}
	}
	return strings.TrimSpace(before) == "to"
}

func localPart(address string) string { return address[:max(0, strings.LastIndexByte(address, '@'))] }

// returnedAddresses are the recipients and the sender of the returned mail.
func (p *paper) returnedAddresses() (to map[string]bool, from string) {
	to = map[string]bool{}
	for _, a := range p.toReturned() {
		to[a] = true
	}
	if p.returned != nil && len(p.returned.From) > 0 {
		from = p.returned.From[0].Normal()
	}
	return to, from
}

func (p *paper) toReturned() []string {
	if p.returned == nil {
		return nil
	}
	var out []string
	for _, a := range p.returned.To {
		if out = append(out, a.Normal()); len(out) == MaxRecipients {
			break
		}
	}
	for _, a := range p.returned.Cc {
		if len(out) == MaxRecipients {
			break
		}
		out = append(out, a.Normal())
	}
	return out
}
