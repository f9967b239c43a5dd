package reader

import (
	"math"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
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

// asksContent reports whether the query asks about what a private mail withholds.
func (q Query) asksContent() bool {
	return q.Text != "" || q.From != "" || q.To != "" || q.Subject != "" || q.Unread != nil || q.Flagged != nil || q.Linked != nil || q.HasAttachments != nil || q.Sort != "" && q.Sort != "date"
}
