package imapconn

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mailcrm/sdk/storage"
)

const (
	mailboxesMax = 50_000
	nameMax      = 1_000 // bytes on the wire
)

// Listed is one mailbox of a LIST answer.
type Listed struct {
	// Name is what people call it, in UTF-8, and what every method of Conn.Client wants. It is unique within one listing.
	Name string
	// Raw is its name on the wire, byte for byte, without quotes: modified UTF-7 (RFC 3501 §5.1.3), or whatever the server writes.
	Raw string
	// Delimiter parts the levels of Name; "" when the server has none.
	Delimiter string
	// Attributes are as the server wrote them: `\HasNoChildren`, `\Sent`, in any case, announced or not.
	Attributes []string
	// ObjectID is the server's own id of the mailbox, which outlives a rename (MAILBOXID, RFC 8474 §4); "" when it does not tell.
	ObjectID string
}

// list asks plainly, and where the extension is offered a second time for special uses (RFC 6154 §5.1), because an extended answer may
// lack mailboxes or attributes that the plain one has. A second answer that is refused adds nothing; one that is shorter adds attributes
// only, and so does XLIST, which says the uses of mailboxes where Google's older servers do not say SPECIAL-USE. The plain answer is
// complete, or the whole fails: a mailbox that is missing must mean that it is gone.
func (r *raw) list() error {
	all := &listing{seen: map[string]int{}}
	answer, err := r.command(`LIST "" "*"`, all.add)
	if err != nil {
		return err
	}
	if answer.kind != "OK" {
		return r.link.die(r.refusal(answer))
	}
	if all.tooMany {
		return r.link.die(&storage.Cause{Code: "imap.limit", Detail: "more than 50,000 mailboxes", Err: storage.ErrLimit})
	}
	for _, question := range r.extensions(len(all.mailboxes)) {
		extended := &listing{seen: map[string]int{}, xlist: question == xlist}
		answer, err := r.command(question, extended.add)
		if err != nil {
			return err
		}
		if answer.kind == "OK" {
			all.merge(extended)
			break
		}
	}
	r.mailboxes, r.unreadable = all.named(), all.unreadable
	if all.unreadable > 0 {
		r.cfg.Logger.LogAttrs(context.Background(), slog.LevelWarn, "LIST has lines that cannot be read",
			slog.Int("lines", all.unreadable), slog.Int("mailboxes", len(r.mailboxes)))
	}
	return nil
}

// idsMax is for how many mailboxes the server's ids are asked: each costs a line of answer.
const idsMax = 5_000

const xlist = `XLIST "" "*"`

// extensions are the questions after the plain one, of which one is to be answered, the one that tells most first. XLIST is what Google had before SPECIAL-USE.
func (r *raw) extensions(mailboxes int) (questions []string) {
	var items []string
	if r.caps.Has("SPECIAL-USE") {
		items = append(items, "SPECIAL-USE")
	}
	extended := r.caps.Has("LIST-EXTENDED")
	if extended && r.caps.Has("OBJECTID") && r.caps.Has("LIST-STATUS") && mailboxes <= idsMax {
		questions = append(questions, `LIST "" "*" RETURN (`+strings.Join(append(items, "STATUS (MAILBOXID)"), " ")+")")
	}
	switch {
	case extended && len(items) > 0:
		questions = append(questions, `LIST "" "*" RETURN (SPECIAL-USE)`)
	case len(items) == 0 && r.caps.Has("XLIST"):
		questions = append(questions, xlist)
	}
	return questions
}

// listing collects the answer to one LIST.
type listing struct {
	xlist      bool              // answered as XLIST, where INBOX has another name
	ids        map[string]string // Raw -> ObjectID
	mailboxes  []Listed
	seen       map[string]int // Raw -> index
	unreadable int
	tooMany    bool
}

func (l *listing) add(data []byte) {
	if status, ok := cutWord(data, "STATUS"); ok {
		l.identify(status)
		return
	}
	word := "LIST"
	if l.xlist {
		word = "XLIST"
	}
	data, ok := cutWord(data, word)
	if !ok {
		return
	}
	mailbox, ok := parseList(data)
	switch {
	case !ok:
		l.unreadable++
	case mailbox.Raw == "": // the answer to LIST "" "", which is no mailbox
	default:
		l.put(mailbox, true)
	}
}

// identify reads the server's id of a mailbox out of STATUS (RFC 8474 §4.3). Cyrus 3.6 often answers with a piece of memory that it has
// freed: up to seven bytes of a pointer. So only what is longer and has the characters of an id (§7) is one.
func (l *listing) identify(data []byte) {
	c := &cursor{b: data}
	c.spaces()
	name, ok := c.str()
	if !ok {
		name = c.atom()
	}
	_, rest, found := bytes.Cut(bytes.ToUpper(c.rest()), []byte("MAILBOXID"))
	c.i = len(c.b) - len(rest)
	c.spaces()
	words, ok := c.list()
	if found && ok && len(words) == 1 && len(words[0]) >= 8 && len(words[0]) <= 255 && strings.Trim(words[0], idCharacters) == "" {
		if l.ids == nil {
			l.ids = map[string]string{}
		}
		l.ids[name] = words[0]
	}
}

const idCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// put adds a mailbox, or attributes to one that is there already.
func (l *listing) put(m Listed, mayAdd bool) {
	if i, ok := l.seen[m.Raw]; ok {
		for _, attribute := range m.Attributes {
			if !slices.ContainsFunc(l.mailboxes[i].Attributes, func(a string) bool { return strings.EqualFold(a, attribute) }) {
				l.mailboxes[i].Attributes = append(l.mailboxes[i].Attributes, attribute)
			}
		}
		return
	}
	if len(l.mailboxes) >= mailboxesMax {
		l.tooMany = true
		return
	}
	if mayAdd {
		l.seen[m.Raw] = len(l.mailboxes)
		l.mailboxes = append(l.mailboxes, m)
	}
}

func (l *listing) merge(extended *listing) {
	mayAdd := len(extended.mailboxes) >= len(l.mailboxes) && !extended.xlist
	for _, m := range extended.mailboxes {
		l.put(m, mayAdd)
	}
	for i := range l.mailboxes {
		l.mailboxes[i].ObjectID = extended.ids[l.mailboxes[i].Raw]
	}
}

// named gives each mailbox its Name. Two spellings of one name are told apart: the one that a client would write keeps it.
func (l *listing) named() []Listed {
	owner := map[string]bool{}
	decoded := make([]string, len(l.mailboxes))
	exact := make([]bool, len(l.mailboxes))
	for i, m := range l.mailboxes {
		decoded[i] = decodeName(m.Raw)
		exact[i] = encodeName(decoded[i]) == m.Raw || decoded[i] == "INBOX"
	}
	for _, wantExact := range []bool{true, false} {
		for i := range l.mailboxes {
			if exact[i] != wantExact {
				continue
			}
			name := decoded[i]
			if owner[name] {
				name = escapeName(l.mailboxes[i].Raw)
			}
			for owner[name] {
				name += "′"
			}
			owner[name] = true
			l.mailboxes[i].Name = name
		}
	}
	return l.mailboxes
}

// parseList reads what follows "* LIST ": attributes, delimiter, name, and perhaps extended data, which is ignored. It reads what real
// servers send (NIL in any case, names without quotes that have spaces, an & or 8-bit bytes in them, quotes that are not escaped) and is
// not ok only when there is no name, or one that no command could carry.
func parseList(data []byte) (Listed, bool) {
	c := &cursor{b: data}
	c.spaces()
	var m Listed
	words, ok := c.list()
	if !ok && c.peek() == '\\' { // attributes without parentheses
		for c.peek() == '\\' {
			words = append(words, c.atom())
			c.spaces()
		}
	}
	m.Attributes = attributes(words)
	c.spaces()
	if m.Delimiter, ok = delimiter(c); !ok {
		return Listed{}, false
	}
	c.spaces()
	m.Raw, ok = mailboxName(c)
	if !ok || len(m.Raw) > nameMax || strings.ContainsAny(m.Raw, "\x00\r\n") {
		return Listed{}, false
	}
	return m, true
}

// attributes keeps words that can be attributes, at most 50.
func attributes(words []string) []string {
	var out []string
	for _, word := range words {
		plain := strings.TrimPrefix(word, `\`)
		if plain != "" && len(plain) <= 100 && !strings.ContainsFunc(plain, notInAtom) && len(out) < 50 {
			out = append(out, word)
		}
	}
	return out
}

func delimiter(c *cursor) (string, bool) {
	if bytes.HasPrefix(c.rest(), []byte(`"\" `)) { // a backslash that should have been escaped
		c.i += 3
		return `\`, true
	}
	if s, ok := c.str(); ok {
		return s, utf8.RuneCountInString(s) <= 1
	}
	word := c.atom()
	if strings.EqualFold(word, "NIL") {
		return "", true
	}
	return word, utf8.RuneCountInString(word) == 1
}

// mailboxName reads a name up to the end of the data, or up to extended data (RFC 5258 §6).
func mailboxName(c *cursor) (string, bool) {
	if c.done() {
		return "", false
	}
	if name, ok := c.literal(); ok {
		return name, true
	}
	if c.peek() != '"' {
		name := bytes.TrimRight(beforeExtended(c.rest()), " ")
		return string(name), len(name) > 0
	}
	start := c.i
	if name, ok := c.quoted(); ok {
		if tail := bytes.TrimLeft(c.rest(), " "); len(tail) == 0 || tail[0] == '(' {
			return name, true
		}
	}
	// A quote inside that should have been escaped: the last one is the end.
	inner := beforeExtended(c.b[start:])[1:]
	end := bytes.LastIndexByte(inner, '"')
	if end < 0 {
		return "", false
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(string(inner[:end])), true
}

// beforeExtended cuts extended data off: a parenthesis that opens with the name of an item.
func beforeExtended(data []byte) []byte {
	for _, mark := range []string{` ("`, ` (CHILDINFO`, ` (childinfo`, ` (OLDNAME`, ` (oldname`} {
		if i := bytes.Index(data, []byte(mark)); i > 0 && bytes.HasSuffix(bytes.TrimRight(data, " "), []byte(")")) {
			return data[:i]
		}
	}
	return data
}
