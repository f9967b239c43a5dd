package mailcrm

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Accounts are mail accounts: an address, its servers, and who may use it. An agent sees those he owns or is a member of; an administrator sees all
// of them, which does not let him read their mail.
type Accounts struct{ s *Session }

// Security is how a connection is protected.
type Security string

// The ways of protecting a connection. Plaintext works only to a loopback address, where Config.Network allows it.
const (
	TLS       Security = "tls"      // from the first byte (RFC 8314)
	StartTLS  Security = "starttls" // upgraded before anything else, or refused (RFC 2595, RFC 3207)
	Plaintext Security = "none"
)

// A Right is something that an agent may do with an account.
type Right string

// The rights. The owner of an account has all of them.
const (
	RightRead   Right = "read"   // see its mail
	RightSend   Right = "send"   // send as it
	RightManage Right = "manage" // change its settings
)

// When a received mail enters the history.
const (
	WhenRead  = "read"    // when an agent opens it
	AtArrival = "arrival" // as soon as it is fetched
)

// How the copy in Sent comes about.
const (
	SentAppend = "append" // we append it
	SentServer = "server" // the server files what it sends, as Gmail does
	SentCheck  = "check"  // we look first, and append if it is not there
)

// Limits of accounts.
const (
	MaxIdentities = 50
	MaxMembers    = 200
	MaxDepthDays  = 36500
	MaxSignature  = 64 << 10 // bytes of HTML
	DefaultDepth  = 90       // days
)

// A ServerInput is one server of an account.
type ServerInput struct {
	Host     string   // a name or an address, without a port
	Port     int      // Defaults to 993 or 143 for IMAP, 465 or 587 for SMTP, as Security says
	Security Security // Defaults to TLS
	Username string   // Defaults to the address; for SMTP to the IMAP one
	Password Secret   // for SMTP: empty is the IMAP one. In an update: empty keeps what is stored
	// NoAuth is for an SMTP server that asks for no login.
	NoAuth bool
	// PinSHA256 is the hexadecimal SHA-256 of a certificate that a person has compared and trusts although no authority signed it.
	PinSHA256 string
}

// An AccountInput describes an account to add or to change.
type AccountInput struct {
	ID       string // of the account to change; empty: a new one
	Revision int64  // of the account that was shown; 0: whatever it is now
	Address  string // required
	Name     string // Defaults to the address
	Owner    string // agent. Defaults to the Actor; only an administrator gives another
	IMAP     ServerInput
	SMTP     ServerInput
	Link     string // WhenRead (default) or AtArrival
	// DepthDays is how far back the first sync goes. Defaults to 90; negative: everything.
	DepthDays        int
	StoreAttachments bool
	Public           bool
	CRLF             bool
	SentCopy         string   // SentAppend (default), SentServer, SentCheck
	OwnDomains       []string // whose addresses are colleagues, never clients
	Members          []Member
	Identities       []Identity // Defaults to one: the address
}

// A Member is an agent who uses an account.
type Member struct {
	Agent  string
	Rights []Right
}

// An Identity is a face of an account: what stands in From.
type Identity struct {
	ID        string // given when it is saved; keep it in an update
	Name      string
	Address   string
	ReplyTo   string
	Signature string // HTML; sanitised
	Default   bool
}

// An Account is an account as an agent sees it, without its secrets.
type Account struct {
	ID               string
	Address          string
	Name             string
	Owner            string
	IMAP             Server
	SMTP             Server
	Link             string
	DepthDays        int // negative: everything
	StoreAttachments bool
	Public           bool
	CRLF             bool
	SentCopy         string
	OwnDomains       []string
	Members          []Member
	Identities       []Identity
	Rights           []Right // of the Actor
	Status           AccountStatus
	LastSync         time.Time
	Revision         int64
	Created          time.Time
}

// A Server is one server of an account.
type Server struct {
	Host      string
	Port      int
	Security  Security
	Username  string
	NoAuth    bool
	PinSHA256 string
}

// An AccountStatus says how an account fares.
type AccountStatus struct {
	State    string // "new", "syncing", "ready", "paused", "auth_failed", "unreachable", "throttled", "error"
	Code     string // of the failure; see Sentence
	Detail   string // the server's own words
	Since    time.Time
	NextTry  time.Time // zero: not by itself
	Sentence string    // what to do, in the Actor's language
}

