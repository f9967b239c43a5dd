package store

import (
	"errors"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/search"
	"github.com/mailcrm/sdk/storage"
)

// Which message is a mail a copy of? In this order:
//
//  1. One of our own submissions, by a Message-ID of its set or by its tag (law 10): servers rewrite Message-IDs, so the copy in Sent may have one that we never saw. Anybody who got our mail knows these ids
//     and can write them into a mail of his own, and every reply has the tag in its References. So the sender must be ours too, or (for an id: a list may rewrite From) the text related; and with the tag alone
//     the mail must answer what our mail answered, which no reply to it does.
//  2. One that has a copy in this account with the very same header: moved, or under a new UIDVALIDITY (law 5).
//  3. One with the same key (Message-ID, Date and From; see mimemail).
//
// In each case texts that have nothing to do with each other are two messages (related in texts.go); that of a mail of which only the header was read is not known and contradicts nothing.

const (
	messageKnown = `id, message_key, variant, body_hash, kept, thread, direction, agent, link_state, head, date, {num}, private, kind, facts`

	messagesByKey engine.SQL = `SELECT ` + messageKnown + ` FROM @messages WHERE tenant = ? AND message_key IN {list} ORDER BY message_key, variant`
	messagesByID  engine.SQL = `SELECT ` + messageKnown + ` FROM @messages WHERE tenant = ? AND id IN {list}`
	textOf        engine.SQL = `SELECT body FROM @message_texts WHERE tenant = ? AND message = ?`

	copiesAt       engine.SQL = `SELECT id, message, mailbox, uidvalidity, uid, header_hash, kept, raw, raw_size, gone FROM @copies WHERE tenant = ? AND mailbox = ? AND uidvalidity = ? AND uid IN {list}`
	copiesByHeader engine.SQL = `SELECT id, message, mailbox, uidvalidity, uid, header_hash, kept, raw, raw_size, gone FROM @copies WHERE tenant = ? AND account = ? AND header_hash IN {list}`

	submissionMessages engine.SQL = `SELECT id, message FROM @submissions WHERE tenant = ? AND id IN {list}`
)

// A messageRow is what matching must know of a message.
type messageRow struct {
	id, key         string
	variant, kept   int
	hash            int64
	thread          string
	direction       storage.Direction
	agent           string
	linkState       string
	from, inReplyTo string
	date            int64
	num             int64  // SQLite: the row of its words
	folded          []byte // of its text, once known
	known           bool
	fresh           bool // made in this batch
	private         bool
	kind, facts     string
}

// A copyRow is what matching must know of a copy.
type copyRow struct {
	id, message, mailbox string
	uidvalidity, uid     uint32
	kept                 string
	raw                  storage.Digest
	rawSize, gone        int64
	fresh                bool // made in this batch
}

// A submissionRow is a submission and its message.
type submissionRow struct{ id, message string }

func conflict(err error) bool { return errors.Is(err, storage.ErrConflict) }

func scanMessageRow(s engine.Scanner) (*messageRow, error) {
	var m messageRow
	var text string
	if err := s.Scan(&m.id, &m.key, &m.variant, &m.hash, &m.kept, &m.thread, &m.direction, &m.agent, &m.linkState, &text, &m.date, &m.num, &m.private, &m.kind, &m.facts); err != nil {
		return nil, err
	}
	var h head
	err := fromJSON(text, &h)
	m.from, m.inReplyTo = firstAddress(h.From), h.InReplyTo
	return &m, err
}

// look asks the data base about all mails of the batch together.
func (b *batch) look() error {
	places := make(map[place]map[string][]any) // uidvalidity -> mailbox -> UIDs
	var headers, keys, messages []any
	var ids, tags []string
	for _, a := range b.mails {
		c := &a.in.Copy
		if c.Mailbox != "" {
			p := place{uidvalidity: c.UIDValidity}
			if places[p] == nil {
				places[p] = make(map[string][]any)
			}
			places[p][c.Mailbox] = append(places[p][c.Mailbox], int64(c.UID))
			if c.HeaderHash != ([32]byte{}) {
				headers = append(headers, c.HeaderHash[:])
			}
		}
		if a.in.Message.Key != "" {
			keys = append(keys, a.in.Message.Key)
		}
		ids = append(ids, a.ids()...)
		if a.in.Tag != "" {
			tags = append(tags, a.in.Tag)
		}
	}
	need := func(message string) {
		if _, known := b.rows[message]; !known {
			b.rows[message] = nil
			messages = append(messages, message)
		}
	}
	for p, mailboxes := range places {
		for mailbox, uids := range mailboxes {
			err := b.lookCopies(copiesAt, need, b.tenant, mailbox, int64(p.uidvalidity), engine.In(uids))
			if err != nil {
				return err
			}
		}
	}
	if len(headers) > 0 {
		if err := b.lookCopies(copiesByHeader, need, b.tenant, b.account, engine.In(headers)); err != nil {
			return err
		}
	}
	var err error
	if b.ids, err = b.tx.senders(b.tx.ctx, b.tenant, sendIDs, ids); err != nil {
		return err
	}
	if b.tags, err = b.tx.senders(b.tx.ctx, b.tenant, sendTags, tags); err != nil {
		return err
	}
	if err := b.lookSubmissions(need); err != nil {
		return err
	}
	if err := b.lookMessages(messagesByKey, keys); err != nil {
		return err
	}
	if err := b.lookMessages(messagesByID, messages); err != nil {
		return err
	}
	if err := b.logos.look(b); err != nil {
		return err
	}
	return b.threads.look(b)
}

