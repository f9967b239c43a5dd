package mailcrmtest

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// MakerOptions say what mailbox [Make] makes. Equal options make equal bytes, on every machine and with every release.
type MakerOptions struct {
	// Seed chooses everything that is left to chance.
	Seed uint64
	// Messages is how many mails there are. Defaults to 1,000.
	Messages int
	// Own is the address of the mailbox's owner. Defaults to "jeanne.martin@demo.example".
	Own string
	// OwnName is the owner's name. Defaults to "Jeanne Martin".
	OwnName string
	// People are the correspondents that a CRM knows. Defaults to one for seven mails, from 20 to 3,000 of them.
	People []Person
	// StrangerPercent is the share of threads with somebody whom no CRM knows, some of whom have an address that looks
	// like a known one. Defaults to 12; negative is none.
	StrangerPercent int
	// AttachmentPercent is the share of mails with one or two attachments of 20 to 400 KB. Defaults to 10; negative is
	// none.
	AttachmentPercent int
	// Start is the date of the first mail. Defaults to 2 January 2024, 08:00 UTC.
	Start time.Time
	// Step is the time between two mails. Defaults to 70 minutes.
	Step time.Duration
	// Spread uses Archive, Junk, Trash, Drafts and Projets/Été beside INBOX and Sent. Defaults to false.
	Spread bool
}

// A Person is somebody whom a CRM knows by an address.
type Person struct {
	Name     string
	Address  string // lower case
	Company  string
	Language string // "fr", "en" or "de"
}

func (o MakerOptions) defaults() MakerOptions {
	if o.Messages <= 0 {
		o.Messages = 1000
	}
	if o.Own == "" {
		o.Own = "jeanne.martin@demo.example"
	}
	if o.OwnName == "" {
		o.OwnName = "Jeanne Martin"
	}
	o.StrangerPercent = percentage(o.StrangerPercent, 12)
	o.AttachmentPercent = percentage(o.AttachmentPercent, 10)
	if o.Start.IsZero() {
		o.Start = time.Date(2024, 1, 2, 8, 0, 0, 0, time.UTC)
	}
	if o.Step <= 0 {
		o.Step = 70 * time.Minute
	}
	return o
}

func percentage(given, usual int) int {
	switch {
	case given == 0:
		return usual
	case given < 0:
		return 0
	}
	return min(given, 100)
}

// Correspondents are the known people of a mailbox: options.People, or those that [Make] invents for the same options.
func Correspondents(options MakerOptions) []Person {
	o := options.defaults()
	if len(o.People) > 0 {
		return slices.Clone(o.People)
	}
	d := newDice(o.Seed ^ 0xc0ffee)
	people := make([]Person, min(max(o.Messages/7, 20), 3000))
	companies := max(len(people)/5, 4)
	for i := range people {
		people[i] = invent(d, i, companies)
	}
	return people
}

// invent makes a person of one of so many companies; the number keeps addresses apart.
func invent(d *dice, number, companies int) Person {
	c := d.below(companies)
	name := companyNames[c%len(companyNames)]
	language := languages[c%len(languages)]
	first, last := pick(d, firstNames), pick(d, lastNames)
	return Person{
		Name:     first + " " + last,
		Address:  fmt.Sprintf("%s.%s%d@%s%d.test", toASCII(first), toASCII(last), number, toASCII(name), c),
		Company:  fmt.Sprintf("%s %d %s", name, c, companyForms[c%len(companyForms)]),
		Language: language,
	}
}

// toASCII is what is left of a name in an address.
func toASCII(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if plain, ok := plainLetters[r]; ok {
			b.WriteString(plain)
		} else if r >= 'a' && r <= 'z' || r == '-' {
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return "info"
	}
	return b.String()
}

// Make yields the mails of a mailbox by date, oldest first: threads with References, plain text and HTML, names and
// subjects in several scripts, replies with quoted text, signature pictures, mailing lists, attachments. It holds no
// more than one mail and the last 200 threads, and may be ranged over again.
func Make(options MakerOptions) iter.Seq[Mail] {
	o := options.defaults()
	return func(yield func(Mail) bool) {
		m := newMaker(o)
		for i := range o.Messages {
			if !yield(m.mail(i)) {
				return
			}
		}
	}
}

