package mailcrmtest

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Demo yields the mailbox of Jeanne Martin (jeanne.martin@demo.example) as it is at an instant, oldest mail first: some
// hundred French and English mails of the last eighty days in INBOX, Sent, Archive, Drafts, Trash, Junk and
// Clients/Nordwind. Quotes become orders and invoices; somebody complains; somebody does not pay; a mail bounces; a
// stranger asks; a newsletter, a forged change of bank details and a page of hostile HTML came too. Dates fall on working
// days in the zone of now, the newest half an hour before it. Equal instants make equal bytes.
func Demo(now time.Time) iter.Seq[Mail] { return DemoOf("jeanne", now) }

// DemoOf yields the mailbox of an agent of the [Cast]. Marc's holds his copies of what Jeanne's holds of him, and
// nothing else. An agent that is not in the cast has no mail.
func DemoOf(agent string, now time.Time) iter.Seq[Mail] {
	return func(yield func(Mail) bool) {
		cast := Cast()
		i := slices.IndexFunc(cast.Agents, func(a Agent) bool { return a.ID == agent })
		if i < 0 {
			return
		}
		s := &story{now: now.Truncate(time.Second), known: cast.Addresses()}
		s.tell()
		slices.SortStableFunc(s.told, func(a, b *told) int { return a.letter.date.Compare(b.letter.date) })
		for _, t := range s.told {
			if m, ok := s.mail(t, cast.Agents[i].Address); ok && !yield(m) {
				return
			}
		}
	}
}

// story collects what happened.
type story struct {
	now   time.Time
	known map[string][]string
	told  []*told
}

func (s *story) tell() {
	s.nordwind()
	s.lumiere()
	s.brasserie()
	s.bastide()
	s.saintAubin()
	s.delorme()
	s.hartley()
	s.maple()
	s.ruche()
	s.suppliers()
	s.office()
	s.strangers()
}

// told is a mail with its place in Jeanne's mailbox.
type told struct {
	letter *letter
	folder string
	flags  []string
	sent   bool
}

// note is what is particular about a mail.
type note struct {
	to, cc   []actor // of the first mail of a talk that Jeanne begins; later ones answer to all
	files    []file
	subject  string // instead of the talk's
	folder   string // instead of the talk's
	html     string // instead of the one made of the text
	more     []field
	unread   bool
	starred  bool
	unsigned bool // no signature
	plain    bool // text only
	latin1   bool
	private  bool // from the second address
	receipt  bool // asks for one
	forged   bool // fails authentication
	fresh    bool // not an answer: nothing is quoted, the thread goes on by its subject only
}

// talk is a thread.
type talk struct {
	s        *story
	subject  string
	language string
	folder   string // of received mails
	ids      []string
	last     *told
	said     said
}

// said is what a mail quotes.
type said struct {
	by     actor
	at     time.Time
	text   string
	before *said
}

func (s *story) talk(language, folder, subject string) *talk {
	return &talk{s: s, language: language, folder: folder, subject: subject}
}

// in is a mail to Jeanne, so many working days ago at a time of day, or at a span before now when days is 0: "35m".
func (t *talk) in(days int, clock string, from actor, n note, text string) *told {
	l := t.write(days, clock, from, n, text)
	l.to = []mailbox{jeanneMartin.mailbox()}
	for _, c := range n.to {
		l.to = append(l.to, c.mailbox())
	}
	l.cc = mailboxes(n.cc)
	domain := domainOf(l.from.address)
	result := fmt.Sprintf("mx.demo.example; dkim=pass header.d=%s; spf=pass smtp.mailfrom=%s; dmarc=pass header.from=%s", domain, domain, domain)
	server := "mail." + domain
	if n.forged {
		server = "vps-4411.hebergeur.example"
		result = fmt.Sprintf("mx.demo.example; dkim=none; spf=fail smtp.mailfrom=%s; dmarc=fail header.from=%s", domain, domain)
	}
	l.trace = []field{
		{"Return-Path", "<" + l.from.address + ">"},
		{"Delivered-To", jeanneMartin.address},
		{"Received", fmt.Sprintf("from %s (%s [192.0.2.%d])\r\n\tby mx.demo.example (Postfix) with ESMTPS id %s\r\n\tfor <%s>; %s",
			server, server, 1+len(t.s.told)%250, strings.ToUpper(hash(l.id)[:10]), jeanneMartin.address, l.date.Add(2*time.Second).Format(time.RFC1123Z))},
		{"Authentication-Results", result},
	}
	if from.program != "" {
		l.more = append([]field{{"User-Agent", from.program}}, l.more...)
	}
	told := &told{letter: l, folder: cmp.Or(n.folder, t.folder, inbox)}
	if !n.unread {
		told.flags = append(told.flags, `\Seen`)
	}
	if n.starred {
		told.flags = append(told.flags, `\Flagged`)
	}
	return t.keep(told, from, text)
}

// out is a mail of Jeanne's.
func (t *talk) out(days int, clock string, n note, text string) *told {
	l := t.write(days, clock, jeanneMartin, n, text)
	l.to, l.cc = mailboxes(n.to), mailboxes(n.cc)
	if t.last != nil && len(n.to) == 0 {
		t.answer(l)
	}
	l.more = append([]field{{"User-Agent", "Mozilla Thunderbird"}}, l.more...)
	told := &told{letter: l, folder: cmp.Or(n.folder, "Sent"), flags: []string{`\Seen`}, sent: true}
	if told.folder == "Drafts" {
		told.flags = append(told.flags, `\Draft`)
	} else if t.last != nil && !t.last.sent && !n.fresh {
		flags := append(t.last.flags, `\Answered`, `\Seen`)
		slices.Sort(flags)
		t.last.flags = slices.Compact(flags)
	}
	return t.keep(told, jeanneMartin, text)
}

