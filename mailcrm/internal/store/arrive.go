package store

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/search"
	"github.com/mailcrm/sdk/storage"
)

// MaxArrivals is how many mails one call of Arrive takes.
const MaxArrivals = 500

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
	logos    logos

	fresh    []*arriving   // those that make a message
	deeper   []*arriving   // those that know more than the message they join
	reworded []*arriving   // of these, those with another text
	turned   []*messageRow // stored messages whose direction became sent
	told     []*messageRow // stored messages whose kind or facts changed
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
	first  bool // nothing but the header of its message was read before
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
			if err := b.join(a); err != nil {
				return err
			}
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
		if err := b.logos.judge(a); err != nil {
			return err
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
		from: firstAddress(m.From), inReplyTo: m.InReplyTo, date: m.Date.UnixMicro(), private: m.Private, kind: m.Kind, facts: m.Facts.text(),
	}
	if row.key == "" {
		row.key = row.id // nothing to know it again by
	}
	for _, other := range b.byKey[row.key] {
		row.variant = max(row.variant, other.variant+1)
	}
	a.row, a.out.NewMessage, a.first = row, true, a.kept > 0
	b.rows[row.id] = row
	b.byKey[row.key] = append(b.byKey[row.key], row)
	b.fresh = append(b.fresh, a)
}

// join makes a mail one more copy of a message.
func (b *batch) join(a *arriving) error {
	row := a.row
	if err := b.tell(a, a.kept > row.kept); err != nil {
		return err
	}
	if a.kept > row.kept {
		a.first = row.kept == 0
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
	return nil
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
