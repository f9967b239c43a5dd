package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// A Message is a mail. When withheld is true it is private and somebody else's: only id, direction, date and agent are told.
type Message struct {
	ID             string    `json:"id"`
	Thread         string    `json:"thread,omitempty"`
	Withheld       bool      `json:"withheld"`
	Private        bool      `json:"private"`
	Direction      string    `json:"direction" enum:"received,sent"`
	Date           time.Time `json:"date"`
	Agent          string    `json:"agent,omitempty" doc:"who sent it, or whose account received it"`
	From           []Address `json:"from" nullable:"false"`
	ReplyTo        []Address `json:"reply_to" nullable:"false"`
	To             []Address `json:"to" nullable:"false"`
	Cc             []Address `json:"cc" nullable:"false"`
	Bcc            []Address `json:"bcc" nullable:"false" doc:"of mail sent from here"`
	Subject        string    `json:"subject"`
	Snippet        string    `json:"snippet" doc:"one line, at most 200 characters"`
	HasAttachments bool      `json:"has_attachments"`
	Size           int64     `json:"size" doc:"bytes"`
	Seen           bool      `json:"seen"`
	Flagged        bool      `json:"flagged"`
	Answered       bool      `json:"answered"`
	Places         []Place   `json:"places" nullable:"false" doc:"where it lies; empty: no longer in a mailbox that one may read"`
	Links          []Link    `json:"links" nullable:"false" doc:"the records of the CRM that it belongs to"`
	InHistory      bool      `json:"in_history"`
	LinksPending   bool      `json:"links_pending" doc:"the CRM could not be asked; links will be made later"`
	LinksUnknown   bool      `json:"links_unknown" doc:"the CRM could not tell which records one may see"`
}

// A Whole is a mail with its text.
type Whole struct {
	Message
	Facts
	Text         string       `json:"text" doc:"made of the HTML if there is no other; at most 1 MiB"`
	HasHTML      bool         `json:"has_html" doc:"body?format=html serves it"`
	Attachments  []Attachment `json:"attachments" nullable:"false"`
	MessageID    string       `json:"message_id,omitempty"`
	Defects      []string     `json:"defects" nullable:"false" doc:"what was wrong with it, as stable codes"`
	BytesMissing bool         `json:"bytes_missing" doc:"its bytes are not kept: only the text known to search is shown"`
}

// A Place is where a mail lies.
type Place struct {
	Account string `json:"account"`
	Folder  string `json:"folder" doc:"id"`
	Name    string `json:"name,omitempty"`
	Role    string `json:"role,omitempty"`
	Gone    bool   `json:"gone" doc:"deleted from the server since"`
}