// Create adds an account and starts its first sync. It does not wait for the servers: Status tells how they answered.
//
// Errors: [ErrInvalid] with a [FieldError]; [ErrConflict] when the tenant has an account of this address.
func (a *Accounts) Create(ctx context.Context, in AccountInput) (*Account, error) {
	if err := a.s.enter(ctx); err != nil {
		return nil, err
	}
	if in.ID != "" {
		return nil, storage.Invalid("ID", "unexpected", "a new account gets its id; use Update to change one")
	}
	if in.IMAP.Password.IsZero() {
		return nil, storage.Invalid("IMAP.Password", "required", "enter the password of the mailbox (many providers want an app password)")
	}
	acc := &store.Account{Tenant: a.s.actor.Tenant, ID: a.s.client.db.NewID(a.s.actor.Tenant), Owner: a.s.actor.Agent}
	if err := a.fill(acc, in); err != nil {
		return nil, err
	}
	now := a.s.client.cfg.Now()
	acc.Created, acc.NextSync = now, now
	acc.Status = store.Status{State: "new", Since: now}
	return a.save(ctx, acc, "account.created", (*store.Tx).CreateAccount)
}

// Update changes an account. What the input leaves empty takes its default, except passwords, which stay. The next sync starts at once.
//
// Errors: [ErrNotFound], [ErrInvalid], [ErrConflict] when Revision is not the stored one.
func (a *Accounts) Update(ctx context.Context, in AccountInput) (*Account, error) {
	acc, err := a.managed(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Revision != 0 && in.Revision != acc.Revision {
		return nil, fmt.Errorf("account %s was changed meanwhile: read it again: %w", acc.Address, ErrConflict)
	}
	if err := a.fill(acc, in); err != nil {
		return nil, err
	}
	now := a.s.client.cfg.Now()
	acc.NextSync, acc.Status = now, store.Status{State: "new", Since: now}
	return a.save(ctx, acc, "account.changed", func(tx *store.Tx, acc *store.Account) error {
		if err := tx.UpdateAccount(acc); err != nil {
			return err
		}
		return tx.SetStatus(acc.Tenant, acc.ID, acc.Status, acc.NextSync, time.Time{})
	})
}

func (a *Accounts) save(ctx context.Context, acc *store.Account, event string, write func(*store.Tx, *store.Account) error) (*Account, error) {
	err := a.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		if err := write(tx, acc); err != nil {
			return err
		}
		return tx.Emit([]store.Event{{Tenant: acc.Tenant, Type: event, At: a.s.client.cfg.Now(), Agent: a.s.actor.Agent, Account: acc.ID, Subject: acc.ID}})
	})
	if err != nil {
		return nil, fmt.Errorf("saving account %s: %w", acc.Address, err)
	}
	a.s.client.worker.Wake()
	return a.s.account(acc), nil
}

// Get returns an account that the Actor may use or administer.
func (a *Accounts) Get(ctx context.Context, id string) (*Account, error) {
	acc, err := a.s.usable(ctx, id, 0)
	if err != nil {
		return nil, err
	}
	return a.s.account(acc), nil
}

// List returns the accounts that the Actor uses, or all of the tenant for an administrator, by name.
func (a *Accounts) List(ctx context.Context) ([]Account, error) {
	if err := a.s.enter(ctx); err != nil {
		return nil, err
	}
	agent := a.s.actor.Agent
	if a.s.actor.Admin {
		agent = ""
	}
	all, err := a.s.client.db.Accounts(ctx, a.s.actor.Tenant, agent)
	if err != nil {
		return nil, fmt.Errorf("listing accounts: %w", err)
	}
	out := make([]Account, len(all))
	for i := range all {
		out[i] = *a.s.account(&all[i])
	}
	slices.SortStableFunc(out, func(x, y Account) int { return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)) })
	return out, nil
}

// Delete removes an account: its folders and what was known of them. The history of clients stays, with the mails that were kept for it.
func (a *Accounts) Delete(ctx context.Context, id string) error {
	acc, err := a.managed(ctx, id)
	if err != nil {
		return err
	}
	err = a.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		if err := tx.DeleteAccount(acc.Tenant, acc.ID); err != nil {
			return err
		}
		return tx.Emit([]store.Event{{Tenant: acc.Tenant, Type: "account.deleted", At: a.s.client.cfg.Now(), Agent: a.s.actor.Agent, Account: acc.ID, Subject: acc.ID}})
	})
	if err != nil {
		return fmt.Errorf("deleting account %s: %w", acc.Address, err)
	}
	return nil
}

