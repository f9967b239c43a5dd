package mailcrm_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

const backPage = "https://crm.example/back"

// withTokens makes a token server the provider "intranet".
func withTokens(tokens *testservers.TokenServer) func(*mailcrm.Config) {
	return func(c *mailcrm.Config) {
		c.Network.Roots = c.Network.Roots.Clone()
		tokens.Trust(c.Network.Roots)
		c.OAuth = append(c.OAuth, mailcrm.OAuthProvider{
			Name: "intranet", ClientID: "crm", ClientSecret: mailcrm.NewSecret(clientSecret), AuthURL: tokens.AuthURL, TokenURL: tokens.TokenURL, RevokeURL: tokens.RevokeURL, Scopes: []string{"mail"},
		})
	}
}

const clientSecret = `ochre&walrus=6/"`

// signIn is what the browser brings back when a person agrees.
func signIn(t testing.TB, s *mailcrm.Session, tokens *testservers.TokenServer, in mailcrm.LoginInput) mailcrm.CompleteInput {
	t.Helper()
	if in.RedirectURL == "" {
		in.RedirectURL = backPage
	}
	start, err := s.Logins.Begin(t.Context(), in)
	require.NoError(t, err)
	return browse(t, tokens, start)
}

func browse(t testing.TB, tokens *testservers.TokenServer, start *mailcrm.LoginStart) mailcrm.CompleteInput {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, start.URL, nil)
	require.NoError(t, err)
	res, err := tokens.Client().Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusFound, res.StatusCode)
	back, err := res.Location()
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(back.String(), backPage+"?"))
	q := back.Query()
	return mailcrm.CompleteInput{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), ErrorDescription: q.Get("error_description")}
}

var intranet = mailcrm.LoginInput{Provider: "intranet", Hint: annaAddress, RedirectURL: backPage}

