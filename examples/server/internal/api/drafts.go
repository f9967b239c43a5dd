package api

import (
	"context"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// A Draft is a mail being written. Subject, html and text may hold merge fields, which are filled from entity.
type Draft struct {
	ID        string    `json:"id" readOnly:"true"`
	Revision  int64     `json:"revision" readOnly:"true" doc:"the ETag's number"`
	Account   string    `json:"account" maxLength:"64" doc:"to send from"`
	Identity  string    `json:"identity" required:"false" maxLength:"64" doc:"of the account; defaults to its default one"`
	To        []Address `json:"to" required:"false" maxItems:"500" nullable:"false"`
	Cc        []Address `json:"cc" required:"false" maxItems:"500" nullable:"false"`
	Bcc       []Address `json:"bcc" required:"false" maxItems:"500" nullable:"false"`
	Template  string    `json:"template" required:"false" maxLength:"64" doc:"chosen last"`
	Entity    *Ref      `json:"entity,omitempty" doc:"whose fields are merged"`
	Entities  []Ref     `json:"entities" required:"false" maxItems:"100" nullable:"false" doc:"linked when it is sent, beside those found by address"`
	InReplyTo string    `json:"in_reply_to" required:"false" maxLength:"64" doc:"id of the mail answered or forwarded"`
	Forward   bool      `json:"forward" required:"false"`
	Quote     bool      `json:"quote" required:"false" doc:"the mail answered or forwarded follows the text"`
	Receipt   bool      `json:"receipt" required:"false" doc:"ask for a read receipt"`
	Private   bool      `json:"private" required:"false" doc:"only the sender reads it in the history"`
	Source

	Attachments []DraftAttachment `json:"attachments" readOnly:"true" nullable:"false"`
	Updated     time.Time         `json:"updated,omitzero" readOnly:"true"`
}

// A DraftAttachment is a file that will be sent.
type DraftAttachment struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size" doc:"bytes"`
}

func draft(d mailcrm.Draft) Draft {
	return Draft{
		ID: d.ID, Revision: d.Revision, Account: d.Account, Identity: d.Identity, To: all(d.To, address), Cc: all(d.Cc, address), Bcc: all(d.Bcc, address),
		Template: d.Template, Entity: refOf(d.Entity), Entities: all(d.Entities, func(r storage.Ref) Ref { return Ref{string(r.Kind), r.ID} }),
		InReplyTo: d.InReplyTo, Forward: d.Forward, Quote: d.Quote, Receipt: d.Receipt, Private: d.Private, Source: Source{d.Subject, d.HTML, d.Text},
		Attachments: all(d.Attachments, func(a mailcrm.DraftAttachment) DraftAttachment { return DraftAttachment(a) }), Updated: utc(d.Updated),
	}
}

func (d Draft) input(a storage.Actor, id string, revision int64) mailcrm.DraftInput {
	return mailcrm.DraftInput{
		ID: id, Revision: revision, Account: d.Account, Identity: d.Identity, To: all(d.To, mailAddress), Cc: all(d.Cc, mailAddress), Bcc: all(d.Bcc, mailAddress),
		Subject: d.Subject, HTML: d.HTML, Text: d.Text, Template: d.Template, Entity: d.Entity.ref(a), Entities: all(d.Entities, func(r Ref) storage.Ref { return r.ref(a) }),
		InReplyTo: d.InReplyTo, Forward: d.Forward, Quote: d.Quote, Receipt: d.Receipt, Private: d.Private,
	}
}

// A Preview is a draft as its recipients would get it.
type Preview struct {
	Subject string    `json:"subject"`
	HTML    string    `json:"html" doc:"show it in a sandboxed frame, like any mail"`
	Text    string    `json:"text"`
	Ready   bool      `json:"ready" doc:"it can be sent"`
	Errors  []Mistake `json:"errors" nullable:"false" doc:"what must be mended before"`
	Size    int64     `json:"size" doc:"about how large the mail will be, in bytes"`
}

// OneDraft names a draft.
type OneDraft struct {
	Draft string `path:"draft" maxLength:"64"`
}

// oneDraft is the answer with a draft.
type oneDraft struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     Draft
}