// An Attachment is a part of a mail.
type Attachment struct {
	Path     string `json:"path" doc:"of the part, as IMAP numbers them"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Size     int64  `json:"size" doc:"bytes; of one on the server, about"`
	URL      string `json:"url"`
	OnServer bool   `json:"on_server" doc:"its bytes are fetched from the mailbox when it is opened"`
}

func message(m mailcrm.Message) Message {
	return Message{
		ID: m.ID, Thread: m.Thread, Withheld: m.Withheld, Private: m.Private, Direction: string(m.Direction), Date: utc(m.Date), Agent: m.Agent,
		From: all(m.From, address), ReplyTo: all(m.ReplyTo, address), To: all(m.To, address), Cc: all(m.Cc, address), Bcc: all(m.Bcc, address),
		Subject: m.Subject, Snippet: m.Snippet, HasAttachments: m.HasAttachments, Size: m.Size, Seen: m.Seen, Flagged: m.Flagged, Answered: m.Answered,
		Places: all(m.Places, func(p mailcrm.Place) Place {
			return Place{Account: p.Account, Folder: p.Mailbox, Name: p.Name, Role: p.Role, Gone: p.Gone}
		}),
		Links: all(m.Links, link), InHistory: m.InHistory, LinksPending: m.LinksPending, LinksUnknown: m.LinksUnknown,
	}
}

func whole(m *mailcrm.Message) Whole {
	return Whole{
		Message: message(*m), Facts: facts(m), Text: m.Text, HasHTML: m.HasHTML, MessageID: m.MessageID, Defects: append([]string{}, m.Defects...), BytesMissing: m.BytesMissing,
		Attachments: all(m.Attachments, func(a mailcrm.Attachment) Attachment {
			return Attachment{
				Path: a.Path, Name: a.Name, Type: a.Type, Size: a.Size, OnServer: a.OnServer,
				URL: Prefix + "/messages/" + url.PathEscape(m.ID) + "/attachments/" + url.PathEscape(a.Path),
			}
		}),
	}
}

// OneMessage names a mail.
type OneMessage struct {
	Message string `path:"message" maxLength:"64"`
}

// messageQuery asks for mails.
type messageQuery struct {
	Paging
	Account string `query:"account" maxLength:"64"`
	Folder  string `query:"folder" maxLength:"255" doc:"id, role (inbox, sent …) or name; without one: every folder that is synced whole"`
	Q       string `query:"q" maxLength:"255" doc:"words, and from: to: subject: has:attachment is:unread|read|starred|unstarred|linked|unlinked in: before: after: (2026-11-24)"`
	Sort    string `query:"sort" enum:"date,from,subject,size,flagged" default:"date"`
	Order   string `query:"order" enum:"asc,desc" default:"desc"`
}

func (r *resources) messages() {
	const tag = "messages"
	register(r, op{
		"GET /messages", "list-messages", "Mail in the mailboxes that one may read, newest first", 200, tag,
		"Private mail of others never matches a search.",
	}, func(ctx context.Context, in *messageQuery) (*List[Message], error) {
		zone, err := time.LoadLocation(actor(ctx).Zone)
		if err != nil {
			zone = time.UTC
		}
		asked, err := parseSearch(in.Q, zone)
		if err != nil {
			return nil, err
		}
		q := asked.query
		q.Account, q.Cursor, q.Limit, q.Sort, q.Ascending = in.Account, in.Cursor, in.Limit, in.Sort, in.Order == "asc"
		for _, folder := range []string{in.Folder, asked.folder} {
			if folder == "" {
				continue
			}
			if err := r.within(ctx, &q, folder); err != nil {
				return nil, err
			}
		}
		found, err := r.mail(ctx).Messages.List(ctx, q)
		if err != nil {
			return nil, err
		}
		return list(found.Items, found.Next, message), nil
	})
	register(r, op{"GET /messages/{message}", "get-message", "A mail with its text", 200, tag, "Nothing is marked: that is what :open does."},
		func(ctx context.Context, in *OneMessage) (*struct{ Body Whole }, error) {
			m, err := r.mail(ctx).Messages.Get(ctx, in.Message)
			if err != nil {
				return nil, err
			}
			return &struct{ Body Whole }{whole(m)}, nil
		})
	register(r, op{
		"POST /messages/{message}:open", "open-message", "What a person does: read a mail", 200, tag,
		"Marks it read, and brings it into the history of the records it belongs to.",
	}, func(ctx context.Context, in *OneMessage) (*struct{ Body Whole }, error) {
		m, err := r.mail(ctx).Messages.Open(ctx, in.Message)
		if err != nil {
			return nil, err
		}
		return &struct{ Body Whole }{whole(m)}, nil
	})
	register(r, op{
		"GET /messages/{message}/explain", "explain-message", "Which records a mail belongs to, and why", 200, tag,
		"Address by address, also before it is in the history. Nothing is written.",
	}, func(ctx context.Context, in *OneMessage) (*struct{ Body Explanation }, error) {
		found, err := r.mail(ctx).Messages.Explain(ctx, in.Message)
		if err != nil {
			return nil, err
		}
		return &struct{ Body Explanation }{explanation(found)}, nil
	})
	register(r, op{
		"POST /messages/{message}:reply", "reply-to-message", "Start a draft that answers a mail", 201, tag,
		"From the account and identity that it was sent to, the mail quoted below.",
	}, func(ctx context.Context, in *struct {
		OneMessage
		Body *struct {
			All      bool   `json:"all" required:"false" doc:"to everybody, own addresses removed"`
			Template string `json:"template" required:"false" maxLength:"64"`
		}
	},
	) (*oneDraft, error) {
		reply := mailcrm.ReplyInput{Message: in.Message}
		if in.Body != nil {
			reply.All, reply.Template = in.Body.All, in.Body.Template
		}
		return r.answerWith(ctx, reply)
	})
	register(r, op{
		"POST /messages/{message}:receipt", "answer-receipt", "Answer the sender's wish for a read receipt", 204, tag, "Once, by whoever of those who read the mailbox comes first.",
	}, func(ctx context.Context, in *struct {
		OneMessage
		Body struct {
			Send bool `json:"send" doc:"true: a receipt is sent; false: none ever is"`
		}
	},
	) (*struct{}, error) {
		return nil, r.mail(ctx).Messages.AnswerReceipt(ctx, in.Message, in.Body.Send)
	})
	register(r, op{"POST /messages/{message}:forward", "forward-message", "Start a draft that hands a mail on", 201, tag, ""},
		func(ctx context.Context, in *struct {
			OneMessage
			Body *struct {
				Template string `json:"template" required:"false" maxLength:"64"`
			}
		},
		) (*oneDraft, error) {
			forward := mailcrm.ReplyInput{Message: in.Message, Forward: true}
			if in.Body != nil {
				forward.Template = in.Body.Template
			}
			return r.answerWith(ctx, forward)
		})
}

func (r *resources) answerWith(ctx context.Context, in mailcrm.ReplyInput) (*oneDraft, error) {
	d, err := r.mail(ctx).Drafts.Reply(ctx, in)
	if err != nil {
		return nil, err
	}
	return createdDraft(d), nil
}

// An Explanation tells for every address of a mail what became of it.
type Explanation struct {
	Steps []Step `json:"steps" nullable:"false"`
	Links []Link `json:"links" nullable:"false"`
}

// A Step is one address in one header.
type Step struct {
	Header    string   `json:"header"`
	Written   string   `json:"written"`
	Address   string   `json:"address,omitempty"`
	Outcome   string   `json:"outcome" doc:"linked, nobody, own, colleague, not_address, repeated, not_used"`
	Entities  []Entity `json:"entities" nullable:"false"`
	OwnDomain string   `json:"own_domain,omitempty"`
}

func explanation(e linker.Explanation) Explanation {
	return Explanation{
		Steps: all(e.Steps, func(s linker.Step) Step {
			return Step{Header: s.Header, Written: s.Written, Address: s.Address, Outcome: string(s.Outcome), Entities: all(s.Entities, entity), OwnDomain: s.OwnDomain}
		}),
		Links: all(e.Links, func(l linker.Link) Link {
			return Link{
				Entity: Ref{string(l.Entity.Kind), l.Entity.ID}, Name: l.Entity.Name, Rule: l.Rule, Address: l.Address, Header: l.Header,
				Confidence: string(l.Confidence), Ambiguous: l.Ambiguous,
			}
		}),
	}
}

// gone is the status of what is not there, for what the API looks up itself.
func gone(what string) error {
	return newProblem(http.StatusNotFound, "not_found", what+": "+storage.ErrNotFound.Error())
}
