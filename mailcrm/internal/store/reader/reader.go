// Package reader reads mail: subjects, people, text. Package privacy alone may import it; everybody else gets from privacy what an agent may see.
//
// # How a list is read
//
// A list of messages has one row for each message of which a copy lies where the query looks. Where it looks is a set of streams, each an index that is in the order of the list already: one for a mailbox, or one for each account. Of every stream
// the first rows after the cursor are read, and merged here; a message that comes out of several streams is there once. So a page costs the same in a folder of ten mails and of a hundred thousand, and nothing is ever counted or
// skipped. Then the page is filled: messages, copies and links, one question each.
//
// Sorting by sender, subject or size has no index behind it: it reads all of the streams, which for a folder of a hundred thousand mails takes some tenths of a second.
//
// # How text is found
//
// Few hits are found from the words and then sorted; many are found by walking along the list and asking whether each has the words. Which it is, is known after the first [Reader.FewHits] hits.
//
// Do not look here for what may be shown: this package answers what it is asked.
package reader

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/keyset"
	"github.com/mailcrm/sdk/storage"
)

const (
	messagesByID engine.SQL = `SELECT ` + store.MessageColumns + ` FROM @messages WHERE tenant = ? AND id IN {list}`
	textOf       engine.SQL = `SELECT body FROM @message_texts WHERE tenant = ? AND message = ?`
	copiesOf     engine.SQL = `SELECT ` + store.CopyColumns + ` FROM @copies WHERE tenant = ? AND message IN {list} ORDER BY message, id`
	mailboxNames engine.SQL = `SELECT id, name, role FROM @mailboxes WHERE tenant = ? AND id IN {list}`
	threadPage   engine.SQL = `SELECT id, date FROM @messages WHERE tenant = ? AND thread = ? AND (date, id) > (?, ?) ORDER BY date, id LIMIT ?`
	timelinePage engine.SQL = `SELECT message, date FROM @links WHERE tenant = ? AND kind = ? AND entity = ? AND removed = FALSE AND (date, message) < (?, ?) ORDER BY date DESC, message DESC LIMIT ?`
	accountBoxes engine.SQL = `SELECT id, total FROM @mailboxes WHERE tenant = ? AND account IN {list}`
	unreadCounts engine.SQL = `SELECT mailbox, COUNT(*) FROM @copies WHERE tenant = ? AND mailbox IN {list} AND gone = 0 AND (shown & 1) = 0 GROUP BY mailbox`
)

// A Reader reads mail.
type Reader struct {
	// FewHits is up to how many messages found by words are sorted rather than walked to. It may be set before the first use. Defaults to 2,000.
	FewHits int

	db *store.DB
	c  engine.Conn
}

// New is a Reader of db.
func New(db *store.DB) *Reader { return &Reader{FewHits: fewHits, db: db, c: store.Conn(db.Reads)} }

// A Row is a message with what is known of it. Text is not filled but by [Reader.Message].
type Row struct {
	Message store.Message
	Copies  []Copy       // in a list of mail those that are there, in the accounts asked; else all, also those that are gone from their mailbox
	Links   []store.Link // also the removed ones
}

// A Copy is a copy with the name and role of its mailbox.
type Copy struct {
	store.Copy
	MailboxName string
	Role        string
}

// Counts are those of a mailbox: copies that are there, and those of them that are not read.
type Counts struct{ Total, Unread int }

// Message is one message with its text.
func (r *Reader) Message(ctx context.Context, tenant storage.Tenant, id string) (Row, error) {
	rows, err := r.fill(ctx, tenant, []string{id}, nil)
	if err != nil {
		return Row{}, err
	}
	if len(rows) == 0 {
		return Row{}, fmt.Errorf("the message: %w", storage.ErrNotFound)
	}
	rows[0].Message.Text, _, err = engine.One(ctx, r.c, textOf, engine.Value[string], string(tenant), id)
	if err != nil {
		return Row{}, fmt.Errorf("reading a text: %w", err)
	}
	return rows[0], nil
}

// A spot is a message in a list, with what sorts it.
type spot struct {
	message string
	number  int64
	text    string
}

func scanSpot(s engine.Scanner) (p spot, err error) { return p, s.Scan(&p.message, &p.number) }

// Timeline is a page of the messages that are linked to a record, the newest first. Limit is 1 to [storage.MaxPage], 0 is 50.
func (r *Reader) Timeline(ctx context.Context, tenant storage.Tenant, entity storage.Ref, cursor string, limit int) (rows []Row, next string, err error) {
	return r.page(ctx, tenant, timelinePage, "timeline", true, cursor, limit, string(tenant), string(entity.Kind), entity.ID)
}

// Thread is a page of a conversation, the oldest first.
func (r *Reader) Thread(ctx context.Context, tenant storage.Tenant, thread, cursor string, limit int) (rows []Row, next string, err error) {
	return r.page(ctx, tenant, threadPage, "thread", false, cursor, limit, string(tenant), thread)
}

