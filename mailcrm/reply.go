package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A ReplyInput names the mail to answer.
type ReplyInput struct {
	Message  string
	All      bool // to everybody but oneself
	Forward  bool // to nobody yet, with the attachments
	Template string
}

// Reply starts a draft that answers a mail: from the account and identity that it was sent to, to its Reply-To or sender, with the subject and the
// references of the conversation (RFC 5322 §3.6.4), the mail quoted below, and the record it is linked to as Entity. Colleagues are people like others:
// only addresses of the Actor's own accounts, and of the one that answers, are left out.
//
// Errors: [ErrNotFound] when the Actor may not see the mail whole; [ErrInvalid] when he has no account to send from; [ErrLimit] when the attachments of a
// mail to forward are too large to be sent.
func (d *Drafts) Reply(ctx context.Context, in ReplyInput) (*Draft, error) {
	view, err := d.s.quotable(ctx, in.Message)
	if err != nil {
		return nil, err
	}
	m := view.Message
	acc, own, err := d.s.answering(ctx, view)
	if err != nil {
		return nil, err
	}
	sent := len(m.From) > 0 && own[linker.Normalize(m.From[0].Address)] ||
		slices.ContainsFunc(view.Copies, func(c privacy.Copy) bool { return c.Account == acc.ID && c.Direction == storage.Sent })
	draft := DraftInput{Account: acc.ID, Identity: addressed(acc, m, sent), InReplyTo: m.ID, Quote: true, Forward: in.Forward}
	draft.Subject = prefixed(m.Subject, in.Forward)
	if !in.Forward {
		draft.To, draft.Cc = recipients(m, own, sent, in.All)
	}
	draft.Entity = entityOf(view.Links)
	if in.Template != "" {
		t, err := d.s.Templates.Get(ctx, in.Template)
		if err != nil {
			return nil, err
		}
		draft.Template, draft.HTML, draft.Text = t.ID, t.HTML, t.Text
	}
	made, err := d.Create(ctx, draft)
	if err != nil || !in.Forward {
		return made, err
	}
	return d.takeAlong(ctx, made, view)
}

// takeAlong attaches the attachments of a mail to the draft that forwards it. Bytes that are not kept cannot go along.
func (d *Drafts) takeAlong(ctx context.Context, draft *Draft, view privacy.View) (*Draft, error) {
	m, err := d.s.parsed(ctx, view, nil)
	if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNotFound) {
		return draft, nil
	}
	if err != nil {
		return nil, err
	}
	for _, p := range m.Attachments() {
		_, content, err := d.s.Messages.Attachment(ctx, view.Message.ID, p.Path)
		if err != nil {
			return nil, err
		}
		with, err := d.Attach(ctx, draft.ID, p.FileName, p.MediaType, content)
		if err = errors.Join(err, content.Close()); err != nil {
			return nil, errors.Join(err, d.Delete(ctx, draft.ID))
		}
		draft = with
	}
	return draft, nil
}

// quotable is a mail that the actor may read whole.
func (s *Session) quotable(ctx context.Context, id string) (privacy.View, error) {
	view, err := s.view(ctx, id)
	if err != nil {
		return privacy.View{}, err
	}
	if view.Answer != privacy.Full {
		return privacy.View{}, fmt.Errorf("message %s: %w", id, ErrNotFound)
	}
	return view, nil
}

// answering is the account to answer from: the one that the mail lies in, else the actor's first that may send. Own are its addresses and those of the
// actor's accounts.
func (s *Session) answering(ctx context.Context, view privacy.View) (from *store.Account, own map[string]bool, err error) {
	all, err := s.client.db.Accounts(ctx, s.actor.Tenant, s.actor.Agent)
	if err != nil {
		return nil, nil, fmt.Errorf("listing accounts: %w", err)
	}
	if from = s.answers(all, view); from == nil {
		return nil, nil, storage.Invalid("Account", "required", "you have no mail account to send from: add one, or ask for the right to send")
	}
	own = map[string]bool{}
	for _, acc := range all {
		if acc.ID != from.ID && acc.Owner != s.actor.Agent {
			continue
		}
		own[acc.Address] = true
		for _, id := range acc.Identities {
			own[id.Address] = true
		}
	}
	return from, own, nil
}

