package reader

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/keyset"
	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/search"
	"github.com/mailcrm/sdk/storage"
)

// A Query asks for messages of which a copy lies in accounts. What is empty or nil asks nothing.
type Query struct {
	Tenant         storage.Tenant
	Accounts       []string // that the actor may read, at most [engine.MaxIn]; with none nothing is found
	Mailbox        string   // id: only copies in this mailbox
	Role           string   // only copies in mailboxes of this role
	Text           string   // words anywhere in subject, people or text; see package search
	From           string   // words of the sender's name or address
	To             string   // words of a recipient's name or address, of To, Cc or Bcc
	Subject        string   // words of the subject
	Unread         *bool
	Flagged        *bool
	Linked         *bool // has a link that was not removed
	HasAttachments *bool
	Before         time.Time // date before this
	After          time.Time // date at this or after it

	// NotPrivateUnless is the agent who asks. As soon as the query asks about what a private mail withholds (anything but a place and a date), private mail of
	// others neither matches nor takes part in the order, unless a copy was received in the accounts asked (law 7).
	NotPrivateUnless string

	Sort   string // "date", "from", "subject", "size" or "flagged"; empty is the date, newest first
	Desc   bool   // flagged mail first, with "flagged"
	Cursor string
	Limit  int // 1 to [storage.MaxPage]; 0 is 50
}

// fewHits is the default of [Reader.FewHits].
const fewHits = 2000

// The parts of a list of messages.
const (
	listStart    engine.SQL = `SELECT DISTINCT c.message, `
	listCopies   engine.SQL = ` FROM @copies c`
	listMessages engine.SQL = ` JOIN @messages m ON m.tenant = c.tenant AND m.id = c.message`
	listTenant   engine.SQL = ` WHERE c.tenant = ? AND c.gone = 0`

	inMailbox   engine.SQL = ` AND c.mailbox = ?`
	inAccount   engine.SQL = ` AND c.account = ?`
	isUnread    engine.SQL = ` AND (c.shown & 1) = 0`
	isRead      engine.SQL = ` AND (c.shown & 1) <> 0`
	isFlagged   engine.SQL = ` AND (c.shown & 4) <> 0`
	isUnflagged engine.SQL = ` AND (c.shown & 4) = 0`
	neverFlag   engine.SQL = ` AND NOT EXISTS (SELECT 1 FROM @copies f WHERE f.tenant = c.tenant AND f.message = c.message AND f.gone = 0 AND (f.shown & 4) <> 0 AND f.account IN {list})`
	isLinked    engine.SQL = ` AND EXISTS (SELECT 1 FROM @links l WHERE l.tenant = c.tenant AND l.message = c.message AND l.removed = FALSE)`
	isUnlinked  engine.SQL = ` AND NOT EXISTS (SELECT 1 FROM @links l WHERE l.tenant = c.tenant AND l.message = c.message AND l.removed = FALSE)`
	attachments engine.SQL = ` AND m.has_attachments = ?`
	isBefore    engine.SQL = ` AND c.date < ?`
	isAfter     engine.SQL = ` AND c.date >= ?`
	notPrivate  engine.SQL = ` AND (m.private = FALSE OR c.direction = 'received' OR (m.private_by = ? AND m.private_by <> ''))`
	amongHits   engine.SQL = ` AND c.message IN {list}`
	hasSQLite   engine.SQL = ` AND +m.num IN (SELECT rowid FROM @message_words WHERE message_words MATCH ?)`
	hasPostgres engine.SQL = ` AND EXISTS (SELECT 1 FROM @message_words w WHERE w.tenant = m.tenant AND w.message = m.id AND w.words @@ CAST(? AS tsquery))`

	hitsSQLite engine.SQL = `SELECT m.id FROM (SELECT rowid AS num FROM @message_words WHERE message_words MATCH ?) AS w CROSS JOIN @messages m
		WHERE m.num = w.num AND m.tenant = ? LIMIT ?`
	hitsPostgres engine.SQL = `SELECT w.message FROM @message_words w WHERE w.words @@ CAST(? AS tsquery) AND w.tenant = ? LIMIT ?`

	mailboxAccount engine.SQL = `SELECT account, role FROM @mailboxes WHERE tenant = ? AND id = ?`
	mailboxesOf    engine.SQL = `SELECT id FROM @mailboxes WHERE tenant = ? AND role = ? AND account IN {list}`
)