// maker is the state of one run.
type maker struct {
	MakerOptions
	dice    *dice
	people  []Person
	known   map[string]bool
	threads []*thread // the last few, oldest first
	noise   []byte    // attachments are pieces of it
}

const (
	openThreads = 200
	noiseBytes  = 401 << 10
)

type thread struct {
	subject  string
	with     Person
	ids      []string
	lastText string
	lastFrom string
	lastDate time.Time
}

func newMaker(o MakerOptions) *maker {
	m := &maker{MakerOptions: o, dice: newDice(o.Seed), people: Correspondents(o), known: map[string]bool{}}
	for _, p := range m.people {
		m.known[strings.ToLower(p.Address)] = true
	}
	m.noise = make([]byte, noiseBytes)
	m.dice.fill(m.noise)
	return m
}

func (m *maker) mail(number int) Mail {
	d := m.dice
	date := m.Start.Add(time.Duration(number) * m.Step)
	if d.percent(7) {
		return m.circular(number, date)
	}
	var t *thread
	if len(m.threads) > 0 && d.percent(55) {
		t = m.threads[d.below(len(m.threads))]
	} else {
		with := m.someone(number)
		t = &thread{with: with, subject: fill(d, pick(d, subjects[with.Language]))}
		if m.threads = append(m.threads, t); len(m.threads) > openThreads {
			m.threads = m.threads[1:]
		}
	}
	own := mailbox{m.OwnName, m.Own}
	other := mailbox{t.with.Name, t.with.Address}
	if d.percent(3) { // a mail program that writes addresses as they were typed
		other.address = strings.ToUpper(other.address[:1]) + other.address[1:]
	}
	l := &letter{from: other, to: []mailbox{own}, subject: t.subject, date: date, references: slices.Clone(t.ids)}
	sent := len(t.ids)%2 == 1
	if sent {
		l.from, l.to = own, []mailbox{other}
	}
	if len(t.ids) > 0 {
		l.subject = replyPrefix[t.with.Language] + t.subject
	}
	for n := max(0, d.below(12)-8); n > 0; n-- {
		p := pick(d, m.people)
		l.cc = append(l.cc, mailbox{p.Name, p.Address})
	}
	l.id = fmt.Sprintf("%08x.%d@%s", uint32(d.next()), number, domainOf(l.from.address))
	if !sent {
		m.arrive(l, date)
	}
	text := m.words(t, l.from.name)
	m.write(l, t, text, number)
	t.ids = append(t.ids, l.id)
	if len(t.ids) > 10 { // as mail programs shorten References: the first and the last nine
		t.ids = slices.Delete(t.ids, 1, 2)
	}
	t.lastText, t.lastFrom, t.lastDate = text, l.from.name, date
	return m.finish(l, sent)
}

// someone begins a thread: mostly a known person, else a stranger.
func (m *maker) someone(number int) Person {
	d := m.dice
	known := pick(d, m.people)
	if !d.percent(m.StrangerPercent) {
		return known
	}
	stranger := invent(d, number, 1000)
	stranger.Address = "new-" + stranger.Address
	local, domain, _ := strings.Cut(known.Address, "@")
	switch d.below(8) { // those that a careless search would take for the known one
	case 0:
		stranger.Address = "x" + known.Address
	case 1:
		stranger.Address = known.Address + ".example"
	case 2:
		stranger.Address = local + "+shop@" + domain
	case 3:
		stranger.Name = known.Address
	}
	if m.known[stranger.Address] {
		return known
	}
	return stranger
}

