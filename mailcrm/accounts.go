package mailcrm

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Accounts are mail accounts: an address, its servers, and who may use it. An agent sees those he owns or is a member of; an administrator sees all
// of them, which does not let him read their mail.
type Accounts struct{ s *Session }

// Create adds an account and starts its first sync. It does not wait for the servers: Status tells how they answered.
//
// Errors: [ErrInvalid] with a [FieldError]; [ErrConflict] when the tenant has an account of this address.
func (a *Accounts) Create(ctx context.Context, in AccountInput) (*Account, error) {
	acc, err := a.fresh(ctx, in)
	if err != nil {
		return nil, err
	}
	now := a.s.client.cfg.Now()
	acc.Created, acc.NextSync = now, now
	acc.Status = store.Status{State: AccountNew, Since: now}
	return a.save(ctx, &store.Account{}, acc, (*store.Tx).CreateAccount)
}

// fresh is a new account as the input describes it, not saved.
func (a *Accounts) fresh(ctx context.Context, in AccountInput) (*store.Account, error) {
	if err := a.s.enter(ctx); err != nil {
		return nil, err
	}
	if in.ID != "" {
		return nil, storage.Invalid("ID", "unexpected", "a new account gets its id; use Update to change one")
	}
	if in.IMAP.Password.IsZero() && in.IMAP.Login == "" {
		return nil, storage.Invalid("IMAP.Password", "required", "enter the password of the mailbox (many providers want an app password)")
	}
	acc := &store.Account{Tenant: a.s.actor.Tenant, ID: a.s.client.db.NewID(a.s.actor.Tenant), Owner: a.s.actor.Agent}
	return acc, a.fill(ctx, acc, in)
}

// Update changes an account: start from [Account.Input]. What the input leaves empty takes its default, except the owner, the identities and the
// passwords, which stay; but a password does not follow to another host or login. The next sync starts at once, unless the account is paused, or its server refused
// the login or asked for patience and nothing that it could mind was changed.
//
// Nobody gives himself a right to an account that is not his: who may manage it cannot add himself as a reader, and an administrator cannot make himself its owner or
// a member. Another administrator, or the host (as an Actor of its own), can, and the events account.owner and account.members tell of it.
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
	was := *acc
	was.Identities = slices.Clone(acc.Identities)
	if err := a.fill(ctx, acc, in); err != nil {
		return nil, err
	}
	return a.update(ctx, &was, acc)
}

// update stores what was changed, and starts anew what it is worth to try again.
func (a *Accounts) update(ctx context.Context, was, acc *store.Account) (*Account, error) {
	now := a.s.client.cfg.Now()
	imap, smtp := !sameServer(was.IMAP, acc.IMAP, was.IMAPSecret, acc.IMAPSecret), !sameServer(was.SMTP, acc.SMTP, smtpSecret(was), smtpSecret(acc)) || loginOf(was, smtpSide) != loginOf(acc, smtpSide)
	if imap {
		acc.Status.Verified, acc.Status.Refused = time.Time{}, 0 // of another server, or of another password
	}
	if smtp {
		acc.Status.Sending = nil
	}
	patience := acc.Status.State == AccountAuthFailed || acc.Status.State == AccountThrottled && acc.NextSync.After(now)
	if acc.Status.State != AccountPaused && (imap || !patience) {
		acc.NextSync = now
		acc.Status = store.Status{State: AccountNew, Since: now, Refused: acc.Status.Refused, Verified: acc.Status.Verified, Sending: acc.Status.Sending}
	}
	keepsIMAP, keepsSMTP := bytes.Equal(was.IMAPSecret, acc.IMAPSecret), bytes.Equal(was.SMTPSecret, acc.SMTPSecret)
	return a.save(ctx, was, acc, func(tx *store.Tx, acc *store.Account) error {
		kept, err := tx.Account(ctx, acc.Tenant, acc.ID)
		if err != nil {
			return err
		}
		// It may have been sealed again since it was read, with the key that stays.
		if keepsIMAP {
			acc.IMAPSecret = kept.IMAPSecret
		}
		if keepsSMTP {
			acc.SMTPSecret = kept.SMTPSecret
		}
		if err := tx.UpdateAccount(acc); err != nil {
			return err
		}
		if smtp {
			if err := a.sendSoon(tx, acc); err != nil {
				return err
			}
		}
		return tx.SetStatus(acc.Tenant, acc.ID, acc.Status, acc.NextSync, time.Time{})
	})
}

// sameServer says whether a try now would be the same try as before.
func sameServer(was, is store.Server, secretWas, secretIs []byte) bool {
	return was.Host == is.Host && was.Port == is.Port && was.Security == is.Security && was.Username == is.Username && was.AuthUser == is.AuthUser &&
		was.Authenticate == is.Authenticate && was.PinSHA256 == is.PinSHA256 && was.Login == is.Login && was.Secure == is.Secure &&
		slices.Equal(was.Disabled, is.Disabled) && bytes.Equal(secretWas, secretIs)
}

func smtpSecret(acc *store.Account) []byte {
	if len(acc.SMTPSecret) > 0 {
		return acc.SMTPSecret
	}
	return acc.IMAPSecret
}

func (a *Accounts) save(ctx context.Context, was, acc *store.Account, write func(*store.Tx, *store.Account) error) (*Account, error) {
	err := a.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		if err := write(tx, acc); err != nil {
			return err
		}
		return tx.Emit(a.changes(was, acc))
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
	out := make([]Account, 0, len(all))
	for i := range all {
		if a.s.actor.Admin || rightsOf(&all[i], a.s.actor) != 0 {
			out = append(out, *a.s.account(&all[i]))
		}
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
		return tx.Emit([]store.Event{a.event(acc, "account.deleted")})
	})
	if err != nil {
		return fmt.Errorf("deleting account %s: %w", acc.Address, err)
	}
	return nil
}

// Sync makes the account due now. Anybody who may read it may ask; where the server refused the password only who may change it may, so that a wrong one is not
// tried with every click, and a server that asked for patience is given it. One that is paused stays so.
func (a *Accounts) Sync(ctx context.Context, id string) error {
	acc, err := a.s.usable(ctx, id, store.RightRead)
	if err != nil {
		return err
	}
	switch {
	case acc.Status.State == AccountPaused:
		return nil
	case acc.Status.State == "throttled" && acc.NextSync.After(a.s.client.cfg.Now()):
		return nil
	case acc.Status.State == "auth_failed" && !a.s.actor.Admin && rightsOf(acc, a.s.actor)&store.RightManage == 0:
		return nil
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
