package mailcrm

import (
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// An Address is a name and a mail address, as a header has them (RFC 5322 §3.4).
type Address struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// A Page is a part of a list. Next is empty on the last one; it is opaque, and good for the same query only.
type Page[T any] struct {
	Items []T
	Next  string
}

// Limits of lists.
const (
	DefaultPage = 50
	MaxPage     = storage.MaxPage
)

func pageSize(limit int) (int, error) {
	switch {
	case limit == 0:
		return DefaultPage, nil
	case limit < 0 || limit > MaxPage:
		return 0, storage.Invalid("Limit", "out_of_range", "give a limit between 1 and 200")
	}
	return limit, nil
}

// A Link says that a mail belongs to a record, and why.
type Link struct {
	ID      string
	Entity  storage.Ref
	Name    string // of the record when it was linked
	Rule    string // "address", "manual" …
	Address string // the address that matched; empty for one made by hand
	Header  string // where it stood: "from", "to", "cc" …
	By      string // agent, or storage.SystemAgent
	When    time.Time
	// Confidence is "certain" for what we sent and for a link made by hand; else how far the sender was proved when the link was made:
	// SenderAuthenticated, SenderUnauthenticated, SenderFailed. Sentence says it, and warns where the address may be forged.
	Confidence string
	Sentence   string // in the Actor's language
	Ambiguous  bool   // several records of this kind have the address: all are linked
}

func links(from []store.Link, locale string) []Link {
	out := make([]Link, 0, len(from))
	for _, l := range from {
		out = append(out, Link{
			ID: l.ID, Entity: l.Entity, Name: l.Name, Rule: l.Rule, Address: l.Address, Header: l.Header,
			By: l.By, When: l.When, Confidence: l.Confidence, Sentence: Sentence("confidence.is_"+l.Confidence, locale), Ambiguous: l.Ambiguous,
		})
	}
	return out
}

func addresses(from []store.Address) []Address {
	out := make([]Address, len(from))
	for i, a := range from {
		out[i] = Address(a)
	}
	return out
}

func storeAddresses(from []Address) []store.Address {
	out := make([]store.Address, len(from))
	for i, a := range from {
		out[i] = store.Address(a)
	}
	return out
}
