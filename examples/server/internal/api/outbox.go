package api

import (
	"context"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
)

// A Submission is a mail on its way out.
type Submission struct {
	ID         string      `json:"id"`
	Account    string      `json:"account"`
	Agent      string      `json:"agent"`
	Draft      string      `json:"draft"`
	Message    string      `json:"message,omitempty" doc:"id of the mail in the history, once it left"`
	State      string      `json:"state" doc:"queued, sending, sent, rejected, uncertain, cancelled"`
	NotBefore  time.Time   `json:"not_before"`
	NextTry    time.Time   `json:"next_try,omitzero"`
	Attempts   int         `json:"attempts"`
	MessageID  string      `json:"message_id"`
	Recipients []Recipient `json:"recipients" nullable:"false"`
	SentCopy   string      `json:"sent_copy" doc:"none, pending, appending, done, failed"`
	Private    bool        `json:"private"`
	Code       string      `json:"code,omitempty"`
	Sentence   string      `json:"sentence,omitempty"`
	Detail     string      `json:"detail,omitempty"`
	Created    time.Time   `json:"created"`
	Finished   time.Time   `json:"finished,omitzero"`
}

// A Recipient is what became of the mail for one recipient.
type Recipient struct {
	Address  string `json:"address"`
	State    string `json:"state" doc:"pending, accepted, rejected, deferred, uncertain"`
	Status   int    `json:"status,omitempty" doc:"SMTP reply code"`
	Enhanced string `json:"enhanced,omitempty" doc:"5.1.1"`
	Text     string `json:"text,omitempty" doc:"the server's words"`
}

func submission(s mailcrm.Submission) Submission {
	recipient := func(r mailcrm.Recipient) Recipient {
		return Recipient{r.Address, r.State, r.Status, r.Enhanced, r.Text}
	}
	return Submission{
		ID: s.ID, Account: s.Account, Agent: s.Agent, Draft: s.Draft, Message: s.Message, State: s.State, NotBefore: utc(s.NotBefore), NextTry: utc(s.NextTry),
		Attempts: s.Attempts, MessageID: s.MessageID, Recipients: all(s.Recipients, recipient),
		SentCopy: s.SentCopy, Private: s.Private, Code: s.Code, Detail: s.Detail, Created: utc(s.Created), Finished: utc(s.Finished),
	}
}

// said is a submission with the sentence of its code.
func said(ctx context.Context) func(mailcrm.Submission) Submission {
	return func(s mailcrm.Submission) Submission {
		out := submission(s)
		out.Sentence = mailcrm.Sentence(s.Code, actor(ctx).Locale)
		return out
	}
}

// oneSubmission is the answer with a submission.
type oneSubmission struct {
	Location string `header:"Location"`
	Body     Submission
}

// OneSubmission names a submission.
type OneSubmission struct {
	Submission string `path:"submission" maxLength:"64"`
}

func (r *resources) outbox() {
	const tag = "outbox"
	register(r, op{"GET /outbox", "list-outbox", "What one has sent or is about to, newest first", 200, tag, ""},
		func(ctx context.Context, in *struct{ Paging }) (*List[Submission], error) {
			found, err := r.mail(ctx).Outbox.List(ctx, in.Cursor, in.Limit)
			if err != nil {
				return nil, err
			}
			return list(found.Items, found.Next, said(ctx)), nil
		})
	register(r, op{"GET /outbox/{submission}", "get-submission", "What became of a mail", 200, tag, ""},
		func(ctx context.Context, in *OneSubmission) (*oneSubmission, error) {
			s, err := r.mail(ctx).Outbox.Get(ctx, in.Submission)
			if err != nil {
				return nil, err
			}
			return &oneSubmission{Body: said(ctx)(*s)}, nil
		})
	register(r, op{
		"DELETE /outbox/{submission}", "cancel-submission", "Call a mail back before it leaves", 204, tag, "Its draft is a draft again. 409 when it is too late.",
	}, func(ctx context.Context, in *OneSubmission) (*None, error) {
		return nil, r.mail(ctx).Outbox.Cancel(ctx, in.Submission)
	})
	register(r, op{
		"POST /outbox/{submission}:resolve", "resolve-submission", "Decide about a mail of which nobody knows whether it left", 200, tag,
		"arrived: it was sent. send_again: it was not, the same bytes leave again. give_up: leave it. 409 when it is not uncertain.",
	}, func(ctx context.Context, in *struct {
		OneSubmission
		Body struct {
			Verdict string `json:"verdict" enum:"arrived,send_again,give_up"`
		}
	},
	) (*oneSubmission, error) {
		s, err := r.mail(ctx).Outbox.Resolve(ctx, in.Submission, mailcrm.Verdict(in.Body.Verdict))
		if err != nil {
			return nil, err
		}
		return &oneSubmission{Body: said(ctx)(*s)}, nil
	})
}
