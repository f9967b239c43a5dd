package store

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/search"
	"github.com/mailcrm/sdk/storage"
)

const (
	messageInserted = `tenant, id, message_key, variant, body_hash, kept, account, message_id, thread, date, head, subject, subject_sort, from_sort, snippet, direction, agent, has_attachments, size,
		private, private_by, public, link_state, entered, kind, facts`
	messageInsertedColumns = 26

	newestNumber           engine.SQL = `SELECT COALESCE(MAX(num), 0) FROM @messages`
	insertMessagesSQLite   engine.SQL = `INSERT INTO @messages (` + messageInserted + `, num) VALUES {rows}`
	insertMessagesPostgres engine.SQL = `INSERT INTO @messages (` + messageInserted + `) VALUES {rows}`
	deepenMessage          engine.SQL = `UPDATE @messages SET body_hash = ?, kept = ?, snippet = ?, has_attachments = ?, size = ? WHERE tenant = ? AND id = ?`
	sentAfterAll           engine.SQL = `UPDATE @messages SET direction = ?, agent = ? WHERE tenant = ? AND id = ?`

	putTexts           engine.SQL = `INSERT INTO @message_texts (tenant, message, body) VALUES {rows} ON CONFLICT (tenant, message) DO UPDATE SET body = excluded.body`
	insertWordsSQLite  engine.SQL = `INSERT INTO @message_words (rowid, subject, sender, recipients, body) VALUES {rows}`
	deleteWordsSQLite  engine.SQL = `DELETE FROM @message_words WHERE rowid IN {list}`
	putWordsPostgres   engine.SQL = `INSERT INTO @message_words (tenant, message, words) VALUES {rows} ON CONFLICT (tenant, message) DO UPDATE SET words = excluded.words`
	insertParticipants engine.SQL = `INSERT INTO @participants (tenant, message, address, header) VALUES {rows}`
	insertCopies       engine.SQL = `INSERT INTO @copies (tenant, id, message, account, mailbox, direction, uidvalidity, uid, header_hash, size, internal_date, flags, shown, keywords, modseq, raw, raw_size, kept,
		want_add, want_remove, gone, date) VALUES {rows}`
	attachCopy engine.SQL = `UPDATE @copies SET uidvalidity = ?, uid = ?, header_hash = ?, size = ?, internal_date = ?, raw = ?, raw_size = ?, kept = ?, gone = 0 WHERE tenant = ? AND id = ?`
)

// write writes down what was decided.
func (b *batch) write() error {
	if err := b.writeMessages(); err != nil {
		return err
	}
	if err := b.writeDeeper(); err != nil {
		return err
	}
	if err := b.writeWords(slices.Concat(b.fresh, b.reworded)); err != nil {
		return err
	}
	for _, row := range b.turned {
		if _, err := b.tx.exec(sentAfterAll, string(storage.Sent), row.agent, b.tenant, row.id); err != nil {
			return err
		}
	}
	if err := b.writeFacts(); err != nil {
		return err
	}
	if err := b.threads.write(); err != nil {
		return err
	}
	if err := b.logos.write(); err != nil {
		return err
	}
	if err := b.tx.insert(insertCopies, 22, b.copies); err != nil {
		return err
	}
	if err := b.tx.countBlobs(b.tenant, b.refs); err != nil {
		return err
	}
	mailboxes := make([]string, 0, len(b.totals))
	for mailbox := range b.totals {
		mailboxes = append(mailboxes, mailbox)
	}
	slices.Sort(mailboxes)
	for _, mailbox := range mailboxes {
		if err := b.tx.addTotal(b.tenant, mailbox, b.totals[mailbox]); err != nil {
			return err
		}
	}
	return nil
}

// writeMessages inserts the new messages in the order of their keys, so that two accounts that get the same mails wait for each other rather than forever. If the other one was faster, the unique key
// says so, and the transaction runs again and finds its message.
func (b *batch) writeMessages() error {
	if len(b.fresh) == 0 {
		return nil
	}
	sqlite := engine.DialectOf(b.tx.c) == engine.SQLite
	insert, columns := insertMessagesPostgres, messageInsertedColumns
	if sqlite {
		insert, columns = insertMessagesSQLite, messageInsertedColumns+1
		if b.tx.words == 0 {
			n, _, err := engine.One(b.tx.ctx, b.tx.c, newestNumber, engine.Value[int64])
			if err != nil {
				return err
			}
			b.tx.words = n
		}
	}
	inOrder := slices.SortedFunc(slices.Values(b.fresh), func(x, y *arriving) int {
		return cmp.Or(strings.Compare(x.row.key, y.row.key), cmp.Compare(x.row.variant, y.row.variant))
	})
	values := make([]any, 0, columns*len(inOrder))
	var people []any
	for _, a := range inOrder {
		m, row := &a.in.Message, a.row
		values = append(values, b.tenant, row.id, row.key, int64(row.variant), row.hash, int64(row.kept), b.account, clip(m.MessageID, maxMessageID), row.thread, row.date, asJSON(headOf(m)),
			clip(m.Subject, MaxSubject), subjectKey(m.Subject), fromKey(m.From), clip(m.Snippet, MaxSnippet), string(row.direction), row.agent, a.attached(), m.Size,
			m.Private, m.PrivateBy, m.Public, row.linkState, micros(m.Entered), row.kind, row.facts)
		if sqlite {
			b.tx.words++
			row.num = b.tx.words
			values = append(values, row.num)
		}
		people = append(people, b.participants(a)...)
	}
	err := b.tx.insert(insert, columns, values)
	if err != nil {
		if conflict(err) {
			return engine.Again(err)
		}
		return err
	}
	return b.tx.insert(insertParticipants, 4, people)
}

