package deliver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/quotes"
	"github.com/mailcrm/sdk/mailcrm/internal/reports"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/templates/plaintext"
)

// Limits of what is kept of a mail beside its bytes.
const (
	maxSnippet      = 200       // runes
	maxIndexed      = 256 << 10 // bytes of text for search
	maxParticipants = 500
	maxReferences   = 100
	maxDelivered    = 320 // bytes of an address to which a mail was delivered
)

// ours are the addresses and domains of a tenant's own accounts.
type ours struct {
	addresses []string
	domains   []string
}

func (o ours) has(address string) bool {
	_, found := slices.BinarySearch(o.addresses, address)
	return found
}

func (d *Desk) own(ctx context.Context, tenant storage.Tenant) (ours, error) {
	addresses, domains, err := d.DB.OwnAddresses(ctx, tenant)
	if err != nil {
		return ours{}, fmt.Errorf("reading the addresses of the accounts: %w", err)
	}
	slices.Sort(addresses)
	return ours{addresses, domains}, nil
}

// arrival is a fetched mail as the store takes it.
func (d *Desk) arrival(chunk *imapsync.Chunk, m *imapsync.Mail, own ours, servers []reports.Server) store.Arrival {
	direction := storage.Received
	if chunk.Mailbox.Role == "sent" || (chunk.Mailbox.Role != "inbox" && fromUs(m.Parsed, own)) {
		direction = storage.Sent
	}
	a := d.arrivalOf(chunk.Account, m.Parsed, direction, chunk.Account.Owner, m.InternalDate)
	a.Message.Size = m.RawSize
	if a.Message.Size == 0 {
		a.Message.Size = m.Size
	}
	a.Copy = store.Copy{
		Tenant: chunk.Account.Tenant, Account: chunk.Account.ID, Mailbox: chunk.Mailbox.ID, UIDValidity: chunk.UIDValidity, UID: m.UID,
		HeaderHash: m.HeaderHash, Size: m.Size, InternalDate: m.InternalDate, Flags: m.Flags, Keywords: m.Keywords, ModSeq: m.ModSeq,
		Raw: m.Raw, RawSize: m.RawSize, Kept: m.Kept, Direction: direction,
	}
	if m.Parsed.MessageID == "" && (m.Parsed.Date.IsZero() || len(m.Parsed.From) == 0) {
		a.Message.Key = namelessKey(m)
	}
	if m.Told != nil && direction == storage.Received {
		a.Message.Facts = facts(m, servers)
		if m.Told.Verdict.Kind == reports.AutoReply {
			a.Message.Kind = string(reports.AutoReply)
		}
	}
	switch chunk.Mailbox.Role {
	case "drafts", "junk", "trash": // a draft and its mail are not two mails; and of a stranger nothing is learned
	default:
		a.Pictures, a.Others = m.Pictures, m.Others
	}
	if chunk.Mailbox.Role == "sent" {
		d.claim(&a, chunk.Account.Tenant, m.Parsed)
	}
	return a
}

// arrivalOf is a mail without a place.
func (d *Desk) arrivalOf(acc *store.Account, m *mimemail.Message, direction storage.Direction, agent string, arrived time.Time) store.Arrival {
	date := m.Date
	if date.IsZero() {
		date = arrived
	}
	msg := store.Message{
		Tenant: acc.Tenant, Key: m.Key(), MessageID: m.MessageID, References: head(m.References, maxReferences), Date: date.UTC(),
		From: people(m.From), ReplyTo: people(m.ReplyTo), To: people(m.To), Cc: people(m.Cc), Bcc: people(m.Bcc),
		Subject: m.Subject, Snippet: snippet(m), Text: indexed(m), Direction: direction, Agent: agent,
		HasAttachments: len(m.Attachments()) > 0, Public: acc.Settings.Public, LinkState: stateNone,
	}
	if len(m.InReplyTo) > 0 {
		msg.InReplyTo = m.InReplyTo[0]
	}
	if direction == storage.Received {
		for _, to := range m.DeliveredTo {
			if len(to) <= maxDelivered && !strings.EqualFold(to, acc.Address) && len(msg.DeliveredTo) < store.MaxDelivered {
				msg.DeliveredTo = append(msg.DeliveredTo, to)
			}
		}
	}
	for _, defect := range m.Defects {
		msg.Defects = append(msg.Defects, string(defect.Code))
	}
	return store.Arrival{Message: msg, Participants: participants(m)}
}

// namelessKey is the identity of a mail whose header tells none: its bytes. Two broken mails must not become one.
func namelessKey(m *imapsync.Mail) string {
	h := sha256.New()
	h.Write([]byte("nameless"))
	h.Write(m.HeaderHash[:])
	h.Write(m.Raw[:])
	return hex.EncodeToString(h.Sum(nil))
}

// claim adds what proves that a mail in Sent is a submission of ours, also when the server gave it another Message-ID: the ids it had before, and our tag,
// which stands last in References. It is asked of Sent only: whoever answers our mail has our ids too.
func (d *Desk) claim(a *store.Arrival, tenant storage.Tenant, m *mimemail.Message) {
	a.Ids = append(a.Ids, m.OriginalIDs...)
	if m.MessageID != "" {
		a.Ids = append(a.Ids, m.MessageID)
	}
	if n := len(m.References); n > 0 {
		left, _, _ := strings.Cut(m.References[n-1], "@")
		if _, ok := d.Keys.Tagged(tenant, left); ok {
			a.Tag = left
		}
	}
}

// snippet is one line of what was new in a mail. Where nothing was, it is the beginning of what there is.
func snippet(m *mimemail.Message) string {
	text := m.Text
	if strings.TrimSpace(text) == "" {
		return m.Snippet(maxSnippet)
	}
	if visible := quotes.Visible(text); strings.TrimSpace(visible) != "" {
		text = visible
	}
	return (&mimemail.Message{Text: text}).Snippet(maxSnippet)
}

// indexed is the text that search knows.
func indexed(m *mimemail.Message) string {
	text := m.Text
	if strings.TrimSpace(text) == "" && m.HTML != "" {
		text = plaintext.FromHTML(m.HTML, nil)
	}
	if len(text) > maxIndexed {
		text = strings.ToValidUTF8(text[:maxIndexed], "")
	}
	return text
}

func fromUs(m *mimemail.Message, own ours) bool {
	return len(m.From) > 0 && own.has(m.From[0].Normal())
}

func people(from []mimemail.Address) []store.Address {
	from = head(from, maxParticipants)
	out := make([]store.Address, len(from))
	for i, a := range from {
		out[i] = store.Address{Name: a.Name, Address: a.Address}
	}
	return out
}

func participants(m *mimemail.Message) []store.Participant {
	var out []store.Participant
	seen := map[store.Participant]bool{}
	for _, h := range []struct {
		header string
		list   []mimemail.Address
	}{{"from", m.From}, {"sender", m.Sender}, {"reply-to", m.ReplyTo}, {"to", m.To}, {"cc", m.Cc}, {"bcc", m.Bcc}} {
		if h.header == "reply-to" && m.ListID != "" {
			continue // the list's, not a person's
		}
		for _, a := range h.list {
			p := store.Participant{Address: a.Normal(), Header: h.header}
			if p.Address == "" || seen[p] || len(out) == maxParticipants {
				continue
			}
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

func head[T any](s []T, n int) []T { return s[:min(len(s), n)] }
