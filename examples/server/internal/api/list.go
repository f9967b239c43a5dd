package api

import (
	"encoding/base64"
	"strconv"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// Paging is what every list takes.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"4096" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// A List is a page of items.
type List[T any] struct {
	Body struct {
		Items []T    `json:"items" nullable:"false"`
		Next  string `json:"next_cursor" doc:"empty on the last page"`
	}
}

// list makes a page, each item converted.
func list[F, T any](from []F, next string, convert func(F) T) *List[T] {
	out := &List[T]{}
	out.Body.Items, out.Body.Next = all(from, convert), next
	return out
}

// all converts a slice; nothing is an empty list, never null.
func all[F, T any](from []F, convert func(F) T) []T {
	out := make([]T, len(from))
	for i, f := range from {
		out[i] = convert(f)
	}
	return out
}

// page is a part of a list that the library gives whole.
func page[F, T any](whole []F, p Paging, convert func(F) T) (*List[T], error) {
	start := 0
	if p.Cursor != "" {
		text, err := base64.RawURLEncoding.DecodeString(p.Cursor)
		if err == nil {
			start, err = strconv.Atoi(string(text))
		}
		if err != nil || start < 0 {
			return nil, storage.Invalid("Cursor", "bad_cursor", "give the next_cursor of the page before")
		}
	}
	start = min(start, len(whole))
	end := min(start+p.Limit, len(whole))
	next := ""
	if end < len(whole) {
		next = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(end)))
	}
	return list(whole[start:end], next, convert), nil
}

// None is an answer without a body.
type None struct{}

// A Ref names a record of the CRM.
type Ref struct {
	Kind string `json:"kind" minLength:"1" maxLength:"64" example:"contact"`
	ID   string `json:"id" minLength:"1" maxLength:"255" example:"anke"`
}

func refOf(r storage.Ref) *Ref {
	if r.IsZero() {
		return nil
	}
	return &Ref{string(r.Kind), r.ID}
}

// ref is a record of the tenant of whoever asks.
func (r *Ref) ref(a storage.Actor) storage.Ref {
	if r == nil {
		return storage.Ref{}
	}
	return storage.Ref{Tenant: a.Tenant, Kind: storage.Kind(r.Kind), ID: r.ID}
}

// An Address is a name and a mail address.
type Address struct {
	Name    string `json:"name,omitempty" maxLength:"255"`
	Address string `json:"address" maxLength:"320" example:"anke.vogel@nordwind.example"`
}

func address(a mailcrm.Address) Address { return Address(a) }

func mailAddress(a Address) mailcrm.Address { return mailcrm.Address(a) }

// utc keeps an unknown time unknown.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}