// TestSignInStates: who ends a sign-in, when, and how often.
func TestSignInStates(t *testing.T) {
	tokens := testservers.Tokens(t, nil)
	w := newWorld(t, mailcrmtest.ServerOptions{}, withTokens(tokens))
	ctx := t.Context()
	bea := w.client.As(storage.Actor{Agent: "bea"})

	start, err := w.anna.Logins.Begin(ctx, intranet)
	require.NoError(t, err)
	u, err := url.Parse(start.URL)
	require.NoError(t, err)
	require.Equal(t, start.State, u.Query().Get("state"))
	require.Len(t, start.State, 43)
	require.NotContains(t, start.URL, url.QueryEscape(clientSecret))
	require.Equal(t, w.clock.Now().Add(mailcrm.LoginTime), start.Expires)
	back := browse(t, tokens, start)

	for name, s := range map[string]*mailcrm.Session{"another agent": bea, "an administrator": w.client.As(storage.Actor{Agent: "root", Admin: true}), "another tenant": w.client.As(storage.Actor{Agent: "anna", Tenant: "other"})} {
		_, err := s.Logins.Complete(ctx, back)
		require.ErrorIs(t, err, mailcrm.ErrNotFound, name)
	}
	_, err = w.anna.Logins.Complete(ctx, mailcrm.CompleteInput{State: back.State + "x", Code: back.Code})
	require.ErrorIs(t, err, mailcrm.ErrNotFound)
	_, err = w.anna.Logins.Complete(ctx, mailcrm.CompleteInput{Code: back.Code})
	require.ErrorIs(t, err, mailcrm.ErrInvalid)
	require.Empty(t, tokens.Requests(), "the provider is not asked for what is not ours")
	login, err := w.anna.Logins.Complete(ctx, back)
	require.NoError(t, err)
	require.Equal(t, annaAddress, login.Subject)
	require.Equal(t, mailcrm.LoginOK, login.State)
	_, err = w.anna.Logins.Complete(ctx, back)
	require.Equal(t, "oauth.state", storage.CauseCode(err), "once")
	require.NotEmpty(t, mailcrm.Sentence(storage.CauseCode(err), "fr"))

	late := signIn(t, w.anna, tokens, intranet)
	w.clock.Advance(mailcrm.LoginTime)
	_, err = w.anna.Logins.Complete(ctx, late)
	require.Equal(t, "oauth.state", storage.CauseCode(err), "too late")

	// One person's code cannot be slipped under another's sign-in: it belongs to another verifier.
	theirs, mine := signIn(t, bea, tokens, intranet), signIn(t, w.anna, tokens, intranet)
	mine.Code = theirs.Code
	_, err = w.anna.Logins.Complete(ctx, mine)
	require.ErrorIs(t, err, mailcrm.ErrInvalid)
	require.Equal(t, "oauth.code_refused", storage.CauseCode(err))

	for _, c := range []struct{ code, description, want string }{
		{"access_denied", "", "oauth.denied"},
		{"access_denied", "AADSTS90094: The grant requires admin permission.", "oauth.admin_consent"},
		{"consent_required", "AADSTS65001: not consented", "oauth.admin_consent"},
		{"interaction_required", "", "oauth.interaction_required"},
		{"temporarily_unavailable", "", "oauth.unavailable"},
	} {
		back := signIn(t, w.anna, tokens, intranet)
		back.Code, back.Error, back.ErrorDescription = "", c.code, c.description
		_, err := w.anna.Logins.Complete(ctx, back)
		require.Equal(t, c.want, storage.CauseCode(err))
		for _, locale := range []string{"en", "fr"} {
			require.NotEqual(t, mailcrm.Sentence("unknown", locale), mailcrm.Sentence(c.want, locale))
		}
		back.Error, back.Code = "", "code"
		_, err = w.anna.Logins.Complete(ctx, back)
		require.Equal(t, "oauth.state", storage.CauseCode(err), "a refusal ends it, too")
	}
	all, err := w.anna.Logins.List(ctx)
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func TestBeginIsChecked(t *testing.T) {
	tokens := testservers.Tokens(t, nil)
	w := newWorld(t, mailcrmtest.ServerOptions{}, withTokens(tokens))
	for field, change := range map[string]func(*mailcrm.LoginInput){
		"Provider":      func(in *mailcrm.LoginInput) { in.Provider = "nobody" },
		"Hint":          func(in *mailcrm.LoginInput) { in.Hint = "" },
		"Hint ":         func(in *mailcrm.LoginInput) { in.Hint = "anna" },
		"RedirectURL":   func(in *mailcrm.LoginInput) { in.RedirectURL = "" },
		"RedirectURL ":  func(in *mailcrm.LoginInput) { in.RedirectURL = "http://crm.example/back" },
		"RedirectURL  ": func(in *mailcrm.LoginInput) { in.RedirectURL = "https://crm.example/back#x" },
	} {
		in := intranet
		change(&in)
		_, err := w.anna.Logins.Begin(t.Context(), in)
		var fault *mailcrm.FieldError
		require.ErrorAs(t, err, &fault, field)
		require.Equal(t, strings.TrimSpace(field), fault.Field)
	}
	in := intranet
	in.Login = "nothing"
	_, err := w.anna.Logins.Begin(t.Context(), in)
	require.ErrorIs(t, err, mailcrm.ErrNotFound)
	names, err := w.anna.Logins.Providers(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"intranet"}, names)
}

func TestOAuthConfig(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	for field, providers := range map[string][]mailcrm.OAuthProvider{
		"OAuth[0].ClientID": {{Name: mailcrm.Google}},
		"OAuth[1].Name":     {{Name: mailcrm.Google, ClientID: "x"}, {Name: mailcrm.Google, ClientID: "x"}},
		"OAuth[0].TokenURL": {{Name: "mine", ClientID: "x", Scopes: []string{"mail"}, AuthURL: "https://a.example/"}},
		"OAuth[0].Tenant":   {{Name: mailcrm.Microsoft, ClientID: "x", Tenant: "a/b"}},
	} {
		var cfg mailcrm.Config
		w.open(t.TempDir(), func(c *mailcrm.Config) { cfg = *c })
		cfg.OAuth = providers
		_, err := mailcrm.Open(t.Context(), cfg)
		var fault *mailcrm.FieldError
		require.ErrorAs(t, err, &fault, field)
		require.Equal(t, field, fault.Field)
	}
}

