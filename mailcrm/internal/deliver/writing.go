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

	links   []store.Link
	entered []string
	waiting []string
	events  []store.Event
}

func (d *Desk) writing(tx *store.Tx, tenant storage.Tenant, agent string) *writing {
	return &writing{tx: tx, tenant: tenant, agent: agent, project: d.Project}
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
		w.waiting = append(w.waiting, message)
		return
	}
	w.entered = append(w.entered, message)
	w.propose(message, found)
}

// propose adds the links found for a message, be they none.
func (w *writing) propose(message string, found linker.Result) {
	for _, l := range found.Links {
		w.links = append(w.links, store.Link{
			Tenant: w.tenant, Message: message, Entity: l.Entity.Ref, Name: l.Entity.Name, Rule: l.Rule, Address: l.Address, Header: l.Header,
			By: w.agent, When: w.tx.Now(), Confidence: string(l.Confidence), Ambiguous: l.Ambiguous,
		})
	}
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
	if err := w.tx.SetLinkState(w.tenant, w.entered, stateLinked, w.tx.Now()); err != nil {
		return fmt.Errorf("entering %d mails into the history: %w", len(w.entered), err)
	}
	if err := w.tx.SetLinkState(w.tenant, w.waiting, statePending, w.tx.Now()); err != nil {
		return fmt.Errorf("noting %d mails to link later: %w", len(w.waiting), err)
	}
	if len(w.waiting) > 0 && w.account != "" {
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