func answerDraft(d *mailcrm.Draft, err error) (*oneDraft, error) {
	if err != nil {
		return nil, err
	}
	return &oneDraft{ETag: etag(d.Revision), Body: draft(*d)}, nil
}

func createdDraft(d *mailcrm.Draft) *oneDraft {
	return &oneDraft{ETag: etag(d.Revision), Location: Prefix + "/drafts/" + d.ID, Body: draft(*d)}
}

func (r *resources) drafts() {
	const tag = "drafts"
	register(r, op{"GET /drafts", "list-drafts", "One's drafts, the one changed last first", 200, tag, ""},
		func(ctx context.Context, in *struct{ Paging }) (*List[Draft], error) {
			found, err := r.mail(ctx).Drafts.List(ctx, in.Cursor, in.Limit)
			if err != nil {
				return nil, err
			}
			return list(found.Items, found.Next, draft), nil
		})
	register(r, op{"POST /drafts", "create-draft", "Start a draft", 201, tag, ""},
		func(ctx context.Context, in *struct{ Body Draft }) (*oneDraft, error) {
			d, err := r.mail(ctx).Drafts.Create(ctx, in.Body.input(actor(ctx), "", 0))
			if err != nil {
				return nil, err
			}
			return createdDraft(d), nil
		})
	register(r, op{"GET /drafts/{draft}", "get-draft", "A draft", 200, tag, ""},
		func(ctx context.Context, in *OneDraft) (*oneDraft, error) {
			return answerDraft(r.mail(ctx).Drafts.Get(ctx, in.Draft))
		})
	register(r, op{"PUT /drafts/{draft}", "update-draft", "Replace what was written; attachments stay", 200, tag, ""},
		func(ctx context.Context, in *struct {
			Match
			OneDraft
			Body Draft
		},
		) (*oneDraft, error) {
			revision, err := in.revision()
			if err != nil {
				return nil, err
			}
			out, err := answerDraft(r.mail(ctx).Drafts.Update(ctx, in.Body.input(actor(ctx), in.Draft, revision)))
			return out, in.missed(err)
		})
	register(r, op{"DELETE /drafts/{draft}", "delete-draft", "Throw a draft away", 204, tag, ""},
		func(ctx context.Context, in *OneDraft) (*None, error) {
			return nil, r.mail(ctx).Drafts.Delete(ctx, in.Draft)
		})
	register(r, op{
		"POST /drafts/{draft}:preview", "preview-draft", "A draft with its fields filled, and what keeps it from being sent", 200, tag, "Nothing is changed or sent.",
	}, func(ctx context.Context, in *OneDraft) (*struct{ Body Preview }, error) {
		p, err := r.mail(ctx).Drafts.Preview(ctx, in.Draft)
		if err != nil {
			return nil, err
		}
		return &struct{ Body Preview }{Preview{
			Subject: p.Subject, HTML: p.HTML, Text: p.Text, Ready: len(p.Problems) == 0, Errors: all(p.Problems, mistake), Size: p.Size,
		}}, nil
	})
	register(r, op{
		"POST /drafts/{draft}:send", "send-draft", "Put a draft on its way", 202, tag,
		"It leaves once, also after a crash, after the time in which it can be called back (DELETE /outbox/{submission}). The same Idempotency-Key returns the " +
			"submission made the first time. One with an unresolved field, without a recipient or without a subject is refused with 422.",
	}, func(ctx context.Context, in *struct {
		OneDraft
		Key  string `header:"Idempotency-Key" maxLength:"128"`
		Body *struct {
			NotBefore time.Time `json:"not_before" required:"false" doc:"when it may leave at the earliest; at most a year ahead"`
		}
	},
	) (*oneSubmission, error) {
		send := mailcrm.SendInput{ID: in.Draft, Key: in.Key}
		if in.Body != nil {
			send.NotBefore = in.Body.NotBefore
		}
		s, err := r.mail(ctx).Drafts.Send(ctx, send)
		if err != nil {
			return nil, err
		}
		return &oneSubmission{Location: Prefix + "/outbox/" + s.ID, Body: submission(*s)}, nil
	})
}