// A sorting is an order of a list. The fragments name the column, the condition that goes on after a cursor, and the order, forwards and backwards.
type sorting struct {
	column           engine.SQL // a number and a text
	byText           bool
	messages         bool // the column is the message's
	after, before    engine.SQL
	forward, reverse engine.SQL
}

var sortings = map[string]sorting{
	"date": {
		column: `c.date, ''`, after: ` AND (c.date, c.message) > (?, ?)`, before: ` AND (c.date, c.message) < (?, ?)`,
		forward: ` ORDER BY c.date, c.message LIMIT ?`, reverse: ` ORDER BY c.date DESC, c.message DESC LIMIT ?`,
	},
	"size": {
		column: `m.size, ''`, messages: true, after: ` AND (m.size, c.message) > (?, ?)`, before: ` AND (m.size, c.message) < (?, ?)`,
		forward: ` ORDER BY m.size, c.message LIMIT ?`, reverse: ` ORDER BY m.size DESC, c.message DESC LIMIT ?`,
	},
	"from": {
		column: `0, m.from_sort`, byText: true, messages: true, after: ` AND (m.from_sort, c.message) > (?, ?)`, before: ` AND (m.from_sort, c.message) < (?, ?)`,
		forward: ` ORDER BY m.from_sort, c.message LIMIT ?`, reverse: ` ORDER BY m.from_sort DESC, c.message DESC LIMIT ?`,
	},
	"subject": {
		column: `0, m.subject_sort`, byText: true, messages: true, after: ` AND (m.subject_sort, c.message) > (?, ?)`, before: ` AND (m.subject_sort, c.message) < (?, ?)`,
		forward: ` ORDER BY m.subject_sort, c.message LIMIT ?`, reverse: ` ORDER BY m.subject_sort DESC, c.message DESC LIMIT ?`,
	},
}

// start is before the first row of a list.
func start(desc bool) int64 {
	if desc {
		return math.MaxInt64
	}
	return math.MinInt64
}

// A list is a Query made ready.
type list struct {
	r        *Reader
	q        Query
	order    sorting
	desc     bool
	name     string // of the list in cursors
	question search.Question
	sources  []source
	hits     []string // few hits of the question
	few      bool
}

// A source is where copies are looked for: a mailbox, or else an account.
type source struct{ mailbox, account string }

// Messages is a page of the messages that a query asks for, each once, and the cursor of the next one, empty after the last. A sort that does not exist, or a cursor of another list, is a [storage.FieldError].
func (r *Reader) Messages(ctx context.Context, q Query) (rows []Row, next string, err error) {
	l, err := r.prepare(ctx, q)
	if err != nil || l == nil {
		return nil, "", err
	}
	limit := keyset.Limit(q.Limit)
	spots, err := l.spots(ctx, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing messages: %w", err)
	}
	spots, more := keyset.Page(spots, limit)
	ids := make([]string, len(spots))
	for i, s := range spots {
		ids[i] = s.message
	}
	rows, err = r.fill(ctx, q.Tenant, ids, q.Accounts)
	if err != nil || !more {
		return rows, "", err
	}
	last := spots[limit-1]
	return rows, keyset.Cursor{List: l.name, Number: last.number, Text: last.text, ID: last.message}.String(), nil
}