// participants are the rows of a mail's participants, each once.
func (b *batch) participants(a *arriving) []any {
	seen := make(map[Participant]bool, len(a.in.Participants))
	var values []any
	for _, p := range a.in.Participants {
		if p.Address == "" || len(p.Address) > maxAddress || seen[p] || len(seen) >= MaxParticipants {
			continue
		}
		seen[p] = true
		values = append(values, b.tenant, a.row.id, p.Address, p.Header)
	}
	return values
}

func headOf(m *Message) head {
	return head{
		From: few(m.From), ReplyTo: few(m.ReplyTo), To: few(m.To), Cc: few(m.Cc), Bcc: few(m.Bcc), InReplyTo: clip(m.InReplyTo, maxMessageID),
		References: endsOf(m.References, MaxReferences), Defects: m.Defects[:min(len(m.Defects), MaxDefects)],
		DeliveredTo: m.DeliveredTo[:min(len(m.DeliveredTo), MaxDelivered)],
	}
}

func few(list []Address) []Address { return list[:min(len(list), MaxAddresses)] }

// endsOf are the first and the newest of a list, at most n.
func endsOf(list []string, n int) []string {
	if len(list) <= n {
		return list
	}
	return append(list[:1:1], list[len(list)-n+1:]...)
}

func (b *batch) writeDeeper() error {
	for _, a := range b.deeper {
		m := &a.in.Message
		_, err := b.tx.exec(deepenMessage, a.hash, int64(a.kept), clip(m.Snippet, MaxSnippet), a.attached(), m.Size, b.tenant, a.row.id)
		if err != nil {
			return err
		}
	}
	return nil
}

// writeWords stores texts, and their words for search.
func (b *batch) writeWords(mails []*arriving) error {
	sqlite := engine.DialectOf(b.tx.c) == engine.SQLite
	var texts, words []any
	var renewed engine.In
	latest := make(map[string]*arriving, len(mails)) // of two for one message the later one knows more
	for _, a := range mails {
		latest[a.row.id] = a
	}
	// FTS5 starts a new segment whenever a row comes before its predecessor.
	inOrder := slices.SortedFunc(maps.Values(latest), func(x, y *arriving) int {
		return cmp.Or(cmp.Compare(x.row.num, y.row.num), strings.Compare(x.row.id, y.row.id))
	})
	for _, a := range inOrder {
		m := &a.in.Message
		if m.Text != "" {
			texts = append(texts, b.tenant, a.row.id, clip(m.Text, MaxText))
		}
		if sqlite {
			if !a.out.NewMessage {
				renewed = append(renewed, a.row.num)
			}
			words = append(words, a.row.num, search.Fold(clip(m.Subject, MaxSubject)), search.Fold(people(m.From)), search.Fold(people(m.To, m.Cc, m.Bcc)), string(a.folded))
		} else {
			words = append(words, b.tenant, a.row.id, search.Vector(clip(m.Subject, MaxSubject), people(m.From), people(m.To, m.Cc, m.Bcc), string(a.folded)))
		}
	}
	if err := b.tx.insert(putTexts, 3, texts); err != nil {
		return err
	}
	if !sqlite {
		return b.tx.insert(putWordsPostgres, 3, words)
	}
	if len(renewed) > 0 {
		if _, err := b.tx.exec(deleteWordsSQLite, renewed); err != nil {
			return err
		}
	}
	return b.tx.insert(insertWordsSQLite, 5, words)
}

// people is the text of addresses, for search.
func people(lists ...[]Address) string {
	var s strings.Builder
	for _, list := range lists {
		for _, a := range few(list) {
			s.WriteString(clip(a.Name, 255))
			s.WriteByte('\n')
			s.WriteString(clip(a.Address, maxAddress))
			s.WriteByte('\n')
		}
	}
	return s.String()
}
