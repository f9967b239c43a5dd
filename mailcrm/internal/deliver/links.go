package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/reports"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// question is what the linker must know of a mail.
func question(a *store.Arrival, own ours) linker.Message {
	return asMessage(a.Message.Tenant, a.Message.Direction, a.Message.Facts.Standing, a.Participants, own)
}

// Standing is how far the sender of a received mail is proved.
func asMessage(tenant storage.Tenant, direction storage.Direction, standing string, people []store.Participant, own ours) linker.Message {
	m := linker.Message{Tenant: tenant, Direction: direction, Own: own.addresses, OwnDomains: own.domains, Verdict: linker.Confidence(standing)}
	for _, p := range people {
		m.Participants = append(m.Participants, linker.Participant{Header: p.Header, Address: p.Address})
	}
	return m
}

// ask asks the linker. A message for which the host gave no answer is pending in its result.
func (d *Desk) ask(ctx context.Context, tenant storage.Tenant, messages []linker.Message) []linker.Result {
	if len(messages) == 0 {
		return nil
	}
	if d.resting(tenant) {
		return slices.Repeat([]linker.Result{{Pending: true}}, len(messages))
	}
	found, err := d.Linker.Link(ctx, messages)
	if err == nil || ctx.Err() != nil { // a caller who left says nothing about the host
		return found
	}
	waiting, linked := count(found), slices.ContainsFunc(found, func(r linker.Result) bool { return len(r.Links) > 0 })
	// A host that refuses one address and answers for the others goes on being asked.
	if errors.Is(err, storage.ErrTemporary) || !linked {
		d.rest(tenant)
	}
	d.Logger.WarnContext(ctx, "links wait: the directory of the host failed", "tenant", string(tenant), "mails", waiting, "error", err)
	return found
}

// count is how many results are pending.
func count(found []linker.Result) (pending int) {
	for _, r := range found {
		if r.Pending {
			pending++
		}
	}
	return pending
}

// resting says whether the directory failed a moment ago. A host that hangs must not cost every chunk of a long sync its time-out.
func (d *Desk) resting(tenant storage.Tenant) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.DB.Now().Before(d.asleep[tenant])
}

func (d *Desk) rest(tenant storage.Tenant) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asleep == nil {
		d.asleep = map[storage.Tenant]time.Time{}
	}
	d.asleep[tenant] = d.DB.Now().Add(retryLinks - time.Second)
}

// Opened brings a received mail into the history when an agent has opened it, if it is not there yet: the rule "when read". It reports whether its
// links are still pending because the host did not answer.
func (d *Desk) Opened(ctx context.Context, tenant storage.Tenant, agent, message string) (pending bool, err error) {
	facts, err := d.DB.LinkFacts(ctx, tenant, []string{message})
	if err != nil {
		return false, fmt.Errorf("reading message %s: %w", message, err)
	}
	fact, ok := facts[message]
	if !ok || fact.LinkState == stateLinked || !enters(&fact) {
		return false, nil
	}
	waiting, err := d.enterAll(ctx, tenant, agent, facts)
	return waiting > 0, err
}

// mayEnter says whether a mail with copies in these mailboxes belongs into the history: one that lies somewhere else than in Drafts, Junk and Trash, or
// nowhere any more.
func mayEnter(roles []string) bool {
	for _, r := range roles {
		switch r {
		case "drafts", "junk", "trash":
		default:
			return true
		}
	}
	return len(roles) == 0
}

// enters says whether a stored mail belongs into the history by itself.
func enters(f *store.LinkFact) bool { return mayEnter(f.Roles) && entersAlone(f) }

// entersAlone is false for a report on a mail of ours: it is a status of that mail, which is in the history.
func entersAlone(f *store.LinkFact) bool {
	return f.About == "" || f.Kind == string(reports.AutoReply)
}

