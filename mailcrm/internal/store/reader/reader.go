// Package reader reads mail: subjects, people, text. Package privacy alone may import it.
package reader

import (
	"context"
	"errors"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

var errUnbuilt = errors.New("reader: not built yet")

// A Reader reads mail.
type Reader struct{ db *store.DB }

// New is a Reader of db.
func New(db *store.DB) *Reader { return &Reader{db: db} }

// A Row is a message with what is known of it.
type Row struct {
	Message store.Message
	Copies  []Copy
	Links   []store.Link
}

// A Copy is a copy with the name and role of its mailbox.
type Copy struct {
	store.Copy
	MailboxName string
	Role        string
}

// A Query asks for messages.
type Query struct {
	Tenant           storage.Tenant
	Accounts         []string // that the actor may read; empty: nothing is found
	Mailbox          string
	Role             string
	Text             string
	From             string
	To               string
	Subject          string
	Unread           *bool
	Flagged          *bool
	Linked           *bool
	HasAttachments   *bool
	Before           time.Time
	After            time.Time
	NotPrivateUnless string
	Sort             string // "date" (default), "from", "subject", "size", "flagged"
	Desc             bool
	Cursor           string
	Limit            int
}

// Counts are those of a mailbox.
type Counts struct{ Total, Unread int }

func (r *Reader) Messages(ctx context.Context, q Query) (rows []Row, next string, err error) {
	return nil, "", errUnbuilt
}

func (r *Reader) Message(ctx context.Context, tenant storage.Tenant, id string) (Row, error) {
	return Row{}, errUnbuilt
}

func (r *Reader) Timeline(ctx context.Context, tenant storage.Tenant, entity storage.Ref, cursor string, limit int) (rows []Row, next string, err error) {
	return nil, "", errUnbuilt
}

func (r *Reader) Thread(ctx context.Context, tenant storage.Tenant, thread, cursor string, limit int) (rows []Row, next string, err error) {
	return nil, "", errUnbuilt
}

func (r *Reader) Unread(ctx context.Context, tenant storage.Tenant, accounts []string) (map[string]Counts, error) {
	return nil, errUnbuilt
}