// prepare makes a query ready; nil when it can find nothing.
func (r *Reader) prepare(ctx context.Context, q Query) (*list, error) {
	if len(q.Accounts) == 0 {
		return nil, nil
	}
	if len(q.Accounts) > engine.MaxIn {
		return nil, fmt.Errorf("listing messages of %d accounts, at most %d: %w", len(q.Accounts), engine.MaxIn, storage.ErrLimit)
	}
	l := &list{r: r, q: q, desc: q.Desc, name: "messages " + q.Sort}
	switch q.Sort {
	case "":
		l.order, l.desc = sortings["date"], true
	case "flagged":
		l.order = sortings["date"]
	default:
		order, ok := sortings[q.Sort]
		if !ok {
			return nil, storage.Invalid("Sort", "bad_sort", "a list is sorted by date, from, subject, size or flagged")
		}
		l.order = order
	}
	if q.Desc {
		l.name += " desc"
	}
	for _, ask := range []struct {
		field search.Field
		text  string
	}{{search.Subject, q.Subject}, {search.Sender, q.From}, {search.Recipients, q.To}, {search.Anywhere, q.Text}} {
		asked := search.Question{}
		asked.Ask(ask.field, ask.text)
		if strings.TrimSpace(ask.text) != "" && !asked.Asks() {
			return nil, nil // marks only: nothing has those
		}
		l.question.Ask(ask.field, ask.text)
	}
	if err := l.findSources(ctx); err != nil {
		return nil, err
	}
	if len(l.sources) == 0 {
		return nil, nil
	}
	if l.question.Asks() {
		if err := l.findHits(ctx); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *list) findSources(ctx context.Context) error {
	q, c := l.q, l.r.c
	switch {
	case q.Mailbox != "":
		type box struct{ account, role string }
		b, ok, err := engine.One(ctx, c, mailboxAccount, func(s engine.Scanner) (b box, err error) { return b, s.Scan(&b.account, &b.role) }, string(q.Tenant), q.Mailbox)
		if err != nil {
			return fmt.Errorf("reading a mailbox: %w", err)
		}
		if ok && slices.Contains(q.Accounts, b.account) && (q.Role == "" || q.Role == b.role) {
			l.sources = []source{{mailbox: q.Mailbox}}
		}
	case q.Role != "":
		ids, err := engine.All(ctx, c, mailboxesOf, engine.Value[string], string(q.Tenant), q.Role, engine.Strings(q.Accounts))
		if err != nil {
			return fmt.Errorf("reading mailboxes: %w", err)
		}
		for _, id := range ids {
			l.sources = append(l.sources, source{mailbox: id})
		}
	default:
		for _, account := range slices.Compact(slices.Sorted(slices.Values(q.Accounts))) {
			l.sources = append(l.sources, source{account: account})
		}
	}
	return nil
}

// findHits asks for the first messages of the tenant that have the words.
func (l *list) findHits(ctx context.Context) (err error) {
	q, words := hitsSQLite, l.question.FTS5()
	if engine.DialectOf(l.r.c) == engine.Postgres {
		q, words = hitsPostgres, l.question.TSQuery()
	}
	l.hits, err = engine.All(ctx, l.r.c, q, engine.Value[string], words, string(l.q.Tenant), int64(l.r.FewHits+1))
	if err != nil {
		return fmt.Errorf("searching: %w", err)
	}
	l.few = len(l.hits) <= l.r.FewHits
	return nil
}

// asksContent reports whether the query asks about what a private mail withholds.
func (q Query) asksContent() bool {
	return q.Text != "" || q.From != "" || q.To != "" || q.Subject != "" || q.Unread != nil || q.Flagged != nil || q.Linked != nil || q.HasAttachments != nil || q.Sort != "" && q.Sort != "date"
}

// spots are the first n places of the list after the cursor.
func (l *list) spots(ctx context.Context, n int) ([]spot, error) {
	after, ok, err := keyset.Parse(l.q.Cursor, l.name)
	if err != nil {
		return nil, err
	}
	if l.q.Sort != "flagged" {
		return l.merge(ctx, n, after, ok, l.desc, "", nil)
	}
	// Flagged and other mail are two lists, one after the other, each the newest first. A message with a flagged copy is in the first only.
	parts := []struct {
		name  string
		where engine.SQL
		args  []any
	}{{"flagged", isFlagged, nil}, {"other", isUnflagged + neverFlag, []any{engine.Strings(l.q.Accounts)}}}
	if !l.desc {
		slices.Reverse(parts)
	}
	var all []spot
	for _, part := range parts {
		if ok && after.Text != part.name {
			continue // an earlier page ended in the other part
		}
		spots, err := l.merge(ctx, n-len(all), after, ok, true, part.where, part.args)
		if err != nil {
			return nil, err
		}
		for i := range spots {
			spots[i].text = part.name
		}
		all = append(all, spots...)
		ok = false
		if len(all) == n {
			break
		}
	}
	return all, nil
}

// merge reads the first n places of every source and brings them together.
func (l *list) merge(ctx context.Context, n int, after keyset.Cursor, ok, desc bool, where engine.SQL, args []any) ([]spot, error) {
	if l.question.Asks() && len(l.hits) == 0 {
		return nil, nil
	}
	before := func(a, b spot) int {
		order := cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text), strings.Compare(a.message, b.message))
		if desc {
			return -order
		}
		return order
	}
	var all []spot
	var err error
	if l.few {
		all, err = l.readHits(ctx, where, args)
		if ok {
			place := spot{message: after.ID, number: after.Number, text: after.Text}
			if !l.order.byText {
				place.text = ""
			}
			all = slices.DeleteFunc(all, func(s spot) bool { return before(place, s) >= 0 })
		}
	} else {
		for _, source := range l.sources {
			spots, err := l.read(ctx, source, n, after, ok, desc, where, args)
			if err != nil {
				return nil, err
			}
			all = append(all, spots...)
		}
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, before)
	all = slices.CompactFunc(all, func(a, b spot) bool { return a.message == b.message })
	return all[:min(n, len(all))], nil
}