// arrive adds what servers on the way add.
func (m *maker) arrive(l *letter, date time.Time) {
	domain := domainOf(l.from.address)
	l.trace = []field{
		{"Return-Path", "<" + l.from.address + ">"},
		{"Received", fmt.Sprintf("from mx.%s (mx.%s [192.0.2.%d])\r\n\tby in.%s (Postfix) with ESMTPS id %08X\r\n\tfor <%s>; %s",
			domain, domain, 1+m.dice.below(250), domainOf(m.Own), uint32(m.dice.next()), m.Own, date.Format(time.RFC1123Z))},
		{"Authentication-Results", "in." + domainOf(m.Own) + "; dkim=pass header.d=" + domain + "; spf=pass smtp.mailfrom=" + domain},
	}
}

// words are a new text in the thread's language, signed.
func (m *maker) words(t *thread, from string) string {
	d, lang := m.dice, t.with.Language
	var b strings.Builder
	b.WriteString(pick(d, greetings[lang]) + "\n\n")
	of := sentences[lang]
	// Each sentence at most once in a mail: there are more of them than 3 paragraphs of 5 take, and 7 is prime to them.
	at := d.below(len(of))
	for paragraphs := 1 + d.below(3); paragraphs > 0; paragraphs-- {
		for n := 2 + d.below(4); n > 0; n-- {
			b.WriteString(fill(d, of[at]))
			b.WriteByte(' ')
			at = (at + 7) % len(of)
		}
		b.WriteString("\n\n")
	}
	b.WriteString(pick(d, closings[lang]) + "\n" + from + "\n")
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

// fill puts numbers and things where a sentence leaves room for them.
func fill(d *dice, sentence string) string {
	for _, slot := range []struct {
		name       string
		from, upTo int
	}{{"{n}", 2, 97}, {"{h}", 9, 17}, {"{w}", 1, 52}} {
		for strings.Contains(sentence, slot.name) {
			sentence = strings.Replace(sentence, slot.name, fmt.Sprint(slot.from+d.below(slot.upTo-slot.from+1)), 1)
		}
	}
	for strings.Contains(sentence, "{ref}") {
		sentence = strings.Replace(sentence, "{ref}", fmt.Sprintf("%c-%05d", 'A'+rune(d.below(6)), d.below(100_000)), 1)
	}
	return sentence
}

// write makes the body: the text, what is quoted, the HTML and the files.
func (m *maker) write(l *letter, t *thread, text string, number int) {
	d := m.dice
	l.text = text
	quoted := ""
	if t.lastText != "" {
		quoted = shorten(t.lastText, 2000)
		l.text += "\n" + fmt.Sprintf(quoteLine[t.with.Language], t.lastDate.Format("02/01/2006 15:04"), t.lastFrom) +
			"\n> " + strings.ReplaceAll(strings.TrimSpace(quoted), "\n", "\n> ") + "\n"
	}
	files := d.percent(m.AttachmentPercent)
	if files || !d.percent(15) {
		l.html = m.html(text, quoted)
		if l.from.address == t.with.Address && d.percent(25) {
			company := t.with.Company
			l.inline = []file{{name: "logo.png", kind: "image/png", data: logo(company, 64), id: fmt.Sprintf("logo%d@%s", number, domainOf(t.with.Address))}}
			l.html = strings.Replace(l.html, "</body>", `<p><img src="cid:`+l.inline[0].id+`" alt="`+escape(company)+`" width="64"></p></body>`, 1)
		}
	}
	if !files {
		return
	}
	for n := 1 + d.below(10)/8; n > 0; n-- {
		l.files = append(l.files, m.attachment(t.with.Language))
	}
}

func (m *maker) html(text, quoted string) string {
	var b strings.Builder
	b.WriteString("<html><body style=\"font-family:Calibri,Arial,sans-serif;font-size:11pt\">\n")
	writeParagraphs(&b, text)
	if quoted != "" {
		b.WriteString("<blockquote type=\"cite\" style=\"margin:0 0 0 8px;border-left:2px solid #ccc;padding-left:8px\">\n")
		writeParagraphs(&b, quoted)
		b.WriteString("</blockquote>\n")
	}
	b.WriteString("</body></html>")
	return b.String()
}

func writeParagraphs(b *strings.Builder, text string) {
	for p := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		b.WriteString("<p style=\"margin:0 0 12px 0\">" + strings.ReplaceAll(escape(p), "\n", "<br>\n") + "</p>\n")
	}
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

// shorten cuts at a line end.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return s[:strings.LastIndexByte(s[:limit], '\n')+1]
}