// page is a page of a list that one index holds, by date.
func (r *Reader) page(ctx context.Context, tenant storage.Tenant, q engine.SQL, list string, newestFirst bool, cursor string, limit int, where ...any) ([]Row, string, error) {
	after, ok, err := keyset.Parse(cursor, list)
	if err != nil {
		return nil, "", err
	}
	if !ok {
		after.Number = start(newestFirst)
	}
	limit = keyset.Limit(limit)
	spots, err := engine.All(ctx, r.c, q, scanSpot, append(where, after.Number, after.ID, int64(limit+1))...)
	if err != nil {
		return nil, "", fmt.Errorf("reading a %s: %w", list, err)
	}
	spots, more := keyset.Page(spots, limit)
	ids := make([]string, len(spots))
	for i, s := range spots {
		ids[i] = s.message
	}
	rows, err := r.fill(ctx, tenant, ids, nil)
	if err != nil || !more {
		return rows, "", err
	}
	last := spots[limit-1]
	return rows, keyset.Cursor{List: list, Number: last.number, ID: last.message}.String(), nil
}

// fill makes rows of messages, in the order given; one that has gone meanwhile is left out. With accounts only their copies are told, and only those that are there.
func (r *Reader) fill(ctx context.Context, tenant storage.Tenant, ids, accounts []string) ([]Row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	place := make(map[string]int, len(ids))
	rows := make([]Row, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	err := engine.Each(ctx, r.c, messagesByID, func(s engine.Scanner) error {
		m, err := store.ScanMessage(s)
		rows[place[m.ID]].Message = m
		return err
	}, string(tenant), engine.Strings(ids))
	if err != nil {
		return nil, fmt.Errorf("reading messages: %w", err)
	}
	if err := r.fillCopies(ctx, tenant, ids, accounts, func(c Copy) {
		row := &rows[place[c.Message]]
		row.Copies = append(row.Copies, c)
	}); err != nil {
		return nil, fmt.Errorf("reading copies: %w", err)
	}
	links, err := r.db.Links(ctx, tenant, ids)
	if err != nil {
		return nil, err
	}
	there := rows[:0]
	for i, id := range ids {
		if rows[i].Message.ID == id {
			row := rows[i]
			row.Links = links[id]
			there = append(there, row)
		}
	}
	return there, nil
}

func (r *Reader) fillCopies(ctx context.Context, tenant storage.Tenant, messages, accounts []string, each func(Copy)) error {
	wanted := make(map[string]bool, len(accounts))
	for _, a := range accounts {
		wanted[a] = true
	}
	copies, err := engine.All(ctx, r.c, copiesOf, store.ScanCopy, string(tenant), engine.Strings(messages))
	if err != nil {
		return err
	}
	boxes := make(map[string]Copy) // name and role by mailbox
	var ids []string
	for _, c := range copies {
		if _, known := boxes[c.Mailbox]; !known {
			boxes[c.Mailbox] = Copy{}
			ids = append(ids, c.Mailbox)
		}
	}
	err = engine.Chunks(ids, engine.MaxIn, func(ids []string) error {
		return engine.Each(ctx, r.c, mailboxNames, func(s engine.Scanner) error {
			var id string
			var b Copy
			err := s.Scan(&id, &b.MailboxName, &b.Role)
			boxes[id] = b
			return err
		}, string(tenant), engine.Strings(ids))
	})
	if err != nil {
		return err
	}
	for _, c := range copies {
		if accounts == nil || wanted[c.Account] && c.Gone.IsZero() {
			each(Copy{Copy: c, MailboxName: boxes[c.Mailbox].MailboxName, Role: boxes[c.Mailbox].Role})
		}
	}
	return nil
}

// Unread are the counts of every mailbox of accounts, by its id.
func (r *Reader) Unread(ctx context.Context, tenant storage.Tenant, accounts []string) (map[string]Counts, error) {
	counts := make(map[string]Counts)
	var ids []string
	err := engine.Chunks(accounts, engine.MaxIn, func(accounts []string) error {
		return engine.Each(ctx, r.c, accountBoxes, func(s engine.Scanner) error {
			var id string
			var c Counts
			err := s.Scan(&id, &c.Total)
			counts[id] = c
			ids = append(ids, id)
			return err
		}, string(tenant), engine.Strings(accounts))
	})
	if err == nil {
		err = engine.Chunks(ids, engine.MaxIn, func(ids []string) error {
			return engine.Each(ctx, r.c, unreadCounts, func(s engine.Scanner) error {
				var id string
				var n int
				err := s.Scan(&id, &n)
				c := counts[id]
				c.Unread = n
				counts[id] = c
				return err
			}, string(tenant), engine.Strings(ids))
		})
	}
	if err != nil {
		return nil, fmt.Errorf("counting unread mail: %w", err)
	}
	return counts, nil
}
