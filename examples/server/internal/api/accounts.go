package api

import (
	"context"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
)

// An Account is a mail account. Passwords go in and never come out.
type Account struct {
	ID               string     `json:"id" readOnly:"true"`
	Address          string     `json:"address" maxLength:"320" example:"jeanne.martin@example.com"`
	Name             string     `json:"name" required:"false" maxLength:"255" doc:"defaults to the address"`
	Owner            string     `json:"owner" required:"false" maxLength:"255" doc:"agent; defaults to who asks; only an administrator gives another"`
	IMAP             Server     `json:"imap"`
	SMTP             Server     `json:"smtp"`
	Link             string     `json:"link" required:"false" enum:"read,arrival," doc:"when a received mail enters the history; defaults to read"`
	DepthDays        int        `json:"depth_days" required:"false" minimum:"-1" maximum:"36500" doc:"how far back the first sync goes; defaults to 90; -1 is everything"`
	StoreAttachments bool       `json:"store_attachments" required:"false"`
	Public           bool       `json:"public" required:"false" doc:"tags its history as public"`
	CRLF             bool       `json:"crlf" required:"false" doc:"line ends of texts for the host"`
	SentCopy         string     `json:"sent_copy" required:"false" enum:"append,server,check,none," doc:"how the copy in Sent comes about; defaults to append; none goes with the flag /readonly, where it is the default"`
	OwnDomains       []string   `json:"own_domains" required:"false" maxItems:"100" nullable:"false" doc:"whose addresses are colleagues, never clients"`
	Members          []Member   `json:"members" required:"false" maxItems:"200" nullable:"false"`
	Identities       []Identity `json:"identities" required:"false" maxItems:"50" nullable:"false" doc:"defaults to one: the address"`
	LinkReadNightly  Nightly    `json:"link_read_nightly" required:"false" doc:"links at night what was read elsewhere; defaults to off"`
	DeletePolicy     Nightly    `json:"delete_policy" required:"false" doc:"takes at night from the history what was deleted in the mailbox; defaults to off, which is the advice"`

	Rights   []string  `json:"rights" readOnly:"true" nullable:"false" doc:"of who asks: read, send, manage"`
	Status   *Status   `json:"status,omitempty" readOnly:"true" doc:"of reading"`
	Sending  *Status   `json:"sending,omitempty" readOnly:"true" doc:"of sending: new until something was sent"`
	LastSync time.Time `json:"last_sync,omitzero" readOnly:"true"`
	Created  time.Time `json:"created,omitzero" readOnly:"true"`
	Revision int64     `json:"revision" readOnly:"true" doc:"the ETag's number"`
}

// A Server is one server of an account.
type Server struct {
	Host      string `json:"host" maxLength:"255" example:"imap.example.com"`
	Port      int    `json:"port" required:"false" minimum:"0" maximum:"65535" doc:"defaults to 993 or 143 for IMAP, 465 or 587 for SMTP"`
	Security  string `json:"security" required:"false" enum:"tls,starttls,none," doc:"defaults to tls; none works only to a loopback address, where the server allows it"`
	Username  string `json:"username" required:"false" maxLength:"255" doc:"defaults to the address; for SMTP to that of IMAP"`
	Password  string `json:"password,omitempty" maxLength:"4096" writeOnly:"true" format:"password" doc:"in an update: left out keeps what is stored; for SMTP: left out is that of IMAP"`
	NoAuth    bool   `json:"no_auth" required:"false" doc:"an SMTP server that asks for no login"`
	PinSHA256 string `json:"pin_sha256" required:"false" maxLength:"100" doc:"of a certificate that a person has compared and trusts"`

	Flags    string   `json:"flags" required:"false" maxLength:"1000" doc:"as c-client spells them: /ssl/novalidate-cert; they refine security and username, which are then left out"`
	Disabled []string `json:"disabled" required:"false" maxItems:"50" nullable:"false" doc:"SASL mechanisms that are never used"`
	Login    string   `json:"login" required:"false" maxLength:"64" doc:"id of a sign-in instead of a password; for SMTP: left out is that of IMAP"`
	ReadOnly bool     `json:"read_only" readOnly:"true" doc:"by the flag /readonly: nothing is ever written to the server"`
}

