package store

import (
	"time"

	"github.com/mailcrm/sdk/storage"
)

// An Event tells that something happened: ids, no content. Sequence numbers grow by one per tenant, in commit order.
type Event struct {
	Tenant  storage.Tenant
	Seq     int64
	Type    string // "message.new", "message.updated", "link.added", "link.removed", "outbox.sent", "account.state" …
	At      time.Time
	Agent   string // who did it
	Account string
	Message string
	Subject string // id of the thing itself: link, submission, draft, mailbox
	Entity  storage.Ref
}