// read reads the first places of one source.
func (l *list) read(ctx context.Context, source source, n int, after keyset.Cursor, ok, desc bool, where engine.SQL, more []any) ([]spot, error) {
	q, args := l.where(where, more)
	if source.mailbox != "" {
		q += inMailbox
		args = append(args, source.mailbox)
	} else {
		q += inAccount
		args = append(args, source.account)
	}
	if l.question.Asks() {
		if engine.DialectOf(l.r.c) == engine.Postgres {
			q += hasPostgres
			args = append(args, l.question.TSQuery())
		} else {
			q += hasSQLite
			args = append(args, l.question.FTS5())
		}
	}
	if ok {
		var place any = after.Number
		if l.order.byText {
			place = after.Text
		}
		if desc {
			q += l.order.before
		} else {
			q += l.order.after
		}
		args = append(args, place, after.ID)
	}
	if desc {
		q += l.order.reverse
	} else {
		q += l.order.forward
	}
	return engine.All(ctx, engine.Loose(l.r.c), q, func(s engine.Scanner) (p spot, err error) {
		return p, s.Scan(&p.message, &p.number, &p.text)
	}, append(args, int64(n))...)
}

// readHits reads the places of few hits, unsorted.
func (l *list) readHits(ctx context.Context, where engine.SQL, more []any) ([]spot, error) {
	lies := make(map[source]bool, len(l.sources))
	for _, s := range l.sources {
		lies[s] = true
	}
	var all []spot
	err := engine.Chunks(l.hits, 256, func(hits []string) error {
		q, args := l.where(where, more)
		q = listStart + l.order.column + `, c.mailbox, c.account` + q[len(listStart+l.order.column):] + amongHits
		return engine.Each(ctx, engine.Loose(l.r.c), q, func(s engine.Scanner) error {
			var p spot
			var at source
			if err := s.Scan(&p.message, &p.number, &p.text, &at.mailbox, &at.account); err != nil {
				return err
			}
			if lies[source{mailbox: at.mailbox}] || lies[source{account: at.account}] {
				all = append(all, p)
			}
			return nil
		}, append(args, engine.Strings(hits))...)
	})
	return all, err
}

// where is the statement without its source, cursor and order.
func (l *list) where(more engine.SQL, moreArgs []any) (engine.SQL, []any) {
	var where engine.SQL
	var args []any
	messages := l.order.messages || l.question.Asks() && !l.few
	add := func(q engine.SQL, values ...any) {
		where += q
		args = append(args, values...)
	}
	either := func(which *bool, yes, no engine.SQL) {
		switch {
		case which == nil:
		case *which:
			add(yes)
		default:
			add(no)
		}
	}
	either(l.q.Unread, isUnread, isRead)
	either(l.q.Flagged, isFlagged, isUnflagged)
	either(l.q.Linked, isLinked, isUnlinked)
	if l.q.HasAttachments != nil {
		messages = true
		add(attachments, *l.q.HasAttachments)
	}
	if !l.q.Before.IsZero() {
		add(isBefore, l.q.Before.UnixMicro())
	}
	if !l.q.After.IsZero() {
		add(isAfter, l.q.After.UnixMicro())
	}
	if l.q.asksContent() {
		messages = true
		add(notPrivate, l.q.NotPrivateUnless)
	}
	add(more, moreArgs...)
	q := listStart + l.order.column + listCopies
	if messages {
		q += listMessages
	}
	return q + listTenant + where, append([]any{string(l.q.Tenant)}, args...)
}