// Sync makes the account due now. Anybody who may read it may ask.
func (a *Accounts) Sync(ctx context.Context, id string) error {
	acc, err := a.s.usable(ctx, id, store.RightRead)
	if err != nil {
		return err
	}
	err = a.s.client.db.Write(ctx, nil, func(tx *store.Tx) error { return tx.SyncSoon(acc.Tenant, acc.ID) })
	if err != nil {
		return fmt.Errorf("starting the sync of %s: %w", acc.Address, err)
	}
	a.s.client.worker.Wake()
	return nil
}

// usable loads an account for which the actor has the rights; 0 is any right, or being an administrator.
func (s *Session) usable(ctx context.Context, id string, need store.Rights) (*store.Account, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	acc, err := s.client.db.Account(ctx, s.actor.Tenant, id)
	if err != nil {
		return nil, fmt.Errorf("account %q: %w", id, err)
	}
	have := rightsOf(acc, s.actor)
	if have&need != need || (need == 0 && have == 0 && !s.actor.Admin) {
		return nil, fmt.Errorf("account %q: %w", id, ErrNotFound)
	}
	return acc, nil
}

func (a *Accounts) managed(ctx context.Context, id string) (*store.Account, error) {
	acc, err := a.s.usable(ctx, id, 0)
	if err != nil {
		return nil, err
	}
	if !a.s.actor.Admin && rightsOf(acc, a.s.actor)&store.RightManage == 0 {
		return nil, fmt.Errorf("account %q: %w", id, ErrNotFound)
	}
	return acc, nil
}

// readable are the ids of the accounts whose mail the actor may read.
func (s *Session) readable(ctx context.Context) ([]string, error) {
	all, err := s.client.db.Accounts(ctx, s.actor.Tenant, s.actor.Agent)
	if err != nil {
		return nil, fmt.Errorf("listing accounts: %w", err)
	}
	var ids []string
	for i := range all {
		if rightsOf(&all[i], s.actor)&store.RightRead != 0 {
			ids = append(ids, all[i].ID)
		}
	}
	return ids, nil
}

func rightsOf(acc *store.Account, actor storage.Actor) store.Rights {
	if acc.Owner == actor.Agent {
		return store.RightRead | store.RightSend | store.RightManage
	}
	for _, m := range acc.Members {
		if m.Agent == actor.Agent {
			return m.Rights
		}
	}
	return 0
}

// fill validates the input and writes it into the account.
func (a *Accounts) fill(acc *store.Account, in AccountInput) error {
	address := linker.Normalize(in.Address)
	if address == "" {
		return storage.Invalid("Address", "bad_address", "enter the whole address of the mailbox, like name@example.com")
	}
	acc.Address = address
	acc.Name = strings.TrimSpace(in.Name)
	if acc.Name == "" {
		acc.Name = address
	}
	if len(acc.Name) > 255 || hasControl(acc.Name) {
		return storage.Invalid("Name", "too_long", "a name has at most 255 bytes and no control characters")
	}
	if in.Owner != "" && in.Owner != acc.Owner {
		if !a.s.actor.Admin {
			return storage.Invalid("Owner", "not_allowed", "only an administrator gives an account to somebody else")
		}
		acc.Owner = in.Owner
	}
	if err := a.fillServers(acc, in); err != nil {
		return err
	}
	if err := fillSettings(acc, in); err != nil {
		return err
	}
	if err := fillMembers(acc, in.Members); err != nil {
		return err
	}
	return a.fillIdentities(acc, in.Identities)
}

func (a *Accounts) fillServers(acc *store.Account, in AccountInput) error {
	imap, err := a.server("IMAP", in.IMAP, acc.Address, 993, 143)
	if err != nil {
		return err
	}
	smtp, err := a.server("SMTP", in.SMTP, imap.Username, 465, 587)
	if err != nil {
		return err
	}
	smtp.Authenticate = !in.SMTP.NoAuth
	// A password is for the server and login it was given for: it does not follow to another host.
	moved := func(was, is store.Server) bool {
		return was.Host != "" && (was.Host != is.Host || was.Username != is.Username)
	}
	if in.IMAP.Password.IsZero() && moved(acc.IMAP, imap) {
		return storage.Invalid("IMAP.Password", "required", "enter the password again: the server or the login changed")
	}
	if in.SMTP.Password.IsZero() && len(acc.SMTPSecret) > 0 && moved(acc.SMTP, smtp) {
		return storage.Invalid("SMTP.Password", "required", "enter the password again: the server or the login changed")
	}
	acc.IMAP, acc.SMTP = imap, smtp
	if !in.IMAP.Password.IsZero() {
		if acc.IMAPSecret, err = a.s.client.cfg.Keys.Seal(imapPlace(acc), in.IMAP.Password); err != nil {
			return err
		}
	}
	if !in.SMTP.Password.IsZero() {
		if acc.SMTPSecret, err = a.s.client.cfg.Keys.Seal(smtpPlace(acc), in.SMTP.Password); err != nil {
			return err
		}
	}
	return nil
}

