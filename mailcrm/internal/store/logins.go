package store

import (
	"context"
	"fmt"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const (
	loginColumns = `tenant, id, agent, provider, subject, principal, scopes, secret, state, code, detail, since, revision, created`

	loginByID   engine.SQL = `SELECT ` + loginColumns + ` FROM @logins WHERE tenant = ? AND id = ?`
	loginsOf    engine.SQL = `SELECT ` + loginColumns + ` FROM @logins WHERE tenant = ? AND agent = ? ORDER BY subject, id LIMIT 1000`
	loginsAll   engine.SQL = `SELECT ` + loginColumns + ` FROM @logins WHERE tenant = ? ORDER BY subject, id LIMIT 1000`
	loginExists engine.SQL = `SELECT 1 FROM @logins WHERE tenant = ? AND id = ?`

	insertLogin  engine.SQL = `INSERT INTO @logins (` + loginColumns + `, claimed, claims) VALUES {rows}`
	updateLogin  engine.SQL = `UPDATE @logins SET subject = ?, principal = ?, scopes = ?, secret = ?, state = ?, code = ?, detail = ?, since = ?, claimed = 0, revision = revision + 1 WHERE tenant = ? AND id = ? AND revision = ?`
	deleteLogin  engine.SQL = `DELETE FROM @logins WHERE tenant = ? AND id = ?`
	claimLogin   engine.SQL = `UPDATE @logins SET claimed = {now} + ?, claims = claims + 1 WHERE tenant = ? AND id = ? AND revision = ? AND claimed <= {now} RETURNING claims`
	releaseLogin engine.SQL = `UPDATE @logins SET claimed = 0 WHERE tenant = ? AND id = ? AND claims = ?`

	loginStateColumns = `tenant, id, agent, provider, login, hint, redirect, verifier, expires`

	insertLoginState engine.SQL = `INSERT INTO @login_states (` + loginStateColumns + `) VALUES {rows}`
	takeLoginState   engine.SQL = `DELETE FROM @login_states WHERE tenant = ? AND id = ? AND agent = ? RETURNING ` + loginStateColumns
	oldLoginStates   engine.SQL = `DELETE FROM @login_states WHERE tenant = ? AND expires <= ?`
	loginStatesOf    engine.SQL = `SELECT id FROM @login_states WHERE tenant = ? AND agent = ? ORDER BY expires DESC, id DESC`
)

func scanLogin(s engine.Scanner) (l Login, err error) {
	var scopes string
	var since, created int64
	err = s.Scan(&l.Tenant, &l.ID, &l.Agent, &l.Provider, &l.Subject, &l.Principal, &scopes, &l.Secret, &l.State, &l.Code, &l.Detail, &since, &l.Revision, &created)
	if err != nil {
		return l, err
	}
	l.Since, l.Created, l.Secret = when(since), when(created), orNil(l.Secret)
	return l, fromJSON(scopes, &l.Scopes)
}

// Login is one login.
func (r Reads) Login(ctx context.Context, tenant storage.Tenant, id string) (*Login, error) {
	l, ok, err := engine.One(ctx, r.c, loginByID, scanLogin, string(tenant), id)
	if err := found("the login", ok, err); err != nil {
		return nil, err
	}
	return &l, nil
}

// Logins are at most 1,000 logins of an agent, or of the tenant when agent is empty, by subject.
func (r Reads) Logins(ctx context.Context, tenant storage.Tenant, agent string) (all []Login, err error) {
	if agent == "" {
		all, err = engine.All(ctx, r.c, loginsAll, scanLogin, string(tenant))
	} else {
		all, err = engine.All(ctx, r.c, loginsOf, scanLogin, string(tenant), agent)
	}
	return all, doing("reading logins", err)
}

// AccountsOfLogin are the accounts of which a side uses a login.
func (r Reads) AccountsOfLogin(ctx context.Context, tenant storage.Tenant, login string) ([]Account, error) {
	all, err := r.Accounts(ctx, tenant, "")
	if err != nil {
		return nil, err
	}
	var out []Account
	for i := range all {
		if all[i].IMAP.Login == login || all[i].SMTP.Login == login {
			out = append(out, all[i])
		}
	}
	return out, nil
}

// CreateLogin stores a new login and fills in ID, Created and Revision.
func (tx *Tx) CreateLogin(l *Login) error {
	if l.ID == "" {
		l.ID = tx.NewID(l.Tenant)
	}
	if l.Created.IsZero() {
		l.Created = tx.Now()
	}
	l.Revision = 1
	return doing("storing a login", tx.insert(insertLogin, 16, []any{
		string(l.Tenant), l.ID, l.Agent, l.Provider, l.Subject, l.Principal, asJSON(l.Scopes), notNil(l.Secret), l.State, l.Code, l.Detail, micros(l.Since), l.Revision, micros(l.Created), int64(0), int64(0),
	}))
}

// UpdateLogin stores what changes of a login: as whom, scopes, secret and state. It ends whatever claim there is. A Revision other than the stored one is
// [storage.ErrConflict]. Revision becomes the new one.
func (tx *Tx) UpdateLogin(l *Login) error {
	n, err := tx.exec(updateLogin, l.Subject, l.Principal, asJSON(l.Scopes), notNil(l.Secret), l.State, l.Code, l.Detail, micros(l.Since), string(l.Tenant), l.ID, l.Revision)
	if err == nil && n == 0 {
		err = tx.whyNot(loginExists, "the login", string(l.Tenant), l.ID)
	}
	if err != nil {
		return doing("changing a login", err)
	}
	l.Revision++
	return nil
}

// DeleteLogin removes a login. Whether an account uses it is the caller's question.
func (tx *Tx) DeleteLogin(tenant storage.Tenant, id string) error {
	return tx.one("deleting a login", deleteLogin, string(tenant), id)
}

// ClaimLogin takes the right to use a login's refresh token for ttl, by the clock of the data base, so that of several nodes one uses it. The claim is for
// [DB.ReleaseLogin]. False says that somebody else has it, or that the login has another revision by now: read it again.
func (d *DB) ClaimLogin(ctx context.Context, tenant storage.Tenant, id string, revision int64, ttl time.Duration) (claim int64, ok bool, err error) {
	err = d.Write(ctx, nil, func(tx *Tx) (err error) {
		claim, ok, err = engine.One(tx.ctx, tx.c, claimLogin, engine.Value[int64], ttl.Microseconds(), string(tenant), id, revision)
		return err
	})
	return claim, ok, doing("claiming a login", err)
}

// ReleaseLogin gives a claim back. One that is over is no error.
func (d *DB) ReleaseLogin(ctx context.Context, tenant storage.Tenant, id string, claim int64) error {
	return doing("giving a login back", d.Write(ctx, nil, func(tx *Tx) error {
		_, err := tx.exec(releaseLogin, string(tenant), id, claim)
		return err
	}))
}

// PutLoginState keeps a sign-in that begins, and forgets those of the tenant whose time is over and those of the agent beyond [MaxLoginStates].
func (tx *Tx) PutLoginState(s *LoginState) error {
	_, err := tx.exec(oldLoginStates, string(s.Tenant), micros(tx.Now()))
	if err == nil {
		err = tx.insert(insertLoginState, 9, []any{
			string(s.Tenant), s.ID, s.Agent, s.Provider, s.Login, s.Hint, s.Redirect, notNil(s.Verifier), micros(s.Expires),
		})
	}
	if err != nil {
		return doing("beginning a sign-in", err)
	}
	ids, err := engine.All(tx.ctx, tx.c, loginStatesOf, engine.Value[string], string(s.Tenant), s.Agent)
	for i := MaxLoginStates; err == nil && i < len(ids); i++ {
		_, err = tx.takeLoginState(s.Tenant, ids[i], s.Agent)
	}
	return doing("beginning a sign-in", err)
}

// TakeLoginState gives a sign-in that an agent began, once. One that somebody else began, that was taken, or whose time is over is [storage.ErrNotFound].
func (tx *Tx) TakeLoginState(tenant storage.Tenant, id, agent string) (*LoginState, error) {
	s, err := tx.takeLoginState(tenant, id, agent)
	switch {
	case err != nil:
		return nil, doing("ending a sign-in", err)
	case !tx.Now().Before(s.Expires):
		return nil, fmt.Errorf("ending a sign-in: its time is over: %w", storage.ErrNotFound)
	}
	return s, nil
}

func (tx *Tx) takeLoginState(tenant storage.Tenant, id, agent string) (*LoginState, error) {
	s, ok, err := engine.One(tx.ctx, tx.c, takeLoginState, func(row engine.Scanner) (s LoginState, err error) {
		var expires int64
		err = row.Scan(&s.Tenant, &s.ID, &s.Agent, &s.Provider, &s.Login, &s.Hint, &s.Redirect, &s.Verifier, &expires)
		s.Expires = when(expires)
		return s, err
	}, string(tenant), id, agent)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, storage.ErrNotFound
	}
	return &s, nil
}
