package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/autoconfig"
	"github.com/mailcrm/sdk/storage"
)

// Discovery is what was learned about the servers of an address.
type Discovery struct {
	Address    string      `json:"address" doc:"as it was understood"`
	Domain     string      `json:"domain"`
	Candidates []Candidate `json:"candidates" nullable:"false" doc:"best first; empty when nobody knows the domain"`
	Steps      []FindStep  `json:"steps" nullable:"false" doc:"who was asked"`
}

// A Candidate is a pair of servers that an address may have.
type Candidate struct {
	Provider    string      `json:"provider,omitempty" example:"OVHcloud"`
	IMAP        FoundServer `json:"imap"`
	SMTP        FoundServer `json:"smtp" doc:"its host is empty when nobody named one"`
	Auth        []FoundAuth `json:"auth" nullable:"false" doc:"best first"`
	Source      string      `json:"source" doc:"table, autoconfig, well-known, srv, table-mx, ispdb, ispdb-mx, autodiscover, guess"`
	Confidence  string      `json:"confidence" enum:"low,medium,high"`
	Explanation string      `json:"explanation" doc:"who named them and what that is worth, for people"`
	Evidence    []Evidence  `json:"evidence" nullable:"false"`
	Help        []Help      `json:"help" nullable:"false" doc:"what the person has to do at the provider first"`
	SavesSent   bool        `json:"saves_sent" doc:"the server files what it sends: sent_copy server"`
	Outside     bool        `json:"outside_domain" doc:"show the names of the hosts to the person"`
	Confirm     bool        `json:"confirm" doc:"no password goes there before a person has accepted the names of the hosts"`
	Unsupported bool        `json:"unsupported" doc:"no program on a server can read this mailbox"`
}

// A FoundServer is a server that was found.
type FoundServer struct {
	Host     string `json:"host"`
	Port     int    `json:"port,omitempty"`
	Security string `json:"security,omitempty"`
	Username string `json:"username,omitempty"`
}

// A FoundAuth is a way to sign in.
type FoundAuth struct {
	Kind     string `json:"kind" doc:"password, app password, oauth2"`
	Provider string `json:"provider,omitempty" doc:"of oauth2: the name for POST /logins:begin, where it is configured"`
}

// Evidence is who named the servers.
type Evidence struct {
	Source  string    `json:"source"`
	Target  string    `json:"target"`
	Checked time.Time `json:"checked,omitzero"`
}

// Help is one thing to do.
type Help struct {
	Code string `json:"code"`
	Text string `json:"text"`
	Link string `json:"link,omitempty"`
}

// A FindStep is what became of one source.
type FindStep struct {
	Source  string `json:"source"`
	Name    string `json:"name"`
	Target  string `json:"target"`
	Outcome string `json:"outcome" doc:"found, nothing, not_offered, own_server, insecure, bad_answer, certificate, refused, unreachable, needs_login, timeout, skipped"`
	Text    string `json:"text"`
	Detail  string `json:"detail,omitempty"`
	Dropped bool   `json:"dropped,omitempty" doc:"servers were named and left out, because no password may be sent there"`
	Took    int64  `json:"took_ms"`
}

func candidate(c autoconfig.Candidate, locale string) Candidate {
	server := func(s autoconfig.Server) FoundServer {
		return FoundServer{s.Host, s.Port, string(s.Security), s.Username}
	}
	return Candidate{
		Provider: c.Provider, IMAP: server(c.IMAP), SMTP: server(c.SMTP), Source: string(c.Source), Confidence: c.Confidence.String(), Explanation: c.Explain(locale),
		Auth:     all(c.Auth, func(a autoconfig.Auth) FoundAuth { return FoundAuth{string(a.Kind), a.Issuer} }),
		Evidence: all(c.Evidence, func(e autoconfig.Evidence) Evidence { return Evidence{string(e.Source), e.Target, utc(e.Checked)} }),
		Help:     all(c.Help, func(h autoconfig.Help) Help { return Help{string(h.Code), h.Text(locale), h.Link} }),

		SavesSent: c.SavesSent, Outside: c.OutsideDomain, Confirm: c.Confirm, Unsupported: c.Unsupported,
	}
}

// A Check is what came of trying an account.
type Check struct {
	OK           bool        `json:"ok" doc:"no step failed"`
	Steps        []CheckStep `json:"steps" nullable:"false"`
	IMAPUsername string      `json:"imap_username,omitempty" doc:"the one that worked"`
	SMTPUsername string      `json:"smtp_username,omitempty" doc:"the one that worked"`
	Mailboxes    int         `json:"mailboxes"`
	Inbox        int         `json:"inbox" doc:"mails in the inbox"`
	MaxSize      int64       `json:"max_size,omitempty" doc:"bytes of the largest mail that the server takes"`
	SavesSent    bool        `json:"saves_sent" doc:"the server files what it sends: sent_copy server"`
}