func (s *Session) answers(all []store.Account, view privacy.View) *store.Account {
	var fallback *store.Account
	for i := range all {
		if rightsOf(&all[i], s.actor)&store.RightSend == 0 {
			continue
		}
		if slices.ContainsFunc(view.Copies, func(c privacy.Copy) bool { return c.Account == all[i].ID }) {
			return &all[i]
		}
		if fallback == nil {
			fallback = &all[i]
		}
	}
	return fallback
}

// addressed is the identity that the mail was sent to, or that sent it.
func addressed(acc *store.Account, m store.Message, sent bool) string {
	lists := [][]store.Address{m.To, m.Cc, m.Bcc, m.From}
	if sent {
		lists = [][]store.Address{m.From}
	}
	for _, list := range lists {
		for _, a := range list {
			for _, id := range acc.Identities {
				if id.Address == linker.Normalize(a.Address) {
					return id.ID
				}
			}
		}
	}
	return ""
}

// recipients are those of the answer, without own addresses. An answer to one's own mail goes to whom that went.
func recipients(m store.Message, own map[string]bool, sent, all bool) (to, cc []Address) {
	seen := maps.Clone(own)
	add := func(list []store.Address, into *[]Address) (found bool) {
		for _, a := range list {
			if n := linker.Normalize(a.Address); n != "" && !seen[n] {
				seen[n], found = true, true
				*into = append(*into, Address{Name: tameName(a.Name), Address: a.Address})
			}
		}
		return found
	}
	if !sent && !add(m.ReplyTo, &to) {
		add(m.From, &to)
	}
	if sent || all {
		add(m.To, &to)
	}
	if all {
		add(m.Cc, &cc)
	}
	if len(to) == 0 { // a mail from oneself to oneself
		for _, a := range m.From {
			to = append(to, Address{Name: tameName(a.Name), Address: a.Address})
		}
	}
	return to, cc
}

// tameName cuts a name that somebody else chose to what a draft takes: a mail with an odd sender can be answered too.
func tameName(name string) string {
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return hasControl(string(r)) }), " ")
	for len(name) > maxName {
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	return name
}

// maxName is the most bytes of a display name.
const maxName = 255

// entityOf is the record whose fields an answer merges: a contact before others.
func entityOf(links []store.Link) storage.Ref {
	for _, kind := range []storage.Kind{storage.KindContact, storage.KindAccount} {
		for _, l := range links {
			if l.Entity.Kind == kind {
				return l.Entity
			}
		}
	}
	if len(links) > 0 {
		return links[0].Entity
	}
	return storage.Ref{}
}

// prefixed puts Re: or Fwd: in front, once, whatever the correspondents' programs call them and however often they did.
func prefixed(subject string, forward bool) string {
	s := strings.TrimSpace(subject)
	for {
		i := strings.IndexAny(s, ":：")
		if i < 0 || !slices.Contains(answerWords, strings.ToLower(strings.TrimRight(s[:i], " []()^0123456789\u00a0"))) {
			break
		}
		_, colon := utf8.DecodeRuneInString(s[i:])
		s = strings.TrimSpace(s[i+colon:])
	}
	prefix := "Re: "
	if forward {
		prefix = "Fwd: "
	}
	s = prefix + untemplated(s)
	if len(s) > MaxSubject {
		s = strings.ToValidUTF8(s[:MaxSubject], "")
	}
	return s
}

var answerWords = []string{
	"re", "ré", "r", "aw", "sv", "vs", "antw", "rif", "res", "odp", "ynt", "回复", "回覆", "答复",
	"fwd", "fw", "tr", "wg", "rv", "i", "enc", "vb", "vl", "doorst", "pd", "ilt", "转发", "轉寄",
}

// untemplated keeps what somebody else wrote from being taken for a merge field.
func untemplated(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		if s[i] == '{' && i+1 < len(s) && (s[i+1] == '{' || s[i+1] == '%') {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
