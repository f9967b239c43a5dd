package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/search"
	"github.com/mailcrm/sdk/storage"
)

// MaxArrivals is how many mails one call of Arrive takes.
const MaxArrivals = 500

const (
	messageInserted = `tenant, id, message_key, variant, body_hash, kept, account, message_id, thread, date, head, subject, subject_sort, from_sort, snippet, direction, agent, has_attachments, size,
		private, private_by, public, link_state, entered`
	messageInsertedColumns = 24

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

// A batch is one call of Arrive. It asks the data base about all mails together, decides about one after the other, and writes what is new together.
type batch struct {
	tx      *Tx
	tenant  string
	account string
	mails   []*arriving

	rows     map[string]*messageRow   // messages by id
	byKey    map[string][]*messageRow // by message key
	byHeader map[[32]byte][]*copyRow  // the account's copies by header hash
	byPlace  map[placeKey]*copyRow
	ids      map[string]string         // Message-ID -> submission
	tags     map[string]string         // tag -> submission
	sent     map[string]*submissionRow // submissions by id
	threads  threads

	fresh    []*arriving   // those that make a message
	deeper   []*arriving   // those that know more than the message they join
	reworded []*arriving   // of these, those with another text
	turned   []*messageRow // stored messages whose direction became sent
	copies   []any         // rows of new copies
	refs     blobRefs
	totals   map[string]int64 // mailbox -> change
}

// arriving is one mail of a batch.
type arriving struct {
	in     *Arrival
	out    *Arrived
	kept   int
	folded []byte // the words of the text
	hash   int64  // of folded
	row    *messageRow
}

// A placeKey is where a copy lies.
type placeKey struct {
	mailbox          string
	uidvalidity, uid uint32
}

// keptRank orders how much of a mail was read.
func keptRank(kept string) int {
	switch kept {
	case "whole":
		return 2
	case "text":
		return 1
	}
	return 0
}

// Arrive records mails of one account, at most MaxArrivals, and says what became of each. Each is attached to the message that it is a copy of (match.go says how that is found out) or makes one, with its
// participants, its conversation and its words for search.
//
// A place (mailbox, UIDVALIDITY, UID) that is known changes nothing but flags, so that a chunk may be delivered again; only when more of the mail was read than before ("header", then "text" or
// "whole") the rest is filled in. A copy that is gone is taken up again by one with the same header in the same mailbox (law 5). An arrival without Copy.Mailbox makes or finds the message alone: a mail being sent.
//
// The ledger is not touched: call Settle in the same transaction.
func (tx *Tx) Arrive(accountID string, arrivals []Arrival) ([]Arrived, error) {
	if len(arrivals) == 0 {
		return nil, nil
	}
	if len(arrivals) > MaxArrivals {
		return nil, fmt.Errorf("recording mail: %d at once, at most %d: %w", len(arrivals), MaxArrivals, storage.ErrLimit)
	}
	out := make([]Arrived, len(arrivals))
	b := &batch{
		tx: tx, tenant: string(arrivals[0].Message.Tenant), account: accountID, mails: make([]*arriving, len(arrivals)),
		rows: make(map[string]*messageRow), byKey: make(map[string][]*messageRow), byHeader: make(map[[32]byte][]*copyRow), byPlace: make(map[placeKey]*copyRow),
		sent: make(map[string]*submissionRow), refs: make(blobRefs), totals: make(map[string]int64),
	}
	for i := range arrivals {
		a := &arriving{in: &arrivals[i], out: &out[i], kept: keptRank(arrivals[i].Copy.Kept)}
		if string(a.in.Message.Tenant) != b.tenant {
			return nil, doing("recording mail", errTwoTenants)
		}
		a.folded = search.AppendFolded(nil, clip(a.in.Message.Text, MaxText))
		a.hash = bodyHash(a.folded)
		b.mails[i] = a
	}
	for _, part := range []func() error{b.look, b.decide, b.write} {
		if err := part(); err != nil {
			return nil, doing("recording mail", err)
		}
	}
	tx.arrived += len(arrivals)
	return out, nil
}

// decide takes the mails one by one, since a later one may be a copy of an earlier one.
func (b *batch) decide() error {
	for _, a := range b.mails {
		known := b.byPlace[a.placeKey()]
		if known != nil {
			a.row = b.rows[known.message]
		} else if err := b.match(a); err != nil {
			return err
		}
		if a.row == nil {
			b.make(a)
		} else {
			b.join(a)
		}
		b.threads.register(a)
		if a.in.Copy.Mailbox != "" {
			if err := b.place(a, known); err != nil {
				return err
			}
		}
		a.out.Message, a.out.LinkState = a.row.id, a.row.linkState
		if a.out.Submission == "" {
			a.out.Submission = b.submissionOf(a.row.id)
		}
	}
	return nil
}

func (a *arriving) placeKey() placeKey {
	return placeKey{a.in.Copy.Mailbox, a.in.Copy.UIDValidity, a.in.Copy.UID}
}

// make makes a message of a mail.
func (b *batch) make(a *arriving) {
	m := &a.in.Message
	row := &messageRow{
		id: b.tx.NewID(m.Tenant), key: m.Key, hash: a.hash, kept: a.kept, direction: m.Direction, linkState: cmp.Or(m.LinkState, "none"), folded: a.folded, known: true, fresh: true, agent: m.Agent,
		from: firstAddress(m.From), inReplyTo: m.InReplyTo, date: m.Date.UnixMicro(),
	}
	if row.key == "" {
		row.key = row.id // nothing to know it again by
	}
	for _, other := range b.byKey[row.key] {
		row.variant = max(row.variant, other.variant+1)
	}
	a.row, a.out.NewMessage = row, true
	b.rows[row.id] = row
	b.byKey[row.key] = append(b.byKey[row.key], row)
	b.fresh = append(b.fresh, a)
}

// join makes a mail one more copy of a message.
func (b *batch) join(a *arriving) {
	row := a.row
	if a.kept > row.kept {
		b.deeper = append(b.deeper, a)
		if a.hash != row.hash {
			b.reworded = append(b.reworded, a)
		}
		row.kept, row.hash, row.folded, row.known = a.kept, a.hash, a.folded, true
	}
	if row.direction != storage.Sent && a.in.Message.Direction == storage.Sent {
		// A colleague's mail that was received first: what says who sent it is the sender's own copy.
		row.direction, row.agent = storage.Sent, a.in.Message.Agent
		if !row.fresh {
			b.turned = append(b.turned, row)
		}
	}
}

// place records where a mail lies.
func (b *batch) place(a *arriving, known *copyRow) error {
	c := &a.in.Copy
	if known == nil {
		known = b.goneCopy(a)
	} else if known.gone == 0 && keptRank(known.kept) >= a.kept {
		a.out.Copy = known.id
		if known.fresh {
			return nil // twice in one batch
		}
		return b.tx.SetFlags(a.in.Message.Tenant, known.id, c.Flags, c.Keywords, c.ModSeq)
	}
	if known != nil {
		if known.gone != 0 {
			b.totals[c.Mailbox]++
		}
		if keptRank(known.kept) <= a.kept { // else what was kept before is worth more
			b.refs.add(known.raw, -1)
			b.refs.add(c.Raw, 1)
			known.raw, known.rawSize, known.kept = c.Raw, c.RawSize, c.Kept
		}
		known.gone, a.out.Copy = 0, known.id
		if known.fresh {
			return fmt.Errorf("UID %d of a mailbox is twice in one batch, the second time with more: %w", c.UID, storage.ErrInvalid)
		}
		_, err := b.tx.exec(attachCopy, int64(c.UIDValidity), int64(c.UID), hashBytes(&c.HeaderHash), c.Size, micros(c.InternalDate), digestBytes(&known.raw), known.rawSize, known.kept, b.tenant, known.id)
		if err == nil {
			err = b.tx.SetFlags(a.in.Message.Tenant, known.id, c.Flags, c.Keywords, c.ModSeq)
		}
		return err
	}
	id := b.tx.NewID(a.in.Message.Tenant)
	direction := cmp.Or(c.Direction, a.in.Message.Direction)
	b.copies = append(b.copies, b.tenant, id, a.row.id, b.account, c.Mailbox, string(direction), int64(c.UIDValidity), int64(c.UID), hashBytes(&c.HeaderHash), c.Size, micros(c.InternalDate),
		int64(c.Flags), int64(c.Flags), keywordsText(c.Keywords), int64(c.ModSeq), digestBytes(&c.Raw), c.RawSize, c.Kept, int64(0), int64(0), int64(0), a.row.date)
	b.byPlace[a.placeKey()] = &copyRow{id: id, message: a.row.id, mailbox: c.Mailbox, kept: c.Kept, raw: c.Raw, fresh: true}
	b.refs.add(c.Raw, 1)
	b.totals[c.Mailbox]++
	a.out.Copy, a.out.NewCopy = id, true
	return nil
}

// goneCopy is a copy in the same mailbox that is gone and has the header of this mail, to be taken up again.
func (b *batch) goneCopy(a *arriving) *copyRow {
	for _, c := range b.byHeader[a.in.Copy.HeaderHash] {
		if c.gone != 0 && c.mailbox == a.in.Copy.Mailbox && c.message == a.row.id {
			return c
		}
	}
	return nil
}

// hashBytes is what is stored for a header hash: nothing when it is not known.
func hashBytes(h *[32]byte) []byte {
	if *h == ([32]byte{}) {
		return []byte{}
	}
	return h[:]
}

func firstAddress(list []Address) string {
	if len(list) == 0 {
		return ""
	}
	return strings.ToLower(list[0].Address)
}

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
	if err := b.threads.write(); err != nil {
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
			clip(m.Subject, MaxSubject), subjectKey(m.Subject), fromKey(m.From), clip(m.Snippet, MaxSnippet), string(row.direction), row.agent, m.HasAttachments, m.Size,
			m.Private, m.PrivateBy, m.Public, row.linkState, micros(m.Entered))
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
		_, err := b.tx.exec(deepenMessage, a.hash, int64(a.kept), clip(m.Snippet, MaxSnippet), m.HasAttachments, m.Size, b.tenant, a.row.id)
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