// answer addresses a mail to those who had a part in the last one.
func (t *talk) answer(l *letter) {
	last := t.last.letter
	if t.last.sent {
		l.to, l.cc = last.to, append(l.cc, last.cc...)
		return
	}
	l.to = []mailbox{last.from}
	for _, list := range [][]mailbox{last.to, last.cc} {
		for _, m := range list {
			if m.address != jeanneMartin.address {
				l.cc = append(l.cc, m)
			}
		}
	}
}

func (t *talk) keep(told *told, by actor, text string) *told {
	if told.folder != "Drafts" {
		t.last = told
		t.ids = append(t.ids, told.letter.id)
		before := t.said
		if before.before != nil {
			older := *before.before
			older.before = nil // three levels are enough to read
			before.before = &older
		}
		t.said = said{by: by, at: told.letter.date, text: fillDates(text, told.letter.date, t.language)}
		if before.text != "" {
			t.said.before = &before
		}
	}
	t.s.told = append(t.s.told, told)
	return told
}

func (t *talk) write(days int, clock string, from actor, n note, text string) *letter {
	date := t.s.at(days, clock)
	l := &letter{
		from: from.mailbox(), date: date, subject: t.subject, references: slices.Clone(t.ids),
		files: n.files, more: slices.Clone(n.more), latin1: n.latin1,
	}
	if n.private {
		l.from.address = from.second
	}
	l.id = fmt.Sprintf("%s@%s", hash(fmt.Sprint(len(t.s.told), t.subject, from.address))[:16], domainOf(from.address))
	var quoted *said
	if len(t.ids) > 0 && !n.fresh {
		l.subject = "Re: " + strings.TrimPrefix(t.subject, "Re: ")
		if t.said.text != "" {
			quoted = &t.said
		}
	}
	if n.fresh {
		l.references = nil
	}
	l.subject = cmp.Or(n.subject, l.subject)
	if n.receipt {
		l.more = append(l.more, field{"Disposition-Notification-To", from.mailbox().header(0)})
	}
	text = fillDates(text, date, t.language)
	l.text = plainText(text, from, n, quoted, t.language)
	if n.html != "" {
		l.html = n.html
	} else if !n.plain && !from.plain {
		l.html, l.inline = richText(text, from, n, quoted, t.language)
	}
	return l
}

// at is a working day before now. Day 0 is a span before now, so that no mail is from the future at any hour.
func (s *story) at(days int, clock string) time.Time {
	if days == 0 {
		ago, err := time.ParseDuration(clock)
		if err != nil {
			panic("mailcrmtest: demo: " + err.Error()) // a slip in the story, which its test finds
		}
		return s.now.Add(-ago)
	}
	day := workingDays(s.now, -days)
	at, err := time.Parse("15:04", clock)
	if err != nil {
		panic("mailcrmtest: demo: " + err.Error())
	}
	seconds := int(hash(fmt.Sprint(days, clock, len(s.told)))[0]) % 60
	return time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), seconds, 0, s.now.Location())
}

func workingDays(from time.Time, n int) time.Time {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		from = from.AddDate(0, 0, step)
		if day := from.Weekday(); day != time.Saturday && day != time.Sunday {
			n--
		}
	}
	return from
}

var dateSlot = regexp.MustCompile(`\{([+-]\d+)\}`)

// fillDates replaces {+5} by the day five working days after a mail's date, in words.
func fillDates(text string, date time.Time, language string) string {
	return dateSlot.ReplaceAllStringFunc(text, func(slot string) string {
		n, _ := strconv.Atoi(strings.TrimPrefix(slot[1:len(slot)-1], "+"))
		return dayInWords(workingDays(date, n), language)
	})
}

func dayInWords(day time.Time, language string) string {
	if language == "fr" {
		ordinal := fmt.Sprint(day.Day())
		if day.Day() == 1 {
			ordinal = "1er"
		}
		return frenchDays[day.Weekday()] + " " + ordinal + " " + frenchMonths[day.Month()-1]
	}
	return day.Format("Monday 2 January")
}

var (
	frenchDays   = []string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
	frenchMonths = []string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
)

func hash(s string) string {
	h := fnv.New128a()
	_, _ = h.Write([]byte(s))
	return fmt.Sprintf("%032x", h.Sum(nil))
}

func mailboxes(actors []actor) []mailbox {
	var list []mailbox
	for _, a := range actors {
		list = append(list, a.mailbox())
	}
	return list
}

// mail is what an agent has of it.
func (s *story) mail(t *told, agent string) (Mail, bool) {
	l := t.letter
	m := Mail{Folder: t.folder, Flags: t.flags, Date: l.date}
	people := append(append(append([]mailbox{l.from}, l.to...), l.cc...), l.bcc...)
	if agent != jeanneMartin.address {
		if !slices.ContainsFunc(people, func(p mailbox) bool { return p.address == agent }) {
			return Mail{}, false
		}
		copied := *l
		m.Folder, m.Flags = inbox, []string{`\Seen`}
		if l.from.address == agent {
			m.Folder, copied.trace = "Sent", nil
		}
		l = &copied
	}
	for _, p := range people {
		if a := strings.ToLower(p.address); s.known[a] != nil {
			m.Known = append(m.Known, a)
		}
	}
	slices.Sort(m.Known)
	m.Known = slices.Compact(m.Known)
	m.Raw = l.bytes()
	return m, true
}
