package mailcrm_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// TestSharedMailbox is Microsoft 365's way: a mailbox that nobody can sign in to is read under its own name with the token of somebody who may, and sent from under his name. One login serves his own account
// and the shared ones.
func TestSharedMailbox(t *testing.T) {
	const shared = "sales@demo.example"
	var w *world
	tokens := testservers.Tokens(t, &testservers.TokenOptions{Now: func() time.Time {
		if w == nil {
			return time.Time{}
		}
		return w.clock.Now()
	}})
	w = newWorld(t, mailcrmtest.ServerOptions{
		Users: []mailcrmtest.User{{Address: shared, Password: "nobody knows it"}},
		Tokens: func(protocol, name, token string) bool {
			person := tokens.Valid(token)
			return person != "" && (name == person || protocol == "imap" && person == annaAddress && name == shared)
		},
	}, withTokens(tokens))
	ctx := t.Context()
	login, err := w.anna.Logins.Complete(ctx, signIn(t, w.anna, tokens, intranet))
	require.NoError(t, err)

	own := w.account(w.loginInput(login.ID))
	require.Equal(t, mailcrm.AccountReady, own.Status.State, "%+v", own.Status)
	in := w.loginInput(login.ID)
	in.Address, in.Name = shared, "Sales"
	sales := w.account(in)
	require.Equal(t, mailcrm.AccountReady, sales.Status.State, "%+v", sales.Status)
	require.Equal(t, shared, sales.IMAP.Username)
	require.Equal(t, annaAddress, sales.SMTP.Username)
	for _, id := range []string{own.ID, sales.ID} {
		sub := w.send(id, benAddress)
		w.work()
		require.Equal(t, "sent", w.submission(sub).State, "%+v", w.submission(sub))
	}
	sent := w.server.Delivered()
	require.Len(t, sent, 2)
	for i, from := range []string{annaAddress, shared} {
		require.Equal(t, from, sent[i].From)
		require.Equal(t, annaAddress, sent[i].Login)
	}
	require.Empty(t, tokens.Requests()[1:], "one token serves both accounts, and both sides of each")

	// Under the mailbox's name nothing leaves.
	wrong := sales.Input()
	wrong.SMTP.Username = shared
	_, err = w.anna.Accounts.Update(ctx, wrong)
	require.NoError(t, err)
	sub := w.send(sales.ID, benAddress)
	w.work()
	require.Equal(t, "queued", w.submission(sub).State)
	require.Equal(t, "smtp.token_expired", w.submission(sub).Code)
	require.Len(t, w.server.Delivered(), 2)

	// When she withdraws it, both accounts say so; when she signs in again, both go on.
	tokens.Withdraw(annaAddress)
	w.later(10 * time.Minute)
	for _, id := range []string{own.ID, sales.ID} {
		require.Equal(t, "oauth.revoked", w.status(id).Status.Code)
	}
	_, err = w.anna.Logins.Complete(ctx, signIn(t, w.anna, tokens, mailcrm.LoginInput{Login: login.ID}))
	require.NoError(t, err)
	w.work()
	for _, id := range []string{own.ID, sales.ID} {
		require.Equal(t, mailcrm.AccountReady, w.status(id).Status.State)
	}
}
