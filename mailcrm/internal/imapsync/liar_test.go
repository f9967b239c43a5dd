package imapsync_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A liar is an IMAP server of one account that says whatever a test wants it to say. Without lies it is honest, and small: it knows the commands that a sync uses.
type liar struct {
	listener net.Listener
	port     int
	wg       sync.WaitGroup

	mu     sync.Mutex
	caps   string
	boxes  []*liarBox
	lies   lies
	heard  []string // commands, without tags
	conns  map[net.Conn]bool
	logins int
}

type liarBox struct {
	name           string
	validity, next uint32
	mails          []*letter
}

type letter struct {
	uid   uint32
	raw   string
	flags []string
	date  time.Time
}

// lies replace what an honest server would say. Lines end in CRLF; "" is silence. A nil lie is the truth.
type lies struct {
	// command may answer any command itself, with everything that belongs to the answer, and may close the connection.
	command func(c *liarConn, tag, command string) (answered bool)
	list    func(b *liarBox) string
	status  func(b *liarBox) string
	opened  func(b *liarBox) string // the untagged lines of SELECT
	search  func(tag string, found []uint32) string
	fetch   func(b *liarBox, l *letter, ask asked) string
	// store says whether flags may be set, as the text of a tagged NO.
	store func(b *liarBox) string
}

// asked is what a FETCH wants.
type asked struct {
	items string // upper case
	many  int    // UIDs that the command matches
}

func (a asked) body() bool { return strings.Contains(a.items, "BODY.PEEK[]") }

const liarCaps = "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS LITERAL+ ESEARCH NAMESPACE CONDSTORE"

func startLiar(t *testing.T) *liar {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &liar{listener: ln, port: ln.Addr().(*net.TCPAddr).Port, caps: liarCaps, conns: map[net.Conn]bool{}}
	l.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			l.mu.Lock()
			l.conns[conn] = true
			l.mu.Unlock()
			l.wg.Go(func() {
				(&liarConn{liar: l, conn: conn, in: bufio.NewReader(conn)}).serve()
				_ = conn.Close()
				l.mu.Lock()
				delete(l.conns, conn)
				l.mu.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		l.mu.Lock()
		for c := range l.conns {
			_ = c.Close()
		}
		l.mu.Unlock()
		l.wg.Wait()
	})
	return l
}

// box is the mailbox of a name, made when it is not there.
func (l *liar) box(name string) *liarBox {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.boxes {
		if b.name == name {
			return b
		}
	}
	b := &liarBox{name: name, validity: 7, next: 1}
	l.boxes = append(l.boxes, b)
	return b
}

// load puts mails into a mailbox.
func (l *liar) load(name string, raws ...string) {
	b := l.box(name)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, raw := range raws {
		b.mails = append(b.mails, &letter{uid: b.next, raw: raw, date: time.Date(2026, time.November, 24, 8, 0, 0, 0, time.UTC)})
		b.next++
	}
}

// remove expunges UIDs.
func (l *liar) remove(name string, uids ...uint32) {
	b := l.box(name)
	l.mu.Lock()
	defer l.mu.Unlock()
	b.mails = slices.DeleteFunc(b.mails, func(m *letter) bool { return slices.Contains(uids, m.uid) })
}

// lie sets what is said from now on.
func (l *liar) lie(set lies) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lies = set
}

func (l *liar) said() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.heard)
}

// count is how many commands began with a word.
func (l *liar) count(word string) (n int) {
	for _, c := range l.said() {
		if strings.HasPrefix(c, word) {
			n++
		}
	}
	return n
}

// A liarConn is one connection.
type liarConn struct {
	*liar
	conn net.Conn
	in   *bufio.Reader
	open *liarBox
}

func (c *liarConn) say(format string, args ...any) {
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	_, _ = io.WriteString(c.conn, format)
}

func (c *liarConn) serve() {
	c.say("* OK [CAPABILITY %s] ready\r\n", c.caps)
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		if open := strings.LastIndexByte(line, '{'); open > 0 && strings.HasSuffix(line, "}") {
			size := line[open+1 : len(line)-1]
			n, _ := strconv.Atoi(strings.TrimSuffix(size, "+"))
			if !strings.HasSuffix(size, "+") {
				c.say("+ go on\r\n")
			}
			body := make([]byte, n+2)
			if _, err := io.ReadFull(c.in, body); err != nil {
				return
			}
			line = line[:open] + string(body[:n])
		}
		tag, command, _ := strings.Cut(line, " ")
		c.mu.Lock()
		if c.heard = append(c.heard, command); strings.HasPrefix(command, "AUTHENTICATE") {
			c.logins++
		}
		answered := c.lies.command != nil && c.lies.command(c, tag, command)
		if !answered {
			c.answer(tag, command)
		}
		c.mu.Unlock()
		if strings.HasPrefix(command, "LOGOUT") {
			return
		}
	}
}