// Nightly says whether and when something runs, once a day by the clocks of a place.
type Nightly struct {
	On     bool   `json:"on" required:"false"`
	Hour   int    `json:"hour" required:"false" minimum:"0" maximum:"23"`
	Minute int    `json:"minute" required:"false" minimum:"0" maximum:"59"`
	Zone   string `json:"zone" required:"false" maxLength:"64" example:"Europe/Paris" doc:"defaults to that of who asks"`
}

// A Member is an agent who uses an account.
type Member struct {
	Agent  string   `json:"agent" minLength:"1" maxLength:"255"`
	Rights []string `json:"rights" maxItems:"10" nullable:"false" doc:"read, send, manage"`
}

// An Identity is a face of an account: what stands in From.
type Identity struct {
	ID        string `json:"id" required:"false" maxLength:"64" doc:"given when it is saved; keep it in an update"`
	Name      string `json:"name" required:"false" maxLength:"255"`
	Address   string `json:"address" maxLength:"320"`
	ReplyTo   string `json:"reply_to" required:"false" maxLength:"320"`
	Signature string `json:"signature" required:"false" maxLength:"65536" doc:"HTML; sanitised"`
	Default   bool   `json:"default" required:"false"`
}

// A Status says how an account fares.
type Status struct {
	State    string    `json:"state" doc:"new, syncing, ready, paused, auth_failed, unreachable, throttled, over_quota, certificate, error; there will be more"`
	Code     string    `json:"code,omitempty" doc:"of the failure"`
	Detail   string    `json:"detail,omitempty" doc:"the server's own words"`
	Sentence string    `json:"sentence,omitempty" doc:"what happened and what to do"`
	Since    time.Time `json:"since,omitzero"`
	NextTry  time.Time `json:"next_try,omitzero" doc:"left out: not by itself"`
	Verified time.Time `json:"verified,omitzero" doc:"the last time that the server took the login"`
	Do       string    `json:"do,omitempty" doc:"what a person can do: wait, password, signin, server, certificate, space, resume, admin"`
	Cure     string    `json:"cure,omitempty" doc:"that in a few words"`

	Certificate *Certificate `json:"certificate,omitempty" doc:"what a person must compare, in the state certificate"`
}

// A Certificate is what a server showed. Everything but the fingerprint is its own word.
type Certificate struct {
	SHA256      string    `json:"sha256"`
	Fingerprint string    `json:"fingerprint" doc:"the same as people compare it"`
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	Names       []string  `json:"names" nullable:"false"`
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
}

func account(a mailcrm.Account) Account {
	out := Account{
		ID: a.ID, Address: a.Address, Name: a.Name, Owner: a.Owner, IMAP: server(a.IMAP), SMTP: server(a.SMTP), Link: a.Link, DepthDays: a.DepthDays,
		StoreAttachments: a.StoreAttachments, Public: a.Public, CRLF: a.CRLF, SentCopy: a.SentCopy, OwnDomains: append([]string{}, a.OwnDomains...),
		Rights: all(a.Rights, func(r mailcrm.Right) string { return string(r) }), Status: status(a.Status), Sending: status(a.Sending), LastSync: utc(a.LastSync), Created: utc(a.Created),
		Revision: a.Revision,
		Members: all(a.Members, func(m mailcrm.Member) Member {
			return Member{m.Agent, all(m.Rights, func(r mailcrm.Right) string { return string(r) })}
		}),
		Identities:      all(a.Identities, func(i mailcrm.Identity) Identity { return Identity(i) }),
		LinkReadNightly: Nightly(a.LinkReadNightly), DeletePolicy: Nightly(a.DeletePolicy),
	}
	return out
}

func server(s mailcrm.Server) Server {
	return Server{
		Host: s.Host, Port: s.Port, Security: string(s.Security), Username: s.Username, NoAuth: s.NoAuth, PinSHA256: s.PinSHA256, Flags: s.Flags,
		Disabled: append([]string{}, s.Disabled...), Login: s.Login, ReadOnly: s.ReadOnly,
	}
}

