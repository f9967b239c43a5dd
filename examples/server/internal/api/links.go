package api

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
)

// A Link says that a mail belongs to a record, and why.
type Link struct {
	ID         string    `json:"id,omitempty"`
	Entity     Ref       `json:"entity"`
	Name       string    `json:"name" doc:"of the record when it was linked"`
	Rule       string    `json:"rule" doc:"address, manual …"`
	Address    string    `json:"address,omitempty" doc:"the address that matched"`
	Header     string    `json:"header,omitempty" doc:"where it stood: from, to, cc …"`
	By         string    `json:"by,omitempty" doc:"agent, or mailcrm:system"`
	When       time.Time `json:"when,omitzero"`
	Confidence string    `json:"confidence,omitempty" doc:"certain, authenticated, unauthenticated, failed"`
	Ambiguous  bool      `json:"ambiguous" doc:"several records of this kind have the address: all are linked"`
}

func link(l mailcrm.Link) Link {
	return Link{
		ID: l.ID, Entity: Ref{string(l.Entity.Kind), l.Entity.ID}, Name: l.Name, Rule: l.Rule, Address: l.Address, Header: l.Header, By: l.By, When: utc(l.When),
		Confidence: l.Confidence, Ambiguous: l.Ambiguous,
	}
}

func (r *resources) links() {
	const tag = "links"
	register(r, op{"GET /messages/{message}/links", "list-links", "The records that a mail belongs to", 200, tag, ""},
		func(ctx context.Context, in *struct {
			OneMessage
			Paging
		},
		) (*List[Link], error) {
			m, err := r.mail(ctx).Messages.Get(ctx, in.Message)
			if err != nil {
				return nil, err
			}
			return page(m.Links, in.Paging, link)
		})
	register(r, op{
		"POST /messages/{message}/links", "add-link", "Link a mail to a record by hand", 201, tag, "Also if it was unlinked before.",
	}, func(ctx context.Context, in *struct {
		OneMessage
		Body struct {
			Ref
			Name string `json:"name" required:"false" maxLength:"255" doc:"of the record, as a search showed it; without one the CRM is asked"`
		}
	},
	) (*struct {
		Location string `header:"Location"`
		Body     Link
	}, error,
	) {
		input := mailcrm.LinkInput{Message: in.Message, Entity: in.Body.ref(actor(ctx)), Name: in.Body.Name}
		found, err := r.cfg.CRM.Get(ctx, actor(ctx), input.Entity)
		if err != nil {
			return nil, err
		}
		if input.Name == "" {
			input.Name = found.Name
		}
		made, err := r.mail(ctx).Links.Add(ctx, input)
		if err != nil {
			return nil, err
		}
		return &struct {
			Location string `header:"Location"`
			Body     Link
		}{Prefix + "/messages/" + url.PathEscape(in.Message) + "/links/" + url.PathEscape(made.ID), link(*made)}, nil
	})
	register(r, op{
		"DELETE /messages/{message}/links/{link}", "remove-link", "Take a mail out of a record's history", 204, tag, "It holds: nothing automatic links the two again.",
	}, func(ctx context.Context, in *struct {
		OneMessage
		Link string `path:"link" maxLength:"64"`
	},
	) (*None, error) {
		mail := r.mail(ctx)
		m, err := mail.Messages.Get(ctx, in.Message)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(m.Links, func(l mailcrm.Link) bool { return l.ID == in.Link })
		if i < 0 {
			return nil, gone("link " + in.Link)
		}
		return nil, mail.Links.Remove(ctx, mailcrm.LinkInput{Message: in.Message, Entity: m.Links[i].Entity})
	})
}