// answer answers a command. The caller holds mu.
func (c *liarConn) answer(tag, command string) {
	words := strings.Fields(command)
	verb := strings.ToUpper(words[0])
	if verb == "UID" {
		verb = "UID " + strings.ToUpper(words[1])
	}
	switch verb {
	case "CAPABILITY":
		c.say("* CAPABILITY %s\r\n", c.caps)
	case "NAMESPACE":
		c.say("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n")
	case "LIST":
		for _, b := range c.boxes {
			c.tell(c.lies.list, b, func() string { return fmt.Sprintf("* LIST () \"/\" %q\r\n", b.name) })
		}
	case "STATUS":
		if b := c.named(name(command)); b != nil {
			c.tell(c.lies.status, b, func() string {
				return fmt.Sprintf("* STATUS %q (MESSAGES %d UIDNEXT %d UIDVALIDITY %d HIGHESTMODSEQ 9)\r\n", b.name, len(b.mails), b.next, b.validity)
			})
		}
	case "SELECT", "EXAMINE":
		if c.open = c.named(name(command)); c.open == nil {
			c.say(tag + " NO [NONEXISTENT] no such mailbox\r\n")
			return
		}
		b := c.open
		c.tell(c.lies.opened, b, func() string {
			return fmt.Sprintf("* FLAGS (\\Seen)\r\n* %d EXISTS\r\n* OK [UIDVALIDITY %d] -\r\n* OK [UIDNEXT %d] -\r\n* OK [HIGHESTMODSEQ 9] -\r\n", len(b.mails), b.validity, b.next)
		})
	case "UID SEARCH":
		var found []uint32
		for _, m := range c.open.mails {
			if matches(m, command, c.open) {
				found = append(found, m.uid)
			}
		}
		if c.lies.search != nil {
			c.say(c.lies.search(tag, found))
		} else {
			c.say(esearch(tag, command, found))
		}
	case "UID FETCH":
		set := words[2]
		var of []*letter
		for _, m := range c.open.mails {
			if inSet(m.uid, set, c.open) {
				of = append(of, m)
			}
		}
		ask := asked{items: strings.ToUpper(command), many: len(of)}
		for _, m := range of {
			if c.lies.fetch != nil {
				c.say(c.lies.fetch(c.open, m, ask))
			} else {
				c.say(honest(c.open, m, ask))
			}
		}
	case "UID STORE":
		if c.lies.store != nil {
			if text := c.lies.store(c.open); text != "" {
				c.say("%s NO %s\r\n", tag, text)
				return
			}
		}
		open, end := strings.IndexByte(command, '('), strings.IndexByte(command, ')')
		for _, m := range c.open.mails {
			if !inSet(m.uid, words[2], c.open) {
				continue
			}
			for _, f := range strings.Fields(command[open+1 : end]) {
				m.flags = slices.DeleteFunc(m.flags, func(have string) bool { return have == f })
				if strings.HasPrefix(words[3], "+") {
					m.flags = append(m.flags, f)
				}
			}
		}
	case "APPEND":
		b := c.named(name(command))
		_, raw, _ := strings.Cut(command, "\" ") // after the date
		b.mails = append(b.mails, &letter{uid: b.next, raw: raw, flags: []string{`\Seen`}})
		b.next++
		c.say("%s OK [APPENDUID %d %d] done\r\n", tag, b.validity, b.next-1)
		return
	}
	c.say(tag + " OK done\r\n")
}

func (c *liarConn) tell(lie func(*liarBox) string, b *liarBox, truth func() string) {
	if lie != nil {
		c.say(lie(b))
		return
	}
	c.say(truth())
}

// name is the mailbox's name in a command, which may be quoted.
func name(command string) string {
	_, rest, _ := strings.Cut(command, " ")
	if quoted, ok := strings.CutPrefix(rest, `"`); ok {
		quoted, _, _ = strings.Cut(quoted, `"`)
		return quoted
	}
	rest, _, _ = strings.Cut(rest, " ")
	return rest
}

// named is the mailbox of a quoted or bare name.
func (c *liarConn) named(word string) *liarBox {
	for _, b := range c.boxes {
		if b.name == strings.Trim(word, `"`) {
			return b
		}
	}
	return nil
}

