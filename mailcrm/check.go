package mailcrm

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/submit"
	"github.com/mailcrm/sdk/storage"
)

// The steps of a check, in their order: the first three for each server, then one of its own.
const (
	StepReach       = "reach"       // the server answers and speaks its protocol
	StepCertificate = "certificate" // there is TLS, and its certificate is good
	StepLogin       = "login"       // it takes the login
	StepFolders     = "folders"     // IMAP: the mailboxes are listed and the inbox opens
	StepSend        = "send"        // SMTP: it would take a mail from this address; none is sent
	StepRoundTrip   = "roundtrip"   // a mail to oneself was sent, came back and was put into the Trash
)

// How a step of a check ended.
const (
	StepOK      = "ok"
	StepWarning = "warning" // it works, and something is worth knowing
	StepFailed  = "failed"
	StepSkipped = "skipped" // an earlier step failed
)

// Limits of checks.
const (
	MaxChecks     = 20               // of one agent in a minute: servers lock accounts
	CheckTime     = 90 * time.Second // for all of a check but the round trip
	RoundTripTime = 90 * time.Second
)

// A CheckInput is an account to try.
type CheckInput struct {
	// Account is as for Create, or with an ID as for Update: then a password that is left out is the stored one.
	Account AccountInput
	// RoundTrip sends a mail to the account's own address, waits until it can be read, and puts it into the Trash.
	RoundTrip bool
	// Progress is called after each step, in their order. Defaults to nil.
	Progress func(CheckStep)
}

// A CheckStep is one step of a check.
type CheckStep struct {
	Side     string // SideIMAP or SideSMTP
	Name     string // StepReach …
	State    string // StepOK, StepWarning, StepFailed, StepSkipped
	Code     string // why it is not "ok"
	Detail   string // the server's own words
	Sentence string // what happened and what to do, in the Actor's language
	Do       string // what a person can do, like DoPassword
	Cure     string // that in a few words
	// Certificate is what a person must compare before the account can trust it: see ServerInput.PinSHA256.
	Certificate *Certificate
}

// A Check is what came of trying an account.
type Check struct {
	OK    bool // no step failed
	Steps []CheckStep
	// IMAPUsername and SMTPUsername are those that worked: of a new account the other form, the address or its local part, is tried once when the first is refused.
	IMAPUsername, SMTPUsername string
	Mailboxes                  int   // that hold mail
	Inbox                      int   // mails in the inbox
	MaxSize                    int64 // bytes of the largest mail that the server takes; 0: it does not say
	// Capabilities are those of the IMAP server that make a difference: MOVE, CONDSTORE …
	Capabilities []string
	// SavesSent says that the server is known to file what it sends: choose SentServer.
	SavesSent bool
}

// Check tries the servers of an account, step by step, and saves nothing: that they answer, that they are who they say, that they take the login, that the folders
// are there and that mail may be sent. No password is sent before the connection is known to be safe, and a password that one server refused is not shown to the other
// when it is the same. What went wrong is in the steps, with a sentence and a cure, and is no error of Check.
//
// Errors: [ErrNotFound] for an account that the Actor may not change, [ErrInvalid] with a [FieldError] as of Create, [ErrTemporary] with [RetryAfter] after MaxChecks in a
// minute.
func (a *Accounts) Check(ctx context.Context, in CheckInput) (*Check, error) {
	acc, err := a.toCheck(ctx, in.Account)
	if err != nil {
		return nil, err
	}
	c := a.s.client
	if wait := c.checks.take(a.s.actor, c.cfg.Now()); wait > 0 {
		return nil, &storage.Cause{Code: "check.too_often", Err: &storage.TemporaryError{After: wait, Err: ErrTemporary}}
	}
	limited, done := context.WithTimeout(ctx, CheckTime)
	defer done()
	t := &trial{s: a.s, acc: acc, fresh: in.Account.ID == "", progress: in.Progress, out: &Check{OK: true}}
	refused := t.imap(limited)
	t.smtp(limited, refused)
	if in.RoundTrip {
		t.roundTrip(ctx)
	}
	return t.out, ctx.Err()
}

