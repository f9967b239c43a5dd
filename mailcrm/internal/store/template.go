package store

import (
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A Template is a mail to be merged.
type Template struct {
	Tenant   storage.Tenant
	ID       string
	Name     string
	Page     string       // where it is offered: "reply", "contact", "quote" …; "" everywhere
	Language string       // BCP 47, "" any
	Kind     storage.Kind // of the entity whose fields it merges
	Default  bool         // of its page and language
	Subject  string
	HTML     string
	Text     string // empty: made from HTML
	Revision int64
	Updated  time.Time
}
