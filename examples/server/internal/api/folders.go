package api

import (
	"context"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
)

// A Folder is a mailbox of an account, as the server has it.
type Folder struct {
	ID         string    `json:"id"`
	Name       string    `json:"name" doc:"the whole of it, in UTF-8"`
	Delimiter  string    `json:"delimiter,omitempty"`
	Role       string    `json:"role,omitempty" doc:"inbox, sent, drafts, trash, junk, archive, all, flagged, important"`
	RoleHow    string    `json:"role_how,omitempty" doc:"how the role was found: stated, exact, guess, override"`
	Selectable bool      `json:"selectable"`
	Total      int       `json:"total"`
	Unread     int       `json:"unread"`
	Synced     time.Time `json:"synced,omitzero" doc:"left out: not yet"`
	Code       string    `json:"code,omitempty" doc:"of the last failure"`
	Sentence   string    `json:"sentence,omitempty"`
	Ledger     *Ledger   `json:"ledger,omitempty"`
}

// A Ledger says what became of every UID of a folder: each is in exactly one of the states.
type Ledger struct {
	UIDValidity uint32       `json:"uid_validity"`
	UIDNext     uint32       `json:"uid_next"`
	Stored      int          `json:"stored"`
	Pending     int          `json:"pending"`
	Excluded    int          `json:"excluded"`
	Dead        []DeadLetter `json:"dead" nullable:"false"`
}

// A DeadLetter is a mail that could not be fetched or recorded.
type DeadLetter struct {
	UID      uint32    `json:"uid"`
	Code     string    `json:"code"`
	Sentence string    `json:"sentence"`
	Detail   string    `json:"detail,omitempty"`
	Tries    int       `json:"tries"`
	NextTry  time.Time `json:"next_try,omitzero"`
}

func (r *resources) folders() {
	register(r, op{
		"GET /accounts/{account}/folders", "list-folders", "The folders of a mail account, with their ledgers", 200, "accounts",
		"A ledger says of every mail of a folder whether it is stored, still to be fetched, left out by a rule, or dead, so that nothing is lost unseen.",
	}, func(ctx context.Context, in *struct {
		Account string `path:"account" maxLength:"64"`
		Paging
	},
	) (*List[Folder], error) {
		mail := r.mail(ctx)
		boxes, err := mail.Mailboxes.List(ctx, in.Account)
		if err != nil {
			return nil, err
		}
		out, err := page(boxes, in.Paging, func(b mailcrm.Mailbox) Folder {
			return Folder{
				ID: b.ID, Name: b.Name, Delimiter: b.Delimiter, Role: b.Role, RoleHow: b.RoleHow, Selectable: b.Selectable, Total: b.Total, Unread: b.Unread,
				Synced: utc(b.Synced), Code: b.Code, Sentence: mailcrm.Sentence(b.Code, actor(ctx).Locale),
			}
		})
		if err != nil {
			return nil, err
		}
		for i := range out.Body.Items {
			ledger, err := mail.Mailboxes.Ledger(ctx, out.Body.Items[i].ID)
			if err != nil {
				return nil, err
			}
			out.Body.Items[i].Ledger = &Ledger{
				UIDValidity: ledger.UIDValidity, UIDNext: ledger.UIDNext, Stored: ledger.Stored, Pending: ledger.Pending, Excluded: ledger.Excluded,
				Dead: all(ledger.Dead, func(d mailcrm.DeadLetter) DeadLetter {
					return DeadLetter{UID: d.UID, Code: d.Code, Sentence: mailcrm.Sentence(d.Code, actor(ctx).Locale), Detail: d.Detail, Tries: d.Tries, NextTry: utc(d.NextTry)}
				}),
			}
		}
		return out, nil
	})
}