// toCheck is the account as it would be saved.
func (a *Accounts) toCheck(ctx context.Context, in AccountInput) (*store.Account, error) {
	if in.ID != "" {
		acc, err := a.managed(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return acc, a.fill(ctx, acc, in)
	}
	return a.fresh(ctx, in)
}

// A trial is a check under way.
type trial struct {
	s        *Session
	acc      *store.Account
	fresh    bool // the account is new: how its login is written is not known yet
	progress func(CheckStep)
	out      *Check
}

// step records how a step ended.
func (t *trial) step(where, name, state string, err error) {
	step := CheckStep{Side: where, Name: name, State: state}
	if err != nil {
		st := failure(store.Status{}, t.s.client.cfg.Now(), err)
		said := t.s.accountStatus(&st, loginOf(t.acc, map[string]side{SideIMAP: imapSide, SideSMTP: smtpSide}[where]) != "")
		step.Code, step.Detail, step.Sentence, step.Do, step.Cure, step.Certificate = said.Code, said.Detail, said.Sentence, said.Do, said.Cure, said.Certificate
	}
	if state == StepFailed {
		t.out.OK = false
	}
	t.out.Steps = append(t.out.Steps, step)
	if t.progress != nil {
		t.progress(step)
	}
}

// reached records the steps up to the login, of which err ended one, and says whether all is well. What comes after them is skipped otherwise.
func (t *trial) reached(where string, err error, after string) bool {
	failed := stepOf(err)
	state := StepOK
	for _, name := range []string{StepReach, StepCertificate, StepLogin} {
		switch {
		case err != nil && name == failed:
			t.step(where, name, StepFailed, err)
			state = StepSkipped
		default:
			t.step(where, name, state, nil)
		}
	}
	if err != nil {
		t.step(where, after, StepSkipped, nil)
	}
	return err == nil
}

// stepOf is the step that an error of opening a connection ended.
func stepOf(err error) string {
	code := storage.CauseCode(err)
	room, what, _ := strings.Cut(code, ".")
	switch {
	case room == "dial":
		return StepReach
	case room == "tls", what == "no_tls":
		return StepCertificate
	case errors.Is(err, ErrAuth), room == "oauth", room == "seal":
		return StepLogin
	case what == "greeting", what == "not_imap", what == "timeout", what == "connection_lost", what == "unavailable", what == "throttled", what == "temporary":
		return StepReach
	}
	return StepLogin
}

// otherForm is the other way of writing a login: the address, or its local part. "" when it is neither.
func otherForm(username, address string) string {
	local, _, _ := strings.Cut(address, "@")
	switch {
	case strings.EqualFold(username, address):
		return local
	case strings.EqualFold(username, local):
		return address
	}
	return ""
}

// refusedName says whether another form of the name may help.
func (t *trial) refusedName(err error, of side) bool {
	code := storage.CauseCode(err)
	server := &t.acc.IMAP
	if of == smtpSide {
		server = &t.acc.SMTP
	}
	refused := code == "imap.login_refused" || code == "smtp.login_refused" || code == "imap.no_verifier" || code == "smtp.no_verifier" // with SCRAM: no such user
	return t.fresh && refused && server.AuthUser == "" && loginOf(t.acc, of) == "" && otherForm(server.Username, t.acc.Address) != ""
}

// imap tries the side that is read. It reports whether the login was refused.
func (t *trial) imap(ctx context.Context) (refused bool) {
	c := t.s.client
	ready, err := withCredential(ctx, c, t.acc, imapSide, c.syncer.Check)
	if t.refusedName(err, imapSide) {
		was := t.acc.IMAP.Username
		t.acc.IMAP.Username = otherForm(was, t.acc.Address)
		again, e := withCredential(ctx, c, t.acc, imapSide, c.syncer.Check)
		switch {
		case e != nil:
			t.acc.IMAP.Username = was
		case t.acc.SMTP.Username == was: // it was to be the same
			t.acc.SMTP.Username = t.acc.IMAP.Username
			fallthrough
		default:
			ready, err = again, nil
		}
	}
	if !t.reached(SideIMAP, err, StepFolders) {
		return errors.Is(err, ErrAuth)
	}
	t.out.IMAPUsername, t.out.Mailboxes, t.out.Inbox, t.out.SavesSent = t.acc.IMAP.Username, ready.Mailboxes, ready.Inbox, ready.SavesSent
	t.out.Capabilities = ready.Capabilities
	switch {
	case ready.Refused != nil:
		t.step(SideIMAP, StepFolders, StepFailed, ready.Refused)
	case len(ready.Missing) > 0:
		t.step(SideIMAP, StepFolders, StepWarning, &storage.Cause{Code: "check.missing_folders", Detail: strings.Join(ready.Missing, ", "), Err: ErrNotFound})
	default:
		t.step(SideIMAP, StepFolders, StepOK, nil)
	}
	return false
}

// sameSecret says whether both servers would be shown the same, also where it was entered for each of them.
func (t *trial) sameSecret(ctx context.Context) bool {
	switch {
	case !t.acc.SMTP.Authenticate || t.acc.SMTP.Login != "":
		return false
	case len(t.acc.SMTPSecret) == 0:
		return true
	case t.acc.IMAP.Login != "":
		return false
	}
	imap, err := t.s.client.credential(ctx, t.acc, imapSide)
	smtp, other := t.s.client.credential(ctx, t.acc, smtpSide)
	return err == nil && other == nil && !imap.Password.IsZero() && imap.Password.Reveal() == smtp.Password.Reveal()
}

// smtp tries the side that sends.
func (t *trial) smtp(ctx context.Context, refused bool) {
	c := t.s.client
	if refused && t.sameSecret(ctx) {
		for _, name := range []string{StepReach, StepCertificate, StepLogin, StepSend} { // the same secret, which is wrong
			t.step(SideSMTP, name, StepSkipped, nil)
		}
		return
	}
	from := t.acc.Address
	try := func(ctx context.Context, acc *store.Account, cred signin.Credential) (*submit.Readiness, error) {
		return c.sender.Check(ctx, acc, cred, from, from)
	}
	ready, err := withCredential(ctx, c, t.acc, smtpSide, try)
	if t.refusedName(err, smtpSide) {
		was := t.acc.SMTP.Username
		t.acc.SMTP.Username = otherForm(was, t.acc.Address)
		if again, e := withCredential(ctx, c, t.acc, smtpSide, try); e == nil {
			ready, err = again, nil
		} else {
			t.acc.SMTP.Username = was
		}
	}
	if !t.reached(SideSMTP, err, StepSend) {
		return
	}
	t.out.SMTPUsername, t.out.MaxSize = t.acc.SMTP.Username, ready.Size
	if ready.Refused != nil {
		t.step(SideSMTP, StepSend, StepFailed, ready.Refused)
		return
	}
	t.step(SideSMTP, StepSend, StepOK, nil)
}

// roundTrip sends a mail to oneself and waits for it.
func (t *trial) roundTrip(ctx context.Context) {
	if !t.out.OK {
		t.step(SideSMTP, StepRoundTrip, StepSkipped, nil)
		return
	}
	c := t.s.client
	limited, done := context.WithTimeout(ctx, RoundTripTime)
	defer done()
	locale := t.s.actor.Locale
	self := store.Address{Address: t.acc.Address}
	mail := &submit.Mail{
		MessageID: submit.NewMessageID(c.db.NewID(t.acc.Tenant), t.acc.Address), Date: c.cfg.Now(), From: self, To: []store.Address{self},
		Subject: say(locale, "check.mail_subject"), Text: say(locale, "check.mail_text"),
	}
	_, err := withCredential(limited, c, t.acc, smtpSide, func(ctx context.Context, acc *store.Account, cred signin.Credential) (struct{}, error) {
		return struct{}{}, c.sender.Post(ctx, acc, cred, mail)
	})
	if err != nil {
		t.step(SideSMTP, StepRoundTrip, StepFailed, err)
		return
	}
	type arrival struct {
		role  string
		moved bool
	}
	came, err := withCredential(limited, c, t.acc, imapSide, func(ctx context.Context, acc *store.Account, cred signin.Credential) (arrival, error) {
		role, moved, err := c.syncer.Await(ctx, acc, cred, mail.MessageID, awaitEvery)
		return arrival{role, moved}, err
	})
	switch {
	case err != nil:
		t.step(SideIMAP, StepRoundTrip, StepFailed, err)
	case came.role == "junk":
		t.step(SideIMAP, StepRoundTrip, StepWarning, &storage.Cause{Code: "check.in_junk", Err: ErrRejected})
	case !came.moved:
		t.step(SideIMAP, StepRoundTrip, StepWarning, &storage.Cause{Code: "check.left_in_inbox", Err: ErrNotFound})
	default:
		t.step(SideIMAP, StepRoundTrip, StepOK, nil)
	}
}

// awaitEvery is the time between two looks for the mail.
const awaitEvery = 2 * time.Second

// withCredential makes the credential of a side and does something with it.
func withCredential[T any](ctx context.Context, c *Client, acc *store.Account, of side, do func(context.Context, *store.Account, signin.Credential) (T, error)) (T, error) {
	var out T
	expired := [...]string{imapSide: "imap.token_expired", smtpSide: "smtp.token_expired"}
	err := c.twice(ctx, acc, of, expired[of], func(cred signin.Credential) (err error) {
		out, err = do(ctx, acc, cred)
		return err
	})
	return out, err
}