// Retry links the mails of an account whose links had to wait. Those of which the host still says nothing are put off.
func (d *Desk) Retry(ctx context.Context, lease *store.Lease) error {
	for {
		ids, err := d.DB.LinkPending(ctx, lease.Tenant, lease.Account, retryBatch)
		if err != nil {
			return fmt.Errorf("reading which links wait: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		facts, err := d.DB.LinkFacts(ctx, lease.Tenant, ids)
		if err != nil {
			return fmt.Errorf("reading %d messages: %w", len(ids), err)
		}
		waiting, err := d.enterAll(ctx, lease.Tenant, storage.SystemAgent, facts)
		if err != nil {
			return err
		}
		if waiting == len(ids) {
			return d.DB.Write(ctx, lease, func(tx *store.Tx) error {
				return tx.LinksLater(lease.Tenant, lease.Account, tx.Now().Add(retryLinks))
			})
		}
	}
}

const retryBatch = 200

// enterAll brings messages into the history, but for those that lie where nothing enters from now. It returns how many wait for the host.
func (d *Desk) enterAll(ctx context.Context, tenant storage.Tenant, agent string, facts map[string]store.LinkFact) (waiting int, err error) {
	own, err := d.own(ctx, tenant)
	if err != nil {
		return 0, err
	}
	var ids, aside []string
	var ask []linker.Message
	for id, f := range facts {
		if !enters(&f) {
			aside = append(aside, id)
			continue
		}
		ids = append(ids, id)
		ask = append(ask, asMessage(tenant, f.Direction, f.Standing, f.Participants, own))
	}
	found := d.ask(ctx, tenant, ask)
	err = d.DB.Write(ctx, nil, func(tx *store.Tx) error {
		w := d.writing(tx, tenant, agent)
		for i, id := range ids {
			w.enter(id, found[i])
		}
		for _, id := range aside {
			w.state(id, stateNone)
		}
		return w.flush()
	})
	return count(found), err
}

// Link links a message to a record because a person says so. It revives a link that was removed, and brings the message into the history with its other
// links, as opening it does; but what lies in Drafts, Junk and Trash has his link alone.
func (d *Desk) Link(ctx context.Context, tenant storage.Tenant, agent, message string, entity storage.Entity) (store.Link, error) {
	facts, err := d.DB.LinkFacts(ctx, tenant, []string{message})
	if err != nil {
		return store.Link{}, fmt.Errorf("reading message %s: %w", message, err)
	}
	fact := facts[message]
	enter := fact.LinkState != stateLinked && enters(&fact)
	var found []linker.Result
	if enter {
		own, err := d.own(ctx, tenant)
		if err != nil {
			return store.Link{}, err
		}
		found = d.ask(ctx, tenant, []linker.Message{asMessage(tenant, fact.Direction, fact.Standing, fact.Participants, own)})
	}
	var made store.Link
	err = d.DB.Write(ctx, nil, func(tx *store.Tx) error {
		w := d.writing(tx, tenant, agent)
		w.manual(message, entity)
		switch {
		case enter:
			w.enter(message, found[0])
		case fact.LinkState != stateLinked:
			w.state(message, stateNone)
		}
		if err := w.flush(); err != nil {
			return err
		}
		links, err := tx.Links(ctx, tenant, []string{message})
		if err != nil {
			return err
		}
		for _, l := range links[message] {
			if l.Entity == entity.Ref && !l.Removed {
				made = l
			}
		}
		return nil
	})
	if err != nil {
		return store.Link{}, fmt.Errorf("linking message %s: %w", message, err)
	}
	return made, nil
}

// Unlink takes a message out of a record's history. The link stays as a negative one: no automatic work makes it again.
func (d *Desk) Unlink(ctx context.Context, tenant storage.Tenant, agent, message string, entity storage.Ref) error {
	err := d.DB.Write(ctx, nil, func(tx *store.Tx) error {
		l, err := tx.Unlink(tenant, message, entity, agent)
		if err != nil {
			return err
		}
		w := d.writing(tx, tenant, agent)
		w.event(store.Event{Type: "link.removed", Message: message, Subject: l.ID, Entity: entity})
		if err := w.projected([]store.Link{l}, true); err != nil {
			return err
		}
		return w.flush()
	})
	if err != nil {
		return fmt.Errorf("unlinking message %s: %w", message, err)
	}
	return nil
}

// Explain says what the linker thinks of a message: every address, and what became of it. It writes nothing.
func (d *Desk) Explain(ctx context.Context, tenant storage.Tenant, message string) (linker.Explanation, error) {
	facts, err := d.DB.LinkFacts(ctx, tenant, []string{message})
	if err != nil {
		return linker.Explanation{}, fmt.Errorf("reading message %s: %w", message, err)
	}
	fact, ok := facts[message]
	if !ok {
		return linker.Explanation{}, fmt.Errorf("message %s: %w", message, storage.ErrNotFound)
	}
	own, err := d.own(ctx, tenant)
	if err != nil {
		return linker.Explanation{}, err
	}
	if !entersAlone(&fact) {
		fact.Participants = nil
	}
	return d.Linker.Explain(ctx, asMessage(tenant, fact.Direction, fact.Standing, fact.Participants, own))
}