func esearch(tag, command string, found []uint32) string {
	var text []string
	for _, uid := range found {
		text = append(text, fmt.Sprint(uid))
	}
	switch {
	case !strings.Contains(command, "RETURN"):
		return strings.TrimRight("* SEARCH "+strings.Join(text, " "), " ") + "\r\n"
	case len(found) == 0:
		return fmt.Sprintf("* ESEARCH (TAG %q) UID\r\n", tag)
	}
	return fmt.Sprintf("* ESEARCH (TAG %q) UID ALL %s\r\n", tag, strings.Join(text, ","))
}

// matches knows the criteria that a sync uses.
func matches(m *letter, command string, b *liarBox) bool {
	if _, set, ok := strings.Cut(command[len("UID SEARCH"):], "UID "); ok {
		set, _, _ = strings.Cut(set, " ")
		if !inSet(m.uid, strings.Trim(set, "()"), b) {
			return false
		}
	}
	if _, since, ok := strings.Cut(command, "SINCE "); ok {
		day, err := time.Parse("2-Jan-2006", strings.Trim(strings.Fields(since)[0], `"`))
		if err != nil || m.date.Before(day) {
			return false
		}
	}
	if _, rest, ok := strings.Cut(command, "HEADER "); ok {
		words := strings.Fields(rest)
		header, _, _ := strings.Cut(strings.ToLower(m.raw), "\r\n\r\n")
		_, value, found := strings.Cut("\r\n"+header, "\r\n"+strings.ToLower(strings.Trim(words[0], `"`))+":")
		value, _, _ = strings.Cut(value, "\r\n")
		return found && strings.Contains(value, strings.ToLower(strings.Trim(words[1], `"`)))
	}
	return true
}

func inSet(uid uint32, set string, b *liarBox) bool {
	highest := uint32(0)
	for _, m := range b.mails {
		highest = max(highest, m.uid)
	}
	number := func(text string) uint32 {
		if text == "*" {
			return highest
		}
		n, _ := strconv.ParseUint(text, 10, 32)
		return uint32(n)
	}
	for part := range strings.SplitSeq(set, ",") {
		from, to, isRange := strings.Cut(part, ":")
		lo, hi := number(from), number(from)
		if isRange {
			hi = number(to)
		}
		if lo, hi = min(lo, hi), max(lo, hi); uid >= lo && uid <= hi {
			return true
		}
	}
	return false
}

// items are those of a FETCH but for the body.
func items(m *letter, size int) string {
	return fmt.Sprintf("FLAGS (%s) INTERNALDATE %q RFC822.SIZE %d MODSEQ (3)", strings.Join(m.flags, " "), m.date.Format("02-Jan-2006 15:04:05 -0700"), size)
}

// section is what a FETCH asks of a mail, named as the answer names it.
func section(m *letter, ask asked) (name, content string) {
	head, _, _ := strings.Cut(m.raw, "\r\n\r\n")
	head += "\r\n\r\n"
	switch {
	case strings.Contains(ask.items, "BODY.PEEK[]<0.1>"):
		return "BODY[]<0>", m.raw[:min(1, len(m.raw))]
	case ask.body():
		return "BODY[]", m.raw
	case strings.Contains(ask.items, "BODY.PEEK[HEADER]"):
		return "BODY[HEADER]", head
	case strings.Contains(ask.items, "BODY.PEEK[HEADER.FIELDS ("):
		_, fields, _ := strings.Cut(ask.items, "BODY.PEEK[HEADER.FIELDS (")
		fields, _, _ = strings.Cut(fields, ")")
		var out string
		for line := range strings.SplitAfterSeq(head, "\r\n") {
			if name, _, ok := strings.Cut(line, ":"); ok && slices.Contains(strings.Fields(strings.ReplaceAll(fields, `"`, "")), strings.ToUpper(name)) {
				out += line
			}
		}
		return "BODY[HEADER.FIELDS (" + fields + ")]", out + "\r\n"
	}
	return "", ""
}

func sequence(b *liarBox, m *letter) int { return slices.Index(b.mails, m) + 1 }

// honest is the true answer to a FETCH.
func honest(b *liarBox, m *letter, ask asked) string {
	name, content := section(m, ask)
	if name == "" {
		return fmt.Sprintf("* %d FETCH (UID %d %s)\r\n", sequence(b, m), m.uid, items(m, len(m.raw)))
	}
	return fmt.Sprintf("* %d FETCH (UID %d %s %s {%d}\r\n%s)\r\n", sequence(b, m), m.uid, items(m, len(m.raw)), name, len(content), content)
}