func imapPlace(acc *store.Account) seal.Place {
	return seal.Place{Tenant: acc.Tenant, Account: acc.ID, Field: "imap.password"}
}

func smtpPlace(acc *store.Account) seal.Place {
	return seal.Place{Tenant: acc.Tenant, Account: acc.ID, Field: "smtp.password"}
}

func (a *Accounts) server(field string, in ServerInput, login string, tlsPort, otherPort int) (store.Server, error) {
	host := strings.ToLower(strings.TrimSpace(in.Host))
	s := store.Server{Host: host, Port: in.Port, Security: string(in.Security), Username: in.Username, Authenticate: true}
	switch {
	case host == "":
		return s, storage.Invalid(field+".Host", "required", "enter the name of the server, like "+strings.ToLower(field)+".example.com")
	case len(host) > 255 || strings.ContainsAny(host, "/@ \t\r\n\x00"):
		return s, storage.Invalid(field+".Host", "malformed", "enter only the name of the server, without a port or a path")
	}
	switch in.Security {
	case "":
		s.Security = string(TLS)
	case TLS, StartTLS:
	case Plaintext:
		if !a.s.client.cfg.Network.PlaintextLoopback {
			return s, storage.Invalid(field+".Security", "plaintext", "passwords and mail travel over TLS only: choose tls or starttls")
		}
	default:
		return s, storage.Invalid(field+".Security", "unknown", "choose tls, starttls or none")
	}
	if s.Port == 0 {
		s.Port = otherPort
		if s.Security == string(TLS) {
			s.Port = tlsPort
		}
	}
	if s.Port < 1 || s.Port > 65535 {
		return s, storage.Invalid(field+".Port", "out_of_range", "a port is a number between 1 and 65535")
	}
	if s.Username == "" {
		s.Username = login
	}
	if len(s.Username) > 255 || hasControl(s.Username) {
		return s, storage.Invalid(field+".Username", "malformed", "a login has at most 255 bytes and no control characters")
	}
	if in.PinSHA256 != "" {
		pin := strings.ToLower(strings.ReplaceAll(in.PinSHA256, ":", ""))
		if b, err := hex.DecodeString(pin); err != nil || len(b) != 32 {
			return s, storage.Invalid(field+".PinSHA256", "malformed", "a SHA-256 fingerprint is 64 hexadecimal digits")
		}
		s.PinSHA256 = pin
	}
	return s, nil
}

func fillSettings(acc *store.Account, in AccountInput) error {
	set := &acc.Settings
	set.StoreAttachments, set.Public, set.CRLF = in.StoreAttachments, in.Public, in.CRLF
	switch in.Link {
	case "":
		set.Link = WhenRead
	case WhenRead, AtArrival:
		set.Link = in.Link
	default:
		return storage.Invalid("Link", "unknown", `choose "read" or "arrival"`)
	}
	switch {
	case in.DepthDays == 0:
		set.DepthDays = DefaultDepth
	case in.DepthDays < 0:
		set.DepthDays = 0
	case in.DepthDays > MaxDepthDays:
		return storage.Invalid("DepthDays", "out_of_range", "give at most 36500 days, or a negative number for everything")
	default:
		set.DepthDays = in.DepthDays
	}
	switch in.SentCopy {
	case "":
		set.SentCopy = SentAppend
	case SentAppend, SentServer, SentCheck:
		set.SentCopy = in.SentCopy
	default:
		return storage.Invalid("SentCopy", "unknown", `choose "append", "server" or "check"`)
	}
	set.OwnDomains = nil
	for _, d := range in.OwnDomains {
		n := linker.Normalize("x@" + strings.TrimPrefix(strings.TrimSpace(d), "@"))
		if n == "" {
			return storage.Invalid("OwnDomains", "malformed", fmt.Sprintf("%q is not a domain", d))
		}
		set.OwnDomains = append(set.OwnDomains, strings.TrimPrefix(n, "x@"))
	}
	return nil
}