// TestRenew: a person signs in again, as himself, and one person is one login at a provider.
func TestRenew(t *testing.T) {
	tokens := testservers.Tokens(t, nil)
	w := newWorld(t, mailcrmtest.ServerOptions{}, withTokens(tokens))
	ctx := t.Context()
	first, err := w.anna.Logins.Complete(ctx, signIn(t, w.anna, tokens, intranet))
	require.NoError(t, err)
	again, err := w.anna.Logins.Complete(ctx, signIn(t, w.anna, tokens, intranet))
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID, "the same person")
	renewed, err := w.anna.Logins.Complete(ctx, signIn(t, w.anna, tokens, mailcrm.LoginInput{Login: first.ID}))
	require.NoError(t, err)
	require.Equal(t, first.ID, renewed.ID)
	_, err = w.anna.Logins.Complete(ctx, signIn(t, w.anna, tokens, mailcrm.LoginInput{Login: first.ID, Hint: benAddress}))
	require.ErrorIs(t, err, mailcrm.ErrConflict)
	require.Equal(t, "oauth.other_subject", storage.CauseCode(err))
	other, err := w.anna.Logins.Complete(ctx, signIn(t, w.anna, tokens, mailcrm.LoginInput{Provider: "intranet", Hint: benAddress}))
	require.NoError(t, err)
	require.NotEqual(t, first.ID, other.ID)
	_, err = w.client.As(storage.Actor{Agent: "bea"}).Logins.Begin(ctx, mailcrm.LoginInput{Login: first.ID, RedirectURL: backPage})
	require.ErrorIs(t, err, mailcrm.ErrNotFound)
	events, _, err := w.anna.Events.List(ctx, 0, mailcrm.MaxPage)
	require.NoError(t, err)
	types := map[string]int{}
	for _, e := range events {
		types[e.Type]++
	}
	require.Equal(t, 2, types["login.created"])
	require.Equal(t, 2, types["login.renewed"])
}

// loginInput is Anna's account without a password.
func (w *world) loginInput(login string) mailcrm.AccountInput {
	in := w.input()
	in.IMAP.Password, in.IMAP.Login = mailcrm.Secret{}, login
	return in
}

