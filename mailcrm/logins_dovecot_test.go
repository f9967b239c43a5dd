package mailcrm_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// A realm is a world with Dovecot, a submission server and a token server that says to both what a token is worth.
type realm struct {
	*world
	tokens *testservers.TokenServer
	mail   *testservers.MailServer
	alice  string
}

func newRealm(t *testing.T, mechanisms string, change func(*mailcrm.Config)) *realm {
	t.Helper()
	r := &realm{}
	r.tokens = testservers.Tokens(t, &testservers.TokenOptions{ClientID: "crm", ClientSecret: clientSecret, Now: func() time.Time {
		if r.world == nil {
			return time.Time{}
		}
		return r.clock.Now()
	}})
	r.mail = testservers.MailWith(t, &testservers.MailOptions{Tokens: r.tokens, Mechanisms: mechanisms})
	r.alice = r.mail.User("alice").Address
	r.world = newWorld(t, mailcrmtest.ServerOptions{}, func(c *mailcrm.Config) {
		c.Network.Roots = r.mail.CA
		withTokens(r.tokens)(c)
		c.Network.Ports = []int{r.mail.IMAPSPort, r.mail.IMAPPort, r.mail.SMTPSPort, r.mail.SubmissionPort}
		if change != nil {
			change(c)
		}
	})
	return r
}

// in is Alice's account without a password.
func (r *realm) in(login string) mailcrm.AccountInput {
	return mailcrm.AccountInput{
		Address: r.alice, Link: mailcrm.AtArrival, DepthDays: -1,
		IMAP: mailcrm.ServerInput{Host: r.mail.Host, Port: r.mail.IMAPSPort, Login: login},
		SMTP: mailcrm.ServerInput{Host: r.mail.Host, Port: r.mail.SMTPSPort},
	}
}

func (r *realm) signIn() *mailcrm.Login {
	r.t.Helper()
	login, err := r.anna.Logins.Complete(r.t.Context(), signIn(r.t, r.anna, r.tokens, mailcrm.LoginInput{Provider: "intranet", Hint: r.alice}))
	require.NoError(r.t, err)
	return login
}

func (r *realm) arrive(id string) {
	r.t.Helper()
	raw := fmt.Sprintf("From: Ben <%s>\r\nTo: %s\r\nSubject: %s\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <%s@client.example>\r\n\r\nHello.\r\n", benAddress, r.alice, id, id)
	require.NoError(r.t, r.mail.Append("alice", "INBOX", testservers.Message{Raw: []byte(raw)}))
}

func (r *realm) refreshes() (all []string) {
	for _, form := range r.tokens.Requests() {
		if form.Get("grant_type") == "refresh_token" {
			all = append(all, form.Get("refresh_token"))
		}
	}
	return all
}