func fillMembers(acc *store.Account, in []Member) error {
	if len(in) > MaxMembers {
		return fmt.Errorf("an account has at most %d members: %w", MaxMembers, ErrLimit)
	}
	acc.Members = nil
	for _, m := range in {
		if m.Agent == "" || len(m.Agent) > 255 || hasControl(m.Agent) {
			return storage.Invalid("Members.Agent", "malformed", "name an agent, in at most 255 bytes")
		}
		var rights store.Rights
		for _, r := range m.Rights {
			bit, ok := rightBits[r]
			if !ok {
				return storage.Invalid("Members.Rights", "unknown", `the rights are "read", "send" and "manage"`)
			}
			rights |= bit
		}
		if i := slices.IndexFunc(acc.Members, func(x store.Member) bool { return x.Agent == m.Agent }); i >= 0 {
			acc.Members[i].Rights |= rights
			continue
		}
		acc.Members = append(acc.Members, store.Member{Agent: m.Agent, Rights: rights})
	}
	return nil
}

var rightBits = map[Right]store.Rights{RightRead: store.RightRead, RightSend: store.RightSend, RightManage: store.RightManage}

func rights(bits store.Rights) []Right {
	var out []Right
	for _, r := range []Right{RightRead, RightSend, RightManage} {
		if bits&rightBits[r] != 0 {
			out = append(out, r)
		}
	}
	return out
}

func (a *Accounts) fillIdentities(acc *store.Account, in []Identity) error {
	if len(in) > MaxIdentities {
		return fmt.Errorf("an account has at most %d identities: %w", MaxIdentities, ErrLimit)
	}
	if len(in) == 0 {
		in = []Identity{{Address: acc.Address, Name: displayName(acc), Default: true}}
		if len(acc.Identities) > 0 {
			return nil
		}
	}
	acc.Identities = nil
	defaults := 0
	for _, id := range in {
		address := linker.Normalize(id.Address)
		switch {
		case address == "":
			return storage.Invalid("Identities.Address", "bad_address", "enter a whole address, like name@example.com")
		case len(id.Name) > 255 || hasControl(id.Name):
			return storage.Invalid("Identities.Name", "malformed", "a name has at most 255 bytes and no control characters")
		case len(id.Signature) > MaxSignature:
			return fmt.Errorf("a signature has at most %d bytes: %w", MaxSignature, ErrLimit)
		}
		reply := ""
		if id.ReplyTo != "" {
			if reply = linker.Normalize(id.ReplyTo); reply == "" {
				return storage.Invalid("Identities.ReplyTo", "bad_address", "enter a whole address, like name@example.com")
			}
		}
		if id.ID == "" {
			id.ID = a.s.client.db.NewID(acc.Tenant)
		}
		if id.Default {
			defaults++
		}
		acc.Identities = append(acc.Identities, store.Identity{
			ID: id.ID, Name: id.Name, Address: address, ReplyTo: reply, Signature: sanitize(id.Signature), Default: id.Default && defaults == 1,
		})
	}
	if defaults == 0 {
		acc.Identities[0].Default = true
	}
	return nil
}

func displayName(acc *store.Account) string {
	if acc.Name == acc.Address {
		return ""
	}
	return acc.Name
}

// account is the public form.
func (s *Session) account(acc *store.Account) *Account {
	depth := acc.Settings.DepthDays
	if depth == 0 {
		depth = -1
	}
	out := &Account{
		ID: acc.ID, Address: acc.Address, Name: acc.Name, Owner: acc.Owner,
		IMAP: server(acc.IMAP), SMTP: server(acc.SMTP),
		Link: acc.Settings.Link, DepthDays: depth, StoreAttachments: acc.Settings.StoreAttachments, Public: acc.Settings.Public,
		CRLF: acc.Settings.CRLF, SentCopy: acc.Settings.SentCopy, OwnDomains: acc.Settings.OwnDomains,
		Rights:   rights(rightsOf(acc, s.actor)),
		LastSync: acc.LastSync, Revision: acc.Revision, Created: acc.Created,
		Status: AccountStatus{
			State: acc.Status.State, Code: acc.Status.Code, Detail: acc.Status.Detail, Since: acc.Status.Since, NextTry: acc.NextSync,
			Sentence: Sentence(acc.Status.Code, s.actor.Locale),
		},
	}
	for _, m := range acc.Members {
		out.Members = append(out.Members, Member{Agent: m.Agent, Rights: rights(m.Rights)})
	}
	for _, id := range acc.Identities {
		out.Identities = append(out.Identities, Identity(id))
	}
	return out
}

func server(s store.Server) Server {
	return Server{Host: s.Host, Port: s.Port, Security: Security(s.Security), Username: s.Username, NoAuth: !s.Authenticate, PinSHA256: s.PinSHA256}
}