// TestLoginOfAnAccount: who may use which login, and that it goes nowhere else by somebody else's hand.
func TestLoginOfAnAccount(t *testing.T) {
	tokens := testservers.Tokens(t, nil)
	w := newWorld(t, mailcrmtest.ServerOptions{}, withTokens(tokens))
	ctx := t.Context()
	bea := w.client.As(storage.Actor{Agent: "bea"})
	login, err := w.anna.Logins.Complete(ctx, signIn(t, w.anna, tokens, intranet))
	require.NoError(t, err)
	theirs, err := bea.Logins.Complete(ctx, signIn(t, bea, tokens, mailcrm.LoginInput{Provider: "intranet", Hint: "bea@demo.example"}))
	require.NoError(t, err)
	refused := func(err error, field string) {
		t.Helper()
		var fault *mailcrm.FieldError
		require.ErrorAs(t, err, &fault)
		require.Equal(t, field, fault.Field, fault.Reason)
	}

	_, err = w.anna.Accounts.Create(ctx, w.loginInput("nothing"))
	refused(err, "IMAP.Login")
	_, err = w.anna.Accounts.Create(ctx, w.loginInput(theirs.ID))
	requireField(t, err, "IMAP.Login", "unknown") // as if it did not exist
	in := w.loginInput(login.ID)
	in.IMAP.Password = mailcrm.NewSecret("both")
	_, err = w.anna.Accounts.Create(ctx, in)
	refused(err, "IMAP.Password")
	in = w.loginInput(login.ID)
	in.IMAP.Disabled = []string{"XOAUTH2", "OAUTHBEARER"}
	_, err = w.anna.Accounts.Create(ctx, in)
	refused(err, "IMAP.Disabled")

	in = w.loginInput(login.ID)
	in.Address, in.SMTP.Flags = "flags@demo.example", "/user=carla@demo.example"
	flagged, err := w.anna.Accounts.Create(ctx, in)
	require.NoError(t, err)
	require.Equal(t, "carla@demo.example", flagged.SMTP.Username, "a name that was given stays")
	require.NoError(t, w.anna.Accounts.Delete(ctx, flagged.ID))

	in = w.loginInput(login.ID)
	in.Members = []mailcrm.Member{{Agent: "bea", Rights: []mailcrm.Right{mailcrm.RightManage}}}
	in.Address, in.IMAP.Username = "shared@demo.example", ""
	account, err := w.anna.Accounts.Create(ctx, in)
	require.NoError(t, err)
	require.Equal(t, login.ID, account.IMAP.Login)
	require.Equal(t, "shared@demo.example", account.IMAP.Username, "the mailbox")
	require.Equal(t, annaAddress, account.SMTP.Username, "the delegate")
	require.Equal(t, login.ID, account.Input().IMAP.Login)

	// Bea manages it: she may change all but where Anna's login goes.
	seen, err := bea.Accounts.Get(ctx, account.ID)
	require.NoError(t, err)
	in = seen.Input()
	in.Name = "Shared"
	_, err = bea.Accounts.Update(ctx, in)
	require.NoError(t, err)
	pin := strings.Repeat("ab", 32)
	for _, change := range map[string]func(*mailcrm.ServerInput){
		"the host":         func(in *mailcrm.ServerInput) { in.Host = "evil.example" },
		"the port":         func(in *mailcrm.ServerInput) { in.Port = 25 },
		"the security":     func(in *mailcrm.ServerInput) { in.Security = mailcrm.StartTLS },
		"the certificate":  func(in *mailcrm.ServerInput) { in.PinSHA256 = pin },
		"the user":         func(in *mailcrm.ServerInput) { in.Username = "director@demo.example" },
		"for whom by flag": func(in *mailcrm.ServerInput) { in.Flags = "/authuser=director@demo.example" },
	} {
		in := seen.Input()
		in.Revision = 0
		change(&in.IMAP)
		_, err := bea.Accounts.Update(ctx, in)
		requireField(t, err, "IMAP.Login", "not_yours")
		_, err = bea.Accounts.Check(ctx, mailcrm.CheckInput{Account: in})
		requireField(t, err, "IMAP.Login", "not_yours")
		in = seen.Input()
		in.Revision = 0
		change(&in.SMTP)
		_, err = bea.Accounts.Update(ctx, in)
		requireField(t, err, "SMTP.Login", "not_yours")
	}
	// By the way round: away from it, and back.
	in = seen.Input()
	in.Revision, in.SMTP.NoAuth, in.SMTP.Host = 0, true, "evil.example"
	away, err := bea.Accounts.Update(ctx, in)
	require.NoError(t, err)
	in = away.Input()
	in.SMTP.NoAuth = false
	_, err = bea.Accounts.Update(ctx, in)
	requireField(t, err, "SMTP.Login", "unknown")
	in = seen.Input()
	in.Revision = 0
	_, err = w.anna.Accounts.Update(ctx, in) // she puts it back
	require.NoError(t, err)
	// Her own she may put there. The password that Anna enters later does not follow to where Bea's login was.
	in = seen.Input()
	in.Revision, in.SMTP.Login, in.SMTP.Host, in.SMTP.Username = 0, theirs.ID, "bea.example", ""
	moved, err := bea.Accounts.Update(ctx, in)
	require.NoError(t, err)
	require.Equal(t, "bea@demo.example", moved.SMTP.Username)
	in = moved.Input()
	in.SMTP.Login = ""
	_, err = bea.Accounts.Update(ctx, in)
	refused(err, "SMTP.Login")

	err = w.anna.Logins.Delete(ctx, login.ID)
	require.ErrorIs(t, err, mailcrm.ErrConflict)
	require.ErrorContains(t, err, "shared@demo.example")

	// Back to passwords.
	in = moved.Input()
	in.IMAP.Login, in.SMTP.Login = "", ""
	_, err = w.anna.Accounts.Update(ctx, in)
	refused(err, "IMAP.Password")
	in.IMAP.Password = mailcrm.NewSecret(password)
	account, err = w.anna.Accounts.Update(ctx, in)
	require.NoError(t, err)
	require.Empty(t, account.IMAP.Login)
	require.NoError(t, w.anna.Logins.Delete(ctx, login.ID))
	require.ErrorIs(t, w.anna.Logins.Delete(ctx, login.ID), mailcrm.ErrNotFound)
	require.ErrorIs(t, w.anna.Logins.Delete(ctx, theirs.ID), mailcrm.ErrNotFound, "not hers")
	require.NoError(t, w.client.As(storage.Actor{Agent: "root", Admin: true}).Logins.Delete(ctx, theirs.ID))

	// A password is not inherited by a server that had a login.
	login, err = bea.Logins.Complete(ctx, signIn(t, bea, tokens, mailcrm.LoginInput{Provider: "intranet", Hint: "bea@demo.example"}))
	require.NoError(t, err)
	seen, err = bea.Accounts.Get(ctx, account.ID)
	require.NoError(t, err)
	in = seen.Input()
	in.SMTP.Login, in.SMTP.Host = login.ID, "bea.example"
	moved, err = bea.Accounts.Update(ctx, in)
	require.NoError(t, err)
	in = moved.Input()
	in.SMTP.Login = ""
	_, err = bea.Accounts.Update(ctx, in)
	refused(err, "SMTP.Password")
}