func status(s mailcrm.AccountStatus) *Status {
	return &Status{
		State: s.State, Code: s.Code, Detail: s.Detail, Sentence: s.Sentence, Since: utc(s.Since), NextTry: utc(s.NextTry), Verified: utc(s.Verified), Do: s.Do, Cure: s.Cure,
		Certificate: certificate(s.Certificate),
	}
}

func certificate(c *mailcrm.Certificate) *Certificate {
	if c == nil {
		return nil
	}
	return &Certificate{c.SHA256, c.Fingerprint(), c.Subject, c.Issuer, append([]string{}, c.Names...), c.NotBefore.UTC(), c.NotAfter.UTC()}
}

func (a Account) input(id string, revision int64) mailcrm.AccountInput {
	return mailcrm.AccountInput{
		ID: id, Revision: revision, Address: a.Address, Name: a.Name, Owner: a.Owner, IMAP: a.IMAP.input(), SMTP: a.SMTP.input(), Link: a.Link,
		DepthDays: a.DepthDays, StoreAttachments: a.StoreAttachments, Public: a.Public, CRLF: a.CRLF, SentCopy: a.SentCopy, OwnDomains: a.OwnDomains,
		Members: all(a.Members, func(m Member) mailcrm.Member {
			return mailcrm.Member{Agent: m.Agent, Rights: all(m.Rights, func(r string) mailcrm.Right { return mailcrm.Right(r) })}
		}),
		Identities:      all(a.Identities, func(i Identity) mailcrm.Identity { return mailcrm.Identity(i) }),
		LinkReadNightly: mailcrm.Nightly(a.LinkReadNightly), DeletePolicy: mailcrm.Nightly(a.DeletePolicy),
	}
}

func (s Server) input() mailcrm.ServerInput {
	return mailcrm.ServerInput{
		Host: s.Host, Port: s.Port, Security: mailcrm.Security(s.Security), Username: s.Username, Password: mailcrm.NewSecret(s.Password), NoAuth: s.NoAuth,
		PinSHA256: s.PinSHA256, Flags: s.Flags, Disabled: s.Disabled, Login: s.Login,
	}
}

// An oneAccount is the answer with an account.
type oneAccount struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     Account
}

func answerAccount(a *mailcrm.Account, err error) (*oneAccount, error) {
	if err != nil {
		return nil, err
	}
	return &oneAccount{ETag: etag(a.Revision), Body: account(*a)}, nil
}

