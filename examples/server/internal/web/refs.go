package web

import (
	"net/url"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// A record is named in forms and addresses by its kind and its id, "contact:17"; the tenant is always the visitor's.

func refText(r storage.Ref) string {
	if r.IsZero() {
		return ""
	}
	return string(r.Kind) + ":" + r.ID
}

// ref reads what refText wrote; the zero Ref if it is none.
func (v *visit) ref(text string) storage.Ref {
	kind, id, found := strings.Cut(text, ":")
	if !found || kind == "" || id == "" {
		return storage.Ref{}
	}
	return storage.Ref{Tenant: v.actor.Tenant, Kind: storage.Kind(kind), ID: id}
}

// recordURL is the page of a record.
func recordURL(r storage.Ref) string {
	return "/records/" + url.PathEscape(string(r.Kind)) + "/" + url.PathEscape(r.ID)
}

// A choice is a record that can be chosen: from a search, or because it has an address.
type choice struct {
	Ref     string // of refText
	Kind    string
	KindFor string // for people
	Name    string
	Detail  string
	Address string
	URL     string
	Chosen  bool
}

func (v *visit) choice(e storage.Entity) choice {
	c := choice{Ref: refText(e.Ref), Kind: string(e.Kind), KindFor: v.kindName(e.Kind), Name: e.Name, Detail: e.Detail, URL: recordURL(e.Ref)}
	if c.Name == "" {
		c.Name = c.KindFor + " " + e.ID
	}
	if len(e.Addresses) > 0 {
		c.Address = e.Addresses[0]
	}
	return c
}

func (v *visit) choices(entities []storage.Entity) []choice {
	out := make([]choice, len(entities))
	for i, e := range entities {
		out[i] = v.choice(e)
	}
	return out
}