// TestServersOfAProvider: a token of Google's is shown to Google alone.
func TestServersOfAProvider(t *testing.T) {
	tokens := testservers.Tokens(t, nil)
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(c *mailcrm.Config) {
		withTokens(tokens)(c)
		c.OAuth[0].Servers = []string{"imap.intranet.example", ".mail.example"}
	})
	login, err := w.anna.Logins.Complete(t.Context(), signIn(t, w.anna, tokens, intranet))
	require.NoError(t, err)
	for _, host := range []string{w.server.IMAPS.Host, "intranet.example", "evil-mail.example", "imap.mail.example.evil.example"} {
		in := w.loginInput(login.ID)
		in.IMAP.Host = host
		_, err = w.anna.Accounts.Create(t.Context(), in)
		var fault *mailcrm.FieldError
		require.ErrorAs(t, err, &fault, host)
		require.Equal(t, "IMAP.Host", fault.Field)
	}
	in := w.loginInput(login.ID)
	in.IMAP.Host, in.SMTP.Host = "imap.intranet.example", "smtp.mail.example"
	_, err = w.anna.Accounts.Create(t.Context(), in)
	require.NoError(t, err)
}

// TestLoginsAreBounded: nobody keeps more than he can have.
func TestLoginsAreBounded(t *testing.T) {
	tokens := testservers.Tokens(t, nil)
	w := newWorld(t, mailcrmtest.ServerOptions{}, withTokens(tokens))
	for i := range mailcrm.MaxLogins {
		in := intranet
		in.Hint = strings.Repeat("x", i+1) + "@a.example"
		if i >= 60 {
			in.Hint = strings.Repeat("y", i-59) + "@a.example"
		}
		_, err := w.anna.Logins.Complete(t.Context(), signIn(t, w.anna, tokens, in))
		require.NoError(t, err)
	}
	_, err := w.anna.Logins.Begin(t.Context(), intranet)
	require.ErrorIs(t, err, mailcrm.ErrLimit)
}

// answers is a token endpoint that always says the same.
func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}
