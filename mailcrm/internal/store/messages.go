package store

import (
	"context"
	"slices"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

// MessageColumns are what [ScanMessage] reads: all but the text.
const MessageColumns = `tenant, id, message_key, message_id, thread, date, head, subject, snippet, direction, agent, has_attachments, size, private, private_by, public, link_state, entered, kind, facts, receipt`

const (
	participantsOf engine.SQL = `SELECT message, address, header FROM @participants WHERE tenant = ? AND message IN {list} ORDER BY message, address, header`
	factsOf        engine.SQL = `SELECT id, direction, agent, date, account, thread, link_state, entered, private, private_by, public, kind, facts FROM @messages WHERE tenant = ? AND id IN {list}`
	rolesOf        engine.SQL = `SELECT c.message, b.role, c.shown FROM @copies c JOIN @mailboxes b ON b.tenant = c.tenant AND b.id = c.mailbox
		WHERE c.tenant = ? AND c.message IN {list} AND c.gone = 0 ORDER BY b.role`
	setPrivate        engine.SQL = `UPDATE @messages SET private = ?, private_by = ? WHERE tenant = ? AND id = ?`
	setLinkState      engine.SQL = `UPDATE @messages SET link_state = ?, entered = CASE WHEN entered = 0 THEN CAST(? AS BIGINT) ELSE entered END WHERE tenant = ? AND id IN {list}`
	linkPending       engine.SQL = `SELECT id FROM @messages WHERE tenant = ? AND account = ? AND link_state = 'pending' ORDER BY id LIMIT ?`
	messagesByAddress engine.SQL = `SELECT DISTINCT message FROM @participants WHERE tenant = ? AND address = ? AND message > ? ORDER BY message LIMIT ?`
	messagesByThread  engine.SQL = `SELECT id FROM @messages WHERE tenant = ? AND thread = ? AND id > ? ORDER BY id LIMIT ?`
)

// A head is what of a message is never asked for by its parts.
type head struct {
	From       []Address `json:"from,omitempty"`
	ReplyTo    []Address `json:"reply_to,omitempty"`
	To         []Address `json:"to,omitempty"`
	Cc         []Address `json:"cc,omitempty"`
	Bcc        []Address `json:"bcc,omitempty"`
	InReplyTo  string    `json:"in_reply_to,omitempty"`
	References []string  `json:"references,omitempty"`
	Defects    []string  `json:"defects,omitempty"`

	DeliveredTo []string `json:"delivered_to,omitempty"`
}

// ScanMessage reads MessageColumns.
func ScanMessage(s engine.Scanner) (m Message, err error) {
	var text, facts string
	var date, entered int64
	err = s.Scan(&m.Tenant, &m.ID, &m.Key, &m.MessageID, &m.Thread, &date, &text, &m.Subject, &m.Snippet, &m.Direction, &m.Agent, &m.HasAttachments, &m.Size, &m.Private, &m.PrivateBy, &m.Public,
		&m.LinkState, &entered, &m.Kind, &facts, &m.Receipt)
	if err == nil {
		err = fromJSON(facts, &m.Facts)
	}
	if err != nil {
		return m, err
	}
	m.Date, m.Entered = time.UnixMicro(date).UTC(), when(entered)
	var h head
	err = fromJSON(text, &h)
	m.From, m.ReplyTo, m.To, m.Cc, m.Bcc, m.InReplyTo, m.References, m.Defects = h.From, h.ReplyTo, h.To, h.Cc, h.Bcc, h.InReplyTo, h.References, h.Defects
	m.DeliveredTo = h.DeliveredTo
	return m, err
}

// Participants are the addresses of messages, by message.
func (r Reads) Participants(ctx context.Context, tenant storage.Tenant, messages []string) (map[string][]Participant, error) {
	all := make(map[string][]Participant, len(messages))
	err := engine.Chunks(messages, engine.MaxIn, func(messages []string) error {
		return engine.Each(ctx, r.c, participantsOf, func(s engine.Scanner) error {
			var message string
			var p Participant
			err := s.Scan(&message, &p.Address, &p.Header)
			all[message] = append(all[message], p)
			return err
		}, string(tenant), engine.Strings(messages))
	})
	return all, doing("reading participants", err)
}

// A LinkFact is what the linker must know of a message that is stored, to link it now or again.
type LinkFact struct {
	Message      string
	Direction    storage.Direction
	Agent        string
	Date         time.Time
	Account      string // that first received or sent it
	Thread       string
	LinkState    string
	Entered      time.Time
	Private      bool
	PrivateBy    string
	Public       bool
	Kind         string
	About        string   // the message that a report is about: such a report has no links of its own
	Standing     string   // see Facts
	Roles        []string // of the mailboxes in which copies lie now, each once; "" is a folder without a role
	Seen         bool     // at least one of these copies is read
	Participants []Participant
}

// LinkFacts are the facts of messages, by message. One that is not there is missing from the answer.
func (r Reads) LinkFacts(ctx context.Context, tenant storage.Tenant, messages []string) (map[string]LinkFact, error) {
	all := make(map[string]LinkFact, len(messages))
	people, err := r.Participants(ctx, tenant, messages)
	if err != nil {
		return nil, err
	}
	err = engine.Chunks(messages, engine.MaxIn, func(messages []string) error {
		err := engine.Each(ctx, r.c, factsOf, func(s engine.Scanner) error {
			var f LinkFact
			var date, entered int64
			var told string
			err := s.Scan(&f.Message, &f.Direction, &f.Agent, &date, &f.Account, &f.Thread, &f.LinkState, &entered, &f.Private, &f.PrivateBy, &f.Public, &f.Kind, &told)
			if err != nil {
				return err
			}
			var facts Facts
			err = fromJSON(told, &facts)
			f.About, f.Standing = facts.About, facts.Standing
			f.Date, f.Entered, f.Participants = time.UnixMicro(date).UTC(), when(entered), people[f.Message]
			all[f.Message] = f
			return err
		}, string(tenant), engine.Strings(messages))
		if err != nil {
			return err
		}
		return engine.Each(ctx, r.c, rolesOf, func(s engine.Scanner) error {
			var message, role string
			var shown Flags
			if err := s.Scan(&message, &role, &shown); err != nil {
				return err
			}
			f, known := all[message]
			if !known {
				return nil
			}
			if !slices.Contains(f.Roles, role) {
				f.Roles = append(f.Roles, role)
			}
			f.Seen = f.Seen || shown&FlagSeen != 0
			all[message] = f
			return nil
		}, string(tenant), engine.Strings(messages))
	})
	if err != nil {
		return nil, doing("reading what links need", err)
	}
	return all, nil
}

// SetPrivate makes a message private or not. By is the agent who keeps full sight of it.
func (tx *Tx) SetPrivate(tenant storage.Tenant, message string, private bool, by string) error {
	if !private {
		by = ""
	}
	return tx.one("changing the privacy of a message", setPrivate, private, by, string(tenant), message)
}

// SetLinkState sets where messages stand on their way into the history. Entered is kept once it is set; a zero one leaves it.
func (tx *Tx) SetLinkState(tenant storage.Tenant, messages []string, state string, entered time.Time) error {
	return doing("changing the link state", engine.Chunks(messages, engine.MaxIn, func(messages []string) error {
		_, err := tx.exec(setLinkState, state, micros(entered), string(tenant), engine.Strings(messages))
		return err
	}))
}

// LinkPending are at most limit messages of an account whose look-up failed, the oldest first.
func (r Reads) LinkPending(ctx context.Context, tenant storage.Tenant, account string, limit int) ([]string, error) {
	all, err := engine.All(ctx, r.c, linkPending, engine.Value[string], string(tenant), account, int64(limit))
	return all, doing("reading pending links", err)
}

// MessagesByAddress are at most limit messages in which a normalised address takes part, in the order of ids, after one of them: to link again when a record gets an address.
func (r Reads) MessagesByAddress(ctx context.Context, tenant storage.Tenant, address, after string, limit int) ([]string, error) {
	all, err := engine.All(ctx, r.c, messagesByAddress, engine.Value[string], string(tenant), address, after, int64(limit))
	return all, doing("reading messages of an address", err)
}

// MessagesByThread are at most limit messages of a conversation, in the order of ids, after one of them.
func (r Reads) MessagesByThread(ctx context.Context, tenant storage.Tenant, thread, after string, limit int) ([]string, error) {
	all, err := engine.All(ctx, r.c, messagesByThread, engine.Value[string], string(tenant), thread, after, int64(limit))
	return all, doing("reading messages of a thread", err)
}
