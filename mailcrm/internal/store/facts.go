package store

import (
	"fmt"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const (
	setFacts      engine.SQL = `UPDATE @messages SET kind = ?, facts = ? WHERE tenant = ? AND id = ?`
	answerReceipt engine.SQL = `UPDATE @messages SET receipt = ? WHERE tenant = ? AND id = ? AND receipt = ''`
)

// tell takes over what the copy at hand says of the mail. What a message is, is said by the first copy that was received and read as far as any; but of its sender the worst copy
// decides, since somebody may have written a mail that passes for a copy of a good one.
func (b *batch) tell(a *arriving, deeper bool) error {
	m := &a.in.Message
	if a.in.Copy.Mailbox == "" || (a.in.Copy.Direction == storage.Sent || a.in.Copy.Direction == "" && m.Direction == storage.Sent) {
		return nil
	}
	row := a.row
	kind, text := row.kind, row.facts
	var was Facts
	if err := fromJSON(row.facts, &was); err != nil {
		return err
	}
	logos := was.Logos
	was.Logos = nil // they are no copy's word
	switch {
	case was.text() == "" || deeper:
		facts := m.Facts
		facts.Logos = logos
		kind, text = m.Kind, facts.text()
	case m.Facts.worse(&was):
		was.Logos = logos
		was.Standing, was.Why, was.Server = m.Facts.Standing, m.Facts.Why, m.Facts.Server
		text = was.text()
	}
	if kind == row.kind && text == row.facts {
		return nil
	}
	row.kind, row.facts = kind, text
	if !row.fresh {
		b.told = append(b.told, row)
	}
	return nil
}

// writeFacts writes what was taken over.
func (b *batch) writeFacts() error {
	for _, row := range b.told {
		if _, err := b.tx.exec(setFacts, row.kind, row.facts, b.tenant, row.id); err != nil {
			return err
		}
	}
	return nil
}

// AnswerReceipt remembers what was answered to a message's wish for a receipt. The first answer counts: after it, [storage.ErrConflict].
func (tx *Tx) AnswerReceipt(tenant storage.Tenant, message, answer string) error {
	n, err := tx.exec(answerReceipt, answer, string(tenant), message)
	if err == nil && n == 0 {
		err = fmt.Errorf("it was answered already: %w", storage.ErrConflict)
	}
	return doing("answering a wish for a receipt", err)
}
