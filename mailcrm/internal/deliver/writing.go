package deliver

import (
	"fmt"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A writing gathers what one transaction says about links, and writes it in few statements: links, states, events, projection.
type writing struct {
	tx      *store.Tx
	tenant  storage.Tenant
	agent   string
	account string // whose links are tried again later; may be empty
	project bool

	links  []store.Link
	states map[string][]string // link state -> messages that get it
	events []store.Event
}

func (d *Desk) writing(tx *store.Tx, tenant storage.Tenant, agent string) *writing {
	return &writing{tx: tx, tenant: tenant, agent: agent, project: d.Project, states: map[string][]string{}}
}

func (w *writing) event(e store.Event) {
	e.Tenant, e.At = w.tenant, w.tx.Now()
	if e.Agent == "" {
		e.Agent = w.agent
	}
	w.events = append(w.events, e)
}

// enter puts a message into the history with the links found for it, be they none; or notes that it belongs there, when nobody could say where.
func (w *writing) enter(message string, found linker.Result) {
	if found.Pending {
		w.state(message, statePending)
		return
	}
	w.state(message, stateLinked)
	w.propose(message, found)
}

// state sets how far a message is on its way into the history.
func (w *writing) state(message, state string) { w.states[state] = append(w.states[state], message) }

// propose adds the links found for a message, be they none.
func (w *writing) propose(message string, found linker.Result) {
	for _, l := range found.Links {
		w.links = append(w.links, store.Link{
			Tenant: w.tenant, Message: message, Entity: l.Entity.Ref, Name: l.Entity.Name, Rule: l.Rule, Address: l.Address, Header: l.Header,
			By: w.agent, When: w.tx.Now(), Confidence: string(l.Confidence), Ambiguous: l.Ambiguous,
		})
	}
}

// manual adds a link that a person made.
func (w *writing) manual(message string, entity storage.Entity) {
	w.links = append(w.links, store.Link{
		Tenant: w.tenant, Message: message, Entity: entity.Ref, Name: entity.Name, Rule: "manual", By: w.agent, When: w.tx.Now(), Confidence: "certain",
	})
}

func (w *writing) flush() error {
	added, err := w.tx.Link(w.links)
	if err != nil {
		return fmt.Errorf("writing %d links: %w", len(w.links), err)
	}
	for _, l := range added {
		w.event(store.Event{Type: "link.added", Message: l.Message, Subject: l.ID, Entity: l.Entity})
	}
	if err := w.projected(added, false); err != nil {
		return err
	}
	for _, state := range []string{stateNone, statePending, stateLinked} {
		if err := w.tx.SetLinkState(w.tenant, w.states[state], state, w.tx.Now()); err != nil {
			return fmt.Errorf("noting that the links of %d mails are %s: %w", len(w.states[state]), state, err)
		}
	}
	if len(w.states[statePending]) > 0 && w.account != "" {
		if err := w.tx.LinksLater(w.tenant, w.account, w.tx.Now().Add(retryLinks)); err != nil {
			return err
		}
	}
	if err := w.tx.Emit(w.events); err != nil {
		return fmt.Errorf("writing %d events: %w", len(w.events), err)
	}
	return nil
}

// projected queues changes of links for the history of the host, if it keeps one.
func (w *writing) projected(changed []store.Link, gone bool) error {
	if !w.project || len(changed) == 0 {
		return nil
	}
	rows := make([]store.Projection, len(changed))
	for i, l := range changed {
		rows[i] = store.Projection{Tenant: w.tenant, Link: l.ID, Revision: l.Revision, Delete: gone, Due: w.tx.Now()}
	}
	if err := w.tx.Project(rows); err != nil {
		return fmt.Errorf("queueing %d changes for the host's history: %w", len(rows), err)
	}
	return nil
}