// A CheckStep is one step of it.
type CheckStep struct {
	Side        string       `json:"side" enum:"imap,smtp"`
	Name        string       `json:"name" doc:"reach, certificate, login, folders, send, roundtrip"`
	State       string       `json:"state" enum:"ok,warning,failed,skipped"`
	Code        string       `json:"code,omitempty"`
	Detail      string       `json:"detail,omitempty" doc:"the server's own words"`
	Sentence    string       `json:"sentence,omitempty" doc:"what happened and what to do"`
	Do          string       `json:"do,omitempty"`
	Cure        string       `json:"cure,omitempty"`
	Certificate *Certificate `json:"certificate,omitempty"`
}

func answerCheck(c *mailcrm.Check, err error) (*struct{ Body Check }, error) {
	if err != nil {
		return nil, err
	}
	steps := all(c.Steps, func(s mailcrm.CheckStep) CheckStep {
		return CheckStep{s.Side, s.Name, s.State, s.Code, s.Detail, s.Sentence, s.Do, s.Cure, certificate(s.Certificate)}
	})
	return &struct{ Body Check }{Check{c.OK, steps, c.IMAPUsername, c.SMTPUsername, c.Mailboxes, c.Inbox, c.MaxSize, c.SavesSent}}, nil
}

func (r *resources) autoconfig() {
	const tag = "accounts"
	register(r, op{
		"GET /autoconfig", "find-servers", "The servers of a mail address", 200, tag,
		"Asks everybody who may know, for ten seconds at most. Nobody is told a password.",
	}, func(ctx context.Context, in *struct {
		Email string `query:"email" required:"true" maxLength:"320" example:"jeanne.martin@example.com"`
	},
	) (*struct{ Body Discovery }, error) {
		found, err := r.find(ctx, in.Email)
		if err != nil {
			return nil, atEmail(err)
		}
		locale := actor(ctx).Locale
		return &struct{ Body Discovery }{Discovery{
			Address: found.Address, Domain: found.Domain, Candidates: all(found.Candidates, func(c autoconfig.Candidate) Candidate { return candidate(c, locale) }),
			Steps: all(found.Steps, func(s autoconfig.Step) FindStep {
				return FindStep{string(s.Source), s.Name(locale), s.Target, string(s.Outcome), s.Explain(locale), s.Detail, s.Dropped, s.Took.Milliseconds()}
			}),
		}}, nil
	})
	register(r, op{
		"POST /autoconfig/test", "test-account", "Try an account before it is added", 200, tag,
		"Takes what POST /accounts takes and keeps nothing. What does not work is in the steps, and no failure of this operation.",
	}, func(ctx context.Context, in *struct{ Body Account }) (*struct{ Body Check }, error) {
		return answerCheck(r.mail(ctx).Accounts.Check(ctx, mailcrm.CheckInput{Account: in.Body.input("", 0)}))
	})
	register(r, op{
		"POST /accounts/{account}:verify", "verify-account", "Try an account as it is saved", 200, tag,
		"With round_trip a mail is sent to the account itself, awaited, and put into the trash; that takes up to 90 seconds.",
	}, func(ctx context.Context, in *struct {
		AccountPath
		Body *struct {
			RoundTrip bool `json:"round_trip" required:"false"`
		} `required:"false"`
	},
	) (*struct{ Body Check }, error) {
		saved, err := r.mail(ctx).Accounts.Get(ctx, in.Account)
		if err != nil {
			return nil, err
		}
		check := mailcrm.CheckInput{Account: saved.Input()}
		if in.Body != nil {
			check.RoundTrip = in.Body.RoundTrip
		}
		return answerCheck(r.mail(ctx).Accounts.Check(ctx, check))
	})
}

// find looks for the servers of an address.
func (r *resources) find(ctx context.Context, email string) (*autoconfig.Result, error) {
	if r.cfg.Find != nil {
		return r.cfg.Find(ctx, email, nil)
	}
	email = strings.TrimSpace(email)
	_, domain, ok := strings.Cut(email, "@")
	if !ok || domain == "" {
		return nil, storage.Invalid("Address", "bad_address", "enter a whole address, like name@example.com")
	}
	result := &autoconfig.Result{Address: email, Domain: domain}
	known, ok := autoconfig.Lookup(domain, nil)
	if !ok {
		return result, nil
	}
	known, err := known.For(email)
	result.Candidates = []autoconfig.Candidate{known}
	return result, err
}

// atEmail names the parameter as the API does.
func atEmail(err error) error {
	var field *storage.FieldError
	if errors.As(err, &field) && field.Field == "Address" {
		return storage.Invalid("Email", field.Code, field.Reason)
	}
	return err
}
