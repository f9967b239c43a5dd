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
	RoleHow    string    `json:"role_how,omitempty" doc:"how the role was found: stated, exact, guess, chosen"`
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

func folder(b mailcrm.Mailbox, locale string) Folder {
	return Folder{
		ID: b.ID, Name: b.Name, Delimiter: b.Delimiter, Role: b.Role, RoleHow: b.RoleHow, Selectable: b.Selectable, Total: b.Total, Unread: b.Unread,
		Synced: utc(b.Synced), Code: b.Code, Sentence: mailcrm.Sentence(b.Code, locale),
	}
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
		out, err := page(boxes, in.Paging, func(b mailcrm.Mailbox) Folder { return folder(b, actor(ctx).Locale) })
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

// A Mapping is which folder has which role, and why.
type Mapping struct {
	Roles    []RoleMapping   `json:"roles" nullable:"false" doc:"inbox, sent, drafts, trash, junk and archive, found or not; all, flagged and important where the server has them"`
	Language string          `json:"language,omitempty" doc:"that most names speak (BCP 47)"`
	Dropped  []DroppedChoice `json:"dropped" nullable:"false" doc:"choices that could not be followed any more"`
	SentCopy string          `json:"sent_copy" doc:"who files the copy in Sent: append (we do), server, check (we look first), none"`
	Revision int64           `json:"revision" doc:"the ETag's number"`
}

// A RoleMapping is the answer for one role.
type RoleMapping struct {
	Role       string  `json:"role"`
	Folder     string  `json:"folder,omitempty" doc:"id; left out: none has it"`
	Name       string  `json:"name,omitempty" doc:"the folder's path"`
	Source     string  `json:"source" enum:"stated,name,guess,user,none" doc:"stated by the server, recognised by its name, guessed, chosen by a person, not found"`
	Confidence int     `json:"confidence" doc:"0 to 100"`
	Sure       bool    `json:"sure" doc:"whether mail may be moved there without asking"`
	Text       string  `json:"text" doc:"all of this in sentences, in the language of who asks"`
	Losers     []Loser `json:"losers" nullable:"false" doc:"folders that were considered"`
	Create     string  `json:"create,omitempty" doc:"path of a folder that can be created for it"`
	Choosable  string  `json:"choosable,omitempty" enum:"mailbox,none," doc:"mailbox: any folder may be chosen; none: only none"`
}

// A Loser is a folder that was considered for a role and did not get it.
type Loser struct {
	Folder string `json:"folder,omitempty"`
	Name   string `json:"name"`
	Why    string `json:"why" doc:"code"`
	Text   string `json:"text"`
}

// A DroppedChoice is a choice that could not be followed any more.
type DroppedChoice struct {
	Role string `json:"role"`
	Name string `json:"name"`
	Why  string `json:"why" enum:"gone,unusable"`
	Text string `json:"text"`
}

// A Choice says which folders have which roles.
type Choice struct {
	Roles    map[string]string `json:"roles,omitempty" maxProperties:"9" doc:"role to the id of a folder, \"none\" for no folder, or \"\" for what is found automatically; what is left out stays"`
	SentCopy string            `json:"sent_copy,omitempty" enum:"append,server,check,"`
}

// A NewFolder is a folder to create on the server.
type NewFolder struct {
	Role string `json:"role,omitempty" enum:"sent,drafts,trash,junk,archive," doc:"that it shall have"`
	Name string `json:"name,omitempty" maxLength:"1000" doc:"its path; defaults to the role's name in the account's language"`
}

// sources are the words of this API for how a role was found.
var sources = map[string]string{mailcrm.HowStated: "stated", mailcrm.HowExact: "name", mailcrm.HowGuess: "guess", mailcrm.HowChosen: "user", mailcrm.HowNone: "none"}

// A oneMapping is the answer with a mapping.
type oneMapping struct {
	ETag string `header:"ETag"`
	Body Mapping
}

func answerMapping(m *mailcrm.Mapping, err error) (*oneMapping, error) {
	if err != nil {
		return nil, err
	}
	return &oneMapping{ETag: etag(m.Revision), Body: Mapping{
		Language: m.Language, SentCopy: m.SentCopy, Revision: m.Revision,
		Dropped: all(m.Dropped, func(d mailcrm.DroppedChoice) DroppedChoice { return DroppedChoice(d) }),
		Roles: all(m.Roles, func(r mailcrm.RoleMapping) RoleMapping {
			return RoleMapping{
				Role: r.Role, Folder: r.Mailbox, Name: r.Name, Source: sources[r.How], Confidence: r.Confidence, Sure: r.Sure, Text: r.Text, Create: r.Create,
				Choosable: r.Choosable, Losers: all(r.Losers, func(l mailcrm.Loser) Loser { return Loser{l.Mailbox, l.Name, l.Why, l.Text} }),
			}
		}),
	}}, nil
}

func (r *resources) mapping() {
	const tag = "accounts"
	register(r, op{
		"GET /accounts/{account}/folders/mapping", "get-folder-mapping", "Which folder of a mail account has which role, and why", 200, tag, "",
	}, func(ctx context.Context, in *struct {
		Account string `path:"account" maxLength:"64"`
	},
	) (*oneMapping, error) {
		return answerMapping(r.mail(ctx).Mailboxes.Mapping(ctx, in.Account))
	})
	register(r, op{
		"PUT /accounts/{account}/folders/mapping", "choose-folders", "Say which folders have which roles", 200, tag,
		"It takes effect at once. A choice stays while its folder exists, also under another name.",
	}, func(ctx context.Context, in *struct {
		Match
		Account string `path:"account" maxLength:"64"`
		Body    Choice
	},
	) (*oneMapping, error) {
		revision, err := in.revision()
		if err != nil {
			return nil, err
		}
		out, err := answerMapping(r.mail(ctx).Mailboxes.Choose(ctx, mailcrm.ChooseInput{Account: in.Account, Revision: revision, Roles: in.Body.Roles, SentCopy: in.Body.SentCopy}))
		return out, in.missed(err)
	})
	register(r, op{
		"POST /accounts/{account}/folders", "create-folder", "Create a folder on the server", 201, tag, "The answer comes after the server's: it can take seconds.",
	}, func(ctx context.Context, in *struct {
		Account string `path:"account" maxLength:"64"`
		Body    NewFolder
	},
	) (*struct{ Body Folder }, error) {
		box, err := r.mail(ctx).Mailboxes.Create(ctx, mailcrm.CreateMailboxInput{Account: in.Account, Role: in.Body.Role, Name: in.Body.Name})
		if err != nil {
			return nil, err
		}
		return &struct{ Body Folder }{folder(*box, actor(ctx).Locale)}, nil
	})
}