// TestAccountWithALogin reads and sends with tokens alone, through everything that can become of them.
func TestAccountWithALogin(t *testing.T) {
	for _, mechanism := range []string{"xoauth2", "oauthbearer"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			r := newRealm(t, "plain "+mechanism, nil)
			r.arrive("first")
			login := r.signIn()
			require.Equal(t, r.alice, login.Subject)
			account := r.account(r.in(login.ID))
			require.Equal(t, mailcrm.AccountReady, account.Status.State, "%+v", account.Status)
			require.Len(t, r.list(), 1)
			require.Empty(t, r.refreshes(), "the token of the sign-in is good still")
			sent := r.send(account.ID, r.mail.User("bob").Address)
			r.work()
			require.Equal(t, "sent", r.submission(sent).State, "%+v", r.submission(sent))
			_, err := r.mail.Await(t.Context(), "bob", "INBOX", 1)
			require.NoError(t, err)

			// Its time is over.
			r.arrive("second")
			r.later(time.Hour)
			require.Equal(t, mailcrm.AccountReady, r.status(account.ID).Status.State)
			require.Len(t, r.list(), 2)
			require.Len(t, r.refreshes(), 1)

			// It ends before its time: for reading, and for sending.
			r.arrive("third")
			r.tokens.ExpireAll(r.alice)
			r.later(2 * time.Minute)
			require.Equal(t, mailcrm.AccountReady, r.status(account.ID).Status.State)
			require.Len(t, r.list(), 3)
			require.Len(t, r.refreshes(), 2)
			r.tokens.ExpireAll(r.alice)
			sent = r.send(account.ID, r.mail.User("bob").Address)
			r.work()
			require.Equal(t, "sent", r.submission(sent).State, "%+v", r.submission(sent))
			require.Len(t, r.refreshes(), 3)

			// The provider is away: nobody need do anything.
			r.tokens.ExpireAll(r.alice)
			before := len(r.refreshes())
			r.tokens.Answer(answers(503, `{}`))
			r.later(2 * time.Minute)
			got := r.status(account.ID).Status
			require.Equal(t, mailcrm.AccountUnreachable, got.State)
			require.Equal(t, "oauth.unavailable", got.Code)
			require.False(t, got.NextTry.IsZero())
			r.tokens.Answer(nil)
			unanswered := len(r.refreshes())
			r.later(time.Hour)
			require.Equal(t, mailcrm.AccountReady, r.status(account.ID).Status.State)

			// She changed her password.
			r.tokens.Withdraw(r.alice)
			r.later(2 * time.Minute)
			got = r.status(account.ID).Status
			require.Equal(t, mailcrm.AccountAuthFailed, got.State)
			require.Equal(t, "oauth.revoked", got.Code)
			require.Equal(t, mailcrm.DoSignIn, got.Do)
			require.True(t, got.NextTry.IsZero(), "not before she signs in")
			logins, err := r.anna.Logins.List(t.Context())
			require.NoError(t, err)
			require.Equal(t, mailcrm.LoginRevoked, logins[0].State)
			require.NotEmpty(t, logins[0].Sentence)
			asked := len(r.refreshes())
			sent = r.send(account.ID, r.mail.User("bob").Address)
			for range 5 {
				r.later(12 * time.Hour)
				require.NoError(t, r.anna.Accounts.Sync(t.Context(), account.ID))
				r.work()
			}
			require.Equal(t, asked, len(r.refreshes()), "the provider is not asked again")
			require.Equal(t, "queued", r.submission(sent).State)
			require.Equal(t, "oauth.revoked", r.submission(sent).Code)
			require.Equal(t, mailcrm.DoSignIn, r.status(account.ID).Sending.Do)

			back, err := r.anna.Logins.Complete(t.Context(), signIn(t, r.anna, r.tokens, mailcrm.LoginInput{Login: login.ID}))
			require.NoError(t, err)
			require.Equal(t, login.ID, back.ID)
			require.Equal(t, mailcrm.LoginOK, back.State)
			r.work()
			require.Equal(t, mailcrm.AccountReady, r.status(account.ID).Status.State, "at once")
			require.Equal(t, "sent", r.submission(sent).State, "what waited leaves at once, too")
			require.Equal(t, mailcrm.AccountReady, r.status(account.ID).Sending.State)
			used := r.refreshes()
			used = append(used[:before:before], used[unanswered:]...)
			seen := map[string]bool{}
			for _, token := range used {
				require.False(t, seen[token], "each refresh token is used once")
				seen[token] = true
			}
		})
	}
}

// TestLoginOfSomebodyElse: a login is no way around a server's no.
func TestLoginOfSomebodyElse(t *testing.T) {
	r := newRealm(t, "plain xoauth2", nil)
	login := r.signIn()
	in := r.in(login.ID)
	in.IMAP.Username = r.mail.User("bob").Address
	account := r.account(in)
	require.Equal(t, mailcrm.AccountAuthFailed, account.Status.State, "%+v", account.Status)
	require.Len(t, r.refreshes(), 1, "one more token is tried")
	require.True(t, account.Status.NextTry.IsZero())
	for _, form := range r.tokens.Requests() {
		require.NotContains(t, url.Values(form).Encode(), "password")
	}
	require.False(t, strings.Contains(account.Status.Detail, "access-"), account.Status.Detail)
}

// TestCheckWithALogin: an account without a password is tried before it is saved, also with a token that has just ended.
func TestCheckWithALogin(t *testing.T) {
	r := newRealm(t, "plain xoauth2 oauthbearer", nil)
	login := r.signIn()
	r.tokens.ExpireAll(r.alice)
	check, err := r.anna.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: r.in(login.ID)})
	require.NoError(t, err)
	require.True(t, check.OK, "%+v", check.Steps)
	require.Equal(t, r.alice, check.SMTPUsername)
	require.Len(t, r.refreshes(), 1)
	r.tokens.Withdraw(r.alice)
	check, err = r.anna.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: r.in(login.ID)})
	require.NoError(t, err)
	require.False(t, check.OK)
	var codes []string
	for _, step := range check.Steps {
		codes = append(codes, step.Code)
	}
	require.Contains(t, codes, "oauth.revoked")
}
