package mailcrm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A ReplyInput names the mail to answer.
type ReplyInput struct {
	Message  string
	All      bool // to everybody, own addresses removed
	Forward  bool // to nobody yet
	Template string
}

// Reply starts a draft that answers a mail: from the account and identity that it was sent to, to its Reply-To or sender, with the subject and the
// references of the conversation (RFC 5322 §3.6.4), the mail quoted below, and the record it is linked to as Entity.
func (d *Drafts) Reply(ctx context.Context, in ReplyInput) (*Draft, error) {
	view, err := d.s.quotable(ctx, in.Message)
	if err != nil {
		return nil, err
	}
	m := view.Message
	acc, err := d.s.answering(ctx, view)
	if err != nil {
		return nil, err
	}
	own, _, err := d.s.client.db.OwnAddresses(ctx, d.s.actor.Tenant)
	if err != nil {
		return nil, fmt.Errorf("reading the addresses of the accounts: %w", err)
	}
	draft := DraftInput{Account: acc.ID, Identity: addressed(acc, m), InReplyTo: m.ID, Quote: true, Forward: in.Forward}
	draft.Subject = prefixed(m.Subject, in.Forward)
	if !in.Forward {
		draft.To, draft.Cc = recipients(m, own, in.All)
	}
	draft.Entity = entityOf(view.Links)
	if in.Template != "" {
		t, err := d.s.Templates.Get(ctx, in.Template)
		if err != nil {
			return nil, err
		}
		draft.Template, draft.HTML, draft.Text = t.ID, t.HTML, t.Text
	}
	return d.Create(ctx, draft)
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

// answering is the account to answer from: the one that the mail lies in, else the actor's first that may send.
func (s *Session) answering(ctx context.Context, view privacy.View) (*store.Account, error) {
	all, err := s.client.db.Accounts(ctx, s.actor.Tenant, s.actor.Agent)
	if err != nil {
		return nil, fmt.Errorf("listing accounts: %w", err)
	}
	var fallback *store.Account
	for i := range all {
		if rightsOf(&all[i], s.actor)&store.RightSend == 0 {
			continue
		}
		if slices.ContainsFunc(view.Copies, func(c privacy.Copy) bool { return c.Account == all[i].ID }) {
			return &all[i], nil
		}
		if fallback == nil {
			fallback = &all[i]
		}
	}
	if fallback == nil {
		return nil, storage.Invalid("Account", "required", "you have no mail account to send from: add one, or ask for the right to send")
	}
	return fallback, nil
}

// addressed is the identity that the mail was sent to, or the one it was sent from.
func addressed(acc *store.Account, m store.Message) string {
	for _, list := range [][]store.Address{m.To, m.Cc, m.Bcc, m.From} {
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

// recipients are those of the answer. An answer to one's own mail goes to whom that went.
func recipients(m store.Message, own []string, all bool) (to, cc []Address) {
	seen := map[string]bool{}
	for _, o := range own {
		seen[o] = true
	}
	add := func(list []store.Address, into *[]Address) {
		for _, a := range list {
			if n := linker.Normalize(a.Address); n != "" && !seen[n] {
				seen[n] = true
				*into = append(*into, Address(a))
			}
		}
	}
	if m.Direction == storage.Received {
		if len(m.ReplyTo) > 0 {
			add(m.ReplyTo, &to)
		} else {
			add(m.From, &to)
		}
	}
	if all || len(to) == 0 {
		add(m.To, &to)
	}
	if all {
		add(m.Cc, &cc)
	}
	if len(to) == 0 { // a mail from oneself to oneself
		for _, a := range m.From {
			to = append(to, Address(a))
		}
	}
	return to, cc
}

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

// prefixed puts Re: or Fwd: in front, once, whatever the correspondents' programs call them.
func prefixed(subject string, forward bool) string {
	s := strings.TrimSpace(subject)
	for {
		word, rest, found := strings.Cut(s, ":")
		if !found || !slices.Contains(answerWords, strings.ToLower(strings.TrimSpace(word))) {
			break
		}
		s = strings.TrimSpace(rest)
	}
	prefix := "Re: "
	if forward {
		prefix = "Fwd: "
	}
	// A subject is somebody else's text: it must not be taken for a merge field.
	s = strings.ReplaceAll(strings.ReplaceAll(s, "{{", "{ {"), "{%", "{ %")
	for len(prefix)+len(s) > MaxSubject {
		r := []rune(s)
		s = string(r[:len(r)-1])
	}
	return prefix + s
}

var answerWords = []string{"re", "ré", "fwd", "fw", "tr", "aw", "wg", "rv", "sv", "vs", "antw", "rif", "res", "enc", "i", "回复", "转发"}
