package mailcrm

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Events are what happened, in order: ids, never content. They are written in the transaction of what they tell.
type Events struct{ s *Session }

// An Event is one thing that happened. Seq grows by one for each event of the tenant, in the order of commits. There will be more types; skip those that you
// do not know.
//
//	message.new       a mail was recorded; Subject is the id of its place
//	message.updated   it was marked, as read or with a star
//	message.filed     an attachment was put into a document tree; Subject is its path, Entity the record of the tree, if it is one's
//	link.added        a mail belongs to a record; Subject is the link, Entity the record
//	link.removed      it does not any more
//	link.moved        the record was merged: Entity is what it is now
//	outbox.queued     a mail waits to leave; Subject is the submission
//	outbox.cancelled  it was called back
//	outbox.sent       a server took it
//	outbox.deferred   a server put it off
//	outbox.rejected   it was refused or given up
//	outbox.uncertain  nobody knows whether it left
//	outbox.resolved   a person said
//	outbox.updated    of a mail that was sent to some: what became of the others is known, or was taken back
//	outbox.delayed    a server reports that it waits, for some recipient; Message is the mail
//	outbox.relayed    it went to a server that reports nothing more
//	outbox.delivered  it lies in a recipient's mailbox
//	outbox.bounced    it did not arrive
//	outbox.displayed  a recipient's program says that it was shown
//	outbox.complained a recipient called it spam
//	message.receipt_sent      somebody answered its sender's wish for a receipt with one
//	message.receipt_declined  or without
//	login.created     somebody signed in; Subject is the login
//	login.renewed     he did so again
//	login.revoked     the provider does not accept it any more; for whoever signed in
//	login.deleted     it was removed
//	account.created   an account was added
//	account.changed   its settings were
//	account.owner     it has another owner, or was added for somebody else; Subject is whose it is now
//	account.members   who may use it was changed
//	account.secret    a password was entered again
//	account.certificate_trusted  a person confirmed the certificate of one of its servers
//	account.paused    a person paused it
//	account.resumed   a person let it go on
//	account.deleted   it was removed
//	account.state     its status changed: read it again
//	mailboxes.changed folders of an account came, went, or changed their names or roles
//	mailboxes.choice_dropped  a folder that was chosen for a role is gone or cannot be used: the choice is forgotten; Subject is the folder
type Event struct {
	Seq     int64
	Type    string
	At      time.Time
	Agent   string // who did it
	Account string
	Message string
	Subject string // id of the thing itself: a link, a submission …
	Entity  storage.Ref
}

// List returns at most limit events after a sequence number, oldest first: those of accounts that the Actor may read, and of his own doing. What is done to an account
// ("account.…") is also for those who manage it and for administrators.
// Next is the number to go on from, also when nothing on the page was for him.
func (e *Events) List(ctx context.Context, after int64, limit int) (events []Event, next int64, err error) {
	if err := e.s.enter(ctx); err != nil {
		return nil, 0, err
	}
	if limit, err = pageSize(limit); err != nil {
		return nil, 0, err
	}
	rows, err := e.s.client.db.Events(ctx, e.s.actor.Tenant, after, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("listing events: %w", err)
	}
	all, err := e.s.client.db.Accounts(ctx, e.s.actor.Tenant, e.s.actor.Agent)
	if err != nil {
		return nil, 0, fmt.Errorf("listing accounts: %w", err)
	}
	mine := map[string]store.Rights{}
	for i := range all {
		mine[all[i].ID] = rightsOf(&all[i], e.s.actor)
	}
	next = after
	for _, r := range rows {
		next = r.Seq
		if e.s.hears(r, mine) {
			events = append(events, Event{
				Seq: r.Seq, Type: r.Type, At: r.At, Agent: r.Agent, Account: r.Account, Message: r.Message, Subject: r.Subject, Entity: r.Entity,
			})
		}
	}
	return events, next, nil
}

// hears: an event of an account is for those who read it, what is done to the account itself also for those who answer for it. One of a link names a record and a
// mail, so it is for whoever did it.
func (s *Session) hears(r store.Event, mine map[string]store.Rights) bool {
	switch have := mine[r.Account]; {
	case r.Agent == s.actor.Agent:
		return true
	case r.Account == "":
		return false
	case strings.HasPrefix(r.Type, "account."):
		return s.actor.Admin || have&(store.RightRead|store.RightManage) != 0
	default:
		return have&store.RightRead != 0
	}
}