// attachment is 20 to 400 KB that do not compress; one in six is a document that many mails carry.
func (m *maker) attachment(language string) file {
	d := m.dice
	kind := pick(d, fileKinds)
	if d.below(6) == 0 {
		size := (40 + 30*len(language)) << 10
		return file{name: termsOfSale[language], kind: "application/pdf", data: append([]byte("%PDF-1.4\n"), m.noise[:size]...)}
	}
	size := (20 + d.below(380)) << 10
	from := d.below(len(m.noise) - size)
	return file{
		name: fill(d, pick(d, fileNames[language])) + "." + kind.extension, kind: kind.mime,
		data: append([]byte(kind.magic), m.noise[from:from+size-len(kind.magic)]...),
	}
}

// circular is a mailing: HTML only, to many, with a way out (RFC 2369, RFC 8058).
func (m *maker) circular(number int, date time.Time) Mail {
	d := m.dice
	p := pick(d, m.people)
	from := mailbox{p.Company, "news@" + domainOf(p.Address)}
	if d.percent(30) {
		from = mailbox{p.Name, p.Address} // a known person who writes to many
	}
	l := &letter{from: from, to: []mailbox{{m.OwnName, m.Own}}, date: date, subject: fill(d, pick(d, newsSubjects[p.Language]))}
	l.id = fmt.Sprintf("news.%d.%08x@%s", number, uint32(d.next()), domainOf(p.Address))
	m.arrive(l, date)
	l.more = []field{
		{"List-Id", "<news." + domainOf(p.Address) + ">"},
		{"List-Unsubscribe", fmt.Sprintf("<https://news.%s/u/%08x>", domainOf(p.Address), uint32(d.next()))},
		{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
		{"Precedence", "bulk"},
	}
	var b strings.Builder
	b.WriteString("<html><body><table width=\"600\" cellpadding=\"0\" cellspacing=\"0\" align=\"center\">\n")
	for n := 4 + d.below(12); n > 0; n-- {
		fmt.Fprintf(&b, "<tr><td style=\"padding:12px;border-bottom:1px solid #eee\"><img src=\"https://img.%s/%d.jpg\" width=\"560\" alt=\"\"><h2>%s</h2><p>%s %s</p></td></tr>\n",
			domainOf(p.Address), d.below(1000), escape(fill(d, pick(d, subjects[p.Language]))),
			escape(fill(d, pick(d, sentences[p.Language]))), escape(fill(d, pick(d, sentences[p.Language]))))
	}
	b.WriteString("</table></body></html>")
	l.html = b.String()
	return m.finish(l, false)
}

// finish chooses folder and flags and says who must be linked.
func (m *maker) finish(l *letter, sent bool) Mail {
	d := m.dice
	mail := Mail{Folder: inbox, Date: l.date, Raw: l.bytes()}
	switch {
	case sent:
		mail.Folder = "Sent"
	case m.Spread:
		mail.Folder = pick(d, spreadFolders)
	}
	if sent || d.percent(80) {
		mail.Flags = append(mail.Flags, `\Seen`)
	}
	if mail.Folder == "Drafts" {
		mail.Flags = append(mail.Flags, `\Draft`)
	}
	if d.percent(3) {
		mail.Flags = append(mail.Flags, `\Flagged`)
	}
	for _, list := range [][]mailbox{{l.from}, l.to, l.cc} {
		for _, p := range list {
			if a := strings.ToLower(p.address); m.known[a] {
				mail.Known = append(mail.Known, a)
			}
		}
	}
	slices.Sort(mail.Known)
	mail.Known = slices.Compact(mail.Known)
	return mail
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}