func (r *resources) accounts() {
	const tag = "accounts"
	register(r, op{
		"GET /accounts", "list-accounts", "Mail accounts that one uses, or all of them for an administrator", 200, tag, "",
	}, func(ctx context.Context, in *struct{ Paging }) (*List[Account], error) {
		found, err := r.mail(ctx).Accounts.List(ctx)
		if err != nil {
			return nil, err
		}
		return page(found, in.Paging, account)
	})
	register(r, op{
		"POST /accounts", "create-account", "Add a mail account", 201, tag, "Its first sync starts at once; its status tells how the servers answered.",
	}, func(ctx context.Context, in *struct{ Body Account }) (*oneAccount, error) {
		out, err := answerAccount(r.mail(ctx).Accounts.Create(ctx, in.Body.input("", 0)))
		if err == nil {
			out.Location = Prefix + "/accounts/" + out.Body.ID
		}
		return out, err
	})
	register(r, op{"GET /accounts/{account}", "get-account", "A mail account", 200, tag, ""},
		func(ctx context.Context, in *struct {
			Account string `path:"account" maxLength:"64"`
		},
		) (*oneAccount, error) {
			return answerAccount(r.mail(ctx).Accounts.Get(ctx, in.Account))
		})
	register(r, op{
		"PUT /accounts/{account}", "update-account", "Change a mail account", 200, tag,
		"What is left out takes its default, except passwords, which stay; but a password does not follow to another server or login.",
	}, func(ctx context.Context, in *struct {
		Match
		Account string `path:"account" maxLength:"64"`
		Body    Account
	},
	) (*oneAccount, error) {
		revision, err := in.revision()
		if err != nil {
			return nil, err
		}
		out, err := answerAccount(r.mail(ctx).Accounts.Update(ctx, in.Body.input(in.Account, revision)))
		return out, in.missed(err)
	})
	register(r, op{
		"DELETE /accounts/{account}", "delete-account", "Remove a mail account", 204, tag, "The history of clients stays, with the mails that were kept for it.",
	}, func(ctx context.Context, in *struct {
		Account string `path:"account" maxLength:"64"`
	},
	) (*None, error) {
		return nil, r.mail(ctx).Accounts.Delete(ctx, in.Account)
	})
	register(r, op{"POST /accounts/{account}:sync", "sync-account", "Look for new mail now", 202, tag, ""},
		func(ctx context.Context, in *struct {
			Account string `path:"account" maxLength:"64"`
		},
		) (*None, error) {
			return nil, r.mail(ctx).Accounts.Sync(ctx, in.Account)
		})
	register(r, op{"GET /accounts/{account}/status", "get-account-status", "How a mail account fares", 200, tag, "How each folder fares is told with the folders."},
		func(ctx context.Context, in *AccountPath) (*struct{ Body AccountStatus }, error) {
			found, err := r.mail(ctx).Accounts.Get(ctx, in.Account)
			if err != nil {
				return nil, err
			}
			return &struct{ Body AccountStatus }{AccountStatus{*status(found.Status), status(found.Sending), utc(found.LastSync)}}, nil
		})
	register(r, op{"POST /accounts/{account}:pause", "pause-account", "Neither fetch nor send until it is resumed", 200, tag, ""},
		func(ctx context.Context, in *AccountPath) (*oneAccount, error) {
			return answerAccount(r.mail(ctx).Accounts.Pause(ctx, in.Account))
		})
	register(r, op{"POST /accounts/{account}:resume", "resume-account", "Let a paused account go on", 200, tag, ""},
		func(ctx context.Context, in *AccountPath) (*oneAccount, error) {
			return answerAccount(r.mail(ctx).Accounts.Resume(ctx, in.Account))
		})
	register(r, op{
		"POST /accounts/{account}:trust", "trust-certificate", "Trust the certificate that a person has compared", 200, tag,
		"Only the certificate that the status shows can be confirmed.",
	}, func(ctx context.Context, in *struct {
		AccountPath
		Body struct {
			Side   string `json:"side" enum:"imap,smtp"`
			SHA256 string `json:"sha256" maxLength:"100"`
		}
	},
	) (*oneAccount, error) {
		return answerAccount(r.mail(ctx).Accounts.Trust(ctx, mailcrm.TrustInput{Account: in.Account, Side: in.Body.Side, SHA256: in.Body.SHA256}))
	})
	register(r, op{
		"GET /accounts/{account}/identity-proposals", "propose-identities", "Addresses that the account seems to answer to", 200, tag,
		"From the headers of its own mail: for a person to decide.",
	}, func(ctx context.Context, in *struct {
		AccountPath
		Paging
	},
	) (*List[Proposal], error) {
		found, err := r.mail(ctx).Accounts.ProposeIdentities(ctx, in.Account)
		if err != nil {
			return nil, err
		}
		return page(found, in.Paging, func(p mailcrm.IdentityProposal) Proposal { return Proposal(p) })
	})
}

// AccountPath names an account. It is exported because huma reads embedded structs only where they are.
type AccountPath struct {
	Account string `path:"account" maxLength:"64"`
}

// An AccountStatus is how an account fares: reading, and sending apart.
type AccountStatus struct {
	Status
	Sending  *Status   `json:"sending"`
	LastSync time.Time `json:"last_sync,omitzero"`
}

// A Proposal is an address that could be an identity.
type Proposal struct {
	Address string `json:"address"`
	Name    string `json:"name,omitempty"`
	Why     string `json:"why" doc:"delivered_to or sent_from"`
	Seen    int    `json:"seen" doc:"in how many of the newest 2,000 mails"`
	Foreign bool   `json:"foreign" doc:"outside of the account's own domains: only an administrator may add it"`
}
