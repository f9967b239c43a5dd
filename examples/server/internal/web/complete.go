package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/mailcrm/sdk/linker"
)

// A recipient is somebody whom the CRM knows an address of.
type recipient struct {
	Value  string `json:"value"` // as the field wants it: Name <address>
	Name   string `json:"name"`
	Detail string `json:"detail"` // what tells two of one name apart
	Kind   string `json:"kind"`
}

// maxRecipients is how many are offered.
const maxRecipients = 8

// complete is GET /complete?q=: for the script, while somebody types. Without it the form completes names when it is sent (write.go).
func (s *site) complete(v *visit) error {
	q := v.query("q")
	out := []recipient{}
	if len(q) >= 2 && len(q) <= 255 {
		out = append(out, v.recipients(q)...)
	}
	v.json(http.StatusOK, out)
	return nil
}

// recipients are the addresses that fit what somebody typed.
func (v *visit) recipients(query string) []recipient {
	ctx, done := context.WithTimeout(v.ctx(), patience)
	defer done()
	if len(query) > 255 {
		return nil
	}
	entities, err := v.mail.Entities.Search(ctx, query)
	if err != nil {
		return nil // the CRM does not answer: addresses can be typed
	}
	var out []recipient
	seen := map[string]bool{}
	for _, e := range entities {
		for _, a := range e.Addresses {
			address := linker.Normalize(a)
			if address == "" || seen[address+e.Name] || len(out) == maxRecipients {
				continue
			}
			seen[address+e.Name] = true
			c := v.choice(e)
			to, ok := asAddress(strings.TrimSpace(e.Name), a)
			if !ok {
				continue
			}
			out = append(out, recipient{Value: written(to), Name: c.Name, Detail: strings.Trim(c.KindFor+" · "+c.Detail, " ·"), Kind: c.Kind})
		}
	}
	return out
}