// ids are the Message-IDs by which a mail may belong to a submission, bounded.
func (a *arriving) ids() []string {
	all := append([]string{a.in.Message.MessageID}, a.in.Ids[:min(len(a.in.Ids), 20)]...)
	kept := all[:0]
	for _, id := range all {
		if id != "" && len(id) <= maxMessageID {
			kept = append(kept, id)
		}
	}
	return kept
}

func (b *batch) lookCopies(q engine.SQL, need func(string), args ...any) error {
	return engine.Each(b.tx.ctx, b.tx.c, q, func(s engine.Scanner) error {
		var c copyRow
		var hash, raw []byte
		if err := s.Scan(&c.id, &c.message, &c.mailbox, &c.uidvalidity, &c.uid, &hash, &c.kept, &raw, &c.rawSize, &c.gone); err != nil {
			return err
		}
		c.raw = asDigest(raw)
		key := placeKey{c.mailbox, c.uidvalidity, c.uid}
		if b.byPlace[key] != nil {
			return nil // found by both ways
		}
		b.byPlace[key] = &c
		if len(hash) == 32 {
			b.byHeader[[32]byte(hash)] = append(b.byHeader[[32]byte(hash)], &c)
		}
		need(c.message)
		return nil
	}, args...)
}

func (b *batch) lookSubmissions(need func(string)) error {
	var ids []string
	for _, owners := range []map[string]string{b.ids, b.tags} {
		for _, id := range owners {
			if b.sent[id] == nil {
				b.sent[id] = &submissionRow{id: id}
				ids = append(ids, id)
			}
		}
	}
	return engine.Chunks(ids, engine.MaxIn, func(ids []string) error {
		return engine.Each(b.tx.ctx, b.tx.c, submissionMessages, func(s engine.Scanner) error {
			var row submissionRow
			if err := s.Scan(&row.id, &row.message); err != nil {
				return err
			}
			b.sent[row.id] = &row
			if row.message != "" {
				need(row.message)
			}
			return nil
		}, b.tenant, engine.Strings(ids))
	})
}

func (b *batch) lookMessages(q engine.SQL, values []any) error {
	return engine.Chunks(values, engine.MaxIn, func(values []any) error {
		return engine.Each(b.tx.ctx, b.tx.c, q, func(s engine.Scanner) error {
			m, err := scanMessageRow(s)
			if err != nil {
				return err
			}
			if known := b.rows[m.id]; known != nil {
				return nil
			}
			b.rows[m.id] = m
			b.byKey[m.key] = append(b.byKey[m.key], m)
			return nil
		}, b.tenant, engine.In(values))
	})
}

// match finds the message that a mail is a copy of; a.row stays nil when there is none.
func (b *batch) match(a *arriving) error {
	row, submission, err := b.matchSubmission(a)
	if err != nil {
		return err
	}
	if row != nil {
		a.row, a.out.Submission = row, submission
		return nil
	}
	var candidates []*messageRow
	if a.in.Copy.HeaderHash != ([32]byte{}) {
		for _, c := range b.byHeader[a.in.Copy.HeaderHash] {
			candidates = append(candidates, b.rows[c.message])
		}
	}
	if a.in.Message.Key != "" {
		candidates = append(candidates, b.byKey[a.in.Message.Key]...)
	}
	for _, row := range candidates {
		if row == nil {
			continue
		}
		ok, err := b.related(a, row)
		if err != nil {
			return err
		}
		if ok {
			a.row = row
			return nil
		}
	}
	return nil
}

func (b *batch) matchSubmission(a *arriving) (*messageRow, string, error) {
	for _, id := range a.ids() {
		if row, submission := b.submitted(b.ids[id]); row != nil {
			ok, err := b.related(a, row)
			if err != nil {
				return nil, "", err
			}
			same := firstAddress(a.in.Message.From) == row.from
			if ok && (same || a.hash != 0 && row.hash != 0) {
				return row, submission, nil
			}
		}
	}
	if row, submission := b.submitted(b.tags[a.in.Tag]); a.in.Tag != "" && row != nil && firstAddress(a.in.Message.From) == row.from && a.in.Message.InReplyTo == row.inReplyTo {
		ok, err := b.related(a, row)
		if err != nil || ok {
			return row, submission, err
		}
	}
	return nil, "", nil
}

// submitted is the message of a submission, if it has one.
func (b *batch) submitted(submission string) (*messageRow, string) {
	s := b.sent[submission]
	if s == nil || s.message == "" {
		return nil, ""
	}
	return b.rows[s.message], submission
}

// submissionOf is the submission that a message was sent by, among those that the mails of this batch speak of.
func (b *batch) submissionOf(message string) string {
	for id, s := range b.sent {
		if s.message == message {
			return id
		}
	}
	return ""
}

// related reports whether the text of a mail does not speak against its being a copy of a message. Of a private message it must speak for it: whoever could make a copy of it
// by its ids alone would read it.
func (b *batch) related(a *arriving, row *messageRow) (bool, error) {
	if row.private && a.hash != row.hash && (a.hash == 0 || row.hash == 0 || !manyWords(string(a.folded))) {
		return false, nil
	}
	if row.private && a.hash == 0 {
		return false, nil
	}
	if a.hash == 0 || row.hash == 0 || a.hash == row.hash {
		return true, nil
	}
	if !row.known {
		body, _, err := engine.One(b.tx.ctx, b.tx.c, textOf, engine.Value[string], b.tenant, row.id)
		if err != nil {
			return false, err
		}
		row.folded, row.known = search.AppendFolded(nil, body), true
	}
	return related(string(a.folded), string(row.folded)), nil
}
